"""Calls as people write them: second names, prefixes, methods, other libraries' keywords, and the
calls that mean one thing here and another there, which are refused with both meanings."""

from app.core.errors import nearest
from app.core.expressions.building import Building, Keywords, Literal, Operand, Ref
from app.core.expressions.graphs import CONSTANTS, WORDS, known
from app.core.expressions.ops import OPS
from app.core.expressions.tokens import Token

# What may stand before an op, with a dot behind it.
PREFIXES = frozenset(
    "np numpy torch math F tf jnp jax nn scipy cp functional linalg special".split()
)
INNER = PREFIXES | {"random"}
KEYWORDS = {
    "dim": "axis",
    "keepdim": "keepdims",
    "negative_slope": "slope",
    "ddof": "correction",
    "min": "low",
    "max": "high",
    "a_min": "low",
    "a_max": "high",
    "input": "x",
    "other": "b",
    "target": "y",
}
SAME = frozenset("array asarray tensor as_tensor float float32 float64 Value Variable".split())
LEFT_ALONE = frozenset("item double float clone copy contiguous numpy cpu backward".split())
FLAT = ("flatten", "ravel")
PICKS = {"max": "maximum", "min": "minimum"}
OVERLOOKED = frozenset(("requires_grad", "dtype", "device", "inplace"))


