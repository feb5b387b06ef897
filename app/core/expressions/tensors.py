"""Tensors: values forward in numpy, vector-Jacobian products backward."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from app.core.errors import OverBudget, Problem
from app.core.expressions import arrays
from app.core.expressions.arrays import MAX_RANK, Array
from app.core.expressions.graphs import Graph
from app.core.expressions.needs import chooses, divided_by_zero, needed, there
from app.core.expressions.ops import OPS, Op
from app.core.expressions.outcomes import (
    FULL,
    Budget,
    Evaluation,
    Mistake,
    explain_missing,
    finite,
    undefined,
    why_undefined,
)

Shape = tuple[int, ...]


def forward(
    graph: Graph,
    leaves: Mapping[int, Any],
    budget: Budget = FULL,
    deadline: float = math.inf,
) -> Evaluation:
    """Values only, as arrays (or floats at the leaves); `backward` adds the rest."""
    values: list[Any] = [None] * len(graph.nodes)
    shapes: list[Shape] = []
    total, lacking = 0, False
    lenient = chooses(graph)
    with np.errstate(all="ignore"):
        for i in range(len(graph.nodes)):
            if i in graph.undecided:
                graph = _decided(graph, i, [shapes[j] for j in graph.nodes[i].inputs])
            node = graph.nodes[i]
            if node.leaf:
                values[i] = leaves[i]
            else:
                _within(deadline, budget, graph, i)
                coming = _entries(OPS[node.op], [shapes[j] for j in node.inputs], node.attributes)
                if total + coming > budget.entries:
                    _too_many(budget, graph, i)
                values[i] = _apply(graph, i, [values[j] for j in node.inputs])
                if not finite(values[i]):
                    if not lenient:
                        undefined(graph, i, values, not np.isnan(values[i]).any())
                    operands = [values[j] for j in node.inputs]
                    values[i], lacking = divided_by_zero(node.op, operands, values[i]), True
            shapes.append(np.shape(values[i]))
            total += math.prod(shapes[i])
            if total > budget.entries:
                _too_many(budget, graph, i)
    result = Evaluation(graph, values, graph.flows)
    if lacking:
        _spare(result)
    return result


def _decided(graph: Graph, i: int, shapes: Sequence[Shape]) -> Graph:
    """The graph with the op that a node's word stands for between operands of these shapes."""
    node, word = graph.nodes[i], graph.written.get(i)
    vectors = [len(shape) for shape in shapes] == [1, 1]
    if node.op == "cross_entropy":
        soft = len(shapes) == 2 and shapes[0] and shapes[0] == shapes[1]
        return graph.with_op(i, "soft_cross_entropy") if soft else graph
    if word == "·":
        return graph.with_op(i, "dot") if vectors else graph
    if word == "dot" and not vectors and max(map(len, shapes)) <= 2:
        return graph.with_op(i, "@" if all(shapes) else "*")
    return graph


def _spare(result: Evaluation) -> None:
    """Accept that values are missing where none is needed. Raises Problem for the first that is."""
    graph, values = result.graph, result.values
    masks = needed(graph, values, pull)
    for i, value in enumerate(values):
        if graph.nodes[i].leaf or finite(value):
            continue
        mask = masks[i]
        if mask is not None and not there(value, mask):
            wanted = np.where(mask, value, 0.0)
            undefined(graph, i, [*values[:i], wanted, *values[i + 1 :]], not np.isnan(wanted).any())
        why = why_undefined(graph, i, values, not np.isnan(value).any())
        result.spared[i] = f"{why}; it is not needed: another branch, or a bound, is taken there"
    result.needed = needed(graph, values, pull, slopes=True)


def _within(deadline: float, budget: Budget, graph: Graph, i: int) -> None:
    if time.monotonic() > deadline:
        raise OverBudget(
            f"this takes more than {budget.seconds:g} s, which is the most; it got to "
            f"`{graph.nodes[i].id}`",
            graph.where(i),
        )


def _too_many(budget: Budget, graph: Graph, i: int) -> NoReturn:
    raise OverBudget(
        f"all tensors together may have {budget.entries:,} entries; "
        f"`{graph.nodes[i].id}` goes past that",
        graph.where(i),
    )


