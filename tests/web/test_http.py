"""What goes over the wire: bounds and times of a connection, and what each path answers.

Through real sockets. The times are set small here, and nothing asserts how soon: only that what is
late is answered and closed in the end, and that what is not late is not.
"""

import errno
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.listening import listening, port_named, unavailable
from app.main import create_app
from app.web.protocol import Bounds, bounded, network_of
from app.web.security import SECURITY_HEADERS

PATIENCE = 60.0  # seconds until a test gives up; none depends on it
QUICK = Bounds(
    head_seconds=0.2, pause_seconds=0.2, stall_seconds=0.3, linger_seconds=0.2, look_seconds=0.02
)
Address = tuple[str, int]


LARGE_SENT = threading.Event()


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how long the body was; /early without having read it, /large with much."""
    request = Request(scope, receive)
    if scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(50):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        LARGE_SENT.set()
        return
    try:
        size = 0 if scope["path"] == "/early" else len(await request.body())
    except ClientDisconnect:
        return
    answer = f"{scope['method']} {scope['path'][:40]} {size} {len(scope['headers'])}"
    await PlainTextResponse(answer)(scope, receive, send)


@contextmanager
def serving(bounds: Bounds, app: Any = counting) -> Iterator[Address]:
    """A server with these bounds, in a thread."""
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(
        app, http=bounded(bounds), ws="none", lifespan="off", log_config=None, loop="uvloop"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def quick() -> Iterator[Address]:
    with serving(QUICK) as address:
        yield address


@pytest.fixture(scope="module")
def usual() -> Iterator[Address]:
    """A server with the usual bounds."""
    with serving(Bounds()) as address:
        yield address


@pytest.fixture
def server(live_server: str) -> Address:
    """The whole application, as it is started."""
    host, _, port = live_server.removeprefix("http://").rpartition(":")
    return host, int(port)


@contextmanager
def connected(address: Address) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(1 << 16):
            found += part
    except ConnectionError:
        pass
    return found


def answered(connection: socket.socket, end: bytes) -> None:
    """Waits for an answer that ends so, on a connection that stays."""
    found = b""
    while not found.endswith(end):
        part = connection.recv(1 << 16)
        assert part, found
        found += part


def sent(address: Address, *parts: bytes) -> bytes:
    """What is answered to these bytes, until the other side closes."""
    with connected(address) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except ConnectionError:
            pass  # it would not have all of it
        return rest(connection)


def asked(address: Address, method: str, path: str, *headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers, by their small names."""
    lines = [f"{method} {path} HTTP/1.1", "Host: here", "Connection: close", *headers, "", ""]
    head, _, body = sent(address, "\r\n".join(lines).encode("latin-1")).partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    if method == "HEAD":
        assert body == b""
    return int(first.split()[1]), {
        name: value for name, _, value in (field.partition(": ") for field in fields)
    }


