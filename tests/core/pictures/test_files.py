"""Files that cost more than their pixels: refused before Pillow opens them."""

import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from app.core.errors import Problem
from app.core.pictures import files, uploads
from tests.core.pictures.test_uploads import picture, refusal, saved

SOS, EOI = b"\xff\xda", b"\xff\xd9"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def segment(kind: int, body: bytes) -> bytes:
    return bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body


def with_chunks(added: bytes) -> bytes:
    """A PNG with more chunks before its pixels."""
    whole = saved(picture(4, 4), "PNG")
    at = whole.index(b"IDAT") - 4
    return whole[:at] + added + whole[at:]


def with_segments(added: bytes) -> bytes:
    """A JPEG with more segments at its beginning."""
    whole = saved(picture(), "JPEG")
    return whole[:2] + added + whole[2:]


def with_scans(times: int, width: int = 40, height: int = 30, between: bytes = b"") -> bytes:
    """A progressive JPEG whose last scan comes so many times more."""
    whole = saved(Image.new("RGB", (width, height), "teal"), "JPEG", progressive=True)
    last, end = whole.rindex(SOS), whole.rindex(EOI)
    return whole[:end] + (between + whole[last:end]) * times + whole[end:]


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is refused is refused before Pillow looks at it."""
    monkeypatch.setattr(uploads.Image, "open", None)


PACKED = zlib.compress(bytes(1_000_000))
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "scans": (lambda: with_scans(3000), "more than 100 scans"),
    "scans behind a segment that libjpeg skips": (
        lambda: with_scans(300, between=segment(0xDC, b"\0\1")), "more than 100 scans",
    ),
    "scans behind an embedded end": (
        lambda: with_scans(300, between=segment(0xFE, EOI)), "more than 100 scans",
    ),
    "scans behind a restart": (
        lambda: with_scans(300, between=b"\xff\xd0\xff\0\xff\xff"), "more than 100 scans",
    ),
    "scans of a large picture": (lambda: with_scans(80, 4800, 4900), "of its size 51 are the most"),
    "comments": (lambda: with_segments(b"\xff\xfe\0\2" * 500_000), "300 segments of remarks"),
    "empty segments": (lambda: with_segments(b"\xff\xe5\0\2" * 500_000), "segments of remarks"),
    "tables": (lambda: with_segments(b"\xff\xdb\0\2" * 500_000), "1,000 segments"),
    "fill": (lambda: with_segments(b"\xff" * 2_000_000), "much between its segments"),
    "restarts": (lambda: with_segments(b"\xff\xd0" * 1_000_000), "much between its segments"),
    "junk": (lambda: with_segments(b"\xff\xfe\0\2" + bytes(1_000_000)), "much between"),
    "arithmetic coding": (
        lambda: saved(picture(), "JPEG").replace(b"\xff\xc0", b"\xff\xc9"), "browsers do not show",
    ),
    "tiny pixels": (lambda: with_chunks(chunk(b"IDAT", b"") * 100_000), "more than 10,000 chunks"),
    "frames": (lambda: with_chunks(chunk(b"fdAT", b"\0\0\0\1") * 100_000), "10,000 chunks"),
    "colour profiles": (
        lambda: with_chunks(chunk(b"iCCP", b"x\0\0" + PACKED) * 1000), "chunks without pixels",
    ),
    "damaged texts": (
        lambda: with_chunks(chunk(b"zTXt", b"x\0\0" + PACKED[:-4]) * 1000), "without pixels",
    ),
    "nothing": (lambda: with_chunks(chunk(b"abcd", b"") * 100_000), "chunks without pixels"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.usefixtures("unopened")
def test_what_takes_longer_than_its_pixels_is_refused_unopened(name: str) -> None:
    made, said = BOMBS[name]
    assert said in refusal(made())


def test_a_picture_of_very_short_rows_is_refused() -> None:
    assert "65,535 pixels a side" in refusal(saved(Image.new("1", (1, 70_000)), "PNG"))
    assert uploads.decoded(saved(Image.new("1", (2, 60_000)), "PNG")).shape == (3, 512, 1)


@pytest.mark.parametrize("kind", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_of_every_kind_are_let_in(kind: str, progressive: bool) -> None:
    image = picture(400, 300).convert(kind)
    whole = saved(
        image,
        "JPEG",
        progressive=progressive,
        restart_marker_rows=1,
        comment=b"a comment with \xff\xd9 in it",
        icc_profile=bytes(300_000),
        exif=b"Exif\0\0" + bytes(60_000),
    )
    assert uploads.decoded(whole).shape == (3, 300, 400)


def test_an_embedded_thumbnail_is_no_part_of_the_picture() -> None:
    inside = with_scans(95)
    assert len(inside) < 65_000
    whole = with_segments(segment(0xE1, b"Exif\0\0" + inside) + segment(0xE2, inside))
    assert uploads.decoded(whole).shape == (3, 30, 40)
    assert uploads.decoded(whole + inside).shape == (3, 30, 40)  # nor what comes after its end


def test_a_picture_may_have_remarks() -> None:
    remarks = PngImagePlugin.PngInfo()
    for i in range(40):
        remarks.add_text(f"Key {i}", "what is said " * 500, zip=i % 2 == 0)
    whole = saved(picture(), "PNG", pnginfo=remarks, icc_profile=bytes(5000), dpi=(72, 72))
    assert uploads.decoded(whole).shape == (3, 30, 40)
    frames = [picture() for _ in range(20)]
    whole = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert uploads.decoded(whole).shape == (3, 30, 40)


def test_what_is_cut_off_is_left_to_who_reads_it_or_said_to_be() -> None:
    for whole in (saved(picture(), "PNG"), saved(picture(), "JPEG", progressive=True)):
        said = {problem_of(whole[:end]) for end in range(len(whole))}
        assert said <= {None, "the picture is damaged or cut off"}


def problem_of(data: bytes) -> str | None:
    try:
        files.check_parts(data)
    except Problem as problem:
        return problem.message
    return None
