"""Whatever goes wrong is said in one sentence, with its place, and as a page to a browser."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field
from starlette.testclient import TestClient

from app.core.errors import Problem
from app.main import create_app
from app.workers.pool import Busy


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = Field(ge=1)


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    parts: list[Part] = []
    either: str | Part = ""


@pytest.fixture(scope="module")
def own() -> TestClient:
    app = create_app()

    @app.post("/api/question")
    async def question(question: Question) -> Question:
        return question

    @app.get("/api/problem")
    async def problem() -> None:
        raise Problem("no op `sigmod`; did you mean `sigmoid`?", {"offset": 4}, "sigmoid")

    @app.get("/problem")
    async def problem_page() -> None:
        raise Problem("no op `<sigmod>`")

    @app.get("/api/busy")
    async def busy() -> None:
        raise Busy

    @app.get("/api/bug")
    async def bug() -> None:
        raise RuntimeError("a secret of the server")

    return TestClient(app, raise_server_exceptions=False)


def test_a_problem_says_its_place(own: TestClient) -> None:
    answer = own.get("/api/problem", headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert answer.json() == {
        "message": "no op `sigmod`; did you mean `sigmoid`?",
        "where": {"offset": 4},
        "suggestion": "sigmoid",
    }


def test_a_browser_gets_a_page(own: TestClient) -> None:
    answer = own.get("/problem", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "no op `&lt;sigmod&gt;`" in answer.text


@pytest.mark.parametrize(
    ("body", "message", "field"),
    [
        ({}, "`text` is missing.", "text"),
        ({"text": 5}, "`text` should be a valid string.", "text"),
        ({"text": "", "txt": 1}, "There is no field `txt` in this question.", "txt"),
        (
            {"text": "", "parts": [{"size": 1}, {"size": 0}]},
            "`parts.1.size` should be greater than or equal to 1.",
            "parts.1.size",
        ),
        ({"text": "", "parts": [{}]}, "`parts.0.size` is missing.", "parts.0.size"),
        (
            {"text": "", "either": {"size": "many"}},
            "`either.size` should be a valid integer, unable to parse string as an integer.",
            "either.size",
        ),
    ],
)
def test_a_field_is_named_as_it_was_sent(
    own: TestClient, body: dict[str, Any], message: str, field: str
) -> None:
    answer = own.post("/api/question", json=body)
    assert answer.status_code == 422
    assert answer.json() == {"message": message, "where": {"field": field}, "suggestion": None}


@pytest.mark.parametrize(
    ("content", "message", "where"),
    [
        (b'{"text": }', "The body is not valid JSON: Expecting value.", {"offset": 9}),
        (b"\xff\xfe\xfd", "The body cannot be read as JSON.", {}),
        (b"[" * 100_000, "The body cannot be read as JSON.", {}),
        (b"[1]", "The body should be a JSON object, sent as application/json.", {}),
        (b"", "The body should be a JSON object, sent as application/json.", {}),
    ],
)
def test_what_is_not_json_is_refused(
    own: TestClient, content: bytes, message: str, where: dict[str, int]
) -> None:
    headers = {"content-type": "application/json"}
    answer = own.post("/api/question", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.json() == {"message": message, "where": where, "suggestion": None}


NO_QUESTIONS = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a string": b'"x"',
    "a number": b"5",
    "NaN": b"NaN",
    "past the largest number": b"1e999",
    "an integer of 5,000 digits": b"9" * 5_000,
    "nested 200 deep": b'{"a":' * 200 + b"1" + b"}" * 200,
    "nested 100,000 deep": b"[" * 100_000,
    "10 MB": b'"' + b"x" * 10_000_000 + b'"',
    "cut off": b"{",
    "not UTF-8": b"\xff",
    "the same field twice": b'{"a": 1, "a": 2}',
    "a field without a name": b'{"": 1}',
    "half a surrogate pair": rb'{"\ud800": 1}',
}


@pytest.mark.parametrize("body", NO_QUESTIONS.values(), ids=NO_QUESTIONS)
def test_no_route_breaks_on_what_is_no_question(client: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    paths = client.get("/openapi.json").json()["paths"]
    asked = [path for path in paths if "post" in paths[path]]
    assert len(asked) > 15
    for path in asked:
        answer = client.post(path, content=body, headers=headers)
        refused = {415, 413} if path == "/api/images" else {422, 413}
        assert answer.status_code in refused, (path, answer.text[:200])
        assert set(answer.json()) == {"message", "where", "suggestion"}


def test_nothing_there_and_wrong_method(own: TestClient) -> None:
    nothing = own.get("/api/nothing")
    assert nothing.status_code == 404
    assert nothing.json()["message"] == "There is nothing at /api/nothing."
    method = own.get("/api/question")
    assert method.status_code == 405
    assert method.headers["allow"] == "POST"
    assert method.json()["message"] == "/api/question does not answer GET."


def test_busy_says_when_to_ask_again(own: TestClient) -> None:
    answer = own.get("/api/busy")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "Try again in a moment" in answer.json()["message"]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_bug_tells_nothing_of_the_server(own: TestClient, accept: str) -> None:
    answer = own.get("/api/bug", headers={"accept": accept})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["message"].endswith("This is not your mistake.")
