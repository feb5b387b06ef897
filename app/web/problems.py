"""Every refusal, in one form: a sentence, the place it is at, and what would be right instead."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.core.errors import Problem, nearest
from app.web.security import SECURITY_HEADERS
from app.web.templates import templates
from app.workers.pool import Busy, Unavailable

SORRY = Problem("Something went wrong on the server. This is not your mistake.")

TAG = re.compile(r"'([^']*)'")
OBJECTS = ("model_type", "model_attributes_type", "dict_type")  # what pydantic calls an object


class ProblemAnswer(BaseModel):
    """What an answer says when the question cannot be answered."""

    message: str = Field(description="One sentence for the person who asked.")
    where: dict[str, Any] = Field(
        description="The place: offset and length in the text, node, input, or field."
    )
    suggestion: str | None = Field(description="The nearest right thing, where there is one.")

    model_config = {
        "json_schema_extra": {
            "example": {
                "message": "no op `sigmod`; did you mean `sigmoid`?",
                "where": {"offset": 4, "length": 6},
                "suggestion": "sigmoid",
            }
        }
    }


# For the routes that take a question: what they may refuse it with.
REFUSALS: dict[int | str, dict[str, Any]] = {
    413: {"model": ProblemAnswer, "description": "The body is too large"},
    422: {"model": ProblemAnswer, "description": "The question has a mistake, and this is where"},
    503: {"model": ProblemAnswer, "description": "Too busy for now; ask again in a moment"},
}


def refuse(
    request: Request,
    status: int,
    problem: Problem,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page for a person with a browser, JSON for everybody else."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith("/api/"):
        context = {"problem": problem, "title": HTTPStatus(status).phrase}
        return templates.TemplateResponse(request, "problem.html", context, status, headers)
    # In ASCII: a message may quote what was typed, and half a surrogate pair has no UTF-8.
    return Response(json.dumps(problem.told), status, headers, "application/json")


async def on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return refuse(request, 422, problem)


async def on_busy(request: Request, busy: Exception) -> Response:
    return refuse(request, 503, Problem(str(busy)), {"Retry-After": "1"})


async def on_unavailable(request: Request, trouble: Exception) -> Response:
    return refuse(request, 503, Problem(str(trouble)))  # asking again in a moment will not do


async def on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refuse(request, 422, as_problem(deepest(error.errors()), error.body))


M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], question: Mapping[str, Any]) -> M:
    """The question in a link, which the API would be sent as a body. Raises Problem."""
    try:
        return model.model_validate(question)
    except ValidationError as error:
        mistake = deepest(error.errors())
        raise as_problem({**mistake, "loc": ("body", *mistake["loc"])}, question) from None


def deepest(mistakes: Sequence[Any]) -> Any:
    """Where a field may be one of several things, the mistake that lies deepest says most."""
    return max(mistakes, key=lambda mistake: len(mistake["loc"]))


def as_problem(mistake: Mapping[str, Any], body: object) -> Problem:
    """pydantic's mistake as a sentence about a field of the question."""
    kind, (origin, *path) = mistake["type"], mistake["loc"]
    if kind == "json_invalid":
        reason = mistake["ctx"]["error"]
        return Problem(f"The body is not valid JSON: {reason}.", {"offset": path[0]})
    field = ".".join(str(part) for part in (named(path, body) if origin == "body" else path))
    if not field:
        return Problem("The body should be a JSON object, sent as application/json.")
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


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path, status = request.url.path, error.status_code
    if status == 404:
        problem = Problem(f"There is nothing at {path}.")
    elif status == 405:
        problem = Problem(f"{path} does not answer {request.method}.")
    elif status == 400:
        # FastAPI could not read the body at all: not UTF-8, or nested beyond reason.
        status, problem = 422, Problem("The body cannot be read as JSON.")
    else:
        problem = Problem(error.detail)
    return refuse(request, status, problem, error.headers)


async def on_bug(request: Request, error: Exception) -> Response:
    """A bug: the server's log has the traceback, the answer has none."""
    # This answer is sent from outside the middleware, so it brings the headers itself.
    return refuse(request, 500, SORRY, SECURITY_HEADERS)


def add_problem_answers(app: FastAPI) -> None:
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(Busy, on_busy)
    app.add_exception_handler(Unavailable, on_unavailable)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
