"""Slopes by differences: how steep a function is at a place, how far off that may be, and whether
it has a kink, a jump or an end there.

Steps grow by 4 from a 2^-48th of the place itself, so that a function is looked at on its own
scale. Central differences are extrapolated to step 0 (Richardson), each with an error: what
extrapolating still moved, and what rounding may have. From the smallest step on, as long as what is
found fits what was found before, the best is taken; where it does not fit any more, the function is
another one farther away.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

GROWTH = 4.0
SMALLEST, LARGEST = 2.0**-48, 2.0**-4
FIRST = (2.0**-22, 2.0**-8)  # steps that mostly do, of the place or of 1
ULP = 2.0**-52
GOOD = 1e-9  # a slope known this well needs no other steps

Kind = Literal["smooth", "kink", "jump", "end", "none"]


class Slope(NamedTuple):
    """A slope by differences."""

    value: float  # NaN where there is none; at a kink the middle of the two
    error: float  # how far off it may be
    step: float  # h, of the smallest of the differences that it comes from
    kind: Kind
    left: float
    right: float
    nearby: float  # the steepest slope that was seen around
    typical: float  # a slope that would move the output by as much as goes into it


def steps(x: float, all: bool) -> Points:
    """The steps to be tried at a place, small ones first."""
    scale = abs(x) or 1.0
    low, high = (SMALLEST * scale, LARGEST * max(scale, 1.0)) if all else FIRST
    if not all:
        low, high = low * scale, high * scale
    # In the smallest floats a step must still be one.
    low = max(low, 2.0**-1000)
    count = int(np.floor(np.log2(high / low) / np.log2(GROWTH))) + 1
    return np.asarray(low * GROWTH ** np.arange(max(count, 3)))


def points(x: float, h: Points) -> Points:
    """x itself, then every place above it, then every one below."""
    return np.concatenate([[x], x + h, x - h])


def slope(x: float, h: Points, f: Points, noise: float) -> Slope:
    """The slope at x from the function's values at `points(x, h)`; NaN where it has none.

    `noise` is how far off rounding may make one of these values.
    """
    n = len(h)
    here, above, below = f[0], f[1 : n + 1], f[n + 1 :]
    up, down = (x + h) - x, x - (x - h)
    with np.errstate(all="ignore"):
        moves = up > 0
        right, left = (above - here) / up, (here - below) / down
        central = (above - below) / (up + down)
    right, left, central = (np.where(moves, d, np.nan) for d in (right, left, central))
    both = np.concatenate([right, left])
    seen = np.abs(both[np.isfinite(both)])
    around = float(seen.max()) if len(seen) else 0.0, noise / ULP / max(abs(x), 1.0)
    r, r_error, _, r_wide = _limit(right, h, 2 * noise, 1)
    lft, l_error, _, l_wide = _limit(left, h, 2 * noise, 1)
    if not (np.isfinite(r) or np.isfinite(lft)):
        return Slope(np.nan, np.nan, float(h[0]), "none", np.nan, np.nan, *around)
    if np.isfinite(r) != np.isfinite(lft):
        value, error = (r, r_wide) if np.isfinite(r) else (lft, l_wide)
        return Slope(value, 2 * error, float(h[0]), "end", lft, r, *around)
    if _jumps(here, above, noise) or _jumps(here, below, noise):
        return Slope(np.nan, np.nan, float(h[0]), "jump", lft, r, *around)
    if abs(r - lft) > 4 * (r_wide + l_wide) and abs(r - lft) > 1e-6 * max(abs(r), abs(lft)):
        error = r_error + l_error
        return Slope((r + lft) / 2, error, float(h[0]), "kink", lft, r, *around)
    value, error, step, _ = _limit(central, h, noise, 2)
    return Slope(value, error, step, "smooth", lft, r, *around)


def _limit(d: Points, h: Points, noise: float, order: int) -> tuple[float, float, float, float]:
    """Differences extrapolated to step 0: (slope, error, step, how far it moved in all).

    `order` is the power of the step that their error begins with; 2 for central ones.
    """
    once, twice = GROWTH**order - 1, GROWTH ** (2 * order) - 1
    first = d[:-1] + (d[:-1] - d[1:]) / once
    second = first[:-1] + (first[:-1] - first[1:]) / twice
    rounding = 1.5 * noise / h[:-2]
    errors = 4 * np.abs(second - first[:-1]) + rounding + 4e-16 * np.abs(second)
    wide = np.abs(second - d[:-2]) + rounding
    low, high, best = -np.inf, np.inf, -1
    for k in range(len(second)):
        value, error = second[k], errors[k]
        if not np.isfinite(value) or not np.isfinite(error):
            if best >= 0:
                break
            continue
        if value - error > high or value + error < low:
            break
        low, high = max(low, value - error), min(high, value + error)
        if best < 0 or error < errors[best]:
            best = k
    if best < 0:
        return np.nan, np.nan, float(h[0]), np.nan
    return float(second[best]), float(errors[best]), float(h[best]), float(wide[best])


def _jumps(here: float, side: Points, noise: float) -> bool:
    """Whether what lies to one side does not come nearer however near one goes."""
    far = np.abs(side[:3] - here)
    return bool(far[0] > 100 * noise and far[0] > 0.6 * far[1] and far[1] > 0.6 * far[2])


def slope_of(f: Callable[[Points], Points], x: float, noise: float) -> Slope:
    """The slope of f at x: from a few steps where they do, from all of them where not."""
    for all in (False, True):
        h = steps(x, all)
        found = slope(x, h, f(points(x, h)), noise)
        certain = found.kind == "smooth" and found.error <= GOOD * abs(found.value)
        if certain:
            break
    return found


def together(
    f: Callable[[Sequence[Points]], Sequence[Points]], places: Sequence[float], noises: Any
) -> list[Slope]:
    """The slopes at many places, whose function values come all at once."""
    tried = [steps(x, True) for x in places]
    values = f([points(x, h) for x, h in zip(places, tried, strict=True)])
    return [
        slope(x, h, np.asarray(value), noise)
        for x, h, value, noise in zip(places, tried, values, noises, strict=True)
    ]
