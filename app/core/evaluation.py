"""A graph evaluated at its inputs: every value forward, every gradient and flow backward.

Scalar graphs run on a tape of plain floats, tensors as vector-Jacobian products in numpy. Both take
their derivatives from the op table.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby
from math import isfinite
from operator import mul
from typing import Any, Literal, NoReturn

import numpy as np

from app.core import arrays
from app.core.arrays import MAX_ENTRIES, MAX_RANK, Array, Value, tensor
from app.core.errors import OverBudget, Problem, nearest
from app.core.graphs import Graph
from app.core.numbers import format_number
from app.core.ops import OPS, Op

Mistake = Literal["overwrite", "order"]
NOT_THERE = math.nan  # a gradient or flow that does not exist; `reasons` says why


@dataclass(frozen=True, slots=True)
class Budget:
    """What one evaluation may use: tensor entries in all its values, and seconds.

    Its flows, three tensors each, may have four times as many entries.
    """

    entries: int = MAX_ENTRIES
    seconds: float = 2.0


FULL = Budget()


@dataclass(slots=True)
class Evaluation:
    """What a graph comes to. Lists run along `graph.nodes`, flow lists along `flows`.

    `gradients` are None for literals and others that take none; a gradient or flow that does not
    exist is NaN and has its sentence in `reasons` (key: node position) or `flow_reasons` (key: flow
    position). `locals` are None for flows of ops that state a vector-Jacobian product.
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


def evaluate(
    graph: Graph,
    inputs: Mapping[str, Any],
    mistake: Mistake | None = None,
    budget: Budget = FULL,
) -> Evaluation:
    """Values, gradients and flows of a graph.

    The backward pass starts from 1 at the output (ones, if it is a tensor: the gradient of the sum
    of its entries). `mistake` makes one on purpose: "overwrite" keeps only the last flow where
    gradients should add, "order" passes a node's gradient on before all of it has come.

    Raises Problem for inputs that are missing, too many or of the wrong form, for values that do
    not exist or overflow (at their node), and for work past the limits.
    """
    plan = plan_of(graph)
    values = plan.starting_values(inputs)
    if values is not None:
        _scalar_forward(plan, values)
        if mistake is None:
            return _scalar_backward(plan, values)
    deadline = time.monotonic() + budget.seconds
    if values is not None:
        result = Evaluation(graph, values, graph.flows)
    else:
        result = forward(graph, _leaves(graph, inputs, budget), budget, deadline)
    backward(result, mistake, budget, deadline)
    if values is not None:  # a scalar graph, mistaken: its numbers are plain floats all the same
        for numbers in (result.gradients, result.upstreams, result.locals, result.downstreams):
            numbers[:] = [None if number is None else float(number) for number in numbers]
    return result


# Inputs


def _leaves(graph: Graph, inputs: Mapping[str, Any], budget: Budget) -> dict[int, Value]:
    missing = [name for name in graph.inputs if name not in inputs]
    if missing:
        place = graph.where(graph.inputs[missing[0]])
        names = " and ".join(f"`{name}`" for name in missing[:5])
        raise Problem(f"no value is given for {names}", place | {"inputs": missing})
    leaves: dict[int, Value] = {}
    for name, given in inputs.items():
        position = graph.inputs.get(name)
        if position is None:
            if name in graph.position:
                raise Problem(
                    f"`{name}` is assigned in the expression, so it cannot be an input too",
                    graph.where(graph.position[name]) | {"input": name},
                )
            near = nearest(name, graph.inputs)
            hint = f"; did you mean `{near}`?" if near else ""
            raise Problem(f"the expression has no input `{name}`{hint}", {"input": name}, near)
        leaves[position] = tensor(given, f"`{name}`", {"input": name}, budget.entries)
    for i, node in enumerate(graph.nodes):
        if node.op == "constant":
            leaves[i] = tensor(node.value, "this list", graph.where(i), budget.entries)
    return leaves


# The tape of plain floats


