"""What an evaluation comes to: its numbers, and words for the numbers that do not exist."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, NoReturn

import numpy as np

from app.core.errors import Problem
from app.core.expressions import arrays
from app.core.expressions.arrays import MAX_ENTRIES
from app.core.expressions.graphs import Graph
from app.core.expressions.needs import Masks, there
from app.core.expressions.ops import OPS, Op
from app.core.numbers import format_number

Mistake = Literal["overwrite", "order"]
LOGARITHMS = ("log", "log2", "log10")
DOMAINS = {
    "log1p": "above -1",
    "arcsin": "from -1 to 1",
    "arccos": "from -1 to 1",
    "arccosh": "from 1 up",
    "arctanh": "between -1 and 1",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What one evaluation may use: tensor entries in all its values, and seconds.

    Its flows, three tensors each, may have four times as many entries.
    """

    entries: int = MAX_ENTRIES
    seconds: float = 2.0

    def deadline(self) -> float:
        """When work that begins now has to end, on the clock of `time.monotonic`."""
        return time.monotonic() + self.seconds


FULL = Budget()


@dataclass(slots=True)
class Evaluation:
    """What a graph comes to. Lists run along `graph.nodes`, flow lists along `flows`.

    `gradients` are None for literals and others that take none; a gradient or flow that does not
    exist is NaN and has its sentence in `reasons` (key: node position) or `flow_reasons` (key: flow
    position). `locals` are None for flows of ops that state a vector-Jacobian product. `finite`:
    it is known that every number is a float and there, as on most tapes. `needed`: which entries
    have to exist, where some do not; what is said of a node that lacks them is in `spared`.
    """

    graph: Graph
    values: list[Any]
    flows: Sequence[tuple[int, int, int]]
    gradients: list[Any] = field(default_factory=list)
    upstreams: list[Any] = field(default_factory=list)
    locals: list[Any] = field(default_factory=list)
    downstreams: list[Any] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    flow_reasons: dict[int, str] = field(default_factory=dict)
    finite: bool = False
    needed: Masks | None = None
    spared: dict[int, str] = field(default_factory=dict)


def finite(x: Any) -> bool:
    if np.ndim(x) == 0:
        return isfinite(x)
    # A finite sum has finite terms, and summing is cheaper than a mask of all entries.
    return isfinite(x.sum()) or bool(np.isfinite(x).all())


def undefined(graph: Graph, i: int, values: Sequence[Any], overflow: bool) -> NoReturn:
    """Say which node has no value and why, with the operands it had."""
    sentence = why_undefined(graph, i, values, overflow)
    raise Problem(f"{sentence}{graph.place(i)}", graph.where(i))


def why_undefined(graph: Graph, i: int, values: Sequence[Any], overflow: bool) -> str:
    """Why a node has no value, with the operands it had."""
    node, place = graph.nodes[i], ""
    operands = [values[j] for j in node.inputs]
    if np.ndim(values[i]) and OPS[node.op].local and not OPS[node.op].reduces:
        # Elementwise: say it of the first entry that is not a number.
        first = tuple(np.argwhere(~np.isfinite(values[i]))[0].tolist())
        operands = [np.broadcast_to(x, values[i].shape)[first] for x in operands]
        place = f" (entry {list(first)})"
    shown = _call_text(OPS[node.op], [_operand_text(x) for x in operands]) + place
    divisor = {"reciprocal": 0, "/": 1}.get(node.op)
    if divisor is not None and not np.all(values[node.inputs[divisor]]):
        return f"{shown} divides by zero"
    if node.op in ("sqrt", *LOGARITHMS):
        least = "at least 0" if node.op == "sqrt" else "above 0"
        return f"{shown} is undefined: it needs a number {least}"
    if node.op == "**" and np.any((values[node.inputs[0]] == 0) & (values[node.inputs[1]] < 0)):
        return f"{shown} divides by zero: 0 has no negative powers"
    if overflow:
        return f"{shown} is too large for a number (about 1.8×10³⁰⁸ is the most)"
    if node.op in DOMAINS:
        return f"{shown} is undefined: it needs a number {DOMAINS[node.op]}"
    return f"{shown} is undefined"


def _operand_text(value: Any) -> str:
    if np.ndim(value) == 0:
        return format_number(float(value))
    return arrays.shape_words(np.shape(value))


def _call_text(op: Op, operands: Sequence[str]) -> str:
    if op.text and op.name not in ("index", "square") and len(operands) == len(op.arguments):
        text = op.text
        for name, operand in zip(op.arguments, operands, strict=True):
            start = text.index("{" + name + ":")
            text = text[:start] + operand + text[text.index("}", start) + 1 :]
        return text
    return f"{op.name}({', '.join(operands)})"


def explain_missing(result: Evaluation) -> None:
    """A sentence for every flow and gradient that is not a number."""
    graph = result.graph
    reasons, flow_reasons = result.reasons, result.flow_reasons
    for k, (source, target, position) in enumerate(result.flows):
        node, op = graph.nodes[target], OPS[graph.nodes[target].op]
        if target in reasons:
            flow_reasons[k] = f"the gradient that arrives at `{node.id}` does not exist"
        elif result.locals[k] is not None and not _exists(result, target, result.locals[k]):
            at = ", ".join(_operand_text(result.values[j]) for j in node.inputs)
            flow_reasons[k] = (
                f"the local gradient of `{op.name}` by `{op.argument(position)}` does not exist "
                f"at {at}"
            )
        elif not finite(result.downstreams[k]):
            flow_reasons[k] = "the gradient is too large for a number"
        else:
            continue
        name = graph.nodes[source].id
        reasons.setdefault(source, f"no gradient for `{name}`: {flow_reasons[k]}")
    for i, gradient in enumerate(result.gradients):
        if gradient is not None and i not in reasons and not finite(gradient):
            reasons[i] = f"the gradient of `{graph.nodes[i].id}` is too large for a number"


def _exists(result: Evaluation, target: int, local: Any) -> bool:
    """Whether a local gradient exists wherever it is needed."""
    if result.needed is None or np.shape(local) != np.shape(result.values[target]):
        return finite(local) or (result.needed is not None and result.needed[target] is None)
    mask = result.needed[target]
    return there(local, mask)
