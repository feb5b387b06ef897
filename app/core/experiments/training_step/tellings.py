"""The moments of a step: what happens at each, as a formula with its numbers and in a sentence."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.names import (
    Told,
    added,
    by_sum,
    by_weight,
    inside,
    lines,
    number,
    place,
    sum_name,
    unit_name,
    weight_name,
    weight_place,
)
from app.core.experiments.training_step.questions import Asked, Weight
from app.core.experiments.training_step.replay import Replay, part
from app.core.numbers import format_number
from app.core.training.nets import MEMORY, TINY, Activation
from app.core.training.points import Array

Kind = Literal["batch", "forward", "loss", "backward", "mean", "update"]
# The slope of an activation where it gave `a`.
SLOPES: dict[Activation, str] = {"tanh": r"1 - {a}^2", "sigmoid": r"{a}\,(1 - {a})", "relu": ""}


class StepMoment(TypedDict):
    """One moment of the step."""

    kind: Kind
    layer: Annotated[
        int | None, Field(description="Counted from 1; null where it is none's or every layer's.")
    ]
    title: str
    latex: str
    sentence: str


def followed(asked: Asked, found: Replay) -> tuple[int, ...]:
    """The way through the net that the formulas follow, a unit a layer, the inputs first."""
    weight, sample, weights = asked.weight, asked.sample, found.net.weights
    path = [0] * (len(weights) + 1)
    path[weight.layer + 1] = weight.unit
    for layer in range(weight.layer + 1, len(weights)):
        shares = weights[layer][:, path[layer]] * found.backs[layer][:, sample]
        path[layer + 1] = int(np.abs(shares).argmax())
    for layer in range(weight.layer, -1, -1):
        shares = weights[layer][path[layer + 1]] * found.units[layer][:, sample]
        own = layer == weight.layer and weight.source is not None
        path[layer] = (
            weight.source if own and weight.source is not None else int(np.abs(shares).argmax())
        )
    return tuple(path)


def moments(told: Told) -> list[StepMoment]:
    """In their order: the batch, forward, the loss, backward, the mean, the update."""
    layers = len(told.found.net.weights)
    return [
        batch(told),
        *(ahead(told, layer) for layer in range(layers)),
        scored(told),
        seeded(told),
        *(returned(told, layer) for layer in reversed(range(layers))),
        averaged(told),
        updated(told),
    ]


# Forward


def batch(told: Told) -> StepMoment:
    asked, found = told.asked, told.found
    x, y = found.points.x[asked.sample], found.points.y[asked.sample]
    count, total = len(found.places), asked.task.points
    some = f"all {total} points" if count == total else f"{count} of the {total} points"
    if count == 1:
        some = f"one of the {total} points"
    where = ", ".join(format_number(float(each)) for each in x)
    return {
        "kind": "batch",
        "layer": None,
        "title": "Batch",
        "latex": rf"x = ({number(x[0])},\ {number(x[1])}), \qquad y = {int(y)}",
        "sentence": f"This step sees {some}. The ringed one is at ({where}), of class {int(y)}.",
    }


def ahead(told: Told, layer: int) -> StepMoment:
    """Layer `layer`, from 0: what its followed unit adds up and gives."""
    found, sample = told.found, told.asked.sample
    last = len(found.net.weights)
    own, unit = told.path[layer], told.path[layer + 1]
    row, given = found.net.weights[layer][unit], found.units[layer][:, sample]
    bias = float(found.net.biases[layer][unit])
    total = float(row @ given + bias)
    name = sum_name(told, layer + 1, unit)
    source = unit_name(layer, 0).replace("{1}", "{k}")
    each = rf"w^{{({layer + 1})}}_{{{unit + 1},k}}\,{source}"
    terms = list(zip(row.tolist(), given.tolist(), strict=True))
    summed = [
        rf"{name} &= \sum_{{k=1}}^{{{len(given)}}} {each} + b^{{({layer + 1})}}_{{{unit + 1}}}",
        rf"&= {added(terms, own, 'from input' if layer == 0 else 'from unit')} + {inside(bias)} "
        rf"= {number(total)}",
    ]
    who = place(layer + 1, unit, last)
    head = f"{who[0].upper()}{who[1:]} adds up what it is given, each times its weight, and its "
    title = "Forward: the output" if layer + 1 == last else f"Forward: layer {layer + 1}"
    if layer + 1 == last:
        sure = 50 + 50 * np.tanh(total / 2)
        words = f"bias: {format_number(total)}. That makes the net {format_number(sure, 3)} % sure "
        words += "of class 1."
    else:
        f, out = told.asked.task.how.activation, float(found.units[layer + 1][unit, sample])
        function = rf"\operatorname{{{f}}}" if f != "tanh" else r"\tanh"
        called = rf"{function}({number(total)}) = {number(out)}"
        summed.append(rf"{unit_name(layer + 1, unit)} &= {function}({name}) = {called}")
        words = f"bias: {format_number(total)}; {f} makes {format_number(out)} of it."
    return {
        "kind": "forward",
        "layer": layer + 1,
        "title": title,
        "latex": lines(*summed),
        "sentence": head + words,
    }


def loss_of(told: Told) -> float:
    """The chosen point's own."""
    z, y = told.found.logits[told.asked.sample], told.found.points.y[told.asked.sample]
    return float(np.logaddexp(0, z) - y * z)