def refusal(answer: bytes) -> tuple[int, str]:
    """The one refusal in an answer: its status and its sentence."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    told = json.loads(body)
    assert set(told) == {"message", "where", "suggestion"}
    for name, value in SECURITY_HEADERS.items():
        assert f"\r\n{name.lower()}: {value}" in head.decode()
    assert b"\r\nconnection: close" in head
    assert b"\r\ncache-control: no-store" in head
    return status, told["message"]


# Time


HALF = {
    "a request line": b"GET / HT",
    "a head": b"GET / HTTP/1.1\r\nHost: here\r\n",
    "a header": b"GET / HTTP/1.1\r\nHost: he",
    "a name of a header": b"POST / HTTP/1.1\r\nContent-Le",
}
HALF_BODIES = {
    "a body": b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345",
    "no body": b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n",
    "a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    "a trailer": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nname: va",
    "GET with a body": b"GET / HTTP/1.1\r\nContent-Length: 10\r\n\r\n",
    "a body on HEAD": b"HEAD / HTTP/1.1\r\nContent-Length: 10\r\n\r\n",
    "a body asked for": b"PUT / HTTP/1.0\r\nContent-Length: 10\r\n\r\n1",
}


@pytest.mark.parametrize("half", HALF)
def test_a_head_that_does_not_end_is_closed_in_words(quick: Address, half: str) -> None:
    status, sentence = refusal(sent(quick, HALF[half]))
    assert (status, sentence) == (408, "The request's head was not complete within 0.2 seconds.")


@pytest.mark.parametrize("half", HALF_BODIES)
def test_a_body_that_stops_is_closed_in_words(quick: Address, half: str) -> None:
    answer = sent(quick, HALF_BODIES[half])
    assert refusal(answer) == (408, "Nothing more of the body came for 0.2 seconds.")


@pytest.mark.parametrize("silence", [b"", b"\r\n", b"\r\n\r\n\r\n"])
def test_a_connection_without_a_request_is_closed_without_words(
    quick: Address, silence: bytes
) -> None:
    assert sent(quick, silence) == b""


@pytest.mark.parametrize("drip", [b"a", b"\r\n", b"x: y\r\n"])
def test_bytes_that_drip_in_do_not_keep_a_connection_open(quick: Address, drip: bytes) -> None:
    """Whatever they are, and however long they go on."""
    with connected(quick) as connection:
        answer = dripped(connection, b"" if drip == b"\r\n" else b"GET / HTTP/1.1\r\n", drip)
    assert answer == b"" or refusal(answer)[0] in (400, 408, 431)


@pytest.mark.parametrize("drip", [b"1;" + b"e" * 50 + b"\r\nx\r\n", b"1\r\nx\r\n"])
def test_a_body_that_drips_in_is_closed(drip: bytes) -> None:
    bounds = replace(QUICK, pause_seconds=1.0, body_rate=1e6)
    begin = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(bounds) as address, connected(address) as connection:
        answer = dripped(connection, begin, drip)
    assert answer == b"" or refusal(answer) == (408, "The body comes too slowly.")


def test_what_is_beside_the_body_does_not_keep_it_alive(quick: Address) -> None:
    """An extension of a chunk, a trailer: as many of them as one likes."""
    begin = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;e="
    with connected(quick) as connection:
        answer = dripped(connection, begin, b"e" * 100)
    assert answer == b"" or refusal(answer)[0] == 408


def dripped(connection: socket.socket, begin: bytes, drip: bytes) -> bytes:
    """What is answered to bytes that never end."""
    deadline = time.monotonic() + PATIENCE
    connection.settimeout(0.05)
    found = b""
    try:
        connection.sendall(begin)
        while time.monotonic() < deadline:
            connection.sendall(drip)
            try:
                part = connection.recv(1 << 16)
            except TimeoutError:
                continue
            if not part:
                return found
            found += part
    except ConnectionError:
        return found
    raise AssertionError("it is open still")


def test_two_hundred_half_sent_requests_are_gone_and_others_are_answered(quick: Address) -> None:
    with ExitStack() as stack:
        halves = [*HALF.values(), *HALF_BODIES.values(), b""]
        held = [stack.enter_context(connected(quick)) for _ in range(200)]
        for number, connection in enumerate(held):
            connection.sendall(halves[number % len(halves)])
        request = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
        # On a busy machine even this may come too late, and then it is asked again.
        wait_until(lambda: b"GET / 0" in sent(quick, request))
        for connection in held:
            rest(connection)


def test_a_request_in_small_pieces_is_answered(usual: Address) -> None:
    request = b"POST /piece HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    pieces = [request[start : start + 1] for start in range(len(request))]
    assert sent(usual, *pieces).endswith(b"POST /piece 3 2")


def test_an_idle_connection_answers_again_and_is_closed_in_the_end() -> None:
    with serving(replace(QUICK, head_seconds=3.0)) as address, connected(address) as connection:
        for _ in range(3):
            connection.sendall(b"GET /again HTTP/1.1\r\n\r\n")
            assert connection.recv(1 << 16).endswith(b"GET /again 0 0")
        assert rest(connection) == b""


def test_one_who_does_not_read_the_answer_is_let_go() -> None:
    LARGE_SENT.clear()
    with serving(QUICK) as address, connected(address) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        assert LARGE_SENT.wait(PATIENCE)  # into nothing, most of it
        assert len(rest(connection)) < 50_000_000


def wait_until(happened: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Size


def test_a_link_and_headers_up_to_the_bounds_are_read(usual: Address) -> None:
    link = b"/?" + b"&" * (Bounds.link_fields - 1)
    link += b"a" * (Bounds.link_bytes - len(link))
    fields = b"".join(b"n%d: %s\r\n" % (number, b"v" * 300) for number in range(99))
    request = b"GET " + link + b" HTTP/1.1\r\nConnection: close\r\n" + fields + b"\r\n"
    assert sent(usual, request).endswith(b" 0 100")


LARGE = {
    "a link": (b"GET /" + b"a" * 65_535 + b" HTTP/1.1\r\n\r\n", 414),
    "a link's fields": (b"GET /?" + b"a=1&" * 200 + b" HTTP/1.1\r\n\r\n", 414),
    "a link that does not end": (b"GET /" + b"a" * 1_000_000, 414),
    "a header": (b"GET / HTTP/1.1\r\nname: " + b"v" * 100_000 + b"\r\n\r\n", 431),
    "a header that does not end": (b"GET / HTTP/1.1\r\nname: " + b"v" * 1_000_000, 431),
    "a name that does not end": (b"GET / HTTP/1.1\r\n" + b"n" * 1_000_000, 431),
    "headers": (b"GET / HTTP/1.1\r\n" + b"name: value\r\n" * 101 + b"\r\n", 431),
    "headers without end": (b"GET / HTTP/1.1\r\n" + b"n: v\r\n" * 20_000, 431),
    "headers, together": (
        b"GET / HTTP/1.1\r\n" + (b"n: " + b"v" * 2_000 + b"\r\n") * 60 + b"\r\n",
        431,
    ),
    "trailers": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"n: v\r\n" * 200 + b"\r\n",
        431,
    ),
}


@pytest.mark.parametrize("large", LARGE)
@pytest.mark.parametrize("before", [b"", b"GET /first HTTP/1.1\r\n\r\n"])
def test_what_is_too_large_is_refused_in_words(usual: Address, large: str, before: bytes) -> None:
    request, expected = LARGE[large]
    answer = sent(usual, before + request)
    if before:  # what came before it has its answer first
        assert b"GET /first 0" in answer
    status, sentence = refusal(answer[answer.rindex(b"HTTP/1.1 ") :])
    assert status == expected
    assert "the most that " in sentence


def test_no_trailer_becomes_a_header(usual: Address) -> None:
    request = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n0\r\nX-Forwarded-For: ::1\r\nHost: other\r\n\r\n"
    )
    assert sent(usual, request).endswith(b"POST / 3 2")


def test_a_body_without_end_is_closed_though_it_was_answered() -> None:
    bounds = replace(Bounds(), body_bytes=1_000_000, linger_seconds=0.1, look_seconds=0.02)
    with serving(bounds) as address:
        answer = sent(
            address, b"POST /early HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", b"x" * 9_000_000
        )
    assert answer == b"" or b"POST /early 0" in answer


# Form


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown method": b"BREW / HTTP/1.1\r\n\r\n",
    "a method in small letters": b"get / HTTP/1.1\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\n\r\n",
    "a path that is none": b"GET http:// HTTP/1.1\r\n\r\n",
    "a path beyond ASCII": b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: value\r\n\r\n",
    "a header with a space": b"GET / HTTP/1.1\r\nna me: value\r\n\r\n",
    "a header with a zero": b"GET / HTTP/1.1\r\nname: a\x00b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n name: value\r\n\r\n",
    "a length twice": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "the same length twice": b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "a negative length": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "a length with a sign": b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
    "a huge length": b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "a length in words": b"POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
    "a length in hexadecimal": b"POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\na",
    "a broken length": b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n0123456789",
    "an empty length": b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
    "an empty length and a space": b"POST / HTTP/1.1\r\nContent-Length:  \r\n\r\n",
    "two lengths in one": b"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na",
    "a length and chunks": (
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "a coding that is unknown": b"POST / HTTP/1.1\r\nTransfer-Encoding: zip\r\n\r\nabc",
    "chunks, then something": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, zip\r\n\r\nabc",
    "a chunk of no size": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "a chunk of negative size": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n",
    "a chunk beyond numbers": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n"
    ),
    "a chunk that is longer": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_in_words(server: Address, name: str) -> None:
    status, sentence = refusal(sent(server, MALFORMED[name]))
    assert status in (400, 422)
    assert re.fullmatch(r"(The|This) .*\.", sentence)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_was_asked_before_is_answered_before(usual: Address, name: str) -> None:
    answer = sent(usual, b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n" + MALFORMED[name])
    assert 0 < answer.index(b"GET /a 0 0HTTP/1.1 200") < answer.index(b"GET /b 0 0HTTP/1.1 4")
    assert refusal(answer[answer.rindex(b"HTTP/1.1 ") :])[0] in (400, 422)


@pytest.mark.parametrize("name", ["websocket", "h2c", "nonsense"])
def test_an_upgrade_that_is_not_offered_is_answered_without(usual: Address, name: str) -> None:
    request = f"GET /up HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: {name}\r\n\r\n".encode()
    with connected(usual) as connection:
        connection.sendall(request)
        assert connection.recv(1 << 16).endswith(b"GET /up 0 2")


def test_pipelined_requests_are_answered_in_their_order(usual: Address) -> None:
    requests = b"".join(
        b"POST /%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (number, number, b"x" * number)
        for number in range(200)
    )
    answer = sent(usual, requests, b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n")
    found = re.findall(rb"POST /(\d+) (\d+) 1", answer)
    assert found == [(b"%d" % number,) * 2 for number in range(200)]
    assert answer.endswith(b"GET /last 0 1")


def test_who_leaves_within_a_body_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Nor does one whose body breaks: on the whole application, which reads bodies in two ways."""
    with serving(Bounds(), create_app()) as address:
        for path, kind in (("/api/expression", "application/json"), ("/api/images", "image/png")):
            head = f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\n"
            with connected(address) as connection:
                connection.sendall(f"{head}Content-Length: 9\r\n\r\n123".encode())
            chunks = "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nzz"
            assert refusal(sent(address, (head + chunks).encode()))[0] == 400
            # By its answer it has seen what came before.
            assert asked(address, "POST", path, "Content-Length: 0")[0] in (415, 422)
    assert not caplog.records


