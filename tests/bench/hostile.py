"""A sign of life while somebody sends the worst bodies that are taken, one after the other."""

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from app.core.errors import Problem
from app.core.expressions.graphs import MAX_NODES
from app.core.expressions.parsing import parse
from tests.bench.server import GET, Connection, serving
from tests.bench.timing import Comparison, by_turns
from tests.core.expressions.test_expressions import LARGE, MISTAKES

MOST = 24_000_000 - 1_000
LOOK = b'{"model": "squeezenet1_1", "image": "coffee", '
FIELDS = b", ".join(b'"a%d": 1' % i for i in range(1_500_000))
BODIES = {
    "5 million layers": (
        "/api/activations",
        LOOK + b'"layers": [' + b'"!",' * 5_000_000 + b'"!"]}',
    ),
    "1.5 million fields": ("/api/activations", LOOK + FIELDS + b"}"),
    "lists": ("/api/attributions", LOOK + b'"layer": [' + b"[]," * 7_500_000 + b"[]]}"),
    "bad layers": (
        "/api/activations",
        b'{"image": "coffee", "network": {"input": [3, 8, 8], "layers": ['
        + b'{"layer": 1},' * 1_700_000
        + b"1]}}",
    ),
    "nested": ("/api/occlusion", b"[" * MOST),
    "a picture that is none": (
        "/api/activations",
        b'{"model": "digits", "image": "data:image/png;base64,' + b"A" * 14_000_000 + b'"}',
    ),
    "numbers": (
        "/api/expression",
        b'{"expression": "f = x", "inputs": {"x": [' + b"1," * 900_000 + b"1]}}",
    ),
    "fields on a small route": ("/api/window", b"{" + FIELDS[:250_000] + b'": 1}'),
    "just short enough": ("/api/convolution", b'{"bias": [' + b"1," * 15_500 + b"1]}"),
}  # fmt: skip
PROBES = 0.002  # seconds between two signs of life


def post_raw(port: int, path: str, body: bytes) -> int:
    """The status that a body of these bytes is answered with."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return int(connection.recv(1 << 16).split(b" ", 2)[1])


def probed(port: int, until: threading.Event | None, count: int = 0) -> list[float]:
    connection, found = Connection(port), list[float]()
    while len(found) < count if until is None else not until.is_set():
        begun = time.perf_counter()
        connection.send(GET)
        found.append(time.perf_counter() - begun)
        time.sleep(PROBES)
    return found


def texts() -> Iterator[Comparison]:
    """The worst text that is read or refused, of the 64 KB that a text may have."""
    largest = "-" * (MAX_NODES - 1) + "x"

    def read(text: str) -> None:
        with suppress(Problem):
            parse(text)

    found = [
        by_turns(lambda text=text: read(text), lambda: read(largest), 0.1, time.process_time)
        for text in [*LARGE, *(text for text, *_ in MISTAKES)]
    ]
    ours, theirs = max(found, key=lambda pair: pair[0] / pair[1])
    yield Comparison("the worst text", f"a text of {MAX_NODES:,} nodes", ours, theirs, 5.0)


def bodies() -> Iterator[Comparison]:
    with serving("-m", "app") as (port, _):
        time.sleep(15)  # what pages ask first is made ready meanwhile
        idle = probed(port, None, 1_500)
        over, found = threading.Event(), list[float]()
        probing = threading.Thread(target=lambda: found.extend(probed(port, over)))
        probing.start()
        for name, (path, body) in BODIES.items():
            assert len(body) <= MOST, name
            status = post_raw(port, path, body)
            assert status in (200, 422), (name, status)
        over.set()
        probing.join()
    ours, theirs = (statistics.quantiles(times, n=100)[98] for times in (found, idle))
    yield Comparison("GET /healthz, hostile bodies, p99", "idle, p99", ours, theirs, 5.0)
