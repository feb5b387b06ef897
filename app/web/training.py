"""Experiments: their table, their runs as events, and the page where one watches them."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.core.errors import Problem, ProblemAnswer, nearest, shortened
from app.core.experiments import table
from app.core.experiments.experiment import ExperimentRow
from app.core.figure import Figure
from app.core.figures import EVENTS, FIGURES
from app.core.links import asked
from app.core.mistakes import validated
from app.core.teaching.pictures import CUTS, thumbnail
from app.core.teaching.questions import FIRST as FIRST_CLASSES
from app.core.teaching.questions import PRESETS
from app.web.answering import Json, encode, told_soon
from app.web.assets import templates
from app.web.events import Events
from app.web.links import repeated
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["training"], responses=REFUSALS)

FIRST = next(iter(table.EXPERIMENTS))
TEACH = FIGURES["teach"]  # it has a page of its own


def figure_of(name: str) -> Figure[Any]:
    """Raises a 404."""
    if name not in table.EXPERIMENTS:
        near = nearest(name, table.EXPERIMENTS)
        hint = f"; did you mean {near}?" if near else "."
        raise HTTPException(404, f"There is no experiment {shortened(name)}{hint}")
    return FIGURES[name]


@router.get("/experiments", responses={200: {"model": list[ExperimentRow]}})
async def experiments() -> Response:
    """The experiments: their settings with bounds, what each claims, in how many seeds it held."""
    return Json(encode(table.rows()))


@router.get(
    "/experiments/{name}/frames",
    response_class=Response,
    responses={
        200: {"content": {EVENTS: {}}},
        404: {"model": ProblemAnswer, "description": "There is no such experiment"},
    },
)
async def frames(
    request: Request,
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": FIRST})],
) -> Response:
    """The run that the settings behind the `?` describe, each frame as it comes."""
    figure = figure_of(name)
    question = validated(figure.question, asked(figure, request.query_params))
    assert figure.slice
    return Events(request, figure.slice, question)


@router.get(
    "/cuts/{name}/{number}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def cut(
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": "chelsea"})],
    number: Annotated[int, Path(ge=0, lt=CUTS, json_schema_extra={"example": 3})],
    size: Annotated[int, Query(ge=8, le=512, description="Of its sides, in pixels.")] = 64,
) -> Response:
    """A cut of a photo that ships, as `chelsea/3` names it among the pictures of a class."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(thumbnail(f"{name}/{number}", size), media_type="image/png", headers=headers)


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@pages.get("/training")
async def training(request: Request) -> Response:
    """An experiment, and its settings."""
    name = request.query_params.get("experiment", FIRST)
    if name == TEACH.name:
        rest = [pair for pair in request.query_params.multi_items() if pair[0] != "experiment"]
        return RedirectResponse("?".join([str(TEACH.page), *([urlencode(rest)] if rest else [])]))
    problem, question = None, dict[str, Any]()
    try:
        if name not in table.EXPERIMENTS:
            near = nearest(name, table.EXPERIMENTS)
            raise Problem(
                f"There is no experiment `{name}`" + (f"; did you mean `{near}`?" if near else "."),
                {"field": "experiment"},
                near,
            )
        figure = FIGURES[name]
        question = asked(figure, request.query_params)
        validated(figure.question, question)
    except Problem as found:
        problem, question = found.told, repeated(question, {})
    rows = table.rows()
    shown = name if name in table.EXPERIMENTS else FIRST
    context = {
        "first": {"experiment": shown, "question": question, "problem": problem},
        "row": next(row for row in rows if row["name"] == shown),
        "rows": rows,
        "views": {row["name"]: row["title"] for row in rows} | {TEACH.name: "Your own classes"},
    }
    return templates.TemplateResponse(request, "training.html", context, 422 if problem else 200)


STEP = FIGURES["training-step"]
# Of the net of its example, where the chain rule takes the gradient to a layer's units.
CHAIN = "6"


@pages.get("/training/step")
async def training_step(request: Request) -> HTMLResponse:
    """One step of a run, and a weight and a point of it."""
    answer, problem, question = None, None, dict[str, Any]()
    view = {name: text for name, text in request.query_params.items() if name == "moment"}
    try:
        question = asked(STEP, request.query_params)
        # Who asks for nothing sees a step as it is made.
        if not question:
            question, view = dict(STEP.examples[0]), {"moment": CHAIN} | view
        answer = await told_soon(request, STEP, validated(STEP.question, question))
    except Problem as found:
        problem, question = found.told, repeated(question, {})
    first = {"question": question, "answer": answer, "problem": problem, "view": view}
    headers = None if answer or problem else {"Cache-Control": "no-store"}
    context = {"first": first, "says": STEP.says}
    status = 422 if problem else 200
    return templates.TemplateResponse(request, "training-step.html", context, status, headers)


@pages.get("/training/teach")
async def teach(request: Request) -> HTMLResponse:
    """A network that is taught classes of one's own."""
    question: dict[str, Any] = dict(FIRST_CLASSES)
    answer, problem = None, None
    try:
        question = asked(TEACH, request.query_params)
        answer = await told_soon(request, TEACH, validated(TEACH.question, question))
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST_CLASSES)
    context = {
        "first": {"question": question, "answer": answer, "problem": problem, "view": {}},
        "presets": [{"title": title, "classes": each["classes"]} for title, each in PRESETS],
    }
    headers = None if answer or problem else {"Cache-Control": "no-store"}
    status = 422 if problem else 200
    return templates.TemplateResponse(request, "teaching.html", context, status, headers)
