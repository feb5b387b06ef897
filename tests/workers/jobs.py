"""What the tests have workers do."""

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.core.errors import Problem


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


class Unpicklable(Exception):
    def __reduce__(self) -> str:
        raise TypeError("not to be sent")


def fail(how: str) -> Any:
    if how == "unpicklable answer":
        return lambda: None
    if how == "unpicklable error":
        raise Unpicklable("the reason")
    if how == "exit":
        raise SystemExit(3)
    raise ZeroDivisionError("the reason")


def wait_for(marker: Path) -> str:
    """Says beside the marker that it runs, and in which process; the answer comes with it."""
    name = f"{marker.name}.{os.getpid()}"
    (marker.parent / name).touch()
    while not marker.exists():
        time.sleep(0.01)
    return name


def linger(marker: Path, how: str) -> None:
    """Never ends, and lets no alarm end it."""
    with (marker).open("a") as file:
        file.write("run\n")
    if how == "in C":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        ctypes.PyDLL(None).sleep(3600)  # with the interpreter locked
    elif how == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    while True:
        with suppress(Problem):
            spin()
