"""Networks, what they come to and what their units see: the REST routes, and the page."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.errors import Problem
from app.core.figure import AsText, Figure, When
from app.core.layers import controls
from app.core.mistakes import validated
from app.core.networks import fields
from app.core.networks import questions as figure
from app.core.networks.answers import NetworkAnswer
from app.core.networks.architectures import (
    ArchitectureAnswer,
    ArchitectureRow,
    StrideOn,
    architecture_answer,
)
from app.core.networks.drawing.volumes import svg
from app.core.networks.gradient_flow import GradientSizesAnswer
from app.core.networks.lecture_facts import LectureFact, lecture_facts
from app.web.answering import Json, encode, route, told
from app.web.assets import templates
from app.web.links import network_asked, repeated
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["networks"], responses=REFUSALS)

SECONDS = 20.0  # what a measurement with torch may take
TEXT = AsText(figure.MEDIA_TYPES)
TIKZ: dict[str, Any] = {"content": {figure.MEDIA_TYPES["tikz"]: {}}}

NETWORK = Figure(
    "/network",
    figure.NetworkQuestion,
    figure.network,
    quick=When(figure.small, figure.network),
)

route(
    router,
    NETWORK,
    "network",
    "What a network comes to: sizes, parameters, multiply-adds, memory, receptive fields.",
    NetworkAnswer,
)
route(
    router,
    Figure(
        "/network/export",
        figure.NetworkExportQuestion,
        figure.export,
        quick=When(figure.small, figure.export),
        write=TEXT,
    ),
    "export",
    "A network as PyTorch code, as JSON, or its drawing as SVG or TikZ.",
    content={kind: {} for kind in figure.MEDIA_TYPES.values()},
)
route(
    router,
    Figure(
        "/architectures/export",
        figure.ArchitecturesExportQuestion,
        figure.architectures_export,
        quick=figure.architectures_export,
        write=TEXT,
    ),
    "architectures_export",
    "Accuracy against multiply-adds of well-known networks, as TikZ.",
    **TIKZ,
)


@router.get("/layers", responses={200: {"model": list[controls.LayerRow]}})
async def layers() -> Response:
    """The layer table: arguments, bounds, and a sentence on each."""
    return Json(encode(controls.layer_rows()))


@router.get("/architectures", responses={200: {"model": list[ArchitectureRow]}})
async def architectures() -> Response:
    """The well-known networks with their totals."""
    return Json(encode(figure.architecture_rows()))


@router.get("/architectures/{name}", responses={200: {"model": ArchitectureAnswer}})
async def architecture(
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": "vgg16"})],
    stride_on: Annotated[StrideOn | None, Query()] = None,
) -> Response:
    """One of them, layer by layer; for ResNets the stride is where one says."""
    options = {"stride_on": stride_on} if stride_on else {}
    return Json(encode(architecture_answer(name, **options)))


@router.get("/lecture-facts", responses={200: {"model": list[LectureFact]}})
async def facts() -> Response:
    """What slides say of well-known networks, checked."""
    return Json(encode(lecture_facts()))


# What units see, and gradients before any training

route(
    router,
    Figure(
        "/receptive-field",
        fields.FieldQuestion,
        fields.receptive_field,
        quick=When(figure.small, fields.receptive_field),
    ),
    "receptive_field",
    "The cone from one unit down to exactly what it sees of the input.",
    fields.ReceptiveFieldAnswer,
)
route(
    router,
    Figure(
        "/receptive-field/export",
        fields.FieldExportQuestion,
        fields.receptive_field_export,
        quick=When(figure.small, fields.receptive_field_export),
        write=TEXT,
    ),
    "receptive_field_export",
    "The cone as TikZ.",
    **TIKZ,
)
route(
    router,
    Figure("/receptive-field/stack", fields.StackQuestion, fields.stacked, quick=fields.stacked),
    "stack",
    "One large kernel against a stack of 3x3 that sees as much.",
    fields.StackAnswer,
)
route(
    router,
    Figure("/effective-field", fields.EffectiveQuestion, fields.effective_field, seconds=SECONDS),
    "effective_field",
    "What the middle unit of a layer really looks at, measured: |gradient| by pixel.",
    fields.EffectiveFieldAnswer,
)
route(
    router,
    Figure("/gradient-sizes", fields.GradientSizesQuestion, fields.gradient_sizes, seconds=SECONDS),
    "gradient_sizes",
    "Gradients by layer at initialisation, with and without skips and batch norm, measured.",
    GradientSizesAnswer,
)
route(
    router,
    Figure(
        "/gradient-sizes/export",
        fields.GradientSizesExportQuestion,
        fields.gradient_sizes_export,
        write=TEXT,
        seconds=SECONDS,
    ),
    "gradient_sizes_export",
    "The curves of one measure as TikZ, measured again: the same settings, the same numbers.",
    **TIKZ,
)


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = {"architecture": "vgg16"}


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: a network, and which of its groups are opened."""
    query = request.query_params
    question = network_asked(query)
    if query.get("open") is not None:
        question["open"] = query["open"].split(",") if query["open"] else []
    return question if question.keys() - {"open"} else FIRST | question


@pages.get("/network")
async def network(request: Request) -> HTMLResponse:
    """Networks as volumes, with what they cost and what their units see."""
    question: dict[str, Any] = FIRST
    answer, problem = None, None
    try:
        question = asked(request)
        parts = {"include": ["network", "drawing", "code"]}
        whole = validated(figure.NetworkQuestion, question | parts)
        answer = await told(request, NETWORK, whole)
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST)
    rows = figure.architecture_rows()
    chosen = next((row for row in rows if row["name"] == question.get("architecture")), None)
    title = chosen["title"] if chosen else "A network of your own"
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "architectures": rows,
        "layers": controls.layer_rows(),
        "chosen": chosen,
        "title": title,
        "svg": Markup(svg(answer["drawing"], title)) if answer else "",
        "facts": lecture_facts(),
        "links": {row["name"]: urlencode({"architecture": row["name"]}) for row in rows},
    }
    return templates.TemplateResponse(request, "networks.html", context, 422 if problem else 200)
