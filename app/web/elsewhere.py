"""POST /api/elsewhere: how any figure is used outside of its page."""

from fastapi import APIRouter

from app.core.elsewhere import ElsewhereAnswer, ElsewhereQuestion, elsewhere
from app.core.figure import ARRAYS, Figure
from app.web.answering import route
from app.web.links import addressed
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


router = APIRouter(prefix="/api", tags=["figures"], responses=REFUSALS)
route(router, ELSEWHERE, addressed)
