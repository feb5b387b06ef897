"""Weights of such a net by their names, and which numbers they are multiplied with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.core.errors import Problem
from app.core.layers.table import AnyLayer
from app.core.networks.network import Network
from app.core.training.layered import NORMS, layer_of, stages

NAME = re.compile(r"([wb])(\d{1,2})((?:_\d{1,5}){1,4})")
Index = tuple[int, ...]


class Place(NamedTuple):
    """A weight of a net: its layer among those with weights, from 0; `bias`, or of the weights (of
    batch norm the scales) the one at `indices`."""

    layer: int
    bias: bool
    indices: Index

    @property
    def name(self) -> str:
        places = "".join(f"_{i + 1}" for i in self.indices)
        return f"{'b' if self.bias else 'w'}{self.layer + 1}{places}"

    @property
    def unit(self) -> int:
        return self.indices[0]

    @property
    def part(self) -> str:
        return "bias" if self.bias else "weight"


def place(name: str, network: Network) -> Place:
    """The weight of that name. Raises Problem."""
    at = stages(network)
    if found := NAME.fullmatch(name):
        kind, number, rest = found.groups()
        layer = int(number) - 1
        index = tuple(int(each) - 1 for each in rest[1:].split("_"))
        if 0 <= layer < len(at):
            shape = layer_of(network, at[layer]).weights.get("bias" if kind == "b" else "weight")
            fits = shape is not None and len(shape) == len(index)
            if fits and all(0 <= i < n for i, n in zip(index, shape or (), strict=True)):
                return Place(layer, kind == "b", index)
    last = [
        Place(i, False, tuple(n - 1 for n in layer_of(network, where).weights["weight"])).name
        for i, where in enumerate(at)
    ]
    few = last if len(last) <= 6 else [*last[:4], "…", last[-1]]
    raise Problem(
        f"this net has no weight `{name}`: a name is the layer, the unit it leads to, the one it "
        "comes from, and in a kernel its row and column, all from 1; the last of each layer are "
        f"{', '.join(few)}, and `b` for `w` is a bias",
        {"field": "weight"},
    )


def taps(row: AnyLayer, unit: Index, shape: Index) -> Iterator[tuple[Index, Index]]:
    """Of a layer with windows, each place of the kernel that falls on the map (of this height and
    width) for the output at `unit`, and where it falls: (row, column) both."""
    high, wide = row.sliding
    for i in range(high.kernel):
        y = unit[-2] * high.stride - high.padding + i * high.dilation
        for j in range(wide.kernel):
            x = unit[-1] * wide.stride - wide.padding + j * wide.dilation
            if 0 <= y < shape[-2] and 0 <= x < shape[-1]:
                yield (i, j), (y, x)


def windows(row: AnyLayer, at: Index, shape: Index) -> Iterator[tuple[Index, Index]]:
    """The other way: each output (row, column) of maps of this height and width whose window has
    the place `at` in it, and at which place of the kernel."""
    high, wide = row.sliding
    for i in range(high.kernel):
        y, left = divmod(at[-2] + high.padding - i * high.dilation, high.stride)
        for j in range(wide.kernel):
            x, over = divmod(at[-1] + wide.padding - j * wide.dilation, wide.stride)
            if not left and not over and 0 <= y < shape[-2] and 0 <= x < shape[-1]:
                yield (y, x), (i, j)


def source(row: AnyLayer, unit: int, channel: int) -> int:
    """Which channel of what comes in a filter's channel is: with groups, of its own group's."""
    groups: int = row.arguments.get("groups", 1)
    each = row.weights["weight"][0] // groups
    return unit // each * row.weights["weight"][1] + channel


def is_norm(row: AnyLayer) -> bool:
    return row.type in NORMS
