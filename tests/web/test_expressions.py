"""POST /api/expression: exact numbers and words, and a sentence where there is no answer."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import numpy as np
import pytest
from starlette.testclient import TestClient

from app.core.expressions.examples import EXAMPLES, Example
from app.core.expressions.ops import OPS, Op
from app.core.expressions.parsing import parse
from app.web import answering

FIRST = {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}}
FAN_OUT = {"expression": "q = x * y\nf = q * x + sin(q)", "inputs": {"x": 2, "y": 1.5}}


def no_json(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def read(response: httpx2.Response) -> Any:
    """The body as JSON in the strict sense: NaN and Infinity are none."""
    assert response.headers["content-type"] == "application/json"
    return json.loads(response.content, parse_constant=no_json)


def ask(client: TestClient, question: Mapping[str, Any]) -> Any:
    response = client.post("/api/expression", json=question)
    assert response.status_code == 200, response.text
    return read(response)


def by_id(answer: Mapping[str, Any], field: str) -> dict[str, Any]:
    """One field of every node, under the node's id."""
    return {node["id"]: node[field] for node in answer["nodes"]}


def refusal(response: httpx2.Response, status: int = 422) -> Any:
    """What a refusal says; it has a sentence and a place."""
    assert response.status_code == status, response.text
    problem = read(response)
    assert set(problem) - {"inputs", "fits"} == {"message", "where", "suggestion"}
    assert len(problem["message"]) > 10
    assert isinstance(problem["where"], dict)
    return problem


# The answer


def test_the_first_graph_in_every_field(client: TestClient) -> None:
    answer = ask(client, FIRST)
    assert list(answer) == [
        *("output", "expression", "inputs", "nodes", "flows", "track", "steps"),
    ]
    assert answer["output"] == "f"
    assert answer["expression"] == "f = (x + y) * z"
    assert answer["inputs"] == {"x": -2.0, "y": 5.0, "z": -4.0}
    assert by_id(answer, "value") == {"x": -2.0, "y": 5.0, "n1": 3.0, "z": -4.0, "f": -12.0}
    assert by_id(answer, "gradient") == {"x": -4.0, "y": -4.0, "n1": -4.0, "z": 3.0, "f": 1.0}
    assert by_id(answer, "op") == {"x": "input", "y": "input", "n1": "+", "z": "input", "f": "*"}
    assert by_id(answer, "inputs")["f"] == ["n1", "z"]
    assert by_id(answer, "span") == {
        "x": [5, 1],
        "y": [9, 1],
        "n1": [5, 5],
        "z": [14, 1],
        "f": [4, 11],
    }
    assert answer["nodes"][2] == {
        "id": "n1",
        "op": "+",
        "inputs": ["x", "y"],
        "attributes": {},
        "name": None,
        "gate": "+",
        "shape": [],
        "value": 3.0,
        "gradient": -4.0,
        "reason": None,
        "latex": "x + y",
        "span": [5, 5],
        "literal": False,
        "absorbed": False,
    }
    assert answer["flows"][0] == {
        "source": "n1",
        "target": "f",
        "argument": "a",
        "position": 0,
        "upstream": 1.0,
        "local": -4.0,
        "downstream": -4.0,
        "rule": r"f = (x + y) \cdot z \;\Rightarrow\; \frac{\partial f}{\partial (x + y)} = z",
        "formula": "b",
        "latex": r"1 \times (-4) = -4",
        "reason": None,
    }
    along = [(flow["source"], flow["target"], flow["downstream"]) for flow in answer["flows"]]
    assert along == [("n1", "f", -4.0), ("z", "f", 3.0), ("x", "n1", -4.0), ("y", "n1", -4.0)]


def backward(slope: str, upstream: str, local: str, downstream: str) -> str:
    """A backward step's formula."""
    factors = rf"\underbrace{{{upstream}}}_{{\text{{upstream}}}} \times "
    factors += rf"\underbrace{{{local}}}_{{\text{{local}}}}"
    return rf"\frac{{\partial f}}{{\partial {slope}}} = {factors} = {downstream}"


