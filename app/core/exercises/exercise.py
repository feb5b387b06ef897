"""An exercise: a question with fresh numbers, its right answer computed, and the wrong answers that
have a name.

A kind is a row of KINDS: its function draws a question from a source of chance. What it returns
says what is asked, what is right, which wrong answers people come to and by which way, and where
the figure is that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from app.core.exercises.reading import Rows, alike
from app.core.figures import FIGURES
from app.core.links import alone

Form = Literal["number", "shape", "choice", "formula", "grid"]
TRIES = 100  # at a question that fits, of one seed
SEEDS = 1_000_000  # a seed is below this


class Unfit(Exception):
    """These numbers make no good question; others are drawn."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that people come to, and how."""

    value: Any
    says: str
    link: str = ""


@dataclass(frozen=True)
class Blank:
    """A place for one answer.

    `right` is a number; a tuple of whole numbers for a shape; one of `choices`; for a formula its
    text, in `variables`; for a grid its rows, and `arithmetic` says how each of them comes about.
    """

    name: str
    label: str
    right: Any
    wrongs: tuple[Wrong, ...] = ()
    form: Form = "number"
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    arithmetic: Sequence[Sequence[str]] = ()

    def told_apart(self) -> Blank:
        """With those wrong answers only that are wrong here, each of them once."""
        known, kept = [self.right], []
        for wrong in self.wrongs:
            if not any(alike(self, wrong.value, other, wide=True) for other in known):
                known.append(wrong.value)
                kept.append(wrong)
        return replace(self, wrongs=tuple(kept))


@dataclass(frozen=True)
class Drawn:
    """A question with its numbers.

    `asks`, `hints` and `why` are Markdown with formulas; `why` tells the right answer's arithmetic.
    `given` are the numbers for a program; `grids` are those that are shown as tables; `picture` is
    an SVG; `link` leads to the figure that has the same numbers.
    """

    asks: str
    blanks: tuple[Blank, ...]
    hints: tuple[str, str, str]
    why: str
    link: str
    given: Mapping[str, Any] = field(default_factory=dict)
    grids: tuple[tuple[str, Rows], ...] = ()
    picture: str = ""


@dataclass(frozen=True)
class Kind:
    """A row of KINDS. `lesson` is the name of the lesson that it belongs to."""

    name: str
    title: str
    lesson: str
    numbers: Callable[[Random], Drawn]

    def drawn(self, seed: int) -> Drawn:
        """The question of this seed, always the same one."""
        for attempt in range(TRIES):
            try:
                found = self.numbers(Random(f"{self.name} {seed} {attempt}"))
            except Unfit:
                continue
            return replace(found, blanks=tuple(blank.told_apart() for blank in found.blanks))
        raise AssertionError(f"{self.name} finds no numbers that fit")


def shown(figure: str, question: Mapping[str, Any], **at: Any) -> str:
    """Where a figure with these numbers stands, at this step or in this view of it."""
    return alone(FIGURES[figure], question, at)
