"""Layers that slide filters over their input."""

from collections.abc import Sequence
from functools import cached_property
from math import gcd
from typing import Any, ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.layer import Example, Kind, Layer, Shape, Windows
from app.core.layers.lines import on_lines
from app.core.layers.windows import AXES, Spread, Window, both, pair

# A multiply-add of filters that see few channels each takes as long as so many of others.
GROUPED, FEW = 6, 8


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
