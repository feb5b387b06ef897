"""Layers whose names share a prefix (`layer1.0.`), and which of such groups are open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_OPEN = 60  # groups are opened by themselves as long as no more than this is to be drawn


@dataclass(frozen=True)
class Group:
    """A run of layers whose names share a prefix."""

    name: str
    first: int
    last: int
    level: int


def groups(names: Sequence[str]) -> list[Group]:
    """Every run of two or more layers with a common prefix, outer ones first."""
    found: list[Group] = []
    seen: dict[str, int] = {}

    def visit(first: int, last: int, level: int) -> None:
        i = first
        while i <= last:
            parts = names[i].split(".")
            j = i
            if len(parts) > level + 1:
                prefix = parts[: level + 1]
                while (
                    j < last
                    and names[j + 1].split(".")[: level + 1] == prefix
                    and (names[j + 1].count(".") > level)
                ):
                    j += 1
                name = ".".join(prefix)
                if j > i and name not in seen and not (i == first and j == last and level):
                    seen[name] = i
                    found.append(Group(name, i, j, level))
                if j > i:
                    visit(i, j, level + 1)
            i = j + 1

    visit(0, len(names) - 1, 0)
    return sorted(found, key=lambda group: (group.level, group.first))


def opened(all: Sequence[Group], count: int) -> list[str]:
    """The groups that are open unless one says otherwise: level by level, while there is room."""
    names: list[str] = []
    for level in sorted({group.level for group in all}):
        more = [*names, *(group.name for group in all if group.level == level)]
        if len(outline(all, more, count)) > MOST_OPEN:
            break
        names = more
    return names


def outline(all: Sequence[Group], open: Iterable[str], count: int) -> list[tuple[int, int, str]]:
    """(first, last, name of the closed group or "") of each item."""
    chosen, closed = set(open), dict[int, Group]()
    for group in all:
        if group.name not in chosen:
            closed.setdefault(group.first, group)  # the outermost
    found, i = [], 0
    while i < count:
        whole = closed.get(i)
        found.append((i, whole.last, whole.name) if whole else (i, i, ""))
        i = found[-1][1] + 1
    return found
