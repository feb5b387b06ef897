"""A job: what a worker is to do, for whom, and how long it may take."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from app.core.errors import Problem

GRACE_SECONDS = 2.0  # past its limit, the process that does a job is killed


@dataclass(frozen=True, eq=False)
class Job:
    """To be called in a worker's main thread, by any executor."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    seconds: float
    client: str = ""
    placed: bool = False

    def __call__(self) -> Any:
        """Stops when its time is up, so that the worker is free again; C code is not stopped."""

        def stop(number: int, frame: FrameType | None) -> None:
            raise too_long(self.seconds)

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            return self.fn(*self.args)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def too_long(seconds: float) -> Problem:
    return Problem(f"This takes longer than {seconds:g} seconds, the most one question may.")
