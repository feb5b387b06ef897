"""Jobs on a Dask cluster: the same frames, whoever is killed, and words where it is gone."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.core.errors import Problem
from app.core.figures import FIGURES
from app.workers.cluster import AWAY, CHILDLESS, EMPTY, UNEQUAL, Cluster
from app.workers.pool import DIED, Unavailable, Workers, create_executor, run
from app.workers.runs import slices
from tests.workers.clusters import ROOT, Dask, cluster
from tests.workers.jobs import die, die_once, refuse, spin, surroundings
from tests.workers.processes import PATIENCE, wait_until
from tests.workers.test_server import serving

RUN = {"data": "spirals", "layers": 2, "units": 8, "steps": 1200}  # of some slices


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def dask() -> Iterator[Dask]:
    with cluster(free_port(), 2) as found:
        yield found


@pytest.fixture(scope="module")
def executor(dask: Dask) -> Iterator[Workers]:
    with create_executor(scheduler=dask.address) as executor:
        yield executor


def question(name: str, given: dict[str, Any]) -> Any:
    return FIGURES[name].question(**given)


def at_home(name: str, given: dict[str, Any]) -> list[Any]:
    """All frames, computed in this process."""
    slice = FIGURES[name].slice
    assert slice
    state, frames = slice(question(name, given), None)
    while state is not None:
        state, more = slice(question(name, given), state)
        frames += more
    return frames


async def frames(executor: Workers, after: Any = lambda: None) -> list[Any]:
    """Those of RUN; `after` is done once the first are there."""
    slice = FIGURES["classifier-2d"].slice
    assert slice
    found: list[Any] = []
    async with aclosing(slices(executor, slice, question("classifier-2d", RUN))) as run:
        async for some, _ in run:
            if not found:
                await asyncio.to_thread(after)
            found += some
    return found


def test_a_job_is_done_in_a_process_as_it_is_here(executor: Workers) -> None:
    assert len(executor.workers) == 3  # one more than threads
    assert asyncio.run(run(executor, surroundings)) == {
        "nice": os.nice(0),
        "threads": 1,
        "openmp": "1",
        "preloaded": True,
    }


def test_what_a_job_raises_is_raised(executor: Workers) -> None:
    with pytest.raises(Problem) as raised:
        asyncio.run(run(executor, refuse))
    assert raised.value.told["suggestion"] == "sigmoid"


def test_a_limit_of_time_holds_and_a_death_is_not_noticed(
    executor: Workers, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="longer than 1 seconds"):
        asyncio.run(run(executor, spin, timeout=1.0))
    assert asyncio.run(run(executor, die_once, tmp_path / "once")) == "alive"
    with pytest.raises(Unavailable, match=DIED):
        asyncio.run(run(executor, die))


def test_frames_are_the_same_though_a_worker_is_killed(executor: Workers) -> None:
    def kill() -> None:
        workers = executor.workers[0].process.client.run(os.getpid)  # type: ignore[union-attr]
        os.kill(min(workers.values()), signal.SIGKILL)

    expected = at_home("classifier-2d", RUN)
    assert asyncio.run(frames(executor)) == expected
    assert asyncio.run(frames(executor, kill)) == expected


def test_two_servers_share_a_cluster(executor: Workers, dask: Dask) -> None:
    with create_executor(scheduler=dask.address) as other:

        async def both() -> list[Any]:
            return await asyncio.gather(frames(executor), frames(other))

        one, two = asyncio.run(both())
    assert one == two == at_home("classifier-2d", RUN)


def test_a_server_answers_by_it(dask: Dask) -> None:
    look = {"model": "squeezenet1_1", "image": "coffee", "top": 1}
    with serving(BACKLIGHT_SCHEDULER=dask.address) as (server, address):
        given = {"points": 20, "degree": 4}
        run = httpx2.post(f"{address}/api/experiments/overfitting", json=given, timeout=PATIENCE)
        assert run.json()["frames"] == at_home("overfitting", given)
        seen = httpx2.post(f"{address}/api/activations", json=look, timeout=PATIENCE).json()
        assert seen["classes"][0]["name"] == "espresso"
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
        assert server.stderr
        assert server.stderr.read() == ""


def test_workers_that_may_start_nothing_say_so() -> None:
    with cluster(free_port(), 0) as found:
        found.hire(1, DASK_DISTRIBUTED__WORKER__DAEMON="True")
        with pytest.raises(Unavailable) as raised:
            Cluster(found.address).seat()
    assert str(raised.value) == CHILDLESS


def test_without_a_scheduler_it_says_so_and_goes_on_once_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.workers.pool.RETRY_SECONDS", (1.0, 1.0))
    with cluster(free_port(), 1) as found, create_executor(scheduler=found.address) as executor:

        def there() -> bool:
            try:
                return bool(asyncio.run(run(executor, surroundings)))
            except Unavailable:
                return False

        wait_until(there, "it does not begin")
        monkeypatch.setattr("app.workers.cluster.CONNECT_SECONDS", 1.0)
        with pytest.raises(Unavailable) as raised:
            asyncio.run(frames(executor, found.kill_scheduler))
        assert str(raised.value) == AWAY
        found.again(workers=1)
        wait_until(there, "it does not go on")
        assert asyncio.run(frames(executor)) == at_home("classifier-2d", RUN)


def test_a_cluster_without_workers_is_told_from_slow_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.workers.cluster.LOOK_SECONDS", 0.5)
    with cluster(free_port(), 0) as found, pytest.raises(Unavailable) as raised:
        Cluster(found.address).seat()
    assert str(raised.value) == EMPTY


def test_other_versions_are_refused(monkeypatch: pytest.MonkeyPatch, dask: Dask) -> None:
    import distributed

    def unequal(self: Any, check: bool = False) -> Any:
        raise ValueError("numpy 2.3.0 and 2.4.0")

    monkeypatch.setattr(distributed.Client, "get_versions", unequal)
    with pytest.raises(Unavailable) as raised:
        Cluster(dask.address).client()
    assert str(raised.value) == UNEQUAL
    assert raised.value.why == "numpy 2.3.0 and 2.4.0"


def test_what_is_no_address_is_said() -> None:
    server = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "PORT": "0", "BACKLIGHT_SCHEDULER": "localhost:8786"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    assert server.returncode == 1
    assert server.stderr.startswith(
        "BACKLIGHT_SCHEDULER is the address of a Dask scheduler, tls://"
    )
    assert server.stderr.endswith("not `localhost:8786`.\n")
