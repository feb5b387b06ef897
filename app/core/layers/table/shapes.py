"""Layers that set numbers into another shape, and Linear, which sees all of one at once."""

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.layer import Example, Kind, Layer, Shape, Windows
from app.core.layers.windows import Copies, Whole, Window, pair
from app.core.numbers import sizes


class ZeroPad2d(Layer):
    """Puts zeros around the maps: so many on each side, or (left, right, top, bottom)."""

    type: Literal["ZeroPad2d"] = "ZeroPad2d"
    kind: ClassVar[Kind] = "shape"
    places: ClassVar = "window"
    function: ClassVar = "sum(X)"  # the one number, or nothing
    start: ClassVar = {"padding": 1}
    examples: ClassVar = (
        Example({"padding": 2}, ((2, 3, 4),)),
        Example({"padding": (0, 1, 3, 2)}, ((2, 3, 4),)),
    )
    padding: bounds.Around

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        given = self.padding
        left, right, top, bottom = given if isinstance(given, tuple) else (given,) * 4
        high = Window(1, padding=top, extra=bottom - top)
        return high, Window(1, padding=left, extra=right - left)

    def output(self, *shapes: Shape) -> Shape:
        return self.through_windows(shapes[0], shapes[0][0])


class Upsample(Layer):
    """Makes maps larger by taking each number several times: the nearest one."""

    type: Literal["Upsample"] = "Upsample"
    kind: ClassVar[Kind] = "shape"
    places: ClassVar = "window"
    function: ClassVar = "sum(X)"  # the one number
    start: ClassVar = {"scale_factor": 2}
    examples: ClassVar = (
        Example({"scale_factor": 2}, ((2, 3, 4),)),
        Example({"scale_factor": (1, 3)}, ((2, 3, 4),)),
        Example({"size": (5, 7)}, ((2, 3, 4),)),
        Example({"size": 2}, ((2, 3, 5),)),
    )
    size: bounds.Sides = None
    scale_factor: bounds.Scale = None
    mode: Literal["nearest"] = "nearest"
    align_corners: None = None
    recompute_scale_factor: None = None

    def windows(self, shape: Shape) -> Windows:
        sizes = zip(shape[1:], self.output(shape)[1:], strict=True)
        high, wide = (Window(1) if n == output else Copies(output) for n, output in sizes)
        return high, wide

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        channels, height, width = shapes[0]
        if (self.size is None) == (self.scale_factor is None):
            has = "both" if self.size is not None else "neither"
            said = f"Upsample wants a size or a scale_factor and has {has}"
            raise Misfit(said, "scale_factor", "None" if self.size is not None else "2")
        if self.size is not None:
            return channels, *pair(self.size)
        tall, broad = pair(self.scale_factor or 1)
        return channels, height * tall, width * broad