def test_the_first_graph_step_by_step(client: TestClient) -> None:
    steps = ask(client, FIRST)["steps"]
    told = [(step["kind"], step["node"], step["flow"], step["sentence"]) for step in steps]
    assert told == [
        ("forward", "n1", None, "x + y = −2 + 5 = 3."),
        ("forward", "f", None, "f = 3 × (−4) = −12."),
        (
            "backward",
            "f",
            None,
            "Backward starts at the output: the gradient of f by itself is 1.",
        ),
        ("backward", "n1", 0, "From f back to x + y: upstream 1 times local −4 is −4."),
        ("backward", "z", 1, "From f back to z: upstream 1 times local 3 is 3."),
        ("backward", "x", 2, "From x + y back to x: upstream −4 times local 1 is −4."),
        ("backward", "y", 3, "From x + y back to y: upstream −4 times local 1 is −4."),
    ]
    assert [step["latex"] for step in steps] == [
        r"x + y = -2 + 5 = 3",
        r"f = (x + y) \cdot z = 3 \cdot (-4) = -12",
        r"\frac{\partial f}{\partial f} = 1",
        backward("(x + y)", "1", "(-4)", "-4"),
        backward("z", "1", "3", "3"),
        backward("x", "-4", "1", "-4"),
        backward("y", "-4", "1", "-4"),
    ]
    assert all(step["flows"] == [] for step in steps)


def test_where_a_name_is_used_twice_gradients_add(client: TestClient) -> None:
    answer = ask(client, FAN_OUT)
    sums = [step for step in answer["steps"] if step["kind"] == "accumulate"]
    assert [(step["node"], step["flow"], step["flows"]) for step in sums] == [
        ("q", None, [2, 3]),
        ("x", None, [4, 5]),
    ]
    assert sums[0]["sentence"] == "q is used 2 times, so its gradients add: −0.99 + 2 = 1.01."
    assert sums[0]["latex"] == r"\frac{\partial f}{\partial q} = -0.99 + 2 = 1.01"
    gradients = by_id(answer, "gradient")
    for step in sums:
        parts = [answer["flows"][k]["downstream"] for k in step["flows"]]
        assert {answer["flows"][k]["source"] for k in step["flows"]} == {step["node"]}
        assert gradients[step["node"]] == pytest.approx(sum(parts), rel=1e-15)
    assert gradients["q"] == pytest.approx(2 + math.cos(3), rel=1e-15)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_steps_come_in_an_order_that_can_be_played(client: TestClient, example: Example) -> None:
    answer = ask(
        client, {"expression": example.expression, "inputs": example.inputs, "preview": 16}
    )
    nodes, flows = {node["id"]: node for node in answer["nodes"]}, answer["flows"]
    waiting = {id: sum(flow["source"] == id for flow in flows) for id in nodes}
    known = {id for id, node in nodes.items() if node["op"] in ("input", "constant")}
    kinds = [step["kind"] for step in answer["steps"]]
    assert kinds == ["forward"] * kinds.count("forward") + kinds[kinds.count("forward") :]
    assert "forward" not in kinds[kinds.index("backward") :]
    seen: set[int] = set()
    summed: set[str] = set()
    for step in answer["steps"]:
        id = step["node"]
        if step["kind"] == "forward":
            assert set(nodes[id]["inputs"]) <= known
            known.add(id)
        elif step["kind"] == "accumulate":
            assert step["flows"] == [k for k, flow in enumerate(flows) if flow["source"] == id]
            assert set(step["flows"]) <= seen
            summed.add(id)
        elif step["flow"] is None:
            assert id == answer["output"]
        else:
            flow = flows[step["flow"]]
            assert flow["source"] == id
            # Everything that reaches the gate is there, and added, before anything leaves it.
            into = [k for k, other in enumerate(flows) if other["source"] == flow["target"]]
            assert set(into) <= seen
            assert len(into) < 2 or flow["target"] in summed
            seen.add(step["flow"])
    assert known == set(nodes)
    assert seen == set(range(len(flows)))
    assert summed == {id for id, uses in waiting.items() if uses > 1}