def scored(told: Told) -> StepMoment:
    z, y = told.found.logits[told.asked.sample], told.found.points.y[told.asked.sample]
    value = loss_of(told)
    share = 50 + 50 * np.tanh((z if y else -z) / 2)
    return {
        "kind": "loss",
        "layer": None,
        "title": "Loss",
        "latex": lines(
            r"L &= \log(1 + e^{z}) - y\,z",
            rf"&= \log(1 + e^{{{number(z)}}}) - {int(y)} \cdot {inside(z)} = {number(value)}",
        ),
        "sentence": f"The net gives the point's own class {format_number(float(share), 3)} %; its "
        f"loss is minus the logarithm of that share: {format_number(value)}.",
    }


# Backward


def seeded(told: Told) -> StepMoment:
    z, y = told.found.logits[told.asked.sample], told.found.points.y[told.asked.sample]
    back = float(told.found.backs[-1][0, told.asked.sample])
    return {
        "kind": "backward",
        "layer": None,
        "title": "Backward: from the loss",
        "latex": lines(
            r"\frac{\partial L}{\partial z} &= \frac{1}{1 + e^{-z}} - y",
            rf"&= {number(0.5 + 0.5 * np.tanh(z / 2))} - {int(y)} = {number(back)}",
        ),
        "sentence": "Back from the loss to the output: how sure the net is of class 1, less the "
        f"class: {format_number(back)}.",
    }


def returned(told: Told, layer: int) -> StepMoment:
    """Layer `layer`, from 0: its weights get their gradients, and the units below theirs."""
    weight = told.asked.weight
    last = len(told.found.net.weights)
    here = "the output" if layer + 1 == last else f"layer {layer + 1}"
    if layer > weight.layer:
        latex, sentence = handed_down(told, layer)
    elif layer == weight.layer:
        latex, sentence = arrived(told)
    else:
        latex = rf"{by_weight(weight)} = {number(own_gradient(told))}"
        sentence = f"The gradient goes on to {here}; {weight_place(told)} has had its own."
    return {
        "kind": "backward",
        "layer": layer + 1,
        "title": f"Backward: {here}",
        "latex": latex,
        "sentence": sentence,
    }


def own_gradient(told: Told) -> float:
    """Of the chosen point's loss by the weight."""
    return float(told.found.each(told.asked.weight)[told.asked.sample])


