"""The moments of a step, forward and back: what happens at each, as a formula with its numbers and
in a sentence."""

from __future__ import annotations

import numpy as np

from app.core.experiments.training_step.names import (
    StepMoment,
    Told,
    added,
    by_sum,
    by_weight,
    inside,
    layer_place,
    lines,
    number,
    one_output,
    own_gradient,
    place,
    sum_name,
    unit_name,
    weight_name,
    weight_place,
)
from app.core.experiments.training_step.questions import Weight, Which
from app.core.experiments.training_step.replay import Replay, part
from app.core.experiments.training_step.updates import Change, averaged, updated
from app.core.numbers import format_number
from app.core.training.steps import Function

# The slope of an activation where it gave `a`.
SLOPES: dict[Function, str] = {"tanh": r"1 - {a}^2", "sigmoid": r"{a}\,(1 - {a})"}


def followed(asked: Which, found: Replay) -> tuple[int, ...]:
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
        averaged(changed(told)),
        updated(changed(told)),
    ]


def changed(told: Told) -> Change:
    """What happens to the chosen weight."""
    weight, found = told.asked.weight, told.found
    both = zip(found.stand.memory, found.after.memory, strict=True)
    return Change(
        weight_name(weight),
        weight_place(told),
        "point",
        found.each(weight),
        told.asked.sample,
        part(found.net, weight),
        part(found.after.net, weight),
        part(found.mean, weight),
        tuple((part(old, weight), part(new, weight)) for old, new in both),
        found.rule,
        told.asked.step,
    )


# Forward


def batch(told: Told) -> StepMoment:
    asked, found = told.asked, told.found
    x, y = found.batch.x[asked.sample], found.batch.y[asked.sample]
    count, total = len(found.batch.places), len(asked.steps.points())
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
    who = place(told, layer + 1, unit)
    words = f"{who[0].upper()}{who[1:]} adds up what it is given, each times its weight, and its "
    words += f"bias: {format_number(total)}"
    if layer + 1 < len(found.net.weights):
        called, makes = activated(told, layer + 1, unit, total)
        summed.append(called)
        words += makes
    elif one_output(told):
        sure = 50 + 50 * np.tanh(total / 2)
        words += f". That makes the net {format_number(sure, 3)} % sure of class 1."
    else:
        words += f". The larger it is beside the other, the surer the net is of class {unit}."
    return {
        "kind": "forward",
        "layer": layer + 1,
        "title": f"Forward: {layer_place(told, layer + 1)}",
        "latex": lines(*summed),
        "sentence": words,
    }


def activated(told: Told, layer: int, unit: int, total: float) -> tuple[str, str]:
    """What a hidden unit makes of its sum, as a formula and in words."""
    f, name = told.asked.steps.activation, sum_name(told, layer, unit)
    out = float(told.found.units[layer][unit, told.asked.sample])
    mask = told.found.mask(layer, unit)
    scale = "" if mask == 1 else rf"{number(mask)} \cdot "
    of, at = name, inside(total) if scale else number(total)
    if f != "none":
        function = r"\tanh" if f == "tanh" else rf"\operatorname{{{f}}}"
        of, at = rf"{function}({name})", rf"{function}({number(total)})"
    latex = rf"{unit_name(layer, unit)} &= {scale}{of} = {scale}{at} = {number(out)}"
    if mask == 0:
        return latex, "; this step leaves the unit out, and it gives 0."
    if f == "none":
        words = "; no activation follows"
        return latex, f"{words}: it gives {format_number(out)}."
    made = f"; {f} makes {format_number(out / mask)} of it"
    if scale:
        made += f", and {format_number(mask)} times that, for the units left out, is given on: "
        made += format_number(out)
    return latex, made + "."


