"""Pixels as a PNG file."""

import struct
import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def png(pixels: Floats) -> bytes:
    """An image of channels x height x width, three or one of them, as a file."""
    channels, height, width = pixels.shape
    colour = {1: 0, 3: 2}[channels]  # PNG's numbers for gray and for red, green and blue
    rows = pixels.transpose(1, 2, 0).round().clip(0, 255).astype("uint8")
    data = b"".join(b"\x00" + row.tobytes() for row in rows)  # each row unfiltered

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
