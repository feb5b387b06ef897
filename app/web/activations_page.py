"""The page where a network looks at an image: the question is in the link."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.errors import Problem
from app.core.network_links import unpacked
from app.web.templates import templates

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = {"model": "squeezenet1_1", "image": "coffee"}


def whole(text: str, name: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise Problem(f"`{name}` in this link is a whole number", {"field": name})
    return int(text)


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: a model, or a network as the page on networks has it; an image."""
    query = request.query_params
    names = ("model", "architecture", "stride_on", "source", "image", "of")
    question: dict[str, Any] = {name: query[name] for name in names if query.get(name)}
    question |= {name: whole(query[name], name) for name in ("seed", "target") if query.get(name)}
    if query.get("network"):
        question["network"] = unpacked(query["network"])
    if "source" in question and query.get("input"):
        question["input"] = [whole(size, "input") for size in query["input"].split(",")]
    own = question.keys() & {"model", "network", "source", "architecture"}
    return {"image": FIRST["image"]} | question if own else FIRST | question


@router.get("/activations")
async def activations(request: Request) -> HTMLResponse:
    """Every activation map and every gradient of a network that looks at an image."""
    question: dict[str, Any] = dict(FIRST)
    problem = None
    try:
        question = asked(request)
    except Problem as found:
        problem = {"message": found.message, "where": found.where, "suggestion": found.suggestion}
    context: dict[str, Any] = {
        "question": question,
        "answer": None,
        "problem": problem,
        "models": [],
        "images": [],
    }
    return templates.TemplateResponse(request, "activations.html", context, 422 if problem else 200)
