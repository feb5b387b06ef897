"""An evaluation told: every node and flow with its numbers, and, where that is asked for, its
formula and the steps in which it came about."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.core.expressions import lean
from app.core.expressions.drawing.layout import arrange_answer
from app.core.expressions.evaluation import FULL, Budget, Evaluation, Mistake, evaluate
from app.core.expressions.graphs import Graph
from app.core.expressions.sheets import sheet_of
from app.core.expressions.steps import Telling, track
from app.core.expressions.values import plain

WHY = {
    "overwrite": "where a value is used more than once, each use must add its gradient; "
    "= keeps only the last",
    "order": "a node passed its gradient on before all of it had arrived",
}


def answer(
    graph: Graph,
    inputs: Mapping[str, Any],
    mistake: Mistake | None = None,
    preview: int | None = None,
    budget: Budget = FULL,
    steps: bool = True,
    layout: bool = False,
) -> dict[str, Any]:
    """The whole answer to a question, as plain JSON values.

    Tensors are nested lists, or, past `preview` entries, a preview: every stride-th entry with the
    shape, range and mean of all. Without `steps` there is no prose and no LaTeX in it; with
    `layout` it says where everything stands. Raises Problem as `evaluate` does.
    """
    result = evaluate(graph, inputs, mistake, budget)
    told = tell(result, mistake, preview, steps)
    if layout:
        told["layout"] = _layout(result)
    if mistake is not None:
        told["wrong"] = wrong(result, evaluate(graph, inputs), mistake, preview)
    return told


def tell(
    result: Evaluation,
    mistake: Mistake | None = None,
    preview: int | None = None,
    steps: bool = True,
) -> dict[str, Any]:
    """An evaluation as plain JSON values: output, inputs, nodes, flows, track, steps.

    Without `steps` nodes and flows are JSON already where all their numbers are there.
    """
    graph = result.graph
    told: dict[str, Any] = {
        "output": graph.nodes[graph.output].id,
        "expression": graph.text,
        "inputs": {name: plain(result.values[i]) for name, i in graph.inputs.items()},
    }
    if not steps and result.finite:
        told |= {"nodes": lean.nodes(result), "flows": lean.flows(result)}
        return told | {"track": track(result)}
    sheet = sheet_of(graph)
    nodes = _nodes(result, sheet.nodes if steps else sheet.bare_nodes, preview)
    flows = _flows(result, preview)
    told |= {"nodes": nodes, "flows": flows, "track": track(result)}
    if steps:
        telling = Telling(result, mistake)
        for k, flow in enumerate(flows):
            flow |= telling.flow_formulas(k)
        told["steps"] = telling.steps()
    return told


def _nodes(
    result: Evaluation, statics: Sequence[Mapping[str, Any]], preview: int | None
) -> list[dict[str, Any]]:
    missing = result.reasons
    reasons = sheet_of(result.graph).reasons
    columns = zip(statics, result.values, result.gradients, reasons, strict=True)
    return [
        {
            **static,
            "shape": () if isinstance(value, float) else value.shape,
            "value": plain(value, preview),
            "gradient": None if i in missing else plain(gradient, preview),
            "reason": missing.get(i) or reason,
        }
        for i, (static, value, gradient, reason) in enumerate(columns)
    ]


def _flows(result: Evaluation, preview: int | None) -> list[dict[str, Any]]:
    bare = sheet_of(result.graph).bare_flows
    columns = zip(result.flows, result.upstreams, result.locals, result.downstreams, strict=True)
    return [
        {
            **bare[target, position],
            "upstream": plain(up, preview),
            "local": plain(factor, preview),
            "downstream": None if k in result.flow_reasons else plain(down, preview),
            "reason": result.flow_reasons.get(k),
        }
        for k, ((_, target, position), up, factor, down) in enumerate(columns)
    ]


def _layout(result: Evaluation) -> dict[str, Any]:
    """Where everything stands; arranged once for a graph and its shapes."""
    graph = result.graph
    shapes = tuple(() if isinstance(value, float) else value.shape for value in result.values)
    known: dict[Any, dict[str, Any]] = graph.notes.setdefault("layouts", {})
    if shapes not in known:
        known.clear()
        bare = zip(sheet_of(graph).bare_nodes, shapes, strict=True)
        nodes = [{**node, "shape": shape} for node, shape in bare]
        known[shapes] = arrange_answer(nodes, graph.nodes[graph.output].id).to_dict()
    return known[shapes]


def wrong(
    result: Evaluation, right: Evaluation, mistake: Mistake, preview: int | None = None
) -> list[dict[str, Any]]:
    """The gradients that a mistake got wrong, beside the right ones."""
    found = []
    for i, node in enumerate(result.graph.nodes):
        got, should = result.gradients[i], right.gradients[i]
        if got is not None and not np.allclose(got, should, rtol=1e-9, atol=0, equal_nan=True):
            found.append(
                {
                    "node": node.id,
                    "right": plain(should, preview),
                    "wrong": plain(got, preview),
                    "why": WHY[mistake],
                }
            )
    return found
