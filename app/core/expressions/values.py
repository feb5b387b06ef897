"""One value three ways: in JSON, in a formula, in a sentence."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions import formulas
from app.core.numbers import DIGITS, Number, format_number, latex_number

SMALL = 12  # entries of a tensor that a formula still writes out,
LONG = 5  # unless one side is longer than this
PREVIEW_ROWS, PREVIEW_COLUMNS = 32, 48

Entries = list[Any]


class Preview(TypedDict):
    """A large tensor, sampled: every stride-th entry, and the range and mean of all."""

    shape: list[int]
    min: Number
    max: Number
    mean: Number
    stride: Annotated[
        list[int], Field(description="Rows and columns from one shown entry to the next.")
    ]
    entries: list[list[Number]]


Value = float | Entries | Preview | None  # in an answer


class Written(NamedTuple):
    """A value in a formula, the same in brackets if it is negative, and in a sentence."""

    latex: str
    bracketed: str
    words: str


def write(value: Any) -> Written:
    """A value as formulas and sentences have it."""
    if type(value) is float:
        return _write_number(value)
    tex = latex_value(value)
    return Written(tex, bracketed(tex), text_value(value))


@lru_cache(maxsize=8192)
def _write_number(value: float, digits: int = DIGITS) -> Written:
    tex = latex_number(value, digits)
    return Written(tex, bracketed(tex), format_number(value, digits))


def write_terms(values: Sequence[Any], total: Any) -> list[Written]:
    """What adds up to a total, with as many digits as it takes to see that: of 1.00001 - 1 four
    would not do."""
    if all(type(value) is float for value in (*values, total)) and total:
        largest = max(map(abs, values))
        if 100 * abs(total) < largest:
            digits = min(16, DIGITS + math.ceil(math.log10(largest / abs(total))))
            return [_write_number(value, digits) for value in values]
    return [write(value) for value in values]


def plain(value: Any, preview: int | None = None) -> Any:
    """A value as JSON: a float, a nested list, or a preview of a large tensor."""
    if isinstance(value, float):
        return float(value) if value - value == 0.0 else None  # numpy has floats of its own
    if value is None:
        return None
    if np.ndim(value) == 0:
        return plain(float(value))
    if preview is None or value.size <= preview:
        return value.tolist() if np.isfinite(value).all() else _with_nulls(value)
    rows = value.reshape(1, -1) if value.ndim == 1 else value.reshape(-1, value.shape[-1])
    strides = [-(-rows.shape[0] // PREVIEW_ROWS), -(-rows.shape[1] // PREVIEW_COLUMNS)]
    return {
        "shape": value.shape,
        "min": plain(float(value.min())),
        "max": plain(float(value.max())),
        "mean": plain(float(value.mean())),
        "stride": strides,
        "entries": _with_nulls(rows[:: strides[0], :: strides[1]]),
    }


def _with_nulls(value: Any) -> Any:
    entries = value.astype(object)
    entries[~np.isfinite(value)] = None
    return entries.tolist()


def latex_value(value: Any) -> str:
    """A value in a formula: a number, a small matrix, or the shape of a large one."""
    if isinstance(value, float):
        return latex_number(value)
    if value is None:
        return r"\text{--}"
    if np.ndim(value) == 0:
        return latex_number(float(value))
    if value.ndim <= 2 and value.size <= SMALL and max(value.shape) <= LONG:
        return formulas.matrix_latex(value.tolist())
    sizes = r" \times ".join(map(str, value.shape))
    return rf"[\,{sizes}\,]"


def text_value(value: Any) -> str:
    """A value in a sentence: a number, a short list, or the shape of a large tensor."""
    if isinstance(value, float):
        return format_number(value)
    if value is None:
        return "no number"
    if np.ndim(value) == 0:
        return format_number(float(value))
    if value.ndim == 1 and value.size <= SMALL:
        return "[" + ", ".join(map(format_number, value.tolist())) + "]"
    kind = {1: "vector", 2: "matrix"}.get(value.ndim, "tensor")
    return f"a {' × '.join(map(str, value.shape))} {kind}"


def bracketed(tex: str) -> str:
    """A term that may be negative, where it follows a sign."""
    return f"({tex})" if tex[:1] in "-−" else tex
