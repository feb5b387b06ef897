"""The moments of a step of such a net: what happens at each, as a formula with its numbers and in a
sentence. `layer` is one of those that are shown, from 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from app.core.experiments.training_step.layered.names import (
    added,
    by,
    called,
    own_name,
    place_of,
    sum_name,
    unit_place,
    weight_name,
    weight_place,
)
from app.core.experiments.training_step.layered.places import is_norm
from app.core.experiments.training_step.layered.replay import Found, local, terms
from app.core.experiments.training_step.layered.way import Term, Way, adding, returning
from app.core.experiments.training_step.names import StepMoment, inside, lines, number
from app.core.experiments.training_step.updates import Change, averaged, updated
from app.core.numbers import format_number, plural
from app.core.training.layered import NORMS

NOTHING = 1e-12  # beside the other terms of a sum


class Told(NamedTuple):
    """What the moments are told from; `shown`: the layers with weights that are, by their number
    among those, from 0."""

    found: Found
    way: Way
    shown: tuple[int, ...]


def moments(told: Told) -> list[StepMoment]:
    """In their order: the batch, forward, the loss, backward, the mean, the update."""
    count = len(told.shown)
    return [
        batch(told),
        *(ahead(told, i) for i in range(count)),
        scored(told),
        seeded(told),
        *(returned(told, i) for i in reversed(range(count))),
        averaged(changed(told.found)),
        updated(changed(told.found)),
    ]


def changed(found: Found) -> Change:
    """What happens to the chosen weight."""
    place, at = found.weight, found.stages[found.weight.layer]
    name = f"{found.network.layers[at].name}.{place.part}"

    def of(parts: Mapping[str, Any]) -> float:
        return float(parts[name][place.indices])

    both = zip(found.stand.memory, found.after.memory, strict=True)
    return Change(
        weight_name(place),
        weight_place(found),
        "picture",
        found.each,
        found.sample,
        of(found.stand.parts),
        of(found.after.parts),
        of(found.mean),
        tuple((of(old), of(new)) for old, new in both),
        found.steps.rule,
        found.step,
        name in found.steps.still,
    )


# Forward


def batch(told: Told) -> StepMoment:
    found = told.found
    count, total, y = len(found.batch.places), found.steps.total, int(found.batch.y[found.sample])
    some = f"all {total:,} pictures" if count == total else f"{count} of {total:,} pictures"
    shape = r" \times ".join(map(str, found.network.input))
    words = f"This step sees {some}. The ringed one is labelled {found.steps.classes[y]}."
    if out := leaves_out(found):
        words += f" Of its numbers {out}: another choice in each step."
    return {
        "kind": "batch",
        "layer": None,
        "title": "Batch",
        "latex": rf"x \in \mathbb{{R}}^{{{shape}}}, \qquad y = \text{{{found.steps.classes[y]}}}",
        "sentence": words,
    }


def leaves_out(found: Found) -> str:
    """Which layers leave numbers out, and how many of this picture's."""
    some = []
    for i, node in enumerate(found.network.layers):
        if node.name in found.masks:
            mask = np.broadcast_to(found.masks[node.name].numpy(), found.outs[i].shape)
            gone = int((mask[found.sample] == 0).sum())
            some.append(f"{own_name(found, i)} leaves out {gone:,} of {mask[0].size:,}")
    return ", ".join(some)


def ahead(told: Told, i: int) -> StepMoment:
    """What a shown layer makes at its followed place, and what becomes of it."""
    found, way, layer = told.found, told.way, told.shown[i]
    at = found.stages[layer]
    out, row = way.at[at], found.row(at)
    name, total = sum_name(layer, out), float(found.out(at)[out])
    who = f"{unit_place(found, layer, out[0])}{place_of(out)}"
    who = f"{who[0].upper()}{who[1:]}"
    bias = float(found.part(at, "bias")[out[0]])
    if is_norm(row):
        mean, variance = (float(each[out[0]]) for each in found.statistics(at))
        scale, value = float(found.part(at, "weight")[out[0]]), float(found.taken(at)[out])
        count = found.outs[at][:, 0].numel()
        rows = [
            rf"{name} &= \gamma\,\frac{{a - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} + \beta",
            rf"&= {inside(scale)} \cdot \frac{{{number(value)} - {inside(mean)}}}"
            rf"{{\sqrt{{{number(variance)} + \varepsilon}}}} + {inside(bias)} = {number(total)}",
        ]
        words = (
            f"Over the {plural(count, 'number')} of this channel in the batch the mean is "
            f"{format_number(mean)} and the variance {format_number(variance)}: {who} is "
            f"{format_number(total)}"
        )
    else:
        some = adding(found, at, out)
        rows = [
            rf"{name} &= \sum w^{{({layer + 1})}} {given_symbol(layer)} + b^{{({layer + 1})}}_"
            rf"{{{out[0] + 1}}}",
            rf"&= {added(some)} + {inside(bias)} = {number(total)}",
        ]
        words = f"{who} adds up {plural(len(some), 'product')} and its bias: {format_number(total)}"
    return {
        "kind": "forward",
        "layer": i + 1,
        "title": f"Forward: {called(found, layer)}",
        "latex": lines(*rows),
        "sentence": f"{words}{becomes(told, layer)}.",
    }


