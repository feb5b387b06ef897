"""Whatever is typed or sent: an answer in finite numbers, or a Problem that says where."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.graphs import Graph, from_nodes
from app.core.expressions.ops import OPS
from app.core.expressions.parsing import parse
from tests.core.random_expressions import RandomExpression
from tests.work import at_most

fuzz = settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

LINES = 100_000  # of Python, for a text of some hundred letters
FRAGMENTS = [
    *OPS,
    *"x y z W b q n1 n2 L T pi True False None axis keepdims seed slope shape key".split(),
    *"0 1 2 3 -1 0.5 1e4 1e-4 1e308 1e999 10000000000000000 0.0 .5 5.".split(),
    *"= == ( ) [ ] , ; : . .T ** [0] [-1] [:] [1:] [::2] [::-1] [y] (x)".split(),
    *"[1,2] [[1,2],[3,4]] [1,[2]]".split(),
    *("axis=0", "axis=-1", "keepdims=True", "\n", "# remark\n", " ", "\r\n", "\t"),
    *"× − · ^ ! $ \" ' \\ \0 \u2028 😀 λ ²".split(" "),
]
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 0.5, -2.5, 1e-300, 1e300, 1e4, 10**400]) | st.floats()
VALUES: st.SearchStrategy[Any] = (
    NUMBERS
    | st.lists(NUMBERS, max_size=3)
    | st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=1, max_size=3)
    | st.sampled_from([True, None, "1", [], [[]], [1, [2]], {}, [None], 1j, [[[[[1]]]]]])
)


def check(text: str, inputs: Mapping[str, Any]) -> Graph | None:
    """Parse and evaluate, also with the mistakes; the graph if there is one."""
    graph = None
    try:
        with at_most(LINES):
            graph = parse(text)
        check_graph(graph, inputs)
    except Problem as problem:
        check_problem(problem, text)
    return graph


def check_graph(graph: Graph, inputs: Mapping[str, Any]) -> None:
    """An evaluation in finite numbers; what does not exist has its reason."""
    for mistake in (None, "overwrite", "order"):
        result = evaluate(graph, inputs, mistake)  # type: ignore[arg-type]
        assert len(result.values) == len(result.gradients) == len(graph.nodes)
        for i, value in enumerate(result.values):
            assert np.all(np.isfinite(value))
            gradient = result.gradients[i]
            if gradient is not None:
                assert np.shape(gradient) == np.shape(value)
                assert i in result.reasons or np.all(np.isfinite(gradient))
        columns = (result.upstreams, result.locals, result.downstreams)
        assert all(len(column) == len(result.flows) for column in columns)
        for k, downstream in enumerate(result.downstreams):
            assert k in result.flow_reasons or np.all(np.isfinite(downstream))


def check_problem(problem: Problem, text: str | None) -> None:
    """A sentence of readable length, at a place that exists."""
    assert 3 < len(problem.message) < 2_000
    assert problem.message == str(problem)
    if "offset" in problem.where:
        assert text is not None
        offset, length = problem.where["offset"], problem.where["length"]
        assert 0 <= offset <= offset + length <= len(text)
    elif text is not None:
        assert "64 KB" in problem.message or "input" in problem.where


def inputs_for(text: str, given: Sequence[Any]) -> dict[str, Any]:
    """Values for whatever inputs the text turns out to have."""
    try:
        names = parse(text).inputs
    except Problem:
        return {}
    return {name: given[i % len(given)] for i, name in enumerate(names)}


@fuzz
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text, {})


@fuzz
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25), st.lists(VALUES, min_size=1, max_size=4))
def test_any_words_of_the_language(words: list[str], given: list[Any]) -> None:
    text = " ".join(words)
    check(text, inputs_for(text, given))
    check("".join(words), {})


@fuzz
@given(st.data())
def test_valid_texts_with_a_mistake(data: st.DataObject) -> None:
    seed, tensors = data.draw(st.integers(0, 400)), data.draw(st.booleans())
    expression = RandomExpression(seed, tensors)
    text = expression.text
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 4)))
        kind = data.draw(st.sampled_from(["delete", "insert", "replace", "double"]))
        piece = {
            "delete": "",
            "insert": data.draw(st.sampled_from(FRAGMENTS)) + text[start:end],
            "replace": data.draw(st.sampled_from(FRAGMENTS)),
            "double": text[start:end] * 2,
        }[kind]
        text = text[:start] + piece + text[end:]
    inputs = {name: expression.inputs.get(name, 1.0) for name in inputs_for(text, [1.0])}
    check(text, inputs)


OPERATORS = st.sampled_from(["+", "-", "*", "/", "**", "@", ">", "=="])
OPERAND = st.sampled_from(["x", "y", "2", "0", "[1, 2]", "[[1, 2], [3, 4]]", "1e200", "0.5"])


def calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Well-formed texts around others: every op with the number of operands it takes, or not."""
    names = sorted(name for name in OPS if name.isidentifier() and name != "index")
    some = st.lists(inner, min_size=1, max_size=3)
    return (
        st.tuples(inner, OPERATORS, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | st.tuples(st.sampled_from(names), some).map(lambda t: f"{t[0]}({', '.join(t[1])})")
        | inner.map(lambda x: f"-{x}")
        | inner.map(lambda x: f"({x}).T")
        | st.tuples(inner, st.sampled_from(["0", "-1", ":", "1:", "::-1, 0", "y"])).map(
            lambda t: f"({t[0]})[{t[1]}]"
        )
    )


@fuzz
@given(
    st.recursive(OPERAND, calls, max_leaves=8),
    st.lists(VALUES, min_size=1, max_size=3),
)
def test_any_well_formed_text(text: str, given: list[Any]) -> None:
    check(text, inputs_for(text, given))


@fuzz
@given(st.recursive(OPERAND, calls, max_leaves=6))
def test_any_well_formed_text_at_ordinary_inputs(text: str) -> None:
    for inputs in ({"x": 0.0, "y": 1.0}, {"x": [1.0, -2.0], "y": 0.0}, {"x": [[0.5, 2.0]], "y": 1}):
        check(text, {name: inputs[name] for name in inputs_for(text, [1.0])})


IDS = st.sampled_from(["x", "y", "f", "n1", "n2", "exp", "pi", "", "0", "é", "a b", "L", "__"])
PARTS = (
    st.integers(-3, 3)
    | st.lists(st.integers(-2, 3) | st.none(), min_size=2, max_size=4)
    | st.fixed_dictionaries({"input": st.integers(-1, 2)})
    | st.sampled_from([None, True, 2**40, 0.5, "0", {"input": None}, {"output": 0}])
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["axis", "keepdims", "slope", "seed", "shape", "key", "other"]),
    st.sampled_from([0, 1, -1, 7, 0.5, True, None, "0", [2, 2], [0], [-1], [1] * 5, {}])
    | st.lists(PARTS, max_size=3)
    | NUMBERS,
    max_size=2,
)
NODES = st.lists(
    st.fixed_dictionaries(
        {"id": IDS, "op": st.sampled_from(["input", "constant", "sigmod", "", *OPS])},
        optional={
            "inputs": st.lists(IDS, max_size=3),
            "value": VALUES,
            "attributes": ATTRIBUTES,
        },
    ),
    max_size=6,
)


