"""Every check that a figure has: right numbers pass, planted mistakes do not."""

from typing import Any

import pytest
import torch

from app.core.attributions import changed_regions, methods
from app.core.attributions.methods import ATTRIBUTIONS
from app.core.attributions.witnesses import PATHS
from app.core.checks import CheckAnswer, CheckQuestion, check
from app.core.convolutions.sliding import AveragePooling, Convolution, MaxPooling
from app.core.errors import Problem
from app.core.figures import FIGURES
from app.core.layers.table import Conv2d, Linear
from app.core.networks import cones, gradient_flow
from app.core.networks.architectures import ARCHITECTURES
from app.core.networks.torch_network import TorchNetwork
from app.core.witnesses import in_single, together, witness

torch.set_num_threads(1)
CHECKED = [name for name, row in FIGURES.items() if row.check]
SLOW = {
    "receptive-field", "comparison", "gradient-sizes",
    "top-patches", "occlusion", "attribution", "activations",
}  # fmt: skip
EXAMPLES = [
    (name, example) for name in CHECKED if name not in SLOW for example in FIGURES[name].examples
]
DIGIT = {"model": "digits", "image": "digit-3"}
NETWORK = {
    "source": "nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), "
    "nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "
    "nn.Linear(54, 5), nn.Softmax(1))",
    "input": [3, 14, 14],
}
LITTLE = {**NETWORK, "image": "chelsea"}
LOOKS = [
    ("receptive-field", {"architecture": "resnet18", "layer": "layer1.1.relu2", "unit": [0, 20]}),
    ("receptive-field", {**NETWORK, "layer": "5", "unit": [1, 2]}),
    # Products of products, and channels whose plain sum is a constant.
    ("receptive-field", {"architecture": "efficientnet_b0"}),
    ("effective-field", {"architecture": "convnext_tiny"}),
    ("comparison", {"names": ["alexnet", "resnet18"]}),
    ("gradient-sizes", {"blocks": 3, "width": 4, "residual": True, "initialisation": "he"}),
    ("top-patches", {"model": "digits", "layer": "conv1", "channel": 2}),
    ("activations", {**DIGIT, "target": 5, "of": "loss", "layers": "all", "thumbnail": 5}),
    ("activations", {**LITTLE, "include": ["gradient", "product"], "layers": "all"}),
    ("unit", {**LITTLE, "unit": {"layer": "2", "channel": 3, "row": 2, "column": 4}}),
    ("unit", {**LITTLE, "unit": {"layer": "7", "channel": 3}}),
    ("occlusion", {**DIGIT, "row": 2, "column": 26, "patch": 9}),
    *(("attribution", {**DIGIT, "method": method}) for method in ATTRIBUTIONS),
    ("attribution", {**LITTLE, "method": "guided-backprop", "of": "loss", "target": 1}),
    ("attribution", {**LITTLE, "method": "grad-cam", "layer": "1"}),
    ("attribution", {**LITTLE, "method": "occlusion", "patch": 5, "stride": 4}),
]
RESIDUAL = {"architecture": "resnet18"}
PHOTO = {"input": "coffee", "kernel_size": 3, "stride": 2}


def checked(name: str, question: dict[str, Any]) -> CheckAnswer:
    return check(CheckQuestion(figure=name, question=question))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_second_path_or_says_why_not(name: str) -> None:
    row = FIGURES[name]
    assert bool(row.check) != bool(row.unchecked)
    if row.unchecked:
        assert row.unchecked.endswith(".")
        found = checked(name, dict(row.examples[0]))
        assert found == {"witnesses": [], "agrees": None, "sentence": row.unchecked}


def test_every_way_to_attribute_has_a_second_path() -> None:
    assert {*PATHS, "occlusion"} == set(ATTRIBUTIONS)


@pytest.mark.parametrize(("name", "question"), [*EXAMPLES, *LOOKS])
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


def test_a_region_that_is_too_wide_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    right = cones._region
    monkeypatch.setattr(
        cones, "_region", lambda patches: {**right(patches), "rows": [0, right(patches)["rows"][1]]}
    )
    found = checked("receptive-field", {**NETWORK, "layer": "2", "unit": [3, 3]})
    assert not found["agrees"]
    assert "the support of PyTorch's gradient has" in found["sentence"]


def test_an_activation_that_is_wrong_is_told_with_its_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = TorchNetwork.activations

    def wrong(self: TorchNetwork, image: Any) -> Any:
        found = right(self, image)
        found[2] = found[2] * 1.001
        return found

    monkeypatch.setattr(TorchNetwork, "activations", wrong)
    found = checked("activations", {**LITTLE, "seed": 5})
    assert not found["agrees"]
    assert "every activation in 2" in found["sentence"]
    assert found["witnesses"][0]["within"] == "2"


@pytest.mark.parametrize("method", ATTRIBUTIONS)
def test_a_wrong_grid_is_told(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    right = methods.derived
    monkeypatch.setattr(methods, "derived", lambda *given: 1.01 * right(*given))
    monkeypatch.setattr(methods, "GRAY", 0.6)
    found = checked("attribution", {**LITTLE, "method": method, "target": 2})
    assert not found["agrees"]


def test_a_region_that_a_patch_reaches_and_that_is_left_out_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = changed_regions.touched
    monkeypatch.setattr(
        changed_regions, "touched", lambda *given: (right(*given)[0], right(*given)[0] + 1)
    )
    assert not checked("attribution", {**LITTLE, "method": "occlusion"})["agrees"]


def test_wrong_sizes_of_gradients_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_flow, "_size", lambda values: float(values.detach().abs().mean()))
    found = checked("gradient-sizes", {"blocks": 2, "width": 3})
    assert not found["agrees"]
    assert "a bare loop" in found["sentence"]


def test_a_link_says_what_is_checked() -> None:
    answer = check(CheckQuestion(figure="window", link="input=7&kernel=3&stride=2&view=other"))
    assert answer["agrees"]
    assert answer["witnesses"][0]["ours"] == 3
    with pytest.raises(Problem):
        check(CheckQuestion(figure="window", link="input=x"))


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


def test_small_numbers_in_single_precision_are_measured_by_the_largest() -> None:
    assert in_single("b", "of", [1000.0, 1e-5], [1000.0, 2e-5])["agrees"]
    assert not in_single("b", "of", [1000.0, 1.0], [1000.0, 2.0])["agrees"]


def test_several_witnesses_are_one_that_says_where_the_largest_difference_stands() -> None:
    one = witness("b", "x", [1.0, 2.0], [1.0, 2.0], 0, "one")
    other = witness("b", "x", [1.0], [3.0], 0, "other")
    (found,) = together([one, other], "of both")
    assert (found["of"], found["within"], found["compared"]) == ("of both", "other", 3)
    assert not found["agrees"]
    assert together([witness("b", "x", [], [], 0)], "nothing") == []
