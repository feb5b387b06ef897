"""A check of any figure: what it shows, found once more by another path."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.any_figure import AnyFigureQuestion
from app.core.mistakes import validated
from app.core.numbers import format_number, plural
from app.core.witnesses import Witness


class CheckQuestion(AnyFigureQuestion):
    """A figure, and what it was asked."""


class CheckAnswer(TypedDict):
    """What each witness has found."""

    witnesses: list[Witness]
    agrees: Annotated[
        bool | None, Field(description="Null where there is no witness, which the sentence tells.")
    ]
    sentence: str


def check(question: CheckQuestion) -> CheckAnswer:
    """The answer to POST /api/check; imports torch. Raises Problem."""
    figure = question.row()
    if figure.check is None:
        return {"witnesses": [], "agrees": None, "sentence": figure.unchecked}
    found = figure.check(validated(figure.question, question.given(figure)))
    return {
        "witnesses": found,
        "agrees": all(each["agrees"] for each in found),
        "sentence": sentence(found),
    }


def sentence(found: list[Witness]) -> str:
    """What a learner is told first."""
    wrong = next((each for each in found if not each["agrees"]), None)
    if wrong:
        ours, theirs = format_number(wrong["ours"], 6), format_number(wrong["theirs"], 6)
        of = f"{wrong['of']} in {wrong['within']}" if wrong["within"] else wrong["of"]
        return f"{wrong['by']} has {theirs} for {of}, this figure {ours}."
    numbers = sum(each["compared"] for each in found)
    if not numbers:
        return "There is no number here that another path could find."
    paths = dict.fromkeys(each["by"] for each in found if each["compared"])
    agree = "it agrees" if numbers == 1 else "they agree"
    return f"{plural(numbers, 'number')} found once more, by {' and '.join(paths)}: {agree}."
