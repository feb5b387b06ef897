"""The steps in which an evaluation comes about: which there are, and each told with its formula,
its numbers and its sentence when it is asked for.

Forward a step a node, then backward: one that starts it, one a flow, and where gradients add one
more that adds them, after the last of their flows.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions.graphs import Graph
from app.core.expressions.outcomes import Evaluation, Mistake
from app.core.expressions.sheets import ForwardSheet, sheet_of
from app.core.expressions.values import Written, bracketed, write, write_terms

BATCH = 64  # steps in an answer about some of them


Kind = Literal["forward", "backward", "accumulate"]


class StepAnswer(TypedDict):
    """One moment of the pass."""

    kind: Kind
    node: Annotated[str, Field(description="The node that gets its value or gradient.")]
    flow: Annotated[int | None, Field(description="The flow that runs, as a position in `flows`.")]
    flows: Annotated[Sequence[int], Field(description="The flows that are added, for accumulate.")]
    sentence: str
    latex: str


class Track(TypedDict):
    """The steps, counted: first those that go forward, a node each, in the order of `nodes`; then
    one that starts backward, and one a flow, in the order of `flows`, where several reach a node
    followed by one that adds them."""

    forward: int
    count: int
    batch: Annotated[int, Field(description="How many POST /api/expression/steps tells at most.")]


class NodeFormula(TypedDict):
    id: str
    latex: str


class FlowFormulas(TypedDict):
    flow: Annotated[int, Field(description="A position in `flows`.")]
    rule: Annotated[str, Field(description="The derivative as LaTeX.")]
    latex: Annotated[str, Field(description="The arithmetic with the numbers in it.")]


class ExpressionStepsAnswer(TypedDict):
    """Some steps, and the formulas of the nodes and flows that they are about."""

    first: int
    steps: list[StepAnswer]
    nodes: list[NodeFormula]
    flows: list[FlowFormulas]


class Moment(NamedTuple):
    """What happens in a step: to a node, along a flow, or by adding flows; as positions."""

    kind: Kind
    node: int
    flow: int | None = None
    flows: tuple[int, ...] = ()


def moments(graph: Graph, flows: Sequence[tuple[int, int, int]]) -> list[Moment]:
    """The steps of a pass in which the flows run in this order; made once for a graph's own."""
    usual = flows == graph.flows
    known: list[Moment] | None = graph.notes.get("moments") if usual else None
    if known is not None:
        return known
    found = [Moment("forward", i) for i, node in enumerate(graph.nodes) if not node.leaf]
    found.append(Moment("backward", graph.output))
    uses = Counter(source for source, _, _ in flows)
    arrived: dict[int, list[int]] = {}
    for k, (source, _, _) in enumerate(flows):
        found.append(Moment("backward", source, k))
        if uses[source] > 1:
            seen = arrived.setdefault(source, [])
            seen.append(k)
            if len(seen) == uses[source]:
                found.append(Moment("accumulate", source, None, tuple(seen)))
    if usual:
        graph.notes["moments"] = found
    return found


def track(result: Evaluation) -> Track:
    """How many steps go forward, how many there are, and how many are told at a time."""
    found = moments(result.graph, result.flows)
    forward = found.index(Moment("backward", result.graph.output))
    return {"forward": forward, "count": len(found), "batch": BATCH}


