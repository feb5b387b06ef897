"""A run's frames as server-sent events, which always end in words."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import aclosing
from time import monotonic
from typing import Any

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.core.errors import Problem
from app.web.problems import SORRY
from app.workers.pool import Busy, Unavailable
from app.workers.runs import Runs, Slice, slices

FRAME_SECONDS = 1 / 30

log = logging.getLogger("uvicorn.error")


class Events(StreamingResponse):
    """Frames as events `frame`, no more than thirty a second, the last one `done`; `problem`
    instead if there is one. Holds its place among the runs until the visitor leaves."""

    media_type = "text/event-stream"

    def __init__(
        self, runs: Runs, executor: Executor, slice: Slice, question: Any, client: str = ""
    ) -> None:
        self.runs, self.client = runs, client
        runs.take(client)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self.events(executor, slice, question, client), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Here and not in the generator, which is never entered if the visitor has left already.
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.runs.leave(self.client)

    @staticmethod
    async def events(
        executor: Executor, slice: Slice, question: Any, client: str
    ) -> AsyncIterator[bytes]:
        sent = 0.0
        try:
            async with aclosing(slices(executor, slice, question, client)) as found:
                async for some, seconds in found:
                    # Spread over the time that the next ones will take: where runs take turns,
                    # one that showed its frames at once would stand still until its next turn.
                    pause = max(FRAME_SECONDS, seconds / max(1, len(some)))
                    for frame in some:
                        await asyncio.sleep(max(0.0, sent + pause - monotonic()))
                        sent = monotonic()
                        yield event("frame", frame)
            yield event("done", {})
        except Problem as problem:
            yield event("problem", problem.told)
        except (Busy, Unavailable) as refusal:
            yield event("problem", Problem(str(refusal)).told)
        except Exception:
            log.exception("A run ended in a bug")
            yield event("problem", SORRY.told)


def event(name: str, data: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
