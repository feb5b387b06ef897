"""What a unit sees: the receptive field by formula, and the exact region by walking back.

The formula (Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019) holds for every unit and reaches into the padding; the region is that of one unit,
clipped wherever a layer on the way ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.layers.layer import Layer, Shape, Windows
from app.core.layers.windows import Axis, Whole, Window

WORDS = ("size", "stride", "padding", "low", "high")


class ReceptiveField(NamedTuple):
    """What one unit sees along one axis: unit i sees inputs i * jump + low .. i * jump + high.

    In Distill's terms (Araujo, Norris & Sim 2019): `size`, effective `stride` and `padding`.
    """

    low: int = 0
    high: int = 0
    jump: int = 1

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    @property
    def stride(self) -> int:
        return self.jump

    @property
    def padding(self) -> int:
        return -self.low

    def through(self, window: Axis) -> ReceptiveField:
        """The field of a unit that sees these units through a window; a Problem where it differs.

        Itself where it stays the same, so that equal fields are most often one object.
        """
        if window.reach is None:
            raise Problem(window.reason)
        first, last, step = window.reach
        if first == last == 0 and step == 1:
            return self
        return ReceptiveField(
            self.low + first * self.jump, self.high + last * self.jump, self.jump * step
        )

    def hull(self, other: ReceptiveField, units: int) -> ReceptiveField:
        """The field of units that see both; a Problem where the two move at different speeds.

        How they move is no matter where there is only one unit, nor where one stands still and has
        all of the others in it, as what sees whole maps.
        """
        for still, moving in ((self, other), (other, self)):
            last = moving.high + (units - 1) * moving.jump
            if still.jump == 0 and still.low <= moving.low and last <= still.high:
                return still
        if self.jump != other.jump and units > 1:
            raise Problem(
                f"the paths that meet here step by {self.jump} and {other.jump} input pixels, so "
                "no one receptive field holds for all units"
            )
        if self.low <= other.low and self.high >= other.high:
            return self
        return ReceptiveField(min(self.low, other.low), max(self.high, other.high), self.jump)


Fields = tuple[ReceptiveField, ReceptiveField]  # along the height, along the width


Pair = Sequence[int]  # along (height, width)


class FieldAnswer(TypedDict):
    """What a unit sees, along (height, width); null, and the reason, where no one field holds."""

    size: Pair | None
    stride: Pair | None
    padding: Pair | None
    low: Pair | None
    high: Pair | None
    reason: str | None


@dataclass(frozen=True, eq=False)
class Sight:
    """The receptive fields of a layer's units along height and width, or why there is no one field.

    `extent` is how many units stand along each axis; a flattened vector keeps that of its maps, as
    long as all of it comes from maps of one size.
    """

    extent: tuple[int, int]
    fields: Fields | None
    reason: str | None = None

    def known(self) -> Fields:
        """Its fields; a Problem with the reason where there is no one field."""
        if not self.fields:
            raise Problem(self.reason or "no one receptive field holds for all units")
        return self.fields

    @cached_property
    def told(self) -> FieldAnswer:
        """As JSON: pairs (height, width), with None and a reason where there is no one field."""
        if not self.fields:
            return {
                "size": None,
                "stride": None,
                "padding": None,
                "low": None,
                "high": None,
                "reason": self.reason,
            }
        high, wide = self.fields
        return {
            "size": [high.size, wide.size],
            "stride": [high.stride, wide.stride],
            "padding": [high.padding, wide.padding],
            "low": [high.low, wide.low],
            "high": [high.high, wide.high],
            "reason": None,
        }


def first_sight(input: Shape) -> Sight | None:
    """Each pixel sees itself; a vector that comes in has no place to see."""
    pixel = ReceptiveField()
    return Sight((input[1], input[2]), (pixel, pixel)) if input[1:] else None


def sight(
    layer: Layer, shape: Shape, output: Shape, sights: Sequence[Sight | None]
) -> Sight | None:
    """What the units of a layer see, from what those see that it takes; `shape` is its input's."""
    if layer.pointwise:
        return sights[0]
    known = [seen for seen in sights if seen]
    if len(known) < len(sights):
        return None
    first = known[0]
    extent = extent_of(layer, output, first.extent)
    try:
        high, wide = first.known() if len(known) == 1 else _meet(known, extent)
        tall, broad = windows_of(layer, shape, first.extent, output)
        square = high is wide and tall is broad  # as in most networks: half the work
        high = high.through(tall)
        wide = high if square else wide.through(broad)
    except Problem as problem:
        if any(seen.extent != first.extent for seen in known):
            extent = (1, 1)  # as after a Linear: a feature has no row and column
        return Sight(extent, None, problem.message)
    same = (high, wide) == first.fields and extent == first.extent
    return first if same else Sight(extent, (high, wide))


def extent_of(layer: Layer, output: Shape, before: tuple[int, int]) -> tuple[int, int]:
    """How many units stand along height and width; a flattened vector keeps that of its maps."""
    if output[1:]:
        return output[1], output[2]
    return (1, 1) if layer.blends else before


def windows_of(layer: Layer, shape: Shape, extent: tuple[int, int], output: Shape = ()) -> Windows:
    """How a unit sees what it takes, of a given shape and extent: whole, where a vector blends."""
    if shape[1:]:
        return layer.windows(shape)
    if output[1:]:  # a vector laid out as maps: as it was, or each number of it anywhere
        if extent not in (output[1:], (1, 1)):
            raise Problem("a vector of other maps is laid out here, so that units see odd places")
        window = Window(1) if extent == output[1:] else Whole(1)
        return window, window
    reach = extent if layer.blends else (1, 1)
    return Window(reach[0]), Window(reach[1])


def _meet(sights: Sequence[Sight], extent: tuple[int, int]) -> Fields:
    """The hulls of what several see, for so many units along each axis."""
    high, wide = sights[0].known()
    for seen in sights[1:]:
        tall, broad = seen.known()
        if seen.extent != sights[0].extent:
            raise Problem("the vectors that meet here come from maps of different sizes")
        square = high is wide and tall is broad and extent[0] == extent[1]
        high = high.hull(tall, extent[0])
        wide = high if square else wide.hull(broad, extent[1])
    return high, wide
