"""The heights of the vertices: near their neighbors, in order, straight along chains of gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from app.core.drawing.vertices import Vertices

ROW_GAP = 14.0  # in pixels
FORWARD_PULL = 0.15  # of a gate to where it is used, against the pull of its operands
MOST_PUSHED = 8  # vertices that make room for a straight chain


def heights_of(piece: Vertices) -> list[float]:
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


def _gaps(piece: Vertices, layer: Sequence[int]) -> list[float]:
    nodes = len(piece.sizes)
    return [
        piece.below(upper)
        + piece.above(lower)
        + (ROW_GAP if upper < nodes and lower < nodes else ROW_GAP / 2)
        for upper, lower in pairwise(layer)
    ]


_Pulls = list[list[tuple[int, float]]]


def _pulls(piece: Vertices) -> tuple[_Pulls, _Pulls]:
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
    piece: Vertices,
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
    piece: Vertices,
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


def _chains(piece: Vertices, before: _Pulls, after: _Pulls) -> Iterator[list[int]]:
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
