"""Every row of OPS against torch: forward, local gradient and flow, kinks and ties included."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.expressions.evaluation import Evaluation, evaluate
from app.core.expressions.graphs import Graph, Node, from_nodes
from app.core.expressions.ops import OPS, Op
from app.core.expressions.parsing import parse
from app.core.expressions.tensors import pull
from tests.core import torch_oracle

# Zero, the kinks at -1, 0 and 1, ordinary numbers, and some so far out that squares overflow.
POINTS = (0.0, 1.0, -1.0, 0.5, -0.3, 2.0, -2.5, 3.0, 12.0, -7.25)
EXTREMES = (1e-8, -1e-8, 40.0, -40.0, 800.0, -800.0, 1e-170, 1e170, -1e170, 1e300)
TRIPLES = (0.0, 1.0, -1.0, 0.5, 2.0)

ROWS_ON_FLOATS = [name for name, op in OPS.items() if op.scalar]


def graph_of(name: str, operands: int, attributes: Mapping[str, Any] = {}) -> Graph:
    """Inputs x0, x1, ... into one op."""
    leaves = [Node(f"x{i}", "input", name=f"x{i}") for i in range(operands)]
    gate = Node("f", name, tuple(range(operands)), attributes, name="f")
    return Graph([*leaves, gate], operands)


def run(graph: Graph, *operands: Any) -> Evaluation:
    """The graph at x0, x1, ..."""
    return evaluate(graph, {f"x{i}": value for i, value in enumerate(operands)})


def points(op: Op) -> list[tuple[float, ...]]:
    """Operands to try: for one or two all pairings of the points, extremes on the diagonal too."""
    count = len(op.arguments)
    if count > 2:
        return list(itertools.product(TRIPLES, repeat=count))
    found = list(itertools.product(POINTS, repeat=count))
    if count == 1:
        return found + [(x,) for x in EXTREMES]
    for x in EXTREMES:
        found += [(x, x), (x, 2.0), (2.0, x), (x, -x)]
    return found


def parameters(op: Op) -> dict[str, Any]:
    """A row's default parameters."""
    return {key.lstrip("*"): value for key, value in op.parameters.items()}


def assert_close(ours: Any, theirs: Any, what: str, rel: float = 1e-11, least: float = 0.0) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=least, err_msg=what)


def there(x: Any) -> np.ndarray:
    """Numbers, with one sign for all that do not exist."""
    return np.where(np.isfinite(x), x, math.nan)


def test_every_row_has_a_counterpart_in_torch() -> None:
    assert set(OPS) == set(torch_oracle.FUNCTIONS)


# Rows on plain floats


@pytest.mark.parametrize("name", ROWS_ON_FLOATS)
def test_floats_agree_with_torch(name: str) -> None:
    op, graph = OPS[name], graph_of(name, len(OPS[name].arguments), parameters(OPS[name]))
    for at in points(op):
        opinion = torch_oracle.evaluate(graph, {f"x{i}": x for i, x in enumerate(at)})
        if not math.isfinite(opinion.values[-1]):
            with pytest.raises(Problem) as problem:
                run(graph, *at)
            assert problem.value.where["node"] == "f"
            continue
        result = run(graph, *at)
        assert_close(result.values[-1], opinion.values[-1], f"{name} at {at}")
        for i, theirs in enumerate(opinion.gradients):
            ours = result.gradients[i]
            if op.rule(i) is None and i < len(at):
                assert ours is None, f"argument {i} of {name} takes no gradient"
            elif math.isfinite(theirs):
                assert_close(ours, theirs, f"d{name}/d{i} at {at}", least=1e-15)
                assert i not in result.reasons
            else:
                assert not math.isfinite(ours), f"d{name}/d{i} at {at} is {ours}, in torch {theirs}"
                assert "does not exist" in result.reasons[i] or "too large" in result.reasons[i]


@pytest.mark.parametrize("name", ROWS_ON_FLOATS)
def test_the_array_form_agrees_with_floats(name: str) -> None:
    op, graph = OPS[name], graph_of(name, len(OPS[name].arguments), parameters(OPS[name]))
    at = []
    for point in points(op):
        try:
            run(graph, *point)
        except Problem:
            continue
        at.append(point)
    arrays = [np.array(column) for column in zip(*at, strict=True)]
    whole = run(graph, *arrays)
    single = [run(graph, *point) for point in at]
    assert_close(whole.values[-1], [one.values[-1] for one in single], name)
    for k, (source, _, position) in enumerate(graph.flows):
        what = f"{name} by argument {position}"
        on_floats = [one.locals[k] for one in single]
        assert_close(there(whole.locals[k]), there(on_floats), what, least=1e-15)
        on_floats = [one.gradients[source] for one in single]
        assert_close(there(whole.gradients[source]), there(on_floats), what, least=1e-15)


