"""Work that is counted and not timed: it is the same on a busy machine."""

import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooMuch(AssertionError):
    """More work than there may be; raised in its midst, so that a test ends."""


@contextmanager
def at_most(lines: int) -> Iterator[None]:
    """So many lines of Python may be executed within, a turn of a loop and a call being a line."""
    done = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal done
        done += event in ("call", "line")
        if done > lines:
            raise TooMuch(f"more than {lines:,} lines, the last in {frame.f_code.co_name}")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
    if done > lines:  # and what was raised has been caught
        raise TooMuch(f"more than {lines:,} lines")


@contextmanager
def at_most_held(bytes: int) -> Iterator[None]:
    """So much memory may be taken within at a time, arrays included."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if peak > bytes:
        raise TooMuch(f"{peak:,} bytes, more than {bytes:,}")
