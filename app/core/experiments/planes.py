"""Nets of a few units that learn two classes of points in a plane: the loop of several rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any

import numpy as np

from app.core.errors import Problem
from app.core.experiments.experiment import S
from app.core.training import scripts
from app.core.training.loop import Look, Loop
from app.core.training.nets import (
    How,
    Net,
    Trained,
    count,
    forward,
    loss,
    masks,
    picked,
    start,
    trained,
)
from app.core.training.points import FRESH, SHAPES, TRAIN, Array, Kind, Points, classes
from app.core.training.steps import Batch, Rule, Stand, Steps

VALIDATED = 1000  # fresh points to validate with
SIDE = 36  # places of the picture along a side
FRAMES = 60  # of a run, the first besides


@dataclass(frozen=True)
class Task:
    """What is learned, by which net, and how; from step `turn` on as `later` says, if it does."""

    kind: Kind
    points: int
    noise: float
    hidden: tuple[int, ...]
    how: How
    steps: int
    seed: int
    turn: int = 0
    later: How | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        return (2, *self.hidden, 1)

    @property
    def drops(self) -> bool:
        """Whether units are left out at any step."""
        return bool(self.how.dropped or (self.later and self.later.dropped))

    @property
    def by_layer(self) -> bool:
        """Whether the program has an L1 penalty, or a layer of its own."""
        hows = filter(None, (self.how, self.later))
        return any(how.sparse or how.apart for how in hows)

    def at(self, step: int) -> How:
        """How that step is taken."""
        return self.later if self.later and step >= self.turn else self.how

    @property
    def each(self) -> int:
        """Steps from a frame to the next."""
        return max(1, self.steps // FRAMES)

    @property
    def last(self) -> int:
        return self.steps // self.each

    @property
    def cost(self) -> float:
        """Multiply-adds: three passes a step, and one a frame over what is looked at."""
        batch = self.how.batch or self.points
        looks = self.last * (self.points + VALIDATED + SIDE**2)
        return float(count(self.sizes) * (3 * self.steps * batch + looks))


@lru_cache(maxsize=64)
def points(kind: Kind, number: int, noise: float, seed: int, part: int) -> Points:
    return classes(kind, number, noise, seed, part)


@lru_cache(maxsize=8)
def places(kind: Kind) -> Array:
    """The middles of the picture's places, row by row from the top."""
    side = SHAPES[kind].side
    middles = (np.arange(SIDE) + 0.5) / SIDE * 2 * side - side
    x, y = np.meshgrid(middles, -middles)
    return np.stack((x.ravel(), y.ravel()), 1)


def given(task: Task, part: int = TRAIN) -> Points:
    number = VALIDATED if part == FRESH else task.points
    return points(task.kind, number, task.noise, task.seed, part)


def begin(task: Task) -> Trained:
    return start(task.sizes, task.seed)


def advance(task: Task, state: Trained, step: int) -> Trained:
    return further(task, state, state.step + task.each)


def further(task: Task, state: Trained, end: int) -> Trained:
    """The net after so many steps in all, from where it stands."""
    turn = min(max(task.turn, state.step), end) if task.later else end
    for how, until in ((task.how, turn), (task.later or task.how, end)):
        state = trained(state, given(task), how, until - state.step, task.seed)
    return state


def measured(task: Task, state: Trained, part: int = TRAIN) -> float:
    """Its loss on all points, with nothing dropped."""
    held = given(task, part)
    return loss(forward(state.net, held.x, task.how.activation)[0], held.y)


def look(task: Task, state: Trained) -> Look:
    with np.errstate(over="ignore", invalid="ignore"):
        losses = measured(task, state), measured(task, state, FRESH)
        logits, _ = forward(state.net, places(task.kind), task.how.activation)
        sure = 50 + 50 * np.tanh(logits / 2)
    shown = sure.round().astype(int).tolist() if np.isfinite(sure).all() else []
    return Look(*losses, shown)


def drawn(task: Task) -> Array:
    """The points as [x, y, class]."""
    held = given(task)
    return np.column_stack((held.x, held.y)).round(3)