def finite(value: Any) -> bool:
    """Whether a number, or everything in a list or preview, is a finite number."""
    if isinstance(value, dict):
        return all(finite(part) for part in value.values())
    if isinstance(value, list):
        return all(map(finite, value))
    return isinstance(value, int | float) and math.isfinite(value)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_has_all_its_numbers(client: TestClient, example: Example) -> None:
    question = {"expression": example.expression, "inputs": example.inputs, "preview": 1024}
    answer = ask(client, question | {"layout": True})
    for node in answer["nodes"]:
        assert finite(node["value"]), node["id"]
        assert (node["gradient"] is None) == (node["reason"] is not None)
        assert node["gradient"] is None or finite(node["gradient"])
    for flow in answer["flows"]:
        assert finite(flow["upstream"])
        assert finite(flow["downstream"])
        assert flow["reason"] is None
    assert all(step["sentence"].endswith(".") for step in answer["steps"])
    everything_is_placed(answer)


def everything_is_placed(answer: Mapping[str, Any]) -> None:
    """Every node that is drawn has its place within the picture, every wire its path."""
    layout = answer["layout"]
    drawn = [node["id"] for node in answer["nodes"] if not node["absorbed"]]
    assert sorted(place["id"] for place in layout["nodes"]) == sorted(drawn)
    for place in layout["nodes"]:
        assert 0 < place["x"] < layout["width"]
        assert 0 < place["y"] < layout["height"]
    wires = [(wire["source"], wire["target"], wire["position"]) for wire in layout["wires"]]
    assert sorted(wires) == sorted(
        (source, node["id"], position)
        for node in answer["nodes"]
        for position, source in enumerate(node["inputs"])
        if source in drawn
    )
    assert all(wire["path"].startswith("M") for wire in layout["wires"])
    assert finite([wire["points"] for wire in layout["wires"]])
    shapes = by_id(answer, "shape")
    for place in layout["nodes"]:
        assert (place["grid"] is None) == (shapes[place["id"]] == [])


def test_no_layout_unless_it_is_asked(client: TestClient) -> None:
    assert "layout" not in ask(client, FIRST)
    assert "wrong" not in ask(client, FIRST)


# Fill, mistakes, previews


def test_fill_gives_ones_and_overlooks_what_is_not_used(client: TestClient) -> None:
    question = {"expression": "f = x * y", "inputs": {"x": 3, "old": 7}, "fill": True}
    answer = ask(client, question)
    assert answer["inputs"] == {"x": 3.0, "y": 1.0}
    assert by_id(answer, "gradient") == {"x": 1.0, "y": 3.0, "f": 1.0}
    problem = refusal(client.post("/api/expression", json=question | {"fill": False}))
    assert "`y`" in problem["message"]


def test_inputs_come_in_the_order_of_the_text(client: TestClient) -> None:
    answer = ask(client, {"expression": "f = b * a", "inputs": {"a": 1, "b": 2}})
    assert list(answer["inputs"]) == ["b", "a"]


Q = 2 + math.cos(3)  # the right gradient of q


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        ("overwrite", {"x": (3 + 1.5 * Q, 3.0), "y": (2 * Q, 4.0), "q": (Q, 2.0)}),
        ("order", {"x": (3 + 1.5 * Q, 6.0), "y": (2 * Q, 4.0)}),
    ],
)
def test_a_mistake_on_purpose(
    client: TestClient, mistake: str, wrong: dict[str, tuple[float, float]]
) -> None:
    answer = ask(client, FAN_OUT | {"mistake": mistake})
    found = {row["node"]: (row["right"], row["wrong"]) for row in answer["wrong"]}
    assert found == {id: pytest.approx(pair, rel=1e-14) for id, pair in wrong.items()}
    assert all(row["why"] for row in answer["wrong"])
    gradients = by_id(answer, "gradient")
    for row in answer["wrong"]:
        assert gradients[row["node"]] == row["wrong"]
    right = by_id(ask(client, FAN_OUT), "gradient")
    assert {id for id in right if right[id] != gradients[id]} == set(wrong)


@pytest.mark.parametrize("mistake", ["overwrite", "order"])
def test_a_mistake_changes_nothing_where_nothing_is_used_twice(
    client: TestClient, mistake: str
) -> None:
    answer = ask(client, FIRST | {"mistake": mistake})
    assert answer["wrong"] == []
    assert by_id(answer, "gradient") == by_id(ask(client, FIRST), "gradient")


@pytest.mark.parametrize("mistake", ["overwrite", "order"])
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_can_be_broken(client: TestClient, example: Example, mistake: str) -> None:
    question = {"expression": example.expression, "inputs": example.inputs, "preview": 16}
    answer = ask(client, question | {"mistake": mistake})
    assert by_id(answer, "value") == by_id(ask(client, question), "value")
    # What is wrong says so, and is wrong.
    assert all(row["right"] != row["wrong"] for row in answer["wrong"])


