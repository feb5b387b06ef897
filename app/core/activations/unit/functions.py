"""A unit's arithmetic: its layer's own text, with the numbers that it stands over at one place.

Value, formula and graph of a unit all come from here. Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from app.core.activations.capture import Capture
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.parsing import parse
from app.core.layers.layer import WORD, Layer, Place

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Arithmetic:
    """How one number comes about: lines of text over what is `given`, the number in the last.

    Of `X` what lies in the padding is NaN; `own` is where in X the number at the same place is.
    """

    text: str
    given: Mapping[str, Any]
    arguments: Mapping[str, float]  # those of the layer that the text speaks of
    own: tuple[int, ...] | None = None

    @cached_property
    def graph(self) -> Graph:
        """The text as it is parsed."""
        return parse(self.text)

    @cached_property
    def filling(self) -> float:
        """What stands for padding in `X`, so that it changes nothing."""
        under = self.given.get("X")
        picks = any(node.op == "max" for node in self.graph.nodes)
        if not picks or under is None or not np.size(under) or np.isnan(under).all():
            return 0.0
        return float(np.nanmin(under)) - 1

    @cached_property
    def filled(self) -> Mapping[str, Any]:
        """What is given, with a number in place of padding."""
        return {
            name: np.where(np.isnan(value), self.filling, value.astype(np.float64))
            if isinstance(value, np.ndarray)
            else value
            for name, value in self.given.items()
        }

    @cached_property
    def values(self) -> Sequence[Any]:
        """What each node of the graph comes to, in double precision."""
        found: list[Any] = []
        with np.errstate(all="ignore"):
            for node in self.graph.nodes:
                if node.op == "input":
                    found.append(self.filled[node.id])
                elif node.leaf:
                    found.append(node.value)
                else:
                    operands = [np.asarray(found[i], np.float64) for i in node.inputs]
                    found.append(OPS[node.op].forward(*operands, **node.attributes))
        return found

    @property
    def value(self) -> float:
        """What the text comes to."""
        return float(self.values[self.graph.output])

    @property
    def numbers(self) -> dict[str, float]:
        """What the number is made with besides `x` and what is under a window, by name."""
        given = {
            name: float(value)
            for name, value in self.given.items()
            if name != "x" and np.ndim(value) == 0
        }
        named = [node.name for node in self.graph.nodes if node.name is not None]
        made = {
            name: float(value)
            for name in named
            if np.ndim(value := self.values[self.graph.position[name]]) == 0
        }
        return given | dict(self.arguments) | made


def arithmetic(captured: Capture, i: int, place: Place) -> Arithmetic:
    """How one number of a layer comes about."""
    layer, step = captured.network.layers[i].layer, captured.model.steps[i]
    sources = captured.sources(i)
    words = layer.words
    given: dict[str, Any] = {}
    own = None
    if layer.operands > 1 or layer.places == "moved":
        parts = [captured.value_at(j, at) for j, at in carried(captured, i, place)]
        given = {f"x{k}": part for k, part in enumerate(parts)} | {"x": parts[0] if parts else 0.0}
    else:
        source = captured.activation(sources[0])
        if "x" in words:
            given["x"] = float(source[place] if source.ndim == 3 else source[place[0]])
        if "X" in words:
            under = Under(layer, source, place)
            given["X"], own = under.patch, under.own(place)
            if "x" in words:  # among others at one place, or all over: axes of one are no axes
                given["X"], own = squeezed(under.patch, own)
            if "divisor" in words:
                shape = tuple(source.shape)
                given["divisor"] = layer.divided_by(under.rows, under.columns, shape)
            if "W" in words:
                given["W"] = under.weights(step)
            if "b" in words:
                given["b"] = float(step.bias[under.filter].detach())
    shape = tuple(captured.activation(i).shape)
    for name, tensor in layer.numbers.items():
        if name in words:
            given[name] = float(getattr(step, tensor)[layer.entry(place, shape)])
    known = {name: written(value) for name, value in layer.arguments.items() if name not in given}
    text = layer.text(len(sources))
    used = set(WORD.findall(text))
    arguments = {
        name: float(value)
        for name, value in layer.arguments.items()
        if name in used and name in known and isinstance(value, int | float)
    }
    spoken = {name: value for name, value in given.items() if name in used}
    return Arithmetic(replaced(text, known), spoken, arguments, own)


class Under:
    """What one number is made of: the positions under its window, in the channels that it takes."""

    def __init__(self, layer: Layer, source: Tensor, place: Place) -> None:
        shape = tuple(source.shape)
        self.layer, self.place, self.flat = layer, place, source.ndim == 1
        self.channels = layer.taken(place[0], [shape])
        part = source[self.channels.start : self.channels.stop]
        if self.flat:
            self.rows, self.columns = [0], [0]
            self.patch: Numbers = part.numpy()
            return
        self.axes = layer.windows(shape)
        rows, columns = (
            axis.covered(at, n) for axis, at, n in zip(self.axes, place[1:], shape[1:], strict=True)
        )
        self.rows, self.columns = list(rows), list(columns)
        self.patch = patch_of(part, self.rows, self.columns)

    def own(self, place: Place) -> tuple[int, ...]:
        """Where in the patch the number of the same place is; nowhere under most windows."""
        if self.flat:
            return (place[0] - self.channels.start,)
        at = [place[0] - self.channels.start]
        for positions, position in zip((self.rows, self.columns), place[1:], strict=True):
            at.append(positions.index(position) if position in positions else -1)
        return tuple(at)

    @property
    def filter(self) -> int:
        """Which of the layer's filters makes the number."""
        return self.place[2] if self.layer.spans and not self.flat else self.place[0]

    def weights(self, step: Any) -> Numbers:
        """The weights of what is in the patch."""
        found = self.layer.filters(step.weight.detach())[self.filter].numpy()
        if self.flat:
            return found  # type: ignore[no-any-return]
        if self.layer.spans:
            return found[None, None]  # type: ignore[no-any-return]
        rows, columns = (
            list(axis.taps(at)) for axis, at in zip(self.axes, self.place[1:], strict=True)
        )
        return found[:, rows][:, :, columns]  # type: ignore[no-any-return]


