"""The REST routes of one layer: a convolution cell by cell, and the window's sizes."""

from fastapi import APIRouter, Request, Response

from app.core import convolution_figure as figure
from app.core.convolution_questions import ConvolutionQuestion, StepsQuestion, WindowQuestion
from app.web import convolution_schemas as schemas
from app.web.api import Json, encode, in_worker
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["convolution"], responses=REFUSALS)

# Multiply-adds that the event loop computes itself; anything larger goes to a worker.
SMALL = 2_000_000


async def answer_convolution(request: Request, question: ConvolutionQuestion) -> bytes:
    """The answer to a question, from here if it is small, else from a worker."""
    if figure.work(question) <= SMALL:
        return encode(figure.convolve(question))
    return encode(await in_worker(request, figure.convolve, question))


@router.post("/convolution", responses={200: {"model": schemas.ConvolutionAnswer}})
async def convolution(request: Request, question: ConvolutionQuestion) -> Response:
    """A convolution, pooling or fully connected layer on one input, forward and backward."""
    return Json(await answer_convolution(request, question))


@router.post("/convolution/steps", responses={200: {"model": schemas.StepsAnswer}})
async def steps(request: Request, question: StepsQuestion) -> Response:
    """Some of its steps: every product on the way forward, every share on the way back."""
    if figure.work(question) <= SMALL:
        return Json(encode(figure.steps(question)))
    return Json(encode(await in_worker(request, figure.steps, question)))


@router.post("/window", responses={200: {"model": schemas.WindowAnswer}})
async def window(question: WindowQuestion) -> Response:
    """How often a window fits on its input: (w + 2p - k) / s + 1 with its numbers."""
    return Json(encode(figure.window(question)))


@router.get("/filters", responses={200: {"model": list[schemas.FilterRow]}})
async def filters() -> Response:
    """The well-known filters."""
    return Json(encode(figure.filter_rows()))
