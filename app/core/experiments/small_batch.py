"""Overfit a small batch on purpose: what a sound network does, and how each of six bugs looks."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.classifiers import How, Plan, Trained, scored, sizes_of, start, trained
from app.core.training.digits import CLASSES, PIXELS, Digits, digits, guessed
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH, random
from app.core.training.scripts import Script, of_plan, pictures, sgd

HIDDEN, TESTED, FRAMES, LEARNED = 64, 500, 40, 0.01
SHUFFLED = 5  # what these random numbers are used for
Bug = Literal[
    "none",
    "labels shuffled",
    "no gradient below the head",
    "rate x 100",
    "inputs 0 to 255",
    "softmax twice",
]
BUGS: list[Bug] = [
    "none",
    "labels shuffled",
    "no gradient below the head",
    "rate x 100",
    "inputs 0 to 255",
    "softmax twice",
]


class SmallBatchSettings(Settings):
    """A net of one hidden layer on very few digits, all of them at each step."""

    model_config = shown({"points": 20, "bug": "none", "seed": 0})

    bug: Annotated[
        Bug,
        Field(
            title="Bug",
            description="What is wrong with the network or its training.",
            json_schema_extra={"values": BUGS},
        ),
    ] = "none"
    points: Annotated[
        int, Field(ge=10, le=50, title="Digits", description="All of them at each step.")
    ] = 20
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate, with a momentum of 0.9.",
            [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1],
            nothing=False,
        ),
    ] = 0.02
    steps: Annotated[int, Field(ge=40, le=800, title="Steps", description="Of the whole run.")] = (
        320
    )


def plan(settings: SmallBatchSettings) -> Plan:
    return Plan(
        (PIXELS, HIDDEN, CLASSES),
        frozen=settings.bug == "no gradient below the head",
        twice=settings.bug == "softmax twice",
    )


def how(settings: SmallBatchSettings) -> How:
    return How(settings.rate * (100 if settings.bug == "rate x 100" else 1))


def given(settings: SmallBatchSettings, part: int = 0) -> Digits:
    """As the net is given them."""
    found = digits(settings.points if part == 0 else TESTED, settings.seed, part)
    wide = np.float32(255 if settings.bug == "inputs 0 to 255" else 1)
    return Digits(found.x * wide, found.y)


def labelled(settings: SmallBatchSettings, step: int, some: Digits) -> Digits:
    """With the labels of that step: if they are shuffled, each step has others."""
    if settings.bug != "labels shuffled":
        return some
    return Digits(some.x, random(settings.seed, SHUFFLED, step).permutation(some.y))


def each(settings: SmallBatchSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: SmallBatchSettings) -> Trained:
    return start(plan(settings), settings.seed)


def advance(settings: SmallBatchSettings, state: Trained, step: int) -> Trained:
    return trained(
        plan(settings),
        state,
        given(settings),
        how(settings),
        each(settings),
        settings.seed,
        lambda step, some: labelled(settings, step, some),
    )[0]


def look(settings: SmallBatchSettings, state: Trained, step: int) -> Look:
    net, held = plan(settings), given(settings)
    here = scored(net, state, labelled(settings, state.step, held))
    fresh = scored(net, state, given(settings, FRESH))
    sizes = sizes_of(net, state, held)
    right = [bool(a == b) for a, b in zip(here.named, held.y, strict=True)]
    return Look(
        here.loss,
        fresh.loss,
        {"named": list(map(str, here.named)), "right": right},
        facts={"of these right": sum(right) / len(right), "fresh digits right": fresh.right},
        signs={"gradients": sizes.gradients, "sums to one": here.sums_to_one},
        where=sizes.where,
    )


def data(settings: SmallBatchSettings) -> dict[str, Any]:
    pixels = digits(settings.points, settings.seed).x * 255
    return {
        "pixels": pixels.round().astype(int).tolist(),
        "columns": 5 if settings.points <= 25 else 10,
        "size": 14,
    }


def control(settings: SmallBatchSettings) -> SmallBatchSettings:
    """Without the bug; where there is none, with labels that tell nothing."""
    bug = "labels shuffled" if settings.bug == "none" else "none"
    return settings.model_copy(update={"bug": bug})


def names(settings: SmallBatchSettings) -> tuple[str, str]:
    def name(bug: str) -> str:
        return "no bug" if bug == "none" else bug

    return name(settings.bug), name(control(settings).bug)


def says(settings: SmallBatchSettings, at: float, run: Look, beside: Look) -> str | None:
    if settings.bug != "none":
        return None
    if not at:
        return (
            f"Before the first step the loss is {format_number(run.train, 3)}; ten classes guessed "
            f"evenly give ln 10 = {format_number(log(CLASSES), 4)}."
        )
    if run.train < LEARNED:
        return (
            f"Learned by heart, as it should: loss {format_number(run.train, 2)}. So the plumbing "
            f"works; fresh digits ({format_number(run.validation or 0, 2)}) are another matter."
        )
    return f"The loss on its {settings.points} digits falls: {format_number(run.train, 3)}."


def script(settings: SmallBatchSettings) -> Script:
    here, fresh = digits(settings.points, settings.seed), digits(TESTED, settings.seed, FRESH)
    wide = settings.bug == "inputs 0 to 255"
    return Script(
        settings.seed,
        pictures(here, fresh, then="\nx, fresh_x = x * 255, fresh_x * 255" if wide else ""),
        of_plan(plan(settings)),
        sgd(how(settings).rate, how(settings).momentum),
        FRAMES * each(settings),
        each(settings),
        settings.points,
        labels=f"""\
