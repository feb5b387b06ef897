"""POST /api/expression/export: each language under its own media type."""

import json
import shlex
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

FIRST = {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}}


@pytest.mark.parametrize(
    ("format", "media_type", "start"),
    [
        ("pytorch", "text/x-python; charset=utf-8", "import torch\n"),
        ("latex", "application/x-tex", "\\begin{aligned}\n"),
        ("svg", "image/svg+xml", "<svg "),
        ("json", "application/json", '{"output":"f",'),
        ("curl", "text/x-shellscript; charset=utf-8", "curl http"),
    ],
)
def test_a_format(client: TestClient, format: str, media_type: str, start: str) -> None:
    response = client.post("/api/expression/export", json={**FIRST, "format": format})
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.text.startswith(start)


def test_json_is_the_answer_itself(client: TestClient) -> None:
    exported = client.post("/api/expression/export", json={**FIRST, "format": "json"})
    assert exported.json() == client.post("/api/expression", json=FIRST).json()


def test_curl_asks_the_address_it_came_from(client: TestClient) -> None:
    exported = client.post("/api/expression/export", json={**FIRST, "format": "curl"})
    curl, address, option, body = shlex.split(exported.text.replace("\\\n", ""))
    assert (curl, option) == ("curl", "--json")
    assert address == f"{client.base_url}/api/expression"
    again = client.post(urlsplit(address).path, json=json.loads(body))
    assert again.json() == client.post("/api/expression", json=FIRST).json()


def test_a_graph_can_be_exported(client: TestClient) -> None:
    nodes = [{"id": "x", "op": "input"}, {"id": "f", "op": "neg", "inputs": ["x"]}]
    question = {"expression": {"nodes": nodes, "output": "f"}, "inputs": {"x": 2}}
    exported = client.post("/api/expression/export", json={**question, "format": "curl"})
    assert json.loads(shlex.split(exported.text.replace("\\\n", ""))[-1])["expression"] == "f = -x"
    drawn = client.post("/api/expression/export", json={**question, "format": "svg"})
    ElementTree.fromstring(drawn.text)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"format": "pdf"}, {"field": "format"}),
        ({}, {"field": "format"}),
        ({"format": "svg", "step": -1}, {"field": "step"}),
        ({"format": "svg", "theme": "blue"}, {"field": "theme"}),
        ({"format": "latex", "inputs": {}}, {"node": "x", "offset": 5, "length": 1}),
    ],
)
def test_a_mistake_is_told(
    client: TestClient, fields: dict[str, Any], where: dict[str, Any]
) -> None:
    response = client.post("/api/expression/export", json=FIRST | fields)
    assert response.status_code == 422
    assert where.items() <= response.json()["where"].items()
