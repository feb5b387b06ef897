"""The charts on networks as TikZ: accuracy against cost, and how large gradients are by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, isfinite, log10, sqrt
from typing import Any, Literal

from app.core.network_drawings import COLOURS, INK
from app.core.tikz import at, document, escaped, path, words

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

SCATTER = Axes(46, 540, 16, 280, (log10(2e8), log10(3e10)), (54, 80))
COSTS = {3e8: "300M", 1e9: "1G", 3e9: "3G", 1e10: "10G", 3e10: "30G"}
DISC = 2.1  # pixels: the radius for a million parameters; the area goes with the parameters


def scatter_tikz(rows: Sequence[Mapping[str, Any]]) -> str:
    """Networks whose accuracy is known, as discs."""
    colours = {"ink": INK, "disc": COLOURS["linear"][0]}
    return document("Top-1 accuracy against multiply-adds", colours, _scatter(rows))


def _scatter(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    axes = SCATTER
    for value in range(55, 81, 5):
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
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y, _ in places]
    for x, y, row in places:
        yield rf"\fill[ink] {at(x, y)} circle[radius=2];"
        place, anchor = _free(x, y, LETTER * len(row["title"]), taken)
        yield words(*place, escaped(row["title"]), f"anchor={anchor}")


LETTER = 6.8  # pixels that one takes at this size, about
Box = tuple[float, float, float, float]


def _free(x: float, y: float, width: float, taken: list[Box]) -> tuple[tuple[float, float], str]:
    """Where a dot's name hides least of the others, above it if it can, and what stands there."""
    found: list[tuple[float, Box, tuple[float, float], str]] = []
    for right, down, anchor, before in (
        (0, -7, "base", 0.5), (0, 15, "base", 0.5), (-6, 4, "base east", 1), (6, 4, "base west", 0),
        (4, -7, "base west", 0), (-4, -7, "base east", 1), (4, 15, "base west", 0),
        (-4, 15, "base east", 1),
    ):  # fmt: skip
        left, base = x + right - width * before, y + down
        box = (left, base - 9, left + width, base + 3)
        beyond = max(0.0, SCATTER.left - left) + max(0.0, left + width - SCATTER.right - 18)
        hidden = sum(
            max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
            * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
            for other in taken
        )
        found.append((hidden + 100 * beyond, box, (x + right, base), anchor))
    _, box, place, anchor = min(found, key=lambda one: one[0])
    taken.append(box)
    return place, anchor


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
