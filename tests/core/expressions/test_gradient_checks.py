"""The verdict on a gradient: no right one is accused, no planted mistake let through, no kink
untold."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.gradient_check import gradient_check, verdict_of
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS
from app.core.expressions.parsing import parse
from app.core.expressions.probes import Place, slopes
from app.core.expressions.slopes import Slope

ON_NUMBERS = [name for name, op in OPS.items() if op.scalar and op.local]
# Where an op of one operand has a kink or a jump.
KINKS = {"relu": {0.0}, "leaky_relu": {0.0}, "abs": {0.0}, "sign": {0.0}}
TIES = ("maximum", "minimum")


def points(operands: int) -> Iterator[tuple[float, ...]]:
    """200: ordinary, tiny, huge, and where kinks are."""
    random = np.random.default_rng(operands)
    sign = lambda: random.choice([-1.0, 1.0], (40, operands))  # noqa: E731
    for group in (
        random.uniform(-3, 3, (80, operands)),
        10.0 ** random.uniform(-12, -3, (40, operands)) * sign(),
        10.0 ** random.uniform(2, 12, (40, operands)) * sign(),
        random.integers(-2, 3, (40, operands)).astype(float),
    ):
        yield from map(tuple, group.tolist())


def graph_of(name: str) -> Graph:
    op = OPS[name]
    leaves = [Node(f"x{i}", "input", name=f"x{i}") for i in range(len(op.arguments))]
    attributes = dict(op.parameters)
    node = Node("f", name, tuple(range(len(leaves))), attributes, name="f")
    return Graph([*leaves, node], len(leaves))


def checked(name: str) -> Iterator[tuple[tuple[float, ...], int, float, Slope]]:
    """Every gradient of an op at every point: (point, operand, gradient, slope)."""
    graph = graph_of(name)
    for at in points(len(OPS[name].arguments)):
        try:
            result = evaluate(graph, {f"x{i}": x for i, x in enumerate(at)})
        except Problem:
            continue
        wanted = [i for i in range(len(at)) if result.gradients[i] is not None]
        for i, slope in zip(wanted, slopes(result, [Place(i, 0) for i in wanted]), strict=True):
            yield at, i, float("nan" if i in result.reasons else result.gradients[i]), slope


def at_a_kink(name: str, at: tuple[float, ...], i: int) -> bool:
    if name in TIES:
        return at[0] == at[1]
    if name == "clip":
        x, low, high = at
        bound = max(x, low)
        return (
            (i == 0 and x in (low, high) and low < high and bound <= high)
            or (i == 1 and (low == x or bound == high == low) and low <= high)
            or (i == 2 and high == bound)
        )
    return at[0] in KINKS.get(name, ())


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_no_right_gradient_is_accused_and_no_kink_untold(name: str) -> None:
    told = 0
    for at, i, gradient, slope in checked(name):
        verdict = verdict_of(gradient, slope)
        what = f"{name} at {at} by operand {i}: {gradient}, {slope}: {verdict}"
        assert not verdict.startswith(("wrong", "doubtful")), what
        if name in KINKS or name in TIES:
            kink = at_a_kink(name, at, i)
            assert verdict.startswith(("a kink", "a jump")) == kink, what
        elif name not in ("clip", "arctan2"):
            assert not verdict.startswith(("a kink", "a jump")), what
        told += verdict.startswith("right")
    assert told >= 50


MISTAKES = {
    "**": {"a": "b * a ** b", "b": "out"},
    "*": {"a": "a", "b": "b"},
    "-": {"a": "1", "b": "1"},
    "/": {"a": "b", "b": "out / b"},
    "exp": {"x": "out * 1.0001"},
    "log": {"x": "1 / x ** 2"},
    "sqrt": {"x": "1 / out"},
    "sin": {"x": "-cos(x)"},
    "cos": {"x": "sin(x)"},
    "tan": {"x": "1 + out"},
    "tanh": {"x": "1 - out"},
    "sigmoid": {"x": "out * (1 + out)"},
    "relu": {"x": "where(x > 1, 1, 0)"},
    "leaky_relu": {"x": "where(x > 0, 1, 0)"},
    "softplus": {"x": "sigmoid(-x)"},
    "gelu": {"x": "(1 + erf(x / sqrt(2))) / 2"},
    "erf": {"x": "exp(-x ** 2)"},
    "silu": {"x": "sigmoid(x)"},
    "elu": {"x": "where(x > 0, 1, alpha)"},
    "abs": {"x": "1"},
    "maximum": {"a": "1", "b": "0"},
    "reciprocal": {"x": "1 / x ** 2"},
    "square": {"x": "x"},
    "arctan": {"x": "1 / (1 + x)"},
    "log2": {"x": "1 / x"},
    "clip": {"x": "1", "low": "0", "high": "0"},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_no_planted_mistake_is_let_through(name: str) -> None:
    from app.core.expressions.derivatives import compile_scalar
    from app.core.expressions.op import SCALARS

    op = OPS[name]
    texts = [MISTAKES[name].get(argument, "0") for argument in op.arguments]
    wrong = compile_scalar(f"({', '.join(texts)},)", op.arguments, op.parameters, SCALARS)
    accused = 0
    for at, i, gradient, slope in checked(name):
        if not verdict_of(gradient, slope).startswith("right"):
            continue
        try:
            out = op.scalar(*at, **op.parameters) if op.scalar else 0.0
            planted = float(wrong(*at, out, **op.parameters)[i])
        except (ArithmeticError, ValueError):
            continue
        known = slope.error + 1e-7 * max(abs(planted), abs(gradient)) + 1e-10 * slope.nearby
        if abs(planted - gradient) <= 3 * known:
            continue  # no difference that differences could tell
        verdict = verdict_of(planted, slope)
        what = f"{name} at {at} by operand {i}: {planted} for {gradient}, {slope}: {verdict}"
        assert not verdict.startswith(("right", "a kink")), what
        accused += verdict.startswith(("wrong", "doubtful"))
    assert accused >= 20


def verdicts(text: str, inputs: dict[str, Any]) -> list[str]:
    return [row["verdict"] for row in gradient_check(parse(text), inputs)["inputs"]]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("x**3", 0),
        ("x * x * x", 0),
        ("x ** 5", 0),
        ("sin(x) - x", 0),
        ("x - tanh(x)", 0),
        ("sigmoid(x) - 0.5 - x / 4", 0),
        ("x**4 - 2*x**2", 1),
        ("-log(x)", 0.0005),
        ("log(x)", 1e-6),
        ("1/x", 1e-4),
        ("1 / x", 1e-5),
        ("sqrt(x)", 1e-4),
        ("sqrt(x)", 1e-6),
        ("sqrt(x)", 1e-9),
        ("exp(-1 / x)", 0.01),
        ("sin(x)", 1e4),
        ("sin(x)", 1e5),
        ("relu(x)", 1e-6),
        ("abs(x) + 1", 1e-9),
        ("x ** 1.5", 0),
        ("gelu(x)", -30),
        ("2 * x", 1e200),
    ],
)
def test_a_right_gradient_is_called_right(text: str, x: float) -> None:
    (verdict,) = verdicts(text, {"x": x})
    assert verdict.startswith("right")


@pytest.mark.parametrize(
    ("text", "inputs", "said"),
    [
        ("abs(x)", {"x": 0}, "a kink: the slope is −1 to the left and 1 to the right"),
        ("abs(x - 1) + x ** 2", {"x": 1}, "a kink: the slope is 1 to the left and 3 to the right"),
        ("sign(x)", {"x": 0}, "a jump"),
        ("sqrt(x)", {"x": 0}, "no verdict: the function or its gradient does not exist here"),
        ("sin(x)", {"x": 1e14}, "no verdict: the differences may be off"),
        ("relu(x) - relu(-x)", {"x": 0}, "wrong"),
        ("sum(abs(x))", {"x": [0, 1, 0]}, "a kink"),
        ("sum(max(x, axis=0))", {"x": [[1, 2], [1, 3]]}, "a kink"),
    ],
)
def test_what_is_not_smooth_is_told(text: str, inputs: dict[str, Any], said: str) -> None:
    assert verdicts(text, inputs)[0].startswith(said)


def test_the_verdict_counts_the_entries_that_it_is_about() -> None:
    assert verdicts("sum(abs(x))", {"x": [0, 1, 0]})[0].endswith("(2 of 3 entries)")


def test_where_torch_has_no_gradient_that_is_said() -> None:
    (verdict,) = verdicts("sum(where(x > 0, sqrt(x), x))", {"x": [-1, -4]})
    assert verdict.startswith("right")
    assert "PyTorch's autograd gives none" in verdict


def test_conventions_stand_beside_the_verdict() -> None:
    (row,) = gradient_check(parse("f = x ** 3"), {"x": 0})["inputs"]
    assert (row["relative_error"], row["gradcheck"]) == (0, True)
    (row,) = gradient_check(parse("f = sum(v ** 3)"), {"v": [0, 1, 2]})["inputs"]
    assert row["relative_error"] < 1e-7
    assert row["step"] > 0


@pytest.mark.parametrize("mistake", ["overwrite", "order"])
def test_a_broken_pass_is_called_wrong_with_both_numbers(mistake: Any) -> None:
    graph, inputs = parse("q = x * y\nf = q * x + sin(q)"), {"x": 2, "y": 1.5}
    right = {row["name"]: row for row in gradient_check(graph, inputs)["inputs"]}
    broken = {row["name"]: row for row in gradient_check(graph, inputs, mistake)["inputs"]}
    result = evaluate(graph, inputs, mistake)
    for name, row in broken.items():
        assert row["analytic"] == result.gradients[graph.inputs[name]]
        assert row["numerical"] == right[name]["numerical"]
        same = np.isclose(row["analytic"], right[name]["analytic"])
        assert row["verdict"].startswith("right" if same else "wrong: ")
    wrong = [row for row in broken.values() if row["verdict"].startswith("wrong")]
    assert wrong
    if mistake == "overwrite":
        assert wrong[0]["verdict"].startswith("wrong: 3 against 4.515")
