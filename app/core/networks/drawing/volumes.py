"""A network as a row of volumes in cabinet projection: where everything stands.

A volume's front is its map, on a scale of halvings; its channels recede, on a scale of doublings.
Layers that change no size are slabs at the volume before them. Layers whose names share a prefix
(`layer1.0.`) form a group, which is drawn closed as one volume or open as what is in it; closed
ones that are alike and follow one another are drawn as one. Browser, SVG and TikZ draw one answer.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from app.core.layers.table import Shape
from app.core.networks.drawing import labels
from app.core.networks.drawing.groups import Alike, children, folded, groups, opened, outline
from app.core.networks.drawing.places import (
    COSTS,
    GATE,
    SAID,
    Cost,
    DrawingAnswer,
    Drawn,
    SkipPlace,
    VolumePlace,
    faces,
    listed,
    way,
)
from app.core.networks.drawing.scale import LEAST, Scale, depth, ruler
from app.core.networks.network import INPUT, Network
from app.core.numbers import sizes

GAP = 9.0  # between a volume and the next, besides what of its depth is seen
SEEN = 0.65  # the share of a volume's depth that the next one leaves to be seen
BRANCH = 18.0  # before a volume that takes nothing from the one to its left
SLAB = 11.0  # the front of a layer that changes no size
MARGIN = 28.0
RULER = 52.0  # what the ruler takes at the left, with its numbers
BRACKET = 26.0  # between the lines that hold open groups together
LEAST_WIDTH = 440.0
LEAST_WRONG = 48.0  # a finger hits what does not fit
ARC = 15.0  # a wire's rise above the volumes, by its level
THIN = ("activation", "normalisation", "regularisation")


@dataclass(frozen=True)
class Item:
    """What is drawn as one volume: a layer, or a closed group of them, by position."""

    name: str
    first: int
    last: int
    group: bool = False
    times: int = 1


def drawing(
    network: Network, answer: Mapping[str, Any], open: Sequence[str] | None = None
) -> DrawingAnswer:
    """Volumes, wires that skip, labels and bars for a network and its analysis, as JSON."""
    rows = answer["rows"]
    all = groups([row["name"] for row in rows])
    at = {INPUT: -1} | {row["name"]: i for i, row in enumerate(rows)}
    sources = [[at[name] for name in row["inputs"] if name in at] for row in rows]
    alike = _alike(network, rows, sources)
    names = opened(all, len(rows), alike) if open is None else list(open)
    items = [
        Item(name or rows[first]["name"], first, last, bool(name), times)
        for first, last, name, times in folded(outline(all, names, len(rows)), alike)
    ]
    scale = _scale(rows, network.input)
    volumes = _sized(_drawn(items, rows, network.input), network.input, scale)
    place = {i: at for at, item in enumerate(items, 1) for i in range(item.first, item.last + 1)}
    place[-1] = 0
    wires = _wires(items, sources, place)
    fed = {(place[source], place[i]) for i, row in enumerate(sources) for source in row}
    _arrange(volumes, {at for at in range(1, len(volumes)) if (at - 1, at) not in fed})
    _center(volumes)
    tops = [volume["top"] for volume in volumes]
    for wire in wires:
        _bend(wire, volumes, tops)
    arcs = [wire["points"][2][1] for wire in wires]
    _down(volumes, wires, MARGIN / 2 - min([*arcs, *(v["top"] - 14 for v in volumes)]))
    told = [
        labels.label(volume, beside)
        for volume, beside in zip_longest(volumes, volumes[1:])
        if volume and not volume["thin"]
    ]
    below = max(map(labels.foot, told))
    known = {group.name for group in all}
    shown = [group for group in all if group.name in names and _around(group.name, names, known)]
    levels = sorted({group.level for group in shown})
    for wire in wires:
        wire["path"] = way(wire["points"])
    for volume in volumes:
        volume["faces"] = {name: listed(corners) for name, corners in faces(volume).items()}
    tallest = max(volumes, key=lambda volume: volume["height"])
    return {
        "width": round(max(LEAST_WIDTH, _right(volumes) + MARGIN), 2),
        "height": round(below + 6 + BRACKET * len(levels), 2),
        "volumes": volumes,
        "wires": wires,
        "labels": told,
        "brackets": [
            {
                "name": group.name,
                "layers": group.last - group.first + 1,
                "times": children(all, group),
                "start": volumes[place[group.first]]["x"],
                "end": _end(volumes[place[group.last]]),
                "y": round(below + 6 + BRACKET * (len(levels) - 1 - levels.index(group.level)), 2),
            }
            for group in shown
        ],
        "ruler": ruler(scale, volumes[0]["x"] - 16, tallest["y"] + tallest["height"]),
        "open": names,
    }


def _alike(
    network: Network, rows: Sequence[Mapping[str, Any]], sources: Sequence[Sequence[int]]
) -> Alike:
    """Whether two runs of layers are the same layers on the same sizes, joined in the same way."""

    def what(i: int) -> tuple[Any, ...]:
        row = rows[i]
        reach = [i - source for source in sources[i]]
        return network.layers[i].layer, row["output"], bool(row["problem"]), reach

    def alike(first: int, last: int, start: int, stop: int) -> bool:
        if last - first != stop - start:
            return False
        pairs = zip(range(first, last + 1), range(start, stop + 1), strict=True)
        return all(what(a) == what(b) for a, b in pairs)

    return alike


def _scale(rows: Sequence[Mapping[str, Any]], input: Shape) -> Scale:
    """The scale on which the largest map has the largest side."""
    shapes = [input, *(row["output"] for row in rows if row["output"])]
    return Scale(max(max(shape[1:] or (1,)) for shape in shapes))


def _around(name: str, open: Sequence[str], known: set[str]) -> bool:
    """Whether everything around a group is open."""
    parts = name.split(".")
    outer = (".".join(parts[:n]) for n in range(1, len(parts)))
    return all(prefix in open for prefix in outer if prefix in known)


def _drawn(items: Sequence[Item], rows: Sequence[Mapping[str, Any]], input: Shape) -> list[Drawn]:
    """The input and each item: what it is and what it costs."""
    found: list[Drawn] = [
        {
            "name": INPUT, "type": "input", "kind": "input", "group": False, "times": 1,
            "layers": 0, "first": -1, "last": -1, "output": input, "joint": False, "thin": False,
            "gate": False, "problem": False, "parameters": 0, "macs": 0, "activation_bytes": 0,
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
                "times": item.times,
                "layers": len(own),
                "first": item.first,
                "last": item.last,
                "output": last["output"],
                "joint": joint,
                "thin": not item.group
                and last["kind"] in THIN
                and found[-1]["kind"] != "input"
                and not last["problem"],
                "gate": not item.group and last["type"] == "Add" and not last["problem"],
                "problem": any(row["problem"] for row in own),
                "parameters": _sum(own, "parameters"),
                "macs": _sum(own, "macs"),
                "activation_bytes": _sum(own, "activation_bytes"),
            }
        )
    return found


def _sum(rows: Sequence[Mapping[str, Any]], cost: Cost) -> int:
    return sum(row[cost] or 0 for row in rows)


def _sized(drawn: Sequence[Drawn], input: Shape, scale: Scale) -> list[VolumePlace]:
    """Each with its size; not yet where it stands."""
    found: list[VolumePlace] = []
    most = {cost: max(each[cost] for each in drawn) or 1 for cost in COSTS}
    known: Sequence[int] = input
    for each in drawn:
        known = each["output"] or known
        channels, high, wide = known if len(known) == 3 else (known[0], 1, 1)
        if each["output"] is None:
            high = wide = 1
        least = LEAST_WRONG if each["problem"] else LEAST
        height, width = max(least, scale.side(high)), max(least, scale.side(wide))
        if each["gate"]:
            height = width = GATE
        found.append(
            {
                **each,
                "sentence": _sentence(each),
                "shares": {cost: each[cost] / most[cost] for cost in COSTS},
                "height": height,
                "width": SLAB if each["thin"] else width,
                "recede": 0.0 if each["gate"] else depth(channels),
                "x": 0.0,
                "y": 0.0,
                "middle": 0.0,
                "top": 0.0,
                "faces": {},
            }
        )
    return found


def _sentence(each: Drawn) -> str:
    """What comes out of a volume, and at what cost."""
    name, out = each["name"], each["output"]
    size = sizes(out).replace("×", " × ") if out else "what cannot be known"
    if each["kind"] == "input":
        return f"In comes {size}."
    if each["problem"]:
        return f"{name} ({each['type']}) does not fit."
    if each["times"] > 1:
        about = f"{name} and {each['times'] - 1} more like it, {each['layers']} layers"
    else:
        what = f"{each['layers']} layers" if each["group"] else each["type"]
        about = f"{name} ({what})"
    costs = [f"{each[cost]:,} {said}" for cost, said in SAID.items() if each[cost]]
    return f"{about}: out comes {size}{'; ' if costs else ''}{', '.join(costs)}."


def _main_kind(rows: Sequence[Mapping[str, Any]]) -> str:
    """What a group mostly computes."""
    kinds = [row["kind"] for row in rows]
    for kind in ("convolution", "linear", "pooling"):
        if kind in kinds:
            return kind
    return str(kinds[-1])


def _arrange(volumes: Sequence[VolumePlace], branches: Set[int]) -> None:
    """Every volume's middle on one axis, left to right; x and y are its front's upper left.

    Each stands as near to the one before as both their labels and that one's depth allow; where
    a branch begins it stands apart.
    """
    axis = max(v["height"] for v in volumes) / 2
    at, clear = MARGIN + RULER, 0.0
    before: VolumePlace | None = None
    for number, volume in enumerate(volumes):
        if number in branches:
            at += BRANCH
            clear += BRANCH
        if before and not volume["thin"]:
            at += GAP + SEEN * before["recede"]
        half = labels.width(volume) / 2
        if before and volume["height"] + 12 < before["height"]:  # a label keeps off a taller side
            clear = max(clear, _end(before) + 2)
        if not volume["thin"]:
            at = max(at, clear + half - volume["width"] / 2)
        volume["x"] = round(at, 2)
        volume["y"] = round(axis - volume["height"] / 2, 2)
        volume["middle"] = round(at + volume["width"] / 2, 2)
        volume["top"] = round(volume["y"] - volume["recede"], 2)
        if not volume["thin"]:
            clear = volume["middle"] + half + labels.APART
        at += volume["width"]
        before = volume


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
    return max(max(_end(v), v["middle"] + labels.width(v) / 2) for v in volumes)


def _end(volume: VolumePlace) -> float:
    """Where one ends, its depth and all."""
    return round(volume["x"] + volume["width"] + volume["recede"], 2)


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
