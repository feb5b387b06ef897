"""Lessons 2 and 3: gradients through single gates, graphs and a neuron."""

from __future__ import annotations

from random import Random

from app.core.exercises.engine import Pass, passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong
from app.core.numbers import latex_number

OWN = "You multiplied by this input itself. A product gives each input the other one."
SIGN = "The sign is the other one."
ADDED = "The gradients of both uses add."


def whole(chance: Random, most: int = 6) -> int:
    """A number that is neither 0 nor 1, so that no two ways come to the same."""
    return chance.choice([n for n in range(-most, most + 1) if n not in (-1, 0, 1)])


def at(inputs: dict[str, float]) -> str:
    """Their values as formulas; a figure in a name is an index."""
    return ", ".join(
        f"${name[0]}{'_' + name[1:] if name[1:] else ''} = {latex_number(value)}$"
        for name, value in inputs.items()
    )


def gradient_of(found: Pass, name: str, *wrongs: tuple[float, str]) -> Blank:
    """A blank for the gradient of one node; each wrong answer is shown where its gradient comes."""
    back = found.back_to(name)
    told = tuple(Wrong(value, says, back) for value, says in wrongs)
    return Blank(f"gradient-{name}", f"Gradient of {name}", found.gradient(name), told)


def every_gradient(chance: Random) -> Drawn:
    """(x + y) z with fresh numbers, all of its gradients."""
    x, y, z = (whole(chance) for _ in range(3))
    q = x + y
    if q in (0, 1, -1, z, -z, x, y) or len({x, y, z}) < 3:
        raise Unfit
    inputs: dict[str, float] = {"x": x, "y": y, "z": z}
    found = passed("q = x + y\nf = q * z", inputs)
    passes = "A sum passes on what comes back to it, unchanged: its local gradient is 1."
    return Drawn(
        asks=f"$q = x + y$ and $f = q\\, z$ at {at(inputs)}. Go forward, and then back: what is "
        "the gradient of $f$ by each of these?",
        blanks=(
            gradient_of(found, "q", (q, OWN), (1, "That is the gradient of f by itself.")),
            gradient_of(found, "z", (z, OWN), (f := q * z, "That is f itself."), (-q, SIGN)),
            gradient_of(
                found,
                "x",
                (1, "That is the local gradient. Multiply it by what comes back to the sum."),
                (x * z, "x does not count here: a sum's local gradient is 1 whatever x is."),
                (y, f"{passes} Only a product gives the other input."),
                (y * z, f"{passes} Only a product gives the other input."),
            ),
            gradient_of(
                found,
                "y",
                (1, "That is the local gradient. Multiply it by what comes back to the sum."),
                (y * z, "y does not count here: a sum's local gradient is 1 whatever y is."),
                (x, f"{passes} Only a product gives the other input."),
                (x * z, f"{passes} Only a product gives the other input."),
            ),
        ),
        hints=(
            f"Forward first: $q = {q}$, $f = {f}$.",
            "Start at the end: the gradient of $f$ by itself is 1. The product gives $q$ and $z$ "
            "the other one.",
            f"What comes back to the sum is {z}. A sum gives it to both.",
        ),
        why=f"$\\partial f / \\partial q = z = {z}$, $\\partial f / \\partial z = q = {q}$, and "
        f"the sum gives ${z} \\cdot 1 = {z}$ to both.",
        link=found.forward(),
        given={"expression": "q = x + y\nf = q * z", "inputs": inputs},
        picture=found.picture(),
    )


def one_gate(chance: Random) -> Drawn:
    """Upstream times local, at a product."""
    x, y, g = whole(chance), whole(chance), whole(chance)
    if len({abs(x), abs(y), abs(g)}) < 3:
        raise Unfit
    inputs: dict[str, float] = {"x": x, "y": y, "g": g}
    found = passed("p = x * y\nf = g * p", inputs)
    return Drawn(
        asks=f"A product $p = x\\, y$ has $x = {x}$ and $y = {y}$. The upstream gradient that "
        f"comes back to it is ${g}$. What goes downstream to $x$?",
        blanks=(
            gradient_of(
                found,
                "x",
                (g * x, OWN),
                (y, "That is the local gradient only. Multiply it by the upstream one."),
                (g, "That is the upstream gradient only. Multiply it by the local one."),
                (g + y, "Upstream and local gradient are multiplied, not added."),
                (g * x * y, "You multiplied by the gate's value. The local gradient is y alone."),
                (-g * y, SIGN),
            ),
        ),
        hints=(
            "Downstream is upstream times local.",
            "The local gradient of a product by one input is the other input.",
            f"Here the local gradient is {y}.",
        ),
        why=f"${g} \\cdot ({y}) = {g * y}$",
        link=found.back_to("x"),
        given={"expression": "p = x * y\nf = g * p", "inputs": inputs},
        picture=found.picture(),
    )


