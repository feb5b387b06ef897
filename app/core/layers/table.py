"""LAYERS: a row a layer, with torch's names and torch's order of arguments.

A row is a frozen pydantic model: its fields are the layer's arguments and their bounds the sliders,
its docstring is the tooltip. What else it may say is in `layer.py`; parser, palette, shapes, costs,
receptive fields, units, PyTorch code and drawings follow from it. A new layer is a new row here.

Conventions where the books differ: `macs` are the products of weights, of a transposed convolution
one a number of its *input* and weight; `Upsample` and `ZeroPad2d` cost none. Norms that torch works
out of the picture itself (InstanceNorm2d, GroupNorm, LayerNorm) see all that they average over.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache, reduce
from math import gcd, prod
from operator import or_
from types import new_class
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, SerializeAsAny, ValidationError, WrapValidator

from app.core.errors import Problem
from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.layer import Example, Kind, Layer, Place, Shape, Windows
from app.core.layers.names import unknown
from app.core.layers.windows import AXES, Copies, Spread, Whole, Window, both, cells, pair
from app.core.numbers import sizes

__all__ = ["LAYERS", "AnyLayer", "Example", "Layer", "Place", "Shape", "Windows", "make"]


# Layers with windows


# A number under a pooling's window takes as long as so many multiply-adds of a convolution, and a
# multiply-add of filters that see few channels each as long as so many of filters that see many.
POOLED, GROUPED, FEW = 20, 6, 8


class Conv2d(Layer):
    """Slides filters over all channels; each output is one 3-D dot product and a bias."""

    type: Literal["Conv2d"] = "Conv2d"
    kind: ClassVar[Kind] = "convolution"
    places: ClassVar = "window"
    channels: ClassVar = "some"
    follow: ClassVar = ("in_channels",)
    start: ClassVar = {"out_channels": 16, "kernel_size": 3, "padding": 1}
    examples: ClassVar = (
        Example({"in_channels": 4, "out_channels": 6, "kernel_size": (3, 2), "stride": 2,
                 "padding": 1, "dilation": (1, 2), "groups": 2}, ((4, 9, 8),)),
        Example({"in_channels": 2, "out_channels": 3, "kernel_size": 3, "padding": "same",
                 "bias": False}, ((2, 5, 6),)),
    )  # fmt: skip
    in_channels: bounds.Channels
    out_channels: bounds.Channels
    kernel_size: bounds.Size
    stride: bounds.Size = 1
    padding: bounds.ConvPadding = 0
    dilation: bounds.Size = 1
    groups: bounds.Channels = 1
    bias: bounds.Flag = True
    padding_mode: Literal["zeros"] = "zeros"

    def output(self, *shapes: Shape) -> Shape:
        output = self.through_windows(shapes[0], self.out_channels)
        if self.padding == "same" and pair(self.stride) != (1, 1):
            raise Misfit('padding="same" goes with stride 1 only, as in PyTorch', "stride", "1")
        self.expect("in_channels", shapes[0][0], "channels", output)
        self.divide(output)
        return output

    def divide(self, output: Shape) -> None:
        """Refuse groups that do not divide the channels."""
        if self.in_channels % self.groups or self.out_channels % self.groups:
            most = gcd(self.in_channels, self.out_channels)
            raise Misfit(
                f"groups={self.groups} has to divide both in_channels={self.in_channels} and "
                f"out_channels={self.out_channels}; {most} is the most that does",
                "groups", str(most), output,
            )  # fmt: skip

    def work(self, output: Shape) -> int:
        few = self.in_channels // self.groups < FEW < self.groups
        return (GROUPED if few else 1) * self.macs(output)

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = self.in_channels // self.groups
        first = channel // (self.out_channels // self.groups) * each
        return range(first, first + each)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        filters = (self.out_channels, self.in_channels // self.groups, *pair(self.kernel_size))
        return {"weight": filters} | ({"bias": (self.out_channels,)} if self.bias else {})

    def text(self, operands: int = 1) -> str:
        return "sum(X * W) + b" if self.bias else "sum(X * W)"


class Conv1d(Conv2d):
    """A Conv2d along a line: slides filters over all channels of numbers in a row."""

    type: Literal["Conv1d"] = "Conv1d"  # type: ignore[assignment]
    line: ClassVar = True
    start: ClassVar = {"out_channels": 16, "kernel_size": 3, "padding": 1}
    examples: ClassVar = (
        Example({"in_channels": 4, "out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1,
                 "dilation": 2, "groups": 2}, ((4, 1, 11),)),
        Example({"in_channels": 2, "out_channels": 3, "kernel_size": 3, "padding": "same",
                 "bias": False}, ((2, 1, 6),)),
    )  # fmt: skip
    kernel_size: bounds.Long
    stride: bounds.Long = 1
    padding: bounds.LongConvPadding = 0
    dilation: bounds.Long = 1

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        padding = self.padding if isinstance(self.padding, str) else (0, self.padding)
        return both((1, self.kernel_size), (1, self.stride), padding, (1, self.dilation))

    def output(self, *shapes: Shape) -> Shape:
        self.need_line(shapes[0])
        return super().output(*shapes)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        filters = (self.out_channels, self.in_channels // self.groups, self.kernel_size)
        return {"weight": filters} | ({"bias": (self.out_channels,)} if self.bias else {})

    def filters(self, weight: Any) -> Any:
        return weight.unsqueeze(2)

    def module(self) -> Any:
        return on_lines(self)


class ConvTranspose2d(Layer):
    """A convolution turned round: spreads each number over a window of what comes out."""

    type: Literal["ConvTranspose2d"] = "ConvTranspose2d"
    kind: ClassVar[Kind] = "convolution"
    places: ClassVar = "window"
    channels: ClassVar = "some"
    follow: ClassVar = ("in_channels",)
    start: ClassVar = {"out_channels": 16, "kernel_size": 2, "stride": 2}
    examples: ClassVar = (
        Example({"in_channels": 4, "out_channels": 6, "kernel_size": (3, 2), "stride": (2, 3),
                 "padding": 1, "output_padding": (1, 2), "groups": 2, "dilation": (2, 1)},
                ((4, 5, 4),)),
        Example({"in_channels": 2, "out_channels": 3, "kernel_size": 3, "bias": False},
                ((2, 4, 5),)),
    )  # fmt: skip
    in_channels: bounds.Channels
    out_channels: bounds.Channels
    kernel_size: bounds.Size
    stride: bounds.Size = 1
    padding: bounds.Padding = 0
    output_padding: bounds.Padding = 0
    groups: bounds.Channels = 1
    bias: bounds.Flag = True
    dilation: bounds.Size = 1
    padding_mode: Literal["zeros"] = "zeros"

    def windows(self, shape: Shape) -> Windows:
        return self.spreading

    @cached_property
    def spreading(self) -> tuple[Spread, Spread]:
        """Along height and width."""
        given = (self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        high, wide = (Spread(*numbers) for numbers in zip(*map(pair, given), strict=True))
        return high, wide

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        for window in self.spreading:
            if window.extra and window.extra >= max(window.stride, window.dilation):
                most = max(window.stride, window.dilation) - 1
                raise Misfit(
                    "output_padding has to be smaller than the stride or the dilation, as in "
                    f"PyTorch; {most} will do",
                    "output_padding", str(most),
                )  # fmt: skip
        for axis, n, window in zip(AXES, shapes[0][1:], self.spreading, strict=True):
            if window.output(n) < 1:
                most = max((window.output(n) + 2 * window.padding - 1) // 2, 0)
                raise Misfit(
                    f"padding {window.padding} cuts off all of the {axis} that comes out; "
                    f"{most} will do",
                    "padding", str(most),
                )  # fmt: skip
        output = self.through_windows(shapes[0], self.out_channels)
        self.expect("in_channels", shapes[0][0], "channels", output)
        Conv2d.divide(self, output)  # type: ignore[arg-type]
        return output

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        return Conv2d.taken(self, channel, shapes, source)  # type: ignore[arg-type]

    def applied(self, output: Shape) -> Shape:
        """Once a place of what comes in."""
        high, wide = self.spreading
        return high.input(output[1]), wide.input(output[2])

    @cached_property
    def weights(self) -> dict[str, Shape]:
        filters = (self.in_channels, self.out_channels // self.groups, *pair(self.kernel_size))
        return {"weight": filters} | ({"bias": (self.out_channels,)} if self.bias else {})

    def filters(self, weight: Any) -> Any:
        shape = (self.groups, self.in_channels // self.groups, *weight.shape[1:])
        return weight.reshape(shape).transpose(1, 2).flatten(0, 1)

    def text(self, operands: int = 1) -> str:
        return "sum(X * W) + b" if self.bias else "sum(X * W)"


class _Pool(Layer):
    kind: ClassVar[Kind] = "pooling"
    places: ClassVar = "window"
    start: ClassVar = {"kernel_size": 2}
    kernel_size: bounds.Size
    stride: bounds.OptionalSize = None
    padding: bounds.Padding = 0

    def output(self, *shapes: Shape) -> Shape:
        half = [kernel // 2 for kernel in pair(self.kernel_size)]
        if any(before > most for before, most in zip(pair(self.padding), half, strict=True)):
            raise Misfit(
                "padding may be half of kernel_size at most, or a window could hold nothing but "
                f"padding; {min(half)} will do",
                "padding", str(min(half)),
            )  # fmt: skip
        return self.through_windows(shapes[0], shapes[0][0])

    def work(self, output: Shape) -> int:
        high, wide = self.sliding
        return POOLED * prod(output) * high.kernel * wide.kernel


class MaxPool2d(_Pool):
    """Keeps the largest value of each window; its gradient goes to that one position."""

    type: Literal["MaxPool2d"] = "MaxPool2d"
    function: ClassVar = "max(X)"
    padding_value: ClassVar = float("-inf")
    examples: ClassVar = (
        Example({"kernel_size": (3, 2), "stride": (2, 1), "padding": 1}, ((3, 7, 8),)),
        Example({"kernel_size": 2, "dilation": 2, "ceil_mode": True}, ((2, 9, 8),)),
    )
    dilation: bounds.Size = 1
    return_indices: Literal[False] = False
    ceil_mode: bounds.Flag = False

    def output(self, *shapes: Shape) -> Shape:
        output = super().output(*shapes)
        for axis, n, window in zip(AXES, shapes[0][1:], self.sliding, strict=True):
            if window.dilation <= n or not window.padding:
                continue
            early = min(-(-window.padding // window.stride), window.output(n))
            if not all(window.seen(1 << i, n) for i in range(early)):
                raise Misfit(
                    f"a window whose taps are {window.dilation} apart steps over all of the "
                    f"{axis}, {n}, and holds nothing but padding; PyTorch gives -inf there, "
                    f"and with dilation {n} it cannot be",
                    "dilation", str(n) if isinstance(self.dilation, int) else "", output,
                )  # fmt: skip
        return output


class AvgPool2d(_Pool):
    """Averages each window; its gradient is spread evenly."""

    type: Literal["AvgPool2d"] = "AvgPool2d"
    function: ClassVar = "sum(X) / divisor"
    padding_value: ClassVar = None  # it may count, or not
    examples: ClassVar = (
        Example({"kernel_size": (3, 2), "stride": 2, "padding": 1}, ((3, 7, 8),)),
        Example({"kernel_size": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False},
                ((2, 7, 6),)),
    )  # fmt: skip
    ceil_mode: bounds.Flag = False
    count_include_pad: bounds.Flag = True
    divisor_override: None = None

    def divided_by(self, rows: Sequence[int], columns: Sequence[int], shape: Shape) -> int:
        """As torch does: without what lies beyond even the padding."""
        count = 1
        for positions, n, padding in zip(
            (rows, columns), shape[1:], pair(self.padding), strict=True
        ):
            low, high = (-padding, n + padding) if self.count_include_pad else (0, n)
            count *= sum(low <= position < high for position in positions)
        return count


class MaxPool1d(MaxPool2d):
    """Keeps the largest value of each window along a line."""

    type: Literal["MaxPool1d"] = "MaxPool1d"  # type: ignore[assignment]
    line: ClassVar = True
    examples: ClassVar = (
        Example({"kernel_size": 3, "stride": 2, "padding": 1}, ((3, 1, 8),)),
        Example({"kernel_size": 2, "dilation": 2, "ceil_mode": True}, ((2, 1, 9),)),
    )
    kernel_size: bounds.Long
    stride: bounds.OptionalLong = None
    padding: bounds.LongPadding = 0
    dilation: bounds.Long = 1

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        return along(self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def output(self, *shapes: Shape) -> Shape:
        self.need_line(shapes[0])
        return super().output(*shapes)

    def module(self) -> Any:
        return on_lines(self)


class AvgPool1d(_Pool):
    """Averages each window along a line."""

    type: Literal["AvgPool1d"] = "AvgPool1d"
    line: ClassVar = True
    function: ClassVar = "sum(X) / divisor"
    padding_value: ClassVar = None  # it may count, or not
    examples: ClassVar = (
        Example({"kernel_size": 3, "stride": 2, "padding": 1}, ((3, 1, 8),)),
        Example({"kernel_size": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False},
                ((2, 1, 7),)),
    )  # fmt: skip
    kernel_size: bounds.Long
    stride: bounds.OptionalLong = None
    padding: bounds.LongPadding = 0
    ceil_mode: bounds.Flag = False
    count_include_pad: bounds.Flag = True

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        return along(self.kernel_size, self.stride, self.padding, 1, self.ceil_mode)

    def output(self, *shapes: Shape) -> Shape:
        self.need_line(shapes[0])
        return super().output(*shapes)

    def divided_by(self, rows: Sequence[int], columns: Sequence[int], shape: Shape) -> int:
        return AvgPool2d.divided_by(self, rows, columns, shape)  # type: ignore[arg-type]

    def module(self) -> Any:
        return on_lines(self)


class _Adaptive(Layer):
    kind: ClassVar[Kind] = "pooling"
    places: ClassVar = "window"
    adaptive: ClassVar = True
    start: ClassVar = {"output_size": 2}
    examples: ClassVar[tuple[Example, ...]] = (
        Example({"output_size": 1}, ((3, 5, 6),)),
        Example({"output_size": (3, None)}, ((2, 8, 5),)),
        Example({"output_size": (3, 2)}, ((2, 6, 8),)),
    )
    output_size: bounds.OutputSize

    def windows(self, shape: Shape) -> Windows:
        sizes = zip(shape[1:], self.output(shape)[1:], strict=True)
        high, wide = (cells(n, output) for n, output in sizes)
        return high, wide

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        channels, height, width = shapes[0]
        asked = self.output_size
        high, wide = asked if isinstance(asked, tuple) else (asked, asked)
        return channels, high or height, wide or width


class AdaptiveAvgPool2d(_Adaptive):
    """Averages into a grid of the size that is asked, whatever comes in; 1 means a single mean."""

    type: Literal["AdaptiveAvgPool2d"] = "AdaptiveAvgPool2d"
    function: ClassVar = "sum(X) / divisor"


class AdaptiveMaxPool2d(_Adaptive):
    """Keeps the largest number of each cell of a grid of the size that is asked."""

    type: Literal["AdaptiveMaxPool2d"] = "AdaptiveMaxPool2d"
    function: ClassVar = "max(X)"
    return_indices: Literal[False] = False


class _AdaptiveLine(_Adaptive):
    line: ClassVar = True
    examples: ClassVar = (
        Example({"output_size": 1}, ((3, 1, 6),)),
        Example({"output_size": 3}, ((2, 1, 8),)),
    )
    output_size: bounds.Long

    def output(self, *shapes: Shape) -> Shape:
        self.need_line(shapes[0])
        return shapes[0][0], 1, self.output_size

    def module(self) -> Any:
        return on_lines(self)


class AdaptiveAvgPool1d(_AdaptiveLine):
    """Averages into so many cells along a line, whatever comes in."""

    type: Literal["AdaptiveAvgPool1d"] = "AdaptiveAvgPool1d"
    function: ClassVar = "sum(X) / divisor"


class AdaptiveMaxPool1d(_AdaptiveLine):
    """Keeps the largest number of each of so many cells along a line."""

    type: Literal["AdaptiveMaxPool1d"] = "AdaptiveMaxPool1d"
    function: ClassVar = "max(X)"
    return_indices: Literal[False] = False


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


# One number to one number


class ReLU(Layer):
    """max(0, x): passes what is positive and its gradient, stops the rest."""

    type: Literal["ReLU"] = "ReLU"
    function: ClassVar = "relu(x)"
    guided: ClassVar = "positive"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class ReLU6(Layer):
    """A ReLU that stops at 6, too: made for numbers of few bits."""

    type: Literal["ReLU6"] = "ReLU6"
    function: ClassVar = "where(x < 6, relu(x), 6)"
    guided: ClassVar = "positive"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class LeakyReLU(Layer):
    """Like ReLU, but a little (negative_slope) passes where x is negative."""

    type: Literal["LeakyReLU"] = "LeakyReLU"
    function: ClassVar = "leaky_relu(x, slope=negative_slope)"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"negative_slope": -0.5}, ((5,),)),
    )
    negative_slope: bounds.Constant = 0.01
    inplace: bounds.Flag = False


class ELU(Layer):
    """Like ReLU, but bends towards -alpha where x is negative, so that means stay near 0."""

    type: Literal["ELU"] = "ELU"
    # alpha (e^x - 1) below 0, without an e^x that could overflow above
    function: ClassVar = "relu(x) + alpha * (exp(x - relu(x)) - 1)"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (Example({}, ((4, 6, 7),)), Example({"alpha": 0.5}, ((5,),)))
    alpha: bounds.Constant = 1.0
    inplace: bounds.Flag = False


class SELU(Layer):
    """An ELU of such a size that means stay near 0 and variances near 1 from layer to layer."""

    type: Literal["SELU"] = "SELU"
    function: ClassVar = (
        "1.0507009873554805 * (relu(x) + 1.6732632423543772 * (exp(x - relu(x)) - 1))"
    )
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class PReLU(Layer):
    """Like LeakyReLU, but how much passes where x is negative is learned."""

    type: Literal["PReLU"] = "PReLU"
    function: ClassVar = "where(x > 0, x, a * x)"
    numbers: ClassVar = {"a": "weight"}
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"num_parameters": 4, "init": 0.5}, ((4, 3, 5),)),
    )
    num_parameters: bounds.Channels = 1
    init: bounds.Constant = 0.25

    def output(self, *shapes: Shape) -> Shape:
        if self.num_parameters != 1:
            self.expect("num_parameters", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_parameters,)}

    def entry(self, place: Place, shape: Shape) -> tuple[int, ...]:
        return (0,) if self.num_parameters == 1 else place[:1]


class GELU(Layer):
    """x times the share of a normal distribution below x: a smooth ReLU."""

    type: Literal["GELU"] = "GELU"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (Example({}, ((4, 6, 7),)), Example({"approximate": "tanh"}, ((5,),)))
    approximate: Literal["none", "tanh"] = "none"

    def text(self, operands: int = 1) -> str:
        if self.approximate == "none":
            return "gelu(x)"
        return "0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))"


class SiLU(Layer):
    """x times its sigmoid: a smooth ReLU that dips a little below 0 (also called swish)."""

    type: Literal["SiLU"] = "SiLU"
    function: ClassVar = "x * sigmoid(x)"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Softplus(Layer):
    """log(1 + e^x): a smooth ReLU that is never 0; its gradient is the sigmoid."""

    type: Literal["Softplus"] = "Softplus"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"beta": 2.0, "threshold": 1.0}, ((4, 6, 7),)),
    )
    beta: bounds.AboveZero = 1.0
    threshold: bounds.Constant = 20.0

    def text(self, operands: int = 1) -> str:
        if self.beta == 1:
            return "where(x > threshold, x, softplus(x))"
        return "where(beta * x > threshold, x, softplus(beta * x) / beta)"


class Mish(Layer):
    """x times tanh(softplus(x)): a smooth ReLU that dips a little below 0."""

    type: Literal["Mish"] = "Mish"
    function: ClassVar = "x * tanh(softplus(x))"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Hardswish(Layer):
    """x times its Hardsigmoid: SiLU of straight lines and a parabola, cheap to work out."""

    type: Literal["Hardswish"] = "Hardswish"
    function: ClassVar = "where(x > 3, x, where(x < -3, 0, x * (x + 3) / 6))"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Hardsigmoid(Layer):
    """A straight line from 0 at -3 to 1 at 3: the sigmoid without its exponential."""

    type: Literal["Hardsigmoid"] = "Hardsigmoid"
    function: ClassVar = "where(x > 3, 1, where(x < -3, 0, x / 6 + 0.5))"
    deconvnet: ClassVar = "passed on"
    inplace: bounds.Flag = False

    def module(self) -> Any:
        return hard_sigmoid  # torch's own has no second derivative


class Sigmoid(Layer):
    """Squashes to 0..1; hardly any gradient passes where it saturates."""

    type: Literal["Sigmoid"] = "Sigmoid"
    function: ClassVar = "sigmoid(x)"
    deconvnet: ClassVar = "passed on"


class Tanh(Layer):
    """Squashes to -1..1, around 0; it saturates too."""

    type: Literal["Tanh"] = "Tanh"
    function: ClassVar = "tanh(x)"
    deconvnet: ClassVar = "passed on"


class Scale(Layer):
    """Each number times a fixed factor, and a fixed number more: nothing is learned."""

    type: Literal["Scale"] = "Scale"
    torchs: ClassVar = False
    function: ClassVar = "factor * x + shift"
    examples: ClassVar = (
        Example({"factor": 0.5, "shift": -1.0}, ((4, 6, 7),)),
        Example({"factor": -2.0}, ((5,),)),
    )
    factor: bounds.Constant = 1.0
    shift: bounds.Constant = 0.0

    def module(self) -> Any:
        return lambda given: given * self.factor + self.shift

    def applied_code(self, given: Sequence[str]) -> str:
        times = f"{given[0]} * {self.factor!r}" if self.factor != 1 else given[0]
        return f"{times} + {self.shift!r}" if self.shift else times


class Identity(Layer):
    """Gives what it is given: holds a place, as where a layer was taken out."""

    type: Literal["Identity"] = "Identity"


# One number among others


class Softmax(Layer):
    """Turns scores into probabilities that sum to 1, across features or channels."""

    type: Literal["Softmax"] = "Softmax"
    channels: ClassVar = "all"
    function: ClassVar = "largest = max(X)\ntotal = sum(exp(X - largest))\nexp(x - largest) / total"
    deconvnet: ClassVar = "passed on"
    probabilities: ClassVar = True
    examples: ClassVar = (
        Example({"dim": 1}, ((5,),)),
        Example({"dim": -1}, ((5,),)),
        Example({"dim": 1}, ((4, 3, 2),)),
    )
    dim: Literal[1, -1] | None = None

    def output(self, *shapes: Shape) -> Shape:
        if self.dim == -1 and len(shapes[0]) == 3:
            message = "on maps dim=-1 is their width; dim=1 is across channels"
            raise Misfit(message, "dim", "1", shapes[0])
        return shapes[0]


class LogSoftmax(Softmax):
    """The logarithm of Softmax: what the loss of a classifier is made with."""

    type: Literal["LogSoftmax"] = "LogSoftmax"  # type: ignore[assignment]
    function: ClassVar = "largest = max(X)\nx - largest - log(sum(exp(X - largest)))"


class _BatchNorm(Layer):
    kind: ClassVar[Kind] = "normalisation"
    numbers: ClassVar = {
        "mu": "running_mean", "sigma2": "running_var", "gamma": "weight", "beta": "bias",
    }  # fmt: skip
    follow: ClassVar = ("num_features",)
    num_features: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    momentum: bounds.OptionalShare = 0.1
    affine: bounds.Flag = True
    track_running_stats: bounds.Tracked = True

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_features,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return scaled("(x - mu) / sqrt(sigma2 + eps)", self.affine, self.affine)


class BatchNorm2d(_BatchNorm):
    """Each channel to mean 0 and variance 1 over the batch, then scaled and shifted as learned."""

    type: Literal["BatchNorm2d"] = "BatchNorm2d"
    examples: ClassVar = (
        Example({"num_features": 4}, ((4, 6, 7),)),
        Example({"num_features": 3, "affine": False, "eps": 0.1}, ((3, 1, 1),)),
    )

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_features", shapes[0][0], "channels", shapes[0])
        return shapes[0]


class BatchNorm1d(_BatchNorm):
    """Each number of a vector to mean 0 and variance 1 over the batch, then scaled and shifted."""

    type: Literal["BatchNorm1d"] = "BatchNorm1d"
    examples: ClassVar = (
        Example({"num_features": 6}, ((6,),)),
        Example({"num_features": 3, "affine": False, "eps": 0.1}, ((3,),)),
        Example({"num_features": 3}, ((3, 1, 5),)),
    )
    line: ClassVar = True

    def output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1 and shapes[0][1] != 1:
            raise Misfit(
                f"BatchNorm1d takes a vector, or lines, and is given maps of {sizes(shapes[0])}; "
                "BatchNorm2d is for maps",
                output=shapes[0],
            )
        self.expect("num_features", shapes[0][0], "numbers", shapes[0])
        return shapes[0]

    def module(self) -> Any:
        return on_lines(self)


class _Norm(Layer):
    """Made even over what one picture gives: its mean and variance come from the picture itself."""

    kind: ClassVar[Kind] = "normalisation"
    places: ClassVar[Literal["own", "all"]] = "all"
    deconvnet: ClassVar = "held"

    def even(self, scale: bool, shift: bool) -> str:
        """Its function, scaled and shifted as learned."""
        made = scaled("(x - mu) / sqrt(sigma2 + eps)", scale, shift)
        return f"mu = mean(X)\nsigma2 = mean(square(X - mu))\n{made}"

    def together(self, given: Any) -> Any:
        """A batch with the numbers that share a mean along its last axis."""
        raise NotImplementedError

    def divisors(self, step: Any, given: Any) -> Any:
        grouped = self.together(given)
        root = (grouped.var(-1, correction=0, keepdim=True) + step.eps).sqrt()
        divisors = root.expand_as(grouped).reshape(given.shape)
        if step.weight is None:
            return divisors
        tail = (1,) * (given.ndim - 2) if step.weight.shape == given.shape[1:2] else ()
        return divisors / step.weight.reshape(*step.weight.shape, *tail)


class InstanceNorm2d(_Norm):
    """Each map of each picture to mean 0 and variance 1, by itself: contrast is taken out."""

    type: Literal["InstanceNorm2d"] = "InstanceNorm2d"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_features",)
    examples: ClassVar = (
        Example({"num_features": 4}, ((4, 6, 7),)),
        Example({"num_features": 3, "affine": True, "eps": 0.1}, ((3, 5, 1),)),
    )
    num_features: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    momentum: bounds.OptionalShare = 0.1
    affine: bounds.Flag = False
    track_running_stats: Literal[False] = False

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_features", shapes[0][0], "channels", shapes[0])
        if shapes[0][1:] == (1, 1):
            raise Misfit("InstanceNorm2d evens out maps, and these have one number each")
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_features,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return self.even(self.affine, self.affine)

    def together(self, given: Any) -> Any:
        return given.flatten(2)


class GroupNorm(_Norm):
    """The channels of each group together to mean 0 and variance 1, then scaled and shifted."""

    type: Literal["GroupNorm"] = "GroupNorm"
    channels: ClassVar = "some"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (
        Example({"num_groups": 2, "num_channels": 4}, ((4, 6, 7),)),
        Example({"num_groups": 2, "num_channels": 6}, ((6,),)),
        Example({"num_groups": 3, "num_channels": 3, "affine": False}, ((3, 2, 2),)),
    )
    num_groups: bounds.Channels
    num_channels: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    affine: bounds.Flag = True

    def output(self, *shapes: Shape) -> Shape:
        what = "channels" if shapes[0][1:] else "numbers"
        self.expect("num_channels", shapes[0][0], what, shapes[0])
        if self.num_channels % self.num_groups:
            most = gcd(self.num_channels, self.num_groups)
            raise Misfit(
                f"num_groups={self.num_groups} has to divide num_channels={self.num_channels}; "
                f"{most} will do",
                "num_groups", str(most), shapes[0],
            )  # fmt: skip
        if prod(shapes[0]) == self.num_groups:
            raise Misfit("each group has a single number, and nothing to be evened out with")
        return shapes[0]

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = self.num_channels // self.num_groups
        first = channel // each * each
        return range(first, first + each)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_channels,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return self.even(self.affine, self.affine)

    def together(self, given: Any) -> Any:
        return given.reshape(len(given), self.num_groups, -1)


class LayerNorm(_Norm):
    """All numbers of a picture together to mean 0 and variance 1, or those of its last axes."""

    type: Literal["LayerNorm"] = "LayerNorm"
    channels: ClassVar = "all"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("normalized_shape",)
    examples: ClassVar = (
        Example({"normalized_shape": (4, 3, 5)}, ((4, 3, 5),)),
        Example({"normalized_shape": (3, 5), "bias": False}, ((4, 3, 5),)),
        Example({"normalized_shape": 5, "elementwise_affine": False}, ((4, 3, 5),)),
        Example({"normalized_shape": 6}, ((6,),)),
    )
    normalized_shape: bounds.LastSizes
    eps: bounds.AboveZero = 1e-5
    elementwise_affine: bounds.Flag = True
    bias: bounds.Flag = True

    @cached_property
    def evened(self) -> Shape:
        """The last sizes, over which it averages."""
        given = self.normalized_shape
        return given if isinstance(given, tuple) else (given,)

    def output(self, *shapes: Shape) -> Shape:
        given = shapes[0]
        if given[-len(self.evened) :] != self.evened:
            right = given[-len(self.evened) :]
            raise Misfit(
                f"LayerNorm expects {sizes(self.evened)} as the last sizes and is given "
                f"{sizes(given)}; set normalized_shape to {', '.join(map(str, right))}",
                "normalized_shape", ", ".join(map(str, right)), given,
            )  # fmt: skip
        return given

    def windows(self, shape: Shape) -> Windows:
        high = Whole(shape[1]) if len(self.evened) > 1 else Window(1)
        return high, Whole(shape[2])

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        every = len(self.evened) == len(shapes[0])
        return range(shapes[0][0]) if every else range(channel, channel + 1)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        if not self.elementwise_affine:
            return {}
        return {"weight": self.evened} | ({"bias": self.evened} if self.bias else {})

    def text(self, operands: int = 1) -> str:
        return self.even(self.elementwise_affine, self.elementwise_affine and self.bias)

    def entry(self, place: Place, shape: Shape) -> tuple[int, ...]:
        return place[: len(shape)][-len(self.evened) :]

    def together(self, given: Any) -> Any:
        return given.flatten(-len(self.evened))

    def divisors(self, step: Any, given: Any) -> Any:
        grouped = self.together(given)
        root = (grouped.var(-1, correction=0, keepdim=True) + step.eps).sqrt()
        divisors = root.expand_as(grouped).reshape(given.shape)
        return divisors if step.weight is None else divisors / step.weight


class LayerNorm2d(_Norm):
    """The channels of each place to mean 0 and variance 1, then scaled and shifted (ConvNeXt)."""

    type: Literal["LayerNorm2d"] = "LayerNorm2d"
    torchs: ClassVar = False
    places: ClassVar = "own"
    channels: ClassVar = "all"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (
        Example({"num_channels": 4}, ((4, 5, 6),)),
        Example({"num_channels": 3, "eps": 0.1}, ((3, 1, 1),)),
    )
    num_channels: bounds.Channels
    eps: bounds.AboveZero = 1e-5

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_channels", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_channels,), "bias": (self.num_channels,)}

    def text(self, operands: int = 1) -> str:
        return self.even(True, True)

    def divisors(self, step: Any, given: Any) -> Any:
        root = (given.var(1, correction=0, keepdim=True) + step.eps).sqrt()
        return root / step.weight[:, None, None]

    def module(self) -> Any:
        from app.core.layers import modules

        return modules.LayerNorm2d(self.num_channels, self.eps)


class LayerScale(Layer):
    """Multiplies each channel by a number that is learned, so that a branch begins small."""

    type: Literal["LayerScale"] = "LayerScale"
    kind: ClassVar[Kind] = "normalisation"
    torchs: ClassVar = False
    function: ClassVar = "gamma * x"
    numbers: ClassVar = {"gamma": "weight"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (Example({"num_channels": 4}, ((4, 6, 7),)),)
    num_channels: bounds.Channels
    value: bounds.Constant = 1e-6

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_channels", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_channels,)}

    def module(self) -> Any:
        from app.core.layers import modules

        return modules.LayerScale(self.num_channels, self.value)


class LocalResponseNorm(Layer):
    """Divides by how strongly neighbouring channels respond (AlexNet's paper, 2012)."""

    type: Literal["LocalResponseNorm"] = "LocalResponseNorm"
    kind: ClassVar[Kind] = "normalisation"
    channels: ClassVar = "some"
    function: ClassVar = "x / (k + alpha / size * sum(square(X))) ** beta"
    deconvnet: ClassVar = "held"
    start: ClassVar = {"size": 5}
    examples: ClassVar = (
        Example({"size": 3, "alpha": 0.5}, ((5, 3, 4),)),
        Example({"size": 4, "alpha": 2.0, "beta": 0.5, "k": 2.0}, ((6, 2, 2),)),
    )
    size: bounds.Positive
    alpha: bounds.NotNegativeConstant = 1e-4
    beta: bounds.Exponent = 0.75
    k: bounds.AboveZero = 1.0

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        return shapes[0]

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        first = channel - self.size // 2
        return range(max(first, 0), min(first + self.size, shapes[source][0]))

    def work(self, output: Shape) -> int:
        return POOLED * prod(output) * self.size

    def divisors(self, step: Any, given: Any) -> Any:
        from torch.nn import functional

        squares = given.square().unsqueeze(1)
        squares = functional.pad(squares, (0, 0, 0, 0, self.size // 2, (self.size - 1) // 2))
        mean = functional.avg_pool3d(squares, (self.size, 1, 1), stride=1).squeeze(1)
        return (self.k + self.alpha * mean).pow(self.beta)


# While training


class Dropout(Layer):
    """Sets a share p of the numbers to 0 while training, so that no unit relies on another."""

    type: Literal["Dropout"] = "Dropout"
    kind: ClassVar[Kind] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False


class Dropout2d(Layer):
    """Sets a share p of the maps to 0 while training, each as a whole."""

    type: Literal["Dropout2d"] = "Dropout2d"
    kind: ClassVar[Kind] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        return shapes[0]


# Where several meet


class Add(Layer):
    """Adds its inputs entry by entry: the residual connection. The gradient goes to all of them."""

    type: Literal["Add"] = "Add"
    kind: ClassVar[Kind] = "joint"
    operands: ClassVar[int] = 2
    torchs: ClassVar = False
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (3, 4, 5))),
        Example({}, ((4,), (4,), (4,))),
    )

    def output(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            raise Misfit(
                f"{self.type} needs inputs of one size and is given {_given(shapes)}; a 1×1 Conv2d "
                "on the shortcut changes its channels, and with a stride its height and width",
                output=shapes[0],
            )
        return shapes[0]

    def text(self, operands: int = 1) -> str:
        return " + ".join(f"x{k}" for k in range(operands))

    def module(self) -> Any:
        return added

    def applied_code(self, given: Sequence[str]) -> str:
        return " + ".join(given)


class Multiply(Add):
    """Multiplies its inputs entry by entry: a gate, where one of them is between 0 and 1."""

    type: Literal["Multiply"] = "Multiply"  # type: ignore[assignment]
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (3, 4, 5))),
        Example({}, ((4,), (4,))),
    )

    def text(self, operands: int = 1) -> str:
        return " * ".join(f"x{k}" for k in range(operands))

    def module(self) -> Any:
        return multiplied

    def applied_code(self, given: Sequence[str]) -> str:
        return " * ".join(given)


