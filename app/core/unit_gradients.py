"""What one unit's gradient is made of: what comes back by each unit that takes its value.

Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.core.activations import Capture, Place, score_layer
from app.core.layers import Layer
from app.core.unit_values import covered, pooling
from app.core.windows import Cells, Window

MOST_TERMS = 64  # of a gradient, a consumer; the rest is told as one sum


def backward(captured: Capture, i: int, place: Place) -> dict[str, Any]:
    """A unit's gradient as the sum of what comes back by each layer that takes it."""
    parts = []
    if i == score_layer(captured.network):
        of = captured.gradient_at(i, place) or 0.0
        parts.append(_part("target", captured.of, [((captured.target, 0, 0), 1.0, of)]))
    for j in captured.consumers(i):
        if captured.gradient(j) is None:
            continue
        kind = captured.network.layers[j].layer.type
        parts.append(_part(captured.name(j), kind, _terms(captured, i, j, place)))
    return {"gradient": captured.gradient_at(i, place), "parts": parts}


Term = tuple[Place, float, float]  # which unit above, its gradient, the local gradient


def _part(name: str, kind: str, terms: Sequence[Term]) -> dict[str, Any]:
    """One layer's share of a gradient, the strongest terms first."""
    downstream = [upstream * local for _, upstream, local in terms]
    order = sorted(range(len(terms)), key=lambda k: -abs(downstream[k]))
    kept = order[:MOST_TERMS]
    total = sum(downstream)
    return {
        "layer": name,
        "type": kind,
        "sum": total,
        "terms": [
            {
                "channel": terms[k][0][0],
                "row": terms[k][0][1],
                "column": terms[k][0][2],
                "upstream": terms[k][1],
                "local": terms[k][2],
                "downstream": downstream[k],
            }
            for k in kept
        ],
        "omitted": len(terms) - len(kept),
        "omitted_sum": sum(downstream[k] for k in order[MOST_TERMS:]),
    }


def _terms(captured: Capture, i: int, j: int, place: Place) -> list[Term]:
    """What comes back to a unit of layer i by layer j, unit by unit of j."""
    layer, above = captured.network.layers[j].layer, captured.gradient(j)
    assert above is not None
    if layer.kind == "joint" or layer.kind == "shape":
        return list(_joined(captured, i, j, place))
    if layer.type == "Linear":
        local = captured.model.steps[j].weight[:, place[0]].detach()
        return [((o, 0, 0), float(above[o]), float(local[o])) for o in range(len(above))]
    source = captured.activation(i)
    if layer.type == "Conv2d":
        return list(_convolved(captured.model.steps[j], layer, source, above, place))
    if layer.kind == "pooling":
        return list(_pooled(layer, source, above, place))
    return list(_applied(captured.model.steps[j], layer, source, above, place))


def _joined(captured: Capture, i: int, j: int, place: Place) -> Iterator[Term]:
    """An Add, a Concat or a Flatten passes the gradient on as it is; twice if it takes it twice."""
    kind, start = captured.network.layers[j].layer.type, 0
    shape = captured.activation(i).shape
    for source in captured.sources(j):
        if source == i:
            at = place
            if kind == "Concat":
                at = (start + place[0], *place[1:])
            elif kind == "Flatten":
                at = (int(np.ravel_multi_index(place, (*shape, 1, 1)[:3])), 0, 0)
            upstream = captured.gradient_at(j, at)
            assert upstream is not None
            yield at, upstream, 1.0
        start += len(captured.activation(source))


def _reached(window: Window, at: int, outputs: int) -> Iterator[tuple[int, int]]:
    """(output, tap) of the windows that cover a position."""
    for tap in range(window.kernel):
        start = at + window.padding - tap * window.dilation
        if start % window.stride == 0 and 0 <= start // window.stride < outputs:
            yield start // window.stride, tap


def _convolved(
    step: Any, layer: Any, source: Tensor, above: Tensor, place: Place
) -> Iterator[Term]:
    channel, row, column = place
    high, wide = layer.windows(tuple(source.shape))
    each = layer.in_channels // layer.groups
    group, inside = divmod(channel, each)
    count = layer.out_channels // layer.groups
    outputs = range(group * count, (group + 1) * count)
    for r, down in _reached(high, row, above.shape[1]):
        for c, right in _reached(wide, column, above.shape[2]):
            upstream = above[:, r, c].tolist()
            local = step.weight[:, inside, down, right].tolist()
            for o in outputs:
                yield (o, r, c), upstream[o], local[o]


def _pooled(layer: Layer, source: Tensor, above: Tensor, place: Place) -> Iterator[Term]:
    channel, row, column = place
    shape = tuple(source.shape)
    high, wide = layer.windows(shape)
    outputs = []
    for window, at, n, count in zip(
        (high, wide), (row, column), shape[1:], above.shape[1:], strict=True
    ):
        if isinstance(window, Cells):
            cells = [range(k * n // count, -(-(k + 1) * n // count)) for k in range(count)]
            outputs.append([k for k, cell in enumerate(cells) if at in cell])
        else:
            outputs.append([k for k, _ in _reached(window, at, count)])
    for r in outputs[0]:
        for c in outputs[1]:
            told = pooling(layer, source, (channel, r, c))
            if told["argmax"] is None:
                local = 1 / told["divisor"]
            else:
                rows = covered(layer, 0, shape[1], r, shape)
                columns = covered(layer, 1, shape[2], c, shape)
                taken = (rows[told["argmax"][0]], columns[told["argmax"][1]])
                local = float(taken == (row, column))
            yield (channel, r, c), float(above[channel, r, c]), local


def _applied(
    step: Any, layer: Layer, source: Tensor, above: Tensor, place: Place
) -> Iterator[Term]:
    """One number to one number; a softmax or a response norm also mixes it into its neighbours."""
    channel, row, column = place
    across = (source[:, row, column] if source.ndim == 3 else source)[None]
    if source.ndim == 3:
        across = across[..., None, None]
    with torch.enable_grad():
        across = across.clone().requires_grad_()
        given = step(across)
        mixes = layer.mixes or layer.type == "LocalResponseNorm"
        for o in range(given.shape[1]) if mixes else [channel]:
            (local,) = torch.autograd.grad(given[0, o].sum(), across, retain_graph=True)
            at = (o, row, column)
            upstream = float(above[at] if above.ndim == 3 else above[o])
            yield at, upstream, float(local[0, channel].sum())
