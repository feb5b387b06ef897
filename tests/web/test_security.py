"""Every answer carries the security headers, and no body is read without bound."""

import asyncio

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.core.figure import WORDS
from app.main import create_app
from app.web.security import SECURITY_HEADERS, BodyLimit, BodyTooLarge


@pytest.fixture(scope="module")
def own() -> TestClient:
    """The app with routes that only these tests need."""
    app: FastAPI = create_app()

    @app.post("/echo")
    async def echo(body: dict[str, str]) -> dict[str, str]:
        return body

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("a secret of the server")

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/static/icon.svg", "/nothing", "/bug"])
def test_every_answer_has_the_headers(own: TestClient, path: str) -> None:
    answer = own.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    assert "set-cookie" not in answer.headers


def test_the_policy_allows_no_script_but_our_own() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "default-src 'self'; script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == 1
    assert "http:" not in policy
    assert "https:" not in policy


def test_a_lesson_is_framed_by_our_own_pages_alone(own: TestClient) -> None:
    lesson = own.get("/lessons/chain-rule").headers["Content-Security-Policy"]
    other = own.get("/lessons").headers["Content-Security-Policy"]
    assert lesson.replace("frame-ancestors 'self'", "frame-ancestors 'none'") == other != lesson


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_too_large_is_refused_before_it_is_read_whole(announced: bool) -> None:
    chunk, read = b" " * 100_000, 0

    async def reader(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def receive() -> Message:
        nonlocal read
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Message) -> None:
        raise AssertionError("nothing is sent")

    headers = [(b"content-length", b"9000000")] if announced else []
    scope = {"type": "http", "path": "/much", "headers": headers}
    with pytest.raises(BodyTooLarge, match="larger than 2 MB"):
        asyncio.run(BodyLimit(reader, {"/much": 2_000_000})(scope, receive, send))
    assert read == (0 if announced else 2_000_000 + len(chunk))


def test_a_body_too_large_gets_a_sentence(own: TestClient) -> None:
    answer = own.post("/echo", json={"text": "x" * WORDS})
    assert answer.status_code == 413
    said = "The question is larger than 256 KB, the most that is read here."
    assert answer.json()["message"] == said
    answer = own.post("/echo", json={"text": "x" * (WORDS - 100)})
    assert answer.status_code == 200
