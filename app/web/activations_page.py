"""The page where a network looks at an image: question in the link, answer in the HTML."""

from contextlib import suppress
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core import activation_figure as figure
from app.core import images, models
from app.core.errors import Problem
from app.web.links import network_asked, whole
from app.web.problems import validated
from app.web.templates import templates
from app.workers.pool import Busy, Unavailable, run

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = {"model": "squeezenet1_1", "image": "coffee"}
TOP = 10
SECONDS = 20.0


def asked(request: Request) -> dict[str, Any]:
    """The question in a link: a model, or a network as the page on networks has it; an image."""
    query = request.query_params
    names = ("model", "image", "of")
    question: dict[str, Any] = {name: query[name] for name in names if query.get(name)}
    question |= network_asked(query)
    question |= {name: whole(query[name], name) for name in ("seed", "target") if query.get(name)}
    own = question.keys() & {"model", "network", "source", "architecture"}
    return {"image": first_image(question.get("model"))} | question if own else FIRST | question


def first_image(name: str | None) -> str:
    """What a network looks at that is given no image: what is nearest to what it learned from."""
    row = models.MODELS.get(name or "")
    return {"drawing": "digit-3", "garment": "garment-0"}.get(row.picture if row else "", "coffee")


def summary_bytes(question: figure.ActivationsQuestion) -> bytes:
    """The answer without its maps; runs in a worker."""
    return orjson.dumps(figure.activations(question)[0], option=orjson.OPT_SERIALIZE_NUMPY)


async def answered(request: Request, question: dict[str, Any]) -> Any:
    """The first answer. Raises Problem."""
    valid = validated(figure.ActivationsQuestion, question | {"top": TOP})
    executor = request.app.state.executor
    return orjson.loads(await run(executor, summary_bytes, valid, timeout=SECONDS))


@router.get("/activations")
async def activations(request: Request) -> HTMLResponse:
    """Every activation map and every gradient of a network that looks at an image."""
    question: dict[str, Any] = dict(FIRST)
    answer, problem = None, None
    try:
        question = asked(request)
        # A server that cannot answer sends the page all the same, which then asks by itself.
        with suppress(Busy, Unavailable):
            answer = await answered(request, question)
    except Problem as found:
        problem = found.told
    context: dict[str, Any] = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "models": [figure.model_row(row) for row in models.MODELS.values()],
        "images": [
            {"name": row.name, "says": row.says, "kind": row.kind} for row in images.IMAGES.values()
        ],
    }
    return templates.TemplateResponse(request, "activations.html", context, 422 if problem else 200)