def given_symbol(layer: int) -> str:
    return f"a^{{({layer})}}" if layer else "x"


def between(told: Told, layer: int) -> list[int]:
    """The layers without weights on the way from one with them to the next."""
    chain, at = told.way.chain, told.found.stages[layer]
    found = []
    for place in chain[chain.index(at) + 1 :]:
        if place in told.found.stages:
            break
        found.append(place)
    return found


def above(told: Told, layer: int) -> int | None:
    """The next layer with weights on the way, if there is one."""
    chain, at = told.way.chain, told.found.stages[layer]
    return next((j for j in chain[chain.index(at) + 1 :] if j in told.found.stages), None)


def becomes(told: Told, layer: int) -> str:
    """In words, what the layers without weights make of it."""
    found, way = told.found, told.way
    made = []
    for place in between(told, layer):
        name, value = found.row(place).type, float(found.out(place)[way.at[place]])
        if name == "Flatten":
            continue
        was = float(found.out(way.below(place))[way.given[place]])
        left = found.network.layers[place].name in found.masks
        if left and was and not value:
            made.append(f"{name} leaves it out in this step")
        elif name == "MaxPool2d":
            made.append(
                f"{name} takes it, the largest of its window"
                if value == was
                else f"{name} takes a larger one of its window, {format_number(value)}"
            )
        else:
            made.append(f"{name} makes {format_number(value)} of it")
    return f"; {', '.join(made)}" if made else ""


def scored(told: Told) -> StepMoment:
    found = told.found
    logits, y = found.out(len(found.outs) - 1), int(found.batch.y[found.sample])
    value, last = float(found.losses[found.sample]), len(found.stages)
    whole = float(np.logaddexp.reduce(logits))
    return {
        "kind": "loss",
        "layer": None,
        "title": "Loss",
        "latex": lines(
            rf"L &= \log \sum_{{j=1}}^{{{len(logits)}}} e^{{z^{{({last})}}_{{j}}}} - "
            rf"z^{{({last})}}_{{{y + 1}}}",
            rf"&= {number(whole)} - {inside(float(logits[y]))} = {number(value)}",
        ),
        "sentence": f"The net is {format_number(100 * float(np.exp(-value)), 3)} % sure of "
        f"{found.steps.classes[y]}; the loss is minus the logarithm of that share: "
        f"{format_number(value)}.",
    }


# Backward


def seeded(told: Told) -> StepMoment:
    found, way = told.found, told.way
    last, y = len(found.outs) - 1, int(found.batch.y[found.sample])
    out = way.at[last]
    back, own = float(found.back(last)[out]), int(out[0] == y)
    name = rf"z^{{({len(found.stages)})}}"
    why = "1, as it is the label" if own else "0, as it is not the label"
    return {
        "kind": "backward",
        "layer": None,
        "title": "Backward: from the loss",
        "latex": lines(
            rf"{by(rf'{name}_{{{out[0] + 1}}}')} &= \frac{{e^{{{name}_{{{out[0] + 1}}}}}}}"
            rf"{{\sum_{{j}} e^{{{name}_{{j}}}}}} - {own}",
            rf"&= {number(back + own)} - {own} = {number(back)}",
        ),
        "sentence": f"Back from the loss to the score of {found.steps.classes[out[0]]}: the share "
        f"that the net gives it, less {why}: {format_number(back)}.",
    }


def returned(told: Told, i: int) -> StepMoment:
    """A shown layer: what it hands down to the one shown below it; the weight's own: its gradient;
    one below that: nothing that the weight needs."""
    found, own, layer = told.found, told.found.weight.layer, told.shown[i]
    if layer > own:
        latex, sentence = handed_down(told, told.shown[i - 1])
    elif layer == own:
        latex, sentence = arrived(found)
    else:
        total = float(found.each[found.sample])
        latex = rf"{by(weight_name(found.weight))} = {number(total)}"
        sentence = f"The gradient goes on to {called(found, layer)}; {weight_place(found)} has had "
        sentence += "its own."
    return {
        "kind": "backward",
        "layer": i + 1,
        "title": f"Backward: {called(found, layer)}",
        "latex": latex,
        "sentence": sentence,
    }


class Coming(NamedTuple):
    """How the gradient comes to the followed place of a layer from the next with weights: `terms`
    of its sum, `factors` of what lies between (each layer's name and how much of it goes on), and
    `rest`: by other ways, as over a skip, or through the batch's statistics."""

    terms: list[Term]
    factors: list[tuple[str, float]]
    rest: float
    total: float


