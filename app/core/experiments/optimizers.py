"""Four optimisers on one surface: what a ravine does to each, and what turning it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import Array

FLAT, STEEP = 0.02, 2.0  # curvature along the ravine and across it
SIDE, HALF = 48, 10.0  # places of the picture along a side, and how far it reaches from 0
FRAMES = 60
START = (-8.0, 2.0)  # along the ravine, and across it
TINY, KEPT, RMS, ADAM = 1e-8, 0.9, 0.99, (0.9, 0.999)  # torch's, and the usual momentum


class OptimizersSettings(Settings):
    """A ravine of two weights, a hundred times as steep across as along, and how it is turned."""

    model_config = shown({"angle": 45, "rate": 0.1})

    angle: Annotated[
        int,
        Field(
            ge=0,
            le=90,
            title="Ravine turned by",
            description="Degrees between the ravine and the first weight's axis.",
            json_schema_extra={"values": [0, 5, 10, 15, 20, 30, 45, 60, 75, 90]},
        ),
    ] = 45
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate, the same for all four.",
            [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9, 1.1],
            most=2,
            nothing=False,
        ),
    ] = 0.1
    steps: Annotated[
        int, Field(ge=60, le=1_200, title="Steps", description="Of the whole run.")
    ] = 300


class State(NamedTuple):
    """Of each optimiser: weights, what it remembers of gradients and of their squares."""

    w: Array
    mean: Array
    square: Array
    step: int
    path: tuple[Any, ...]


def turned(angle: float) -> Array:
    """From weights to places along and across the ravine."""
    t = np.radians(angle)
    return np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])


def loss(w: Array, angle: float) -> Array:
    """Half of 0.02 u^2 + 2 v^2, u along the ravine and v across; of each row."""
    place = w @ turned(angle).T
    return 0.5 * np.asarray(place**2 @ [FLAT, STEEP])


def gradient(w: Array, angle: float) -> Array:
    turn = turned(angle)
    return np.asarray((w @ turn.T * [FLAT, STEEP]) @ turn)


Point = tuple[Array, Array, Array, Array]  # weights, gradient, and what is remembered of both
Moved = tuple[Array, Array, Array]


def sgd(at: Point, rate: float, step: int) -> Moved:
    w, g, mean, square = at
    return w - rate * g, mean, square


def momentum(at: Point, rate: float, step: int) -> Moved:
    w, g, mean, square = at
    mean = KEPT * mean + g
    return w - rate * mean, mean, square


def rmsprop(at: Point, rate: float, step: int) -> Moved:
    w, g, mean, square = at
    square = RMS * square + (1 - RMS) * g * g
    return w - rate * g / (np.sqrt(square) + TINY), mean, square


def adam(at: Point, rate: float, step: int) -> Moved:
    w, g, mean, square = at
    fast, slow = ADAM
    mean = fast * mean + (1 - fast) * g
    square = slow * square + (1 - slow) * g * g
    root = np.sqrt(square / (1 - slow**step))
    return w - rate / (1 - fast**step) * mean / (root + TINY), mean, square


WAYS: dict[str, Callable[[Point, float, int], Moved]] = {
    "SGD": sgd,
    "momentum": momentum,
    "RMSprop": rmsprop,
    "Adam": adam,
}


def first(settings: OptimizersSettings) -> Array:
    """The same place of the ravine however it is turned; another for another seed."""
    t = np.random.default_rng([settings.seed]).uniform(0, 2 * np.pi) if settings.seed else None
    place = START if t is None else (8 * np.cos(t), 8 * np.sin(t))
    return np.asarray(np.array(place) @ turned(settings.angle))


def begin(settings: OptimizersSettings) -> State:
    w = np.tile(first(settings), (len(WAYS), 1))
    return State(w, np.zeros_like(w), np.zeros_like(w), 0, (w.round(3).tolist(),))


def each(settings: OptimizersSettings) -> int:
    return settings.steps // FRAMES


def advance(settings: OptimizersSettings, state: State, step: int) -> State:
    w, mean, square = (part.copy() for part in state[:3])
    path = list(state.path)
    with np.errstate(over="ignore", invalid="ignore"):
        for number in range(state.step + 1, state.step + each(settings) + 1):
            found = gradient(w, settings.angle)
            for i, stepped in enumerate(WAYS.values()):
                w[i], mean[i], square[i] = stepped(
                    (w[i], found[i], mean[i], square[i]), settings.rate, number
                )
            if number % max(1, each(settings) // 5) == 0:
                path.append(np.clip(w, -1e3, 1e3).round(3).tolist())
    return State(w, mean, square, state.step + each(settings), tuple(path))


def look(settings: OptimizersSettings, state: State, step: int) -> Look:
    with np.errstate(over="ignore", invalid="ignore"):
        losses = [float(x) for x in loss(state.w, settings.angle)]
    paths = [[moment[i] for moment in state.path] for i in range(len(losses))]
    out = [name for name, x in zip(WAYS, losses, strict=True) if not np.isfinite(x)]
    return Look(
        losses[0],
        losses[1],
        {"paths": paths},
        more=tuple(losses[2:]),
        where=f"the weights of {out[0]}" if out else None,
    )


def data(settings: OptimizersSettings) -> dict[str, Any]:
    middles = (np.arange(SIDE) + 0.5) / SIDE * 2 * HALF - HALF
    x, y = np.meshgrid(middles, -middles)
    height = loss(np.stack((x.ravel(), y.ravel()), 1), settings.angle)
    # In steps, each twice as high as the one before, so that the floor of the ravine shows too.
    steps = np.clip(np.floor(np.log2(height / 0.02) + 1), 0, 14) * 10
    return {
        "points": [],
        "x": None,
        "truth": None,
        "heights": steps.astype(int).reshape(SIDE, SIDE).tolist(),
        "domain": [-HALF, HALF, -HALF, HALF],
        "lines": list(WAYS),
    }


def control(settings: OptimizersSettings) -> OptimizersSettings:
    """The ravine along an axis; where it is, turned by 45 degrees."""
    return settings.model_copy(update={"angle": 0 if settings.angle else 45})


def names(settings: OptimizersSettings) -> tuple[str, str]:
    def name(angle: int) -> str:
        return f"turned by {angle}°" if angle else "along an axis"

    return name(settings.angle), name(control(settings).angle)


def says(settings: OptimizersSettings, at: float, run: Look, beside: Look) -> str | None:
    losses = [run.train, run.validation or 0.0, *(x or 0.0 for x in run.more)]
    named = list(zip(losses, WAYS, strict=True))
    least, most = min(named), max(named)
    if not at:
        return "All four stand at one place; their only difference is what they make of a gradient."
    return (
        f"Lowest is {least[1]} with a loss of {format_number(least[0], 2)}, highest {most[1]} with "
        f"{format_number(most[0], 2)}."
    )


def order(runs: Sequence[Sequence[Frame]], step: int) -> tuple[dict[str, float], dict[str, float]]:
    frame = next(frame for frame in runs[0] if frame["at"] >= step)

    def of(side: str) -> dict[str, float]:
        found = frame[side]  # type: ignore[literal-required]
        values = [found["train"], found["validation"], *found["more"]]
        return dict(zip(WAYS, map(known, values), strict=True))

    return of("run"), of("control")


def faster(runs: Sequence[Sequence[Frame]]) -> bool:
    return all(side["momentum"] < side["SGD"] for side in order(runs, 100))


def unmoved(runs: Sequence[Sequence[Frame]]) -> bool:
    run, beside = order(runs, 300)
    return all(abs(run[name] - beside[name]) <= 1e-6 + 1e-6 * run[name] for name in ("SGD",))


def lost(runs: Sequence[Sequence[Frame]]) -> bool:
    run, beside = order(runs, 100)
    return all(run[name] > beside[name] for name in ("RMSprop", "Adam"))


OPTIMIZERS: Experiment[OptimizersSettings] = Experiment(
    name="optimizers",
    title="Optimisers",
    says="RMSprop and Adam scale each weight's step by itself, which helps where the ravine lies "
    "along an axis; turn the same ravine and the help is gone.",
    settings=OptimizersSettings,
    loop=Loop(
        begin=begin,
        advance=advance,
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * each(settings),
        data=data,
        frames=10,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim("After 100 steps momentum has a lower loss than SGD, turned or not.", ({},), faster),
        Claim(
            "Turned by 45 degrees RMSprop and Adam have a higher loss after 100 steps than along "
            "an axis.",
            ({},),
            lost,
        ),
        Claim(
            "SGD does not notice: after 300 steps its loss is the same, turned or not.",
            ({},),
            unmoved,
        ),
    ),
    unscripted="RMSprop never comes to rest here, and rounded in another order its way is soon "
    "another; the project's tests compare all four with PyTorch's for a thousand steps",
    inside="its loss is a surface over two weights, with no net between them and points",
    kind="paths",
    axis="step",
    cost=lambda settings: 200 * settings.steps,
    milliseconds=80,
    curves=lambda settings: tuple(WAYS),
    presets=(
        ("Turned by 45 degrees", {}),
        ("Rate 0.9: zigzag", {"rate": 0.9, "angle": 0}),
        ("Rate 1.1: too high", {"rate": 1.1, "angle": 0}),
        ("A little turned", {"angle": 10}),
    ),
)
