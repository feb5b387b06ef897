"""Overfit a small batch on purpose: what a sound network does, and how each bug looks."""

from __future__ import annotations

from functools import partial
from math import log
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.core.errors import Problem
from app.core.experiments import planes
from app.core.experiments.experiment import Experiment, Settings, amount
from app.core.experiments.layered_steps import of_plan
from app.core.experiments.small_batch_claims import BROKEN, CLAIMS, LEARNED, ROTE, XOR
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.classifiers import (
    How,
    Plan,
    Score,
    Trained,
    by_name,
    scored,
    sizes_of,
    stand,
    start,
    sure,
    trained,
)
from app.core.training.digits import CLASSES, PIXELS, Digits, digits
from app.core.training.layered import Layered
from app.core.training.loop import Look, Loop
from app.core.training.nets import picked
from app.core.training.points import FRESH, SHAPES, Array, random
from app.core.training.steps import Batch, Rule, Steps

HIDDEN, TESTED, FRAMES = 128, 500, 40
BATCH, SHOWN = 50, 50  # samples of a step, and digits of the picture, at most
UNITS, NOISE = 16, 0.3  # on points
SHUFFLED = 5  # what these random numbers are used for
USUAL = 0.02  # rate
Data = Literal["digits", "xor"]
Bug = Literal[
    "none",
    "labels shuffled",
    "no gradient below the head",
    "rate x 100",
    "inputs 0 to 255",
    "softmax twice",
    "no non-linearity",
    "labels shuffled once",
]
BUGS: tuple[Bug, ...] = Bug.__args__  # type: ignore[attr-defined]


class SmallBatchSettings(Settings):
    """A net of one hidden layer on very few samples, all of them at each step."""

    model_config = shown({"points": 20, "bug": "none", "seed": 0})

    bug: Annotated[
        Bug,
        Field(
            title="Bug",
            description="What is wrong with the network, its data or its training.",
            json_schema_extra={"values": list(BUGS)},
        ),
    ] = "none"
    data: Annotated[
        Data,
        Field(
            title="Data",
            description="Ten classes of digits, or points of two classes that no line parts.",
            json_schema_extra={"values": ["digits", "xor"]},
        ),
    ] = "digits"
    points: Annotated[
        int,
        Field(
            ge=10,
            le=1_000,
            title="Samples",
            description="All of them at each step; of more than 50, 50.",
            json_schema_extra={"values": [10, 20, 30, 40, 50, 100, 300, 1_000]},
        ),
    ] = 20
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate, with a momentum of 0.9.",
            [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1],
            nothing=False,
        ),
    ] = USUAL
    scale: Annotated[
        float,
        amount(
            "Scale of the start",
            "Of the first weights, times what PyTorch starts with.",
            [0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0],
            most=10,
            nothing=False,
        ),
    ] = 1.0
    steps: Annotated[
        int, Field(ge=40, le=2_400, title="Steps", description="Of the whole run.")
    ] = 320


def classes(settings: SmallBatchSettings) -> int:
    return CLASSES if settings.data == "digits" else 2


def guessed(settings: SmallBatchSettings) -> float:
    return log(classes(settings))


def plan(settings: SmallBatchSettings) -> Plan:
    return Plan(
        (PIXELS, HIDDEN, CLASSES) if settings.data == "digits" else (2, UNITS, 2),
        "none" if settings.bug == "no non-linearity" else "relu",
        frozen=settings.bug == "no gradient below the head",
        twice=settings.bug == "softmax twice",
    )


def how(settings: SmallBatchSettings) -> How:
    return How(settings.rate * (100 if settings.bug == "rate x 100" else 1), batch=BATCH)


def sound(settings: SmallBatchSettings, part: int = 0) -> Digits:
    """The samples, with nothing wrong."""
    count = settings.points if part == 0 else TESTED
    if settings.data == "digits":
        return digits(count, settings.seed, part)
    found = planes.points("xor", count, NOISE, settings.seed, part)
    return Digits(found.x.astype(np.float32), found.y.astype(np.int64))


def given(settings: SmallBatchSettings, part: int = 0) -> Digits:
    """As the net is given them."""
    x, y = sound(settings, part)
    if settings.bug == "inputs 0 to 255":
        x = x * np.float32(255)
    if settings.bug == "labels shuffled once" and part == 0:
        y = random(settings.seed, SHUFFLED).permutation(y)
    return Digits(x, y)


