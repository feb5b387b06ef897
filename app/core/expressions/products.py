"""Products as mathematicians write them, and the signs around a value: `2x` is offered as `2 * x`,
`w · x`, `|x|`, `‖x‖`, `√x`, `∑ w x`."""

import re
from typing import NoReturn

from app.core.errors import Problem
from app.core.expressions.building import Building, Literal, Operand, Ref
from app.core.expressions.graphs import Node
from app.core.expressions.ops import OPS
from app.core.expressions.tokens import PRIMES, Token

SIGNS = {"*": "*", "/": "/", "@": "@", "·": "*"}
BEGINS = ("name", "number", "(", "√", "∑", "∏")
SUMS = {"∑": "sum", "Σ": "sum", "∏": "prod", "Π": "prod"}
PROGRAM = {
    "import": "nothing needs to be imported: leave the line out",
    "from": "nothing needs to be imported: leave the line out",
    "def": "a function is written as a formula, `f = ...`",
    "return": "the last line is the result: leave the word out",
    "lambda": "a function is written as a formula, `f = ...`",
    "and": "that two things hold is the product of two comparisons, `(x > 0) * (y > 0)`",
    "or": "that one of two things holds is `maximum(x > 0, y > 0)`",
    "not": "that something does not hold is `1 - (x > 0)`",
    "for": "a loop is not read: ops work on all entries of a tensor at once",
    "while": "a loop is not read: ops work on all entries of a tensor at once",
    "print": "every value is shown: leave the line out",
}

DERIVATIVE = re.compile(r"\s*[d∂]\s*/\s*[d∂](\w+)\s*(?=[\w(|√∑])(?P<of>.+)", re.DOTALL)


def derivative_asked(text: str) -> Problem | None:
    """That `d/dx x^2` asks for what is shown beside every function."""
    found = DERIVATIVE.fullmatch(text)
    if not found:
        return None
    return Problem(
        f"a derivative is not asked for: type the function alone, and the gradient of "
        f"`{found[1]}` is shown beside it",
        {"offset": 0, "length": len(text)},
        found["of"].strip(),
    )


