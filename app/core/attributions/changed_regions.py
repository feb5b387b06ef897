"""A picture changed in one place, over and over: only what each change reaches is computed anew.

A patch of 32 pixels reaches a tenth of the first maps along a side, and most of the last ones. All
changes go through the network together, each with its own region of every map, and all regions of a
map are of one size. Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from app.core.layers.layer import Layer
from app.core.layers.windows import Window
from app.core.networks.network import analyse
from app.core.networks.torch_network import TorchNetwork

Starts = list[int]


@dataclass(frozen=True)
class Region:
    """What a layer gives where it has changed: one part a change, from (row, column) on.

    `values` is changes x channels x height x width; of a vector, changes x features and no places.
    """

    values: Tensor
    rows: Starts
    columns: Starts

    @property
    def size(self) -> tuple[int, int]:
        return self.values.shape[2], self.values.shape[3]


def outputs(
    model: TorchNetwork, before: Sequence[Tensor], image: Tensor, change: Region, last: int
) -> Tensor:
    """What layer `last` gives for each change, changes x channels (x height x width).

    `before` is what each layer gives for the picture as it was, `change` what becomes of it.
    """
    network, shapes = model.network, analyse(model.network).shapes
    found: dict[int, Region] = {-1: change}
    many = len(change.values)
    for i in range(last + 1):
        layer, step, sources = network.layers[i].layer, model.steps[i], model.sources[i]
        changed = [j for j in sources if j in found]
        if not changed:
            continue
        wholes = [before[j] if j >= 0 else image for j in sources]
        regions = [found.get(j) for j in sources]
        single = regions[0]
        if all(whole.ndim == 4 for whole in wholes) and before[i].ndim == 4:
            if len(sources) > 1:
                found[i] = joined(step, regions, wholes)
                continue
            assert single
            if layer.places == "own" and not layer.spans:
                found[i] = Region(step(single.values), single.rows, single.columns)
                continue
            windows = layer.windows(network.input if sources[0] < 0 else shapes[sources[0]] or ())
            slid = slide(step, layer, windows, single, wholes[0], before[i])
            if slid:
                found[i] = slid
                continue
        given = [
            expanded(region, whole) if region else whole.expand(many, *whole.shape[1:])
            for region, whole in zip(regions, wholes, strict=True)
        ]
        found[i] = entire(step(*given))
    if last not in found:
        return before[last].expand(many, *before[last].shape[1:])
    return expanded(found[last], before[last])


def entire(values: Tensor) -> Region:
    """All of a layer."""
    starts = [0] * len(values) if values.ndim == 4 else []
    return Region(values, starts, starts)


def expanded(region: Region, whole: Tensor) -> Tensor:
    """The whole of a layer for each change."""
    if region.values.shape[1:] == whole.shape[1:]:
        return region.values
    return laid_over(region, whole, [0] * len(region.rows), [0] * len(region.rows), whole.shape[2:])


def laid_over(
    region: Region, whole: Tensor, rows: Starts, columns: Starts, size: Sequence[int]
) -> Tensor:
    """Parts of a layer, from (row, column) on and of one size, with the changes where they lie."""
    height, width = size
    high, wide = region.size
    parts = whole.new_empty((len(rows), whole.shape[1], height, width))
    for k, (row, column) in enumerate(zip(rows, columns, strict=True)):
        part = parts[k]
        part.copy_(whole[0, :, row : row + height, column : column + width])
        down, across = region.rows[k] - row, region.columns[k] - column
        top, left = max(down, 0), max(across, 0)
        bottom, right = min(down + high, height), min(across + wide, width)
        if top < bottom and left < right:
            part[:, top:bottom, left:right] = region.values[
                k, :, top - down : bottom - down, left - across : right - across
            ]
    return parts


def joined(step: Any, regions: Sequence[Region | None], wholes: Sequence[Tensor]) -> Region:
    """Where paths meet: the hull of what has changed on each of them."""
    there = [region for region in regions if region]
    sides = []
    for axis, starts in ((0, [region.rows for region in there]),
                         (1, [region.columns for region in there])):  # fmt: skip
        n = wholes[0].shape[2 + axis]
        firsts = [min(each) for each in zip(*starts, strict=True)]
        ends = [
            max(start + region.size[axis] for start, region in zip(each, there, strict=True))
            for each in zip(*starts, strict=True)
        ]
        sides.append(fitted(firsts, ends, n))
    (rows, high), (columns, wide) = sides
    parts = []
    for region, whole in zip(regions, wholes, strict=True):
        nothing = Region(whole.new_empty((len(rows), whole.shape[1], 0, 0)), rows, columns)
        parts.append(laid_over(region or nothing, whole, rows, columns, (high, wide)))
    return Region(step(*parts), rows, columns)


def fitted(firsts: Starts, ends: Starts, n: int) -> tuple[Starts, int]:
    """Starts of parts of one size along n positions that hold what lies from first to end."""
    size = max(max(end - first for first, end in zip(firsts, ends, strict=True)), 1)
    return [min(first, n - size) for first in firsts], size


def slide(
    step: Any, layer: Any, windows: Any, region: Region, whole: Tensor, after: Tensor
) -> Region | None:
    """A convolution or pooling of what has changed; None if it cannot be had in parts."""
    if not all(isinstance(window, Window) for window in windows):
        return None
    bare, filling = unpadded(layer), layer.padding_value
    if bare is None or (filling is None and any(w.padding or w.ceil for w in windows)):
        return None
    sides = []
    for axis, (window, starts) in enumerate(
        zip(windows, (region.rows, region.columns), strict=True)
    ):
        units = after.shape[2 + axis]
        firsts, ends = [], []
        for start in starts:
            first, end = touched(window, start, start + region.size[axis], units)
            firsts.append(first)
            ends.append(end)
        sides.append(fitted(firsts, ends, units))
    (rows, high), (columns, wide) = sides
    down, across = windows
    reach = [padding(w, whole.shape[2 + a], after.shape[2 + a]) for a, w in enumerate(windows)]
    padded = functional.pad(whole, (*reach[1], *reach[0]), value=filling or 0.0)
    moved = Region(
        region.values,
        [row + down.padding for row in region.rows],
        [column + across.padding for column in region.columns],
    )
    parts = laid_over(
        moved,
        padded,
        [row * down.stride for row in rows],
        [column * across.stride for column in columns],
        ((high - 1) * down.stride + down.span, (wide - 1) * across.stride + across.span),
    )
    return Region(functional_call(bare, step.state_dict(), (parts,)), rows, columns)


@lru_cache(256)
def unpadded(layer: Layer) -> nn.Module | None:
    """The layer for parts that hold their padding already; None where that is no argument of it."""
    if not {"kernel_size", "padding"} <= layer.arguments.keys():
        return None
    change = {"padding": 0} | ({"ceil_mode": False} if "ceil_mode" in layer.arguments else {})
    with torch.device("meta"):  # its weights are those of the padded one
        bare: nn.Module = layer.model_copy(update=change).module()
    return bare


def touched(window: Window, start: int, end: int, units: int) -> tuple[int, int]:
    """First unit whose window reaches positions start to end, and the one after the last."""
    first = -(-(start + window.padding - window.span + 1) // window.stride)
    last = (end - 1 + window.padding) // window.stride
    first = min(max(first, 0), units - 1)
    return first, max(min(last + 1, units), first + 1)


def padding(window: Window, n: int, units: int) -> tuple[int, int]:
    """As much before and behind n positions as the windows of all units reach."""
    return window.padding, max(0, (units - 1) * window.stride + window.span - window.padding - n)
