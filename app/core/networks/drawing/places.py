"""What a drawing of a network is made of: volumes, wires and brackets, their lines and colours."""

from collections.abc import Iterable, Sequence
from math import copysign
from typing import Annotated, Literal, get_args

from pydantic import Field
from typing_extensions import TypedDict

from app.core.networks.drawing.labels import SizeLabel
from app.core.networks.drawing.scale import Ruler

GATE = 32.0  # where paths are added
BOW = 9.0  # of a wire's corners
Cost = Literal["parameters", "macs", "activation_bytes"]
COSTS: tuple[Cost, ...] = get_args(Cost)
SAID: dict[Cost, str] = {"parameters": "parameters", "macs": "multiply-adds"}
# Colours of light paper, of equal weight and told apart by those who see fewer: front, top, side.
COLOURS = {
    "input": ("#d9d6cd", "#ece9e1", "#bcb8ad"),
    "convolution": ("#e8b64c", "#f5d68f", "#c08f23"),
    "pooling": ("#8d79c9", "#b5a7e0", "#6a55a8"),
    "linear": ("#4f8fd0", "#8bb8e6", "#316ba6"),
    "activation": ("#e07b39", "#f0aa7c", "#b45a1d"),
    "normalisation": ("#4fa89c", "#8accc2", "#2f8176"),
    "regularisation": ("#a5a29a", "#c9c6bf", "#7c7972"),
    "joint": ("#d0679d", "#e69dc1", "#a64277"),
    "shape": ("#b9b5aa", "#d8d5cc", "#918d82"),
}
INK = "#1b1d21"


class Drawn(TypedDict):
    """A layer or a closed group: what is drawn as one volume."""

    name: str
    type: str
    kind: str
    group: bool
    times: Annotated[int, Field(description="How many such groups it stands for, one by one.")]
    layers: int
    first: Annotated[int, Field(description="Position of its first layer; -1 for the input.")]
    last: int
    output: Sequence[int] | None
    joint: Annotated[bool, Field(description="Whether paths meet in it: a residual block.")]
    thin: bool
    gate: Annotated[bool, Field(description="Whether it is drawn as a plus: paths are added.")]
    problem: bool
    parameters: int
    macs: int
    activation_bytes: int


class VolumePlace(Drawn):
    """One volume of the drawing, a layer or a closed group: its front, and how far it recedes."""

    sentence: Annotated[str, Field(description="What comes out of it, and at what cost.")]
    shares: Annotated[dict[str, float], Field(description="Each cost as a share of the largest.")]
    x: float
    y: float
    width: float
    height: float
    recede: float
    middle: float
    top: float
    bar: Annotated[float, Field(description="The middle of the bar that tells what it costs.")]
    after: Annotated[
        int | None, Field(description="The volume to its left, if it takes what comes out of that.")
    ]
    branch: Annotated[bool, Field(description="Whether it is of a branch, in a row of its own.")]
    faces: Annotated[dict[str, str], Field(description="Corners of front, top and side.")]


Way = Literal["skip", "branch"]


class SkipPlace(TypedDict):
    """A wire from a volume to one that is not its neighbour."""

    source: int
    target: int
    kind: Annotated[
        Way,
        Field(description="Over what lies between, or to where branches begin and from their end."),
    ]
    level: int
    points: list[list[float]]
    path: str


class Bracket(TypedDict):
    """Holds the volumes of an open group together."""

    name: str
    said: Annotated[str, Field(description="Its name as it is written under it.")]
    layers: int
    times: Annotated[int, Field(description="How many blocks it is made of; 0 if not of blocks.")]
    start: float
    end: float
    y: float


class DrawingAnswer(TypedDict):
    """Where everything stands, in pixels at zoom 1 from the top left."""

    width: float
    height: float
    volumes: list[VolumePlace]
    wires: list[SkipPlace]
    labels: list[SizeLabel]
    brackets: list[Bracket]
    ruler: Ruler
    open: list[str]


def faces(volume: VolumePlace) -> dict[str, list[tuple[float, float]]]:
    """The corners of the three faces that are seen."""
    x, y, t, h, r = (volume[key] for key in ("x", "y", "width", "height", "recede"))
    return {
        "front": [(x, y), (x + t, y), (x + t, y + h), (x, y + h)],
        "top": [(x, y), (x + r, y - r), (x + t + r, y - r), (x + t, y)],
        "side": [(x + t, y), (x + t + r, y - r), (x + t + r, y + h - r), (x + t, y + h)],
    }


def edges(volume: VolumePlace) -> list[list[tuple[float, float]]]:
    """Of a closed group: where the sheets that it is a pile of end, over the top, down the side."""
    x, y, w, h, r = (volume[key] for key in ("x", "y", "width", "height", "recede"))
    return [
        [(x + d, y - d), (x + w + d, y - d), (x + w + d, y + h - d)] for d in (r / 3, 2 * r / 3)
    ]


def skip(volume: VolumePlace) -> list[tuple[float, float]]:
    """Of a closed residual block: from its beginning over it to where it is added."""
    x, y, w, h, r = (volume[key] for key in ("x", "y", "width", "height", "recede"))
    end = (x + w + r / 2, y + h / 2 - r / 2)
    return [(x + r / 2, y - r / 2), (x + w + r / 2, y - r - 26), end]


def wire(
    kind: Way, source: int, target: int, points: list[list[float]], level: int = 0
) -> SkipPlace:
    """A wire that may still be moved."""
    return {"source": source, "target": target, "kind": kind, "level": level, "points": points,
            "path": ""}  # fmt: skip


def over(points: Sequence[Sequence[float]]) -> str:
    """A wire's path up, over and down, with rounded corners."""
    (a, b), (c, d), (e, f), (g, h) = points
    r = min(BOW, (e - c) / 2)
    up = f"M{a:g} {b:g}L{c:g} {d + r:g}Q{c:g} {d:g} {c + r:g} {d:g}"
    return f"{up}L{e - r:g} {f:g}Q{e:g} {f:g} {e:g} {f + r:g}L{g:g} {h:g}"


def across(points: Sequence[Sequence[float]]) -> str:
    """A wire's path to the right, up or down and to the right, with rounded corners."""
    (a, b), (c, d), (e, f), (g, h) = points
    r = min(BOW, abs(f - d) / 2)
    down = copysign(r, f - d)
    out = f"M{a:g} {b:g}L{c - r:g} {d:g}Q{c:g} {d:g} {c:g} {d + down:g}"
    return f"{out}L{e:g} {f - down:g}Q{e:g} {f:g} {e + r:g} {f:g}L{g:g} {h:g}"


def listed(corners: Iterable[Sequence[float]]) -> str:
    """Corners as an SVG writes them."""
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
