"""/docs works offline, and the schema behind it is complete."""

from typing import Any

from starlette.testclient import TestClient


def test_docs_ask_no_other_host(client: TestClient) -> None:
    page = client.get("/docs").text
    assert 'data-openapi="/openapi.json"' in page
    assert "http://" not in page
    assert "https://" not in page


def test_every_call_is_described(client: TestClient) -> None:
    schema: dict[str, Any] = client.get("/openapi.json").json()
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            assert call["summary"], f"{method} {path} has no summary"
            if method == "post":
                assert call["responses"]["422"]["content"]["application/json"]["schema"] == {
                    "$ref": "#/components/schemas/ProblemAnswer"
                }
