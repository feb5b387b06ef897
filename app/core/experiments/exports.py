"""A run to take along: as a PyTorch program, as a notebook."""

from __future__ import annotations

from textwrap import fill
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from app.core.errors import Problem, nearest
from app.core.experiments.experiment import Experiment
from app.core.experiments.table import EXPERIMENTS
from app.core.figure import AsText
from app.core.mistakes import read
from app.core.notebook import bound, code, markdown
from app.core.questions import MOST_FIELDS, Asked, shown, up_to
from app.core.training.scripts import program

MEDIA_TYPES = {"pytorch": "text/x-python", "notebook": "application/x-ipynb+json"}


class RunExportQuestion(Asked):
    """A run, and what it should become."""

    model_config = shown(
        {"experiment": "small-batch", "settings": {"points": 20}, "format": "pytorch"}
    )

    experiment: str = Field(max_length=64, description="Its name in GET /api/experiments.")
    settings: Annotated[dict[str, Any], up_to(MOST_FIELDS)] = Field(
        default={}, description="As in POST /api/experiments/{name}; those left out as they come."
    )
    format: Literal["pytorch", "notebook"]


def named(name: str) -> Experiment[Any]:
    """The experiment of that name. Raises Problem."""
    row = EXPERIMENTS.get(name)
    if row is None:
        near = nearest(name, EXPERIMENTS)
        raise Problem(
            "there is no experiment of that name" + (f"; did you mean `{near}`?" if near else ""),
            {"field": "experiment"},
            near,
        )
    return row


def export(question: RunExportQuestion) -> str:
    """The answer to POST /api/experiments/export."""
    row = named(question.experiment)
    if row.script is None:
        some = ", ".join(name for name, other in EXPERIMENTS.items() if other.script)
        raise Problem(
            f"`{row.name}` is no program of plain PyTorch; these are: {some}",
            {"field": "experiment"},
        )
    settings = read(row.settings, orjson.dumps(question.settings))
    script, about = row.script(settings), f"It is the run with {told(settings)}. {PRINTS}"
    if question.format == "pytorch":
        return program(script, f"{row.title}.\n\n{fill(about, WIDTH)}\n")
    parts = [cell for says, text in script.parts for cell in (markdown(says), code(text))]
    found = bound([markdown(f"# {row.title}\n\n{about}"), *parts])
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()


PRINTS = "It prints the losses that Backlight shows of it."
WIDTH = 88


def told(settings: Any) -> str:
    """The settings in words; a network stands in the program itself."""
    given = settings.model_dump(exclude={"network", "source", "input"})
    return ", ".join(f"{name} {value}" for name, value in given.items())


def fold() -> dict[str, Any]:
    """What the row of this question says of it."""
    return {
        "name": "experiments/export",
        "operation": "experiments_export",
        "question": RunExportQuestion,
        "says": "A run as a PyTorch program or a notebook that print its losses.",
        "answer": export,
        "write": AsText(MEDIA_TYPES),
        "told": {"content": {kind: {} for kind in MEDIA_TYPES.values()}},
    }
