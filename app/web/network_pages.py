"""The page on networks, with its first answer in it."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.core.errors import Problem
from app.core.layers import controls
from app.core.mistakes import validated
from app.core.networks import questions as figure
from app.core.networks.drawing.volumes import svg
from app.core.networks.lecture_facts import lecture_facts
from app.web.answering import told
from app.web.links import network_asked, repeated
from app.web.network_api import NETWORK
from app.web.templates import templates

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = {"architecture": "vgg16"}


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: a network, and which of its groups are opened."""
    query = request.query_params
    question = network_asked(query)
    if query.get("open") is not None:
        question["open"] = query["open"].split(",") if query["open"] else []
    return question if question.keys() - {"open"} else FIRST | question


@router.get("/network")
async def network(request: Request) -> HTMLResponse:
    """Networks as volumes, with what they cost and what their units see."""
    question: dict[str, Any] = FIRST
    answer, problem = None, None
    try:
        question = asked(request)
        parts = {"include": ["network", "drawing", "code"]}
        whole = validated(figure.NetworkQuestion, question | parts)
        answer = await told(request, NETWORK, whole)
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST)
    rows = figure.architecture_rows()
    chosen = next((row for row in rows if row["name"] == question.get("architecture")), None)
    title = chosen["title"] if chosen else "A network of your own"
    context = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "architectures": rows,
        "layers": controls.layer_rows(),
        "chosen": chosen,
        "title": title,
        "svg": Markup(svg(answer["drawing"], title)) if answer else "",
        "facts": lecture_facts(),
        "links": {row["name"]: urlencode({"architecture": row["name"]}) for row in rows},
    }
    return templates.TemplateResponse(request, "network.html", context, 422 if problem else 200)
