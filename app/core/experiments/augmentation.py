"""Augmentation: changed copies make much of few pictures, unless a change makes another digit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.experiments.layered_steps import of_plan
from app.core.numbers import format_number
from app.core.pictures.images import image, picture
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.augmentation import Amounts, varied
from app.core.training.classifiers import (
    How,
    Plan,
    Trained,
    broken,
    by_name,
    scored,
    start,
    trained,
)
from app.core.training.digits import CLASSES, PIXELS, SIDE, Digits, Floats, digits, guessed
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH, random
from app.core.training.scripts import Script, changed, pictures, sgd

HIDDEN, BATCH, TESTED, FRAMES, COPIES = 64, 20, 500, 40, 15
LARGE = 28  # pixels along a side of the picture that is shown
VARIED, SHEET = 7, 8  # what these random numbers are used for
HOW = How(rate=0.02, momentum=0.9, batch=BATCH)
FLIPS = {"none": (0.0, 0.0), "mirrored": (0.5, 0.0), "upside down": (0.0, 0.5)}


class AugmentationSettings(Settings):
    """A net on few digits, each changed anew whenever it is seen."""

    model_config = shown({"turn": 12, "shift": 0.06, "scale": 0.12, "picture": 56, "seed": 0})

    turn: Annotated[
        float, amount("Turn", "Degrees to either side, at most.", [0, 5, 12, 25, 45, 90], most=180)
    ] = 12
    shift: Annotated[
        float,
        amount(
            "Shift", "A share of the side, any way.", [0.0, 0.03, 0.06, 0.1, 0.2, 0.3], most=0.5
        ),
    ] = 0.06
    scale: Annotated[
        float,
        amount("Scale", "Larger or smaller by this share.", [0.0, 0.06, 0.12, 0.25, 0.5], most=0.5),
    ] = 0.12
    shear: Annotated[
        float, amount("Shear", "How far it leans.", [0.0, 0.1, 0.2, 0.4, 0.8], most=1)
    ] = 0.0
    brightness: Annotated[
        float, amount("Brightness", "Added or taken away.", [0.0, 0.1, 0.2, 0.4], most=0.5)
    ] = 0.0
    contrast: Annotated[
        float, amount("Contrast", "More or less by this share.", [0.0, 0.2, 0.4, 0.8], most=0.9)
    ] = 0.0
    noise: Annotated[
        float, amount("Noise", "On each pixel.", [0.0, 0.05, 0.1, 0.2, 0.4], most=0.5)
    ] = 0.0
    warp: Annotated[
        float, amount("Warp", "Elastic, a share of half a side.", [0.0, 0.05, 0.1, 0.2, 0.4])
    ] = 0.0
    flip: Annotated[
        Literal["none", "mirrored", "upside down"],
        Field(
            title="Flip",
            description="Half of the copies.",
            json_schema_extra={"values": list(FLIPS)},
        ),
    ] = "none"
    points: Annotated[
        int, Field(ge=20, le=1_000, title="Digits", description="How many it is trained on.")
    ] = 100
    steps: Annotated[int, Field(ge=40, le=800, title="Steps", description="Of 20 digits each.")] = (
        400
    )
    picture: Annotated[
        int,
        Field(ge=0, le=59, title="Picture", description="Which digit is shown."),
    ] = 56


CHANGES = ("turn", "shift", "scale", "shear", "brightness", "contrast", "noise", "warp")


def amounts(settings: AugmentationSettings) -> Amounts:
    mirrored, upside_down = FLIPS[settings.flip]
    given = {name: getattr(settings, name) for name in CHANGES}
    return Amounts(**given, mirrored=mirrored, upside_down=upside_down)


STILL: dict[str, Any] = {"turn": 0.0, "shift": 0.0, "scale": 0.0}
PLAN = Plan((PIXELS, HIDDEN, CLASSES))


def each(settings: AugmentationSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: AugmentationSettings) -> Trained:
    return start(PLAN, settings.seed)


def vary(settings: AugmentationSettings, step: int, batch: Digits) -> Digits:
    """What a step sees of these digits."""
    some = amounts(settings)
    if some == Amounts():
        return batch
    return Digits(varied(batch.x, SIDE, some, random(settings.seed, VARIED, step)), batch.y)


def advance(settings: AugmentationSettings, state: Trained, step: int) -> Trained:
    given, changes = digits(settings.points, settings.seed), partial(vary, settings)
    return trained(PLAN, state, given, HOW, each(settings), settings.seed, changes)[0]


def steps(settings: AugmentationSettings) -> Layered:
    """How a step of it is looked at: its digits as they are changed for it."""
    given = digits(settings.points, settings.seed)
    return of_plan(
        "augmentation",
        settings,
        PLAN,
        HOW,
        lambda: given,
        FRAMES * each(settings),
        lambda state: scored(PLAN, state, given).loss,
        vary=partial(vary, settings),
    )


@lru_cache(maxsize=64)
def copies(number: int, most: Amounts, seed: int) -> Floats:
    """The picture itself, and changed copies of it, at its full size."""
    pixels = np.asarray(picture(f"digit-{number}"), np.float32).reshape(1, -1) / 255
    changed = varied(np.repeat(pixels, COPIES, 0), LARGE, most, random(seed, SHEET))
    changed[0] = pixels[0]
    return changed


def label(settings: AugmentationSettings) -> int:
    found = image(f"digit-{settings.picture}").label
    assert found is not None
    return found


def shrunk(large: Floats) -> Floats:
    """As small as the net is given them."""
    squares = large.reshape(len(large), SIDE, LARGE // SIDE, SIDE, LARGE // SIDE)
    return np.asarray(squares.mean((2, 4)).reshape(len(large), PIXELS), np.float32)


@lru_cache(maxsize=64)
def likeness(number: int, most: Amounts, seed: int) -> list[int]:
    """Which digit each copy is most like: that of the one in a thousand, as they are, whose pixels
    go along with its own best (by the cosine between them)."""
    thousand = digits(1_000, seed)
    lengths = np.linalg.norm(thousand.x, axis=1)
    alike = shrunk(copies(number, most, seed)) @ thousand.x.T / lengths
    return [int(y) for y in thousand.y[alike.argmax(1)]]


def look(settings: AugmentationSettings, state: Trained, step: int) -> Look:
    here = scored(PLAN, state, digits(settings.points, settings.seed))
    fresh = scored(PLAN, state, digits(TESTED, settings.seed, FRESH))
    named = likeness(settings.picture, amounts(settings), settings.seed)
    right = [name == label(settings) for name in named]
    shown = {"named": list(map(str, named)), "right": right}
    facts = {"fresh digits right": fresh.right, "copies still their digit": sum(right) / COPIES}
    return Look(here.loss, fresh.loss, shown, facts=facts, where=broken(PLAN, state))


def data(settings: AugmentationSettings) -> dict[str, Any]:
    pixels = (copies(settings.picture, amounts(settings), settings.seed) * 255).round().astype(int)
    return {"pixels": pixels.tolist(), "columns": 5, "size": LARGE}


def control(settings: AugmentationSettings) -> AugmentationSettings:
    """Nothing changed; where nothing is, as the settings come."""
    still = dict.fromkeys(CHANGES, 0.0) | {"flip": "none"}
    if amounts(settings) != Amounts():
        return settings.model_copy(update=still)
    return settings.model_copy(update={"turn": 12.0, "shift": 0.06, "scale": 0.12})


def names(settings: AugmentationSettings) -> tuple[str, str]:
    changed = ("changed copies", "as they are")
    return changed if amounts(settings) != Amounts() else changed[::-1]


def says(settings: AugmentationSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    right = [format_number(100 * side.facts["fresh digits right"], 3) for side in (run, beside)]
    still = round(COPIES * run.facts["copies still their digit"])
    broken = (
        f" {COPIES - still} of the {COPIES} copies look most like another digit than the "
        f"{label(settings)} they are labelled."
        if still < COPIES
        else ""
    )
    return (
        f"Of 500 digits that neither has seen, trained on {one}: {right[0]} % right; {other}: "
        f"{right[1]} %.{broken}"
    )


def script(settings: AugmentationSettings) -> Script:
    given = digits(settings.points, settings.seed), digits(TESTED, settings.seed, FRESH)
    still = amounts(settings) == Amounts()
    return Script(
        settings.seed,
        pictures(*given),
        scripts.of_plan(PLAN),
        sgd(HOW.rate, HOW.momentum),
        FRAMES * each(settings),
        each(settings),
        settings.points,
        HOW.batch,
        inputs="" if still else changed(amounts(settings), VARIED),
    )


def gain(frames: Sequence[Frame]) -> float:
    """In points of accuracy, over the last quarter of the run: single frames waver."""
    ends = frames[-FRAMES // 4 :]
    pairs = [
        known(frame["run"]["facts"]["fresh digits right"])
        - known(frame["control"]["facts"]["fresh digits right"])
        for frame in ends
    ]
    return 100 * float(np.mean(pairs))


AUGMENTATION: Experiment[AugmentationSettings] = Experiment(
    name="augmentation",
    title="Augmentation",
    says="Each digit is turned, shifted and scaled a little, anew whenever it is seen: 100 of them "
    "go further. A change that makes another digit of it teaches what is wrong.",
    settings=AugmentationSettings,
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
            "With 100 digits a little turning, shifting and scaling gains at least a point of "
            "accuracy on fresh ones.",
            ({},),
            lambda runs: gain(runs[0]) >= 1,
        ),
        Claim(
            "Turning half of them upside down costs at least a point: a 6 becomes a 9.",
            (STILL | {"flip": "upside down"},),
            lambda runs: gain(runs[0]) <= -1,
        ),
    ),
    kind="sheet",
    axis="step",
    cost=lambda settings: 2 * PLAN.cost * (settings.steps * BATCH + 250 * FRAMES),
    milliseconds=120,
    inside=steps,
    script=script,
    weights=lambda settings, state: by_name(PLAN, state),
    presets=(
        ("Turn, shift, scale", {}),
        ("Upside down: a 6 becomes a 9", STILL | {"flip": "upside down"}),
        ("Mirrored: a 5 looks like a 3", STILL | {"flip": "mirrored", "picture": 55}),
        ("Elastic warp", STILL | {"warp": 0.2}),
        ("Too much of all", {"turn": 90.0, "shift": 0.3, "scale": 0.5, "noise": 0.4}),
    ),
)
