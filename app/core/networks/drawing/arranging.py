"""Where volumes stand: from left to right, and branches in rows between what they share.

A row is laid on an axis of its own; rows of branches are then put one under another, with room for
all that belongs to each. Whatever does not come from the volume just before comes by a wire.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from app.core.networks.drawing import labels
from app.core.networks.drawing.branches import Parallel, Row, members
from app.core.networks.drawing.groups import Group
from app.core.networks.drawing.labels import Text
from app.core.networks.drawing.laid import BRACKET, Laid, end
from app.core.networks.drawing.places import SkipPlace, VolumePlace, across, over, wire

GAP = 9.0  # between a volume and the next, besides what of its depth is seen
SEEN = 0.65  # the share of a volume's depth that the next one leaves to be seen
STRANGER = 18.0  # before a volume that takes nothing from the one to its left
MARGIN = 28.0
RULER = 52.0  # what the ruler takes at the left, with its numbers
ARC = 15.0  # a wire's rise above the volumes, by its level
LEAST_WIDTH = 440.0
FORK = 32.0  # what wires take where branches part, and where they meet
BETWEEN = 9.0  # from the lowest of a branch to the highest of the next
SINK = 24.0  # branches stand about the middle of a volume with its label
AMOUNT = 60.0  # what the bar of a volume in a branch takes, with its number
SLAB_BAR, SLAB_APART = 22.0, 9.0  # from it to the bar of a slab behind, and of one more


@dataclass(frozen=True)
class Open:
    """A group that is open: the volumes in it, and of how many blocks it is made."""

    group: Group
    inside: Set[int]
    times: int


@dataclass
class Arrangement:
    """The volumes of a drawing, what is said of each and what it takes, and the open groups."""

    volumes: Sequence[VolumePlace]
    texts: Mapping[int, Text]  # slabs have none
    sources: Sequence[Set[int]]
    groups: Sequence[Open]
    _held: set[str] = field(default_factory=set)  # groups that have their bracket
    _parts: dict[int, float] = field(default_factory=dict)  # where wires from a volume part
    _meets: dict[int, float] = field(default_factory=dict)  # where wires to a volume meet
    _skips: set[tuple[int, int]] = field(default_factory=set)

    def laid(self, row: Row) -> Laid:
        """Everything in its place, in the middle of the narrowest picture if it is short."""
        laid = self._row(row, MARGIN + RULER, 0.0, outer=True)
        laid.wires += self._branching()
        self._hold(laid)
        highest = min(laid.top, *(volume["top"] - 14 for volume in self.volumes))
        short = max(0.0, LEAST_WIDTH - laid.right - MARGIN)
        laid.move(short / 2, MARGIN / 2 - highest)
        for one in laid.wires:
            one["path"] = (over if one["kind"] == "skip" else across)(one["points"])
        return laid

    def _row(self, row: Row, at: float, clear: float, outer: bool = False) -> Laid:
        """Volumes with their middles on one axis; x and y are a front's upper left.

        Each stands as near to the one before as both their labels and that one's depth allow; where
        it takes nothing from that one it stands apart.
        """
        laid = Laid()
        before: int | None = None
        for n, part in enumerate(row):
            if isinstance(part, Parallel):
                if before is not None:
                    at = max(end(self.volumes[before]), clear) + FORK
                    self._parts[before] = at - FORK / 2
                branches = self._branches(part, at)
                right = branches.right
                if outer:
                    branches.move(0, SINK)
                    right = self._spread(sorted(branches.volumes), at, right)
                at = clear = right + FORK
                laid.take(branches)
                before = None
                continue
            if before is None and laid.volumes:
                self._meets[part] = at - FORK / 2
            elif before is not None and before in self.sources[part]:
                self.volumes[part]["after"] = before
            elif before is not None:
                at, clear = at + STRANGER, clear + STRANGER
            at, clear = self._stand(part, before, at, clear)
            laid.volumes[part] = self.volumes[part]
            before = part
            if part in self.texts:
                slab = row[n + 1] if n + 1 < len(row) else None
                beside = self.volumes[slab] if isinstance(slab, int) else None
                laid.labels[part] = labels.label(self.texts[part], self.volumes[part], beside)
        laid.wires += self._skipping(row)
        return laid

    def _stand(
        self, number: int, before: int | None, at: float, clear: float
    ) -> tuple[float, float]:
        """One volume behind another: where it ends, and from where on there is no label."""
        volume = self.volumes[number]
        half = labels.width(self.texts.get(number)) / 2
        if before is not None:
            other = self.volumes[before]
            if not volume["thin"]:
                at += GAP + SEEN * other["recede"]
            if volume["height"] + 12 < other["height"]:  # a label keeps off a taller side
                clear = max(clear, end(other) + 2)
        if not volume["thin"]:
            at = max(at, clear + half - volume["width"] / 2)
        volume["x"] = round(at, 2)
        volume["middle"] = volume["bar"] = round(at + volume["width"] / 2, 2)
        volume["y"] = round(-volume["height"] / 2, 2)
        volume["top"] = round(volume["y"] - volume["recede"], 2)
        if not volume["thin"]:
            clear = volume["middle"] + half + labels.APART
        return at + volume["width"], clear

    def _branches(self, part: Parallel, at: float) -> Laid:
        """Rows that all begin at one place, one under another."""
        found, foot = Laid(), 0.0
        firsts = [branch[0] for branch in part.rows if isinstance(branch[0], int)]
        wide = [labels.width(self.texts.get(n)) - self.volumes[n]["width"] for n in firsts]
        lead = max(0.0, *wide) / 2 if wide else 0.0  # so that all fronts begin at one place
        for branch in part.rows:
            laid = self._row(branch, at + lead, at)
            self._hold(laid, short=True)
            laid.move(0, foot - laid.top)
            foot = laid.foot + BETWEEN
            found.take(laid)
        found.move(0, -(foot - BETWEEN) / 2)
        return found

    def _spread(self, numbers: Sequence[int], left: float, right: float) -> float:
        """Bars of branches beside one another, in the order of the network; where the last ends."""
        slots: list[list[int]] = []
        for number in numbers:
            if self.volumes[number]["thin"] and slots:
                slots[-1].append(number)
            else:
                slots.append([number])
        pitch = max(AMOUNT, (right - left) / len(slots))
        for n, slot in enumerate(slots):
            for behind, number in enumerate(slot):
                beside = SLAB_BAR + SLAB_APART * (behind - 1) if behind else 0.0
                self.volumes[number]["bar"] = round(left + pitch * (n + 0.5) + beside, 2)
        return max(right, left + pitch * len(slots))

    def _skipping(self, row: Row) -> list[SkipPlace]:
        """Wires over what lies between; nested ones rise above one another."""
        at = {part: n for n, part in enumerate(row) if isinstance(part, int)}
        found = sorted(
            (
                (source, target)
                for target in at
                for source in self.sources[target]
                if source in at and self.volumes[target]["after"] != source
            ),
            key=lambda ends: at[ends[1]] - at[ends[0]],
        )
        self._skips.update(found)
        tops = [min(self.volumes[n]["top"] for n in members((part,))) for part in row]
        levels = [0] * len(row)  # the highest wire so far between a part and the next
        wires: list[SkipPlace] = []
        for source, target in found:
            first, last = at[source], at[target]
            level = min(6, max(levels[first:last]) + 1)
            levels[first:last] = [level] * (last - first)
            high = min(tops[first : last + 1]) - ARC * level + 2
            points = self._over(source, target, high)
            wires.append(wire("skip", source, target, points, level))
        return wires

    def _over(self, source: int, target: int, high: float) -> list[list[float]]:
        """The way from the top of one volume over all between to the top of another."""
        out, into = self.volumes[source], self.volumes[target]
        x0 = round(out["middle"] + out["recede"] / 2, 2)
        x1 = round(into["middle"] + into["recede"] / 2, 2)
        y0, y1, y = out["top"] + out["recede"] / 2, into["top"] + into["recede"] / 2, round(high, 2)
        return [[x0, round(y0, 2)], [x0, y], [x1, y], [x1, round(y1, 2)]]

    def _branching(self) -> list[SkipPlace]:
        """From where branches part to each of them, and from each to where they meet."""
        wires: list[SkipPlace] = []
        for target, sources in enumerate(self.sources):
            for source in sorted(sources):
                meant = (source, target)
                if meant in self._skips or self.volumes[target]["after"] == source:
                    continue
                meets = target in self._meets
                bus = self._meets[target] if meets else self._parts[source]
                wires.append(wire("branch", source, target, self._across(source, target, bus)))
        return wires

    def _across(self, source: int, target: int, bus: float) -> list[list[float]]:
        """The way from the right of one volume up or down to the left of another."""
        out, into = self.volumes[source], self.volumes[target]
        x0 = out["x"] + out["width"] + min(out["recede"], out["height"] / 2)
        (y0, y1) = (v["y"] + v["height"] / 2 for v in (out, into))
        points = [(x0, y0), (bus, y0), (bus, y1), (into["x"], y1)]
        return [[round(x, 2), round(y, 2)] for x, y in points]

    def _hold(self, laid: Laid, short: bool = False) -> None:
        """A bracket for each group all of which lies in this part of the drawing."""
        inside = [
            one
            for one in self.groups
            if one.group.name not in self._held and one.inside <= laid.volumes.keys()
        ]
        levels = sorted({one.group.level for one in inside}, reverse=True)
        foot = laid.foot + 6
        for one in inside:
            self._held.add(one.group.name)
            own = [self.volumes[n] for n in one.inside]
            laid.brackets.append(
                {
                    "name": one.group.name,
                    "said": one.group.name.rpartition(".")[2] if short else one.group.name,
                    "layers": one.group.last - one.group.first + 1,
                    "times": one.times,
                    "start": min(volume["x"] for volume in own),
                    "end": max(map(end, own)),
                    "y": round(foot + BRACKET * levels.index(one.group.level), 2),
                }
            )
