"""A network as a row of volumes, as an SVG file that stands alone."""

from collections.abc import Iterator
from html import escape

from app.core.networks.drawing.labels import LINE
from app.core.networks.drawing.volumes import (
    COLOURS,
    INK,
    DrawingAnswer,
    VolumePlace,
    faces,
    listed,
    way,
)
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
        for n, (face, corners) in enumerate(faces(volume).items()):
            colour = COLOURS[volume["base" if face == "side" else "kind"]][n]
            dash = ' stroke-dasharray="3 2"' if volume["problem"] and face == "front" else ""
            lines.append(
                f'<polygon points="{listed(corners)}" fill="{colour}" stroke="{INK}" '
                f'stroke-width="0.6" stroke-linejoin="round"{dash}/>'
            )
        if volume["group"]:
            lines.extend(_rules(volume))
        lines.append("</g>")
    for wire in drawn["wires"]:
        lines.append(
            f'<path d="{way(wire["points"])}" fill="none" stroke="{INK}" stroke-width="1.1"/>'
        )
        x, y = wire["points"][-1]
        lines.append(
            f'<path d="M{x - 3:g} {y - 6:g}L{x:g} {y:g}L{x + 3:g} {y - 6:g}" fill="{INK}"/>'
        )
    for label in drawn["labels"]:
        if label["lead"]:
            lines.append(
                f'<polyline points="{listed(label["lead"])}" fill="none" stroke="{INK}" '
                'stroke-width="0.5" opacity="0.5"/>'
            )
        for n, text in enumerate(label["lines"]):
            lines.append(
                f'<text x="{label["x"]:g}" y="{label["y"] + LINE * n:g}" font-size="12" '
                f'text-anchor="middle" fill="{INK}">{text}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


def _rules(volume: VolumePlace) -> Iterator[str]:
    """Lines on the front of a closed group, as on the edge of a pile of sheets."""
    for share in (1 / 3, 2 / 3):
        x = volume["x"] + volume["thickness"] * share
        yield (
            f'<path d="M{x:.2f} {volume["y"] + volume["height"]:g}V{volume["y"]:g}'
            f'l{volume["recede"]:g} {-volume["recede"]:g}" fill="none" stroke="{INK}" '
            'stroke-width="0.5" opacity="0.6"/>'
        )
