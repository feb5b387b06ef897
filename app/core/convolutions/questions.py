"""What the convolution figure asks: a layer on some data, and the gradient that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from app.core.convolutions.filters import BANK, FILTERS
from app.core.convolutions.sliding import AveragePooling, Convolution, Floats, MaxPooling, Sliding
from app.core.errors import Problem, nearest
from app.core.layers.table import AvgPool2d, Conv2d, Layer, Linear, MaxPool2d
from app.core.layers.windows import Window, both
from app.core.numbers import sizes
from app.core.pictures.images import PHOTOS
from app.core.pictures.preparation import photo
from app.core.questions import Asked, counted, refused, up_to

MOST_MACS = 20_000_000
MOST_NUMBERS = 100_000  # in the input, in the weights and in the output
MOST_UNDER_WINDOWS = 4_000_000
LARGEST = 1e9
MOST_STEPS = 64
MOST_FILTERS = 64

Size = Annotated[int, Field(strict=True, ge=1, le=64)]
Padding = Annotated[int, Field(strict=True, ge=0, le=64)]
Length = Annotated[int, Field(strict=True, ge=1, le=4096)]
Around = Annotated[int, Field(strict=True, ge=0, le=4096)]
Finite = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Index = Annotated[list[Annotated[int, Field(strict=True, ge=0)]], up_to(3, 3)]

# What a question may say of other layers only, and why not of this one.
LACKS: dict[str, tuple[tuple[str, ...], str]] = {
    "Conv2d": ((), ""),
    "MaxPool2d": (("filters", "weights", "bias"), "it has nothing to learn"),
    "AvgPool2d": (("filters", "weights", "bias", "dilation"), "as in PyTorch"),
    "Linear": (
        ("kernel_size", "stride", "padding", "dilation"),
        "its window is as large as its input",
    ),
}

NESTED: list[JsonValue] = [{"type": "string"}, {"type": "array", "items": {}}]


class OneCell(Asked):
    """A gradient that comes to one cell of the output only."""

    cell: Index = Field(description="Map, row and column, counted from 0.")
    value: Finite = 1


class ConvolutionQuestion(Asked):
    """A layer, what it is given, and the gradient that comes back to it."""

    layer: Literal["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"] = "Conv2d"
    input: Any = Field(
        default="coffee",
        json_schema_extra={"anyOf": NESTED},
        description='"coffee", "chelsea" or another photo, with values from 0 to 255; '
        '"numbers", small whole numbers; or channels x height x width as nested lists.',
    )
    shape: tuple[Size, Size, Size] | None = Field(
        default=None, description="Channels, height and width of a photo or of the numbers."
    )
    filters: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=64,
        description="How many; 6, and 10 for Linear, if it is not said.",
    )
    kernel_size: Size | tuple[Size, Size] | None = Field(
        default=None, description="A number or (height, width); 5, and 2 for a pooling."
    )
    stride: Size | tuple[Size, Size] | None = Field(
        default=None, description="1, and for a pooling as kernel_size, as in PyTorch."
    )
    padding: Padding | tuple[Padding, Padding] = 0
    dilation: Size | tuple[Size, Size] = 1
    weights: Any = Field(
        default=None,
        json_schema_extra={"anyOf": [*NESTED, {"type": "null"}]},
        description='One of GET /api/filters for all filters, "bank" for one of each, "random"; '
        "or a list with a name or nested numbers (channels x height x width, or a plane for every "
        "channel) for each filter.",
    )
    bias: Finite | Annotated[list[Finite], up_to(MOST_FILTERS)] = 0
    upstream: Literal["sample", "ones"] | OneCell | list[Any] = Field(
        default="sample",
        description='The gradient of the output: "sample" (small whole numbers), "ones", one cell '
        "only, or a number for each cell.",
    )
    seed: int = Field(
        default=0, strict=True, ge=0, le=2**31, description="Of everything that is random."
    )
    cells: Annotated[list[Index], up_to(64)] = Field(
        default=[], description="Cells of the output to be told in full."
    )
    near: Index | None = Field(
        default=None,
        description="One more cell to be told, the first: this one, or the nearest there is.",
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"layer": "Conv2d", "input": "coffee", "filters": 6, "kernel_size": 5},
                {
                    "input": [[[1, 2, 0], [0, 1, 3], [2, 1, 1]]],
                    "weights": [[[[1, 0], [0, -1]]]],
                    "kernel_size": 2,
                    "bias": 1,
                    "cells": [[0, 0, 0]],
                },
            ]
        }
    )

    @field_validator("input", "weights", "upstream", mode="before")
    @classmethod
    def affordable_lists(cls, given: Any, field: ValidationInfo) -> Any:
        """Numbers that are given, if they can become tensors; for `weights` a list of them."""
        if not isinstance(given, list):
            return given
        if field.field_name != "weights":
            _counted(given)
        elif len(given) > MOST_FILTERS:
            raise refused(f"has {len(given):,} filters; {MOST_FILTERS} are the most")
        else:
            for one in given:
                if not isinstance(one, str):
                    _counted(one)
        return given

    def sliding(self) -> Sliding:
        """The layer on its input; a Problem if they do not fit."""
        lacks, why = LACKS[self.layer]
        for name in lacks:
            usual = type(self).model_fields[name].default
            if getattr(self, name) not in (usual, (usual, usual)):
                raise Problem(f"{self.layer} has no `{name}`: {why}", {"field": name})
        x = self._input()
        if self.layer == "Linear":
            kernel: tuple[int, int] = (x.shape[1], x.shape[2])
            high, wide = Window(kernel[0]), Window(kernel[1])
        else:
            high, wide = self._windows(x)
        positions = high.output(x.shape[1]) * wide.output(x.shape[2])
        under = positions * len(x) * high.kernel * wide.kernel
        affordable("numbers under all windows together", under, MOST_UNDER_WINDOWS)
        if self.layer == "MaxPool2d":
            return MaxPooling(x, high, wide)
        if self.layer == "AvgPool2d":
            return AveragePooling(x, high, wide)
        weights = self._weights((x.shape[0], high.kernel, wide.kernel))
        numbers = len(weights) * positions
        affordable("multiply-adds", numbers * weights[0].size, MOST_MACS)
        affordable("numbers in the output", numbers)
        return Convolution(x, high, wide, weights, self._bias(len(weights)))

    def row(self, shape: Sequence[int], filters: int) -> Layer:
        """The layer as a row of the layer table."""
        if self.layer == "Linear":
            return Linear(in_features=prod(shape), out_features=filters)
        kernel, stride = self.kernel, self.stride or self.default_stride
        if self.layer == "Conv2d":
            return Conv2d(
                in_channels=shape[0], out_channels=filters, kernel_size=kernel,
                stride=stride, padding=self.padding, dilation=self.dilation,
            )  # fmt: skip
        if self.layer == "MaxPool2d":
            return MaxPool2d(
                kernel_size=kernel, stride=stride, padding=self.padding, dilation=self.dilation
            )
        return AvgPool2d(kernel_size=kernel, stride=stride, padding=self.padding)

    @property
    def kernel(self) -> int | tuple[int, int]:
        return self.kernel_size or (5 if self.layer == "Conv2d" else 2)

    @property
    def default_stride(self) -> int | tuple[int, int]:
        return 1 if self.layer == "Conv2d" else self.kernel

    def gradient(self, sliding: Sliding) -> Floats:
        """The gradient that comes to the output."""
        shape = sliding.output.shape
        if isinstance(self.upstream, OneCell):
            checked_cell(self.upstream.cell, shape, "upstream")
            gradient = np.zeros(shape)
            gradient[tuple(self.upstream.cell)] = self.upstream.value
            return gradient
        if self.upstream == "ones":
            return np.ones(shape)
        if self.upstream == "sample":
            random = np.random.default_rng([self.seed, 2])
            return random.choice([-2.0, -1.0, 1.0, 2.0], shape)
        given = tensor(self.upstream, "upstream")
        if self.layer == "Linear" and given.shape == shape[:1]:
            given = given[:, None, None]
        if given.shape != shape:
            raise Problem(
                f"the output is {sizes(shape)}, and `upstream` is {sizes(given.shape)}",
                {"field": "upstream"},
            )
        return given

    def _input(self) -> Floats:
        if isinstance(self.input, str):
            if self.input == "numbers":
                shape = self.shape or (3, 7, 7)
                affordable("numbers in the input", prod(shape))
                random = np.random.default_rng([self.seed, 0])
                return random.integers(0, 4, shape).astype(np.float64)
            if self.input not in PHOTOS:
                names = [*PHOTOS, "numbers"]
                raise Problem(
                    f"`{self.input[:40]}` is none of {', '.join(names)}",
                    {"field": "input"},
                    nearest(self.input[:40], names),
                )
            return photo(self.input, *(self.shape or (3, 32, 32)))
        given = tensor(self.input, "input")
        if self.shape is not None:
            raise Problem(
                "an input that is given has its own shape; `shape` is for photos and numbers",
                {"field": "shape"},
            )
        if given.ndim == 2:
            given = given[None]
        if given.ndim != 3 or 0 in given.shape:
            raise Problem(
                f"the input has to be channels x height x width, and this is {sizes(given.shape)}",
                {"field": "input"},
            )
        if max(given.shape) > 64:
            raise Problem(
                f"the input is {sizes(given.shape)}; 64 a side is the most", {"field": "input"}
            )
        return given

    def _windows(self, x: Floats) -> tuple[Window, Window]:
        """Along height and width; the layer's own Problem if they do not fit."""
        self.row(x.shape, self.filters or 1).output(x.shape)
        stride = self.stride or self.default_stride
        return both(self.kernel, stride, self.padding, self.dilation)

    def _weights(self, shape: tuple[int, int, int]) -> Floats:
        """(filters, channels, height, width) of what was asked for each filter."""
        asked = self.names()
        affordable("weights", len(asked) * prod(shape))
        random = np.random.default_rng([self.seed, 1])
        seeded = random.integers(-1, 2, (len(asked), *shape)).astype(np.float64)
        filters = np.empty((len(asked), *shape))
        for i, one in enumerate(asked):
            if one == "random":
                filters[i] = seeded[i]
            elif isinstance(one, str):
                filters[i] = FILTERS[one].plane(*shape[1:])
            else:
                given = tensor(one, "weights")
                if given.shape not in (shape, shape[1:]):
                    raise Problem(
                        f"filter {i} should be {sizes(shape)} (channels, height, width), and is "
                        f"{sizes(given.shape)}",
                        {"field": "weights", "filter": i},
                    )
                filters[i] = given
        return filters

    def names(self) -> list[Any]:
        """What was asked for each filter: a name or nested numbers."""
        usual = 10 if self.layer == "Linear" else 6
        asked = self.weights
        if asked is None:
            asked = "random" if self.layer == "Linear" or self.input == "numbers" else "bank"
        if isinstance(asked, str):
            count = self.filters or usual
            names = (
                [BANK[i % len(BANK)] for i in range(count)] if asked == "bank" else [asked] * count
            )
        elif isinstance(asked, list) and asked:
            names = asked
        else:
            raise Problem("`weights` should be a name or a list of filters", {"field": "weights"})
        if self.filters is not None and len(names) != self.filters:
            raise Problem(
                f"there are weights for {len(names)} filters, and `filters` is {self.filters}",
                {"field": "weights"},
            )
        for name in names:
            if isinstance(name, str) and name not in FILTERS and name != "random":
                # The bank is one of each, which one filter cannot be.
                known = [*FILTERS, *(() if isinstance(asked, list) else ("bank",)), "random"]
                raise Problem(
                    f"there is no filter `{name[:40]}`; there are {', '.join(known)}",
                    {"field": "weights"},
                    nearest(name[:40], known),
                )
        return names

    def _bias(self, filters: int) -> Floats:
        if isinstance(self.bias, list):
            if len(self.bias) != filters:
                raise Problem(
                    f"there are {filters} filters and {len(self.bias)} biases", {"field": "bias"}
                )
            return np.array(self.bias, dtype=np.float64)
        return np.full(filters, self.bias)


