"""How the numbers of such a net are named, in formulas and in words, and long sums written."""

from __future__ import annotations

import re

from app.core.experiments.training_step.layered.places import Index, Place, is_norm
from app.core.experiments.training_step.layered.replay import Found
from app.core.experiments.training_step.layered.way import Term
from app.core.experiments.training_step.names import FEW, inside

# Of layers that are called by their place alone.
SHORT = {"Conv2d": "conv", "Linear": "linear", "BatchNorm1d": "norm", "BatchNorm2d": "norm"}
BY = r"\frac{{\partial L}}{{\partial {}}}"


def counted(at: Index) -> str:
    return ",".join(str(i + 1) for i in at)


def sum_name(layer: int, at: Index) -> str:
    """What a layer, from 0 among those with weights, makes at a place."""
    return rf"z^{{({layer + 1})}}_{{{counted(at)}}}"


def weight_name(place: Place) -> str:
    letter = "b" if place.bias else "w"
    return rf"{letter}^{{({place.layer + 1})}}_{{{counted(place.indices)}}}"


def by(name: str) -> str:
    return BY.format(name)


def called(found: Found, layer: int) -> str:
    """A layer in words: its name in the network, and which it is."""
    return f"{own_name(found, found.stages[layer])} (layer {layer + 1})"


def own_name(found: Found, at: int) -> str:
    """What a layer is called; by its type where its name is its place alone."""
    node = found.network.layers[at]
    kind = node.layer.type
    return SHORT.get(kind, kind) if re.fullmatch(r"[\d.]+", node.name) else node.name


def unit_place(found: Found, layer: int, unit: int) -> str:
    """One of what a layer gives: units, channels, or the classes' scores."""
    at = found.stages[layer]
    if at == len(found.network.layers) - 1:
        return f"output {unit + 1} ({found.steps.classes[unit]})"
    what = "channel" if found.outs[at].dim() > 2 else "unit"
    return f"{what} {unit + 1} of {called(found, layer)}"


def place_of(at: Index) -> str:
    """A place of a map, in words; nothing where there are no maps."""
    return f" at row {at[1] + 1}, column {at[2] + 1}" if len(at) > 2 else ""


def weight_place(found: Found) -> str:
    """Which weight, in words."""
    place = found.weight
    row = found.row(found.stages[place.layer])
    to = unit_place(found, place.layer, place.unit)
    if is_norm(row):
        return f"the {'shift' if place.bias else 'scale'} of {to}"
    if place.bias:
        return f"the bias of {to}"
    if row.type == "Linear":
        came = "unit" if place.layer else "pixel"
        return f"the weight from {came} {place.indices[1] + 1} to {to}"
    _, channel, y, x = place.indices
    return f"row {y + 1}, column {x + 1} of the kernel from channel {channel + 1} to {to}"


def added(terms: list[Term]) -> str:
    """A sum of products in numbers: the largest of them, and all others as one."""
    if len(terms) <= FEW:
        return " + ".join(rf"{inside(w)} \cdot {inside(x)}" for w, x, _ in terms)
    by_size = sorted(terms, key=lambda term: -abs(term.weight * term.other))
    rest = sum(w * x for w, x, _ in by_size[FEW:])
    some = " + ".join(rf"{inside(w)} \cdot {inside(x)}" for w, x, _ in by_size[:FEW])
    return rf"{some} + \underbrace{{{inside(rest)}}}_{{\text{{the other {len(terms) - FEW:,}}}}}"
