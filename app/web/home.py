"""/: a graph to play with, the doors, and the course. The expression was here once, and links to it
go on working."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.expressions.questions import FIRST
from app.core.figures import FIGURES
from app.core.lessons.lesson import Fence
from app.web import expressions
from app.web.assets import templates
from app.web.course import course
from app.web.lessons import shown

pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SAYS = "f = (x + y) z with its numbers: values go forward, gradients come back. Change a number."
# The pages by what one comes for: the path, the door, and what is behind it.
DOORS = (
    ("/expression", "Build a graph", "Type an expression, or place gate by gate. Every gradient."),
    ("/network", "Build a CNN", "Stack layers: sizes, parameters, what a unit sees."),
    ("/activations", "Look inside a network", "Your picture, every layer, every number."),
    ("/training", "Train one", "Overfitting, dropout, residual nets, while they learn."),
)


# What else stood in links of the expression: where one looks.
LOOKED = ("step", "mistake", "projector")


@cache
def graph() -> dict[str, Any]:
    """The first graph, as a lesson shows it."""
    return shown(Fence("expression", FIRST, {"step": "middle"}, SAYS, None, 1))


@pages.get("/")
async def home(request: Request) -> HTMLResponse:
    query = request.query_params
    if expressions.asks(query) or any(name in query for name in LOOKED):
        return await expressions.page(request)
    block = graph()
    parts: dict[str, list[dict[str, Any]]] = {}
    for lesson in course().values():
        parts.setdefault(lesson.part, []).append(lesson.row())
    context = {
        "figure": FIGURES["expression"],
        "first": block["first"],
        "svg": Markup(block["svg"]) if block["svg"] else None,
        "says": SAYS,
        "doors": DOORS,
        "parts": parts,
    }
    return templates.TemplateResponse(request, "home.html", context)
