"""Where a network parts into branches that meet again: what is drawn in rows, one under another.

Between what all branches take and what takes them all, whatever is joined to one another is one
branch. A path that only skips (a residual block's, a U-Net's) parts nothing.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

MOST_BETWEEN = 200  # from where branches part to where they meet; longer ones stay a chain


@dataclass(frozen=True)
class Parallel:
    """Branches with the same beginning and the same end."""

    rows: tuple["Row", ...]


Part = int | Parallel
Row = tuple[Part, ...]


def rows(sources: Sequence[Set[int]]) -> Row:
    """All in the order of the network, branches among them; `sources` says what each one takes."""
    targets: list[set[int]] = [set() for _ in sources]
    for item, taken in enumerate(sources):
        for source in taken:
            targets[source].add(item)
    return _row(range(len(sources)), sources, targets, inner=False)


def members(row: Row) -> Iterator[int]:
    """Everything in a row, and in the rows of its branches."""
    for part in row:
        if isinstance(part, int):
            yield part
        else:
            for branch in part.rows:
                yield from members(branch)


def stacked(part: Part) -> int:
    """How many rows stand one under another at most."""
    if isinstance(part, int):
        return 1
    return sum(max(map(stacked, row)) for row in part.rows)


def _row(
    items: Sequence[int], sources: Sequence[Set[int]], targets: Sequence[Set[int]], inner: bool
) -> Row:
    """One row; an inner one comes from before its first (-1) and goes on behind its last."""
    at, end = {item: n for n, item in enumerate(items)}, len(items)
    takes = [{at.get(source, -1) for source in sources[item]} for item in items]
    gives = [max((at.get(target, end) for target in targets[item]), default=-1) for item in items]
    takes.append({n for n, last in enumerate(gives) if last == end} if inner else set())
    found: list[Part] = []
    place = end
    while place >= 0:
        if place < end:
            found.append(items[place])
        start, branches = _between(place, takes, gives)
        if len(branches) > 1:
            inside = ([items[n] for n in branch] for branch in branches)
            found.append(
                Parallel(tuple(_row(branch, sources, targets, inner=True) for branch in inside))
            )
            place = start
        else:
            place -= 1
    return tuple(reversed(found))


def _between(
    end: int, takes: Sequence[Set[int]], gives: Sequence[int]
) -> tuple[int, list[list[int]]]:
    """What all that meets at `end` has parted from, and the branches between; none if it has not.

    Nothing between takes anything from before, or gives anything to what is behind.
    """
    if len(takes[end]) < 2:
        return end, []
    start, n = min(takes[end]), end - 1
    while n > start:
        if gives[n] > end or end - n > MOST_BETWEEN:
            return end, []
        start = min(start, *takes[n]) if takes[n] else start
        n -= 1
    branch: dict[int, list[int]] = {}
    for n in range(start + 1, end):
        branch[n] = [n]
        for source in takes[n]:
            if source > start and branch[source] is not branch[n]:
                joined = sorted([*branch[source], *branch[n]])
                branch |= dict.fromkeys(joined, joined)
    return start, list({id(one): one for one in branch.values()}.values())
