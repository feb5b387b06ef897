"""GET /api/ops and /api/examples: complete rows, and every example can be asked as it stands."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.expressions.examples import EXAMPLES
from app.core.expressions.ops import OPS

WANTED = (
    "+ - * / ** @ neg exp log sqrt square reciprocal sin cos tanh sigmoid relu leaky_relu softplus "
    "gelu abs sign maximum minimum where clip sum mean max min prod norm dot outer transpose "
    "reshape concat index softmax log_softmax cross_entropy hinge ones zeros eye randn "
    "> < >= <= == !="
).split()


@pytest.fixture(scope="module")
def rows(client: TestClient) -> dict[str, Any]:
    response = client.get("/api/ops")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    return {row["name"]: row for row in response.json()}


def test_every_op_is_there(rows: dict[str, Any]) -> None:
    assert list(rows) == list(OPS)
    assert set(WANTED) <= set(rows)


@pytest.mark.parametrize("name", OPS)
def test_a_row_is_complete(rows: dict[str, Any], name: str) -> None:
    row = rows[name]
    for field in ("symbol", "category", "latex", "insert", "says", "torch"):
        assert row[field], field
    assert row["says"].endswith(".")
    assert set(row["derivatives"]) == set(row["derivatives_latex"])
    assert (row["kind"] is None) == (row["derivatives"] == {})
    arguments = {argument.lstrip("*") for argument in row["arguments"]}
    assert set(row["derivatives"]) <= arguments


@pytest.mark.parametrize("name", OPS)
def test_the_example_of_a_row_evaluates(
    client: TestClient, rows: dict[str, Any], name: str
) -> None:
    example = rows[name]["example"]
    response = client.post("/api/expression", json=example)
    assert response.status_code == 200, response.text
    used = {node["op"] for node in response.json()["nodes"]}
    assert name in used
    assert all(node["value"] is not None for node in response.json()["nodes"])


@pytest.mark.parametrize("name", OPS)
def test_what_the_palette_inserts_can_be_typed(
    client: TestClient, rows: dict[str, Any], name: str
) -> None:
    question = {"expression": rows[name]["insert"], "fill": True}
    response = client.post("/api/expression", json=question)
    # The ones that fill in may be of a shape that does not suit; the text itself is right.
    if response.status_code == 422:
        assert "node" in response.json()["where"], response.text
    else:
        made = {"dot": "*"}.get(name, name)  # of single numbers, as in numpy
        assert made in {node["op"] for node in response.json()["nodes"]}


def test_the_examples(client: TestClient) -> None:
    response = client.get("/api/examples")
    assert response.status_code == 200
    examples = response.json()
    assert [example["name"] for example in examples] == list(EXAMPLES)
    assert examples[0]["expression"] == "f = (x + y) * z"
    assert examples[0]["inputs"] == {"x": -2, "y": 5, "z": -4}
    assert len(examples) >= 12
    for example in examples:
        assert set(example) == {"name", "title", "expression", "inputs", "says"}
        assert example["says"].endswith(".")
        question = {"expression": example["expression"], "inputs": example["inputs"]}
        assert client.post("/api/expression", json=question).status_code == 200


@pytest.mark.parametrize("path", ["/api/ops", "/api/examples"])
def test_a_table_only_answers_get(client: TestClient, path: str) -> None:
    response = client.post(path)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"