def used_twice(chance: Random) -> Drawn:
    """x goes two ways to the output."""
    x, y, c = whole(chance), whole(chance), whole(chance)
    inputs: dict[str, float] = {"x": x, "y": y, "c": c}
    text = "a = x * y\nb = x + c\nf = a * b"
    found = passed(text, inputs)
    first, second = (x + c) * y, x * y
    if 0 in (first, second, first + second) or first == second:
        raise Unfit
    return Drawn(
        asks=f"$a = x\\, y$, $b = x + c$ and $f = a\\, b$ at {at(inputs)}. What is the gradient of "
        "$f$ by $x$?",
        blanks=(
            gradient_of(
                found,
                "x",
                (first, f"That is what comes back by a alone. {ADDED}"),
                (second, f"That is what comes back by b alone. {ADDED}"),
                (first * second, "The gradients of both uses add; they are not multiplied."),
                (first - second, "The gradients of both uses add, with a plus."),
            ),
        ),
        hints=(
            "$x$ is used twice, so its gradient comes back by two ways.",
            "By $a$: $b$ times $y$. By $b$: $a$ times 1.",
            f"The two are {first} and {second}.",
        ),
        why=f"$b \\cdot y + a \\cdot 1 = {first} + ({second}) = {first + second}$",
        link=found.back_to("x"),
        given={"expression": text, "inputs": inputs},
        picture=found.picture(),
    )


def larger_wins(chance: Random) -> Drawn:
    """A max gate and a product behind it."""
    x, y, z = whole(chance), whole(chance), whole(chance)
    if abs(x - y) < 2 or z in (x, y):
        raise Unfit
    inputs: dict[str, float] = {"x": x, "y": y, "z": z}
    text = "m = max(x, y)\nf = m * z"
    found = passed(text, inputs)
    x_wins = x > y
    loses = "It is the smaller one: a max gives it nothing, since it does not matter to the value."
    wins = "It is the larger one: a max gives it all of the gradient."

    def blank(name: str, value: int, won: bool) -> Blank:
        if won:
            return gradient_of(
                found,
                name,
                (0, wins),
                (z / 2, "A max does not share: the larger one gets all of it."),
                (1, "That is the local gradient. Multiply it by what comes back to the max."),
                (value * z, "Its local gradient is 1, not its value."),
            )
        return gradient_of(found, name, (z, loses), (z / 2, loses), (value * z, loses), (1, loses))

    return Drawn(
        asks=f"$m = \\max(x, y)$ and $f = m\\, z$ at {at(inputs)}. What are the gradients of $f$ "
        "by $x$ and by $y$?",
        blanks=(blank("x", x, x_wins), blank("y", y, not x_wins)),
        hints=(
            "Which of the two is the larger?",
            "The larger one gets all of what comes back, the smaller one nothing.",
            f"What comes back to the max is z, {z}.",
        ),
        why=f"${max(x, y)}$ is the larger: it gets ${z}$, and the other gets 0.",
        link=found.back_to("x" if x_wins else "y"),
        given={"expression": text, "inputs": inputs},
        picture=found.picture(),
    )


