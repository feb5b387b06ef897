"""Uploads: pixels that Pillow's own reading confirms, and refusals in words."""

import base64
import io
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.core.errors import Problem
from app.core.pictures import uploads


def picture(width: int = 40, height: int = 30, mode: str = "RGB") -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    draw = np.random.default_rng(0).integers(0, 256, (height, width, bands), dtype=np.uint8)
    return Image.fromarray(draw.squeeze(), mode) if bands == 1 else Image.fromarray(draw)


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_pixels_come_through(kind: str) -> None:
    image = picture()
    found = uploads.decoded(saved(image, kind, lossless=True))
    np.testing.assert_array_equal(found, np.asarray(image).transpose(2, 0, 1))


def test_a_photo_is_turned_upright() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 40, 5))  # dark at the top of what the camera stored
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    found = uploads.decoded(saved(image, "JPEG", exif=exif, quality=95))
    assert found.shape == (3, 40, 20)
    assert found[:, :, -3:].mean() < 40 < 200 < found[:, :, :10].mean()


def test_large_pictures_are_made_small_and_transparent_ones_get_paper() -> None:
    assert uploads.decoded(saved(picture(1500, 700), "JPEG")).shape == (3, 239, 512)
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (uploads.decoded(saved(clear, "PNG")) == 255).all()


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "I;16", "CMYK"])
def test_other_kinds_of_pixels_become_red_green_and_blue(mode: str) -> None:
    image = Image.new("L", (9, 7), 130)
    if mode == "I;16":
        image = Image.fromarray(np.full((7, 9), 130 * 257, np.uint16))
    else:
        image = image.convert("RGB" if mode == "CMYK" else "L").convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    found = uploads.decoded(saved(image, kind))
    assert found.shape == (3, 7, 9)
    if mode not in ("1", "P"):
        assert abs(found.astype(int) - 130).max() <= 3


@pytest.mark.parametrize(("width", "height"), [(513, 20), (700, 900)])
def test_gray_of_16_bits_is_made_small_too(width: int, height: int) -> None:
    image = Image.fromarray(np.full((height, width), 130 * 257, np.uint16))
    found = uploads.decoded(saved(image, "PNG"))
    assert max(found.shape) == 512
    assert (found == 130).all()


def refusal(data: bytes) -> str:
    with pytest.raises(Problem) as caught:
        uploads.decoded(data)
    assert caught.value.where == {"field": "image"}
    return caught.value.message


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims so many pixels."""
    data = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


def test_what_is_no_picture_is_refused_in_words() -> None:
    whole = saved(picture(), "PNG")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as inside:
        inside.writestr("x.html", "x")
    assert "no PNG, JPEG or WebP" in refusal(b"<html><svg/></html>"[1:])
    assert "web page or a program" in refusal(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>')
    assert "no PNG, JPEG or WebP" in refusal(saved(picture(), "GIF"))
    assert "no PNG, JPEG or WebP" in refusal(saved(picture(), "TIFF"))
    assert "damaged or cut off" in refusal(whole[: len(whole) // 2])
    jpeg = saved(picture(400, 300), "JPEG")
    assert "damaged or cut off" in refusal(jpeg[: len(jpeg) // 2])
    assert "empty" in refusal(b"")
    assert "zip archive" in refusal(whole + archive.getvalue())
    assert "a PDF" in refusal(saved(picture(), "JPEG", comment=b"%PDF-1.4"))
    assert "a program" in refusal(whole + b"<script>alert(1)</script>")
    assert "24 million are the most" in refusal(bomb(5000, 5000))
    assert "24 million are the most" in refusal(bomb(60000, 60000))
    assert "8 MB are the most" in refusal(whole + bytes(8_000_000))


def test_every_cut_and_every_damaged_byte_is_a_problem_or_a_picture() -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = saved(picture(), kind)
        draw = np.random.default_rng(1)
        for _ in range(150):
            data = bytearray(whole[: int(draw.integers(1, len(whole) + 1))])
            data[int(draw.integers(len(data)))] = int(draw.integers(256))
            with suppress(Problem):
                assert uploads.decoded(bytes(data)).ndim == 3


def test_addresses_go_both_ways() -> None:
    pixels = uploads.decoded(saved(picture(), "PNG"))
    np.testing.assert_array_equal(uploads.from_address(uploads.address(pixels)), pixels)
    for text in ("coffee", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,%%%"):
        with pytest.raises(Problem):
            uploads.from_address(text)


def test_an_upload_comes_back_upright_and_small() -> None:
    answer = uploads.upright(saved(picture(1500, 700), "JPEG"))
    assert (answer["width"], answer["height"]) == (512, 239)
    head, _, body = answer["image"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(body))).size == (512, 239)


@pytest.mark.parametrize("mode", ["1", "P"])
@pytest.mark.parametrize("side", [600, 2048])
def test_thin_lines_of_black_and_white_are_not_left_out(mode: str, side: int) -> None:
    pixels = np.full((side, side), 255, np.uint8)
    pixels[::90] = pixels[1::90] = 0
    gray, coarse = (Image.fromarray(pixels).convert(kind) for kind in ("L", mode))
    np.testing.assert_allclose(
        uploads.decoded(as_png(coarse)).astype(float),
        uploads.decoded(as_png(gray)).astype(float),
        atol=1,
    )


@pytest.mark.parametrize("size", [(2048, 2048), (2049, 64), (64, 3000)])
def test_gray_of_16_bits_may_have_any_side(size: tuple[int, int]) -> None:
    deep = np.add.outer(np.arange(size[0]), np.arange(size[1])) * 257 % 65_536
    shades = uploads.decoded(as_png(Image.fromarray(deep.astype(np.uint16))))
    assert max(shades.shape[1:]) == 512
    assert shades.mean() == pytest.approx(deep.mean() / 257, abs=1)


def as_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
