"""The server, over a socket: one client, the same for every question."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.engine import Neurons
from tests.bench.timing import Comparison, by_turns

NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
AT = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
WITH_TORCH = "import torch, runpy; runpy.run_module('app', run_name='__main__')"


class Connection:
    """HTTP/1.1 on one connection that is kept open; nothing more than it takes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> bytes:
        """The body of the answer, which must be a 200."""
        self.socket.sendall(request)
        received = bytearray()
        while (head := received.find(b"\r\n\r\n")) < 0:
            received += self.more()
        if not received.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(bytes(received[:500]).decode())
        name = b"content-length:"
        length = next(
            int(line[len(name) :])
            for line in received[:head].split(b"\r\n")
            if line.lower().startswith(name)
        )
        while len(received) < head + 4 + length:
            received += self.more()
        return bytes(received[head + 4 :])

    def more(self) -> bytes:
        data = self.socket.recv(1 << 20)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data


def post(question: dict[str, Any], path: str = "/api/expression") -> bytes:
    """The bytes of a POST."""
    body = json.dumps(question).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


GET = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


@contextmanager
def serving(*command: str, **settings: str) -> Iterator[tuple[int, int]]:
    """The port and process id of a server on a free port."""
    environment = {**os.environ, **settings, "HOST": "127.0.0.1", "PORT": "0"}
    # What Python compiles it keeps, as it does on every machine where that is not forbidden.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            announcement = server.stdout.readline()
            yield int(announcement.rstrip().rpartition(":")[2]), server.pid
        finally:
            server.terminate()


def requests() -> Iterator[Comparison]:
    """Small and large questions on a server that is warm."""
    with serving("-m", "app") as (port, _):
        connection = Connection(port)
        # Never the same numbers twice, so that no remembered answer will do.
        draw = random.Random(0)
        neuron = [
            post({"expression": NEURON, "inputs": {**AT, "w0": draw.uniform(1, 3)}})
            for _ in range(50)
        ]
        for request in neuron:
            connection.send(request)

        def one_by_one(requests: list[bytes]) -> Callable[[], None]:
            def ask() -> None:
                connection.send(requests[0])
                requests.append(requests.pop(0))

            return ask

        a, b = by_turns(one_by_one(neuron), one_by_one([GET]), seconds=2)
        yield Comparison("POST sigmoid neuron, p50", "GET /healthz", a, b, 2.0)

        neurons = Neurons(1_000)
        thousand = [
            post(
                {
                    "expression": neurons.text,
                    "inputs": neurons.inputs | {"v0": draw.uniform(0.5, 1.5)},
                    "steps": False,
                }
            )
            for _ in range(50)
        ]
        for request in thousand:
            connection.send(request)
        a, b = by_turns(one_by_one(thousand), neurons.micrograd, seconds=2)
        yield Comparison("POST 1,000 nodes, steps: false", "micrograd in process", a, b, 2.0)


def start() -> Iterator[Comparison]:
    """From the command to the first answer, and what the process then holds."""
    found: dict[str, tuple[list[float], list[float]]] = {"app": ([], []), "torch": ([], [])}
    commands = {"app": ("-m", "app"), "torch": ("-c", WITH_TORCH)}
    for _ in range(3):
        for name, command in commands.items():
            begun = time.perf_counter()
            with serving(*command) as (port, process):
                Connection(port).send(post({"expression": NEURON, "inputs": AT}))
                found[name][0].append(time.perf_counter() - begun)
                found[name][1].append(resident(process))
    (seconds, held), (seconds_torch, held_torch) = (
        [sorted(numbers)[1] for numbers in found[name]] for name in commands
    )
    yield Comparison("start to first answer", "with torch imported", seconds, seconds_torch, 0.4)
    yield Comparison("memory of the web process", "with torch imported", held, held_torch, 0.3, "B")


def resident(process: int) -> float:
    """Bytes of memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return float(line.split()[1]) * 1024
