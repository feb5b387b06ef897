"""Small dense nets by hand in numpy: at a few units torch costs five to thirteen times as much.

One output, a logit; the loss is the mean cross entropy. A test holds every step to torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from app.core.training.points import Array, Points, random

Activation = Literal["tanh", "relu", "sigmoid"]
Optimizer = Literal["sgd", "adam"]

MEMORY, TINY = (0.9, 0.999), 1e-8  # torch's defaults for Adam
START, ORDER, DROPPED = 2, 3, 4  # what the random numbers of a run are used for


def _sigmoid(x: Array) -> Array:
    found: Array = 0.5 * (1 + np.tanh(0.5 * x))  # never overflows
    return found


Local = Callable[[Array], npt.NDArray[Any]]
# Each with its local gradient, in terms of what it gave.
ACTIVATIONS: dict[Activation, tuple[Callable[[Array], Array], Local]] = {
    "tanh": (np.tanh, lambda out: 1 - out * out),
    "relu": (lambda x: np.maximum(x, 0), lambda out: out > 0),
    "sigmoid": (_sigmoid, lambda out: out * (1 - out)),
}


class Net(NamedTuple):
    """Weights (outputs x inputs) and biases (outputs), the layer nearest to the input first."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    @property
    def parts(self) -> tuple[Array, ...]:
        return (*self.weights, *self.biases)

    @classmethod
    def of(cls, parts: Sequence[Array]) -> Net:
        half = len(parts) // 2
        return cls(tuple(parts[:half]), tuple(parts[half:]))


class Trained(NamedTuple):
    """Where a training stands: the net, Adam's two memories of it, and the steps taken."""

    net: Net
    mean: tuple[Array, ...]
    square: tuple[Array, ...]
    step: int = 0


class Apart(NamedTuple):
    """One layer, from 1 on, for which numbers of its own hold; with rate 0 it is frozen."""

    layer: int
    rate: float
    penalty: float
    sparse: float


class How(NamedTuple):
    """How it is trained. `penalty` is torch's weight_decay, `sparse` the weight of the L1 penalty;
    of the hidden units `dropped` is the share left out at each step, the rest scaled up for it.
    `batch` 0: all points at each step."""

    activation: Activation = "tanh"
    optimizer: Optimizer = "adam"
    rate: float = 0.02
    penalty: float = 0.0
    dropped: float = 0.0
    batch: int = 0
    sparse: float = 0.0
    apart: Apart | None = None

    def rates(self, layers: int) -> list[float]:
        """Of each part of a net with so many layers."""
        found = [self.rate] * layers
        if self.apart:
            found[self.apart.layer - 1] = self.apart.rate
        return found * 2

    def pulls(self, layers: int) -> list[tuple[float, float]]:
        """The two penalties of each part; none at all where there is none."""
        found = [(self.penalty, self.sparse)] * layers
        if self.apart:
            found[self.apart.layer - 1] = self.apart.penalty, self.apart.sparse
        return found * 2 if any(map(any, found)) else []


def count(sizes: Sequence[int]) -> int:
    """Weights and biases of a net with layers of these sizes."""
    return sum((a + 1) * b for a, b in pairwise(sizes))


def start(sizes: Sequence[int], seed: int) -> Trained:
    """As torch's Linear starts: even between -1 and 1 over the root of the inputs."""
    numbers = random(seed, START)
    weights, biases = [], []
    for inputs, outputs in pairwise(sizes):
        bound = inputs**-0.5
        weights.append(numbers.uniform(-bound, bound, (outputs, inputs)))
        biases.append(numbers.uniform(-bound, bound, outputs))
    net = Net(tuple(weights), tuple(biases))
    nothing = tuple(np.zeros_like(part) for part in net.parts)
    return Trained(net, nothing, nothing)


def forward(
    net: Net, x: Array, activation: Activation, masks: Sequence[Array] = ()
) -> tuple[Array, list[Array]]:
    """The logits, and what each layer was given: units x points, as long rows are quicker."""
    f, _ = ACTIVATIONS[activation]
    given = [x.T]
    last = len(net.weights) - 1
    for i in range(last):
        out = f(net.weights[i] @ given[i] + net.biases[i][:, None])
        given.append(out * masks[i][:, None] if masks else out)
    return (net.weights[last] @ given[last])[0] + net.biases[last], given


