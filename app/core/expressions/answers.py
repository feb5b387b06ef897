"""An evaluation told: every node and flow with its numbers, and, where that is asked for, its
formula and the steps in which it came about."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, cast

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions import lean
from app.core.expressions.drawing.layout import arrange_answer
from app.core.expressions.drawing.places import Layout
from app.core.expressions.evaluation import FULL, Budget, Evaluation, Mistake, evaluate
from app.core.expressions.formulas import text_of
from app.core.expressions.graphs import Graph, Remark
from app.core.expressions.remarks import readings
from app.core.expressions.sheets import FlowWords, NodeWords, sheet_of
from app.core.expressions.steps import StepAnswer, Telling, Track, track
from app.core.expressions.values import Value, plain

WHY = {
    "overwrite": "where a value is used more than once, each use must add its gradient; "
    "= keeps only the last",
    "order": "a node passed its gradient on before all of it had arrived",
}


class NodeAnswer(NodeWords):
    """One value of the graph."""

    shape: Sequence[int]
    value: Value
    gradient: Annotated[Value, Field(description="Null where there is none; `reason` says why.")]
    reason: str | None


class FlowAnswer(FlowWords):
    """One edge of the backward pass: upstream x local = downstream."""

    upstream: Value
    local: Annotated[
        Value, Field(description="Null where the op states a vector-Jacobian product.")
    ]
    downstream: Value
    reason: str | None


class WrongGradient(TypedDict):
    node: str
    right: Value
    wrong: Value
    why: str


class ExpressionAnswer(TypedDict):
    """Every value, gradient and flow, and the steps in which they come about."""

    output: Annotated[str, Field(description="Id of the output node.")]
    expression: str
    inputs: dict[str, Any]
    nodes: list[NodeAnswer]
    flows: list[FlowAnswer]
    track: Track
    steps: NotRequired[
        Annotated[
            list[StepAnswer],
            Field(description='Left out where the question says `"steps": false`.'),
        ]
    ]
    remarks: NotRequired[
        Annotated[
            list[Remark],
            Field(description="How the text was read, where there is more than one way."),
        ]
    ]
    wrong: NotRequired[list[WrongGradient] | None]
    layout: NotRequired[Layout | None]


def answer(
    graph: Graph,
    inputs: Mapping[str, Any],
    mistake: Mistake | None = None,
    preview: int | None = None,
    budget: Budget = FULL,
    steps: bool = True,
    layout: bool = False,
) -> ExpressionAnswer:
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
) -> ExpressionAnswer:
    """An evaluation as plain JSON values: output, inputs, nodes, flows, track, steps.

    Without `steps` nodes and flows are JSON already where all their numbers are there.
    """
    graph = result.graph
    if not steps and result.finite:
        lists = lean.nodes(result), lean.flows(result)
        nodes, flows = cast(tuple[list[NodeAnswer], list[FlowAnswer]], lists)
    else:
        sheet = sheet_of(graph)
        nodes = _nodes(result, sheet.nodes if steps else sheet.bare_nodes, preview)
        flows = _flows(result, preview)
    told: ExpressionAnswer = {
        "output": graph.nodes[graph.output].id,
        "expression": graph.text or text_of(graph),
        "inputs": {name: plain(result.values[i]) for name, i in graph.inputs.items()},
        "nodes": nodes,
        "flows": flows,
        "track": track(result),
    }
    if steps:
        telling = Telling(result, mistake)
        for k, flow in enumerate(flows):
            formulas = telling.flow_formulas(k)
            flow["rule"], flow["latex"] = formulas["rule"], formulas["latex"]
        told["steps"] = telling.steps()
    if graph.remarks or graph.written or result.needed is not None:
        told["remarks"] = list(readings(result))
    return told


def _nodes(
    result: Evaluation, statics: Sequence[NodeWords], preview: int | None
) -> list[NodeAnswer]:
    missing = result.reasons
    reasons = sheet_of(result.graph).reasons
    columns = zip(statics, result.values, result.gradients, reasons, strict=True)
    return [
        {
            **static,
            "shape": () if isinstance(value, float) else value.shape,
            "value": plain(value, preview),
            "gradient": None if i in missing else plain(gradient, preview),
            "reason": missing.get(i) or result.spared.get(i) or reason,
        }
        for i, (static, value, gradient, reason) in enumerate(columns)
    ]


def _flows(result: Evaluation, preview: int | None) -> list[FlowAnswer]:
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


def _layout(result: Evaluation) -> Layout:
    """Where everything stands; arranged once for a graph and its shapes."""
    graph = result.graph
    shapes = tuple(() if isinstance(value, float) else value.shape for value in result.values)
    known: dict[Any, Layout] = graph.notes.setdefault("layouts", {})
    if shapes not in known:
        known.clear()
        bare = zip(sheet_of(graph).bare_nodes, shapes, strict=True)
        nodes = [{**node, "shape": shape} for node, shape in bare]
        known[shapes] = arrange_answer(nodes, graph.nodes[graph.output].id).to_dict()
    return known[shapes]


def wrong(
    result: Evaluation, right: Evaluation, mistake: Mistake, preview: int | None = None
) -> list[WrongGradient]:
    """The gradients that a mistake got wrong, beside the right ones."""
    found: list[WrongGradient] = []
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
