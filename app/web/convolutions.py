"""One layer, a convolution cell by cell and the window's sizes: the REST routes, and the page."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.beginnings import MIDDLE
from app.core.convolutions import answers as figure
from app.core.convolutions.filters import FilterRow
from app.core.convolutions.questions import ConvolutionQuestion
from app.core.errors import Problem
from app.core.figures import FIGURES
from app.core.links import asked, wholes
from app.core.mistakes import validated
from app.core.pictures.images import IMAGES
from app.core.pictures.preparation import CLOSE_UPS
from app.web.answering import Json, encode, told
from app.web.assets import templates
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["convolution"], responses=REFUSALS)


@router.get("/filters", responses={200: {"model": list[FilterRow]}})
async def filters() -> Response:
    """The well-known filters."""
    return Json(encode(figure.filter_rows()))


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CONVOLUTION = FIGURES["convolution"]


def pointed(request: Request) -> list[int]:
    """The cell in a link; else one in the middle."""
    try:
        cell = wholes(request.query_params.get("cell", ""), "cell")
    except Problem:
        cell = []
    return cell if len(cell) == len(MIDDLE) else list(MIDDLE)


@pages.get("/convolution")
async def convolution(request: Request) -> HTMLResponse:
    """One convolution, cell by cell."""
    question: dict[str, Any] = {}
    answer, problem, cell = None, None, None
    try:
        query = dict(request.query_params)
        query.pop("cell", None)  # a place to look at, and no part of the question
        question = asked(CONVOLUTION, query)
        whole = validated(ConvolutionQuestion, question)
        whole = whole.model_copy(update={"near": pointed(request)})
        answer = await told(request, CONVOLUTION, whole)
        cell = answer["cells"][0]["cell"]
    except Problem as found:
        problem = found.told
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "cell": cell,
        "filters": figure.filter_rows(),
        "images": [{"name": name, "says": IMAGES[name].says} for name in CLOSE_UPS],
    }
    return templates.TemplateResponse(
        request, "convolutions.html", context, 422 if problem else 200
    )
