"""A drawing of an answer: its graph as SVG, values green above the wires, gradients red below."""

from __future__ import annotations

import base64
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from app.core.expressions.drawing.layout import (
    GATE,
    GATE_NAME_RISE,
    GRADIENT_DROP,
    OUTPUT_NAME_GAP,
    VALUE_RISE,
    arrange_answer,
    readable,
    shortened,
)
from app.core.expressions.drawing.words import name_words, number, safe, words
from app.core.expressions.handwriting import gate
from app.core.numbers import beside_wire, breadth, format_number, short_number, sizes

FLOW_DROP = 17.0  # from the middle of a wire to the baseline of its flow
MOST_RECTANGLES = 400  # cells of a heat map that are drawn one by one; beyond, they are pixels
CELL_CHARACTERS = 6.8
CELL_CHARACTER = 6.6  # the width of one
FAINTEST = 0.26  # the strongest tint of a cell that has its number on it
NEGATIVE = (38, 104, 186)
POSITIVE = (226, 119, 14)

THEMES = {
    "light": {
        "paper": "#fbfaf6",
        "sheet": "#ffffff",
        "sunk": "#f2f0ea",
        "ink": "#1b1d21",
        "soft": "#5a5c61",
        "line": "#c9c5ba",
        "wire": "#a9a69d",
        "forward": "#14703a",
        "backward": "#b42318",
        "light": "#b97f00",
    },
    "dark": {
        "paper": "#131518",
        "sheet": "#1a1d21",
        "sunk": "#202429",
        "ink": "#ece9e2",
        "soft": "#a8a9ab",
        "line": "#454a51",
        "wire": "#5d6168",
        "forward": "#7bd99a",
        "backward": "#ff9d92",
        "light": "#f6c453",
    },
}

STYLE = """
.paper {{ fill: {paper} }}
.wire {{ fill: none; stroke: {wire}; stroke-width: 2; stroke-linecap: round }}
.gate {{ fill: {sheet}; stroke: {ink}; stroke-width: 1.75 }}
.gate.input {{ fill: {sunk}; stroke: {line}; stroke-width: 1.25 }}
.present {{ stroke: {light}; stroke-width: 3.5 }}
text {{ font-family: "JetBrains Mono", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  text-anchor: middle }}
.symbol, .name {{ font-family: Inter, system-ui, "Helvetica Neue", Arial, sans-serif; fill: {ink} }}
.symbol {{ font-size: 19px; font-weight: 500 }}
.symbol.word {{ font-size: 14.5px }}
.name {{ font-size: 15px; font-weight: 600 }}
.name.small {{ font-size: 13.5px }}
.name.output {{ text-anchor: start }}
.value {{ font-size: 15px; fill: {forward} }}
.gradient {{ font-size: 15px; fill: {backward} }}
.cell {{ font-size: 11px }}
.flow {{ font-size: 11.5px }}
.shape {{ font-size: 11.5px; fill: {soft} }}
.grid {{ fill: none; stroke: {line}; stroke-width: 1 }}
.negative {{ fill: rgb(38, 104, 186) }}
.positive {{ fill: rgb(226, 119, 14) }}
"""

Matrix = list[list[float | None]]


def svg(
    answer: Mapping[str, Any],
    *,
    step: int | None = None,
    theme: Literal["light", "dark"] = "light",
    standalone: bool = True,
) -> str:
    """An answer's graph as SVG after its first `step` steps, by default after all.

    A drawing that does not stand alone has classes for a page's style sheet and no style itself.
    """
    layout = answer.get("layout") or arrange_answer(answer["nodes"], answer["output"]).to_dict()
    return "".join(_svg(answer, layout, _Moment(answer, step), THEMES[theme], standalone))


