"""POST /api/expression/entry: one entry, what it depends on, and what comes back to it."""

import math
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

W = [[0.2, -0.5, 0.1], [1.5, 1.3, 2.1], [0.1, 0.25, 0.2]]
X = [0.5, 2, -1]


def ask(client: TestClient, **question: Any) -> Any:
    response = client.post("/api/expression/entry", json=question)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    ("expression", "index"),
    [
        ("s = W @ x", [0]),
        ("s = W @ x", [2]),
        ("s = W @ W", [1, 2]),
        ("s = dot(x, x)", []),
        ("s = x @ x", []),
        ("s = sum(W)", []),
        ("s = sum(W, axis=1)", [1]),
        ("s = mean(W, axis=0)", [2]),
        ("s = W.T", [0, 1]),
        ("s = W[1]", [2]),
        ("s = reshape(W, 9)", [5]),
        ("s = concat(x, x)", [4]),
        ("s = outer(x, x)", [1, 2]),
        ("s = W + x", [2, 1]),
        ("s = W * x", [2, 1]),
    ],
)
def test_the_products_of_a_linear_op_add_up_to_the_entry(
    client: TestClient, expression: str, index: list[int]
) -> None:
    question = {"expression": expression, "inputs": {"W": W, "x": X}, "fill": True}
    played = client.post("/api/expression", json=question).json()
    node = played["nodes"][-1]
    answer = ask(client, **question, node="s", index=index)
    value = np.array(node["value"])[tuple(index)]
    assert answer["value"] == pytest.approx(value, rel=1e-15)
    assert answer["gradient"] == 1.0
    assert answer["of"] == len(answer["terms"])
    # Linear in each operand: with two of them, each one's products make up the whole entry.
    whole = 1 if node["op"] in ("+", "concat") else len(node["inputs"])
    total = sum(term["product"] for term in answer["terms"])
    assert total == pytest.approx(whole * value, rel=1e-12)
    values = {n["id"]: np.array(n["value"]) for n in played["nodes"]}
    for term in answer["terms"]:
        assert term["value"] == values[term["source"]][tuple(term["index"])]
        assert term["product"] == pytest.approx(term["value"] * term["local"], rel=1e-15)
    sizes = [abs(term["product"]) for term in answer["terms"]]
    assert sizes == sorted(sizes, reverse=True)


def test_an_entry_of_a_product_in_full(client: TestClient) -> None:
    question = {
        "expression": "s = W @ x\nf = s[1] * 2",
        "inputs": {"W": [[1, 2], [3, 4]], "x": [0.5, -1]},
    }
    assert ask(client, **question, node="s", index=[1]) == {
        "node": "s",
        "index": [1],
        "value": -2.5,
        "gradient": 2.0,
        "terms": [
            {"source": "W", "index": [1, 1], "value": 4.0, "local": -1.0, "product": -4.0},
            {"source": "x", "index": [1], "value": -1.0, "local": 4.0, "product": -4.0},
            {"source": "W", "index": [1, 0], "value": 3.0, "local": 0.5, "product": 1.5},
            {"source": "x", "index": [0], "value": 0.5, "local": 3.0, "product": 1.5},
        ],
        "of": 4,
        "flows": [{"target": "n1", "position": 0, "downstream": 2.0}],
        "sentence": "s[1] = −2.5 moves with 4 entries of W, x.",
    }


def test_what_comes_back_adds_up_to_the_gradient(client: TestClient) -> None:
    question = {
        "expression": "s = W @ x\nL = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
        "inputs": {"W": W, "x": X, "y": 0, "lam": 0.1},
    }
    for node, index in (("s", [0]), ("s", [1]), ("W", [1, 2]), ("x", [1])):
        answer = ask(client, **question, node=node, index=index)
        back = sum(flow["downstream"] for flow in answer["flows"])
        assert back == pytest.approx(answer["gradient"], rel=1e-12)
        assert answer["flows"]


def test_of_many_terms_the_largest_are_told(client: TestClient) -> None:
    answer = ask(client, expression="f = sum(W)", inputs={"W": [*range(100)]}, node="f")
    assert answer["of"] == 100
    assert [term["value"] for term in answer["terms"]] == [*range(99, 75, -1)]


@pytest.mark.parametrize(
    ("expression", "inputs", "node", "index", "of", "sentence"),
    [
        ("f = x * 2", {"x": 3}, "x", [], 0, "x = 3 is given."),
        ("f = sum(x)", {"x": [1, 2]}, "x", [1], 0, "x[1] = 2 is given."),
        ("f = sum(relu(x))", {"x": [-1, 2]}, "n1", [0], 0, "n1[0] = 0 moves with"),
        ("f = sum(sqrt(x))", {"x": [0, 4]}, "n1", [0], 1, "n1[0] = 0 moves with"),
        ("f = x ** y", {"x": -2, "y": 2}, "f", [], 2, "f = 4 moves with"),
    ],
)
def test_entries_at_the_edges(
    client: TestClient,
    expression: str,
    inputs: dict[str, Any],
    node: str,
    index: list[int],
    of: int,
    sentence: str,
) -> None:
    answer = ask(client, expression=expression, inputs=inputs, node=node, index=index)
    assert answer["of"] == of
    assert answer["sentence"].startswith(sentence)
    numbers = [term[key] for term in answer["terms"] for key in ("value", "local", "product")]
    assert all(number is None or math.isfinite(number) for number in numbers)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"node": "q"}, "node"),
        ({"node": "x", "index": []}, "index"),
        ({"node": "x", "index": [2]}, "index"),
        ({"node": "x", "index": [-1]}, "index"),
        ({"node": "x", "index": [0, 0]}, "index"),
        ({"node": "x", "index": [10**30]}, "index"),
        ({"node": "x", "index": [0] * 5}, "index"),
        ({"node": "x", "index": ["a"]}, "index.0"),
        ({"index": [0]}, "node"),
        ({"node": "x", "index": [0], "mistake": "order"}, "mistake"),
    ],
)
def test_a_mistake_is_told(client: TestClient, fields: dict[str, Any], field: str) -> None:
    question = {"expression": "f = sum(x)", "inputs": {"x": [1, 2]}, **fields}
    response = client.post("/api/expression/entry", json=question)
    assert response.status_code == 422
    assert response.json()["where"] == {"field": field}
