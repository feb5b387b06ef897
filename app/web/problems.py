"""Every refusal, in one form: a sentence, the place it is at, and what would be right instead."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.core.errors import Problem, ProblemAnswer, shortened
from app.core.mistakes import UNREADABLE, as_problem, deepest
from app.web.assets import templates
from app.web.security import SECURITY_HEADERS
from app.workers.pool import Busy, Unavailable

SORRY = Problem("Something went wrong on the server. This is not your mistake.")


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


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path, status = request.url.path, error.status_code
    if status == 404:
        # What a route itself says of it says more; else it is Starlette's two words.
        own = error.detail != HTTPStatus(404).phrase
        problem = Problem(error.detail if own else f"There is nothing at {shortened(path)}.")
    elif status == 405:
        problem = Problem(f"{shortened(path)} does not answer {request.method}.")
    elif status == 400:
        # FastAPI could not read the body at all: not UTF-8, or nested beyond reason.
        status, problem = 422, Problem(UNREADABLE)
    else:
        problem = Problem(error.detail)
    return refuse(request, status, problem, error.headers)


async def on_bug(request: Request, error: Exception) -> Response:
    """A bug: the server's log has the traceback, the answer has none."""
    # This answer is sent from outside the middleware, so it brings the headers itself.
    return refuse(request, 500, SORRY, SECURITY_HEADERS | {"Cache-Control": "no-store"})


def add_problem_answers(app: FastAPI) -> None:
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(Busy, on_busy)
    app.add_exception_handler(Unavailable, on_unavailable)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
