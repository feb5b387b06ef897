"""One unit explained: its parts add up to what torch says, forward and backward."""

import math
import random
import re
from math import isclose
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import torch

from app.core.activations.capture import Capture, capture
from app.core.activations.unit.answers import UnitAnswer
from app.core.activations.unit.explanation import explained
from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.parsing import parse
from app.core.networks.network import INPUT, Network
from app.core.networks.torch_network import seeded
from tests.core.random_networks import random_network
from tests.typed import check_typed

SMALL = {
    "input": (3, 11, 12),
    "layers": [
        {"name": "conv", "layer": {"type": "Conv2d", "in_channels": 3, "out_channels": 4,
                                   "kernel_size": 3, "stride": 2, "padding": 1}},
        {"name": "norm", "layer": {"type": "BatchNorm2d", "num_features": 4}},
        {"name": "relu", "layer": {"type": "ReLU"}},
        {"name": "wide", "layer": {"type": "Conv2d", "in_channels": 4, "out_channels": 4,
                                   "kernel_size": [3, 1], "padding": [1, 0], "groups": 2}},
        {"name": "add", "layer": {"type": "Add"}, "inputs": ["wide", "relu"]},
        {"name": "both", "layer": {"type": "Concat"}, "inputs": ["add", "relu"]},
        {"name": "max", "layer": {"type": "MaxPool2d", "kernel_size": 3, "stride": 2}},
        {"name": "average", "layer": {"type": "AvgPool2d", "kernel_size": 2, "padding": 1}},
        {"name": "response", "layer": {"type": "LocalResponseNorm", "size": 3, "alpha": 0.5}},
        {"name": "adaptive", "layer": {"type": "AdaptiveAvgPool2d", "output_size": [1, 2]}},
        {"name": "flatten", "layer": {"type": "Flatten"}},
        {"name": "linear", "layer": {"type": "Linear", "in_features": 16, "out_features": 5}},
        {"name": "softmax", "layer": {"type": "Softmax", "dim": 1}},
    ],
}  # fmt: skip


def looked(network: Network, seed: int, of: Any = "score") -> Capture:
    image = torch.rand(1, *network.input, generator=torch.Generator().manual_seed(seed))
    return capture(seeded(network, seed), image, None, of)


def close(a: float, b: float, size: float) -> bool:
    """Equal to what float32 can tell of numbers that are summed up to this size."""
    return isclose(a, b, rel_tol=1e-4, abs_tol=1e-5 * max(size, 1e-6))


def made_of(step: dict[str, Any]) -> float | None:
    """The value of a step worked out from the numbers that it tells."""
    entries = [
        e for row in step.get("patch") or [] for e in (row if isinstance(row, list) else [row])
    ]
    if step["type"] == "Conv2d" or (step["type"] == "Linear" and "rows" in step):
        x = np.array(step["patch"], dtype=float)
        return float(np.nansum(x * np.array(step["weights"]))) + (step["bias"] or 0)
    if step["type"] == "Linear":
        x, w = np.array(step["patch"]), np.array(step["weights"])
        return float(x @ w) + step["omitted_sum"] + (step["bias"] or 0)
    if step["type"] == "MaxPool2d":
        row, column = step["argmax"]
        assert step["patch"][row][column] == max(e for e in entries if e is not None)
        return float(step["patch"][row][column])
    if step.get("divisor"):
        return sum(e for e in entries if e is not None) / step["divisor"]
    if step["type"] == "Add":
        return sum(part["value"] for part in step["parts"])
    if step["type"] in ("Concat", "Flatten"):
        return float(step["parts"][0]["value"])
    if step["type"] == "BatchNorm2d":
        numbers = {"gamma": 1, "beta": 0} | step["numbers"]
        root = (numbers["sigma2"] + numbers["eps"]) ** 0.5
        even = (step["before"] - numbers["mu"]) / root
        return float(even * numbers["gamma"] + numbers["beta"])
    if step["type"] == "Softmax":
        numbers = step["numbers"]
        return float(np.exp(step["before"] - numbers["largest"]) / numbers["total"])
    return None


