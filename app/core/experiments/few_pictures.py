"""A few pictures a class: the same head on what a trained network sees, and on what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, known
from app.core.numbers import format_number
from app.core.pictures.images import DIGITS, PHOTOS
from app.core.pictures.preparation import Input, prepared
from app.core.questions import shown
from app.core.teaching.features import KINDS, SMALL
from app.core.teaching.heads import Floats, Whole, learned
from app.core.teaching.pictures import CUTS, SIDE, pixels_of
from app.core.training import digits
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH, TRAIN, random

Features = Literal["trained", "untrained", "pixels"]
Source = Literal["photos", "digits"]
TESTED = 8  # fresh pictures of each class
SHEET = 15  # of them that are shown
COST, PACE = 1.15e8, 7e9  # multiply-adds of a picture through the network; a second of a core


class FewSettings(Settings):
    """A head that learns from one picture of each class, from two, and so on."""

    model_config = shown({"source": "photos", "classes": 5, "each": 6, "seed": 0})

    source: Annotated[
        Source,
        Field(
            title="Pictures",
            description="Cuts of photos, a photo a class; or handwritten digits.",
            json_schema_extra={"values": list(Source.__args__)},
        ),
    ] = "photos"
    classes: Annotated[
        int, Field(ge=2, le=5, title="Classes", description="Drawn by the seed.")
    ] = 5
    each: Annotated[
        int, Field(ge=2, le=10, title="Pictures a class", description="To learn from, at most.")
    ] = 6
    features: Annotated[
        Features,
        Field(
            title="Features",
            description="What the head stands on: SqueezeNet as it learned ImageNet, the same with "
            "random weights, or the pixels.",
            json_schema_extra={"values": list(Features.__args__)},
        ),
    ] = "trained"
    beside: Annotated[
        Features,
        Field(
            title="Beside",
            description="What the control stands on.",
            json_schema_extra={"values": list(Features.__args__)},
        ),
    ] = "pixels"


class Drawn(NamedTuple):
    """Pictures as they are looked at, the classes they are of, and what those are called."""

    inputs: list[Input]
    labels: Whole
    names: list[str]


@lru_cache(maxsize=8)
def drawn(source: Source, classes: int, each: int, seed: int, part: int) -> Drawn:
    """So many pictures of each class, one class after the other; what one seed tests with it never
    learns from."""
    chosen = random(seed, TRAIN).permutation(len(PHOTOS if source == "photos" else DIGITS))[
        :classes
    ]
    labels = np.repeat(np.arange(classes), each)
    if source == "photos":
        names = [PHOTOS[i] for i in chosen]
        cuts = [random(seed, TRAIN, int(i)).permutation(CUTS) for i in chosen]
        some = [row[:each] if part == TRAIN else row[-each:] for row in cuts]
        pictures = [
            pixels_of(f"{name}/{cut}") for name, row in zip(names, some, strict=True) for cut in row
        ]
    else:
        names = [DIGITS[i] for i in chosen]
        found = digits.of_classes("digits", tuple(map(int, chosen)), each, seed, part)
        order = np.argsort(found.y, kind="stable")
        small = (found.x[order] * 255).round().astype(np.uint8)
        pictures = list(small.reshape(-1, 1, digits.SIDE, digits.SIDE))
    shape = (3, SIDE, SIDE)
    return Drawn([prepared(each, "photo", shape) for each in pictures], labels, names)


@lru_cache(maxsize=12)
def features(
    kind: Features, source: Source, classes: int, each: int, seed: int, part: int
) -> Floats:
    """Pictures x features of those that are drawn."""
    return KINDS[kind].compute(drawn(source, classes, each, seed, part).inputs, seed).means


class Two(NamedTuple):
    """What is learned from, and what is fresh: pictures x features with their classes."""

    given: Floats
    labels: Whole
    fresh: Floats
    answers: Whole


def two(settings: FewSettings) -> Two:
    source, classes, seed = settings.source, settings.classes, settings.seed
    kind, each = settings.features, settings.each
    return Two(
        features(kind, source, classes, each, seed, TRAIN),
        drawn(source, classes, each, seed, TRAIN).labels,
        features(kind, source, classes, TESTED, seed, FRESH),
        drawn(source, classes, TESTED, seed, FRESH).labels,
    )


def at(settings: FewSettings, step: int) -> int:
    return step + 1


def look(settings: FewSettings, state: None, step: int) -> Look:
    found, count = two(settings), at(settings, step)
    some = np.arange(len(found.labels)) % settings.each < count
    head = learned(found.given[some], found.labels[some], settings.classes)
    seen = head.scores(found.given[some]).argmax(axis=1) == found.labels[some]
    taken = head.scores(found.fresh).argmax(axis=1)
    right = taken == found.answers
    names = drawn(settings.source, settings.classes, TESTED, settings.seed, FRESH).names
    shown = sheet(settings)
    return Look(
        float(seen.mean()),
        float(right.mean()),
        {"named": [names[i] for i in taken[shown]], "right": right[shown].tolist()},
    )


def sheet(settings: FewSettings) -> list[int]:
    """Which of the fresh pictures are shown: as many of each class."""
    each = SHEET // settings.classes
    return [i * TESTED + j for i in range(settings.classes) for j in range(each)]


def data(settings: FewSettings) -> dict[str, Any]:
    fresh = drawn(settings.source, settings.classes, TESTED, settings.seed, FRESH)
    block = SIDE // SMALL
    small = [
        fresh.inputs[i].reshape(3, SMALL, block, SMALL, block).mean(axis=(0, 2, 4))
        for i in sheet(settings)
    ]
    pixels = [(each * 255).round().astype(int).ravel().tolist() for each in small]
    return {"pixels": pixels, "columns": 5, "size": SMALL}


def control(settings: FewSettings) -> FewSettings:
    """On what stands beside; where that is the same, on the trained features or on the pixels."""
    other: Features = settings.beside
    if other == settings.features:
        other = "pixels" if settings.features == "trained" else "trained"
    return settings.model_copy(update={"features": other})


def named(settings: FewSettings) -> str:
    return {
        "trained": "on trained features",
        "untrained": "on untrained features",
        "pixels": "on pixels",
    }[settings.features]


def names(settings: FewSettings) -> tuple[str, str]:
    return named(settings), named(control(settings))


def says(settings: FewSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    right = [format_number(100 * known(side.validation), 3) for side in (run, beside)]
    pictures = "picture" if at == 1 else "pictures"
    return (
        f"From {at:g} {pictures} a class: of {TESTED * settings.classes} fresh ones, {right[0]} % "
        f"are named right {one}, {right[1]} % {other}."
    )


def fresh(frames: Sequence[Frame], side: Literal["run", "control"], at: int = 5) -> float:
    """The share of fresh pictures named right by a head that learned from so many a class."""
    return known(frames[at - 1][side]["validation"])


def ahead(frames: Sequence[Frame]) -> bool:
    return fresh(frames, "run") > fresh(frames, "control")


FIVE: dict[str, Any] = {"each": 5}

FEW_PICTURES: Experiment[FewSettings] = Experiment(
    name="few-pictures",
    title="A few pictures a class",
    says="A new head on a network that stays as it is learns classes the network never had, from "
    "five pictures of each. The same head on pixels, or on random filters, needs more.",
    settings=FewSettings,
    loop=Loop(
        begin=lambda settings: None,
        advance=lambda settings, state, step: None,
        look=look,
        last=lambda settings: settings.each - 1,
        at=at,
        data=data,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "From five cuts of each of five photos, at least 90 % of fresh cuts are named right on "
            "trained features, and more than on pixels.",
            (FIVE,),
            lambda runs: fresh(runs[0], "run") >= 0.9 and ahead(runs[0]),
        ),
        Claim(
            "On the same cuts trained features name more right than untrained ones.",
            (FIVE | {"beside": "untrained"},),
            lambda runs: ahead(runs[0]),
        ),
        Claim(
            "From five drawings of each of five digits, more fresh ones are named right on trained "
            "features than on pixels.",
            (FIVE | {"source": "digits"},),
            lambda runs: ahead(runs[0]),
        ),
    ),
    unchecked="Here heads are not found twice: of a figure of one's own classes, which finds them "
    "the same way, PyTorch checks the maps and every head.",
    unscripted="a head is the minimum of a convex loss, which Newton's method finds in numpy",
    kind="sheet",
    axis="pictures a class",
    cost=lambda settings: (
        COST
        * settings.classes
        * (settings.each + TESTED)
        * sum(each.features != "pixels" for each in (settings, control(settings)))
    ),
    pace=PACE,
    milliseconds=700,
    curves=lambda settings: ("learned from", "fresh"),
    measure="share right",
    logarithmic=False,
    presets=(
        ("Five photos", {}),
        ("Untrained features beside", {"beside": "untrained"}),
        ("Five digits", {"source": "digits"}),
        ("Two digits: too easy", {"source": "digits", "classes": 2}),
    ),
)