@pytest.mark.parametrize("name", ROWS_ON_FLOATS)
def test_broadcasting_sums_gradients_over_the_stretched_axes(name: str) -> None:
    op = OPS[name]
    shapes = ([(4, 3), (3,), (4, 1)], [(), (2, 3), (1, 3)], [(2, 1, 2), (3, 1), (1,)])
    for seed, shape in enumerate(shapes):
        random = np.random.default_rng(seed)
        low, high = WITHIN.get(name, (0.2, 2.0))
        for operands in (
            [random.uniform(low, high, size) for size in shape[: len(op.arguments)]],
            [random.integers(1, 3, size).astype(float) for size in shape[: len(op.arguments)]],
        ):
            if name in WITHIN and float(np.max(operands[0])) >= high:
                continue
            check_against_torch(name, operands, parameters(op))


WITHIN = {"arcsin": (0.1, 0.9), "arccos": (0.1, 0.9), "arctanh": (0.1, 0.9), "arccosh": (1.1, 1.9)}


# Rows on tensors: operands as shapes (or values), and parameters

AXES = ({}, {"axis": 0}, {"axis": -1}, {"axis": 1, "keepdims": True}, {"keepdims": True})
REDUCTIONS = [
    ((shape,), attributes)
    for shape in ((2, 3), (1, 4), (3, 1), (2, 3, 2), (2, 1, 2, 3))
    for attributes in AXES
] + [(((3,),), {}), (((3,),), {"axis": 0}), (((1,),), {"axis": -1, "keepdims": True}), (((),), {})]
SCORES = np.array([[3.0, 1.0, 0.0], [-1.0, 2.0, 2.0], [0.5, 0.5, -0.5], [1.0, 1.0, 1.0]])
LABELS = np.array([0.0, 2.0, 1.0, 2.0])
LOSSES: list[Any] = [((SCORES, LABELS), {}), (((5, 3), np.array([2.0, 2, 1, 0, 0])), {})] + [
    ((SCORES[i], LABELS[i]), {}) for i in range(len(LABELS))
]
SOFTMAXES = [(((3,),), {}), (((2, 3),), {}), (((2, 3),), {"axis": 0}), (((2, 3, 2),), {"axis": 1})]

CASES: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "@": [
        (shapes, {})
        for shapes in (
            ((2, 3), (3, 4)),
            ((2, 3), (3,)),
            ((3,), (3, 4)),
            ((3,), (3,)),
            ((1, 1), (1, 1)),
            ((2, 2, 3), (3, 4)),
            ((2, 2, 3), (2, 3, 4)),
            ((2, 3), (2, 3, 4)),
            ((2, 1, 2, 3), (3, 3, 4)),
            ((2, 2, 3), (3,)),
            ((3,), (2, 3, 4)),
        )
    ],
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "norm"), REDUCTIONS),
    **dict.fromkeys(("logsumexp", "variance", "deviation"), REDUCTIONS),
    "stack": [(((),), {}), (((), (), ()), {}), (((2, 3), (2, 3)), {})],
    "soft_cross_entropy": [
        (((3,), np.array([0.0, 0.0, 1.0])), {}),
        (((2, 3), np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])), {}),
        (((2, 3), (2, 3)), {}),
    ],
    "dot": [(((3,), (3,)), {}), (((1,), (1,)), {})],
    "outer": [(((3,), (2,)), {}), (((1,), (4,)), {})],
    "transpose": [((shape,), {}) for shape in ((2, 3), (3,), (), (2, 3, 4), (1, 2, 3, 4))],
    "reshape": [
        (((2, 3),), {"shape": shape}) for shape in ([6], [3, 2], [-1], [1, -1, 2], [2, 3, 1, 1])
    ]
    + [(((),), {"shape": [1]}), (((1,),), {"shape": [1, 1]})],
    "concat": [
        (((2,), (3,)), {}),
        (((2,),), {}),
        (((2, 3), (1, 3), (2, 3)), {}),
        (((2, 3), (2, 1)), {"axis": 1}),
        (((2, 3), (2, 1)), {"axis": -1}),
    ],
    "index": [
        (((3,),), {"key": [0]}),
        (((3,),), {"key": [-1]}),
        (((2, 3),), {"key": [1]}),
        (((2, 3),), {"key": [1, 2]}),
        (((2, 3),), {"key": [[None, None, None], 1]}),
        (((2, 5),), {"key": [0, [1, None, 2]]}),
        (((5,),), {"key": [[None, None, 3]]}),
        (((5,),), {"key": [[-4, -1, None]]}),
        (((2, 3, 4),), {"key": [[0, 1, None], [1, None, None], [None, None, 3]]}),
        (((3,), 2.0), {"key": [{"input": 0}]}),
        (((3,), np.array([2.0, 0.0, 2.0])), {"key": [{"input": 0}]}),
        (((4, 3), np.array([1.0, 1.0])), {"key": [{"input": 0}]}),
        (((4, 3), np.array([0.0, -1.0])), {"key": [[None, None, None], {"input": 0}]}),
        (
            ((4, 3), np.array([0.0, 1, 2, 3]), np.array([2.0, 2, 0, 1])),
            {"key": [{"input": 0}, {"input": 1}]},
        ),
        (((4, 3), np.array([[0.0, 1], [3, 3]])), {"key": [{"input": 0}]}),
        (((4, 3), np.array([0.0, 3])), {"key": [{"input": 0}, 1]}),
        (((2, 3, 4), np.array([0.0, 3])), {"key": [1, [None, None, None], {"input": 0}]}),
    ],
    "softmax": SOFTMAXES,
    "log_softmax": SOFTMAXES,
    "cross_entropy": LOSSES,
    "hinge": LOSSES,
    "ones": [((), {"shape": [2, 3]})],
    "zeros": [((), {"shape": [4]})],
    "eye": [((), {"shape": [3]})],
    "randn": [((), {"shape": [2, 3], "seed": 5})],
}


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if not op.scalar])
@pytest.mark.parametrize("numbers", ["any", "ties", "zeros"])
def test_tensors_agree_with_torch(name: str, numbers: str) -> None:
    assert name in CASES, f"give `{name}` operands and parameters to be tried at"
    for seed, (shapes, attributes) in enumerate(CASES[name]):
        random = np.random.default_rng(seed)
        draw = {
            "any": lambda size, random=random: random.standard_normal(size),
            "ties": lambda size, random=random: random.integers(-1, 2, size).astype(float),
            "zeros": np.zeros,
        }[numbers]
        operands = [draw(shape) if isinstance(shape, tuple) else shape for shape in shapes]
        defaults = parameters(OPS[name])
        check_against_torch(name, operands, defaults | attributes)


