"""Who asks goes by the address, and has a share that no other can take away."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.requests import HTTPConnection

from app.web.clients import client_of, visitor_of
from app.web.problems import add_problem_answers
from app.workers import pool
from app.workers.pool import create_executor, run
from tests.workers.jobs import wait_for

PATIENCE = 120


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("x" * 8000, "x" * 64),
        ("", ""),
        (None, ""),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str | None, client: str) -> None:
    scope = {"type": "http", "client": (host, 5)}
    assert client_of(scope) == client
    assert client_of(HTTPConnection(scope)) == client


def test_a_client_without_an_address_has_no_name() -> None:
    assert client_of({"type": "http", "client": None}) == ""
    assert client_of({"type": "http"}) == ""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A live server with two routes: who asks, and what waits in a worker."""
    app = FastAPI()
    add_problem_answers(app)

    @app.get("/who")
    async def who(request: Request) -> str:
        return client_of(request)

    @app.get("/wait")
    async def wait(request: Request, marker: str) -> Response:
        asked = run(executor, wait_for, Path(marker), timeout=600, client=client_of(request))
        return Response(await asked)

    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off")
    server, bound = uvicorn.Server(config), config.bind_socket()
    bound.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    with create_executor() as executor:
        executor.warm()
        thread.start()
        yield "http://{}:{}".format(*bound.getsockname())
        server.should_exit = True
        thread.join()


def visitor(address: str, own: str) -> httpx2.AsyncClient:
    """A client at an address of its own: all of 127.0.0.0/8 is this machine."""
    limits = httpx2.Limits(max_connections=50)
    transport = httpx2.AsyncHTTPTransport(local_address=own, limits=limits)
    return httpx2.AsyncClient(base_url=address, transport=transport, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("own", "forwarded", "client"),
    [
        ("127.0.0.2", None, "127.0.0.2"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),  # uvicorn trusts a proxy on this machine
        ("127.0.0.1", "spoofed, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "2001:db8::5", "2001:db8::/64"),
        ("127.0.0.2", "192.0.2.7", "127.0.0.2"),  # and no other
    ],
)
def test_a_proxy_is_believed_only_if_uvicorn_trusts_it(
    address: str, own: str, forwarded: str | None, client: str
) -> None:
    async def ask() -> Any:
        async with visitor(address, own) as asking:
            headers = {"X-Forwarded-For": forwarded} if forwarded else {}
            return (await asking.get("/who", headers=headers)).json()

    assert asyncio.run(ask()) == client


def test_while_one_client_floods_another_is_answered(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its jobs would last for ever, and it asks again as soon as it is refused."""
    monkeypatch.setattr(pool, "WAIT_SECONDS", 600)
    flood_over, looks = tmp_path / "flood", tmp_path / "looks"
    looks.touch()
    statuses: list[int] = []

    async def flooding(flooder: httpx2.AsyncClient) -> None:
        while not flood_over.exists():
            answer = await flooder.get("/wait", params={"marker": str(flood_over)})
            statuses.append(answer.status_code)
            if answer.status_code == 503:
                assert answer.headers["retry-after"]
                assert "8 questions of your address" in json.loads(answer.text)["message"]

    async def both() -> list[int]:
        async with visitor(address, "127.0.0.2") as flooder, visitor(address, "127.0.0.1") as other:
            flood = [asyncio.ensure_future(flooding(flooder)) for _ in range(50)]
            while 503 not in statuses:
                await asyncio.sleep(0.01)
            found = [
                (await other.get("/wait", params={"marker": str(looks)})).status_code
                for _ in range(20)
            ]
            assert 200 not in statuses  # the flood still has all it may have
            flood_over.touch()
            await asyncio.gather(*flood)
            return found

    assert asyncio.run(both()) == [200] * 20
    assert statuses.count(200) >= 8


@pytest.mark.parametrize("name", ["0123abcd", "A-z_" * 16])
def test_a_name_tells_visitors_behind_one_address_apart(name: str) -> None:
    scope = {"type": "http", "client": ("192.0.2.1", 1), "headers": [(b"x-visitor", name.encode())]}
    assert visitor_of(HTTPConnection(scope)) == ("192.0.2.1", f"192.0.2.1 {name}")


@pytest.mark.parametrize("name", ["", "short", "x" * 65, "0123 abcd", "0123abcd\u00e9"])
def test_what_is_no_name_is_as_none(name: str) -> None:
    headers = [(b"x-visitor", name.encode("latin-1"))]
    scope = {"type": "http", "client": ("192.0.2.1", 1), "headers": headers}
    assert visitor_of(HTTPConnection(scope)) == ("192.0.2.1", "192.0.2.1")