class Concat(Layer):
    """Puts the channels of its inputs behind one another."""

    type: Literal["Concat"] = "Concat"
    kind: ClassVar[Kind] = "joint"
    operands: ClassVar[int] = 2
    torchs: ClassVar = False
    channels: ClassVar = "stacked"
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (2, 4, 5))),
        Example({}, ((4,), (1,), (2,))),
    )

    def output(self, *shapes: Shape) -> Shape:
        if len({shape[1:] for shape in shapes}) > 1:
            raise Misfit(f"Concat needs maps of one height and width and is given {_given(shapes)}")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        at = channel - sum(shape[0] for shape in shapes[:source])
        return range(at, at + 1) if 0 <= at < shapes[source][0] else range(0)

    def module(self) -> Any:
        return joined

    def applied_code(self, given: Sequence[str]) -> str:
        return f"torch.cat([{', '.join(given)}], dim=1)"


def scaled(text: str, scale: bool, shift: bool) -> str:
    """What is made even, scaled and shifted as learned."""
    return ("gamma * " if scale else "") + text + (" + beta" if shift else "")


def along(
    kernel: int, stride: int | None, padding: int, dilation: int, ceil: bool
) -> tuple[Window, Window]:
    """The windows of a pooling along a line, which is 1 pixel high."""
    return both((1, kernel), (1, stride or kernel), (0, padding), (1, dilation), ceil)