def slope(told: Told, layer: int, unit: int) -> tuple[str, float]:
    """Of the activation of that unit, counted from 1, at what it adds up: as text, and its
    number."""
    f, out = told.asked.task.how.activation, float(told.found.units[layer][unit, told.asked.sample])
    name = unit_name(layer, unit)
    if f == "relu":
        return (r"1" if out > 0 else r"0"), float(out > 0)
    value = 1 - out * out if f == "tanh" else out * (1 - out)
    text = SLOPES[f].replace("{a}^2", rf"\bigl({name}\bigr)^2").replace("{a}", name)
    return rf"\bigl({text}\bigr)", value


def handed_down(told: Told, layer: int) -> tuple[str, str]:
    """What comes by that layer to the followed unit below it."""
    found, sample = told.found, told.asked.sample
    last = len(found.net.weights)
    unit, over = told.path[layer], told.path[layer + 1]
    column, backs = found.net.weights[layer][:, unit], found.backs[layer][:, sample]
    terms = list(zip(column.tolist(), backs.tolist(), strict=True))
    came, (text, value) = float(column @ backs), slope(told, layer, unit)
    above = sum_name(told, layer + 1, 0).replace("{1}", "{j}")
    one = rf"w^{{({layer + 1})}}_{{j,{unit + 1}}}\,\frac{{\partial L}}{{\partial {above}}}"
    whole, total = one.replace("{j,", "{1,"), added(terms, over, "from unit")
    if len(terms) > 1:
        whole = rf"\Bigl(\sum_{{j=1}}^{{{len(terms)}}} {one}\Bigr)"
        total = rf"\Bigl({total}\Bigr)"
    back = float(found.backs[layer - 1][unit, sample])
    latex = lines(
        rf"{by_sum(told, layer, unit)} &= {whole} \cdot {text}",
        rf"&= {total} \cdot {inside(value)} = {number(back)}",
    )
    who = place(layer, unit, last)
    f = told.asked.task.how.activation
    return latex, (
        f"By the same weights the gradient comes back to {who}: {format_number(came)}, times the "
        f"slope of its {f}, {format_number(value)}."
    )


def factors(told: Told) -> list[tuple[str, str, float]]:
    """The chain rule from the loss down to the weight: each factor as a derivative, as what that
    is, and as a number. Where several ways lead down to the unit, their sum is one factor."""
    weight, found, sample = told.asked.weight, told.found, told.asked.sample
    last, over = len(found.net.weights), weight.layer + 1
    total, out = sum_name(told, over, weight.unit), unit_name(over, weight.unit)
    given, source = 1.0, "1"
    if weight.source is not None:
        given = float(found.units[weight.layer][weight.source, sample])
        source = unit_name(weight.layer, weight.source)
    own = (rf"\frac{{\partial {total}}}{{\partial {weight_name(weight)}}}", source, given)
    seed = by_sum(told, last, 0)
    if over == last:
        return [(seed, seed, float(found.backs[-1][0, sample])), own]
    text, value = slope(told, over, weight.unit)
    local = (rf"\frac{{\partial {out}}}{{\partial {total}}}", text, value)
    column = found.net.weights[over][:, weight.unit]
    if over + 1 == last:
        led = Weight(over, 0, weight.unit)
        down = (rf"\frac{{\partial z}}{{\partial {out}}}", weight_name(led), float(column[0]))
        return [(seed, seed, float(found.backs[-1][0, sample])), down, local, own]
    above = sum_name(told, over + 1, 0).replace("{1}", "{j}")
    each = rf"\frac{{\partial L}}{{\partial {above}}}"
    led_by = rf"w^{{({over + 1})}}_{{j,{weight.unit + 1}}}"
    came = (
        rf"\Bigl(\sum_{{j}} {each} \cdot \frac{{\partial {above}}}{{\partial {out}}}\Bigr)",
        rf"\Bigl(\sum_{{j}} {each}\,{led_by}\Bigr)",
        float(column @ found.backs[over][:, sample]),
    )
    return [came, local, own]


