"""POST /api/check: any figure's numbers by another path."""

from fastapi import APIRouter

from app.core.checks import CheckAnswer, CheckQuestion, check
from app.core.figure import PICTURES, Figure
from app.web.answering import route
from app.web.problems import REFUSALS

CHECK = Figure(
    name="check",
    subject="figures",
    question=CheckQuestion,
    says="What a figure shows by another path: the largest difference, and where it stands.",
    answer=check,
    seconds=40.0,
    most_bytes=PICTURES,
    model=CheckAnswer,
)

router = APIRouter(prefix="/api", tags=["figures"], responses=REFUSALS)
route(router, CHECK, None)
