"""Dropout: at each step another thinned network learns, and the whole one is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.experiments.layered_steps import of_plan
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.classifiers import (
    How,
    Plan,
    Trained,
    broken,
    by_name,
    masks,
    scored,
    start,
    trained,
)
from app.core.training.digits import CLASSES, PIXELS, digits, guessed
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH
from app.core.training.scripts import Script, pictures, sgd

FRAMES, TESTED, SEEN = 40, 500, 300  # SEEN: of those it is trained on, for its training loss
DRAWN = 12  # units of a layer that its picture has room for


class DropoutSettings(Settings):
    """A net of two hidden layers on handwritten digits, some of its units left out at each step."""

    model_config = shown({"dropped": 0.5, "points": 1000, "seed": 0})

    dropped: Annotated[
        float,
        amount(
            "Dropped",
            "The share of hidden units left out at each step (PyTorch's p); 1 − it is kept.",
            [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
            most=0.9,
        ),
    ] = 0.5
    points: Annotated[
        int, Field(ge=20, le=1_000, title="Digits", description="How many it is trained on.")
    ] = 1_000
    hidden: Annotated[
        int,
        Field(
            ge=8,
            le=128,
            title="Units",
            description="In each of its two hidden layers.",
            json_schema_extra={"values": [8, 16, 32, 64, 128]},
        ),
    ] = 64
    steps: Annotated[
        int, Field(ge=40, le=1_200, title="Steps", description="Of 32 digits each.")
    ] = 800


HOW = How(rate=0.02, momentum=0.9, batch=32)


def plan(settings: DropoutSettings) -> Plan:
    sizes = (PIXELS, settings.hidden, settings.hidden, CLASSES)
    return Plan(sizes, dropped=settings.dropped)


def each(settings: DropoutSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: DropoutSettings) -> Trained:
    return start(plan(settings), settings.seed)


def advance(settings: DropoutSettings, state: Trained, step: int) -> Trained:
    given = digits(settings.points, settings.seed)
    return trained(plan(settings), state, given, HOW, each(settings), settings.seed)[0]


def look(settings: DropoutSettings, state: Trained, step: int) -> Look:
    net, seed = plan(settings), settings.seed
    here = scored(net, state, digits(settings.points, seed).first(SEEN))
    fresh = scored(net, state, digits(TESTED, seed, FRESH))
    left = masks(net, state.step, seed)
    on = [[int(x > 0) for x in mask[:DRAWN]] for mask in left]
    hidden = [min(DRAWN, settings.hidden)] * 2
    every = [[1] * DRAWN, *(on or [[1] * size for size in hidden]), [1] * CLASSES]
    kept = [int((mask > 0).sum()) for mask in left] or [settings.hidden] * 2
    facts = {"fresh digits right": fresh.right, "units at this step": float(sum(kept))}
    return Look(here.loss, fresh.loss, {"on": every}, facts=facts, where=broken(net, state))


def data(settings: DropoutSettings) -> dict[str, Any]:
    names = ["pixels", "hidden", "hidden", "classes"]
    return {"layers": list(map(list, zip(names, plan(settings).sizes, strict=True)))}


def control(settings: DropoutSettings) -> DropoutSettings:
    """Nothing dropped; where nothing is, half."""
    return settings.model_copy(update={"dropped": 0.0 if settings.dropped else 0.5})


def names(settings: DropoutSettings) -> tuple[str, str]:
    def name(dropped: float) -> str:
        return f"{100 * dropped:g} % dropped" if dropped else "nothing dropped"

    return name(settings.dropped), name(control(settings).dropped)


def script(settings: DropoutSettings) -> Script:
    here, fresh = digits(settings.points, settings.seed), digits(TESTED, settings.seed, FRESH)
    return Script(
        settings.seed,
        pictures(here, fresh),
        scripts.of_plan(plan(settings)),
        sgd(HOW.rate, HOW.momentum),
        FRAMES * each(settings),
        each(settings),
        settings.points,
        HOW.batch,
        SEEN,
        first="drop(step)" if settings.dropped else "",
    )


def steps(settings: DropoutSettings) -> Layered:
    """How a step of it is looked at: which units it leaves out is said."""
    net, given = plan(settings), digits(settings.points, settings.seed)
    return of_plan(
        "dropout",
        settings,
        net,
        HOW,
        lambda: given,
        FRAMES * each(settings),
        lambda state: scored(net, state, given.first(SEEN)).loss,
    )


def lower(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["validation"]) < known(last["control"]["validation"])


def slower(runs: Sequence[Sequence[Frame]]) -> bool:
    return all(
        known(frame["run"]["train"]) > known(frame["control"]["train"]) for frame in runs[0][4:]
    )


def starves(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["validation"]) > 1.2 * known(last["control"]["validation"])


DROPOUT: Experiment[DropoutSettings] = Experiment(
    name="dropout",
    title="Dropout",
    says="At each step a share of the hidden units is left out, so every step trains another "
    "thinned network; the whole one is used at the end.",
    settings=DropoutSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * each(settings),
        data=data,
        guessed=guessed,
        frames=1,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "With half of 64 and 64 units dropped the loss on fresh digits is lower after 800 "
            "steps than without.",
            ({},),
            lower,
        ),
        Claim(
            "The training loss of the whole network falls more slowly with dropout, from step 80 "
            "to the end.",
            ({},),
            slower,
        ),
        Claim(
            "With 8 units in a layer, half dropped, the loss on fresh digits is a fifth higher or "
            "more: a narrow net has none to spare.",
            ({"hidden": 8},),
            starves,
        ),
    ),
    kind="net",
    axis="step",
    cost=lambda settings: 2 * plan(settings).cost * (32 * settings.steps + 270 * FRAMES),
    pace=2e9,
    milliseconds=120,
    inside=steps,
    script=script,
    weights=lambda settings, state: by_name(plan(settings), state),
    presets=(
        ("Half dropped", {}),
        ("8 units: none to spare", {"hidden": 8}),
        ("20 digits: no help", {"points": 20}),
        ("9 of 10 dropped", {"dropped": 0.9}),
    ),
)
