"""How many layers to carry: one net for each depth, beside the control that stays on its task."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from app.core.experiments import transfer
from app.core.experiments.experiment import Claim, Experiment, Settings, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.digits import Floats
from app.core.training.loop import Frame, Look, Loop
from app.core.training.modules import Trained, scored
from app.core.training.points import FRESH

From = Literal["digits 0 to 4", "garments", "the same digits"]


class DepthSettings(Settings):
    """How many of the first layers are carried: none, one, up to all but the head."""

    model_config = shown({"source": "digits 0 to 4", "each": 20, "seed": 0})

    source: Annotated[
        From,
        Field(
            title="Learned before",
            description="What the carried layers come from.",
            json_schema_extra={"values": list(From.__args__)},
        ),
    ] = "digits 0 to 4"
    each: transfer.Each = 20
    steps: Annotated[
        int,
        Field(ge=20, le=200, title="Steps", description=f"Of {transfer.BATCH} digits each."),
    ] = 70


class Depth(NamedTuple):
    """The two nets that begin with so many carried layers: those frozen, and trained on."""

    frozen: Trained
    trained: Trained


@lru_cache(maxsize=4)
def scratch(each: int, steps: int, seed: int) -> Trained:
    """A net that has learned the task itself, from nothing."""
    began = transfer.beginning({}, 0, seed)
    return transfer.learned(began, each, 0, steps, seed)


def given(settings: DepthSettings) -> dict[str, Floats]:
    if settings.source == "the same digits":
        return scratch(settings.each, settings.steps, settings.seed).parts
    return transfer.source(settings.source)


def began(settings: DepthSettings, carried: int) -> Trained:
    # The layers above are drawn with other numbers than those of the net that stays on its task.
    return transfer.beginning(given(settings), carried, settings.seed + bool(carried))


def advance(settings: DepthSettings, state: Depth | None, step: int) -> Depth:
    each, steps, seed = settings.each, settings.steps, settings.seed
    if not step:
        return Depth(scratch(each, steps, seed), scratch(each, steps, seed))
    begin = began(settings, step)
    return Depth(
        transfer.learned(begin, each, step, steps, seed),
        transfer.learned(begin, each, 0, steps, seed),
    )


def look(settings: DepthSettings, state: Depth, step: int) -> Look:
    fresh = transfer.pictures(settings.each, settings.seed, FRESH)
    still, on = (scored(transfer.network(), one, fresh).right for one in state)
    far = transfer.moved(began(settings, step), state.frozen)
    return Look(still, on, transfer.stack(step, step, far))


def control(settings: DepthSettings) -> DepthSettings:
    """The same task; beside that, the digits 0 to 4."""
    other: From = "the same digits" if settings.source != "the same digits" else "digits 0 to 4"
    return settings.model_copy(update={"source": other})


def names(settings: DepthSettings) -> tuple[str, str]:
    return f"carried from {settings.source}", f"carried from {control(settings).source}"


def says(settings: DepthSettings, at: float, run: Look, beside: Look) -> str:
    count = transfer.TESTED * len(transfer.TARGET)
    right = [format_number(100 * known(side.train), 3) for side in (run, beside)]
    if not at:
        return f"Nothing carried, nothing frozen: {right[0]} % of {count} fresh digits right."
    layers = "first layer" if at == 1 else f"first {at:g} layers"
    one, other = (name.removeprefix("carried ") for name in names(settings))
    return (
        f"The {layers} frozen: {right[0]} % of {count} fresh digits right {one}, "
        f"{right[1]} % {other}."
    )


def at_depth(frames: Sequence[Frame], side: Literal["run", "control"], depth: int) -> float:
    """Percent right with so many layers frozen."""
    return 100 * known(frames[depth][side]["train"])


def cliff(runs: Sequence[Sequence[Frame]]) -> bool:
    return at_depth(runs[0], "run", 4) <= at_depth(runs[0], "run", 2) - 10


def stays(runs: Sequence[Sequence[Frame]]) -> bool:
    return at_depth(runs[0], "control", 4) >= at_depth(runs[0], "control", 0) - 5


def farther(runs: Sequence[Sequence[Frame]]) -> bool:
    near, far = runs
    return at_depth(far, "run", 3) < at_depth(near, "run", 3)


TRANSFER_DEPTH: Experiment[DepthSettings] = Experiment(
    name="transfer-depth",
    title="How deep to carry",
    says="A net for each depth: its first layers carried and frozen, the rest drawn anew. Layers "
    "of the same task lose little, however deep; those of another lose more the deeper they are.",
    settings=DepthSettings,
    loop=Loop(
        begin=lambda settings: advance(settings, None, 0),
        advance=advance,
        look=look,
        last=lambda settings: transfer.CARRIED,
        at=lambda settings, step: step,
        data=lambda settings: {"source": settings.source},
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "With 20 digits a class, four layers frozen from the digits 0 to 4 end at least 10 "
            "points below two.",
            ({},),
            cliff,
        ),
        Claim(
            "Four layers frozen of a net that learned the same digits end at most 5 points below "
            "that net: it is the other task that costs, not the freezing.",
            ({},),
            stays,
        ),
        Claim(
            "Three layers frozen from garments end below three from the digits 0 to 4.",
            ({}, {"source": "garments"}),
            farther,
        ),
    ),
    unscripted="each of its points is two whole runs of a transfer, whose program there is",
    inside="each of its moments is two whole runs of a transfer",
    kind="stack",
    axis="layers carried",
    cost=lambda settings: 9 * transfer.COST * settings.steps * transfer.BATCH,
    pace=1.43e9,
    milliseconds=700,
    curves=lambda settings: ("frozen", "trained on"),
    measure="share right",
    logarithmic=False,
    presets=(
        ("From the digits 0 to 4", {}),
        ("From garments", {"source": "garments"}),
        ("5 digits a class", {"each": 5}),
    ),
)
