"""The places of what is drawn of a computation graph, in pixels at zoom 1 from the top left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from typing_extensions import TypedDict

Kind = Literal["input", "gate"]


class Point(TypedDict):
    x: float
    y: float


class GridPlace(TypedDict):
    """Where a tensor's grids stand: the value's above the wire, the gradient's below."""

    x: float
    y: float
    gradient_y: float
    width: float
    height: float
    rows: int
    columns: int


class NodePlace(TypedDict):
    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    label: Point
    grid: GridPlace | None
    out: Point


class WirePlace(TypedDict):
    source: str
    target: str
    position: int
    path: str
    points: list[list[float]]
    label: Point


class Layout(TypedDict):
    """Where everything stands, in pixels at zoom 1 from the top left."""

    width: float
    height: float
    nodes: list[NodePlace]
    wires: list[WirePlace]


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be drawn of a node: `label` stands in the gate, or in the box of an input."""

    id: str
    kind: Kind
    label: str
    name: str | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """Node `source` is operand `position` of node `target`."""

    source: str
    target: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float

    def to_dict(self) -> Point:
        return {"x": self.x, "y": self.y}


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a tensor's values; the one of its gradients has its top at `gradient_y`."""

    x: float
    y: float
    width: float
    height: float
    rows: int
    columns: int
    gradient_y: float

    def to_dict(self) -> GridPlace:
        return {
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "rows": self.rows,
            "columns": self.columns,
            "gradient_y": self.gradient_y,
        }


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """The center and size of a gate or name box, the middle of its stub, and the stub's end."""

    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    label: Spot
    grid: Grid | None
    out: Spot

    def to_dict(self) -> NodePlace:
        return {
            "id": self.id,
            "kind": self.kind,
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "label": self.label.to_dict(),
            "grid": self.grid.to_dict() if self.grid else None,
            "out": self.out.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class PlacedWire:
    """A wire as cubic curves, four points a curve, x never falling."""

    source: str
    target: str
    position: int
    points: list[list[float]]
    label: Spot

    @property
    def path(self) -> str:
        """The curves as SVG writes them."""
        parts = [f"M{_text(self.points[0])}"]
        for at in range(0, len(self.points), 4):
            parts.append(f"C{' '.join(_text(point) for point in self.points[at + 1 : at + 4])}")
        return "".join(parts)

    def to_dict(self) -> WirePlace:
        return {
            "source": self.source,
            "target": self.target,
            "position": self.position,
            "path": self.path,
            "points": self.points,
            "label": self.label.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Arrangement:
    width: float
    height: float
    nodes: list[PlacedNode]
    wires: list[PlacedWire]

    def to_dict(self) -> Layout:
        return {
            "width": self.width,
            "height": self.height,
            "nodes": [node.to_dict() for node in self.nodes],
            "wires": [wire.to_dict() for wire in self.wires],
        }


def _text(point: Sequence[float]) -> str:
    return f"{point[0]:g} {point[1]:g}"