def labelled(settings: SmallBatchSettings, step: int, some: Digits) -> Digits:
    """With the labels of that step: if they are shuffled, each step has others."""
    if settings.bug != "labels shuffled":
        return some
    return Digits(some.x, random(settings.seed, SHUFFLED, step).permutation(some.y))


def each(settings: SmallBatchSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: SmallBatchSettings) -> Trained:
    began = start(plan(settings), settings.seed)
    scale = np.float32(settings.scale)
    return began._replace(parts=tuple(scale * part for part in began.parts))


def further(settings: SmallBatchSettings, state: Trained, end: int) -> Trained:
    """The net after so many steps in all."""
    if state.step == end:
        return state
    return trained(
        plan(settings),
        state,
        given(settings),
        how(settings),
        end - state.step,
        settings.seed,
        partial(labelled, settings),
    )[0]


def advance(settings: SmallBatchSettings, state: Trained, step: int) -> Trained:
    return further(settings, state, state.step + each(settings))


def measured(settings: SmallBatchSettings, state: Trained) -> Score:
    """On all samples, with the labels of the next step."""
    return scored(plan(settings), state, labelled(settings, state.step, given(settings)))


def look(settings: SmallBatchSettings, state: Trained, step: int) -> Look:
    net, held = plan(settings), given(settings)
    here = measured(settings, state)
    fresh = scored(net, state, given(settings, FRESH))
    sizes = sizes_of(net, state, held)
    right = [bool(a == b) for a, b in zip(here.named, held.y, strict=True)]
    if settings.data == "digits":
        named = list(map(str, here.named[:SHOWN]))
        picture: Any = {"named": named, "right": right[:SHOWN]}
    else:
        wide = 255 if settings.bug == "inputs 0 to 255" else 1
        picture = sure(net, state, (wide * planes.places("xor")).astype(np.float32))
    return Look(
        here.loss,
        fresh.loss,
        picture,
        facts={"of these right": sum(right) / len(right), "fresh ones right": fresh.right},
        signs={
            "gradients": sizes.gradients,
            "sums to one": here.sums_to_one,
            "linear": net.activation == "none",
        },
        where=sizes.where,
    )


def points(settings: SmallBatchSettings) -> Array:
    """Those of the plane as [x, y, class]."""
    found: Array = np.column_stack((sound(settings).x, given(settings).y)).astype(float).round(3)
    return found


def data(settings: SmallBatchSettings) -> dict[str, Any]:
    if settings.data == "xor":
        side = SHAPES["xor"].side
        return {
            "kind": "plane",
            "points": points(settings).tolist(),
            "domain": [-side, side, -side, side],
        }
    pixels = sound(settings).x[:SHOWN] * 255
    return {
        "pixels": pixels.round().astype(int).tolist(),
        "columns": 5 if settings.points <= 25 else 10,
        "size": 14,
    }


# Of these bugs the chain rule is not that of the net: which, and why no step of it is told.
UNTOLD: dict[Bug, str] = {
    "no gradient below the head": "below the head no gradient goes on, and there is no chain rule",
    "softmax twice": "the loss has a second softmax in it, of which no step is told",
}


def steps(settings: SmallBatchSettings) -> Steps | Layered:
    """How a step of it is looked at. Raises Problem where it is not."""
    if why := UNTOLD.get(settings.bug):
        message = f"With this bug no step can be looked into: {why}."
        raise Problem(message, {"field": "bug"})
    net, total = plan(settings), settings.points
    if settings.data == "digits":
        return of_plan(
            "small-batch",
            settings,
            net,
            how(settings),
            lambda: given(settings),
            FRAMES * each(settings),
            lambda state: measured(settings, state).loss,
            vary=partial(labelled, settings),
            begin=lambda: begin(settings),
        )

    def batch(step: int) -> Batch:
        some, every = picked(step, BATCH, total, settings.seed), given(settings)
        x, y = labelled(settings, step, Digits(every.x[some], every.y[some]))
        return Batch(some, x.astype(float), y)

    rule = Rule("sgd", how(settings).rate, momentum=how(settings).momentum)
    return Steps(
        ("small-batch", settings.model_dump_json()),
        net.sizes,
        net.activation,
        FRAMES * each(settings),
        min(BATCH, total),
        SHAPES["xor"].side,
        points=lambda: points(settings),
        begin=lambda: begin(settings),
        further=lambda state, end: further(settings, state, end),
        stand=stand,
        batch=batch,
        rule=lambda step: rule,
        loss=lambda state: measured(settings, state).loss,
    )