def data(task: Task) -> dict[str, Any]:
    side = SHAPES[task.kind].side
    return {
        "points": drawn(task).tolist(),
        "x": None,
        "truth": None,
        "domain": [-side, side, -side, side],
    }


def by_name(task: Task, state: Trained) -> dict[str, Array]:
    """The parameters, by the names that the program's nn.Sequential gives them: each activation
    takes a place, and so does dropout."""
    places = 3 if task.drops else 2
    pairs = enumerate(zip(state.net.weights, state.net.biases, strict=True))
    return {
        f"{places * i}.{name}": part
        for i, pair in pairs
        for name, part in zip(("weight", "bias"), pair, strict=True)
    }


def steps(task: Task) -> Steps:
    """How a step of it is looked at. Raises Problem where that is not told."""
    for how in filter(None, (task.how, task.later)):
        if how.sparse or how.apart:
            raise Problem(
                "No step of this run can be looked into: its update is told for one rate and a "
                "penalty on the squares, and here "
                + ("one layer has its own." if how.apart else "the penalty is on the sizes, too."),
                {"field": "settings"},
            )

    def rule(step: int) -> Rule:
        how = task.at(step)
        return Rule(how.optimizer, how.rate, how.penalty)

    def batch(step: int) -> Batch:
        every, how = given(task), task.at(step)
        some = picked(step, how.batch, task.points, task.seed)
        dropped = masks(how, task.hidden, step, task.seed)
        return Batch(some, every.x[some], every.y[some], tuple(dropped))

    def stand(state: Trained) -> Stand:
        adam = task.how.optimizer == "adam"
        return Stand(state.net, (Net.of(state.mean), Net.of(state.square)) if adam else ())

    return Steps(
        ("plane", task),
        task.sizes,
        task.how.activation,
        task.steps,
        min(task.how.batch or task.points, task.points),
        SHAPES[task.kind].side,
        points=lambda: drawn(task),
        begin=lambda: begin(task),
        further=lambda state, end: further(task, state, end),
        stand=stand,
        batch=batch,
        rule=rule,
        loss=lambda state: measured(task, state),
    )


def script(task: Task) -> scripts.Script:
    how, later = task.how, task.later
    first = []
    if later:
        first.append(f"if step == {task.turn}:")
        first += [f"    {line}" for line in turned(task, later)]
    if task.drops:
        first.append("drop(step)")
    optimizer = scripts.sgd(how.rate, penalty=how.penalty)
    if how.optimizer == "adam":
        optimizer = scripts.adam(how.rate, how.penalty)
    if task.by_layer:
        optimizer = scripts.by_layer(optimizer, how.sparse)
    return scripts.Script(
        task.seed,
        scripts.points(task.kind, task.points, VALIDATED, task.noise, ".double()"),
        scripts.dense(task.sizes, how.activation, dropped=how.dropped if task.drops else None),
        optimizer,
        task.last * task.each,
        task.each,
        task.points,
        how.batch,
        loss="F.binary_cross_entropy_with_logits(model(x).squeeze(1), y)",
        first="\n".join(first),
        double=True,
    )


def turned(task: Task, later: How) -> list[str]:
    """What is otherwise from then on, as lines of the program."""

    def held(rate: float, penalty: float, sparse: float) -> str:
        words = f"lr={rate!r}, weight_decay={penalty!r}"
        return f"{words}, sparse={sparse!r}" if task.by_layer else words

    lines = [
        "for group in optimizer.param_groups:",
        f"    group.update({held(later.rate, later.penalty, later.sparse)})",
    ]
    if later.apart:
        place, *own = later.apart
        lines.append(f"optimizer.param_groups[{place - 1}].update({held(*own)})")
    return [*lines, f"SHARE = {later.dropped!r}"] if task.drops else lines


def loop(task: Callable[[S], Task]) -> Loop[S, Trained]:
    """The loop of an experiment whose settings come to such a task."""
    return Loop(
        begin=lambda settings: begin(task(settings)),
        advance=lambda settings, state, step: advance(task(settings), state, step),
        look=lambda settings, state, step: look(task(settings), state),
        last=lambda settings: task(settings).last,
        at=lambda settings, step: step * task(settings).each,
        data=lambda settings: data(task(settings)),
        guessed=lambda settings: log(2),
    )
