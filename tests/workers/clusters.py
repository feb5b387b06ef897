"""A Dask cluster of this machine's, each part a process that can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

from tests.workers.processes import session, wait_until

Process = subprocess.Popen[bytes]
ROOT = Path(__file__).resolve().parents[2]
# As the README has it; and none of Dask's pages.
ENVIRONMENT = {"DASK_DISTRIBUTED__WORKER__DAEMON": "False", "PYTHONPATH": str(ROOT)}


def begun(module: str, *arguments: str, until: str, **environment: str) -> Process:
    """Once it has said that it is there."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
    with TemporaryFile() as told:
        process = subprocess.Popen(
            command,
            env={**os.environ, **ENVIRONMENT, **environment},
            stderr=told,
            start_new_session=True,
        )

        def said() -> str:
            return os.pread(told.fileno(), 1 << 20, 0).decode()

        wait_until(lambda: until in said() or process.poll() is not None, f"no {module}")
        assert until in said(), said()
    return process


@dataclass
class Dask:
    """A scheduler and its workers, with a nanny each, which starts them again."""

    port: int
    scheduler: Process
    workers: list[Process] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def hire(self, count: int, **environment: str) -> None:
        for _ in range(count):
            arguments = (self.address, "--nthreads", "1", "--host", "127.0.0.1")
            until = "Registered to"
            self.workers.append(begun("dask_worker", *arguments, until=until, **environment))

    def kill_scheduler(self) -> None:
        kill(self.scheduler)

    def again(self, workers: int) -> None:
        """The scheduler where it was, with other workers."""
        self.dismiss()
        if self.scheduler.poll() is None:
            self.kill_scheduler()
        self.scheduler = scheduler(self.port)
        self.hire(workers)

    def dismiss(self) -> None:
        for worker in self.workers:
            kill(worker)
        self.workers = []


def kill(process: Process) -> None:
    """And all that it has started."""
    for number in {process.pid, *session(process.pid)}:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def scheduler(port: int) -> Process:
    arguments = ("--host", "127.0.0.1", "--port", str(port), "--no-show")
    return begun("dask_scheduler", *arguments, until="Scheduler at")


@contextmanager
def cluster(port: int, workers: int) -> Iterator[Dask]:
    found = Dask(port, scheduler(port))
    try:
        found.hire(workers)
        yield found
    finally:
        found.dismiss()
        kill(found.scheduler)
