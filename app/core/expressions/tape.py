"""The tape of plain floats: a scalar graph's values, gradients and flows in microseconds."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby
from math import isfinite
from operator import itemgetter, mul
from typing import Any

import numpy as np

from app.core.expressions.arrays import tensor
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.outcomes import Evaluation, explain_missing, undefined
from app.core.expressions.tensors import pull


class Plan:
    """What can be known of a graph before its inputs: the tape, if every op works on floats."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = list(graph.inputs.items())
        constants = [node.value for node in graph.nodes if node.op == "constant"]
        self.scalar = all(OPS[node.op].scalar for node in graph.nodes if not node.leaf) and all(
            isinstance(value, int | float) for value in constants
        )

    def make(self) -> None:
        """All of it at once, before there are inputs."""
        for made in (self.constants, self.forward, self.backward, self.upstreams):
            assert made is not None

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
    def upstreams(self) -> Callable[[Sequence[float]], Sequence[float]]:
        """Of all gradients, each flow's upstream: the one of its target."""
        targets = [target for _, target, _ in self.graph.flows]
        if len(targets) < 2:
            return lambda gradients: [gradients[target] for target in targets]
        return itemgetter(*targets)  # a third of the time


def _first_two(operands: Sequence[int]) -> tuple[int, int]:
    return operands[0], operands[1] if len(operands) > 1 else -1


def plan_of(graph: Graph) -> Plan:
    """The graph's plan, made once."""
    plan: Plan | None = graph.notes.get("plan")
    if plan is None:
        plan = graph.notes["plan"] = Plan(graph)
    return plan


def scalar_forward(plan: Plan, values: list[Any]) -> None:
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
        undefined(plan.graph, i, values, isinstance(error, OverflowError))
    # A finite sum has finite terms, and summing takes a quarter of the time of asking each.
    if not isfinite(sum(values)) and not all(map(isfinite, values)):
        i = next(i for i, value in enumerate(values) if not isfinite(value))
        undefined(plan.graph, i, values, values[i] == values[i])


def scalar_backward(plan: Plan, values: list[Any]) -> Evaluation:
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
    upstreams = list(plan.upstreams(gradients))
    downstreams = list(map(mul, upstreams, factors))
    result = Evaluation(
        graph, values, graph.flows, gradients, upstreams, factors, downstreams, {}, {}
    )
    # What is infinite in a flow is infinite or NaN in the gradient that it leads to.
    result.finite = isfinite(sum(gradients)) or all(map(isfinite, gradients))
    if not result.finite:
        explain_missing(result)
    for i in graph.ungraded:
        gradients[i] = None
    return result


def _slopes_one_by_one(graph: Graph, target: int, values: Sequence[float]) -> list[float]:
    """Local gradients where plain floats raise: as arrays, which know infinity and NaN."""
    with np.errstate(all="ignore"):
        slopes = {
            position: float(pull(graph, values, (source, target, position), 1.0)[0])
            for source, _, position in graph.flows_of[target]
        }
    return [slopes.get(position, 0.0) for position in range(len(graph.nodes[target].inputs))]
