"""Batch norm: what it does to the size of gradients, layer by layer, and so to what is learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import YES_NO, Claim, Experiment, Settings, Yes, amount, known
from app.core.experiments.layered_steps import of_plan
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.classifiers import How, Plan, Trained, scored, sizes_of, start, trained
from app.core.training.digits import CLASSES, PIXELS, digits, guessed
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH
from app.core.training.scripts import Script, pictures, sgd

WIDTH, TRAINED, TESTED, SEEN = 64, 1_000, 300, 300
FRAMES = 20
MEASURED = 100  # digits that sizes are measured on
LEAST, MOST = 1e-20, 1e8  # the picture's axis


class NormSettings(Settings):
    """A deep net on handwritten digits, with batch norm and without."""

    model_config = shown({"depth": 10, "activation": "sigmoid", "seed": 0})

    depth: Annotated[
        int, Field(ge=2, le=30, title="Hidden layers", description="Of 64 units each.")
    ] = 10
    activation: Annotated[
        Literal["sigmoid", "relu"],
        Field(
            title="Activation",
            description="Of the hidden units.",
            json_schema_extra={"values": ["sigmoid", "relu"]},
        ),
    ] = "sigmoid"
    scale: Annotated[
        float,
        amount(
            "Scale of the start",
            "Of the first weights, times the usual (Xavier's for sigmoid, He's for ReLU).",
            [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 1.5, 2.0, 3.0],
            most=3,
            nothing=False,
        ),
    ] = 1.0
    norm: Annotated[
        Yes,
        Field(title="Batch norm", description="Before each activation.", json_schema_extra=YES_NO),
    ] = "yes"
    skip: Annotated[
        Yes,
        Field(
            title="Skips",
            description="What a layer is given is added to what it gives.",
            json_schema_extra=YES_NO,
        ),
    ] = "no"
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate of plain SGD.",
            [0.005, 0.01, 0.02, 0.05, 0.1, 0.3],
            nothing=False,
        ),
    ] = 0.1
    batch: Annotated[
        int,
        Field(
            ge=2,
            le=100,
            title="Batch",
            description="Digits a step sees, over which batch norm takes its mean.",
            json_schema_extra={"values": [2, 5, 10, 20, 50, 100]},
        ),
    ] = 50
    steps: Annotated[int, Field(ge=20, le=600, title="Steps", description="Of the whole run.")] = (
        200
    )


def plan(settings: NormSettings) -> Plan:
    sizes = (PIXELS, *(WIDTH,) * settings.depth, CLASSES)
    return Plan(
        sizes,
        settings.activation,
        norm=settings.norm == "yes",
        skip=settings.skip == "yes",
        start=settings.scale,
    )


def each(settings: NormSettings) -> int:
    return max(1, settings.steps // FRAMES)


def begin(settings: NormSettings) -> Trained:
    return start(plan(settings), settings.seed)


def advance(settings: NormSettings, state: Trained, step: int) -> Trained:
    given = digits(TRAINED, settings.seed)
    return trained(plan(settings), state, given, how(settings), each(settings), settings.seed)[0]


def how(settings: NormSettings) -> How:
    return How(settings.rate, 0.0, settings.batch)


def steps(settings: NormSettings) -> Layered:
    """How a step of it is looked at: the statistics of its batch are said."""
    net, given = plan(settings), digits(TRAINED, settings.seed)
    return of_plan(
        "batch-norm",
        settings,
        net,
        how(settings),
        lambda: given,
        settings.steps // each(settings) * each(settings),
        lambda state: scored(net, state, given.first(SEEN), own=True).loss,
    )


def look(settings: NormSettings, state: Trained, step: int) -> Look:
    net, given = plan(settings), digits(TRAINED, settings.seed)
    here = scored(net, state, given.first(SEEN), own=True)
    fresh = scored(net, state, digits(TESTED, settings.seed, FRESH), own=True)
    sizes = sizes_of(net, state, given.first(MEASURED))
    back = sizes.gradients
    facts = {
        "fresh digits right": fresh.right,
        "first gradient / last": back[1] / back[-2] if back[-2] else 0.0,
    }
    lines = [np.clip(np.nan_to_num(size), LEAST, MOST).tolist() for size in sizes[:2]]
    signs = {"gradients": back}
    return Look(
        here.loss, fresh.loss, {"lines": lines}, facts=facts, signs=signs, where=sizes.where
    )


def data(settings: NormSettings) -> dict[str, Any]:
    return {
        "lines": ["activations", "gradients"],
        "ways": ["forward", "backward"],
        "places": list(range(1, settings.depth + 2)),
        "across": "layer",
        "logarithmic": True,
        "domain": [1, settings.depth + 1, 10.0 ** -(2 + round(0.62 * settings.depth)), 1e2],
    }


def control(settings: NormSettings) -> NormSettings:
    return settings.model_copy(update={"norm": "no" if settings.norm == "yes" else "yes"})


def names(settings: NormSettings) -> tuple[str, str]:
    def name(norm: str) -> str:
        return "batch norm" if norm == "yes" else "without batch norm"

    return name(settings.norm), name(control(settings).norm)


def says(settings: NormSettings, at: float, run: Look, beside: Look) -> str:
    first, second = (
        format_number(side.facts["first gradient / last"], 2) for side in (run, beside)
    )
    losses = [format_number(side.train, 3) for side in (run, beside)]
    one, other = names(settings)
    return (
        f"First hidden gradient over last: {first} ({one}), {second} ({other}). Training loss: "
        f"{losses[0]} and {losses[1]}."
    )


def script(settings: NormSettings) -> Script:
    here, fresh = digits(TRAINED, settings.seed), digits(TESTED, settings.seed, FRESH)
    return Script(
        settings.seed,
        pictures(here, fresh),
        scripts.of_plan(plan(settings)),
        sgd(settings.rate),
        settings.steps // each(settings) * each(settings),
        each(settings),
        TRAINED,
        settings.batch,
        SEEN,
    )


def learns(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["train"]) < 1.5 and known(last["control"]["train"]) > 2.2


def ratios(frame: Frame) -> tuple[float, float]:
    run, beside = frame["run"]["facts"], frame["control"]["facts"]
    return known(run["first gradient / last"]), known(beside["first gradient / last"])


def kept(runs: Sequence[Sequence[Frame]]) -> bool:
    run, beside = ratios(runs[0][0])
    return 0.01 < run < 100 and beside < 1e-12


def grows(runs: Sequence[Sequence[Frame]]) -> bool:
    run, beside = ratios(runs[0][0])
    return run > 30 and 0.05 < beside < 20


def tamed(runs: Sequence[Sequence[Frame]]) -> bool:
    with_skips, without = ratios(runs[0][0])[0], ratios(runs[1][0])[0]
    return with_skips < without / 5


DEEP = {"depth": 30, "steps": 20, "activation": "relu"}

BATCH_NORM: Experiment[NormSettings] = Experiment(
    name="batch-norm",
    title="Batch norm",
    says="In a deep sigmoid net the gradient dies on its way down, and batch norm keeps it alive; "
    "in a well-started ReLU net it has nothing to cure and makes gradients grow.",
    settings=NormSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: settings.steps // each(settings),
        at=lambda settings, step: step * each(settings),
        data=data,
        guessed=guessed,
        frames=1,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "A sigmoid net of 10 hidden layers has a training loss under 1.5 after 200 steps with "
            "batch norm, and above 2.2 without: it has learned nothing.",
            ({},),
            learns,
        ),
        Claim(
            "With 30 sigmoid layers the first gradient is under 10⁻¹² of the last at the start; "
            "with batch norm the two are within a factor of 100.",
            (DEEP | {"activation": "sigmoid"},),
            kept,
        ),
        Claim(
            "With 30 ReLU layers, started as He does, it is the other way round: within a factor "
            "of 20 without batch norm, and more than 30 times as large with it.",
            (DEEP,),
            grows,
        ),
        Claim("Skips tame that: at most a fifth of it.", (DEEP | {"skip": "yes"}, DEEP), tamed),
    ),
    kind="lines",
    axis="step",
    cost=lambda settings: (
        # A step takes as long as 32 samples more than it has: layers are small.
        plan(settings).cost * 2 * (settings.steps * (settings.batch + 32) + FRAMES * 300)
    ),
    pace=2.5e9,
    milliseconds=200,
    inside=steps,
    script=script,
    presets=(
        ("10 sigmoid layers", {}),
        ("30 sigmoid layers", {"depth": 30, "steps": 60}),
        ("30 ReLU layers", {"depth": 30, "steps": 60, "activation": "relu", "rate": 0.02}),
        (
            "30 ReLU layers with skips",
            {
                "depth": 30,
                "steps": 60,
                "activation": "relu",
                "scale": 0.3,
                "skip": "yes",
                "rate": 0.02,
            },
        ),
        ("Started too small", {"activation": "relu", "depth": 8, "scale": 0.1}),
        (
            "Batches of 2",
            {"activation": "relu", "depth": 5, "batch": 2, "steps": 600, "rate": 0.05},
        ),
    ),
)
