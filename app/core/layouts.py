"""Where everything in a drawing of a computation graph stands: left to right, operands in order.

The layered layout of Sugiyama, aware of ports: in `x + y`, x enters above y. Every node gets a
column (`_ranks`), long wires get a bend in each column they pass (`_bends`), each column gets an
order with few crossings (`_order`), and then heights (`_heights`). A node is its gate, or the box
with an input's name, and the stub of wire on its right that carries the value and the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Sizes, in pixels at zoom 1.
GATE = 44.0  # diameter of a gate; a longer label makes it a pill of this height
LONGEST_ROUND_LABEL = 4
GATE_CHARACTER = 8.5
GATE_PADDING = 15.0
PORT_SPACING = 12.0  # between wires that enter the same gate
PORT_INSET = 6.0  # from the top and bottom of a gate to its outermost wires
NAME_BOX = 30.0  # height and least width of an input's box
NAME_CHARACTER = 9.0
NAME_PADDING = 10.0
LONGEST_LABEL = 24  # a longer name or label is shortened
GATE_NAME_RISE = 7.0  # from the top of a gate to the baseline of its name
GATE_NAME_HEIGHT = 14.0
STUB = 84.0
VALUE_RISE = 8.0  # from the stub up to the baseline of the value
GRADIENT_DROP = 19.0  # from the stub down to the baseline of the gradient
TEXT_ABOVE = 22.0
TEXT_BELOW = 24.0
OUTPUT_NAME_GAP = 10.0
CELL_WIDTH = 46.0
CELL_HEIGHT = 22.0
MOST_READABLE = 6  # rows and columns up to which a grid shows its numbers
LONGEST_READABLE_VECTOR = 10
MAP_WIDTH = 150.0  # a bigger grid is a heat map that fits in here
MAP_HEIGHT = 96.0
MAP_CELL = 5.0
LEAST_MAP = 24.0
MAP_STUB = 130.0  # room for the shape and the scale, which are written over a heat map
SCALE_HEIGHT = 18.0  # for the scale below the heat map of a gradient
GRID_GAP = 9.0  # between the stub and its grids
GRID_PADDING = 10.0  # of stub on either side of a grid
SHAPE_HEIGHT = 18.0  # for the shape above a grid
ROW_GAP = 14.0
BEND_HEIGHT = 7.0
COLUMN_GAP = 50.0
FORK_GAP = 84.0  # where the wires of a fork end, each with its own gradient
STEEPEST_GAP = 150.0
BULGE = 26.0  # between two wires that join the same two nodes
PIECE_GAP = 40.0
MARGIN = 20.0

# A node is moved right, to where it is used, only if its wire would pass more columns than this:
# inputs stand on the left, as on a blackboard, as long as the eye can follow their wires.
REACH = 2
MOST_OWN_BENDS = 1500  # beyond, wires from the same node share their bends from the start
LONGEST_BENT = 24  # then, wires that pass more columns, or more bends in all, run below the rest
MOST_BENDS = 8000
LANE = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be drawn of a node: `label` stands in the gate, or in the box of an input."""

    id: str
    kind: str  # "input" or "gate"
    label: str
    name: str | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """Node `source` is operand `position` of node `target`."""

    source: str
    target: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float

    def to_dict(self) -> dict[str, float]:
        return {"x": self.x, "y": self.y}


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a tensor's values; the one of its gradients has its top at `gradient_y`."""

    x: float
    y: float
    width: float
    height: float
    rows: int
    columns: int
    gradient_y: float

    def to_dict(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """The center and size of a gate or name box, the middle of its stub, and the stub's end."""

    id: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    label: Point
    grid: Grid | None
    out: Point

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "label": self.label.to_dict(),
            "grid": self.grid.to_dict() if self.grid else None,
            "out": self.out.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class PlacedWire:
    """A wire as cubic curves, four points a curve, x never falling."""

    source: str
    target: str
    position: int
    points: list[list[float]]
    label: Point

    @property
    def path(self) -> str:
        """The curves as SVG writes them."""
        parts = [f"M{_text(self.points[0])}"]
        for at in range(0, len(self.points), 4):
            parts.append(f"C{' '.join(_text(point) for point in self.points[at + 1 : at + 4])}")
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "position": self.position,
            "path": self.path,
            "points": self.points,
            "label": self.label.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    nodes: list[PlacedNode]
    wires: list[PlacedWire]

    def to_dict(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "height": self.height,
            "nodes": [node.to_dict() for node in self.nodes],
            "wires": [wire.to_dict() for wire in self.wires],
        }


def arrange_answer(nodes: Sequence[Mapping[str, Any]], output: str) -> Layout:
    """Arrange the nodes of an answer; literals that are part of their gate are left out."""
    drawn = [node for node in nodes if not node.get("absorbed")]
    ids = {node["id"] for node in drawn}
    boxes = []
    for node in drawn:
        kind = "input" if node["op"] in ("input", "constant") else "gate"
        label = node["gate"] if kind == "gate" else node["name"]
        label = label or node["gate"] or node["id"]
        boxes.append(Box(node["id"], kind, label, node["name"], tuple(node["shape"])))
    wires = [
        Wire(source, node["id"], position)
        for node in drawn
        for position, source in enumerate(node["inputs"])
        if source in ids
    ]
    return arrange(boxes, wires, output)


def arrange(boxes: Sequence[Box], wires: Sequence[Wire], output: str | None = None) -> Layout:
    """Arrange a graph without cycles; `output` is the node whose stub ends in its name."""
    sizes = _sizes(boxes, wires, output)
    numbers = {box.id: number for number, box in enumerate(boxes)}
    links = [_Link(numbers[wire.source], numbers[wire.target], wire.position) for wire in wires]
    nodes: dict[int, PlacedNode] = {}
    placed: dict[int, PlacedWire] = {}
    width, top = 0.0, MARGIN
    for members, inner in _pieces(len(boxes), links):
        piece = _Piece([sizes[number] for number in members], [link for _, link in inner])
        columns = piece.columns()
        height = piece.settle(top)
        for local, number in enumerate(members):
            nodes[number] = _placed_node(boxes[number], sizes[number], piece, columns, local)
        ends = [nodes[number] for number in members]
        for (number, _), wire in zip(
            inner, _placed_wires(piece, columns, ends, top + height), strict=True
        ):
            placed[number] = wire
            height = max(height, max(point[1] for point in wire.points) - top)
        width = max(width, columns.right[-1] + MARGIN)
        top += height + PIECE_GAP
    return Layout(
        round(max(width, 2 * MARGIN), 1),
        round(max(top - PIECE_GAP, MARGIN) + MARGIN, 1),
        [nodes[number] for number in range(len(boxes))],
        [placed[number] for number in range(len(wires))],
    )


# Sizes


@dataclass(frozen=True, slots=True)
class _Link:
    source: int
    target: int
    position: int


@dataclass(frozen=True, slots=True)
class _Size:
    """A node's box: the head is the gate or the name box; the stub is `above` below its top.

    `room` is the width of the head or of the name over it, `ending` the one of an output's name.
    """

    head: float
    head_height: float
    room: float
    stub: float
    ending: float
    above: float
    below: float
    grid: tuple[float, float, int, int] | None  # width, height, rows, columns
    gate: bool


def grid_size(shape: Sequence[int]) -> tuple[float, float, int, int]:
    """Width, height, rows and columns of the grid of a tensor: a vector is a column."""
    columns = shape[-1] if len(shape) > 1 else 1
    rows = 1
    for length in shape[:-1] if len(shape) > 1 else shape:
        rows *= length
    if readable(rows, columns):
        return max(columns, 1) * CELL_WIDTH, max(rows, 1) * CELL_HEIGHT, rows, columns
    cell = min(MAP_WIDTH / max(columns, 1), MAP_HEIGHT / max(rows, 1))
    width = min(MAP_WIDTH, max(columns * cell, columns * MAP_CELL, LEAST_MAP))
    height = min(MAP_HEIGHT, max(rows * cell, rows * MAP_CELL, LEAST_MAP))
    return width, height, rows, columns


def readable(rows: int, columns: int) -> bool:
    """Whether a grid of this size shows its numbers; otherwise it is a heat map."""
    most = LONGEST_READABLE_VECTOR if columns == 1 else MOST_READABLE
    return rows <= most and columns <= MOST_READABLE


def _sizes(boxes: Sequence[Box], wires: Sequence[Wire], output: str | None) -> list[_Size]:
    operands: dict[str, int] = {}
    used = set()
    for wire in wires:
        operands[wire.target] = operands.get(wire.target, 0) + 1
        used.add(wire.source)
    return [
        _size(box, operands.get(box.id, 0), box.id == output and box.id not in used)
        for box in boxes
    ]


def shortened(label: str) -> str:
    """A name or label as it fits into its box."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _size(box: Box, operands: int, ends: bool) -> _Size:
    label, name = shortened(box.label), shortened(box.name or "")
    if box.kind == "gate":
        head_height = max(GATE, (operands - 1) * PORT_SPACING + 2 * PORT_INSET)
        head = GATE
        if len(label) > LONGEST_ROUND_LABEL:
            head = max(GATE, len(label) * GATE_CHARACTER + 2 * GATE_PADDING)
    else:
        head_height = NAME_BOX
        head = max(NAME_BOX, len(label) * NAME_CHARACTER + 2 * NAME_PADDING)
    above = max(head_height / 2, TEXT_ABOVE)
    below = max(head_height / 2, TEXT_BELOW)
    ending, room = 0.0, head
    if box.kind == "gate" and name:
        if ends:
            ending = OUTPUT_NAME_GAP + len(name) * NAME_CHARACTER
        else:
            above = max(above, head_height / 2 + GATE_NAME_RISE + GATE_NAME_HEIGHT)
            room = max(room, len(name) * NAME_CHARACTER)
    stub, grid = STUB, None
    if box.shape:
        grid = grid_size(box.shape)
        stub = max(STUB, grid[0] + 2 * GRID_PADDING)
        above = max(above, GRID_GAP + grid[1] + SHAPE_HEIGHT)
        below = max(below, GRID_GAP + grid[1])
        if not readable(*grid[2:]):
            stub = max(stub, MAP_STUB)
            below += SCALE_HEIGHT
    return _Size(head, head_height, room, stub, ending, above, below, grid, box.kind == "gate")


def _pieces(
    count: int, links: Sequence[_Link]
) -> Iterator[tuple[list[int], list[tuple[int, _Link]]]]:
    """The connected pieces: their nodes, and their wires with the nodes numbered anew."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for link in links:
        a, b = find(link.source), find(link.target)
        root[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = {}
    local = [0] * count
    for node in range(count):
        piece = members.setdefault(find(node), [])
        local[node] = len(piece)
        piece.append(node)
    inner: dict[int, list[tuple[int, _Link]]] = {first: [] for first in members}
    for number, link in enumerate(links):
        renumbered = _Link(local[link.source], local[link.target], link.position)
        inner[find(link.source)].append((number, renumbered))
    for first, nodes in members.items():
        yield nodes, inner[first]


# Columns, bends, order, heights of one connected piece


@dataclass(frozen=True, slots=True)
class _Columns:
    """Of each column: its left edge, the right edge of its heads, its right edge."""

    left: list[float]
    heads: list[float]
    right: list[float]


class _Piece:
    """A connected graph in columns. A vertex is a node or, numbered after those, a bend."""

    def __init__(self, sizes: list[_Size], links: list[_Link]) -> None:
        self.sizes = sizes
        self.links = links
        self.rank = _ranks(len(sizes), links)
        self.routes, self.bends = _bends(self.rank, links)
        self.rank = self.rank + [rank for _, rank in self.bends]
        self._connect()
        self.layers = _order(self)
        if self._merge_bends():
            self._connect()
        self.y = _heights(self)

    def _connect(self) -> None:
        """Neighbors of each vertex on the left and the right, with the port on the right one."""
        operands: dict[int, int] = {}
        for link in self.links:
            operands[link.target] = max(operands.get(link.target, 0), link.position + 1)
        self.before: list[list[tuple[int, float]]] = [[] for _ in self.rank]
        self.after: list[list[tuple[int, float]]] = [[] for _ in self.rank]
        joined = set()
        for link, route in zip(self.links, self.routes, strict=True):
            if route is None:
                continue
            stops = [link.source, *route, link.target]
            for left, right in pairwise(stops):
                port = 0.5
                if right == link.target:
                    port = (link.position + 1) / (operands[right] + 1)
                elif (left, right) in joined:
                    continue
                joined.add((left, right))
                self.before[right].append((left, port))
                self.after[left].append((right, port))

    def _merge_bends(self) -> bool:
        """Let wires from the same node that lie side by side share their bends."""
        merged: dict[int, int] = {}
        first = len(self.sizes)
        for layer in self.layers:
            kept: list[int] = []
            for vertex in layer:
                last = kept[-1] if kept else -1
                if vertex >= first and last >= first:
                    a, b = self.before[last][0][0], self.before[vertex][0][0]
                    if merged.get(a, a) == merged.get(b, b):
                        merged[vertex] = last
                        continue
                kept.append(vertex)
            layer[:] = kept
        if merged:
            self.routes = [
                None if route is None else [merged.get(bend, bend) for bend in route]
                for route in self.routes
            ]
        return bool(merged)

    def above(self, vertex: int) -> float:
        return self.sizes[vertex].above if vertex < len(self.sizes) else BEND_HEIGHT

    def below(self, vertex: int) -> float:
        return self.sizes[vertex].below if vertex < len(self.sizes) else BEND_HEIGHT

    def from_gate(self, vertex: int) -> bool:
        """Whether what comes out of a vertex was computed, by a gate."""
        node = vertex if vertex < len(self.sizes) else self.bends[vertex - len(self.sizes)][0]
        return self.sizes[node].gate

    def settle(self, top: float) -> float:
        """Move the piece to below `top`; give its height."""
        highest = min(self.y[v] - self.above(v) for layer in self.layers for v in layer)
        self.y = [round(y + top - highest, 1) for y in self.y]
        return max(self.y[v] + self.below(v) for layer in self.layers for v in layer) - top

    def columns(self) -> _Columns:
        """The columns are as wide as their widest nodes; steep wires and forks get more room."""
        gaps = [COLUMN_GAP] * len(self.layers)
        for vertex, ends in enumerate(self.before):
            for start, _ in ends:
                fork = vertex < len(self.sizes) and len(self.after[start]) > 1
                steep = COLUMN_GAP + 0.15 * abs(self.y[vertex] - self.y[start])
                gap = max(FORK_GAP if fork else 0.0, min(steep, STEEPEST_GAP))
                gaps[self.rank[vertex]] = max(gaps[self.rank[vertex]], gap)
        columns = _Columns([], [], [])
        right = MARGIN
        for number, layer in enumerate(self.layers):
            sizes = [self.sizes[v] for v in layer if v < len(self.sizes)]
            left = right + (gaps[number] if number else 0.0)
            heads = left + max(size.room for size in sizes)
            right = heads + max(size.stub + size.ending for size in sizes)
            columns.left.append(round(left, 1))
            columns.heads.append(round(heads, 1))
            columns.right.append(round(right, 1))
        return columns


def _ranks(count: int, links: Sequence[_Link]) -> list[int]:
    """The column of each node: right of its operands, moved right if its use is far away."""
    operands: list[list[int]] = [[] for _ in range(count)]
    uses: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        operands[link.target].append(link.source)
        uses[link.source].append(link.target)
    waiting = [len(sources) for sources in operands]
    ready = [node for node in range(count) if not waiting[node]]
    rank = [0] * count
    for node in ready:  # grows while it is walked
        for target in uses[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in reversed(ready):
        if not uses[node]:
            continue
        beside = min(rank[target] for target in uses[node]) - 1
        # Inputs that are used here alone come along for nothing.
        held = {s for s in operands[node] if operands[s] or len(set(uses[s])) > 1}
        if beside - rank[node] > REACH and len(held) <= len(set(uses[node])):
            rank[node] = beside
    return rank


def _bends(
    rank: Sequence[int], links: Sequence[_Link]
) -> tuple[list[list[int] | None], list[tuple[int, int]]]:
    """Each wire's bends, and of each bend the node its wire comes from and its column.

    A wire without a route (None) is too long for a big drawing and runs below it.
    """
    spans = [rank[link.target] - rank[link.source] - 1 for link in links]
    farthest: dict[int, int] = {}
    for link, span in zip(links, spans, strict=True):
        farthest[link.source] = max(farthest.get(link.source, 0), span)
    longest = max(spans, default=0)
    share = sum(spans) > MOST_OWN_BENDS
    if share:
        left, longest = MOST_BENDS, LONGEST_BENT
        for span in sorted(farthest.values()):
            left -= min(span, LONGEST_BENT)
            if left < 0:
                longest = max(min(span, LONGEST_BENT) - 1, 1)
                break
    bends: list[tuple[int, int]] = []
    lines: dict[tuple[int, int], list[int]] = {}
    routes: list[list[int] | None] = []
    for link, span in zip(links, spans, strict=True):
        if span > longest:
            routes.append(None)
            continue
        line = lines.setdefault((link.source, -1 if share else link.target), [])
        while len(line) < span:
            bends.append((link.source, rank[link.source] + 1 + len(line)))
            line.append(len(rank) + len(bends) - 1)
        routes.append(line[:span])
    return routes, bends


# Order within the columns


def _order(piece: _Piece) -> list[list[int]]:
    """The vertices of each column from top to bottom, with as few crossings as found."""
    count = len(piece.rank)
    layers = _first_order(piece)
    position = [0.0] * count
    _number(layers, position)
    best, fewest = [layer[:] for layer in layers], _crossings(piece, layers, position)
    for sweep in range(20 if count < 1500 else 8 if count < 5000 else 3):
        if not fewest:
            break
        rightward = sweep % 2 == 0
        neighbors = piece.before if rightward else piece.after
        for layer in layers[1:] if rightward else layers[-2::-1]:
            _sort_by_neighbors(layer, neighbors, position, rightward)
        if count < 600:
            _transpose(piece, layers, position)
        crossings = _crossings(piece, layers, position)
        if crossings < fewest:
            best, fewest = [layer[:] for layer in layers], crossings
    return best


def _number(layers: Sequence[Sequence[int]], position: list[float]) -> None:
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place


def _first_order(piece: _Piece) -> list[list[int]]:
    """Walk from the outputs back, operands in order: for a tree this order has no crossing."""
    layers: list[list[int]] = [[] for _ in range(max(piece.rank) + 1)]
    seen = [False] * len(piece.rank)
    ends = [vertex for vertex in range(len(piece.rank)) if not piece.after[vertex]]
    stack = [(end, False) for end in reversed(ends)]
    while stack:
        vertex, operands_done = stack.pop()
        if operands_done:
            layers[piece.rank[vertex]].append(vertex)
            continue
        if seen[vertex]:
            continue
        seen[vertex] = True
        stack.append((vertex, True))
        operands = sorted(piece.before[vertex], key=lambda end: end[1], reverse=True)
        stack.extend((operand, False) for operand, _ in operands if not seen[operand])
    return layers


def _sort_by_neighbors(
    layer: list[int],
    neighbors: Sequence[Sequence[tuple[int, float]]],
    position: list[float],
    rightward: bool,
) -> None:
    """Sort a column by the mean place of the neighbors, the port counting as part of a place."""
    mean = {}
    for vertex in layer:
        ends = neighbors[vertex]
        if not ends:
            mean[vertex] = position[vertex]
        elif rightward:
            mean[vertex] = sum(position[end] for end, _ in ends) / len(ends)
        else:
            mean[vertex] = sum(position[end] + port - 0.5 for end, port in ends) / len(ends)
    layer.sort(key=mean.__getitem__)
    for place, vertex in enumerate(layer):
        position[vertex] = place


def _crossings(piece: _Piece, layers: Sequence[Sequence[int]], position: Sequence[float]) -> int:
    """All crossings, counted column by column with a Fenwick tree."""
    total = 0
    for layer in layers[1:]:
        wires = [
            (position[start], place + port)
            for place, vertex in enumerate(layer)
            for start, port in piece.before[vertex]
        ]
        wires.sort()
        places = {end: n for n, end in enumerate(sorted({end for _, end in wires}), start=1)}
        tree = [0] * (len(places) + 1)
        for done, (_, end) in enumerate(wires):
            at = place = places[end]
            not_below = 0
            while at:
                not_below += tree[at]
                at &= at - 1
            total += done - not_below
            while place <= len(places):
                tree[place] += 1
                place += place & -place
    return total


def _transpose(piece: _Piece, layers: Sequence[list[int]], position: list[float]) -> None:
    """Swap two vertices that stand one above the other wherever that takes crossings away."""
    for _ in range(4):
        swapped = False
        for layer in layers:
            for place in range(len(layer) - 1):
                upper, lower = layer[place], layer[place + 1]
                if _gain(piece, upper, lower, position) > 0:
                    layer[place], layer[place + 1] = lower, upper
                    position[upper], position[lower] = place + 1, place
                    swapped = True
        if not swapped:
            return


def _gain(piece: _Piece, upper: int, lower: int, position: Sequence[float]) -> int:
    gain = 0
    for a, _ in piece.before[upper]:
        for b, _ in piece.before[lower]:
            gain += (position[a] > position[b]) - (position[a] < position[b])
    for a, port_a in piece.after[upper]:
        for b, port_b in piece.after[lower]:
            p, q = position[a] + port_a, position[b] + port_b
            gain += (p > q) - (p < q)
    return gain


# Heights


def _heights(piece: _Piece) -> list[float]:
    """The y of each vertex: near its neighbors, in order, straight along chains of gates."""
    gaps = [_gaps(piece, layer) for layer in piece.layers]
    before, after = _pulls(piece)
    y = [0.0] * len(piece.rank)
    for layer, between in zip(piece.layers, gaps, strict=True):
        at = -sum(between) / 2
        for vertex, gap in zip(layer, [*between, 0.0], strict=True):
            y[vertex] = at
            at += gap
    count = len(piece.rank)
    passes = 24 if count < 1500 else 12 if count < 5000 else 6
    free: dict[int, float] = {}
    for step in range(passes):
        both = step >= passes - 4
        _relax(piece, y, gaps, before, after, step % 2 == 0, both, free)
    straight = _straighten(piece, y, gaps, before, after)
    for step in range(4):
        _relax(piece, y, gaps, before, after, step % 2 == 1, True, straight)
    return y


def _gaps(piece: _Piece, layer: Sequence[int]) -> list[float]:
    nodes = len(piece.sizes)
    return [
        piece.below(upper)
        + piece.above(lower)
        + (ROW_GAP if upper < nodes and lower < nodes else ROW_GAP / 2)
        for upper, lower in pairwise(layer)
    ]


_Pulls = list[list[tuple[int, float]]]


def _pulls(piece: _Piece) -> tuple[_Pulls, _Pulls]:
    """How strongly each vertex is drawn to the height of its neighbors.

    Long wires want to be straight most of all. A gate follows what was computed; its inputs
    come to it.
    """
    nodes = len(piece.sizes)
    before: _Pulls = [[] for _ in piece.rank]
    after: _Pulls = [[] for _ in piece.rank]
    # Whether all wires through a vertex only join an input to what was computed.
    joins = [
        vertex >= nodes or any(piece.from_gate(start) for start, _ in ends)
        for vertex, ends in enumerate(piece.before)
    ]
    for layer in reversed(piece.layers):
        for vertex in layer:
            if vertex >= nodes:
                joins[vertex] = all(joins[end] for end, _ in piece.after[vertex])
    for vertex, ends in enumerate(piece.before):
        for start, _ in ends:
            pull = 8.0 if vertex >= nodes and start >= nodes else 2.0
            if joins[vertex] and not piece.from_gate(start):
                pull *= 0.01
            before[vertex].append((start, pull))
            after[start].append((vertex, pull))
    return before, after


def _relax(
    piece: _Piece,
    y: list[float],
    gaps: Sequence[Sequence[float]],
    before: _Pulls,
    after: _Pulls,
    rightward: bool,
    both: bool,
    fixed: Mapping[int, float],
) -> None:
    """Move column after column towards its neighbors."""
    near, far = (before, after) if rightward else (after, before)
    last = len(piece.layers) - 1
    for rank in range(1, last + 1) if rightward else range(last - 1, -1, -1):
        wants, weights = [], []
        for vertex in piece.layers[rank]:
            total = weight = 0.0
            if vertex in fixed:
                total, weight = fixed[vertex] * 1e6, 1e6
            else:
                for end, pull in near[vertex]:
                    total += y[end] * pull
                    weight += pull
                if both:
                    for end, pull in far[vertex]:
                        total += y[end] * pull
                        weight += pull
            if not weight:
                total, weight = y[vertex] * 0.01, 0.01
            wants.append(total / weight)
            weights.append(weight)
        placed = _spread(wants, weights, gaps[rank])
        for vertex, at in zip(piece.layers[rank], placed, strict=True):
            y[vertex] = at


def _spread(wants: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones that keep the order and the gaps.

    Isotonic regression: neighbors that would overlap pool into a block at their mean.
    """
    blocks: list[tuple[float, float, int]] = []
    offsets = []
    offset = 0.0
    for number, (want, weight) in enumerate(zip(wants, weights, strict=True)):
        offsets.append(offset)
        total, mass, size = (want - offset) * weight, weight, 1
        while blocks and blocks[-1][0] * mass > total * blocks[-1][1]:
            a, b, c = blocks.pop()
            total, mass, size = total + a, mass + b, size + c
        blocks.append((total, mass, size))
        if number < len(gaps):
            offset += gaps[number]
    means = [total / mass for total, mass, size in blocks for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _straighten(
    piece: _Piece,
    y: list[float],
    gaps: Sequence[Sequence[float]],
    before: _Pulls,
    after: _Pulls,
) -> dict[int, float]:
    """Put the vertices of each chain at one height, where its columns leave room for that."""
    place = {v: (rank, n) for rank, layer in enumerate(piece.layers) for n, v in enumerate(layer)}
    straight: dict[int, float] = {}

    def level(chain: Sequence[int]) -> None:
        if len(chain) < 2:
            return
        lowest, highest = float("-inf"), float("inf")
        for vertex in chain:
            rank, n = place[vertex]
            layer = piece.layers[rank]
            if n:
                lowest = max(lowest, y[layer[n - 1]] + gaps[rank][n - 1])
            if n + 1 < len(layer):
                highest = min(highest, y[layer[n + 1]] - gaps[rank][n])
        if lowest > highest:
            middle = len(chain) // 2
            level(chain[:middle])
            level(chain[middle:])
            return
        mean = sum(y[vertex] for vertex in chain) / len(chain)
        for vertex in chain:
            y[vertex] = straight[vertex] = min(max(mean, lowest), highest)

    for chain in sorted(_chains(piece, before, after), key=len, reverse=True):
        level(chain)
    return straight


def _chains(piece: _Piece, before: _Pulls, after: _Pulls) -> Iterator[list[int]]:
    """Paths on which each vertex is the strongest neighbor, and the only such, of the next."""

    def strongest(ends: Sequence[tuple[int, float]]) -> int:
        if len(ends) == 1:
            return ends[0][0]
        most = max((pull for _, pull in ends), default=0.0)
        named = {end for end, pull in ends if pull == most}
        return named.pop() if len(named) == 1 else -1

    following: dict[int, int] = {}
    for layer in piece.layers:
        for vertex in layer:
            start = strongest(before[vertex])
            if start >= 0 and strongest(after[start]) == vertex:
                following[start] = vertex
    inner = set(following.values())
    for start in following:
        if start not in inner:
            chain = [start]
            while chain[-1] in following:
                chain.append(following[chain[-1]])
            yield chain


# From columns and heights to the picture


def _placed_node(box: Box, size: _Size, piece: _Piece, columns: _Columns, local: int) -> PlacedNode:
    heads, y = columns.heads[piece.rank[local]], piece.y[local]
    x = heads - size.room / 2
    start, end = x + size.head / 2, heads + size.stub
    label = Point(round((start + end) / 2, 1), y)
    grid = None
    if size.grid:
        grid_width, height, rows, count = size.grid
        grid = Grid(
            round(label.x - grid_width / 2, 1),
            round(y - GRID_GAP - height, 1),
            round(grid_width, 1),
            round(height, 1),
            rows,
            count,
            round(y + GRID_GAP, 1),
        )
    return PlacedNode(
        box.id,
        box.kind,
        round(x, 1),
        y,
        round(size.head, 1),
        round(size.head_height, 1),
        label,
        grid,
        Point(round(end, 1), y),
    )


def _placed_wires(
    piece: _Piece, columns: _Columns, nodes: Sequence[PlacedNode], bottom: float
) -> list[PlacedWire]:
    heights = [_last_height(piece, number) for number in range(len(piece.links))]
    ports = _ports(piece, nodes, heights)
    lanes: dict[int, float] = {}
    together: dict[tuple[int, int], list[int]] = {}
    for number, link in enumerate(piece.links):
        together.setdefault((link.source, link.target), []).append(number)
    placed = []
    for number, link in enumerate(piece.links):
        start, end = nodes[link.source].out, ports[number]
        first, last = piece.rank[link.source], piece.rank[link.target]
        levels = [(start.x, columns.right[first], start.y)]
        route = piece.routes[number]
        if route is None:
            lane = lanes.setdefault(link.source, bottom + LANE * (len(lanes) + 1))
            levels.append((columns.left[first + 1], columns.right[last - 1], lane))
        else:
            for bend in route:
                rank = piece.rank[bend]
                levels.append((columns.left[rank], columns.right[rank], piece.y[bend]))
        levels.append((columns.left[last], end.x, end.y))
        same = sorted(together[link.source, link.target], key=lambda n: piece.links[n].position)
        bulge = (same.index(number) - (len(same) - 1) / 2) * BULGE
        points = _curves(levels, bulge)
        label = _fork_label(points, levels[-1][0], bulge)
        placed.append(
            PlacedWire(nodes[link.source].id, nodes[link.target].id, link.position, points, label)
        )
    return placed


def _last_height(piece: _Piece, number: int) -> float:
    """The height from which a wire comes to its gate."""
    link, route = piece.links[number], piece.routes[number]
    if route is None:
        return float("inf")
    return piece.y[route[-1] if route else link.source]


def _ports(
    piece: _Piece, nodes: Sequence[PlacedNode], heights: Sequence[float]
) -> dict[int, Point]:
    """Where wires meet the rim of their gate: in order, each nearest to where it comes from."""
    entering: dict[int, list[int]] = {}
    for number, link in enumerate(piece.links):
        entering.setdefault(link.target, []).append(number)
    ports = {}
    for target, numbers in entering.items():
        node = nodes[target]
        numbers.sort(key=lambda n: piece.links[n].position)
        half = node.height / 2 - PORT_INSET
        spare = 2 * half - PORT_SPACING * (len(numbers) - 1)
        wants = []
        for place, number in enumerate(numbers):
            low = PORT_SPACING * place - half
            wants.append(min(max(heights[number] - node.y, low), low + spare))
        spread = _spread(wants, [1.0] * len(wants), [PORT_SPACING] * (len(wants) - 1))
        for number, offset in zip(numbers, spread, strict=True):
            ports[number] = Point(round(_rim(node, offset), 1), round(node.y + offset, 1))
    return ports


def _rim(node: PlacedNode, offset: float) -> float:
    """The left rim of a gate, which is round at its corners, at an offset from its middle."""
    radius = min(node.width, node.height, GATE) / 2
    within = max(abs(offset) - (node.height / 2 - radius), 0.0)
    return node.x - node.width / 2 + radius - math.sqrt(radius**2 - within**2)


def _curves(levels: Sequence[tuple[float, float, float]], bulge: float) -> list[list[float]]:
    """Join levels (from x, to x, at y) by curves; levels of one height become one line."""
    joined = [levels[0]]
    for level in levels[1:]:
        if level[2] == joined[-1][2] and not (bulge and level is levels[-1]):
            joined[-1] = (joined[-1][0], level[1], level[2])
        else:
            joined.append(level)
    points: list[list[float]] = []
    for number, (left, right, y) in enumerate(joined):
        if number:
            x0, y0 = joined[number - 1][1:]
            lift = bulge if number == len(joined) - 1 else 0.0
            middle = round((x0 + left) / 2, 1)
            points += [[x0, y0], [middle, y0 + lift], [middle, y + lift], [left, y]]
        if right > left or (not points and number == len(joined) - 1):
            third = round((right - left) / 3, 1)
            points += [[left, y], [left + third, y], [right - third, y], [right, y]]
    return [[round(x, 1), round(y, 1)] for x, y in points]


def _fork_label(points: Sequence[Sequence[float]], column: float, bulge: float) -> Point:
    """The middle of the last curve, where wires of a fork have come apart."""
    for at in range(len(points) - 4, -1, -4):
        a, b, c, d = points[at : at + 4]
        if a[0] < column:
            x = (a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8
            y = (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8
            if a[1] == b[1] == c[1] == d[1]:
                x = column - COLUMN_GAP
            return Point(round(x, 1), round(y + (-TEXT_ABOVE / 2 if bulge < 0 else 0.0), 1))
    return Point(points[0][0], points[0][1])


def _text(point: Sequence[float]) -> str:
    return f"{point[0]:g} {point[1]:g}"
