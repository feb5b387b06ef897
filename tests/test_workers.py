"""Jobs run in warm processes that are few, patient, mortal and replaced."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.errors import Problem
from app.workers.pool import Busy, Workers, create_executor, run

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def executor() -> Iterator[Workers]:
    with create_executor(workers=2, limit=4) as executor:
        yield executor


def surroundings() -> dict[str, object]:
    import torch

    from app.workers import preload

    return {
        "nice": os.nice(0),
        "threads": torch.get_num_threads(),
        "openmp": os.environ["OMP_NUM_THREADS"],
        "preloaded": preload.FORK_SERVER == os.getppid() != os.getpid(),
    }


def die_once(marker: Path) -> str:
    """Kills its own worker the first time it is run."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def spin() -> None:
    while True:
        pass


def refuse() -> None:
    raise Problem("no op `sigmod`", {"offset": 4}, "sigmoid")


def test_a_worker_is_preloaded_polite_and_single_threaded(executor: Workers) -> None:
    assert asyncio.run(run(executor, surroundings)) == {
        "nice": os.nice(0) + 10,
        "threads": 1,
        "openmp": "1",
        "preloaded": True,
    }


def test_workers_are_preloaded_wherever_the_server_is_started(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from app.workers.pool import create_executor
preloaded = (
    "__import__('app.workers.preload').workers.preload.FORK_SERVER == __import__('os').getppid()"
)
with create_executor() as executor:
    sys.exit(not executor.submit(eval, preloaded).result())
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_a_warm_job_starts_at_once(executor: Workers) -> None:
    executor.warm()
    start = time.perf_counter()
    asyncio.run(run(executor, os.getpid))
    assert time.perf_counter() - start < 1  # importing torch takes two


def test_a_problem_comes_back_whole(executor: Workers) -> None:
    with pytest.raises(Problem) as raised:
        asyncio.run(run(executor, refuse))
    problem = raised.value
    assert (problem.message, problem.where, problem.suggestion) == (
        "no op `sigmod`",
        {"offset": 4},
        "sigmoid",
    )


def test_a_killed_worker_is_replaced_and_the_job_tried_once_more(
    executor: Workers, tmp_path: Path
) -> None:
    assert asyncio.run(run(executor, die_once, tmp_path / "died")) == "alive"


def test_a_job_that_always_kills_its_worker_is_given_up(executor: Workers) -> None:
    with pytest.raises(RuntimeError, match="terminated abruptly"):
        asyncio.run(run(executor, die))
    assert asyncio.run(run(executor, max, 1, 2)) == 2


def test_a_job_that_takes_too_long_is_stopped_and_frees_its_worker(executor: Workers) -> None:
    for _ in range(3):
        with pytest.raises(Problem, match=r"longer than 0.1 seconds, the most one question may"):
            asyncio.run(run(executor, spin, timeout=0.1))
    assert executor.outstanding == 0


def test_a_full_queue_refuses(executor: Workers) -> None:
    async def crowd() -> list[object]:
        jobs = (run(executor, time.sleep, 0.3) for _ in range(6))
        return await asyncio.gather(*jobs, return_exceptions=True)

    outcomes = asyncio.run(crowd())
    assert [type(outcome) for outcome in outcomes].count(Busy) == 2
    assert outcomes.count(None) == 4
    assert asyncio.run(run(executor, max, 1, 2)) == 2


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("processes", [3, 5])
def test_a_server_leaves_no_process_behind(stop: signal.Signals, processes: int) -> None:
    """Stopped while its fork server still loads torch, and when both workers are there."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    with server:
        assert server.stdout
        assert re.fullmatch(r"Backlight is on http://127.0.0.1:\d+\n", server.stdout.readline())
        wait_until(lambda: len(session(server.pid)) >= processes, "too few have started")
        # As a terminal does at Ctrl-C: to the whole group.
        (os.killpg if stop == signal.SIGINT else os.kill)(server.pid, stop)
        server.wait(20)
        wait_until(lambda: not session(server.pid), "processes are left behind")
        _, said = server.communicate()
    assert said == "" or stop == signal.SIGKILL
    assert server.returncode == (-9 if stop == signal.SIGKILL else 0)


def session(leader: int) -> list[int]:
    """The processes of a session that are alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid = stat.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(sid) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_until(happened: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
