"""A window explained: how often it fits by each convention, what it leaves out, and the formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.layers.windows import AXES, BOUNDS, Pair, Window, pair, too_large


class Convention(TypedDict):
    name: str
    used_by: str
    output: Annotated[int | None, Field(description="Null where it calls the size invalid.")]


class WindowAxis(TypedDict):
    """A window along one axis."""

    input: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    span: Annotated[int, Field(description="From the first tap to the last, both counted.")]
    padded: int
    output: int
    exact: float
    fraction: Annotated[str, Field(description="The exact quotient.")]
    fits: bool
    unused: Annotated[list[int], Field(description="Positions of the input that no window covers.")]
    conventions: list[Convention]
    latex: str
    sentence: str


class WindowAnswer(TypedDict):
    """Sizes along height and width; one axis where single numbers were given."""

    output: list[int]
    fits: bool
    axes: list[WindowAxis]


def window_answer(
    input: Pair, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
) -> WindowAnswer:
    """The answer to POST /api/window: sizes as (height, width), or one number for one axis.

    {output, fits, axes: [one answer an axis]}. Raises Problem for sizes out of BOUNDS, and for a
    window larger than its padded input.
    """
    given = (input, kernel, stride, padding, dilation)
    for word, value in zip(BOUNDS, given, strict=True):
        least, most = BOUNDS[word]
        if not all(least <= size <= most for size in pair(value)):
            raise Problem(f"`{word}` is from {least} to {most:,}", {"field": word})
    single = all(isinstance(value, int) for value in given)
    axes = [
        _axis_answer(n, Window(*numbers), "" if single else axis)
        for axis, (n, *numbers) in zip(
            AXES[:1] if single else AXES, zip(*map(pair, given), strict=True), strict=False
        )
    ]
    return {
        "output": [axis["output"] for axis in axes],
        "fits": all(axis["fits"] for axis in axes),
        "axes": axes,
    }


def _axis_answer(n: int, window: Window, axis: str) -> WindowAxis:
    if window.output(n) < 1:
        raise too_large(window, n, axis)
    exact, output, fits = window.exact(n), window.output(n), window.fits(n)
    rounded_up, unused = replace(window, ceil=True).output(n), window.unused(n)
    return {
        "input": n,
        "kernel": window.kernel,
        "stride": window.stride,
        "padding": window.padding,
        "dilation": window.dilation,
        "span": window.span,
        "padded": window.padded(n),
        "output": output,
        "exact": float(exact),
        "fraction": str(exact),
        "fits": fits,
        "unused": unused,
        "conventions": [
            {"name": "floor", "used_by": "PyTorch", "output": output},
            {"name": "ceil", "used_by": "PyTorch, ceil_mode=True", "output": rounded_up},
            {"name": "invalid", "used_by": "CS231n", "output": output if fits else None},
        ],
        "latex": _latex(n, window),
        "sentence": _sentence(n, window, unused),
    }


def _latex(n: int, window: Window) -> str:
    """The formula of the lecture with its numbers: (w + 2p - k) / s + 1."""
    kernel = str(window.kernel)
    if window.dilation > 1 and window.kernel > 1:
        kernel = rf"({window.dilation} \cdot ({window.kernel} - 1) + 1)"
    quotient = rf"\frac{{{n} + 2 \cdot {window.padding} - {kernel}}}{{{window.stride}}}"
    if window.fits(n):
        return f"{quotient} + 1 = {window.output(n)}"
    whole, rest = divmod(window.exact(n), 1)
    exact = rf"{whole}\tfrac{{{rest.numerator}}}{{{rest.denominator}}}"
    floor = rf"\left\lfloor {exact} \right\rfloor = {window.output(n)}"
    return rf"{quotient} + 1 = {exact}, \quad {floor}"


def _sentence(n: int, window: Window, unused: list[int]) -> str:
    times = {1: "once", 2: "twice"}.get(window.output(n), f"{window.output(n)} times")
    if window.fits(n):
        said = f"The window fits {times}, exactly"
    else:
        said = (
            f"The window fits {times} and something is left over: PyTorch rounds down (floor), "
            "CS231n calls such sizes invalid"
        )
    if not unused:
        return f"{said}."
    verb = "position is" if len(unused) == 1 else "positions are"
    return f"{said}; {len(unused)} input {verb} never covered."
