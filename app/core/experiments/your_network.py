"""A network of the visitor's own, from layers or from code, as it learns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log, prod
from typing import Any

import numpy as np

from app.core.experiments import planes
from app.core.experiments.experiment import (
    Claim,
    Experiment,
    known,
)
from app.core.experiments.own_networks import (
    FRAMES,
    FRESH_EACH,
    LOOKED,
    NOISE,
    PICTURES,
    POINTS,
    NetworkSettings,
    State,
    advance,
    asked,
    begin,
    every,
    given,
    held,
    how,
    measured,
    on_points,
    points,
)
from app.core.experiments.own_steps import steps
from app.core.experiments.small_networks import linear, usual, usual_on_points
from app.core.networks.network import Network, analyse
from app.core.numbers import format_number
from app.core.training import scripts
from app.core.training.digits import CLASSES, SIDE
from app.core.training.loop import Frame, Look, Loop
from app.core.training.modules import scored, start, sure
from app.core.training.points import FRESH, SHAPES, TRAIN

MOST_SHOWN = 7  # layers of a picture
OVERHEAD = 1e6


def look(settings: NetworkSettings, state: State, step: int) -> Look:
    net = asked(settings)
    here = measured(settings, state)
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
    side = SHAPES[settings.data].side  # type: ignore[index]
    return {
        "kind": "plane",
        "points": points(settings).tolist(),
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
    inside=steps,
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
