"""The convolution page: the question is in the link, the first answer in the HTML."""

from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.convolutions import answers as figure
from app.core.convolutions.questions import LACKS, ConvolutionQuestion
from app.core.errors import Problem
from app.core.mistakes import validated
from app.core.pictures.images import IMAGES
from app.core.pictures.preparation import CLOSE_UPS
from app.web.answering import told
from app.web.convolution_api import CONVOLUTION
from app.web.links import value, wholes
from app.web.templates import templates

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

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


@router.get("/convolution")
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
    return templates.TemplateResponse(request, "convolution.html", context, 422 if problem else 200)
