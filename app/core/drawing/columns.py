"""A graph without cycles in columns from left to right: ranks, bends, orders and heights.

The steps are Sugiyama's. Every node gets a column (`ranks`), long wires get a bend in each
column they pass, each column gets an order with few crossings (`ordering`), and then heights
that keep chains of gates straight (`heights`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from app.core.drawing.heights import heights_of
from app.core.drawing.ordering import FEW_NODES, ordered
from app.core.drawing.ranks import bends_of, ranks_of
from app.core.drawing.vertices import Link, Size, Vertices

# In pixels.
MARGIN = 20.0
COLUMN_GAP = 50.0
FORK_GAP = 84.0  # where the wires of a fork end, each with its own gradient
STEEPEST_GAP = 150.0
RUN = 64.0  # straight into the gate, for such a gradient where wires have crossed before
FEW_WIRES = 60  # from column to column, of which crossings are looked for

# How far the wire of a node may reach, in columns passed, before the node is moved right to where
# it is used, and whether a node with several uses has room on its right. Inputs stand on the
# left, as on a blackboard, as long as the eye can follow their wires; a small graph tries the next
# attempt while wires cross.
ATTEMPTS = ((2, False), (1, False), (0, False), (0, True))


@dataclass(frozen=True, slots=True)
class Columns:
    """Of each column: where wires have bent towards it, its left edge, the right edge of its heads,
    its right edge."""

    bent: list[float]
    left: list[float]
    heads: list[float]
    right: list[float]


class Piece(Vertices):
    """A connected graph in columns."""

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
            self.connect()
        self.y = heights_of(self)

    def _order(self, reach: int, apart: bool) -> None:
        """Find columns, bends and an order, and how many crossings that has."""
        self.rank = ranks_of(len(self.sizes), self.links, reach, apart)
        self.routes, self.bends = bends_of(self.rank, self.links)
        self.rank = self.rank + [rank for _, rank in self.bends]
        self.connect()
        self.layers, self.crossings = ordered(self)

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
        uses = Counter(link.source for link in self.links)
        columns = Columns([], [], [], [])
        right = MARGIN
        for number, layer in enumerate(self.layers):
            sizes = [self.sizes[v] for v in layer if v < len(self.sizes)]
            run = RUN if number and self._crossed(number, uses) else 0.0
            left = right + run + (gaps[number] if number else 0.0)
            heads = left + max(size.room for size in sizes)
            right = heads + max(size.stub + size.ending for size in sizes)
            columns.bent.append(round(left - run, 1))
            columns.left.append(round(left, 1))
            columns.heads.append(round(heads, 1))
            columns.right.append(round(right, 1))
        return columns

    def _crossed(self, column: int, uses: Counter[int]) -> bool:
        """Whether a wire of a fork crosses another one on its last way to a gate of this column."""
        starts = {vertex: place for place, vertex in enumerate(self.layers[column - 1])}
        wires = [
            (starts[start], (place, port), vertex < len(self.sizes) and self._forks(start, uses))
            for place, vertex in enumerate(self.layers[column])
            for start, port in self.before[vertex]
            if start in starts
        ]
        return len(wires) <= FEW_WIRES and any(
            (own or other) and a != b and (a < b) != (end < last)
            for (a, end, own), (b, last, other) in combinations(wires, 2)
        )

    def _forks(self, vertex: int, uses: Counter[int]) -> bool:
        """Whether the wires of a scalar come apart somewhere on the way to here."""
        first = len(self.sizes)
        node = vertex if vertex < first else self.bends[vertex - first][0]
        return uses[node] > 1 and self.sizes[node].grid is None
