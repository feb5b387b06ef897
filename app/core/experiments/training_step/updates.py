"""The last moments of a step: the mean over the batch, and what the optimiser makes of it."""

from __future__ import annotations

from app.core.experiments.training_step.names import (
    StepMoment,
    Told,
    by_weight,
    inside,
    lines,
    number,
    own_gradient,
    weight_name,
    weight_place,
)
from app.core.experiments.training_step.replay import part
from app.core.numbers import format_number
from app.core.training.nets import MEMORY, TINY


def averaged(told: Told) -> StepMoment:
    weight, found = told.asked.weight, told.found
    each = found.each(weight)
    mean, count = part(found.mean, weight), len(each)
    own = own_gradient(told)
    if count == 1:
        latex = rf"g = {by_weight(weight)} = {number(mean)}"
        sentence = "This step sees one point alone: the step is taken with its gradient."
    else:
        latex = lines(
            rf"g &= \frac{{1}}{{{count}}} \sum_{{i=1}}^{{{count}}} "
            rf"\frac{{\partial L_i}}{{\partial {weight_name(weight)}}}",
            rf"&= \frac{{1}}{{{count}}} \Bigl(\underbrace{{{number(own)}}}_{{\text{{this point}}}}"
            rf" + \underbrace{{{inside(each.sum() - own)}}}_{{\text{{the other {count - 1}}}}}"
            rf"\Bigr) = {number(mean)}",
        )
        least, most = float(each.min()), float(each.max())
        sentence = (
            f"Each of the {count} points has a gradient of its own for this weight, from "
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


def updated(told: Told) -> StepMoment:
    weight, found, rule = told.asked.weight, told.found, told.found.rule
    before, after = part(found.net, weight), part(found.after.net, weight)
    moved, who = after - before, weight_place(told)
    sentence = f"{who.capitalize()} stays at {format_number(before)}."
    if moved:
        way = "down" if moved < 0 else "up"
        sentence = (
            f"{reason(told)}: {who} goes {way} by {format_number(abs(moved))}, from "
            f"{format_number(before)} to {format_number(after)}."
        )
    told_by = adam if rule.optimizer == "adam" else sgd
    return {
        "kind": "update",
        "layer": None,
        "title": "Update",
        "latex": lines(*told_by(told, weight_name(weight))),
        "sentence": sentence,
    }


def reason(told: Told) -> str:
    """Why the weight goes where it goes."""
    rule = told.found.rule
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


def penalised(told: Told) -> str:
    """What the penalty adds to the gradient, in numbers."""
    rule, before = told.found.rule, part(told.found.net, told.asked.weight)
    return rf" + {number(rule.penalty)} \cdot {inside(before)}" if rule.penalty else ""


def remembered(told: Told) -> list[tuple[float, float]]:
    """Each memory of the weight that the optimiser has, before the step and after it."""
    weight, found = told.asked.weight, told.found
    both = zip(found.stand.memory, found.after.memory, strict=True)
    return [(part(old, weight), part(new, weight)) for old, new in both]


def sgd(told: Told, name: str) -> list[str]:
    weight, found, rule = told.asked.weight, told.found, told.found.rule
    before, after = part(found.net, weight), part(found.after.net, weight)
    mean, penalty, rate = part(found.mean, weight), penalised(told), number(rule.rate)
    of = rf"(g + \lambda\,{name})" if penalty else "g"
    at = rf"\left({number(mean)}{penalty}\right)" if penalty else inside(mean)
    if not rule.momentum:
        return [
            rf"{name} &\leftarrow {name} - \eta\,{of}",
            rf"&= {number(before)} - {rate} \cdot {at} = {number(after)}",
        ]
    [(old, new)] = remembered(told)
    return [
        rf"v &\leftarrow \mu\,v + {of} = {number(rule.momentum)} \cdot {inside(old)} + {at} = "
        rf"{number(new)}",
        rf"{name} &\leftarrow {name} - \eta\,v = {number(before)} - {rate} \cdot {inside(new)} = "
        rf"{number(after)}",
    ]


def adam(told: Told, name: str) -> list[str]:
    weight, found, rule = told.asked.weight, told.found, told.found.rule
    before, after = part(found.net, weight), part(found.after.net, weight)
    mean, penalty = part(found.mean, weight), penalised(told)
    pulled, (fast, slow) = mean + rule.penalty * before, MEMORY
    (m, m_next), (v, v_next) = remembered(told)
    count = told.asked.step + 1
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
