"""An evaluation told: every node, flow and step with its formula, its numbers and its sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions.drawing.layout import Layout
from app.core.expressions.evaluation import FULL, Budget, Evaluation, Mistake, evaluate
from app.core.expressions.formulas import text_of
from app.core.expressions.graphs import Graph
from app.core.expressions.sheets import FlowSheet, FlowWords, NodeWords, Sheet, sheet_of
from app.core.expressions.values import Value, Written, bracketed, plain, write

WHY = {
    "overwrite": "where a value is used more than once, each use must add its gradient; "
    "= keeps only the last",
    "order": "a node passed its gradient on before all of it had arrived",
}


Kind = Literal["forward", "backward", "accumulate"]


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
    latex: Annotated[str, Field(description="The arithmetic with the numbers in it.")]
    reason: str | None


class StepAnswer(TypedDict):
    """One moment of the pass."""

    kind: Kind
    node: Annotated[str, Field(description="The node that gets its value or gradient.")]
    flow: Annotated[int | None, Field(description="The flow that runs, as a position in `flows`.")]
    flows: Annotated[Sequence[int], Field(description="The flows that are added, for accumulate.")]
    sentence: str
    latex: str


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
    steps: list[StepAnswer]
    wrong: NotRequired[list[WrongGradient] | None]
    layout: NotRequired[Layout | None]


def answer(
    graph: Graph,
    inputs: Mapping[str, Any],
    mistake: Mistake | None = None,
    preview: int | None = None,
    budget: Budget = FULL,
) -> ExpressionAnswer:
    """The whole answer to a question, as plain JSON values.

    Tensors are nested lists, or, past `preview` entries, a preview: every stride-th entry with the
    shape, range and mean of all. Raises Problem as `evaluate` does.
    """
    result = evaluate(graph, inputs, mistake, budget)
    told = tell(result, mistake, preview)
    if mistake is not None:
        told["wrong"] = wrong(result, evaluate(graph, inputs), mistake, preview)
    return told


def tell(
    result: Evaluation, mistake: Mistake | None = None, preview: int | None = None
) -> ExpressionAnswer:
    """An evaluation as plain JSON values: output, inputs, nodes, flows, steps."""
    graph, sheet, values = result.graph, sheet_of(result.graph), result.values
    missing = result.reasons
    nodes: list[NodeAnswer] = [
        {
            **static,
            "shape": () if isinstance(value, float) else value.shape,
            "value": plain(value, preview),
            "gradient": None if i in missing else plain(gradient, preview),
            "reason": missing.get(i) or reason,
        }
        for i, (static, value, gradient, reason) in enumerate(
            zip(sheet.nodes, values, result.gradients, sheet.reasons, strict=True)
        )
    ]
    written = list(map(write, values))
    flows, backward = _backward(result, sheet, written, mistake, preview)
    return {
        "output": graph.nodes[graph.output].id,
        "expression": graph.text or text_of(graph),
        "inputs": {name: plain(values[i]) for name, i in graph.inputs.items()},
        "nodes": nodes,
        "flows": flows,
        "steps": _forward(result, sheet, written) + backward,
    }


def _forward(result: Evaluation, sheet: Sheet, written: Sequence[Written]) -> list[StepAnswer]:
    values = result.values
    steps = []
    for step in sheet.forward:
        i, inputs = step.node, step.inputs
        own = written[i]
        if not inputs:
            latex, said = f"{step.latex} = {own.latex}", step.spoken
        else:
            numbers = step.numbers([written[j].latex for j in inputs])
            latex = f"{step.latex} = {numbers} = {own.latex}"
            if isinstance(values[i], np.ndarray) and any(np.ndim(values[j]) for j in (*inputs, i)):
                said = step.spoken  # tensors by name: their numbers would be too many to say
            else:
                said = step.words([written[j].words for j in inputs])
        name = step.name
        sentence = f"{name} = {own.words}." if said == name else f"{name} = {said} = {own.words}."
        steps.append(_step("forward", sheet.nodes[i]["id"], sentence, latex))
    return steps


def _backward(
    result: Evaluation,
    sheet: Sheet,
    written: Sequence[Written],
    mistake: Mistake | None,
    preview: int | None,
) -> tuple[list[FlowAnswer], list[StepAnswer]]:
    """The flows and the backward steps; each flow's numbers are written once for both."""
    flows: list[FlowAnswer] = []
    steps = [_seed_step(result, sheet)]
    arrived: dict[int, list[int]] = {}
    expected = Counter(source for source, _, _ in result.flows)
    for k, (source, target, position) in enumerate(result.flows):
        own = sheet.flows[target, position]
        upstream, factor, downstream = numbers = (
            result.upstreams[k],
            result.locals[k],
            result.downstreams[k],
        )
        up, local, down = parts = tuple(map(write, numbers))
        reason = result.flow_reasons.get(k)
        flows.append(
            {
                **own.told,
                "upstream": plain(upstream, preview),
                "local": plain(factor, preview),
                "downstream": None if reason else plain(downstream, preview),
                "latex": rf"{up.latex} \;\to\; {down.latex}"
                if factor is None
                else rf"{up.latex} \times {local.bracketed} = {down.latex}",
                "reason": reason,
            }
        )
        worked = None
        if own.worked and not (own.constant or isinstance(factor, np.ndarray)):
            worked = own.worked([*[written[j].latex for j in own.operands], up.latex])
        steps.append(_flow_step(result, own, k, parts, worked))
        seen = arrived.setdefault(source, [])
        seen.append(k)
        if len(seen) == expected[source] > 1:
            steps.append(_sum_step(result, sheet, source, seen, mistake))
    return flows, steps


