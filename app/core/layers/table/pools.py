"""Layers that keep one number of each window."""

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.layer import POOLED, Example, Kind, Layer, Shape, Windows
from app.core.layers.lines import on_lines
from app.core.layers.windows import AXES, Window, both, cells, pair


def along(
    kernel: int, stride: int | None, padding: int, dilation: int, ceil: bool
) -> tuple[Window, Window]:
    """The windows of a pooling along a line, which is 1 pixel high."""
    return both((1, kernel), (1, stride or kernel), (0, padding), (1, dilation), ceil)


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