def scored(told: Told) -> StepMoment:
    logits = told.found.units[-1][:, told.asked.sample]
    y, value = int(told.found.batch.y[told.asked.sample]), told.found.losses[told.asked.sample]
    if one_output(told):
        z = float(logits[0])
        of = r"\log(1 + e^{z}) - y\,z"
        at = rf"\log(1 + e^{{{number(z)}}}) - {y} \cdot {inside(z)}"
    else:
        names = [sum_name(told, len(told.found.net.weights), k) for k in range(len(logits))]
        of, at = (
            rf"\log({' + '.join(f'e^{{{each}}}' for each in some)})"
            for some in (names, list(map(number, logits)))
        )
        of, at = f"{of} - {names[y]}", f"{at} - {inside(float(logits[y]))}"
    return {
        "kind": "loss",
        "layer": None,
        "title": "Loss",
        "latex": lines(f"L &= {of}", f"&= {at} = {number(value)}"),
        "sentence": "The net gives the point's own class "
        f"{format_number(100 * float(np.exp(-value)), 3)} %; its loss is minus the logarithm of "
        f"that share: {format_number(value)}.",
    }


# Backward


def seeded(told: Told) -> StepMoment:
    last, unit = len(told.found.net.weights), told.path[-1]
    logits = told.found.units[-1][:, told.asked.sample]
    y = int(told.found.batch.y[told.asked.sample])
    back = float(told.found.backs[-1][unit, told.asked.sample])
    if one_output(told):
        of, z = r"\frac{1}{1 + e^{-z}} - y", float(logits[0])
        at = f"{number(0.5 + 0.5 * np.tanh(z / 2))} - {y}"
        words = "the output: how sure the net is of class 1, less the class"
    else:
        names = [sum_name(told, last, k) for k in range(len(logits))]
        summed = " + ".join(f"e^{{{each}}}" for each in names)
        own = int(unit == y)
        of = rf"\frac{{e^{{{names[unit]}}}}}{{{summed}}} - {own}"
        at = f"{number(back + own)} - {own}"
        words = f"output {unit + 1}: how sure the net is of class {unit}, less "
        words += "1, as it is the point's own" if own else "0, as the point is of the other"
    return {
        "kind": "backward",
        "layer": None,
        "title": "Backward: from the loss",
        "latex": lines(
            rf"{by_sum(told, last, unit)} &= {of}",
            rf"&= {at} = {number(back)}",
        ),
        "sentence": f"Back from the loss to {words}: {format_number(back)}.",
    }


def returned(told: Told, layer: int) -> StepMoment:
    """Layer `layer`, from 0: its weights get their gradients, and the units below theirs."""
    weight, here = told.asked.weight, layer_place(told, layer + 1)
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


def slope(told: Told, layer: int, unit: int) -> tuple[str, float]:
    """Of what that unit, of a layer counted from 1, gives by what it adds up: as text, and its
    number."""
    f, out = told.asked.steps.activation, float(told.found.units[layer][unit, told.asked.sample])
    name, mask = unit_name(layer, unit), told.found.mask(layer, unit)
    if not mask:
        return "0", 0.0
    scale = "" if mask == 1 else number(mask)
    if f not in SLOPES:  # one or the other number
        value = mask if f == "none" or out > 0 else 0.0
        return number(value), value
    made = out / mask
    value = mask * (1 - made * made if f == "tanh" else made * (1 - made))
    whole = rf"\bigl({name}\bigr)" if f == "tanh" else name
    each = rf"\bigl({name} / {scale}\bigr)" if scale else whole
    text = rf"\bigl({SLOPES[f].replace('{a}', each)}\bigr)"
    return (rf"{scale}\,{text}" if scale else text), value


def handed_down(told: Told, layer: int) -> tuple[str, str]:
    """What comes by that layer to the followed unit below it."""
    found, sample = told.found, told.asked.sample
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
    words = f"By the same weights the gradient comes back to {place(told, layer, unit)}: "
    words += format_number(came)
    f, mask = told.asked.steps.activation, told.found.mask(layer, unit)
    if not mask:
        return latex, f"{words}; but this step leaves the unit out, and nothing goes on."
    if f == "none" and mask == 1:
        return latex, f"{words}, which goes on as it is."
    what = "the factor for those left out" if f == "none" else f"the slope of its {f}"
    if f != "none" and mask != 1:
        what += " and the factor for those left out"
    return latex, f"{words}, times {what}, {format_number(value)}."


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
    seed = by_sum(told, last, told.path[-1])
    if over == last:
        return [(seed, seed, float(found.backs[-1][weight.unit, sample])), own]
    text, value = slope(told, over, weight.unit)
    local = (rf"\frac{{\partial {out}}}{{\partial {total}}}", text, value)
    column = found.net.weights[over][:, weight.unit]
    if over + 1 == last and one_output(told):
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
