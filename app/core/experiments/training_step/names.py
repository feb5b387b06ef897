"""How what a step is told of is named, in formulas and in words, and how sums are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.questions import Weight, Which
from app.core.experiments.training_step.replay import Replay
from app.core.numbers import latex_number

FEW = 3  # terms of a sum that are written out


Kind = Literal["batch", "forward", "loss", "backward", "mean", "update"]


class StepMoment(TypedDict):
    """One moment of the step."""

    kind: Kind
    layer: Annotated[
        int | None, Field(description="Counted from 1; null where it is none's or every layer's.")
    ]
    title: str
    latex: str
    sentence: str


class Told(NamedTuple):
    """What the moments are told from. `path`: the unit of each layer that they follow, the inputs
    first: those of the weight, and elsewhere the one through which most goes."""

    asked: Which
    found: Replay
    path: tuple[int, ...]


def number(x: float, digits: int = 4) -> str:
    return latex_number(float(x), digits)


def inside(x: float) -> str:
    """A number as a factor: a negative one, or one with a power of ten, in brackets."""
    text = number(x)
    return rf"\left({text}\right)" if x < 0 or r"\times" in text else text


def unit_name(layer: int, unit: int) -> str:
    """What a unit gives; of layer 0 the inputs."""
    return rf"a^{{({layer})}}_{{{unit + 1}}}" if layer else f"x_{{{unit + 1}}}"


def sum_name(told: Told, layer: int, unit: int) -> str:
    """What a unit adds up; of one output z alone."""
    if layer < len(told.found.net.weights):
        return rf"z^{{({layer})}}_{{{unit + 1}}}"
    return "z" if one_output(told) else rf"z_{{{unit + 1}}}"


def one_output(told: Told) -> bool:
    return len(told.found.units[-1]) == 1


def by_sum(told: Told, layer: int, unit: int) -> str:
    """The gradient by what a unit adds up."""
    return rf"\frac{{\partial L}}{{\partial {sum_name(told, layer, unit)}}}"


def weight_name(weight: Weight) -> str:
    places = [weight.unit + 1, *([] if weight.source is None else [weight.source + 1])]
    letter = "b" if weight.source is None else "w"
    return rf"{letter}^{{({weight.layer + 1})}}_{{{','.join(map(str, places))}}}"


def by_weight(weight: Weight) -> str:
    return rf"\frac{{\partial L}}{{\partial {weight_name(weight)}}}"


def place(told: Told, layer: int, unit: int) -> str:
    """Where a unit is, in words."""
    if layer == 0:
        return f"input {unit + 1}"
    if layer < len(told.found.net.weights):
        return f"unit {unit + 1} of layer {layer}"
    return "the output" if one_output(told) else f"output {unit + 1}"


def layer_place(told: Told, layer: int) -> str:
    """A layer, counted from 1, in words."""
    if layer < len(told.found.net.weights):
        return f"layer {layer}"
    return "the output" if one_output(told) else "the outputs"


def weight_place(told: Told) -> str:
    """Which weight, in words."""
    weight = told.asked.weight
    to = place(told, weight.layer + 1, weight.unit)
    if weight.source is None:
        return f"the bias of {to}"
    return f"the weight from {place(told, weight.layer, weight.source)} to {to}"


def added(terms: Sequence[tuple[float, float]], own: int, sources: str) -> str:
    """A sum of products in numbers; of many the followed one, and the rest as one number."""
    if len(terms) <= FEW:
        return " + ".join(rf"{inside(a)} \cdot {inside(b)}" for a, b in terms)
    a, b = terms[own]
    rest = sum(x * y for i, (x, y) in enumerate(terms) if i != own)
    return (
        rf"\underbrace{{{inside(a)} \cdot {inside(b)}}}_{{\text{{{sources} {own + 1}}}}} + "
        rf"\underbrace{{{inside(rest)}}}_{{\text{{the other {len(terms) - 1}}}}}"
    )


def lines(*rows: str) -> str:
    """Each row begins where its `&` is."""
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def own_gradient(told: Told) -> float:
    """Of the chosen point's loss by the weight."""
    return float(told.found.each(told.asked.weight)[told.asked.sample])