# Connections


def test_a_class_behind_one_address_is_let_in() -> None:
    assert Bounds.connections_each >= 300 * 6
    assert Bounds.connections > Bounds.connections_each


@pytest.mark.parametrize("bound", ["connections", "connections_each"])
def test_more_connections_than_there_may_be_are_refused_in_words(bound: str) -> None:
    bounds = replace(Bounds(), **{bound: 5})
    request = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    with serving(bounds) as address:
        with ExitStack() as stack:
            held = [stack.enter_context(connected(address)) for _ in range(5)]
            for connection in held:
                connection.sendall(b"GET /held HTTP/1.1\r\n\r\n")
                answered(connection, b"GET /held 0 0")
            status, sentence = refusal(sent(address))
            assert (status, "too many connections" in sentence) == (503, True)
        # Those that left have made room.
        wait_until(lambda: sent(address, request).endswith(b"GET / 0 1"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_whom_an_address_belongs_to(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


# Methods


def paths_read() -> list[str]:
    """An address of each path that is read, with all that it needs."""
    app: FastAPI = create_app()
    found = ["/static/icon.svg", "/static/manifest.json", "/openapi.json", "/docs", "/healthz"]
    found += ["/", "/expression", "/network", "/convolution", "/activations", "/training"]
    found += ["/network?architecture=nothing"]
    needed = {
        "/api/architectures/{name}": "/api/architectures/alexnet",
        "/api/images/{name}": "/api/images/chelsea?size=64",
        "/api/optimised-input/frames": "",  # a stream: see below
        "/api/experiments/{name}/frames": "",
        "/api/exercises/{name}": "/api/exercises/hinge-loss",
        "/api/cuts/{name}/{number}": "/api/cuts/chelsea/3",
    }
    for path, methods in app.openapi()["paths"].items():
        if "get" in methods and (asked_for := needed.get(path, path)):
            assert "{" not in asked_for
            found.append(asked_for)
    return found


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", paths_read())
def test_head_answers_what_get_does_without_its_body(
    server: Address, path: str, encoding: str
) -> None:
    headers = (f"Accept-Encoding: {encoding}", "Accept: text/html,*/*")
    status, read = asked(server, "GET", path, *headers)
    assert status in (200, 422)
    assert (status, read) == (*same_date(asked(server, "HEAD", path, *headers), read),)
    assert "content-length" in read


def same_date(answer: tuple[int, dict[str, str]], other: dict[str, str]) -> Any:
    return answer[0], answer[1] | {"date": other["date"]}


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/static/nothing", 404), ("/api/expression", 405)]
)
def test_head_is_refused_as_get_is(server: Address, path: str, status: int) -> None:
    assert asked(server, "HEAD", path)[0] == asked(server, "GET", path)[0] == status


def test_head_of_a_stream_starts_no_run() -> None:
    """Its headers come though nobody could compute a frame."""
    app = create_app()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.workers.runs.run", None)  # whoever calls it fails
        client = TestClient(app)
        path = "/api/optimised-input/frames?layer=features.3.concat&channel=3"
        for _ in range(10):  # more than there are places for
            answer = client.head(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            assert answer.content == b""
            assert not app.state.places.present
        assert client.head("/api/optimised-input/frames").status_code == 422


ALLOWED = {
    "/": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/static/icon.svg": "GET, HEAD",
    "/api/expression": "POST",
    "/api/images": "GET, HEAD, POST",
    "/api/attributions": "GET, HEAD, POST",
    "/api/images/chelsea": "GET, HEAD",
}


@pytest.mark.parametrize("path", ALLOWED)
def test_allow_names_all_methods_of_a_path(server: Address, path: str) -> None:
    status, headers = asked(server, "OPTIONS", path)
    assert (status, headers["allow"]) == (204, ALLOWED[path])
    for method in ("DELETE", "PATCH", "PUT", "TRACE", "PROPFIND"):
        status, headers = asked(server, method, path, "Content-Length: 0")
        assert (status, headers["allow"]) == (405, ALLOWED[path])


def test_what_is_not_there_allows_nothing(server: Address) -> None:
    for method in ("OPTIONS", "HEAD", "DELETE"):
        status, headers = asked(server, method, "/nothing")
        assert status == 404
        assert "allow" not in headers


# Host


HOSTS = [
    "other.example",
    "other.example:81",
    "other.example@here",
    "other.example/path",
    "other.example?x=",
    "other.example\\",
    "a b",
    "a'b",
    'a"b',
    "$(id)",
    "`id`",
    "a;id",
    "a,b",
    "a\tb",
    "-a",
    "é",
    "a:999999",
    "a" * 300,
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/network/", "/docs/", "/healthz/", "/api/ops/?x=//y"])
def test_a_redirect_stays_here(server: Address, host: str, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = sent(server, request.encode())
    location = re.search(rb"\r\nlocation: (.*)\r\n", answer)
    assert location
    assert location[1].decode() == path.replace("/?", "?").rstrip("/")
    assert host.encode() not in answer or len(host) < 3


@pytest.mark.parametrize("path", ["//other.example", "//other.example/", "/\\other.example/", "//"])
def test_no_path_becomes_another_server(server: Address, path: str) -> None:
    _, headers = asked(server, "GET", path)
    assert not re.match(r"(//|/\\|\w+:)", headers.get("location", ""))


@pytest.mark.parametrize("host", HOSTS)
def test_a_command_has_no_host_but_a_plain_one(server: Address, host: str) -> None:
    body = json.dumps({"expression": "x", "inputs": {"x": 1}, "format": "curl"})
    head = f"POST /api/expression/export HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
    size = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = sent(server, (head + size + body).encode()).decode()
    plain = host in ("other.example", "other.example:81")
    expected = host if plain else f"{server[0]}:{server[1]}"
    assert f"\r\ncurl http://{expected}/api/expression \\\n" in answer


def test_two_hosts_are_no_host(server: Address) -> None:
    request = b"GET /docs/ HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"
    assert b"\r\nlocation: /docs\r\n" in sent(server, request)


# Settings


SETTINGS = {
    "PORT=abc": "PORT is 'abc', which is no port",
    "PORT=99999": "PORT is '99999', which is no port",
    "PORT=-1": "PORT is '-1', which is no port",
    "PORT=8_000": "PORT is '8_000', which is no port",
    "PORT=٨٠٠٠": "which is no port",
    "PORT=80.0": "PORT is '80.0', which is no port",
    "HOST=256.1.1.1": "HOST is '256.1.1.1', which is no address of this machine",
    "HOST=[::1]": "HOST is '[::1]', which is no address of this machine",
    "HOST=::nonsense": "HOST is '::nonsense', which is no address of this machine",
    "HOST=.no..name": "HOST is '.no..name', which is no address of this machine",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_cannot_be_is_told_in_a_sentence(setting: str) -> None:
    name, _, value = setting.partition("=")
    with pytest.raises(SystemExit) as left:
        _ = port_named(value) if name == "PORT" else listening(value, 0)
    assert SETTINGS[setting] in str(left.value)
    assert ": set " in str(left.value)


def test_a_port_that_takes_rights_is_told_in_a_sentence() -> None:
    said = unavailable("127.0.0.1", 80, PermissionError(errno.EACCES, "Permission denied"))
    assert said.startswith("Port 80 of 127.0.0.1 may not be used by this user: choose one above")


def test_a_port_in_use_is_named_and_nothing_else_is_said() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        settings = {"HOST": "127.0.0.1", "PORT": str(port)}
        done = subprocess.run(
            [sys.executable, "-m", "app"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Port {port} of 127.0.0.1 is in use: stop what runs there")
    assert done.stderr.count("\n") == 1


def test_an_empty_setting_is_none() -> None:
    """`HOST=` in an environment file is no wish to be seen by the whole network."""
    with subprocess.Popen(
        [sys.executable, "-m", "app"],
        env={**os.environ, "HOST": "", "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        process.kill()
    assert said.startswith("Backlight is on http://127.0.0.1:")


# Keeping


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", "no-cache"),
        ("GET", "/docs", "no-cache"),
        ("GET", "/api/ops", "no-cache"),
        ("GET", "/openapi.json", "no-cache"),
        ("GET", "/healthz", "no-cache"),
        ("GET", "/docs/", "no-cache"),
        ("GET", "/static/icon.svg", "no-cache"),
        ("GET", "/nothing", "no-store"),
        ("GET", "/static/nothing", "no-store"),
        ("GET", "/network?architecture=nothing", "no-store"),
        ("GET", "/api/expression", "no-store"),
        ("POST", "/api/expression", "no-store"),
        ("GET", "/api/images/chelsea", "public, max-age=86400"),
        ("OPTIONS", "/api/ops", "no-store"),
    ],
)
def test_every_answer_says_whether_it_may_be_kept(
    server: Address, method: str, path: str, expected: str
) -> None:
    assert asked(server, method, path)[1]["cache-control"] == expected
