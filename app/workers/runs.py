"""Runs: their frames as they come.

A run is a fold: `slice(question, state)` gives the next state, None when it is over, and the frames
of it. Each slice is a job of its own for the workers, so that runs take turns with each other and
with every other question, and leaving a run stops it at the next slice.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from contextlib import aclosing
from time import monotonic
from typing import Any

from app.workers.places import Places, Visitor
from app.workers.pool import run

Slice = Callable[[Any, Any], tuple[Any, list[Any]]]

SECONDS = 20.0  # what one slice may take
NOBODY = Visitor()  # the server itself


def several(slice: Slice, question: Any, state: Any, most: int) -> tuple[Any, list[Any]]:
    """So many slices as one, or fewer where the run is over. For a worker."""
    state, found = slice(question, state)
    for _ in range(most - 1):
        if state is None:
            break
        state, more = slice(question, state)
        found = found + more
    return state, found


async def slices(
    executor: Executor, slice: Slice, question: Any, client: str = ""
) -> AsyncGenerator[tuple[list[Any], float]]:
    """The frames of each slice of a run that has a place, and how many seconds they were waited
    for. The next slice is asked while these are looked at; where the way is long, the first slice
    comes alone and later ones together. Raises what `run` raises."""

    async def ask(state: Any, most: int) -> tuple[Any, list[Any], float]:
        asked = monotonic()
        state, found = await run(
            executor, several, slice, question, state, most,
            timeout=SECONDS, client=client, placed=True,
        )  # fmt: skip
        return state, found, monotonic() - asked

    most, together = 1, getattr(executor, "together", 1)
    ahead: asyncio.Task[Any] | None = asyncio.create_task(ask(None, most))
    try:
        while ahead:
            state, found, seconds = await ahead
            most = min(2 * most, together)
            ahead = None if state is None else asyncio.create_task(ask(state, most))
            yield found, seconds
    finally:
        if ahead:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)  # of which nobody is told


async def all_frames(
    places: Places, executor: Executor, slice: Slice, question: Any, visitor: Visitor = NOBODY
) -> list[Any]:
    """The same frames at once. Raises Busy where there is no place, and what `slices` raises."""
    with places.place(visitor):
        async with aclosing(slices(executor, slice, question, visitor.name)) as found:
            return [frame async for some, _ in found for frame in some]