class Plan:
    """What can be known of a graph before its inputs: the tape, if every op works on floats."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = list(graph.inputs.items())
        constants = [node.value for node in graph.nodes if node.op == "constant"]
        self.scalar = all(OPS[node.op].scalar for node in graph.nodes if not node.leaf) and all(
            isinstance(value, int | float) for value in constants
        )

    @cached_property
    def constants(self) -> list[Any]:
        """A value for every node: the constants', and 0 where there is none yet."""
        values: list[Any] = [0.0] * len(self.graph.nodes)
        for i, node in enumerate(self.graph.nodes):
            if node.op == "constant":
                values[i] = tensor(node.value, "a constant", self.graph.where(i))
        return values

    def starting_values(self, inputs: Mapping[str, Any]) -> list[Any] | None:
        """The leaves' values, if all of them are plain finite numbers; the tape fills the rest."""
        if not self.scalar or len(inputs) != len(self.names):
            return None
        values = self.constants.copy()
        for name, i in self.names:
            value = inputs.get(name)
            if type(value) is not float:
                if type(value) is not int or not -(2**53) <= value <= 2**53:
                    return None
                value = float(value)
            elif value - value != 0.0:
                return None
            values[i] = value
        return values

    @cached_property
    def forward(self) -> list[tuple[int, Callable[..., float], int, int, tuple[int, ...]]]:
        """(node, function, first operand, second or -1, all operands if there are more)."""
        tape = []
        for i, node in enumerate(self.graph.nodes):
            if not node.leaf:
                function = OPS[node.op].scalar
                assert function is not None
                if node.attributes:
                    function = partial(function, **node.attributes)
                a, b = _first_two(node.inputs)
                tape.append((i, function, a, b, node.inputs if len(node.inputs) > 2 else ()))
        return tape

    @cached_property
    def backward(self) -> list[tuple[int, Callable[..., Any], int, int, Any]]:
        """(node, local gradients, first operand, second or -1, flows), the last None where each of
        one or two operands has a flow, else [(argument position, operand)]."""
        tape = []
        for target, group in groupby(self.graph.flows, key=lambda flow: flow[1]):
            node = self.graph.nodes[target]
            function = OPS[node.op].scalar_locals
            if node.attributes:
                function = partial(function, **node.attributes)
            flows = [(position, source) for source, _, position in group]
            a, b = _first_two(node.inputs)
            each = len(flows) == len(node.inputs) <= 2
            tape.append((target, function, a, b, None if each else flows))
        return tape

    @cached_property
    def targets(self) -> list[int]:
        """The target of every flow: its gradient is the flow's upstream."""
        return [target for _, target, _ in self.graph.flows]


def _first_two(operands: Sequence[int]) -> tuple[int, int]:
    return operands[0], operands[1] if len(operands) > 1 else -1


def plan_of(graph: Graph) -> Plan:
    """The graph's plan, made once."""
    plan: Plan | None = graph.notes.get("plan")
    if plan is None:
        plan = graph.notes["plan"] = Plan(graph)
    return plan


def _scalar_forward(plan: Plan, values: list[Any]) -> None:
    """Fill in the values of everything but the leaves."""
    i = 0
    try:
        for i, function, a, b, more in plan.forward:
            if b < 0:
                values[i] = function(values[a])
            elif more:
                values[i] = function(*[values[j] for j in more])
            else:
                values[i] = function(values[a], values[b])
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        _undefined(plan.graph, i, values, isinstance(error, OverflowError))
    # A finite sum has finite terms, and summing takes a quarter of the time of asking each.
    if not isfinite(sum(values)) and not all(map(isfinite, values)):
        i = next(i for i, value in enumerate(values) if not isfinite(value))
        _undefined(plan.graph, i, values, values[i] == values[i])


