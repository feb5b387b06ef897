"""One step of a run: everything its picture needs, for the chosen point and weight."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.expressions import StepExpression, expression
from app.core.experiments.training_step.names import (
    StepMoment,
    Told,
    own_gradient,
    weight_name,
    weight_place,
)
from app.core.experiments.training_step.parts import StepTrack, StepWeight
from app.core.experiments.training_step.questions import TrainingStepQuestion, asked
from app.core.experiments.training_step.replay import part, replay
from app.core.experiments.training_step.tellings import followed, moments
from app.core.training.nets import Net
from app.core.training.steps import Function

Layers = list[list[float]]


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
    activation: Annotated[Function, Field(description="Of the hidden units.")]
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
    units: Annotated[
        Layers,
        Field(description="What each unit gives for the chosen point: inputs first, last logits."),
    ]
    kept: Annotated[
        Layers,
        Field(
            description="Of each hidden layer what its units are multiplied with, 0 for those that "
            "this step leaves out; empty where none ever are."
        ),
    ]
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
    """That of a small dense net on points. For a worker. Raises Problem."""
    which = asked(question)
    found = replay(which)
    told = Told(which, found, followed(which, found))
    steps, sample, weight = which.steps, which.sample, which.weight
    points, batch = steps.points(), found.batch
    points[batch.places, 2] = batch.y  # a step may be told other classes than there are
    layers = len(found.net.weights)
    x, y = batch.x[sample].tolist(), int(batch.y[sample])
    units = [each[:, sample] for each in found.units]
    backs = [each[:, sample] for each in found.backs]
    own = Net(tuple(map(np.outer, backs, units[:-1])), tuple(backs))
    return {
        "sizes": list(steps.sizes),
        "activation": steps.activation,
        "step": which.step,
        "steps": steps.count,
        "loss": found.train,
        "points": points.tolist(),
        "domain": [-steps.side, steps.side, -steps.side, steps.side],
        "batch": batch.places.tolist(),
        "sample": {
            "sample": sample,
            "point": int(batch.places[sample]),
            "x": x,
            "y": y,
            "loss": float(found.losses[sample]),
        },
        "weight": {
            "name": weight.name,
            "latex": weight_name(weight),
            "place": weight_place(told),
            "layer": weight.layer + 1,
            "unit": weight.unit + 1,
            "source": None if weight.source is None else weight.source + 1,
            "row": None,
            "column": None,
            "bias": weight.source is None,
            "before": part(found.net, weight),
            "after": part(found.after.net, weight),
            "gradient": own_gradient(told),
            "mean": part(found.mean, weight),
            "each": found.each(weight).tolist(),
        },
        "path": list(told.path),
        "units": [each.tolist() for each in units],
        "kept": [each.tolist() for each in batch.masks],
        "backs": [each.tolist() for each in backs],
        "before": listed(found.net),
        "own": listed(own),
        "mean": listed(found.mean),
        "after": listed(found.after.net),
        "moments": moments(told),
        "track": {"forward": layers + 2, "count": 2 * layers + 5},
        "expression": expression(steps, found, sample, weight),
    }


def listed(net: Net) -> StepNet:
    found: Any = [[each.tolist() for each in parts] for parts in net]
    return {"weights": found[0], "biases": found[1]}
