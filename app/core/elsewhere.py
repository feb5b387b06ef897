"""A figure taken elsewhere: its link, a frame for another site, a command, and a program."""

import html
from collections.abc import Mapping
from dataclasses import replace
from pprint import pformat
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.any_figure import MOST_LINK, AnyFigureQuestion, queried
from app.core.errors import Problem
from app.core.expressions.exports import curl
from app.core.figure import Figure
from app.core.links import VERSION, VERSION_FIELD, alone, models
from app.core.mistakes import validated

WIDTH = 80  # characters of a line in the program
FRAME = (
    '<iframe src="{src}" title="{title}" width="100%" height="520" loading="lazy" '
    'style="border: 0"></iframe>'
)
PROGRAM = """\
import json
from urllib.request import Request, urlopen

question = {question}
request = Request(
    {address!r},
    json.dumps(question).encode(),
    {headers!r},
)
with urlopen(request) as response:
{read}
"""
WHOLE = """\
    answer = json.load(response)
print(json.dumps(answer, indent=1)[:2000])"""
AS_EVENTS = " \\\n  --no-buffer --header 'Accept: text/event-stream'"
FRAMES = """\
    for line in response:
        if line.startswith(b"data: "):
            frame = json.loads(line.removeprefix(b"data: "))
            print(str(frame)[:200])"""


class ElsewhereQuestion(AnyFigureQuestion):
    """A figure, what it was asked, and where in it one looks."""

    view: Annotated[str, Field(max_length=MOST_LINK)] = Field(
        default="",
        description="What more stands behind the `?` of its page: a step, a view. What belongs to "
        "the question is overlooked.",
    )


class ElsewhereAnswer(TypedDict):
    link: Annotated[str, Field(description="Its page, with this in it.")]
    frame: Annotated[str, Field(description="An `<iframe>`, as HTML.")]
    curl: Annotated[str, Field(description="A command that asks for the numbers.")]
    python: Annotated[str, Field(description="A program that does, on the standard library.")]


def elsewhere(question: ElsewhereQuestion, address: str = "") -> ElsewhereAnswer:
    """The answer to POST /api/elsewhere, of a server that is called `address`. Raises Problem."""
    figure = question.row()
    given = question.given(figure)
    asked = validated(figure.question, given)
    if asked.private:
        raise Problem(
            "a picture, a drawing or weights of your own stand in no link: only you have them",
            {"field": "question"},
        )
    view = seen(figure, given, queried(question.view)) | {VERSION_FIELD: str(VERSION)}
    page = alone(figure, given, view)
    if len(page) > MOST_LINK:
        raise Problem(
            f"this is too large for a link, which has {MOST_LINK:,} characters at most",
            {"field": "question"},
        )
    source = html.escape(address + alone(replace(figure, page=None), given, view))
    return {
        "link": address + page,
        "frame": FRAME.format(src=source, title=html.escape(figure.says)),
        "curl": curl(given, address, figure.path, AS_EVENTS if figure.slice else ""),
        "python": program(figure, given, address),
    }


def seen(figure: Figure[Any], given: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, str]:
    """Where one looks: what of a page's link is no part of the question."""
    known = {name for model in models(figure, given) for name in model.model_fields}
    known |= {*figure.old_names, VERSION_FIELD, "experiment", "projector"}
    known |= {f"packed_{name}" for name in known}
    return {name: text for name, text in query.items() if name not in known}


def program(figure: Figure[Any], given: Mapping[str, Any], address: str) -> str:
    headers = {"Content-Type": "application/json"}
    if figure.slice:
        headers["Accept"] = "text/event-stream"
    return PROGRAM.format(
        question=pformat(dict(given), width=WIDTH, sort_dicts=False),
        address=f"{address}/api{figure.path}",
        headers=headers,
        read=FRAMES if figure.slice else WHOLE,
    )
