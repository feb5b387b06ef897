"""A network in a link: its JSON, deflated, in the letters that an address may have."""

import base64
import binascii
import zlib
from typing import Any

import orjson

from app.core.errors import Problem

MOST_TEXT = 65_536  # characters in an address
MOST_BYTES = 600_000  # of JSON that comes out: 2,000 layers with all their arguments


def unpacked(text: str, most: int = MOST_BYTES) -> Any:
    """What a link holds: JSON as it is, or deflated and in base64url. Raises Problem for what
    cannot be read, and for more than `most` bytes before there are more."""
    where = {"field": "network"}
    if len(text) > MOST_TEXT:
        raise Problem("the network in this link is too large", where)
    try:
        if text.startswith("{"):
            return orjson.loads(text)
        unzip = zlib.decompressobj(-zlib.MAX_WBITS)
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = unzip.decompress(data, most)
        if not unzip.eof:
            raise Problem("the network in this link is cut off, or too large", where)
        return orjson.loads(found)
    except (ValueError, binascii.Error, zlib.error):
        raise Problem("the network in this link cannot be read", where) from None


def packed(network: Any) -> str:
    """The link's form of a network given as plain data."""
    zip = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = zip.compress(orjson.dumps(network)) + zip.flush()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
