"""The steps of a run of a small dense net, each to be looked into, however the run is computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from app.core.training.nets import ACTIVATIONS, Activation, Local, Net, Optimizer
from app.core.training.points import Array

Function = Activation | Literal["none"]
# What hidden units make of their sums, each with its local gradient in terms of what it gave.
FUNCTIONS: dict[Function, tuple[Callable[[Array], Array], Local]] = {
    **ACTIVATIONS,  # type: ignore[dict-item]
    "none": (lambda x: x, np.ones_like),
}


class Rule(NamedTuple):
    """How a gradient becomes a step; `penalty` is torch's weight_decay, `momentum` SGD's."""

    optimizer: Optimizer
    rate: float
    penalty: float = 0.0
    momentum: float = 0.0


class Stand(NamedTuple):
    """A net between two steps, and what the optimiser remembers of each of its weights (Adam: the
    running mean and that of the square; momentum: one; SGD alone: nothing)."""

    net: Net
    memory: tuple[Net, ...] = ()


class Batch(NamedTuple):
    """What a step sees: places among all points, the points as the net is given them, their
    classes, and of each hidden layer what its units are multiplied with, if any are left out."""

    places: npt.NDArray[np.int64]
    x: Array
    y: npt.NDArray[Any]
    masks: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Steps:
    """How the steps of a run are looked at.

    `key` tells the run from all others. One output of `sizes` is a logit, several are those of a
    softmax; the loss is the mean cross entropy. `begin` makes the run's state, `further` takes it
    to so many steps in all; `stand` says where a state stands, `loss` what its chart says of it.
    `points` are those of the picture, as [x, y, class], `side` how far it reaches from 0.
    """

    key: Hashable
    sizes: tuple[int, ...] = field(compare=False)
    activation: Function = field(compare=False)
    count: int = field(compare=False)
    seen: int = field(compare=False)  # points, by a step
    side: float = field(compare=False)
    points: Callable[[], Array] = field(compare=False)
    begin: Callable[[], Any] = field(compare=False)
    further: Callable[[Any, int], Any] = field(compare=False)
    stand: Callable[[Any], Stand] = field(compare=False)
    batch: Callable[[int], Batch] = field(compare=False)
    rule: Callable[[int], Rule] = field(compare=False)
    loss: Callable[[Any], float] = field(compare=False)
