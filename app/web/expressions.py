"""Expressions: the REST routes, and the page with the same question and answer."""

from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.errors import Problem
from app.core.expressions import questions
from app.core.expressions.answers import ExpressionAnswer
from app.core.expressions.drawing.svg import svg
from app.core.expressions.examples import EXAMPLES, ExampleRow, example_rows
from app.core.expressions.explanations import EntryAnswer, PathsAnswer
from app.core.expressions.gradient_check import GradientCheckAnswer
from app.core.expressions.steps import ExpressionStepsAnswer
from app.core.figure import ARRAYS, AsText, Figure
from app.core.mistakes import validated
from app.web.answering import Json, encode, route, told
from app.web.assets import templates
from app.web.links import value
from app.web.problems import REFUSALS


def addressed(request: Request, figure: Figure[Any]) -> Figure[Any]:
    """The figure, telling how this server is called."""
    address = str(request.base_url).rstrip("/")
    answer = partial(questions.export, address=address)
    return replace(figure, path=f"{figure.path} at {address}", answer=answer)


router = APIRouter(prefix="/api", tags=["expressions"], responses=REFUSALS)

EXPRESSION = Figure(
    "/expression",
    questions.PlayQuestion,
    questions.play,
    quick=questions.quick_play,
    learn=questions.learn,
    most_bytes=ARRAYS,
)
STEPS = Figure(
    "/expression/steps",
    questions.ExpressionStepsQuestion,
    questions.steps,
    quick=questions.quick_steps,
    most_bytes=ARRAYS,
)
GRADIENT_CHECK = Figure(
    "/gradient-check", questions.ExpressionQuestion, questions.checked, most_bytes=ARRAYS
)
ENTRY = Figure("/expression/entry", questions.EntryQuestion, questions.entry, most_bytes=ARRAYS)
PATHS = Figure("/expression/paths", questions.PathsQuestion, questions.paths, most_bytes=ARRAYS)
EXPORT = Figure(
    "/expression/export",
    questions.ExportQuestion,
    questions.export,
    write=AsText(questions.MEDIA_TYPES),
    most_bytes=ARRAYS,
)

route(
    router,
    EXPRESSION,
    "expression",
    "Evaluate an expression: values forward, gradients backward, every flow and step.",
    ExpressionAnswer,
)
route(
    router,
    STEPS,
    "expression_steps",
    "Some of its steps: each with its formula, its numbers and its sentence.",
    ExpressionStepsAnswer,
)
route(
    router,
    GRADIENT_CHECK,
    "gradient_checks",
    "Every input's gradient three ways: chain rule, central differences, torch's autograd.",
    GradientCheckAnswer,
)
route(
    router,
    ENTRY,
    "entry",
    "One entry of a tensor: which entries it depends on, and what comes back to it.",
    EntryAnswer,
)
route(
    router,
    PATHS,
    "paths",
    "A node's gradient as a sum over its paths to the output (scalar graphs).",
    PathsAnswer,
)
route(
    router,
    EXPORT,
    "export",
    "The same question as PyTorch code, LaTeX, SVG, JSON or a curl command.",
    content={kind: {} for kind in questions.MEDIA_TYPES.values()},
    bound=addressed,
)


@router.get("/ops", responses={200: {"model": list[questions.OpRow]}})
async def ops() -> Response:
    """The op table."""
    return Json(encode(questions.op_rows()))


@router.get("/examples", responses={200: {"model": list[ExampleRow]}})
async def examples() -> Response:
    """The gallery of worked examples."""
    return Json(encode(example_rows()))


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PREVIEW = 1024  # entries up to which the page gets a tensor whole
FEW = 300  # nodes up to which it gets every step, as in static/src/expressions/expression.svelte.ts


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
    whole = question | {"fill": True, "layout": True, "preview": PREVIEW, "steps": FEW}
    valid = validated(questions.PlayQuestion, whole)
    answer: dict[str, Any] = await told(request, EXPRESSION, valid)
    return answer


@pages.get("/")
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
        "examples": example_rows(),
    }
    return templates.TemplateResponse(request, "expressions.html", context, 422 if problem else 200)
