"""An evaluation told: every node, flow and step with its formula, its numbers and its sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.core import formulas
from app.core.evaluation import FULL, Budget, Evaluation, Mistake, evaluate
from app.core.graphs import Graph
from app.core.numbers import format_number, latex_number
from app.core.sheets import FlowSheet, Sheet, sheet_of

SMALL = 12  # entries of a tensor that a formula still writes out
PREVIEW_ROWS, PREVIEW_COLUMNS = 32, 48

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
) -> dict[str, Any]:
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
) -> dict[str, Any]:
    """An evaluation as plain JSON values: output, inputs, nodes, flows, steps."""
    graph, sheet, values = result.graph, sheet_of(result.graph), result.values
    nodes = [
        {
            **sheet.nodes[i],
            "shape": () if isinstance(value, float) else value.shape,
            "value": plain(value, preview),
            "gradient": None if i in result.reasons else plain(result.gradients[i], preview),
            "reason": result.reasons.get(i) or sheet.reasons[i],
        }
        for i, value in enumerate(values)
    ]
    tex = list(map(latex_value, values))
    flows, backward = _backward(result, sheet, tex, mistake, preview)
    return {
        "output": graph.nodes[graph.output].id,
        "expression": graph.text,
        "inputs": {name: plain(values[i]) for name, i in graph.inputs.items()},
        "nodes": nodes,
        "flows": flows,
        "steps": _forward(result, sheet, tex) + backward,
    }


def _forward(result: Evaluation, sheet: Sheet, tex: Sequence[str]) -> list[dict[str, Any]]:
    values = result.values
    words = list(map(text_value, values))
    steps = []
    for step in sheet.forward:
        i, inputs = step.node, step.inputs
        if not inputs:
            latex, said = f"{step.latex} = {tex[i]}", step.spoken
        else:
            latex = f"{step.latex} = {step.numbers([tex[j] for j in inputs])} = {tex[i]}"
            tensors = isinstance(values[i], np.ndarray) and any(
                np.ndim(values[j]) for j in (*inputs, i)
            )
            # Tensors are said by name: their numbers would be too many.
            said = step.spoken if tensors else step.words([words[j] for j in inputs])
        name = step.name
        sentence = f"{name} = {words[i]}." if said == name else f"{name} = {said} = {words[i]}."
        steps.append(_step("forward", sheet.nodes[i]["id"], sentence, latex))
    return steps


def _backward(
    result: Evaluation,
    sheet: Sheet,
    tex: Sequence[str],
    mistake: Mistake | None,
    preview: int | None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The flows and the backward steps; each flow's numbers are written once for both."""
    flows: list[dict[str, Any]] = []
    steps = [_seed_step(result, sheet)]
    arrived: dict[int, list[int]] = {}
    expected = Counter(source for source, _, _ in result.flows)
    for k, (source, target, position) in enumerate(result.flows):
        own = sheet.flows[target, position]
        parts = (result.upstreams[k], result.locals[k], result.downstreams[k])
        up, local, down = map(latex_value, parts)
        reason = result.flow_reasons.get(k)
        flows.append(
            {
                **own.told,
                "upstream": plain(parts[0], preview),
                "local": plain(parts[1], preview),
                "downstream": None if reason else plain(parts[2], preview),
                "latex": rf"{up} \;\to\; {down}"
                if parts[1] is None
                else rf"{up} \times {_bracketed(local)} = {down}",
                "reason": reason,
            }
        )
        worked = None
        if own.worked and not (own.constant or isinstance(parts[1], np.ndarray)):
            worked = own.worked([*[tex[j] for j in own.operands], up])
        steps.append(_flow_step(result, own, k, (up, local, down), worked))
        seen = arrived.setdefault(source, [])
        seen.append(k)
        if len(seen) == expected[source] > 1:
            steps.append(_sum_step(result, sheet, source, seen, mistake))
    return flows, steps


def _step(
    kind: str,
    node: str,
    sentence: str,
    latex: str,
    flow: int | None = None,
    flows: Sequence[int] = (),
) -> dict[str, Any]:
    return {
        "kind": kind,
        "node": node,
        "flow": flow,
        "flows": flows,
        "sentence": sentence,
        "latex": latex,
    }


def _seed_step(result: Evaluation, sheet: Sheet) -> dict[str, Any]:
    output = result.graph.output
    name = sheet.names[output]
    sentence = (
        f"Backward starts at {name}: each of its entries counts 1 towards their sum."
        if np.ndim(result.values[output])
        else f"Backward starts at the output: the gradient of {name} by itself is 1."
    )
    return _step("backward", sheet.nodes[output]["id"], sentence, f"{sheet.slope(output)}1")


