"""Layers whose names share a prefix (`layer1.0.`): which groups are open, and which alike."""

from collections.abc import Callable, Iterable, Sequence
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


Outlined = tuple[int, int, str]
Alike = Callable[[int, int, int, int], bool]


def opened(
    all: Sequence[Group],
    count: int,
    alike: Alike | None = None,
    parts: Callable[[Group], bool] = lambda group: False,
) -> list[str]:
    """The groups that are open unless one says otherwise: level by level, while there is room.

    Of blocks that repeat the first stays open, so that one is seen from within; so does the first
    that has branches, and those that repeat it stay closed even where there is room.
    """
    names: list[str] = []
    parting = {group.name for group in all if parts(group)}
    for level in sorted({group.level for group in all}):
        closed = folded(outline(all, names, count), alike)
        if any(times > 1 and name in parting for *_, name, times in closed):
            break
        more = [*names, *(group.name for group in all if group.level == level)]
        if len(folded(outline(all, more, count), alike)) > MOST_OPEN:
            break
        names = more
    repeated = (name for *_, name, times in folded(outline(all, names, count), alike) if times > 1)
    names = [*names, *list(repeated)[:1]]
    branched: list[Group] = []
    for group in sorted(
        (group for group in all if group.name in parting), key=lambda group: -group.level
    ):
        if not any(group.first <= one.first and one.last <= group.last for one in branched):
            branched.append(group)
    branched.sort(key=lambda group: group.first)
    if any(group.name in names for group in branched):
        return names
    shown = {name for *_, name in outline(all, names, count)}
    return [*names, *[group.name for group in branched if group.name in shown][:1]]


def outline(all: Sequence[Group], open: Iterable[str], count: int) -> list[Outlined]:
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


def folded(
    items: Sequence[Outlined], alike: Alike | None = None
) -> list[tuple[int, int, str, int]]:
    """Closed neighbours that are alike as one: (first, last, name of the first one, how many)."""
    found: list[tuple[int, int, str, int]] = []
    before: Outlined | None = None
    for item in items:
        first, last, name = item
        if before and name and before[2] and alike:
            start, stop, before_name = before
            siblings = name.rpartition(".")[0] == before_name.rpartition(".")[0]
            if siblings and last - first == stop - start and alike(start, stop, first, last):
                known, _, kept, times = found[-1]
                found[-1] = (known, last, kept, times + 1)
                before = item
                continue
        found.append((first, last, name, 1))
        before = item
    return found


def children(all: Sequence[Group], group: Group) -> int:
    """How many blocks a group is made of, if it is of nothing else; else 0."""
    inner = [
        one
        for one in all
        if one.level == group.level + 1 and group.first <= one.first and one.last <= group.last
    ]
    whole = sum(one.last - one.first + 1 for one in inner) == group.last - group.first + 1
    return len(inner) if whole else 0
