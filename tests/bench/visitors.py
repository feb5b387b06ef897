"""A class opens /activations: three hundred visitors within ten seconds, on loopback, each with six
connections and a cache, as a browser has. Bounded: so many visits, each of so many requests."""

import asyncio
import json
import random
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

import uvloop

from tests.bench.server import AT, NEURON, serving
from tests.bench.timing import Comparison

VISITORS, SECONDS = 300, 10.0
CONNECTIONS = 6
ALONE = 9  # visits of one visitor, one after the other
TENSORS = "application/vnd.safetensors"
LOOK = {"model": "squeezenet1_1", "image": "coffee"}
# As static/src/activations/look.svelte.ts asks for what the network sees.
PICTURE = {"layers": ["input"], "include": ["activation"], "encoding": "float32", "top": 1}
LAYER, SIDE = "features.0", 113  # whose units are asked about, one a visitor
PATIENCE = 60.0
LOADED = re.compile(rb'(?:src|href)="(/static/assets/[^"]+\.(?:js|css|woff2))"')
FONT = re.compile(rb"url\((/static/assets/(?:inter|jetbrains-mono)-latin-wght[^)]+\.woff2)\)")
WRITTEN = re.compile(rb'<script type="application/json" id="maps">(.*?)</script>', re.S)


class Connection:
    """HTTP/1.1, kept open; one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, path: str, body: Any = None, accept: str = "*/*") -> tuple[int, bytes]:
        """Status and body of a GET, or of a POST where there is a question."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self.streams
        head = (
            f"host: 127.0.0.1\r\naccept: {accept}\r\naccept-encoding: gzip, br\r\n"
            "user-agent: Mozilla/5.0 (bench)\r\n"
        )
        if body is None:
            writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        else:
            data = json.dumps(body).encode()
            kind = f"content-type: application/json\r\ncontent-length: {len(data)}\r\n"
            writer.write(f"POST {path} HTTP/1.1\r\n{head}{kind}\r\n".encode() + data)
        said = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"\r\ncontent-length: (\d+)", said)
        assert length, said
        data = await reader.readexactly(int(length[1]))
        if b"\r\ncontent-encoding: gzip" in said:
            import gzip

            data = gzip.decompress(data) if path.startswith("/activations") else data
        return int(said.split(b" ", 2)[1]), data

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()


class Visit:
    """The page, its files, its first answer and one more."""

    def __init__(self, port: int, number: int) -> None:
        self.connections: asyncio.Queue[Connection] = asyncio.Queue()
        self.all = [Connection(port) for _ in range(CONNECTIONS)]
        for connection in self.all:
            self.connections.put_nowait(connection)
        self.number = number
        self.busy = 0
        self.cache: set[str] = set()

    async def fetch(self, path: str, body: Any = None, accept: str = "*/*") -> bytes:
        connection = await self.connections.get()
        try:
            status, data = await connection.send(path, body, accept)
        finally:
            self.connections.put_nowait(connection)
        self.busy += status == 503
        if status not in (200, 503):
            raise RuntimeError(f"{status} {path} {data[:300]!r}")
        return data

    async def load(self, paths: list[bytes]) -> list[bytes]:
        fresh = [path.decode() for path in paths if path.decode() not in self.cache]
        self.cache.update(fresh)
        return await asyncio.gather(*map(self.fetch, fresh))

    async def go(self) -> float:
        """How long it took, in seconds."""
        begun = time.perf_counter()
        page = await self.fetch("/activations", accept="text/html")
        await self.load(LOADED.findall(page))
        written = WRITTEN.search(page)
        assert written, "the page says what it asks first"
        maps = await self.fetch("/api/activations", LOOK | json.loads(written[1]), TENSORS)
        assert len(maps) > 10_000
        seen = await self.fetch("/api/activations", LOOK | PICTURE, TENSORS)
        assert len(seen) > 10_000
        row, column = divmod(self.number, SIDE)
        unit = {"layer": LAYER, "channel": 3, "row": row, "column": column}
        told = await self.fetch("/api/activations", LOOK | {"top": 1, "unit": unit}, TENSORS)
        assert len(told) > 500
        for connection in self.all:
            connection.close()
        return time.perf_counter() - begun


async def small_questions(port: int, until: asyncio.Event | None, count: int) -> list[float]:
    """How long small questions take, one every 20 ms."""
    connection, draw, found = Connection(port), random.Random(2), list[float]()
    while len(found) < count if until is None else not until.is_set():
        body = {"expression": NEURON, "inputs": {**AT, "w0": draw.uniform(1, 3)}}
        begun = time.perf_counter()
        status, _ = await connection.send("/api/expression", body)
        assert status == 200
        found.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    connection.close()
    return found


async def measured(port: int) -> dict[str, Any]:
    await asyncio.sleep(15)  # what pages ask first is made ready meanwhile
    alone = [await Visit(port, 12_000 + i).go() for i in range(ALONE)]
    idle = await small_questions(port, None, 400)
    over = asyncio.Event()
    asking = asyncio.create_task(small_questions(port, over, 0))
    visits = [Visit(port, i) for i in range(VISITORS)]

    async def come(i: int) -> float:
        await asyncio.sleep(SECONDS * i / VISITORS)
        return await asyncio.wait_for(visits[i].go(), PATIENCE)

    times = await asyncio.gather(*map(come, range(VISITORS)), return_exceptions=True)
    over.set()
    return {
        "alone": alone,
        "times": [one for one in times if isinstance(one, float)],
        "lost": [one for one in times if not isinstance(one, float)],
        "busy": sum(visit.busy for visit in visits),
        "idle": idle,
        "meanwhile": await asking,
    }


def percentile(found: list[float], percent: int) -> float:
    return statistics.quantiles(found, n=100)[percent - 1]


def a_class() -> Iterator[Comparison]:
    """Everybody's whole visit against that of one alone; and one more visitor's small questions."""
    with serving("-m", "app", JOBS_PER_CLIENT=str(VISITORS)) as (port, _):  # all of one address
        found = uvloop.run(measured(port))
    alone = statistics.median(found["alone"])
    lost = len(found["lost"]) + found["busy"]
    yield Comparison("300 visitors, lost or sent away", "none", 1.0 + lost, 1.0, 1.0, "")
    for percent, goal in ((50, 3.0), (99, 10.0)):
        took = percentile(found["times"], percent)
        yield Comparison(f"their visits, p{percent}", "one alone, p50", took, alone, goal)
    yield Comparison(
        "POST neuron meanwhile, p99",
        "idle, p99",
        percentile(found["meanwhile"], 99),
        percentile(found["idle"], 99),
        5.0,
    )
