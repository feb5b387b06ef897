"""Processes, as /proc has them."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 120  # seconds, on a machine that has much else to do


def session(leader: int) -> dict[int, str]:
    """The processes of a session that are alive, with their command lines."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid = stat.read_text().rpartition(")")[2].split()[:4]
            if int(sid) == leader and state != "Z":
                found[int(stat.parent.name)] = (stat.parent / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait_until(happened: Callable[[], object], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
