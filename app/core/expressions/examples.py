"""EXAMPLES: a row a worked example, the lecture's and CS231n's backprop notes' among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import TypedDict


@dataclass(frozen=True)
class Example:
    """An expression with inputs, and the one thing that it shows."""

    name: str
    title: str
    expression: str
    says: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


class ExampleRow(TypedDict):
    """A worked example of the gallery."""

    name: str
    title: str
    expression: str
    says: str
    inputs: dict[str, Any]


def example_rows() -> list[ExampleRow]:
    """The gallery, in its order."""
    return [
        {
            "name": example.name,
            "title": example.title,
            "expression": example.expression,
            "says": example.says,
            "inputs": dict(example.inputs),
        }
        for example in EXAMPLES.values()
    ]


EXAMPLES = {
    example.name: example
    for example in (
        Example(
            "first",
            "(x + y) z",
            "f = (x + y) * z",
            "The lecture's first graph: the values go forward to −12, then each gate multiplies "
            "the gradient that arrives by its own local gradient.",
            {"x": -2, "y": 5, "z": -4},
        ),
        Example(
            "sigmoid-neuron",
            "Sigmoid neuron, gate by gate",
            "f = 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
            "A whole neuron from gates whose derivatives are one line each.",
            {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
        ),
        Example(
            "sigmoid-gate",
            "Sigmoid neuron, one gate",
            "u = w0*x0 + w1*x1 + w2\nf = sigmoid(u)",
            "Gates can be grouped: the sigmoid's local gradient is (1 − f) f, and the answer is "
            "the same.",
            {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
        ),
        Example(
            "gate-patterns",
            "Add distributes, max routes, mul switches",
            "f = 2 * (x * y + maximum(z, w))",
            "Add hands its gradient to both operands, max gives all of it to the larger one, "
            "multiply swaps its operands into the gradients.",
            {"x": 3, "y": -4, "z": 2, "w": -1},
        ),
        Example(
            "fan-out",
            "Fan-out: gradients add",
            "q = x * y\nf = q * x + sin(q)",
            "x and q are used twice. What comes back along each use is added; try the switch that "
            "overwrites instead.",
            {"x": 2, "y": 1.5},
        ),
        Example(
            "staged",
            "Staged computation",
            "sigy = sigmoid(y)\nnum = x + sigy\nsigx = sigmoid(x)\nxpy = x + y\n"
            "den = sigx + xpy ** 2\nf = num * reciprocal(den)",
            "CS231n's rational function of two variables: nobody would want its derivative by "
            "hand, and nobody has to.",
            {"x": 3, "y": -4},
        ),
        Example(
            "norm-wx",
            "‖W x‖²",
            "q = W @ x\nf = sum(q ** 2)",
            "The vector example: the gradient of W is 2 q xᵀ, of x it is 2 Wᵀ q. Shapes tell "
            "which factor is transposed.",
            {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]},
        ),
        Example(
            "two-layer",
            "2-layer network",
            "h = sigmoid(x @ W1)\nyhat = h @ W2\nL = sum((yhat - y) ** 2)",
            "Forward and backward of a whole network: three examples, two hidden units, one "
            "output.",
            {
                "x": [[1, -1], [0.5, 2], [-1, 0.5]],
                "W1": [[0.5, -0.4], [0.3, 0.8]],
                "W2": [[1], [-1]],
                "y": [[0.5], [-0.2], [0.1]],
            },
        ),
        Example(
            "linear-regression",
            "Linear regression",
            "yhat = w * x + b\nL = mean((yhat - y) ** 2)",
            "w and b are used for all five points at once; broadcasting in the forward pass is a "
            "sum in the backward pass.",
            {"x": [0, 1, 2, 3, 4], "y": [1.1, 2.9, 5.2, 6.8, 9.1], "w": 1, "b": 0},
        ),
        Example(
            "hinge-loss",
            "Hinge loss with regularization",
            "s = W @ x\nL = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
            "The lecture's SVM loss as it is written. Each class over the margin pulls its own row "
            "of W by x, and the right class's row the other way.",
            {
                "W": [[0.2, -0.5, 0.1], [1.5, 1.3, 2.1], [0.1, 0.25, 0.2]],
                "x": [0.5, 2, -1],
                "y": 0,
                "lam": 0.1,
            },
        ),
        Example(
            "hinge-loss-image",
            "Hinge loss on a 32 × 32 × 3 image",
            "W = 0.01 * randn(10, 3072)\nx = randn(3072)\ns = W @ x\n"
            "L = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
            "The same expression at the lecture's size: 30,720 weights, and a gradient for each.",
            {"y": 3, "lam": 0.1},
        ),
        Example(
            "softmax-loss",
            "Softmax loss with regularization",
            "s = W @ x\nL = cross_entropy(s, y) + lam * sum(W ** 2)",
            "One line changed against the hinge loss, nothing derived again: the gradient at the "
            "scores is p − 1 at the right class, p elsewhere.",
            {
                "W": [[0.2, -0.5, 0.1], [1.5, 1.3, 2.1], [0.1, 0.25, 0.2]],
                "x": [0.5, 2, -1],
                "y": 0,
                "lam": 0.1,
            },
        ),
        Example(
            "softmax-by-hand",
            "Softmax by hand",
            "e = exp(s)\np = e / sum(e)\nL = -log(p[y])",
            "Every gate of the softmax loss; at the scores the gradients fold into p, less 1 at "
            "the right class.",
            {"s": [3.2, 5.1, -1.7], "y": 0},
        ),
        Example(
            "batch-norm",
            "Batch norm by hand",
            "mu = mean(x)\nxc = x - mu\nvar = mean(xc ** 2)\n"
            "xhat = xc / sqrt(var + 0.00001)\ny = gamma * xhat + beta\nL = sum(y * t)",
            "Mean and variance depend on every example, so every example's gradient depends on "
            "all the others.",
            {"x": [1, 2, 4, 7], "gamma": 1.5, "beta": 0.5, "t": [1, 0, -1, 2]},
        ),
    )
}
