"""A witness: the same numbers by another path, and how far the two are apart."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

LEAST = 1e-8  # below it a number counts as nothing: CS231n's relative error
TINY = np.finfo(np.float32).tiny
SINGLE = 1e-4  # what single precision may lose of the largest of many numbers on a long way


class Witness(TypedDict):
    """One kind of number, found twice."""

    by: Annotated[str, Field(description="The other path.")]
    of: Annotated[str, Field(description="What both have found.")]
    compared: Annotated[int, Field(description="How many numbers.")]
    largest: Annotated[
        float,
        Field(
            description="Relative difference: the largest |a - b| / max(1e-8, |a| + |b|); in "
            "single precision no |a| + |b| counts for less than the largest number compared."
        ),
    ]
    where: Annotated[list[int], Field(description="Where that is: indices; empty for one number.")]
    within: Annotated[str, Field(description="Of what these are: a layer, where there are many.")]
    ours: float
    theirs: float
    agrees: bool


def witness(
    by: str,
    of: str,
    ours: Any,
    theirs: Any,
    tolerance: float,
    within: str = "",
    least: float = LEAST,
) -> Witness:
    """Compares two arrays of one shape; a number that one has and the other has not is infinitely
    far off, one that neither has is left out. No number counts for less than `least`."""
    mine, other = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if mine.shape != other.shape:
        return unlike(by, of, mine.shape, other.shape, within)
    with np.errstate(all="ignore"):
        far = np.abs(mine - other) / np.maximum(least, np.abs(mine) + np.abs(other))
    neither = np.isnan(mine) & np.isnan(other)
    far = np.where(neither | (mine == other), 0.0, np.where(np.isnan(far), np.inf, far))
    if not far.size:
        return {**EMPTY, "by": by, "of": of, "within": within}
    at = np.unravel_index(int(far.argmax()), far.shape)
    return {
        "by": by,
        "of": of,
        "compared": int(far.size - neither.sum()),
        "largest": float(min(far[at], 1.0)),
        "where": [int(index) for index in at],
        "within": within,
        "ours": float(np.nan_to_num(mine[at])),
        "theirs": float(np.nan_to_num(other[at])),
        "agrees": bool(far[at] <= tolerance),
    }


def in_single(by: str, of: str, ours: Any, theirs: Any, within: str = "") -> Witness:
    """The same of numbers in single precision: what small ones are off by counts as a share of the
    largest."""
    theirs = np.asarray(theirs, dtype=np.float64)
    sizes = np.abs(theirs[np.isfinite(theirs)])
    largest = float(sizes.max()) if sizes.size else 0.0
    return witness(by, of, ours, theirs, SINGLE, within, max(largest, float(TINY)))


def together(found: Iterable[Witness], of: str) -> list[Witness]:
    """Several of one kind as one: all their numbers, and the largest difference of any. None of
    them where nothing was compared."""
    rows = [each for each in found if each["compared"] or not each["agrees"]]
    if not rows:
        return []
    worst = max(rows, key=lambda each: (not each["agrees"], each["largest"]))
    return [{**worst, "of": of, "compared": sum(each["compared"] for each in rows)}]


EMPTY: Witness = {
    "by": "",
    "of": "",
    "compared": 0,
    "largest": 0.0,
    "where": [],
    "within": "",
    "ours": 0.0,
    "theirs": 0.0,
    "agrees": True,
}


def unlike(
    by: str, of: str, ours: Sequence[int], theirs: Sequence[int], within: str = ""
) -> Witness:
    """Two paths that do not even agree on how many numbers there are."""
    counts = float(np.prod(ours)), float(np.prod(theirs))
    found: Witness = {**EMPTY, "by": by, "of": of, "largest": 1.0, "agrees": False}
    found["within"] = within
    return {**found, "ours": counts[0], "theirs": counts[1]}