class Calls(Building):
    """A call, once its operands are read."""

    def finished(
        self,
        name: Token,
        operands: list[Operand],
        keywords: dict[str, tuple[Token, Operand]],
        start: int,
        end: int,
        prefix: str = "",
        method: bool = False,
    ) -> Operand:
        """What a call comes to: `name` as it is typed, a method's value among the operands."""
        typed = name.text
        if typed in SAME and len(operands) == 1 and not keywords.keys() - OVERLOOKED:
            return _over(operands[0], start, end)
        if typed in FLAT and len(operands) == 1 and not keywords:
            whole = Literal(-1, end, end)
            return self.apply("reshape", [operands[0], whole], {}, start, name, end)
        op = known(typed, {"offset": name.offset, "length": len(typed)}).name
        if op == "index":
            self.fail("indexing is written with brackets, as in `x[1]`", name)
        keywords = self._renamed(op, operands, keywords)
        if typed in PICKS:
            picked = self._picked(name, operands, keywords, start, end, prefix, method)
            if picked is not None:
                return picked
        elif op == "norm":
            keywords = self._length(operands, keywords, start, end)
        elif op == "log" and len(operands) == 2:
            self._based(operands, start, end)
        elif op == "clip" and 1 <= len(operands) <= 3:
            bounded = self._bounded(name, operands, keywords, start, end)
            if bounded is not None:
                return bounded
        elif op in ("variance", "deviation"):
            keywords = self._corrected(keywords, prefix)
        made = self.apply(op, operands, keywords, start, name, end)
        if op == "dot" or (op in ("variance", "deviation") and "correction" not in keywords):
            self.written[made.node] = typed
        return made

    def _renamed(
        self, op: str, operands: list[Operand], keywords: dict[str, tuple[Token, Operand]]
    ) -> dict[str, tuple[Token, Operand]]:
        """Keywords by the names of the row; those that name an operand take its place."""
        row, left = OPS[op], {}
        for key, (token, value) in keywords.items():
            meant = key if key in row.parameters else KEYWORDS.get(key, key)
            if meant in row.arguments[len(operands) : len(operands) + 1]:
                operands.append(value)
            elif meant in left:
                self.fail(f"`{meant}` is given twice", token)
            elif key in OVERLOOKED and meant not in row.parameters:
                continue
            else:
                left[meant] = (token, value)
        for argument in row.arguments[len(operands) :]:
            if argument not in left:
                break
            operands.append(left.pop(argument)[1])
        return left

    def _picked(
        self,
        name: Token,
        operands: list[Operand],
        keywords: Keywords,
        start: int,
        end: int,
        prefix: str,
        method: bool,
    ) -> Ref | None:
        """`max(x, y)`: the larger, entry by entry; None for `max(x)` and `max(x, axis=0)`."""
        if len(operands) < 2:
            return None
        pick, words = PICKS[name.text], [self.text[one.start : one.end] for one in operands]
        second = operands[1]
        number = isinstance(second, Literal) and isinstance(second.value, int)
        if keywords or ((method or prefix) and number):
            axis = keywords["axis"][1] if "axis" in keywords else None if keywords else second
            said = "0" if axis is None else self.text[axis.start : axis.end]
            along = f"{name.text}({words[0]}, axis={said})"
            self.fail_over(
                f"`{self.text[start:end]}` can be read in two ways: the "
                f"{'largest' if pick == 'maximum' else 'smallest'} along an axis is `{along}`, the "
                f"{'larger' if pick == 'maximum' else 'smaller'} of two, entry by entry, is "
                f"`{pick}({', '.join(words[:2])})`",
                start,
                end,
                f"{pick}({', '.join(words[:2])})" if keywords else along,
            )
        made: Operand = operands[0]
        for one in operands[1:]:
            made = self.apply(pick, [made, one], {}, start, name, end)
            self.written[made.node] = name.text
        assert isinstance(made, Ref)
        return made

    def _length(
        self,
        operands: list[Operand],
        keywords: dict[str, tuple[Token, Operand]],
        start: int,
        end: int,
    ) -> dict[str, tuple[Token, Operand]]:
        """Refuse a second place of `norm`, which is an order here and an axis there."""
        order = next((keywords[key] for key in ("ord", "p") if key in keywords), None)
        if order is not None:
            value = order[1]
            if isinstance(value, Literal) and value.value == 2:
                return {key: one for key, one in keywords.items() if key not in ("ord", "p")}
        elif len(operands) < 2:
            return keywords
        value = order[1] if order is not None else operands[1]
        x, second = (
            self.text[operands[0].start : operands[0].end],
            self.text[value.start : value.end],
        )
        if second.startswith("-"):
            along = f"norm({x}, axis={second})"
            self.fail_over(f"along an axis it is `{along}`", start, end, along)
        orders = {"1": f"sum(abs({x}))", "2": f"norm({x})"}
        meant = orders.get(second, f"sum(abs({x}) ** {second}) ** (1 / {second})")
        self.fail_over(
            f"`{self.text[start:end]}` can be read in two ways: the length along an axis is "
            f"`norm({x}, axis={second})`, the {second}-norm of all entries is `{meant}`",
            start,
            end,
            meant,
        )

    def _based(self, operands: list[Operand], start: int, end: int) -> None:
        """Refuse a base, and offer the logarithm to it."""
        x, base = (self.text[one.start : one.end] for one in operands)
        meant = f"log{base}({x})" if base in ("2", "10") else f"log({x}) / log({base})"
        self.fail_over(
            f"`log` takes 1 operand (x), not 2; to base {base} it is `{meant}`", start, end, meant
        )

    def _bounded(
        self, name: Token, operands: list[Operand], keywords: Keywords, start: int, end: int
    ) -> Ref | None:
        """`clamp(x, min=0)`: with one bound it is a maximum or a minimum; None with both."""
        bounds = [*operands[1:], None, None]
        if "high" in keywords:
            bounds[1] = keywords["high"][1]
        low, high = (None if _none(bound) else bound for bound in bounds[:2])
        if (low is None) == (high is None):
            return None
        bound = high if low is None else low
        assert bound is not None
        return self.apply(
            "minimum" if low is None else "maximum", [operands[0], bound], {}, start, name, end
        )

    def _corrected(
        self, keywords: dict[str, tuple[Token, Operand]], prefix: str
    ) -> dict[str, tuple[Token, Operand]]:
        """`unbiased=True` and torch's own default as a correction."""
        if "unbiased" in keywords:
            token, value = keywords["unbiased"]
            one = Literal(int(bool(self.parameter(value, token))), value.start, value.end)
            rest = {key: given for key, given in keywords.items() if key != "unbiased"}
            return rest | {"correction": (token, one)}
        if prefix == "torch" and "correction" not in keywords:
            token = self.peek()
            return keywords | {"correction": (token, Literal(1, token.offset, token.offset))}
        return keywords

    # Prefixes

    def prefixed(self) -> tuple[Token, str] | None:
        """Past `np.` and the like: the name behind them, and the first of them."""
        first, at = self.peek(), self.at
        while self.tokens[at].text in INNER and self.tokens[at + 1].kind == ".":
            if self.tokens[at + 2].kind not in ("name", "power"):
                return None
            at += 2
        name = self.tokens[at]
        if at == self.at or first.text in self.names or first.text not in PREFIXES:
            return None
        called = self.tokens[at + 1].kind == "("
        if first.text in ("F", "cp", "nn") and (
            not called or self.tokens[min(at + 2, len(self.tokens) - 1)].kind == ")"
        ):
            return None  # a matrix called F, and its method
        if not called and name.text not in CONSTANTS and name.text not in WORDS:
            near = self.op_named(name.text)
            self.at = at
            self.fail(
                f"`{name.text}` is not known behind `{first.text}.`: ops are called, as in "
                f"`{first.text}.{near or 'exp'}(x)`",
                name,
                f"{name.text}(" if near else None,
            )
        self.at = at
        return name, first.text

    def method(self, value: Operand, dot: Token) -> Token:
        """The name behind a dot, which is called. Raises Problem for any other."""
        name = self.peek()
        called = name.kind == "name" and self.ahead(1).kind == "("
        if called and (name.text in LEFT_ALONE or name.text in FLAT or self.op_named(name.text)):
            return self.next()
        if name.kind != "name":
            self.fail(
                "after the dot `T` (transposed) or an op is expected, as in `x.sum()`", name, "T"
            )
        if self.op_named(name.text):
            self.fail(
                f"`{name.text}` is an op; call it as `.{name.text}()`", name, f"{name.text}()"
            )
        near = nearest(name.text, OPS) if called else None
        hint = f"; did you mean `{near}`?" if near else ""
        self.fail(
            f"`{name.text}` is not known after a dot: there are `T` (transposed) and the ops, as "
            f"in `x.sum()`{hint}",
            name,
            near,
        )


def _over(value: Operand, start: int, end: int) -> Operand:
    """The same value, where more of the text stands for it."""
    if isinstance(value, Literal):
        return Literal(value.value, start, end)
    return Ref(value.node, start, end)


def _none(value: Operand | None) -> bool:
    return value is None or (isinstance(value, Literal) and value.value is None)
