"""A part of the drawing that is in its place: it is moved as one, and knows how far it reaches."""

from dataclasses import dataclass, field

from app.core.networks.drawing import labels
from app.core.networks.drawing.labels import SizeLabel
from app.core.networks.drawing.places import Bracket, SkipPlace, VolumePlace

BRACKET = 26.0  # between the lines that hold open groups together


@dataclass
class Laid:
    """Volumes by their numbers, and all that belongs to them."""

    volumes: dict[int, VolumePlace] = field(default_factory=dict)
    labels: dict[int, SizeLabel] = field(default_factory=dict)
    wires: list[SkipPlace] = field(default_factory=list)
    brackets: list[Bracket] = field(default_factory=list)

    def take(self, other: "Laid") -> None:
        """All of another too."""
        self.volumes |= other.volumes
        self.labels |= other.labels
        self.wires += other.wires
        self.brackets += other.brackets

    def move(self, right: float, down: float) -> None:
        """Everything by as much."""
        for volume in self.volumes.values():
            volume["x"] = round(volume["x"] + right, 2)
            volume["middle"] = round(volume["middle"] + right, 2)
            volume["bar"] = round(volume["bar"] + right, 2)
            volume["y"] = round(volume["y"] + down, 2)
            volume["top"] = round(volume["top"] + down, 2)
        for label in self.labels.values():
            label["x"] = round(label["x"] + right, 2)
            label["y"] = round(label["y"] + down, 2)
        for wire in self.wires:
            wire["points"] = [[round(x + right, 2), round(y + down, 2)] for x, y in wire["points"]]
        for bracket in self.brackets:
            bracket["start"] = round(bracket["start"] + right, 2)
            bracket["end"] = round(bracket["end"] + right, 2)
            bracket["y"] = round(bracket["y"] + down, 2)

    @property
    def top(self) -> float:
        """How far up it reaches."""
        wires = [y for wire in self.wires for _, y in wire["points"]]
        return min([*wires, *(volume["top"] for volume in self.volumes.values())])

    @property
    def foot(self) -> float:
        """How far down it reaches."""
        volumes = [volume["y"] + volume["height"] for volume in self.volumes.values()]
        lines = [bracket["y"] + BRACKET - 6 for bracket in self.brackets]
        return max([*volumes, *map(labels.foot, self.labels.values()), *lines])

    @property
    def right(self) -> float:
        """Where the last of it ends, depths and labels and all."""
        told = [label["x"] + labels.width(label) / 2 for label in self.labels.values()]
        return max([*told, *map(end, self.volumes.values())])


def end(volume: VolumePlace) -> float:
    """Where one ends, its depth and all."""
    return round(volume["x"] + volume["width"] + volume["recede"], 2)
