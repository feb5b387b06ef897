"""One convolution, pooling or fully connected layer on one input, forward and backward.

All four are one thing: a window slides over the input, and what lies under it, the patch, becomes
one number a filter. A fully connected layer is the one whose window is as large as its input.
The windows, and with them every size, come from `app.core.layers.windows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from app.core.layers.windows import Window
from app.core.numbers import Number

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


Map = list[list[Number]]
Volume = list[Map]


@dataclass(frozen=True)
class Gradients:
    """What reaches the input, the weights and the bias; None where there are none."""

    input: Floats
    weights: Floats | None
    bias: Floats | None


@dataclass(frozen=True)
class Sliding:
    """A window over an input (channels, height, width); what it does is for the subclasses.

    `taps` of an axis are the input positions under each window, (output, kernel); below 0 or beyond
    the input they are padding.
    """

    input: Floats
    high: Window
    wide: Window

    filling = 0.0  # what stands in the padding

    @cached_property
    def rows(self) -> Ints:
        return taps(self.high, self.input.shape[1])

    @cached_property
    def columns(self) -> Ints:
        return taps(self.wide, self.input.shape[2])

    @property
    def positions(self) -> tuple[int, int]:
        """How many windows there are along the height and along the width."""
        return len(self.rows), len(self.columns)

    @cached_property
    def patches(self) -> Floats:
        """What lies under every window: (output height, output width, channels, kernel, kernel)."""
        below, right = self.high.padding, self.wide.padding
        around = ((0, 0), (below, below), (right, right))
        padded = np.pad(self.input, around, constant_values=self.filling)
        under = sliding_window_view(padded, (self.high.span, self.wide.span), axis=(1, 2))
        high, wide = self.high, self.wide
        taps = under[:, :: high.stride, :: wide.stride, :: high.dilation, :: wide.dilation]
        return np.ascontiguousarray(np.moveaxis(taps, 0, 2))

    @cached_property
    def output(self) -> Floats:
        """One map a filter, or a channel: (maps, output height, output width)."""
        raise NotImplementedError

    def shares(self, upstream: Floats) -> Floats:
        """What each window sends back to its patch, in the shape of `patches`."""
        raise NotImplementedError

    def backward(self, upstream: Floats) -> Gradients:
        """The gradients, from that of the output."""
        return Gradients(self.gather(self.shares(upstream)), None, None)

    def gather(self, shares: Floats) -> Floats:
        """The sum over windows: what is sent to the padding is lost, as in PyTorch."""
        channels, height, width = self.input.shape
        below, right = self.high.padding, self.wide.padding
        reach = (height + 2 * below, width + 2 * right)
        total = np.zeros((channels, *reach))
        arriving = np.moveaxis(shares, 2, 0)
        down = [every(self.high, k, len(self.rows)) for k in range(self.high.kernel)]
        along = [every(self.wide, j, len(self.columns)) for j in range(self.wide.kernel)]
        for k, rows in enumerate(down):
            for j, columns in enumerate(along):
                total[:, rows, columns] += arriving[..., k, j]
        return total[:, below : below + height, right : right + width]

    @cached_property
    def coverage(self) -> npt.NDArray[np.int64]:
        """How many windows cover each position: 0 is never."""
        along = []
        for tap, n in ((self.rows, self.input.shape[1]), (self.columns, self.input.shape[2])):
            along.append(np.bincount(tap[(tap >= 0) & (tap < n)], minlength=n))
        return np.outer(along[0], along[1])


@dataclass(frozen=True)
class Convolution(Sliding):
    """Filters over all channels: each output is a 3-D dot product and a bias."""

    weights: Floats  # (filters, channels, kernel, kernel)
    bias: Floats

    @cached_property
    def output(self) -> Floats:
        sums = np.tensordot(self.weights, self.patches, axes=((1, 2, 3), (2, 3, 4)))
        return sums + self.bias[:, None, None]

    def shares(self, upstream: Floats) -> Floats:
        return np.tensordot(upstream, self.weights, axes=(0, 0))

    def backward(self, upstream: Floats) -> Gradients:
        weights = np.tensordot(upstream, self.patches, axes=((1, 2), (0, 1)))
        bias = upstream.sum(axis=(1, 2))
        return Gradients(self.gather(self.shares(upstream)), weights, bias)


@dataclass(frozen=True)
class MaxPooling(Sliding):
    """Each map's largest value under the window; among equals the first, row by row."""

    filling = -np.inf

    @cached_property
    def chosen(self) -> Ints:
        """Which tap of each window is the largest, counted row by row: (h, w, channels)."""
        flat = self.patches.reshape(*self.patches.shape[:3], -1)
        chosen: Ints = flat.argmax(axis=-1)
        return chosen

    @cached_property
    def output(self) -> Floats:
        flat = self.patches.reshape(*self.patches.shape[:3], -1)
        return np.moveaxis(flat.max(axis=-1), 2, 0)

    def shares(self, upstream: Floats) -> Floats:
        flat = np.zeros((*self.patches.shape[:3], self.high.kernel * self.wide.kernel))
        arriving = np.moveaxis(upstream, 0, 2)[..., None]
        np.put_along_axis(flat, self.chosen[..., None], arriving, axis=-1)
        return flat.reshape(self.patches.shape)


@dataclass(frozen=True)
class AveragePooling(Sliding):
    """Each map's mean under the window; the zeros of the padding count, as in PyTorch."""

    @cached_property
    def output(self) -> Floats:
        return np.moveaxis(self.patches.mean(axis=(3, 4)), 2, 0)

    def shares(self, upstream: Floats) -> Floats:
        share = np.moveaxis(upstream, 0, 2) / (self.high.kernel * self.wide.kernel)
        return np.broadcast_to(share[..., None, None], self.patches.shape)


def every(window: Window, tap: int, count: int) -> slice:
    """Where so many windows have one of their taps, counted from the start of the padding."""
    first = tap * window.dilation
    return slice(first, first + (count - 1) * window.stride + 1, window.stride)


def taps(window: Window, n: int) -> Ints:
    """The positions under each window of an axis of n: (output, kernel)."""
    starts = np.arange(window.output(n)) * window.stride - window.padding
    return starts[:, None] + np.arange(window.kernel) * window.dilation
