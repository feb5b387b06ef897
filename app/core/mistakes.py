"""What is wrong with a question that cannot be read, as a sentence with the place of it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.core.errors import Problem, nearest, shortened
from app.core.questions import REFUSED

TAG = re.compile(r"'([^']*)'")
TOO_MUCH = ("too_long", REFUSED)
OBJECTS = ("model_type", "model_attributes_type", "dict_type")  # what pydantic calls an object

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], body: bytes) -> M:
    """The question that a body of JSON holds. Raises Problem."""
    if not body:
        raise Problem(NO_OBJECT)
    try:
        question = json.loads(body)
    except json.JSONDecodeError as error:
        raise not_json(error.msg, error.pos) from None
    except (ValueError, RecursionError):  # not UTF-8, digits without end, or nested beyond reason
        raise Problem(UNREADABLE) from None
    return validated(model, question)


UNREADABLE = "The body cannot be read as JSON."
NO_OBJECT = "The body should be a JSON object, sent as application/json."


def not_json(reason: str, offset: int) -> Problem:
    return Problem(f"The body is not valid JSON: {reason}.", {"offset": offset})


def validated(model: type[M], question: Any) -> M:
    """The question in a link, or in a body that has been parsed. Raises Problem."""
    try:
        return model.model_validate(question)
    except ValidationError as error:
        mistake = deepest(error.errors())
        raise as_problem({**mistake, "loc": ("body", *mistake["loc"])}, question) from None


def deepest(mistakes: Sequence[Any]) -> Any:
    """Where a field may be one of several things, the mistake that lies deepest says most, and of
    equals the one that says what was too much."""
    return max(mistakes, key=lambda mistake: (len(mistake["loc"]), mistake["type"] in TOO_MUCH))


def as_problem(mistake: Mapping[str, Any], body: object) -> Problem:
    """pydantic's mistake as a sentence about a field of the question."""
    kind, (origin, *path) = mistake["type"], mistake["loc"]
    if kind == "json_invalid":
        return not_json(mistake["ctx"]["error"], path[0])
    parts = named(path, body) if origin == "body" else path
    field = ".".join(shortened(str(part)) for part in parts)
    if not field and kind == REFUSED:
        return Problem(f"The question {mistake['msg']}.")
    if not field:
        return Problem(NO_OBJECT)
    said, suggestion = mistake["msg"].removeprefix("Value error, "), None
    if kind == "missing" and isinstance(path[-1], int):
        sentence = f"`{field}` has too few entries."
    elif kind == "missing":
        sentence = f"`{field}` is missing."
    elif kind == "extra_forbidden":
        sentence = f"There is no field `{field}` in this question."
    elif kind == "union_tag_not_found":
        sentence = f"`{field}.type` is missing."
    elif kind == "union_tag_invalid":
        tag, known = mistake["ctx"]["tag"][:40], TAG.findall(mistake["ctx"]["expected_tags"])
        suggestion = nearest(tag, known)
        hint = f"did you mean `{suggestion}`?" if suggestion else f"it is {', '.join(known)}."
        sentence = f"`{field}.type` cannot be `{tag}`; {hint}"
    elif kind == "too_long":
        sentence = f"`{field}` has too many entries; {mistake['ctx']['max_length']:,} are the most."
    elif kind == REFUSED:
        sentence = f"`{field}` {said}."
    elif kind in OBJECTS:
        sentence = f"`{field}` should be a JSON object."
    elif said.startswith(("Input ", "String ", "Tuple ", "List ")):
        should = said.split(" ", 1)[1].replace(" after validation", "").replace("tuple", "list")
        sentence = f"`{field}` {should}."
    else:
        sentence = f"`{field}`: {said}."
    return Problem(sentence, {"field": field}, suggestion)


def named(path: Sequence[str | int], body: object) -> list[str | int]:
    """The path without the names of models and union members that pydantic puts in between."""
    names: list[str | int] = []
    for position, part in enumerate(path):
        try:
            body = body[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            # A field that is missing is not in the body either, and yet a place in it.
            if not (isinstance(body, dict) and position == len(path) - 1):
                continue
        names.append(part)
    return names
