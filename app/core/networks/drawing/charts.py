"""The charts on networks as TikZ: accuracy against cost, and how large gradients are by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, isfinite, log10, sqrt
from typing import Any, Literal

from app.core.drawing.tikz import at, document, escaped, path, words
from app.core.networks.drawing.places import COLOURS, INK

Measure = Literal["gradients", "weight_gradients", "activations"]
MEASURES: dict[Measure, str] = {
    "gradients": "Gradient by the output",
    "weight_gradients": "Gradient by the weights",
    "activations": "The output itself",
}
BACKWARD = "#b42318"


@dataclass(frozen=True)
class Axes:
    """The box of a chart in pixels, and the values at its edges."""

    left: float
    right: float
    top: float
    bottom: float
    horizontal: tuple[float, float]
    vertical: tuple[float, float]

    def x(self, value: float) -> float:
        """Where a value stands from left to right."""
        low, high = self.horizontal
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where a value stands from bottom to top."""
        low, high = self.vertical
        return self.bottom + (value - low) / (high - low) * (self.top - self.bottom)


# Accuracy against cost

SCATTER = Axes(46, 448, 16, 280, (log10(2e8), log10(3e10)), (54, 85))
COSTS = {3e8: "300M", 1e9: "1G", 3e9: "3G", 1e10: "10G", 3e10: "30G"}
DISC = 2.1  # pixels: the radius for a million parameters; the area goes with the parameters


def scatter_tikz(rows: Sequence[Mapping[str, Any]]) -> str:
    """Networks whose accuracy is known, as discs."""
    colours = {"ink": INK, "disc": COLOURS["linear"][0]}
    return document("Top-1 accuracy against multiply-adds", colours, _scatter(rows))


def _scatter(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    axes = SCATTER
    for value in range(55, 86, 5):
        y = axes.y(value)
        yield rf"\draw[ink!18,line width=0.3pt] {path([(axes.left, y), (axes.right, y)])};"
        yield words(axes.left - 8, y + 4, str(value), "anchor=base east,text=ink!75")
    for macs, said in COSTS.items():
        x = axes.x(log10(macs))
        yield rf"\draw[ink!18,line width=0.3pt] {path([(x, axes.top), (x, axes.bottom)])};"
        yield words(x, axes.bottom + 17, said, "text=ink!75")
    looks = "anchor=base east,text=ink!75"
    yield words(axes.right, axes.bottom + 34, "multiply-adds", looks)
    yield words(axes.left, axes.top - 4, r"top-1, \%", "anchor=base west,text=ink!75")
    # The largest discs first, so that a small one is not hidden.
    places = [
        (axes.x(log10(row["macs"])), axes.y(row["top1"]), row)
        for row in sorted(rows, key=lambda row: row["parameters"], reverse=True)
    ]
    for x, y, row in places:
        yield f"% {row['title']}"
        radius = f"{DISC * sqrt(row['parameters'] / 1e6):.2f}"
        looks = "fill=disc,fill opacity=0.28,draw=disc,line width=0.4pt"
        yield rf"\filldraw[{looks}] {at(x, y)} circle[radius={radius}];"
    names = [row["title"].replace(" with batch norm", " BN") for *_, row in places]
    spots = name_spots([(x, y, name) for (x, y, _), name in zip(places, names, strict=True)])
    for (x, y, _), name, spot in zip(places, names, spots, strict=True):
        if spot.lead:
            yield rf"\draw[ink!75,line width=0.3pt] {path([(x, y), spot.lead])};"
        yield rf"\fill[ink] {at(x, y)} circle[radius=2];"
        yield words(spot.x, spot.y, escaped(name), f"anchor={spot.anchor}")
    if any(name.endswith(" BN") for name in names):
        yield words(
            axes.left, axes.bottom + 34, "BN: with batch norm", "anchor=base west,text=ink!75"
        )


LETTER = 7.6  # pixels that one takes at this size at most
COLUMN = SCATTER.right + 12
Box = tuple[float, float, float, float]
Dot = tuple[float, float, str]


@dataclass(frozen=True)
class Spot:
    """Where a name stands, and where the line from its dot ends if it is in the column."""

    x: float
    y: float
    anchor: str
    lead: tuple[float, float] | None = None

    def box(self, said: str) -> Box:
        """Left, top, right and bottom of what the name takes."""
        width = LETTER * len(said)
        left = self.x - width * {"base west": 0, "base": 0.5, "base east": 1}[self.anchor]
        return left, self.y - 13, left + width, self.y + 4


def name_spots(dots: Sequence[Dot]) -> list[Spot]:
    """Each name beside its dot where that hides nothing, else in a column at the right.

    The page on networks places them by the same rules (`scatter.ts`), for its own letters.
    """
    beside: dict[int, Spot] = {}
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y, _ in dots]
    for i in sorted(range(len(dots)), key=lambda i: dots[i][0]):
        x, y, said = dots[i]
        for spot in (
            Spot(x, y - 7, "base"), Spot(x - 8, y + 5, "base east"),
            Spot(x + 8, y + 5, "base west"), Spot(x, y + 19, "base"),
        ):  # fmt: skip
            left, top, right, bottom = box = spot.box(said)
            within = (
                left >= SCATTER.left
                and right <= SCATTER.right
                and top >= 4
                and bottom <= SCATTER.bottom
            )
            if within and not any(_meet(box, other) for other in taken):
                taken.append(box)
                beside[i] = spot
                break
    while True:
        listed = _column({i: dot for i, dot in enumerate(dots) if i not in beside})
        lines = [(dots[i], spot.lead) for i, spot in listed.items() if spot.lead]
        crossed = next(
            (i for i, spot in beside.items()
             if any(_runs_through(dot, end, spot.box(dots[i][2])) for dot, end in lines)),
            None,
        )  # fmt: skip
        if crossed is None:
            return [(beside | listed)[i] for i in range(len(dots))]
        del beside[crossed]


