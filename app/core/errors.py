"""The one exception that a visitor may see."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

ECHO = 80  # characters of what was sent that a sentence repeats
LONGEST = 1_000  # characters of a sentence
QUOTED = re.compile(r"`([^`]*)`")


def shortened(text: str, most: int = ECHO) -> str:
    """The beginning of a text, with dots if there is more of it."""
    return text if len(text) <= most else f"{text[:most]}…"


@with_config(
    json_schema_extra={
        "example": {
            "message": "no op `sigmod`; did you mean `sigmoid`?",
            "where": {"offset": 4, "length": 6},
            "suggestion": "sigmoid",
        }
    }
)
class ProblemAnswer(TypedDict):
    """What an answer says when the question cannot be answered."""

    message: Annotated[str, Field(description="One sentence for the person who asked.")]
    where: Annotated[
        dict[str, Any],
        Field(description="The place: offset and length in the text, node, input, or field."),
    ]
    suggestion: Annotated[
        str | None, Field(description="The nearest right thing, where there is one.")
    ]
    inputs: NotRequired[
        Annotated[list[str], Field(description="The inputs of an expression that could be read.")]
    ]
    fits: NotRequired[
        Annotated[
            dict[str, Any],
            Field(description="Values with which it would work, of the inputs that need others."),
        ]
    ]


class Problem(Exception):
    """An error that is the visitor's to mend: one sentence, and the place it is at.

    `where` may hold `offset` and `length` (characters of the text), `node`, `input`, `layer` or
    `field`; `suggestion` is the nearest right thing, where there is one. Of an expression that can
    be read `inputs` are the names of its inputs, `fits` values that would do for some of them.
    """

    def __init__(
        self,
        message: str,
        where: Mapping[str, Any] | None = None,
        suggestion: str | None = None,
    ) -> None:
        if len(message) > ECHO:
            echoed = QUOTED.sub(lambda found: f"`{shortened(found[1])}`", message)
            message = shortened(echoed, LONGEST)
        super().__init__(message)
        self.message = message
        self.where = dict(where or {})
        self.suggestion = suggestion
        self.inputs: list[str] | None = None
        self.fits: dict[str, Any] = {}

    @property
    def told(self) -> ProblemAnswer:
        """As an answer and a page tell it."""
        told: ProblemAnswer = {
            "message": self.message,
            "where": self.where,
            "suggestion": self.suggestion,
        }
        if self.inputs is not None:
            told |= {"inputs": self.inputs, "fits": self.fits}
        return told


class OverBudget(Problem):
    """More tensor entries or more time than there is for a question."""


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The known name closest to a mistyped one, or None if nothing is close: so much of 1."""
    if len(name) > ECHO:  # to compare it would take long
        return None
    candidates = list(known)
    lower = {candidate.lower(): candidate for candidate in candidates}
    found = get_close_matches(name.lower(), lower, n=1, cutoff=alike)
    return lower[found[0]] if found else None
