"""A run's frames as server-sent events, as they come, or all at once.

A run is a fold: `slice(question, state)` gives the next state, None when it is over, and the frames
of it. Each slice is a job of its own for the workers, so that runs take turns with each other and
with every other question, and leaving a run stops it at the next slice.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, contextmanager
from time import monotonic
from typing import Any

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.core.errors import Problem
from app.workers.pool import Busy, run

Slice = Callable[[Any, Any], tuple[Any, list[Any]]]

MOST_RUNS = 4
SECONDS = 20.0  # what one slice may take
FRAME_SECONDS = 1 / 30
WAIT_SECONDS, WAITS = 0.25, 40  # for a place in the workers' queue, once a run is on its way


class Runs:
    """How many runs there may be at a time; more are refused rather than all be slow."""

    def __init__(self, most: int = MOST_RUNS) -> None:
        self.most, self.present = most, 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among them for as long as it is held. Raises Busy."""
        self.take()
        try:
            yield
        finally:
            self.present -= 1

    def take(self) -> None:
        if self.present >= self.most:
            raise Busy
        self.present += 1


async def frames(executor: Executor, slice: Slice, question: Any) -> AsyncGenerator[Any, None]:
    """The frames of a run as they come. Raises Problem, and Busy if the queue stays full."""
    state, first = None, True
    while first or state is not None:
        state, found = await patiently(executor, slice, question, state, 0 if first else WAITS)
        first = False
        for frame in found:
            yield frame


async def patiently(executor: Executor, slice: Slice, question: Any, state: Any, waits: int) -> Any:
    """One slice; a run that is on its way waits for its turn."""
    while True:
        try:
            return await run(executor, slice, question, state, timeout=SECONDS)
        except Busy:
            if not waits:
                raise
        waits -= 1
        await asyncio.sleep(WAIT_SECONDS)


class Events(StreamingResponse):
    """Frames as events `frame`, no more than thirty a second, the last one `done`; `problem`
    instead if there is one. Holds its place among the runs until the visitor leaves."""

    media_type = "text/event-stream"

    def __init__(self, runs: Runs, executor: Executor, slice: Slice, question: Any) -> None:
        self.runs = runs
        runs.take()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self.events(executor, slice, question), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Here and not in the generator, which is never entered if the visitor has left already.
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.runs.present -= 1

    @staticmethod
    async def events(executor: Executor, slice: Slice, question: Any) -> AsyncIterator[bytes]:
        sent = 0.0
        try:
            async with aclosing(frames(executor, slice, question)) as found:
                async for frame in found:
                    await asyncio.sleep(max(0.0, sent + FRAME_SECONDS - monotonic()))
                    sent = monotonic()
                    yield event("frame", frame)
            yield event("done", {})
        except Problem as problem:
            yield event("problem", problem.told)
        except Busy as busy:
            yield event("problem", Problem(str(busy)).told)


def event(name: str, data: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


async def all_frames(runs: Runs, executor: Executor, slice: Slice, question: Any) -> list[Any]:
    """The same frames at once."""
    with runs.place():
        return [frame async for frame in frames(executor, slice, question)]
