"""A graph's output at places near by: all the values that differences are taken of."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from app.core.errors import Problem
from app.core.expressions.evaluation import Evaluation
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.slopes import ULP, Points, Slope, slope_of, together
from app.core.expressions.tape import plan_of

AT_ONCE = 8_192  # points of a scalar graph that are computed together
ROUNDINGS = 4.0  # that one op may make
FEW = 64  # inputs up to which each has its own bound of what rounding does
# Ops whose own arithmetic goes through numbers larger than what comes out.
INSIDE = {"gelu": "operand", **dict.fromkeys(
    ("softmax", "log_softmax", "cross_entropy", "soft_cross_entropy", "logsumexp"), "one"
)}  # fmt: skip


class Place(NamedTuple):
    """One entry of one input."""

    node: int
    entry: int


def slopes(result: Evaluation, places: Sequence[Place]) -> list[Slope]:
    """The slope of the output (or of the sum of its entries) by each of these entries."""
    at = [float(np.reshape(result.values[i], -1)[k]) for i, k in places]
    noises = noise_of(result, sorted({i for i, _ in places}))
    if not places:
        return []
    plan = plan_of(result.graph)
    if plan.scalar and not any(np.ndim(value) for value in result.values):
        return together(
            lambda tried: _all_at_once(result, [i for i, _ in places], tried),
            at,
            [noises[i] for i, _ in places],
        )
    found = []
    after = {i: dependents(result.graph, i) for i in {i for i, _ in places}}
    for (i, k), x in zip(places, at, strict=True):
        found.append(
            slope_of(
                lambda xs, i=i, k=k: np.array([_value(result, i, k, x, after[i]) for x in xs]),  # type: ignore[misc]
                x,
                noises[i],
            )
        )
    return found


def dependents(graph: Graph, i: int) -> list[int]:
    """The nodes that change with a node, in order, itself left out."""
    changes = {i}
    for j, node in enumerate(graph.nodes):
        if not changes.isdisjoint(node.inputs):
            changes.add(j)
    return sorted(changes - {i})


def _value(result: Evaluation, i: int, k: int, x: float, after: Sequence[int]) -> float:
    """The output with one entry of one leaf moved; NaN where there is none."""
    graph = result.graph
    moved = np.array(result.values[i], dtype=np.float64)
    moved.reshape(-1)[k] = x
    changed: dict[int, Any] = {i: moved}
    with np.errstate(all="ignore"):
        for j in after:
            node = graph.nodes[j]
            operands = [np.asarray(changed.get(s, result.values[s])) for s in node.inputs]
            try:
                changed[j] = np.asarray(OPS[node.op].forward(*operands, **node.attributes))
            except (Problem, ValueError, IndexError):
                return float("nan")
        total = float(np.sum(changed.get(graph.output, result.values[graph.output])))
    return total if np.isfinite(total) else float("nan")


def _all_at_once(result: Evaluation, nodes: Sequence[int], tried: Sequence[Points]) -> list[Points]:
    """A scalar graph's output, each of some leaves moved through its places by itself."""
    graph, found = result.graph, np.empty(sum(map(len, tried)))
    owner = np.repeat(np.asarray(nodes, dtype=np.int64), [len(points) for points in tried])
    flat = np.concatenate(list(tried)) if tried else np.empty(0)
    for start in range(0, len(flat), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        values: list[Any] = [None] * len(graph.nodes)
        with np.errstate(all="ignore"):
            for j, node in enumerate(graph.nodes[: graph.output + 1]):
                if node.leaf:
                    base = np.full(len(flat[part]), float(result.values[j]))
                    values[j] = np.where(owner[part] == j, flat[part], base)
                else:
                    operands = [values[s] for s in node.inputs]
                    values[j] = OPS[node.op].forward(*operands, **node.attributes)
        found[part] = values[graph.output]
    found[~np.isfinite(found)] = np.nan
    return np.split(found, np.cumsum([len(points) for points in tried])[:-1])


def noise_of(result: Evaluation, inputs: Sequence[int]) -> dict[int, float]:
    """How far off rounding may make the output as it changes with each input: what every op on the
    way rounds, times what the output makes of it."""
    graph = result.graph
    amounts = np.zeros(len(graph.nodes))
    with np.errstate(all="ignore"):
        for k, (source, target, _) in enumerate(result.flows):
            moved = np.abs(np.asarray(result.downstreams[k]) * result.values[source])
            amounts[target] += _sum(moved)
            inside = INSIDE.get(graph.nodes[target].op)
            if inside:
                size = np.max(np.abs(result.values[source])) if inside == "operand" else 1.0
                amounts[target] += _sum(np.abs(np.asarray(result.upstreams[k]))) * float(size)
        output = _sum(np.abs(np.asarray(result.values[graph.output])))
    whole = ROUNDINGS * ULP * (float(amounts.sum()) + output)
    if len(inputs) > FEW:
        return dict.fromkeys(inputs, whole)
    return {
        i: ROUNDINGS * ULP * (float(amounts[dependents(graph, i)].sum()) + output) for i in inputs
    }


def _sum(numbers: Any) -> float:
    """The sum of those that exist."""
    return float(np.sum(np.where(np.isfinite(numbers), numbers, 0.0)))
