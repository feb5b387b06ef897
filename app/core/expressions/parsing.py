"""Text to Graph: one statement a line, `name = expression`; the last statement is the output.

The text is read by the small parser below and never executed. The graph is what was typed: equal
sub-expressions are not merged, and a name used twice is one node. `-u` is a gate that multiplies by
-1 and `1 / u` a reciprocal gate, as in CS231n's drawings.
"""

import math
import unicodedata
from functools import lru_cache
from typing import Any

from app.core.errors import Problem
from app.core.expressions.building import ENDS, MAX_DEPTH, Literal, Operand, Ref
from app.core.expressions.calls import FLAT, LEFT_ALONE, SAME, Calls
from app.core.expressions.graphs import CONSTANTS, WORDS, Graph
from app.core.expressions.ops import OPS
from app.core.expressions.products import SUMS, Products, derivative_asked
from app.core.expressions.tokens import FRACTIONS, SUPERSCRIPTS, Token

MAX_TEXT = 65_536
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")


@lru_cache(maxsize=256)
def parse(text: str, given: frozenset[str] = frozenset()) -> Graph:
    """The graph of an expression; `given` are names that have values, though they have a meaning.

    Raises Problem with the offset and length of the mistake. Results are cached by the text.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_TEXT:
        raise Problem(
            f"an expression may be 64 KB long; this one has {size:,} bytes",
            {"field": "expression"},
        )
    try:
        return _Parser(text, given=given).graph()
    except Problem as problem:
        raise (derivative_asked(text) or problem) from None


class _Parser(Products, Calls):
    """Precedence climbing; loops where the grammar repeats, so that long sums need no stack."""

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
        return Graph(self.nodes, output, self.text, self.written, tuple(self.remarks))

    def statement(self) -> int:
        first, second = self.peek(), self.ahead(1)
        head = self.head() if first.kind == "name" and second.kind == "(" else None
        if head is None and not (first.kind == "name" and second.kind == "="):
            return self.node_of(self.expression(), name=None)
        self.at += 2 if head is None else len(head)
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
        if head is not None:
            self.declare(first, head)
        return node

    def head(self) -> list[Token] | None:
        """The words of `f(x, y) =`, if that is what stands here."""
        found = self.tokens[self.at : self.at + 2]
        for token in self.tokens[self.at + 2 :]:
            found.append(token)
            if token.kind == "=" and found[-2].kind == ")":
                return found
            if token.kind not in ("name", ",", ")") or found[-2].kind == ")":
                return None
        return None

    def declare(self, name: Token, head: list[Token]) -> None:
        """A name with a head is a value; what its head names and it does not use is said."""
        names = [token for token in head[2:] if token.kind == "name"]
        self.functions[name.text] = ", ".join(token.text for token in names)
        for token in names:
            if token.text not in self.names:
                self.remarks.append(
                    {
                        "message": f"`{token.text}` stands in the head of `{name.text}` and is not "
                        "used",
                        "where": {"offset": token.offset, "length": len(token.text)},
                        "suggestion": None,
                    }
                )

    def check_assignable(self, token: Token) -> None:
        name = token.text
        if name in OPS and not OPS[name].shy:
            self.fail(f"`{name}` is an op; give the value another name", token, name + "_")
        if name in WORDS:
            self.fail(f"`{name}` has a meaning of its own; give the value another name", token)
        if name in self.used_as_input:
            self.fail(f"`{name}` was used before it is assigned, so it is an input", token)
        if name in self.used_as_constant:
            self.fail(f"`{name}` was used before it is assigned, as the number that it is", token)
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
        self.deeper(self.peek())
        left = self.compared(self.sum())
        if self.peek().kind == "if":
            sign = self.next()
            condition = self.compared(self.sum())
            self.expect("else")
            other = self.expression()
            left = self.apply("where", [condition, left, other], {}, left.start, sign, other.end)
        self.depth -= 1
        return left

    def compared(self, left: Operand) -> Operand:
        if self.peek().kind in COMPARISONS:
            sign = self.next()
            left = self.apply(sign.kind, [left, self.sum()], {}, left.start, sign)
            if self.peek().kind in COMPARISONS:
                self.fail("compare two things at a time", self.peek())
        return left

    def sum(self) -> Operand:
        left = self.product()
        while self.peek().kind in ("+", "-"):
            sign = self.next()
            left = self.apply(sign.kind, [left, self.product()], {}, left.start, sign)
        return left

    def unary(self) -> Operand:
        signs: list[Token] = []
        while self.peek().kind in ("-", "+"):
            signs.append(self.next())
        value = self.power()
        for sign in reversed(signs):
            if sign.kind == "+":
                continue
            if isinstance(value, Literal) and isinstance(value.value, int | float):
                value = Literal(-value.value, sign.offset, value.end)
            else:
                value = self.apply("neg", [value], {}, sign.offset, sign)
        return value

    def power(self) -> Operand:
        base = self.behind(self.atom())
        while self.peek().kind == "power":
            base = self.raised(base, self.next())
        if self.peek().kind != "**":
            return base
        sign = self.next()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"powers may be stacked {MAX_DEPTH} deep", sign)
        exponent = self.unary()
        self.depth -= 1
        return self.apply("**", [base, exponent], {}, base.start, sign)

    def raised(self, base: Operand, sign: Token) -> Operand:
        """`x²`, `x⁻¹`, `xⁿ`."""
        typed = sign.text.translate(SUPERSCRIPTS)
        letter = typed.lstrip("+-")
        exponent: Operand
        if letter.isdecimal():
            exponent = Literal(
                int(letter[:15]) * (-1 if typed[0] == "-" else 1), sign.offset, sign.end
            )
        else:
            exponent = self.variable(Token("name", letter, sign.end - 1))
            if typed[0] == "-":
                exponent = self.apply("neg", [exponent], {}, sign.offset, sign)
        made = self.apply("**", [base, exponent], {}, base.start, sign, sign.end)
        self.written[made.node] = "power"
        return made

    def behind(self, value: Operand) -> Operand:
        """A value with what stands behind it: `x[0]`, `x.T`, `x'`."""
        while True:
            kind = self.peek().kind
            if kind == "[":
                value = self.index(value, self.next())
            elif kind == "'":
                sign = self.next()
                value = self.apply("transpose", [value], {}, value.start, sign, sign.end)
            elif kind == ".":
                value = self.dotted(value, self.next())
            else:
                return value

    def dotted(self, value: Operand, dot: Token) -> Operand:
        """`x.T` and `x.sum()`."""
        if self.peek().text in ("T", "mT") and self.ahead(1).kind != "(":
            end = self.next().end
            return self.apply("transpose", [value], {}, value.start, dot, end)
        name = self.method(value, dot)
        operands, keywords, end = self.given_to(name, [value])
        if name.text in LEFT_ALONE and len(operands) == 1:
            return self.over(operands[0], value.start, end)
        return self.finished(name, operands, keywords, value.start, end, method=True)

    def atom(self) -> Operand:
        token = self.peek()
        if token.kind == "number":
            self.at += 1
            return Literal(self.number(token), token.offset, token.end)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "(":
            return self.bracket(self.next())
        if token.kind == "[":
            return self.nested_list(self.next(), "]")
        if token.kind in ("|", "||"):
            return self.bars(self.next())
        if token.kind == "√":
            return self.root(self.next())
        if token.kind in SUMS:
            return self.big(self.next())
        self.unexpected()

    def bracket(self, opening: Token) -> Operand:
        before = len(self.nodes)
        inner = self.expression()
        if self.peek().kind == ",":  # a tuple is a list
            return self.nested_list(opening, ")", self.folded(before, inner))
        end = self.expect(")").end
        return self.over(inner, opening.offset, end)  # the brackets belong to what they hold

    def named(self, token: Token) -> Operand:
        """A name, what is called by it, and what stands behind `np.`."""
        start, prefix = token.offset, ""
        if self.ahead(1).kind == "." and not self.vocabulary:
            found = self.prefixed()
            if found is not None:
                token, prefix = found
        self.at += 1
        behind = self.peek()
        squared = behind.kind == "power" and self.ahead(1).kind == "(" and self.op_named(token.text)
        if behind.kind != "(" and not squared:
            return self.over(self.variable(token), start, token.end)
        if token.text in SUMS and token.text not in self.names:
            return self.big(token)
        if squared:
            self.at += 1
            if behind.text[0] == "⁻":
                self.fail(
                    f"`{token.text}{behind.text}(x)` can be read in two ways: write `1 / "
                    f"{token.text}(x)`, or the op that undoes it, such as `arcsin(x)`",
                    behind,
                )
        self.check_callable(token)
        operands, keywords, end = self.given_to(token, [])
        if self.vocabulary:
            attributes = {key: self.parameter(value, at) for key, (at, value) in keywords.items()}
            return self.add_op(token.text, operands, attributes, token.offset, end, token)
        made = self.finished(token, operands, keywords, start, end, prefix)
        return self.raised(made, behind) if squared else made

    def variable(self, token: Token) -> Operand:
        name = token.text
        if name in self.names:
            return Ref(self.names[name], token.offset, token.end)
        if name in WORDS:
            return Literal(WORDS[name], token.offset, token.end)
        if self.constant(name) and not self.vocabulary:
            self.used_as_constant.setdefault(name, token)
            return Literal(CONSTANTS[name], token.offset, token.end)
        if name in OPS and not OPS[name].shy and not self.vocabulary:
            self.fail_uncalled(token)
        if name not in self.used_as_input:
            self.used_as_input[name] = token
            self.add_input(token)
        return Ref(self.names[name], token.offset, token.end)

    def number(self, token: Token) -> int | float:
        if token.text in FRACTIONS:
            return unicodedata.numeric(token.text)
        whole = token.text.isdecimal() and len(token.text) <= 15
        value = int(token.text) if whole else float(token.text)
        if math.isinf(value):
            self.fail("this number is too large; the largest is about 1.8×10³⁰⁸", token)
        return value

    def nested_list(self, opening: Token, closing: str, first: Operand | None = None) -> Operand:
        """`[1, 2]` as a literal, `[x, 2 * y]` as what is computed of its parts."""
        self.deeper(opening)
        items: list[Operand] = [] if first is None else [first]
        if first is not None:
            self.expect(",")
        while self.peek().kind != closing:
            before = len(self.nodes)
            items.append(self.folded(before, self.expression()))
            if self.peek().kind != ",":
                break
            self.at += 1
        self.depth -= 1
        end = self.expect(closing).end
        if not items:
            self.fail("an empty list has no value", opening)
        literals = [item for item in items if isinstance(item, Literal)]
        if len(literals) == len(items):
            return Literal([item.value for item in literals], opening.offset, end)
        return self.add_op("stack", items, {}, opening.offset, end, opening)

    # Calls and indexing

    def check_callable(self, name: Token) -> None:
        """Whether there is such an op. Raises Problem."""
        known = self.vocabulary or name.text in SAME or name.text in FLAT
        if not known and self.op_named(name.text) is None:
            self.fail_unknown(name)

    def given_to(
        self, name: Token, operands: list[Operand]
    ) -> tuple[list[Operand], dict[str, tuple[Token, Operand]], int]:
        """What stands between the brackets of a call."""
        self.expect("(")
        row = OPS.get(self.op_named(name.text) or "")
        fixed = row is not None and row.parameters and not row.variadic
        most = len(row.arguments) if row is not None and fixed else math.inf  # then parameters
        keywords: dict[str, tuple[Token, Operand]] = {}
        while self.peek().kind != ")":
            key, before = self.peek(), len(self.nodes)
            if key.kind == "name" and self.ahead(1).kind == "=":
                self.at += 2
                if key.text in keywords:
                    self.fail(f"`{key.text}` is given twice", key)
                keywords[key.text] = (key, self.folded(before, self.expression()))
            else:
                if keywords:
                    self.fail("operands come before parameters", key)
                operand = self.expression()
                if len(operands) >= most:
                    operand = self.folded(before, operand)
                operands.append(operand)
            if self.peek().kind != ",":
                break
            self.at += 1
        return operands, keywords, self.expect(")").end

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
                    if self.peek().text in ("np", "torch") and self.ahead(2).text == "newaxis":
                        self.at += 2
                        self.tokens[self.at] = Token("name", "None", self.peek().offset)
                    part = self.expression()
            if bounds:
                bounds.append(part)
                numbers = [None if b is None else self.parameter(b, opening) for b in bounds]
                if len(numbers) > 3:
                    self.fail("a slice is start:stop:step", opening)
                key.append(numbers + [None] * (3 - len(numbers)))
            elif part is None:
                self.unexpected()
            elif isinstance(part, Literal) and (part.value is None or isinstance(part.value, int)):
                key.append(part.value)
            else:
                key.append({"input": len(operands) - 1})
                operands.append(part)
            if self.peek().kind != ",":
                break
            self.at += 1
        return self.indexed(operands, key, opening, self.expect("]").end)


@lru_cache(maxsize=512)
def parse_derivative(text: str) -> Graph:
    """The graph of a derivative's text from the op table, to be shown as a formula."""
    return _Parser(text, vocabulary=True).graph()
