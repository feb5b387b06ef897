"""What a drawing in columns is made of: nodes with their boxes, wires, and bends of long ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

BEND_HEIGHT = 7.0  # in pixels


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


class Vertices:
    """The vertices of a connected graph: its nodes and, numbered after those, the bends.

    Of each vertex `rank` is its column; of each wire `routes` are its bends (None: it runs below
    the rest); of each bend `bends` are the node its wire comes from and its column.
    """

    sizes: list[Size]
    links: list[Link]
    rank: list[int]
    routes: list[list[int] | None]
    bends: list[tuple[int, int]]
    layers: list[list[int]]
    before: list[list[tuple[int, float]]]
    after: list[list[tuple[int, float]]]

    def connect(self) -> None:
        """Neighbors of each vertex on the left and the right, with the port on the right one."""
        operands: dict[int, int] = {}
        for link in self.links:
            operands[link.target] = max(operands.get(link.target, 0), link.position + 1)
        self.before = [[] for _ in self.rank]
        self.after = [[] for _ in self.rank]
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

    def above(self, vertex: int) -> float:
        return self.sizes[vertex].above if vertex < len(self.sizes) else BEND_HEIGHT

    def below(self, vertex: int) -> float:
        return self.sizes[vertex].below if vertex < len(self.sizes) else BEND_HEIGHT

    def from_gate(self, vertex: int) -> bool:
        """Whether what comes out of a vertex was computed, by a gate."""
        node = vertex if vertex < len(self.sizes) else self.bends[vertex - len(self.sizes)][0]
        return self.sizes[node].gate
