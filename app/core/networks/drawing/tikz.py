"""A network, and the cone of what one of its units sees, as TikZ."""

from collections.abc import Iterator

from app.core.drawing.tikz import at, document, escaped, path, words
from app.core.networks.drawing.cone import ConeDrawing
from app.core.networks.drawing.volumes import COLOURS, INK, DrawingAnswer, faces

FACES = ("front", "top", "side")


def network_tikz(drawn: DrawingAnswer, title: str = "A network") -> str:
    """The row of volumes."""
    used = dict.fromkeys(v[key] for v in drawn["volumes"] for key in ("kind", "base"))
    colours = {
        f"{kind}-{face}": colour
        for kind in used
        for face, colour in zip(FACES, COLOURS[kind], strict=True)
    }
    return document(title, colours, _row(drawn))


def _row(drawn: DrawingAnswer) -> Iterator[str]:
    for volume in drawn["volumes"]:
        yield f"% {volume['name']}"
        dashed = ",dashed" if volume["problem"] else ""
        for face, corners in faces(volume).items():
            colour = f"{volume['base' if face == 'side' else 'kind']}-{face}"
            looks = f"fill={colour},line width=0.3pt{dashed}"
            yield rf"\filldraw[{looks}] {path(corners)} -- cycle;"
        if volume["group"]:
            for share in (1 / 3, 2 / 3):
                x, y, r = (volume["x"] + volume["thickness"] * share, volume["y"], volume["recede"])
                line = path([(x, y + volume["height"]), (x, y), (x + r, y - r)])
                yield rf"\draw[line width=0.25pt] {line};"
    for wire in drawn["wires"]:
        first, *_, last = wire["points"]
        top = wire["points"][2][1]
        line = path([first, (first[0], top), (last[0], top), last])
        yield rf"\draw[->,rounded corners=3pt,line width=0.5pt] {line};"
    for label in drawn["labels"]:
        if label["lead"]:
            yield rf"\draw[black!50,line width=0.25pt] {path(label['lead'])};"
        sizes = (text if label["wrong"] else f"${text}$" for text in label["lines"])
        said = r" \\ ".join(sizes).replace("×", r"\times ")
        yield (
            rf"\node[align=center,font=\scriptsize,anchor=north] at "
            rf"{at(label['x'], label['y'] - 12)} {{{said}}};"
        )


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
