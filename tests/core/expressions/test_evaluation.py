"""Worked examples to the printed digit, invariants of flows, and 1,000 random expressions."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from app.core.errors import Problem
from app.core.expressions.evaluation import Budget, Evaluation, evaluate
from app.core.expressions.graphs import Graph, Node, from_nodes
from app.core.expressions.parsing import parse
from app.core.expressions.tensors import sum_to
from tests.core import torch_oracle
from tests.core.random_expressions import RandomExpression
from tests.work import at_most_held


def run(text: str, mistake: Any = None, **inputs: Any) -> Evaluation:
    """The text at its inputs, however busy the machine is."""
    return evaluate(parse(text), inputs, mistake, Budget(seconds=math.inf))


def value(result: Evaluation, id: str) -> Any:
    return result.values[result.graph.position[id]]


def gradient(result: Evaluation, id: str) -> Any:
    return result.gradients[result.graph.position[id]]


def reason(result: Evaluation, id: str) -> str | None:
    return result.reasons.get(result.graph.position[id])


def printed(x: float) -> str:
    """With two decimals, as slides print it; no minus before 0.00."""
    return f"{round(float(x), 2) + 0.0:.2f}"


# The lecture's circuits: (text, inputs, {node: (value, gradient)} as printed)

CIRCUITS: dict[str, tuple[str, dict[str, float], dict[str, tuple[str, str]]]] = {
    "(x + y) z": (
        "q = x + y\nf = q * z",
        {"x": -2, "y": 5, "z": -4},
        {
            "x": ("-2.00", "-4.00"),
            "y": ("5.00", "-4.00"),
            "z": ("-4.00", "3.00"),
            "q": ("3.00", "-4.00"),
            "f": ("-12.00", "1.00"),
        },
    ),
    "x y": ("f = x * y", {"x": 4, "y": -3}, {"x": ("4.00", "-3.00"), "y": ("-3.00", "4.00")}),
    "max": ("f = maximum(x, y)", {"x": 4, "y": 2}, {"x": ("4.00", "1.00"), "y": ("2.00", "0.00")}),
    "sigmoid neuron": (
        "a = w0 * x0; b = w1 * x1; c = a + b; d = c + w2\ne = -d; g = exp(e); h = g + 1; f = 1 / h",
        {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
        {
            "w0": ("2.00", "-0.20"),
            "x0": ("-1.00", "0.39"),
            "w1": ("-3.00", "-0.39"),
            "x1": ("-2.00", "-0.59"),
            "w2": ("-3.00", "0.20"),
            "a": ("-2.00", "0.20"),
            "b": ("6.00", "0.20"),
            "c": ("4.00", "0.20"),
            "d": ("1.00", "0.20"),
            "e": ("-1.00", "-0.20"),
            "g": ("0.37", "-0.53"),
            "h": ("1.37", "-0.53"),
            "f": ("0.73", "1.00"),
        },
    ),
    "sigmoid gate": (
        "d = w0 * x0 + w1 * x1 + w2\nf = sigmoid(d)",
        {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
        {
            "w0": ("2.00", "-0.20"),
            "x0": ("-1.00", "0.39"),
            "w1": ("-3.00", "-0.39"),
            "x1": ("-2.00", "-0.59"),
            "w2": ("-3.00", "0.20"),
            "d": ("1.00", "0.20"),
        },
    ),
    "add, max and mul gates": (
        "a = x * y; b = maximum(z, w); c = a + b\nf = c * 2",
        {"x": 3, "y": -4, "z": 2, "w": -1},
        {
            "x": ("3.00", "-8.00"),
            "y": ("-4.00", "6.00"),
            "z": ("2.00", "2.00"),
            "w": ("-1.00", "0.00"),
            "a": ("-12.00", "2.00"),
            "b": ("2.00", "2.00"),
            "c": ("-10.00", "2.00"),
            "f": ("-20.00", "1.00"),
        },
    ),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_circuits_of_the_lecture(name: str) -> None:
    text, inputs, expected = CIRCUITS[name]
    result = run(text, **inputs)
    found = {id: (printed(value(result, id)), printed(gradient(result, id))) for id in expected}
    assert found == expected


def test_the_sigmoid_neuron_typed_in_one_line() -> None:
    result = run("1/(1+exp(-(w0*x0+w1*x1+w2)))", w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    gates = [node.op for node in result.graph.nodes if not node.leaf]
    assert gates == ["*", "*", "+", "+", "neg", "exp", "+", "reciprocal"]
    gradients = {name: printed(gradient(result, name)) for name in result.graph.inputs}
    assert gradients == {"w0": "-0.20", "x0": "0.39", "w1": "-0.39", "x1": "-0.59", "w2": "0.20"}
    locals_of = {
        result.graph.nodes[target].op: printed(local)
        for (_, target, _), local in zip(result.flows, result.locals, strict=True)
        if result.graph.nodes[target].op in ("neg", "exp", "reciprocal")
    }
    assert locals_of == {"neg": "-1.00", "exp": "0.37", "reciprocal": "-0.53"}


def test_staged_computation_of_the_notes() -> None:
    text = """
        sigy = 1.0 / (1 + exp(-y))
        num = x + sigy
        sigx = 1.0 / (1 + exp(-x))
        xpy = x + y
        xpysqr = xpy**2
        den = sigx + xpysqr
        invden = 1.0 / den
        f = num * invden
    """
    result = run(text, x=3, y=-4)

    def sigmoid(u: float) -> float:
        return 1.0 / (1 + math.exp(-u))

    # The backward pass as the notes write it.
    x, y = 3, -4
    sigy, sigx, xpy = sigmoid(y), sigmoid(x), x + y
    num, den = x + sigy, sigx + xpy**2
    dnum, dinvden = 1 / den, num
    dden = (-1.0 / den**2) * dinvden
    dsigx, dxpysqr = dden, dden
    dxpy = (2 * xpy) * dxpysqr
    dx = dxpy + ((1 - sigx) * sigx) * dsigx + dnum
    dsigy = dnum
    dy = dxpy + ((1 - sigy) * sigy) * dsigy
    expected = {"num": dnum, "invden": dinvden, "den": dden, "sigx": dsigx, "xpysqr": dxpysqr}
    expected |= {"xpy": dxpy, "sigy": dsigy, "x": dx, "y": dy}
    for name, number in expected.items():
        assert gradient(result, name) == pytest.approx(number, rel=1e-12)
    assert f"{value(result, 'f'):.4f}" == "1.5456"
    assert (f"{dx:.4f}", f"{dy:.4f}") == ("2.0596", "1.5922")
    one_line = run("f = (x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", x=3, y=-4)
    assert gradient(one_line, "x") == pytest.approx(dx, rel=1e-12)
    assert gradient(one_line, "y") == pytest.approx(dy, rel=1e-12)


def test_the_squared_length_of_w_times_x() -> None:
    result = run("q = W @ x\nf = sum(q ** 2)", W=[[0.1, 0.5], [-0.3, 0.8]], x=[0.2, 0.4])
    np.testing.assert_allclose(value(result, "q"), [0.22, 0.26])
    assert value(result, "f") == pytest.approx(0.116)
    np.testing.assert_allclose(gradient(result, "q"), [0.44, 0.52])
    np.testing.assert_allclose(gradient(result, "W"), [[0.088, 0.176], [0.104, 0.208]])
    np.testing.assert_allclose(gradient(result, "x"), [-0.112, 0.636])


def test_matrix_multiply_of_the_notes() -> None:
    random = np.random.default_rng(0)
    w, x, upstream = (random.standard_normal(shape) for shape in ((5, 10), (10, 3), (5, 3)))
    result = run("D = W @ X\nf = sum(D * dD)", W=w, X=x, dD=upstream)
    np.testing.assert_allclose(gradient(result, "D"), upstream)
    np.testing.assert_allclose(gradient(result, "W"), upstream @ x.T)
    np.testing.assert_allclose(gradient(result, "X"), w.T @ upstream)


@pytest.mark.parametrize(
    ("scores", "y", "loss"),
    [
        ([3.2, 5.1, -1.7], 0, "2.9"),  # the cat
        ([1.3, 4.9, 2.0], 1, "0.0"),  # the car
        ([2.2, 2.5, -3.1], 2, "12.9"),  # the frog
        ([-2.85, 0.86, 0.28], 2, "1.6"),
    ],
)
def test_hinge_losses_of_the_lecture(scores: list[float], y: int, loss: str) -> None:
    for text in ("hinge(s, y)", "sum(maximum(0, s - s[y] + 1)) - 1"):
        result = run(text, s=scores, y=y)
        assert f"{result.values[-1]:.1f}" == loss
        right = -sum(s - scores[y] + 1 > 0 for i, s in enumerate(scores) if i != y)
        assert gradient(result, "s")[y] == right
        assert gradient(result, "y") is None


def test_the_mean_hinge_loss_of_the_lecture() -> None:
    scores = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]
    assert f"{run('hinge(s, [0, 1, 2])', s=scores).values[-1]:.2f}" == "5.27"


def test_the_hinge_loss_with_a_margin_of_ten() -> None:
    result = run("L = sum(maximum(0, s - s[0] + 10)) - 10", s=[13, -7, 11])
    assert value(result, "L") == 8
    np.testing.assert_array_equal(gradient(result, "s"), [-1, 0, 1])


def test_linear_classification_of_the_notes() -> None:
    inputs = {
        "W": [[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0.0, -0.45, -0.2, 0.03]],
        "x": [-15, 22, -44, 56],
        "b": [0.0, 0.2, -0.3],
    }
    result = run("s = W @ x + b\nL = hinge(s, 2)", **inputs)
    assert [printed(s) for s in value(result, "s")] == ["-2.85", "0.86", "0.28"]
    assert f"{value(result, 'L'):.2f}" == "1.58"
    result = run("s = W @ x + b\np = softmax(s)\nL = cross_entropy(s, 2)", **inputs)
    # The notes print 0.016, 0.631, 0.353, from exponentials rounded before they are divided.
    assert [printed(p) for p in value(result, "p")] == ["0.02", "0.63", "0.35"]
    assert printed(value(result, "L")) == "1.04"


@pytest.mark.parametrize(
    ("scores", "probabilities"),
    [
        ([1, -2, 0], ["0.71", "0.04", "0.26"]),
        ([0.5, -1, 0], ["0.55", "0.12", "0.33"]),
        ([3.2, 5.1, -1.7], ["0.13", "0.87", "0.00"]),
        ([123, 456, 789], ["0.00", "0.00", "1.00"]),
    ],
)
def test_softmax_of_the_notes(scores: list[float], probabilities: list[str]) -> None:
    assert [printed(p) for p in run("softmax(s)", s=scores).values[-1]] == probabilities


def test_the_softmax_loss_of_the_cat() -> None:
    result = run("L = -log(exp(s[0]) / sum(exp(s)))", s=[3.2, 5.1, -1.7])
    assert printed(value(result, "L")) == "2.04"
    same = run("L = cross_entropy(s, 0)", s=[3.2, 5.1, -1.7])
    assert value(same, "L") == pytest.approx(value(result, "L"))
    np.testing.assert_allclose(gradient(same, "s"), gradient(result, "s"))


LOSSES = {
    "hinge": "s = W @ x\nL = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
    "softmax": "s = W @ x\nL = -log_softmax(s)[y] + lam * sum(W ** 2)",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_of_ten_classes_and_3072_pixels(loss: str) -> None:
    random = np.random.default_rng(0)
    w, x = random.standard_normal((10, 3072)) * 0.01, random.uniform(-1, 1, 3072)
    result = run(LOSSES[loss], W=w, x=x, y=3, lam=0.1)
    W = torch.tensor(w, requires_grad=True)
    s = W @ torch.tensor(x)
    data = torch.clamp(s - s[3] + 1, min=0).sum() - 1
    if loss == "softmax":
        data = torch.nn.functional.cross_entropy(s, torch.tensor(3))
    total = data + 0.1 * (W**2).sum()
    total.backward()
    assert value(result, "L") == pytest.approx(total.item(), rel=1e-12)
    np.testing.assert_allclose(gradient(result, "W"), W.grad, rtol=1e-9, atol=1e-14)
    assert gradient(result, "y") is None
    assert gradient(result, "lam") == pytest.approx((w**2).sum())


def test_a_matrix_written_in_a_line() -> None:
    text = "W = randn(10, 3072) * 0.01\nx = ones(3072)\n" + LOSSES["hinge"]
    result = run(text, y=3, lam=0.1)
    assert np.shape(gradient(result, "W")) == (10, 3072)
    compare(result, {"y": 3, "lam": 0.1})


# Fan-out, order, mistakes


def test_gradients_add_where_a_name_is_used_twice() -> None:
    assert gradient(run("f = x * x", x=3), "x") == 6
    assert gradient(run("f = x + x", x=3), "x") == 2
    result = run("q = x * y\nf = q + q * x", x=3, y=2)
    assert (gradient(result, "q"), gradient(result, "x"), gradient(result, "y")) == (4, 14, 12)


def test_equal_expressions_are_not_merged() -> None:
    graph = parse("f = (x + y) * (x + y)")
    assert [node.op for node in graph.nodes] == ["input", "input", "+", "+", "*"]
    assert evaluate(graph, {"x": 1, "y": 2}).gradients[:2] == [6, 6]


def test_flows_run_backward_and_only_once_a_gradient_is_complete() -> None:
    graph = parse("q = x * y\nr = exp(q)\nf = q * r + q")
    flows = evaluate(graph, {"x": 1, "y": 0.5}).flows
    for source in range(len(graph.nodes)):
        into = [k for k, flow in enumerate(flows) if flow[0] == source]
        out = [k for k, flow in enumerate(flows) if flow[1] == source]
        assert not into or not out or max(into) < min(out)


def test_a_name_of_what_is_not_reached_has_gradient_zero() -> None:
    result = run("q = x * y\nr = x + y\nf = r * 2", x=[1, 2], y=3)
    np.testing.assert_array_equal(gradient(result, "q"), [0, 0])
    np.testing.assert_array_equal(gradient(result, "x"), [2, 2])
    assert gradient(result, "y") == 4


def test_the_output_is_the_last_statement_even_if_it_is_an_input() -> None:
    result = run("q = x * y\nx", x=2, y=3)
    assert result.graph.nodes[result.graph.output].id == "x"
    assert (gradient(result, "x"), gradient(result, "y")) == (1, 0)


def test_a_tensor_output_starts_from_ones() -> None:
    result = run("x * [1, 2, 3]", x=2)
    np.testing.assert_array_equal(result.gradients[-1], [1, 1, 1])
    assert gradient(result, "x") == 6


def test_literals_and_indices_take_no_gradient() -> None:
    result = run(
        "test = x > 0\nf = (2 * x)[i] + where(c, x[0], 1) + sum(where(test, x, -x))",
        x=[1, 2],
        i=1,
        c=1,
    )
    for i, node in enumerate(result.graph.nodes):
        assert (result.gradients[i] is None) == (node.literal or node.id in ("i", "c", "test")), (
            node
        )
    assert not any(result.graph.nodes[source].literal for source, _, _ in result.flows)


MISTAKES: list[tuple[str, dict[str, Any], str, dict[str, tuple[Any, Any]]]] = [
    # text, inputs, mistake, {node: (right, wrong)} for every node whose gradient is wrong
    ("f = x * x", {"x": 3}, "overwrite", {"x": (6, 3)}),
    ("f = (x + y) * z", {"x": 1, "y": 2, "z": 3}, "overwrite", {}),
    ("f = (x + y) * z", {"x": 1, "y": 2, "z": 3}, "order", {}),
    ("f = x * x", {"x": 3}, "order", {}),
    ("f = x * [1, 2] + x", {"x": 3.0}, "overwrite", {"x": (5, 3)}),
]


@pytest.mark.parametrize(("text", "inputs", "mistake", "expected"), MISTAKES)
def test_mistakes(
    text: str, inputs: dict[str, float], mistake: Any, expected: dict[str, tuple[Any, Any]]
) -> None:
    right, wrong = run(text, **inputs), run(text, mistake, **inputs)
    differing = {
        node.id: (right.gradients[i], wrong.gradients[i])
        for i, node in enumerate(right.graph.nodes)
        if right.gradients[i] is not None
        and not np.array_equal(right.gradients[i], wrong.gradients[i])
    }
    assert differing.keys() == expected.keys()
    for id, (good, bad) in expected.items():
        assert differing[id][0] == good
        assert differing[id][1] == bad


def test_overwriting_is_wrong_at_the_fan_out_and_below_it() -> None:
    text, inputs = "q = x * y\nf = q * z + exp(q)", {"x": 1, "y": 0.5, "z": 2}
    right, wrong = run(text, **inputs), run(text, "overwrite", **inputs)
    both, one = 2 + math.exp(0.5), [2.0, math.exp(0.5)]
    assert gradient(right, "q") == pytest.approx(both)
    assert gradient(wrong, "q") in one
    assert gradient(wrong, "x") == pytest.approx(gradient(wrong, "q") * 0.5)
    assert gradient(wrong, "z") == gradient(right, "z")
    assert wrong.values == right.values


def test_a_wrong_order_passes_on_what_has_not_all_come() -> None:
    text, inputs = "q = x * y\nr = exp(q)\nf = q * r", {"x": 1, "y": 0.5}
    right, wrong = run(text, **inputs), run(text, "order", **inputs)
    complete, direct = 1.5 * math.exp(0.5), math.exp(0.5)
    assert gradient(right, "x") == pytest.approx(complete * 0.5)
    assert gradient(wrong, "x") == pytest.approx(direct * 0.5)
    assert gradient(wrong, "y") == pytest.approx(direct)
    assert gradient(wrong, "r") == gradient(right, "r")


@pytest.mark.parametrize("mistake", ["overwrite", "order"])
def test_mistakes_change_nothing_in_a_tree(mistake: Any) -> None:
    text, inputs, _ = CIRCUITS["sigmoid neuron"]
    assert run(text, mistake, **inputs).gradients == pytest.approx(run(text, **inputs).gradients)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "norm", "softmax"])
@pytest.mark.parametrize("axis", [0, -1])
def test_a_scalar_along_an_axis_is_as_in_torch_or_refused(name: str, axis: int) -> None:
    try:
        result = run(f"f = {name}(x, axis={axis})", x=2)
    except Problem:
        return
    compare(result, {"x": 2})


# Gradients that do not exist


@pytest.mark.parametrize(
    ("text", "inputs", "missing", "others"),
    [
        ("x ** y", {"x": -2, "y": 3}, ["y"], {"x": 12}),
        ("x ** y", {"x": [-2, 2], "y": 3}, ["y"], {"x": [12, 12]}),
        ("sqrt(x)", {"x": 0}, ["x"], {}),
        ("sqrt(x)", {"x": [0, 4]}, ["x"], {}),
        ("y * sqrt(x)", {"x": 0, "y": 3}, ["x"], {"y": 0}),
        ("q = x * y\nsqrt(q) + z", {"x": 0, "y": 3, "z": 1}, ["q", "x", "y"], {"z": 1}),
        ("x ** 0.5", {"x": 0}, ["x"], {}),
        ("1 / x", {"x": 1e-200}, ["x"], {}),
        ("x * (y * z)", {"x": 1e-300, "y": 1e200, "z": 1e100}, [], {"x": 1e300}),
    ],
)
def test_missing_gradients(
    text: str, inputs: dict[str, Any], missing: list[str], others: dict[str, Any]
) -> None:
    result = run(text, **inputs)
    for name in missing:
        assert not np.isfinite(gradient(result, name)).all()
        sentence = reason(result, name)
        assert sentence
        assert f"`{name}`" in sentence
    for name, expected in others.items():
        np.testing.assert_allclose(gradient(result, name), expected)
        assert reason(result, name) is None
    for k, downstream in enumerate(result.downstreams):
        exists = np.isfinite(downstream).all() and (
            result.locals[k] is None or np.isfinite(result.locals[k]).all()
        )
        assert exists == (k not in result.flow_reasons)


# Values that do not exist, and limits


@pytest.mark.parametrize(
    ("text", "inputs", "node", "fragment"),
    [
        ("f = exp(x)", {"x": 1e4}, "f", "too large"),
        ("f = exp(1e4)", {}, "f", "too large"),
        ("f = log(x)", {"x": -1}, "f", "needs a number above 0"),
        ("f = log(x)", {"x": 0}, "f", "needs a number above 0"),
        ("f = sqrt(x)", {"x": -1}, "f", "needs a number at least 0"),
        ("f = (-2) ** 0.5", {}, "f", "undefined"),
        ("f = 1 / x", {"x": 0}, "f", "divides by zero"),
        ("f = x / y", {"x": 1, "y": 0}, "f", "divides by zero"),
        ("f = x / y", {"x": 0, "y": 0}, "f", "divides by zero"),
        ("f = x / y", {"x": [1, 2], "y": [1, 0]}, "f", "divides by zero"),
        ("f = 1 / x", {"x": [1, 0]}, "f", "divides by zero"),
        ("f = log(x)", {"x": [1, 0]}, "f", "needs a number above 0"),
        ("f = 0 ** y", {"y": -1}, "f", ""),
        ("f = 0 ** y", {"y": [-1, 1]}, "f", ""),
        ("f = x * y", {"x": 1e200, "y": 1e200}, "f", "too large"),
        ("f = x * y", {"x": [1e200], "y": 1e200}, "f", "too large"),
        ("q = log(x)\nf = q * 2", {"x": [1, -1]}, "q", "needs a number above 0"),
        ("f = sum(x)", {"x": [1e308, 1e308]}, "f", "too large"),
        (
            "f = A @ x",
            {"A": [[1, 2], [3, 4]], "x": [1, 2, 3]},
            "f",
            "`A` has 2 columns, `x` 3 rows",
        ),
        (
            "f = x + y",
            {"x": [1, 2], "y": [1, 2, 3]},
            "f",
            "`x` is a vector of 2, `y` is a vector of 3",
        ),
        ("f = x[3]", {"x": [1, 2]}, "f", "outside"),
        ("f = x[y]", {"x": [1, 2], "y": 2}, "f", "outside"),
        ("f = x[y]", {"x": [1, 2], "y": 0.5}, "f", "whole number"),
        ("f = x[5:]", {"x": [1, 2]}, "f", "empty"),
        ("f = sum(x, axis=1)", {"x": [1, 2]}, "f", "axis"),
        ("f = reshape(x, 4)", {"x": [1, 2]}, "f", "a vector of 2"),
        ("f = dot(x, x)", {"x": [[[1, 2]]]}, "f", "two vectors"),
        ("f = hinge(s, 3)", {"s": [1, 2, 3]}, "f", "label 3"),
        ("f = cross_entropy(s, 0.5)", {"s": [1, 2, 3]}, "f", "whole number"),
        (
            "f = hinge(s, [0, 1])",
            {"s": [1, 2, 3]},
            "f",
            "want one label, and the labels are a vector of 2",
        ),
        ("f = outer(x, x) * ones(2, 2, 2, 2)[0]", {"x": [1, 2, 3]}, "f", ""),
    ],
)
def test_a_value_that_does_not_exist_names_its_node(
    text: str, inputs: dict[str, Any], node: str, fragment: str
) -> None:
    with pytest.raises(Problem) as caught:
        run(text, **inputs)
    problem = caught.value
    assert fragment in problem.message
    assert problem.where["node"] == node
    assert f"`{node}`" in problem.message
    span = slice(problem.where["offset"], problem.where["offset"] + problem.where["length"])
    assert text[span]
    assert text[span] in text.split(f"{node} = ")[1].splitlines()[0]


@pytest.mark.parametrize(
    ("inputs", "where", "fragment", "suggestion"),
    [
        ({}, {"node": "x"}, "no value is given for `x` and `weight`", None),
        ({"x": 1}, {"node": "weight"}, "no value is given for `weight`", None),
        ({"x": 1, "wieght": 2, "weight": 1}, {"input": "wieght"}, "no input `wieght`", "weight"),
        ({"x": 1, "weight": 1, "q": 2}, {"input": "q"}, "assigned in the expression", None),
        ({"x": math.nan, "weight": 1}, {"input": "x"}, "finite", None),
        ({"x": math.inf, "weight": 1}, {"input": "x"}, "finite", None),
        ({"x": [1, -math.inf], "weight": 1}, {"input": "x"}, "finite", None),
        ({"x": 10**400, "weight": 1}, {"input": "x"}, "finite", None),
        ({"x": [10**400], "weight": 1}, {"input": "x"}, "number", None),
        ({"x": "1", "weight": 1}, {"input": "x"}, "number", None),
        ({"x": ["1"], "weight": 1}, {"input": "x"}, "number", None),
        ({"x": None, "weight": 1}, {"input": "x"}, "number", None),
        ({"x": {"a": 1}, "weight": 1}, {"input": "x"}, "number", None),
        ({"x": [[1, 2], [3]], "weight": 1}, {"input": "x"}, "rows of equal length", None),
        ({"x": [], "weight": 1}, {"input": "x"}, "empty", None),
        ({"x": [[]], "weight": 1}, {"input": "x"}, "empty", None),
        ({"x": [[[[[1]]]]], "weight": 1}, {"input": "x"}, "rank 5", None),
        ({"x": 1j, "weight": 1}, {"input": "x"}, "number", None),
    ],
)
def test_inputs_that_are_refused(
    inputs: Mapping[str, Any], where: Mapping[str, Any], fragment: str, suggestion: str | None
) -> None:
    with pytest.raises(Problem) as caught:
        run("q = x * weight\nf = q + 1", **inputs)
    assert fragment in caught.value.message
    assert where.items() <= caught.value.where.items()
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize("given", [True, 2, 2.0, np.float64(2), [2], [[True, 2]], (1, 2)])
def test_inputs_that_are_taken(given: Any) -> None:
    result = run("f = sum(x)", x=given)
    assert value(result, "f") == np.sum(np.array(given, dtype=float))


@pytest.mark.parametrize(
    "text",
    [
        "f = randn(1000, 1001)",
        "f = eye(1001)",
        "f = sum(ones(800, 800) * ones(800, 800))",
        "f = outer(ones(2000), ones(2000))",
        "x = ones(1000, 1)\nf = x + transpose(x)",
        "f = ones(2000, 1) @ ones(1, 2000)",
        "i = zeros(1000)\nf = ones(1000, 1000)[i]",
        "x = ones(600000)\nf = concat(x, x)",
        "f = ones(100000, 100000, 100000, 100000)",
        "x = zeros(300, 300)\nf = ones(300, 300)[x]",
    ],
)
def test_tensors_may_have_a_million_entries_in_all(text: str) -> None:
    held = at_most_held(bytes=8_000_000)
    with held, pytest.raises(Problem, match=r"1,000,000") as caught:
        run(text)
    assert "node" in caught.value.where


def test_an_input_may_have_a_million_entries() -> None:
    with pytest.raises(Problem, match=r"1,000,000") as caught:
        run("f = sum(x)", x=np.zeros(1_000_001))
    assert caught.value.where["input"] == "x"


def test_a_tensor_may_have_rank_four() -> None:
    with pytest.raises(Problem, match="rank 5; 4 is the most"):
        run("x = ones(2, 1, 1, 1)\nf = x[[[0, 1], [1, 0]]]")


def test_reductions_of_a_large_tensor_fit() -> None:
    assert evaluate(parse("W = ones(900, 1000)\nf = sum(W)"), {}).values[-1] == 900_000


def test_flows_as_large_as_a_matrix_are_counted_too() -> None:
    text = "W = randn(450, 1000)\nf = " + " + ".join(["max(W)"] * 800)
    told = pytest.raises(Problem, match="all flows together may have 4,000,000 tensor")
    with at_most_held(bytes=100_000_000), told as caught:
        run(text)
    assert "offset" in caught.value.where


@pytest.mark.parametrize("mistake", [None, "overwrite", "order"])
def test_the_budget_of_seconds_is_one_for_both_passes(mistake: Any) -> None:
    graph = parse("f = " + " + ".join(["exp(x)"] * 1000))
    with pytest.raises(Problem, match=r"more than 0\.001 s, which is the most; it got to `n"):
        evaluate(graph, {"x": np.ones(100)}, mistake, Budget(seconds=0.001))


# Against torch


def compare(result: Evaluation, inputs: Mapping[str, Any]) -> None:
    """Every value, gradient and flow of an evaluation against torch's."""
    graph = result.graph
    opinion = torch_oracle.evaluate(graph, inputs)
    arrived = [np.zeros(np.shape(x)) for x in result.values]
    for (source, target, _), upstream, local, downstream in zip(
        result.flows, result.upstreams, result.locals, result.downstreams, strict=True
    ):
        arrived[source] = arrived[source] + downstream
        assert np.shape(downstream) == np.shape(result.values[source])
        assert result.gradients[target] is not None, f"a flow out of {graph.nodes[target].id}"
        same(upstream, result.gradients[target], "upstream", 1e-12)
        if local is not None:
            spread = np.multiply(*np.broadcast_arrays(*lined_up(graph, target, upstream, local)))
            same(sum_to(spread, np.shape(downstream)), downstream, "upstream x local", 1e-9)
    for i, node in enumerate(graph.nodes):
        assert np.shape(result.values[i]) == opinion.values[i].shape, node
        same(result.values[i], opinion.values[i], f"value of {node.id}", 1e-9)
        if result.gradients[i] is None:
            # Torch knows no literals; whatever else takes no gradient has none there either.
            assert node.literal or not np.any(opinion.gradients[i]), node
            continue
        assert np.shape(result.gradients[i]) == opinion.gradients[i].shape, node
        same(result.gradients[i], opinion.gradients[i], f"gradient of {node.id}", 1e-7)
        if i != graph.output:
            same(result.gradients[i], arrived[i], f"sum of flows to {node.id}", 1e-9)


