"""Sentences against their numbers: what they call largest, first, a count, equal or nothing is so.

Every kind is tried on questions that are drawn.
"""

import re
from typing import Any

import numpy as np
import pytest
import torch

from app.core.attributions import answers as attributions
from app.core.attributions.answers import AttributionQuestion
from app.core.convolutions import answers as convolutions
from app.core.convolutions.questions import StepsQuestion
from app.core.errors import Problem
from app.core.expressions import questions as expressions
from app.core.networks import fields
from app.core.networks.cones import cone
from app.core.networks.network import analyse
from app.core.networks.torch_network import seeded
from app.core.numbers import percents, plural

METHODS = ("saliency", "gradient-x-input", "guided-backprop", "grad-cam", "occlusion")
PLURALS = re.compile(
    r"(?<!× )(?<!−)\b1 (?:entries|inputs|weights|pixels|numbers|paths|layers|rows|columns)\b"
    r"|\b(?:[2-9]|\d\d+) (?:entry|input|weight|pixel|number|path|layer|row|column)\b"
)
SAME = re.compile(r"(?<![\w.·*/+(-])(-?[\d.]+) = \1(?![\w.])")


def well_said(sentence: str) -> None:
    """No wrong plural, no number that equals itself, an end."""
    assert not PLURALS.search(sentence), sentence
    assert not SAME.search(sentence), sentence
    assert sentence.endswith("."), sentence
    assert "nothing that moves" not in sentence


def code(random: np.random.Generator, colours: int) -> str:
    """A small network whose score may well not react, or only fall."""
    width = int(random.integers(1, 4))
    kernel, stride = int(random.integers(1, 4)), int(random.integers(1, 3))
    layers = [f"nn.Conv2d({colours}, {width}, {kernel}, stride={stride})", "nn.ReLU()"]
    if random.random() < 0.5:
        layers += [f"nn.Conv2d({width}, {width}, 3, padding=1)", "nn.ReLU()"]
    layers += ["nn.AdaptiveAvgPool2d(1)", "nn.Flatten()", f"nn.Linear({width}, 3)"]
    return f"nn.Sequential({', '.join(layers)})"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("of", ["score", "loss"])
