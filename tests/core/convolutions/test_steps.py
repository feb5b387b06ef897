"""A convolution told cell by cell: the parts are the whole, and the words hold the numbers."""

from typing import Any

import numpy as np
import pytest

from app.core.convolutions.answers import convolve, filter_rows, steps
from app.core.convolutions.filters import FILTERS
from app.core.convolutions.questions import ConvolutionQuestion, OneCell, StepsQuestion
from app.core.errors import Problem
from app.core.pictures.images import PHOTOS
from app.core.pictures.preparation import photo

SMALL: dict[str, Any] = {"input": "numbers", "kernel_size": 3, "stride": 2, "padding": 1}
LAYERS = ("Conv2d", "MaxPool2d", "AvgPool2d", "Linear")


def numbers(nested: Any) -> np.ndarray:
    return np.array(nested, dtype=np.float64)


def all_steps(question: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer and every step, batch by batch."""
    answer = convolve(ConvolutionQuestion(**question))
    told: list[dict[str, Any]] = []
    while len(told) < answer["track"]["count"]:
        told += steps(StepsQuestion(**question, first=len(told), count=64))["steps"]
    return answer, told


def test_the_lecture_s_numbers() -> None:
    answer = convolve(ConvolutionQuestion())
    assert answer["shapes"] == {
        "input": [3, 32, 32],
        "weights": [6, 3, 5, 5],
        "output": [6, 28, 28],
    }
    assert answer["parameters"]["count"] == 456
    assert answer["parameters"]["one_filter"] == 76
    assert answer["parameters"]["compared"][1] == {
        "name": "fully connected, 3072 → 10",
        "parameters": 30_730,
    }
    assert answer["window"]["axes"][0]["latex"] == r"\frac{32 + 2 \cdot 0 - 5}{1} + 1 = 28"


def test_fully_connected_is_a_row_of_weights_times_the_input() -> None:
    answer = convolve(ConvolutionQuestion(layer="Linear", cells=[[3, 0, 0]]))
    assert answer["shapes"]["output"] == [10, 1, 1]
    assert answer["parameters"]["count"] == 30_730
    row, x = numbers(answer["weights"])[3], numbers(answer["input"])
    assert answer["cells"][0]["value"] == (row * x).sum() == answer["output"][3][0][0]


@pytest.mark.parametrize("layer", LAYERS)
def test_steps_add_up_to_the_answer(layer: str) -> None:
    question = {"layer": layer, **SMALL}
    if layer == "Linear":
        question = {"layer": layer, "input": "numbers"}
    answer, told = all_steps(question)
    forward, count = answer["track"]["forward"], answer["track"]["count"]
    assert [step["kind"] for step in told] == [
        *["forward"] * forward,
        *["backward"] * forward,
        "accumulate",
    ]
    assert len(told) == count
    output = numbers(answer["output"])
    total = np.zeros(output.shape)
    padded = np.zeros((len(answer["input"]), 20, 20))  # five of room on each side
    weights = np.zeros(answer["shapes"]["weights"] or (1,))
    for step in told[:forward]:
        total[tuple(step["cell"])] = step["value"]
        if step["sums"] is not None and layer != "AvgPool2d":
            assert sum(step["sums"]) + step["bias"] == pytest.approx(step["value"])
            assert numbers(step["products"]).sum() == pytest.approx(sum(step["sums"]))
    np.testing.assert_allclose(total, output)
    for step in told[forward:-1]:
        pooled = step["to_weights"] is None
        channels = [step["cell"][0]] if pooled else range(len(padded))
        rows, columns = numbers(step["rows"]).astype(int) + 5, numbers(step["columns"]) + 5
        places = np.ix_(channels, rows, columns.astype(int))
        padded[places] += numbers(step["to_input"])
        after = numbers(step["input_after"])
        inside = ~np.isnan(after)
        np.testing.assert_allclose(after[inside], padded[places][inside])
        if not pooled:
            weights[step["cell"][0]] += numbers(step["to_weights"])
            np.testing.assert_allclose(numbers(step["weights_after"]), weights[step["cell"][0]])
    height, width = answer["shapes"]["input"][1:]
    gradient = padded[:, 5 : 5 + height, 5 : 5 + width]
    np.testing.assert_allclose(gradient, numbers(answer["gradients"]["input"]))
    if answer["gradients"]["weights"] is not None:
        np.testing.assert_allclose(weights, numbers(answer["gradients"]["weights"]))
        assert told[-2]["bias_after"] == answer["gradients"]["bias"][-1]


def test_steps_from_anywhere_are_the_same_steps() -> None:
    answer, told = all_steps(SMALL)
    forward = answer["track"]["forward"]
    for first in (0, 5, forward - 2, forward + 7, answer["track"]["count"] - 1):
        some = steps(StepsQuestion(**SMALL, first=first, count=9))
        assert some["steps"] == told[first : first + 9]
        assert (some["before"] is None) == (first + 9 <= forward)


def test_one_cell_s_gradient_is_its_weights_and_its_patch() -> None:
    question = ConvolutionQuestion(
        **SMALL, upstream=OneCell(cell=[1, 2, 2], value=3), cells=[[1, 2, 2]]
    )
    answer = convolve(question)
    cell = answer["cells"][0]
    assert cell["backward"]["upstream"] == 3
    np.testing.assert_allclose(cell["backward"]["to_input"], 3 * numbers(cell["weights"]))
    assert answer["gradients"]["weights"][1] == cell["backward"]["to_weights"]
    assert answer["gradients"]["bias"] == [0, 3, 0, 0, 0, 0]
    rows, columns = cell["rows"], cell["columns"]
    gradient = numbers(answer["gradients"]["input"])
    np.testing.assert_allclose(
        gradient[np.ix_(range(3), rows, columns)], cell["backward"]["to_input"]
    )


def test_the_formula_has_the_real_numbers() -> None:
    question = ConvolutionQuestion(
        input=[[[1, 2], [3, -4]]], weights=[[[[1, 0], [-1, 2]]]], kernel_size=2, bias=1,
        cells=[[0, 0, 0]],
    )  # fmt: skip
    cell = convolve(question)["cells"][0]
    assert cell["latex"] == (
        r"h_{0,0,0} = \textstyle\sum_{ijk} x_{ijk}\,W_{ijk} + b"
        r" = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot (-1) - 4 \cdot 2 + 1 = -9"
    )
    assert cell["products"] == [[[1, 0], [-3, -8]]]
    assert "add up to −10; with the bias 1 that is −9." in cell["sentence"]


def test_max_pooling_says_which_and_that_it_is_the_first() -> None:
    question = ConvolutionQuestion(
        layer="MaxPool2d", input=[[[1, 7], [7, 0]]], upstream="ones", cells=[[0, 0, 0]]
    )
    cell = convolve(question)["cells"][0]
    assert cell["chosen"] == [0, 1]
    assert "of 2 equal ones it is the first" in cell["sentence"]
    assert cell["backward"]["to_input"] == [[[0, 1], [0, 0]]]
    assert cell["backward"]["latex"] == r"dx_{0,0,1} \mathrel{+}= 1"


def test_max_pooling_s_padding_has_no_number() -> None:
    cell = convolve(
        ConvolutionQuestion(layer="MaxPool2d", input="numbers", padding=1, cells=[[0, 0, 0]])
    )["cells"][0]
    assert cell["patch"][0][0] == [None, None]
    assert cell["rows"] == [-1, 0]


def test_what_no_window_covers_is_counted() -> None:
    answer = convolve(ConvolutionQuestion(kernel_size=5, stride=4))
    coverage = numbers(answer["coverage"])
    assert answer["window"]["axes"][0]["unused"] == [29, 30, 31]
    assert not coverage[29:].any()
    assert not coverage[:, 29:].any()
    assert coverage[4, 4] == 4


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_filters_are_what_they_say(name: str, size: int) -> None:
    plane = FILTERS[name].plane(size, size)
    assert plane.shape == (size, size)
    total = {"blur": 1, "identity": 1, "sharpen": 1}.get(name, 0)
    if size > 2 and size % 2 and name != "emboss":
        assert plane.sum() == pytest.approx(total)


def test_well_known_filters_of_three() -> None:
    planes = {row["name"]: row["plane"] for row in filter_rows()}
    assert planes["sobel x"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert planes["sobel y"] == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert planes["edges"] == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert planes["sharpen"] == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert planes["emboss"] == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]


@pytest.mark.parametrize("name", PHOTOS)
def test_photos_are_whole_numbers_of_any_size(name: str) -> None:
    for channels, height, width in ((3, 32, 32), (1, 20, 64), (3, 1, 7)):
        pixels = photo(name, channels, height, width)
        assert pixels.shape == (channels, height, width)
        assert pixels.min() >= 0
        assert pixels.max() <= 255
        np.testing.assert_array_equal(pixels, np.rint(pixels))


@pytest.mark.parametrize(
    ("question", "field", "words"),
    [
        ({"input": "cofee"}, "input", "none of coffee"),
        ({"input": [[1, 2], [3]]}, "input", "equal lengths"),
        ({"input": [[[1e300]]], "kernel_size": 1}, "input", "up to 1,000,000,000"),
        ({"input": 5}, "input", "channels x height x width"),
        ({"input": [[["a"]]]}, "input", "numbers in nested lists"),
        ({"shape": (3, 64, 65)}, None, ""),
        ({"shape": (5, 32, 32)}, "shape", "3 channels, or 1"),
        ({"kernel_size": 40}, "kernel_size", "a kernel of 32 fits"),
        ({"layer": "MaxPool2d", "padding": 2}, "padding", "half of kernel_size"),
        ({"layer": "AvgPool2d", "dilation": 2}, "dilation", "AvgPool2d has no `dilation`"),
        ({"layer": "AvgPool2d", "weights": ["blur"]}, "weights", "has no `weights`"),
        ({"layer": "MaxPool2d", "weights": "nonsense"}, "weights", "has no `weights`"),
        ({"layer": "MaxPool2d", "bias": [1, 2]}, "bias", "has no `bias`: it has nothing to learn"),
        ({"layer": "MaxPool2d", "filters": 9}, "filters", "has no `filters`"),
        ({"layer": "Linear", "stride": 3}, "stride", "has no `stride`: its window"),
        ({"layer": "Linear", "padding": [2, 0]}, "padding", "has no `padding`"),
        ({"layer": "Linear", "kernel_size": 7}, "kernel_size", "has no `kernel_size`"),
        ({"layer": "Linear", "dilation": 2}, "dilation", "has no `dilation`"),
        ({"input": [[1, 2], [3, 4]], "shape": (1, 2, 2)}, "shape", "has its own shape"),
        ({"weights": ["bank"]}, "weights", "identity, random"),
        ({"weights": "bnak"}, "weights", "identity, bank, random"),
        ({"weights": "sobol x"}, "weights", "no filter `sobol x`"),
        ({"weights": ["blur", "edges"], "filters": 3}, "weights", "weights for 2 filters"),
        ({"weights": [[[1, 2]]]}, "weights", "should be 3 × 5 × 5"),
        ({"weights": []}, "weights", "a name or a list"),
        ({"bias": [1, 2]}, "bias", "6 filters and 2 biases"),
        ({"upstream": [1, 2]}, "upstream", "the output is 6 × 28 × 28"),
        ({"upstream": {"cell": [6, 0, 0]}}, "upstream", "has no cell [6, 0, 0]"),
        ({"cells": [[0, 28, 0]]}, "cells", "has no cell [0, 28, 0]"),
        ({"filters": 64, "shape": (3, 64, 64)}, None, "too many"),
        (
            {"layer": "MaxPool2d", "input": "numbers", "shape": (24, 64, 64), "kernel_size": 32,
             "stride": 1},
            None,
            "under all windows together",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_words(question: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises((Problem, ValueError)) as raised:
        convolve(ConvolutionQuestion(**question))
    if isinstance(raised.value, Problem):
        assert words in raised.value.message
        assert raised.value.where.get("field") == field


@pytest.mark.parametrize("layer", ["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"])
def test_what_is_usual_may_be_said_of_every_layer(layer: str) -> None:
    usual = {"filters": None, "kernel_size": None, "stride": None, "padding": (0, 0),
             "dilation": (1, 1), "weights": None, "bias": 0}  # fmt: skip
    assert convolve(ConvolutionQuestion(layer=layer, **usual)) == convolve(
        ConvolutionQuestion(layer=layer)
    )


def test_a_step_beyond_the_last_is_refused() -> None:
    with pytest.raises(Problem, match="the last is step 192"):
        steps(StepsQuestion(**SMALL, first=193))
