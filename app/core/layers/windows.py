"""Windows sliding along one axis: how often one fits, and what it covers.

`Window.output` is the only size formula in the project. An axis of a layer is a Window or one of
its kin (Cells, Whole, Spread, Copies), and all of them answer alike: how many units there are, what
they see, and by which units a position is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from app.core.errors import Problem

Pair = int | tuple[int, int]
AXES = ("height", "width")
BOUNDS = {
    "input": (1, 4096), "kernel": (1, 4096), "stride": (1, 4096), "padding": (0, 4096),
    "dilation": (1, 4096),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """`kernel` taps, `dilation` apart, moved by `stride` over an axis with `padding` at both ends.

    All in positions of the axis. `extra` is more padding at the far end only (torch's
    `padding="same"` where an even amount cannot be split); `ceil` is torch's `ceil_mode`.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    extra: int = 0
    ceil: bool = False

    @property
    def span(self) -> int:
        """How far it reaches from its first tap to its last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    def same(self) -> Window:
        """With the padding that keeps the size at stride 1, an odd one of it at the far end."""
        half, extra = divmod(self.span - 1, 2)
        return replace(self, padding=half, extra=extra)

    def padded(self, n: int) -> int:
        """The length of the axis with its padding."""
        return n + 2 * self.padding + self.extra

    def exact(self, n: int) -> Fraction:
        """(n + 2p - span) / stride + 1 before any rounding."""
        return Fraction(self.padded(n) - self.span, self.stride) + 1

    def fits(self, n: int) -> bool:
        """Whether the last window ends exactly where the padded axis ends."""
        return (self.padded(n) - self.span) % self.stride == 0

    def output(self, n: int) -> int:
        """How many windows there are on n positions; below 1 if not even one fits.

        Rounded down as PyTorch does. With `ceil` rounded up, except that the last window must start
        inside the input or the padding before it.
        """
        room = self.padded(n) - self.span
        if not self.ceil:
            return room // self.stride + 1
        up = -(-room // self.stride) + 1
        return up - 1 if (up - 1) * self.stride >= n + self.padding else up

    def seen(self, units: int, n: int) -> int:
        """The positions under the windows of some units; sets are bits, position i is 1 << i."""
        spread = int(("0" * (self.stride - 1)).join(f"{units:b}"), 2)  # unit i to bit i * stride
        covered, taps = spread, 1
        while taps < self.kernel:  # double the taps until all are there
            more = min(taps, self.kernel - taps)
            covered |= covered << more * self.dilation
            taps += more
        return (covered >> self.padding) & ((1 << n) - 1)

    @property
    def reach(self) -> tuple[int, int, int]:
        """(low, high, step): unit i sees positions i * step + low .. i * step + high."""
        return -self.padding, -self.padding + self.span - 1, self.stride

    def covered(self, at: int, n: int) -> list[int]:
        """The positions under one unit's taps; below 0 and from n on lies padding."""
        first = at * self.stride - self.padding
        return [first + tap * self.dilation for tap in range(self.kernel)]

    def taps(self, at: int) -> Sequence[int]:
        """Which place of the kernel weighs each of the covered positions."""
        return range(self.kernel)

    def reached(self, at: int, n: int, units: int) -> Iterator[tuple[int, int]]:
        """(unit, tap) of all of so many units that see a position."""
        for tap in range(self.kernel):
            start = at + self.padding - tap * self.dilation
            if start % self.stride == 0 and 0 <= start // self.stride < units:
                yield start // self.stride, tap

    def unused(self, n: int) -> list[int]:
        """The positions that no window covers: what is left over at the end, and gaps."""
        covered = self.seen((1 << max(self.output(n), 0)) - 1, n)
        return [i for i in range(n) if not covered >> i & 1]


class _Kin:
    """What is no Window but answers as one, from what each unit covers."""

    __slots__ = ()

    reason = (
        "the units of this layer see windows of different sizes, so no one receptive field holds "
        "for all"
    )

    @property
    def reach(self) -> tuple[int, int, int] | None:
        """(low, high, step) as of a Window; None where that holds for no single one."""
        return None

    def covered(self, at: int, n: int) -> Sequence[int]:
        """The positions that one unit takes, of n."""
        raise NotImplementedError

    def taps(self, at: int) -> Sequence[int]:
        """Which place of a kernel weighs each of the covered positions."""
        raise NotImplementedError

    def seen(self, units: int, n: int) -> int:
        """The positions that some units see; sets are bits, position i is 1 << i."""
        found, at = 0, 0
        while units >> at:
            if units >> at & 1:
                for position in self.covered(at, n):
                    found |= 1 << position if 0 <= position < n else 0
            at += 1
        return found

    def reached(self, at: int, n: int, units: int) -> Iterator[tuple[int, int]]:
        """(unit, tap) of all of so many units that see a position."""
        for unit in range(units):
            covered = self.covered(unit, n)
            if at in covered:
                yield unit, covered.index(at)