def control(settings: SmallBatchSettings) -> SmallBatchSettings:
    """Without the bug; where there is none, with the usual start and rate, or, if it has these,
    with labels that tell nothing."""
    if settings.bug != "none":
        return settings.model_copy(update={"bug": "none"})
    if settings.scale != 1:
        return settings.model_copy(update={"scale": 1.0, "rate": USUAL})
    return settings.model_copy(update={"bug": "labels shuffled"})


def names(settings: SmallBatchSettings) -> tuple[str, str]:
    if settings.bug == "none" and settings.scale != 1:
        one, other = (format_number(rate, 2) for rate in (settings.rate, USUAL))
        start = format_number(settings.scale, 2)
        return f"rate {one}, start × {start}", f"rate {other}, the usual start"

    def name(bug: str) -> str:
        return "no bug" if bug == "none" else bug

    return name(settings.bug), name(control(settings).bug)


def says(settings: SmallBatchSettings, at: float, run: Look, beside: Look) -> str | None:
    own, fresh = (run.facts[name] for name in ("of these right", "fresh ones right"))
    if settings.bug == "labels shuffled once" and own > 0.99:
        return (
            f"{format_number(100 * own, 3)} % of the {settings.points:,} labels are known by heart "
            f"though they tell nothing: of fresh samples {format_number(100 * fresh, 2)} % are "
            "right. A training loss near 0 proves the plumbing, not the learning."
        )
    if settings.bug != "none":
        return None
    if not at:
        return (
            f"Before the first step the loss is {format_number(run.train, 3)}; {classes(settings)} "
            f"classes guessed evenly give ln {classes(settings)} = "
            f"{format_number(guessed(settings), 4)}."
        )
    if run.train < LEARNED:
        return (
            f"Learned by heart, as it should: loss {format_number(run.train, 2)}. So the plumbing "
            f"works; fresh samples ({format_number(run.validation or 0, 2)}) are another matter."
        )
    if run.train > 0.95 * guessed(settings):
        return None
    return f"The loss on its {settings.points} samples falls: {format_number(run.train, 3)}."


def script(settings: SmallBatchSettings) -> scripts.Script:
    wrong = ""
    if settings.bug == "inputs 0 to 255":
        wrong = "\nx, fresh_x = x * 255, fresh_x * 255"
    if settings.bug == "labels shuffled once":
        wrong = f"\ny = torch.tensor(random({SHUFFLED}).permutation(y.numpy()))"
    made = scripts.points("xor", settings.points, TESTED, NOISE, "") + wrong
    if settings.data == "digits":
        made = scripts.pictures(sound(settings), sound(settings, FRESH), then=wrong)
    start = f"\nfor part in model.parameters():\n    part.data *= {settings.scale!r}"
    every = "def labels(step, y):\n    return torch.tensor(random({}, step).permutation(y.numpy()))"
    return scripts.Script(
        settings.seed,
        made,
        scripts.of_plan(plan(settings)) + (start if settings.scale != 1 else ""),
        scripts.sgd(how(settings).rate, how(settings).momentum),
        FRAMES * each(settings),
        each(settings),
        settings.points,
        BATCH,
        labels=every.format(SHUFFLED) if settings.bug == "labels shuffled" else "",
    )


SMALL_BATCH: Experiment[SmallBatchSettings] = Experiment(
    name="small-batch",
    title="Overfit a small batch",
    says="A check before any long training: a sound network learns 20 samples by heart in seconds; "
    "one with a bug does not, or begins in the wrong place.",
    settings=SmallBatchSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * each(settings),
        data=data,
        guessed=guessed,
        frames=3,
        says=says,
    ),
    control=control,
    names=names,
    claims=CLAIMS,
    kind="sheet",
    axis="step",
    cost=lambda settings: (
        2
        * plan(settings).cost
        * (settings.steps * min(settings.points, BATCH) + (settings.points + 200) * FRAMES)
    ),
    pace=2e9,
    milliseconds=120,
    inside=steps,
    script=script,
    weights=lambda settings, state: by_name(plan(settings), state),
    presets=(
        ("20 digits, no bug", {}),
        *((bug[0].upper() + bug[1:], {"bug": bug}) for bug in BUGS[1:6]),
        ("No non-linearity", {**XOR, "bug": "no non-linearity"}),
        ("Repair it with two sliders", BROKEN),
        ("1,000 shuffled labels by heart", ROTE),
    ),
)
