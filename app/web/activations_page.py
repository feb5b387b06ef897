"""The page where a network looks at an image: question in the link, answer in the HTML."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import State

from app.core.activations import questions
from app.core.errors import Problem
from app.core.mistakes import validated
from app.core.networks import models
from app.core.pictures import images
from app.web.activations_api import ACTIVATIONS
from app.web.answering import answer as answer_of
from app.web.answering import told
from app.web.links import network_asked, repeated, whole
from app.web.templates import templates
from app.workers.pool import Busy, Unavailable

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = {"model": "squeezenet1_1", "image": "coffee"}
TOP = 10
KINDS = {"photo": "photo", "drawing": "digit", "garment": "garment"}  # of pictures, by model
PAUSE_SECONDS, AHEAD = 0.5, "ahead"  # between two looks at the queue; as whose share it counts


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


async def first_answer(request: Request, question: dict[str, Any]) -> Any:
    """The first answer. Raises Problem, Busy."""
    valid = validated(questions.ActivationsQuestion, question | {"top": TOP})
    found = await told(request, ACTIVATIONS, valid)
    del found["maps"]  # none are asked for
    return found


# What the page asks by itself as soon as it is there: every layer's maps, small.
MAPS = {
    "layers": "all",
    "include": ["activation", "gradient"],
    "encoding": "uint8",
    "thumbnail": 28,
    "top": TOP,
}


def looks() -> Iterator[dict[str, Any]]:
    """Each model that ships on each picture of the kind that it learned from."""
    for model in models.MODELS.values():
        for image in images.IMAGES.values():
            if KINDS[model.picture] == image.kind:
                yield {"model": model.name, "image": image.name}


async def answer_ahead(state: State) -> None:
    """Has the first answers ready before the first visitor asks. One at a time, and only while
    nobody waits for anything else."""
    for look in looks():
        for question, form in ((look | {"top": TOP}, 0), (look | MAPS, 1)):
            while state.executor.outstanding:
                await asyncio.sleep(PAUSE_SECONDS)
            valid = questions.ActivationsQuestion.model_validate(question)
            with suppress(Busy):
                await answer_of(state, ACTIVATIONS, valid, ACTIVATIONS.forms[form], AHEAD)


@router.get("/activations")
async def activations(request: Request) -> HTMLResponse:
    """Every activation map and every gradient of a network that looks at an image."""
    question: dict[str, Any] = dict(FIRST)
    answer, problem = None, None
    try:
        question = asked(request)
        # A server that cannot answer sends the page all the same, which then asks by itself.
        with suppress(Busy, Unavailable):
            answer = await first_answer(request, question)
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST)
    context: dict[str, Any] = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "models": [models.model_row(row) for row in models.MODELS.values()],
        "maps": MAPS,
        "images": [
            {"name": row.name, "says": row.says, "kind": row.kind} for row in images.IMAGES.values()
        ],
    }
    # Without an answer the page asks by itself, and the next visitor's may have one.
    headers = None if answer or problem else {"Cache-Control": "no-store"}
    status = 422 if problem else 200
    return templates.TemplateResponse(request, "activations.html", context, status, headers)
