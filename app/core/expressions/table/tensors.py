"""Rows that work on tensors as a whole: reductions, linear algebra, shapes."""

from collections.abc import Iterator

import numpy as np

from app.core.expressions import arrays
from app.core.expressions.op import AXIS, Op

SPREAD = {**AXIS, "correction": 0}
SECOND = {
    "sum": ("reduce_sum",),
    "mean": ("average", "avg", "reduce_mean"),
    "max": ("amax", "reduce_max"),
    "min": ("amin", "reduce_min"),
    "prod": ("reduce_prod", "product"),
    "norm": ("vector_norm",),
}


def tensors() -> Iterator[Op]:
    """Reductions, then linear algebra and shapes."""
    # Reductions, over everything or along an axis
    for name, torch, array, latex, rule, says in (
        ("sum", "sum", np.sum, r"\sum {x:20}", "1",
         "Every entry gets the upstream gradient unchanged: an add gate with many operands."),
        ("mean", "mean", np.mean, r"\operatorname{mean}({x:0})", "1 / count(x, axis)",
         "Every entry gets an equal share of the upstream gradient."),
        ("max", "amax", np.max, r"\max({x:0})", "tied(x, out, axis, keepdims)",
         "The largest entry gets all of the gradient; ties share it evenly, as torch.amax does."),
        ("min", "amin", np.min, r"\min({x:0})", "tied(x, out, axis, keepdims)",
         "The smallest entry gets all of the gradient; ties share it evenly, as torch.amin does."),
        ("prod", "prod", np.prod, r"\prod {x:20}", "others(x, axis)",
         "Each entry's local gradient is the product of all the others."),
        ("norm", "linalg.vector_norm", arrays.norm, r"\lVert {x:0} \rVert", "unit(x, axis)",
         "The gradient points along x with length 1; at the origin it is 0, as in PyTorch."),
    ):  # fmt: skip
        yield Op(
            name, ("x",), array, says, f"f = {name}(x * [1, 2, 3])", category="reduction",
            parameters=AXIS, latex=latex, reduces=True, local={"x": rule},
            torch=f"torch.{torch}(x, dim=axis, keepdim=keepdims)",
            precedence=15 if name in ("sum", "prod") else 50,
            names=SECOND.get(name, ()),
            symbol={"sum": "Σ", "prod": "Π", "norm": "‖x‖"}.get(name, name),
        )  # fmt: skip

    yield Op(
        "logsumexp", ("x",), arrays.logsumexp,
        "A smooth maximum: the gradient is shared out by the softmax of the entries.",
        "f = logsumexp(x * [1, 2, 3])", category="reduction", parameters=AXIS, reduces=True,
        latex=r"\log\sum e^{{x:0}}", precedence=15, symbol="LSE", names=("log_sum_exp",),
        torch="torch.logsumexp(x, dim=axis, keepdim=keepdims)",
        torch_whole="torch.logsumexp(x.flatten(), dim=0)",
        local={"x": "softmax(x, axis)"},
    )  # fmt: skip
    yield Op(
        "variance", ("x",), arrays.variance,
        "The mean squared distance from the mean: each entry is pushed away from it. Divided by n, "
        "as numpy has it; correction=1 divides by n − 1, as PyTorch does unless told.",
        "f = variance(x * [1, 2, 3])", category="reduction", parameters=SPREAD, reduces=True,
        latex=r"\operatorname{var}({x:0})", symbol="var", names=("var",), shy=True,
        torch="torch.var(x, dim=axis, keepdim=keepdims, correction=correction)",
        local={"x": "2 * (x - mean(x, axis, True)) / (count(x, axis) - correction)"},
    )  # fmt: skip
    yield Op(
        "deviation", ("x",), arrays.deviation,
        "The root of the variance. Where all entries are equal its gradient is 0, as in PyTorch.",
        "f = deviation(x * [1, 2, 3])", category="reduction", parameters=SPREAD, reduces=True,
        latex=r"\operatorname{std}({x:0})", symbol="std", names=("std", "stddev"), shy=True,
        torch="torch.std(x, dim=axis, keepdim=keepdims, correction=correction)",
        local={"x": "unit(away(x, axis), axis) / sqrt(count(x, axis) - correction)"},
    )  # fmt: skip

    # Linear algebra and shapes
    yield Op(
        "dot", ("a", "b"), arrays.dot, "Each vector's gradient is upstream times the other vector.",
        "f = dot(x * [1, 2], [3, 4])", names=("inner", "vdot"),
        category="linear algebra", latex=r"{a:20} \cdot {b:21}",
        precedence=20, reduces=True, local={"a": "b", "b": "a"},
    )  # fmt: skip
    yield Op(
        "outer", ("a", "b"), arrays.outer,
        "Each vector's gradient is the upstream matrix applied to the other vector.",
        "f = outer(x * [1, 2], [3, 4])", names=("ger",), category="linear algebra", precedence=20,
        latex=r"{a:21} \otimes {b:21}",
        downstream={"a": "upstream @ b", "b": "transpose(upstream) @ a"},
    )  # fmt: skip
    yield Op(
        "transpose", ("x",), arrays.transpose, "The gradient is transposed back.",
        "f = transpose(x * [[1, 2], [3, 4]])", names=("t",), category="linear algebra", symbol="ᵀ",
        torch="x.mT if x.ndim > 1 else x",
        latex=r"{x:50}^{\top}", precedence=40,
        downstream={"x": "transpose(upstream)"},
    )  # fmt: skip
    yield Op(
        "reshape", ("x",), lambda x, shape: arrays.reshape(x, shape),
        "The gradient is put back into the old shape, entry by entry.",
        "f = reshape(x * [1, 2, 3, 4], 2, 2)", names=("view",),
        category="shape", parameters={"*shape": ()},
        latex=r"\operatorname{reshape}({x:0})",
        torch="torch.reshape(x, shape)",
        downstream={"x": "reshape(upstream, size(x))"},
    )  # fmt: skip
    yield Op(
        "concat", ("*parts",), arrays.concat, "The gradient is cut back into the parts.",
        "f = concat(x * [1, 2], y * [3, 4])", names=("cat", "concatenate"),
        category="shape", parameters={"axis": 0},
        torch="torch.cat(parts, dim=axis)",
        latex=r"\operatorname{concat}({parts:0})",
        downstream={"parts": "cut(upstream, parts, i, axis)"},
    )  # fmt: skip
    yield Op(
        "stack", ("*parts",), lambda *parts: np.stack(parts),
        "The gradient is handed out to the parts, entry by entry.",
        "f = [x, 2 * y, 1]", shy=True, category="shape", torch="torch.stack(parts)", symbol="[ , ]",
        latex=r"[{parts:0}]", text="[{parts:0}]", precedence=60,
        downstream={"parts": "entry(upstream, i)"},
    )  # fmt: skip
    yield Op(
        "index", ("x", "*indices"), arrays.index,
        "The entries that were taken get the gradient, all others 0; an entry taken twice adds up.",
        "s = x * [1, 2, 3]\nf = s[1]", category="shape", parameters={"key": ()}, symbol="[ ]",
        torch="x[key]",
        latex=r"{x:50}[{key:0}]", text="{x:50}[{key:0}]",
        downstream={"x": "scatter(upstream, x, indices, key)"},
    )  # fmt: skip
