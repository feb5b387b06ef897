"""The REST routes of networks: what they come to, what their units see, the well-known ones."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from app.core import field_figure as fields
from app.core import network_figure as figure
from app.core.architectures import StrideOn, architecture_answer
from app.core.lecture_facts import lecture_facts
from app.web import network_schemas as schemas
from app.web.api import Json, encode
from app.web.problems import REFUSALS
from app.workers.pool import run

Q = TypeVar("Q", bound=figure.AskedNetwork)

router = APIRouter(prefix="/api", tags=["networks"], responses=REFUSALS)

SMALL = 250  # layers that the event loop looks at itself; a larger network goes to a worker


async def answered(request: Request, fn: Callable[[Q], Any], question: Q) -> Any:
    """The answer of fn(question), from here if the network is small, else from a worker."""
    if question.size <= SMALL:
        return fn(question)
    return await run(request.app.state.executor, fn, question, timeout=10.0)


@router.post("/network", responses={200: {"model": schemas.NetworkAnswer}})
async def network(request: Request, question: figure.NetworkQuestion) -> Response:
    """What a network comes to: sizes, parameters, multiply-adds, memory, receptive fields."""
    return Json(encode(await answered(request, figure.network, question)))


MEDIA_TYPES = {
    "pytorch": "text/x-python",
    "json": Json.media_type,
    "svg": "image/svg+xml",
    "tikz": "application/x-tex",
}


@router.post(
    "/network/export",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}},
)
async def export(request: Request, question: figure.NetworkExportQuestion) -> Response:
    """A network as PyTorch code, as JSON, or its drawing as SVG or TikZ."""
    text = await answered(request, figure.export, question)
    return Response(text, media_type=MEDIA_TYPES[question.format])


TIKZ: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {MEDIA_TYPES["tikz"]: {}}}},
}


@router.get("/layers", responses={200: {"model": list[schemas.LayerRow]}})
async def layers() -> Response:
    """The layer table: arguments, bounds, and a sentence on each."""
    return Json(encode(figure.layer_rows()))


@router.get("/architectures", responses={200: {"model": list[schemas.ArchitectureRow]}})
async def architectures() -> Response:
    """The well-known networks with their totals."""
    return Json(encode(figure.architecture_rows()))


@router.post("/architectures/export", **TIKZ)
async def architectures_export(question: figure.ArchitecturesExportQuestion) -> Response:
    """Accuracy against multiply-adds of well-known networks, as TikZ."""
    text = figure.architectures_export(question)
    return Response(text, media_type=MEDIA_TYPES[question.format])


@router.get("/architectures/{name}", responses={200: {"model": schemas.ArchitectureAnswer}})
async def architecture(
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": "vgg16"})],
    stride_on: Annotated[StrideOn | None, Query()] = None,
) -> Response:
    """One of them, layer by layer; for ResNets the stride is where one says."""
    options = {"stride_on": stride_on} if stride_on else {}
    return Json(encode(architecture_answer(name, **options)))


@router.get("/lecture-facts", responses={200: {"model": list[schemas.LectureFact]}})
async def facts() -> Response:
    """What slides say of well-known networks, checked."""
    return Json(encode(lecture_facts()))


# What units see, and gradients before any training


@router.post("/receptive-field", responses={200: {"model": schemas.ReceptiveFieldAnswer}})
async def receptive_field(request: Request, question: fields.FieldQuestion) -> Response:
    """The cone from one unit down to exactly what it sees of the input."""
    return Json(encode(await answered(request, fields.receptive_field, question)))


@router.post("/receptive-field/export", **TIKZ)
async def receptive_field_export(
    request: Request, question: fields.FieldExportQuestion
) -> Response:
    """The cone as TikZ."""
    text = await answered(request, fields.receptive_field_export, question)
    return Response(text, media_type=MEDIA_TYPES[question.format])


@router.post("/receptive-field/stack", responses={200: {"model": schemas.StackAnswer}})
async def stack(question: fields.StackQuestion) -> Response:
    """One large kernel against a stack of 3x3 that sees as much."""
    return Json(encode(fields.stacked(question)))


SECONDS = 20.0  # what a measurement with torch may take


@router.post("/effective-field", responses={200: {"model": schemas.EffectiveFieldAnswer}})
async def effective_field(request: Request, question: fields.EffectiveQuestion) -> Response:
    """What the middle unit of a layer really looks at, measured: |gradient| by pixel."""
    executor = request.app.state.executor
    return Json(encode(await run(executor, fields.effective_field, question, timeout=SECONDS)))


@router.post("/gradient-sizes", responses={200: {"model": schemas.GradientSizesAnswer}})
async def gradient_sizes(request: Request, question: fields.GradientSizesQuestion) -> Response:
    """Gradients by layer at initialisation, with and without skips and batch norm, measured."""
    executor = request.app.state.executor
    return Json(encode(await run(executor, fields.gradient_sizes, question, timeout=SECONDS)))


@router.post("/gradient-sizes/export", **TIKZ)
async def gradient_sizes_export(
    request: Request, question: fields.GradientSizesExportQuestion
) -> Response:
    """The curves of one measure as TikZ, measured again: the same settings, the same numbers."""
    executor = request.app.state.executor
    text = await run(executor, fields.gradient_sizes_export, question, timeout=SECONDS)
    return Response(text, media_type=MEDIA_TYPES[question.format])
