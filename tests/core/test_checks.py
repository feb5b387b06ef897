"""Every check that a figure has: right numbers pass, planted mistakes do not."""

from typing import Any

import pytest

from app.core.checks import CheckAnswer, CheckQuestion, check
from app.core.convolutions.sliding import AveragePooling, Convolution, MaxPooling
from app.core.errors import Problem
from app.core.figures import FIGURES
from app.core.layers.table import Conv2d, Linear
from app.core.networks.architectures import ARCHITECTURES
from app.core.witnesses import witness

CHECKED = [name for name, row in FIGURES.items() if row.check]
EXAMPLES = [(name, example) for name in CHECKED for example in FIGURES[name].examples]
RESIDUAL = {"architecture": "resnet18"}
PHOTO = {"input": "coffee", "kernel_size": 3, "stride": 2}


def checked(name: str, question: dict[str, Any]) -> CheckAnswer:
    return check(CheckQuestion(figure=name, question=question))


@pytest.mark.parametrize(("name", "question"), EXAMPLES)
def test_every_example_is_right(name: str, question: dict[str, Any]) -> None:
    found = checked(name, question)
    assert found["agrees"], found["sentence"]
    assert sum(each["compared"] for each in found["witnesses"])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_is_right(name: str) -> None:
    found = checked("network", {"architecture": name})
    assert found["agrees"], found["sentence"]
    assert len(found["witnesses"]) == 3


@pytest.mark.parametrize("layer", ["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
def test_every_kind_of_window_is_right(layer: str, stride: int, padding: int) -> None:
    question = {"layer": layer, "input": "chelsea", "stride": stride, "padding": padding}
    found = checked("convolution", question)
    assert found["agrees"], found["sentence"]


@pytest.mark.parametrize(
    ("row", "method"),
    [(Convolution, "shares"), (MaxPooling, "shares"), (AveragePooling, "shares")],
)
def test_a_wrong_backward_pass_is_told(
    monkeypatch: pytest.MonkeyPatch, row: type, method: str
) -> None:
    right = getattr(row, method)
    monkeypatch.setattr(row, method, lambda self, upstream: 2 * right(self, upstream))
    layer = {Convolution: "Conv2d", MaxPooling: "MaxPool2d", AveragePooling: "AvgPool2d"}[row]
    found = checked("convolution", {**PHOTO, "layer": layer})
    assert not found["agrees"]
    assert "the gradient of the input" in found["sentence"]


def test_a_wrong_output_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Convolution, "filling", 1.0)
    found = checked("convolution", {**PHOTO, "padding": 1})
    assert not found["agrees"]
    assert found["sentence"].startswith("PyTorch's layer has ")


@pytest.mark.parametrize(
    ("row", "name", "of"),
    [(Conv2d, "macs", "multiply-adds"), (Linear, "macs", "multiply-adds")],
)
def test_a_wrong_count_is_told(
    monkeypatch: pytest.MonkeyPatch, row: type, name: str, of: str
) -> None:
    right = getattr(row, name)
    monkeypatch.setattr(row, name, lambda self, *given: right(self, *given) + 1)
    question = {"source": "nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))"}
    found = checked("network", {**question, "input": [1, 8, 8]})
    assert not found["agrees"]
    assert of in found["sentence"]


def test_a_pass_with_a_mistake_is_told_with_its_numbers() -> None:
    question = {
        "expression": "a = x * y\nf = a * x",
        "inputs": {"x": 1.5, "y": 2},
        "mistake": "overwrite",
    }
    found = checked("gradient-check", question)
    assert not found["agrees"]
    assert "the gradient by x" in found["sentence"]


def test_what_cannot_be_checked_is_said() -> None:
    with pytest.raises(Problem, match="no figure `expresion`"):
        checked("expresion", {})
    unchecked = next(name for name, row in FIGURES.items() if row.check is None)
    with pytest.raises(Problem, match="no second path"):
        checked(unchecked, {})
    with pytest.raises(Problem):
        checked("expression", {"expression": "f = ", "inputs": {}})


def test_a_witness_knows_where_the_largest_difference_stands() -> None:
    found = witness(
        "b", "of", [[1.0, 2.0], [3.0, float("nan")]], [[1.0, 2.5], [3.0, float("nan")]], 0
    )
    assert (found["where"], found["compared"], found["agrees"]) == ([0, 1], 3, False)
    assert found["largest"] == pytest.approx(0.5 / 4.5)
    assert not witness("b", "of", [1.0], [float("nan")], 1e-6)["agrees"]
    assert not witness("b", "of", [1.0, 2.0], [1.0], 1e-6)["agrees"]
    assert witness("b", "of", [], [], 0)["compared"] == 0
