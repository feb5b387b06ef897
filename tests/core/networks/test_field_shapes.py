"""Sizes that people get wrong or doubt: windows, fields and first Linears, each with its value."""

from typing import Any

import pytest

from app.core.convolutions.answers import window
from app.core.convolutions.questions import WindowQuestion
from app.core.mistakes import validated
from app.core.networks.answers import network_answer
from app.core.networks.fields import FieldQuestion, receptive_field
from app.core.networks.torch_code import reading

MNIST = (
    "nn.Sequential(nn.Conv2d(1, 32, 3, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 1), nn.ReLU(), "
    "nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), "
    "nn.Dropout(0.5), nn.Linear(128, 10))"
)
STARRED = (
    "torch.nn.Sequential(*[torch.nn.Conv2d(1, 32, kernel_size=3, stride=1, padding=1), "
    "torch.nn.ReLU(), torch.nn.MaxPool2d(kernel_size=2), torch.nn.Flatten(), "
    "torch.nn.Linear(6272, 10)])"
)
PORTED = (
    "nn.Sequential(nn.Conv2d(3, 16, kernel_size=(3,3), padding='same'), nn.ReLU(), "
    "nn.MaxPool2d((2,2)), nn.Conv2d(16, 8, kernel_size=(3,3), padding='same'), nn.Flatten(), "
    "nn.Linear(8*16*16, 10))"
)
DEPTHWISE = "nn.Sequential(nn.Conv2d(3, 3, 3, groups=3, bias=False), nn.Conv2d(3, 9, 1))"


@pytest.mark.parametrize(
    ("source", "input", "output", "parameters", "macs"),
    [
        (MNIST, (1, 28, 28), (10,), 1_199_882, 11_992_448),
        (STARRED, (1, 28, 28), (10,), 320 + 62_730, 32 * 9 * 784 + 62_720),
        (PORTED, (3, 32, 32), (10,), 448 + 1_160 + 20_490, 16 * 27 * 1024 + 8 * 144 * 256 + 20_480),
        (DEPTHWISE, (3, 224, 224), (9, 222, 222), 27 + 36, 2 * 27 * 222 * 222),
        ('nn.Conv2d(1, 2, 4, padding="same")', (1, 9, 9), (2, 9, 9), 34, 2 * 16 * 81),
        ('nn.Conv2d(1, 2, 4, padding="same", dilation=3)', (1, 15, 15), (2, 15, 15), 34, None),
        ('nn.Conv2d(1, 2, (2, 5), padding="same", dilation=(3, 2))', (1, 15, 15), (2, 15, 15), 22,
         None),
    ],
)  # fmt: skip
def test_a_network_as_people_write_it(
    source: str, input: Any, output: Any, parameters: int, macs: int | None
) -> None:
    answer = network_answer(reading(source, input).network)
    assert (answer["problem"], answer["output"]) == (None, output)
    assert (answer["parameters"], macs or answer["macs"]) == (parameters, answer["macs"])


@pytest.mark.parametrize(
    ("source", "given", "needed"),
    [
        ("nn.Sequential(nn.Conv2d(1,6,4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6,16,3), "
         "nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144,120))", "144", "400"),
        ("nn.Sequential(nn.Conv2d(1,16,3,padding=1), nn.ReLU(), nn.MaxPool2d(2), "
         "nn.Conv2d(16,32,3,padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "
         "nn.Linear(1050, 10))", "1,050", "1568"),
    ],
)  # fmt: skip
def test_a_first_linear_that_does_not_fit_is_told_what_it_is_given(
    source: str, given: str, needed: str
) -> None:
    problem = network_answer(reading(source, (1, 28, 28)).network)["problem"]
    assert problem
    assert f"expects {given} numbers" in problem["message"]
    assert f"set in_features to {needed}" in str(problem)


@pytest.mark.parametrize(
    ("asked", "floor", "ceil", "uncovered"),
    [
        ({"input": 28, "kernel": 3, "stride": 2}, 13, 14, 1),
        ({"input": 112, "kernel": 3, "stride": 2}, 55, 56, 1),
        ({"input": 32, "kernel": 1, "stride": 2}, 16, 16, 16),
        ({"input": 6, "kernel": 2, "stride": 3}, 2, 2, 2),
        ({"input": 10, "kernel": 5, "padding": 2}, 10, None, 0),
        ({"input": 10, "kernel": 3, "padding": 2, "stride": 2}, 6, 6, 0),
    ],
)
def test_the_output_size_by_each_convention(
    asked: dict[str, int], floor: int, ceil: int | None, uncovered: int
) -> None:
    (axis,) = window(validated(WindowQuestion, asked))["axes"]
    by = {entry["name"]: entry["output"] for entry in axis["conventions"]}
    assert (axis["output"], len(axis["unused"])) == (floor, uncovered)
    if ceil is None:  # nothing is left over, so there is nothing to agree on
        assert axis["fits"]
        assert set(by.values()) <= {floor}
    else:
        assert by == {"floor": floor, "ceil": ceil, "invalid": None}


VGG = (
    "nn.Conv2d(3,8,3,padding=1), nn.ReLU(), nn.Conv2d(8,8,3,padding=1), nn.ReLU(), "
    "nn.MaxPool2d(2), nn.Conv2d(8,8,3,padding=1), nn.ReLU(), nn.Conv2d(8,8,3,padding=1), "
    "nn.ReLU(), nn.MaxPool2d(2), " + "nn.Conv2d(8,8,3,padding=1), nn.ReLU(), " * 3
)


def dilated(kernel: Any, dilations: Any) -> str:
    return ", ".join(f"nn.Conv2d(1,1,{kernel},dilation={by})" for by in dilations)


@pytest.mark.parametrize(
    ("layers", "input", "field"),
    [
        (dilated(3, (1, 2, 3, 1, 2, 3)), (1, 101, 101), (25, 25)),
        (VGG, (3, 224, 224), (40, 40)),
        (VGG + "nn.Conv2d(8,8,3,padding=1)", (3, 224, 224), (48, 48)),
        (dilated((1, 2), [(1, 2**k) for k in range(6)]), (1, 1, 101), (1, 64)),
    ],
)
def test_how_far_a_stack_sees(layers: str, input: Any, field: tuple[int, int]) -> None:
    asked = {"source": f"nn.Sequential({layers})", "input": list(input)}
    found = receptive_field(validated(FieldQuestion, asked))["receptive_field"]
    assert found
    assert tuple(found["size"]) == field


@pytest.mark.parametrize(
    ("source", "unit", "rows", "columns"),
    [("nn.AdaptiveAvgPool2d(7)", (3, 6), (5, 6), (10, 11))],
)
def test_what_one_window_covers(source: str, unit: Any, rows: Any, columns: Any) -> None:
    asked = {"source": f"nn.Sequential({source})", "input": [1, 12, 12], "unit": list(unit)}
    seen = receptive_field(validated(FieldQuestion, asked))["input"]
    assert seen
    assert (tuple(seen["rows"]), tuple(seen["columns"])) == (rows, columns)
