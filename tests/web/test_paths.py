"""POST /api/expression/paths: a gradient is the sum over paths of products of local gradients."""

import math
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.expressions.examples import EXAMPLES

SCALAR = "first sigmoid-neuron sigmoid-gate gate-patterns fan-out staged".split()


def ask(client: TestClient, **question: Any) -> Any:
    response = client.post("/api/expression/paths", json=question)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("name", SCALAR)
def test_the_paths_of_every_node_add_up_to_its_gradient(client: TestClient, name: str) -> None:
    question = {"expression": EXAMPLES[name].expression, "inputs": dict(EXAMPLES[name].inputs)}
    played = client.post("/api/expression", json=question).json()
    for node in played["nodes"]:
        if node["gradient"] is None:
            continue
        answer = ask(client, **question, node=node["id"])
        assert answer["total"] == node["gradient"]
        assert answer["of"] == len(answer["paths"])
        products = [path["product"] for path in answer["paths"]]
        assert sum(products) == pytest.approx(node["gradient"], rel=1e-12, abs=1e-15)
        for path in answer["paths"]:
            flows = [played["flows"][k] for k in path["flows"]]
            assert path["nodes"] == [node["id"], *(flow["target"] for flow in flows)]
            assert path["nodes"][-1] == played["output"]
            locals_along = [flow["local"] for flow in flows]
            assert path["product"] == pytest.approx(math.prod(locals_along), rel=1e-12)


def test_the_paths_of_a_value_used_twice(client: TestClient) -> None:
    question = {"expression": "q = x * y\nf = q * x + sin(q)", "inputs": {"x": 2, "y": 1.5}}
    answer = ask(client, **question, node="x")
    assert [path["nodes"] for path in answer["paths"]] == [
        ["x", "n1", "f"],
        ["x", "q", "n2", "f"],
        ["x", "q", "n1", "f"],
    ]
    assert answer["latex"] == (
        r"\frac{\partial f}{\partial x} = "
        r"3 \cdot 1 + 1.5 \cdot (-0.99) \cdot 1 + 1.5 \cdot 2 \cdot 1 = 4.515"
    )
    assert answer["sentence"] == (
        "3 paths from x to the output; the products of their local gradients add to 4.515."
    )


def test_twelve_of_many_paths_are_written_out(client: TestClient) -> None:
    doubling = "\n".join(f"a{i + 1} = a{i} + a{i}" for i in range(60))
    answer = ask(client, expression=doubling, inputs={"a0": 1}, node="a0")
    assert answer["total"] == 2.0**60
    assert len(answer["paths"]) == 12
    assert answer["of"] == 10**12
    assert r"\cdots" in answer["latex"]


@pytest.mark.parametrize(
    ("expression", "inputs", "node", "of", "total"),
    [
        ("f = x * 2", {"x": 3}, "f", 1, 1.0),
        ("q = x * 2\nf = y", {"x": 3, "y": 1}, "x", 0, 0.0),
        ("f = x ** y", {"x": -2, "y": 2}, "y", 1, None),
        ("f = sum(x) * 2", {"x": 3}, "x", 1, 2.0),
    ],
)
def test_paths_at_the_edges(
    client: TestClient,
    expression: str,
    inputs: dict[str, float],
    node: str,
    of: int,
    total: float | None,
) -> None:
    answer = ask(client, expression=expression, inputs=inputs, node=node)
    assert (answer["of"], answer["total"]) == (of, total)
    assert len(answer["paths"]) == of


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"expression": "f = x * 2", "inputs": {"x": 3}, "node": "q"}, "node"),
        ({"expression": "f = sum(x)", "inputs": {"x": [1, 2]}, "node": "x"}, "node"),
        ({"expression": "f = x.T * 2", "inputs": {"x": 3}, "node": "x"}, "node"),
        ({"expression": "f = x * 2", "inputs": {"x": 3}}, "node"),
        ({"expression": "f = x", "inputs": {"x": 3}, "node": "x", "index": [0]}, "index"),
    ],
)
def test_a_mistake_is_told(client: TestClient, question: dict[str, Any], field: str) -> None:
    response = client.post("/api/expression/paths", json=question)
    assert response.status_code == 422
    assert response.json()["where"]["field"] == field
