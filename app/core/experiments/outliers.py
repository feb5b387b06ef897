"""Outliers: one bad point moves a fit, and how far depends on what is made small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import Array, Points, random

SLOPE, FRAMES, DRAWN = 2.0, 30, 2
ROUNDS, NEAR = 60, 1e-6  # of reweighting; nearer to the line than this is on it
WIDTH = 1.345  # Huber's bound, in standard deviations of the noise
SMALL, LARGE = 3.0, 13.0  # radius of a point without influence, and of the one with most
Kind = Literal["squared", "absolute", "huber"]


class OutliersSettings(Settings):
    """A line through points, the last of which moves away."""

    model_config = shown({"loss": "squared", "far": 6, "seed": 0})

    loss: Annotated[
        Kind,
        Field(
            title="Loss",
            description="What the line makes small: squares, sizes, or Huber's mix of both.",
            json_schema_extra={"values": ["squared", "absolute", "huber"]},
        ),
    ] = "squared"
    points: Annotated[
        int, Field(ge=5, le=60, title="Points", description="The bad one among them.")
    ] = 20
    far: Annotated[
        float,
        amount(
            "Moved by",
            "How far down the last point goes, in the end.",
            [0.0, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0],
            most=10,
        ),
    ] = 6.0
    noise: Annotated[
        float,
        amount("Noise", "Standard deviation of all points around the line.", [0.05, 0.1, 0.2, 0.5]),
    ] = 0.1


def given(settings: OutliersSettings, moved: float) -> Points:
    """Points near a line of slope 2, even along it; the last is moved down."""
    x = np.linspace(0, 1, settings.points)
    noise = random(settings.seed, 0).standard_normal(settings.points)
    y = SLOPE * x + settings.noise * noise
    y[-1] -= moved
    return Points(x, y)


def ones(residual: Array, noise: float) -> Array:
    return np.ones_like(residual)


def by_size(residual: Array, noise: float) -> Array:
    return np.asarray(1 / np.maximum(np.abs(residual), NEAR))


def by_bound(residual: Array, noise: float) -> Array:
    return np.asarray(WIDTH * noise / np.maximum(np.abs(residual), WIDTH * noise))


WEIGHTS: dict[Kind, Callable[[Array, float], Array]] = {
    "squared": ones,
    "absolute": by_size,
    "huber": by_bound,
}


def lines(points: Points, kept: Array, loss: Kind, noise: float) -> Array:
    """Offset and slope of a line through each choice of points (a row of 0 and 1 for each): by
    squares that are weighted until they make the loss small."""
    x, y = points
    weights = kept.astype(float)
    offset = slope = np.zeros(len(kept))
    for _ in range(1 if loss == "squared" else ROUNDS):
        total = weights.sum(1)
        mean_x, mean_y = weights @ x / total, weights @ y / total
        off_x, off_y = x - mean_x[:, None], y - mean_y[:, None]
        slope = (weights * off_x * off_y).sum(1) / (weights * off_x**2).sum(1)
        offset = mean_y - slope * mean_x
        residual = y - offset[:, None] - slope[:, None] * x
        weights = kept * WEIGHTS[loss](residual, noise)
    return np.stack((offset, slope), 1)


def influences(points: Points, loss: Kind, noise: float) -> tuple[Array, Array]:
    """The line, and of each point: how much the slope changes when it is left out."""
    count = len(points.y)
    kept = np.concatenate((np.ones((1, count)), 1 - np.eye(count)))
    whole, *rest = lines(points, kept, loss, noise)
    return whole, whole[1] - np.stack(rest)[:, 1]


def look(settings: OutliersSettings, state: None, step: int) -> Look:
    points = given(settings, settings.far * step / FRAMES)
    (offset, slope), found = influences(points, settings.loss, max(settings.noise, 0.01))
    share = np.abs(found) / max(1e-9, np.abs(found).max())
    sizes = SMALL + (LARGE - SMALL) * share * min(1.0, np.abs(found).max() / 0.3)
    last = len(sizes) - 1
    dots = [
        [round(float(x), 4), round(float(y), 4), round(float(r), 2), int(i == last)]
        for i, (x, y, r) in enumerate(zip(*points, sizes, strict=True))
    ]
    rest = np.abs(found[:-1])
    return Look(
        float(slope),
        SLOPE,
        {"fit": [round(float(offset), 4), round(float(offset + slope), 4)], "points": dots},
        facts={
            "influence of the moved point": float(abs(found[-1])),
            "the most of another": float(rest.max()),
        },
    )


def data(settings: OutliersSettings) -> dict[str, Any]:
    return {
        "points": [],
        "x": [0, 1],
        "truth": [0, SLOPE],
        "domain": [-0.05, 1.05, min(-1.0, SLOPE - settings.far - 0.7), SLOPE + 0.8],
    }


def control(settings: OutliersSettings) -> OutliersSettings:
    """Huber's loss; for any other than squares, squares."""
    other: Kind = "huber" if settings.loss == "squared" else "squared"
    return settings.model_copy(update={"loss": other})


NAMES: dict[Kind, str] = {
    "squared": "squared loss",
    "absolute": "absolute loss",
    "huber": "Huber's loss",
}


def names(settings: OutliersSettings) -> tuple[str, str]:
    return NAMES[settings.loss], NAMES[control(settings).loss]


def says(settings: OutliersSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    return (
        f"With one point moved down by {at:g} the slope is {format_number(run.train, 3)} by {one} "
        f"and {format_number(beside.train, 3)} by {other}; the true one is {SLOPE:g}."
    )


def slope(frames: Sequence[Frame], side: str = "run") -> float:
    return known(frames[-1][side]["train"])  # type: ignore[literal-required]


def pulled(runs: Sequence[Sequence[Frame]]) -> bool:
    return slope(runs[0]) < 1.5 and abs(slope(runs[0], "control") - SLOPE) < 0.25


def robust(runs: Sequence[Sequence[Frame]]) -> bool:
    return abs(slope(runs[0]) - SLOPE) < 0.25


def most(runs: Sequence[Sequence[Frame]]) -> bool:
    facts = runs[0][-1]["run"]["facts"]
    own, other = facts["influence of the moved point"], facts["the most of another"]
    return known(own) > 2 * known(other)


OUTLIERS: Experiment[OutliersSettings] = Experiment(
    name="outliers",
    title="Outliers",
    says="One point among twenty moves away and takes the line with it; absolute and Huber's loss "
    "let it go. A point is drawn as large as its influence: what leaving it out would change.",
    settings=OutliersSettings,
    loop=Loop(
        begin=lambda settings: None,
        advance=lambda settings, state, step: None,
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: round(settings.far * step / FRAMES, 4),
        data=data,
        unit="distance",
        frames=3,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "One of 20 points moved by 6 takes the slope of least squares from 2 to under 1.5; "
            "Huber's stays within 0.25 of it.",
            ({},),
            pulled,
        ),
        Claim("The absolute loss stays within 0.25 too.", ({"loss": "absolute"},), robust),
        Claim(
            "Its influence on least squares is more than twice that of any other point.",
            ({},),
            most,
        ),
    ),
    kind="curve",
    axis="distance",
    cost=lambda settings: 2e4 * settings.points**2 * FRAMES,
    milliseconds=150,
    curves=lambda settings: ("slope found", "true slope"),
    measure="slope",
    logarithmic=False,
    presets=(
        ("One of 20 moved", {}),
        ("Absolute loss", {"loss": "absolute"}),
        ("One of 60 moved", {"points": 60}),
        ("Only 5 points", {"points": 5}),
    ),
)
