"""The table of pictures as it is told, and each picture cut square."""

from functools import lru_cache

import numpy as np
from typing_extensions import TypedDict

from app.core.drawing.png import png
from app.core.pictures import images, preparation


class ImageRow(TypedDict):
    """A picture that ships."""

    name: str
    says: str
    kind: images.Shown
    width: int
    height: int
    source: str
    licence: str


def image_row(row: images.Image) -> ImageRow:
    """A row of the pictures as GET /api/images tells it."""
    return {
        "name": row.name,
        "says": row.says,
        "kind": row.kind,
        "width": row.size[2],
        "height": row.size[1],
        "source": row.source,
        "licence": row.licence,
    }


@lru_cache(maxsize=512)
def thumbnail(name: str, side: int) -> bytes:
    """A square of a picture as a PNG: what shows best of it, or else its middle."""
    pixels = images.picture(name)
    if square := images.image(name).square:
        left, top, size = square
        pixels = pixels[:, top : top + size, left : left + size]
    return png(preparation.covering(pixels, side, side).astype(np.float64))