def loss(logits: Array, y: Array) -> float:
    """The mean cross entropy."""
    return float(np.mean(np.logaddexp(0, logits) - y * logits))


def gradients(
    net: Net, points: Points, activation: Activation, masks: Sequence[Array] = ()
) -> tuple[Array, ...]:
    """The mean gradient of the loss by the weights, then by the biases."""
    _, local = ACTIVATIONS[activation]
    logits, given = forward(net, points.x, activation, masks)
    upstream = ((_sigmoid(logits) - points.y) / len(points.y))[None]
    by_weights: list[Array] = []
    by_biases: list[Array] = []
    for i in reversed(range(len(net.weights))):
        by_weights.insert(0, upstream @ given[i].T)
        by_biases.insert(0, upstream.sum(1))
        if i:
            out, upstream = given[i], net.weights[i].T @ upstream
            if masks:
                mask = masks[i - 1][:, None]
                # What was dropped is 0 and so is its mask; what was kept is scaled: unscaled here.
                out, upstream = out / np.where(mask > 0, mask, 1), upstream * mask
            upstream = upstream * local(out)
    return (*by_weights, *by_biases)


def stepped(state: Trained, points: Points, how: How, masks: Sequence[Array] = ()) -> Trained:
    """One step on these points."""
    net, step = state.net, state.step + 1
    found = gradients(net, points, how.activation, masks)
    layers = len(net.weights)
    if pulls := how.pulls(layers):
        found = tuple(
            gradient + sparse * np.sign(part) + penalty * part
            for gradient, part, (penalty, sparse) in zip(found, net.parts, pulls, strict=True)
        )
    rates = how.rates(layers)
    if how.optimizer == "sgd":
        parts = [p - rate * g for p, g, rate in zip(net.parts, found, rates, strict=True)]
        return state._replace(net=Net.of(parts), step=step)
    fast, slow = MEMORY
    mean = tuple(fast * m + (1 - fast) * g for m, g in zip(state.mean, found, strict=True))
    square = tuple(slow * s + (1 - slow) * g * g for s, g in zip(state.square, found, strict=True))
    early, root = 1 - fast**step, (1 - slow**step) ** 0.5
    parts = [
        p - rate / early * m / (np.sqrt(s) / root + TINY)
        for p, m, s, rate in zip(net.parts, mean, square, rates, strict=True)
    ]
    return Trained(Net.of(parts), mean, square, step)


def trained(state: Trained, points: Points, how: How, steps: int, seed: int) -> Trained:
    """So many steps further. Which points a step sees and what it drops depend on the seed and on
    the step's number alone."""
    sizes = [len(weights) for weights in state.net.weights[:-1]]
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(state.step, state.step + steps):
            places = seen(step, how.batch, len(points.y), seed)
            some = points if places is None else Points(points.x[places], points.y[places])
            state = stepped(state, some, how, masks(how, sizes, step, seed))
    return state


def masks(how: How, sizes: Sequence[int], step: int, seed: int) -> list[Array]:
    """Of each hidden layer: 0 where a unit is left out at that step, else what makes up for it."""
    if not how.dropped:
        return []
    numbers = random(seed, DROPPED, step)
    return [(numbers.uniform(size=size) >= how.dropped) / (1 - how.dropped) for size in sizes]


def seen(step: int, batch: int, total: int, seed: int) -> npt.NDArray[np.int64] | None:
    """The points of a step; None: all."""
    return chosen(step, batch, total, seed) if 0 < batch < total else None


def picked(step: int, batch: int, total: int, seed: int) -> npt.NDArray[np.int64]:
    """The same, all of them too as their numbers."""
    some = seen(step, batch, total, seed)
    return np.arange(total) if some is None else some


def chosen(step: int, batch: int, total: int, seed: int) -> npt.NDArray[np.int64]:
    """The points of a step: each once an epoch, in an order of chance."""
    epoch, place = divmod(step, max(1, total // batch))
    return order(epoch, total, seed)[place * batch : (place + 1) * batch]


@lru_cache(maxsize=8)
def order(epoch: int, total: int, seed: int) -> npt.NDArray[np.int64]:
    """In which an epoch goes through so many points."""
    found = random(seed, ORDER, epoch).permutation(total)
    found.flags.writeable = False
    return found
