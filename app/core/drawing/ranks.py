"""The column of each node, and the bends of the wires that pass columns."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.drawing.vertices import Link

MOST_OWN_BENDS = 1500  # beyond, wires from the same node share their bends from the start
LONGEST_BENT = 24  # then, wires that pass more columns, or more bends in all, run below the rest
MOST_BENDS = 8000


def ranks_of(count: int, links: Sequence[Link], reach: int, apart: bool) -> list[int]:
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


def bends_of(
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