def test_a_large_tensor_is_sampled(client: TestClient) -> None:
    answer = ask(client, {"expression": "W = randn(10, 3072)\nf = sum(W ** 2)", "preview": 1024})
    W = np.random.default_rng(0).standard_normal((10, 3072))
    preview = answer["nodes"][0]["value"]
    assert preview == {
        "shape": [10, 3072],
        "min": W.min(),
        "max": W.max(),
        "mean": pytest.approx(W.mean(), rel=1e-12),
        "stride": [1, 64],
        "entries": W[:, ::64].tolist(),
    }
    assert answer["nodes"][0]["gradient"]["entries"] == (2 * W[:, ::64]).tolist()
    assert answer["nodes"][0]["shape"] == [10, 3072]


@pytest.mark.parametrize(("preview", "whole"), [(None, True), (6, True), (5, False), (0, False)])
def test_a_preview_is_for_what_is_larger(
    client: TestClient, preview: int | None, whole: bool
) -> None:
    question = {"expression": "f = sum(x)", "inputs": {"x": [[1, 2, 3], [4, 5, 6]]}}
    node = ask(client, question | {"preview": preview})["nodes"][0]
    if whole:
        assert node["value"] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    else:
        assert node["value"]["entries"] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
        assert node["value"]["stride"] == [1, 1]


