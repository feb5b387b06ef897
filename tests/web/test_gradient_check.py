"""POST /api/gradient-check: analytic, numerical and autograd gradients stand side by side."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.core.expressions.examples import EXAMPLES, Example
from app.core.expressions.gradient_check import gradient_check
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS, Op


def check(client: TestClient, expression: Any, inputs: Any) -> dict[str, Any]:
    """The rows of the table, by the inputs' names."""
    question = {"expression": expression, "inputs": inputs}
    response = client.post("/api/gradient-check", json=question)
    assert response.status_code == 200, response.text
    answer = response.json()
    return {row["name"]: row for row in answer["inputs"]}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_three_ways(client: TestClient, example: Example) -> None:
    question = {"expression": example.expression, "inputs": example.inputs}
    played = client.post("/api/expression", json=question).json()
    graded = {
        node["id"]: node
        for node in played["nodes"]
        if node["op"] == "input" and node["gradient"] is not None
    }
    rows = check(client, example.expression, example.inputs)
    assert list(rows) == list(graded)
    for name, row in rows.items():
        assert row["shape"] == graded[name]["shape"]
        assert row["checked"] == row["of"] == np.size(row["analytic"])
        assert row["analytic"] == graded[name]["gradient"]
        np.testing.assert_allclose(row["autograd"], row["analytic"], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(row["numerical"], row["analytic"], rtol=1e-6, atol=1e-6)
        assert row["relative_error"] < 1e-6
        assert row["verdict"].startswith("right")


@pytest.mark.parametrize("name", OPS)
def test_every_example_of_the_op_table(client: TestClient, name: str) -> None:
    rows = {row["name"]: row for row in client.get("/api/ops").json()}
    example = rows[name]["example"]
    for row in check(client, example["expression"], example["inputs"]).values():
        np.testing.assert_allclose(row["autograd"], row["analytic"], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(row["numerical"], row["analytic"], rtol=1e-6, atol=1e-6)
        assert row["verdict"].startswith("right")


@pytest.mark.parametrize(
    ("expression", "x", "analytic", "numerical"),
    [
        ("f = relu(x)", 0, 0.0, 0.5),
        ("f = maximum(x, 0)", 0, 0.5, 0.5),
        ("f = abs(x)", 0, 0.0, 0.0),
        ("f = leaky_relu(x, slope=0.1)", 0, 0.1, 0.55),
        ("f = clip(x, -1, 1)", 1, 1.0, 0.5),
    ],
)
def test_at_a_kink_the_two_sides_are_averaged(
    client: TestClient, expression: str, x: float, analytic: float, numerical: float
) -> None:
    row = check(client, expression, {"x": x})["x"]
    assert row["analytic"] == row["autograd"] == pytest.approx(analytic)
    assert row["numerical"] == pytest.approx(numerical)
    assert row["verdict"].startswith("a kink")


@pytest.mark.parametrize(
    ("expression", "inputs", "missing"),
    [
        ("f = x ** y", {"x": -2, "y": 2}, "y"),
        ("f = sqrt(x) * y", {"x": 0, "y": 2}, "x"),
        ("f = y * sum(sqrt(x))", {"x": [0, 4], "y": 2}, "x"),
    ],
)
def test_a_gradient_that_does_not_exist_has_no_verdict(
    client: TestClient, expression: str, inputs: dict[str, Any], missing: str
) -> None:
    rows = check(client, expression, inputs)
    for name, row in rows.items():
        if name == missing:
            assert row["relative_error"] is None
            assert row["verdict"].startswith("no verdict")
        else:
            assert row["verdict"].startswith("right")


def test_a_large_input_is_checked_at_fifty_entries(client: TestClient) -> None:
    W = np.random.default_rng(1).standard_normal((20, 30)).tolist()
    rows = check(client, "f = sum(sin(W) * y)", {"W": W, "y": 2})
    row = rows["W"]
    assert (row["checked"], row["of"], row["shape"]) == (50, 600, [20, 30])
    assert len(row["analytic"]) == len(row["numerical"]) == len(row["autograd"]) == 50
    assert set(row["analytic"]) <= set((2 * np.cos(W)).ravel().tolist())
    assert check(client, "f = sum(sin(W) * y)", {"W": W, "y": 2}) == rows


@pytest.mark.parametrize(
    ("expression", "inputs"),
    [
        ("f = sum(x[::2] * [1, 2])", {"x": [1, 2, 3]}),
        ("f = x[[2, 0, 2]] @ [1, 2, 3]", {"x": [1, 2, 3]}),
        ("f = sum(x[1, :, [0, 2]] ** 2)", {"x": np.arange(24.0).reshape(2, 3, 4).tolist()}),
        ("f = sum(x / sum(x, axis=0, keepdims=True) * x)", {"x": [[1, 2], [3, 4]]}),
        ("f = sum(x / sum(x, keepdims=True) * x)", {"x": [[1, 2], [3, 4]]}),
        ("f = prod(x, keepdims=True)[0] * norm(x)", {"x": [1, 2, 3]}),
        ("f = sum(x, axis=0, keepdims=1) * prod(x, keepdims=1)", {"x": [1, 2, 3]}),
        ("f = clip(x, -1, [1, 4])", {"x": 2}),
        ("f = clip(x, [[0], [3]], y)", {"x": [1, 2], "y": [1.5, 4]}),
        ("f = where(2 > 1, x, 3)", {"x": 2}),
        ("f = x * (2 + 3)", {"x": 2}),
        ("f = concat(x, x * 2)[1:] @ [1, 2, 3]", {"x": [1, 2]}),
        ("f = cross_entropy(x, y)", {"x": [[1, 2], [3, 5]], "y": [0, 1]}),
        ("f = hinge(x, y)", {"x": [[1, 2.5], [3, 5]], "y": [0, 1]}),
        ("f = reshape(x, -1)[3] * x.T[0, 1]", {"x": [[1, 2], [3, 5]]}),
        ("f = sum(randn(3) * x)", {"x": [1, 2, 3]}),
    ],
)
def test_torch_is_asked_the_same(
    client: TestClient, expression: str, inputs: dict[str, Any]
) -> None:
    for row in check(client, expression, inputs).values():
        np.testing.assert_allclose(row["autograd"], row["analytic"], rtol=1e-12, atol=1e-12)
        assert row["verdict"].startswith("right")


@pytest.mark.parametrize("x", [1e9, 1e13, 1e200])
def test_a_large_input_is_not_called_wrong(client: TestClient, x: float) -> None:
    row = check(client, "f = 2 * x", {"x": x})["x"]
    assert row["analytic"] == row["autograd"] == 2.0
    assert not row["verdict"].startswith("wrong")


def test_a_wrong_derivative_is_called_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Op("cube", ("x",), lambda x: x**3, "", "", local={"x": "2 * x ** 2"}, torch="x ** 3")
    graph = Graph([Node("x", "input", name="x"), Node("f", "cube", (0,), name="f")], 1)
    with monkeypatch.context() as patch:
        patch.setitem(OPS, "cube", wrong)
        (row,) = gradient_check(graph, {"x": 2})["inputs"]
    assert row["analytic"] == 8.0
    assert row["autograd"] == 12.0
    assert row["numerical"] == pytest.approx(12.0)
    assert row["relative_error"] == pytest.approx(1 / 5)
    assert row["verdict"].startswith("wrong")


def test_without_inputs_there_is_nothing_to_check(client: TestClient) -> None:
    assert check(client, "f = 2 + 3", {}) == {}


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ({"expression": "f = log(x)", "inputs": {"x": -1}}, "node"),
        ({"expression": "f = x *", "inputs": {"x": 1}}, "offset"),
        ({"expression": "f = x", "inputs": {}}, "inputs"),
        ({"expression": "f = x[::-1]", "inputs": {"x": [1, 2]}}, "offset"),
        ({"expression": "f = x", "inputs": {"x": 1}, "layout": True}, "field"),
    ],
)
def test_a_mistake_is_told(client: TestClient, question: dict[str, Any], where: str) -> None:
    response = client.post("/api/gradient-check", json=question)
    assert response.status_code == 422
    assert where in response.json()["where"]
