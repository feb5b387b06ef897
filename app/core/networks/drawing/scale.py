"""How large a volume is drawn: the side of its maps by halvings, its channels by doublings."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ldexp, log2

from typing_extensions import TypedDict

SIDE = 128.0  # pixels: the largest map's side
LEAST = 28.0  # no side is drawn smaller
HALVINGS = 6  # the least side stands for a map so many times halved
SHALLOW, DEEPER = 6.0, 2.0  # depth of one channel, and what each doubling of them adds


@dataclass(frozen=True)
class Scale:
    """From pixels of a map to pixels of the drawing."""

    largest: int

    @property
    def smallest(self) -> float:
        """The side from which on nothing is drawn smaller."""
        return max(1.0, ldexp(self.largest, -HALVINGS))

    def side(self, pixels: int) -> float:
        """What a map's side is drawn as."""
        if pixels <= self.smallest:
            return LEAST
        share = log2(pixels / self.smallest) / log2(self.largest / self.smallest)
        return round(LEAST + (SIDE - LEAST) * share, 2)


def depth(channels: int) -> float:
    """How far a volume of so many channels recedes, to the right and up alike."""
    return round(SHALLOW + DEEPER * log2(max(1, channels)), 2)


class Mark(TypedDict):
    """One mark of the ruler: a side in pixels of a map, and where it stands."""

    side: int
    y: float


class Ruler(TypedDict):
    """How long which side is drawn: a staff with its marks, from the foot up."""

    x: float
    foot: float
    marks: list[Mark]


def ruler(scale: Scale, x: float, foot: float) -> Ruler:
    """A staff as tall as the largest map."""
    sides: Sequence[int] = sorted({max(1, scale.largest // 4**n) for n in range(4)})
    kept = [side for side in sides if side > scale.smallest]
    if scale.largest == 1:
        kept = [1]
    return {
        "x": x,
        "foot": round(foot, 2),
        "marks": [{"side": side, "y": round(foot - scale.side(side), 2)} for side in kept],
    }
