"""Runs: their places, and their frames as they come.

A run is a fold: `slice(question, state)` gives the next state, None when it is over, and the frames
of it. Each slice is a job of its own for the workers, so that runs take turns with each other and
with every other question, and leaving a run stops it at the next slice.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from app.workers.pool import Busy, run

Slice = Callable[[Any, Any], tuple[Any, list[Any]]]

MOST_RUNS, SHARE = 16, 4
SECONDS = 20.0  # what one slice may take


class Runs:
    """How many runs there may be at a time, and of one client; more are refused rather than all be
    slow."""

    def __init__(self, most: int = MOST_RUNS, share: int = SHARE) -> None:
        self.most, self.share = max(most, 2 * share), share
        self.present: Counter[str] = Counter()

    @contextmanager
    def place(self, client: str = "") -> Iterator[None]:
        """A place among them for as long as it is held. Raises Busy."""
        self.take(client)
        try:
            yield
        finally:
            self.leave(client)

    def take(self, client: str = "") -> None:
        """Raises Busy."""
        if client and self.present[client] >= self.share:
            raise Busy(f"{self.share} runs are on their way to your address, the most at once.")
        if self.present.total() >= self.most:
            raise Busy
        self.present[client] += 1

    def leave(self, client: str = "") -> None:
        self.present[client] -= 1
        if not self.present[client]:
            del self.present[client]


async def frames(
    executor: Executor, slice: Slice, question: Any, client: str = ""
) -> AsyncGenerator[Any, None]:
    """The frames, as they come, of a run that has a place. Raises what `run` raises."""
    state, first = None, True
    while first or state is not None:
        first = False
        state, found = await run(
            executor, slice, question, state, timeout=SECONDS, client=client, placed=True
        )
        for frame in found:
            yield frame


async def all_frames(
    runs: Runs, executor: Executor, slice: Slice, question: Any, client: str = ""
) -> list[Any]:
    """The same frames at once."""
    with runs.place(client):
        return [frame async for frame in frames(executor, slice, question, client)]
