"""A cell's arithmetic in words and LaTeX: sums with signs, products one by one or their ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.core.convolutions.sliding import Floats
from app.core.numbers import latex_number, plural

SPELLED_OUT = 9  # products that a formula lists one by one; of more it shows the ends
CHANNELS_SPELLED_OUT = 4


def from_to(positions: npt.NDArray[np.intp]) -> str:
    low, high = int(positions[0]), int(positions[-1])
    return f"{low}" if low == high else f"{low} to {high}".replace("-", "−")


def factor(tex: str) -> str:
    return rf"({tex})\," if tex.startswith("-") else rf"{tex}\,"


def listing(terms: Sequence[str], joint: str) -> str:
    if len(terms) > SPELLED_OUT:
        terms = [*terms[:3], r"\cdots", terms[-1]]
    return signs(joint.join(terms))


def signs(tex: str) -> str:
    """A sum with its signs: 2 - 3 rather than 2 + -3."""
    return tex.replace("+ -", "- ")


def product(x: float, w: float) -> str:
    left, right = latex_number(x), latex_number(w)
    return f"{left} \\cdot " + (f"({right})" if right.startswith("-") else right)


def dot_product(
    name: str, patch: Floats, weights: Floats, sums: Floats, bias: float, value: float
) -> str:
    """h = sum of x W + b with the numbers of the patch: the products, then the channels' sums."""
    pairs = list(zip(patch.flat, weights.flat, strict=True))
    if len(pairs) > SPELLED_OUT:
        terms = [product(*pairs[0]), product(*pairs[1]), r"\cdots", product(*pairs[-1])]
    else:
        terms = [product(*pair) for pair in pairs]
    parts = [
        rf"{name} = \textstyle\sum_{{ijk}} x_{{ijk}}\,W_{{ijk}} + b",
        signs(" + ".join([*terms, latex_number(bias)])),
    ]
    if 1 < len(sums) <= CHANNELS_SPELLED_OUT:
        parts.append(signs(" + ".join([*map(latex_number, map(float, sums)), latex_number(bias)])))
    return " = ".join([*parts, latex_number(value)])


def those(n: int, word: str) -> str:
    return f"the one {word}" if n == 1 else f"the {plural(n, word)}"


def each(n: int, word: str) -> str:
    return f"the one {word}" if n == 1 else f"each of the {plural(n, word)}"
