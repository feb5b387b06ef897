"""A run to take along: as a PyTorch program, as a notebook."""

from __future__ import annotations

from textwrap import fill
from typing import Any, Literal

import orjson

from app.core.errors import Problem
from app.core.experiments.runs import RunQuestion
from app.core.experiments.table import EXPERIMENTS
from app.core.figure import AsText
from app.core.notebook import bound, code, markdown
from app.core.questions import shown
from app.core.training.scripts import program

MEDIA_TYPES = {"pytorch": "text/x-python", "notebook": "application/x-ipynb+json"}


class RunExportQuestion(RunQuestion):
    """A run, and what it should become."""

    model_config = shown(
        {"experiment": "small-batch", "settings": {"points": 20}, "format": "pytorch"}
    )

    format: Literal["pytorch", "notebook"]


def export(question: RunExportQuestion) -> str:
    """The answer to POST /api/experiments/export."""
    row = question.row()
    if row.script is None:
        some = ", ".join(name for name, other in EXPERIMENTS.items() if other.script)
        raise Problem(
            f"{row.unwritten} These are: {some}",
            {"field": "experiment"},
        )
    settings = question.of(row)
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
