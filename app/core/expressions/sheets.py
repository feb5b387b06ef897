"""What can be written of a graph before its numbers are known, written once."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions import formulas, handwriting
from app.core.expressions.formulas import Term, blank
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS

SPOKEN = 16  # characters of a formula that a sentence still says
WIDEST = 24  # of a formula that still stands under a fraction bar


class NodeWords(TypedDict):
    """What an answer says of a node whatever the numbers."""

    id: str
    op: str
    inputs: list[str]
    attributes: Mapping[str, Any]
    name: Annotated[str | None, Field(description="As it is named in the text; null if it is not.")]
    gate: Annotated[str, Field(description="What stands in the gate: +, *-1, 1/x, exp.")]
    latex: NotRequired[Annotated[str, Field(description="Its formula; left out without steps.")]]
    span: Annotated[Sequence[int] | None, Field(description="Offset and length in the text.")]
    literal: Annotated[bool, Field(description="An unnamed number in the text.")]
    absorbed: Annotated[bool, Field(description="A literal that is drawn as part of its gate.")]


class FlowWords(TypedDict):
    """What an answer says of a flow whatever the numbers, and its formulas where they are told."""

    source: Annotated[str, Field(description="The operand that `downstream` reaches.")]
    target: Annotated[str, Field(description="The node whose gradient is `upstream`.")]
    argument: str
    position: int
    formula: Annotated[str, Field(description="The derivative as text, as the op table has it.")]
    rule: NotRequired[
        Annotated[str, Field(description="The derivative as LaTeX; left out without steps.")]
    ]
    latex: NotRequired[
        Annotated[
            str,
            Field(description="The arithmetic with the numbers in it; left out without steps."),
        ]
    ]


@dataclass(frozen=True, slots=True)
class ForwardSheet:
    """One forward step: its formulas with blanks for the operands' numbers."""

    node: int
    inputs: tuple[int, ...]
    latex: str  # the symbols
    numbers: Callable[[Sequence[str]], str]
    words: Callable[[Sequence[str]], str]
    name: str
    spoken: str  # over names instead of numbers, for tensors


@dataclass(frozen=True, slots=True)
class FlowSheet:
    """One flow: its rule, and its arithmetic with blanks for operands, output and upstream."""

    rule: str  # g = x * y  =>  dg/dx = y
    operands: tuple[int, ...]
    worked: Callable[[Sequence[str]], str] | None
    constant: bool  # the local gradient is a number whatever the operands
    way: str  # "From f back to q"
    slope: str  # "df/dq = ", where this flow alone makes it up
    spoken: str  # a downstream rule in words, if it can be said


