"""Jobs run in warm processes that are few, patient, mortal and replaced."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import Problem
from app.workers import pool, process
from app.workers.pool import Busy, Stopped, Unavailable, Workers, create_executor, run
from tests.workers.jobs import (
    die,
    die_once,
    fail,
    linger,
    refuse,
    spin,
    surroundings,
    wait_for,
)
from tests.workers.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def executor() -> Iterator[Workers]:
    with create_executor(workers=2) as executor:
        yield executor


def processes(executor: Workers) -> list[int]:
    """The workers, once all are there."""
    executor.start()
    wait_until(lambda: all(worker.process for worker in executor.workers), "no workers")
    return [worker.process.process.pid for worker in executor.workers if worker.process]


def test_a_worker_is_preloaded_and_single_threaded(executor: Workers) -> None:
    assert asyncio.run(run(executor, surroundings)) == {
        "nice": os.nice(0),  # as the tests tell it
        "threads": 1,
        "openmp": "1",
        "preloaded": True,
    }


@pytest.mark.parametrize(("written", "nice"), [("", 10), ("3", 3)])
def test_workers_stand_back_as_far_as_they_are_told(written: str, nice: int) -> None:
    code = """
import os
from app.workers.pool import create_executor
with create_executor(workers=1) as executor:
    print(executor.submit(os.nice, 0).result() - os.nice(0))
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "WORKERS_NICE": written},
        capture_output=True,
        check=True,
        text=True,
    )
    assert int(told.stdout) == min(nice, 19 - os.nice(0))


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
    with pytest.raises(Unavailable, match="ended twice without an answer"):
        asyncio.run(run(executor, die))
    assert asyncio.run(run(executor, max, 1, 2)) == 2


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ("plainly", ZeroDivisionError, "the reason"),
        ("unpicklable answer", Exception, "lambda"),
        ("unpicklable error", RuntimeError, "the reason"),
        ("exit", SystemExit, "3"),
    ],
)
def test_whatever_a_job_raises_comes_back_and_says_where(
    executor: Workers, how: str, error: type[BaseException], says: str
) -> None:
    before = processes(executor)
    future = executor.submit(fail, how)
    found = future.exception(60)
    assert isinstance(found, error)
    assert says in str(found)
    assert "in fail" in "".join([*getattr(found, "__notes__", ()), str(found)]) or "answer" in how
    assert processes(executor) == before


def test_what_cannot_be_sent_is_the_askers_mistake(executor: Workers) -> None:
    with pytest.raises(Exception, match="lambda"):
        asyncio.run(run(executor, lambda: 1))
    assert executor.outstanding == 0
    assert asyncio.run(run(executor, max, 1, 2)) == 2


def test_a_job_that_takes_too_long_is_stopped_and_frees_its_worker(executor: Workers) -> None:
    before = processes(executor)
    for _ in range(3):
        with pytest.raises(Problem, match=r"longer than 0.1 seconds, the most one question may"):
            asyncio.run(run(executor, spin, timeout=0.1))
    assert executor.outstanding == 0
    assert processes(executor) == before


@pytest.mark.parametrize("how", ["in C", "in Python", "stopped"])
def test_a_job_that_cannot_be_stopped_is_ended_with_its_worker_and_not_tried_again(
    executor: Workers, tmp_path: Path, how: str
) -> None:
    with pytest.raises(Problem, match=r"longer than 0.1 seconds, the most one question may"):
        asyncio.run(run(executor, linger, tmp_path / "runs", how, timeout=0.1))
    assert (tmp_path / "runs").read_text() == "run\n"
    assert asyncio.run(run(executor, max, 1, 2)) == 2


def test_a_worker_that_dies_takes_no_other_job_with_it(executor: Workers, tmp_path: Path) -> None:
    async def both() -> list[str]:
        asked = (run(executor, wait_for, tmp_path / name, timeout=60, client=name) for name in "ab")
        jobs = [asyncio.ensure_future(job) for job in asked]
        (killed,) = await started(tmp_path, "a", 1)
        os.kill(killed, signal.SIGKILL)
        await started(tmp_path, "a", 2)
        for name in "ab":
            (tmp_path / name).touch()
        return await asyncio.gather(*jobs)

    asyncio.run(both())
    assert len(list(tmp_path.glob("a.*"))) == 2
    assert len(list(tmp_path.glob("b.*"))) == 1