def labels(step):
    return torch.tensor(random({SHUFFLED}, step).permutation(y.numpy()))"""
        if settings.bug == "labels shuffled"
        else "",
    )


def by_heart(runs: Sequence[Sequence[Frame]]) -> bool:
    first, last = runs[0][0]["run"], runs[0][-1]["run"]
    return abs(known(first["train"]) - log(CLASSES)) < 0.1 and known(last["train"]) < LEARNED


def stuck(runs: Sequence[Sequence[Frame]]) -> bool:
    return runs[0][-1]["diagnosis"]["rule"] == "nothing learned"


def named(runs: Sequence[Sequence[Frame]]) -> bool:
    """Each bug by the rule that is meant for it."""
    rules = ("no gradient", "shot up", "start too high", "softmax twice")
    return all(
        frames[-1]["diagnosis"]["rule"] == rule for frames, rule in zip(runs, rules, strict=True)
    )


def looks_well(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]["run"]
    return known(last["facts"]["of these right"]) >= 0.9 and 0.2 < known(last["train"]) < 2


def heads_alone(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["facts"]["of these right"]) >= 0.9 and known(
        last["run"]["train"]
    ) > 5 * known(last["control"]["train"])


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
    claims=(
        Claim(
            "Without a bug the loss begins within 0.1 of ln 10 and is under 0.01 after 320 steps.",
            ({},),
            by_heart,
        ),
        Claim(
            "With labels shuffled at each step it stays at ln 10.",
            ({"bug": "labels shuffled"},),
            stuck,
        ),
        Claim(
            "The diagnosis names each of the other four bugs.",
            tuple({"bug": bug} for bug in BUGS[2:]),
            named,
        ),
        Claim(
            "With no gradient below the head the curve still falls and 9 of 10 are right, with "
            "five times the loss or more: the curve alone does not tell.",
            ({"bug": "no gradient below the head"},),
            heads_alone,
        ),
        Claim(
            "With softmax twice 9 of 10 are right while the loss stays above 1.46.",
            ({"bug": "softmax twice", "steps": 800},),
            lambda runs: looks_well(runs) and known(runs[0][-1]["run"]["train"]) > 1.46,
        ),
    ),
    kind="sheet",
    axis="step",
    cost=lambda settings: (
        2 * plan(settings).cost * (settings.steps * settings.points + 200 * FRAMES)
    ),
    pace=2e9,
    milliseconds=120,
    script=script,
    presets=(
        ("20 digits, no bug", {}),
        *((bug[0].upper() + bug[1:], {"bug": bug}) for bug in BUGS[1:]),
        ("Repair it: rate 0.0001", {"rate": 0.0001}),
    ),
)