@dataclass(frozen=True, slots=True)
class Cells(_Kin):
    """An axis of n positions cut into `count` cells of unequal sizes, as torch's adaptive pooling.

    Cell i reaches from floor(i n / count) to ceil((i + 1) n / count).
    """

    count: int

    def output(self, n: int) -> int:
        """How many cells there are, whatever n is."""
        return self.count

    def covered(self, at: int, n: int) -> range:
        return range(at * n // self.count, -(-(at + 1) * n // self.count))

    def seen(self, units: int, n: int) -> int:
        found = 0
        for i in range(self.count):
            if units >> i & 1:
                cell = self.covered(i, n)
                found |= (1 << cell.stop) - (1 << cell.start)
        return found


@dataclass(frozen=True, slots=True)
class Whole(_Kin):
    """An axis of `size` positions each of whose units sees all of them: it stands still."""

    size: int

    @property
    def reach(self) -> tuple[int, int, int]:
        return 0, self.size - 1, 0

    def output(self, n: int) -> int:
        """As many as come in."""
        return n

    def covered(self, at: int, n: int) -> range:
        return range(n)

    def seen(self, units: int, n: int) -> int:
        return (1 << n) - 1 if units else 0

    def reached(self, at: int, n: int, units: int) -> Iterator[tuple[int, int]]:
        return ((unit, at) for unit in range(units))


@dataclass(frozen=True, slots=True)
class Spread(_Kin):
    """A window turned round, as in a transposed convolution: each position is spread over `kernel`
    units, `dilation` apart and `stride` further for the next; `padding` units are cut off at both
    ends and `extra` put on again at the far one."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    extra: int = 0

    reason = (
        "the units of this layer step by less than one unit of what comes in, so no one receptive "
        "field holds for all"
    )

    @property
    def reach(self) -> tuple[int, int, int] | None:
        first = self.padding - self.dilation * (self.kernel - 1)
        return (first, self.padding, 1) if self.stride == 1 else None

    def output(self, n: int) -> int:
        """How many units n positions are spread over; below 1 if all of them are cut off."""
        span = self.dilation * (self.kernel - 1) + 1
        return (n - 1) * self.stride - 2 * self.padding + span + self.extra

    def input(self, units: int) -> int:
        """How many positions are spread over so many units."""
        return (units - self.output(1)) // self.stride + 1

    def covered(self, at: int, n: int) -> list[int]:
        return [
            (at + self.padding - tap * self.dilation) // self.stride for tap in self.taps(at)
        ]  # fmt: skip

    def taps(self, at: int) -> list[int]:
        """From the last to the first, as the positions go up."""
        return [
            tap
            for tap in range(self.kernel - 1, -1, -1)
            if (at + self.padding - tap * self.dilation) % self.stride == 0
        ]

    def reached(self, at: int, n: int, units: int) -> Iterator[tuple[int, int]]:
        for tap in range(self.kernel):
            unit = at * self.stride - self.padding + tap * self.dilation
            if 0 <= unit < units:
                yield unit, tap


@dataclass(frozen=True, slots=True)
class Copies(_Kin):
    """An axis made longer or shorter by taking the nearest position for each of `count` units."""

    count: int

    reason = Spread.reason

    def output(self, n: int) -> int:
        """How many there are, whatever n is."""
        return self.count

    def covered(self, at: int, n: int) -> list[int]:
        if self.count % n == 0:
            return [at * n // self.count]
        # torch multiplies in float32, which may fall short of a whole number.
        return [min(int(np.float32(at) * (np.float32(n) / np.float32(self.count))), n - 1)]


Axis = Window | Cells | Whole | Spread | Copies


def pair(value: Pair) -> tuple[int, int]:
    """A size for both axes: one number stands for two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def both(
    kernel: Pair, stride: Pair, padding: Pair | str, dilation: Pair = 1, ceil: bool = False
) -> tuple[Window, Window]:
    """The windows along height and width; padding may be torch's "same" or "valid"."""
    before = 0 if isinstance(padding, str) else padding
    rows = zip(*map(pair, (kernel, stride, before, dilation)), strict=True)
    high, wide = (Window(k, s, p, d, ceil=ceil) for k, s, p, d in rows)
    if padding == "same":
        high, wide = high.same(), wide.same()
    return high, high if wide == high else wide


def cells(n: int, count: int) -> Window | Cells:
    """An axis cut into cells: a window where all are equal."""
    return Cells(count) if n % count else Window(n // count, n // count)


def too_large(
    window: Window, n: int, axis: str = "", most: int = BOUNDS["padding"][1], pool: bool = False
) -> Problem:
    """Why no window fits, and how to mend it with padding up to `most`.

    In a `pool` padding is half of the kernel at most, and no window may hold nothing else.
    """
    side, padded = f" in {axis}" if axis else "", window.padded(n)
    has = f"{n}" if padded == n else f"{padded} with its padding"
    largest = (padded - 1) // window.dilation + 1
    needed = -(-(window.span - n - window.extra) // 2)
    nearer = (padded - 1) // (window.kernel - 1)
    over = pool and window.dilation > n  # taps step over all that is there
    shorter = not (pool and window.padding) or (window.padding <= largest // 2 and not over)
    advice = [f"a kernel of {largest}"] if shorter else []
    if needed <= most and not over:
        advice.append(f"padding {needed}")
    elif nearer:
        advice.append(f"dilation {min(nearer, n) if pool else nearer}")
    else:
        advice.append(f"an input of {n + window.span - padded}")
    return Problem(
        f"the window is {window.span} long{side} and its input is {has}; "
        + ", or ".join([f"{advice[0]} fits", *advice[1:]]),
        {"field": "kernel"},
        str(largest) if shorter else None,
    )
