"""What somebody typed, read as the answer that was asked for; and whether two answers are alike."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

import numpy as np

from app.core.errors import Problem
from app.core.expressions.evaluation import Budget, evaluate
from app.core.expressions.parsing import parse

Rows = Sequence[Sequence[float]]

MOST_LETTERS = 2_000  # of an answer
LITTLE = Budget(entries=500, seconds=0.05)
ROUNDED, SHARE = 0.0051, 0.002  # of what is no whole number two decimals are enough
POINTS = 5  # at which formulas are compared
ALIKE = 1e-6
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
SIZE = re.compile(r"\d{1,9}")


class Wanted(Protocol):
    """What reading an answer takes to know of the blank that it is for."""

    @property
    def form(self) -> str: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def variables(self) -> Sequence[str]: ...


def plainer(text: str) -> str:
    """The same with the signs of a keyboard."""
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
    return text.replace("\N{MULTIPLICATION SIGN}", "*").replace("\N{MIDDLE DOT}", "*")


def number(text: str) -> float:
    """A number, or arithmetic that gives one: -4, 3/4, 1,024, 0,5, ln(10). Raises Problem."""
    text = plainer(text)
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    try:
        found = float(text)
    except ValueError:
        found = value_of(text.replace("ln(", "log("), {})
    if not math.isfinite(found):
        raise Problem("This is no number.")
    return found


def value_of(text: str, inputs: dict[str, float]) -> float:
    """What an expression comes to. Raises Problem."""
    graph = parse(text)
    if free := [name for name in graph.inputs if name not in inputs]:
        what = f"in {', '.join(inputs)}" if inputs else "a number"
        raise Problem(f"`{free[0]}` is not known here: the answer is {what}.")
    used = {name: inputs[name] for name in graph.inputs}
    found = np.asarray(evaluate(graph, used, budget=LITTLE).values[graph.output])
    if found.size != 1:
        raise Problem("The answer is a single number.")
    return float(found.reshape(()))


def shape(text: str) -> tuple[int, ...]:
    """Sizes with whatever stands between them: 6 x 28 x 28, (6, 28, 28). Raises Problem."""
    found = SIZE.findall(text)
    if not found or len(found) > 8 or re.search(r"[.\-][0-9]|\d{10}", text):
        raise Problem("A shape is whole numbers, such as 6 x 28 x 28.")
    return tuple(map(int, found))


def formula(text: str, variables: Sequence[str]) -> str:
    """An expression in these variables, as it was typed. Raises Problem."""
    text = plainer(text).replace("^", "**").replace("ln(", "log(")
    for point in points(variables):
        try:
            value_of(text, point)
        except Problem as problem:
            if problem.where.get("node") is None:  # no such place: it says nothing of the text
                raise
    return text


def points(variables: Sequence[str]) -> list[dict[str, float]]:
    """Places at which formulas are compared, always the same."""
    chance = Random(0)
    return [{name: chance.uniform(0.3, 2.2) for name in variables} for _ in range(POINTS)]


def grid(text: str) -> list[list[float]]:
    """Rows of numbers: as JSON, or a row a line. Raises Problem."""
    text = plainer(text)
    if "[" in text:
        inside = text.replace("tensor", "").replace("array", "").strip(" ()\n")
        rows = re.findall(r"\[([^\[\]]*)\]", inside)
    else:
        rows = [line for line in re.split(r"[\n;]", text) if line.strip()]
    found = [[number(part) for part in re.split(r"[,\s]+", row.strip()) if part] for row in rows]
    if not found or not found[0] or len({len(row) for row in found}) > 1:
        raise Problem("Rows of numbers, all of one length: a row a line, or nested lists.")
    return found


def read(blank: Wanted, text: str) -> Any:
    """An answer to a blank. Raises Problem."""
    if len(text) > MOST_LETTERS:
        raise Problem("This is longer than any answer.")
    if blank.form == "choice":
        if text not in blank.choices:
            raise Problem("This is none of the choices.")
        return text
    if blank.form == "formula":
        return formula(text, blank.variables)
    return {"number": number, "shape": shape, "grid": grid}[blank.form](text)


def tolerance(right: float) -> float:
    """How far from it an answer may be: nothing for a whole number, else two decimals do."""
    return 1e-9 if float(right).is_integer() else ROUNDED + SHARE * abs(right)


def alike(blank: Wanted, given: Any, known: Any, wide: bool = False) -> bool:
    """Whether an answer is one that is known. `wide`: or so near that one could not tell."""
    if blank.form == "formula":
        return all(same_at(point, given, known) for point in points(blank.variables))
    if blank.form == "number":
        return near(given, known, wide)
    if blank.form == "grid":
        if len(given) != len(known) or len(given[0]) != len(known[0]):
            return False
        return all(
            near(one, other, wide)
            for mine, theirs in zip(given, known, strict=True)
            for one, other in zip(mine, theirs, strict=True)
        )
    return bool(given == known)


def near(given: float, known: float, wide: bool = False) -> bool:
    allowed = max(tolerance(given), tolerance(known)) * 3 if wide else tolerance(known)
    return abs(given - known) <= allowed


def same_at(point: dict[str, float], one: str, other: str) -> bool:
    found = []
    for text in (one, other):
        try:
            found.append(value_of(text, point))
        except Problem:
            found.append(math.nan)
    first, second = found
    return abs(first - second) <= ALIKE * max(1.0, abs(first), abs(second))