@pytest.mark.parametrize("large", [True, False])
def test_a_large_question_goes_through_a_worker(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    through = []

    async def run(executor: Any, fn: Any, *args: Any, **options: Any) -> Any:
        through.append(fn)
        return await original(executor, fn, *args, **options)

    original = answering.run
    monkeypatch.setattr(answering, "run", run)
    size = "10, 3072" if large else "2, 3"
    answer = ask(client, {"expression": f"W = randn({size})\nf = sum(W * x)", "inputs": {"x": 2}})
    assert len(through) == large
    W = np.random.default_rng(0).standard_normal((10, 3072) if large else (2, 3))
    nodes = {node["id"]: node for node in answer["nodes"]}
    assert nodes["W"]["value"] == W.tolist()
    assert nodes["W"]["gradient"] == np.full(W.shape, 2.0).tolist()
    assert nodes["x"]["gradient"] == pytest.approx(W.sum(), rel=1e-9)


# A gradient that does not exist


def test_a_gradient_that_does_not_exist_is_null_and_the_rest_stands(client: TestClient) -> None:
    answer = ask(client, {"expression": "f = x ** y + x", "inputs": {"x": -2, "y": 2}})
    nodes = {node["id"]: node for node in answer["nodes"]}
    assert nodes["y"]["gradient"] is None
    assert "`y`" in nodes["y"]["reason"]
    assert nodes["x"]["gradient"] == -3.0
    missing = [flow for flow in answer["flows"] if flow["downstream"] is None]
    assert [flow["source"] for flow in missing] == ["y"]
    assert missing[0]["reason"]
    assert answer["steps"][-1]["sentence"].startswith("From x ** y back to y: ")


# A graph instead of text


def gate(id: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"id": id, "op": op, "inputs": list(inputs), "attributes": attributes}


def given(id: str) -> dict[str, Any]:
    return {"id": id, "op": "input"}


def constant(id: str, value: Any) -> dict[str, Any]:
    return {"id": id, "op": "constant", "value": value}


GRAPHS: dict[str, tuple[list[dict[str, Any]], str, dict[str, Any], str]] = {
    "in any order": (
        [gate("f", "*", "q", "z"), gate("q", "+", "x", "y"), given("z"), given("x"), given("y")],
        "f",
        {"x": -2, "y": 5, "z": -4},
        "q = x + y\nf = q * z",
    ),
    "brackets": (
        [
            given("x"),
            gate("n1", "-", "x", "x"),
            gate("n2", "-", "x", "n1"),
            gate("f", "**", "n2", "n2"),
        ],
        "f",
        {"x": 2},
        "n2 = x - (x - x)\nf = n2 ** n2",
    ),
    "literals": (
        [given("x"), constant("n1", -2), gate("n2", "**", "x", "n1"), gate("f", "*", "n1", "n2")],
        "f",
        {"x": 4},
        "n1 = -2\nf = n1 * x ** n1",
    ),
    "a negative base": (
        [constant("n1", -2), given("x"), gate("f", "**", "n1", "x")],
        "f",
        {"x": 4},
        "f = (-2) ** x",
    ),
    "parameters": (
        [given("x"), gate("f", "sum", "x", axis=0, keepdims=True)],
        "f",
        {"x": [[1, 2], [3, 4]]},
        "f = sum(x, axis=0, keepdims=True)",
    ),
    "indices": (
        [given("s"), given("y"), gate("f", "index", "s", "y", key=[{"input": 0}, [None, 2, None]])],
        "f",
        {"s": [[1, 2, 3], [3, 4, 5]], "y": 1},
        "f = s[y, :2]",
    ),
    "comparisons": (
        [given("x"), gate("n1", ">", "x", "x"), gate("f", "<", "n1", "x")],
        "f",
        {"x": 2},
        "f = (x > x) < x",
    ),
    "an input that looks automatic": (
        [given("n1"), gate("f", "neg", "n1")],
        "f",
        {"n1": 2},
        "f = -n1",
    ),
    "random numbers": (
        [gate("a", "randn", shape=[2]), gate("b", "randn", shape=[2]), gate("f", "-", "a", "b")],
        "f",
        {},
        "a = randn(2, seed=0)\nb = randn(2, seed=1)\nf = a - b",
    ),
    "an output that is used": (
        [given("x"), gate("q", "neg", "x"), gate("r", "exp", "q")],
        "q",
        {"x": 1},
        "q = -x\nr = exp(q)\nq",
    ),
}


@pytest.mark.parametrize(("nodes", "output", "inputs", "text"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_instead_of_text(
    client: TestClient,
    nodes: list[dict[str, Any]],
    output: str,
    inputs: dict[str, Any],
    text: str,
) -> None:
    answer = ask(client, {"expression": {"nodes": nodes, "output": output}, "inputs": inputs})
    assert answer["output"] == output
    assert {node["id"] for node in answer["nodes"]} == {node["id"] for node in nodes}
    assert all(node["span"] is None for node in answer["nodes"])
    assert answer["expression"] == text
    again = ask(client, {"expression": answer["expression"], "inputs": inputs})
    assert again["output"] == output
    values, gradients = by_id(again, "value"), by_id(again, "gradient")
    for node in answer["nodes"]:
        if node["name"] and node["id"] in values:
            assert values[node["id"]] == node["value"]
            assert gradients[node["id"]] == node["gradient"]


def test_an_input_that_nothing_uses_stays(client: TestClient) -> None:
    nodes = [given("x"), given("y"), gate("f", "neg", "x")]
    question = {"expression": {"nodes": nodes, "output": "f"}, "inputs": {"x": 1, "y": 2}}
    answer = ask(client, question)
    again = ask(client, question | {"expression": answer["expression"]})
    assert again["output"] == "f"
    assert by_id(again, "value") == by_id(answer, "value") == {"x": 1.0, "y": 2.0, "f": -1.0}
    assert by_id(again, "gradient") == {"x": -1.0, "y": 0.0, "f": 1.0}


def test_the_same_graph_has_the_same_random_numbers(client: TestClient) -> None:
    nodes = [gate("f", "randn", shape=[3])]
    question = {"expression": {"nodes": nodes, "output": "f"}}
    assert ask(client, question) == ask(client, question)


X = given("x")
BAD_GRAPHS: dict[str, tuple[list[Any], str, dict[str, Any]]] = {
    "no such output": ([X], "f", {"field": "output"}),
    "nothing": ([], "f", {"field": "output"}),
    "twice the same id": ([X, X], "x", {"node": "x"}),
    "a circle": ([gate("f", "neg", "g"), gate("g", "neg", "f")], "f", {"node": "g"}),
    "itself": ([gate("f", "neg", "f")], "f", {"node": "f"}),
    "an operand that is not there": ([gate("f", "neg", "x")], "f", {"node": "f"}),
    "no such op": ([X, gate("f", "sigmod", "x")], "f", {"node": "f"}),
    "too few operands": ([X, gate("f", "+", "x")], "f", {"node": "f"}),
    "no such parameter": ([X, gate("f", "exp", "x", axis=1)], "f", {"node": "f"}),
    "an axis of the wrong kind": ([X, gate("f", "sum", "x", axis="0")], "f", {"node": "f"}),
    "an axis too far": ([X, gate("f", "sum", "x", axis=10**30)], "f", {"node": "f"}),
    "a slope too large": ([X, gate("f", "leaky_relu", "x", slope=10**400)], "f", {"node": "f"}),
    "a shape too large": ([gate("f", "ones", shape=[10**30])], "f", {"node": "f"}),
    "no shape": ([gate("f", "ones")], "f", {"node": "f"}),
    "a seed of the wrong kind": ([gate("f", "randn", shape=[2], seed=-1)], "f", {"node": "f"}),
    "an index of the wrong kind": ([X, gate("f", "index", "x", key=["a"])], "f", {"node": "f"}),
    "an index too large": ([X, gate("f", "index", "x", key=[10**30])], "f", {"node": "f"}),
    "a step of 0": ([X, gate("f", "index", "x", key=[[0, 1, 0]])], "f", {"node": "f"}),
    "an input with operands": (
        [X, {"id": "y", "op": "input", "inputs": ["x"]}],
        "y",
        {"node": "y"},
    ),
    "an id that is an op": ([given("exp")], "exp", {"node": "exp"}),
    "an id that is a word": ([given("True")], "True", {"node": "True"}),
    "an id that is no name": ([given("a b")], "a b", {"node": "a b"}),
    "an id that reads as a product": ([given("a·b")], "a·b", {"node": "a·b"}),
    "an id that cannot be typed": ([given("℘")], "℘", {"node": "℘"}),
    "an empty id": ([given("")], "", {"field": "expression.nodes.0.id"}),
    "an id too long": ([given("x" * 65)], "x" * 65, {"field": "expression.nodes.0.id"}),
    "an unknown field": ([X | {"size": 3}], "x", {"field": "expression.nodes.0.size"}),
    "no op": ([{"id": "x"}], "x", {"field": "expression.nodes.0.op"}),
    "no object": (["x"], "x", {"field": "expression.nodes.0"}),
} | {
    f"a constant that is {json.dumps(value)[:12]}": ([constant("c", value)], "c", {"node": "c"})
    for value in ("a", {"a": 1}, None, [], [[]], [1, [2]], [None], ["a"], 10**400, [[[[[1]]]]])
}


@pytest.mark.parametrize(("nodes", "output", "where"), BAD_GRAPHS.values(), ids=BAD_GRAPHS)
def test_a_graph_with_a_mistake(
    client: TestClient, nodes: list[Any], output: str, where: dict[str, Any]
) -> None:
    inputs = {"x": -2} if X in nodes else {}
    question = {"expression": {"nodes": nodes, "output": output}, "inputs": inputs}
    assert refusal(client.post("/api/expression", json=question))["where"] == where


# Bodies that are no question

BODIES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "nothing": (b"", {}),
    "a list": (b"[]", {}),
    "a number": (b"1", {}),
    "null": (b"null", {}),
    "a string": (b'"f = x"', {}),
    "NaN": (b"NaN", {}),
    "no JSON": (b"{'expression': 'x'}", {"offset": 1}),
    "not UTF-8": (b'{"expression": "\xff"}', {}),
    "nested 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, {}),
    "no fields": (b"{}", {"field": "expression"}),
    "an integer of 5,000 digits": (b'{"expression": ' + b"9" * 5_000 + b"}", {}),
    "a text that is a number": (b'{"expression": 5}', {"field": "expression"}),
    "a text that is null": (b'{"expression": null}', {"field": "expression"}),
    "a text that is a list": (b'{"expression": ["x"]}', {"field": "expression"}),
    "a graph without nodes": (b'{"expression": {}}', {"field": "expression.nodes"}),
    "half a surrogate pair": (rb'{"expression": "\ud800"}', {"offset": 0, "length": 1}),
    "a null character": (rb'{"expression": "\u0000"}', {"offset": 0, "length": 1}),
}


@pytest.mark.parametrize(("body", "where"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_question(client: TestClient, body: bytes, where: dict[str, Any]) -> None:
    headers = {"content-type": "application/json"}
    problem = refusal(client.post("/api/expression", content=body, headers=headers))
    assert problem["where"] == where


def test_a_body_past_the_limit(client: TestClient) -> None:
    question = {"expression": "f = x", "inputs": {"x": [1.5] * 500_000}}
    refusal(client.post("/api/expression", json=question), 413)


FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"colour": "red"}, "colour"),
    "inputs as a list": ({"inputs": [1]}, "inputs"),
    "inputs as null": ({"inputs": None}, "inputs"),
    "fill as text": ({"fill": "maybe"}, "fill"),
    "an unknown mistake": ({"mistake": "typo"}, "mistake"),
    "a negative preview": ({"preview": -1}, "preview"),
    "half a preview": ({"preview": 1.5}, "preview"),
    "layout as a list": ({"layout": []}, "layout"),
}


@pytest.mark.parametrize(("fields", "field"), FIELDS.values(), ids=FIELDS)
def test_a_field_of_the_wrong_kind(client: TestClient, fields: dict[str, Any], field: str) -> None:
    problem = refusal(client.post("/api/expression", json=FIRST | fields))
    assert problem["where"] == {"field": field}
    assert f"`{field}`" in problem["message"]


VALUES: dict[str, str] = {
    "past the largest number": "1e999",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "in a list": "[1, NaN]",
    "too large in a list": "[1, 1e999]",
    "400 digits": "9" * 400,
    "400 digits in a list": f"[{'9' * 400}]",
    "text": '"2"',
    "null": "null",
    "an object": '{"value": 2}',
    "an empty list": "[]",
    "an empty row": "[[]]",
    "uneven rows": "[[1, 2], [3]]",
    "rows and numbers": "[1, [2]]",
    "text in a list": '["2"]',
    "null in a list": "[null]",
    "of rank 5": "[[[[[1]]]]]",
    "nested 500 deep": "[" * 500 + "1" + "]" * 500,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_an_input_that_is_no_tensor(client: TestClient, value: str) -> None:
    body = f'{{"expression": "f = x * 2", "inputs": {{"x": {value}}}}}'
    headers = {"content-type": "application/json"}
    problem = refusal(client.post("/api/expression", content=body, headers=headers))
    assert problem["where"] == {"input": "x"}
    assert problem["message"].startswith("`x` ")


@pytest.mark.parametrize("value", [10**29, [10**29, 1]], ids=["alone", "in a list"])
def test_a_whole_number_past_64_bits_is_a_number(client: TestClient, value: Any) -> None:
    answer = ask(client, {"expression": "f = x * 2", "inputs": {"x": value}})
    assert np.ravel(answer["nodes"][-1]["value"])[0] == 2e29


# Texts with a mistake

TEXTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such op": ("f = sigmod(x)", {"offset": 4, "length": 6}, "did you mean `sigmoid`?"),
    "no value": ("f = x * u", {"node": "u", "offset": 8, "length": 1, "inputs": ["u"]}, "`u`"),
    "division by zero": ("f = 1 / (x - x)", {"node": "f", "offset": 4, "length": 11}, "zero"),
    "log of a negative number": ("f = log(-x)", {"node": "f", "offset": 4, "length": 7}, "log"),
    "overflow": ("f = exp(x * 10000)", {"node": "f", "offset": 4, "length": 14}, "too large"),
    "root of a negative number": (
        "q = -x\nf = q ** 0.5",
        {"node": "f", "offset": 11, "length": 8},
        "**",
    ),
    "a literal too large": ("f = 1e999 * x", {"offset": 4, "length": 5}, "too large"),
    "shapes that do not fit": (
        "f = [1, 2] * [1, 2, 3] * x",
        {"node": "n3", "offset": 4, "length": 18},
        "a vector of 2",
    ),
    "brackets 101 deep": ("(" * 101 + "x" + ")" * 101, {"offset": 100, "length": 1}, "100 deep"),
    "signs 6,000 deep": ("-" * 6_000 + "x", {"offset": 1000, "length": 1}, "5,000 nodes"),
    "more than 5,000 nodes": ("x" + "+x" * 5_000, {"offset": 9999, "length": 1}, "5,000 nodes"),
    "a tensor past the limit": (
        "W = randn(1000, 1001)\nf = sum(W) * x",
        {"node": "W", "offset": 4, "length": 17},
        "1,000,000",
    ),
    "tensors past the limit together": (
        "W = randn(600, 1000)\nf = sum(W * W) * x",
        {"node": "n1", "offset": 29, "length": 5},
        "1,000,000",
    ),
}


@pytest.mark.parametrize(("text", "where", "words"), TEXTS.values(), ids=TEXTS)
def test_a_text_with_a_mistake(
    client: TestClient, text: str, where: dict[str, Any], words: str
) -> None:
    question = {"expression": text, "inputs": {"x": 1}}
    problem = refusal(client.post("/api/expression", json=question))
    assert problem["where"] == where
    assert words in problem["message"]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"expression": "x" * 65_537}, "expression"),
        ({"expression": "é" * 40_000}, "expression"),
        (
            {
                "expression": {
                    "nodes": [X, *(gate(f"a{i}", "neg", "x") for i in range(5_000))],
                    "output": "x",
                }
            },
            "expression.nodes",
        ),
    ],
    ids=["64 KB and one", "64 KB in UTF-8", "5,001 nodes"],
)
def test_a_question_past_the_limits(
    client: TestClient, question: dict[str, Any], field: str
) -> None:
    problem = refusal(client.post("/api/expression", json=question | {"inputs": {"x": 1}}))
    assert problem["where"] == {"field": field}


