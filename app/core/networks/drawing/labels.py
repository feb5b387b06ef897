"""What stands right under a volume: its name, and the size of what comes out of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

LETTER = 9.3  # pixels a letter or a digit takes at most at the projector's size
APART = 10.0  # between two labels
DROP = 17.0  # from a volume's lower edge to what the first line stands on
LINE = 17.0  # from one line of a label to the next
UNDER = 5.0  # what letters take below the line they stand on
LEAST = 48.0  # what an amount above its bar takes
MOST_LETTERS = 11  # of a name
MISFIT = ("does not", "fit")
WORDS = {
    "convolution": "conv",
    "pooling": "pool",
    "normalisation": "norm",
    "activation": "act",
    "regularisation": "drop",
}


class Text(TypedDict):
    """What is said of a volume: its name, and the size or that it does not fit."""

    name: str
    lines: list[str]
    inline: Annotated[bool, Field(description="Whether all stands in one line, as in branches.")]
    wrong: Annotated[bool, Field(description="Whether it says that a layer does not fit.")]


class SizeLabel(Text):
    """Lines of text, one under another, in their place."""

    x: Annotated[float, Field(description="The middle of the lines.")]
    y: Annotated[float, Field(description="What the first line stands on.")]


def named(volume: Mapping[str, Any]) -> str:
    """A volume's name without those of the groups around it; a word where that is a number."""
    tail = str(volume["name"]).rpartition(".")[2]
    if tail.isdigit():
        tail = WORDS.get(volume["kind"], str(volume["type"]).lower())
    if volume["group"]:  # layer3.1 is told from layer2.1 by more than its number
        longer = ".".join(str(volume["name"]).split(".")[-2:])
        # The branches of inception3a would all begin alike; a bracket says whose they are.
        tail = longer if len(longer) <= MOST_LETTERS else tail
    return tail if len(tail) <= MOST_LETTERS else f"{tail[: MOST_LETTERS - 1]}…"


def text(
    volume: Mapping[str, Any], given: Sequence[int] | None = None, inline: bool = False
) -> Text:
    """What is said of a volume: the size of what comes out of it, channels first.

    In a branch, where rows stand close, a map's size is told if it is not that of the maps given.
    """
    size = volume["output"]
    if volume["problem"]:
        lines = list(MISFIT)
    elif size is None:
        lines = ["?"]
    else:
        lines = [f"{size[0]}"]
        if len(size) > 1 and not (inline and given and list(given[1:]) == list(size[1:])):
            lines.append(f"{size[1]}×{size[2]}")
    wrong = bool(volume["problem"])
    return {"name": named(volume), "lines": lines, "inline": inline, "wrong": wrong}


def width(text: Text | None) -> float:
    """What a label takes, in pixels; nothing where there is none."""
    if text is None:
        return 0.0
    lines = [text["name"], *text["lines"]]
    return max(LEAST, LETTER * (len(" ".join(lines)) if text["inline"] else max(map(len, lines))))


def label(text: Text, volume: Mapping[str, Any], beside: Mapping[str, Any] | None) -> SizeLabel:
    """What is said of a volume, right under it, and under the slab that stands beside a low one."""
    lower = beside is not None and beside["thin"] and beside["height"] > volume["height"]
    stands = beside if beside is not None and lower else volume
    axis = volume["y"] + volume["height"] / 2
    y = round(axis + stands["height"] / 2 + DROP, 2)
    return {**text, "x": volume["middle"], "y": y}


def foot(label: SizeLabel) -> float:
    """How far down a label reaches."""
    return label["y"] + (UNDER if label["inline"] else LINE * len(label["lines"]))
