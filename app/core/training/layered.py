"""The steps of a run of a net of layers of many kinds, each to be looked into."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.core.errors import Problem
from app.core.layers.table import AnyLayer
from app.core.networks.network import Network, analyse
from app.core.training.digits import CLASSES, Floats
from app.core.training.steps import Batch, Rule

SUMS, NORMS = ("Conv2d", "Linear"), ("BatchNorm1d", "BatchNorm2d")  # whose weights are told of
POOLS = ("MaxPool2d", "AvgPool2d")
PASSED = (*SUMS, *NORMS, *POOLS, "AdaptiveAvgPool2d", "Flatten", "Add")

DIGITS = tuple(map(str, range(CLASSES)))

Parts = dict[str, Floats]


class Standing(NamedTuple):
    """A net between two steps: its parameters by name, and what the optimiser remembers of each
    (Adam: the running mean and that of the square; SGD: its momentum)."""

    parts: Parts
    memory: tuple[Parts, ...]


@dataclass(frozen=True)
class Layered:
    """How the steps of such a run are looked at.

    `key` tells the run from all others. The loss is the mean cross entropy of what the last layer
    gives. `begin` makes the run's state, `further` takes it to so many steps in all; `stand` says
    where a state stands, `loss` what its chart says of it. `masks`: for a state and the step that
    comes next, what each layer that leaves numbers out multiplies them with. `still`: parameters
    that no step moves. `classes`: what the pictures of each are called.
    """

    key: Hashable
    network: Network = field(compare=False)
    count: int = field(compare=False)
    seen: int = field(compare=False)  # pictures, by a step
    total: int = field(compare=False)  # that it learns from
    begin: Callable[[], Any] = field(compare=False)
    further: Callable[[Any, int], Any] = field(compare=False)
    stand: Callable[[Any], Standing] = field(compare=False)
    batch: Callable[[int], Batch] = field(compare=False)
    rule: Rule = field(compare=False)
    loss: Callable[[Any], float] = field(compare=False)
    masks: Callable[[Any, int], Parts] = field(compare=False, default=lambda state, step: {})
    still: frozenset[str] = field(compare=False, default=frozenset())
    classes: tuple[str, ...] = field(compare=False, default=DIGITS)

    @property
    def work(self) -> float:
        """Multiply-adds of a step, there and back."""
        return 3.0 * self.seen * sum(count or 0 for count in analyse(self.network).macs)


def layer_of(network: Network, place: int) -> AnyLayer:
    return network.layers[place].layer


def stages(network: Network) -> list[int]:
    """Where the layers with weights are."""
    return [i for i, node in enumerate(network.layers) if node.layer.weights]


def coupled(network: Network) -> bool:
    """Whether what a picture gives depends on the others of its batch."""
    return any(node.layer.type in NORMS for node in network.layers)


def check(network: Network) -> None:
    """Raises Problem where no step of such a net is told."""
    known = analyse(network).check()
    for i, node in enumerate(network.layers):
        row, what = node.layer, ""
        shapes = [known.shape(j) for j in known.sources[i]]
        if row.type not in PASSED and not row.plain:
            what = f"`{row.type}`"
        elif row.type == "Linear" and len(shapes[0] or ()) > 1:
            what = "a `Linear` along rows"
        elif i < len(network.layers) - 1 and not any(i in some for some in known.sources):
            what = "a layer that no other takes"
        elif row.type == "AdaptiveAvgPool2d" and (known.shapes[i] or ())[1:] != (1, 1):
            what = "an `AdaptiveAvgPool2d` to more than one place"
        if what:
            raise Problem(
                f"No step of this network can be looked into: it has {what} at its place {i + 1}, "
                "and the chain rule is told through convolutions, dense layers, batch norm, "
                "activations, dropout, pools, `Flatten` and `Add`.",
                {"field": "network"},
            )
    if not stages(network):
        raise Problem("this network has nothing to learn", {"field": "network"})