def _scalar_backward(plan: Plan, values: list[Any]) -> Evaluation:
    graph = plan.graph
    gradients: list[Any] = [0.0] * len(values)
    gradients[graph.output] = 1.0
    factors: list[float] = []
    keep = factors.extend
    for target, function, a, b, flows in plan.backward:
        upstream = gradients[target]
        try:
            if flows is None:
                if b < 0:
                    slopes = function(values[a], values[target])
                else:
                    slopes = function(values[a], values[b], values[target])
                    gradients[b] += upstream * slopes[1]
                gradients[a] += upstream * slopes[0]
                keep(slopes)
                continue
            operands = graph.nodes[target].inputs
            slopes = function(*[values[j] for j in operands], values[target])
        except (ValueError, ZeroDivisionError, OverflowError):
            slopes = _slopes_one_by_one(graph, target, values)
        for position, source in flows or enumerate(graph.nodes[target].inputs):
            gradients[source] += upstream * slopes[position]
            factors.append(slopes[position])
    upstreams = list(map(gradients.__getitem__, plan.targets))
    downstreams = list(map(mul, upstreams, factors))
    result = Evaluation(
        graph, values, graph.flows, gradients, upstreams, factors, downstreams, {}, {}
    )
    if not isfinite(sum(gradients)) and not all(map(isfinite, gradients)):
        _explain_missing(result)
    for i in graph.ungraded:
        gradients[i] = None
    return result


def _slopes_one_by_one(graph: Graph, target: int, values: Sequence[float]) -> list[float]:
    """Local gradients where plain floats raise: as arrays, which know infinity and NaN."""
    with np.errstate(all="ignore"):
        slopes = {
            position: float(pull(graph, values, (source, target, position), 1.0)[0])
            for source, _, position in graph.flows_of(target)
        }
    return [slopes.get(position, 0.0) for position in range(len(graph.nodes[target].inputs))]


def _undefined(graph: Graph, i: int, values: Sequence[Any], overflow: bool) -> NoReturn:
    """Say which node has no value and why, with the operands it had."""
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
        sentence = f"{shown} divides by zero"
    elif node.op in ("log", "sqrt"):
        least = "above 0" if node.op == "log" else "at least 0"
        sentence = f"{shown} is undefined: it needs a number {least}"
    elif node.op == "**" and np.any((values[node.inputs[0]] == 0) & (values[node.inputs[1]] < 0)):
        sentence = f"{shown} divides by zero: 0 has no negative powers"
    elif overflow:
        sentence = f"{shown} is too large for a number (about 1.8e308 is the most)"
    else:
        sentence = f"{shown} is undefined"
    raise Problem(f"{sentence}, at node `{node.id}`", graph.where(i))


def _operand_text(value: Any) -> str:
    if np.ndim(value) == 0:
        return format_number(float(value))
    return f"a tensor of shape {arrays.shape_text(value)}"


def _call_text(op: Op, operands: Sequence[str]) -> str:
    if op.text and op.name not in ("index", "square") and len(operands) == len(op.arguments):
        text = op.text
        for name, operand in zip(op.arguments, operands, strict=True):
            start = text.index("{" + name + ":")
            text = text[:start] + operand + text[text.index("}", start) + 1 :]
        return text
    return f"{op.name}({', '.join(operands)})"


# Tensors


def forward(
    graph: Graph,
    leaves: Mapping[int, Any],
    budget: Budget = FULL,
    deadline: float = math.inf,
) -> Evaluation:
    """Values only, as arrays (or floats at the leaves); `backward` adds the rest."""
    values: list[Any] = [None] * len(graph.nodes)
    total = 0
    with np.errstate(all="ignore"):
        for i, node in enumerate(graph.nodes):
            if node.leaf:
                values[i] = leaves[i]
            else:
                operands = [values[j] for j in node.inputs]
                _within(deadline, budget, graph, i)
                room = budget.entries - total
                if _entries(OPS[node.op], operands, node.attributes) > room:
                    _too_many(budget, graph, i)
                values[i] = _apply(graph, i, operands)
                if not _finite(values[i]):
                    _undefined(graph, i, values, not np.isnan(values[i]).any())
            total += np.size(values[i])
            if total > budget.entries:
                _too_many(budget, graph, i)
    return Evaluation(graph, values, graph.flows)


def _finite(x: Any) -> bool:
    if np.ndim(x) == 0:
        return isfinite(x)
    # A finite sum has finite terms, and summing is cheaper than a mask of all entries.
    return isfinite(x.sum()) or bool(np.isfinite(x).all())


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


