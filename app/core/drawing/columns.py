"""A graph without cycles in columns from left to right: ranks, bends, orders and heights.

The steps are Sugiyama's. Every node gets a column (`ranks`), long wires get a bend in each
column they pass, each column gets an order with few crossings (`ordering`), and then heights
that keep chains of gates straight (`heights`).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.drawing.heights import heights_of
from app.core.drawing.ordering import FEW_NODES, ordered
from app.core.drawing.ranks import bends_of, ranks_of
from app.core.drawing.vertices import Link, Size, Vertices

# In pixels.
MARGIN = 20.0
COLUMN_GAP = 50.0
FORK_GAP = 84.0  # where the wires of a fork end, each with its own gradient
STEEPEST_GAP = 150.0

# How far the wire of a node may reach, in columns passed, before the node is moved right to where
# it is used, and whether a node with several uses has room on its right. Inputs stand on the
# left, as on a blackboard, as long as the eye can follow their wires; a small graph tries the next
# attempt while wires cross.
ATTEMPTS = ((2, False), (1, False), (0, False), (0, True))


@dataclass(frozen=True, slots=True)
class Columns:
    """Of each column: its left edge, the right edge of its heads, its right edge."""

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
