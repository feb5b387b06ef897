"""How a PNG or JPEG file is put together: what costs more to read than its pixels is refused.

Only lengths and names are looked at, and no more of them than a picture may have, so that a look
takes milliseconds whatever the file says. WebP needs none: libwebp passes over what it does not
show, in C, and a file's frames after the first are never decoded.
"""

import re
from collections.abc import Iterator

from app.core.errors import Problem

WHERE = {"field": "image"}

# JPEG. Each scan goes over all of the picture, however little of it is in the file.
MOST_SCANS = 100
MOST_SCANNED = 1_200_000_000  # scans times pixels: about a second
MOST_SEGMENTS = 1_000
MOST_REMARKS = 300  # segments that are no part of the picture: Exif, colour profiles, comments
MOST_STRAY = 10_000  # bytes between segments, which Pillow reads one by one
SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APPLICATION = range(0xE0, 0xF0)
FRAMES = range(0xC0, 0xC3)  # baseline, extended, progressive
TABLES = (0xC4, 0xDB, 0xDC, 0xDD)  # Huffman's, quantisation's; lines, restart interval
OTHER_FRAMES = (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xD0))
SEGMENTS = {SOS, COM, *FRAMES, *TABLES, *OTHER_FRAMES, *APPLICATION}
# In coded data 0xFF is followed by 0, or by the number of a restart.
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])", re.DOTALL)

# PNG. Pillow reads the chunks one by one, and unpacks a megabyte of each that is packed.
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = (b"IDAT", b"fdAT", b"fcTL")
MOST_CHUNKS = 10_000
MOST_OTHERS = 100  # chunks without pixels


def check_parts(data: bytes) -> None:
    """Refuse a PNG or JPEG that takes longer to read than a picture of its size. Raises Problem.

    A file that is damaged or something else is left to whoever reads it.
    """
    if data.startswith(SIGNATURE):
        _check_chunks(data)
    elif data.startswith(bytes((0xFF, SOI, 0xFF))):
        _check_segments(data)


def _check_chunks(data: bytes) -> None:
    chunks = others = 0
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        name = data[at + 4 : at + 8]
        if name == b"IEND":
            return
        chunks += 1
        others += name not in PIXELS
        _bound(chunks, MOST_CHUNKS, "chunks")
        _bound(others, MOST_OTHERS, "chunks without pixels")
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _check_segments(data: bytes) -> None:
    scans = remarks = pixels = 0
    for count, (kind, body) in enumerate(_segments(data), 1):
        _bound(count, MOST_SEGMENTS, "segments")
        if kind in OTHER_FRAMES:
            raise Problem(
                "this is a kind of JPEG that browsers do not show; save it as baseline or "
                "progressive",
                WHERE,
            )
        scans += kind == SOS
        remarks += kind in APPLICATION or kind == COM
        if kind in FRAMES:
            height, width = (int.from_bytes(data[body + i : body + i + 2], "big") for i in (3, 5))
            pixels = max(pixels, height * width)
        _bound(scans, MOST_SCANS, "scans")
        _bound(remarks, MOST_REMARKS, "segments of remarks")
        if scans * pixels > MOST_SCANNED:
            raise Problem(
                f"the picture has {pixels / 1e6:.1f} million pixels in {scans} scans or more, and "
                f"of its size {MOST_SCANNED // pixels} are the most; save it as baseline JPEG",
                WHERE,
            )


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(kind, where its length stands) of each segment up to the end of the picture, as libjpeg and
    Pillow find them; a file that they would not agree on is a Problem."""
    at, stray, scanning = 2, 0, False
    while found := MARKER.search(data, at):
        stray += 0 if scanning else found.end() - 2 - at
        if stray > MOST_STRAY:
            raise Problem("the picture is damaged: there is much between its segments", WHERE)
        kind, body = found[1][0], found.end()
        if kind == EOI and scanning:
            return
        if kind not in SEGMENTS:
            raise Problem("the picture is damaged or cut off", WHERE)
        yield kind, body
        scanning = scanning or kind == SOS
        at = body + int.from_bytes(data[body : body + 2], "big")


def _bound(count: int, most: int, what: str) -> None:
    if count > most:
        raise Problem(
            f"the picture's file has more than {most:,} {what}; save the picture anew", WHERE
        )
