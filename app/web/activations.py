"""A network that looks at a picture: the REST routes, and the page."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import State

from app.core.activations import questions
from app.core.beginnings import CLOSER, FIRST_LOOK, GLANCE, SIGHTS, TOP, Sight
from app.core.errors import Problem, ProblemAnswer
from app.core.figures import FIGURES
from app.core.links import asked
from app.core.mistakes import validated
from app.core.networks import models
from app.core.pictures import forms, images, tables, uploads
from app.core.pictures.preparation import SHOWN
from app.web.answering import Json, encode, told_soon
from app.web.answering import answer as answer_of
from app.web.assets import templates
from app.web.links import repeated
from app.web.problems import REFUSALS
from app.workers.pool import Busy, run

router = APIRouter(prefix="/api", tags=["activations"], responses=REFUSALS)

SECONDS = 20.0  # what one look may take
PICTURES = ("image/png", "image/jpeg", "image/webp")
FORM = "multipart/form-data"

ACTIVATIONS = FIGURES["activations"]


@router.get("/models", responses={200: {"model": list[models.ModelRow]}})
async def model_table() -> Response:
    """The networks that ship with their weights."""
    return Json(encode([models.model_row(row) for row in models.MODELS.values()]))


@router.get("/sights", responses={200: {"model": list[Sight]}})
async def sight_table() -> Response:
    """How the pages ask for a network's maps: the answers to these are ready soonest."""
    return Json(encode(list(SIGHTS)))


@router.get("/images", responses={200: {"model": list[tables.ImageRow]}})
async def image_table() -> Response:
    """The pictures that ship."""
    return Json(encode([tables.image_row(row) for row in images.IMAGES.values()]))


@router.get(
    "/images/{name}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
async def image(
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": "chelsea"})],
    size: Annotated[int, Query(ge=8, le=512, description="Of its sides, in pixels.")] = 64,
) -> Response:
    """A picture that ships, cut square."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(tables.thumbnail(name, size), media_type="image/png", headers=headers)


@router.post(
    "/images",
    responses={
        200: {"model": uploads.UploadAnswer},
        415: {"model": ProblemAnswer, "description": "The body is no PNG, JPEG or WebP"},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in PICTURES},
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
            },
        }
    },
)
async def upload(request: Request) -> Response:
    """A picture of one's own: made upright and small, given back, and kept nowhere."""
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind not in (*PICTURES, FORM):
        raise HTTPException(
            415,
            "A picture is PNG, JPEG or WebP, sent with that Content-Type (curl -H 'Content-Type: "
            "image/png' --data-binary @picture.png) or in a form (curl -F file=@picture.png).",
        )
    data = await request.body()
    if kind == FORM:
        data = forms.file_of(data, given)
    executor = request.app.state.executor
    return Json(encode(await run(executor, uploads.upright, data, timeout=SECONDS)))


pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAUSE_SECONDS, AHEAD = 0.5, "ahead"  # between two looks at the queue; as whose share it counts


async def first_answer(request: Request, question: dict[str, Any]) -> Any:
    """The first answer, or None if it takes long. Raises Problem."""
    valid = validated(questions.ActivationsQuestion, question | {"top": TOP})
    found = await told_soon(request, ACTIVATIONS, valid)
    if found:
        del found["maps"]  # none are asked for
    return found


def looks() -> Iterator[dict[str, Any]]:
    """Each model that ships on each picture of the kind that it learned from."""
    for model in models.MODELS.values():
        for image in images.IMAGES.values():
            if SHOWN[model.picture] == image.kind:
                yield {"model": model.name, "image": image.name}


async def answer_ahead(state: State) -> None:
    """Has the first answers ready before the first visitor asks. One at a time, and only while
    nobody waits for anything else."""
    for look in looks():
        for more, form in (({"top": TOP}, 0), (GLANCE, 1), (CLOSER, 1)):
            while state.executor.outstanding:
                await asyncio.sleep(PAUSE_SECONDS)
            valid = questions.ActivationsQuestion.model_validate(look | more)
            with suppress(Busy):
                await answer_of(state, ACTIVATIONS, valid, ACTIVATIONS.forms[form], AHEAD)


@pages.get("/activations")
async def activations(request: Request) -> HTMLResponse:
    """Every activation map and every gradient of a network that looks at an image."""
    question: dict[str, Any] = dict(FIRST_LOOK)
    answer, problem = None, None
    try:
        question = asked(ACTIVATIONS, request.query_params)
        answer = await first_answer(request, question)
    except Problem as found:
        problem, question = found.told, repeated(question, FIRST_LOOK)
    context: dict[str, Any] = {
        "question": question,
        "answer": answer,
        "problem": problem,
        "models": [models.model_row(row) for row in models.MODELS.values()],
        "maps": GLANCE,
        "finer": CLOSER,
        "images": [
            {"name": row.name, "says": row.says, "kind": row.kind} for row in images.IMAGES.values()
        ],
    }
    # Without an answer the page asks by itself, and the next visitor's may have one.
    headers = None if answer or problem else {"Cache-Control": "no-store"}
    status = 422 if problem else 200
    return templates.TemplateResponse(request, "activations.html", context, status, headers)
