"""A network of the visitor's own: what it learns from, how, and where it stands."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import BeforeValidator, Field

from app.core.errors import Problem
from app.core.experiments import planes
from app.core.experiments.experiment import Settings, amount, from_json
from app.core.experiments.small_networks import usual, usual_on_points
from app.core.networks.network import Input, Network, analyse
from app.core.networks.torch_code import MAX_SOURCE, reading
from app.core.numbers import sizes
from app.core.questions import shown
from app.core.training.digits import CLASSES, SIDE, Digits, of_classes
from app.core.training.modules import (
    How,
    Optimizer,
    Score,
    Sizes,
    Trained,
    scored,
    start,
    trained,
)
from app.core.training.points import TRAIN, Array

Data = Literal["digits", "garments", "moons", "circles", "spirals", "blobs"]
Change = Literal[
    "a tenth of the rate", "ten times the rate", "the other optimiser", "one linear layer"
]

FRAMES, LOOKED = 40, 300  # of a run, the first besides; how many of its own are looked at
POINTS, EACH, FRESH_EACH = 250, 100, 30  # points, and pictures of each class
NOISE = 0.1  # of the points
MOST_PARAMETERS, MOST_MACS, MOST_LAYERS = 300_000, 2_000_000, 60
PICTURES = ((1, SIDE, SIDE), (1, 2 * SIDE, 2 * SIDE))


class NetworkSettings(Settings):
    """A network of one's own on pictures of ten classes, or on points of two."""

    model_config = shown({"data": "digits", "rate": 0.05, "steps": 200, "seed": 0})

    network: Network | None = Field(default=None, description="Its layers; a small one without.")
    source: str | None = Field(
        default=None, max_length=MAX_SOURCE, description="Or PyTorch code, read and never run."
    )
    input: Annotated[Input | None, BeforeValidator(from_json)] = Field(
        default=None, description="Goes with `source`; (1, 14, 14) if left out."
    )
    data: Annotated[
        Data,
        Field(
            title="Data",
            description="Ten classes of small pictures, or two of points.",
            json_schema_extra={"values": list(Data.__args__)},
        ),
    ] = "digits"
    optimizer: Annotated[
        Optimizer,
        Field(
            title="Optimiser",
            description="How a gradient becomes a step.",
            json_schema_extra={"values": ["sgd", "adam"]},
        ),
    ] = "sgd"
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate.",
            [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
            most=10,
            nothing=False,
        ),
    ] = 0.05
    batch: Annotated[
        int,
        Field(
            ge=2,
            le=128,
            title="Batch",
            description="Pictures or points that a step sees.",
            json_schema_extra={"values": [2, 8, 16, 32, 64, 128]},
        ),
    ] = 32
    steps: Annotated[int, Field(ge=40, le=400, title="Steps", description="Of the whole run.")] = (
        200
    )
    beside: Annotated[
        Change,
        Field(
            title="Beside it",
            description="The one thing that is other in the run beside it.",
            json_schema_extra={"values": list(Change.__args__)},
        ),
    ] = "one linear layer"


def on_points(settings: NetworkSettings) -> bool:
    return settings.data not in ("digits", "garments")


def asked(settings: NetworkSettings) -> Network:
    """The network, if it can learn these data in reasonable time. Raises Problem."""
    if settings.network is not None and settings.source is not None:
        raise Problem("give one of `network` and `source`")
    if settings.network is not None:
        found = settings.network
    elif settings.source is not None:
        found = _read(settings.source, settings.input or PICTURES[0])
    else:
        return usual_on_points() if on_points(settings) else usual()
    check(found, settings)
    return found


@lru_cache(maxsize=8)
def _read(source: str, input: Input) -> Network:
    return reading(source, input).network


def check(network: Network, settings: NetworkSettings) -> None:
    """Raises Problem where it is too large to watch, or does not fit the data."""
    where = {"field": "network"}
    if len(network.layers) > MOST_LAYERS:
        raise Problem(f"{MOST_LAYERS} layers are the most that are trained here", where)
    fits = [(2,)] if on_points(settings) else [*PICTURES, *((prod(size),) for size in PICTURES)]
    if network.input not in fits:
        told = " or ".join(sizes(size) for size in fits)
        raise Problem(
            f"{settings.data} are {told}, and this network takes {sizes(network.input)}", where
        )
    found = analyse(network).check()
    outputs = 2 if on_points(settings) else CLASSES
    last = found.shape(len(network.layers) - 1)
    if last != (outputs,):
        raise Problem(
            f"{settings.data} have {outputs} classes, and this network gives "
            f"{sizes(last or ())}: its last layer should give {outputs} numbers",
            where,
        )
    parameters = sum(node.layer.parameters for node in network.layers)
    macs = sum(count or 0 for count in found.macs)
    if parameters > MOST_PARAMETERS or macs > MOST_MACS:
        raise Problem(
            f"this network has {parameters:,} parameters and {macs:,} multiply-adds a picture; "
            f"{MOST_PARAMETERS:,} and {MOST_MACS:,} are the most that are trained here",
            where,
        )
    if not parameters:
        raise Problem("this network has nothing to learn: no layer with weights", where)


@lru_cache(maxsize=16)
def given(data: Data, side: int, seed: int, part: int) -> Digits:
    """What it learns from, or is tested with; pictures each pixel twice where they are larger."""
    if data in ("digits", "garments"):
        each = EACH if part == TRAIN else FRESH_EACH
        found = of_classes(data, tuple(range(CLASSES)), each, seed, part)
        if side == SIDE:
            return found
        small = found.x.reshape(-1, SIDE, 1, SIDE, 1)
        return Digits(np.tile(small, (1, 1, 2, 1, 2)).reshape(len(found.y), -1), found.y)
    points = planes.points(data, POINTS if part == TRAIN else 4 * POINTS, NOISE, seed, part)
    return Digits(points.x.astype(np.float32), points.y.astype(np.int64))


def held(settings: NetworkSettings, part: int = TRAIN) -> Digits:
    large = prod(asked(settings).input) == prod(PICTURES[1])
    return given(settings.data, SIDE * (1 + large), settings.seed, part)


class State(NamedTuple):
    """Where it stands, and how large gradients and moves were in its last step."""

    net: Trained
    sizes: Sizes


def how(settings: NetworkSettings) -> How:
    return How(settings.optimizer, settings.rate, batch=settings.batch)


def every(settings: NetworkSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: NetworkSettings) -> State:
    net = asked(settings)
    began = start(net, settings.seed)
    # A step that is not taken, for the first gradients.
    return State(began, trained(net, began, held(settings), How(rate=0.0), 1, settings.seed)[1])


def further(settings: NetworkSettings, state: State, end: int) -> State:
    """Where it stands after so many steps in all."""
    steps = end - state.net.step
    if not steps:
        return state
    data = held(settings)
    return State(*trained(asked(settings), state.net, data, how(settings), steps, settings.seed))


def advance(settings: NetworkSettings, state: State, step: int) -> State:
    return further(settings, state, state.net.step + every(settings))


def measured(settings: NetworkSettings, state: State) -> Score:
    """On those of its own that are looked at."""
    return scored(asked(settings), state.net, held(settings).first(LOOKED))


def points(settings: NetworkSettings) -> Array:
    """Those of the plane as [x, y, class]."""
    some = held(settings)
    found: Array = np.column_stack((some.x, some.y)).astype(float).round(3)
    return found
