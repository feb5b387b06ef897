"""POST /api/elsewhere: how any figure is used outside of its page."""

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from app.core.elsewhere import ElsewhereAnswer, ElsewhereQuestion, elsewhere
from app.core.figure import ARRAYS, Figure
from app.web.answering import route
from app.web.links import own_address
from app.web.problems import REFUSALS

ELSEWHERE = Figure(
    name="elsewhere",
    subject="figures",
    question=ElsewhereQuestion,
    says="A figure as a link, as a frame for another site, as a command and as a program.",
    answer=elsewhere,
    most_bytes=ARRAYS,
    model=ElsewhereAnswer,
)


def addressed(request: Request, figure: Figure[Any]) -> Figure[Any]:
    """The same, telling how this server is called."""
    address = own_address(request)
    answer = partial(elsewhere, address=address)
    return replace(figure, path=f"{figure.path} at {address}", answer=answer)


router = APIRouter(prefix="/api", tags=["figures"], responses=REFUSALS)
route(router, ELSEWHERE, addressed)
