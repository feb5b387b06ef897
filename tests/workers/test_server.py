"""The server as a process: stopped, killed in part, flooded, and without a torch that loads."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.workers.pool import RUNS_EACH
from tests.workers.processes import PATIENCE, session, wait_until

ROOT = Path(__file__).resolve().parents[2]
ALL = 6  # the server, its resource tracker, its fork server, three workers
CLIMB = "/api/optimised-input/frames?model=squeezenet1_1&layer=features.12.concat&channel=2"


@contextmanager
def serving(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server in a session of its own, and its address."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    with server:
        try:
            assert server.stdout
            announced = server.stdout.readline()
            assert re.fullmatch(r"Backlight is on http://127.0.0.1:\d+\n", announced)
            yield server, announced.split()[-1]
        finally:
            for process in session(server.pid):
                os.kill(process, signal.SIGKILL)


def said_until_its_end(server: subprocess.Popen[str]) -> str:
    server.wait(PATIENCE)
    wait_until(lambda: not session(server.pid), "processes are left behind")
    return server.communicate()[1]


STOPS = [
    (signal.SIGTERM, os.kill),
    (signal.SIGTERM, os.killpg),  # as a service is stopped
    (signal.SIGINT, os.killpg),  # as a terminal does at Ctrl-C
    (signal.SIGKILL, os.kill),
]


@pytest.mark.parametrize(
    ("stop", "send", "processes"),
    # The first of them with all processes is below, where streams are under way.
    [*((*stop, 3) for stop in STOPS), *((*stop, ALL) for stop in STOPS[1:])],
)
def test_a_server_leaves_no_process_behind(stop: signal.Signals, send: Any, processes: int) -> None:
    """Stopped while its fork server still loads torch, and when all workers are there."""
    with serving() as (server, _):
        wait_until(lambda: len(session(server.pid)) >= processes, "too few have started")
        send(server.pid, stop)
        said = said_until_its_end(server)
    assert said == "" or stop == signal.SIGKILL
    assert server.returncode == (-9 if stop == signal.SIGKILL else 0)


def events(response: httpx2.Response) -> Iterator[tuple[str, Any]]:
    """What a stream says, as it comes."""
    lines = response.iter_lines()
    for line in lines:
        if line.startswith("event: "):
            data = next(lines)
            yield line.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_streams_end_in_words_whatever_is_killed_and_when_the_server_is_stopped() -> None:
    """One server for all of it: each has to load torch."""
    check = {"expression": "f = sigmoid(x)", "inputs": {"x": 1}}
    with serving() as (server, address), httpx2.Client(timeout=PATIENCE) as visitor:
        # The fork server last: workers outlive it, and it is back when one of them is not.
        for whom in ("workers", "all but the server", "fork server"):
            wait_until(lambda: len(session(server.pid)) == ALL, "too few have started")
            with visitor.stream("GET", f"{address}{CLIMB}&steps=32") as response:
                told = events(response)
                assert next(told)[0] == "frame"
                for process in victims(server.pid, whom):
                    os.kill(process, signal.SIGKILL)
                *_, (name, _) = told
            assert name == "done", whom
            answer = visitor.post(f"{address}/api/gradient-check", json=check)
            assert answer.status_code == 200, whom
        with visitor.stream("GET", f"{address}{CLIMB}&steps=512") as response:
            told = events(response)
            assert next(told)[0] == "frame"
            server.send_signal(signal.SIGTERM)
            *_, (name, last) = told
        assert said_until_its_end(server) == ""
    assert name == "problem"
    assert last["message"] == "The server is being stopped. Try again in a moment."
    assert server.returncode == 0


def victims(leader: int, whom: str) -> list[int]:
    """The fork server is the oldest of those that have its command line."""
    forks = sorted(pid for pid, command in session(leader).items() if "forkserver" in command)
    everybody = [pid for pid in session(leader) if pid != leader]
    return {"fork server": forks[:1], "workers": forks[1:]}.get(whom, everybody)


@pytest.mark.parametrize("fault", ["raise ImportError('no such library')", "1 / 0"])
def test_where_torch_does_not_load_the_rest_works(tmp_path: Path, fault: str) -> None:
    (tmp_path / "torch.py").write_text(fault)
    with (
        serving(PYTHONPATH=str(tmp_path)) as (server, address),
        httpx2.Client(timeout=PATIENCE, base_url=address) as visitor,
    ):
        assert server.stderr
        said = server.stderr.readline()
        assert said.startswith("This needs PyTorch, which does not load on this server;")
        assert 'python -c "import torch"' in said
        assert re.search(r"\((ImportError: no such library|ZeroDivisionError: .*)\)$", said)
        check = {"expression": "f = sigmoid(x)", "inputs": {"x": 1}}
        for _ in range(2):
            refused = visitor.post("/api/gradient-check", json=check)
            assert refused.status_code == 503
            assert "retry-after" not in refused.headers
            assert refused.json()["message"] == said.rpartition(" (")[0]
        (event,) = events(visitor.get(f"{CLIMB}&steps=8"))
        assert event == ("problem", refused.json())
        assert visitor.post("/api/expression", json=check).status_code == 200
        assert visitor.get("/activations").status_code == 200
        server.send_signal(signal.SIGTERM)
        assert said_until_its_end(server) == ""
        assert server.returncode == 0


@pytest.mark.parametrize(
    ("name", "bounds", "number"),
    [
        ("JOBS_PER_CLIENT", "at least 1", "many"),
        ("JOBS_PER_CLIENT", "at least 1", "0"),
        ("JOBS_PER_CLIENT", "at least 1", "1.5"),
        ("JOBS_PER_CLIENT", "at least 1", "-1"),
        ("WORKERS_NICE", "0 to 19", "-1"),
        ("WORKERS_NICE", "0 to 19", "20"),
    ],
)
def test_a_setting_that_is_no_such_number_is_said(name: str, bounds: str, number: str) -> None:
    server = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "PORT": "0", name: number},
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    assert server.returncode == 1
    assert server.stderr == f"{name} is a whole number of {bounds}, not `{number}`.\n"


TABS, AT_ONCE = 200, 40
LONG_RUN = {"data": "spirals", "layers": 3, "units": 16, "steps": 3000}


def test_two_hundred_tabs_that_are_opened_and_left_leave_nothing_behind() -> None:
    """With a worker killed in between, more tabs than there are places, and some left in line."""
    with serving() as (server, address), httpx2.Client(timeout=PATIENCE) as visitor:
        wait_until(lambda: len(session(server.pid)) == ALL, "too few have started")
        path = f"{address}/api/experiments/classifier-2d/frames"
        wait_until(lambda: at_rest(server.pid), "it never has all that it keeps ready")
        held = resident(server.pid)
        for wave in range(TABS // AT_ONCE):
            with ExitStack() as tabs:
                for tab in range(AT_ONCE):
                    question = LONG_RUN | {"seed": wave * AT_ONCE + tab}
                    opened = tabs.enter_context(visitor.stream("GET", path, params=question))
                    assert opened.status_code == 200
                    name, _ = next(events(opened))
                    assert name in ("frame", "waiting")
                for process in victims(server.pid, "workers")[wave % 3 :: 3]:
                    os.kill(process, signal.SIGKILL)
        wait_until(lambda: len(session(server.pid)) == ALL, "not all are back")
        wait_until(lambda: at_rest(server.pid), "something still computes")
        assert resident(server.pid) < held + 40e6
        with ExitStack() as tabs:
            for seed in range(3 * RUNS_EACH // 2):  # all that one address may have
                again = visitor.stream("GET", path, params=LONG_RUN | {"seed": seed})
                assert next(events(tabs.enter_context(again)))[0] == "frame"


def resident(process: int) -> float:
    """Bytes that it has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def at_rest(leader: int) -> bool:
    """Whether none of its processes takes time that anybody else could have."""

    def spent() -> list[list[str]]:
        found = [Path(f"/proc/{pid}/stat").read_text() for pid in session(leader)]
        return [stat.rpartition(")")[2].split()[11:13] for stat in found]

    before = spent()
    time.sleep(0.5)
    return spent() == before