def test_at_the_limits_there_is_an_answer(client: TestClient) -> None:
    answer = ask(client, {"expression": "x" + "+x" * 4_999, "inputs": {"x": 1}})
    assert answer["nodes"][-1]["value"] == 5_000.0
    assert answer["nodes"][0]["gradient"] == 5_000.0
    answer = ask(client, {"expression": "x" * 65_536, "inputs": {"x" * 65_536: 3}})
    assert answer["nodes"][0]["value"] == 3.0


def test_slow_work_is_stopped(client: TestClient) -> None:
    slow = "W = randn(990000)\nf = z" + " + (cross_entropy(W, y) > z)" * 1_000
    question = {"expression": slow, "inputs": {"y": 0, "z": 1}, "preview": 16}
    problem = refusal(client.post("/api/expression", json=question))
    assert "more than 2 s" in problem["message"]
    assert client.get("/healthz").status_code == 200


# A row that is added


@pytest.fixture
def cube(monkeypatch: pytest.MonkeyPatch) -> Iterator[Op]:
    """An op that the table has only for this test."""
    op = Op(
        "cube",
        ("x",),
        lambda x: x**3,
        "The gradient is scaled by 3 x squared.",
        "f = cube(x)",
        scalar=lambda x: x**3,
        local={"x": "3 * x ** 2"},
        latex="{x:41}^{3}",
        precedence=40,
        torch="x ** 3",
    )
    with monkeypatch.context() as patch:
        patch.setitem(OPS, "cube", op)
        yield op
    parse.cache_clear()


