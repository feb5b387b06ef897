"""What small nets and curves learn from, generated: the same seed gives the same points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kind = Literal["moons", "circles", "spirals", "blobs", "xor"]

TURNS, RADIUS = 1.75, 5  # of a spiral
TRAIN, FRESH = 0, 1  # what sets the points to validate with apart from those to train with


class Points(NamedTuple):
    """`x`: points x features; `y`: points, a number or a class."""

    x: Array
    y: Array


def random(seed: int, *place: int) -> np.random.Generator:
    """Random numbers that depend on the seed and on where they are used, on nothing else."""
    return np.random.default_rng([seed, *place])


def wave(x: Array) -> Array:
    """The curve to be found, over [0, 1]: scikit-learn's cosine."""
    found: Array = np.cos(1.5 * np.pi * x)
    return found


def curve(count: int, noise: float, seed: int, part: int = TRAIN) -> Points:
    """Points near the curve, off it by normal noise of that standard deviation."""
    numbers = random(seed, part)
    x = np.sort(numbers.uniform(0, 1, count))
    return Points(x, wave(x) + noise * numbers.standard_normal(count))


def moons(share: Array, upper: npt.NDArray[np.bool_]) -> Array:
    """Two half circles that reach into each other."""
    angle = np.pi * share
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return np.stack((x, y), 1)


def circles(share: Array, upper: npt.NDArray[np.bool_]) -> Array:
    """One around the other."""
    radius, angle = np.where(upper, 0.8, 1.6), 2 * np.pi * share
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1)


def spirals(share: Array, upper: npt.NDArray[np.bool_]) -> Array:
    """Two arms around each other; even along their radius, as TF Playground's are."""
    angle = 2 * np.pi * TURNS * share + np.where(upper, 0, np.pi)
    radius = RADIUS * share
    return np.stack((radius * np.sin(angle), radius * np.cos(angle)), 1)


def blobs(share: Array, upper: npt.NDArray[np.bool_]) -> Array:
    """Two heaps."""
    middle = np.where(upper, 1.0, -1.0)
    return np.stack((middle, middle), 1)


def xor(share: Array, upper: npt.NDArray[np.bool_]) -> Array:
    """Four heaps, those of a class across from each other."""
    right = np.where(share < 0.5, 1.0, -1.0)
    return np.stack((right, np.where(upper, right, -right)), 1)


class Shape(NamedTuple):
    """Where two classes lie, and what of the plane shows them: so much to either side of 0."""

    places: Callable[[Array, npt.NDArray[np.bool_]], Array]
    side: float


SHAPES: dict[Kind, Shape] = {
    "moons": Shape(moons, 2.5),
    "circles": Shape(circles, 2.5),
    "spirals": Shape(spirals, 6.0),
    "blobs": Shape(blobs, 2.5),
    "xor": Shape(xor, 2.5),
}


def classes(kind: Kind, count: int, noise: float, seed: int, part: int = TRAIN) -> Points:
    """Points of two classes, 0 and 1, as many of each, in an order of chance."""
    numbers = random(seed, part)
    y = numbers.permutation(np.arange(count) % 2)
    x = SHAPES[kind].places(numbers.uniform(0, 1, count), y == 1)
    return Points(x + noise * numbers.standard_normal((count, 2)), y.astype(float))
