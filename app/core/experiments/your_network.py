"""A network of the visitor's own, from layers or from code, as it learns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log, prod
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BeforeValidator, Field

from app.core.errors import Problem
from app.core.experiments import planes
from app.core.experiments.experiment import (
    Claim,
    Experiment,
    Settings,
    amount,
    from_json,
    known,
)
from app.core.experiments.small_networks import linear, usual, usual_on_points
from app.core.networks.network import Input, Network, analyse
from app.core.networks.torch_code import MAX_SOURCE, reading
from app.core.numbers import format_number, sizes
from app.core.questions import shown
from app.core.training import scripts
from app.core.training.digits import CLASSES, SIDE, Digits, of_classes
from app.core.training.loop import Frame, Look, Loop
from app.core.training.modules import How, Optimizer, Sizes, Trained, scored, start, sure, trained
from app.core.training.points import FRESH, SHAPES, TRAIN

Data = Literal["digits", "garments", "moons", "circles", "spirals", "blobs"]
Change = Literal[
    "a tenth of the rate", "ten times the rate", "the other optimiser", "one linear layer"
]

FRAMES, LOOKED = 40, 300  # of a run, the first besides; how many of its own are looked at
POINTS, EACH, FRESH_EACH = 250, 100, 30  # points, and pictures of each class
NOISE = 0.1  # of the points
MOST_PARAMETERS, MOST_MACS, MOST_LAYERS = 300_000, 2_000_000, 60
MOST_SHOWN = 7  # layers of a picture
OVERHEAD = 1e6
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


def advance(settings: NetworkSettings, state: State, step: int) -> State:
    net, data = asked(settings), held(settings)
    return State(*trained(net, state.net, data, how(settings), every(settings), settings.seed))


def look(settings: NetworkSettings, state: State, step: int) -> Look:
    net = asked(settings)
    here = scored(net, state.net, held(settings).first(LOOKED))
    fresh = scored(net, state.net, held(settings, FRESH))
    back = state.sizes.gradients
    if on_points(settings):
        places = planes.places(settings.data).astype(np.float32)
        shown: Any = sure(net, state.net, places)
    else:
        shown = layered(settings, state)
    return Look(
        here.loss,
        fresh.loss,
        shown,
        facts={"fresh ones right": fresh.right},
        signs={"gradients": list(back.values())},
        where=state.sizes.where,
    )


def layered(settings: NetworkSettings, state: State) -> dict[str, Any]:
    """How far the weights of each layer have moved since the start, in their own size then."""
    began = began_parts(asked(settings), settings.seed)
    far = []
    for name, part in began.items():
        if name.endswith("weight"):
            moved = np.linalg.norm(state.net.parts[name] - part) / (np.linalg.norm(part) or 1)
            far.append((name.removesuffix(".weight"), round(float(moved), 4)))
    some = far if len(far) <= MOST_SHOWN else [*far[: MOST_SHOWN - 1], far[-1]]
    return {
        "layers": [
            {"name": name, "carried": False, "frozen": False, "moved": moved}
            for name, moved in some
        ]
    }


@lru_cache(maxsize=4)
def began_parts(network: Network, seed: int) -> dict[str, Any]:
    return start(network, seed).parts


def data(settings: NetworkSettings) -> dict[str, Any]:
    if not on_points(settings):
        return {"plain": True}
    some, side = held(settings), SHAPES[settings.data].side  # type: ignore[index]
    return {
        "kind": "plane",
        "points": np.column_stack((some.x, some.y)).round(3).tolist(),
        "domain": [-side, side, -side, side],
    }


def control(settings: NetworkSettings) -> NetworkSettings:
    """The same with one thing changed."""
    if settings.beside == "one linear layer":
        net = asked(settings)
        line = linear(net.input, 2 if on_points(settings) else CLASSES)
        changes: dict[str, Any] = {"network": line, "source": None, "input": None}
        if net == line:  # it is one itself: then beside the usual
            changes["network"] = usual_on_points() if on_points(settings) else usual()
    elif settings.beside == "the other optimiser":
        changes = (
            {"optimizer": "adam", "rate": 0.002}
            if settings.optimizer == "sgd"
            else {"optimizer": "sgd", "rate": 0.05}
        )
    else:
        times = 0.1 if settings.beside == "a tenth of the rate" else 10
        changes = {"rate": settings.rate * times}
    return settings.model_copy(update=changes)


def names(settings: NetworkSettings) -> tuple[str, str]:
    count = sum(node.layer.parameters for node in asked(settings).layers)
    own = settings.network is not None or settings.source is not None
    other = control(settings)
    rate = f"{other.optimizer}, rate {format_number(other.rate)}"
    told = settings.beside if settings.beside == "one linear layer" else f"the same, {rate}"
    return f"{'your' if own else 'a'} network, {count:,} parameters", told


def says(settings: NetworkSettings, at: float, run: Look, beside: Look) -> str | None:
    if at < settings.steps:
        return None
    right = [format_number(100 * side.facts["fresh ones right"], 3) for side in (run, beside)]
    return f"Of those it has never seen {right[0]} % right; beside it: {right[1]} %."


def script(settings: NetworkSettings) -> scripts.Script:
    net, here, fresh = asked(settings), held(settings), held(settings, FRESH)
    network, first = scripts.of_network(net)
    if on_points(settings):
        data = scripts.points(settings.data, POINTS, 4 * POINTS, NOISE, "")  # type: ignore[arg-type]
    else:
        shape = ""
        if prod(net.input) == prod(PICTURES[1]):
            shape = f".reshape(-1, {SIDE}, {SIDE})"
            shape += ".repeat_interleave(2, 1).repeat_interleave(2, 2)"
            here, fresh = (given(settings.data, SIDE, settings.seed, p) for p in (TRAIN, FRESH))
        if shape or len(net.input) > 1:
            shape += f".reshape({', '.join(map(str, (-1, *net.input)))})"
        data = scripts.pictures(here, fresh, shape)
    optimizer = scripts.adam if settings.optimizer == "adam" else scripts.sgd
    words = () if settings.optimizer == "adam" else (how(settings).momentum,)
    return scripts.Script(
        settings.seed,
        data,
        network,
        optimizer(settings.rate, *words),
        FRAMES * every(settings),
        every(settings),
        len(here.y),
        settings.batch,
        LOOKED,
        first=first,
    )


def better(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    one, other = (known(last[side]["facts"]["fresh ones right"]) for side in ("run", "control"))
    return one > other


def parted(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["facts"]["fresh ones right"]) >= 0.95 and (
        known(last["control"]["facts"]["fresh ones right"]) <= 0.9
    )


def cost(settings: NetworkSettings) -> float:
    """Of both; a step of small things costs as much as OVERHEAD multiply-adds."""
    seen = settings.steps * settings.batch + FRAMES * (LOOKED + FRESH_EACH * CLASSES) / 3
    nets = asked(settings), asked(control(settings))
    work = 3.0 * seen * sum(count or 0 for net in nets for count in analyse(net).macs)
    return work + 2 * settings.steps * OVERHEAD


YOUR_NETWORK: Experiment[NetworkSettings] = Experiment(
    name="your-network",
    title="Your network",
    says="A network of your own, from /network or from pasted code, learns before your eyes; "
    "beside it the same with one thing changed.",
    settings=NetworkSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * every(settings),
        data=data,
        guessed=lambda settings: log(2 if on_points(settings) else CLASSES),
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "After 200 steps the two convolutions get more of 300 fresh digits right than one "
            "linear layer.",
            ({},),
            better,
        ),
        Claim(
            "On moons two layers of 8 units get 95 % of fresh points right, one linear layer at "
            "most 90 %.",
            ({"data": "moons", "optimizer": "adam", "rate": 0.02, "steps": 400},),
            parted,
        ),
    ),
    kind="stack",
    axis="step",
    cost=cost,
    pace=1.5e9,
    milliseconds=80,
    script=script,
    weights=lambda settings, state: state.net.parts | state.net.running,
    presets=(
        ("Two convolutions on digits", {}),
        ("On garments", {"data": "garments"}),
        ("A tenth of the rate", {"beside": "a tenth of the rate"}),
        ("Ten times the rate", {"beside": "ten times the rate", "rate": 0.1}),
        ("Moons", {"data": "moons", "optimizer": "adam", "rate": 0.02}),
    ),
)
