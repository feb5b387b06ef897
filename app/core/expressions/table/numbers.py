"""Rows that work on one number at a time: arithmetic and functions."""

import math
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.core.expressions import arrays
from app.core.expressions.op import Op, infix


def scalar_relu(x: float) -> float:
    """max(0, x), keeping NaN out of the comparison's way."""
    return x if x > 0 else 0.0


def scalar_sigmoid(x: float) -> float:
    """1 / (1 + e^-x) without overflow on either side."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    small = math.exp(x)
    return small / (1.0 + small)


def numbers() -> Iterator[Op]:
    """Arithmetic, then functions."""
    array: Any  # the numpy side of a row in the loops below
    # Arithmetic
    yield infix(
        "+", 10, "{a:10} + {b:11}", np.add,
        "An add gate distributes: both operands get the upstream gradient unchanged.",
        "f = x + y", names=("add",), scalar=operator.add, local={"a": "1", "b": "1"},
    )  # fmt: skip
    yield infix(
        "-", 10, "{a:10} - {b:11}", np.subtract,
        "The first operand gets the upstream gradient, the second gets it negated.",
        "f = x - y", names=("subtract", "sub"), scalar=operator.sub, local={"a": "1", "b": "-1"},
    )  # fmt: skip
    yield infix(
        "*", 20, r"{a:20} \cdot {b:21}", np.multiply,
        "A multiply gate switches: each operand's gradient is upstream times the other operand.",
        "f = x * y", names=("multiply", "mul"), scalar=operator.mul, local={"a": "b", "b": "a"},
    )  # fmt: skip
    yield infix(
        "/", 20, r"\frac{{a:0}}{{b:0}}", np.divide,
        "The numerator's gradient is divided by b; the denominator's is −a / b² times upstream.",
        "f = x / y", names=("divide", "div", "true_divide"),
        scalar=operator.truediv, local={"a": "1 / b", "b": "-(out / b)"},
    )  # fmt: skip
    yield Op(
        "**", ("a", "b"), np.power,
        "The base gets b aᵇ⁻¹; the exponent gets aᵇ log(a), which does not exist for a < 0.",
        "f = x ** 3", names=("pow", "power"),
        category="arithmetic", scalar=math.pow, precedence=40, symbol="^",
        text="{a:41} ** {b:30}", latex="{a:41}^{{b:0}}",
        local={"a": "where(b == 0, 0, b * a ** (b - 1))",
               "b": "where(a == 0, 0, out * log(a))"},
    )  # fmt: skip
    yield infix(
        "@", 20, r"{a:20}\,{b:21}", np.matmul,
        "Each operand's gradient is upstream times the other one transposed, so shapes always fit.",
        "s = [[1, 2], [3, 4]] @ (x * [1, 2])", names=("matmul", "mm", "mv", "bmm"),
        category="linear algebra", as_matrices=True,
        downstream={"a": "upstream @ transpose(b)", "b": "transpose(a) @ upstream"},
    )  # fmt: skip
    yield Op(
        "neg", ("x",), np.negative, "Multiplying by −1 flips the sign of the gradient.",
        "f = -x", names=("negative",), category="arithmetic", scalar=operator.neg, symbol="*-1",
        text="-{x:30}", latex="-{x:20}", precedence=10, local={"x": "-1"},
    )  # fmt: skip
    yield Op(
        "reciprocal", ("x",), np.reciprocal,
        "The gradient is divided by x squared and negated; it explodes near 0.",
        "f = 1 / x", category="arithmetic", scalar=lambda x: 1.0 / x, symbol="1/x",
        text="1 / {x:21}", latex=r"\frac{1}{{x:0}}", precedence=20,
        local={"x": "-(1 / x ** 2)"},
    )  # fmt: skip
    yield Op(
        "square", ("x",), np.square, "The gradient is scaled by 2x: large values pull harder.",
        "f = square(x)", category="arithmetic", scalar=lambda x: x * x, symbol="x²",
        latex="{x:41}^{2}", precedence=40, local={"x": "2 * x"},
    )  # fmt: skip

    # Elementwise functions
    yield Op(
        "exp", ("x",), np.exp, "Its local gradient is its own value, so it grows with x.",
        "f = exp(x)", scalar=math.exp, latex="e^{{x:0}}", precedence=35, local={"x": "out"},
    )  # fmt: skip
    yield Op(
        "log", ("x",), np.log,
        "The natural logarithm: the gradient is divided by x; it needs x > 0.",
        "f = log(x ** 2)", names=("ln", "log_e"),
        scalar=math.log, latex=r"\log({x:0})", local={"x": "1 / x"},
    )  # fmt: skip
    yield Op(
        "sqrt", ("x",), np.sqrt, "Steep near 0: at 0 itself the gradient does not exist.",
        "f = sqrt(x ** 2)", names=("root",), scalar=math.sqrt, latex=r"\sqrt{{x:0}}", symbol="√",
        local={"x": "1 / (2 * out)"},
    )  # fmt: skip
    for name, scalar, array, rule, says in (
        ("sin", math.sin, np.sin, "cos(x)", "The gradient is scaled by the cosine: 0 at a crest."),
        ("cos", math.cos, np.cos, "-sin(x)", "The gradient is scaled by minus the sine."),
        ("tan", math.tan, np.tan, "1 + out ** 2", "The gradient never shrinks: 1 + tan squared."),
        ("sinh", math.sinh, np.sinh, "cosh(x)", "The gradient is scaled by cosh: at least 1."),
        ("cosh", math.cosh, np.cosh, "sinh(x)", "The gradient is scaled by sinh: 0 at the dip."),
    ):
        yield Op(
            name, ("x",), array, says, f"f = {name}(x)", scalar=scalar,
            latex=rf"\{name}({{x:0}})", local={"x": rule},
        )  # fmt: skip
    for name, scalar, array, rule, says, at in (
        ("sin", math.asin, np.arcsin, "1 / sqrt((1 - x) * (1 + x))",
         "From −1 to 1; at both ends it is upright, and the gradient does not exist.", "x / 4"),
        ("cos", math.acos, np.arccos, "-(1 / sqrt((1 - x) * (1 + x)))",
         "From −1 to 1; at both ends it is upright, and the gradient does not exist.", "x / 4"),
        ("tan", math.atan, np.arctan, "1 / (1 + x ** 2)",
         "It saturates, but slowly: far out the gradient falls with x squared.", "x"),
        ("sinh", math.asinh, np.arcsinh, "1 / sqrt(x ** 2 + 1)",
         "Far out it is a logarithm, and takes both signs.", "x"),
        ("cosh", math.acosh, np.arccosh, "1 / sqrt((x - 1) * (x + 1))",
         "From 1 up; at 1 itself the gradient does not exist.", "2 * x"),
        ("tanh", math.atanh, np.arctanh, "1 / ((1 - x) * (1 + x))",
         "Between −1 and 1: it undoes tanh, and the gradient grows towards both ends.", "x / 4"),
    ):  # fmt: skip
        yield Op(
            f"arc{name}", ("x",), array, says, f"f = arc{name}({at})", scalar=scalar,
            names=(f"a{name}", f"ar{name}") if name.endswith("h") else (f"a{name}",),
            latex=rf"\operatorname{{arc{name}}}({{x:0}})", local={"x": rule},
        )  # fmt: skip
    yield Op(
        "arctan2", ("a", "b"), np.arctan2,
        "The angle of the point (b, a): the gradient turns it, and falls with the distance; at the "
        "origin, where there is no angle, it is 0, as in PyTorch.",
        "f = arctan2(x, y)", scalar=math.atan2, names=("atan2",),
        latex=r"\operatorname{arctan2}({a:0}, {b:0})",
        local={"a": "where(a ** 2 + b ** 2 == 0, 0, b / (a ** 2 + b ** 2))",
               "b": "where(a ** 2 + b ** 2 == 0, 0, -(a / (a ** 2 + b ** 2)))"},
    )  # fmt: skip
    for base, scalar, array in ((2, math.log2, np.log2), (10, math.log10, np.log10)):
        yield Op(
            f"log{base}", ("x",), array,
            f"The logarithm to base {base}: the gradient is divided by x and by log({base}).",
            f"f = log{base}(x ** 2)", scalar=scalar,
            names=(f"log_{base}", {2: "log₂", 10: "log₁₀"}[base]),
            latex=rf"\log_{{{base}}}({{x:0}})", local={"x": f"1 / (x * log({base}))"},
        )  # fmt: skip
    yield Op(
        "log1p", ("x",), np.log1p, "log(1 + x), without losing the digits of a small x.",
        "f = log1p(x)", scalar=math.log1p, latex=r"\log(1 + {x:10})", local={"x": "1 / (1 + x)"},
    )  # fmt: skip
    yield Op(
        "expm1", ("x",), np.expm1, "exp(x) − 1, without losing the digits of a small x.",
        "f = expm1(x)", scalar=math.expm1, latex="e^{{x:0}} - 1", precedence=10,
        local={"x": "exp(x)"},
    )  # fmt: skip
    yield Op(
        "tanh", ("x",), np.tanh, "It saturates: far from 0 hardly any gradient passes.",
        "f = tanh(x)", category="activation", scalar=math.tanh, latex=r"\tanh({x:0})",
        local={"x": "1 - out ** 2"},
    )  # fmt: skip
    yield Op(
        "sigmoid", ("x",), arrays.sigmoid,
        "It passes at most a quarter of the gradient, and hardly any where it saturates.",
        "f = sigmoid(x)", names=("σ", "expit", "logistic"),
        category="activation", scalar=scalar_sigmoid, symbol="σ",
        latex=r"\sigma({x:0})", local={"x": "(1 - out) * out"},
    )  # fmt: skip
    yield Op(
        "relu", ("x",), lambda x: np.maximum(x, 0.0),
        "The gradient passes where x > 0 and stops elsewhere; at 0 itself it is 0, as in PyTorch.",
        "f = relu(x)", names=("ReLU",), category="activation", scalar=scalar_relu,
        latex=r"\max(0, {x:0})", local={"x": "where(x > 0, 1, 0)"},
    )  # fmt: skip
    yield Op(
        "leaky_relu", ("x",), lambda x, slope: np.where(x > 0, x, slope * x),
        "The gradient passes where x > 0 and a little of it (slope) elsewhere and at 0.",
        "f = leaky_relu(x, slope=0.1)", names=("LeakyReLU", "lrelu"),
        category="activation", parameters={"slope": 0.01},
        torch="F.leaky_relu(x, slope)",
        scalar=lambda x, slope: x if x > 0 else slope * x, symbol="leaky",
        latex=r"\operatorname{leaky}_{{slope:0}}({x:0})", local={"x": "where(x > 0, 1, slope)"},
    )  # fmt: skip
    yield Op(
        "softplus", ("x",), lambda x: np.logaddexp(x, 0.0),
        "A smooth relu: the gradient is scaled by the sigmoid of x.",
        "f = softplus(x)", category="activation", symbol="soft+", torch="F.softplus(x)",
        scalar=lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
        latex=r"\log(1 + e^{{x:0}})", local={"x": "sigmoid(x)"},
    )  # fmt: skip
    yield Op(
        "gelu", ("x",), lambda x: x * (1.0 + arrays.error_function(x / math.sqrt(2.0))) / 2.0,
        "x times the normal distribution function (Hendrycks & Gimpel 2016), exact as in PyTorch.",
        "f = gelu(x)", names=("GELU",), category="activation", symbol="gelu", torch="F.gelu(x)",
        scalar=lambda x: x * (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0,
        latex=r"\operatorname{gelu}({x:0})",
        local={"x": "(1 + erf(x / sqrt(2))) / 2 + x * exp(-x ** 2 / 2) / sqrt(2 * pi)"},
    )  # fmt: skip
    yield Op(
        "erf", ("x",), arrays.error_function,
        "The Gauss error function; its gradient is a bell around 0.",
        "f = erf(x)", scalar=math.erf, latex=r"\operatorname{erf}({x:0})",
        local={"x": "2 / sqrt(pi) * exp(-x ** 2)"},
    )  # fmt: skip
    yield Op(
        "silu", ("x",), lambda x: x * arrays.sigmoid(x),
        "x times its own sigmoid, also called swish: a relu with a soft knee and a small dip.",
        "f = silu(x)", category="activation", symbol="silu", torch="F.silu(x)",
        scalar=lambda x: x * scalar_sigmoid(x), names=("swish", "SiLU"),
        latex=r"\operatorname{silu}({x:0})",
        local={"x": "sigmoid(x) * (1 + x * sigmoid(-x))"},
    )  # fmt: skip
    yield Op(
        "elu", ("x",), lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)),
        "A relu that levels off at -alpha: below 0 the gradient fades instead of stopping.",
        "f = elu(x, alpha=0.5)", category="activation", parameters={"alpha": 1.0},
        torch="F.elu(x, alpha)", names=("ELU",),
        scalar=lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
        latex=r"\operatorname{elu}_{{alpha:0}}({x:0})",
        local={"x": "where(x > 0, 1, alpha * exp(x))"},
    )  # fmt: skip
    yield Op(
        "logsigmoid", ("x",), lambda x: -np.logaddexp(-x, 0.0),
        "log(sigmoid(x)) without overflow: the loss of one yes-or-no answer, negated.",
        "f = logsigmoid(x)", category="activation", symbol="log σ", torch="F.logsigmoid(x)",
        scalar=lambda x: -max(-x, 0.0) - math.log1p(math.exp(-abs(x))), names=("log_sigmoid",),
        latex=r"\log\sigma({x:0})", local={"x": "sigmoid(-x)"},
    )  # fmt: skip
    yield Op(
        "softsign", ("x",), lambda x: x / (1.0 + np.abs(x)),
        "It saturates more slowly than tanh: the gradient falls with x squared.",
        "f = softsign(x)", category="activation", torch="F.softsign(x)",
        scalar=lambda x: x / (1.0 + abs(x)),
        latex=r"\operatorname{softsign}({x:0})", local={"x": "1 / (1 + abs(x)) ** 2"},
    )  # fmt: skip
