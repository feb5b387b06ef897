"""The REST routes: each takes a typed question and sends its answer as JSON, written once."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.core import figures
from app.core.errors import OverBudget
from app.core.evaluation import Budget
from app.core.examples import EXAMPLES
from app.core.gradient_check import gradient_check
from app.web import schemas
from app.web.problems import REFUSALS
from app.workers.pool import run

Q = TypeVar("Q", bound=BaseModel)

router = APIRouter(prefix="/api", tags=["expressions"], responses=REFUSALS)

# What the event loop computes itself; anything larger goes to a worker.
SMALL_TEXT = 4_000
SMALL_NODES = 100
SMALL = Budget(entries=4_000, seconds=0.05)


class Json(Response):
    """Bytes that are JSON already."""

    media_type = "application/json"


def encode(answer: Any) -> bytes:
    """JSON; what is not a number is null."""
    return orjson.dumps(answer)


def play_bytes(question: figures.PlayQuestion) -> bytes:
    """The whole pass as JSON; runs in a worker, which then sends bytes and not objects."""
    return encode(figures.play(question))


def small(question: figures.ExpressionQuestion) -> bool:
    """Whether the event loop can afford to look at a question itself."""
    if isinstance(question.expression, str):
        return len(question.expression) <= SMALL_TEXT
    return len(question.expression.nodes) <= SMALL_NODES


async def answer_play(request: Request, question: figures.PlayQuestion) -> bytes:
    """The answer to a play question, from here if it is small, else from a worker."""
    if small(question) and len(question.graph().nodes) <= SMALL_NODES:
        try:
            return encode(figures.play(question, SMALL))
        except OverBudget:
            pass  # it may still be within the limits that everybody has
    return await run(request.app.state.executor, play_bytes, question, timeout=10.0)


async def in_worker(request: Request, fn: Callable[[Q], Any], question: Q) -> Any:
    """The answer of fn(question), computed by a worker."""
    return await run(request.app.state.executor, fn, question, timeout=10.0)


@router.post("/expression", responses={200: {"model": schemas.ExpressionAnswer}})
async def expression(request: Request, question: figures.PlayQuestion) -> Response:
    """Evaluate an expression: values forward, gradients backward, every flow and step."""
    return Json(await answer_play(request, question))


def check(question: figures.ExpressionQuestion) -> dict[str, Any]:
    """The gradient check of a question; imports torch."""
    graph = question.graph()
    return gradient_check(graph, question.values(graph))


@router.post("/gradient-check", responses={200: {"model": schemas.GradientCheckAnswer}})
async def gradient_checks(request: Request, question: figures.ExpressionQuestion) -> Response:
    """Every input's gradient three ways: chain rule, central differences, torch's autograd."""
    return Json(encode(await in_worker(request, check, question)))


@router.post("/expression/entry", responses={200: {"model": schemas.EntryAnswer}})
async def entry(request: Request, question: figures.EntryQuestion) -> Response:
    """One entry of a tensor: which entries it depends on, and what comes back to it."""
    return Json(encode(await in_worker(request, figures.entry, question)))


@router.post("/expression/paths", responses={200: {"model": schemas.PathsAnswer}})
async def paths(request: Request, question: figures.PathsQuestion) -> Response:
    """A node's gradient as a sum over its paths to the output (scalar graphs)."""
    return Json(encode(await in_worker(request, figures.paths, question)))


MEDIA_TYPES = {
    "pytorch": "text/x-python",
    "latex": "application/x-tex",
    "svg": "image/svg+xml",
    "curl": "text/x-shellscript",
}


@router.post(
    "/expression/export",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in (*MEDIA_TYPES.values(), Json.media_type)}}},
)
async def export(request: Request, question: figures.ExportQuestion) -> Response:
    """The same question as PyTorch code, LaTeX, SVG, JSON or a curl command."""
    if question.format == "json":
        return Json(await in_worker(request, play_bytes, question))
    address = str(request.base_url).rstrip("/")
    text = await run(request.app.state.executor, figures.export, question, address, timeout=10.0)
    return Response(text, media_type=MEDIA_TYPES[question.format])


@router.get("/ops", responses={200: {"model": list[schemas.OpRow]}})
async def ops() -> Response:
    """The op table."""
    return Json(encode(figures.op_rows()))


@router.get("/examples", responses={200: {"model": list[schemas.ExampleRow]}})
async def examples() -> Response:
    """The gallery of worked examples."""
    return Json(encode(list(EXAMPLES.values())))