class PixelShuffle(Layer):
    """Makes maps larger by dealing several channels out into each of fewer: as many numbers."""

    type: Literal["PixelShuffle"] = "PixelShuffle"
    kind: ClassVar[Kind] = "shape"
    places: ClassVar = "moved"
    channels: ClassVar = "some"
    start: ClassVar = {"upscale_factor": 2}
    examples: ClassVar = (
        Example({"upscale_factor": 2}, ((8, 3, 4),)),
        Example({"upscale_factor": 3}, ((9, 2, 3),)),
    )
    upscale_factor: bounds.Times

    def windows(self, shape: Shape) -> Windows:
        high, wide = (
            Window(1) if self.upscale_factor == 1 else Copies(n * self.upscale_factor)
            for n in shape[1:]
        )
        return high, wide

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        channels, height, width = shapes[0]
        each = self.upscale_factor**2
        output = (
            max(channels // each, 1),
            height * self.upscale_factor,
            width * self.upscale_factor,
        )
        if channels % each:
            raise Misfit(
                f"PixelShuffle deals out {each} channels into one and is given {channels:,}",
                output=output,
            )
        return output

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = self.upscale_factor**2
        return range(channel * each, (channel + 1) * each)


class Linear(Layer):
    """Every output is a weighted sum of all inputs: a convolution as large as its input."""

    type: Literal["Linear"] = "Linear"
    kind: ClassVar[Kind] = "linear"
    channels: ClassVar = "all"
    follow: ClassVar = ("in_features",)
    start: ClassVar = {"out_features": 10}
    examples: ClassVar = (
        Example({"in_features": 12, "out_features": 5}, ((12,),)),
        Example({"in_features": 3, "out_features": 4, "bias": False}, ((3,),)),
        Example({"in_features": 5, "out_features": 2}, ((3, 4, 5),)),  # along each row
    )
    in_features: bounds.Features
    out_features: bounds.Features
    bias: bounds.Flag = True

    def output(self, *shapes: Shape) -> Shape:
        output: Shape = (self.out_features,)
        if len(shapes[0]) == 3 and shapes[0][2] == self.in_features:
            return *shapes[0][:2], self.out_features
        if len(shapes[0]) != 1:
            raise Misfit(
                f"Linear takes a vector and is given maps of {sizes(shapes[0])}; put Flatten "
                "before it",
                output=output,
            )
        self.expect("in_features", shapes[0][0], "numbers", output)
        return output

    def windows(self, shape: Shape) -> Windows:
        return Window(1), Whole(shape[2])

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        maps = len(shapes[source]) == 3
        return range(channel, channel + 1) if maps else range(shapes[source][0])

    def applied(self, output: Shape) -> Shape:
        return output[:-1]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        matrix = (self.out_features, self.in_features)
        return {"weight": matrix} | ({"bias": (self.out_features,)} if self.bias else {})

    def text(self, operands: int = 1) -> str:
        return "sum(X * W) + b" if self.bias else "sum(X * W)"


class Flatten(Layer):
    """Lays all maps out as one vector, channel by channel, row by row."""

    type: Literal["Flatten"] = "Flatten"
    kind: ClassVar[Kind] = "shape"
    places: ClassVar = "moved"
    start_dim: Literal[1] = 1
    end_dim: Literal[-1, 3] = -1
    examples: ClassVar = (Example({}, ((4, 6, 7),)), Example({"end_dim": 3}, ((4, 6, 7),)))

    def output(self, *shapes: Shape) -> Shape:
        output = (prod(shapes[0]),)
        if self.end_dim == 3 and len(shapes[0]) == 1:
            raise Misfit("a vector has no axis 3; end_dim is -1", "end_dim", "-1", output)
        return output

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = prod(shapes[0][1:])
        return range(channel // each, channel // each + 1)


class Unflatten(Layer):
    """Lays a vector out as maps: channel by channel, row by row; Flatten turned round."""

    type: Literal["Unflatten"] = "Unflatten"
    kind: ClassVar[Kind] = "shape"
    places: ClassVar = "moved"
    channels: ClassVar = "some"
    start: ClassVar = {"dim": 1, "unflattened_size": (1, 1, 1)}
    follow: ClassVar = ("unflattened_size",)
    examples: ClassVar = (
        Example({"dim": 1, "unflattened_size": (2, 3, 2)}, ((12,),)),
        Example({"dim": 1, "unflattened_size": (5, 1, 1)}, ((5,),)),
    )
    dim: Literal[1]
    unflattened_size: tuple[bounds.Features, bounds.Features, bounds.Features]

    def output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1:
            raise Misfit(
                f"Unflatten takes a vector and is given maps of {sizes(shapes[0])}; put Flatten "
                "before it",
                output=self.unflattened_size,
            )
        if shapes[0][0] != prod(self.unflattened_size):
            _, height, width = self.unflattened_size
            more, rest = divmod(shapes[0][0], height * width)
            right = f"{shapes[0][0]}, 1, 1" if rest else f"{more}, {height}, {width}"
            raise Misfit(
                f"Unflatten lays out {prod(self.unflattened_size):,} numbers and is given "
                f"{shapes[0][0]:,}; set unflattened_size to ({right})",
                "unflattened_size", right, self.unflattened_size,
            )  # fmt: skip
        return self.unflattened_size

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = prod(self.unflattened_size[1:])
        return range(channel * each, (channel + 1) * each)