class Products(Building):
    """Products, and what they are confused with."""

    def product(self) -> Operand:
        left = self.unary()
        signs: list[Token] = []
        primed = False
        while self.peek().kind in SIGNS:
            sign = self.next()
            signs.append(sign)
            primed = primed or self.text[left.end - 1] in PRIMES
            right = self.unary()
            primed = primed or self.text[right.end - 1] in PRIMES
            if sign.kind == "/" and isinstance(left, Literal) and left.value == 1:
                left = self.apply("reciprocal", [right], {}, left.start, sign)
            else:
                left = self.apply(SIGNS[sign.kind], [left, right], {}, left.start, sign)
                if sign.kind == "·":
                    assert isinstance(left, Ref)
                    self.written[left.node] = "·"
        if primed and any(sign.kind == "*" for sign in signs):
            self._not_entry_by_entry(left, signs)
        if self.peek().kind in BEGINS and not self.vocabulary:
            self._juxtaposed(left)
        return left

    def _not_entry_by_entry(self, whole: Operand, signs: list[Token]) -> None:
        """`x' * A * x` is meant as a matrix product. Raises Problem where it is written `*`."""
        text = list(self.text[whole.start : whole.end])
        changed = 0
        for sign in signs:
            at = sign.offset - whole.start
            before = "".join(text[:at]).rstrip()
            after = self.text[sign.end : whole.end].lstrip()
            number = re.search(r"(^|[-+*/@( ])[\d.]+$", before) or re.match(r"[\d.]+(?!\w)", after)
            if sign.kind == "*" and not number:
                text[at], changed = "@", changed + 1
        if changed:
            self.fail_over(
                "`*` multiplies entry by entry; the matrix product is written `@`",
                whole.start,
                whole.end,
                "".join(text),
            )

    def _juxtaposed(self, left: Operand) -> NoReturn:
        """Refuse `2x`, and offer `2 * x`."""
        token = self.peek()
        before = self.text[left.start : left.end]
        for word in (before, token.text):
            if word in PROGRAM:
                self.fail(f"`{token.text}` is not expected here: {PROGRAM[word]}", token)
        if isinstance(left, Literal) and token.kind == "number":
            self.fail(f"`{token.text}` is not expected here: a sign is missing before it", token)
        if self.op_named(before) and token.kind in ("name", "number"):
            meant = f"{before}({token.text})"
            message = f"`{before}` is an op; call it as `{before}(...)`"
            self.fail_over(message, left.start, token.end, meant)
        right, end = self._beside(token, isinstance(left, Literal))
        sign = "@" if before[-1] in PRIMES else "*"
        meant = f"{before} {sign} {right}"
        exponent = re.fullmatch(r"((?:e|exp|10)\s*\*\*\s*)(-?[\w.]+)", before)
        fraction = re.fullmatch(r"([\w.]+\s*/\s*)([\w.]+)", before)
        also = ""
        if exponent:
            also, meant = f" or `{meant}`", f"{exponent[1]}({exponent[2]} * {right})"
        elif fraction:
            also = f" or `{fraction[1]}({fraction[2]} * {right})`"
        elif sign == "*" and re.fullmatch(r"[A-Z]\w?", before):
            also = f", of matrices `{before} @ {right}`"
        self.fail_over(
            f"`{token.text}` is not expected here: a product is written `{meant}`{also}",
            left.start,
            end,
            meant,
        )

    def _beside(self, token: Token, behind_number: bool) -> tuple[str, int]:
        """What stands beside a value without a sign between, as it is to be written; its end."""
        if token.kind == "(":
            closing = self.closing()
            end = closing.end if closing else token.end
            return self.text[token.offset : end], end
        summed = token.text in SUMS
        if token.kind != "name" and not summed:
            return token.text, token.end
        if self.ahead(1).kind == "(" and (summed or self.op_named(token.text)):
            self.at += 1
            closing = self.closing()
            self.at -= 1
            end = closing.end if closing else token.end
            return self.text[token.offset : end], end
        return " * ".join(self.letters(token.text, behind_number)), token.end

    def letters(self, word: str, likely: bool) -> list[str]:
        """A word's letters, where it may be a product of them; else the word itself."""
        if word in self.names or word in OPS or self.constant(word) or not 2 <= len(word) <= 4:
            return [word]
        spoken = {token.text for token in self.tokens if token.kind == "name"} | self.given
        known = all(letter in spoken for letter in word)
        short = likely and len(word) < 4 and word.isascii() and word.isalpha() and word.islower()
        return list(word) if known or (short and self.op_named(word) is None) else [word]

    def fail_unknown(self, name: Token) -> NoReturn:
        """Refuse a call of what is no op: a product, one's own function, or a mistyped name."""
        typed = name.text
        if typed in self.functions:
            self.fail(
                f"`{typed}` is a value here, of the inputs {self.functions[typed]}; it cannot be "
                "called with others",
                name,
            )
        if typed in PROGRAM:
            self.fail(f"no op `{typed}`: {PROGRAM[typed]}", name)
        spoken = any(
            token.text == typed and following.kind != "("
            for token, following in zip(self.tokens, self.tokens[1:], strict=False)
        )
        closing = self.closing()
        if closing and (typed in self.names or len(typed) == 1 or spoken):
            meant = f"{typed} * {self.text[self.peek().offset : closing.end]}"
            self.fail_over(
                f"no op `{typed}`; a product is written `{meant}`", name.offset, closing.end, meant
            )
        self.known(name)

    def fail_uncalled(self, token: Token) -> NoReturn:
        """Refuse the name of an op that is not called."""
        name, beside = token.text, self.peek()
        if beside.kind in ("name", "number") and beside.text not in OPS:
            meant = f"{name}({beside.text})"
            self.fail_over(
                f"`{name}` is an op; call it as `{name}(...)`", token.offset, beside.end, meant
            )
        self.fail(f"`{name}` is an op; call it as `{name}(...)`", token, f"{name}(")

    def add_input(self, token: Token) -> None:
        """A node for a name that no statement has made."""
        span = (token.offset, len(token.text))
        self.add(Node(token.text, "input", name=token.text, span=span), token)
        self.names[token.text] = len(self.nodes) - 1

    # Signs around a value

    def over(self, value: Operand, start: int, end: int) -> Operand:
        """The same value, where more of the text stands for it."""
        if isinstance(value, Literal):
            return Literal(value.value, start, end)
        return Ref(value.node, start, end)

    def bars(self, opening: Token) -> Operand:
        """`|x|` and `‖x‖`."""
        inner = self.expression()
        closing = self.peek()
        if opening.kind == "|" and closing.kind == "||":  # two that close
            self.tokens[self.at] = Token("|", "|", closing.offset + 1)
            closing = Token("|", "|", closing.offset)
        elif closing.kind != opening.kind:
            name = "abs" if opening.kind == "|" else "norm"
            found = "the text ends" if not closing.text.strip() else f"`{closing.text}` stands"
            self.fail(
                f"a `{opening.text}` is missing where {found}; it can be written `{name}(...)`",
                closing,
            )
        else:
            self.at += 1
        end = closing.end
        if opening.kind == "|":
            return self.apply("abs", [inner], {}, opening.offset, opening, end)
        order = self.peek()
        if order.offset == end and re.fullmatch(r"[_₀-₉∞]+\w*", order.text):
            self.fail(f"`{order.text}` below the bars is not read; `‖x‖` is the 2-norm", order)
        return self.apply("norm", [inner], {}, opening.offset, opening, end)

    def root(self, sign: Token) -> Operand:
        """`√x` and `√(x + 1)`; what comes behind that must say whether it stands under the root."""
        self.deeper(sign)
        inner = self.atom()
        self.depth -= 1
        self._must_end_here(sign, inner, "sqrt")
        return self.apply("sqrt", [inner], {}, sign.offset, sign, inner.end)

    def big(self, sign: Token) -> Operand:
        """`∑(x)` and `∑ w * x`: over all entries of what follows, up to the next + or -."""
        name, following = SUMS[sign.text], self.peek()
        if re.fullmatch(r"[_ᵢⱼₖₙ₀-₉].*", following.text) and following.offset == sign.end:
            self.fail(
                f"`{sign.text}` takes all entries of a tensor together: indices below it are not "
                "read",
                following,
            )
        self.deeper(sign)
        inner = self.atom() if following.kind == "(" else self.product()
        self.depth -= 1
        if following.kind == "(":
            self._must_end_here(sign, inner, name)
        return self.apply(name, [inner], {}, sign.offset, sign, inner.end)

    def _must_end_here(self, sign: Token, inner: Operand, name: str) -> None:
        """Refuse `∑(x)²`, which can be read in two ways."""
        token = self.peek()
        product = token.kind in SIGNS and name != "sqrt"
        if not product and token.kind not in ("power", "**"):
            return
        held = self.text[inner.start : inner.end]
        bare = held[1:-1] if held[:1] == "(" else held
        at = self.at
        self.at += 1
        right = token if token.kind == "power" else self.peek()
        end = right.end
        if right.kind in ("(", "["):
            closing = self.closing()
            end = closing.end if closing else right.end
        elif right.kind == "name" and self.ahead(1).kind == "(":
            self.at += 1
            closing = self.closing()
            end = closing.end if closing else right.end
        self.at = at
        rest = self.text[inner.end : end]
        inside, outside = f"{name}({held}{rest})", f"{name}({bare}){rest}"
        self.fail_over(
            f"`{sign.text}{held}{rest}` can be read in two ways: write `{inside}` or `{outside}`",
            sign.offset,
            end,
            inside,
        )
