"""A network as a row of volumes to scale, drawn in cabinet projection: where everything stands.

Heights and depths are to scale with the maps' height and width, thickness goes with the square root
of the channels. Layers whose names share a prefix (`layer1.0.`) form a group, which is drawn closed
as one volume or open as what is in it. The browser, the SVG and the TikZ draw from one answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sqrt
from typing import Annotated, Any, Literal, get_args

from pydantic import Field
from typing_extensions import TypedDict

from app.core.layers.table import Shape
from app.core.networks.drawing.groups import groups, opened, outline
from app.core.networks.drawing.labels import SizeLabel, labels
from app.core.networks.network import INPUT, Network

SIDE = 122.0  # the largest map's height in pixels
LEAST = 4.0  # no side or thickness is smaller
RECEDE = cos(pi / 4) / 2  # cabinet projection: depth at 45 degrees and half its length
GAP = 11.0
SLAB = 3.5  # the thickness of a layer that changes no size
MARGIN = 28.0
BRACKET = 22.0  # between the lines that hold open groups together
WIDTH = 1040.0  # thickness and gaps stretch towards this width, within bounds
LEAST_STRETCH, MOST_STRETCH = 0.4, 1.8
LEAST_THICK = 3.0
LEAST_WIDTH = 440.0
# Height and thickness at least: a finger hits what does not fit, and what follows is seen.
LEAST_SIZED, LEAST_UNSIZED, LEAST_WRONG = (LEAST, LEAST_THICK), (18.0, 12.0), (44.0, 18.0)
ARC = 15.0  # a wire's rise above the volumes, by its level
Cost = Literal["parameters", "macs", "activation_bytes"]
COSTS: tuple[Cost, ...] = get_args(Cost)
THIN = ("activation", "normalisation", "regularisation")
# Colours of light paper, of equal weight and told apart by those who see fewer: front, top, side.
COLOURS = {
    "input": ("#d9d6cd", "#ece9e1", "#bcb8ad"),
    "convolution": ("#e8b64c", "#f5d68f", "#c08f23"),
    "pooling": ("#8d79c9", "#b5a7e0", "#6a55a8"),
    "linear": ("#4f8fd0", "#8bb8e6", "#316ba6"),
    "activation": ("#e07b39", "#f0aa7c", "#b45a1d"),
    "normalisation": ("#4fa89c", "#8accc2", "#2f8176"),
    "regularisation": ("#a5a29a", "#c9c6bf", "#7c7972"),
    "joint": ("#d0679d", "#e69dc1", "#a64277"),
    "shape": ("#b9b5aa", "#d8d5cc", "#918d82"),
}
INK = "#1b1d21"


@dataclass(frozen=True)
class Item:
    """What is drawn as one volume: a layer, or a closed group of them, by position."""

    name: str
    first: int
    last: int
    group: bool = False


class Drawn(TypedDict):
    """A layer or a closed group: what is drawn as one volume."""

    name: str
    type: str
    kind: str
    group: bool
    layers: int
    first: Annotated[int, Field(description="Position of its first layer; -1 for the input.")]
    last: int
    output: Sequence[int] | None
    joint: Annotated[bool, Field(description="Whether paths meet in it: a residual block.")]
    thin: bool
    problem: bool
    parameters: int
    macs: int
    activation_bytes: int


class VolumePlace(Drawn):
    """One volume of the drawing, a layer or a closed group: its front, and how far it recedes."""

    base: Annotated[
        str, Field(description="The kind of what a thin layer lies on: its side's colour.")
    ]
    shares: Annotated[dict[str, float], Field(description="Each cost as a share of the largest.")]
    x: float
    y: float
    thickness: float
    height: float
    recede: float
    middle: float
    top: float
    faces: Annotated[dict[str, str], Field(description="Corners of front, top and side.")]


class SkipPlace(TypedDict):
    source: int
    target: int
    level: int
    points: list[list[float]]
    path: str


class Bracket(TypedDict):
    """Holds the volumes of an open group together."""

    name: str
    layers: int
    start: float
    end: float
    y: float


class DrawingAnswer(TypedDict):
    """Where everything stands, in pixels at zoom 1 from the top left."""

    width: float
    height: float
    volumes: list[VolumePlace]
    wires: list[SkipPlace]
    labels: list[SizeLabel]
    brackets: list[Bracket]
    open: list[str]


def drawing(
    network: Network, answer: Mapping[str, Any], open: Sequence[str] | None = None
) -> DrawingAnswer:
    """Volumes, wires that skip, labels and bars for a network and its analysis, as JSON."""
    rows = answer["rows"]
    all = groups([row["name"] for row in rows])
    names = opened(all, len(rows)) if open is None else list(open)
    items = [
        Item(name or rows[first]["name"], first, last, bool(name))
        for first, last, name in outline(all, names, len(rows))
    ]
    volumes = _sized(_drawn(items, rows, network.input), network.input)
    place = {i: at for at, item in enumerate(items, 1) for i in range(item.first, item.last + 1)}
    place[-1] = 0
    at = {INPUT: -1} | {row["name"]: i for i, row in enumerate(rows)}
    sources = [[at[name] for name in row["inputs"] if name in at] for row in rows]
    wires = _wires(items, sources, place)
    _arrange(volumes)
    _center(volumes)
    tops = [volume["top"] for volume in volumes]
    for wire in wires:
        _bend(wire, volumes, tops)
    arcs = [wire["points"][2][1] for wire in wires]
    _down(volumes, wires, MARGIN / 2 - min([*arcs, *(v["top"] - 10 for v in volumes)]))
    width = max(LEAST_WIDTH, _right(volumes) + MARGIN)
    floor = max(v["y"] + v["height"] for v in volumes)
    told, below = labels(volumes, floor, width)
    known = {group.name for group in all}
    shown = [group for group in all if group.name in names and _around(group.name, names, known)]
    levels = sorted({group.level for group in shown})
    for wire in wires:
        wire["path"] = way(wire["points"])
    for volume in volumes:
        volume["faces"] = {name: listed(corners) for name, corners in faces(volume).items()}
    return {
        "width": round(width, 2),
        "height": round(below + 12 + BRACKET * len(levels), 2),
        "volumes": volumes,
        "wires": wires,
        "labels": told,
        "brackets": [
            {
                "name": group.name,
                "layers": group.last - group.first + 1,
                "start": volumes[place[group.first]]["middle"],
                "end": volumes[place[group.last]]["middle"],
                "y": round(below + 12 + BRACKET * (len(levels) - 1 - levels.index(group.level)), 2),
            }
            for group in shown
        ],
        "open": names,
    }


def _around(name: str, open: Sequence[str], known: set[str]) -> bool:
    """Whether everything around a group is open."""
    parts = name.split(".")
    outer = (".".join(parts[:n]) for n in range(1, len(parts)))
    return all(prefix in open for prefix in outer if prefix in known)


def _drawn(items: Sequence[Item], rows: Sequence[Mapping[str, Any]], input: Shape) -> list[Drawn]:
    """The input and each item: what it is and what it costs."""
    found: list[Drawn] = [
        {
            "name": INPUT, "type": "input", "kind": "input", "group": False, "layers": 0,
            "first": -1, "last": -1, "output": input, "joint": False, "thin": False,
            "problem": False, "parameters": 0, "macs": 0, "activation_bytes": 0,
        }
    ]  # fmt: skip
    for item in items:
        own = rows[item.first : item.last + 1]
        last = own[-1]
        joint = any(row["type"] == "Add" for row in own)  # the branches of a Concat skip nothing
        found.append(
            {
                "name": item.name,
                "type": last["type"] if not item.group else "block" if joint else "group",
                "kind": last["kind"] if not item.group else _main_kind(own),
                "group": item.group,
                "layers": len(own),
                "first": item.first,
                "last": item.last,
                "output": last["output"],
                "joint": joint,
                "thin": not item.group
                and last["kind"] in THIN
                and found[-1]["kind"] != "input"
                and not last["problem"],
                "problem": any(row["problem"] for row in own),
                "parameters": _sum(own, "parameters"),
                "macs": _sum(own, "macs"),
                "activation_bytes": _sum(own, "activation_bytes"),
            }
        )
    return found


def _sum(rows: Sequence[Mapping[str, Any]], cost: Cost) -> int:
    return sum(row[cost] or 0 for row in rows)


def _sized(drawn: Sequence[Drawn], input: Shape) -> list[VolumePlace]:
    """Each with its size; not yet where it stands."""
    found: list[VolumePlace] = []
    most = {cost: max(each[cost] for each in drawn) or 1 for cost in COSTS}
    largest = max(max((each["output"] or (1,))[1:] or (1,)) for each in drawn)
    known: Sequence[int] = input
    base = "input"
    for each in drawn:
        known = each["output"] or known
        base = base if each["thin"] else each["kind"]
        channels, high, wide = known if len(known) == 3 else (known[0], 1, 1)
        slab = each["thin"] or each["output"] is None
        least = _least(each)[0]
        found.append(
            {
                **each,
                "base": base,
                "shares": {cost: each[cost] / most[cost] for cost in COSTS},
                "height": max(round(max(LEAST, SIDE * high / largest), 2), least),
                "recede": round(max(LEAST, SIDE * wide / largest, least) * RECEDE, 2),
                "thickness": SLAB if slab else round(max(LEAST, sqrt(channels)), 2),
                "x": 0.0,
                "y": 0.0,
                "middle": 0.0,
                "top": 0.0,
                "faces": {},
            }
        )
    return found


def _least(volume: Drawn) -> tuple[float, float]:
    """The height and the thickness that a volume has at least."""
    if volume["problem"]:
        return LEAST_WRONG
    return LEAST_UNSIZED if volume["output"] is None else LEAST_SIZED


def _main_kind(rows: Sequence[Mapping[str, Any]]) -> str:
    """What a group mostly computes."""
    kinds = [row["kind"] for row in rows]
    for kind in ("convolution", "linear", "pooling"):
        if kind in kinds:
            return kind
    return str(kinds[-1])


def _arrange(volumes: Sequence[VolumePlace]) -> None:
    """Every volume's middle on one axis, left to right; x and y are its front's upper left."""
    tallest = max(v["height"] + v["recede"] for v in volumes)
    thick = sum(v["thickness"] + GAP * (not v["thin"]) for v in volumes)
    stretch = min(MOST_STRETCH, max(LEAST_STRETCH, WIDTH / thick))
    for volume in volumes:
        volume["thickness"] = round(max(_least(volume)[1], volume["thickness"] * stretch), 2)
    axis = tallest / 2
    at = MARGIN + volumes[0]["recede"] / 2
    for i, volume in enumerate(volumes):
        if i and not volume["thin"]:
            at += GAP * stretch
        volume["x"] = round(at - volume["recede"] / 2, 2)
        volume["y"] = round(axis - (volume["height"] - volume["recede"]) / 2, 2)
        volume["middle"] = round(at + volume["thickness"] / 2, 2)
        volume["top"] = round(volume["y"] - volume["recede"], 2)
        at += volume["thickness"]


def _wires(
    items: Sequence[Item], sources: Sequence[Sequence[int]], place: Mapping[int, int]
) -> list[SkipPlace]:
    """Whatever does not come from the volume just before; nested ones rise above one another."""
    found: dict[tuple[int, int], SkipPlace] = {}
    for at, item in enumerate(items, 1):
        for i in range(item.first, item.last + 1):
            for source in sources[i]:
                start = place[source]
                if start < at - 1:
                    found[start, at] = {
                        "source": start, "target": at, "level": 1, "points": [], "path": "",
                    }  # fmt: skip
    wires = sorted(found.values(), key=lambda wire: wire["target"] - wire["source"])
    heights = [0] * (len(items) + 1)  # the highest wire so far between a volume and the next
    for wire in wires:
        start, end = wire["source"], wire["target"]
        wire["level"] = min(6, max(heights[start:end]) + 1)
        heights[start:end] = [wire["level"]] * (end - start)
    return wires


def _bend(wire: SkipPlace, volumes: Sequence[VolumePlace], tops: Sequence[float]) -> None:
    """The way from the top of one volume over all between to the top of another, and a head."""
    start, end = wire["source"], wire["target"]
    high = min(tops[start : end + 1]) - ARC * wire["level"] + 2
    ends = [
        (v["middle"] + v["recede"] / 2, v["top"] + v["recede"] / 2)
        for v in (volumes[start], volumes[end])
    ]
    (x0, y0), (x1, y1) = ends
    bow = min(9.0, abs(x1 - x0) / 2)
    points = [(x0, y0), (x0, high + bow), (x0 + bow, high), (x1 - bow, high), (x1, high + bow)]
    wire["points"] = [[round(x, 2), round(y, 2)] for x, y in [*points, (x1, y1)]]


def _right(volumes: Sequence[VolumePlace]) -> float:
    """Where the last of them ends."""
    return max(v["x"] + v["thickness"] + v["recede"] for v in volumes)


def _center(volumes: Sequence[VolumePlace]) -> None:
    """A short network stands in the middle of the narrowest picture."""
    room = max(0.0, LEAST_WIDTH - _right(volumes) - MARGIN)
    for volume in volumes:
        volume["x"] = round(volume["x"] + room / 2, 2)
        volume["middle"] = round(volume["middle"] + room / 2, 2)


def _down(volumes: Sequence[VolumePlace], wires: Sequence[SkipPlace], by: float) -> None:
    """Move everything down."""
    for volume in volumes:
        volume["y"] = round(volume["y"] + by, 2)
        volume["top"] = round(volume["top"] + by, 2)
    for wire in wires:
        wire["points"] = [[x, round(y + by, 2)] for x, y in wire["points"]]


def faces(volume: VolumePlace) -> dict[str, list[tuple[float, float]]]:
    """The corners of the three faces that are seen."""
    x, y, t, h, r = (volume[key] for key in ("x", "y", "thickness", "height", "recede"))
    return {
        "front": [(x, y), (x + t, y), (x + t, y + h), (x, y + h)],
        "top": [(x, y), (x + r, y - r), (x + t + r, y - r), (x + t, y)],
        "side": [(x + t, y), (x + t + r, y - r), (x + t + r, y + h - r), (x + t, y + h)],
    }


def way(points: Sequence[Sequence[float]]) -> str:
    """A wire's path: up, over and down, with rounded corners."""
    (a, b), (c, d), (e, f), (g, h), (i, j), (k, m) = points
    up = f"M{a:g} {b:g}L{c:g} {d:g}Q{c:g} {f:g} {e:g} {f:g}"
    return f"{up}L{g:g} {h:g}Q{i:g} {h:g} {i:g} {j:g}L{k:g} {m:g}"


def listed(corners: Iterable[Sequence[float]]) -> str:
    """Corners as an SVG writes them."""
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
