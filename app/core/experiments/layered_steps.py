"""How a step is looked at of the nets whose engines know no layers: the same nets in layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from app.core.experiments.experiment import Settings
from app.core.layers import table as layers
from app.core.networks.building import Builder
from app.core.networks.network import Network
from app.core.training import modules
from app.core.training.classifiers import (
    How,
    Plan,
    Trained,
    Vary,
    start,
    trained,
)
from app.core.training.classifiers import masks as left_out
from app.core.training.digits import SIDE, Digits, Floats
from app.core.training.layered import DIGITS, Layered, Standing
from app.core.training.nets import picked
from app.core.training.steps import Batch, Rule

ACTIVATIONS = {"relu": layers.ReLU, "sigmoid": layers.Sigmoid}


@lru_cache(maxsize=16)
def network_of(plan: Plan) -> Network:
    """A dense classifier in layers."""
    net = Builder((plan.sizes[0],))
    before = net.last
    for i, size in enumerate(plan.sizes[1:], 1):
        given, wide = before, net.channels
        net.linear(f"fc{i}", size)
        if i == len(plan.sizes) - 1:
            break
        if plan.norm:
            net.add(f"norm{i}", layers.BatchNorm1d(num_features=size))
        if plan.activation != "none":
            net.add(f"{plan.activation}{i}", ACTIVATIONS[plan.activation]())
        if plan.skip and wide == size:
            net.add(f"add{i}", layers.Add(), net.last, given)
        if plan.dropped:
            net.add(f"dropout{i}", layers.Dropout(p=plan.dropped))
        before = net.last
    return net.network()


def parameters(network: Network) -> list[str]:
    """Their names, in the order of the layers."""
    return [f"{node.name}.{part}" for node in network.layers for part in node.layer.weights]


def of_plan(
    name: str,
    settings: Settings,
    plan: Plan,
    how: How,
    data: Callable[[], Digits],
    count: int,
    loss: Callable[[Trained], float],
    *,
    vary: Vary | None = None,
    begin: Callable[[], Trained] | None = None,
    classes: Sequence[str] = DIGITS,
) -> Layered:
    """The steps of a run of the dense classifier `plan`, `count` in all, which learns from `data`
    as `vary` changes them for each step; `loss` is what its chart says."""
    network, seed, total = network_of(plan), settings.seed, len(data().y)
    size = how.batch or total

    def stand(state: Trained) -> Standing:
        return Standing(by_name(network, state.parts), (by_name(network, state.moving),))

    def further(state: Trained, end: int) -> Trained:
        if state.step == end:
            return state
        return trained(plan, state, data(), how, end - state.step, seed, vary)[0]

    def batch(step: int) -> Batch:
        places, every = picked(step, size, total, seed), data()
        some = Digits(every.x[places], every.y[places])
        some = vary(step, some) if vary else some
        return Batch(places, some.x.astype(float), some.y)

    def masks(state: Trained, step: int) -> dict[str, Floats]:
        return {f"dropout{i}": mask for i, mask in enumerate(left_out(plan, step, seed), 1)}

    return Layered(
        (name, settings.model_dump_json()),
        network,
        count,
        min(size, total),
        total,
        begin=begin or (lambda: start(plan, seed)),
        further=further,
        stand=stand,
        batch=batch,
        rule=Rule("sgd", how.rate, momentum=how.momentum),
        loss=loss,
        masks=masks,
        classes=tuple(classes),
    )


def of_network(
    name: str,
    settings: Settings,
    network: Network,
    how: modules.How,
    data: Callable[[], Digits],
    count: int,
    loss: Callable[[Any], float],
    *,
    begin: Callable[[], Any],
    further: Callable[[Any, int], Any],
    net: Callable[[Any], modules.Trained] = lambda state: state,
    still: frozenset[str] = frozenset(),
    classes: Sequence[str] = DIGITS,
) -> Layered:
    """The same of a network of layers; `net` is where a state of its run keeps it."""
    seed, total = settings.seed, len(data().y)

    def stand(state: Any) -> Standing:
        parts, moving = net(state).parts, net(state).moving
        memories = 2 if how.optimizer == "adam" else 1
        nothing = {name: (np.zeros_like(part),) * memories for name, part in parts.items()}
        every = nothing | moving
        return Standing(
            parts, tuple({name: every[name][i] for name in parts} for i in range(memories))
        )

    def batch(step: int) -> Batch:
        places, every = picked(step, how.batch, total, seed), data()
        return Batch(places, every.x[places].astype(float), every.y[places])

    def masks(state: Any, step: int) -> dict[str, Floats]:
        some = data().x[picked(step, how.batch, total, seed)]
        return modules.dropped(network, net(state), some, modules.SEEDS * seed + step)

    return Layered(
        (name, settings.model_dump_json()),
        network,
        count,
        min(how.batch, total),
        total,
        begin=begin,
        further=further,
        stand=stand,
        batch=batch,
        rule=Rule(how.optimizer, how.rate, momentum=how.momentum if how.optimizer == "sgd" else 0),
        loss=loss,
        masks=masks,
        still=still,
        classes=tuple(classes),
    )


@lru_cache(maxsize=16)
def deep(depth: int, skip: bool, channels: int, kernel: int, classes: int) -> Network:
    """A deep convolutional net in layers, plain or residual."""
    net = Builder((1, SIDE, SIDE))

    def convolved(i: int, stride: int = 1) -> None:
        net.conv(f"conv{i}", channels, kernel, stride=stride, padding=1, bias=False)
        net.add(f"norm{i}", layers.BatchNorm2d(num_features=channels))

    convolved(1, 2)
    net.add("relu1", layers.ReLU())
    for i in range(2, depth, 2):
        given = net.last
        convolved(i)
        net.add(f"relu{i}", layers.ReLU())
        convolved(i + 1)
        if skip:
            net.add(f"add{i + 1}", layers.Add(), net.last, given)
        net.add(f"relu{i + 1}", layers.ReLU())
    net.add("pool", layers.AdaptiveAvgPool2d(output_size=1))
    net.add("flatten", layers.Flatten())
    net.linear("fc", classes, channels)
    return net.network()


def by_name(network: Network, parts: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(parameters(network), parts, strict=True))