def test_an_attribution_names_what_its_grid_says(method: str, of: str) -> None:
    seen = set()
    for seed in range(24):
        random = np.random.default_rng(seed)
        question = AttributionQuestion(
            source=code(random, 3),
            input=(3, 12, 12),
            seed=seed,
            image=["chelsea", "coffee", "rocket"][seed % 3],
            method=method,
            target=int(random.integers(3)),
            of=of,  # type: ignore[arg-type]
        )
        if method == "occlusion" and of == "loss":
            with pytest.raises(Problem, match="leave out `of`"):
                attributions.attributions(question)
            return
        answer = attributions.attributions(question)
        sentence, grid = answer["sentence"], np.asarray(answer["grid"])
        well_said(sentence)
        seen.add(sentence.split(" ")[0])
        assert ("loss" in sentence) == (of == "loss")
        place = re.search(r"rows? (\d+)(?: to (\d+))?, columns? (\d+)(?: to (\d+))?", sentence)
        if method == "occlusion":
            assert ("falls" in sentence) == (grid.max() > 0)
            if "falls" in sentence:
                before, after = re.findall(r"([\d.]+) %", sentence)
                assert float(after) < float(before)
        elif "No pixel raises" in sentence:
            assert grid.max() <= 0
            assert grid.any()
        elif place is None:
            assert not grid.any()
        else:
            assert grid.max() > 0
            row, column = (
                [12 * i // n for i in range(n)].index(int(place[k]))
                for k, n in ((1, grid.shape[0]), (3, grid.shape[1]))
            )
            assert grid[row, column] == grid.max()
            alike = re.search(r"the first of ([\d,]+) alike", sentence)
            assert int(alike[1].replace(",", "")) if alike else (grid == grid.max()).sum() == 1
    assert seen


def test_the_loss_is_not_the_score() -> None:
    found = [
        np.asarray(
            attributions.attributions(
                AttributionQuestion(
                    model="digits",
                    image="digit-3",
                    target=5,
                    method="saliency",
                    of=of,  # type: ignore[arg-type]
                )
            )["grid"]
        )
        for of in ("score", "loss")
    ]
    assert not np.allclose(*found)


def test_nothing_positive_is_not_nothing_at_all() -> None:
    source = (
        "nn.Sequential(nn.Conv2d(3,4,5,stride=3),nn.ReLU(),nn.Conv2d(4,4,3,stride=2),nn.ReLU(),"
        "nn.AdaptiveAvgPool2d(2),nn.Flatten(),nn.Linear(16,4))"
    )
    question = AttributionQuestion(
        source=source, input=(3, 48, 48), seed=0, image="chelsea", target=0, method="grad-cam"
    )
    answer = attributions.attributions(question)
    assert not np.any(answer["grid"])
    assert "nowhere above zero" in answer["sentence"]


# What a unit sees


def test_a_receptive_field_is_told_as_the_gradient_has_it() -> None:
    for seed in range(60):
        random = np.random.default_rng(seed)
        layers, size = [], int(random.integers(9, 16))
        for _ in range(random.integers(1, 4)):
            kernel, stride, padding = random.integers(1, 4), random.integers(1, 4), 0
            padding = int(random.integers(0, (kernel + 1) // 2 + 1)) if kernel > 1 else 0
            dilation = int(random.integers(1, 3))
            layers.append(f"nn.Conv2d(1, 1, {kernel}, {stride}, {padding}, {dilation})")
        try:
            question = fields.FieldQuestion(
                source=f"nn.Sequential({', '.join(layers)})", input=(1, size, size)
            )
            network, _ = question.found()
            shape = analyse(network).check().shapes[-1]
            assert shape
            unit = [int(random.integers(n)) for n in shape[1:]]
            answer = fields.receptive_field(question.model_copy(update={"unit": unit}))
        except Problem:
            continue
        sentence = answer["sentence"]
        well_said(sentence)
        model = seeded(network, seed)
        image = torch.rand(1, 1, size, size, requires_grad=True)
        output = model.activations(image)[-1]
        (gradient,) = torch.autograd.grad(output[0, 0, unit[0], unit[1]], image)
        lit = gradient[0, 0].numpy() != 0
        if "nothing but padding" in sentence:
            assert not lit.any()
            continue
        rows, columns = np.nonzero(lit.any(1))[0], np.nonzero(lit.any(0))[0]
        told = re.search(r"rows? (\d+)(?: to (\d+))? and columns? (\d+)(?: to (\d+))?", sentence)
        assert told
        first, last = int(told[1]), int(told[2] or told[1])
        assert (first, last) == (rows[0], rows[-1]), sentence
        assert (int(told[3]), int(told[4] or told[3])) == (columns[0], columns[-1])
        area = re.search(r"([\d,]+) of the (\d+) × (\d+) pixels there", sentence)
        box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
        assert (int(area[1]) if area else box) == lit.sum() == answer["pixels"], sentence
        assert ("The field of the unit below" in sentence) == (unit[0] + 1 < shape[1])
        field, outside = answer["field"], False
        assert field
        for low, high in (field["rows"], field["columns"]):
            outside = outside or low < 0 or high >= size
        assert not ("outside of the picture" in sentence and not outside), sentence


def test_one_channel_behind_a_concat_sees_what_its_own_branch_sees() -> None:
    source = """
class Fire(nn.Module):
    def __init__(self):
        super().__init__()
        self.squeeze = nn.Conv2d(1, 2, 1)
        self.small = nn.Conv2d(2, 3, 1)
        self.large = nn.Conv2d(2, 3, 3, padding=1)
        self.last = nn.Conv2d(6, 2, 3, padding=1, groups=2)

    def forward(self, x):
        x = self.squeeze(x)
        x = torch.cat([self.small(x), self.large(x)], 1)
        return self.last(x)
"""
    network, _ = fields.FieldQuestion(source=source, input=(1, 9, 9)).found()
    model = seeded(network, 0)
    for i, node in enumerate(network.layers):
        image = torch.rand(1, 1, 9, 9, requires_grad=True)
        output = model.activations(image)[i]
        for channel in range(output.shape[1]):
            (gradient,) = torch.autograd.grad(output[0, channel, 4, 4], image, retain_graph=True)
            lit = np.nonzero(gradient[0, 0].numpy())
            seen = cone(network, node.name, (4, 4), channel)["input"]
            assert seen
            assert seen["rows"] == [lit[0].min(), lit[0].max()], (node.name, channel)
            assert seen["columns"] == [lit[1].min(), lit[1].max()]


# Convolutions step by step


def test_steps_of_a_layer_count_what_is_there() -> None:
    for seed in range(30):
        random = np.random.default_rng(seed)
        layer = ["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"][seed % 4]
        kernel = int(random.integers(1, 4))
        asked: dict[str, Any] = {"layer": layer, "input": "numbers", "shape": [1, 4, 4]}
        asked |= {"seed": seed, "count": 64}
        if layer != "Linear":
            asked |= {"kernel_size": kernel}
        try:
            answer = convolutions.steps(StepsQuestion(**asked))
        except Problem:
            continue
        for step in answer["steps"]:
            told = step if "sentence" in step else step.get("forward") or step["backward"]
            well_said(str(told["sentence"]))


# Expressions


def test_entries_and_paths_are_told_without_false_numbers() -> None:
    texts = ["f = x * y + x", "f = relu(x) * y", "f = x - y", "q = x + y\nf = q * q", "f = 3 * x"]
    for seed in range(40):
        random = np.random.default_rng(seed)
        text = texts[seed % len(texts)]
        values = [0.0, -1.0, 1.0, 2.5, 1.00001]
        inputs = {name: values[random.integers(5)] for name in "xy" if name in text}
        ask = {"expression": text, "inputs": inputs}
        for node in expressions.play(expressions.PlayQuestion(**ask))["nodes"]:
            if node["literal"]:
                continue
            name = node["id"]
            entry = expressions.entry(expressions.EntryQuestion(**ask, node=name))
            well_said(entry["sentence"])
            counted = re.search(r"moves with (\d+) entr", entry["sentence"])
            if counted:
                assert int(counted[1]) == entry["of"] > 0
            paths = expressions.paths(expressions.PathsQuestion(**ask, node=name))
            well_said(paths["sentence"])
            assert not re.search(r" = (-?[\d.]+) = \1$", paths["latex"]), paths["latex"]


def test_a_small_difference_is_told_with_the_digits_that_show_it() -> None:
    ask = {"expression": "f = x - y", "inputs": {"x": 1.00001, "y": 1}}
    (step, *_) = expressions.play(expressions.PlayQuestion(**ask))["steps"]
    assert "1.00001 − 1 = 1×10⁻⁵" in step["sentence"]


def test_shares_are_told_apart() -> None:
    assert percents(0.5, 0.25) == ["50 %", "25 %"]
    assert percents(0.00278, 0.00044) == ["0.28 %", "0.04 %"]
    assert percents(0.0, 2e-6) == ["0 %", "0.0002 %"]
    for seed in range(200):
        random = np.random.default_rng(seed)
        before = float(10.0 ** random.uniform(-5, 0))
        after = before * float(random.uniform(0.5, 0.999))
        told = [float(text.removesuffix(" %")) for text in percents(before, after)]
        assert told[0] > told[1] >= 0
        assert told[0] == pytest.approx(100 * before, rel=0.5)


def test_one_is_one_and_many_are_many() -> None:
    assert [plural(n, "pixel") for n in (0, 1, 2, 1024)] == [
        "0 pixels", "1 pixel", "2 pixels", "1,024 pixels",
    ]  # fmt: skip
    assert plural(2, "entry", "entries") == "2 entries"