def test_a_row_is_all_that_an_op_needs(client: TestClient, cube: Op) -> None:
    rows = {row["name"]: row for row in read(client.get("/api/ops?with=cube"))}
    assert rows["cube"]["says"] == cube.says
    assert rows["cube"]["insert"] == "cube(x)"
    assert rows["cube"]["kind"] == "local"
    assert rows["cube"]["derivatives_latex"] == {"x": r"3\,x^{2}"}
    answer = ask(client, {"expression": "f = cube(x + 1)", "inputs": {"x": 1}})
    assert answer["nodes"][-1]["value"] == 8.0
    assert answer["nodes"][-1]["latex"] == "f = (x + 1)^{3}"
    assert answer["nodes"][0]["gradient"] == 12.0
    assert answer["flows"][0]["formula"] == "3 * x ** 2"
    tensor = ask(client, {"expression": "f = sum(cube(x))", "inputs": {"x": [1, 2]}})
    assert tensor["nodes"][0]["gradient"] == [3.0, 12.0]


def test_the_reference_page_shows_the_row(client: TestClient, cube: Op) -> None:
    page = client.get("/reference?with=cube")  # an address that nobody has read before
    assert page.status_code == 200
    assert "cube" in page.text
    assert cube.says in page.text


def test_the_row_is_gone(client: TestClient) -> None:
    assert "cube" not in {row["name"] for row in read(client.get("/api/ops"))}
    question = {"expression": "f = cube(x)", "inputs": {"x": 1}}
    assert "`cube`" in refusal(client.post("/api/expression", json=question))["message"]
