"""Text to Graph: one statement a line, `name = expression`; the last statement is the output.

The text is read by the small parser below and never executed. The graph is what was typed: equal
sub-expressions are not merged, and a name used twice is one node. `-u` is a gate that multiplies by
-1 and `1 / u` a reciprocal gate, as in CS231n's drawings.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from app.core.errors import Problem
from app.core.expressions.graphs import MAX_NODES, NAME, WORDS, Graph, Node, check, known
from app.core.expressions.ops import OPS

MAX_TEXT = 65_536
MAX_DEPTH = 100
MAX_LITERAL = 10_000

TOKEN = re.compile(
    r"(?P<space>[ \t\r\f]+|\#[^\n]*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    rf"|(?P<name>{NAME.pattern})"
    r"|(?P<sign>\*\*|[<>=!]=|[-+*/@()\[\],:;=<>.]|\n)"
)
# Signs that come along when a formula is pasted from a slide; each is one character for another.
PASTED = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "\u00a0": " "})
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")
ENDS = ("\n", ";", "end")


@dataclass(slots=True)
class Token:
    """One word of the text: its kind ("number", "name", or the sign itself) and its place."""

    kind: str
    text: str
    offset: int


@dataclass(slots=True)
class Literal:
    """A number or nested list in the text, not yet a node: it may turn out to be a parameter."""

    value: Any
    start: int
    end: int


@dataclass(slots=True)
class Ref:
    """A node, and the stretch of text that stands for it here."""

    node: int
    start: int
    end: int


Operand = Literal | Ref


@lru_cache(maxsize=256)
def parse(text: str) -> Graph:
    """The graph of an expression.

    Raises Problem with the offset and length of the mistake. Results are cached by the text.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_TEXT:
        raise Problem(
            f"an expression may be 64 KB long; this one has {size:,} bytes",
            {"field": "expression"},
        )
    return _Parser(text).graph()


def tokens(text: str) -> list[Token]:
    """The words of a text; newlines inside brackets are not among them."""
    found: list[Token] = []
    depth, at, source = 0, 0, text.translate(PASTED)
    while at < len(source):
        match = TOKEN.match(source, at)
        if not match:
            hint = {"^": "; a power is written `**`", "&": "", "!": "; `!=` is a comparison"}
            sign = text[at]
            raise Problem(
                f"`{sign}` means nothing here{hint.get(sign, '')}",
                {"offset": at, "length": 1},
                "**" if sign == "^" else None,
            )
        kind, word = str(match.lastgroup), match.group()
        if kind == "sign":
            depth += (word in "([") - (word in ")]")
            if not (word == "\n" and depth > 0):
                found.append(Token(word, word, at))
        elif kind != "space":
            found.append(Token(kind, word, at))
        at = match.end()
    found.append(Token("end", "", len(source)))
    return found


