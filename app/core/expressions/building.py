"""What reading a text builds: nodes and names, and Problems at their place in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from app.core.errors import Problem
from app.core.expressions.graphs import CONSTANTS, MAX_NODES, Node, Remark, check, known
from app.core.expressions.ops import OPS
from app.core.expressions.tokens import Token, tokens

MAX_DEPTH = 100
ENDS = ("\n", ";", "end")


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
Keywords = Mapping[str, tuple[Token, Operand]]


class Building:
    """The words of a text, the place that has been read to, and what has come of them."""

    def __init__(
        self, text: str, vocabulary: bool = False, given: frozenset[str] = frozenset()
    ) -> None:
        self.text = text
        self.vocabulary = vocabulary  # any function name will do: for the texts of derivatives
        self.given = given
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.nodes: list[Node] = []
        self.names: dict[str, int] = {}
        self.used_as_input: dict[str, Token] = {}
        self.used_as_constant: dict[str, Token] = {}
        self.functions: dict[str, str] = {}  # names that were given a head, and its names
        self.written: dict[int, str] = {}
        self.remarks: list[Remark] = []
        self.generators = 0

    # Nodes

    def apply(
        self,
        name: str,
        operands: list[Operand],
        keywords: Keywords,
        start: int,
        at: Token,
        end: int | None = None,
    ) -> Ref:
        """A node of an op; literals past its operands are its parameters."""
        op = OPS[name]
        if end is None:
            end = operands[-1].end
        attributes = {key: self.parameter(value, token) for key, (token, value) in keywords.items()}
        return self._applied(name, operands, attributes, start, at, end, bool(op.parameters))

    def indexed(self, operands: list[Operand], key: list[Any], at: Token, end: int) -> Ref:
        """A node of `x[key]`."""
        return self._applied("index", operands, {"key": key}, operands[0].start, at, end, False)

    def _applied(
        self,
        name: str,
        operands: list[Operand],
        attributes: dict[str, Any],
        start: int,
        at: Token,
        end: int,
        extra_are_parameters: bool,
    ) -> Ref:
        op = OPS[name]
        if extra_are_parameters and not op.variadic:
            operands, extra = operands[: len(op.arguments)], operands[len(op.arguments) :]
            for parameter in op.parameters:
                if not extra:
                    break
                key = parameter.lstrip("*")
                if key in attributes:
                    self.fail(f"`{key}` is given twice", at)
                if parameter.startswith("*"):
                    values = [self.parameter(value, at) for value in extra]
                    nested = len(values) == 1 and isinstance(values[0], list)
                    attributes[key], extra = values[0] if nested else values, []
                else:
                    attributes[key] = self.parameter(extra.pop(0), at)
            operands = operands + extra
        where = {"offset": start, "length": end - start}
        attributes = check(name, len(operands), attributes, where)
        if "seed" in attributes and attributes["seed"] is None:
            attributes["seed"] = self.generators
            self.generators += 1
        return self.add_op(name, operands, attributes, start, end, at)

    def add_op(
        self,
        name: str,
        operands: Sequence[Operand],
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
            raise Problem("`None` is no value", place(value))
        span = (value.start, value.end - value.start)
        self.add(Node(name or "", "constant", value=value.value, name=name, span=span), None)
        return len(self.nodes) - 1

    def add(self, node: Node, at: Token | None) -> None:
        if len(self.nodes) >= MAX_NODES:
            where = {"offset": at.offset, "length": len(at.text)} if at else {}
            raise Problem(f"a graph may have {MAX_NODES:,} nodes; this text makes more", where)
        self.nodes.append(node)

    def parameter(self, value: Operand, at: Token) -> Any:
        """A literal's value."""
        if not isinstance(value, Literal):
            self.fail("a parameter is a plain number, not a computed value", at)
        return value.value

    def folded(self, before: int, value: Operand) -> Operand:
        """A literal for what was computed of nothing but numbers, its nodes taken back: `1 / 3`."""
        made = self.nodes[before:]
        if not isinstance(value, Ref) or value.node != len(self.nodes) - 1 or not made:
            return value
        numbers: dict[int, float] = {}
        for i, node in enumerate(made, before):
            function = OPS[node.op].scalar if node.op in OPS else None
            if node.op == "constant" and isinstance(node.value, int | float):
                numbers[i] = float(node.value)
            elif function and not node.attributes and all(j in numbers for j in node.inputs):
                try:
                    numbers[i] = float(function(*(numbers[j] for j in node.inputs)))
                except (ArithmeticError, ValueError):
                    typed = self.text[value.start : value.end]
                    raise Problem(f"`{typed}` has no value", place(value)) from None
            else:
                return value
        del self.nodes[before:]
        return Literal(numbers[value.node], value.start, value.end)

    # Words

    def peek(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, count: int) -> Token:
        """The word so many further on, the last one past the end."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def deeper(self, at: Token) -> None:
        """One bracket, or whatever else nests, further in."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"brackets may be nested {MAX_DEPTH} deep", at)

    def expect(self, kind: str) -> Token:
        if self.peek().kind != kind:
            token = self.peek()
            found = "the text ends" if token.kind in ENDS else f"`{token.text}` stands"
            self.fail(f"a `{kind}` is missing where {found}", token)
        return self.next()

    def closing(self) -> Token | None:
        """The bracket that closes the one that stands here."""
        depth = 0
        for token in self.tokens[self.at :]:
            depth += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
            if depth == 0:
                return token
            if token.kind in ENDS:
                return None
        return None

    def constant(self, name: str) -> bool:
        """Whether a name is one of the numbers that have one, here."""
        return name in CONSTANTS and name not in self.given and name not in self.names

    def op_named(self, name: str) -> str | None:
        """The op that is called by this name."""
        try:
            return known(name, {}).name
        except Problem:
            return None

    def known(self, name: Token) -> NoReturn:
        """Say that there is no such op. Raises Problem."""
        known(name.text, {"offset": name.offset, "length": len(name.text)})
        self.unexpected()

    def expression(self) -> Operand:
        """The grammar, which reads whole expressions and pieces of them."""
        raise NotImplementedError

    def unary(self) -> Operand:
        """A factor with its signs."""
        raise NotImplementedError

    def atom(self) -> Operand:
        """A name, number, call or bracket."""
        raise NotImplementedError

    def unexpected(self) -> NoReturn:
        token = self.peek()
        if token.kind in ENDS:
            self.fail("the expression breaks off here; something is missing", token)
        if token.kind == "=":
            self.fail("`=` names a whole statement, as in `q = x + y`; equal is `==`", token)
        if token.kind in ("|", "||"):
            self.fail(
                f"`{token.text}` is not expected here: what it opens or closes is missing",
                token,
            )
        if token.kind == "," and 0 < self.at < len(self.tokens) - 1:
            before, behind = self.tokens[self.at - 1], self.tokens[self.at + 1]
            if before.kind == behind.kind == "number" and "." not in before.text + behind.text:
                number = f"{before.text}.{behind.text}"
                self.fail_over(
                    f"a number has a point, not a comma: `{number}`",
                    before.offset,
                    behind.end,
                    number,
                )
        if [each.kind for each in self.tokens[self.at :][:3]] == [".", ".", "."]:
            self.fail("`...` is not read here: write a `:` for each axis, as in x[:, 0]", token)
        self.fail(f"`{token.text}` is not expected here", token)

    def fail(self, message: str, token: Token, suggestion: str | None = None) -> NoReturn:
        raise Problem(
            message, {"offset": token.offset, "length": len(token.text.strip("\n"))}, suggestion
        )

    def fail_over(self, message: str, start: int, end: int, suggestion: str | None) -> NoReturn:
        """Refuse a stretch of the text."""
        raise Problem(message, {"offset": start, "length": end - start}, suggestion)


def place(value: Operand) -> dict[str, Any]:
    """Where an operand stands in the text."""
    return {"offset": value.start, "length": value.end - value.start}