def neuron(chance: Random) -> Drawn:
    """The sigmoid neuron, the gradient by a weight."""
    w0, w1, w2, x0, x1 = (round(chance.uniform(-2, 2), 1) for _ in range(5))
    inputs = {"w0": w0, "w1": w1, "w2": w2, "x0": x0, "x1": x1}
    text = "f = sigmoid(w0 * x0 + w1 * x1 + w2)"
    found = passed(text, inputs)
    out = found.value("f")
    local = out * (1 - out)
    if not 0.15 < out < 0.85 or min(abs(x0), abs(w0)) < 0.6 or abs(x0 - w0) < 0.3:
        raise Unfit
    return Drawn(
        asks=f"A neuron $f = \\sigma(w_0 x_0 + w_1 x_1 + w_2)$ has {at(inputs)}. What is the "
        "gradient of $f$ by $w_0$?",
        blanks=(
            gradient_of(
                found,
                "w0",
                (local, "That is what comes back to the sum. The product gives w0 that times x0."),
                (local * w0, OWN),
                (x0, "That is the local gradient of the product. The sigmoid's is missing."),
                (out * x0, "You took σ for its derivative, which is σ (1 − σ)."),
                ((1 - out) * x0, "The derivative of σ is σ (1 − σ), not 1 − σ."),
                (-local * x0, SIGN),
            ),
        ),
        hints=(
            "Forward first: the sum, and its sigmoid.",
            r"Through the sigmoid comes $\sigma (1 - \sigma)$, and the sums pass it on.",
            f"$\\sigma = {latex_number(out)}$, so ${latex_number(local)}$ comes back to the "
            "product $w_0 x_0$.",
        ),
        why=rf"$\sigma (1 - \sigma)\, x_0 = {latex_number(local)} \cdot ({latex_number(x0)}) = "
        f"{latex_number(found.gradient('w0'))}$",
        link=found.back_to("w0"),
        given={"expression": text, "inputs": inputs},
    )


# The gate, its derivative, and other functions that people take for it.
LOCALS = (
    ("1 / x", r"1 / x", "-1 / x ** 2", (("1 / x ** 2", "The minus is missing."),
     ("log(x)", "That is its integral."), ("-1 / x", "The exponent goes down by 1, to −2."))),
    ("exp(x)", "e^x", "exp(x)", (("x * exp(x - 1)", "That is the rule for a power of x; here x "
     "is the exponent."), ("1", "Its derivative is itself."))),
    ("sigmoid(x)", r"\sigma(x)", "sigmoid(x) * (1 - sigmoid(x))", (
     ("1 - sigmoid(x)", "The factor σ is missing."), ("sigmoid(x)", "The factor 1 − σ is missing."),
     ("sigmoid(x) * (1 + sigmoid(x))", "It is 1 − σ."))),
    ("tanh(x)", r"\tanh(x)", "1 - tanh(x) ** 2", (("1 - tanh(x)", "The square is missing."),
     ("tanh(x) * (1 - tanh(x))", "That is the sigmoid's rule."))),
    ("sqrt(x)", r"\sqrt{x}", "1 / (2 * sqrt(x))", (("1 / sqrt(x)", "The factor 1/2 is missing."),
     ("sqrt(x) / 2", "The exponent goes down by 1, to −1/2."))),
    ("log(x)", r"\ln x", "1 / x", (("exp(x)", "That is its inverse function."),
     ("-1 / x ** 2", "That is the derivative of 1/x."))),
)  # fmt: skip


def local_gradient(chance: Random) -> Drawn:
    """The derivative of a gate, as a formula."""
    gate, latex, derivative, others = chance.choice(LOCALS)
    factor = chance.randint(2, 9)
    wrongs = [(f"{factor} * ({wrong})", says) for wrong, says in others]
    text = f"f = {factor} * ({gate})"
    found = passed(text, {"x": 1.5})
    back = found.back_to("x")
    return Drawn(
        asks=f"$f(x) = {factor} \\cdot {latex}$. What is its derivative by $x$? Write it as you "
        "would type it: `*` for times, `**` for a power, `sqrt(x)`, `exp(x)`, `log(x)`, "
        "`sigmoid(x)`, `tanh(x)`.",
        blanks=(
            Blank(
                "derivative",
                "Derivative by x",
                f"{factor} * ({derivative})",
                (
                    *(Wrong(wrong, says, back) for wrong, says in wrongs),
                    Wrong(derivative, f"The factor {factor} stays where it is.", back),
                ),
                form="formula",
                variables=("x",),
            ),
        ),
        hints=(
            "A factor in front stays in front.",
            f"What is the derivative of ${latex}$ alone?",
            f"At $x = 1.5$ it comes to ${latex_number(found.gradient('x'))}$. Does yours?",
        ),
        why=f"`{factor} * ({derivative})`",
        link=back,
        given={"expression": text},
    )


KINDS = (
    Kind("every-gradient", "Every gradient of (x + y) z", "chain-rule", every_gradient),
    Kind("one-gate", "Upstream times local", "chain-rule", one_gate),
    Kind("used-twice", "A value used twice", "junctions", used_twice),
    Kind("larger-wins", "Back through a max", "junctions", larger_wins),
    Kind("neuron", "The sigmoid neuron", "junctions", neuron),
    Kind("local-gradient", "A gate's own derivative", "junctions", local_gradient),
)
