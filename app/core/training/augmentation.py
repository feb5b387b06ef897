"""Augmentation: slightly changed copies of pictures, by amounts that a visitor sets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.core.training.digits import Floats
from app.core.training.points import Array


class Amounts(NamedTuple):
    """The most of each change; each copy draws its own between none of it and that, either way.
    Degrees; shares of the side, the size, the brightness. `mirrored`, `upside_down`: the share of
    copies."""

    turn: float = 0.0
    shift: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    noise: float = 0.0
    warp: float = 0.0
    mirrored: float = 0.0
    upside_down: float = 0.0


def varied(x: Floats, side: int, amounts: Amounts, numbers: np.random.Generator) -> Floats:
    """A copy of each picture (a row of side x side pixels from 0 to 1), each changed by chance."""
    count = len(x)

    def spread(most: float) -> Array:
        return np.asarray(numbers.uniform(-1, 1, count) * most)

    angle, shear = np.radians(spread(amounts.turn)), spread(amounts.shear)
    size = 1 / (1 + spread(amounts.scale))
    mirrored = np.where(numbers.uniform(size=count) < amounts.mirrored, -1.0, 1.0)
    turned = np.where(numbers.uniform(size=count) < amounts.upside_down, -1.0, 1.0)
    # Where each pixel of the copy looks in the picture, in units of half a side from its middle.
    middles = (np.arange(side) + 0.5) / side * 2 - 1
    v, u = np.meshgrid(middles, middles, indexing="ij")
    cos, sin = np.cos(angle), np.sin(angle)
    rows = np.stack((cos, shear - sin, sin, cos), 1) * size[:, None]
    rows *= turned[:, None]
    rows[:, :2] *= mirrored[:, None]
    a, b, c, d = (row[:, None, None] for row in rows.T)
    across = a * u + b * v + 2 * spread(amounts.shift)[:, None, None]
    down = c * u + d * v + 2 * spread(amounts.shift)[:, None, None]
    if amounts.warp:
        across, down = (part + waves(count, u, v, amounts.warp, numbers) for part in (across, down))
    found = sampled(x.reshape(count, side, side), across, down)
    bright, steep = spread(amounts.brightness), 1 + spread(amounts.contrast)
    found = (found - 0.5) * steep[:, None, None] + 0.5 + bright[:, None, None]
    if amounts.noise:
        found = found + amounts.noise * numbers.standard_normal(found.shape)
    return np.clip(found, 0, 1).reshape(count, -1).astype(np.float32)


def waves(count: int, u: Array, v: Array, most: float, numbers: np.random.Generator) -> Array:
    """A smooth displacement: two waves of a random phase across each picture."""
    phase = numbers.uniform(0, 2 * np.pi, (2, count, 1, 1))
    found = np.sin(2.5 * u + phase[0]) + np.sin(2.5 * v + phase[1])
    return np.asarray(most * found / 2)


def sampled(x: Floats, across: Array, down: Array) -> Array:
    """Between pixels, in proportion to how near each is; black outside."""
    count, side, _ = x.shape
    edged = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    column = np.clip((across + 1) / 2 * side + 0.5, 0, side + 1 - 1e-6)
    row = np.clip((down + 1) / 2 * side + 0.5, 0, side + 1 - 1e-6)
    left, top = column.astype(int), row.astype(int)
    right, below = column - left, row - top
    which = np.arange(count)[:, None, None]
    upper = edged[which, top, left] * (1 - right) + edged[which, top, left + 1] * right
    lower = edged[which, top + 1, left] * (1 - right) + edged[which, top + 1, left + 1] * right
    return np.asarray(upper * (1 - below) + lower * below)