def patch_of(source: Tensor, rows: Sequence[int], columns: Sequence[int]) -> Numbers:
    """What a window covers of some channels; NaN where there is padding."""
    height, width = source.shape[1:]
    to_rows = [k for k, row in enumerate(rows) if 0 <= row < height]
    to_columns = [k for k, column in enumerate(columns) if 0 <= column < width]
    patch = np.full((len(source), len(rows), len(columns)), np.nan, np.float32)
    if to_rows and to_columns:
        inside = source[:, [rows[k] for k in to_rows]][:, :, [columns[k] for k in to_columns]]
        patch[np.ix_(range(len(source)), to_rows, to_columns)] = inside.numpy()
    return patch


def carried(captured: Capture, i: int, place: Place) -> list[tuple[int, Place]]:
    """The numbers of its inputs that a number depends on, where they stand elsewhere or meet."""
    import torch

    found: list[tuple[int, Place]] = []
    layer, sources = captured.network.layers[i].layer, captured.sources(i)
    if layer.places == "own" and layer.channels == "own":  # a product by 0 carries it, too
        return [(j, place) for j in sources]
    with torch.enable_grad():
        parts, at = cut(layer, [captured.activation(j)[None] for j in sources], place)
        given = [part.clone().requires_grad_() for part in parts]
        output = captured.model.steps[i](*given)[0]
        picked = output[at] if output.ndim == 3 else output[at[0]]
        back = torch.autograd.grad(picked, given, allow_unused=True)
    for j, gradient in zip(sources, back, strict=True):
        for inside in [] if gradient is None else gradient[0].nonzero().tolist():
            channel, row, column = (*inside, 0, 0)[:3]
            row, column = row + place[1] - at[1], column + place[2] - at[2]
            found.append((j, (channel, row, column)))
    return found


def cut(layer: Layer, parts: Sequence[Tensor], place: Place) -> tuple[list[Tensor], Place]:
    """What a layer is given, as little of it as it takes at one place; and the place in there."""
    _, row, column = place
    if layer.places != "own" or layer.spans or any(part.ndim != 4 for part in parts):
        return list(parts), place
    return [part[:, :, row : row + 1, column : column + 1] for part in parts], (place[0], 0, 0)


def squeezed(patch: Numbers, own: Sequence[int]) -> tuple[Numbers, tuple[int, ...]]:
    """A patch without axes of one, and a place in it; a line where nothing is left."""
    kept = [axis for axis, n in enumerate(patch.shape) if n > 1] or [0]
    flat = patch.reshape([patch.shape[axis] for axis in kept])
    return flat, tuple(own[axis] for axis in kept)


def replaced(text: str, known: Mapping[str, str]) -> str:
    """A text with words replaced; a keyword before its `=` is none of them."""
    lines = []
    for line in text.split("\n"):
        out, last = [], 0
        for match in WORD.finditer(line):
            word, after = match.group(), line[match.end() :].lstrip()
            keyword = after[:1] == "=" and after[:2] != "==" and match.start() > 0
            if word in known and not keyword:
                new = known[word]
                within = line[: match.start()].rstrip()[-1:] not in ("=", "")
                out += [line[last : match.start()], f"({new})" if new[0] == "-" * within else new]
                last = match.end()
        lines.append("".join([*out, line[last:]]))
    return "\n".join(lines)


def written(value: Any) -> str:
    """An argument as text: a number in full."""
    return repr(float(value)) if isinstance(value, float) else str(value)
