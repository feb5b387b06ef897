"""FILTERS: a row a well-known filter, for a kernel of any size.

A row makes one plane; a filter has the same plane for every channel of its input.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.convolutions.sliding import Floats, Map


class FilterName(TypedDict):
    name: str
    says: str


class FilterRow(FilterName):
    """A well-known filter."""

    plane: Annotated[Map, Field(description="For a kernel of 3 by 3.")]


@dataclass(frozen=True)
class Filter:
    """A plane of weights, kernel height by kernel width, and one sentence on what it finds."""

    name: str
    plane: Callable[[int, int], Floats]
    says: str


def _identity(height: int, width: int) -> Floats:
    plane = np.zeros((height, width))
    plane[height // 2, width // 2] = 1
    return plane


def _blur(height: int, width: int) -> Floats:
    return np.full((height, width), 1 / (height * width))


def _cross(height: int, width: int) -> Floats:
    """-1 along the middle row and column, with what balances them in the centre."""
    plane = np.zeros((height, width))
    plane[height // 2, :] = plane[:, width // 2] = -1
    plane[height // 2, width // 2] = height + width - 2
    return plane


def _edges(height: int, width: int) -> Floats:
    plane = np.full((height, width), -1.0)
    plane[height // 2, width // 2] = height * width - 1
    return plane


def _emboss(height: int, width: int) -> Floats:
    rows, columns = np.arange(height) - height // 2, np.arange(width) - width // 2
    plane: Floats = (rows[:, None] + columns[None, :]).astype(np.float64)
    return plane + _identity(height, width)


def _bell(n: int) -> Floats:
    """1 4 6 4 1: a row of Pascal's triangle."""
    return np.array([comb(n - 1, k) for k in range(n)], dtype=np.float64)


def _difference(n: int) -> Floats:
    """-1 -2 0 2 1: a central difference, smoothed."""
    if n < 3:
        return np.array([1.0]) if n == 1 else np.array([-1.0, 1.0])
    return np.convolve(_bell(n - 2), [-1, 0, 1])


def _sobel_x(height: int, width: int) -> Floats:
    return np.outer(_bell(height), _difference(width))


def _sobel_y(height: int, width: int) -> Floats:
    return np.outer(_difference(height), _bell(width))


FILTERS: dict[str, Filter] = {
    row.name: row
    for row in (
        Filter(
            "sobel x",
            _sobel_x,
            "Sobel: large where it gets brighter from left to right, at upright edges.",
        ),
        Filter(
            "sobel y",
            _sobel_y,
            "Sobel: large where it gets brighter from top to bottom, at level edges.",
        ),
        Filter(
            "edges",
            _edges,
            "The centre against all around it: zero where nothing changes, whatever the direction.",
        ),
        Filter(
            "sharpen", lambda h, w: _identity(h, w) + _cross(h, w), "The picture and its edges."
        ),
        Filter("emboss", _emboss, "Light from the upper left: a slope, and the picture itself."),
        Filter("blur", _blur, "The mean of the patch."),
        Filter("identity", _identity, "The centre alone: the channels, added up."),
    )
}
# What a bank of filters takes, one after the other.
BANK = ("sobel x", "sobel y", "edges", "sharpen", "emboss", "blur", "identity")
