"""The REST routes of expressions."""

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from app.core.expressions import questions
from app.core.expressions.examples import EXAMPLES
from app.core.figure import ARRAYS, AsText, Figure
from app.web import schemas
from app.web.answering import Json, encode, route
from app.web.problems import REFUSALS


def addressed(request: Request, figure: Figure[Any]) -> Figure[Any]:
    """The figure, telling how this server is called."""
    address = str(request.base_url).rstrip("/")
    answer = partial(questions.export, address=address)
    return replace(figure, path=f"{figure.path} at {address}", answer=answer)


router = APIRouter(prefix="/api", tags=["expressions"], responses=REFUSALS)

EXPRESSION = Figure(
    "/expression",
    questions.PlayQuestion,
    questions.play,
    quick=questions.quick_play,
    most_bytes=ARRAYS,
)
GRADIENT_CHECK = Figure(
    "/gradient-check", questions.ExpressionQuestion, questions.checked, most_bytes=ARRAYS
)
ENTRY = Figure("/expression/entry", questions.EntryQuestion, questions.entry, most_bytes=ARRAYS)
PATHS = Figure("/expression/paths", questions.PathsQuestion, questions.paths, most_bytes=ARRAYS)
EXPORT = Figure(
    "/expression/export",
    questions.ExportQuestion,
    questions.export,
    write=AsText(questions.MEDIA_TYPES),
    most_bytes=ARRAYS,
)

route(
    router,
    EXPRESSION,
    "expression",
    "Evaluate an expression: values forward, gradients backward, every flow and step.",
    schemas.ExpressionAnswer,
)
route(
    router,
    GRADIENT_CHECK,
    "gradient_checks",
    "Every input's gradient three ways: chain rule, central differences, torch's autograd.",
    schemas.GradientCheckAnswer,
)
route(
    router,
    ENTRY,
    "entry",
    "One entry of a tensor: which entries it depends on, and what comes back to it.",
    schemas.EntryAnswer,
)
route(
    router,
    PATHS,
    "paths",
    "A node's gradient as a sum over its paths to the output (scalar graphs).",
    schemas.PathsAnswer,
)
route(
    router,
    EXPORT,
    "export",
    "The same question as PyTorch code, LaTeX, SVG, JSON or a curl command.",
    content={kind: {} for kind in questions.MEDIA_TYPES.values()},
    bound=addressed,
)


@router.get("/ops", responses={200: {"model": list[schemas.OpRow]}})
async def ops() -> Response:
    """The op table."""
    return Json(encode(questions.op_rows()))


@router.get("/examples", responses={200: {"model": list[schemas.ExampleRow]}})
async def examples() -> Response:
    """The gallery of worked examples."""
    return Json(encode(list(EXAMPLES.values())))
