"""Networks, what they come to and what their units see: the REST routes, and the page."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.beginnings import FIRST_NETWORK, network_first
from app.core.errors import Problem
from app.core.figures import FIGURES
from app.core.layers import controls
from app.core.links import asked
from app.core.mistakes import validated
from app.core.networks import questions as figure
from app.core.networks.architectures import (
    ArchitectureAnswer,
    ArchitectureRow,
    architecture_answer,
)
from app.core.networks.classics import StrideOn
from app.core.networks.drawing.svg import svg
from app.core.networks.lecture_facts import LectureFact, lecture_facts
from app.web.answering import Json, encode, told
from app.web.assets import templates
from app.web.links import repeated
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["networks"], responses=REFUSALS)


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


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

NETWORK = FIGURES["network"]


def read_tables() -> None:
    """Counts once what the page says of each architecture: a third of a second."""
    figure.architecture_rows()
    lecture_facts()


@pages.get("/network")
async def network(request: Request) -> HTMLResponse:
    """Networks as volumes, with what they cost and what their units see."""
    question: dict[str, Any] = dict(FIRST_NETWORK)
    answer, problem = None, None
    try:
        question = asked(NETWORK, request.query_params)
        whole = validated(figure.NetworkQuestion, network_first(question))
        answer = await told(request, NETWORK, whole)
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST_NETWORK)
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
        "side_by_side": figure.SIDE_BY_SIDE,
        "links": {row["name"]: urlencode({"architecture": row["name"]}) for row in rows},
    }
    return templates.TemplateResponse(request, "networks.html", context, 422 if problem else 200)
