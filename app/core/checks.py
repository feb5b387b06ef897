"""A check of any figure: what it shows, found once more by another path."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from app.core.errors import Problem, nearest
from app.core.figures import FIGURES
from app.core.links import asked
from app.core.mistakes import validated
from app.core.numbers import format_number, plural
from app.core.questions import MOST_FIELDS, Asked, up_to
from app.core.witnesses import Witness

MOST_LINK = 64_000  # characters


class CheckQuestion(Asked):
    """A figure, and what it was asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "figure": "expression",
                    "question": {
                        "expression": "f = (x + y) * z",
                        "inputs": {"x": -2, "y": 5, "z": -4},
                    },
                },
                {"figure": "window", "question": {"input": 32, "kernel": 5}},
            ]
        }
    )

    figure: Annotated[str, Field(max_length=64, description="Its name.")]
    question: Annotated[dict[str, Any], up_to(MOST_FIELDS)] = Field(
        default={}, description="As in the POST of that figure."
    )
    link: Annotated[str, Field(max_length=MOST_LINK)] = Field(
        default="", description="Instead, what stands behind the `?` in that figure's link."
    )

    @property
    def private(self) -> bool:
        """Whether it holds what nobody else has: a picture or weights of one's own."""
        image = self.question.get("image")
        own = isinstance(image, str) and image.startswith("data:")
        return own or any(self.question.get(name) is not None for name in ("weights", "classes"))


class CheckAnswer(TypedDict):
    """What each witness has found."""

    witnesses: list[Witness]
    agrees: Annotated[
        bool | None, Field(description="Null where there is no witness, which the sentence tells.")
    ]
    sentence: str


def check(question: CheckQuestion) -> CheckAnswer:
    """The answer to POST /api/check; imports torch. Raises Problem."""
    figure = FIGURES.get(question.figure)
    if figure is None:
        raise Problem(
            f"there is no figure `{question.figure}`",
            {"field": "figure"},
            nearest(question.figure, FIGURES),
        )
    if figure.check is None:
        return {"witnesses": [], "agrees": None, "sentence": figure.unchecked}
    if question.link:
        given = asked(figure, dict(parse_qsl(question.link, keep_blank_values=True)))
    else:
        given = figure.completed(question.question) if figure.completed else question.question
    found = figure.check(validated(figure.question, given))
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
