"""Notebooks of all lessons run from top to bottom on plain PyTorch."""

import json
import subprocess
import sys
from typing import Any

import pytest

from app.core.lessons.notebooks import CODE, notebook
from app.web.course import course

HERE = "http://localhost:8000"
RUN = """
import contextlib, io, json, sys
for name, cells in json.load(sys.stdin).items():
    names = {}
    for place, text in enumerate(cells):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, f"{name}[{place}]", "exec"), names)
        except Exception as error:
            print(name, place, type(error).__name__, error, text, sep="\\n")
"""


def code(found: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in found["cells"] if cell["cell_type"] == "code"]


def test_every_notebook_runs_and_comes_to_the_figures_numbers() -> None:
    texts = {name: code(notebook(lesson, HERE)) for name, lesson in course().items()}
    ran = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(texts), capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout[:2000] + ran.stderr[-2000:]


@pytest.mark.parametrize("name", course())
def test_it_has_all_of_the_lesson_and_asserts_what_can_be_run(name: str) -> None:
    lesson = course()[name]
    found = notebook(lesson, HERE)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    text = "\n".join(cell["source"] for cell in found["cells"])
    for fence in lesson.fences:
        assert f"{HERE}{fence.link}" in text
    runs = [fence for fence in lesson.fences if fence.name in CODE]
    assert sum("assert" in cell for cell in code(found)) == len(runs)
    assert text.count("**Exercise: ") == len(lesson.exercises)
    assert "```figure" not in text