def _entries(op: Op, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """At most how many entries a result will have; 0 where the op itself refuses the shapes."""
    if op.category == "generator":
        sizes: Sequence[int] = attributes["shape"]
        return math.prod(sizes) * (sizes[0] if op.name == "eye" else 1)
    if op.name == "@":
        a, b = shapes
        if not a or not b:
            return 0
        lead = max(math.prod(a[:-2]), math.prod(b[:-2]))
        return lead * (a[-2] if len(a) > 1 else 1) * (b[-1] if len(b) > 1 else 1)
    if op.name == "outer":
        return math.prod(shapes[0]) * math.prod(shapes[1])
    if op.name == "index":
        if len(shapes) == 1:
            return 0  # a view
        # The computed indices broadcast together, and each takes the place of one axis.
        along = [part for part in attributes["key"] if part is not None]
        computed = [isinstance(part, dict) for part in along]
        kept = [n for k, n in enumerate(shapes[0]) if k >= len(computed) or not computed[k]]
        try:
            return math.prod(np.broadcast_shapes(*shapes[1:])) * math.prod(kept)
        except ValueError:
            return 0
    if op.name in ("concat", "stack"):
        return sum(math.prod(shape) for shape in shapes)
    if op.reduces:
        axis = attributes.get("axis")
        kept = [n for k, n in enumerate(shapes[0]) if axis not in (k, k - len(shapes[0]))]
        return 1 if axis is None else math.prod(kept)
    if op.name in ("hinge", "cross_entropy", "soft_cross_entropy"):
        return 1
    if op.downstream:
        return math.prod(shapes[0]) if shapes else 0
    if len(set(shapes) - {()}) < 2:
        return max(map(math.prod, shapes))
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return 0


def _apply(graph: Graph, i: int, operands: Sequence[Any]) -> Array:
    node = graph.nodes[i]
    op = OPS[node.op]
    try:
        value = np.asarray(
            op.forward(*map(np.asarray, operands), **node.attributes), dtype=np.float64
        )
    except Problem as problem:
        raise Problem(
            f"{problem.message}{graph.place(i)}", graph.where(i), problem.suggestion
        ) from None
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        sentence = _misfit(graph, i, [np.shape(operand) for operand in operands], error)
        raise Problem(sentence + graph.place(i), graph.where(i)) from None
    if value.ndim > MAX_RANK:
        raise Problem(
            f"`{node.id}` would have rank {value.ndim}; {MAX_RANK} is the most", graph.where(i)
        )
    if value.size == 0:
        raise Problem(f"`{node.id}` would be empty", graph.where(i))
    return value


def _misfit(graph: Graph, i: int, shapes: Sequence[Shape], error: Exception) -> str:
    """Why an op refuses its operands' shapes."""
    node, op = graph.nodes[i], OPS[graph.nodes[i].op]
    sides = ("what stands left", "what stands right")
    unnamed = sides if len(shapes) == 2 else ("an operand",) * len(shapes)
    called = [graph.called(j) or unnamed[k] for k, j in enumerate(node.inputs)]
    told = [
        f"{name} is {arrays.shape_words(shape)}" for name, shape in zip(called, shapes, strict=True)
    ]
    if op.name == "@" and all(shapes):
        left = f"{called[0]} has {_counted(shapes[0][-1], 'column')}"
        right = f"{called[1]} {_counted(shapes[1][-2:][0], 'row')}"
        return f"`@` needs as many columns on the left as rows on the right: {left}, {right}"
    if op.name == "@":
        return f"`@` is between vectors and matrices: {', '.join(told)}"
    if op.name == "index":
        return f"this index is outside: {told[0]}"
    if "axis" in str(error) and op.parameters.keys() & {"axis"}:
        return f"`{op.name}` has no such axis to work along: {told[0]}"
    return f"`{op.name}` does not fit these operands: {', '.join(told)}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def backward(
    result: Evaluation,
    mistake: Mistake | None = None,
    budget: Budget = FULL,
    deadline: float = math.inf,
) -> None:
    """Fill in gradients and flows of an evaluation whose values are known."""
    graph, values = result.graph, result.values
    entries = 0
    gradients: list[Any] = [None] * len(values)
    gradients[graph.output] = _ones(values[graph.output])
    order = _visits(graph) if mistake == "order" else range(graph.output, -1, -1)
    flows: list[tuple[int, int, int]] = []
    with np.errstate(all="ignore"):
        for target in order:
            if gradients[target] is None or not graph.reached[target]:
                continue
            _within(deadline, budget, graph, target)
            for flow in graph.flows_of[target]:
                source = flow[0]
                upstream = gradients[target]
                local, downstream = pull(graph, values, flow, upstream)
                if result.needed is not None:
                    local, downstream = _kept(result, flow, upstream, local, downstream)
                # A local gradient has its upstream's shape.
                entries += (1 + (local is not None)) * np.size(upstream) + np.size(downstream)
                if entries > 4 * budget.entries:
                    raise OverBudget(
                        f"all flows together may have {4 * budget.entries:,} tensor entries; "
                        f"those of `{graph.nodes[target].id}` go past that",
                        graph.where(target),
                    )
                flows.append(flow)
                result.upstreams.append(upstream)
                result.locals.append(local)
                result.downstreams.append(downstream)
                if gradients[source] is None or mistake == "overwrite":
                    gradients[source] = downstream
                else:
                    gradients[source] = gradients[source] + downstream
        result.flows = flows
        result.gradients = gradients
        _fill_in(result)
        # What is infinite in a local gradient is infinite or NaN in the gradient it leads to.
        if not all(g is None or finite(g) for g in gradients):
            if result.needed is None and chooses(graph):  # once more, of what is needed only
                result.needed = needed(graph, values, pull, slopes=True)
                for column in (result.upstreams, result.locals, result.downstreams):
                    column.clear()
                backward(result, mistake, budget, deadline)
            else:
                explain_missing(result)


