"""What one unit's gradient is made of: what comes back by each unit that takes its value.

Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.core.activations.capture import Capture, Place, score_layer
from app.core.activations.unit.answers import GradientPart, UnitBackward
from app.core.activations.unit.functions import cut

MOST_TERMS = 64  # of a gradient, a consumer; the rest is told as one sum


def backward(captured: Capture, i: int, place: Place) -> UnitBackward:
    """A unit's gradient as the sum of what comes back by each layer that takes it."""
    parts = []
    if i == score_layer(captured.network):
        of = captured.gradient_at(i, place) or 0.0
        class_ = Terms(np.array([[captured.target, 0, 0]]), np.ones(1), np.array([of]))
        parts.append(_part("target", captured.of, class_))
    for j in captured.consumers(i):
        if captured.gradient(j) is None:
            continue
        kind = captured.network.layers[j].layer.type
        parts.append(_part(captured.name(j), kind, _terms(captured, i, j, place)))
    return {"gradient": captured.gradient_at(i, place), "parts": parts}


@dataclass(frozen=True)
class Terms:
    """Units above, a row (channel, row, column) each, their gradients and the local gradients."""

    places: npt.NDArray[Any]
    upstream: npt.NDArray[Any]
    local: npt.NDArray[Any]


def _part(name: str, kind: str, terms: Terms) -> GradientPart:
    """One layer's share of a gradient, the strongest terms first."""
    downstream = terms.upstream * terms.local
    order = np.argsort(-np.abs(downstream), kind="stable")
    kept = order[:MOST_TERMS]
    return {
        "layer": name,
        "type": kind,
        "sum": float(downstream.sum()),
        "terms": [
            {
                "channel": int(terms.places[k][0]),
                "row": int(terms.places[k][1]),
                "column": int(terms.places[k][2]),
                "upstream": float(terms.upstream[k]),
                "local": float(terms.local[k]),
                "downstream": float(downstream[k]),
            }
            for k in kept
        ],
        "omitted": len(order) - len(kept),
        "omitted_sum": float(downstream[order[MOST_TERMS:]].sum()),
    }


def _terms(captured: Capture, i: int, j: int, place: Place) -> Terms:
    """What comes back to a unit of layer i by layer j, unit by unit of j."""
    layer, above = captured.network.layers[j].layer, captured.gradient(j)
    assert above is not None
    ndim = captured.activation(i).ndim
    apart = layer.operands > 1 or layer.places == "moved" or (layer.spans and ndim == 3)
    if apart or above.ndim != ndim:
        found = []
        for k, source in enumerate(captured.sources(j)):
            if source == i:
                local, first = _column(captured, j, k, place)
                for at in local.nonzero().tolist():
                    there = [a + b for a, b in zip(at, first, strict=False)]
                    found.append((there, float(local[tuple(at)])))
        upstream = [float(above[tuple(at)]) for at, _ in found]
        places = [(*at, 0, 0)[:3] for at, _ in found]
        return Terms(
            np.array(places).reshape(-1, 3), np.array(upstream), np.array([x for _, x in found])
        )
    return _structured(captured, i, j, place)


def _structured(captured: Capture, i: int, j: int, place: Place) -> Terms:
    """By the windows that reach a unit, in the channels that take its own."""
    layer, source, above = (
        captured.network.layers[j].layer, captured.activation(i), captured.gradient(j),
    )  # fmt: skip
    assert above is not None
    shape = tuple(source.shape)
    channels = [o for o in range(len(above)) if place[0] in layer.taken(o, [shape])]
    taps: list[list[tuple[int, int]]] = [[(0, 0)], [(0, 0)]]
    if source.ndim == 3:
        taps = [
            list(axis.reached(at, n, units))
            for axis, at, n, units in zip(
                layer.windows(shape), place[1:], shape[1:], above.shape[1:], strict=True
            )
        ]
    rows, columns = ([unit for unit, _ in side] for side in taps)
    grid = np.ix_(channels, rows, columns)
    maps = (len(above), *above.shape[1:], 1, 1)[:3]
    if layer.weighs:
        filters = layer.filters(captured.model.steps[j].weight.detach()).numpy()
        filters = filters if source.ndim == 3 else filters[..., None, None]
        inside = [place[0] - layer.taken(o, [shape]).start for o in channels]
        down, right = ([tap for _, tap in side] for side in taps)
        local = filters[channels, inside][:, down][:, :, right] if channels else np.zeros(0)
    else:
        column, first = _column(captured, j, 0, place)
        inside_it = [
            [at - start for at in side]
            for side, start in zip((channels, rows, columns), first, strict=True)
        ]
        sizes = (*column.shape, 1, 1)[:3]
        local = column.numpy().reshape(sizes)[np.ix_(*inside_it)]
    places = np.stack(np.meshgrid(channels, rows, columns, indexing="ij"), -1)
    upstream = above.numpy().reshape(maps)[grid]
    return Terms(
        places.reshape(-1, 3), upstream.astype(np.float64).ravel(), local.astype(np.float64).ravel()
    )


def _column(captured: Capture, j: int, operand: int, place: Place) -> tuple[Tensor, Place]:
    """The local gradients of layer j by one number of one of its inputs, and where they begin.

    They are of all numbers, or of those at the same place or in the same channel, where others
    have no part in it.
    """
    layer, step = captured.network.layers[j].layer, captured.model.steps[j]
    # In double precision where nothing is held in single.
    held = isinstance(step, torch.nn.Module) and len(step.state_dict())
    given = [captured.activation(source)[None] for source in captured.sources(j)]
    given, at = cut(layer, given, place)
    if layer.places == "window" and layer.channels == "own" and not held:
        given, at = [part[:, at[0] : at[0] + 1] for part in given], (0, *at[1:])
    given = given if held else [part.double() for part in given]
    with torch.enable_grad():
        given[operand] = given[operand].detach().clone().requires_grad_()
        output = step(*given)
        # A pass back is linear in what comes back, and its derivative by that leads forward again.
        back = torch.zeros_like(output, requires_grad=True)
        (gradient,) = torch.autograd.grad(output, given[operand], back, create_graph=True)
        picked = gradient[(0, *at[: gradient.ndim - 1])]
        (found,) = torch.autograd.grad(picked, back)
    return found[0], (place[0] - at[0], place[1] - at[1], place[2] - at[2])
