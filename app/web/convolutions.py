"""One layer, a convolution cell by cell and the window's sizes: the REST routes, and the page."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.convolutions import answers as figure
from app.core.convolutions.filters import FilterRow
from app.core.convolutions.questions import (
    LACKS,
    ConvolutionQuestion,
    StepsQuestion,
    WindowQuestion,
)
from app.core.convolutions.steps import StepsAnswer
from app.core.errors import Problem
from app.core.figure import ARRAYS, Figure, When
from app.core.layers.windows import WindowAnswer
from app.core.mistakes import validated
from app.core.pictures.images import IMAGES
from app.core.pictures.preparation import CLOSE_UPS
from app.web.answering import Json, encode, route, told
from app.web.assets import templates
from app.web.links import value, wholes
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["convolution"], responses=REFUSALS)

CONVOLUTION = Figure(
    "/convolution",
    ConvolutionQuestion,
    figure.convolve,
    quick=When(figure.small, figure.convolve),
    most_bytes=ARRAYS,
)
STEPS = Figure(
    "/convolution/steps",
    StepsQuestion,
    figure.steps,
    quick=When(figure.small, figure.steps),
    most_bytes=ARRAYS,
)
WINDOW = Figure("/window", WindowQuestion, figure.window, quick=figure.window)

route(
    router,
    CONVOLUTION,
    "convolution",
    "A convolution, pooling or fully connected layer on one input, forward and backward.",
    figure.ConvolutionAnswer,
)
route(
    router,
    STEPS,
    "steps",
    "Some of its steps: every product on the way forward, every share on the way back.",
    StepsAnswer,
)
route(
    router,
    WINDOW,
    "window",
    "How often a window fits on its input: (w + 2p - k) / s + 1 with its numbers.",
    WindowAnswer,
)


@router.get("/filters", responses={200: {"model": list[FilterRow]}})
async def filters() -> Response:
    """The well-known filters."""
    return Json(encode(figure.filter_rows()))


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MIDDLE = (0, 13, 12)  # the cell that a link without one looks at, or one near it


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: the fields as they are, lists as JSON.

    What the layer does not have, links may hold all the same: it is left out.
    """
    question: dict[str, Any] = {}
    for name, text in request.query_params.items():
        if name not in ConvolutionQuestion.model_fields:
            continue
        try:
            question[name] = value(text, name)
        except orjson.JSONDecodeError:
            question[name] = text
    lacks, _ = LACKS.get(str(question.get("layer", "Conv2d")), ((), ""))
    own = () if isinstance(question.get("input", ""), str) else ("shape",)
    return {name: asked for name, asked in question.items() if name not in (*lacks, *own)}


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
        question = asked(request)
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
