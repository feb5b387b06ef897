"""Outliers: one bad point moves a fit, and how far depends on what is made small.

Others may be added where the visitor likes; they are part of the question, so a link has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BeforeValidator, Field

from app.core.experiments.experiment import (
    Claim,
    Experiment,
    Settings,
    amount,
    from_json,
    known,
)
from app.core.numbers import format_number
from app.core.questions import shown, up_to
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import Array, Points, random

SLOPE, FRAMES, DRAWN = 2.0, 30, 2
ROUNDS, NEAR = 60, 1e-6  # of reweighting; nearer to the line than this is on it
WIDTH = 1.345  # Huber's bound, in standard deviations of the noise
SMALL, LARGE = 3.0, 13.0  # radius of a point without influence, and of the one with most
FARTHEST, MOST_ADDED = 10.0, 8
LOW, HIGH = SLOPE - FARTHEST - 0.7, SLOPE + 0.8  # how far down a picture goes at most, and up
Kind = Literal["squared", "absolute", "huber"]
Across = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Up = Annotated[float, Field(ge=LOW, le=HIGH, allow_inf_nan=False)]
Place = Annotated[tuple[Across, Up], BeforeValidator(from_json)]


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
            most=FARTHEST,
        ),
    ] = 6.0
    noise: Annotated[
        float,
        amount("Noise", "Standard deviation of all points around the line.", [0.05, 0.1, 0.2, 0.5]),
    ] = 0.1
    added: Annotated[list[Place], up_to(MOST_ADDED)] | None = Field(
        default=None, description="Bad points of one's own besides, each as [x, y]."
    )

    @property
    def extra(self) -> int:
        """How many points of one's own there are."""
        return len(self.added or ())


def given(settings: OutliersSettings, moved: float) -> Points:
    """Points near a line of slope 2, even along it, the last of them moved down; then those that
    were added."""
    x = np.linspace(0, 1, settings.points)
    noise = random(settings.seed, 0).standard_normal(settings.points)
    y = SLOPE * x + settings.noise * noise
    y[-1] -= moved
    added = np.array(settings.added or [], float).reshape(-1, 2)
    return Points(np.concatenate((x, added[:, 0])), np.concatenate((y, added[:, 1])))


class Loss(NamedTuple):
    """What it makes of a residual, and the weight that makes squares of it: both of how far points
    are off the line, and of Huber's bound."""

    title: str
    size: Callable[[Array, float], Array]
    weight: Callable[[Array, float], Array]


LOSSES: dict[Kind, Loss] = {
    "squared": Loss(
        "squared loss",
        lambda far, bound: far**2,
        lambda far, bound: np.ones_like(far),
    ),
    "absolute": Loss(
        "absolute loss",
        lambda far, bound: far,
        lambda far, bound: np.asarray(1 / np.maximum(far, NEAR)),
    ),
    "huber": Loss(
        "Huber's loss",
        lambda far, bound: np.where(far <= bound, far**2 / 2, bound * (far - bound / 2)),
        lambda far, bound: np.asarray(bound / np.maximum(far, bound)),
    ),
}


def bound(settings: OutliersSettings) -> float:
    return WIDTH * max(settings.noise, 0.01)


def lines(points: Points, kept: Array, loss: Kind, bound: float) -> Array:
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
        far = np.abs(y - offset[:, None] - slope[:, None] * x)
        weights = kept * LOSSES[loss].weight(far, bound)
    return np.stack((offset, slope), 1)


def influences(points: Points, loss: Kind, bound: float) -> tuple[Array, Array]:
    """The line, and of each point: how much the slope changes when it is left out."""
    count = len(points.y)
    kept = np.concatenate((np.ones((1, count)), 1 - np.eye(count)))
    whole, *rest = lines(points, kept, loss, bound)
    return whole, whole[1] - np.stack(rest)[:, 1]


def look(settings: OutliersSettings, state: None, step: int) -> Look:
    points, own = given(settings, settings.far * step / FRAMES), settings.points
    (offset, slope), found = influences(points, settings.loss, bound(settings))
    size = np.abs(found)
    share = size / max(1e-9, size.max()) * min(1.0, size.max() / 0.3)
    bad = [0] * (own - 1) + [1] + [2] * settings.extra
    rows = zip(*points, SMALL + (LARGE - SMALL) * share, bad, found, strict=True)
    far = np.abs(points.y - offset - slope * points.x)
    facts = {
        "influence of the moved point": float(size[own - 1]),
        "the most of another": float(np.delete(size, own - 1).max()),
        **{each.title: float(each.size(far, bound(settings)).mean()) for each in LOSSES.values()},
    }
    return Look(
        float(slope),
        SLOPE,
        {
            "fit": [round(float(offset), 4), round(float(offset + slope), 4)],
            "points": [[round(float(number), 4) for number in row] for row in rows],
        },
        facts=facts,
    )


def data(settings: OutliersSettings) -> dict[str, Any]:
    low = min(-1.0, SLOPE - settings.far - 0.7)
    if any(y < low for _, y in settings.added or ()):
        low = LOW
    return {
        "points": [],
        "x": [0, 1],
        "truth": [0, SLOPE],
        "domain": [-0.05, 1.05, low, HIGH],
        "most_added": MOST_ADDED,
    }


def control(settings: OutliersSettings) -> OutliersSettings:
    """Huber's loss; for any other than squares, squares."""
    other: Kind = "huber" if settings.loss == "squared" else "squared"
    return settings.model_copy(update={"loss": other})


def names(settings: OutliersSettings) -> tuple[str, str]:
    return LOSSES[settings.loss].title, LOSSES[control(settings).loss].title


def says(settings: OutliersSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    added = f" and {settings.extra} added" if settings.extra else ""
    return (
        f"With one point moved down by {at:g}{added} the slope is {format_number(run.train, 3)} by "
        f"{one} and {format_number(beside.train, 3)} by {other}; the true one is {SLOPE:g}."
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
    "let it go. A point is drawn as large as its influence: what leaving it out would change. Tap "
    "into a picture to add a bad point, drag it, tap it again to take it away.",
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
    unchecked="A line is not fitted twice while one waits: the project's tests compare that of "
    "squares with numpy's, and of every loss they ask whether a line near by has a "
    "smaller one.",
    unscripted="a line is fitted anew at each place of the point, and nothing is trained",
    kind="curve",
    axis="distance",
    cost=lambda settings: 2e4 * (settings.points + settings.extra) ** 2 * FRAMES,
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
