"""A run as a program: executed as it stands, it prints the losses that the run shows."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.errors import Problem
from app.core.experiments.experiment import Experiment
from app.core.experiments.exports import RunExportQuestion, export
from app.core.experiments.table import EXPERIMENTS
from app.core.training.scripts import program

LINE = re.compile(r"^(?:step|epoch) (\d+): (.*)$", re.MULTILINE)
LOSS = re.compile(r"(?:loss|share right|,) (\d+\.\d{7})")
RUN = """
import contextlib, io, json, sys, torch
printed = []
for cells in json.load(sys.stdin):
    names, told = {}, io.StringIO()
    torch.set_default_dtype(torch.float32)
    with contextlib.redirect_stdout(told):
        for cell in cells:
            exec(compile(cell, "cell", "exec"), names)
    printed.append(told.getvalue())
print(json.dumps(printed))
"""
TWO_WAYS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(4 * 7 * 7, 10)
    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = torch.relu(self.second(x) + x)
        return self.fc(self.drop(torch.flatten(x, 1)))
"""
WIDE = "nn.Sequential(nn.Conv2d(1, 4, 5, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10))"
SHORT = {"steps": 80, "epochs": 3}
SHORTER = {"residual": {"steps": 20}}  # four deep nets
ASKED: dict[str, list[dict[str, Any]]] = {
    "classifier-2d": [
        {"data": "moons", "optimizer": "sgd", "rate": 0.3, "batch": 10, "activation": "relu"},
        {"data": "circles", "units": 3, "layers": 1, "activation": "sigmoid"},
        {"data": "blobs", "turn": 25, "rate_then": 0.3, "penalty_then": 0.1},
        {"data": "xor", "turn": 25, "dropped": 0.3, "dropped_then": 0.5, "sparse": 0.01},
        {"turn": 25, "dropped_then": 0.2, "layer_then": 3, "sparse_then": 0.01, "penalty": 0.01},
    ],
    "samples-a-weight": [{"dropped": 0.3, "penalty": 0.01}, {"points": 150, "hidden": 4}],
    "small-batch": [
        {"data": "xor", "points": 10, "scale": 0.3},
        {"bug": "labels shuffled", "points": 100},
        {"bug": "labels shuffled once", "data": "xor"},
    ],
    "dropout": [{"dropped": 0.0, "points": 40}],
    "mislabelled": [{"data": "garments", "share": 0.4, "each": 20, "epochs": 3}],
    "augmentation": [{"points": 20, "brightness": 0.2, "contrast": 0.4, "shear": 0.2, "warp": 0.1}],
    "transfer": [
        {"each": 2, "carried": 0, "steps": 20},
        {"source": "garments", "carried": 2, "frozen": 1, "each": 10},
        {"carried": 4, "frozen": 4},
    ],
    "batch-norm": [
        {"norm": norm, "skip": skip, "depth": 3, "activation": kind}
        for norm, skip, kind in (("no", "yes", "relu"), ("yes", "yes", "sigmoid"))
    ],
    "residual": [{"depth": 10, "rate": 0.02, "skip": "no"}, {"depth": 14, "steps": 45}],
    "your-network": [
        {"source": TWO_WAYS},
        {"source": WIDE, "input": (1, 28, 28), "optimizer": "adam", "rate": 0.002},
        {"source": "nn.Sequential(nn.Linear(196, 10))", "input": (196,), "batch": 128},
        {"data": "spirals", "optimizer": "adam", "rate": 0.02},
    ],
}


WITH_CONTROL = ("residual",)  # whose program trains those of the control too


def questions(name: str) -> list[Any]:
    """The whole run it comes with, and the beginnings of its presets and of what these do not come
    to, each from another seed."""
    row = EXPERIMENTS[name]
    short = {name: few for name, few in SHORT.items() if name in row.settings.model_fields}
    short |= SHORTER.get(name, {})
    given = [{}, *(settings | short for _, settings in row.presets[1:])]
    given += [short | settings for settings in ASKED[name]]
    return [row.settings(**settings, seed=seed) for seed, settings in enumerate(given)]


def printed(programs: list[list[str]]) -> list[list[tuple[int, list[float]]]]:
    """What programs print, each given as its cells: the steps, and the losses of each."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [
        [(int(step), [float(loss) for loss in LOSS.findall(told)]) for step, told in lines]
        for lines in map(LINE.findall, json.loads(ran.stdout))
    ]


def one_side(row: Experiment[Any], settings: Any) -> Iterator[tuple[float, list[float | None]]]:
    """Where each frame of the run stands, and all its losses, without the run beside it."""
    loop, state = row.loop, row.loop.begin(settings)
    for step in range(loop.last(settings) + 1):
        state = loop.advance(settings, state, step) if step else state
        look = loop.look(settings, state, step)
        yield loop.at(settings, step), [look.train, look.validation, *look.more]


def shown(row: Experiment[Any], settings: Any) -> Iterator[tuple[float, list[float | None]]]:
    """What its program prints too: one side, and the control where its nets learn with it."""
    if row.name not in WITH_CONTROL:
        yield from one_side(row, settings)
        return
    sides = (one_side(row, each) for each in (settings, row.control(settings)))
    for (at, one), (_, other) in zip(*sides, strict=True):
        yield at, one + other


def test_rows_with_a_script_are_those_that_are_tried_here() -> None:
    assert set(ASKED) == {name for name, row in EXPERIMENTS.items() if row.script}
    for row in EXPERIMENTS.values():
        assert bool(row.script) != bool(row.unscripted), row.name


@pytest.mark.parametrize("name", ASKED)
def test_a_script_prints_the_losses_of_the_run(name: str) -> None:
    row, asked = EXPERIMENTS[name], questions(name)
    assert row.script
    texts = [program(row.script(settings), row.title) for settings in asked]
    for settings, losses in zip(asked, printed([[text] for text in texts]), strict=True):
        for (step, told), (at, wanted) in zip(losses, shown(row, settings), strict=True):
            assert step == at, settings
            assert told == pytest.approx(wanted, rel=1e-5, abs=1e-5), settings


def test_a_notebook_has_the_code_of_the_file_and_prints_the_same() -> None:
    settings = {"data": "moons", "steps": 60}
    asked: dict[str, Any] = {"experiment": "classifier-2d", "settings": settings}
    text, found = (
        export(RunExportQuestion(**asked, format=format)) for format in ("pytorch", "notebook")
    )
    book = json.loads(found)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    cells = [cell["source"] for cell in book["cells"] if cell["cell_type"] == "code"]
    assert all(cell in text for cell in cells)
    one, other = printed([[text], cells])
    assert len(one) == 61
    assert one == other


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"experiment": "small-bach"}, "did you mean `small-batch`"),
        ({"experiment": "outliers"}, "no program of plain PyTorch: a line is .*small-batch"),
        ({"experiment": "small-batch", "settings": {"points": 9}}, "`points`"),
        ({"experiment": "small-batch", "settings": {"bugs": "none"}}, "`bugs`"),
        (
            {"experiment": "your-network", "settings": {"source": "nn.Linear(3, 2)", "input": [3]}},
            "digits are",
        ),
    ],
)
def test_what_is_no_program_is_refused_in_words(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(Problem, match=why):
        export(RunExportQuestion(**asked, format="pytorch"))
