"""The last moments of a step: the mean over the batch, and what the optimiser makes of it."""

from __future__ import annotations

from typing import NamedTuple

from app.core.experiments.training_step.names import StepMoment, inside, lines, number
from app.core.numbers import format_number
from app.core.training.nets import MEMORY, TINY
from app.core.training.points import Array
from app.core.training.steps import Rule


class Change(NamedTuple):
    """What happens to one weight in a step. `name` in formulas, `who` in words; `each`: its
    gradient of the own loss of every point (or picture: `what`), of which the one at `sample` is
    told; `memory`: what the optimiser remembers of it, before and after. `still`: no step moves
    it."""

    name: str
    who: str
    what: str
    each: Array
    sample: int
    before: float
    after: float
    mean: float
    memory: tuple[tuple[float, float], ...]
    rule: Rule
    step: int
    still: bool = False


def averaged(told: Change) -> StepMoment:
    each, what = told.each, told.what
    mean, count, own = told.mean, len(each), float(told.each[told.sample])
    if count == 1:
        latex = rf"g = \frac{{\partial L}}{{\partial {told.name}}} = {number(mean)}"
        sentence = f"This step sees one {what} alone: the step is taken with its gradient."
    else:
        latex = lines(
            rf"g &= \frac{{1}}{{{count}}} \sum_{{i=1}}^{{{count}}} "
            rf"\frac{{\partial L_i}}{{\partial {told.name}}}",
            rf"&= \frac{{1}}{{{count}}} \Bigl(\underbrace{{{number(own)}}}_{{\text{{this {what}}}}}"
            rf" + \underbrace{{{inside(each.sum() - own)}}}_{{\text{{the other {count - 1}}}}}"
            rf"\Bigr) = {number(mean)}",
        )
        least, most = float(each.min()), float(each.max())
        sentence = (
            f"Each of the {count} {what}s has a gradient of its own for this weight, from "
            f"{format_number(least)} to {format_number(most)}; the step is taken with their mean, "
            f"{format_number(mean)}."
        )
    return {
        "kind": "mean",
        "layer": None,
        "title": "Mean over the batch" if count > 1 else "A batch of one",
        "latex": latex,
        "sentence": sentence,
    }


def updated(told: Change) -> StepMoment:
    before, after, who = told.before, told.after, told.who
    moved = after - before
    sentence = f"{who[0].upper()}{who[1:]} stays at {format_number(before)}."
    if moved:
        way = "down" if moved < 0 else "up"
        sentence = (
            f"{reason(told)}: {who} goes {way} by {format_number(abs(moved))}, from "
            f"{format_number(before)} to {format_number(after)}."
        )
    told_by = still if told.still else adam if told.rule.optimizer == "adam" else sgd
    if told.still:
        sentence = f"Its layer is frozen: {sentence[0].lower()}{sentence[1:]}"
    return {
        "kind": "update",
        "layer": None,
        "title": "Update",
        "latex": lines(*told_by(told, told.name)),
        "sentence": sentence,
    }


def reason(told: Change) -> str:
    """Why the weight goes where it goes."""
    rule = told.rule
    if rule.optimizer == "adam":
        return "Adam divides its running mean of the gradient by the root of that of the square"
    if rule.momentum:
        return (
            f"The momentum keeps {format_number(rule.momentum)} of what it was and takes up the "
            "gradient, and the rate times it is taken off"
        )
    if rule.penalty:
        return "The rate times the gradient and the penalty's share is taken off"
    return "The rate times the gradient is taken off"


def penalised(told: Change) -> str:
    """What the penalty adds to the gradient, in numbers."""
    penalty = told.rule.penalty
    return rf" + {number(penalty)} \cdot {inside(told.before)}" if penalty else ""


def still(told: Change, name: str) -> list[str]:
    return [rf"{name} &= {number(told.before)}"]


def sgd(told: Change, name: str) -> list[str]:
    rule, before, after, mean = told.rule, told.before, told.after, told.mean
    penalty, rate = penalised(told), number(rule.rate)
    of = rf"(g + \lambda\,{name})" if penalty else "g"
    at = rf"\left({number(mean)}{penalty}\right)" if penalty else inside(mean)
    if not rule.momentum:
        return [
            rf"{name} &\leftarrow {name} - \eta\,{of}",
            rf"&= {number(before)} - {rate} \cdot {at} = {number(after)}",
        ]
    [(old, new)] = told.memory
    return [
        rf"v &\leftarrow \mu\,v + {of} = {number(rule.momentum)} \cdot {inside(old)} + {at} = "
        rf"{number(new)}",
        rf"{name} &\leftarrow {name} - \eta\,v = {number(before)} - {rate} \cdot {inside(new)} = "
        rf"{number(after)}",
    ]


def adam(told: Change, name: str) -> list[str]:
    rule, before, after, mean = told.rule, told.before, told.after, told.mean
    penalty = penalised(told)
    pulled, (fast, slow) = mean + rule.penalty * before, MEMORY
    (m, m_next), (v, v_next) = told.memory
    count = told.step + 1
    upper, lower = m_next / (1 - fast**count), (v_next / (1 - slow**count)) ** 0.5
    rows = [
        rf"m &\leftarrow {fast} \cdot {inside(m)} + {1 - fast:.1g} \cdot {inside(pulled)} = "
        rf"{number(m_next)}",
        rf"v &\leftarrow {slow} \cdot {inside(v)} + {1 - slow:.1g} \cdot {inside(pulled)}^2 = "
        rf"{number(v_next)}",
        rf"{name} &\leftarrow {number(before)} - {number(rule.rate)} \cdot \frac{{"
        rf"{number(m_next)} / (1 - {fast}^{{{count}}})}}{{\sqrt{{{number(v_next)} / "
        rf"(1 - {slow}^{{{count}}})}}}} = {number(before)} - {number(rule.rate)} \cdot "
        rf"\frac{{{number(upper)}}}{{{number(lower + TINY)}}} = {number(after)}",
    ]
    if penalty:
        rows.insert(0, rf"g + \lambda\,{name} &= {number(mean)}{penalty} = {number(pulled)}")
    return rows
