"""What the links of several pages hold: whole numbers, and a network."""

from collections.abc import Mapping
from typing import Any

from app.core.errors import Problem
from app.core.network_links import unpacked

MOST_DIGITS = 10
FORMS = ("architecture", "stride_on", "source")


def whole(text: str, name: str) -> int:
    """A number that is none of JSON's; a Problem if it is not one, or is beyond all use."""
    if not (text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Problem(f"`{name}` in this link is a whole number", {"field": name})
    return int(text)


def wholes(text: str, name: str) -> list[int]:
    """Several of them, with commas in between."""
    try:
        return [whole(part, name) for part in text.split(",")]
    except Problem:
        sentence = f"`{name}` in this link is whole numbers with commas"
        raise Problem(sentence, {"field": name}) from None


def network_asked(query: Mapping[str, str]) -> dict[str, Any]:
    """The network in a link, as a question has it: its name, its code, or its layers packed."""
    question: dict[str, Any] = {name: query[name] for name in FORMS if query.get(name)}
    if query.get("packed_source"):  # the code in a link's short form
        question["source"] = unpacked(query["packed_source"])
        if not isinstance(question["source"], str):
            raise Problem("the code in this link cannot be read", {"field": "source"})
    if query.get("network"):
        question["network"] = unpacked(query["network"])
    if "source" in question and query.get("input"):
        question["input"] = wholes(query["input"], "input")
    return question
