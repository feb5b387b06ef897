"""Softmax and the losses, and the leaves that are generated."""

from collections.abc import Iterator

import numpy as np

from app.core.expressions import arrays
from app.core.expressions.op import Op


def losses() -> Iterator[Op]:
    """Softmax, then the losses."""
    # Softmax and the losses
    yield Op(
        "softmax", ("x",), arrays.softmax,
        "Raising one score lowers every other probability, so each entry's gradient is measured "
        "against the average.",
        "p = softmax(x * [1, 2, 3])\nf = p[0]", category="loss", parameters={"axis": -1},
        torch="torch.softmax(x, dim=axis)",
        latex=r"\operatorname{softmax}({x:0})",
        downstream={"x": "out * (upstream - sum(upstream * out, axis, True))"},
    )  # fmt: skip
    yield Op(
        "log_softmax", ("x",), arrays.log_softmax,
        "The gradient less its sum shared out by probability.",
        "p = log_softmax(x * [1, 2, 3])\nf = p[0]", category="loss", parameters={"axis": -1},
        torch="torch.log_softmax(x, dim=axis)",
        latex=r"\log\operatorname{softmax}({x:0})", symbol="logsm",
        downstream={"x": "upstream - exp(out) * sum(upstream, axis, True)"},
    )  # fmt: skip
    yield Op(
        "cross_entropy", ("x", "y"), arrays.cross_entropy,
        "Softmax loss: the gradient is the probabilities less 1 at the right class, the mean over "
        "examples.",
        "L = cross_entropy(x * [1, 2, 3], 0)", category="loss", symbol="CE",
        torch="F.cross_entropy(x, y.long())",
        latex=r"\operatorname{cross\_entropy}({x:0}, {y:0})",
        downstream={"x": "upstream * (softmax(x) - one_hot(y, x)) / rows(x)"},
    )  # fmt: skip
    yield Op(
        "soft_cross_entropy", ("x", "p"), arrays.soft_cross_entropy,
        "Softmax loss against probabilities, one-hot ones among them: the gradient is the softmax "
        "less p, the mean over examples.",
        "L = soft_cross_entropy(x * [1, 2, 3], [0.5, 0.5, 0])", category="loss", symbol="CE",
        torch="F.cross_entropy(x, p)",
        latex=r"\operatorname{cross\_entropy}({x:0}, {p:0})",
        downstream={"x": "upstream * (softmax(x) * sum(p, -1, True) - p) / rows(x)",
                    "p": "-(upstream * log_softmax(x)) / rows(x)"},
    )  # fmt: skip
    yield Op(
        "hinge", ("x", "y"), arrays.hinge,
        "Multiclass SVM loss: every class over the margin gets +1, the right one minus their "
        "number, the mean over examples; a margin of exactly 0 counts as met.",
        "L = hinge(x * [1, 2, 3], 0)", category="loss", precedence=15,
        torch="F.multi_margin_loss(x, y.long()) * x.shape[-1]",  # torch divides by the classes
        latex=r"\sum_{j \ne {y:0}} \max(0, {x:50}_j - {x:50}_{{y:0}} + 1)",
        downstream={"x": "upstream * (violated(x, y) - one_hot(y, x)"
                         " * sum(violated(x, y), -1, True)) / rows(x)"},
    )  # fmt: skip


def generators() -> Iterator[Op]:
    """Leaves written in the text."""
    normal = "torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))"
    for name, generate, torch, says, shape in (
        ("ones", np.ones, "torch.ones(shape)", "A tensor of ones.", "2, 3"),
        ("zeros", np.zeros, "torch.zeros(shape)", "A tensor of zeros.", "2, 3"),
        ("eye", lambda shape: np.eye(*shape), "torch.eye(*shape)", "The identity matrix.", "3"),
        ("randn", arrays.randn, normal, "Normal numbers; the same seed gives the same.", "2, 3"),
    ):
        yield Op(
            name, (), generate, says, f"W = {name}({shape})\nf = sum(W * x)", category="generator",
            torch=torch,
            parameters={"*shape": ()} | ({"seed": None} if name == "randn" else {}),
            latex=rf"\operatorname{{{name}}}({{shape:0}})",
        )  # fmt: skip