def arrived(told: Told) -> tuple[str, str]:
    """The chain rule whole: its last factor is what the weight multiplied."""
    weight, chain = told.asked.weight, factors(told)
    back = float(told.found.backs[weight.layer][weight.unit, told.asked.sample])
    latex = lines(
        rf"{by_weight(weight)} &= " + r" \cdot ".join(each for each, _, _ in chain),
        "&= " + r" \cdot ".join(each for _, each, _ in chain),
        "&= "
        + r" \cdot ".join(inside(each) for _, _, each in chain)
        + f" = {number(own_gradient(told))}",
    )
    if weight.source is None:
        sentence = "A bias is added as it is: its gradient is that of the sum, "
        return latex, f"{sentence}{format_number(back)}."
    return latex, (
        f"The gradient of {weight_place(told)}: what has come back to the sum, "
        f"{format_number(back)}, times what the weight was multiplied with, "
        f"{format_number(chain[-1][2])}."
    )


# The step


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
    weight, found, how = told.asked.weight, told.found, told.found.how
    before, mean = part(found.net, weight), part(found.mean, weight)
    after = part(found.after.net, weight)
    pulled = mean + how.penalty * before
    name, rate = weight_name(weight), number(how.rate)
    penalty = rf" + {number(how.penalty)} \cdot {inside(before)}" if how.penalty else ""
    if how.optimizer == "sgd":
        inner = rf"\left({number(mean)}{penalty}\right)" if penalty else inside(mean)
        latex = lines(
            rf"{name} &\leftarrow {name} - \eta\,"
            + (rf"(g + \lambda\,{name})" if penalty else "g"),
            rf"&= {number(before)} - {rate} \cdot {inner} = {number(after)}",
        )
    else:
        latex = adam(told, name, before, mean, pulled, after, penalty)
    moved = after - before
    who = weight_place(told)
    way = "down" if moved < 0 else "up"
    goes = (
        f"{who} goes {way} by {format_number(abs(moved))}, from {format_number(before)} to "
        f"{format_number(after)}."
    )
    if how.optimizer == "adam":
        why = "Adam divides its running mean of the gradient by the root of that of the square: "
    elif how.penalty:
        why = "The rate times the gradient and the penalty's share is taken off: "
    else:
        why = "The rate times the gradient is taken off: "
    sentence = why + goes
    if not moved:
        sentence = f"{who.capitalize()} stays at {format_number(before)}."
    return {
        "kind": "update",
        "layer": None,
        "title": "Update",
        "latex": latex,
        "sentence": sentence,
    }


def adam(
    told: Told, name: str, before: float, mean: float, pulled: float, after: float, penalty: str
) -> str:
    weight, found, how = told.asked.weight, told.found, told.found.how
    fast, slow = MEMORY

    def memory(parts: tuple[Array, ...]) -> float:
        return part(type(found.net).of(parts), weight)

    m, v = memory(found.state.mean), memory(found.state.square)
    m_next, v_next = memory(found.after.mean), memory(found.after.square)
    count = found.after.step
    upper, lower = m_next / (1 - fast**count), (v_next / (1 - slow**count)) ** 0.5
    rows = [
        rf"m &\leftarrow {fast} \cdot {inside(m)} + {1 - fast:.1g} \cdot {inside(pulled)} = "
        rf"{number(m_next)}",
        rf"v &\leftarrow {slow} \cdot {inside(v)} + {1 - slow:.1g} \cdot {inside(pulled)}^2 = "
        rf"{number(v_next)}",
        rf"{name} &\leftarrow {number(before)} - {number(how.rate)} \cdot \frac{{"
        rf"{number(m_next)} / (1 - {fast}^{{{count}}})}}{{\sqrt{{{number(v_next)} / "
        rf"(1 - {slow}^{{{count}}})}}}} = {number(before)} - {number(how.rate)} \cdot "
        rf"\frac{{{number(upper)}}}{{{number(lower + TINY)}}} = {number(after)}",
    ]
    if penalty:
        rows.insert(0, rf"g + \lambda\,{name} &= {number(mean)}{penalty} = {number(pulled)}")
    return lines(*rows)
