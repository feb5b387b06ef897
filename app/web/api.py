"""The REST routes of expressions."""

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from app.core import figures
from app.core.examples import EXAMPLES
from app.core.figure import ARRAYS, AsText, Figure
from app.web import schemas
from app.web.answering import Json, encode, route
from app.web.problems import REFUSALS


def addressed(request: Request, figure: Figure[Any]) -> Figure[Any]:
    """The figure, telling how this server is called."""
    address = str(request.base_url).rstrip("/")
    answer = partial(figures.export, address=address)
    return replace(figure, path=f"{figure.path} at {address}", answer=answer)


router = APIRouter(prefix="/api", tags=["expressions"], responses=REFUSALS)

EXPRESSION = Figure(
    "/expression",
    figures.PlayQuestion,
    figures.play,
    quick=figures.quick_play,
    most_bytes=ARRAYS,
)
GRADIENT_CHECK = Figure(
    "/gradient-check", figures.ExpressionQuestion, figures.checked, most_bytes=ARRAYS
)
ENTRY = Figure("/expression/entry", figures.EntryQuestion, figures.entry, most_bytes=ARRAYS)
PATHS = Figure("/expression/paths", figures.PathsQuestion, figures.paths, most_bytes=ARRAYS)
EXPORT = Figure(
    "/expression/export",
    figures.ExportQuestion,
    figures.export,
    write=AsText(figures.MEDIA_TYPES),
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
    content={kind: {} for kind in figures.MEDIA_TYPES.values()},
    bound=addressed,
)


@router.get("/ops", responses={200: {"model": list[schemas.OpRow]}})
async def ops() -> Response:
    """The op table."""
    return Json(encode(figures.op_rows()))


@router.get("/examples", responses={200: {"model": list[schemas.ExampleRow]}})
async def examples() -> Response:
    """The gallery of worked examples."""
    return Json(encode(list(EXAMPLES.values())))
