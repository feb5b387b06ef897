"""A network, and the cone of what one of its units sees, as TikZ."""

from collections.abc import Iterator

from app.core.drawing.tikz import at, document, escaped, path, words
from app.core.networks.drawing.cone import ConeDrawing
from app.core.networks.drawing.labels import LINE
from app.core.networks.drawing.places import (
    COLOURS,
    GATE,
    INK,
    DrawingAnswer,
    VolumePlace,
    edges,
    faces,
    skip,
)

FACES = ("front", "top", "side")


def network_tikz(drawn: DrawingAnswer, title: str = "A network") -> str:
    """The row of volumes."""
    used = dict.fromkeys([*(v["kind"] for v in drawn["volumes"]), "joint"])
    colours = {
        f"{kind}-{face}": colour
        for kind in used
        for face, colour in zip(FACES, COLOURS[kind], strict=True)
    }
    return document(title, colours, _row(drawn))


def _row(drawn: DrawingAnswer) -> Iterator[str]:
    for volume in drawn["volumes"]:
        yield f"% {volume['name']}"
        if volume["gate"]:
            yield from _plus(volume["middle"], volume["y"] + volume["height"] / 2, GATE / 2)
            continue
        dashed = ",dashed" if volume["problem"] else ""
        for face, corners in faces(volume).items():
            looks = f"fill={volume['kind']}-{face},line width=0.3pt{dashed}"
            yield rf"\filldraw[{looks}] {path(corners)} -- cycle;"
        if volume["group"]:
            yield from _group(volume)
    for wire in drawn["wires"]:
        yield rf"\draw[->,rounded corners=3pt,line width=0.5pt] {path(wire['points'])};"
    for label in drawn["labels"]:
        name = rf"\textbf{{{escaped(label['name'].replace('…', '...'))}}}"
        said = [
            text if label["wrong"] else f"${text}$".replace("×", r"\times ")
            for text in label["lines"]
        ]
        for n, text in enumerate([" ".join([name, *said])] if label["inline"] else [name, *said]):
            yield words(label["x"], label["y"] + LINE * n, text)
    for bracket in drawn["brackets"]:
        start, end, y = bracket["start"], bracket["end"], bracket["y"]
        line = path([(start, y), (start, y + 4), (end, y + 4), (end, y)])
        yield rf"\draw[line width=0.3pt] {line};"
        times = rf" $\times {bracket['times']}$" if bracket["times"] > 1 else ""
        yield words((start + end) / 2, y + 18, f"{escaped(bracket['said'])}{times}")
    x, foot = drawn["ruler"]["x"], drawn["ruler"]["foot"]
    for mark in drawn["ruler"]["marks"]:
        staff = path([(x, foot), (x, mark["y"]), (x - 4, mark["y"])])
        yield rf"\draw[line width=0.3pt] {staff};"
        yield words(x - 7, mark["y"] + 4, str(mark["side"]), "anchor=base east")
    yield words(x, foot + 17, "side", "anchor=base east")


def _group(volume: VolumePlace) -> Iterator[str]:
    """The sheets of a closed group, its skip, and how many it stands for."""
    for edge in edges(volume):
        yield rf"\draw[line width=0.25pt] {path(edge)};"
    if volume["joint"]:
        start, over, end = skip(volume)
        curve = f"{at(*start)} .. controls {at(*over)} .. {at(*end)}"
        yield rf"\draw[joint-front,line width=0.9pt] {curve};"
        yield from _plus(*end, 8)
    if volume["times"] > 1:
        middle = volume["y"] + volume["height"] / 2
        yield words(volume["middle"], middle + 5, rf"$\times {volume['times']}$")


def _plus(x: float, y: float, radius: float) -> Iterator[str]:
    """A gate that adds."""
    looks = "fill=joint-top,line width=0.4pt"
    yield rf"\filldraw[{looks}] {at(x, y)} circle[radius={radius:g}];"
    arm = radius / 2
    yield rf"\draw[line width=0.8pt] {path([(x - arm, y), (x + arm, y)])};"
    yield rf"\draw[line width=0.8pt] {path([(x, y - arm), (x, y + arm)])};"


LIGHT = "#b97f00"
NAME_LINE = 15.0  # pixels from one line of a label to the next


def cone_tikz(drawn: ConeDrawing, title: str = "What a unit sees") -> str:
    """The cone: sheets, what is seen of each, and the rays between them. No photo goes along."""
    kinds = dict.fromkeys(sheet["kind"] for sheet in drawn["sheets"])
    colours = {kind: COLOURS[kind][0] for kind in kinds} | {"ink": INK, "light": LIGHT}
    return document(title, colours, _cone(drawn))


def _cone(drawn: ConeDrawing) -> Iterator[str]:
    for n, sheet in enumerate(drawn["sheets"]):
        yield f"% {sheet['name']}"
        looks = f"fill={sheet['kind']}!22,fill opacity=0.85,draw=ink!55,line width=0.4pt"
        yield rf"\filldraw[{looks}] {path(sheet['outline'])} -- cycle;"
        for line in sheet["lines"]:
            yield rf"\draw[ink!35,line width=0.15pt] {path(line)};"
        if sheet["region"]:
            looks = "fill=light,fill opacity=0.45,draw=ink,line width=0.7pt"
            yield rf"\filldraw[{looks}] {path(sheet['region'])} -- cycle;"
        for rays in drawn["rays"][n : n + 1]:
            yield from (rf"\draw[light,line width=0.5pt] {path(ray)};" for ray in rays)
        x, y = sheet["label"]
        size = r" \times ".join(map(str, sheet["units"]))
        yield words(x, y, rf"\textbf{{{escaped(sheet['name'])}}}")
        yield words(x, y + NAME_LINE, f"{escaped(sheet['type'])} ${size}$", "text=ink!75")
        if sheet["seen"]:
            size = r" \times ".join(map(str, sheet["seen"]))
            yield words(x, y + 2 * NAME_LINE, f"${size}$ seen")
