"""Two classes in a plane: what a net of a few units can part, and a line cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field, model_validator

from app.core.experiments import planes
from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import refused, shown
from app.core.training.loop import Frame
from app.core.training.nets import Activation, Apart, How, Optimizer
from app.core.training.points import Kind

RATES = [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0]
PENALTIES = [0.0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1]
PENALTY = amount("Penalty", "On the squares of the weights, as PyTorch's weight_decay.", PENALTIES)
SPARSE = amount("L1 penalty", "On the sizes of the weights: it draws small ones to 0.", PENALTIES)
SHARES = [0.0, 0.1, 0.2, 0.3, 0.5]
DROPPED = amount("Dropped", "The share of hidden units left out at each step.", SHARES, most=0.9)
THEN = "Where there is such a step."
LAYERS = 4  # with weights, at most


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
    sparse: Annotated[float, SPARSE] = 0.0
    dropped: Annotated[float, DROPPED] = 0.0
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
            description="From this step on with what stands under it; 0: never.",
        ),
    ] = 0
    layer_then: Annotated[
        int,
        Field(
            ge=0,
            le=LAYERS,
            title="Layer from then",
            description="The one whose rate and penalties change, from 1 at the input; 0: all.",
        ),
    ] = 0
    rate_then: Annotated[
        float, amount("Rate from then", f"{THEN} 0 freezes.", [0.0, *RATES], most=100)
    ] = 0.02
    penalty_then: Annotated[float, amount("Penalty from then", THEN, PENALTIES)] = 0.0
    sparse_then: Annotated[float, amount("L1 penalty from then", THEN, PENALTIES)] = 0.0
    dropped_then: Annotated[float, amount("Dropped from then", THEN, SHARES, most=0.9)] = 0.0

    @model_validator(mode="after")
    def _layer_is_there(self) -> ClassifierSettings:
        if self.turn and self.layer_then > self.layers + 1:
            raise refused(f"has a layer {self.layer_then}, and the net has {self.layers + 1}")
        return self


POINTS = 250


def task(settings: ClassifierSettings) -> planes.Task:
    how = How(
        settings.activation,
        settings.optimizer,
        settings.rate,
        settings.penalty,
        settings.dropped,
        settings.batch,
        settings.sparse,
    )
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
        later(settings, how) if settings.turn else None,
    )


def later(settings: ClassifierSettings, how: How) -> How:
    """How it goes on where something changes on the way."""
    how = how._replace(dropped=settings.dropped_then)
    rate, pulls = settings.rate_then, (settings.penalty_then, settings.sparse_then)
    if settings.layer_then:
        return how._replace(apart=Apart(settings.layer_then, rate, *pulls))
    return how._replace(rate=rate, penalty=pulls[0], sparse=pulls[1])


def control(settings: ClassifierSettings) -> ClassifierSettings:
    """A line: no hidden layer; where something changes on the way, the same without that."""
    if settings.turn:
        return settings.model_copy(update={"turn": 0})
    return settings.model_copy(update={"layers": 0})


def names(settings: ClassifierSettings) -> tuple[str, str]:
    if settings.turn:
        changed = ", ".join(changes(settings)) or "nothing changed"
        return f"{changed} from step {settings.turn}", "unchanged"
    return "-".join(map(str, task(settings).sizes)), "a line: 2-1"


def changes(settings: ClassifierSettings) -> Iterator[str]:
    """What is otherwise from then on, in words."""
    where = f" of layer {settings.layer_then}" if settings.layer_then else ""
    for name, title in (("rate", "rate"), ("penalty", "penalty"), ("sparse", "L1 penalty")):
        then = getattr(settings, f"{name}_then")
        if name == "rate" and not then:
            yield f"{where.removeprefix(' of ') or 'all layers'} frozen"
        elif then != getattr(settings, name):
            yield f"{title}{where} {format_number(then, 2)}"
    if settings.dropped_then != settings.dropped:
        yield f"{format_number(100 * settings.dropped_then, 2)} % dropped"


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
        ("Layer 1 frozen from step 120", {"turn": 120, "layer_then": 1, "rate_then": 0.0}),
        ("L1 penalty", {"sparse": 0.003, "data": "moons"}),
        ("One unit", {"layers": 1, "units": 1, "data": "circles"}),
        ("Rate 10: nothing learned", {"optimizer": "sgd", "rate": 10.0, "activation": "relu"}),
    ),
)
