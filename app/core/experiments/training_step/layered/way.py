"""The way through such a net that the formulas follow: one number of each layer."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from app.core.experiments.training_step.layered.places import Index, source, taps, windows
from app.core.experiments.training_step.layered.replay import Found, terms
from app.core.layers.table import AnyLayer
from app.core.training.layered import POOLS, SUMS


class Way(NamedTuple):
    """`chain`: the layers that it goes through, from -1, the picture, to the last; `at`: of each
    the number it follows; `given`: of each, its index as the layer is given it."""

    chain: tuple[int, ...]
    at: dict[int, Index]
    given: dict[int, Index]

    def below(self, place: int) -> int:
        return self.chain[self.chain.index(place) - 1]


class Term(NamedTuple):
    """A product in a sum: a weight, what it is multiplied with, and where that is."""

    weight: float
    other: float
    at: Index


def followed(found: Found) -> Way:
    """The weight's own unit where most comes back to it; above and below, where most goes."""
    here = found.stages[found.weight.layer]
    out, into = own_place(found, here)
    at, given, chain = {here: out}, {here: into}, [here]
    place = here
    while place < len(found.network.layers) - 1:
        below = place
        place = next(j for j, some in enumerate(found.sources) if below in some)
        given[place] = at[below]
        at[place] = up(found, place, at[below])
        chain.append(place)
    place = here
    while place >= 0:
        below = found.sources[place][0]
        at[below] = given[place]
        chain.insert(0, below)
        if below >= 0:
            given[below] = down(found, below, at[below])
        place = below
    return Way(tuple(chain), at, given)


def largest(some: list[Term]) -> Term:
    return max(some, key=lambda term: abs(term.weight * term.other))


def own_place(found: Found, here: int) -> tuple[Index, Index]:
    """Of the weight's layer: where the largest term of its gradient is, in what it gives and in
    what it is given."""
    row, weight = found.row(here), found.weight
    back, factor, _ = terms(found)
    if row.type not in SUMS or weight.bias:
        most = np.unravel_index(int(np.abs(back * factor).argmax()), back.shape)
        out = (weight.unit, *(int(i) for i in most))
        return out, down(found, here, out)
    if row.type == "Linear":
        return (weight.unit,), (weight.indices[1],)
    shape, channel = found.given(here).shape[1:], source(row, *weight.indices[:2])
    best: tuple[float, Index, Index] = (-1.0, (), ())
    for spot in product(*map(range, back.shape)):
        for tap, falls in taps(row, spot, shape):
            size = abs(float(back[spot] * factor[spot]))
            if tap == weight.indices[2:] and size > best[0]:
                best = (size, (weight.unit, *spot), (channel, *falls))
    return (best[1], best[2]) if best[1] else ((weight.unit, 0, 0), (channel, 0, 0))


def up(found: Found, place: int, at: Index) -> Index:
    """Of what a layer gives, the number by which most comes back to the one at `at` that it is
    given."""
    row, back = found.row(place), found.back(place)
    if row.type in SUMS:
        return largest(returning(found, place, at)).at
    if row.type in POOLS:
        some = [(at[0], *spot) for spot, _ in windows(row, at, back.shape)]
        value = found.taken(place)[at]
        chosen = [i for i in some if row.type != "MaxPool2d" or found.out(place)[i] == value]
        return max(chosen or some, key=lambda i: abs(back[i]))
    if row.type == "AdaptiveAvgPool2d":
        return (at[0], 0, 0)
    return flat(at, found.given(place).shape[1:]) if row.type == "Flatten" else at


def down(found: Found, place: int, out: Index) -> Index:
    """Of what a layer is given, the number that most of the one at `out` comes from."""
    row, given = found.row(place), found.taken(place)
    if row.type in SUMS:
        return largest(adding(found, place, out)).at
    if row.type in POOLS:
        some = [(out[0], *spot) for _, spot in taps(row, out, given.shape)]
        size = (lambda i: given[i]) if row.type == "MaxPool2d" else (lambda i: abs(given[i]))
        return max(some, key=size)
    if row.type == "AdaptiveAvgPool2d":
        spot = np.unravel_index(int(np.abs(given[out[0]]).argmax()), given.shape[1:])
        return (out[0], *(int(i) for i in spot))
    if row.type == "Flatten":
        return tuple(int(i) for i in np.unravel_index(out[0], given.shape))
    return out


def flat(at: Index, shape: tuple[int, ...]) -> Index:
    return (int(np.ravel_multi_index(at, shape)),)


def adding(found: Found, place: int, out: Index) -> list[Term]:
    """The products that one number of a layer is the sum of, without its bias."""
    row, weights, given = found.row(place), found.part(place, "weight"), found.taken(place)
    if row.type == "Linear":
        pairs = zip(weights[out[0]].tolist(), given.tolist(), strict=True)
        return [Term(w, x, (k,)) for k, (w, x) in enumerate(pairs)]
    kernel, unit = weights[out[0]], out[0]
    channels = [source(row, unit, c) for c in range(len(kernel))]
    return [
        Term(float(kernel[c][tap]), float(given[(k, *spot)]), (k, *spot))
        for c, k in enumerate(channels)
        for tap, spot in taps(row, out, given.shape)
    ]


def returning(found: Found, place: int, at: Index) -> list[Term]:
    """The products that the gradient by one number that a layer is given is the sum of."""
    row, weights, back = found.row(place), found.part(place, "weight"), found.back(place)
    if row.type == "Linear":
        pairs = zip(weights[:, at[0]].tolist(), back.tolist(), strict=True)
        return [Term(w, g, (j,)) for j, (w, g) in enumerate(pairs)]
    return [
        Term(float(weights[(unit, c)][tap]), float(back[(unit, *spot)]), (unit, *spot))
        for unit, c in filters(row, at[0])
        for spot, tap in windows(row, at, back.shape)
    ] or [Term(0.0, 0.0, (0, 0, 0))]


def filters(row: AnyLayer, channel: int) -> list[tuple[int, int]]:
    """The filters that take a channel, and which of theirs it is."""
    units, inside = row.weights["weight"][:2]
    pairs = [(unit, c) for unit in range(units) for c in range(inside)]
    return [(unit, c) for unit, c in pairs if source(row, unit, c) == channel]