def _column(dots: Mapping[int, Dot]) -> dict[int, Spot]:
    """Names from top to bottom, each as high as its dot or pushed on by the one above."""
    last, found = SCATTER.top - APART / 2, dict[int, float]()
    for i, (_, y, _) in sorted(dots.items(), key=lambda one: one[1][1]):
        found[i] = last = max(y, last + APART)
    over = max(0.0, last - SCATTER.bottom + APART / 2)
    return {
        i: Spot(COLUMN, y - over + 5, "base west", (COLUMN - 3, y - over)) for i, y in found.items()
    }


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _runs_through(dot: Dot, end: tuple[float, float], box: Box) -> bool:
    """Whether a straight line passes through a box that lies between its ends."""
    x, y, _ = dot
    start, stop = max(x, box[0]), min(end[0], box[2])
    if start >= stop:
        return False
    heights = [y + (at - x) / (end[0] - x) * (end[1] - y) for at in (start, stop)]
    return min(heights) < box[3] and max(heights) > box[1]


# Gradients by layer

LEFT, RIGHT, TOP, BOTTOM = 140.0, 820.0, 30.0, 336.0
LOOKS = {
    (False, False): ("plain", "ink!75"),
    (False, True): ("norm", "norm,dash pattern=on 1pt off 2.4pt,line cap=round"),
    (True, False): ("skip", "skip,dash pattern=on 4.8pt off 2.4pt"),
    (True, True): ("skip and norm", "both"),
}
APART = 17.0  # pixels between two names at least


def gradients_tikz(answer: Mapping[str, Any], measure: Measure) -> str:
    """The four curves of a measurement, on a scale of powers of ten."""
    colours = {
        "ink": INK,
        "norm": COLOURS["normalisation"][0],
        "skip": COLOURS["joint"][0],
        "both": COLOURS["linear"][0],
        "backward": BACKWARD,
    }
    return document(f"{MEASURES[measure]}, layer by layer", colours, _curves(answer, measure))


def _shows(value: float) -> bool:
    """Whether a value has a place on a scale of powers of ten."""
    return isfinite(value) and value > 0


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values."""
    logs = [log10(value) for value in values if _shows(value)]
    if not logs:
        return -1, 0
    low, high = floor(min(logs)), ceil(max(logs))
    return low, max(high, low + 1)


def _curves(answer: Mapping[str, Any], measure: Measure) -> Iterator[str]:
    curves, count = answer["curves"], len(answer["layers"])
    low, high = _decades([value for curve in curves for value in curve[measure]])
    axes = Axes(LEFT, RIGHT, TOP, BOTTOM, (0, max(1, count - 1)), (low, high))
    step = next((n for n in (1, 2, 5, 10, 20, 50) if (high - low) / n <= 8), 100)
    for exponent in range(ceil(low / step) * step, high + 1, step):
        y = axes.y(exponent)
        yield rf"\draw[ink!18,line width=0.3pt] {path([(LEFT, y), (RIGHT, y)])};"
        yield words(RIGHT + 9, y + 4, f"$10^{{{exponent}}}$", "anchor=base west,text=ink!75")
    starts: list[tuple[float, str, str]] = []
    for curve in curves:
        name, looks = LOOKS[curve["residual"], curve["batch_norm"]]
        yield f"% {name}"
        looks += f",line width={'1.6pt' if curve['asked'] else '0.8pt'}"
        for shown, run in groupby(enumerate(curve[measure]), key=lambda one: _shows(one[1])):
            points = [(axes.x(i), axes.y(log10(value))) for i, value in run if shown]
            if len(points) > 1:
                yield rf"\draw[{looks}] {path(points)};"
            elif points:
                yield rf"\fill[{looks.partition(',')[0]}] {at(*points[0])} circle[radius=2];"
        first = curve[measure][0]
        height = axes.y(log10(first)) if _shows(first) else BOTTOM
        starts.append((height, rf"\textbf{{{name}}}" if curve["asked"] else name, looks))
    for y, said, looks in _apart(starts):
        yield words(LEFT - 40, y + 4, said, "anchor=base east")
        yield rf"\draw[{looks}] {path([(LEFT - 34, y), (LEFT - 8, y)])};"
    grey = "text=ink!75"
    yield words(LEFT, 14, f"{MEASURES[measure]}, root mean square", f"anchor=base west,{grey}")
    yield words(LEFT, BOTTOM + 22, "first layer", f"anchor=base west,{grey}")
    yield words(RIGHT, BOTTOM + 22, f"layer {count}", f"anchor=base east,{grey}")
    middle = (LEFT + RIGHT) / 2
    arrow = path([(middle + 60, BOTTOM + 17), (middle - 60, BOTTOM + 17)])
    yield rf"\draw[->,backward,line width=0.8pt] {arrow};"
    yield words(middle, BOTTOM + 36, "the gradient comes this way", grey)


def _apart(names: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Names from top to bottom, moved until none stands on another."""
    found: list[tuple[float, str, str]] = []
    for y, said, looks in sorted(names, key=lambda name: name[0]):
        found.append((max(y, found[-1][0] + APART) if found else y, said, looks))
    over = max(0.0, found[-1][0] - BOTTOM)
    return [(y - over, said, looks) for y, said, looks in found]
