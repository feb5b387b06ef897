"""One unit explained: the numbers that make its value, and those that make its gradient.

Imports torch, so it belongs into a worker. Products and sums are worked out in double precision from
the numbers that the network holds, which are float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.core.activations import Capture, score_layer
from app.core.errors import Problem
from app.core.layers import Layer
from app.core.networks import INPUT, analyse, cone
from app.core.receptive_fields import POINTWISE
from app.core.unit_expressions import expression
from app.core.unit_formulas import formula
from app.core.windows import Cells, Window

MOST_TERMS = 64  # of a gradient, a consumer; the rest is told as one sum
MOST_PRODUCTS = 256  # of a linear layer

Place = tuple[int, int, int]  # channel, row, column; of a vector (place, 0, 0)
Floats = npt.NDArray[np.float64]


def explained(
    captured: Capture, layer: str, channel: int, row: int = 0, column: int = 0
) -> dict[str, Any]:
    """Everything about one unit, forward and backward. Raises Problem for one that is not there.

    `chain` leads from the layer with a window (or what else makes the number) through what is
    applied to it one by one, up to the asked layer and on through the activation that follows.
    """
    i = captured.network.position(layer)
    place = _place(captured, i, (channel, row, column))
    chain = [*_up(captured, i), *_on(captured, i)]
    steps = [_step(captured, j, place) for j in chain]
    seen = cone(captured.network, layer, place[1:] if _maps(captured, i) else place[:1])
    answer = {
        "layer": layer,
        "channel": channel,
        "row": place[1],
        "column": place[2],
        "value": _value(captured, i, place),
        "gradient": _gradient(captured, i, place),
        "chain": steps,
        "receptive_field": seen["input"],
        "backward": _backward(captured, i, place),
    }
    return answer | {"expression": expression(steps, _shared(captured, chain))}


def _maps(captured: Capture, i: int) -> bool:
    return captured.activation(i).ndim == 3


def _place(captured: Capture, i: int, place: Place) -> Place:
    shape = captured.activation(i).shape
    if len(shape) == 1:
        place = (place[0], 0, 0)
    sizes = (*shape, 1, 1)[:3]
    for word, at, size in zip(("channel", "row", "column"), place, sizes, strict=True):
        if at >= size:
            name = captured.network.layers[i].name
            what = {"channel": "channels" if len(shape) == 3 else "numbers"}.get(word, f"{word}s")
            raise Problem(f"`{name}` has {size} {what}, counted from 0", {"field": f"unit.{word}"})
    return place


def _at(tensor: Tensor | None, place: Place) -> float | None:
    if tensor is None:
        return None
    return float(tensor[place] if tensor.ndim == 3 else tensor[place[0]])


def _value(captured: Capture, i: int, place: Place) -> float:
    value = _at(captured.activation(i), place)
    assert value is not None
    return value


def _gradient(captured: Capture, i: int, place: Place) -> float | None:
    return _at(captured.gradient(i), place)


def _sources(captured: Capture, i: int) -> tuple[int, ...]:
    return captured.model.sources[i]


def _pointwise(captured: Capture, i: int) -> bool:
    """Whether each number comes from the one at the same place and no other."""
    layer = captured.network.layers[i].layer
    return layer.kind in POINTWISE and not layer.mixes and layer.type != "LocalResponseNorm"


def _up(captured: Capture, i: int) -> list[int]:
    """The layers that made this one's numbers in place, from the first with a window of its own."""
    found = [i]
    while _pointwise(captured, found[0]) and _sources(captured, found[0])[0] >= 0:
        found.insert(0, _sources(captured, found[0])[0])
    return found


def _consumers(captured: Capture, i: int) -> list[int]:
    return [j for j, sources in enumerate(captured.model.sources) if i in sources]


def _on(captured: Capture, i: int) -> Iterator[int]:
    """The layers that do the rest in place, as long as nothing else takes the numbers."""
    consumers = _consumers(captured, i)
    while len(consumers) == 1 and _pointwise(captured, consumers[0]):
        if captured.network.layers[consumers[0]].layer.type == "Dropout":
            return  # as good as not there when a network is asked
        yield consumers[0]
        consumers = _consumers(captured, consumers[0])


def _shared(captured: Capture, chain: Sequence[int]) -> list[str]:
    """Layers of a chain whose numbers go elsewhere too, so that more comes back to them."""
    inner = chain[:-1]
    return [captured.network.layers[i].name for i in inner if len(_consumers(captured, i)) > 1]


# Forward: how the value comes about


