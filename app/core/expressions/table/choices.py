"""Rows that choose and compare."""

from collections.abc import Iterator

import numpy as np

from app.core.expressions.op import STEP, Op, compare


def choices() -> Iterator[Op]:
    """Piecewise functions, then comparisons."""
    # Piecewise
    yield Op(
        "abs", ("x",), np.abs, "The gradient keeps or flips its sign with x; at 0 it is 0.",
        "f = abs(x)", names=("absolute", "fabs"),
        category="piecewise", scalar=abs, latex=r"\lvert {x:0} \rvert", symbol="|x|",
        local={"x": "sign(x)"},
    )  # fmt: skip
    yield Op(
        "sign", ("x",), np.sign, STEP, "f = sign(x) * x", names=("sgn",), category="piecewise",
        scalar=lambda x: float((x > 0) - (x < 0)), latex=r"\operatorname{sign}({x:0})",
        local={"x": "0"},
    )  # fmt: skip
    for name, array, scalar_pick, sign in (
        ("maximum", np.maximum, max, ">"),
        ("minimum", np.minimum, min, "<"),
    ):
        yield Op(
            name, ("a", "b"), array,
            f"A {name[:3]} gate routes: all of the gradient goes to the operand it took, none to "
            "the other; a tie splits it half and half, as in PyTorch.",
            f"f = {name}(x, y)", names=(f"f{name[:3]}",),
            category="piecewise", scalar=scalar_pick, symbol=name[:3],
            latex=rf"\{name[:3]}({{a:0}}, {{b:0}})",
            local={"a": f"where(a == b, 0.5, where(a {sign} b, 1, 0))",
                   "b": f"where(a == b, 0.5, where(a {sign} b, 0, 1))"},
        )  # fmt: skip
    yield Op(
        "where", ("condition", "a", "b"), lambda condition, a, b: np.where(condition != 0, a, b),
        "The gradient goes to the operand that was chosen; the condition gets none.",
        "f = where(x > y, x ** 2, y)", names=("select",), category="piecewise", precedence=5,
        torch="torch.where(condition != 0, a, b)",
        scalar=lambda condition, a, b: a if condition != 0 else b,
        latex=r"\begin{cases}{a:0} & {condition:0}\\ {b:0} & \text{else}\end{cases}",
        local={"a": "where(condition, 1, 0)", "b": "where(condition, 0, 1)"},
    )  # fmt: skip
    yield Op(
        "clip", ("x", "low", "high"),
        lambda x, low, high: np.minimum(np.maximum(x, low), high),
        "The gradient passes between the bounds, and on them as in PyTorch; outside, the bound "
        "that holds gets it.",
        "f = clip(x, -1, 1)", names=("clamp", "clip_by_value"), category="piecewise",
        torch="torch.clamp(*torch.broadcast_tensors(x, low, high))",
        scalar=lambda x, low, high: min(max(x, low), high),
        latex=r"\operatorname{clip}({x:0}, {low:0}, {high:0})",
        local={"x": "where(x < low, 0, where(x > high, 0, 1))",
               "low": "where(x < low, where(low < high, 1, 0), 0)",
               "high": "where(x > high, 1, where(low > high, 1, 0))"},
    )  # fmt: skip
    yield compare(">", ">", lambda a, b: a > b, f"1 where a > b, else 0. {STEP}")
    yield compare("<", "<", lambda a, b: a < b, f"1 where a < b, else 0. {STEP}")
    yield compare(">=", r"\ge", lambda a, b: a >= b, f"1 where a >= b, else 0. {STEP}")
    yield compare("<=", r"\le", lambda a, b: a <= b, f"1 where a <= b, else 0. {STEP}")
    yield compare("==", "=", lambda a, b: a == b, f"1 where a equals b, else 0. {STEP}")
    yield compare("!=", r"\ne", lambda a, b: a != b, f"1 where a differs from b, else 0. {STEP}")
