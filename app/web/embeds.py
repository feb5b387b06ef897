"""A figure alone, for a frame on anybody's page: what its link asks, with the answer in it."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.errors import Problem, nearest, shortened
from app.core.expressions.drawing.svg import svg as graph
from app.core.figure import JSON, Figure
from app.core.figures import FIGURES
from app.core.links import asked, names
from app.core.mistakes import validated
from app.core.networks.drawing.svg import svg as volumes
from app.web.answering import told_soon
from app.web.assets import ASSETS, templates
from app.web.links import repeated

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

ENTRY = "src/pages/embed.ts"


View = Mapping[str, Any]


def middle(answer: Mapping[str, Any]) -> int:
    """Where a graph stands that is to show a step as it is made."""
    return -(-len(answer["steps"] or ()) // 2)


def graph_drawn(answer: Mapping[str, Any], view: View) -> str:
    """Whole, since not everybody has a script that goes on; in its middle for a first sight."""
    step = middle(answer) if view.get("step") == "middle" else None
    return graph(answer, step=step, standalone=False)


def network_drawn(answer: Mapping[str, Any], _: View) -> str:
    return volumes(answer["drawing"], "A network")


# What shows without a script, where there is a drawing.
DRAWN: dict[str, Callable[[Any, View], str]] = {
    "expression": graph_drawn,
    "network": network_drawn,
}


def drawn(figure: Figure[Any], answer: Any, view: View) -> Markup:
    """What the server draws of an answer; nothing where only a script does."""
    draw = DRAWN.get(figure.name)
    return Markup(draw(answer, view) if answer and draw else "")


@router.get("/embed/{name}")
async def embed(request: Request, name: str) -> HTMLResponse:
    """One figure, without anything around it."""
    figure = FIGURES.get(name)
    if figure is None:
        near = nearest(name, FIGURES)
        hint = f"; did you mean {near}?" if near else "."
        raise HTTPException(404, f"There is no figure {shortened(name)}{hint}")
    question: dict[str, Any] = {}
    answer, problem = None, None
    try:
        question = asked(figure, request.query_params) or dict(figure.examples[0])
        whole = figure.first(question) if figure.first else question
        valid = validated(figure.question, whole)
        if figure.answer and figure.forms[0] == JSON:
            answer = await told_soon(request, figure, valid)
    except Problem as found:
        problem, question = found.told, repeated(question, {})
    query = request.query_params
    of_question = names(figure, query)
    view = {name: text for name, text in query.items() if name not in of_question}
    context = {
        "figure": figure,
        "first": {"question": question, "answer": answer, "problem": problem, "view": view},
        "svg": drawn(figure, answer, view),
        "says": (answer.get("sentence") if isinstance(answer, dict) else None) or figure.says,
        "entry": ENTRY if ENTRY in ASSETS.manifest else None,
    }
    headers = None if answer or problem else {"Cache-Control": "no-store"}
    status = 422 if problem else 200
    return templates.TemplateResponse(request, "embed.html", context, status, headers)