def check(captured: Capture, name: str, place: tuple[int, ...]) -> dict[str, Any]:
    told = explained(captured, name, *place)
    check_typed(UnitAnswer, told)
    i = -1 if name == INPUT else captured.network.position(name)
    at = place if captured.activation(i).ndim == 3 else place[:1]
    assert told["value"] == float(captured.activation(i)[at])
    for step in told["chain"]:
        value = made_of(step)
        if value is not None:
            terms = [abs(x) for x in np.ravel(step.get("sums") or step.get("products") or [1])]
            assert close(value, step["value"], sum(terms)), step
    gradient = captured.gradient(i)
    back = told["backward"]
    if gradient is None:
        assert back["gradient"] is None
    else:
        assert back["gradient"] == told["gradient"] == float(gradient[at])
        total = sum(part["sum"] for part in back["parts"])
        size = sum(abs(t["downstream"]) for part in back["parts"] for t in part["terms"])
        assert close(total, back["gradient"], size), (name, place, total, back)
        for part in back["parts"]:
            listed = sum(term["upstream"] * term["local"] for term in part["terms"])
            assert close(listed + part["omitted_sum"], part["sum"], size)
    return told


@pytest.mark.parametrize("of", ["score", "loss"])
def test_every_kind_of_layer_adds_up(of: str) -> None:
    network = Network.model_validate(SMALL)
    captured = looked(network, 2, of)
    names = [INPUT, *(node.name for node in network.layers)]
    for i, name in enumerate(names, -1):
        shape = captured.activation(i).shape
        for _ in range(12):
            place = tuple(random.Random(f"{name} {_}").randrange(n) for n in (*shape, 1, 1)[:3])
            check(captured, name, place)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(40))
def test_units_of_random_networks_add_up(seed: int) -> None:
    network = random_network(seed)
    if len(network.input) != 3:
        pytest.skip("a vector is no picture")
    captured = looked(network, seed)
    draw = random.Random(seed)
    for i, node in enumerate(network.layers):
        shape = captured.activation(i).shape
        check(captured, node.name, tuple(draw.randrange(n) for n in (*shape, 1, 1)[:3]))


def test_the_expression_has_the_values_and_gradients_of_the_network() -> None:
    captured = looked(Network.model_validate(SMALL), 5)
    opened = 0
    for i, node in enumerate(captured.network.layers):
        shape = captured.activation(i).shape
        place = tuple(n // 2 for n in (*shape, 1, 1)[:3])
        told = explained(captured, node.name, *place)
        check_typed(UnitAnswer, told)
        assert told["expression"], node.name
        opened += 1
        graph = parse(told["expression"]["expression"])
        result = evaluate(graph, told["expression"]["inputs"])
        shared = told["expression"]["note"] is not None
        for name, there in told["expression"]["nodes"].items():
            at = graph.position[name]
            assert float(result.values[at]) == pytest.approx(there["value"], rel=1e-5, abs=1e-6)
            if not shared:
                assert float(result.gradients[at]) == pytest.approx(
                    there["gradient"] or 0.0, rel=1e-5, abs=1e-8
                )
    assert opened > 8


@pytest.mark.parametrize("value", [-1.532, -0.2, 0.75, 2.5])
@pytest.mark.parametrize(
    ("layer", "arguments"),
    [("ReLU", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 3.0}),
     ("LeakyReLU", {"negative_slope": -0.5}), ("GELU", {}), ("GELU", {"approximate": "tanh"}),
     ("Sigmoid", {}), ("Tanh", {}), ("Dropout", {})],
)  # fmt: skip
def test_a_function_of_one_number_is_told_as_torch_computes_it(
    layer: str, arguments: dict[str, Any], value: float
) -> None:
    network = Network.model_validate(
        {
            "input": (1, 1, 1),
            "layers": [{"name": "f", "layer": {"type": layer, **arguments}}, {"layer": FLAT}],
        }
    )
    captured = capture(seeded(network, 0), torch.full((1, 1, 1, 1), value))
    told = explained(captured, "f", 0)
    graph = parse(told["expression"]["expression"])
    result = evaluate(graph, told["expression"]["inputs"])
    x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    expected = getattr(torch.nn, layer)(**arguments).eval()(x)
    (gradient,) = torch.autograd.grad(expected, x)
    assert float(result.values[-1]) == pytest.approx(float(expected.detach()), abs=1e-6)
    assert float(result.gradients[graph.position["x"]]) == pytest.approx(float(gradient), abs=1e-6)
    left, _, right = told["chain"][0]["latex"].partition(" = ")
    assert computed(left) == pytest.approx(float(right), abs=2e-3)


