"""Pictures that a visitor sends: decoded as pixels and nothing else, never kept.

What Pillow may open is PNG, JPEG and WebP; a file that is also something else (a zip archive, a web
page, a PDF) is refused, and only pixels ever leave here. Decoding belongs into a worker.
"""

import base64
import io
import re
import warnings
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.pictures.files import WHERE, check_parts

MOST_BYTES = 8_000_000
MOST_PIXELS = 24_000_000
LONGEST = 65_535  # of a side, as in JPEG: a file of very short rows takes long to read
SIDE = 512  # the longest side that is kept: no network here looks at more
FORMATS = ("PNG", "JPEG", "WEBP")
# A data address of MOST_BYTES, in base64.
MOST_TEXT = 40 + (MOST_BYTES + 2) // 3 * 4

DATA = re.compile(r"data:image/(?:png|jpeg|webp);base64,", re.ASCII)

Pixels = npt.NDArray[np.uint8]


def decoded(data: bytes, most_pixels: int = MOST_PIXELS) -> Pixels:
    """The picture in a file: 3 x height x width, upright, at most SIDE long. Raises Problem."""
    if len(data) > MOST_BYTES:
        raise Problem(
            f"the picture has {len(data) / 1e6:.1f} MB; {MOST_BYTES // 1_000_000} MB are the most",
            WHERE,
        )
    if not data:
        raise Problem("the picture is empty", WHERE)
    if kind := also(data):
        raise Problem(f"this file is {kind} as well as a picture; save the picture anew", WHERE)
    check_parts(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the size is checked here, in words
        try:
            return _pixels(io.BytesIO(data), most_pixels)
        except UnidentifiedImageError:
            raise Problem("this is no PNG, JPEG or WebP picture", WHERE) from None
        except Image.DecompressionBombError:
            raise Problem(_too_large("more than 100 million", most_pixels), WHERE) from None
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, TypeError):
            # Pillow's many ways to say so.
            raise Problem("the picture is damaged or cut off", WHERE) from None


def _pixels(file: io.BytesIO, most_pixels: int) -> Pixels:
    with Image.open(file, formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > most_pixels:
            found = f"{width * height / 1e6:.1f} million"
            raise Problem(_too_large(found, most_pixels), WHERE)
        if max(width, height) > LONGEST:
            raise Problem(
                f"the picture is {width:,} by {height:,}; {LONGEST:,} pixels a side are the most",
                WHERE,
            )
        opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # of a large JPEG only what is needed
        opened.load()
        upright = _in_shades(_in_bytes(ImageOps.exif_transpose(opened)))
        upright.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
        pixels = np.asarray(_in_colour(upright), dtype=np.uint8)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _in_bytes(picture: Image.Image) -> Image.Image:
    """Gray of 16 bits a pixel in 8 of them: Pillow makes no other of its sizes smaller."""
    if not picture.mode.startswith("I"):
        return picture
    deep = np.asarray(picture, dtype=np.float32)
    return Image.fromarray((deep / 257).clip(0, 255).astype(np.uint8))


def _in_shades(picture: Image.Image) -> Image.Image:
    """Black and white as gray, a palette's numbers as its colours: Pillow makes such smaller by
    leaving pixels out, and a thin line with them."""
    if picture.mode == "1" and not picture.has_transparency_data:
        return picture.convert("L")
    if picture.mode in ("1", "P", "PA"):
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture


def _in_colour(picture: Image.Image) -> Image.Image:
    """Red, green and blue; what is transparent becomes white paper."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return picture.convert("RGB")


def _too_large(pixels: str, most_pixels: int) -> str:
    return f"the picture has {pixels} pixels; {most_pixels // 1_000_000} million are the most"


def also(data: bytes) -> str | None:
    """What a file is besides a picture, if anything: such files are made to deceive a program."""
    if b"PK\x05\x06" in data[-65_557:]:  # where a zip archive has its directory
        return "a zip archive"
    if b"%PDF-" in data[:1024]:  # where readers look for it
        return "a PDF"
    if re.search(rb"<(?:script|html|svg|\?php|!doctype)[\s>]", data, re.IGNORECASE):
        return "a web page or a program"
    return None


def from_address(text: str, most_pixels: int = MOST_PIXELS) -> Pixels:
    """The picture in a data address (`data:image/png;base64,...`). Raises Problem."""
    head = DATA.match(text)
    if not head:
        raise Problem(
            "a picture is sent as data:image/png;base64,... (or jpeg, webp)",
            WHERE,
        )
    try:
        data = base64.b64decode(text[head.end() :], validate=True)
    except ValueError:  # binascii's own, or letters beyond ASCII
        raise Problem("the picture is not valid base64", WHERE) from None
    return decoded(data, most_pixels)


def address(pixels: Pixels, kind: str = "png") -> str:
    """Pixels, 3 or 1 x height x width, as a data address."""
    file = io.BytesIO()
    rows = pixels.transpose(1, 2, 0)
    picture = Image.fromarray(rows[..., 0] if rows.shape[2] == 1 else rows)
    options: dict[str, Any] = {"quality": 95} if kind == "jpeg" else {}
    picture.save(file, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


class UploadAnswer(TypedDict):
    """The picture upright and small, to be sent along with questions."""

    image: Annotated[str, Field(description="A data address.")]
    width: int
    height: int


def upright(data: bytes) -> UploadAnswer:
    """The answer to POST /api/images: the picture made upright and small, to be asked about."""
    pixels = decoded(data)
    _, height, width = pixels.shape
    # Photos as photos; a drawing or an icon without a loss.
    kind = "jpeg" if data.startswith(b"\xff\xd8") or height * width > 300 * 300 else "png"
    return {"image": address(pixels, kind), "width": width, "height": height}
