"""One step of a run: everything its picture needs, for the chosen point and weight."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.planes import given
from app.core.experiments.training_step.expressions import StepExpression, expression
from app.core.experiments.training_step.names import Told
from app.core.experiments.training_step.questions import TrainingStepQuestion, asked
from app.core.experiments.training_step.replay import part, replay
from app.core.experiments.training_step.tellings import (
    StepMoment,
    followed,
    loss_of,
    moments,
    own_gradient,
)
from app.core.training.nets import Activation, Net
from app.core.training.points import SHAPES

Layers = list[list[float]]


class StepTrack(TypedDict):
    """How many moments there are: up to the loss, and in all."""

    forward: int
    count: int


class StepWeight(TypedDict):
    """The chosen weight, all of whose gradients are here."""

    name: str
    layer: Annotated[int, Field(description="All three counted from 1.")]
    unit: int
    source: Annotated[int | None, Field(description="Null: a bias.")]
    before: float
    after: float
    gradient: Annotated[float, Field(description="Of the chosen point's own loss.")]
    mean: Annotated[float, Field(description="Of the loss of the batch, without the penalty.")]
    each: Annotated[list[float], Field(description="Of every point's own loss, in batch order.")]


class StepSample(TypedDict):
    """The chosen point of the batch."""

    sample: Annotated[int, Field(description="Its place in the batch, from 0.")]
    point: Annotated[int, Field(description="Its place among all points, from 0.")]
    x: list[float]
    y: int
    loss: float


class StepNet(TypedDict):
    """A number for each weight and each bias: a layer each, outputs x inputs, and outputs."""

    weights: list[Layers]
    biases: Layers


class TrainingStepAnswer(TypedDict):
    """One step of a run."""

    sizes: list[int]
    activation: Activation
    step: Annotated[int, Field(description="How many were taken before it.")]
    steps: Annotated[int, Field(description="Of the whole run.")]
    loss: Annotated[float, Field(description="On all points, before the step.")]
    points: Annotated[list[list[float]], Field(description="All of them, as [x, y, class].")]
    domain: list[float]
    batch: Annotated[list[int], Field(description="The points of this step: places among all.")]
    sample: StepSample
    weight: StepWeight
    path: Annotated[
        list[int],
        Field(
            description="The unit of each layer, from 0, that the formulas follow, inputs first: "
            "the weight's own, and elsewhere the one through which most goes."
        ),
    ]
    units: Annotated[Layers, Field(description="What each unit gives for the chosen point.")]
    backs: Annotated[
        Layers,
        Field(
            description="The gradient of the chosen point's loss by what each unit adds up; the "
            "first hidden layer first."
        ),
    ]
    before: StepNet
    own: Annotated[StepNet, Field(description="The gradients of the chosen point's own loss.")]
    mean: Annotated[StepNet, Field(description="Those of the batch, without the penalty.")]
    after: StepNet
    moments: list[StepMoment]
    track: StepTrack
    expression: StepExpression


def training_step(question: TrainingStepQuestion) -> TrainingStepAnswer:
    """The answer to POST /api/training-step. For a worker. Raises Problem."""
    which = asked(question)
    found = replay(which)
    told = Told(which, found, followed(which, found))
    task, sample, weight = which.task, which.sample, which.weight
    every, side = given(task), SHAPES[task.kind].side
    layers = len(found.net.weights)
    x, y = found.points.x[sample].tolist(), found.points.y[sample]
    own = Net(
        tuple(
            np.outer(back[:, sample], units[:, sample])
            for back, units in zip(found.backs, found.units, strict=True)
        ),
        tuple(back[:, sample] for back in found.backs),
    )
    return {
        "sizes": list(task.sizes),
        "activation": task.how.activation,
        "step": which.step,
        "steps": task.steps,
        "loss": found.train,
        "points": np.column_stack((every.x, every.y)).round(3).tolist(),
        "domain": [-side, side, -side, side],
        "batch": found.places.tolist(),
        "sample": {
            "sample": sample,
            "point": int(found.places[sample]),
            "x": x,
            "y": int(y),
            "loss": loss_of(told),
        },
        "weight": {
            "name": weight.name,
            "layer": weight.layer + 1,
            "unit": weight.unit + 1,
            "source": None if weight.source is None else weight.source + 1,
            "before": part(found.net, weight),
            "after": part(found.after.net, weight),
            "gradient": own_gradient(told),
            "mean": part(found.mean, weight),
            "each": found.each(weight).tolist(),
        },
        "path": list(told.path),
        "units": [
            *(units[:, sample].tolist() for units in found.units),
            [float(found.logits[sample])],
        ],
        "backs": [back[:, sample].tolist() for back in found.backs],
        "before": listed(found.net),
        "own": listed(own),
        "mean": listed(found.mean),
        "after": listed(found.after.net),
        "moments": moments(told),
        "track": {"forward": layers + 2, "count": 2 * layers + 5},
        "expression": expression(found.net, task.how.activation, x, float(y), weight),
    }


def listed(net: Net) -> StepNet:
    found: Any = [[each.tolist() for each in parts] for parts in net]
    return {"weights": found[0], "biases": found[1]}
