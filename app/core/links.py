"""A question as a link, and back: what stands behind the `?`, spelled from the question's model.

Text stands as it is, whole numbers too, lists of them and of words with commas in between. What is
a network goes packed; any text may, as `packed_` and its name, and so does a graph where a text may
stand. Everything else is JSON, and where the model takes a text beside it, what is no JSON is one.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel

from app.core.errors import Problem, shortened
from app.core.figure import Figure
from app.core.networks.links import MOST_TEXT, packed, unpacked
from app.core.networks.network import Network
from app.core.networks.torch_code import MAX_SOURCE
from app.core.questions import Asked

Q = TypeVar("Q", bound=Asked)

PACKED = "packed_"
# What a link means may change: then this grows, and `asked` reads older ones as they were meant. A
# link without it is of the first.
VERSION, VERSION_FIELD = 1, "v"
LONG = 2_000  # characters from which a text goes packed
MOST_DIGITS = 10
MOST_WHOLES = 8  # that any list of them in a link has
TRUTHS = {"true": True, "1": True, "false": False, "0": False}

Form = Literal["text", "whole", "truth", "wholes", "words", "network", "json", "either"]
# By what a field takes: of these, and of nothing else.
FORMS: tuple[tuple[frozenset[Any], Form], ...] = (
    (frozenset({Network}), "network"),
    (frozenset({str, BaseModel}), "text"),
    (frozenset({bool}), "truth"),
    (frozenset({int}), "whole"),
    (frozenset({"wholes"}), "wholes"),
    (frozenset({"words"}), "words"),
)


def taken(annotation: Any) -> set[Any]:
    """What a field takes: types, "wholes" and "words" for flat lists of them; None left out."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return taken(arguments[0])
    if origin in (Union, UnionType):
        return set().union(*map(taken, arguments))
    if origin is Literal:
        return {type(argument) for argument in arguments}
    if origin in (list, tuple):
        inside = set().union(*(taken(part) for part in arguments if part is not Ellipsis))
        return {{(int,): "wholes", (str,): "words"}.get(tuple(inside), object)}
    if origin is dict:
        return {BaseModel}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {Network if issubclass(annotation, Network) else BaseModel}
    if annotation is type(None):
        return set()
    return {annotation if isinstance(annotation, type) else object}


@cache
def form(model: type[Asked], name: str) -> Form:
    """How a field is spelled."""
    found = taken(model.model_fields[name].annotation)
    for types, spelled in FORMS:
        if found and found <= types and found != {BaseModel}:
            return spelled
    return "either" if found & {str, Any, object} else "json"


# Writing


def link(figure: Figure[Q], question: Q | Mapping[str, Any]) -> str:
    """What stands behind the `?`: the fields that are given, in the model's order."""
    given: Mapping[str, Any]
    if isinstance(question, BaseModel):  # what was given, whole: a layer without its type is none
        given = question.model_dump(mode="json", include=question.model_fields_set, warnings=False)
    else:
        given = question
    pairs = [
        spelled(model, name, given[name])
        for model in models(figure, given)
        for name in model.model_fields
        if given.get(name) is not None
    ]
    return urlencode(pairs)


def alone(
    figure: Figure[Q], question: Q | Mapping[str, Any], view: Mapping[str, Any] | None = None
) -> str:
    """Where a figure stands on a page of its own, the embed where it has none, with this question
    in it; `view` is where in it one looks."""
    query = "&".join(filter(None, [link(figure, question), urlencode(view or {})]))
    page = figure.page or f"/embed/{figure.name}"
    return f"{page}{'&' if '?' in page else '?'}{query}"


def models(figure: Figure[Any], given: Mapping[str, Any]) -> list[type[Asked]]:
    """Those whose fields make up such a question."""
    beside = figure.question.with_fields_of(given)
    return [figure.question, beside] if beside else [figure.question]


def spelled(model: type[Asked], name: str, value: Any) -> tuple[str, str]:
    """A field in a link: its name and its text."""
    kind = form(model, name)
    if kind == "network" or (kind == "text" and (not isinstance(value, str) or len(value) > LONG)):
        return (name if kind == "network" else PACKED + name), packed(value)
    if kind in ("wholes", "words") and not any("," in str(part) for part in value):
        text = ",".join(map(str, value))
        return name, text if text or not value else as_json(value)
    if kind == "text" or (kind == "either" and isinstance(value, str) and not is_json(value)):
        return name, value
    return name, as_json(value)