def check_against_torch(name: str, operands: Sequence[Any], attributes: Mapping[str, Any]) -> None:
    """An op on tensors, weighted by random numbers so that no two upstream gradients are alike."""
    op, graph = OPS[name], graph_of(name, len(operands), attributes)
    what = f"{name} of {[np.shape(x) for x in operands]} with {attributes}"
    result = run(graph, *operands)
    inputs = {f"x{i}": x for i, x in enumerate(operands)}
    opinion = torch_oracle.evaluate(graph, inputs)
    assert np.shape(result.values[-1]) == opinion.values[-1].shape, what
    assert_close(result.values[-1], opinion.values[-1], what, least=1e-14)
    upstream = np.random.default_rng(0).uniform(0.5, 2.0, opinion.values[-1].shape)
    theirs = torch_oracle.flows(name, operands, attributes, upstream)
    for flow in graph.flows:
        source = flow[0]
        local, downstream = pull(graph, result.values, flow, upstream)
        assert np.shape(downstream) == np.shape(operands[source]), what
        assert_close(downstream, theirs[source], f"{what}, operand {source}", 1e-10, 1e-13)
        assert (local is None) == (not op.local), what
    for i in range(len(operands)):
        if op.rule(i) is None:
            assert result.gradients[i] is None
            assert not np.any(theirs[i])


@pytest.mark.parametrize(
    ("expression", "inputs", "gradients"),
    [
        ("relu(x)", {"x": 0}, {"x": 0}),
        ("leaky_relu(x, 0.1)", {"x": 0}, {"x": 0.1}),
        ("abs(x)", {"x": 0}, {"x": 0}),
        ("sign(x)", {"x": 2}, {"x": 0}),
        ("maximum(x, y)", {"x": 2, "y": 2}, {"x": 0.5, "y": 0.5}),
        ("minimum(x, y)", {"x": 2, "y": 2}, {"x": 0.5, "y": 0.5}),
        ("maximum(x, x)", {"x": 2}, {"x": 1}),
        ("max(x)", {"x": [2, 1, 2]}, {"x": [0.5, 0, 0.5]}),
        ("min(x)", {"x": [2, 2, 2]}, {"x": [1 / 3, 1 / 3, 1 / 3]}),
        ("clip(x, -1, 1)", {"x": 1}, {"x": 1}),
        ("clip(x, low, 5)", {"x": 1, "low": 1}, {"x": 1, "low": 0}),
        ("clip(x, low, high)", {"x": 0, "low": 1, "high": 2}, {"x": 0, "low": 1, "high": 0}),
        ("clip(x, low, high)", {"x": 0, "low": 2, "high": 1}, {"x": 0, "low": 0, "high": 1}),
        ("prod(x)", {"x": [0, 2, 3]}, {"x": [6, 0, 0]}),
        ("prod(x)", {"x": [0, 2, 0]}, {"x": [0, 0, 0]}),
        ("norm(x)", {"x": [0, 0]}, {"x": [0, 0]}),
        ("norm(x)", {"x": [3, 4]}, {"x": [0.6, 0.8]}),
        ("hinge(x, 0)", {"x": [1, 0, 0]}, {"x": [0, 0, 0]}),
        ("x ** 2", {"x": 0}, {"x": 0}),
        ("x ** 0", {"x": 0}, {"x": 0}),
        ("x ** 1", {"x": 0}, {"x": 1}),
        ("x ** y", {"x": 0, "y": 2}, {"x": 0, "y": 0}),
        ("x[y]", {"x": [5, 6], "y": [0, 0, 1]}, {"x": [2, 1], "y": None}),
        ("where(x > y, x, y)", {"x": 1, "y": 1}, {"x": 0, "y": 1}),
    ],
)
def test_kinks_and_ties(expression: str, inputs: dict[str, Any], gradients: dict[str, Any]) -> None:
    graph = parse(expression)
    result = evaluate(graph, inputs)
    opinion = torch_oracle.evaluate(graph, inputs)
    for name, expected in gradients.items():
        gradient = result.gradients[graph.position[name]]
        if expected is None:
            assert gradient is None
        else:
            assert_close(gradient, expected, name)
            assert_close(gradient, opinion.gradients[graph.position[name]], name)


