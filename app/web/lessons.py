"""/lessons: the course, each lesson a page; and from one figure of it to the next."""

from functools import cache
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.errors import OverBudget, Problem, nearest, shortened
from app.core.lessons.lesson import Exercise, Fence, Lesson, Notes
from app.core.lessons.notebooks import notebook
from app.core.mistakes import validated
from app.web.answering import Json, encode
from app.web.assets import templates
from app.web.course import course
from app.web.embeds import drawn
from app.web.exercises import seed_of
from app.web.exercises import shown as drawn_exercise
from app.web.formulas import typeset, unset
from app.web.links import own_address

HERE = "{this server}"
FIRST = 1  # the seed of an exercise in a page that all share, until a script draws another
MOST_INLINE = 60_000  # bytes of an answer that stands in a lesson from the start

router = APIRouter(prefix="/api", tags=["lessons"])
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@cache
def stops() -> list[str]:
    """The links of all figures of the course, in its order, each with its own place in it."""
    return [
        f"{fence.link}&stop={place}"
        for place, fence in enumerate(
            fence for lesson in course().values() for fence in lesson.fences
        )
    ]


def turning(request: Request) -> dict[str, Any]:
    """For a page that was opened from the course: what comes before and after it there."""
    text = request.query_params.get("stop", "")
    if not (text.isdecimal() and len(text) < 5 and int(text) < len(stops())):
        return {}
    place = int(text)
    before, after = stops()[max(0, place - 1)], stops()[place + 1 : place + 2]
    return {"turn": {"before": before if place else "", "after": after[0] if after else ""}}


templates.context_processors.append(turning)


@router.get("/lessons", summary="The lessons, and every figure in them")
async def lessons() -> Response:
    """Each with its part of the lecture, its minutes and its figures as links."""
    return Json(encode([lesson.row() for lesson in course().values()]))


@pages.get("/lessons")
async def contents(request: Request) -> HTMLResponse:
    """The course: its parts, its lessons, its figures."""
    links = iter(stops())
    rows = [
        {
            **lesson.row(),
            "figures": [{**row, "link": next(links)} for row in lesson.row()["figures"]],
        }
        for lesson in course().values()
    ]
    return templates.TemplateResponse(request, "lessons.html", {"lessons": rows})


@cache
def blocks(name: str) -> list[dict[str, Any]]:
    """What the page of a lesson shows, the light answers in it."""
    return [shown(block) for block in course()[name].blocks]


@cache
def without_address(name: str) -> bytes:
    """The notebook of a lesson, with HERE where the address of the server belongs."""
    return orjson.dumps(notebook(lesson_of(name), HERE), option=orjson.OPT_INDENT_2)


@pages.get("/lessons/{name}.ipynb")
def taken_home(request: Request, name: str) -> Response:
    """A lesson as a notebook. Not on the event loop: at first its numbers are computed."""
    told = without_address(name).replace(HERE.encode(), own_address(request).encode())
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.ipynb"',
        "Cache-Control": "private, no-cache",  # its links are to the name that was asked for
    }
    return Response(told, headers=headers, media_type="application/x-ipynb+json")


def lesson_of(name: str) -> Lesson:
    """Raises a 404."""
    found = course().get(name)
    if found is None:
        near = nearest(name, course())
        hint = f"; did you mean {near}?" if near else "."
        raise HTTPException(404, f"There is no lesson {shortened(name)}{hint}")
    return found


@pages.get("/lessons/{name}")
def lesson(request: Request, name: str) -> HTMLResponse:
    """Not on the event loop: at first its answers are computed."""
    found = lesson_of(name)
    order = ["", *course(), ""]
    place = order.index(name)
    before, after = order[place - 1], order[place + 1]
    seed = seed_of(request)
    context = {
        "lesson": found,
        "blocks": [
            {"exercise": drawn_exercise(block["drawn"], FIRST if seed is None else seed)}
            if "drawn" in block
            else block
            for block in blocks(name)
        ],
        "anew": seed is None,
        "unset": any(unset(block.get("html", "")) for block in blocks(name)),
        "before": course().get(before),
        "after": course().get(after),
        # The contents are the course's first page and its last.
        "turn": {
            "before": f"/lessons/{before}" if before else "/lessons",
            "after": f"/lessons/{after}" if after else "/lessons",
        },
    }
    return templates.TemplateResponse(request, "lesson.html", context)


def shown(block: Any) -> dict[str, Any]:
    """A block as its page shows it: a figure with its answer, where that is light."""
    if isinstance(block, Exercise):
        return {"drawn": block.name}
    if not isinstance(block, Fence):
        return {"html": Markup(typeset(block.html)), "notes": isinstance(block, Notes)}
    figure, answer, problem = block.figure, None, None
    question = figure.first(dict(block.question)) if figure.first else block.question
    if figure.quick:
        try:
            answer = figure.quick(validated(figure.question, question))
        except OverBudget:
            pass  # the figure asks by itself
        except Problem as found:
            problem = found.told
    if answer is not None and len(encode(answer)) > MOST_INLINE:
        answer = None
    return {
        "fence": block,
        "first": {
            "question": question,
            "answer": answer,
            "problem": problem,
            "view": {key: str(value) for key, value in block.at.items()},
        },
        "svg": drawn(figure, answer, block.at),
    }