def _step(
    kind: Kind,
    node: str,
    sentence: str,
    latex: str,
    flow: int | None = None,
    flows: Sequence[int] = (),
) -> StepAnswer:
    return {
        "kind": kind,
        "node": node,
        "flow": flow,
        "flows": flows,
        "sentence": sentence,
        "latex": latex,
    }


def _seed_step(result: Evaluation, sheet: Sheet) -> StepAnswer:
    output = result.graph.output
    name = sheet.names[output]
    sentence = (
        f"Backward starts at {name}: each of its entries counts 1 towards their sum."
        if np.ndim(result.values[output])
        else f"Backward starts at the output: the gradient of {name} by itself is 1."
    )
    return _step("backward", sheet.nodes[output]["id"], sentence, f"{sheet.slope(output)}1")


def _flow_step(
    result: Evaluation, own: FlowSheet, k: int, parts: tuple[Written, ...], worked: str | None
) -> StepAnswer:
    up, local, down = parts
    if k in result.flow_reasons:
        sentence = f"{own.way}: {result.flow_reasons[k]}."
        latex = r"\text{this gradient does not exist}"
        return _step("backward", own.told["source"], sentence, latex, k)
    factor = result.locals[k]
    if factor is None:
        rule = f"{own.spoken} turns upstream" if own.spoken else "upstream"
        becomes = "into" if own.spoken else "becomes"
        sentence = f"{own.way}: {rule} {up.words} {becomes} {down.words}."
        latex = f"{worked} = {down.latex}" if worked else rf"{up.latex} \;\to\; {down.latex}"
        return _step("backward", own.told["source"], sentence, own.slope + latex, k)
    shown, times, total, summed = local.bracketed, r"\times", "", ""
    if worked and worked != local.latex:
        shown = rf"\left({worked}\right)" if " " in worked else bracketed(worked)
    if isinstance(factor, np.ndarray):
        if np.ndim(result.upstreams[k]):
            times = r"\odot"
        if factor.shape != result.downstreams[k].shape:  # the operand was broadcast
            total, summed = r"\sum ", ", summed where it was broadcast,"
    sentence = f"{own.way}: upstream {up.words} times local {local.words}{summed} is {down.words}."
    latex = (
        rf"{own.slope}{total}\underbrace{{{up.latex}}}_{{\text{{upstream}}}} {times} "
        rf"\underbrace{{{shown}}}_{{\text{{local}}}} = {down.latex}"
    )
    return _step("backward", own.told["source"], sentence, latex, k)


def _sum_step(
    result: Evaluation,
    sheet: Sheet,
    source: int,
    flows: Sequence[int],
    mistake: Mistake | None,
) -> StepAnswer:
    name, total = sheet.names[source], write(result.gradients[source])
    if source in result.reasons:
        sentence, latex = f"{result.reasons[source]}.", r"\text{--}"
    elif mistake == "overwrite":
        sentence = (
            f"{name} is used {len(flows)} times, but = instead of += keeps only the last gradient: "
            f"{total.words}."
        )
        latex = total.latex
    else:
        first, *rest = [write(result.downstreams[k]) for k in flows]
        added = " + ".join([first.latex, *(part.bracketed for part in rest)])
        said = " + ".join([first.words, *(bracketed(part.words) for part in rest)])
        sentence = (
            f"{name} is used {len(flows)} times, so its gradients add: {said} = {total.words}."
        )
        latex = f"{added} = {total.latex}"
    node = sheet.nodes[source]["id"]
    return _step("accumulate", node, sentence, f"{sheet.slope(source)}{latex}", flows=tuple(flows))


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
