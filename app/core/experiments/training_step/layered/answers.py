"""One step of a run of such a net: everything its picture needs."""

from __future__ import annotations

from math import prod
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.layered.drawn import (
    StepEdge,
    StepLayer,
    drawn,
    edges,
    shown,
)
from app.core.experiments.training_step.layered.names import own_name, weight_name, weight_place
from app.core.experiments.training_step.layered.places import Index, is_norm, place
from app.core.experiments.training_step.layered.replay import Found, check, replay
from app.core.experiments.training_step.layered.tellings import Told, changed, moments
from app.core.experiments.training_step.layered.way import followed
from app.core.experiments.training_step.names import StepMoment
from app.core.experiments.training_step.parts import StepTrack, StepWeight
from app.core.experiments.training_step.questions import TrainingStepQuestion
from app.core.training.digits import SIDE
from app.core.training.layered import Layered


class StepPicture(TypedDict):
    """The chosen picture of the batch."""

    sample: Annotated[int, Field(description="Its place in the batch, from 0.")]
    picture: Annotated[int, Field(description="Its place among all, from 0.")]
    y: int
    loss: float
    at: Annotated[
        list[int], Field(description="Row and column of the pixel that is followed, from 0.")
    ]


class StepChoice(TypedDict):
    """A layer whose weights may be chosen."""

    name: str
    type: str
    sizes: Annotated[
        list[int],
        Field(description="Units, and of each what it takes and its kernel: indices count to it."),
    ]
    biases: bool


class LayeredStepAnswer(TypedDict):
    """One step of a run whose net is drawn and told in part."""

    step: Annotated[int, Field(description="How many were taken before it.")]
    steps: Annotated[int, Field(description="Of the whole run.")]
    loss: Annotated[float, Field(description="On those of its own that are looked at, before.")]
    total: Annotated[int, Field(description="Pictures that it learns from.")]
    batch: Annotated[list[int], Field(description="Those of this step: places among all.")]
    labels: Annotated[list[str], Field(description="What the run is told that each is.")]
    pixels: Annotated[
        list[list[int]],
        Field(description="Each picture of the batch, `side` a row, from 0 to 255."),
    ]
    side: int
    sample: StepPicture
    weight: StepWeight
    choices: Annotated[list[StepChoice], Field(description="Every layer with weights, in order.")]
    layers: Annotated[
        list[StepLayer],
        Field(description="Those that are drawn, the ones about the weight and the two ends."),
    ]
    edges: list[StepEdge]
    moments: list[StepMoment]
    track: StepTrack


def layered_step(steps: Layered, question: TrainingStepQuestion) -> LayeredStepAnswer:
    """Raises Problem."""
    found = asked(steps, question)
    way = followed(found)
    which = shown(found, way)
    layers = drawn(found, way, which)
    batch, sample = found.batch, found.sample
    count = len(which)
    return {
        "step": found.step,
        "steps": steps.count,
        "loss": found.train,
        "total": steps.total,
        "batch": batch.places.tolist(),
        "labels": [steps.classes[y] for y in batch.y],
        "pixels": pixels(found),
        "side": SIDE,
        "sample": {
            "sample": sample,
            "picture": int(batch.places[sample]),
            "y": int(batch.y[sample]),
            "loss": float(found.losses[sample]),
            "at": pixel(found, way.at[-1]),
        },
        "weight": weighed(found),
        "choices": choices(found),
        "layers": layers,
        "edges": edges(found, layers),
        "moments": moments(Told(found, way, which)),
        "track": {"forward": count + 2, "count": 2 * count + 5},
    }


def asked(steps: Layered, question: TrainingStepQuestion) -> Found:
    """The step that is asked about. Raises Problem."""
    named = "weight" in question.model_fields_set
    weight = place(question.weight, steps.network) if named else None
    check(steps, question.step)
    return replay(steps, question.step, question.sample, weight)


def pixels(found: Found) -> list[list[int]]:
    """The pictures small, where a net is given each pixel twice."""
    x = found.batch.x
    times = round((prod(x.shape[1:]) / SIDE**2) ** 0.5)
    most = max(1.0, float(x.max()))  # of pixels that came as 0 to 255
    small = x.reshape(len(x), SIDE, times, SIDE, times)[:, :, 0, :, 0]
    shown: list[list[int]] = (
        (255 / most * small).round().clip(0, 255).astype(int).reshape(len(x), -1).tolist()
    )
    return shown


def pixel(found: Found, at: Index) -> list[int]:
    """Row and column of a number of the picture, where it is `side` wide."""
    wide = round(prod(found.network.input) ** 0.5)
    row, column = at[1:] if len(at) > 1 else divmod(at[0], wide)
    return [row * SIDE // wide, column * SIDE // wide]


def choices(found: Found) -> list[StepChoice]:
    return [
        {
            "name": own_name(found, at),
            "type": found.row(at).type,
            "sizes": list(found.row(at).weights["weight"]),
            "biases": "bias" in found.row(at).weights,
        }
        for at in found.stages
    ]


def weighed(found: Found) -> StepWeight:
    weight, change = found.weight, changed(found)
    inner = [i + 1 for i in weight.indices[1:]]
    plain = weight.bias or is_norm(found.row(found.stages[weight.layer]))
    return {
        "name": weight.name,
        "latex": weight_name(weight),
        "place": weight_place(found),
        "layer": weight.layer + 1,
        "unit": weight.unit + 1,
        "source": None if plain else inner[0],
        "row": inner[1] if len(inner) > 1 else None,
        "column": inner[2] if len(inner) > 1 else None,
        "bias": weight.bias,
        "before": change.before,
        "after": change.after,
        "gradient": float(found.each[found.sample]),
        "mean": change.mean,
        "each": found.each.tolist(),
    }
