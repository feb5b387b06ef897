"""A lesson: prose and live figures, one Markdown file each, read once.

    ---
    title: The chain rule on (x + y) z
    part: Chain rule
    minutes: 10
    slides: [2, 3]
    after: [say what a gate needs to pass a gradient on]
    ---
    Prose, with $formulas$.

    ```figure expression
    says: Forward and back, one gate at a time.
    slide: 3
    at: {step: 0}
    expression: f = (x + y) * z
    ```

A fence is a row of FIGURES: what stands in it is the figure's question, as in its link and its
POST, but for three words: `says` describes it, `slide` is what of the lecture it shows, and `at` is
where in the answer one looks. A fence `exercise hinge-loss` is one of KINDS, with numbers of its
own for each visitor. A fence of `notes` is for who speaks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.figure import Figure
from app.core.figures import FIGURES
from app.core.links import alone

OWN = ("says", "slide", "at")  # what a fence says beside the question


class Misread(Exception):
    """A mistake in a lesson, in a sentence with its file and line."""

    def __init__(self, file: str, line: int, says: str) -> None:
        super().__init__(f"{file}, line {line}: {says}")


@dataclass(frozen=True)
class Fence:
    """A figure in a lesson."""

    name: str
    question: Mapping[str, Any]
    at: Mapping[str, Any]
    says: str
    slide: int | None
    line: int

    @property
    def figure(self) -> Figure[Any]:
        return FIGURES[self.name]

    @property
    def link(self) -> str:
        return alone(self.figure, self.question, self.at)


@dataclass(frozen=True)
class Prose:
    """HTML made of Markdown, in which no tag is the author's own; and the Markdown."""

    html: str
    text: str


@dataclass(frozen=True)
class Notes:
    """What the speaker reads."""

    html: str


@dataclass(frozen=True)
class Exercise:
    """A kind of exercise, which is drawn when the page is read."""

    name: str


Block = Prose | Notes | Fence | Exercise


@dataclass(frozen=True)
class Lesson:
    name: str
    title: str
    part: str
    minutes: int
    slides: tuple[int, ...]
    after: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def fences(self) -> Iterator[Fence]:
        return (block for block in self.blocks if isinstance(block, Fence))

    @property
    def exercises(self) -> list[str]:
        """The names of their kinds."""
        return [block.name for block in self.blocks if isinstance(block, Exercise)]

    def row(self) -> dict[str, Any]:
        """What the list of lessons says of it."""
        figures = [
            {"figure": fence.name, "says": fence.says, "slide": fence.slide, "link": fence.link}
            for fence in self.fences
        ]
        return {
            "name": self.name,
            "title": self.title,
            "part": self.part,
            "minutes": self.minutes,
            "slides": self.slides,
            "after": self.after,
            "figures": figures,
            "exercises": self.exercises,
        }
