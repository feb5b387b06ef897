"""Formulas as LaTeX and as text, all from the op table's templates and derivative texts."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.core.expressions.graphs import Graph, Node
from app.core.expressions.handwriting import greek
from app.core.expressions.ops import OPS, SLOT, Op
from app.core.expressions.parsing import parse_derivative
from app.core.numbers import MINUS, TIMES, format_number, latex_number, typeset

Form = Literal["latex", "text"]
ATOM = 60
NUMBERS = re.compile(r"\d+(_\d+)*")  # of an index
NEGATIVE = 10  # how tightly a number with a minus sign binds
LONGEST = 160  # a formula past this is called by its node's id
DEEPEST = 40  # how deep text is nested before it breaks into lines


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of formula: how tightly it binds, and its number if it is known to be one."""

    tex: str
    binds: int = ATOM
    number: float | None = None

    def inside(self, level: int) -> str:
        """The term where something that binds as tightly as `level` is wanted."""
        return f"({self.tex})" if self.binds < level else self.tex


def name_latex(name: str) -> str:
    """A name as mathematicians set it: w0 as w_{0}, lam and alpha as letters, loss upright."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\w*)", name)
    letters, rest = match.groups() if match else (name, "")
    spelt = greek(letters)
    base = rf"\{spelt}" if spelt else _upright(letters)
    return f"{base}_{{{_upright(rest)}}}" if rest else base


def _upright(word: str) -> str:
    """A letter or digits as they are, a word upright, other alphabets than ours as text."""
    if not word.isascii() and not all("\u0370" <= character <= "\u03ff" for character in word):
        return rf"\text{{{_escape(word)}}}"
    if NUMBERS.fullmatch(word):
        return word.replace("_", ",")
    return word if len(word) == 1 else rf"\mathrm{{{_escape(word)}}}"


def _escape(text: str) -> str:
    return text.replace("_", r"\_")


def number_term(value: float, form: Form = "latex") -> Term:
    """A number: negative ones ask for brackets inside products and powers."""
    tex = latex_number(value) if form == "latex" else literal_text(value)
    binds = NEGATIVE if value < 0 else ATOM
    if form == "text":
        binds = 30 if value < 0 else ATOM
    elif r"\times" in tex:
        binds = min(binds, 20)
    return Term(tex, binds, float(value))


def literal_text(value: Any) -> str:
    """A constant as it is typed."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal_text(item) for item in value) + "]"
    if isinstance(value, bool | int):
        return str(int(value))
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def matrix_latex(value: Sequence[Any], number: Callable[[float], str] = latex_number) -> str:
    """A small vector (as a column) or matrix in round brackets."""
    rows = [row if isinstance(row, list | tuple) else [row] for row in value]
    body = r" \\ ".join(" & ".join(number(entry) for entry in row) for row in rows)
    return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"


def render(
    op: Op, operands: Sequence[Term], attributes: Mapping[str, Any], form: Form = "latex"
) -> Term:
    """An op's formula over its operands, from the row's template."""
    template = op.latex if form == "latex" else op.text
    if not template:
        return Term(_call(op, operands, attributes))
    named = dict(zip(op.arguments, operands, strict=False))

    def fill(match: re.Match[str]) -> str:
        word, level = match.groups()
        if word in named:
            return named[word].inside(int(level))
        if word == "key":
            return _key_text(attributes["key"], operands[1:], form)
        if op.variadic and word == op.arguments[-1].lstrip("*"):
            return ", ".join(term.tex for term in operands)
        if word == "shape":
            return (r" \times " if form == "latex" else ", ").join(map(str, attributes["shape"]))
        return latex_number(float(attributes[word]))

    tex = SLOT.sub(fill, template)
    if form == "latex" and op.reduces and attributes.get("axis") is not None:
        tex = _with_axis(tex, attributes["axis"])
    return Term(tex, op.precedence)


def _with_axis(tex: str, axis: int) -> str:
    """The axis of a reduction as a subscript of its sign."""
    match = re.match(r"\\operatorname\{\w+\}|\\lVert .* \\rVert|\\\w+", tex)
    if not match:
        return tex
    return f"{match.group()}_{{\\text{{axis {axis}}}}}{tex[match.end() :]}"