class _Moment:
    """What is known after some steps: values, whole gradients, flows; and the present step."""

    def __init__(self, answer: Mapping[str, Any], step: int | None) -> None:
        steps = answer.get("steps") or ()  # without them all is known
        done = len(steps) if step is None else max(0, min(step, len(steps)))
        flows = answer["flows"]
        value_at: dict[str, int] = {}
        gradient_at: dict[str, int] = {}
        flow_at: dict[int, int] = {}
        for at, one in enumerate(steps):
            if one["kind"] == "forward":
                value_at[one["node"]] = at
            elif one.get("flow") is not None:
                flow_at[one["flow"]] = at
                gradient_at[flows[one["flow"]]["source"]] = at
            else:
                gradient_at[one["node"]] = at
        self.valued = {n["id"] for n in answer["nodes"] if value_at.get(n["id"], -1) < done}
        self.graded = {
            n["id"] for n in answer["nodes"] if gradient_at.get(n["id"], done - 1) < done
        }
        uses = Counter(flow["source"] for flow in flows)
        # A flow has a number of its own where it is not yet the whole gradient.
        self.flows = {
            (flow["target"], flow["position"]): flow["downstream"]
            for index, flow in enumerate(flows)
            if uses[flow["source"]] > 1
            and isinstance(flow["downstream"], int | float)
            and flow_at.get(index, done - 1) < done
        }
        self.node: str | None = None
        self.wires: set[tuple[str, int]] = set()
        if step is not None and done:
            present = steps[done - 1]
            if present.get("flow") is not None:
                flow = flows[present["flow"]]
                self.node = flow["target"]
                self.wires = {(flow["target"], flow["position"])}
            else:
                self.node = present["node"]
                self.wires = {
                    (flows[n]["target"], flows[n]["position"]) for n in present.get("flows") or ()
                }


def _svg(
    answer: Mapping[str, Any],
    layout: Mapping[str, Any],
    moment: _Moment,
    colors: Mapping[str, str],
    standalone: bool,
) -> Iterator[str]:
    width, height = number(layout["width"]), number(layout["height"])
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{safe(answer['expression'][:500])}</title>"
        f"<desc>{safe(_description(answer, moment))}</desc>"
    )
    if standalone:
        yield f"<style>{STYLE.format(**colors)}</style>"
        yield f'<rect class="paper" width="{width}" height="{height}"/>'
    yield from _wires(layout, moment)
    nodes = {node["id"]: node for node in answer["nodes"]}
    used = {wire["source"] for wire in layout["wires"]}
    for place in layout["nodes"]:
        ends = place["id"] == answer["output"] and place["id"] not in used
        yield from _node(nodes[place["id"]], place, ends, moment)
    for wire in layout["wires"]:
        downstream = moment.flows.get((wire["target"], wire["position"]))
        if downstream is not None:
            at = wire["label"]
            yield words("gradient flow", at["x"], at["y"] + FLOW_DROP, beside_wire(downstream))
    yield "</svg>"


def _description(answer: Mapping[str, Any], moment: _Moment) -> str:
    """The drawing in words."""
    by_id = {node["id"]: node for node in answer["nodes"]}
    output = by_id[answer["output"]]
    parts = [f"Computation graph of {len(by_id)} nodes."]
    if output["id"] in moment.valued:
        parts.append(f"Output {output['name'] or output['gate']} = {_in_words(output, 'value')}.")
    gradients = [
        f"{name} {_in_words(by_id[name], 'gradient')}"
        for name in list(answer["inputs"])[:40]
        if name in by_id and name in moment.graded and by_id[name]["gradient"] is not None
    ]
    if gradients:
        parts.append(f"Gradients: {', '.join(gradients)}.")
    return " ".join(parts)


def _in_words(node: Mapping[str, Any], what: str) -> str:
    if node["shape"]:
        return f"of shape {sizes(node['shape'])}"
    return format_number(node[what])