def _step(captured: Capture, i: int, place: Place) -> dict[str, Any]:
    """One layer's part in a unit's value."""
    node = captured.network.layers[i]
    told: dict[str, Any] = {
        "layer": node.name,
        "type": node.layer.type,
        "sources": [_name(captured, j) for j in _sources(captured, i)],
        "value": _value(captured, i, place),
        "gradient": _gradient(captured, i, place),
    }
    source = captured.activation(_sources(captured, i)[0])
    if node.layer.type == "Conv2d":
        told |= _convolution(captured.model.steps[i], node.layer, source, place)
    elif node.layer.type == "Linear":
        told |= _linear(captured.model.steps[i], source, place)
    elif node.layer.kind == "pooling":
        told |= _pooling(node.layer, source, place)
    elif node.layer.kind in ("joint", "shape"):
        told |= {"parts": _parts(captured, i, place)}
    else:
        told |= {"before": _at(source, place)} | _pointwise_numbers(captured, i, source, place)
    return told | {"latex": formula(told)}


def _name(captured: Capture, i: int) -> str:
    return captured.network.layers[i].name if i >= 0 else INPUT


def exact(array: npt.NDArray[Any]) -> Any:
    """Nested lists of numbers, float32 ones with no more digits than they have; null for NaN."""
    if array.ndim:
        return [exact(part) for part in array]
    if np.isnan(array):
        return None
    return float(f"{array:.9g}") if array.dtype == np.float32 else float(array)


def _taps(window: Window, at: int) -> list[int]:
    """The positions under a window; below 0 and beyond the end lies padding."""
    first = at * window.stride - window.padding
    return [first + tap * window.dilation for tap in range(window.kernel)]


def _patch(source: Tensor, rows: Sequence[int], columns: Sequence[int]) -> npt.NDArray[Any]:
    """What a window covers of all channels; NaN where there is padding."""
    height, width = source.shape[1:]
    inside_rows = [row for row in rows if 0 <= row < height]
    inside_columns = [column for column in columns if 0 <= column < width]
    patch = np.full((len(source), len(rows), len(columns)), np.nan, np.float32)
    to_rows = [k for k, row in enumerate(rows) if 0 <= row < height]
    to_columns = [k for k, column in enumerate(columns) if 0 <= column < width]
    if inside_rows and inside_columns:
        covered = source[:, inside_rows][:, :, inside_columns].numpy()
        patch[np.ix_(range(len(source)), to_rows, to_columns)] = covered
    return patch


def _convolution(step: Any, layer: Any, source: Tensor, place: Place) -> dict[str, Any]:
    channel, row, column = place
    high, wide = layer.windows(tuple(source.shape))
    rows, columns = _taps(high, row), _taps(wide, column)
    weights = step.weight[channel].detach().numpy()
    first = channel // (layer.out_channels // layer.groups) * len(weights)
    patch = _patch(source[first : first + len(weights)], rows, columns)
    products = patch.astype(np.float64) * weights
    sums = np.nansum(products, axis=(1, 2))
    bias = None if step.bias is None else step.bias[channel].detach().numpy()
    return {
        "rows": [rows[0], rows[-1]],
        "columns": [columns[0], columns[-1]],
        "dilation": [high.dilation, wide.dilation],
        "channels": [first, first + len(weights) - 1],
        "patch": exact(patch),
        "weights": exact(weights),
        "products": exact(products),
        "sums": exact(sums),
        "bias": None if bias is None else exact(bias),
        "sum": float(sums.sum()) + (0.0 if bias is None else float(bias)),
    }


def _linear(step: Any, source: Tensor, place: Place) -> dict[str, Any]:
    values, weights = source.numpy(), step.weight[place[0]].detach().numpy()
    products = values.astype(np.float64) * weights
    bias = None if step.bias is None else step.bias[place[0]].detach().numpy()
    strongest = np.sort(np.argsort(-np.abs(products), kind="stable")[:MOST_PRODUCTS])
    total = float(products.sum())
    return {
        "index": strongest.tolist(),
        "patch": exact(values[strongest]),
        "weights": exact(weights[strongest]),
        "products": exact(products[strongest]),
        "omitted": len(products) - len(strongest),
        "omitted_sum": total - float(products[strongest].sum()),
        "bias": None if bias is None else exact(bias),
        "sum": total + (0.0 if bias is None else float(bias)),
    }


