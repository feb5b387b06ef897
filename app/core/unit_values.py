"""What one unit's value is made of, layer by layer.

Products and sums are worked out in double precision from the numbers that the network holds, which
are float32. Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from app.core.activations import Capture, Place
from app.core.layers import Layer
from app.core.unit_formulas import formula
from app.core.windows import Cells, Window

MOST_PRODUCTS = 256  # of a linear layer


def step(captured: Capture, i: int, place: Place) -> dict[str, Any]:
    """One layer's part in a unit's value."""
    node = captured.network.layers[i]
    told: dict[str, Any] = {
        "layer": node.name,
        "type": node.layer.type,
        "sources": [captured.name(j) for j in captured.sources(i)],
        "value": captured.value_at(i, place),
        "gradient": captured.gradient_at(i, place),
    }
    source = captured.activation(captured.sources(i)[0])
    if node.layer.type == "Conv2d":
        told |= _convolution(captured.model.steps[i], node.layer, source, place)
    elif node.layer.type == "Linear":
        told |= _linear(captured.model.steps[i], source, place)
    elif node.layer.kind == "pooling":
        told |= pooling(node.layer, source, place)
    elif node.layer.kind in ("joint", "shape"):
        told |= {"parts": _parts(captured, i, place)}
    else:
        told |= {
            "before": float(source[place] if source.ndim == 3 else source[place[0]])
        } | _pointwise_numbers(captured, i, source, place)
    return told | {"latex": formula(told)}


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


def pooling(layer: Layer, source: Tensor, place: Place) -> dict[str, Any]:
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
                "layer": captured.name(j),
                "channel": at[0],
                "row": at[1],
                "column": at[2],
                "value": captured.value_at(j, at),
            }
        )
    return found


def sources_at(captured: Capture, i: int, place: Place) -> Iterator[tuple[int, Place]]:
    """Where the numbers of an Add, a Concat or a Flatten stand in its sources."""
    kind, sources = captured.network.layers[i].layer.type, captured.sources(i)
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
        at = np.unravel_index(place[0], (*shape, 1, 1)[:3])
        yield sources[0], (int(at[0]), int(at[1]), int(at[2]))


def _pointwise_numbers(captured: Capture, i: int, source: Tensor, place: Place) -> dict[str, Any]:
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
    if layer.type == "GELU":
        return {"approximate": layer.arguments["approximate"]}
    return {}