# The rows themselves

EXAMPLE_INPUTS: dict[str, Any] = {"x": 2.0, "y": 3.0}


@pytest.mark.parametrize("name", OPS)
def test_the_example_of_a_row_shows_the_row(name: str) -> None:
    graph = parse(OPS[name].example)
    assert name in {node.op for node in graph.nodes}
    inputs = {key: EXAMPLE_INPUTS[key] for key in graph.inputs}
    if name == "@":
        inputs["x"] = [5.0, 6.0]
    result = evaluate(graph, inputs)
    opinion = torch_oracle.evaluate(graph, inputs)
    for i, node in enumerate(graph.nodes):
        assert_close(result.values[i], opinion.values[i], node.id)
        if result.gradients[i] is not None:
            assert_close(result.gradients[i], opinion.gradients[i], node.id)


@pytest.mark.parametrize("name", OPS)
def test_a_row_says_what_it_does(name: str) -> None:
    op = OPS[name]
    assert op.says.endswith(".")
    assert op.latex
    assert not (op.local and op.downstream)
    assert set(op.derivatives) <= {argument.lstrip("*") for argument in op.arguments}


def test_the_same_seed_draws_the_same_numbers() -> None:
    first, again, other = (
        np.asarray(evaluate(parse(text), {}).values[0])
        for text in ("randn(100, 100, seed=3)", "f = randn(100, 100, seed=3)", "randn(100, 100)")
    )
    assert_close(first, again, "seed=3", rel=0)
    assert np.abs(first - other).max() > 1
    assert abs(first.mean()) < 0.05
    assert abs(first.std() - 1) < 0.05


def test_two_draws_without_a_seed_differ() -> None:
    a, b, difference = evaluate(parse("randn(2) - randn(2)"), {}).values
    assert np.all(difference != 0)
    assert_close(a - b, difference, "a - b", rel=0)


@pytest.fixture
def cube(monkeypatch: pytest.MonkeyPatch) -> Op:
    """A row that was not in the table."""
    row = Op(
        "cube",
        ("x",),
        lambda x: x**3,
        "The gradient is scaled by 3x squared.",
        "f = cube(x)",
        scalar=lambda x: x**3,
        latex="{x:41}^3",
        local={"x": "3 * square(x)"},
    )
    monkeypatch.setitem(OPS, "cube", row)
    return row


def test_a_new_row_is_parsed_and_evaluated(cube: Op) -> None:
    on_floats = evaluate(parse(cube.example), {"x": 2})
    assert on_floats.values == [2, 8]
    assert on_floats.gradients == [12, 1]
    assert on_floats.locals == [12]
    on_arrays = evaluate(parse(cube.example), {"x": [1, 2]})
    assert_close(on_arrays.values[1], [1, 8], "cube")
    assert_close(on_arrays.gradients[0], [3, 12], "cube")


def test_a_new_row_is_a_node_of_a_graph_and_a_suggestion(cube: Op) -> None:
    graph = from_nodes(
        [{"id": "x", "op": "input"}, {"id": "f", "op": "cube", "inputs": ["x"]}], "f"
    )
    assert evaluate(graph, {"x": 2}).values == [2, 8]
    with pytest.raises(Problem, match=r"no op `cubs`; did you mean `cube`\?"):
        parse("cubs(x)")
    with pytest.raises(Problem, match="`cube` is an op"):
        parse("cube = 3")