FLAT = {"type": "Flatten"}
CASES = re.compile(r"\\begin{cases}(.*?) & (.*?)\\\\ (.*?) & \\text{else}\\end{cases}")
SPOKEN = {
    r"\cdot": "*", r"\times": "*", r"\pi": "pi", r"\,": "*", r"\frac": "", "e^{": "exp{",
    "^{": "**{",    "{": "(", "}": ")", ")(": ")/(", "\\": "",
}  # fmt: skip


def computed(latex: str) -> float:
    """What a formula of a few numbers comes to."""
    while (other := CASES.sub(r"((\1) if \2 else (\3))", latex)) != latex:
        latex = other
    latex = re.sub(r"\\operatorname{leaky}_{(.*?)}", r"leaky[\1]", latex)
    latex = re.sub(r"\\operatorname{(\w+)}", r"\1", latex)
    latex = re.sub(r"\\lvert (.*?) \\rvert", r"abs(\1)", latex)
    for spoken, code in SPOKEN.items():
        latex = latex.replace(spoken, code)

    class Leaky:
        def __getitem__(self, slope: float) -> Any:
            return lambda x: x if x > 0 else slope * x

    known = {
        "max": max, "min": min, "abs": abs, "tanh": math.tanh, "sqrt": math.sqrt, "exp": math.exp,
        "log": math.log, "pi": math.pi, "leaky": Leaky(),
        "sigma": lambda x: 1 / (1 + math.exp(-x)), "gelu": lambda x: x * NormalDist().cdf(x),
    }  # fmt: skip
    return float(eval(latex, {"__builtins__": {}}, known))


def test_what_comes_back_by_one_unit_is_the_same_in_its_expression() -> None:
    """The gradient by the patch in the expression is upstream times weights in the network."""
    captured = looked(Network.model_validate(SMALL), 5)
    told = explained(captured, "conv", 1, 2, 3)
    graph = parse(told["expression"]["expression"])
    result = evaluate(graph, told["expression"]["inputs"])
    weights = np.array(told["chain"][0]["weights"])
    np.testing.assert_allclose(
        result.gradients[graph.position["X"]], told["gradient"] * weights, rtol=1e-5, atol=1e-9
    )


def test_the_receptive_field_is_where_the_gradient_can_reach() -> None:
    network = Network.model_validate(SMALL)
    told = explained(looked(network, 2), "conv", 0, 1, 2)
    assert told["receptive_field"] == {"rows": [1, 3], "columns": [3, 5]}
    assert explained(looked(network, 2), INPUT, 0, 1, 2)["receptive_field"] == {
        "rows": [1, 1],
        "columns": [2, 2],
    }


def test_a_unit_that_is_not_there_is_refused_with_its_place() -> None:
    captured = looked(Network.model_validate(SMALL), 2)
    for place, field in (((4, 0, 0), "channel"), ((0, 9, 0), "row"), ((0, 0, 9), "column")):
        with pytest.raises(Problem) as caught:
            explained(captured, "conv", *place)
        assert caught.value.where == {"field": f"unit.{field}"}
    with pytest.raises(Problem, match="no layer `cnv`; did you mean `conv`"):
        explained(captured, "cnv", 0)


def test_a_long_linear_layer_lists_the_strongest_and_sums_the_rest() -> None:
    network = Network.model_validate(
        {
            "input": (1, 30, 30),
            "layers": [
                {"layer": {"type": "Flatten"}},
                {"layer": {"type": "Linear", "in_features": 900, "out_features": 3}},
            ],
        }
    )
    captured = looked(network, 1)
    told = check(captured, "1", (2, 0, 0))
    (step,) = told["chain"]
    assert len(step["products"]) == 256
    assert step["omitted"] == 900 - 256
    left = set(range(900)) - set(step["index"])
    weights = captured.model.steps[1].weight[2]
    products = (captured.activation(0) * weights).abs()
    assert max(float(products[k]) for k in left) <= min(abs(p) for p in step["products"])
