"""Pictures as tensors: channels x height x width, whole numbers from 0 to 255."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.core.errors import Problem, nearest

ASSETS = Path(__file__).parent / "assets"
SIZE = 64  # height and width of the photos as they are kept

Floats = npt.NDArray[np.float64]

# A row a photo: its name, and what is to be seen.
IMAGES = {
    "coffee": "a cup of espresso on a red saucer",
    "chelsea": "the face of Chelsea, a cat",
    "astronaut": "the astronaut Eileen Collins",
}


@cache
def _photos() -> dict[str, Any]:
    with np.load(ASSETS / "photos.npz") as photos:
        return {name: photos[name].astype(np.float64) for name in IMAGES}


def photo(name: str, channels: int = 3, height: int = 32, width: int = 32) -> Floats:
    """A photo in the size that is asked, at most 64 by 64; one channel is the mean of three."""
    if name not in IMAGES:
        raise Problem(f"there is no image `{name}`", {"field": "input"}, nearest(name, IMAGES))
    if channels not in (1, 3) or height > SIZE or width > SIZE:
        raise Problem(
            f"the photos have 3 channels, or 1 as gray, and are at most {SIZE} by {SIZE}",
            {"field": "shape"},
        )
    pixels = _shares(height) @ _photos()[name] @ _shares(width).T
    if channels == 1:
        pixels = pixels.mean(axis=0, keepdims=True)
    rounded: Floats = np.rint(pixels)
    return rounded


@cache
def _shares(n: int) -> Floats:
    """How much each of the kept pixels has in each of n: areas, so nothing is skipped."""
    low = np.arange(n)[:, None] * SIZE / n
    kept = np.arange(SIZE)[None, :]
    overlap = np.minimum(low + SIZE / n, kept + 1) - np.maximum(low, kept)
    shares: Floats = np.clip(overlap, 0, None) * n / SIZE
    return shares
