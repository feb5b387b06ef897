"""A graph without cycles in columns from left to right: ranks, bends, orders and heights.

The steps are Sugiyama's. Every node gets a column (`_ranks`), long wires get a bend in each
column they pass (`_bends`), each column gets an order with few crossings (`_order`), and then
heights that keep chains of gates straight (`_heights`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# In pixels.
MARGIN = 20.0
ROW_GAP = 14.0
BEND_HEIGHT = 7.0
COLUMN_GAP = 50.0
FORK_GAP = 84.0  # where the wires of a fork end, each with its own gradient
STEEPEST_GAP = 150.0

# How far the wire of a node may reach, in columns passed, before the node is moved right to where
# it is used, and whether a node with several uses has room on its right. Inputs stand on the
# left, as on a blackboard, as long as the eye can follow their wires; a small graph tries the next
# attempt while wires cross.
ATTEMPTS = ((2, False), (1, False), (0, False), (0, True))
FEW_NODES = 60
MOST_PUSHED = 8  # vertices that make room for a straight chain
MOST_OWN_BENDS = 1500  # beyond, wires from the same node share their bends from the start
LONGEST_BENT = 24  # then, wires that pass more columns, or more bends in all, run below the rest
MOST_BENDS = 8000
FORWARD_PULL = 0.15  # of a gate to where it is used, against the pull of its operands


@dataclass(frozen=True, slots=True)
class Link:
    source: int
    target: int
    position: int


@dataclass(frozen=True, slots=True)
class Size:
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


@dataclass(frozen=True, slots=True)
class Columns:
    """Of each column: its left edge, the right edge of its heads, its right edge."""

    left: list[float]
    heads: list[float]
    right: list[float]


class Piece:
    """A connected graph in columns. A vertex is a node or, numbered after those, a bend."""

    def __init__(self, sizes: list[Size], links: list[Link]) -> None:
        self.sizes = sizes
        self.links = links
        fewest = -1
        for number, attempt in enumerate(ATTEMPTS):
            self._order(*attempt)
            if fewest < 0 or self.crossings < fewest:
                fewest, best = self.crossings, number
            if not fewest or len(sizes) > FEW_NODES:
                break
        if self.crossings > fewest:
            self._order(*ATTEMPTS[best])
        if self._merge_bends():
            self._connect()
        self.y = _heights(self)

    def _order(self, reach: int, apart: bool) -> None:
        """Find columns, bends and an order, and how many crossings that has."""
        self.rank = _ranks(len(self.sizes), self.links, reach, apart)
        self.routes, self.bends = _bends(self.rank, self.links)
        self.rank = self.rank + [rank for _, rank in self.bends]
        self._connect()
        self.layers, self.crossings = _order(self)

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

    def columns(self) -> Columns:
        """The columns are as wide as their widest nodes; steep wires and forks get more room."""
        gaps = [COLUMN_GAP] * len(self.layers)
        for vertex, ends in enumerate(self.before):
            for start, _ in ends:
                fork = vertex < len(self.sizes) and len(self.after[start]) > 1
                steep = COLUMN_GAP + 0.15 * abs(self.y[vertex] - self.y[start])
                gap = max(FORK_GAP if fork else 0.0, min(steep, STEEPEST_GAP))
                gaps[self.rank[vertex]] = max(gaps[self.rank[vertex]], gap)
        columns = Columns([], [], [])
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


def _ranks(count: int, links: Sequence[Link], reach: int, apart: bool) -> list[int]:
    """The column of each node: right of its operands, moved right if its use is far away."""
    operands: list[list[int]] = [[] for _ in range(count)]
    uses: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        operands[link.target].append(link.source)
        uses[link.source].append(link.target)
    waiting = [len(sources) for sources in operands]
    ready = [node for node in range(count) if not waiting[node]]
    rank = [0] * count
    step = [2 if apart and len(set(targets)) > 1 else 1 for targets in uses]
    for node in ready:  # grows while it is walked
        for target in uses[node]:
            rank[target] = max(rank[target], rank[node] + step[node])
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in reversed(ready):
        if not uses[node]:
            continue
        beside = min(rank[target] for target in uses[node]) - step[node]
        # Inputs that are used here alone come along for nothing.
        held = {s for s in operands[node] if operands[s] or len(set(uses[s])) > 1}
        if beside - rank[node] > reach and len(held) <= len(set(uses[node])):
            rank[node] = beside
    columns = {number: column for column, number in enumerate(sorted(set(rank)))}
    return [columns[number] for number in rank]


def _bends(
    rank: Sequence[int], links: Sequence[Link]
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


def _order(piece: Piece) -> tuple[list[list[int]], int]:
    """The vertices of each column from top to bottom, with as few crossings as found."""
    found = _order_from(piece, _first_order(piece, 1))
    if found[1] and len(piece.sizes) <= FEW_NODES:
        found = min(found, _order_from(piece, _first_order(piece, -1)), key=lambda order: order[1])
    return found


def _order_from(piece: Piece, layers: list[list[int]]) -> tuple[list[list[int]], int]:
    """Sweep to and fro over the columns, sorting each by its neighbors."""
    count = len(piece.rank)
    position = [0.0] * count
    _number(layers, position)
    best, fewest = [layer[:] for layer in layers], _crossings(piece, layers, position)
    for sweep in range(20 if count < 400 else 8 if count < 4000 else 3):
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
    return best, fewest


def _number(layers: Sequence[Sequence[int]], position: list[float]) -> None:
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place


def _first_order(piece: Piece, direction: int) -> list[list[int]]:
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
        operands = sorted(piece.before[vertex], key=lambda end: -direction * end[1])
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


def _crossings(piece: Piece, layers: Sequence[Sequence[int]], position: Sequence[float]) -> int:
    """All crossings: pairs of wires whose ends stand the other way round than their starts."""
    total = 0
    for layer in layers[1:]:
        wires = [
            (position[start], place + port)
            for place, vertex in enumerate(layer)
            for start, port in piece.before[vertex]
        ]
        wires.sort()
        ends: list[float] = []
        for _, end in wires:
            above = bisect_right(ends, end)
            total += len(ends) - above
            ends.insert(above, end)
    return total


def _transpose(piece: Piece, layers: Sequence[list[int]], position: list[float]) -> None:
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


def _gain(piece: Piece, upper: int, lower: int, position: Sequence[float]) -> int:
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


def _heights(piece: Piece) -> list[float]:
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
    passes = 24 if count < 400 else 12 if count < 4000 else 6
    free: dict[int, float] = {}
    for step in range(passes):
        both = step >= passes - 4
        _relax(piece, y, gaps, before, after, step % 2 == 0, both, free)
    straight = _straighten(piece, y, gaps, before, after)
    for step in range(4):
        _relax(piece, y, gaps, before, after, step % 2 == 1, True, straight)
    return y


def _gaps(piece: Piece, layer: Sequence[int]) -> list[float]:
    nodes = len(piece.sizes)
    return [
        piece.below(upper)
        + piece.above(lower)
        + (ROW_GAP if upper < nodes and lower < nodes else ROW_GAP / 2)
        for upper, lower in pairwise(layer)
    ]


_Pulls = list[list[tuple[int, float]]]


def _pulls(piece: Piece) -> tuple[_Pulls, _Pulls]:
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
    piece: Piece,
    y: list[float],
    gaps: Sequence[Sequence[float]],
    before: _Pulls,
    after: _Pulls,
    rightward: bool,
    both: bool,
    fixed: Mapping[int, float],
) -> None:
    """Move column after column towards its neighbors."""
    near = before if rightward else after
    last = len(piece.layers) - 1
    for rank in range(1, last + 1) if rightward else range(last - 1, -1, -1):
        wants, weights = [], []
        for vertex in piece.layers[rank]:
            total = weight = 0.0
            if vertex in fixed:
                total, weight = fixed[vertex] * 1e6, 1e6
            else:
                for end, pull in before[vertex] if both else near[vertex]:
                    total += y[end] * pull
                    weight += pull
                if both:
                    # Mostly, a gate stands in the middle of its operands.
                    share = FORWARD_PULL if before[vertex] else 1.0
                    for end, pull in after[vertex]:
                        total += y[end] * pull * share
                        weight += pull * share
            if not weight:
                total, weight = y[vertex] * 0.01, 0.01
            wants.append(total / weight)
            weights.append(weight)
        placed = spread(wants, weights, gaps[rank])
        for vertex, at in zip(piece.layers[rank], placed, strict=True):
            y[vertex] = at


def spread(wants: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
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
    piece: Piece,
    y: list[float],
    gaps: Sequence[Sequence[float]],
    before: _Pulls,
    after: _Pulls,
) -> dict[int, float]:
    """Put the vertices of each chain at one height, where its columns leave room for that."""
    place = {v: (rank, n) for rank, layer in enumerate(piece.layers) for n, v in enumerate(layer)}
    straight: dict[int, float] = {}

    def limit(vertex: int, side: int) -> float:
        """How far a vertex can go up (side -1) or down (1): those in its way go along."""
        rank, at = place[vertex]
        layer, way = piece.layers[rank], 0.0
        for _ in range(MOST_PUSHED):
            if not 0 <= at + side < len(layer):
                return side * float("inf")
            way += gaps[rank][min(at, at + side)]
            at += side
            if layer[at] in straight:
                break
        return y[layer[at]] - side * way

    def push(vertex: int, side: int) -> None:
        """Move those that stand in the way of a vertex along with it."""
        rank, at = place[vertex]
        layer = piece.layers[rank]
        while 0 <= at + side < len(layer):
            edge = y[layer[at]] + side * gaps[rank][min(at, at + side)]
            at += side
            if side * (y[layer[at]] - edge) >= 0:
                return
            y[layer[at]] = edge

    for chain in sorted(_chains(piece, before, after), key=len, reverse=True):
        parts = [chain]
        while parts:
            part = parts.pop()
            lowest = max(limit(vertex, -1) for vertex in part)
            highest = min(limit(vertex, 1) for vertex in part)
            if lowest <= highest:
                mean = min(max(sum(y[vertex] for vertex in part) / len(part), lowest), highest)
                for vertex in part:
                    y[vertex] = straight[vertex] = mean
                    push(vertex, -1)
                    push(vertex, 1)
            elif len(part) > 2:
                # Break a short chain where it bends most, a long one in the middle.
                middle = len(part) // 2
                if len(part) < 50:
                    jumps = [abs(y[a] - y[b]) for a, b in pairwise(part)]
                    middle = jumps.index(max(jumps)) + 1
                parts += [half for half in (part[:middle], part[middle:]) if len(half) > 1]
    return straight


def _chains(piece: Piece, before: _Pulls, after: _Pulls) -> Iterator[list[int]]:
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
