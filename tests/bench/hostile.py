"""A sign of life while somebody sends the worst bodies that are taken, one after the other."""

import base64
import json
import socket
import statistics
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

from app.core.errors import Problem
from app.core.expressions.graphs import MAX_NODES
from app.core.expressions.parsing import parse
from tests.bench.server import GET, Connection, post, serving
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


def sent(port: int, method: str, path: str, body: bytes = b"", address: str = "") -> int:
    """The status of the answer to a request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), source_address=(address, 0)) as connection:
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        status = int(connection.recv(1 << 16).split(b" ", 2)[1])
        while connection.recv(1 << 16):
            pass
        return status


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
        parse.cache_clear()
        with suppress(Problem):
            parse(text)

    found = [
        by_turns(lambda text=text: read(text), lambda: read(largest), 0.1, time.process_time)
        for text in [*LARGE, *(text for text, *_ in MISTAKES)]
    ]
    ours, theirs = max(found, key=lambda pair: pair[0] / pair[1])
    yield Comparison("the worst text", f"a text of {MAX_NODES:,} nodes", ours, theirs, 5.0)


def packed(layers: int) -> str:
    """A network of so many bad layers as links carry it."""
    text = json.dumps({"input": [3, 8, 8], "layers": [{"layer": 1}] * layers})
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def links() -> dict[str, str]:
    network = packed(40_000)
    return {
        **{
            f"a network on {page}": f"{page}?network={network}"
            for page in ("/network", "/activations")
        },
        "a long text": "/?expression=" + "-" * 60_000 + "x",
        "an open text": "/?expression=" + "%28" * 20_000,
        "many inputs": "/?expression=x&" + "&".join(f"x{i}={i}" for i in range(6_000)),
        "many layers": "/activations?model=digits&layers=" + "a," * 30_000,
        "an embed": f"/embed/network?network={network}",
        "a nested question": "/convolution?input=" + "%5B" * 20_000,
    }


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def while_probing(port: int, do: Callable[[], None]) -> list[float]:
    """How long signs of life took while something was done."""
    over, found = threading.Event(), list[float]()
    probing = threading.Thread(target=lambda: found.extend(probed(port, over)))
    probing.start()
    try:
        do()
    finally:
        over.set()
        probing.join()
    return found


def bodies() -> Iterator[Comparison]:
    with serving("-m", "app") as (port, _):
        time.sleep(15)  # what pages ask first is made ready meanwhile
        idle = probed(port, None, 1_500)

        def send_bodies() -> None:
            for name, (path, body) in BODIES.items():
                assert len(body) <= MOST, name
                status = sent(port, "POST", path, body)
                assert status in (200, 422), (name, status)

        def follow_links() -> None:
            for name, link in links().items():
                status = sent(port, "GET", link)
                assert status in (200, 414, 422, 431), (name, status)

        for what, do in (("bodies", send_bodies), ("links", follow_links)):
            ours, theirs = p99(while_probing(port, do)), p99(idle)
            yield Comparison(f"GET /healthz, hostile {what}, p99", "idle, p99", ours, theirs, 5.0)


# One client floods, another looks

FLOODER, CONNECTIONS, LOOKS = "127.0.0.2", 50, 24


def looks(port: int, targets: range) -> list[float]:
    """How long each took of some looks that nobody has asked for before."""
    connection, found = Connection(port), list[float]()
    for target in targets:
        question = {"model": "squeezenet1_1", "image": "coffee", "target": target}
        begun = time.perf_counter()
        connection.send(post(question | {"layers": ["features.0"]}, "/api/activations"))
        found.append(time.perf_counter() - begun)
    return found


def flood(port: int, seed: int, over: threading.Event) -> None:
    """The heaviest question again and again, without a pause, whatever the answer."""
    while not over.is_set():
        body = json.dumps({"blocks": 50, "seed": seed}).encode()
        sent(port, "POST", "/api/gradient-sizes", body, FLOODER)
        seed += CONNECTIONS


def floods() -> Iterator[Comparison]:
    with serving("-m", "app") as (port, _):
        time.sleep(15)
        idle = looks(port, range(LOOKS))
        over = threading.Event()
        flooding = [
            threading.Thread(target=flood, args=(port, i, over)) for i in range(CONNECTIONS)
        ]
        for thread in flooding:
            thread.start()
        try:
            time.sleep(2)
            found = looks(port, range(LOOKS, 2 * LOOKS))  # raises if one of them is sent away
        finally:
            over.set()
            for thread in flooding:
                thread.join()
    ours, theirs = map(statistics.median, (found, idle))
    yield Comparison("a look while another floods", "a look, idle", ours, theirs, 3.0)