class Sheet:
    """The words and formulas of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def terms(self) -> list[Term]:
        """Each node as formulas call it."""
        return formulas.labels(self.graph)

    @cached_property
    def called(self) -> list[Term]:
        """Each node as sentences call it: its name, its formula if that is short, or its gate."""
        called = []
        texts = formulas.labels(self.graph, "text")
        for node, term, gate in zip(self.graph.nodes, texts, self.gates, strict=True):
            said = handwriting.formula(term.tex)
            short = node.name or len(said) <= SPOKEN
            called.append(
                Term(said, term.binds) if short else Term(f"the {handwriting.gate(gate)} gate")
            )
        return called

    @cached_property
    def names(self) -> list[str]:
        """The same as words."""
        return [term.tex for term in self.called]

    @cached_property
    def gates(self) -> list[str]:
        """What stands in each gate."""
        return [formulas.gate_label(self.graph, node) for node in self.graph.nodes]

    @cached_property
    def latex(self) -> list[str]:
        """Each node's formula over its operands, `q = x + y`."""
        written = []
        for node, term in zip(self.graph.nodes, self.terms, strict=True):
            own = formulas.formula(node, self.terms).tex
            named = node.name is not None and node.op != "input"
            written.append(f"{term.tex} = {own}" if named else own)
        return written

    @cached_property
    def nodes(self) -> list[NodeWords]:
        """What an answer says of each node whatever the numbers."""
        return [
            {**bare, "latex": latex}
            for bare, latex in zip(self.bare_nodes, self.latex, strict=True)
        ]

    @cached_property
    def bare_nodes(self) -> list[NodeWords]:
        """The same without its formula, which takes most of the time."""
        graph = self.graph
        drawn_in_gate = set()
        for node in graph.nodes:
            k = formulas.absorbed(graph, node)
            if k is not None:
                drawn_in_gate.add(node.inputs[k])
        return [
            {
                "id": node.id,
                "op": node.op,
                "inputs": [graph.nodes[j].id for j in node.inputs],
                "attributes": node.attributes,
                "name": node.name,
                "gate": self.gates[i],
                "span": node.span,
                "literal": node.literal,
                "absorbed": i in drawn_in_gate,
            }
            for i, node in enumerate(graph.nodes)
        ]

    @cached_property
    def reasons(self) -> list[str | None]:
        """Why a node takes no gradient, whatever the numbers."""
        words: list[str | None] = [None] * len(self.graph.nodes)
        for i in self.graph.ungraded:
            node = self.graph.nodes[i]
            words[i] = (
                "a number in the text is part of its gate and takes no gradient"
                if node.literal
                else f"`{node.id}` only picks or compares; there is no gradient through that"
            )
        return words

    @cached_property
    def top(self) -> str:
        """The output, as it stands in the numerator of every derivative."""
        node = self.graph.nodes[self.graph.output]
        return formulas.name_latex(node.id) if node.name else r"\mathrm{out}"

    def slope(self, i: int) -> str:
        """`d top / d node = `; a node is named by its gate where its formula is too long."""
        label = self.terms[i].tex
        if i == self.graph.output:
            by = self.top
        elif self.graph.nodes[i].name:
            by = label
        elif len(label) <= WIDEST:
            by = f"({label})"
        else:
            by = rf"\,[{_gate_latex(self.gates[i], self.graph.nodes[i].op)}\text{{ gate}}]"
        return rf"\frac{{\partial {self.top}}}{{\partial {by}}} = "

    @cached_property
    def forward(self) -> list[ForwardSheet]:
        """Every forward step, in order."""
        return [
            ForwardSheet(
                i,
                node.inputs,
                self.latex[i],
                formulas.template(self._with_blanks(node, "latex")),
                formulas.template(handwriting.formula(self._with_blanks(node, "text"))),
                self.names[i],
                handwriting.formula(formulas.formula(node, self.called, "text").tex),
            )
            for i, node in enumerate(self.graph.nodes)
            if not node.leaf
        ]

    def _with_blanks(self, node: Node, form: formulas.Form) -> str:
        operands: list[Term] = [blank(k) for k in range(len(node.inputs))]
        if node.op == "neg":  # -(3) rather than -3, which would be the result already
            operands = [Term(f"({operands[0].tex})")]
        if node.op == "**" and form == "text":
            power = self.graph.nodes[node.inputs[1]]
            if power.number:  # which is raised
                operands[1] = Term(formulas.literal_text(power.value))
        return formulas.render(OPS[node.op], operands, node.attributes, form).tex

    @cached_property
    def bare_flows(self) -> dict[tuple[int, int], FlowWords]:
        """(target, position) -> what an answer says of the flow whatever the numbers."""
        nodes = self.graph.nodes
        return {
            (target, position): {
                "source": nodes[source].id,
                "target": nodes[target].id,
                "argument": OPS[nodes[target].op].argument(position),
                "position": position,
                "formula": OPS[nodes[target].op].rule(position) or "",
            }
            for source, target, position in self.graph.flows
        }

    @cached_property
    def flows(self) -> dict[tuple[int, int], FlowSheet]:
        """(target, position) -> the flow's sheet."""
        uses = Counter(source for source, _, _ in self.graph.flows)
        return {
            (target, position): self._flow(source, target, position, uses[source] == 1)
            for source, target, position in self.graph.flows
        }

    def _flow(self, source: int, target: int, position: int, alone: bool) -> FlowSheet:
        graph, node = self.graph, self.graph.nodes[target]
        op, operands = OPS[node.op], [graph.nodes[j] for j in node.inputs]
        text = op.rule(position) or ""
        letters, out_letter = self._letters(node)
        own = formulas.render(op, letters, node.attributes)
        given = {
            key: formulas.number_term(value)
            for key, value in node.attributes.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        symbols = {op.argument(k): letter for k, letter in enumerate(letters)}
        symbols["out"] = own if len(letters) == 1 else out_letter
        rule = formulas.derivative(text, given | symbols).tex
        by = letters[position].inside(formulas.ATOM)
        slope = rf"\frac{{\partial {out_letter.tex}}}{{\partial {by}}}"
        left = slope if op.local else r"\text{downstream}"
        worked = None
        if not op.reduces and "where" not in text and formulas.speaks_ops(text):
            n = len(operands)
            numbers = {
                op.argument(k): letters[k] if operand.number else blank(k)
                for k, operand in enumerate(operands)
            }
            numbers |= {"out": blank(n), "upstream": blank(n + 1)}
            worked = formulas.derivative(text, given | numbers).tex
        return FlowSheet(
            rf"{out_letter.tex} = {own.tex} \;\Rightarrow\; {left} = {rule}",
            (*node.inputs, target),
            formulas.template(worked) if worked is not None else None,
            worked is not None and not formulas.has_blanks(worked),
            f"From {self.names[target]} back to {self.names[source]}",
            self.slope(source) if alone else "",
            self._spoken_rule(node, text),
        )

    def _spoken_rule(self, node: Node, text: str) -> str:
        """A downstream rule over the operands' names, where it speaks only of ops."""
        op = OPS[node.op]
        if op.local or not formulas.speaks_ops(text):
            return ""
        names = {op.argument(k): self.names[j] for k, j in enumerate(node.inputs)}
        return handwriting.formula(
            re.sub(r"\w+", lambda word: names.get(word.group(), word.group()), text)
        )

    def _letters(self, node: Node) -> tuple[list[Term], Term]:
        """What a rule calls the operands and the result: by what they are where that is short."""
        op, operands = OPS[node.op], [self.graph.nodes[j] for j in node.inputs]
        single = sum(not operand.number for operand in operands) == 1
        letters = []
        for k, (j, operand) in enumerate(zip(node.inputs, operands, strict=True)):
            if operand.number or operand.name or len(self.terms[j].tex) <= WIDEST:
                letters.append(self.terms[j])
            else:
                letters.append(Term("x" if single else formulas.name_latex(op.argument(k))))
        return letters, Term(formulas.name_latex(node.id) if node.name else "g")


def sheet_of(graph: Graph) -> Sheet:
    """The graph's sheet, made once."""
    sheet: Sheet | None = graph.notes.get("sheet")
    if sheet is None:
        sheet = graph.notes["sheet"] = Sheet(graph)
    return sheet


def _gate_latex(gate: str, op: str) -> str:
    """What stands in a gate as a formula has it: a power raised, a product with its sign."""
    found = re.fullmatch(r"([*^]?)([-+]?[\d.]*(?:/[a-z])?)", gate)
    if gate == "*":
        return r"{\times}"
    if gate and found:
        sign, number = found.groups()
        return {"*": rf"{{\times}}{{{number}}}", "^": rf"x^{{{number}}}", "": number}[sign]
    return rf"\text{{{(gate if gate.isascii() else op).replace('^', ' ').replace('_', ' ')}}}"
