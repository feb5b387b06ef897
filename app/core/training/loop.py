"""The one loop: a run and its control, side by side, as a fold of short slices.

Everything in a frame depends on the settings, which hold the seed, and on its place in the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from app.core.numbers import Number
from app.core.questions import Asked
from app.core.training.diagnosis import Diagnosis, Record, diagnosed

S = TypeVar("S", bound=Asked)
A = TypeVar("A")


class Look(NamedTuple):
    """One side of a run at one moment. `shown`: what its picture is drawn from."""

    train: float
    validation: float | None
    shown: list[Any]


class Side(TypedDict):
    """The run, or its control, at one moment."""

    train: Annotated[Number, Field(description="Loss on what it is trained on.")]
    validation: Annotated[Number, Field(description="Loss on what it has never seen.")]
    shown: Annotated[
        list[Any],
        Field(
            description="The fit at `data.x`; or how sure it is of class 1, in percent, at each "
            "place of a square grid, row by row from the top."
        ),
    ]


class Frame(TypedDict):
    """One moment of a run and of its control."""

    step: Annotated[int, Field(description="Its place in the run, from 0.")]
    steps: Annotated[int, Field(description="The place of the last frame.")]
    at: Annotated[float, Field(description="Where it stands on the chart's axis.")]
    run: Side
    control: Side
    diagnosis: Diagnosis
    stopped: Annotated[
        str | None, Field(description="Why the run ends here, if a number went out of bounds.")
    ]
    data: Annotated[
        dict[str, Any] | None, Field(description="What both are trained on; in the first frame.")
    ]


class RunAnswer(TypedDict):
    """All frames of a run."""

    frames: list[Frame]


@dataclass(frozen=True)
class Loop(Generic[S, A]):
    """How one side of a run goes, from one frame to the next.

    `begin` makes the state before the first frame, `advance` takes it from a frame to the next
    (both see nothing but their arguments), `look` measures it. `last` is the place of the last
    frame, `at` where a frame stands on the axis, `data` what is drawn once. `guessed` is the loss
    that guessing without learning gives, `floor` what no fit can fall below; None if not known.
    """

    begin: Callable[[S], A]
    advance: Callable[[S, A, int], A]
    look: Callable[[S, A, int], Look]
    last: Callable[[S], int]
    at: Callable[[S, int], float]
    data: Callable[[S], dict[str, Any]]
    guessed: Callable[[S], float | None]
    floor: Callable[[S], float | None]
    unit: str
    frames: int = 4  # of a slice


class Run(NamedTuple):
    """Where a run stands: the place of the next frame, both sides, and the losses so far."""

    step: int
    sides: tuple[Any, ...]
    record: Record


def sliced(loop: Loop[S, Any], settings: S, control: S, run: Run | None) -> tuple[Any, list[Frame]]:
    """One slice: the run after it, None when it is over, and its frames."""
    both = (settings, control)
    found: list[Frame] = []
    if run is None:
        begun = (loop.begin(settings), loop.begin(control))
        record = Record(loop.unit, loop.guessed(settings), loop.floor(settings))
        run = Run(0, begun, record)
    last = loop.last(settings)
    for _ in range(loop.frames):
        step, sides = run.step, run.sides
        if step:
            sides = tuple(
                loop.advance(each, side, step) for each, side in zip(both, sides, strict=True)
            )
        looks = [loop.look(each, side, step) for each, side in zip(both, sides, strict=True)]
        at = loop.at(settings, step)
        record = run.record.with_(at, looks[0].train, looks[0].validation)
        stopped = stop(looks, loop.unit, at)
        found.append(
            {
                "step": step,
                "steps": last,
                "at": at,
                "run": told(looks[0]),
                "control": told(looks[1]),
                "diagnosis": diagnosed(record),
                "stopped": stopped,
                "data": None
                if step
                else {"run": loop.data(settings), "control": loop.data(control)},
            }
        )
        if stopped or step >= last:
            return None, found
        run = Run(step + 1, sides, record)
    return run, found


def told(look: Look) -> Side:
    """With null where a number does not exist, which the frame says in words beside it."""
    shown = look.shown if finite(look) else []
    return {"train": number(look.train), "validation": number(look.validation), "shown": shown}


def number(x: float | None) -> Number:
    return x if x is not None and math.isfinite(x) else None


def finite(look: Look) -> bool:
    return math.isfinite(look.train) and math.isfinite(look.validation or 0)


def stop(looks: list[Look], unit: str, at: float) -> str | None:
    """Why a run cannot go on: the loss is no number any more."""
    for name, look in zip(("run", "control"), looks, strict=True):
        if not finite(look):
            what = "not a number" if math.isnan(look.train) else "beyond all bounds"
            return f"At {unit} {at:g} the loss of the {name} is {what}, and it stops here."
    return None