def _kept(
    result: Evaluation, flow: tuple[int, int, int], upstream: Any, local: Any, downstream: Any
) -> tuple[Any, Any]:
    """A flow without what would come from entries that are not needed, which may be NaN."""
    source, target, _ = flow
    assert result.needed is not None
    mask = result.needed[target]
    if mask is None:
        return local, np.zeros(np.shape(result.values[source]))
    if local is None or np.shape(local) != mask.shape or mask.all():
        return local, downstream
    kept = np.where(mask, np.asarray(upstream) * local, 0.0)
    return local, sum_to(kept, np.shape(result.values[source]))


def _ones(value: Any) -> Any:
    return np.ones_like(value) if isinstance(value, np.ndarray) and value.ndim else 1.0


def _visits(graph: Graph) -> list[int]:
    """A wrong order: depth first, each node as soon as anything has reached it."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [graph.output]
    while stack:
        target = stack.pop()
        if target not in seen:
            seen.add(target)
            order.append(target)
            stack += [source for source, _, _ in reversed(graph.flows_of[target])]
    return order


def pull(
    graph: Graph, values: Sequence[Any], flow: tuple[int, int, int], upstream: Any
) -> tuple[Any, Any]:
    """One flow: (local gradient or None, downstream gradient of the source's shape)."""
    source, target, position = flow
    node = graph.nodes[target]
    op = OPS[node.op]
    names = {
        **node.attributes,
        "out": np.asarray(values[target]),
        "upstream": np.asarray(upstream),
    }
    operands = [values[j] for j in node.inputs]
    if op.as_matrices:
        return None, _pull_matrices(op, operands, position, upstream)
    fixed = len(op.arguments) - 1 if op.variadic else len(op.arguments)
    names.update(zip(op.arguments[:fixed], map(np.asarray, operands), strict=False))
    if op.variadic:
        names[op.arguments[-1].lstrip("*")] = operands[fixed:]
        names["i"] = position - fixed
    derivative = op.array_rules[op.argument(position)](**names)
    shape = np.shape(values[source])
    if not op.local:
        return None, np.asarray(derivative).reshape(shape)
    if op.reduces:
        upstream = arrays.spread(
            np.asarray(upstream),
            np.asarray(operands[0]),
            node.attributes.get("axis"),
            node.attributes.get("keepdims", False),
        )
    upstream, local = np.asarray(upstream), np.asarray(derivative, dtype=np.float64)
    downstream = upstream if _is_one(derivative) else upstream * local
    if local.shape != upstream.shape:  # in full: the shape of what it multiplies
        local = arrays.repeated(local, upstream.shape)
    return local, sum_to(downstream, shape)


def _is_one(derivative: Any) -> bool:
    return isinstance(derivative, int) and derivative == 1


def _pull_matrices(op: Op, operands: Sequence[Any], position: int, upstream: Any) -> Array:
    a, b = map(np.asarray, operands)
    left = a[np.newaxis, :] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    up = np.asarray(upstream)
    if b.ndim == 1:
        up = up[..., np.newaxis]
    if a.ndim == 1:
        up = np.expand_dims(up, -2)
    rule = op.array_rules[op.argument(position)]
    derivative = np.asarray(rule(a=left, b=right, upstream=up))
    source = left if position == 0 else right
    return sum_to(derivative, source.shape).reshape(np.shape(operands[position]))


def sum_to(given: Any, shape: tuple[int, ...]) -> Array:
    """Sum over the axes that broadcasting added or stretched: its derivative."""
    gradient: Array = np.asarray(given, dtype=np.float64)
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    stretched = tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and gradient.shape[i + extra] != 1
    )
    summed = gradient.sum(axis=(*range(extra), *stretched), keepdims=True)
    return np.asarray(summed.reshape(shape))


def _fill_in(result: Evaluation) -> None:
    """0 where the output does not depend on a node; None where a node takes no gradient."""
    for i, gradient in enumerate(result.gradients):
        if gradient is None:
            value = result.values[i]
            result.gradients[i] = np.zeros(np.shape(value)) if np.ndim(value) else 0.0
    for i in result.graph.ungraded:
        result.gradients[i] = None
