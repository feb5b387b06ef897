"""A second opinion: a Graph evaluated with torch in double precision, every gradient retained.

FUNCTIONS says for each op what a torch user would write; nothing here looks into the op table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from app.core.expressions.graphs import Graph

torch.set_num_threads(1)

Function = Callable[..., Tensor]


def real(condition: Tensor) -> Tensor:
    """A comparison as the numbers 0 and 1."""
    return condition.to(torch.float64)


def reduction(whole: Function, along: Function) -> Function:
    """`sum(x)`, `sum(x, axis=0)` and `keepdims` from torch's two forms of a reduction."""

    def reduce(x: Tensor, axis: int | None, keepdims: bool) -> Tensor:
        if axis is None:
            result = whole(x)
            return result.reshape((1,) * x.ndim) if keepdims else result
        return along(x, dim=axis, keepdim=bool(keepdims))

    return reduce


def spread(function: Function) -> Function:
    """`var(x)` and `std(x)`, which torch divides by n - 1 unless told."""

    def reduce(x: Tensor, axis: int | None, keepdims: bool, correction: int) -> Tensor:
        whole = lambda x: function(x, correction=correction)  # noqa: E731
        along = lambda x, **axes: function(x, correction=correction, **axes)  # noqa: E731
        return reduction(whole, along)(x, axis, keepdims)

    return reduce


def hinge(x: Tensor, y: Tensor) -> Tensor:
    """The lecture's SVM loss; torch's own divides it by the number of classes."""
    return functional.multi_margin_loss(x, y.long()) * x.shape[-1]


def clip(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """torch.clamp, whose own backward fails where x is the one that is broadcast."""
    return torch.clamp(*torch.broadcast_tensors(x, low, high))


def index(x: Tensor, *indices: Tensor, key: Sequence[Any]) -> Tensor:
    """x[key], where {"input": i} is the i-th of the computed indices."""
    parts: list[Any] = []
    for part in key:
        if isinstance(part, dict):
            parts.append(indices[part["input"]].long())
        else:
            parts.append(part if isinstance(part, int) else slice(*part))
    return x[tuple(parts)]


def randn(shape: Sequence[int], seed: int) -> Tensor:
    """numpy's stream: the one thing that is not torch's."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(tuple(shape)))


FUNCTIONS: dict[str, Function] = {
    "+": torch.add,
    "-": torch.sub,
    "*": torch.mul,
    "/": torch.div,
    "**": torch.pow,
    "@": torch.matmul,
    "neg": torch.neg,
    "reciprocal": torch.reciprocal,
    "square": torch.square,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "leaky_relu": lambda x, slope: functional.leaky_relu(x, slope),
    "softplus": functional.softplus,
    "gelu": functional.gelu,
    "erf": torch.erf,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "arcsin": torch.asin,
    "arccos": torch.acos,
    "arctan": torch.atan,
    "arcsinh": torch.asinh,
    "arccosh": torch.acosh,
    "arctanh": torch.atanh,
    "arctan2": torch.atan2,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "expm1": torch.expm1,
    "silu": functional.silu,
    "elu": lambda x, alpha: functional.elu(x, alpha),
    "logsigmoid": functional.logsigmoid,
    "softsign": functional.softsign,
    "abs": torch.abs,
    "sign": torch.sign,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where": lambda condition, a, b: torch.where(condition != 0, a, b),
    "clip": clip,
    ">": lambda a, b: real(a > b),
    "<": lambda a, b: real(a < b),
    ">=": lambda a, b: real(a >= b),
    "<=": lambda a, b: real(a <= b),
    "==": lambda a, b: real(a == b),
    "!=": lambda a, b: real(a != b),
    "sum": reduction(torch.sum, torch.sum),
    "mean": reduction(torch.mean, torch.mean),
    "max": reduction(torch.amax, torch.amax),
    "min": reduction(torch.amin, torch.amin),
    "prod": reduction(torch.prod, torch.prod),
    "norm": reduction(torch.linalg.vector_norm, torch.linalg.vector_norm),
    "logsumexp": reduction(lambda x: torch.logsumexp(x.flatten(), 0), torch.logsumexp),
    "variance": spread(torch.var),
    "deviation": spread(torch.std),
    "dot": torch.dot,
    "outer": torch.outer,
    "transpose": lambda x: x.mT if x.ndim > 1 else x,
    "reshape": lambda x, shape: torch.reshape(x, tuple(shape)),
    "concat": lambda *parts, axis: torch.cat(parts, dim=axis),
    "stack": lambda *parts: torch.stack(parts),
    "index": index,
    "softmax": lambda x, axis: torch.softmax(x, dim=axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, dim=axis),
    "cross_entropy": lambda x, y: functional.cross_entropy(x, y.long()),
    "soft_cross_entropy": functional.cross_entropy,
    "hinge": hinge,
    "ones": lambda shape: torch.ones(tuple(shape), dtype=torch.float64),
    "zeros": lambda shape: torch.zeros(tuple(shape), dtype=torch.float64),
    "eye": lambda shape: torch.eye(*shape, dtype=torch.float64),
    "randn": randn,
}


@dataclass
class Opinion:
    """Values and gradients along `graph.nodes`; what autograd leaves out has gradient 0."""

    values: list[np.ndarray]
    gradients: list[np.ndarray]


def leaf(given: Any) -> Tensor:
    """A number, nested list, array or tensor as a tensor of its own that wants a gradient."""
    if not isinstance(given, Tensor):
        given = torch.from_numpy(np.array(given, dtype=np.float64))
    return given.detach().clone().requires_grad_()


def apply(name: str, operands: Sequence[Tensor], attributes: Mapping[str, Any]) -> Tensor:
    """One op on tensors; always a tensor of its own, also where nothing changes."""
    result = FUNCTIONS[name](*operands, **attributes)
    return result.view_as(result)


def evaluate(graph: Graph, inputs: Mapping[str, Any]) -> Opinion:
    """What torch makes of a graph; a tensor output is summed, as in `out.sum().backward()`."""
    tensors: list[Tensor] = []
    for node in graph.nodes:
        if node.leaf:
            given = inputs[node.id] if node.op == "input" else node.value
            tensor = leaf(given)
        else:
            tensor = apply(node.op, [tensors[i] for i in node.inputs], node.attributes)
            if not tensor.requires_grad:
                tensor.requires_grad_()
            tensor.retain_grad()
        tensors.append(tensor)
    tensors[graph.output].sum().backward()
    return Opinion(
        [tensor.detach().numpy() for tensor in tensors],
        [
            np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
            for tensor in tensors
        ],
    )


def flows(
    name: str, operands: Sequence[Any], attributes: Mapping[str, Any], upstream: Any
) -> list[np.ndarray]:
    """What reaches each operand of one op when `upstream` arrives at its result."""
    given = [leaf(x) for x in operands]
    result = apply(name, given, attributes)
    if not result.requires_grad:
        return [np.zeros(x.shape) for x in given]
    arriving = leaf(upstream).detach().expand(result.shape)
    found = torch.autograd.grad(result, given, arriving, allow_unused=True)
    return [
        np.zeros(x.shape) if gradient is None else gradient.numpy()
        for x, gradient in zip(given, found, strict=True)
    ]
