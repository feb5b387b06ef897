"""The REST routes of one layer: a convolution cell by cell, and the window's sizes."""

from fastapi import APIRouter, Response

from app.core.convolutions import answers as figure
from app.core.convolutions.questions import ConvolutionQuestion, StepsQuestion, WindowQuestion
from app.core.figure import ARRAYS, Figure, When
from app.web import convolution_schemas as schemas
from app.web.answering import Json, encode, route
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["convolution"], responses=REFUSALS)

CONVOLUTION = Figure(
    "/convolution",
    ConvolutionQuestion,
    figure.convolve,
    quick=When(figure.small, figure.convolve),
    most_bytes=ARRAYS,
)
STEPS = Figure(
    "/convolution/steps",
    StepsQuestion,
    figure.steps,
    quick=When(figure.small, figure.steps),
    most_bytes=ARRAYS,
)
WINDOW = Figure("/window", WindowQuestion, figure.window, quick=figure.window)

route(
    router,
    CONVOLUTION,
    "convolution",
    "A convolution, pooling or fully connected layer on one input, forward and backward.",
    schemas.ConvolutionAnswer,
)
route(
    router,
    STEPS,
    "steps",
    "Some of its steps: every product on the way forward, every share on the way back.",
    schemas.StepsAnswer,
)
route(
    router,
    WINDOW,
    "window",
    "How often a window fits on its input: (w + 2p - k) / s + 1 with its numbers.",
    schemas.WindowAnswer,
)


@router.get("/filters", responses={200: {"model": list[schemas.FilterRow]}})
async def filters() -> Response:
    """The well-known filters."""
    return Json(encode(figure.filter_rows()))
