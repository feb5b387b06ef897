"""A gradient three ways: by the chain rule, by central differences, by torch's autograd.

The relative error |a - n| / max(|a|, |n|) and its verdict are those of CS231n's notes on gradient
checks ("Neural Networks Part 3").
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.expressions.evaluation import Evaluation, evaluate
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.tensors import forward
from app.core.expressions.values import Value, plain
from app.core.numbers import Number

STEP = 1e-5  # h, times |x| where that is more than 1
ROUNDING = 1e-15  # of a value of f, relative
MOST_ENTRIES = 50  # of one input: a seeded choice of entries stands for a large tensor
KINKS_FROM = 1e-4
VERDICTS = (
    (1e-7, "right: an error this small should make you happy"),
    (1e-4, "right if there are kinks; a little high for a smooth function"),
    (1e-2, "uncomfortable: something is probably off"),
    (float("inf"), "wrong: the two gradients do not agree"),
)


class CheckedInput(TypedDict):
    """One input's gradient three ways."""

    name: str
    shape: Sequence[int]
    analytic: Value
    numerical: Value
    autograd: Value
    relative_error: Number
    verdict: str
    checked: int
    of: int


class GradientCheckAnswer(TypedDict):
    step: Annotated[float, Field(description="h of the central difference (f(x+h) - f(x-h)) / 2h.")]
    inputs: list[CheckedInput]


def gradient_check(graph: Graph, inputs: Mapping[str, Any]) -> GradientCheckAnswer:
    """The table: per input analytic, numerical and autograd gradient, relative error, verdict.

    Large inputs are checked at 50 entries chosen with a fixed seed; `checked` and `of` say so.
    Imports torch, so it belongs into a worker.
    """
    result = evaluate(graph, inputs)
    names = {name: i for name, i in graph.inputs.items() if result.gradients[i] is not None}
    automatic = autograd(result, list(names.values()))
    table: list[CheckedInput] = []
    for name, i in names.items():
        analytic = np.asarray(result.gradients[i], dtype=np.float64)
        chosen = _chosen(analytic.size)
        found = [_central_difference(result, i, k) for k in chosen]
        numerical = np.array([one.slope for one in found])
        compared = analytic.reshape(-1)[chosen]
        error = _relative_error(compared, numerical)
        whole = len(chosen) == analytic.size
        shown = numerical.reshape(analytic.shape) if whole else numerical
        table.append(
            {
                "name": name,
                "shape": analytic.shape,
                "analytic": plain(analytic if whole else analytic.reshape(-1)[chosen]),
                "numerical": plain(shown),
                "autograd": plain(automatic[i] if whole else automatic[i].reshape(-1)[chosen]),
                "relative_error": plain(error),
                "verdict": _verdict(compared, found),
                "checked": len(chosen),
                "of": analytic.size,
            }
        )
    return {"step": STEP, "inputs": table}


def _chosen(size: int) -> Sequence[int]:
    if size <= MOST_ENTRIES:
        return list(range(size))
    return sorted(np.random.default_rng(0).choice(size, MOST_ENTRIES, replace=False).tolist())


class Difference(NamedTuple):
    """(f(x + h) - f(x - h)) / 2h for one entry; NaN where f does not exist on one side."""

    slope: float
    rounding: float  # how far rounding may have moved the slope
    kink: bool  # whether the slopes to the two sides differ


def _central_difference(result: Evaluation, i: int, k: int) -> Difference:
    leaves = {j: v for j, v in enumerate(result.values) if result.graph.nodes[j].leaf}
    h = STEP * max(1.0, abs(float(np.reshape(result.values[i], -1)[k])))
    ends = []
    for sign in (1, 0, -1):
        moved = np.array(result.values[i], dtype=np.float64)
        moved.reshape(-1)[k] += sign * h
        try:
            values = forward(result.graph, leaves | {i: moved}).values
        except Problem:
            return Difference(float("nan"), 0.0, False)
        ends.append(float(np.sum(values[result.graph.output])))
    above, here, below = ends
    rounding = ROUNDING * max(map(abs, ends)) / h
    right, left = (above - here) / h, (here - below) / h
    # Of a smooth function the two differ by h f'', hardly at all.
    kink = abs(right - left) > 0.01 * max(abs(right), abs(left)) + 2 * rounding
    return Difference((above - below) / (2 * h), rounding, kink)


def _relative_error(analytic: Any, numerical: Any, rounding: Any = 0.0) -> float:
    """The largest |a - n| / max(|a|, |n|) of any entry, less what rounding explains."""
    larger = np.maximum(np.abs(analytic), np.abs(numerical))
    beyond = np.maximum(np.abs(analytic - numerical) - rounding, 0.0)
    return float(np.max(np.where(beyond == 0.0, 0.0, beyond / np.where(larger, larger, 1.0))))


def _verdict(analytic: Any, found: Sequence[Difference]) -> str:
    slopes, roundings, kinks = map(np.array, zip(*found, strict=True))
    error = _relative_error(analytic, slopes, roundings)
    if not np.isfinite(error):
        return "no verdict: the function or its gradient does not exist here"
    if error > KINKS_FROM and kinks.any():
        return "a kink: the slopes to its two sides differ, and the gradient is one by convention"
    return next(words for bound, words in VERDICTS if error <= bound)


def autograd(result: Evaluation, wanted: Sequence[int]) -> dict[int, Any]:
    """The gradients of some leaves by torch: the graph run on the op table's PyTorch texts."""
    import torch
    import torch.nn.functional as functional

    graph = result.graph
    tensors: list[Any] = []
    for i, node in enumerate(graph.nodes):
        if node.leaf:
            tensor = torch.tensor(result.values[i], dtype=torch.float64)
            tensors.append(tensor.requires_grad_(i in wanted))
            continue
        op = OPS[node.op]
        words: dict[str, Any] = dict(node.attributes)
        operands = [tensors[j] for j in node.inputs]
        fixed = len(op.arguments) - op.variadic
        words |= dict(zip(op.arguments[:fixed], operands, strict=False))
        if op.variadic:
            words[op.arguments[-1].lstrip("*")] = operands[fixed:]
        if "key" in words:
            words["key"] = _torch_key(words["key"], operands[1:])
        code = op.torch_code(node.attributes)
        known = {"torch": torch, "F": functional, "np": np, **words}
        tensors.append(eval(code, {"__builtins__": {}}, known))  # the table's text, nothing typed
    output = tensors[graph.output]
    if output.requires_grad:
        output.sum().backward()
    return {
        i: np.zeros(tensors[i].shape)
        if tensors[i].grad is None
        else np.asarray(tensors[i].grad.numpy())
        for i in wanted
    }


def _torch_key(key: Sequence[Any], computed: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        computed[part["input"]].long()
        if isinstance(part, dict)
        else slice(*part)
        if isinstance(part, list)
        else part
        for part in key
    )
