"""Expressions: the REST routes, and the page with the same question and answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.beginnings import expression_first
from app.core.errors import Problem
from app.core.expressions import questions
from app.core.expressions.drawing.svg import svg
from app.core.expressions.examples import ExampleRow, example_rows
from app.core.figures import FIGURES
from app.core.links import asked
from app.core.mistakes import validated
from app.web.answering import Json, encode, told
from app.web.assets import templates
from app.web.embeds import middle
from app.web.links import addressed
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["expressions"], responses=REFUSALS)

BOUND = {"/expression/export": addressed}


@router.get("/ops", responses={200: {"model": list[questions.OpRow]}})
async def ops() -> Response:
    """The op table."""
    return Json(encode(questions.op_rows()))


@router.get("/examples", responses={200: {"model": list[ExampleRow]}})
async def examples() -> Response:
    """The gallery of worked examples."""
    return Json(encode(example_rows()))


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

EXPRESSION = FIGURES["expression"]


async def first_answer(request: Request, question: dict[str, Any]) -> dict[str, Any]:
    """The answer that goes into the page, so that it shows without another request."""
    valid = validated(questions.PlayQuestion, expression_first(question))
    answer: dict[str, Any] = await told(request, EXPRESSION, valid)
    return answer


def asks(query: Mapping[str, str]) -> bool:
    """Whether a link asks for an expression of its own; its theme, say, is not asked of it."""
    return any(name in query for name in ("expression", "packed_expression", "inputs"))


def opening(query: Mapping[str, str], answer: Mapping[str, Any]) -> int | None:
    """After how many steps the page opens, as static/src/pages/expression.ts has it: where the link
    says, at a step in the middle for who asks for nothing, else at the end."""
    said = query.get("step", "")
    if said.isascii() and said.isdecimal() and len(said) < 10:
        return int(said)
    return None if asks(query) else middle(answer)


@pages.get("/expression")
async def page(request: Request) -> HTMLResponse:
    """The expression page."""
    query = request.query_params
    question: dict[str, Any] = {"expression": query.get("expression", ""), "inputs": {}}
    answer, problem = None, None
    try:
        question = asked(EXPRESSION, query)
        answer = await first_answer(request, question)
    except Problem as found:
        problem = found.told
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "svg": svg(answer, step=opening(query, answer), standalone=False) if answer else "",
        "examples": example_rows(),
    }
    return templates.TemplateResponse(request, "expressions.html", context, 422 if problem else 200)
