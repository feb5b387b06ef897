"""How a question gets its answer, the same for every figure: from the event loop if it is small,
else from a worker, and from memory if it was asked before."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import State

from app.core.errors import OverBudget
from app.core.figure import JSON, Figure, Written, answered
from app.core.mistakes import read
from app.core.questions import Asked
from app.web.clients import client_of, visitor_of
from app.web.events import Events
from app.web.kept import Kept
from app.workers.pool import Busy, Unavailable, run
from app.workers.runs import all_frames

Q = TypeVar("Q", bound=Asked)

# A longer body is read by a worker: megabytes of JSON take longer to read than anybody else's
# small question may wait.
SHORT_BYTES = 32_000
PAGE_SECONDS = 3.0  # that a page waits for the answer that it holds


class Json(Response):
    """Bytes that are JSON already."""

    media_type = JSON


def encode(answer: Any) -> bytes:
    """JSON; what is not a number is null."""
    return orjson.dumps(answer)


def kept_answers() -> Kept[Written]:
    """What an app remembers of the answers it has given."""
    return Kept(lambda written: written.kept_bytes)


async def asked(request: Request, figure: Figure[Q]) -> Q | bytes:
    """The question in a body; a long one is still JSON. Raises Problem."""
    body = await request.body()
    return body if len(body) > SHORT_BYTES else read(figure.question, body)


async def answer(
    state: State, figure: Figure[Q], question: Q | bytes, form: str, client: str
) -> Written:
    """The answer as it is sent, on a client's share. Raises Problem, Busy, Unavailable."""

    async def in_worker() -> Written:
        seconds = figure.seconds
        return await run(
            state.executor, answered, figure, question, form, timeout=seconds, client=client
        )

    if isinstance(question, bytes):
        return await in_worker()
    if figure.quick:
        try:
            return figure.written(question, figure.quick(question), form)
        except OverBudget:
            learn(state, figure, question)  # it may be within the limits that everybody has
    if question.private:
        return await in_worker()
    kept: Kept[Written] = state.answers
    key = (figure.path, form, question.model_dump_json(exclude_defaults=True))
    return await kept.get(key, in_worker)


def learn(state: State, figure: Figure[Q], question: Q) -> None:
    """What makes such a question quick, beside the event loop, and one at a time."""
    learning: asyncio.Task[None] | None = getattr(state, "learning", None)
    if figure.learn and (learning is None or learning.done()):
        state.learning = asyncio.create_task(asyncio.to_thread(figure.learn, question))


async def told(request: Request, figure: Figure[Q], question: Q) -> Any:
    """The answer as an object, for a page to hold. Raises Problem, Busy, Unavailable."""
    form, client = figure.forms[0], client_of(request)
    return orjson.loads((await answer(request.app.state, figure, question, form, client)).body)


async def told_soon(request: Request, figure: Figure[Q], question: Q) -> Any:
    """The same, or None where it cannot be had while a visitor waits for the page: that page comes
    without it and asks by itself. Raises Problem."""
    with suppress(Busy, Unavailable, TimeoutError):
        async with asyncio.timeout(PAGE_SECONDS):
            return await told(request, figure, question)


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def respond(request: Request, written: Written) -> Response:
    """An answer as a response, compressed for who takes that."""
    body, headers = written.body, {}
    if written.gzipped:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request):
            headers["Content-Encoding"], body = "gzip", written.gzipped
    return Response(body, headers=headers, media_type=written.media_type)


async def frames(request: Request, figure: Figure[Q], question: Q | bytes) -> Response:
    """The frames of a run, as they come or all at once. Raises Problem, Busy, Unavailable."""
    state, client = request.app.state, client_of(request)
    assert figure.slice
    if isinstance(question, bytes):
        question = await run(state.executor, read, figure.question, question, client=client)
    if Events.media_type in request.headers.get("accept", ""):
        return Events(request, figure.slice, question)
    if figure.check_at_once:
        await run(state.executor, figure.check_at_once, question, client=client)
    visitor = visitor_of(request)
    found = await all_frames(state.places, state.executor, figure.slice, question, visitor)
    return Json(encode({"frames": found}))


Bound = Callable[[Request, Figure[Any]], Figure[Any]]


async def handle(request: Request, figure: Figure[Any], bound: Bound | None) -> Response:
    figure = bound(request, figure) if bound else figure
    question = await asked(request, figure)
    if figure.slice:
        return await frames(request, figure, question)
    form = figure.form(request.headers.get("accept", ""))
    written = await answer(request.app.state, figure, question, form, client_of(request))
    if len(written.body) > SHORT_BYTES and not written.gzipped and takes_gzip(request):
        written = await asyncio.to_thread(written.compressed)
    return respond(request, written)


class Asking(APIRoute):
    """A route whose body is not read by FastAPI, which would do so on the event loop."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        figure, bound = self.endpoint.asked  # type: ignore[attr-defined]
        return partial(handle, figure=figure, bound=bound)


def route(router: APIRouter, figure: Figure[Any], bound: Bound | None = None) -> None:
    """The POST route of a figure. `bound` gives the figure where its answer depends on more of a
    request than the question."""

    async def endpoint(question: Any) -> None:
        """Never called: the schema reads its signature."""

    endpoint.__name__, endpoint.__doc__ = figure.operation, figure.says
    endpoint.__annotations__["question"] = figure.question
    endpoint.asked = (figure, bound)  # type: ignore[attr-defined]
    model = {"model": figure.model} if figure.model else {}
    body = {"content": {JSON: {"example": figure.tried}}} if figure.tried else {}
    router.add_api_route(
        figure.path,
        endpoint,
        methods=["POST"],
        responses={200: {**model, **figure.told}},
        response_class=JSONResponse if figure.model else Response,
        route_class_override=Asking,
        openapi_extra={"requestBody": body} if body else None,
    )


def most_bytes(router: APIRouter) -> dict[str, int]:
    """What its paths may be sent, in bytes."""
    return {
        route.path: route.endpoint.asked[0].most_bytes  # type: ignore[attr-defined]
        for route in router.routes
        if isinstance(route, Asking)
    }