def covered(layer: Layer, axis: int, n: int, at: int, shape: Sequence[int]) -> list[int]:
    """The positions of an axis of n that one output of a pooling takes; padding included."""
    window = layer.windows(tuple(shape))[axis]
    if isinstance(window, Cells):
        return list(range(at * n // window.count, -(-(at + 1) * n // window.count)))
    return _taps(window, at)


def divisor(layer: Any, rows: Sequence[int], columns: Sequence[int], shape: Sequence[int]) -> int:
    """What an average is divided by: as torch does, without what lies beyond even the padding."""
    count = 1
    pad = layer.arguments.get("padding", 0)
    pads = (pad, pad) if isinstance(pad, int) else pad
    counts_padding = layer.arguments.get("count_include_pad", True)
    for positions, n, padding in zip((rows, columns), shape[1:], pads, strict=True):
        low, high = (-padding, n + padding) if counts_padding else (0, n)
        count *= sum(low <= position < high for position in positions)
    return count


def _pooling(layer: Layer, source: Tensor, place: Place) -> dict[str, Any]:
    channel, row, column = place
    shape = tuple(source.shape)
    rows = covered(layer, 0, shape[1], row, shape)
    columns = covered(layer, 1, shape[2], column, shape)
    patch = _patch(source[channel : channel + 1], rows, columns)[0]
    told = {
        "rows": [rows[0], rows[-1]],
        "columns": [columns[0], columns[-1]],
        "patch": exact(patch),
        "argmax": None,
        "divisor": None,
    }
    if layer.type == "MaxPool2d":
        largest = int(np.argmax(np.where(np.isnan(patch), -np.inf, patch)))  # the first, as torch
        told["argmax"] = list(divmod(largest, patch.shape[1]))
    else:
        told["divisor"] = divisor(layer, rows, columns, shape)
    return told


def _parts(captured: Capture, i: int, place: Place) -> list[dict[str, Any]]:
    """The numbers of other layers that this one joins, or the one that it lays out anew."""
    found = []
    for j, at in sources_at(captured, i, place):
        found.append(
            {
                "layer": _name(captured, j),
                "channel": at[0],
                "row": at[1],
                "column": at[2],
                "value": _value(captured, j, at),
            }
        )
    return found


def sources_at(captured: Capture, i: int, place: Place) -> Iterator[tuple[int, Place]]:
    """Where the numbers of an Add, a Concat or a Flatten stand in its sources."""
    kind, sources = captured.network.layers[i].layer.type, _sources(captured, i)
    if kind == "Add":
        yield from ((j, place) for j in sources)
    elif kind == "Concat":
        channel = place[0]
        for j in sources:
            count = len(captured.activation(j))
            if channel < count:
                yield j, (channel, *place[1:])
                return
            channel -= count
    else:
        shape = captured.activation(sources[0]).shape
        channel, row, column = np.unravel_index(place[0], (*shape, 1, 1)[:3])
        yield sources[0], (int(channel), int(row), int(column))


def _pointwise_numbers(
    captured: Capture, i: int, source: Tensor, place: Place
) -> dict[str, float | None]:
    """What a layer does to a number with, besides the number."""
    layer, step = captured.network.layers[i].layer, captured.model.steps[i]
    if layer.type == "BatchNorm2d" and step.running_mean is not None:
        names = {"mean": "running_mean", "variance": "running_var", "weight": "weight"}
        found = {
            word: None if getattr(step, name) is None else float(getattr(step, name)[place[0]])
            for word, name in (names | {"bias": "bias"}).items()
        }
        return found | {"eps": step.eps}
    if layer.type == "Softmax":
        exponentials = (source - source.max()).double().exp()
        return {"largest": float(source.max()), "total": float(exponentials.sum())}
    if layer.type == "LeakyReLU":
        return {"slope": layer.arguments["negative_slope"]}
    return {}


# Backward: what the gradient is made of


def _backward(captured: Capture, i: int, place: Place) -> dict[str, Any]:
    """A unit's gradient as the sum of what comes back by each layer that takes it."""
    parts = []
    if i == score_layer(captured.network):
        of = _gradient(captured, i, place) or 0.0
        parts.append(_part("target", captured.of, [((captured.target, 0, 0), 1.0, of)]))
    for j in _consumers(captured, i):
        if captured.gradient(j) is None:
            continue
        kind = captured.network.layers[j].layer.type
        parts.append(_part(_name(captured, j), kind, _terms(captured, i, j, place)))
    return {"gradient": _gradient(captured, i, place), "parts": parts}


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
        return list(_joined(captured, i, j, place, above))
    if layer.type == "Linear":
        local = captured.model.steps[j].weight[:, place[0]].detach()
        return [((o, 0, 0), float(above[o]), float(local[o])) for o in range(len(above))]
    source = captured.activation(i)
    if layer.type == "Conv2d":
        return list(_convolved(captured.model.steps[j], layer, source, above, place))
    if layer.kind == "pooling":
        return list(_pooled(layer, source, above, place))
    return list(_applied(captured.model.steps[j], layer, source, above, place))


def _joined(captured: Capture, i: int, j: int, place: Place, above: Tensor) -> Iterator[Term]:
    """An Add, a Concat or a Flatten passes the gradient on as it is; twice if it takes it twice."""
    kind, start = captured.network.layers[j].layer.type, 0
    shape = captured.activation(i).shape
    for source in _sources(captured, j):
        if source == i:
            at = place
            if kind == "Concat":
                at = (start + place[0], *place[1:])
            elif kind == "Flatten":
                at = (int(np.ravel_multi_index(place, (*shape, 1, 1)[:3])), 0, 0)
            upstream = _at(above, at)
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
            told = _pooling(layer, source, (channel, r, c))
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
            upstream = _at(above, at)
            assert upstream is not None
            yield at, upstream, float(local[0, channel].sum())

