"""A network as a row of volumes, as an SVG file that stands alone."""

from collections.abc import Iterator
from html import escape

from app.core.networks.drawing.labels import LINE
from app.core.networks.drawing.places import (
    COLOURS,
    GATE,
    INK,
    DrawingAnswer,
    VolumePlace,
    edges,
    faces,
    listed,
    skip,
)
from app.core.networks.drawing.scale import Ruler
from app.core.numbers import sizes


def svg(drawn: DrawingAnswer, title: str = "A network") -> str:
    """The drawing as an SVG file that stands alone."""
    width, height = drawn["width"], drawn["height"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="Inter, Helvetica, sans-serif">',
        f"<title>{escape(title)}</title>",
    ]
    for volume in drawn["volumes"]:
        said = sizes(volume["output"]) if volume["output"] else "?"
        lines.append(f"<g><title>{escape(volume['name'])}: {volume['type']}, {said}</title>")
        if volume["gate"]:
            lines.extend(_plus(volume["middle"], volume["y"] + volume["height"] / 2))
        else:
            lines.extend(_box(volume))
        lines.append("</g>")
    for wire in drawn["wires"]:
        lines.append(f'<path d="{wire["path"]}" fill="none" stroke="{INK}" stroke-width="1.1"/>')
        x, y = wire["points"][-1]
        back = f"{x - 3:g} {y - 6:g}", f"{x + 3:g} {y - 6:g}"
        if wire["kind"] == "branch":
            back = f"{x - 6:g} {y - 3:g}", f"{x - 6:g} {y + 3:g}"
        lines.append(f'<path d="M{back[0]}L{x:g} {y:g}L{back[1]}" fill="{INK}"/>')
    for label in drawn["labels"]:
        if label["inline"]:
            rest = escape(" ".join(label["lines"]))
            lines.append(
                f'<text x="{label["x"]:g}" y="{label["y"]:g}" font-size="12" fill="{INK}" '
                f'text-anchor="middle"><tspan font-weight="600">{escape(label["name"])}</tspan> '
                f"{rest}</text>"
            )
            continue
        for n, text in enumerate([label["name"], *label["lines"]]):
            weight = ' font-weight="600"' if n == 0 else ""
            y = label["y"] + LINE * n
            lines.append(_text(label["x"], y, text, f'text-anchor="middle"{weight}'))
    for bracket in drawn["brackets"]:
        start, end, y = bracket["start"], bracket["end"], bracket["y"]
        way_round = f"M{start:g} {y:g}v4H{end:g}v-4"
        lines.append(f'<path d="{way_round}" fill="none" stroke="{INK}" stroke-width="0.7"/>')
        times = f" × {bracket['times']}" if bracket["times"] > 1 else ""
        x, said = (start + end) / 2, f"{bracket['said']}{times}"
        lines.append(_text(x, y + 18, said, 'text-anchor="middle"'))
    lines.extend(_ruler(drawn["ruler"]))
    return "\n".join([*lines, "</svg>", ""])


def _text(x: float, y: float, text: str, looks: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="12" fill="{INK}" {looks}>{escape(text)}</text>'


def _box(volume: VolumePlace) -> Iterator[str]:
    """Front, top and side; of a closed group the edges of the sheets behind, and how many it is."""
    for n, (face, corners) in enumerate(faces(volume).items()):
        dash = ' stroke-dasharray="3 2"' if volume["problem"] and face == "front" else ""
        yield (
            f'<polygon points="{listed(corners)}" fill="{COLOURS[volume["kind"]][n]}" '
            f'stroke="{INK}" stroke-width="0.6" stroke-linejoin="round"{dash}/>'
        )
    if not volume["group"]:
        return
    for edge in edges(volume):
        yield (
            f'<polyline points="{listed(edge)}" fill="none" stroke="{INK}" '
            'stroke-width="0.5" opacity="0.6"/>'
        )
    middle = volume["y"] + volume["height"] / 2
    if volume["joint"]:
        (x0, y0), (x1, y1), (x2, y2) = skip(volume)
        yield (
            f'<path d="M{x0:g} {y0:g}Q{x1:g} {y1:g} {x2:g} {y2:g}" fill="none" '
            f'stroke="{COLOURS["joint"][0]}" stroke-width="1.8"/>'
        )
        yield from _plus(x2, y2, 8)
    if volume["times"] > 1:
        looks = 'text-anchor="middle" font-weight="700"'
        yield _text(volume["middle"], middle + 5, f"× {volume['times']}", looks)


def _plus(x: float, y: float, radius: float = GATE / 2) -> Iterator[str]:
    """A gate that adds."""
    colour, arm = COLOURS["joint"][1], radius / 2
    yield (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{colour}" stroke="{INK}" '
        'stroke-width="0.8"/>'
    )
    cross = f"M{x - arm:g} {y:g}h{2 * arm:g}M{x:g} {y - arm:g}v{2 * arm:g}"
    yield f'<path d="{cross}" fill="none" stroke="{INK}" stroke-width="1.6"/>'


def _ruler(ruler: Ruler) -> Iterator[str]:
    """How long which side of a map is drawn."""
    x, foot = ruler["x"], ruler["foot"]
    top = min(mark["y"] for mark in ruler["marks"])
    yield f'<path d="M{x:g} {foot:g}V{top:g}" fill="none" stroke="{INK}" stroke-width="0.7"/>'
    for mark in ruler["marks"]:
        yield f'<path d="M{x - 4:g} {mark["y"]:g}h4" stroke="{INK}" stroke-width="0.7"/>'
        yield _text(x - 7, mark["y"] + 4, str(mark["side"]), 'text-anchor="end"')
    yield _text(x, foot + 17, "side", 'text-anchor="end"')
