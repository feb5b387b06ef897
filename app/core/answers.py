"""An evaluation told: every node, flow and step with its formula, its numbers and its sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from app.core import formulas
from app.core.evaluation import FULL, Budget, Evaluation, Mistake, evaluate
from app.core.formulas import Term, blank, filled
from app.core.graphs import Graph
from app.core.numbers import format_number, latex_number
from app.core.ops import OPS

SPOKEN = 16  # characters of a formula that a sentence still says
SMALL = 12  # entries of a tensor that a formula still writes out
PREVIEW_ROWS, PREVIEW_COLUMNS = 32, 48


class Sheet:
    """What can be written of a graph before its numbers are known."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def labels(self) -> list[str]:
        """Each node as formulas call it."""
        return [term.tex for term in formulas.labels(self.graph)]

    @cached_property
    def names(self) -> list[str]:
        """Each node as sentences call it: its name, its formula if that is short, or its gate."""
        texts = [term.tex for term in formulas.labels(self.graph, "text")]
        return [
            text if node.name or len(text) <= SPOKEN else f"the {gate} gate"
            for node, text, gate in zip(self.graph.nodes, texts, self.gates, strict=True)
        ]

    def spoken(self, i: int) -> str:
        """A node's formula over its operands' names, for a sentence."""
        return formulas.formula(
            self.graph.nodes[i], [Term(name) for name in self.names], "text"
        ).tex

    @cached_property
    def latex(self) -> list[str]:
        """Each node's formula over its operands, `q = x + y`."""
        terms = formulas.labels(self.graph)
        written = []
        for i, node in enumerate(self.graph.nodes):
            own = formulas.formula(node, terms).tex
            named = node.name is not None and node.op != "input"
            written.append(f"{terms[i].tex} = {own}" if named else own)
        return written

    @cached_property
    def gates(self) -> list[str]:
        """What stands in each gate."""
        return [formulas.gate_label(self.graph, node) for node in self.graph.nodes]

    @cached_property
    def absorbed(self) -> set[int]:
        """Literals that are drawn as part of their gate."""
        found = set()
        for node in self.graph.nodes:
            k = formulas.absorbed(self.graph, node)
            if k is not None:
                found.add(node.inputs[k])
        return found

    @cached_property
    def forward(self) -> list[tuple[int, str, str]]:
        """(node, formula, sentence) of each forward step, with blanks for the operands' numbers."""
        steps = []
        for i, node in enumerate(self.graph.nodes):
            if not node.leaf:
                op, operands = OPS[node.op], [blank(k) for k in range(len(node.inputs))]
                if op.name == "neg":  # -(3) rather than -3, which would be the result already
                    operands = [Term(f"({operands[0].tex})")]
                tex = formulas.render(op, operands, node.attributes).tex
                text = formulas.render(op, operands, node.attributes, "text").tex
                steps.append((i, tex, text))
        return steps

    @cached_property
    def top(self) -> str:
        """The output, as it stands in the numerator of every derivative."""
        node = self.graph.nodes[self.graph.output]
        return formulas.name_latex(node.id) if node.name else r"\mathrm{out}"

    def slope(self, i: int) -> str:
        """`d top / d node =`, or nothing where the node's formula is too long to stand there."""
        if i == self.graph.output:
            by = self.top
        elif self.graph.nodes[i].name:
            by = self.labels[i]
        elif len(self.labels[i]) <= 24:
            by = f"({self.labels[i]})"
        else:
            return ""
        return rf"\frac{{\partial {self.top}}}{{\partial {by}}} = "

    @cached_property
    def rules(self) -> Mapping[tuple[int, int], tuple[str, str, str | None]]:
        """(target, position) -> (rule, formula as text, numbers with blanks or None)."""
        return {
            (target, position): self._rule(target, position)
            for _, target, position in self.graph.flows
        }

    def _rule(self, target: int, position: int) -> tuple[str, str, str | None]:
        graph, node = self.graph, self.graph.nodes[target]
        op = OPS[node.op]
        text = op.rule(position) or ""
        given = {
            key: formulas.number_term(value)
            for key, value in node.attributes.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        plain = [graph.nodes[j] for j in node.inputs]
        by_name = all(n.name or n.literal for n in plain) and not op.variadic
        letters: dict[str, Term] = {}
        numbers: dict[str, Term] = {}
        for k, operand in enumerate(plain):
            argument = op.argument(k)
            literal = operand.literal and not isinstance(operand.value, list | tuple)
            if literal:
                letters[argument] = numbers[argument] = formulas.number_term(operand.value)
            else:
                numbers[argument] = blank(k)
                alone = len(op.arguments) == 1 or any(
                    other.literal for j, other in enumerate(plain) if j != k
                )
                letters[argument] = (
                    Term(formulas.name_latex(operand.id))
                    if by_name and operand.name
                    else Term("x" if alone else argument)
                )
        over = [letters[op.argument(k)] for k in range(len(plain))]
        own = formulas.render(op, over, node.attributes)
        out_letter = Term(formulas.name_latex(node.name)) if by_name and node.name else Term("g")
        rule = formulas.derivative(
            text, {**given, **letters, "out": own if len(over) == 1 else out_letter}
        )
        by = over[position].tex
        if op.local:
            rule_tex = rf"\frac{{\partial {out_letter.tex}}}{{\partial {by}}} = {rule.tex}"
        else:
            rule_tex = rf"\text{{downstream}} = {rule.tex}"
        rule_tex = rf"{out_letter.tex} = {own.tex} \;\Rightarrow\; {rule_tex}"
        worked = None
        if not op.reduces and "where" not in text:
            known = {"out": blank(len(plain)), "upstream": blank(len(plain) + 1)}
            worked = formulas.derivative(text, {**given, **numbers, **known}).tex
        return rule_tex, text, worked


_sheets: WeakKeyDictionary[Graph, Sheet] = WeakKeyDictionary()


def sheet_of(graph: Graph) -> Sheet:
    """The graph's sheet, made once."""
    sheet = _sheets.get(graph)
    if sheet is None:
        sheet = _sheets[graph] = Sheet(graph)
    return sheet


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
    graph, sheet = result.graph, sheet_of(result.graph)
    ids = [node.id for node in graph.nodes]
    nodes = [
        {
            "id": node.id,
            "op": node.op,
            "inputs": [ids[j] for j in node.inputs],
            "attributes": node.attributes,
            "name": node.name,
            "gate": sheet.gates[i],
            "shape": np.shape(result.values[i]),
            "value": plain(result.values[i], preview),
            "gradient": None if i in result.reasons else plain(result.gradients[i], preview),
            "reason": _reason(result, i),
            "latex": sheet.latex[i],
            "span": node.span,
            "literal": node.literal,
            "absorbed": i in sheet.absorbed,
        }
        for i, node in enumerate(graph.nodes)
    ]
    return {
        "output": ids[graph.output],
        "expression": graph.text,
        "inputs": {
            name: result.values[i]
            if isinstance(result.values[i], float)
            else result.values[i].tolist()
            for name, i in graph.inputs.items()
        },
        "nodes": nodes,
        "flows": _flows(result, sheet, ids, preview),
        "steps": _steps(result, sheet, ids, mistake),
    }


def _reason(result: Evaluation, i: int) -> str | None:
    if i in result.reasons:
        return result.reasons[i]
    if result.gradients[i] is not None:
        return None
    node = result.graph.nodes[i]
    if node.literal:
        return "a number in the text is part of its gate and takes no gradient"
    return f"`{node.id}` only picks or compares; there is no gradient through that"


def plain(value: Any, preview: int | None = None) -> Any:
    """A value as JSON: a float, a nested list, or a preview of a large tensor."""
    if value is None:
        return None
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if np.ndim(value) == 0:
        return plain(float(value))
    if preview is None or value.size <= preview:
        return value.tolist() if np.isfinite(value).all() else _with_nulls(value)
    flat = value.reshape(-1, value.shape[-1])
    if value.ndim == 1:
        flat = value.reshape(1, -1)
    strides = [
        -(-flat.shape[0] // PREVIEW_ROWS),
        -(-flat.shape[1] // PREVIEW_COLUMNS),
    ]
    shown = flat[:: strides[0], :: strides[1]]
    return {
        "shape": value.shape,
        "min": plain(float(value.min())),
        "max": plain(float(value.max())),
        "mean": plain(float(value.mean())),
        "stride": strides,
        "entries": _with_nulls(shown),
    }


def _with_nulls(value: Any) -> Any:
    entries = value.astype(object)
    entries[~np.isfinite(value)] = None
    return entries.tolist()


def _flows(
    result: Evaluation, sheet: Sheet, ids: Sequence[str], preview: int | None
) -> list[dict[str, Any]]:
    told = []
    for k, (source, target, position) in enumerate(result.flows):
        rule, text, _ = sheet.rules[target, position]
        missing = k in result.flow_reasons
        told.append(
            {
                "source": ids[source],
                "target": ids[target],
                "argument": OPS[result.graph.nodes[target].op].argument(position),
                "position": position,
                "upstream": plain(result.upstreams[k], preview),
                "local": plain(result.locals[k], preview),
                "downstream": None if missing else plain(result.downstreams[k], preview),
                "rule": rule,
                "formula": text,
                "latex": _flow_latex(result, k),
                "reason": result.flow_reasons.get(k),
            }
        )
    return told


def _flow_latex(result: Evaluation, k: int) -> str:
    up, local, down = (
        latex_value(part) for part in (result.upstreams[k], result.locals[k], result.downstreams[k])
    )
    if result.locals[k] is None:
        return rf"\text{{upstream }} {up} \;\to\; {down}"
    return rf"{up} \times {_bracketed(local)} = {down}"


def _bracketed(tex: str) -> str:
    return f"({tex})" if tex.startswith("-") else tex


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
    return rf"[\,{shape_latex(value.shape)}\,]"


def shape_latex(shape: Sequence[int]) -> str:
    """10 x 3072, as in a formula."""
    return r" \times ".join(map(str, shape))


def text_value(value: Any) -> str:
    """A value in a sentence: a number, a short list, or the shape of a large tensor."""
    if value is None:
        return "no number"
    if np.ndim(value) == 0:
        return format_number(float(value))
    if value.ndim == 1 and value.size <= SMALL:
        return "[" + ", ".join(map(format_number, value.tolist())) + "]"
    kind = {1: "vector", 2: "matrix"}.get(value.ndim, "tensor")
    return f"a {' × '.join(map(str, value.shape))} {kind}"


def _steps(
    result: Evaluation, sheet: Sheet, ids: Sequence[str], mistake: Mistake | None
) -> list[dict[str, Any]]:
    return [
        *_forward_steps(result, sheet, ids),
        *_backward_steps(result, sheet, ids, mistake),
    ]


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


def _forward_steps(result: Evaluation, sheet: Sheet, ids: Sequence[str]) -> list[dict[str, Any]]:
    graph, values = result.graph, result.values
    tex = [latex_value(value) for value in values]
    text = [text_value(value) for value in values]
    steps = []
    for i, form, words in sheet.forward:
        node = graph.nodes[i]
        numbers = filled(form, [tex[j] for j in node.inputs]) if node.inputs else ""
        said = filled(words, [text[j] for j in node.inputs]) if node.inputs else words
        symbols = sheet.latex[i]
        latex = f"{symbols} = {numbers} = {tex[i]}" if numbers else f"{symbols} = {tex[i]}"
        if any(np.ndim(values[j]) for j in (*node.inputs, i)):
            said = sheet.spoken(i)  # tensors by name: their numbers would be too many to say
        parts = [sheet.names[i], said.replace("-", "−"), text[i]]
        sentence = " = ".join(dict.fromkeys(parts)) + "."
        steps.append(_step("forward", ids[i], sentence, latex))
    return steps


def _backward_steps(
    result: Evaluation, sheet: Sheet, ids: Sequence[str], mistake: Mistake | None
) -> list[dict[str, Any]]:
    output = result.graph.output
    name = sheet.names[output]
    steps = [
        _step(
            "backward",
            ids[output],
            f"Backward starts at {name}: each of its entries counts 1 towards their sum."
            if np.ndim(result.values[output])
            else f"Backward starts at the output: the gradient of {name} by itself is 1.",
            f"{sheet.slope(output)}1",
        )
    ]
    arrived: dict[int, list[int]] = {}
    expected = Counter(source for source, _, _ in result.flows)
    for k, (source, _, _) in enumerate(result.flows):
        steps.append(_flow_step(result, sheet, ids, k, alone=expected[source] == 1))
        arrived.setdefault(source, []).append(k)
        if len(arrived[source]) == expected[source] > 1:
            steps.append(_sum_step(result, sheet, ids, source, arrived[source], mistake))
    return steps


def _flow_step(
    result: Evaluation, sheet: Sheet, ids: Sequence[str], k: int, alone: bool
) -> dict[str, Any]:
    source, target, position = result.flows[k]
    _, text, worked = sheet.rules[target, position]
    way = f"From {sheet.names[target]} back to {sheet.names[source]}"
    if k in result.flow_reasons:
        return _step(
            "backward",
            ids[source],
            f"{way}: {result.flow_reasons[k]}.",
            r"\text{this gradient does not exist}",
            flow=k,
        )
    parts = (result.upstreams[k], result.locals[k], result.downstreams[k])
    upstream, local, downstream = parts
    up, factor, down = map(latex_value, parts)
    if worked is not None and (local is None or np.ndim(local) == 0):
        operands = [*result.graph.nodes[target].inputs, target]
        arithmetic = filled(worked, [*(latex_value(result.values[j]) for j in operands), up])
        if local is None:
            factor = arithmetic
        elif arithmetic != factor:
            factor = rf"\left({arithmetic}\right)" if " " in arithmetic else arithmetic
    if local is None:
        sentence = (
            f"{way}: {text} turns upstream {text_value(upstream)} into {text_value(downstream)}."
        )
        latex = f"{factor} = {down}" if worked else rf"{up} \;\to\; {down}"
    else:
        sentence = (
            f"{way}: upstream {text_value(upstream)} times local {text_value(local)} "
            f"is {text_value(downstream)}."
        )
        latex = (
            rf"\underbrace{{{up}}}_{{\text{{upstream}}}} \times "
            rf"\underbrace{{{_bracketed(factor)}}}_{{\text{{local}}}} = {down}"
        )
    if alone:
        latex = f"{sheet.slope(source)}{latex}"
    return _step("backward", ids[source], sentence, latex, flow=k)


def _sum_step(
    result: Evaluation,
    sheet: Sheet,
    ids: Sequence[str],
    source: int,
    flows: Sequence[int],
    mistake: Mistake | None,
) -> dict[str, Any]:
    name, lead, total = sheet.names[source], sheet.slope(source), result.gradients[source]
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
    return _step("accumulate", ids[source], sentence, f"{lead}{latex}", flows=flows)


WHY = {
    "overwrite": "where a value is used more than once, each use must add its gradient; "
    "= keeps only the last",
    "order": "a node passed its gradient on before all of it had arrived",
}


def wrong(
    result: Evaluation, right: Evaluation, mistake: Mistake, preview: int | None = None
) -> list[dict[str, Any]]:
    """The gradients that a mistake got wrong, beside the right ones."""
    found = []
    for i, node in enumerate(result.graph.nodes):
        is_, should = result.gradients[i], right.gradients[i]
        if is_ is not None and not np.allclose(is_, should, rtol=1e-9, atol=0, equal_nan=True):
            found.append(
                {
                    "node": node.id,
                    "right": plain(should, preview),
                    "wrong": plain(is_, preview),
                    "why": WHY[mistake],
                }
            )
    return found
