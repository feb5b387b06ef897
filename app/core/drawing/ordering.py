"""The order within the columns: as few crossings as can be found by sweeping to and fro."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from app.core.drawing.vertices import Vertices

FEW_NODES = 60  # so many are tried from both sides


def ordered(piece: Vertices) -> tuple[list[list[int]], int]:
    """The vertices of each column from top to bottom, with as few crossings as found."""
    found = _order_from(piece, _first_order(piece, 1))
    if found[1] and len(piece.sizes) <= FEW_NODES:
        found = min(found, _order_from(piece, _first_order(piece, -1)), key=lambda order: order[1])
    return found


def _order_from(piece: Vertices, layers: list[list[int]]) -> tuple[list[list[int]], int]:
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


def _first_order(piece: Vertices, direction: int) -> list[list[int]]:
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


def _crossings(piece: Vertices, layers: Sequence[Sequence[int]], position: Sequence[float]) -> int:
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


def _transpose(piece: Vertices, layers: Sequence[list[int]], position: list[float]) -> None:
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


def _gain(piece: Vertices, upper: int, lower: int, position: Sequence[float]) -> int:
    gain = 0
    for a, _ in piece.before[upper]:
        for b, _ in piece.before[lower]:
            gain += (position[a] > position[b]) - (position[a] < position[b])
    for a, port_a in piece.after[upper]:
        for b, port_b in piece.after[lower]:
            p, q = position[a] + port_a, position[b] + port_b
            gain += (p > q) - (p < q)
    return gain