def check_nodes(nodes: list[dict[str, Any]], output: str) -> bool:
    try:
        graph = from_nodes(nodes, output)
        check_graph(graph, dict.fromkeys(graph.inputs, 1.5))
    except Problem as problem:
        check_problem(problem, None)
        return False
    return True


@fuzz
@given(NODES, IDS)
def test_any_nodes(nodes: list[dict[str, Any]], output: str) -> None:
    check_nodes(nodes, output)


@fuzz
@given(st.data())
def test_any_op_on_nodes_that_are_there(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OPS)))
    op = OPS[name]
    count = data.draw(st.sampled_from([len(op.arguments), len(op.arguments), 1, 2, 3]))
    values = data.draw(st.lists(VALUES, min_size=count, max_size=count))
    nodes: list[dict[str, Any]] = [
        {"id": f"c{i}", "op": "constant", "value": value} for i, value in enumerate(values)
    ]
    gate = {"id": "f", "op": name, "inputs": [node["id"] for node in nodes]}
    drawn = data.draw(ATTRIBUTES)
    parameters = {key.lstrip("*") for key in op.parameters}
    gate["attributes"] = {key: value for key, value in drawn.items() if key in parameters}
    if name == "index" and "key" not in gate["attributes"]:
        gate["attributes"]["key"] = data.draw(st.lists(PARTS, min_size=1, max_size=3))
    check_nodes([*nodes, gate], "f")


@fuzz
@given(st.dictionaries(st.sampled_from(["x", "y", "f", "z", ""]), VALUES, max_size=3))
def test_any_inputs(inputs: dict[str, Any]) -> None:
    check("f = x * y + sum(x)", inputs)


@fuzz
@given(st.sampled_from(sorted(name for name, op in OPS.items() if op.scalar)), st.data())
def test_any_floats(name: str, data: st.DataObject) -> None:
    op = OPS[name]
    floats = st.floats(allow_nan=False, allow_infinity=False)
    at = [data.draw(floats) for _ in op.arguments]
    nodes = [{"id": f"x{i}", "op": "input"} for i in range(len(at))]
    gate = {"id": "f", "op": name, "inputs": [node["id"] for node in nodes]}
    graph = from_nodes([*nodes, gate], "f")
    on_floats = problem_of(graph, {f"x{i}": x for i, x in enumerate(at)})
    on_arrays = problem_of(graph, {f"x{i}": [x] for i, x in enumerate(at)})
    assert (on_floats is None) == (on_arrays is None)
    if on_floats:
        assert on_floats.where["node"] == "f"


def problem_of(graph: Graph, inputs: Mapping[str, Any]) -> Problem | None:
    try:
        check_graph(graph, inputs)
    except Problem as problem:
        return problem
    return None
