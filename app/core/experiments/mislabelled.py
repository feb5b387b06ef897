"""Mislabelled pictures: a network that is still learning finds most of them by their loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.experiments.layered_steps import of_plan
from app.core.numbers import format_number
from app.core.pictures.images import DIGITS, GARMENTS
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.classifiers import (
    How,
    Plan,
    Trained,
    broken,
    by_name,
    losses,
    scored,
    start,
    trained,
)
from app.core.training.digits import (
    CLASSES,
    EACH,
    PIXELS,
    SIDE,
    Digits,
    Floats,
    Labels,
    Pictures,
    guessed,
    of_classes,
)
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH, random
from app.core.training.scripts import Script, pictures, sgd

MISLABELLED = 9  # what these random numbers are used for
PLAN, HOW = Plan((PIXELS, 64, CLASSES)), How(rate=0.05, momentum=0.9, batch=32)
WORST, DRAWN = 20, 9  # one in so many is looked through; of these so many are drawn
NAMES: dict[Pictures, Sequence[str]] = {"digits": DIGITS, "garments": GARMENTS}
By = Literal["loss now", "mean so far"]


class MislabelledSettings(Settings):
    """Pictures, some of which have a label of another class."""

    model_config = shown({"data": "digits", "share": 0.1, "seed": 0})

    data: Annotated[
        Pictures,
        Field(
            title="Pictures",
            description="Handwritten digits or garments, ten classes of each.",
            json_schema_extra={"values": list(NAMES)},
        ),
    ] = "digits"
    share: Annotated[
        float,
        amount(
            "Mislabelled",
            "The share of the pictures whose label is that of another class.",
            [0.0, 0.02, 0.05, 0.1, 0.2, 0.4],
            most=0.4,
        ),
    ] = 0.1
    each: Annotated[
        int,
        Field(
            ge=20,
            le=EACH[0],
            title="Pictures a class",
            description="To learn from.",
            json_schema_extra={"values": [20, 50, 100]},
        ),
    ] = EACH[0]
    by: Annotated[
        By,
        Field(
            title="Ordered by",
            description="The loss of a picture after the last epoch, or its mean over all epochs.",
            json_schema_extra={"values": list(By.__args__)},
        ),
    ] = "loss now"
    epochs: Annotated[
        int, Field(ge=3, le=40, title="Epochs", description="Each sees every picture once.")
    ] = 10


class State(NamedTuple):
    """The net, and of each picture the sum of its losses after every epoch."""

    net: Trained
    summed: Floats


def true(settings: MislabelledSettings, part: int = 0) -> Digits:
    """Pictures with the labels that they should have."""
    each = EACH[FRESH] if part == FRESH else settings.each
    return of_classes(settings.data, tuple(range(CLASSES)), each, settings.seed, part)


def changed(settings: MislabelledSettings) -> Labels:
    """Which pictures have another label."""
    count = settings.each * CLASSES
    order = random(settings.seed, MISLABELLED).permutation(count)
    return order[: round(settings.share * count)]


def given(settings: MislabelledSettings) -> Digits:
    """The pictures as they are learned from."""
    x, y = true(settings)
    some, labels = changed(settings), y.copy()
    others = random(settings.seed, MISLABELLED, 1).integers(1, CLASSES, len(some))
    labels[some] = (y[some] + others) % CLASSES
    return Digits(x, labels)


def steps(settings: MislabelledSettings) -> int:
    """Of an epoch."""
    return settings.each * CLASSES // HOW.batch


def begin(settings: MislabelledSettings) -> State:
    return State(start(PLAN, settings.seed), np.zeros(settings.each * CLASSES, np.float32))


def advance(settings: MislabelledSettings, state: State, step: int) -> State:
    some = given(settings)
    net, _ = trained(PLAN, state.net, some, HOW, steps(settings), settings.seed)
    return State(net, state.summed + losses(PLAN, net, some))


def inside(settings: MislabelledSettings) -> Layered:
    """How a step of it is looked at."""
    some = given(settings)
    return of_plan(
        "mislabelled",
        settings,
        PLAN,
        HOW,
        lambda: some,
        settings.epochs * steps(settings),
        lambda net: scored(PLAN, net, some).loss,
        classes=NAMES[settings.data],
    )


def worst(settings: MislabelledSettings, state: State, step: int) -> Labels:
    """The pictures with the greatest loss, the greatest first."""
    some = given(settings)
    mean = settings.by == "mean so far" and step
    found = state.summed / step if mean else losses(PLAN, state.net, some)
    return np.argsort(-found, kind="stable")[: len(some.y) // WORST]


def look(settings: MislabelledSettings, state: State, step: int) -> Look:
    some, wrong = given(settings), changed(settings)
    here, fresh = scored(PLAN, state.net, some), scored(PLAN, state.net, true(settings, FRESH))
    order, said = worst(settings, state, step), np.array(here.named)
    found, learned = np.isin(order, wrong), said[wrong] == some.y[wrong]
    drawn, names = order[:DRAWN], NAMES[settings.data]
    facts = {
        f"mislabelled of the {len(order)}": float(found.sum()),
        "wrong labels learned": float(learned.mean()) if len(wrong) else 0.0,
        "fresh ones right": fresh.right,
    }
    picture = {
        "pixels": (some.x[drawn] * 255).round().astype(int).tolist(),
        "given": [names[i] for i in some.y[drawn]],
        "named": [names[i] for i in said[drawn]],
        "right": (~found[:DRAWN]).tolist(),
    }
    return Look(here.loss, fresh.loss, picture, facts=facts, where=broken(PLAN, state.net))


def data(settings: MislabelledSettings) -> dict[str, Any]:
    return {"columns": 3, "size": SIDE}


def control(settings: MislabelledSettings) -> MislabelledSettings:
    """Every label as it should be; where it is, with some that are not."""
    return settings.model_copy(update={"share": 0.0 if settings.share else 0.1})


def names(settings: MislabelledSettings) -> tuple[str, str]:
    def name(share: float) -> str:
        return f"{100 * share:g} % mislabelled" if share else "every label true"

    return name(settings.share), name(control(settings).share)


def says(settings: MislabelledSettings, at: float, run: Look, beside: Look) -> str:
    if not at:
        return "Nothing is learned yet: which pictures have the greatest loss is chance."
    found, learned, _ = run.facts.values()
    top, wrong = settings.each * CLASSES // WORST, len(changed(settings))
    heart = (
        f" {format_number(100 * learned, 2)} % of the wrong labels are learned by heart: their "
        "loss is small now."
        if learned > 0.3
        else ""
    )
    return (
        f"Of the {top} pictures with the greatest loss {found:g} are mislabelled; by chance it "
        f"would be {format_number(top * wrong / (settings.each * CLASSES), 2)}.{heart}"
    )


def script(settings: MislabelledSettings) -> Script:
    return Script(
        settings.seed,
        pictures(given(settings), true(settings, FRESH)),
        scripts.of_plan(PLAN),
        sgd(HOW.rate, HOW.momentum),
        settings.epochs * steps(settings),
        steps(settings),
        settings.each * CLASSES,
        HOW.batch,
        unit="epoch",
    )


def found(frames: Sequence[Frame], epoch: int) -> float:
    """How many of those with the greatest loss after that epoch are mislabelled."""
    return known(next(iter(frames[epoch]["run"]["facts"].values())))


def by_heart(frames: Sequence[Frame]) -> float:
    return known(frames[-1]["run"]["facts"]["wrong labels learned"])


LONG: dict[str, Any] = {"epochs": 40}  # long enough to learn what is wrong by heart

MISLABELLED_PICTURES: Experiment[MislabelledSettings] = Experiment(
    name="mislabelled",
    title="Mislabelled pictures",
    says="One label in ten is wrong. The pictures with the greatest loss are looked through: under "
    "each stands its label, ✗ if it was changed, and below what the network says.",
    settings=MislabelledSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: settings.epochs,
        at=lambda settings, step: step,
        data=data,
        guessed=guessed,
        unit="epoch",
        frames=2,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "Of 1,000 digits 100 are mislabelled: after 3 epochs at least 40 of the 50 with the "
            "greatest loss are among these.",
            ({},),
            lambda runs: found(runs[0], 3) >= 40,
        ),
        Claim(
            "Of garments, at least 35.",
            ({"data": "garments"},),
            lambda runs: found(runs[0], 3) >= 35,
        ),
        Claim(
            "After 40 epochs the network knows more than half of the wrong labels by heart, and "
            "the list has fewer of them than after 3.",
            (LONG,),
            lambda runs: by_heart(runs[0]) > 0.5 and found(runs[0], 40) < found(runs[0], 3),
        ),
        Claim(
            "Ordered by the mean of a picture's losses the list has at least 40 even then.",
            (LONG | {"by": "mean so far"},),
            lambda runs: found(runs[0], 40) >= 40,
        ),
    ),
    kind="sheet",
    axis="epoch",
    cost=lambda settings: 2 * PLAN.cost * (3 * 10 * settings.each + 500) * (settings.epochs + 1),
    pace=6e9,
    milliseconds=500,
    inside=inside,
    script=script,
    weights=lambda settings, state: by_name(PLAN, state.net),
    presets=(
        ("One digit in ten", {}),
        ("Garments", {"data": "garments"}),
        ("Learned by heart", LONG),
        ("By the mean loss", LONG | {"by": "mean so far"}),
        ("Only 2 % wrong", {"share": 0.02}),
    ),
)
