"""The step itself: the run taken up to it once more, and what goes forward and back in it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from app.core.errors import Problem
from app.core.experiments.training_step.questions import Weight, Which
from app.core.training.nets import Net
from app.core.training.points import Array
from app.core.training.steps import FUNCTIONS, Batch, Rule, Stand, Steps

EACH = 100  # steps between the states that are kept


@lru_cache(maxsize=64)
def kept(steps: Steps, count: int) -> Any:
    """The run's state after so many times EACH steps."""
    return steps.further(kept(steps, count - 1), count * EACH) if count else steps.begin()


def state_at(steps: Steps, step: int) -> Any:
    return steps.further(kept(steps, step // EACH), step)


class Replay(NamedTuple):
    """One step. `stand` and `after`: where the net stands before and after it. `units` and `backs`,
    a layer each, units x points: what each unit gives (first the inputs, last the logits) and the
    gradient of a point's own loss by what each unit adds up (its weighted inputs and its bias).
    `losses`: each point's own. `mean`: the gradients that the step is taken with, without the
    penalty. `train`: the loss on all points before it."""

    stand: Stand
    rule: Rule
    batch: Batch
    units: list[Array]
    losses: Array
    backs: list[Array]
    mean: Net
    after: Stand
    train: float

    @property
    def net(self) -> Net:
        return self.stand.net

    def each(self, weight: Weight) -> Array:
        """The gradient of every point's own loss by this weight."""
        found: Array = self.backs[weight.layer][weight.unit]
        if weight.source is not None:
            found = found * self.units[weight.layer][weight.source]
        return found

    def mask(self, layer: int, unit: int) -> float:
        """What a unit of a layer, counted from 1, is multiplied with: 1 where none are left out."""
        return float(self.batch.masks[layer - 1][unit]) if self.batch.masks else 1.0


def part(net: Net, weight: Weight) -> float:
    """What a net has in the place of that weight."""
    if weight.source is None:
        return float(net.biases[weight.layer][weight.unit])
    return float(net.weights[weight.layer][weight.unit, weight.source])


def replay(which: Which) -> Replay:
    """Raises Problem where the run has gone out of bounds before that step or in it."""
    steps, step = which.steps, which.step
    with np.errstate(over="ignore", invalid="ignore"):
        state = state_at(steps, step)
        stand, batch = steps.stand(state), steps.batch(step)
        units = forward(steps, stand.net, batch)
        losses, last = lost(units[-1], batch.y)
        backs = back(steps, stand.net, batch, units, last)
        found = Replay(
            stand,
            steps.rule(step),
            batch,
            units,
            losses,
            backs,
            mean(units, backs),
            steps.stand(steps.further(state, step + 1)),
            steps.loss(state),
        )
    numbers = (*found.units, *found.backs, *found.after.net.parts, losses, np.array(found.train))
    if not all(np.isfinite(part).all() for part in numbers):
        raise Problem(
            f"at step {step} this net has numbers beyond all bounds: nothing can be told of it",
            {"field": "step"},
        )
    return found


def forward(steps: Steps, net: Net, batch: Batch) -> list[Array]:
    """What each unit gives, the inputs first: units x points."""
    f, _ = FUNCTIONS[steps.activation]
    found, last = [batch.x.T], len(net.weights) - 1
    for i, (weights, biases) in enumerate(zip(net.weights, net.biases, strict=True)):
        out = weights @ found[i] + biases[:, None]
        if i < last:
            out = f(out)
            out = out * batch.masks[i][:, None] if batch.masks else out
        found.append(out)
    return found


def lost(logits: Array, y: Any) -> tuple[Array, Array]:
    """The cross entropy of each point, and its gradient by the logits: outputs x points."""
    if len(logits) == 1:
        return np.logaddexp(0, logits[0]) - y * logits[0], 0.5 * (1 + np.tanh(0.5 * logits)) - y
    whole = np.logaddexp.reduce(logits)
    own = np.arange(len(logits))[:, None] == y
    return whole - logits[own.argmax(0), np.arange(len(y))], np.exp(logits - whole) - own


def back(steps: Steps, net: Net, batch: Batch, units: list[Array], last: Array) -> list[Array]:
    """The gradient of each point's own loss by what each unit adds up: units x points."""
    _, local = FUNCTIONS[steps.activation]
    found = [last]
    for i in reversed(range(1, len(net.weights))):
        out, down = units[i], net.weights[i].T @ found[0]
        if batch.masks:
            mask = batch.masks[i - 1][:, None]
            # What is left out gives 0 and gets 0; what is kept was scaled: unscaled here.
            out, down = out / np.where(mask > 0, mask, 1), down * mask
        found.insert(0, down * local(out))
    return found


def mean(units: list[Array], backs: list[Array]) -> Net:
    count = backs[0].shape[1]
    return Net(
        tuple(back @ out.T / count for back, out in zip(backs, units[:-1], strict=True)),
        tuple(back.mean(1) for back in backs),
    )