class _Parser:
    """Precedence climbing; loops where the grammar repeats, so that long sums need no stack."""

    def __init__(self, text: str, vocabulary: bool = False) -> None:
        self.text = text
        self.vocabulary = vocabulary  # any function name will do: for the texts of derivatives
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.nodes: list[Node] = []
        self.names: dict[str, int] = {}
        self.used_as_input: dict[str, Token] = {}
        self.generators = 0

    # Statements

    def graph(self) -> Graph:
        output = None
        while True:
            while self.peek().kind in ("\n", ";"):
                self.at += 1
            if self.peek().kind == "end":
                break
            output = self.statement()
            if self.peek().kind not in ENDS:
                self.unexpected()
        if output is None:
            raise Problem(
                "there is no expression yet; try `f = (x + y) * z`", {"offset": 0, "length": 0}
            )
        self.name_the_rest()
        return Graph(self.nodes, output, self.text)

    def statement(self) -> int:
        first, second = self.peek(), self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if first.kind == "name" and second.kind == "=":
            self.at += 2
            self.check_assignable(first)
            before = len(self.nodes)
            value = self.expression()
            if first.text in self.used_as_input:
                self.fail(f"`{first.text}` is used in its own value", first)
            node = self.node_of(value, name=first.text)
            made = self.nodes[node]
            if node >= before and made.name is None:
                # Only what this statement made takes its name: `q = x` is x by another name.
                made.name = made.id = first.text
            self.names[first.text] = node
            return node
        return self.node_of(self.expression(), name=None)

    def check_assignable(self, token: Token) -> None:
        name = token.text
        if name in OPS:
            self.fail(f"`{name}` is an op; give the value another name", token, name + "_")
        if name in WORDS:
            self.fail(f"`{name}` has a meaning of its own; give the value another name", token)
        if name in self.used_as_input:
            self.fail(f"`{name}` was used before it is assigned, so it is an input", token)
        if name in self.names:
            self.fail(f"`{name}` is assigned twice; a name stands for one value", token)

    def name_the_rest(self) -> None:
        """Give nodes without a name the ids n1, n2, ..., past any that the text uses."""
        taken, number = {node.id for node in self.nodes} | set(self.names), 0
        for node in self.nodes:
            if not node.id:
                number += 1
                while f"n{number}" in taken:
                    number += 1
                node.id = f"n{number}"

    # Expressions

    def expression(self) -> Operand:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"brackets may be nested {MAX_DEPTH} deep", self.peek())
        left = self.sum()
        if self.peek().kind in COMPARISONS:
            sign = self.next()
            left = self.apply(sign.text, [left, self.sum()], {}, left.start, sign)
            if self.peek().kind in COMPARISONS:
                self.fail("compare two things at a time", self.peek())
        self.depth -= 1
        return left

    def sum(self) -> Operand:
        left = self.product()
        while self.peek().kind in ("+", "-"):
            sign = self.next()
            left = self.apply(sign.text, [left, self.product()], {}, left.start, sign)
        return left

    def product(self) -> Operand:
        left = self.unary()
        while self.peek().kind in ("*", "/", "@"):
            sign = self.next()
            right = self.unary()
            if sign.text == "/" and isinstance(left, Literal) and left.value == 1:
                left = self.apply("reciprocal", [right], {}, left.start, sign)
            else:
                left = self.apply(sign.text, [left, right], {}, left.start, sign)
        return left

    def unary(self) -> Operand:
        signs: list[Token] = []
        while self.peek().kind in ("-", "+"):
            signs.append(self.next())
        value = self.power()
        for sign in reversed(signs):
            if sign.text == "+":
                continue
            if isinstance(value, Literal) and isinstance(value.value, int | float):
                value = Literal(-value.value, sign.offset, value.end)
            else:
                value = self.apply("neg", [value], {}, sign.offset, sign)
        return value

    def power(self) -> Operand:
        base = self.postfix()
        if self.peek().kind != "**":
            return base
        sign = self.next()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"powers may be stacked {MAX_DEPTH} deep", sign)
        exponent = self.unary()
        self.depth -= 1
        return self.apply("**", [base, exponent], {}, base.start, sign)

    def postfix(self) -> Operand:
        value = self.atom()
        while self.peek().kind in ("[", "."):
            opening = self.next()
            if opening.kind == "[":
                value = self.index(value, opening)
            else:
                if self.peek().text != "T":
                    self.fail("after the dot only `T` (transposed) is known", self.peek(), "T")
                end = self.next().offset + 1
                value = self.apply("transpose", [value], {}, value.start, opening, end)
        return value

    def atom(self) -> Operand:
        token = self.peek()
        if token.kind == "number":
            self.at += 1
            return Literal(self.number(token), token.offset, token.offset + len(token.text))
        if token.kind == "name":
            self.at += 1
            if self.peek().kind == "(":
                return self.call(token)
            return self.variable(token)
        if token.kind == "(":
            self.at += 1
            inner = self.expression()
            end = self.expect(")")
            return type(inner)(  # the brackets belong to what they hold
                inner.value if isinstance(inner, Literal) else inner.node,
                token.offset,
                end.offset + 1,
            )
        if token.kind == "[":
            return self.nested_list()
        self.unexpected()

    def variable(self, token: Token) -> Operand:
        name, end = token.text, token.offset + len(token.text)
        if name in self.names:
            return Ref(self.names[name], token.offset, end)
        if name in WORDS:
            return Literal(WORDS[name], token.offset, end)
        if name in OPS and not self.vocabulary:
            self.fail(f"`{name}` is an op; call it as `{name}(...)`", token, f"{name}(")
        if name not in self.used_as_input:
            self.used_as_input[name] = token
            self.add(Node(name, "input", name=name, span=(token.offset, len(name))), token)
            self.names[name] = len(self.nodes) - 1
        return Ref(self.names[name], token.offset, end)

    def number(self, token: Token) -> int | float:
        whole = token.text.isdecimal() and len(token.text) <= 15
        value = int(token.text) if whole else float(token.text)
        if math.isinf(value):
            self.fail("this number is too large; the largest is about 1.8e308", token)
        return value

    def nested_list(self) -> Literal:
        opening = self.expect("[")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"brackets may be nested {MAX_DEPTH} deep", opening)
        values: list[Any] = []
        while self.peek().kind != "]":
            item = self.expression()
            if not isinstance(item, Literal):
                raise Problem(
                    "a list holds numbers only; `concat` joins computed values",
                    {"offset": item.start, "length": item.end - item.start},
                )
            values.append(item.value)
            if self.peek().kind != ",":
                break
            self.at += 1
        self.depth -= 1
        end = self.expect("]").offset + 1
        if not values:
            self.fail("an empty list has no value", opening)
        return Literal(values, opening.offset, end)

    # Calls and indexing

    def call(self, name: Token) -> Operand:
        self.expect("(")
        if not self.vocabulary:
            known(name.text, {"offset": name.offset, "length": len(name.text)})
        if name.text == "index":
            self.fail("indexing is written with brackets, as in `x[1]`", name)
        operands: list[Operand] = []
        keywords: dict[str, Any] = {}
        while self.peek().kind != ")":
            key = self.peek()
            if key.kind == "name" and self.tokens[self.at + 1].kind == "=":
                self.at += 2
                if key.text in keywords:
                    self.fail(f"`{key.text}` is given twice", key)
                keywords[key.text] = self.parameter(self.expression(), key)
            else:
                if keywords:
                    self.fail("operands come before parameters", key)
                operands.append(self.expression())
            if self.peek().kind != ",":
                break
            self.at += 1
        end = self.expect(")").offset + 1
        if self.vocabulary:
            return self.add_op(name.text, operands, keywords, name.offset, end, name)
        return self.apply(name.text, operands, keywords, name.offset, name, end)

    def parameter(self, value: Operand, at: Token) -> Any:
        if not isinstance(value, Literal):
            self.fail("a parameter is a plain number, not a computed value", at)
        return value.value

    def index(self, value: Operand, opening: Token) -> Operand:
        key: list[Any] = []
        operands: list[Operand] = [value]
        while True:
            bounds: list[Any] = []
            part: Operand | None = None
            while self.peek().kind not in ("]", ",", "end"):
                if self.peek().kind == ":":
                    self.at += 1
                    bounds.append(part)
                    part = None
                else:
                    if part is not None:
                        self.unexpected()
                    part = self.expression()
            if bounds:
                bounds.append(part)
                numbers = [None if b is None else self.parameter(b, opening) for b in bounds]
                if len(numbers) > 3:
                    self.fail("a slice is start:stop:step", opening)
                key.append(numbers + [None] * (3 - len(numbers)))
            elif part is None:
                self.unexpected()
            elif isinstance(part, Literal) and isinstance(part.value, int):
                key.append(part.value)
            else:
                key.append({"input": len(operands) - 1})
                operands.append(part)
            if self.peek().kind != ",":
                break
            self.at += 1
        end = self.expect("]").offset + 1
        return self.apply("index", operands, {"key": key}, value.start, opening, end)

    # Nodes

    def apply(
        self,
        name: str,
        operands: list[Operand],
        keywords: dict[str, Any],
        start: int,
        at: Token,
        end: int | None = None,
    ) -> Ref:
        """A node of an op; literals past its operands are its parameters."""
        op = OPS[name]
        if end is None:
            end = operands[-1].end
        where = {"offset": start, "length": end - start}
        attributes = dict(keywords)
        if op.parameters and name != "index" and not op.variadic:
            operands, extra = operands[: len(op.arguments)], operands[len(op.arguments) :]
            for parameter in op.parameters:
                if not extra:
                    break
                key = parameter.lstrip("*")
                if key in keywords:
                    self.fail(f"`{key}` is given twice", at)
                if parameter.startswith("*"):
                    values = [self.parameter(value, at) for value in extra]
                    nested = len(values) == 1 and isinstance(values[0], list)
                    attributes[key], extra = values[0] if nested else values, []
                else:
                    attributes[key] = self.parameter(extra.pop(0), at)
            operands += extra
        attributes = check(name, len(operands), attributes, where)
        if "seed" in attributes and attributes["seed"] is None:
            attributes["seed"] = self.generators
            self.generators += 1
        return self.add_op(name, operands, attributes, start, end, at)

    def add_op(
        self,
        name: str,
        operands: list[Operand],
        attributes: dict[str, Any],
        start: int,
        end: int,
        at: Token,
    ) -> Ref:
        inputs = tuple(self.node_of(operand, name=None) for operand in operands)
        self.add(Node("", name, inputs, attributes, span=(start, end - start)), at)
        return Ref(len(self.nodes) - 1, start, end)

    def node_of(self, value: Operand, name: str | None) -> int:
        """The node of an operand; a literal becomes a constant."""
        if isinstance(value, Ref):
            return value.node
        if value.value is None:
            raise Problem(
                "`None` is no value", {"offset": value.start, "length": value.end - value.start}
            )
        span = (value.start, value.end - value.start)
        self.add(Node(name or "", "constant", value=value.value, name=name, span=span), None)
        return len(self.nodes) - 1

    def add(self, node: Node, at: Token | None) -> None:
        if len(self.nodes) >= MAX_NODES:
            where = {"offset": at.offset, "length": len(at.text)} if at else {}
            raise Problem(f"a graph may have {MAX_NODES:,} nodes; this text makes more", where)
        self.nodes.append(node)

    # Words

    def peek(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, kind: str) -> Token:
        if self.peek().kind != kind:
            token = self.peek()
            found = "the text ends" if token.kind in ENDS else f"`{token.text}` stands"
            self.fail(f"a `{kind}` is missing where {found}", token)
        return self.next()

    def unexpected(self) -> NoReturn:
        token = self.peek()
        if token.kind in ENDS:
            self.fail("the expression breaks off here; something is missing", token)
        if token.kind == "=":
            self.fail("`=` names a whole statement, as in `q = x + y`; equal is `==`", token)
        self.fail(f"`{token.text}` is not expected here", token)

    def fail(self, message: str, token: Token, suggestion: str | None = None) -> NoReturn:
        raise Problem(
            message, {"offset": token.offset, "length": len(token.text.strip("\n"))}, suggestion
        )


@lru_cache(maxsize=512)
def parse_derivative(text: str) -> Graph:
    """The graph of a derivative's text from the op table, to be shown as a formula."""
    return _Parser(text, vocabulary=True).graph()
