"""The REST routes of why a class wins and what a channel looks for."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from app.core import attribution_figure as figure
from app.core.top_patches import Maxima
from app.web import attributions_schemas as schemas
from app.web.activations_page import asked
from app.web.api import Json, encode
from app.web.clients import client_of
from app.web.events import Events
from app.web.problems import REFUSALS, validated
from app.workers.pool import run
from app.workers.runs import all_frames

router = APIRouter(prefix="/api", tags=["attributions"], responses=REFUSALS)

SECONDS = 40.0  # what one question may take
MOST_KEPT = 4  # networks whose maxima are remembered


def answer_bytes(fn: Callable[..., Any], *asked: Any) -> bytes:
    """The answer as JSON; runs in a worker, which then sends bytes and not objects."""
    return orjson.dumps(fn(*asked), option=orjson.OPT_SERIALIZE_NUMPY)


async def answered(request: Request, fn: Callable[..., Any], *asked: Any) -> Response:
    executor = request.app.state.executor
    return Json(await run(executor, answer_bytes, fn, *asked, timeout=SECONDS))


@router.get("/attributions", responses={200: {"model": list[schemas.AttributionRow]}})
async def attribution_table() -> Response:
    """The ways to tell which pixels a class's score comes from, each with its paper."""
    return Json(encode(figure.rows()))


@router.post("/attributions", responses={200: {"model": schemas.AttributionAnswer}})
async def attributions(request: Request, question: figure.AttributionQuestion) -> Response:
    """Which pixels a class's score comes from, by one of these ways."""
    return await answered(request, figure.attributions, question)


@router.post("/occlusion", responses={200: {"model": schemas.OcclusionAnswer}})
async def occlusion(request: Request, question: figure.OcclusionQuestion) -> Response:
    """What a class loses when one patch of the picture is covered with gray."""
    return await answered(request, figure.occlusion, question)


@router.post("/top-patches", responses={200: {"model": schemas.TopPatchesAnswer}})
async def top_patches(request: Request, question: figure.TopPatchesQuestion) -> Response:
    """The patches of the shipped pictures that a channel answers to most."""
    channel = figure.asked_channel(question)
    found = (await remembered(request, question)).of(channel)
    return await answered(request, figure.top_patches, question, found)


async def remembered(request: Request, question: figure.TopPatchesQuestion) -> Maxima:
    """The maxima of a network, found by a worker at the first question about it."""
    kept: OrderedDict[str, Maxima] = request.app.state.maxima
    key = figure.network_key(question)
    if key not in kept:
        kept[key] = await run(request.app.state.executor, figure.maxima, question, timeout=SECONDS)
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


@router.post(
    "/optimised-input",
    responses={
        200: {
            "model": schemas.OptimisedInputAnswer,
            "content": {Events.media_type: {}},
            "description": "As events, if asked for: each frame as it comes.",
        }
    },
)
async def optimised_input(request: Request, question: figure.OptimisedInputQuestion) -> Response:
    """The picture that excites a channel most: every frame of the climb at once."""
    if Events.media_type in request.headers.get("accept", ""):
        return Events(*run_of(request, question))
    return Json(encode({"frames": await all_frames(*run_of(request, question))}))


def run_of(request: Request, question: figure.OptimisedInputQuestion) -> tuple[Any, ...]:
    """What a run is made of."""
    state = request.app.state
    return state.runs, state.executor, figure.optimised_input, question, client_of(request)


@router.get(
    "/optimised-input/frames",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def optimised_input_frames(
    request: Request,
    layer: Annotated[str, Query(max_length=64, json_schema_extra={"example": "features.3.concat"})],
    channel: Annotated[int, Query(ge=0, json_schema_extra={"example": 3})],
    steps: Annotated[int, Query(ge=figure.EACH, le=512)] = figure.STEPS,
    model: Annotated[str | None, Query(max_length=64)] = None,
    network: Annotated[str | None, Query(description="As in the links of /network.")] = None,
    source: Annotated[str | None, Query()] = None,
    input: Annotated[str | None, Query(description="Goes with `source`: 3,32,32.")] = None,
    architecture: Annotated[str | None, Query(max_length=64)] = None,
    stride_on: Annotated[str | None, Query(max_length=8)] = None,
    seed: Annotated[int, Query(ge=0, lt=2**32)] = 0,
) -> Response:
    """The same, each frame as it comes: events `frame`, then `done`, or `problem`."""
    own = {"model", "network", "source", "input", "architecture", "stride_on", "seed"}
    given = {name: value for name, value in asked(request).items() if name in own}
    body = given | {"layer": layer, "channel": channel, "steps": steps}
    question = validated(figure.OptimisedInputQuestion, body)
    return Events(*run_of(request, question))