def on_lines(layer: Layer) -> Any:
    """torch's module for lines, which it takes as (batch, channels, length)."""
    return _on_lines(layer.type)(**layer.arguments)


@lru_cache
def _on_lines(type: str) -> Any:
    from torch import nn

    kind = getattr(nn, type)

    def forward(self: Any, given: Any) -> Any:
        if given.ndim != 4:
            return kind.forward(self, given)
        return kind.forward(self, given.squeeze(2)).unsqueeze(2)

    return new_class(type, (kind,), {}, lambda held: held.update(forward=forward))


def hard_sigmoid(given: Any) -> Any:
    """What nn.Hardsigmoid gives."""
    from torch.nn import functional

    return functional.relu6(given + 3) / 6


def added(*parts: Any) -> Any:
    """Tensors entry by entry."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def multiplied(*parts: Any) -> Any:
    """Tensors entry by entry."""
    total = parts[0]
    for part in parts[1:]:
        total = total * part
    return total


def joined(*parts: Any) -> Any:
    """Tensors along their channels."""
    import torch

    return torch.cat(parts, dim=1)


@lru_cache(4096)
def shared(layer: Layer) -> Layer:
    """The first of all layers that equal it: what was worked out for one is known of all."""
    return layer


def _rows(row: type[Layer] = Layer) -> dict[str, type[Layer]]:
    """The rows that stand above, by name, in their order: those with a type."""
    found = {} if row.__name__[0] == "_" or row is Layer else {row.__name__: row}
    for below in row.__subclasses__():
        found |= _rows(below)
    return found


LAYERS: dict[str, type[Layer]] = dict(
    sorted(_rows().items(), key=lambda item: list(globals()).index(item[0]))
)


def _later(value: Any, handler: Any) -> Any:
    """A layer whose row was put into LAYERS after this module was read."""
    type = value.get("type") if isinstance(value, dict) else None
    row = LAYERS.get(type) if isinstance(type, str) else None
    if isinstance(value, Layer) and LAYERS.get(value.type) is value.__class__:
        return value
    return handler(value) if row is None or row in KNOWN else row.model_validate(value)


KNOWN = frozenset(LAYERS.values())
if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = Annotated[
        reduce(or_, LAYERS.values()),
        Field(discriminator="type"),
        WrapValidator(_later),
        AfterValidator(shared),
        SerializeAsAny(),
    ]


def make(type: str, arguments: dict[str, Any]) -> Layer:
    """A layer by name; a Problem in words for an unknown one and for arguments out of bounds."""
    if type not in LAYERS:
        said, near = unknown(type, LAYERS)
        raise Problem(said, suggestion=near)
    row = LAYERS[type]
    try:
        return row(**arguments)
    except ValidationError as error:
        raise bounds.in_words(error, row) from None


def _given(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(sizes, dict.fromkeys(shapes)))
