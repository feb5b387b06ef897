"""The REST routes of why a class wins and what a channel looks for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.attributions import answers, questions
from app.core.figures import FIGURES
from app.core.links import asked
from app.core.mistakes import validated
from app.web.answering import Json, encode
from app.web.events import Events
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["attributions"], responses=REFUSALS)


@router.get("/attributions", responses={200: {"model": list[answers.AttributionRow]}})
async def attribution_table() -> Response:
    """The ways to tell which pixels a class's score comes from, each with its paper."""
    return Json(encode(answers.rows()))


@router.get(
    "/optimised-input/frames",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def optimised_input_frames(
    request: Request,
    layer: Annotated[str, Query(max_length=64, json_schema_extra={"example": "features.3.concat"})],
    channel: Annotated[int, Query(ge=0, json_schema_extra={"example": 3})],
    steps: Annotated[int, Query(ge=questions.EACH, le=512)] = questions.STEPS,
    model: Annotated[str | None, Query(max_length=64)] = None,
    network: Annotated[str | None, Query(description="As in the links of /network.")] = None,
    source: Annotated[str | None, Query()] = None,
    input: Annotated[str | None, Query(description="Goes with `source`: 3,32,32.")] = None,
    architecture: Annotated[str | None, Query(max_length=64)] = None,
    stride_on: Annotated[str | None, Query(max_length=8)] = None,
    seed: Annotated[int, Query(ge=0, lt=2**32)] = 0,
) -> Response:
    """The same, each frame as it comes: events `frame`, then `done`, or `problem`."""
    given = asked(FIGURES["optimised-input"], request.query_params)
    body = given | {"layer": layer, "channel": channel, "steps": steps}
    question = validated(questions.OptimisedInputQuestion, body)
    return Events(request, answers.optimised_input, question)
