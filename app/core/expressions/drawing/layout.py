"""Where everything in a drawing of a computation graph stands: left to right, operands in order.

A node is its gate, or the box with an input's name, and on its right the stub of wire that carries
the value above it and the gradient below. Wires enter a gate in the order of its operands: in
`x + y`, x enters above y.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.drawing.columns import FORK_GAP, MARGIN, Columns, Piece
from app.core.drawing.heights import spread
from app.core.drawing.vertices import Link, Size
from app.core.expressions.drawing.places import (
    Arrangement,
    Box,
    Grid,
    Kind,
    PlacedNode,
    PlacedWire,
    Spot,
    Wire,
)

# Sizes, in pixels at zoom 1.
GATE = 44.0  # diameter of a gate; a longer label makes it a pill of this height
LONGEST_ROUND_LABEL = 3
GATE_CHARACTER = 8.5
GATE_PADDING = 15.0
PORT_SPACING = 12.0  # between wires that enter the same gate
PORT_INSET = 6.0  # from the top and bottom of a gate to its outermost wires
NAME_BOX = 30.0  # height and least width of an input's box
NAME_CHARACTER = 9.5
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
BULGE = 26.0  # between two wires that join the same two nodes
FLOW_WIDTH = 60.0  # of the number at a wire of a fork
FLOW_HEIGHT = 15.0
FLOW_ABOVE = 22.0  # up to above the upper one of two wires that join the same nodes
FLOW_NEIGHBORS = 12  # labels that are kept apart in big drawings
PIECE_GAP = 40.0
LANE = 8.0  # between wires that run below the rest


def arrange_answer(nodes: Sequence[Mapping[str, Any]], output: str) -> Arrangement:
    """Arrange the nodes of an answer; literals that are part of their gate are left out."""
    drawn = [node for node in nodes if not node.get("absorbed")]
    ids = {node["id"] for node in drawn}
    boxes = []
    for node in drawn:
        kind: Kind = "input" if node["op"] in ("input", "constant") else "gate"
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


def arrange(boxes: Sequence[Box], wires: Sequence[Wire], output: str | None = None) -> Arrangement:
    """Arrange a graph without cycles; `output` is the node whose stub ends in its name."""
    sizes = _sizes(boxes, wires, output)
    numbers = {box.id: number for number, box in enumerate(boxes)}
    links = [Link(numbers[wire.source], numbers[wire.target], wire.position) for wire in wires]
    nodes: dict[int, PlacedNode] = {}
    placed: dict[int, PlacedWire] = {}
    width, top = 0.0, MARGIN
    for members, inner in _pieces(len(boxes), links):
        piece = Piece([sizes[number] for number in members], [link for _, link in inner])
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
    return Arrangement(
        round(max(width, 2 * MARGIN), 1),
        round(max(top - PIECE_GAP, MARGIN) + MARGIN, 1),
        [nodes[number] for number in range(len(boxes))],
        [placed[number] for number in range(len(wires))],
    )


# Sizes


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


def _sizes(boxes: Sequence[Box], wires: Sequence[Wire], output: str | None) -> list[Size]:
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


def _size(box: Box, operands: int, ends: bool) -> Size:
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
    return Size(head, head_height, room, stub, ending, above, below, grid, box.kind == "gate")


def _pieces(
    count: int, links: Sequence[Link]
) -> Iterator[tuple[list[int], list[tuple[int, Link]]]]:
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
    inner: dict[int, list[tuple[int, Link]]] = {first: [] for first in members}
    for number, link in enumerate(links):
        renumbered = Link(local[link.source], local[link.target], link.position)
        inner[find(link.source)].append((number, renumbered))
    for first, nodes in members.items():
        yield nodes, inner[first]


# From columns and heights to the picture


def _placed_node(box: Box, size: Size, piece: Piece, columns: Columns, local: int) -> PlacedNode:
    heads, y = columns.heads[piece.rank[local]], piece.y[local]
    x = heads - size.room / 2
    start, end = x + size.head / 2, heads + size.stub
    label = Spot(round((start + end) / 2, 1), y)
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
        Spot(round(end, 1), y),
    )


def _placed_wires(
    piece: Piece, columns: Columns, nodes: Sequence[PlacedNode], bottom: float
) -> list[PlacedWire]:
    heights = [_last_height(piece, number) for number in range(len(piece.links))]
    ports = _ports(piece, nodes, heights)
    lanes: dict[int, float] = {}
    together: dict[tuple[int, int], list[int]] = {}
    for number, link in enumerate(piece.links):
        together.setdefault((link.source, link.target), []).append(number)
    labels: dict[int, list[Spot]] = {}
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
                levels.append((columns.bent[rank], columns.right[rank], piece.y[bend]))
        levels.append((columns.bent[last], end.x, end.y))
        same = sorted(together[link.source, link.target], key=lambda n: piece.links[n].position)
        bulge = (same.index(number) - (len(same) - 1) / 2) * BULGE
        points = _curves(levels, bulge)
        fork = len(piece.after[link.source]) > 1
        others = labels.setdefault(last, []) if fork else []
        label = _flow_label(points, columns.left[last], bulge, others[-FLOW_NEIGHBORS:])
        others.append(label)
        placed.append(
            PlacedWire(nodes[link.source].id, nodes[link.target].id, link.position, points, label)
        )
    return placed


def _last_height(piece: Piece, number: int) -> float:
    """The height from which a wire comes to its gate."""
    link, route = piece.links[number], piece.routes[number]
    if route is None:
        return float("inf")
    return piece.y[route[-1] if route else link.source]


def _ports(piece: Piece, nodes: Sequence[PlacedNode], heights: Sequence[float]) -> dict[int, Spot]:
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
        offsets = spread(wants, [1.0] * len(wants), [PORT_SPACING] * (len(wants) - 1))
        for number, offset in zip(numbers, offsets, strict=True):
            ports[number] = Spot(round(_rim(node, offset), 1), round(node.y + offset, 1))
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


def _flow_label(
    points: Sequence[Sequence[float]], column: float, bulge: float, others: Sequence[Spot]
) -> Spot:
    """A point on the last curve, where wires of a fork have come apart, away from other labels."""
    lift = -FLOW_ABOVE if bulge < 0 else 0.0
    at = next((k for k in range(len(points) - 4, 0, -4) if points[k][0] < column), 0)
    a, b, c, d = points[at : at + 4]
    found = []
    for t in (0.5, 0.64, 0.36, 0.78):
        u = 1 - t
        x, y = (
            u * u * u * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t * t * t * d[i]
            for i in (0, 1)
        )
        if a[1] == b[1] == c[1] == d[1]:
            x = column - FORK_GAP * u
        found.append(Spot(round(x, 1), round(y + lift, 1)))
        if not any(
            abs(x - other.x) < FLOW_WIDTH and abs(found[-1].y - other.y) < FLOW_HEIGHT
            for other in others
        ):
            return found[-1]
    return found[0]
