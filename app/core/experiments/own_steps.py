"""How a step of a network of one's own is looked at."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from app.core.errors import Problem
from app.core.experiments.layered_steps import of_network
from app.core.experiments.own_networks import (
    FRAMES,
    POINTS,
    NetworkSettings,
    State,
    asked,
    begin,
    every,
    further,
    held,
    how,
    measured,
    on_points,
    points,
)
from app.core.layers.table import Linear
from app.core.networks.network import Network
from app.core.pictures.images import GARMENTS
from app.core.training.layered import DIGITS, Layered, check
from app.core.training.nets import Net, picked
from app.core.training.points import SHAPES
from app.core.training.steps import Batch, Function, Rule, Stand, Steps

MOST_LAYERS, MOST_UNITS = 4, 16  # that are drawn
CALLED: dict[str, Function] = {"Tanh": "tanh", "ReLU": "relu", "Sigmoid": "sigmoid"}


class Dense(NamedTuple):
    """Such a net: its layers' names, their sizes, the inputs first, and what stands between."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    activation: Function


@lru_cache(maxsize=16)
def dense(network: Network) -> Dense:
    """Raises Problem where it is none, or a large one."""
    names, sizes, between = list[str](), [2], list[Function]()
    for place, node in enumerate(network.layers):
        row = node.layer
        before = network.layers[place - 1].name if place else "input"
        if node.inputs not in ((), (before,)):
            raise refused("a layer that takes another than the one before it")
        if isinstance(row, Linear):
            if not row.bias:
                raise refused("a layer without biases")
            if len(names) > len(between):  # nothing stands between the two
                between.append("none")
            names.append(node.name)
            sizes.append(row.out_features)
        elif row.type in CALLED and len(between) < len(names):
            between.append(CALLED[row.type])
        else:
            raise refused(f"`{row.type}` at its place {place + 1}")
    if len(between) >= len(names):
        raise refused("an activation at its end")
    if len(set(between)) > 1:
        raise refused("more than one kind of activation")
    if len(names) > MOST_LAYERS or max(sizes) > MOST_UNITS:
        raise refused("more of them")
    return Dense(tuple(names), tuple(sizes), between[0] if between else "none")


def refused(what: str) -> Problem:
    return Problem(
        "No step of this network can be looked into: that is for up to "
        f"{MOST_LAYERS} dense layers of up to {MOST_UNITS} units with one kind of activation "
        f"between them ({', '.join(CALLED)}), and it has {what}.",
        {"field": "network"},
    )


def steps(settings: NetworkSettings) -> Steps | Layered:
    """Raises Problem where no step is told."""
    return on_plane(settings) if on_points(settings) else on_pictures(settings)


def on_pictures(settings: NetworkSettings) -> Layered:
    """Raises Problem where the chain rule is not told through such a net."""
    network = asked(settings)
    check(network)
    return of_network(
        "your-network",
        settings,
        network,
        how(settings),
        lambda: held(settings),
        FRAMES * every(settings),
        lambda state: measured(settings, state).loss,
        begin=lambda: begin(settings),
        further=lambda state, end: further(settings, state, end),
        net=lambda state: state.net,
        classes=GARMENTS if settings.data == "garments" else DIGITS,
    )


def on_plane(settings: NetworkSettings) -> Steps:
    """Of a small dense net on points. Raises Problem where it is none."""
    net, (optimizer, rate, momentum, batched) = dense(asked(settings)), how(settings)

    def stand(state: State) -> Stand:
        def net_of(parts: dict[str, np.ndarray]) -> Net:
            weights, biases = (
                tuple(parts[f"{name}.{part}"].astype(float) for name in net.names)
                for part in ("weight", "bias")
            )
            return Net(weights, biases)

        parts, moving = state.net.parts, state.net.moving
        memories = [
            {name: moving[name][i] if moving else np.zeros_like(parts[name]) for name in parts}
            for i in range(2 if optimizer == "adam" else 1)
        ]
        return Stand(net_of(parts), tuple(map(net_of, memories)))

    def batch(step: int) -> Batch:
        every, some = held(settings), picked(step, batched, POINTS, settings.seed)
        return Batch(some, every.x[some].astype(float), every.y[some])

    rule = Rule(optimizer, rate, momentum=momentum if optimizer == "sgd" else 0.0)
    return Steps(
        ("your-network", settings.model_dump_json()),
        net.sizes,
        net.activation,
        FRAMES * every(settings),
        min(batched, POINTS),
        SHAPES[settings.data].side,  # type: ignore[index]
        points=lambda: points(settings),
        begin=lambda: begin(settings),
        further=lambda state, end: further(settings, state, end),
        stand=stand,
        batch=batch,
        rule=lambda step: rule,
        loss=lambda state: measured(settings, state).loss,
    )