class Telling:
    """An evaluation's steps in words and formulas."""

    def __init__(self, result: Evaluation, mistake: Mistake | None = None) -> None:
        self.result, self.mistake = result, mistake
        self.graph, self.sheet = result.graph, sheet_of(result.graph)
        self.moments = moments(result.graph, result.flows)
        self.values: dict[int, Written] = {}
        self.numbers: dict[int, tuple[Written, Written, Written]] = {}

    @cached_property
    def names(self) -> Sequence[str]:
        return [node.id for node in self.graph.nodes]

    def value(self, i: int) -> Written:
        """A node's value, written once."""
        if i not in self.values:
            self.values[i] = write(self.result.values[i])
        return self.values[i]

    def flow(self, k: int) -> tuple[Written, Written, Written]:
        """A flow's upstream, local and downstream, written once."""
        if k not in self.numbers:
            result = self.result
            numbers = (result.upstreams[k], result.locals[k], result.downstreams[k])
            up, local, down = map(write, numbers)
            self.numbers[k] = up, local, down
        return self.numbers[k]

    def flow_formulas(self, k: int) -> FlowFormulas:
        """A flow's rule, and its arithmetic with the numbers in it."""
        _, target, position = self.result.flows[k]
        up, local, down = self.flow(k)
        numbers = (
            rf"{up.latex} \;\to\; {down.latex}"
            if self.result.locals[k] is None
            else rf"{up.latex} \times {local.bracketed} = {down.latex}"
        )
        return {"flow": k, "rule": self.sheet.flows[target, position].rule, "latex": numbers}

    def steps(self, first: int = 0, count: int | None = None) -> list[StepAnswer]:
        """So many steps from the first on, by default all."""
        last = None if count is None else first + count
        return [self.step(number) for number in range(*slice(first, last).indices(self.count))]

    @property
    def count(self) -> int:
        return len(self.moments)

    def step(self, number: int) -> StepAnswer:
        """The step in this place."""
        moment = self.moments[number]
        if moment.kind == "forward":
            sentence, latex = self._forward(self.sheet.forward[number])
        elif moment.flow is not None:
            sentence, latex = self._flow(moment.flow)
        elif moment.flows:
            sentence, latex = self._sum(moment.node, moment.flows)
        else:
            sentence, latex = self._seed()
        return {
            "kind": moment.kind,
            "node": self.names[moment.node],
            "flow": moment.flow,
            "flows": moment.flows,
            "sentence": sentence,
            "latex": latex,
        }

    def _forward(self, step: ForwardSheet) -> tuple[str, str]:
        values = self.result.values
        i, inputs = step.node, step.inputs
        own = self.value(i)
        if not inputs:
            latex, said = f"{step.latex} = {own.latex}", step.spoken
        else:
            added = self.graph.nodes[i].op in ("+", "-")
            terms = (
                write_terms([values[j] for j in inputs], values[i])
                if added
                else [self.value(j) for j in inputs]
            )
            numbers = step.numbers([term.latex for term in terms])
            latex = f"{step.latex} = {numbers} = {own.latex}"
            if isinstance(values[i], np.ndarray) and any(np.ndim(values[j]) for j in (*inputs, i)):
                said = step.spoken  # tensors by name: their numbers would be too many to say
            else:
                said = step.words([term.words for term in terms])
        name = step.name
        sentence = f"{name} = {own.words}." if said == name else f"{name} = {said} = {own.words}."
        return sentence, latex

    def _seed(self) -> tuple[str, str]:
        output = self.graph.output
        name = self.sheet.names[output]
        sentence = (
            f"Backward starts at {name}: each of its entries counts 1 towards their sum."
            if np.ndim(self.result.values[output])
            else f"Backward starts at the output: the gradient of {name} by itself is 1."
        )
        return sentence, f"{self.sheet.slope(output)}1"

    def _flow(self, k: int) -> tuple[str, str]:
        result = self.result
        _, target, position = result.flows[k]
        own = self.sheet.flows[target, position]
        if k in result.flow_reasons:
            return f"{own.way}: {result.flow_reasons[k]}.", r"\text{this gradient does not exist}"
        up, local, down = self.flow(k)
        factor = result.locals[k]
        worked = None
        if own.worked and not (own.constant or isinstance(factor, np.ndarray)):
            worked = own.worked([*[self.value(j).latex for j in own.operands], up.latex])
        if factor is None:
            rule = f"{own.spoken} turns upstream" if own.spoken else "upstream"
            becomes = "into" if own.spoken else "becomes"
            sentence = f"{own.way}: {rule} {up.words} {becomes} {down.words}."
            latex = f"{worked} = {down.latex}" if worked else rf"{up.latex} \;\to\; {down.latex}"
            return sentence, own.slope + latex
        shown, times, total, summed = local.bracketed, r"\times", "", ""
        if worked and worked != local.latex:
            shown = rf"\left({worked}\right)" if " " in worked else bracketed(worked)
        if isinstance(factor, np.ndarray):
            if np.ndim(result.upstreams[k]):
                times = r"\odot"
            if factor.shape != result.downstreams[k].shape:  # the operand was broadcast
                total, summed = r"\sum ", ", summed where it was broadcast,"
        sentence = (
            f"{own.way}: upstream {up.words} times local {local.words}{summed} is {down.words}."
        )
        latex = (
            rf"{own.slope}{total}\underbrace{{{up.latex}}}_{{\text{{upstream}}}} {times} "
            rf"\underbrace{{{shown}}}_{{\text{{local}}}} = {down.latex}"
        )
        return sentence, latex

    def _sum(self, source: int, flows: Sequence[int]) -> tuple[str, str]:
        result = self.result
        name, total = self.sheet.names[source], write(result.gradients[source])
        if source in result.reasons:
            sentence, latex = f"{result.reasons[source]}.", r"\text{--}"
        elif self.mistake == "overwrite":
            sentence = (
                f"{name} is used {len(flows)} times, but = instead of += keeps only the last "
                f"gradient: {total.words}."
            )
            latex = total.latex
        else:
            parts = [result.downstreams[k] for k in flows]
            first, *rest = write_terms(parts, result.gradients[source])
            added = " + ".join([first.latex, *(part.bracketed for part in rest)])
            said = " + ".join([first.words, *(bracketed(part.words) for part in rest)])
            sentence = (
                f"{name} is used {len(flows)} times, so its gradients add: {said} = {total.words}."
            )
            latex = f"{added} = {total.latex}"
        return sentence, f"{self.sheet.slope(source)}{latex}"

    def part(self, first: int, count: int) -> ExpressionStepsAnswer:
        """Some steps, with the formulas of the nodes and flows that they are about."""
        chosen = range(*slice(first, first + count).indices(self.count))
        nodes, flows = dict[int, None](), dict[int, None]()
        for number in chosen:
            moment = self.moments[number]
            nodes[moment.node] = None
            if moment.flow is not None:
                flows[moment.flow] = None
                nodes.update(dict.fromkeys(self.result.flows[moment.flow][:2]))
        return {
            "first": first,
            "steps": [self.step(number) for number in chosen],
            "nodes": [{"id": self.names[i], "latex": self.sheet.latex[i]} for i in nodes],
            "flows": [self.flow_formulas(k) for k in flows],
        }
