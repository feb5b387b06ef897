"""Lesson 4: vectors, matrices, and batch norm."""

from __future__ import annotations

from random import Random

import numpy as np

from app.core.exercises.engine import passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong, shown
from app.core.numbers import format_number, latex_number, sizes


def whole(chance: Random, *shape: int) -> list[float]:
    """Small whole numbers, none of them 0, as a flat list."""
    count = int(np.prod(shape))
    return [chance.choice([-3, -2, -1, 1, 2, 3, 4]) for _ in range(count)]


def gradient_shape(chance: Random) -> Drawn:
    """The gradient by a tensor has its shape."""
    m, n, k = chance.sample(range(2, 8), 3)
    of = chance.choice(["W", "X"])
    right, other = ((m, n), (n, k)) if of == "W" else ((n, k), (m, n))
    ones = {"W": np.ones((m, n)).tolist(), "X": np.ones((n, k)).tolist()}
    found = passed("Q = W @ X\nL = sum(Q ** 2)", ones)
    back = found.back_to(of)
    assert np.shape(found.gradient(of)) == right
    return Drawn(
        asks=f"$Q = W X$, where $W$ is {m} × {n} and $X$ is {n} × {k}, and the loss $L$ is a "
        f"single number made of $Q$. Which shape has the gradient of $L$ by ${of}$?",
        blanks=(
            Blank(
                "shape",
                f"Shape of the gradient by {of}",
                right,
                (
                    Wrong(right[::-1], f"That is {of} turned on its side.", back),
                    Wrong((m, k), f"That is the shape of Q and of its gradient, not of {of}'s."),
                    Wrong(other, "That is the shape of the other factor.", back),
                    Wrong((1,), "L is one number, but every entry has a gradient of its own."),
                    Wrong((m * n, n * k), "Nothing is stretched out: think of one entry."),
                ),
                form="shape",
            ),
        ),
        hints=(
            f"Each entry of ${of}$ has one number that says how $L$ changes with it.",
            "So the gradient by a tensor has the shape of that tensor.",
            f"${of}$ is {sizes(right)}.",
        ),
        why=f"One number for each entry of ${of}$: {sizes(right)}.",
        link=back,
        given={"W": [m, n], "X": [n, k], "of": of},
    )


def outer_product(chance: Random) -> Drawn:
    """All of W's gradient for q = W x, from what comes back to q."""
    g, x = whole(chance, 2), whole(chance, 3)
    if abs(g[0]) == abs(g[1]) or len({*x}) < 3:
        raise Unfit
    W = np.array(whole(chance, 2, 3)).reshape(2, 3).tolist()
    found = passed("q = W @ x\nf = sum(g * q)", {"W": W, "x": x, "g": g})
    right = found.gradient("W")
    back = found.back_to("W")
    return Drawn(
        asks="$q = W x$, where $W$ is 2 × 3. This gradient comes back to $q$. What is the gradient "
        "of $W$?",
        blanks=(
            Blank(
                "gradient",
                "Gradient of W",
                right,
                (
                    Wrong(
                        np.transpose(right).tolist(),
                        "That is it on its side: the gradient of W is as W is, 2 × 3.",
                        back,
                    ),
                    Wrong([x, x], "The upstream gradient is missing in each row.", back),
                    Wrong((-np.array(right)).tolist(), "The sign is the other one.", back),
                    Wrong(
                        (np.array(W) * np.array(g)[:, None]).tolist(),
                        "You multiplied by W itself. A product gives W the other one, x.",
                        back,
                    ),
                ),
                form="grid",
                arithmetic=[
                    [
                        f"{format_number(one)} × {format_number(other)} = "
                        f"{format_number(one * other)}"
                        for other in x
                    ]
                    for one in g
                ],
            ),
        ),
        hints=(
            "The gradient of $W$ is 2 × 3, as $W$ is.",
            "$W_{ij}$ multiplies $x_j$ and goes into $q_i$.",
            "So its gradient is $g_i\\, x_j$: a column times a row.",
        ),
        why="$g\\, x^T$: each row is $x$, times that row's number of $g$.",
        link=back,
        given={"W": W, "x": x, "g": g},
        grids=(("x", [x]), ("upstream gradient g", [g]), ("W", W)),
    )


