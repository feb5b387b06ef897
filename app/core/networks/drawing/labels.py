"""What stands right under a volume: its name, and the size of what comes out of it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

LETTER = 9.3  # pixels a letter or a digit takes at most at the projector's size
APART = 10.0  # between two labels
DROP = 17.0  # from a volume's lower edge to what the first line stands on
LINE = 17.0  # from one line of a label to the next
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


class SizeLabel(TypedDict):
    """Lines of text, one under another: the name, and the size or that it does not fit."""

    x: Annotated[float, Field(description="The middle of the lines.")]
    y: Annotated[float, Field(description="What the first line stands on.")]
    name: str
    lines: list[str]
    wrong: Annotated[bool, Field(description="Whether it says that a layer does not fit.")]


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


def lines(volume: Mapping[str, Any]) -> list[str]:
    """The size of what comes out, channels first."""
    size = volume["output"]
    if volume["problem"]:
        return list(MISFIT)
    if size is None:
        return ["?"]
    return [f"{size[0]}"] if len(size) == 1 else [f"{size[0]}", f"{size[1]}×{size[2]}"]


def width(volume: Mapping[str, Any]) -> float:
    """What a volume's label takes, in pixels; nothing for one that has none."""
    if volume["thin"]:
        return 0.0
    return max(LEAST, LETTER * max(map(len, (named(volume), *lines(volume)))))


def label(volume: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> SizeLabel:
    """What is said of a volume, right under it, and under the slab that stands beside a low one."""
    lower = beside is not None and beside["thin"] and beside["height"] > volume["height"]
    stands = beside if beside is not None and lower else volume
    return {
        "x": volume["middle"],
        "y": round(stands["y"] + stands["height"] + DROP, 2),
        "name": named(volume),
        "lines": lines(volume),
        "wrong": bool(volume["problem"]),
    }


def foot(label: SizeLabel) -> float:
    """How far down a label reaches."""
    return label["y"] + LINE * len(label["lines"])
