"""An answer checked: right, wrong by a way that has a name, plainly wrong, or not to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.exercises.exercise import Blank, Drawn
from app.core.exercises.reading import Rows, alike, near, read
from app.core.numbers import format_number, sizes

PLAINLY = {
    "number": "That is not it.",
    "shape": "That is another shape.",
    "choice": "That is not it.",
    "formula": "That is another function: it gives other numbers.",
    "grid": "That is not it.",
}


class VerdictAnswer(TypedDict):
    """What is said of one answer. `link` shows where it went wrong, or is empty."""

    name: str
    verdict: Literal["right", "wrong", "unread", "empty"]
    says: str
    link: str


class CheckedAnswer(TypedDict):
    """Of all of an exercise's answers; `why` is told when all are right."""

    right: bool
    verdicts: list[VerdictAnswer]
    why: str | None
    link: str


def checked(drawn: Drawn, answers: Mapping[str, str]) -> CheckedAnswer:
    verdicts = [verdict(blank, answers.get(blank.name, "")) for blank in drawn.blanks]
    right = all(one["verdict"] == "right" for one in verdicts)
    return {
        "right": right,
        "verdicts": verdicts,
        "why": drawn.why if right else None,
        "link": drawn.link,
    }


def verdict(blank: Blank, text: str) -> VerdictAnswer:
    said: VerdictAnswer = {"name": blank.name, "verdict": "empty", "says": "", "link": ""}
    if not text.strip():
        return said
    try:
        given = read(blank, text)
    except Problem as problem:
        return {**said, "verdict": "unread", "says": problem.message}
    if alike(blank, given, blank.right):
        return {**said, "verdict": "right"}
    for wrong in blank.wrongs:
        if alike(blank, given, wrong.value):
            return {**said, "verdict": "wrong", "says": wrong.says, "link": wrong.link}
    says = first_wrong(blank, given) if blank.form == "grid" else PLAINLY[blank.form]
    return {**said, "verdict": "wrong", "says": says}


def first_wrong(blank: Blank, given: Rows) -> str:
    """The first number of a grid that is wrong, with its arithmetic; or that its shape is."""
    right: Rows = blank.right
    mine, other = (len(given), len(given[0])), (len(right), len(right[0]))
    if mine != other:
        return f"These are {sizes(mine)} numbers, and it is {sizes(other)}."
    for row, numbers in enumerate(right):
        for column, number in enumerate(numbers):
            if not near(given[row][column], number):
                yours = format_number(given[row][column])
                where = f"Row {row + 1}, column {column + 1} is the first that is wrong"
                how = blank.arithmetic[row][column] if blank.arithmetic else ""
                return f"{where}: you have {yours}, and it is {how or format_number(number)}."
    raise AssertionError("the grid is right")
