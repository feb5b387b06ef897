"""An experiment: what it shows, its settings, its control, and a claim that can be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.numbers import Number
from app.core.questions import Asked
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Loop, sliced
from app.core.training.scripts import Script
from app.core.training.steps import Steps

MOST_SECONDS = 3.0  # of all frames of a run that are waited for as a whole
PACE = 1e9  # multiply-adds a second on one core, where a row knows no better
FRESH = 100  # the first seed on which claims are measured: settings are chosen on smaller ones
Seed = Annotated[int, Field(ge=0, le=999, title="Seed")]
STEP_PAGE = "/training/step"  # where a single step of a run is looked into
Yes = Literal["yes", "no"]
YES_NO: dict[str, Any] = {"values": ["yes", "no"]}


def amount(
    title: str, says: str, values: Sequence[float], most: float = 1, nothing: bool = True
) -> Any:
    """The field of an amount from 0 up, or from above it, and what a slider offers of it."""
    return Field(
        ge=0 if nothing else None,
        gt=None if nothing else 0,
        le=most,
        allow_inf_nan=False,
        title=title,
        description=says,
        json_schema_extra={"values": list(values)},
    )


class Settings(Asked):
    """Scalars with bounds, so that a run is a link; the same settings give the same frames."""

    model_config = ConfigDict(strict=True)  # true is no 1

    seed: Seed = 0


def from_json(given: Any) -> Any:
    """JSON has no tuples, and settings are strict."""
    return tuple(given) if isinstance(given, list) else given


S = TypeVar("S", bound=Settings)


def known(number: Number) -> float:
    """A loss that exists; a run that has none has no claim to hold."""
    return inf if number is None else number


@dataclass(frozen=True)
class Claim(Generic[S]):
    """One sentence, the runs (one for each of `settings`, besides the seed) that it is about, and
    whether it holds of their last frames or of all of them."""

    says: str
    settings: tuple[dict[str, Any], ...]
    holds: Callable[[Sequence[Sequence[Frame]]], bool]

    def mark(self, asked: type[S], first: int) -> str:
        """Changes with its words, with all settings of its runs and with the first seed: what was
        measured before such a change says nothing of what is claimed after it."""
        runs = [asked(**{"seed": first} | given).model_dump_json() for given in self.settings]
        return sha256("\n".join((self.says, *runs)).encode()).hexdigest()[:12]


# A run has no second path of its own: a second one as long would not tell where the two part.
STEPPED = (
    "A run is not done twice while one waits: the project's tests compare each step's gradients "
    "and new weights with those of a bare PyTorch loop, and the curve beside it is its control, "
    "from the same seed."
)


@dataclass(frozen=True)
class Experiment(Generic[S]):
    """A row. `control` gives the settings of the control beside a run, `names` what the two are
    called. `kind`: what its picture is, `curves` what the curves of its chart are called, `measure`
    what they show, on a logarithmic axis or not. `axis`: what a frame is one of, `milliseconds` how
    long it is looked at. `cost`: the multiply-adds of a whole run, `pace`: how many of its kind one
    core does in a second. `script`: a run as a program of plain PyTorch; `unscripted`: why it is
    none. `inside`: how a single step of it is looked at, or why none is, if `unscripted` does not
    say that too. `weights`: those of a state, by PyTorch's names, where they are to be had.
    `opens`: the frame that tells more than the last one, if one does. `unchecked`: why no
    second path stands beside it."""

    name: str
    title: str
    says: str
    settings: type[S]
    loop: Loop[S, Any]
    control: Callable[[S], S]
    names: Callable[[S], tuple[str, str]]
    claims: tuple[Claim[S], ...]
    kind: str
    axis: str
    cost: Callable[[S], float]
    pace: float = PACE
    milliseconds: int = 40
    curves: Callable[[S], tuple[str, ...]] = lambda settings: ("training", "validation")
    measure: str = "loss"
    logarithmic: bool = True
    presets: tuple[tuple[str, dict[str, Any]], ...] = ()
    script: Callable[[S], Script] | None = None
    unscripted: str = ""
    inside: Callable[[S], Steps | Layered] | str = ""
    weights: Callable[[S, Any], dict[str, Any]] | None = None
    opens: float | None = None
    unchecked: str = STEPPED

    def slice(self, settings: S, run: Any) -> tuple[Any, list[Frame]]:
        """A slice of its run. For a worker."""
        further, found = sliced(self.loop, settings, self.control(settings), run)
        data = found[0]["data"]
        if data:
            for side, name in zip(("run", "control"), self.names(settings), strict=True):
                data[side] = {"name": name, "kind": self.kind, **data[side]}
            data["curves"] = list(self.curves(settings))
            data["closed"] = self.closed(settings)
            data["steps"] = None if data["closed"] else self.steps(settings).count
        return further, found

    def steps(self, settings: S) -> Steps | Layered:
        """How its steps are looked at. Raises Problem where they are not."""
        if isinstance(self.inside, str):
            raise Problem(self.never, {"field": "experiment"})
        return self.inside(settings)

    @property
    def never(self) -> str:
        """Why no step of it can be looked into, whatever its settings; nothing if some can."""
        if callable(self.inside):
            return ""
        return f"No step of this run can be looked into: {self.inside or self.unscripted}."

    @property
    def unwritten(self) -> str:
        """Why no run of it is a program; nothing if all are."""
        if self.script:
            return ""
        return f"This run is no program of plain PyTorch: {self.unscripted}."

    def closed(self, settings: S) -> str | None:
        """Why none of its steps can be looked into; None if they can."""
        try:
            self.steps(settings)
        except Problem as problem:
            return problem.message
        return None

    def seconds(self, settings: S) -> float:
        """What a whole run takes of one core, about."""
        return self.cost(settings) / self.pace

    def check_at_once(self, settings: S) -> None:
        """Raises Problem where all frames take too long to wait for."""
        seconds = self.seconds(settings)
        if seconds > MOST_SECONDS:
            raise Problem(
                f"This run takes about {seconds:.1f} seconds, and {MOST_SECONDS:g} are the most "
                "for all frames at once: ask for fewer steps, or with `Accept: text/event-stream` "
                "for each frame as it comes",
                {"field": "steps" if "steps" in self.settings.model_fields else "points"},
            )

    def frames(self, settings: S) -> list[Frame]:
        """The whole run."""
        found: list[Frame] = []
        run: Any = None
        while not found or run is not None:
            run, more = self.slice(settings, run)
            found += more
        return found


class SettingRow(TypedDict):
    """One setting of an experiment, as a slider or a choice."""

    name: str
    title: str
    says: str
    default: Any
    least: float | None
    most: float | None
    values: Annotated[list[Any] | None, Field(description="All it may be, where these are few.")]
    whole: bool


class ClaimRow(TypedDict):
    """A claim, and in how many seeds it held when it was measured."""

    says: str
    held: int
    seeds: int
    first: Annotated[int, Field(description="The first of these seeds; the others follow it.")]


class ExperimentRow(TypedDict):
    """A row of the table of experiments."""

    name: str
    title: str
    says: str
    kind: Annotated[
        str, Field(description="What its picture is: a curve, a plane, a sheet of pictures ...")
    ]
    measure: Annotated[str, Field(description="What its chart shows.")]
    logarithmic: Annotated[bool, Field(description="Whether on a logarithmic axis.")]
    axis: Annotated[str, Field(description="What a frame is one of.")]
    milliseconds: Annotated[int, Field(description="How long a frame is looked at.")]
    settings: list[SettingRow]
    presets: list[dict[str, Any]]
    script: Annotated[
        bool, Field(description="Whether a run is to be had as a PyTorch program: see the export.")
    ]
    unscripted: Annotated[str | None, Field(description="Why it is not, where it is not.")]
    inside: Annotated[
        str | None, Field(description="The page that looks into a single step of a run.")
    ]
    closed: Annotated[
        str | None,
        Field(
            description="Why there is none; where that depends on the settings, the data of a run "
            "say it."
        ),
    ]
    weights: Annotated[
        bool, Field(description="Whether the weights of a run are to be had: see there.")
    ]
    opens: Annotated[
        float | None,
        Field(description="Where it is met if nothing is to move; null: at its last frame."),
    ]
    measured: Annotated[str, Field(description="On which seeds its claims were measured.")]
    claims: list[ClaimRow]
