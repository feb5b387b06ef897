"""Dropout's scaling: the whole network stands for the mean of all thinned ones, up to a ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame, Look, Loop
from app.core.training.nets import DROPPED, START
from app.core.training.points import Array, random

UNITS, FRAMES, EACH = 40, 40, 50  # EACH: thinned networks from a frame to the next
DOT, FAR = 4.0, 3.5  # how large a unit is drawn, and how far the picture reaches


class ScalingSettings(Settings):
    """One layer of 40 units, thinned again and again, beside the whole of it."""

    model_config = shown({"dropped": 0.5, "next": "ReLU", "seed": 0})

    dropped: Annotated[
        float,
        amount(
            "Dropped",
            "The share of inputs left out each time (PyTorch's p); 1 − it is kept.",
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
            most=0.9,
            nothing=False,
        ),
    ] = 0.5
    next: Annotated[
        Literal["ReLU", "nothing"],
        Field(
            title="After the layer",
            description="Whether its sums go through a ReLU before the mean is taken.",
            json_schema_extra={"values": ["ReLU", "nothing"]},
        ),
    ] = "ReLU"
    scaled: Annotated[
        Literal["in training", "in use"],
        Field(
            title="Scaled",
            description="What is kept is made larger in training (inverted, today's way), or the "
            "whole is made smaller when it is used (the lecture's).",
            json_schema_extra={"values": ["in training", "in use"]},
        ),
    ] = "in training"
    inputs: Annotated[
        int,
        Field(
            ge=4,
            le=1_024,
            title="Inputs",
            description="Of the layer.",
            json_schema_extra={"values": [4, 16, 64, 256, 1024]},
        ),
    ] = 64


class State(NamedTuple):
    """The sum over thinned networks of what each unit gives, and how many there were."""

    total: Array
    networks: int


def layer(settings: ScalingSettings) -> tuple[Array, Array]:
    """Weights as He starts them, and an input of sizes without sign, as after a ReLU."""
    numbers = random(settings.seed, START)
    weights = numbers.standard_normal((UNITS, settings.inputs)) * (2 / settings.inputs) ** 0.5
    return weights, np.abs(numbers.standard_normal(settings.inputs))


def after(settings: ScalingSettings, sums: Array) -> Array:
    return np.maximum(sums, 0) if settings.next == "ReLU" else sums


def whole(settings: ScalingSettings) -> Array:
    """What the whole layer gives as it is used."""
    weights, x = layer(settings)
    kept = 1.0 if settings.scaled == "in training" else 1 - settings.dropped
    return after(settings, weights @ x * kept)


def advance(settings: ScalingSettings, state: State, step: int) -> State:
    weights, x = layer(settings)
    chance = random(settings.seed, DROPPED, step).uniform(size=(EACH, settings.inputs))
    larger = 1 / (1 - settings.dropped) if settings.scaled == "in training" else 1.0
    thinned = (chance >= settings.dropped) * x * larger
    return State(
        state.total + after(settings, thinned @ weights.T).sum(0), state.networks + len(thinned)
    )


def look(settings: ScalingSettings, state: State, step: int) -> Look:
    mean, wanted = state.total / state.networks, whole(settings)
    dots = [
        [round(float(a), 4), round(float(b), 4), DOT] for a, b in zip(wanted, mean, strict=True)
    ]
    gap = float(np.mean(mean - wanted))
    size = float(np.mean(np.abs(wanted)))
    return Look(
        float(np.mean(mean)),
        float(np.mean(wanted)),
        {"fit": [], "points": dots},
        facts={"mean gap": gap, "as a share": gap / size if size else 0.0},
    )


def data(settings: ScalingSettings) -> dict[str, Any]:
    far = FAR if settings.scaled == "in training" else FAR * (1 - settings.dropped)
    low = -0.3 * far if settings.next == "ReLU" else -far
    ends = [low, far]
    return {"points": [], "x": ends, "truth": ends, "domain": [*ends, *ends]}


def control(settings: ScalingSettings) -> ScalingSettings:
    other: Any = "nothing" if settings.next == "ReLU" else "ReLU"
    return settings.model_copy(update={"next": other})


def names(settings: ScalingSettings) -> tuple[str, str]:
    both = ("through a ReLU", "before any ReLU")
    return both if settings.next == "ReLU" else both[::-1]


def says(settings: ScalingSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    shares = [format_number(100 * side.facts["as a share"], 2) for side in (run, beside)]
    return (
        f"Mean of {at:,.0f} thinned networks less the whole one, as a share of its size: "
        f"{shares[0]} % {one}, {shares[1]} % {other}."
    )


def share(frame: Frame, side: str = "run") -> float:
    return known(frame[side]["facts"]["as a share"])  # type: ignore[literal-required]


def differs(runs: Sequence[Sequence[Frame]]) -> bool:
    return share(runs[0][-1]) > 0.1 and abs(share(runs[0][-1], "control")) < 0.05


def stays(runs: Sequence[Sequence[Frame]]) -> bool:
    return share(runs[0][-1]) > 0.1


def same(runs: Sequence[Sequence[Frame]]) -> bool:
    first, second = (share(frames[-1]) for frames in runs)
    return abs(first - second) < 1e-9


DROPOUT_SCALING: Experiment[ScalingSettings] = Experiment(
    name="dropout-scaling",
    title="Dropout's scaling",
    says="The whole network, scaled, stands for the mean of all thinned ones: rightly before a "
    "ReLU, and too low after one. Each point is a unit; on the dotted line the two agree.",
    settings=ScalingSettings,
    loop=Loop(
        begin=lambda settings: advance(settings, State(np.zeros(UNITS), 0), 0),
        advance=advance,
        look=look,
        last=lambda settings: FRAMES - 1,
        at=lambda settings, step: (step + 1) * EACH,
        data=data,
        unit="networks",
        frames=8,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "With half of 64 inputs dropped the mean over 2,000 thinned networks is more than 10 % "
            "above the whole one after a ReLU, and within 5 % of its size before.",
            ({},),
            differs,
        ),
        Claim("With 1,024 inputs it is still more than 10 %.", ({"inputs": 1_024},), stays),
        Claim(
            "Scaled in training or in use, the share is the same.",
            ({}, {"scaled": "in use"}),
            same,
        ),
    ),
    unchecked="These are counts and means of thinned networks, drawn by chance; nothing exact "
    "stands beside them. What is claimed of them was measured in as many seeds as it says.",
    unscripted="thinned networks are drawn and averaged, and nothing is trained",
    kind="curve",
    axis="networks",
    cost=lambda settings: 2 * FRAMES * EACH * UNITS * settings.inputs,
    milliseconds=120,
    curves=lambda settings: ("mean of the thinned", "the whole"),
    measure="mean over 40 units",
    logarithmic=False,
    presets=(
        ("Half dropped", {}),
        ("Scaled in use, as in the lecture", {"scaled": "in use"}),
        ("9 of 10 dropped", {"dropped": 0.9}),
        ("1,024 inputs", {"inputs": 1_024}),
    ),
)
