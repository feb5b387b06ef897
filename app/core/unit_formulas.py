"""A unit's arithmetic as LaTeX, with its numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.numbers import latex_number
from app.core.unit_functions import filled, function_of

SPELLED_OUT = 4  # of more terms a formula shows the ends


def formula(step: Mapping[str, Any]) -> str:
    """The formula of one step, and what it comes to."""
    return f"{_made(step)} = {latex_number(step['value'])}"


def _made(step: Mapping[str, Any]) -> str:
    kind = step["type"]
    if kind == "Conv2d":
        return rf"\sum_{{c,i,j}} x_{{cij}} w_{{cij}} + b = {_sum(step['sums'], step['bias'])}"
    if kind == "Linear":
        return rf"\sum_i x_i w_i + b = {_sum(step['products'], step['bias'], step['omitted'])}"
    if kind == "MaxPool2d":
        return rf"\max({_listed(_numbers(step['patch']), ', ')})"
    if step.get("divisor"):
        listed = _listed(_numbers(step["patch"]), " + ")
        return rf"\frac{{{listed}}}{{{step['divisor']}}}"
    if "parts" in step:
        listed = _listed([part["value"] for part in step["parts"]], " + ")
        return f"y = {listed}" if kind == "Add" else "y"
    x = _bracketed(step["before"])
    if kind == "BatchNorm2d" and "mean" in step:
        scale = "" if step["weight"] is None else latex_number(step["weight"]) + r" \cdot "
        shift = "" if step["bias"] is None else _signed(step["bias"])
        mean, variance = _signed(-step["mean"]), latex_number(step["variance"])
        root = rf"\sqrt{{{variance} + {latex_number(step['eps'])}}}"
        return rf"{scale}\frac{{{latex_number(step['before'])}{mean}}}{{{root}}}{shift}"
    if kind == "Softmax":
        above = rf"e^{{{latex_number(step['before'] - step['largest'])}}}"
        return rf"\frac{{{above}}}{{{latex_number(step['total'])}}}"
    if function := function_of(step):
        return filled(function.latex, x, _bracketed(step.get("slope")))
    return rf"\text{{{kind}}}({x})"


def _numbers(patch: Sequence[Any]) -> list[float]:
    """The entries of a patch in order, padding left out."""
    return [entry for row in patch for entry in row if entry is not None]


def _sum(terms: Sequence[float], bias: float | None, omitted: int = 0) -> str:
    listed = _listed(terms, " + ", omitted)
    return listed if bias is None else listed + _signed(bias)


def _listed(numbers: Sequence[float], sign: str, omitted: int = 0) -> str:
    told = [_bracketed(number) if sign == " + " else latex_number(number) for number in numbers]
    if len(told) > SPELLED_OUT or omitted:
        told = [*told[: SPELLED_OUT - 2], r"\dots", *told[-1:]]
    return sign.join(told)


def _bracketed(number: float | None) -> str:
    told = latex_number(number)
    return f"({told})" if told.startswith("-") else told


def _signed(number: float) -> str:
    told = latex_number(number)
    return f" - {told[1:]}" if told.startswith("-") else f" + {told}"
