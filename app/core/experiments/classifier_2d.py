"""Two classes in a plane: what a net of a few units can part, and a line cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from app.core.experiments import planes
from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame
from app.core.training.nets import Activation, How, Optimizer
from app.core.training.points import Kind

RATES = [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0]
PENALTIES = [0.0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1]
PENALTY = amount("Penalty", "On the squares of the weights, as PyTorch's weight_decay.", PENALTIES)


class ClassifierSettings(Settings):
    """A net on points of two classes in a plane, beside a line."""

    model_config = shown({"data": "spirals", "units": 8, "seed": 0})

    data: Annotated[
        Kind,
        Field(
            title="Data",
            description="How the two classes lie.",
            json_schema_extra={"values": ["moons", "circles", "spirals", "blobs", "xor"]},
        ),
    ] = "spirals"
    layers: Annotated[
        int, Field(ge=1, le=3, title="Hidden layers", description="Between input and output.")
    ] = 2
    units: Annotated[int, Field(ge=1, le=16, title="Units", description="In each of them.")] = 8
    activation: Annotated[
        Activation,
        Field(
            title="Activation",
            description="Of the hidden units.",
            json_schema_extra={"values": ["tanh", "relu", "sigmoid"]},
        ),
    ] = "tanh"
    optimizer: Annotated[
        Optimizer,
        Field(
            title="Optimiser",
            description="How a gradient becomes a step.",
            json_schema_extra={"values": ["adam", "sgd"]},
        ),
    ] = "adam"
    rate: Annotated[
        float,
        amount("Rate", "The learning rate.", RATES, most=100, nothing=False),
    ] = 0.02
    batch: Annotated[
        int,
        Field(
            ge=0,
            le=250,
            title="Batch",
            description="Points a step sees; 0 for all 250.",
            json_schema_extra={"values": [0, 1, 5, 10, 25, 50, 100]},
        ),
    ] = 0
    penalty: Annotated[float, PENALTY] = 0.0
    noise: Annotated[
        float,
        amount("Noise", "How far points stray.", [0.0, 0.05, 0.1, 0.2, 0.3, 0.5]),
    ] = 0.1
    steps: Annotated[
        int, Field(ge=60, le=3_000, title="Steps", description="Of the whole run.")
    ] = 600
    turn: Annotated[
        int,
        Field(
            ge=0,
            le=3_000,
            title="Change at step",
            description="From this step on with the rate and the penalty beside; 0: never.",
        ),
    ] = 0
    rate_then: Annotated[
        float,
        amount("Rate from then", "Where there is such a step.", RATES, most=100, nothing=False),
    ] = 0.02
    penalty_then: Annotated[
        float, amount("Penalty from then", "Where there is such a step.", PENALTIES)
    ] = 0.0


POINTS = 250


def task(settings: ClassifierSettings) -> planes.Task:
    how = How(
        settings.activation,
        settings.optimizer,
        settings.rate,
        settings.penalty,
        batch=settings.batch,
    )
    later = how._replace(rate=settings.rate_then, penalty=settings.penalty_then)
    hidden = (settings.units,) * settings.layers
    return planes.Task(
        settings.data,
        POINTS,
        settings.noise,
        hidden,
        how,
        settings.steps,
        settings.seed,
        settings.turn,
        later if settings.turn else None,
    )


def control(settings: ClassifierSettings) -> ClassifierSettings:
    """A line: no hidden layer; where something changes on the way, the same without that."""
    if settings.turn:
        return settings.model_copy(update={"turn": 0})
    return settings.model_copy(update={"layers": 0})


def names(settings: ClassifierSettings) -> tuple[str, str]:
    if settings.turn:
        rate, penalty = (format_number(x, 2) for x in (settings.rate_then, settings.penalty_then))
        return f"rate {rate}, penalty {penalty} from step {settings.turn}", "unchanged"
    return "-".join(map(str, task(settings).sizes)), "a line: 2-1"


def learned(runs: Sequence[Sequence[Frame]]) -> bool:
    run, line = runs[0][-1]["run"], runs[0][-1]["control"]
    return known(run["train"]) < 0.15 and known(line["train"]) > 0.6


def slower(runs: Sequence[Sequence[Frame]]) -> bool:
    whole, few = (known(frames[-1]["run"]["train"]) for frames in runs)
    return few > 2 * whole


CLASSIFIER_2D: Experiment[ClassifierSettings] = Experiment(
    name="classifier-2d",
    title="Two classes in a plane",
    says="A net of a few units bends its boundary around the data; a line has none to bend.",
    settings=ClassifierSettings,
    loop=planes.loop(task),
    control=control,
    names=names,
    claims=(
        Claim(
            "On spirals a net of 8 and 8 units brings its training loss under 0.15 in 600 steps; "
            "that of a line stays above 0.6.",
            ({},),
            learned,
        ),
        Claim(
            "With batches of 10 points the same 600 steps end at more than twice the training "
            "loss: the noise of a small batch.",
            ({}, {"batch": 10}),
            slower,
        ),
    ),
    kind="plane",
    axis="step",
    cost=lambda settings: task(settings).cost + task(control(settings)).cost,
    pace=2.5e8,
    inside=lambda settings: planes.steps(task(settings)),
    script=lambda settings: planes.script(task(settings)),
    weights=lambda settings, state: planes.by_name(task(settings), state),
    presets=(
        ("Spirals", {}),
        ("Batches of 10", {"batch": 10}),
        ("Circles, 4 units", {"data": "circles", "layers": 1, "units": 4}),
        (
            "Rate 1, and 0.1 from step 300",
            {"optimizer": "sgd", "rate": 1.0, "turn": 300, "rate_then": 0.1, "data": "moons"},
        ),
        ("One unit", {"layers": 1, "units": 1, "data": "circles"}),
        ("Rate 10: nothing learned", {"optimizer": "sgd", "rate": 10.0, "activation": "relu"}),
    ),
)
