"""How this server is called in a link, and what a page gives back of a question in one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from fastapi import Request

from app.core.figure import Figure

MOST_REPEATED = 100_000  # bytes of a refused question that its page gives back, to be mended


def own_address(request: Request) -> str:
    """How the visitor calls this server; whatever holds it is kept for nobody else."""
    return str(request.base_url).rstrip("/")


def addressed(request: Request, figure: Figure[Any]) -> Figure[Any]:
    """The figure, whose answer tells how this server is called."""
    answer: Callable[..., Any] | None = figure.answer
    assert answer
    address = own_address(request)
    told = partial(answer, address=address)
    return replace(figure, path=f"{figure.path} at {address}", answer=told)


def repeated(question: dict[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a refused question gives back of it: all of it, or, since a short link may
    unfold to much, nothing but the first question that the page knows."""
    return question if len(orjson.dumps(question)) <= MOST_REPEATED else dict(first)
