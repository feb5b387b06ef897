"""The convolution page: the question is in the link, the first answer in the HTML."""

from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from app.core import convolution_figure as figure
from app.core.convolution_questions import ConvolutionQuestion
from app.core.errors import Problem
from app.core.images import CLOSE_UPS, IMAGES
from app.web.convolution_api import answer_convolution
from app.web.problems import as_problem
from app.web.templates import templates

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MIDDLE = (13, 12)  # the cell that a link without one looks at, where there is such a cell


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: the fields as they are, lists as JSON."""
    question: dict[str, Any] = {}
    for name, text in request.query_params.items():
        if name not in ConvolutionQuestion.model_fields:
            continue
        try:
            question[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            question[name] = text
    return question


def pointed(request: Request, output: list[int]) -> list[int]:
    """The cell in a link, if the output has it; else one in the middle."""
    words = request.query_params.get("cell", "").split(",")
    cell = [int(word) for word in words if word.isdecimal()]
    if len(cell) == len(output) and all(i < n for i, n in zip(cell, output, strict=True)):
        return cell
    return [0, *(min(i, n // 2) for i, n in zip(MIDDLE, output[1:], strict=True))]


@router.get("/convolution")
async def convolution(request: Request) -> HTMLResponse:
    """One convolution, cell by cell."""
    question, answer, problem, cell = asked(request), None, None, None
    try:
        try:
            whole = ConvolutionQuestion.model_validate(question)
        except ValidationError as error:
            mistake = error.errors()[0]
            raise as_problem(mistake | {"loc": ("body", *mistake["loc"])}, question) from None
        answer = orjson.loads(await answer_convolution(request, whole))
        cell = pointed(request, answer["shapes"]["output"])
        told = whole.model_copy(update={"cells": [cell]})
        answer["cells"] = orjson.loads(await answer_convolution(request, told))["cells"]
    except Problem as found:
        problem = {"message": found.message, "where": found.where, "suggestion": found.suggestion}
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "cell": cell,
        "filters": figure.filter_rows(),
        "images": [{"name": name, "says": IMAGES[name].says} for name in CLOSE_UPS],
    }
    return templates.TemplateResponse(request, "convolution.html", context, 422 if problem else 200)
