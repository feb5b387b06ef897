"""What the links of several pages hold: whole numbers, and a network."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request

from app.core.errors import Problem
from app.core.networks import models
from app.core.networks.links import MOST_TEXT, unpacked
from app.core.networks.torch_code import MAX_SOURCE
from app.core.pictures.preparation import FIRSTS

FIRST_LOOK = {"model": "squeezenet1_1", "image": "coffee"}

MOST_DIGITS = 10
MOST_WHOLES = 8  # that any list of them in a link has
MOST_REPEATED = 100_000  # bytes of a refused question that its page gives back, to be mended
FORMS = ("architecture", "stride_on", "source")


def whole(text: str, name: str) -> int:
    """A number that is none of JSON's; a Problem if it is not one, or is beyond all use."""
    if not (text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Problem(f"`{name}` in this link is a whole number", {"field": name})
    return int(text)


def wholes(text: str, name: str) -> list[int]:
    """Several of them, with commas in between."""
    try:
        return [whole(part, name) for part in text.split(",", MOST_WHOLES)]
    except Problem:
        sentence = f"`{name}` in this link is whole numbers with commas"
        raise Problem(sentence, {"field": name}) from None


def value(text: str, name: str) -> Any:
    """JSON in a link. Raises ValueError for what is none, Problem for more than links carry."""
    if len(text) > MOST_TEXT:
        raise Problem(f"`{name}` in this link is too long", {"field": name})
    return orjson.loads(text)


def repeated(question: dict[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a refused question gives back of it: all of it, or, since a short link may
    unfold to much, nothing but the first question that the page knows."""
    return question if len(orjson.dumps(question)) <= MOST_REPEATED else dict(first)


def network_asked(query: Mapping[str, str]) -> dict[str, Any]:
    """The network in a link, as a question has it: its name, its code, or its layers packed."""
    question: dict[str, Any] = {name: query[name] for name in FORMS if query.get(name)}
    if query.get("packed_source"):  # the code in a link's short form
        question["source"] = unpacked(query["packed_source"], 2 * MAX_SOURCE)
        if not isinstance(question["source"], str):
            raise Problem("the code in this link cannot be read", {"field": "source"})
    if query.get("network"):
        question["network"] = unpacked(query["network"])
    if "source" in question and query.get("input"):
        question["input"] = wholes(query["input"], "input")
    return question


def look_asked(request: Request) -> dict[str, Any]:
    """The question in a link: a model, or a network as the page on networks has it; an image."""
    query = request.query_params
    names = ("model", "image", "of")
    question: dict[str, Any] = {name: query[name] for name in names if query.get(name)}
    question |= network_asked(query)
    question |= {name: whole(query[name], name) for name in ("seed", "target") if query.get(name)}
    own = question.keys() & {"model", "network", "source", "architecture"}
    return (
        {"image": first_image(question.get("model"))} | question if own else FIRST_LOOK | question
    )


def first_image(name: str | None) -> str:
    """What a network looks at that is given no image: what is nearest to what it learned from."""
    row = models.MODELS.get(name or "")
    return FIRSTS[row.picture if row else "photo"]
