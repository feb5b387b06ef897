"""Exercises over the wire: their list, a question drawn, answers to be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.exercises.exercise import SEEDS, Blank, Form, Kind
from app.core.exercises.reading import MOST_LETTERS
from app.core.questions import Asked, shown, up_to

Seed = Annotated[int, Field(ge=0, lt=SEEDS, description="The same one draws the same numbers.")]
Typed = Annotated[str, Field(max_length=MOST_LETTERS)]


class ExerciseRow(TypedDict):
    """A kind of exercise."""

    name: str
    title: str
    lesson: Annotated[str, Field(description="The name of the lesson that it belongs to.")]


class BlankAnswer(TypedDict):
    """A place for one answer."""

    name: str
    label: str
    form: Annotated[
        Form, Field(description="How it is typed: a shape as 6 x 28 x 28, a grid a row a line.")
    ]
    choices: Sequence[str]
    variables: Annotated[Sequence[str], Field(description="That a formula may be in.")]


class DrawnAnswer(ExerciseRow):
    """A question with its numbers; what is right is not told."""

    seed: int
    asks: Annotated[str, Field(description="Markdown, with formulas between dollar signs.")]
    blanks: list[BlankAnswer]
    hints: Annotated[Sequence[str], Field(description="Three; each says more than the last.")]
    given: Annotated[Mapping[str, Any], Field(description="Its numbers, for a program.")]
    link: Annotated[str, Field(description="The figure with these numbers.")]


class AnswersQuestion(Asked):
    """What somebody answers to an exercise, as it was typed."""

    model_config = shown({"seed": 1, "answers": {"loss": "2.9"}})

    seed: Seed
    answers: Annotated[dict[Annotated[str, Field(max_length=64)], Typed], up_to(16)] = Field(
        default={}, description="A text for each blank, by its name."
    )


def row(kind: Kind) -> ExerciseRow:
    return {"name": kind.name, "title": kind.title, "lesson": kind.lesson}


def blank(found: Blank) -> BlankAnswer:
    return {
        "name": found.name,
        "label": found.label,
        "form": found.form,
        "choices": found.choices,
        "variables": found.variables,
    }


def told(kind: Kind, seed: int) -> DrawnAnswer:
    """The question of a seed, without what is right."""
    drawn = kind.drawn(seed)
    return {
        **row(kind),
        "seed": seed,
        "asks": drawn.asks,
        "blanks": [blank(one) for one in drawn.blanks],
        "hints": drawn.hints,
        "given": drawn.given,
        "link": drawn.link,
    }