@pytest.mark.parametrize("whom", ["fork server", "workers", "all"])
@pytest.mark.parametrize("when", ["idle", "in mid-job"])
def test_whatever_is_killed_is_started_again_and_what_was_asked_answered(
    executor: Workers, tmp_path: Path, whom: str, when: str
) -> None:
    marker = tmp_path / "go"

    async def kill_and_ask() -> str:
        fork_server, workers = await run(executor, os.getppid), processes(executor)
        killed = {"fork server": [fork_server], "workers": workers, "all": [fork_server, *workers]}
        job = asyncio.ensure_future(run(executor, wait_for, marker, timeout=60))
        if when == "idle":
            marker.touch()
            await job
        else:
            await started(tmp_path, "go", 1)
        for number in killed[whom]:
            os.kill(number, signal.SIGKILL)
        marker.touch()
        return await job if when == "in mid-job" else await run(executor, wait_for, marker)

    assert asyncio.run(kill_and_ask()).startswith("go.")


def test_an_idle_worker_that_dies_is_replaced_before_it_is_needed(executor: Workers) -> None:
    before = processes(executor)
    for number in before:
        os.kill(number, signal.SIGKILL)
    wait_until(lambda: not set(processes(executor)) & set(before), "dead workers are kept")
    assert len(processes(executor)) == 2


async def started(folder: Path, name: str, most: int) -> list[int]:
    """The processes in which a waiting job has been started, once there are so many."""
    while len(found := list(folder.glob(f"{name}.*"))) < most:
        await asyncio.sleep(0.01)
    return [int(path.suffix[1:]) for path in found]


def test_a_full_queue_refuses(tmp_path: Path) -> None:
    async def crowd(executor: Workers) -> list[object]:
        asked = (run(executor, wait_for, tmp_path / "go", timeout=60) for _ in range(6))
        jobs = [asyncio.ensure_future(job) for job in asked]
        while sum(job.done() for job in jobs) < 2:
            await asyncio.sleep(0.01)
        (tmp_path / "go").touch()
        return await asyncio.gather(*jobs, return_exceptions=True)

    with create_executor(workers=2, limit=4, share=1) as executor:
        outcomes = asyncio.run(crowd(executor))
        assert [type(outcome) for outcome in outcomes].count(Busy) == 2
        assert asyncio.run(run(executor, max, 1, 2)) == 2


def test_one_client_has_a_share_and_another_finds_a_worker_free(
    executor: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "REFUSED_SECONDS", 0)

    async def flood() -> None:
        asked = (
            run(executor, wait_for, tmp_path / "go", timeout=60, client="a") for _ in range(50)
        )
        jobs = [asyncio.ensure_future(job) for job in asked]
        for _ in range(10):
            assert await run(executor, max, 1, 2, client="b") == 2
        assert not (tmp_path / "go").exists()
        (tmp_path / "go").touch()
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        refused = [str(outcome) for outcome in outcomes if isinstance(outcome, Busy)]
        assert len(refused) == 42
        assert set(refused) == {
            "8 questions of your address are being answered, the most at once. "
            "Try again in a moment."
        }

    asyncio.run(flood())
    assert executor.outstanding == 0


def test_at_a_stop_what_waits_is_refused_and_what_runs_has_little_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "STOP_SECONDS", 0.1)

    async def stopped(executor: Workers) -> list[object]:
        asked = (run(executor, wait_for, tmp_path / "never", timeout=600) for _ in range(4))
        jobs = [asyncio.ensure_future(job) for job in asked]
        await started(tmp_path, "never", 1)
        executor.stop()
        with pytest.raises(Stopped):
            await run(executor, max, 1, 2)
        return await asyncio.gather(*jobs, return_exceptions=True)

    with create_executor(workers=2) as executor:
        outcomes = asyncio.run(stopped(executor))
    assert [str(outcome) for outcome in outcomes] == [str(Stopped())] * 4


def test_a_fork_server_that_takes_seconds_to_go_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine a killed one still counts as running, and connects to nobody."""
    waited: list[float] = []
    start = process.start

    def refused_at_first(started: object) -> None:
        if sum(waited) < 5:
            raise ConnectionRefusedError
        start(started)

    monkeypatch.setattr(process, "sleep", waited.append)
    monkeypatch.setattr(process, "start", refused_at_first)
    worker = process.WorkerProcess()
    assert worker.alive
    worker.close()
