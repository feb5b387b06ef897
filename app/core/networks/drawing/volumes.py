"""A network as a row of volumes in cabinet projection: where everything stands.

A volume's front is its map, on a scale of halvings; its channels recede, on a scale of doublings.
Layers that change no size are slabs at the volume before them. Layers whose names share a prefix
(`layer1.0.`) form a group, which is drawn closed as one volume or open as what is in it; closed
ones that are alike and follow one another are drawn as one. Branches that meet again stand in rows,
one under another, from where they part to where they meet. Browser, SVG and TikZ draw one answer.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.core.layers.table import Shape
from app.core.networks.drawing import branches, labels
from app.core.networks.drawing.arranging import BETWEEN, LEAST_WIDTH, MARGIN, Arrangement, Open
from app.core.networks.drawing.groups import Alike, Group, children, folded, groups, opened, outline
from app.core.networks.drawing.places import (
    COSTS,
    GATE,
    SAID,
    Cost,
    DrawingAnswer,
    Drawn,
    VolumePlace,
    faces,
    listed,
)
from app.core.networks.drawing.scale import LEAST, Scale, depth, ruler
from app.core.networks.network import INPUT, Network
from app.core.numbers import sizes

SLAB = 11.0  # the front of a layer that changes no size
LEAST_WRONG = 48.0  # a finger hits what does not fit
ROOM = 258.0  # for branches, one under another; where it is little, they are drawn smaller
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
    parts = _parting(rows, sources)
    names = opened(all, len(rows), alike, parts) if open is None else list(open)
    items = [
        Item(name or rows[first]["name"], first, last, bool(name), times)
        for first, last, name, times in folded(outline(all, names, len(rows)), alike)
    ]
    scale = _scale(rows, network.input)
    volumes = _sized(_drawn(items, rows, network.input), network.input, scale)
    place = {i: at for at, item in enumerate(items, 1) for i in range(item.first, item.last + 1)}
    place[-1] = 0
    fed: list[set[int]] = [set() for _ in volumes]
    for i, taken in enumerate(sources):
        fed[place[i]] |= {place[source] for source in taken} - {place[i]}
    row = branches.rows(fed)
    inner = _inner(row, volumes)
    texts = {
        n: labels.text(volume, _given(volumes, fed[n]), n in inner)
        for n, volume in enumerate(volumes)
        if not volume["thin"]
    }
    known = {group.name for group in all}
    shown = [
        Open(group, {place[i] for i in range(group.first, group.last + 1)}, children(all, group))
        for group in all
        if group.name in names and _around(group.name, names, known)
    ]
    laid = Arrangement(volumes, texts, fed, shown).laid(row)
    for volume in volumes:
        volume["faces"] = {name: listed(corners) for name, corners in faces(volume).items()}
    tallest = max(volumes, key=lambda volume: volume["height"])
    return {
        "width": round(max(LEAST_WIDTH, laid.right + MARGIN), 2),
        "height": round(laid.foot + 6, 2),
        "volumes": volumes,
        "wires": laid.wires,
        "labels": [label for _, label in sorted(laid.labels.items())],
        "brackets": laid.brackets,
        "ruler": ruler(scale, volumes[0]["x"] - 16, tallest["y"] + tallest["height"]),
        "open": names,
    }


def _given(volumes: Sequence[VolumePlace], sources: Set[int]) -> Sequence[int] | None:
    """The size of what a volume is given, where all that it is given is of one size."""
    outputs = [volumes[source]["output"] for source in sources]
    return outputs[0] if outputs and all(out == outputs[0] for out in outputs) else None


def _inner(row: branches.Row, volumes: Sequence[VolumePlace]) -> set[int]:
    """What stands in branches; it is made smaller where many are to stand one under another."""
    found: set[int] = set()
    for part in row:
        if isinstance(part, int):
            continue
        own = set(branches.members((part,)))
        found |= own
        count = branches.stacked(part)
        recede = max(volumes[n]["recede"] for n in own)
        room = (ROOM + BETWEEN) / count - BETWEEN - recede - labels.DROP - labels.UNDER
        share = min(1.0, room / max(volumes[n]["height"] for n in own))
        for n in own:
            volume = volumes[n]
            volume["branch"] = True
            if volume["gate"]:
                continue
            least = LEAST_WRONG if volume["problem"] else LEAST
            volume["height"] = round(max(least, volume["height"] * share), 2)
            if not volume["thin"]:
                volume["width"] = round(max(least, volume["width"] * share), 2)
    return found


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


def _parting(
    rows: Sequence[Mapping[str, Any]], sources: Sequence[Sequence[int]]
) -> Callable[[Group], bool]:
    """Whether a group has branches in it that are put beside one another."""

    def parts(group: Group) -> bool:
        layers = range(group.first, group.last + 1)
        if not any(rows[i]["type"] == "Concat" for i in layers):
            return False
        within = [{at - group.first + 1 for at in sources[i] if at >= group.first} for i in layers]
        fed = [set[int](), *(taken or {0} for taken in within)]
        row = branches.rows(fed)
        return any(
            isinstance(part, branches.Parallel)
            and isinstance(end, int)
            and rows[group.first + end - 1]["type"] == "Concat"
            for part, end in pairwise(row)
        )

    return parts


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
                "bar": 0.0,
                "after": None,
                "branch": False,
                "faces": {},
            }
        )
    return found


def _sentence(each: Drawn) -> str:
    """What comes out of a volume, and at what cost."""
    name, out = each["name"], each["output"]
    size = sizes(out) if out else "what cannot be known"
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
