"""How this server is called in a link, and what a page gives back of a question in one."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request

MOST_REPEATED = 100_000  # bytes of a refused question that its page gives back, to be mended


def own_address(request: Request) -> str:
    """How the visitor calls this server; whatever holds it is kept for nobody else."""
    return str(request.base_url).rstrip("/")


def repeated(question: dict[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a refused question gives back of it: all of it, or, since a short link may
    unfold to much, nothing but the first question that the page knows."""
    return question if len(orjson.dumps(question)) <= MOST_REPEATED else dict(first)