def lined_up(graph: Graph, target: int, upstream: Any, local: Any) -> tuple[Any, Any]:
    """A reduction's upstream gradient with the axis that it took away put back."""
    node = graph.nodes[target]
    axis = node.attributes.get("axis")
    if axis is not None and np.ndim(upstream) < np.ndim(local):
        upstream = np.expand_dims(upstream, axis)
    return upstream, local


def same(ours: Any, theirs: Any, what: str, rel: float) -> None:
    scale = float(np.max(np.abs(theirs), initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=rel * scale + 1e-13, err_msg=what)


def check_random(seed: int, tensors: bool) -> None:
    expression = RandomExpression(seed, tensors)
    graph = parse(expression.text)
    inputs = {name: expression.inputs[name] for name in graph.inputs}
    try:
        result = evaluate(graph, inputs)
        same(result.values[graph.output], expression.value.numpy(), "the text's value", 1e-9)
        compare(result, inputs)
    except (AssertionError, Problem) as error:
        raise AssertionError(f"seed {seed}:\n{expression.text}\nat {inputs}\n{error}") from error


@pytest.mark.parametrize("batch", range(10))
@pytest.mark.parametrize("kind", ["scalar", "tensor"])
def test_random_expressions_agree_with_torch(kind: str, batch: int) -> None:
    for seed in range(50 * batch, 50 * batch + 50):
        check_random(seed, kind == "tensor")


# Graphs given as nodes

NEURON = [
    {"id": "f", "op": "sigmoid", "inputs": ["s"]},
    {"id": "s", "op": "+", "inputs": ["n1", "b"]},
    {"id": "n1", "op": "*", "inputs": ["w", "x"]},
    {"id": "w", "op": "input"},
    {"id": "x", "op": "input", "inputs": []},
    {"id": "b", "op": "constant", "value": -1},
]


def test_a_graph_given_as_nodes_in_any_order() -> None:
    graph = from_nodes(NEURON, "f")
    inputs = {"w": 2, "x": 1.5}
    assert evaluate(graph, inputs).values[graph.output] == pytest.approx(1 / (1 + math.exp(-2)))
    assert [node.name for node in graph.nodes if node.id == "n1"] == [None]
    compare(evaluate(graph, inputs), inputs)


@pytest.mark.parametrize(
    ("change", "output", "fragment", "where"),
    [
        ({"op": "sigmod"}, "f", "did you mean `sigmoid`", {"node": "f"}),
        ({"inputs": ["s", "s"]}, "f", "takes 1 operand (x), not 2", {"node": "f"}),
        ({"inputs": []}, "f", "takes 1 operand (x), not 0", {"node": "f"}),
        ({"inputs": ["nowhere"]}, "f", "`nowhere`", {"node": "f"}),
        ({"inputs": ["f"]}, "f", "depends on itself", {"node": "f"}),
        ({"attributes": {"axis": 1}}, "f", "no parameter `axis`", {"node": "f"}),
        ({"op": "softmax", "attributes": {"axis": "x"}}, "f", "`axis`", {"node": "f"}),
        ({"op": "input"}, "f", "takes no operands", {"node": "f"}),
        ({"id": "exp"}, "exp", "cannot be a node's name", {"node": "exp"}),
        ({"id": "2x"}, "2x", "cannot be a node's name", {"node": "2x"}),
        ({"id": ""}, "", "cannot be a node's name", {"node": ""}),
        ({"id": "w"}, "w", "two nodes are called `w`", {"node": "w"}),
        ({}, "g", "no node `g`", {"field": "output"}),
        ({"op": "constant", "inputs": []}, "f", "constant `f`", {"node": "f"}),
    ],
)
def test_nodes_that_are_refused(
    change: Mapping[str, Any], output: str, fragment: str, where: Mapping[str, Any]
) -> None:
    nodes = [{**NEURON[0], **change}, *NEURON[1:]]
    with pytest.raises(Problem) as caught:
        from_nodes(nodes, output)
    assert fragment in caught.value.message
    assert where.items() <= caught.value.where.items()


def test_a_long_circle_is_found_without_recursion() -> None:
    nodes = [{"id": f"a{i}", "op": "neg", "inputs": [f"a{i + 1}"]} for i in range(4000)]
    nodes.append({"id": "a4000", "op": "neg", "inputs": ["a0"]})
    with pytest.raises(Problem, match="depends on itself"):
        from_nodes(nodes, "a0")
    nodes[-1] = {"id": "a4000", "op": "input"}
    assert evaluate(from_nodes(nodes, "a0"), {"a4000": 3}).values[-1] == 3


def test_a_graph_may_have_5000_nodes() -> None:
    nodes = [{"id": f"a{i}", "op": "input"} for i in range(5001)]
    with pytest.raises(Problem, match=r"5,000 nodes; this one has 5,001"):
        from_nodes(nodes, "a0")


def test_a_graph_past_the_limits_of_text_is_evaluated() -> None:
    nodes = [Node("x", "input", name="x")]
    nodes += [Node(f"a{i}", "sin", (i,), name=f"a{i}") for i in range(20_000)]
    result = evaluate(Graph(nodes, 20_000), {"x": 1.0})
    assert len(result.flows) == 20_000
    assert 0 < result.gradients[0] < 1