def _call(op: Op, operands: Sequence[Term], attributes: Mapping[str, Any]) -> str:
    """name(operands, parameters that are not the defaults), as it is typed."""
    parts = [term.tex for term in operands]
    for parameter, default in op.parameters.items():
        value = attributes.get(parameter.lstrip("*"), default)
        if parameter.startswith("*"):
            parts += map(str, value)
        elif value != default:
            parts.append(f"{parameter}={value}")
    return f"{op.name}({', '.join(parts)})"


def _key_text(key: Sequence[Any], computed: Sequence[Term], form: Form) -> str:
    parts = []
    for part in key:
        if isinstance(part, dict):
            parts.append(computed[part["input"]].tex)
        elif isinstance(part, list):
            start, stop, step = ("" if n is None else str(n) for n in part)
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        else:
            parts.append(str(part))
    return (r",\," if form == "latex" else ", ").join(parts)


def gate_label(graph: Graph, node: Node) -> str:
    """What stands in the gate: "+", "*-1", "1/x", "+1", "^2", "exp"."""
    if node.leaf:
        return node.id if node.name else _drawn(node.value)
    op = OPS[node.op]
    symbol = op.symbol or op.name
    k = absorbed(graph, node)
    if k is None:
        return symbol
    number = format_number(float(graph.nodes[node.inputs[k]].value)).replace(MINUS, "-")
    if node.op == "*":
        number = number.removeprefix(f"1{TIMES}")
    elif number.startswith("-") if node.op in ("+", "-") else TIMES in number:
        number = f"({number})"
    commutes = node.op in ("+", "*")
    return f"{symbol}{number}" if k == 1 or commutes else f"{number}{symbol}"


def _drawn(value: Any) -> str:
    """A constant as it stands in its gate."""
    text = literal_text(value)
    return text if isinstance(value, list | tuple) else typeset(text).replace(MINUS, "-")


def absorbed(graph: Graph, node: Node) -> int | None:
    """The position of the one literal number that is drawn as part of its gate, if there is one."""
    if node.leaf or len(node.inputs) != 2 or node.op not in ("+", "-", "*", "/", "**"):
        return None
    found = [k for k, source in enumerate(node.inputs) if graph.nodes[source].number]
    return found[0] if len(found) == 1 else None


def labels(graph: Graph, form: Form = "latex") -> list[Term]:
    """Each node as it is called in formulas: its name, or its own formula while that is short."""
    longest = LONGEST if form == "latex" else LONGEST // 4
    terms: list[Term] = []
    for node in graph.nodes:
        own = formula(node, terms, form)
        if node.name is not None or node.op == "input" or len(own.tex) > longest:
            own = Term(name_latex(node.id) if form == "latex" else node.id)
        terms.append(own)
    return terms


def formula(node: Node, terms: Sequence[Term], form: Form = "latex") -> Term:
    """What a node computes, over the terms that its operands are called by."""
    if node.op == "input":
        return Term(name_latex(node.id) if form == "latex" else node.id)
    if node.op == "constant":
        if isinstance(node.value, list | tuple):
            return Term(_list_latex(node.value) if form == "latex" else literal_text(node.value))
        return number_term(node.value, form)
    return render(OPS[node.op], [terms[i] for i in node.inputs], node.attributes, form)


def _list_latex(value: Any) -> str:
    depth, inner, entries = 0, value, 1
    while isinstance(inner, list | tuple):
        depth, entries, inner = depth + 1, entries * len(inner), inner[0]
    return matrix_latex(value) if depth <= 2 and entries <= 12 else r"[\ldots]"


def text_of(graph: Graph) -> str:
    """The graph as text that parses to it again: a line a named node, the output last.

    Unnamed nodes are written where they are used; one that is used twice, or lies deep, becomes a
    line of its own under its id.
    """
    users = Counter(source for node in graph.nodes for source in node.inputs)
    terms: list[Term] = []
    depths: list[int] = []
    lines: list[str] = []
    for i, node in enumerate(graph.nodes):
        own = formula(node, terms, "text")
        depth = 1 + max((depths[j] for j in node.inputs), default=0)
        inline = node.name is None and (node.literal or users[i] == 1) and depth < DEEPEST
        if node.op == "input":
            if not users[i] and i != graph.output:
                lines.append(node.id)  # a line of its own keeps an input that nothing uses
        elif not inline and (i != graph.output or users[i]):
            lines.append(f"{node.id} = {own.tex}")
            own, depth = Term(node.id), 1
        terms.append(own)
        depths.append(depth)
    output = graph.nodes[graph.output]
    last = terms[graph.output].tex
    named = output.name and output.id != last
    lines.append(f"{output.id} = {last}" if named else last)
    return "\n".join(lines)