def coming(told: Told, layer: int) -> Coming:
    found, way = told.found, told.way
    inner, over = between(told, layer), above(told, layer)
    if over is None:  # what follows the last weights comes from the loss itself
        last = way.chain[-1]
        some = [Term(1.0, float(found.back(last)[way.at[last]]), way.at[last])]
    elif is_norm(found.row(over)):
        slope = local(found, over, way.below(over), way.given[over], way.at[over])
        some = [Term(slope, float(found.back(over)[way.at[over]]), way.at[over])]
    else:
        some = returning(found, over, way.given[over])
    factors = [
        (found.row(j).type, local(found, j, way.below(j), way.given[j], way.at[j]))
        for j in reversed(inner)
        if found.row(j).type != "Flatten"
    ]
    at = found.stages[layer]
    total = float(found.back(at)[way.at[at]])
    came = sum(w * g for w, g, _ in some) * float(np.prod([value for _, value in factors]))
    rest = total - came
    largest = max((abs(w * g) for w, g, _ in some), default=0.0)
    return Coming(some, factors, 0.0 if abs(rest) < NOTHING + 1e-9 * largest else rest, total)


def handed_down(told: Told, layer: int) -> tuple[str, str]:
    """What comes to the followed place of a layer from the next one."""
    found, at = told.found, told.way.at[told.found.stages[layer]]
    some, factors, rest, total = coming(told, layer)
    came = sum(w * g for w, g, _ in some)
    summed = added(some)
    times = "".join(rf" \cdot \underbrace{{{inside(x)}}}_{{\text{{{n}}}}}" for n, x in factors)
    why = other_ways(found)
    more = rf" + \underbrace{{{inside(rest)}}}_{{\text{{{why}}}}}" if rest else ""
    over = found.stages.index(above(told, layer) or found.stages[-1])
    each = rf"\frac{{\partial L}}{{\partial z^{{({over + 1})}}}}"
    scaled = is_norm(found.row(found.stages[over]))
    each = rf"\frac{{\gamma}}{{\sigma}} {each}" if scaled else rf"\sum w^{{({over + 1})}} {each}"
    slopes = "".join(rf"\,\text{{{name}}}'" for name, _ in factors)
    latex = lines(
        rf"{by(sum_name(layer, at))} &= \Bigl({each}\Bigr){slopes}",
        rf"&= \Bigl({summed}\Bigr){times}{more} = {number(total)}",
    )
    who = f"{unit_place(found, layer, at[0])}{place_of(at)}"
    way = "the scale over the batch's deviation" if scaled else plural(len(some), "product")
    words = f"By {way} the gradient comes back towards {who}: {format_number(came)}"
    if layer + 1 not in told.shown:
        words = f"Of the layers not drawn the last one, {called(found, over)}, is told. {words}"
    if factors:
        told_of = ", ".join(f"{name} {format_number(value)}" for name, value in factors)
        words += f", times the slope of what lies between ({told_of})"
    if rest:
        words += f"; {format_number(rest)} more comes through {why}"
    return latex, f"{words}: {format_number(total)}." if factors or rest else f"{words}."


def other_ways(found: Found) -> str:
    """By which a gradient comes to a place besides the one that is told."""
    kinds = {node.layer.type for node in found.network.layers}
    ways = ["the skip"] if "Add" in kinds else []
    ways += ["the batch's statistics"] if kinds & set(NORMS) else []
    return " and ".join(ways)


def arrived(found: Found) -> tuple[str, str]:
    """The gradient of the weight: over the places of its layer's output, what has come back times
    what the weight is multiplied with."""
    place = found.weight
    back, factor, others = terms(found)
    some = [Term(float(g), float(x), ()) for g, x in zip(back.flat, factor.flat, strict=True)]
    total, many = float(found.each[found.sample]), len(some) > 1
    row = found.row(found.stages[place.layer])
    z = rf"z^{{({place.layer + 1})}}_{{{place.unit + 1}}}"
    times = rf"\frac{{\partial {z}}}{{\partial {weight_name(place)}}}"
    if many:
        z = rf"z^{{({place.layer + 1})}}_{{{place.unit + 1},p}}"
        times = rf"\frac{{\partial {z}}}{{\partial {weight_name(place)}}}"
    summed = r"\sum_{p} " if many else ""
    more = rf" + \underbrace{{{inside(others)}}}_{{\text{{the other pictures}}}}" if others else ""
    latex = lines(
        rf"{by(weight_name(place))} &= {summed}{by(z)} \cdot {times}",
        rf"&= {added(some)}{more} = {number(total)}",
    )
    what = "what the weight was multiplied with"
    if place.bias:
        what = "1, as a bias is added as it is"
    elif is_norm(row):
        what = "the number that batch norm made before it was scaled"
    words = f"The gradient of {weight_place(found)}: what has come back, times {what}"
    if many:
        gone = sum(1 for term in some if not term.weight * term.other)
        words += f", summed over the {len(some):,} places where it takes part"
        words += f" ({gone:,} of them give 0)" if gone else ""
    if others:
        words += "; the batch's mean and variance lead through the other pictures too, which add "
        words += format_number(others)
    return latex, f"{words}: {format_number(total)}."
