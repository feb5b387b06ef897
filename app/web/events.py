"""A run's frames as server-sent events, which always end in words."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from contextlib import aclosing
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.core.errors import Problem
from app.web.clients import visitor_of
from app.web.mail import FRAME_SECONDS, Mail
from app.web.problems import SORRY
from app.workers.places import Places, Ticket
from app.workers.pool import Busy, Unavailable
from app.workers.runs import Slice, slices

MOST_DIGITS = 9  # of a frame's number

log = logging.getLogger("uvicorn.error")


class Events(StreamingResponse):
    """Frames as events `frame`, numbered, no more than thirty a second, the last one `done`;
    `problem` instead if there is one. Before them `waiting`, where others come first.

    A connection that comes back and says which frame it had last (`Last-Event-ID`) goes on after
    it: the same question makes the same frames. Has a place among the runs until the last of them
    is made, or the visitor leaves.
    """

    media_type = "text/event-stream"

    def __init__(self, request: Request, slice: Slice, question: Any) -> None:
        """Raises Problem, Busy."""
        after, state = last_seen(request), request.app.state
        self.places: Places = state.places
        self.ticket = self.places.enter(visitor_of(request))
        self.told = self.events(state.executor, slice, question, after)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self.told, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Here and not in the generator, which is never entered if the visitor has left already.
        try:
            await super().__call__(scope, receive, send)
        finally:
            try:
                await self.told.aclose()
            finally:
                self.places.leave(self.ticket)

    async def events(
        self, executor: Executor, slice: Slice, question: Any, after: int
    ) -> AsyncGenerator[bytes]:
        mail = Mail()
        run = asyncio.create_task(self.run(mail, executor, slice, question, after))
        try:
            async with aclosing(mail.events(pause=0)) as told:
                async for event in told:
                    yield event
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    async def run(
        self, mail: Mail, executor: Executor, slice: Slice, question: Any, after: int
    ) -> None:
        """Its turn, and then the run; nobody's reading is waited for."""
        try:
            await turn(self.ticket, mail, self.places.most)
            await tell(mail, executor, slice, question, self.ticket.visitor.name, after)
        finally:
            self.places.leave(self.ticket)


def last_seen(request: Request) -> int:
    """The number of the last frame that a connection has had before it was lost. Raises Problem."""
    said = request.headers.get("last-event-id", "0")
    if not (said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS):
        raise Problem(
            "`Last-Event-ID` is the number of the last frame that has come",
            {"field": "Last-Event-ID"},
        )
    return int(said)


async def turn(ticket: Ticket, mail: Mail, runs: int) -> None:
    """Until a run has a place, tells how many come before it."""
    while ticket.ahead:
        ticket.moved.clear()
        mail.put("waiting", {"ahead": ticket.ahead, "runs": runs}, key="waiting")
        await ticket.moved.wait()


async def tell(
    mail: Mail, executor: Executor, slice: Slice, question: Any, client: str, after: int = 0
) -> None:
    """The frames of a run, from the one after `after` on, and its end in words."""
    sent, number = 0.0, 0
    try:
        async with aclosing(slices(executor, slice, question, client)) as found:
            async for some, seconds in found:
                # Spread over the time that the next ones will take: where runs take turns, one
                # that showed its frames at once would stand still until its next turn.
                pause = max(FRAME_SECONDS, seconds / max(1, len(some)))
                for frame in some:
                    number += 1
                    if number <= after:
                        continue
                    await asyncio.sleep(max(0.0, sent + pause - monotonic()))
                    sent = monotonic()
                    mail.put("frame", frame, number=number)
        mail.close("done", {})
    except Problem as problem:
        mail.close("problem", problem.told)
    except (Busy, Unavailable) as refusal:
        mail.close("problem", Problem(str(refusal)).told)
    except Exception:
        log.exception("A run ended in a bug")
        mail.close("problem", SORRY.told)