def _flow_step(
    result: Evaluation, own: FlowSheet, k: int, tex: tuple[str, str, str], worked: str | None
) -> dict[str, Any]:
    up, local, down = tex
    if k in result.flow_reasons:
        sentence = f"{own.way}: {result.flow_reasons[k]}."
        latex = r"\text{this gradient does not exist}"
        return _step("backward", own.told["source"], sentence, latex, k)
    upstream, factor, downstream = result.upstreams[k], result.locals[k], result.downstreams[k]
    if factor is None:
        rule = f"{own.spoken} turns upstream" if own.spoken else "upstream"
        becomes = "into" if own.spoken else "becomes"
        sentence = f"{own.way}: {rule} {text_value(upstream)} {becomes} {text_value(downstream)}."
        latex = f"{own.slope}{worked} = {down}" if worked else rf"{own.slope}{up} \;\to\; {down}"
    else:
        # Where the operand was broadcast, what comes back is summed.
        summed = isinstance(factor, np.ndarray) and factor.shape != downstream.shape
        sentence = (
            f"{own.way}: upstream {text_value(upstream)} times local {text_value(factor)}"
            f"{', summed where it was broadcast,' if summed else ''} is {text_value(downstream)}."
        )
        times = r"\odot" if isinstance(factor, np.ndarray) and np.ndim(upstream) else r"\times"
        if worked and worked != local:
            local = rf"\left({worked}\right)" if " " in worked else worked
        total = r"\sum " if summed else ""
        latex = (
            rf"{own.slope}{total}\underbrace{{{up}}}_{{\text{{upstream}}}} {times} "
            rf"\underbrace{{{_bracketed(local)}}}_{{\text{{local}}}} = {down}"
        )
    return _step("backward", own.told["source"], sentence, latex, k)


def _sum_step(
    result: Evaluation,
    sheet: Sheet,
    source: int,
    flows: Sequence[int],
    mistake: Mistake | None,
) -> dict[str, Any]:
    name, total = sheet.names[source], result.gradients[source]
    parts = [result.downstreams[k] for k in flows]
    if source in result.reasons:
        sentence, latex = f"{result.reasons[source]}.", r"\text{--}"
    elif mistake == "overwrite":
        sentence = (
            f"{name} is used {len(flows)} times, but = instead of += keeps only the last gradient: "
            f"{text_value(total)}."
        )
        latex = latex_value(total)
    else:
        first, *rest = map(latex_value, parts)
        added = " + ".join([first, *map(_bracketed, rest)])
        said = " + ".join(map(text_value, parts))
        sentence = (
            f"{name} is used {len(flows)} times, so its gradients add: {said} = "
            f"{text_value(total)}."
        )
        latex = f"{added} = {latex_value(total)}"
    node = sheet.nodes[source]["id"]
    return _step("accumulate", node, sentence, f"{sheet.slope(source)}{latex}", flows=tuple(flows))


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


# Values, in JSON, in formulas, in sentences


def plain(value: Any, preview: int | None = None) -> Any:
    """A value as JSON: a float, a nested list, or a preview of a large tensor."""
    if isinstance(value, float):
        return float(value) if value - value == 0.0 else None  # numpy has floats of its own
    if value is None:
        return None
    if np.ndim(value) == 0:
        return plain(float(value))
    if preview is None or value.size <= preview:
        return value.tolist() if np.isfinite(value).all() else _with_nulls(value)
    rows = value.reshape(1, -1) if value.ndim == 1 else value.reshape(-1, value.shape[-1])
    strides = [-(-rows.shape[0] // PREVIEW_ROWS), -(-rows.shape[1] // PREVIEW_COLUMNS)]
    return {
        "shape": value.shape,
        "min": plain(float(value.min())),
        "max": plain(float(value.max())),
        "mean": plain(float(value.mean())),
        "stride": strides,
        "entries": _with_nulls(rows[:: strides[0], :: strides[1]]),
    }


def _with_nulls(value: Any) -> Any:
    entries = value.astype(object)
    entries[~np.isfinite(value)] = None
    return entries.tolist()


def latex_value(value: Any) -> str:
    """A value in a formula: a number, a small matrix, or the shape of a large one."""
    if isinstance(value, float):
        return latex_number(value)
    if value is None:
        return r"\text{--}"
    if np.ndim(value) == 0:
        return latex_number(float(value))
    if value.ndim <= 2 and value.size <= SMALL:
        return formulas.matrix_latex(value.tolist())
    sizes = r" \times ".join(map(str, value.shape))
    return rf"[\,{sizes}\,]"


def text_value(value: Any) -> str:
    """A value in a sentence: a number, a short list, or the shape of a large tensor."""
    if isinstance(value, float):
        return format_number(value)
    if value is None:
        return "no number"
    if np.ndim(value) == 0:
        return format_number(float(value))
    if value.ndim == 1 and value.size <= SMALL:
        return "[" + ", ".join(map(format_number, value.tolist())) + "]"
    kind = {1: "vector", 2: "matrix"}.get(value.ndim, "tensor")
    return f"a {' × '.join(map(str, value.shape))} {kind}"


def _bracketed(tex: str) -> str:
    return f"({tex})" if tex.startswith("-") else tex
