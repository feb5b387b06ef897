"""The step itself: the run taken up to it once more, and what goes forward and back in it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.core.errors import Problem
from app.core.experiments.planes import Task, begin, further, given
from app.core.experiments.training_step.questions import Asked, Weight
from app.core.training.nets import (
    ACTIVATIONS,
    How,
    Net,
    Trained,
    chosen,
    forward,
    gradients,
    loss,
    stepped,
)
from app.core.training.points import Array, Points

EACH = 100  # steps between the states that are kept


@lru_cache(maxsize=64)
def kept(task: Task, count: int) -> Trained:
    """The run's state after so many times EACH steps."""
    return further(task, kept(task, count - 1), count * EACH) if count else begin(task)


def state_at(task: Task, step: int) -> Trained:
    return further(task, kept(task, step // EACH), step)


class Replay(NamedTuple):
    """One step. `places`: which of the run's points it sees. `units` and `backs`, a layer each,
    units x points: what each unit gives (first the inputs) and the gradient of a point's own loss
    by what each unit adds up (its weighted inputs and its bias). `mean`: the gradients that the
    step is taken with, without the penalty. `train`: the loss on all points before it."""

    state: Trained
    how: How
    places: npt.NDArray[np.int64]
    points: Points
    logits: Array
    units: list[Array]
    backs: list[Array]
    mean: Net
    after: Trained
    train: float

    @property
    def net(self) -> Net:
        return self.state.net

    def each(self, weight: Weight) -> Array:
        """The gradient of every point's own loss by this weight."""
        found: Array = self.backs[weight.layer][weight.unit]
        if weight.source is not None:
            found = found * self.units[weight.layer][weight.source]
        return found


def part(net: Net, weight: Weight) -> float:
    """What a net has in the place of that weight."""
    if weight.source is None:
        return float(net.biases[weight.layer][weight.unit])
    return float(net.weights[weight.layer][weight.unit, weight.source])


def replay(asked: Asked) -> Replay:
    """Raises Problem where the run has gone out of bounds before that step or in it."""
    task, step = asked.task, asked.step
    with np.errstate(over="ignore", invalid="ignore"):
        state = state_at(task, step)
        how = task.later if task.later and step >= task.turn else task.how
        every = given(task)
        total = len(every.y)
        few = 0 < how.batch < total
        places = chosen(step, how.batch, total, task.seed) if few else np.arange(total)
        some = Points(every.x[places], every.y[places]) if few else every
        logits, units = forward(state.net, some.x, how.activation)
        found = Replay(
            state,
            how,
            places,
            some,
            logits,
            units,
            back(state.net, units, logits, some.y, how),
            Net.of(gradients(state.net, some, how.activation)),
            stepped(state, some, how),
            loss(forward(state.net, every.x, how.activation)[0], every.y),
        )
    numbers = (*found.units, *found.backs, *found.after.net.parts, logits, np.array(found.train))
    if not all(np.isfinite(part).all() for part in numbers):
        raise Problem(
            f"at step {step} this net has numbers beyond all bounds: nothing can be told of it",
            {"field": "step"},
        )
    return found


def back(net: Net, units: list[Array], logits: Array, y: Array, how: How) -> list[Array]:
    """The gradient of each point's own loss by what each unit adds up: units x points."""
    _, local = ACTIVATIONS[how.activation]
    found = [(0.5 * (1 + np.tanh(0.5 * logits)) - y)[None]]
    for i in reversed(range(1, len(net.weights))):
        found.insert(0, net.weights[i].T @ found[0] * local(units[i]))
    return found