def _wires(layout: Mapping[str, Any], moment: _Moment) -> Iterator[str]:
    present = []
    for place in layout["nodes"]:
        start = number(place["x"] + place["width"] / 2)
        end, y = number(place["out"]["x"]), number(place["out"]["y"])
        yield f'<path class="wire" d="M{start} {y}H{end}"/>'
    for wire in layout["wires"]:
        if (wire["target"], wire["position"]) in moment.wires:
            present.append(f'<path class="wire present" d="{wire["path"]}"/>')
        else:
            yield f'<path class="wire" d="{wire["path"]}"/>'
    yield from present


def _node(
    node: Mapping[str, Any], place: Mapping[str, Any], ends: bool, moment: _Moment
) -> Iterator[str]:
    """A gate or name box with its name, value and gradient; an output's name ends its stub."""
    width, height, x, y = place["width"], place["height"], place["x"], place["y"]
    kind = place["kind"]
    radius = min(width, height, GATE) / 2 if kind == "gate" else 8
    present = " present" if moment.node == node["id"] else ""
    yield f"<g><title>{safe(_told(node))}</title>"
    yield (
        f'<rect class="gate{" input" if kind == "input" else ""}{present}" '
        f'x="{number(x - width / 2)}" y="{number(y - height / 2)}" '
        f'width="{number(width)}" height="{number(height)}" rx="{number(radius)}"/>'
    )
    if kind == "input":
        yield name_words("name", x, y + 5.5, shortened(node["name"] or node["gate"] or node["id"]))
    else:
        label = shortened(gate(node["gate"]))
        word = " word" if len(label) > 2 else ""
        yield words(f"symbol{word}", x, y + (5 if word else 6.5), label)
        if node["name"]:
            name = shortened(node["name"])
            if ends:
                at = place["out"]["x"] + OUTPUT_NAME_GAP
                yield name_words("name output", at, y + 5.5, name)
            else:
                yield name_words("name small", x, y - height / 2 - GATE_NAME_RISE, name)
    yield from _numbers(node, place, moment)
    yield "</g>"


def _numbers(node: Mapping[str, Any], place: Mapping[str, Any], moment: _Moment) -> Iterator[str]:
    at, grid = place["label"], place["grid"]
    valued = node["id"] in moment.valued
    graded = node["id"] in moment.graded and node["gradient"] is not None
    if grid is None:
        if valued and not node["literal"]:
            yield words("value", at["x"], at["y"] - VALUE_RISE, beside_wire(node["value"]))
        if graded:
            yield words("gradient", at["x"], at["y"] + GRADIENT_DROP, beside_wire(node["gradient"]))
        return
    is_map = not readable(grid["rows"], grid["columns"])
    shape = sizes(node["shape"])
    if valued:
        entries = _entries(node["value"])
        scale = _scale(node["value"], entries)
        if is_map:
            shape += f" ±{format_number(scale)}"
        yield from _grid(entries, scale, grid, grid["y"], "value")
    yield words("shape", at["x"], grid["y"] - 6, shape)
    if graded:
        entries = _entries(node["gradient"])
        scale = _scale(node["gradient"], entries)
        yield from _grid(entries, scale, grid, grid["gradient_y"], "gradient")
        if is_map:
            below = grid["gradient_y"] + grid["height"] + 14
            yield words("shape", at["x"], below, f"±{format_number(scale)}")


def _told(node: Mapping[str, Any]) -> str:
    """What a pointer that rests on a node is told."""
    name = node["name"] or gate(node["gate"]) or node["id"]
    if node["shape"]:
        return f"{name}: {sizes(node['shape'])}"
    told = f"{name}: value {format_number(node['value'])}"
    if node["gradient"] is not None:
        told += f", gradient {format_number(node['gradient'])}"
    return told


# Grids