def through_a_sum(chance: Random) -> Drawn:
    """The gradient of a bias that is added to every row."""
    n = chance.randint(2, 4)
    G = np.array(whole(chance, n, 3)).reshape(n, 3)
    X = np.array(whole(chance, n, 3)).reshape(n, 3).tolist()
    j = chance.randrange(3)
    if 0 in G.sum(axis=0) or len({*G.sum(axis=0).tolist()}) < 3:
        raise Unfit
    found = passed("Y = X + b\nf = sum(G * Y)", {"X": X, "b": [1, 1, 1], "G": G.tolist()})
    right = found.gradient("b")[j]
    back = found.back_to("b")
    return Drawn(
        asks=f"A bias $b$ of three numbers is added to each of the {n} rows of $X$. This gradient "
        f"comes back to the result. What is the gradient of number {j + 1} of $b$?",
        blanks=(
            Blank(
                "gradient",
                f"Gradient of number {j + 1} of b",
                right,
                (
                    Wrong(
                        int(G[0, j]),
                        "That is what one row gives. The bias is used in every row, and uses add.",
                        back,
                    ),
                    Wrong(right / n, "Uses add; no mean is taken.", back),
                    Wrong(
                        int(G.sum()),
                        "That is everything. Each number of b was added to its own column only.",
                        back,
                    ),
                    *(Wrong(int(row.sum()), "You added along a row; b's number is in each row, so "
                            "add down a column.", back) for row in G),
                    Wrong(n, "What comes back is not 1 everywhere."),
                ),
            ),
        ),
        hints=(
            "Number j of b was copied to each row.",
            "Used several times means that gradients add.",
            f"Add down column {j + 1}.",
        ),
        why=f"Down column {j + 1}: ${' + '.join(f'({value})' for value in G[:, j])} = {right}$",
        link=back,
        given={"G": G.tolist(), "column": j},
        grids=(("the gradient that comes back", G.tolist()),),
    )  # fmt: skip


def normalised(chance: Random) -> Drawn:
    """One number after batch norm."""
    x = [chance.randint(-4, 9) for _ in range(4)]
    mean, deviation = float(np.mean(x)), float(np.std(x))
    i = chance.randrange(4)
    if deviation < 1.2 or abs(x[i] - mean) < 0.5:
        raise Unfit
    text = "mu = mean(x)\nvar = mean((x - mu) ** 2)\nxhat = (x - mu) / sqrt(var)\nL = sum(xhat)"
    found = passed(text, {"x": x})
    right = found.value("xhat")[i]
    there = found.forward()
    return Drawn(
        asks=f"A batch of four samples has the values {', '.join(f'${n}$' for n in x)}. Batch norm "
        f"takes off the mean and divides by the spread (leave out $\\epsilon$). What does sample "
        f"{i + 1} become?",
        blanks=(
            Blank(
                "value",
                f"Sample {i + 1} after it",
                right,
                (
                    Wrong((x[i] - mean) / deviation**2, "You divided by the variance. It is its "
                          "square root.", there),
                    Wrong((x[i] - mean) / float(np.std(x, ddof=1)), "You divided the variance by "
                          "n − 1. Batch norm divides by n while it normalises.", there),
                    Wrong(x[i] - mean, "The mean is off; the division by the spread is missing.",
                          there),
                    Wrong(x[i] / deviation, "The mean was not taken off first.", there),
                    Wrong(-right, "The sign: it is the value less the mean.", there),
                ),
            ),
        ),
        hints=(
            f"The mean is {format_number(mean)}.",
            "The variance is the mean of the squared distances from it.",
            f"The variance is {format_number(deviation**2)}; divide by its square root.",
        ),
        why=rf"$\frac{{{x[i]} - ({latex_number(mean)})}}{{\sqrt{{{latex_number(deviation**2)}}}}} "
        rf"= {latex_number(right)}$",
        link=there,
        given={"x": x, "sample": i},
    )  # fmt: skip


def which_product(chance: Random) -> Drawn:
    """Which product of matrices is the gradient of X."""
    m, n, k = chance.sample(range(2, 7), 3)
    choices = ["Wᵀ G", "G Wᵀ", "W G", "G W"]
    right = "Wᵀ G"
    chance.shuffle(choices)
    fits = "The shapes do not even fit"
    link = shown(
        "expression",
        {
            "expression": "Q = W @ X\nL = sum(Q ** 2)",
            "inputs": {"W": np.ones((m, n)).tolist(), "X": np.ones((n, k)).tolist()},
        },
    )
    told = {
        "G Wᵀ": f"{fits}: G is {m} × {k} and Wᵀ is {n} × {m}.",
        "W G": f"{fits}: W is {m} × {n} and G is {m} × {k}. Turn W on its side.",
        "G W": f"{fits}: G is {m} × {k} and W is {m} × {n}.",
    }
    return Drawn(
        asks=f"$Q = W X$, where $W$ is {m} × {n} and $X$ is {n} × {k}. The gradient $G$ comes back "
        "to $Q$. What is the gradient of $X$?",
        blanks=(
            Blank(
                "product",
                "Gradient of X",
                right,
                tuple(Wrong(value, says, link) for value, says in told.items()),
                form="choice",
                choices=tuple(choices),
            ),
        ),
        hints=(
            f"The gradient of $X$ is {n} × {k}.",
            f"$G$ is {m} × {k}.",
            f"Something {n} × {m} times something {m} × {k} is {n} × {k}.",
        ),
        why=f"$W^T G$: {n} × {m} times {m} × {k} is {n} × {k}.",
        link=link,
        given={"W": [m, n], "X": [n, k]},
    )


KINDS = (
    Kind("gradient-shape", "The shape of a gradient", "vectors", gradient_shape),
    Kind("outer-product", "The gradient of W, all of it", "vectors", outer_product),
    Kind("which-product", "Which product is it", "vectors", which_product),
    Kind("through-a-sum", "The gradient of a bias", "vectors", through_a_sum),
    Kind("normalised", "Batch norm by hand", "vectors", normalised),
)
