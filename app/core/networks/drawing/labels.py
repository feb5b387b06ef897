"""Sizes under the drawing of a network: one for each run of equal ones, none on another.

Each stands as close under its volumes as the others let it, and a thin line leads there. Where one
line of text has no room for all, further ones stand below, their lines between those above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.drawing.columns import spread

LETTER = 9.9  # pixels a digit takes at the projector's size, which is the largest
APART = 9.0  # between two labels
PASS = 12.0  # what a line takes that leads down between labels
LEAD = 18.0  # how far down from the volumes lines lead to the first labels
ASCENT = 12.0  # from a text's upper edge to what it stands on
LINE = 16.0  # from one line of a label to the next
TIER = 2 * LINE + 14.0
MOST_TIERS = 3
FAR = 40.0  # further from its volumes a label is better off on a line of text further down
MISFIT = ("does not", "fit")


@dataclass
class Label:
    """What is said of some neighbouring volumes, and the line from below their middle to it."""

    said: tuple[str, ...]
    points: list[tuple[float, float]]
    tier: int = 0

    @property
    def width(self) -> float:
        """What it takes, with half of what keeps it from others on both sides."""
        return max(map(len, self.said)) * LETTER + APART

    @property
    def x(self) -> float:
        """Where its line has come to."""
        return self.points[-1][0]

    @property
    def away(self) -> float:
        """How far it stands from below its volumes."""
        return abs(self.x - self.points[0][0])


class SizeLabel(TypedDict):
    x: float
    y: float
    lines: list[str]
    wrong: Annotated[bool, Field(description="Whether it says that a layer does not fit.")]
    lead: Annotated[
        list[list[float]], Field(description="A line from the volumes to it, or nothing.")
    ]


def labels(
    volumes: Sequence[Mapping[str, Any]], floor: float, width: float
) -> tuple[list[SizeLabel], float]:
    """The labels as JSON, and how far down they reach."""
    runs = _runs(volumes, floor + 4)
    for tiers in range(1, MOST_TIERS + 1):
        found = _placed(runs, tiers, floor, width)
        if found and max(label.away for label in found) <= FAR:
            break
    while not found:  # the table still tells the others; the ends stay, what is wrong goes last
        inner = runs[1:-1]
        thinned = [run for run in inner if run.said != MISFIT] or inner
        gone = {id(run) for run in thinned[::2]}
        runs = [run for run in runs if id(run) not in gone] if gone else runs[:1]
        found = _placed(runs, MOST_TIERS, floor, width)
    led = any(label.away > 1 for label in found)
    up = 0.0 if led else LEAD - 8
    told: list[SizeLabel] = [
        {
            "x": round(label.x, 2),
            "y": round(label.points[-1][1] + ASCENT + 3 - up, 2),
            "lines": list(label.said),
            "wrong": label.said == MISFIT,
            "lead": [[round(x, 2), round(y, 2)] for x, y in label.points] if led else [],
        }
        for label in found
    ]
    return told, max(label["y"] for label in told) + LINE


def _placed(runs: Sequence[Label], tiers: int, floor: float, width: float) -> list[Label]:
    """The labels on so many lines of text, in turn; none if there is no room."""
    found = [Label(label.said, [*label.points], i % tiers) for i, label in enumerate(runs)]
    for tier in range(tiers):
        top = floor + LEAD + tier * TIER
        here = [label for label in found if label.tier >= tier]
        widths = [label.width if label.tier == tier else PASS for label in here]
        if sum(widths) > width:
            return []
        for label, x in zip(
            here, side_by_side([label.x for label in here], widths, width), strict=True
        ):
            label.points.append((x, top))
            if label.tier > tier:
                label.points.append((x, top + TIER - LEAD / 2))
    return found


def _runs(volumes: Sequence[Mapping[str, Any]], y: float) -> list[Label]:
    """A label for each run of volumes of one size, in their order."""
    runs: list[tuple[tuple[str, ...], float, float]] = []
    said: tuple[str, ...]
    for volume in volumes:
        size = volume["output"]
        if volume["problem"]:
            said = MISFIT
        elif size is None:
            continue
        else:
            said = (f"{size[0]}",) if len(size) == 1 else (f"{size[0]}", f"{size[1]}×{size[2]}")
        start = runs.pop()[1] if runs and runs[-1][0] == said else volume["middle"]
        runs.append((said, start, volume["middle"]))
    return [Label(said, [((start + end) / 2, y)]) for said, start, end in runs]


def side_by_side(wanted: Sequence[float], widths: Sequence[float], room: float) -> list[float]:
    """Middles of things of these widths within 0..room, in order, least far from `wanted`."""
    first = [end - width / 2 for end, width in zip(accumulate(widths), widths, strict=True)]
    slack = max(0.0, room - sum(widths))
    gaps = [(one + next) / 2 for one, next in pairwise(widths)]
    placed = spread(wanted, [1.0] * len(widths), gaps)
    return [min(max(x, low), low + slack) for x, low in zip(placed, first, strict=True)]