def _entries(value: Any) -> Matrix:
    """The rows of a tensor, or of a preview of it; a vector is a column."""
    rank = None
    if isinstance(value, Mapping):
        rank = len(value["shape"])
        value = value["entries"]
    if not isinstance(value, list | tuple):
        return [[value]]
    if rank == 1:
        return [[entry] for row in value for entry in (row if isinstance(row, list) else [row])]
    if not value or not isinstance(value[0], list | tuple):
        return [[entry] for entry in value]
    while value and value[0] and isinstance(value[0][0], list | tuple):
        value = [row for block in value for row in block]
    return [list(row) for row in value]


def _scale(value: Any, entries: Matrix) -> float:
    """The largest magnitude, which gets the full color."""
    if isinstance(value, Mapping):
        extremes: Iterable[float | None] = (value["min"], value["max"])
    else:
        extremes = (entry for row in entries for entry in row)
    return max((abs(entry) for entry in extremes if entry is not None), default=0.0)


def _grid(
    entries: Matrix, scale: float, grid: Mapping[str, Any], top: float, kind: str
) -> Iterator[str]:
    """Readable numbers on faint tints, or a heat map, in a frame."""
    rows = len(entries)
    columns = max((len(row) for row in entries), default=0)
    left, width, height = grid["x"], grid["width"], grid["height"]
    numbers = readable(rows, columns) and (rows, columns) == (grid["rows"], grid["columns"])
    if rows * columns > MOST_RECTANGLES:
        yield (
            f'<image x="{number(left)}" y="{number(top)}" width="{number(width)}" '
            f'height="{number(height)}" preserveAspectRatio="none" image-rendering="pixelated" '
            f'href="data:image/png;base64,{_pixels(entries, columns, scale)}"/>'
        )
    elif rows and columns:
        cell_width, cell_height = width / columns, height / rows
        for i, row in enumerate(entries):
            for j, entry in enumerate(row):
                x, y = left + j * cell_width, top + i * cell_height
                strength = _strength(entry, scale) * (FAINTEST if numbers else 1.0)
                if strength >= 0.005:
                    yield (
                        f'<rect class="{"negative" if entry and entry < 0 else "positive"}" '
                        f'x="{number(x)}" y="{number(y)}" width="{number(cell_width)}" '
                        f'height="{number(cell_height)}" fill-opacity="{strength:.2f}"/>'
                    )
                if numbers:
                    text = short_number(entry, CELL_CHARACTERS)
                    room = cell_width - 4
                    narrow = room if breadth(text) * CELL_CHARACTER > room else None
                    middle = x + cell_width / 2
                    yield words(f"{kind} cell", middle, y + cell_height / 2 + 4, text, narrow)
        if numbers:
            yield _lines(left, top, width, height, rows, columns)
    yield (
        f'<rect class="grid" x="{number(left)}" y="{number(top)}" '
        f'width="{number(width)}" height="{number(height)}"/>'
    )


def _lines(x: float, y: float, width: float, height: float, rows: int, columns: int) -> str:
    across = "".join(
        f"M{number(x)} {number(y + i * height / rows)}h{number(width)}" for i in range(1, rows)
    )
    down = "".join(
        f"M{number(x + j * width / columns)} {number(y)}v{number(height)}"
        for j in range(1, columns)
    )
    return f'<path class="grid" d="{across}{down}"/>' if across or down else ""


def _strength(entry: float | None, scale: float) -> float:
    """How much of the color an entry gets: none at zero, where the paper shows through."""
    return min(1.0, abs(entry) / scale) if entry and scale else 0.0


def _pixels(entries: Matrix, columns: int, scale: float) -> str:
    """The entries as a PNG, a pixel each, in base64."""
    lines = bytearray()
    for row in entries:
        lines.append(0)
        for entry in row:
            color = NEGATIVE if entry is not None and entry < 0 else POSITIVE
            lines.extend((*color, round(255 * _strength(entry, scale))))
        lines.extend(bytes(4 * (columns - len(row))))
    header = struct.pack(">IIBBBBB", columns, len(entries), 8, 6, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(bytes(lines), 9)),
            (b"IEND", b""),
        )
    )
    return base64.b64encode(png).decode("ascii")
