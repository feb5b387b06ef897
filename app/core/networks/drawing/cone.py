"""What a unit sees, drawn: a sheet for each layer, and on each what the unit sees of it.

Sheets are to one scale: a unit is drawn as large as the step from it to the next is on the input,
right above what it sees. Rows run down, columns recede.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.networks.cones import Cone, Region
from app.core.networks.network import INPUT, Analysis
from app.core.networks.receptive_fields import Pair, first_sight

RECEDE = cos(pi / 4) / 2  # cabinet projection: depth at 45 degrees and half its length
HEIGHT = 200.0  # of the input's sheet in pixels
WIDTH = 1080.0
MOST_SHEETS = 8
MOST_LINES = 34  # sheets with more units than this along a side get no lines between them
TOP, MARGIN, FOOT = 22.0, 20.0, 58.0

Points = list[list[float]]


class SheetPlace(TypedDict):
    """One layer of the cone's drawing: its units, and which of them are seen."""

    name: str
    type: str
    kind: str
    units: Pair
    seen: Pair | None
    outline: list[list[float]]
    region: list[list[float]] | None
    lines: list[list[list[float]]]
    label: list[float]


class ConeDrawing(TypedDict):
    width: float
    height: float
    sheets: list[SheetPlace]
    rays: Annotated[
        list[list[list[list[float]]]], Field(description="Between sheets, corner to corner.")
    ]


@dataclass(frozen=True)
class Sheet:
    """A layer's units above the input: the first one's corner and how large each is, in pixels."""

    name: str
    type: str
    kind: str
    units: tuple[int, int]
    seen: Region | None
    start: tuple[float, float] = (0.0, 0.0)
    cell: tuple[float, float] = (1.0, 1.0)


def cone_drawing(result: Analysis, cone: Cone) -> ConeDrawing:
    """Sheets from the input on the left to the unit on the right, and the rays between them."""
    regions = {region["name"]: region for region in cone["regions"]}
    sheets = [_input_sheet(result, cone)]
    for i in stations(result, list(regions)):
        sheets.append(_sheet(result, i, regions[result.network.layers[i].name]))
    high, wide = sheets[0].units
    pixel = HEIGHT / max(high, wide)
    depth = wide * pixel * RECEDE
    step = (WIDTH - 2 * MARGIN - depth) / max(1, len(sheets) - 1)
    step = min(step, 210.0)
    middle = high / 2, wide / 2
    tall = high * pixel + depth

    def at(n: int, row: float, column: float) -> list[float]:
        back = (column - middle[1]) * pixel * RECEDE
        x = MARGIN + depth / 2 + n * step + back
        return [round(x, 2), round(TOP + tall / 2 + (row - middle[0]) * pixel - back, 2)]

    drawn: list[SheetPlace] = []
    for n, sheet in enumerate(sheets):
        (top, left), (dy, dx), (rows, columns) = sheet.start, sheet.cell, sheet.units
        bottom, right = top + dy * rows, left + dx * columns

        def corners(
            a: float, b: float, c: float, d: float, n: int = n
        ) -> Points:  # rows a to b, columns c to d
            return [at(n, a, c), at(n, a, d), at(n, b, d), at(n, b, c)]

        seen = sheet.seen
        region = seen and corners(
            top + seen["rows"][0] * dy,
            top + (seen["rows"][1] + 1) * dy,
            left + seen["columns"][0] * dx,
            left + (seen["columns"][1] + 1) * dx,
        )
        lines = []
        if max(rows, columns) <= MOST_LINES:
            lines += [[at(n, top + r * dy, left), at(n, top + r * dy, right)]
                      for r in range(1, rows)]  # fmt: skip
            lines += [[at(n, top, left + c * dx), at(n, bottom, left + c * dx)]
                      for c in range(1, columns)]  # fmt: skip
        drawn.append(
            {
                "name": sheet.name,
                "type": sheet.type,
                "kind": sheet.kind,
                "units": [rows, columns],
                "seen": seen
                and [seen[axis][1] - seen[axis][0] + 1 for axis in ("rows", "columns")],
                "outline": corners(top, bottom, left, right),
                "region": region,
                "lines": lines,
                "label": [at(n, middle[0], middle[1])[0], round(TOP + tall + 20, 2)],
            }
        )
    rays = [
        [list(ends) for ends in zip(below["region"], above["region"], strict=True)]
        for below, above in pairwise(drawn)
        if below["region"] and above["region"]
    ]
    return {
        "width": round(MARGIN * 2 + depth + step * (len(sheets) - 1) + 24, 2),
        "height": round(TOP + tall + FOOT, 2),
        "sheets": drawn,
        "rays": rays,
    }


def stations(result: Analysis, names: Sequence[str]) -> list[int]:
    """Which layers get a sheet: those that see more than one unit, not too many, and the last."""
    positions = {node.name: i for i, node in enumerate(result.network.layers)}
    seen = [positions[name] for name in names]
    top = seen[-1]
    wide = [i for i in seen if _widens(result, i)]
    room = MOST_SHEETS - 2
    if len(wide) > room:
        last = len(wide) - 1
        wide = [wide[round(k * last / (room - 1))] for k in range(room)]
    return sorted({*wide, top})


def _widens(result: Analysis, i: int) -> bool:
    layer, sight = result.network.layers[i].layer, result.sights[i]
    before = result.sight(result.sources[i][0])
    sees_more = layer.places in ("window", "all") or layer.weighs
    if not sight or not before or not sees_more:
        return False
    return not sight.fields or not before.fields or sight.fields != before.fields


def _input_sheet(result: Analysis, cone: Cone) -> Sheet:
    seen = first_sight(result.network.input)
    assert seen  # a vector has no cone
    return Sheet(INPUT, "input", "input", seen.extent, cone["input"])


def _sheet(result: Analysis, i: int, region: Region) -> Sheet:
    """A layer's units where they stand above the input."""
    node, sight = result.network.layers[i], result.sights[i]
    assert sight
    places: list[tuple[float, float]] = []
    for axis, (units, size) in enumerate(zip(sight.extent, result.network.input[1:], strict=True)):
        field = sight.fields[axis] if sight.fields else None
        if field and field.jump and units > 1:
            places.append(((field.low + field.high + 1 - field.jump) / 2, float(field.jump)))
        else:
            places.append((0.0, size / units))
    (top, high), (left, wide) = places
    layer = node.layer
    return Sheet(node.name, layer.type, layer.kind, sight.extent, region, (top, left), (high, wide))
