"""A witness: the same numbers by another path, and how far the two are apart."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

LEAST = 1e-8  # below it a number counts as nothing: CS231n's relative error


class Witness(TypedDict):
    """One kind of number, found twice."""

    by: Annotated[str, Field(description="The other path.")]
    of: Annotated[str, Field(description="What both have found.")]
    compared: Annotated[int, Field(description="How many numbers.")]
    largest: Annotated[
        float, Field(description="Relative difference: the largest |a - b| / max(1e-8, |a| + |b|).")
    ]
    where: Annotated[list[int], Field(description="Where that is: indices; empty for one number.")]
    ours: float
    theirs: float
    agrees: bool


def witness(by: str, of: str, ours: Any, theirs: Any, tolerance: float) -> Witness:
    """Compares two arrays of one shape; a number that one has and the other has not is infinitely
    far off, one that neither has is left out."""
    mine, other = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if mine.shape != other.shape:
        return unlike(by, of, mine.shape, other.shape)
    with np.errstate(all="ignore"):
        far = np.abs(mine - other) / np.maximum(LEAST, np.abs(mine) + np.abs(other))
    neither = np.isnan(mine) & np.isnan(other)
    far = np.where(neither | (mine == other), 0.0, np.where(np.isnan(far), np.inf, far))
    if not far.size:
        return {**EMPTY, "by": by, "of": of}
    at = np.unravel_index(int(far.argmax()), far.shape)
    return {
        "by": by,
        "of": of,
        "compared": int(far.size - neither.sum()),
        "largest": float(min(far[at], 1.0)),
        "where": [int(index) for index in at],
        "ours": float(np.nan_to_num(mine[at])),
        "theirs": float(np.nan_to_num(other[at])),
        "agrees": bool(far[at] <= tolerance),
    }


EMPTY: Witness = {
    "by": "",
    "of": "",
    "compared": 0,
    "largest": 0.0,
    "where": [],
    "ours": 0.0,
    "theirs": 0.0,
    "agrees": True,
}


def unlike(by: str, of: str, ours: Sequence[int], theirs: Sequence[int]) -> Witness:
    """Two paths that do not even agree on how many numbers there are."""
    counts = float(np.prod(ours)), float(np.prod(theirs))
    found: Witness = {**EMPTY, "by": by, "of": of, "largest": 1.0, "agrees": False}
    return {**found, "ours": counts[0], "theirs": counts[1]}
