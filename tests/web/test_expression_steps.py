"""An answer without words, and some of its steps: words are left out, and nothing else."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.expressions.examples import EXAMPLES
from app.core.expressions.questions import FAMILIAR
from tests.web.test_expressions import FAN_OUT, FIRST, ask, refusal

KINK = {"expression": "f = sqrt(x) * y + abs(y) ** x", "inputs": {"x": 0, "y": -2}}
TENSORS = {
    "expression": "s = W @ x\nL = sum(maximum(0, s)) / 2 + 0.1 * sum(W ** 2)",
    "inputs": {"W": [[1, -2], [3, 4]], "x": [0.5, -1]},
}
UNREACHED = {"expression": "u = x * 2\nc = x > 1\nf = c * y", "inputs": {"x": 3, "y": 4}}
LEAF = {"expression": "x", "inputs": {"x": 3}}
GIVEN = {
    "expression": {
        "nodes": [
            {"id": "q", "op": "*", "inputs": ["x", "x"]},
            {"id": "x", "op": "input"},
        ],
        "output": "q",
    },
    "inputs": {"x": 3},
}
MISTAKEN = [FAN_OUT | {"mistake": mistake} for mistake in ("overwrite", "order")]
QUESTIONS = [
    *(FIRST, FAN_OUT, KINK, TENSORS, UNREACHED, LEAF, GIVEN, *MISTAKEN),
    *({"expression": one.expression, "inputs": one.inputs} for one in EXAMPLES.values()),
]
WORDS = {"nodes": ("latex",), "flows": ("rule", "latex")}


def without_words(answer: dict[str, Any]) -> dict[str, Any]:
    bare = {name: value for name, value in answer.items() if name != "steps"}
    for column, words in WORDS.items():
        bare[column] = [
            {name: value for name, value in row.items() if name not in words}
            for row in answer[column]
        ]
    return bare


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_steps_only_words_are_left_out(
    client: TestClient, question: dict[str, Any]
) -> None:
    whole = ask(client, question | {"layout": True})
    bare = ask(client, question | {"layout": True, "steps": False})
    assert bare == without_words(whole)
    assert bare != whole


@pytest.mark.parametrize("question", QUESTIONS)
def test_steps_asked_for_in_parts_are_those_of_the_whole(
    client: TestClient, question: dict[str, Any]
) -> None:
    whole = ask(client, question)
    count = whole["track"]["count"]
    nodes = {node["id"]: node["latex"] for node in whole["nodes"]}
    flows = [(flow["rule"], flow["latex"]) for flow in whole["flows"]]
    found: list[Any] = []
    while len(found) < count:
        part = client.post(
            "/api/expression/steps", json=question | {"first": len(found), "count": 5}
        ).json()
        assert part["first"] == len(found)
        assert 0 < len(part["steps"]) <= 5
        found += part["steps"]
        told = {row["id"]: row["latex"] for row in part["nodes"]}
        assert told == {id: nodes[id] for id in told}
        assert {step["node"] for step in part["steps"]} <= set(told)
        running = {step["flow"] for step in part["steps"]} - {None}
        assert {row["flow"] for row in part["flows"]} == running
        for row in part["flows"]:
            assert (row["rule"], row["latex"]) == flows[row["flow"]]
            ends = whole["flows"][row["flow"]]
            assert {ends["source"], ends["target"]} <= set(told)
    assert found == whole["steps"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_track_counts_the_steps(client: TestClient, question: dict[str, Any]) -> None:
    answer = ask(client, question)
    track, steps = answer["track"], answer["steps"]
    assert track["count"] == len(steps)
    kinds = [step["kind"] for step in steps]
    assert kinds[: track["forward"]] == ["forward"] * track["forward"]
    assert "forward" not in kinds[track["forward"] :]


def test_a_number_of_nodes_says_up_to_where_steps_are_told(client: TestClient) -> None:
    nodes = len(ask(client, FIRST)["nodes"])
    assert "steps" in ask(client, FIRST | {"steps": nodes})
    assert "steps" not in ask(client, FIRST | {"steps": nodes - 1})
    assert "steps" not in ask(client, FIRST | {"steps": 0})
    assert ask(client, FIRST | {"steps": True}) == ask(client, FIRST)
    for wrong in (-1, 0.5, "few", None):
        problem = refusal(client.post("/api/expression", json=FIRST | {"steps": wrong}))
        assert "steps" in problem["where"]["field"]


def test_steps_that_there_are_not_are_refused(client: TestClient) -> None:
    def asked(**place: Any) -> Any:
        return refusal(client.post("/api/expression/steps", json=FIRST | place))

    count = ask(client, FIRST)["track"]["count"]
    problem = asked(first=count)
    assert problem["where"] == {"field": "first"}
    assert problem["suggestion"] == str(count - 1)
    assert asked(first=-1)["where"]["field"] == "first"
    assert asked(count=0)["where"]["field"] == "count"
    assert asked(count=10_000)["where"]["field"] == "count"


def chain(length: int) -> str:
    """A text of more nodes than an event loop looks at unprepared."""
    return "\n".join(["h0 = tanh(x)", *(f"h{k} = 0.9 * h{k - 1} + y" for k in range(1, length))])


@pytest.mark.parametrize("inputs", [{"x": 1.5, "y": 0.1}, {"x": 2, "y": -3}, {"x": [1, 2], "y": 0}])
def test_a_graph_that_comes_again_is_answered_as_before(
    client: TestClient, inputs: dict[str, Any]
) -> None:
    text = chain(100)
    question = {"expression": text, "inputs": inputs, "steps": False}
    before = ask(client, question)
    for _ in range(2):
        FAMILIAR.learn(text)
    assert FAMILIAR.graph(text) is not None
    assert ask(client, question) == before
    whole = ask(client, question | {"steps": True, "layout": True})
    del whole["layout"]
    assert without_words(whole) == before
    mistaken = ask(client, question | {"mistake": "overwrite"})
    assert set(mistaken) == set(before) | {"wrong"}
    lacking = client.post("/api/expression", json=question | {"inputs": {"x": 1}})
    assert refusal(lacking)["where"]["inputs"] == ["y"]
