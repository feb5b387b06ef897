"""What a page gives back of a question that it was asked in a link."""

from collections.abc import Mapping
from typing import Any

import orjson

MOST_REPEATED = 100_000  # bytes of a refused question that its page gives back, to be mended


def repeated(question: dict[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a refused question gives back of it: all of it, or, since a short link may
    unfold to much, nothing but the first question that the page knows."""
    return question if len(orjson.dumps(question)) <= MOST_REPEATED else dict(first)