class WindowQuestion(Asked):
    """A window sliding over an input: numbers for one axis, or pairs (height, width)."""

    input: Length | tuple[Length, Length]
    kernel: Length | tuple[Length, Length]
    stride: Length | tuple[Length, Length] = 1
    padding: Around | tuple[Around, Around] = 0
    dilation: Length | tuple[Length, Length] = 1

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"input": 32, "kernel": 5},
                {"input": [224, 112], "kernel": [7, 3], "stride": 2, "padding": [3, 1]},
            ]
        }
    )


class StepsQuestion(ConvolutionQuestion):
    """Some of the steps in which a convolution happens, forward and then backward."""

    first: int = Field(default=0, ge=0, description="The first step that is asked for.")
    count: int = Field(
        default=16, ge=1, le=MOST_STEPS, description="How many; fewer come where patches are large."
    )


def _counted(given: Any) -> None:
    """Refuse what is too large or too deep for a tensor."""
    try:
        counted(given, MOST_NUMBERS, 3)
    except ValueError as error:
        raise refused(str(error)) from None


def tensor(given: Any, field: str) -> Floats:
    """Nested lists as an array; a Problem if they are none."""
    try:
        array = np.array(given, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise Problem(
            f"`{field}` should be numbers in nested lists of equal lengths", {"field": field}
        ) from None
    affordable(f"numbers in `{field}`", array.size)
    if not (np.isfinite(array) & (np.abs(array) <= LARGEST)).all():
        raise Problem(f"`{field}` may hold numbers up to {LARGEST:,.0f} only", {"field": field})
    return array


def affordable(what: str, count: int, most: int = MOST_NUMBERS) -> None:
    """Refuse what would take too long to compute or to draw."""
    if count > most:
        raise Problem(f"{count:,} {what} are too many; {most:,} are the most", {})


def checked_cell(cell: Sequence[int], shape: Sequence[int], field: str) -> None:
    """Refuse a cell that the output does not have."""
    if any(i >= n for i, n in zip(cell, shape, strict=True)):
        raise Problem(
            f"the output is {sizes(shape)} and has no cell {list(cell)}", {"field": field}
        )
