"""The pictures that a network is taught with, as it takes them.

A picture is decoded, used and let go: nothing of it is kept or named in a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from app.core.drawing.png import png
from app.core.errors import Problem, nearest
from app.core.pictures import images, uploads
from app.core.pictures.preparation import covering, prepared

if TYPE_CHECKING:
    from app.core.pictures.images import Bytes
    from app.core.pictures.preparation import Input
    from app.core.teaching.questions import TeachQuestion

SIDE = 128  # pixels of a picture's side as the network sees it
MOST_PIXELS = 1_000_000  # of a picture that is sent: there may be 200
CUTS = 40  # of a photo
LEAST, LARGEST = 0.35, 0.6  # of a cut's side, as a share of the photo's shorter one


def inputs(question: TeachQuestion) -> list[Input]:
    """Each picture of 3 x SIDE x SIDE from 0 to 1, one class after the other. Raises Problem, which
    names the class and the picture."""
    return [prepared(pixels, "photo", (3, SIDE, SIDE)) for pixels in all_pixels(question)]


def all_pixels(question: TeachQuestion) -> Iterator[Bytes]:
    for i, each in enumerate(question.classes):
        for j, text in enumerate(each.pictures):
            try:
                yield pixels_of(text)
            except Problem as found:
                raise Problem(
                    f"Picture {j + 1} of `{each.name}`: {found.message}",
                    {"field": f"classes.{i}.pictures.{j}"},
                    found.suggestion,
                ) from None


def pixels_of(text: str) -> Bytes:
    """The pixels of a data address, or of what ships by its name. Raises Problem."""
    if text.startswith("data:"):
        return uploads.from_address(text, MOST_PIXELS)
    name, cut, number = text.partition("/")
    return cut_of(name, number) if cut else images.picture(name)


def cut_of(name: str, number: str) -> Bytes:
    """A part of a photo: where it lies, how large it is and whether it is mirrored is drawn by the
    number, the same each time. Raises Problem."""
    if name not in images.PHOTOS:
        raise Problem(f"there is no photo `{name[:40]}`", suggestion=nearest(name, images.PHOTOS))
    if not (number.isdecimal() and len(number) <= 2 and int(number) < CUTS):
        raise Problem(f"the cuts of a photo are numbered from 0 to {CUTS - 1}")
    pixels = images.picture(name)
    height, width = pixels.shape[1:]
    drawn = np.random.default_rng([images.PHOTOS.index(name), int(number)])
    side = round(drawn.uniform(LEAST, LARGEST) * min(height, width))
    top, left = (int(drawn.integers(0, n - side + 1)) for n in (height, width))
    part = pixels[:, top : top + side, left : left + side]
    return part[:, :, ::-1] if drawn.random() < 0.5 else part


@lru_cache(maxsize=512)
def thumbnail(name: str, side: int) -> bytes:
    """A cut of a photo that ships as a PNG of that many pixels a side. Raises Problem."""
    return png(covering(pixels_of(name), side, side).astype(np.float64))
