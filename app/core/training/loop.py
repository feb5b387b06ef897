"""The one loop: a run and its control, side by side, as a fold of short slices.

Everything in a frame depends on the settings, which hold the seed, and on its place in the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from app.core.numbers import Number
from app.core.questions import Asked
from app.core.training.diagnosis import Diagnosis, Record, diagnosed

S = TypeVar("S", bound=Asked)
A = TypeVar("A")
SLICE_SECONDS = 0.05  # so that many runs take turns and each is seen to move
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Look(NamedTuple):
    """One side of a run at one moment. `shown`: what its picture is drawn from; `more`: what the
    chart draws besides; `facts`: numbers that stand under the picture; `signs`: what else a rule of
    the diagnosis may look at; `where`: the first layer with a number out of bounds."""

    train: float
    validation: float | None
    shown: Any
    more: tuple[float | None, ...] = ()
    facts: Mapping[str, float] = NOTHING
    signs: Mapping[str, Any] = NOTHING
    where: str | None = None


class Side(TypedDict):
    """The run, or its control, at one moment."""

    train: Annotated[
        Number, Field(description="The first curve of the chart: loss on what it is trained on.")
    ]
    validation: Annotated[Number, Field(description="The second: loss on what it has never seen.")]
    more: Annotated[list[Number], Field(description="The other curves, if there are any.")]
    facts: Annotated[dict[str, Number], Field(description="Other numbers of this moment, by name.")]
    shown: Annotated[
        list[Any] | dict[str, Any],
        Field(
            description="What its picture is drawn from, by `data.kind`. Of a curve: the fit at "
            "`data.x`; of a plane: how sure it is of class 1, in percent, at each place of a "
            "square grid, row by row from the top."
        ),
    ]


class Frame(TypedDict):
    """One moment of a run and of its control."""

    step: Annotated[int, Field(description="Its place in the run, from 0.")]
    steps: Annotated[int, Field(description="The place of the last frame.")]
    at: Annotated[float, Field(description="Where it stands on the chart's axis.")]
    end: Annotated[float, Field(description="Where the last frame does.")]
    run: Side
    control: Side
    diagnosis: Diagnosis
    stopped: Annotated[
        str | None, Field(description="Why the run ends here, if a number went out of bounds.")
    ]
    data: Annotated[
        dict[str, Any] | None,
        Field(
            description="What both are trained on, and what their pictures stand on; in the first "
            "frame. `curves` names those of the chart; `closed` says why no step of this run can "
            "be looked into, null if they can; `steps`: how many it has, also where a frame "
            "is one of an epoch."
        ),
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
    `says` puts a moment into words where the rules for losses have nothing to say of it.
    """

    begin: Callable[[S], A]
    advance: Callable[[S, A, int], A]
    look: Callable[[S, A, int], Look]
    last: Callable[[S], int]
    at: Callable[[S, int], float]
    data: Callable[[S], dict[str, Any]]
    guessed: Callable[[S], float | None] = lambda settings: None
    floor: Callable[[S], float | None] = lambda settings: None
    unit: str = "step"
    frames: int = 4  # of a slice
    says: Callable[[S, float, Look, Look], str | None] = lambda settings, at, run, control: None


class Run(NamedTuple):
    """Where a run stands: the place of the next frame, both sides, and the losses so far."""

    step: int
    sides: tuple[Any, ...]
    record: Record


def sliced(loop: Loop[S, Any], settings: S, control: S, run: Run | None) -> tuple[Any, list[Frame]]:
    """One slice: the run after it, None when it is over, and its frames. The first is sent alone,
    since it is waited for; each later slice goes on for SLICE_SECONDS, `loop.frames` at most. Where
    a run is cut changes none of its frames."""
    until = monotonic() + SLICE_SECONDS if run else 0.0
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
        record = run.record.with_(at, looks[0].train, looks[0].validation, looks[0].signs)
        stopped = stop(looks, loop.unit, at)
        sentence = None if stopped else loop.says(settings, at, *looks)
        found.append(
            {
                "step": step,
                "steps": last,
                "at": at,
                "end": loop.at(settings, last),
                "run": told(looks[0]),
                "control": told(looks[1]),
                "diagnosis": {"rule": "own", "sentence": sentence}
                if sentence
                else diagnosed(record),
                "stopped": stopped,
                "data": None
                if step
                else {"run": loop.data(settings), "control": loop.data(control)},
            }
        )
        if stopped or step >= last:
            return None, found
        run = Run(step + 1, sides, record)
        if monotonic() >= until:
            break
    return run, found


def told(look: Look) -> Side:
    """With null where a number does not exist, which the frame says in words beside it."""
    return {
        "train": number(look.train),
        "validation": number(look.validation),
        "more": [number(x) for x in look.more],
        "facts": {name: number(x) for name, x in look.facts.items()},
        "shown": look.shown if finite(look) else [],
    }


def number(x: float | None) -> Number:
    return x if x is not None and math.isfinite(x) else None


def finite(look: Look) -> bool:
    return math.isfinite(look.train) and math.isfinite(look.validation or 0)


def stop(looks: list[Look], unit: str, at: float) -> str | None:
    """Why a run cannot go on: the loss is no number any more."""
    for name, look in zip(("run", "control"), looks, strict=True):
        if not finite(look):
            what = "not a number" if math.isnan(look.train) else "beyond all bounds"
            where = f", first in {look.where}" if look.where else ""
            return f"At {unit} {at:g} the loss of the {name} is {what}{where}, and it stops here."
    return None