def as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


# Reading


def names(figure: Figure[Any], given: Mapping[str, Any]) -> set[str]:
    """Those that stand for something of its question in a link."""
    own = {name for model in models(figure, given) for name in model.model_fields}
    return own | {PACKED + name for name in own} | figure.old_names.keys()


def asked(figure: Figure[Q], query: Mapping[str, str]) -> dict[str, Any]:
    """The question in a link as plain data, not yet validated, completed by what a link of this
    figure may leave out. What is not of this question (a cursor, a view) is overlooked. Raises
    Problem for what cannot be read."""
    known(query.get(VERSION_FIELD))
    question = dict[str, Any]()
    renamed = {new: old for old, new in figure.old_names.items()}
    for model in models(figure, query):
        for name in model.model_fields:
            text = query.get(name, query.get(renamed.get(name, name)))
            if text is not None:
                question |= read(model, name, text)
            if query.get(PACKED + name) and form(model, name) == "text":
                found = unpacked(query[PACKED + name], 2 * MAX_SOURCE)
                graph = BaseModel in taken(model.model_fields[name].annotation)
                if not isinstance(found, str) and not (graph and isinstance(found, dict)):
                    raise unreadable(name)
                question[name] = found
    return figure.completed(question) if figure.completed else question


def known(version: str | None) -> None:
    """Raises Problem for a version that is not known."""
    if version not in (None, *map(str, range(1, VERSION + 1))):
        raise Problem(
            f"this link is of version `{shortened(version or '')}`; here they are read up to "
            f"version {VERSION}",
            {"field": VERSION_FIELD},
        )


def unreadable(name: str) -> Problem:
    what = {"source": "code"}.get(name, name)
    return Problem(f"the {what} in this link cannot be read", {"field": name})


def read(model: type[Asked], name: str, text: str) -> dict[str, Any]:
    """A field of a link as {name: value}; nothing where its text says nothing. Raises Problem."""
    kind = form(model, name)
    if kind == "words":
        return {name: words(text)}
    # Nothing is an expression, if a wrong one; a name of nothing says nothing.
    written = kind == "text" and BaseModel in taken(model.model_fields[name].annotation)
    if not text and kind != "either" and not written:
        return {}
    if kind == "network":
        return {name: unpacked(text)}
    if kind == "whole":
        return {name: whole(text, name)}
    if kind == "wholes":
        return {name: wholes(text, name)}
    if kind == "truth" and text in TRUTHS:
        return {name: TRUTHS[text]}
    return {name: text if kind in ("text", "truth") else value(text, name, kind == "either")}


def words(text: str) -> list[Any]:
    """Names with commas in between, or as JSON where one has a comma itself."""
    if text.startswith("["):
        try:
            found = orjson.loads(text) if len(text) <= MOST_TEXT else None
        except orjson.JSONDecodeError:
            found = None
        if isinstance(found, list):
            return found
    return text.split(",") if text else []


def whole(text: str, name: str) -> int:
    """A number that is none of JSON's; a Problem if it is not one, or is beyond all use."""
    if not (text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Problem(f"`{name}` in this link is a whole number", {"field": name})
    return int(text)


def wholes(text: str, name: str) -> list[int]:
    """Several of them, with commas in between, and in brackets as older links have them."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return [whole(part.strip(), name) for part in inside.split(",", MOST_WHOLES)]
    except Problem:
        sentence = f"`{name}` in this link is whole numbers with commas"
        raise Problem(sentence, {"field": name}) from None


def value(text: str, name: str, or_text: bool = False) -> Any:
    """JSON in a link, or a text beside it where the field takes one. Raises Problem."""
    if len(text) > MOST_TEXT:
        raise Problem(f"`{name}` in this link is too long", {"field": name})
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if or_text:
            return text
        said = f"the {name} in this link are not valid JSON"
        raise Problem(said, {"field": name}) from None
