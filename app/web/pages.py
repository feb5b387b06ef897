"""The pages: HTML with the same questions and answers that the API has."""

from dataclasses import asdict
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.errors import Problem
from app.core.expressions import questions
from app.core.expressions.drawing.svg import svg
from app.core.expressions.examples import EXAMPLES
from app.core.mistakes import validated
from app.web.answering import told
from app.web.api import EXPRESSION
from app.web.links import value
from app.web.templates import templates

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PREVIEW = 1024  # entries up to which the page gets a tensor whole


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: expression, inputs as JSON, mistake; the first example without."""
    query = request.query_params
    if "expression" not in query:
        first = EXAMPLES["first"]
        return {"expression": first.expression, "inputs": dict(first.inputs)}
    question: dict[str, Any] = {"expression": query["expression"]}
    try:
        question["inputs"] = value(query.get("inputs") or "{}", "inputs")
    except orjson.JSONDecodeError:
        raise Problem("the inputs in this link are not valid JSON", {"field": "inputs"}) from None
    if query.get("mistake"):
        question["mistake"] = query["mistake"]
    return question


async def first_answer(request: Request, question: dict[str, Any]) -> dict[str, Any]:
    """The answer that goes into the page, so that it shows without another request."""
    whole = question | {"fill": True, "layout": True, "preview": PREVIEW}
    valid = validated(questions.PlayQuestion, whole)
    answer: dict[str, Any] = await told(request, EXPRESSION, valid)
    return answer


@router.get("/")
async def home(request: Request) -> HTMLResponse:
    """The expression page."""
    query = request.query_params
    question: dict[str, Any] = {"expression": query.get("expression", ""), "inputs": {}}
    answer, problem = None, None
    try:
        question = asked(request)
        answer = await first_answer(request, question)
    except Problem as found:
        problem = found.told
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "svg": svg(answer, standalone=False) if answer else "",
        "examples": [asdict(example) for example in EXAMPLES.values()],
    }
    return templates.TemplateResponse(request, "home.html", context, 422 if problem else 200)


@router.get("/reference")
async def reference(request: Request) -> HTMLResponse:
    """The op table as a page."""
    return templates.TemplateResponse(request, "reference.html", {"ops": questions.op_rows()})
