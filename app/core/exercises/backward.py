"""Lesson 7: the three gradients of a convolution."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from app.core.exercises.engine import Slid, slid
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong
from app.core.numbers import format_number

SIDE, KERNEL = 3, 2
OUT = SIDE - KERNEL + 1


def small(chance: Random) -> tuple[Slid, Any, Any, Any]:
    """A filter of 2 x 2 on 3 x 3 with a gradient for each of four outputs: the layer, the input,
    the filter and what comes back, as arrays."""
    x = np.array([[chance.randint(0, 4) for _ in range(SIDE)] for _ in range(SIDE)])
    w = np.array([[chance.choice([-2, -1, 1, 2, 3]) for _ in range(2)] for _ in range(2)])
    g = np.array([[chance.choice([-2, -1, 1, 2, 3]) for _ in range(2)] for _ in range(2)])
    found = slid(
        input=[x.tolist()],
        weights=[[w.tolist()]],
        kernel_size=KERNEL,
        filters=1,
        upstream=[g.tolist()],
    )
    return found, x, w, g


def tables(x: Any, w: Any, g: Any) -> tuple[tuple[str, Any], ...]:
    return (
        ("the input", x.tolist()),
        ("the filter", w.tolist()),
        ("the gradient that comes back", g.tolist()),
    )


def sums(w: Any, g: Any, row: int, column: int) -> list[tuple[int, int]]:
    """For a pixel: each gradient that reaches it with the weight that lay on it there."""
    return [
        (int(g[i, j]), int(w[row - i, column - j]))
        for i in range(OUT)
        for j in range(OUT)
        if 0 <= row - i < KERNEL and 0 <= column - j < KERNEL
    ]


def told(terms: list[tuple[int, int]]) -> str:
    total = sum(one * other for one, other in terms)
    text = " + ".join(f"{format_number(one)} × ({format_number(other)})" for one, other in terms)
    return f"{text} = {format_number(total)}"


def middle_pixel(chance: Random) -> Drawn:
    """The pixel under all four windows."""
    found, x, w, g = small(chance)
    right = found.to_input[1][1]
    same_way = int((g * w).sum())
    if right == 0 or same_way == right:
        raise Unfit
    link = found.backward()
    return Drawn(
        asks="A filter of 2 × 2 slides over 3 × 3 pixels, and a gradient comes back to each of the "
        "four outputs. What is the gradient of the pixel in the middle?",
        blanks=(
            Blank(
                "gradient",
                "Gradient of the middle pixel",
                right,
                (
                    Wrong(
                        same_way,
                        "The filter has to be turned by half a turn: under the first window the "
                        "middle pixel has the last weight on it.",
                        link,
                    ),
                    *(
                        Wrong(
                            int(g[i, j] * w[1 - i, 1 - j]),
                            "That is one window's share. The pixel lies under all four, and their "
                            "shares add.",
                            found.backward(2 * i + j),
                        )
                        for i in range(2)
                        for j in range(2)
                    ),
                    Wrong(
                        int(w.sum()),
                        "You took 1 for each gradient that comes back.",
                        link,
                    ),
                    Wrong(
                        int(g.sum() * x[1, 1]),
                        "A product gives the pixel the weight, not the pixel itself.",
                        link,
                    ),
                ),
            ),
        ),
        hints=(
            "The pixel in the middle lies under all four windows.",
            "Each of them gives it: its gradient, times the weight that lay on the pixel there.",
            f"The window at the top left gives {g[0, 0]} × ({w[1, 1]}).",
        ),
        why=told(sums(w, g, 1, 1)),
        link=link,
        given={"input": x.tolist(), "weights": w.tolist(), "upstream": g.tolist()},
        grids=tables(x, w, g),
    )


def one_weight(chance: Random) -> Drawn:
    """The gradient of one weight."""
    found, x, w, g = small(chance)
    a, b = chance.randrange(2), chance.randrange(2)
    right = found.to_weights[a][b]
    patch = x[a : a + 2, b : b + 2]
    if np.count_nonzero(patch) < 3 or right == 0:
        raise Unfit
    link = found.backward()
    terms = [(int(g[i, j]), int(patch[i, j])) for i in range(2) for j in range(2)]
    place = f"row {a + 1}, column {b + 1}"
    return Drawn(
        asks="A filter of 2 × 2 slides over 3 × 3 pixels, and a gradient comes back to each of the "
        f"four outputs. What is the gradient of the weight in {place} of the filter?",
        blanks=(
            Blank(
                "gradient",
                f"Gradient of the weight in {place}",
                right,
                (
                    *(
                        Wrong(
                            one * other,
                            "That is one place's share. The weight is used at all four, and uses "
                            "add.",
                            found.backward(place),
                        )
                        for place, (one, other) in enumerate(terms)
                    ),
                    Wrong(
                        int((g * patch[::-1, ::-1]).sum()),
                        "Nothing is turned here: the gradient of the first output goes with the "
                        "first pixel.",
                        link,
                    ),
                    Wrong(
                        int(g.sum() * w[a, b]),
                        "A product gives the weight the pixel, not the weight itself.",
                        link,
                    ),
                    Wrong(int(patch.sum()), "You took 1 for each gradient that comes back.", link),
                    *(
                        Wrong(
                            value,
                            "That is another weight's gradient: look which pixels this one lies "
                            "on.",
                            link,
                        )
                        for row in found.to_weights
                        for value in row
                    ),
                ),
            ),
        ),
        hints=(
            "Which pixel does this weight lie on, at each of the four places?",
            "Each place gives: its gradient, times that pixel.",
            f"The first place gives {terms[0][0]} × {terms[0][1]}.",
        ),
        why=told(terms),
        link=link,
        given={
            "input": x.tolist(),
            "weights": w.tolist(),
            "upstream": g.tolist(),
            "weight": [a, b],
        },
        grids=tables(x, w, g),
    )


def bias(chance: Random) -> Drawn:
    """The gradient of the bias."""
    found, x, w, g = small(chance)
    gradients = found.answer["gradients"]["bias"]
    assert gradients
    right, link = gradients[0], found.backward()
    if right in (0, 1, 4):
        raise Unfit
    return Drawn(
        asks="A filter of 2 × 2 slides over 3 × 3 pixels, and a gradient comes back to each of the "
        "four outputs. What is the gradient of the bias?",
        blanks=(
            Blank(
                "gradient",
                "Gradient of the bias",
                right,
                (
                    Wrong(1, "That is the bias's local gradient, at one place.", link),
                    Wrong(4, "It is 4 where a gradient of 1 comes back to each.", link),
                    Wrong(
                        int(g[0, 0]),
                        "That is the first place's share. The bias is used at all four.",
                        found.backward(0),
                    ),
                    Wrong(float(g.mean()), "Uses add; no mean is taken.", link),
                    Wrong(int((g * w).sum()), "The bias meets no weight: it is only added.", link),
                ),
            ),
        ),
        hints=(
            "The bias is added at each of the four places.",
            "Its local gradient there is 1.",
            "So its gradient is the sum of what comes back.",
        ),
        why=f"{' + '.join(f'({value})' for value in g.flatten())} = {right}",
        link=link,
        given={"upstream": g.tolist()},
        grids=tables(x, w, g),
    )


def whole_input(chance: Random) -> Drawn:
    """All of the input's gradient: a student's own array can be pasted."""
    found, x, w, g = small(chance)
    right, link = found.to_input, found.backward()
    flat = np.zeros((SIDE, SIDE), int)
    last = np.zeros((SIDE, SIDE), int)
    for i in range(OUT):
        for j in range(OUT):
            flat[i : i + KERNEL, j : j + KERNEL] += g[i, j] * w[::-1, ::-1]
            last[i : i + KERNEL, j : j + KERNEL] = g[i, j] * w
    ones = np.zeros((SIDE, SIDE), int)
    for i in range(OUT):
        for j in range(OUT):
            ones[i : i + KERNEL, j : j + KERNEL] += w
    valid = np.array([[int((g * w[::-1, ::-1]).sum())]])
    return Drawn(
        asks="A filter of 2 × 2 slides over 3 × 3 pixels, and a gradient comes back to each of the "
        "four outputs. Write the gradient of the whole input, a row a line, or paste what your "
        "code gives.",
        blanks=(
            Blank(
                "gradient",
                "Gradient of the input",
                right,
                (
                    Wrong(
                        flat.tolist(),
                        "The filter lies the wrong way round: each output gives its patch the "
                        "filter as it is. (Only seen from a pixel it is turned.)",
                        link,
                    ),
                    Wrong(
                        last.tolist(),
                        "You wrote over what was there. Where windows overlap, the shares add: +=, "
                        "not =.",
                        link,
                    ),
                    Wrong(
                        ones.tolist(),
                        "You took 1 for each gradient that comes back.",
                        link,
                    ),
                    Wrong(
                        valid.tolist(),
                        "This is a convolution without padding. Going back, the gradient is padded "
                        "first, so that it comes out as large as the input.",
                        link,
                    ),
                    Wrong(np.transpose(right).tolist(), "That is it on its side.", link),
                ),
                form="grid",
                arithmetic=[
                    [told(sums(w, g, row, column)) for column in range(SIDE)] for row in range(SIDE)
                ],
            ),
        ),
        hints=(
            "Begin with 3 × 3 zeros.",
            "Each output adds to its patch: its gradient, times the filter.",
            "A corner lies under one window, an edge under two, the middle under four.",
        ),
        why="Each output added its gradient times the filter to its patch.",
        link=link,
        given={"input": x.tolist(), "weights": w.tolist(), "upstream": g.tolist()},
        grids=tables(x, w, g),
    )


KINDS = (
    Kind("middle-pixel", "The gradient of a pixel", "backward", middle_pixel),
    Kind("one-weight", "The gradient of a weight", "backward", one_weight),
    Kind("bias-gradient", "The gradient of the bias", "backward", bias),
    Kind("input-gradient", "The gradient of the whole input", "backward", whole_input),
)