def _entries(op: Op, operands: Sequence[Any], attributes: Mapping[str, Any]) -> int:
    """At most how many entries a result will have; 0 where the op itself refuses the shapes."""
    shapes: list[tuple[int, ...]] = [np.shape(operand) for operand in operands]
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
        computed = [isinstance(part, dict) for part in attributes["key"]]
        kept = [n for k, n in enumerate(shapes[0]) if k >= len(computed) or not computed[k]]
        try:
            return math.prod(np.broadcast_shapes(*shapes[1:])) * math.prod(kept)
        except ValueError:
            return 0
    if op.name == "concat":
        return sum(math.prod(shape) for shape in shapes)
    if op.reduces:
        axis = attributes.get("axis")
        kept = [n for k, n in enumerate(shapes[0]) if axis not in (k, k - len(shapes[0]))]
        return 1 if axis is None else math.prod(kept)
    if op.name in ("hinge", "cross_entropy"):
        return 1
    if op.downstream:
        return math.prod(shapes[0]) if shapes else 0
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
            f"{problem.message}, at node `{node.id}`", graph.where(i), problem.suggestion
        ) from None
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        shapes = " and ".join(arrays.shape_text(operand) for operand in operands)
        raise Problem(
            _misfit(op, shapes, error) + f", at node `{node.id}`", graph.where(i)
        ) from None
    if value.ndim > MAX_RANK:
        raise Problem(
            f"`{node.id}` would have rank {value.ndim}; {MAX_RANK} is the most", graph.where(i)
        )
    if value.size == 0:
        raise Problem(f"`{node.id}` would be empty", graph.where(i))
    return value


def _misfit(op: Op, shapes: str, error: Exception) -> str:
    """Why an op refuses its operands' shapes."""
    if op.name == "@":
        return (
            f"`@` needs as many columns on the left as rows on the right; the shapes are {shapes}"
        )
    if op.name == "index":
        return f"this index is outside a tensor of shape {shapes.split(' and ')[0]}"
    if "axis" in str(error) and op.parameters.keys() & {"axis"}:
        return f"`{op.name}` has no such axis to work along in shape {shapes}"
    return f"`{op.name}` cannot work on shapes {shapes}"


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
            for flow in graph.flows_of(target):
                source = flow[0]
                upstream = gradients[target]
                local, downstream = pull(graph, values, flow, upstream)
                entries += np.size(upstream) + np.size(local) + np.size(downstream)
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
        if not all(g is None or _finite(g) for g in gradients):
            _explain_missing(result)


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
            stack += [source for source, _, _ in reversed(graph.flows_of(target))]
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
        local = np.broadcast_to(local, upstream.shape)
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


# Gradients that are not there


def _fill_in(result: Evaluation) -> None:
    """0 where the output does not depend on a node; None where a node takes no gradient."""
    for i, gradient in enumerate(result.gradients):
        if gradient is None:
            value = result.values[i]
            result.gradients[i] = np.zeros(np.shape(value)) if np.ndim(value) else 0.0
    for i in result.graph.ungraded:
        result.gradients[i] = None


def _explain_missing(result: Evaluation) -> None:
    """A sentence for every flow and gradient that is not a number."""
    graph = result.graph
    reasons, flow_reasons = result.reasons, result.flow_reasons
    for k, (source, target, position) in enumerate(result.flows):
        node, op = graph.nodes[target], OPS[graph.nodes[target].op]
        if target in reasons:
            flow_reasons[k] = f"the gradient that arrives at `{node.id}` does not exist"
        elif result.locals[k] is not None and not _finite(result.locals[k]):
            at = ", ".join(_operand_text(result.values[j]) for j in node.inputs)
            flow_reasons[k] = (
                f"the local gradient of `{op.name}` by `{op.argument(position)}` does not exist "
                f"at {at}"
            )
        elif not _finite(result.downstreams[k]):
            flow_reasons[k] = "the gradient is too large for a number"
        else:
            continue
        name = graph.nodes[source].id
        reasons.setdefault(source, f"no gradient for `{name}`: {flow_reasons[k]}")
    for i, gradient in enumerate(result.gradients):
        if gradient is not None and i not in reasons and not _finite(gradient):
            reasons[i] = f"the gradient of `{graph.nodes[i].id}` is too large for a number"
