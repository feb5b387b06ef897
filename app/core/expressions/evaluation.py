"""A graph evaluated at its inputs: every value forward, every gradient and flow backward.

Scalar graphs run on a tape of plain floats, tensors as vector-Jacobian products in numpy. Both take
their derivatives from the op table.
"""

from collections.abc import Mapping
from typing import Any

from app.core.errors import Problem, nearest
from app.core.expressions.arrays import Value, tensor
from app.core.expressions.graphs import Graph
from app.core.expressions.needs import chooses
from app.core.expressions.outcomes import FULL, Budget, Evaluation, Mistake
from app.core.expressions.remarks import product_of_letters
from app.core.expressions.tape import plan_of, scalar_backward, scalar_forward
from app.core.expressions.tensors import backward, forward

__all__ = ["FULL", "Budget", "Evaluation", "Mistake", "evaluate"]


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
        try:
            scalar_forward(plan, values)
        except Problem:
            if not chooses(graph):
                raise
            return _in_floats(_on_arrays(graph, inputs, mistake, budget))
        if mistake is None:
            result = scalar_backward(plan, values)
            if result.finite or not chooses(graph):
                return result
        result = Evaluation(graph, values, graph.flows)
        backward(result, mistake, budget, budget.deadline())
        return _in_floats(result)
    return _on_arrays(graph, inputs, mistake, budget)


def _on_arrays(
    graph: Graph, inputs: Mapping[str, Any], mistake: Mistake | None, budget: Budget
) -> Evaluation:
    deadline = budget.deadline()
    result = forward(graph, _leaves(graph, inputs, budget), budget, deadline)
    backward(result, mistake, budget, deadline)
    return result


def _in_floats(result: Evaluation) -> Evaluation:
    """A scalar graph's numbers as plain floats, as they are on the tape."""
    columns = (result.gradients, result.upstreams, result.locals, result.downstreams)
    for numbers in (result.values, *columns):
        numbers[:] = [None if number is None else float(number) for number in numbers]
    return result


def _leaves(graph: Graph, inputs: Mapping[str, Any], budget: Budget) -> dict[int, Value]:
    missing = [name for name in graph.inputs if name not in inputs]
    if missing:
        place = graph.where(graph.inputs[missing[0]])
        names = " and ".join(f"`{name}`" for name in missing[:5])
        meant = product_of_letters(missing[0], {*graph.inputs, *inputs})
        hint = f"; if it is a product, it is written `{meant}`" if meant else ""
        raise Problem(f"no value is given for {names}{hint}", place | {"inputs": missing}, meant)
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