def derivative(text: str, names: Mapping[str, Term]) -> Term:
    """A derivative's text as a formula, its words replaced by the given terms.

    Where a term is a known number (the 2 of x ** 2), what follows from it is worked out:
    `b * a ** (b - 1)` becomes 2x.
    """
    graph = parse_derivative(text)
    terms: list[Term] = []
    for node in graph.nodes:
        if node.op == "input":
            terms.append(names.get(node.id, Term(name_latex(node.id))))
        elif node.op in OPS:
            terms.append(_fold(OPS[node.op], [terms[i] for i in node.inputs], node.attributes))
        elif node.leaf:
            terms.append(number_term(node.value) if node.value != math.pi else Term(r"\pi"))
        else:
            operands = ", ".join(terms[i].tex for i in node.inputs)
            terms.append(Term(rf"\operatorname{{{_escape(node.op)}}}({operands})"))
    return terms[graph.output]


def speaks_ops(text: str) -> bool:
    """Whether a derivative's text uses nothing but ops: no bookkeeping such as `scatter`."""
    return all(node.leaf or node.op in OPS for node in parse_derivative(text).nodes)


def _fold(op: Op, operands: Sequence[Term], attributes: Mapping[str, Any]) -> Term:
    numbers = [term.number for term in operands]
    if op.name == "where":
        if numbers[0] is not None:
            return operands[1] if numbers[0] else operands[2]
        if numbers[1:] == [1, 0]:
            return Term(rf"\mathbb{{1}}[{operands[0].tex}]")
        if numbers[1:] == [0, 1]:
            return Term(rf"\mathbb{{1}}[\text{{not }}{operands[0].tex}]")
    if op.name in ("+", "-", "**", ">", "<", "==") and None not in numbers:
        assert op.scalar is not None
        return number_term(op.scalar(*numbers))
    if op.name == "**" and numbers[1] == 1:
        return operands[0]
    if op.name == "**" and numbers[1] == 0:
        return number_term(1.0)
    if op.name == "*" and 1 in numbers[:2]:
        return operands[1] if numbers[0] == 1 else operands[0]
    if op.name == "*" and numbers[0] is not None and numbers[1] is None and numbers[0] >= 0:
        return Term(rf"{operands[0].tex}\,{operands[1].inside(21)}", 20)
    return render(op, operands, attributes)


# Templates that are filled with numbers again and again

_MARK = 0xF0000  # private characters stand for numbers until they are known
_FREE, _NOT_IN_FRONT, _ALWAYS = range(3)  # where a negative number wants brackets


@dataclass(frozen=True, slots=True)
class _Blank(Term):
    def inside(self, level: int) -> str:
        need = _FREE if level <= NEGATIVE else _NOT_IN_FRONT if level <= 21 else _ALWAYS
        return chr(ord(self.tex) + need)


def blank(k: int) -> Term:
    """A place where number k will stand, bracketed there if it is negative and must be."""
    return _Blank(chr(_MARK + 3 * k), NEGATIVE)


def has_blanks(tex: str) -> bool:
    """Whether numbers are still to be filled in."""
    return any(ord(character) >= _MARK for character in tex)


def template(tex: str) -> Callable[[Sequence[str]], str]:
    """A formula with blanks as a function of its numbers, as text.

    A negative number gets brackets where it needs them; in front it needs none but in a power.
    """
    slots: list[int] = []
    tight: list[tuple[int, bool]] = []
    out: list[str] = []
    for character in tex:
        code = ord(character) - _MARK
        if code >= 0:
            k, need = divmod(code, 3)
            if need == _ALWAYS or (need == _NOT_IN_FRONT and out):
                tight.append((len(slots), need == _ALWAYS))
            slots.append(k)
            out.append("%s")
        else:
            out.append("%%" if character == "%" else character)
    form = "".join(out)

    def fill(numbers: Sequence[str]) -> str:
        chosen = [numbers[k] for k in slots]
        for at, power in tight:
            scientific = power and r" \times " in chosen[at] and chosen[at][0].isdigit()
            if chosen[at][:1] in "-−" or scientific:
                chosen[at] = f"({chosen[at]})"
        return form % tuple(chosen)

    return fill
