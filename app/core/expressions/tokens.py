"""The words of a text: what is typed, and the signs that come along when a formula is pasted."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from app.core.errors import Problem
from app.core.expressions.graphs import NAME

PRIMES = "'\u2018\u2019\u2032\u1d40\u22a4"  # x', and the T of a transposed matrix
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿˣʸ", "0123456789+-nxy")
FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"

TOKEN = re.compile(
    r"(?P<space>[ \t\r\f]+|\#[^\n]*)"
    rf"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[{FRACTIONS}])"
    rf"|(?P<name>{NAME.pattern})"
    r"|(?P<power>[⁺⁻]?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[ⁿˣʸ]))"
    rf"|(?P<sign>\*\*|\|\||:=|[<>=!]=|[-+*/@()\[\],:;=<>.|·√∑∏≤≥≠⩽⩾‖∥{PRIMES}]|\n)"
)
# The same where there is nothing else, which most texts are: in half the time.
PLAIN_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f]+|\#[^\n]*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<sign>\*\*|\|\||:=|[<>=!]=|[-+*/@()\[\],:;=<>.|']|\n)",
    re.ASCII,
)
# A sign by another that means the same; what the parser calls it.
MEANT = (
    {"≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "≠": "!=", ":=": "=", "‖": "||", "∥": "||"}
    | dict.fromkeys(PRIMES, "'")
    | {"if": "if", "else": "else"}
)


def _pasted() -> dict[int, str]:
    """Characters that stand for one another: those of slides, of PDFs, and full-width ones."""
    same = {"-": "−–—‐‑‒﹣", "*": "×∗⁎✕✖⨯⊙∘\u2062", "/": "÷∕⁄", "·": "⋅∙•・", "|": "∣", "μ": "µ"}
    blank = [0xA0, 0x200B, 0x2060, 0x2061, 0x202F, 0x205F, 0x3000, 0xFEFF, *range(0x2000, 0x200B)]
    found = {ord(sign): meant for meant, signs in same.items() for sign in signs}
    found |= dict.fromkeys(blank, " ")
    for code in (*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800), 0x212F):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and plain != chr(code):
            found[code] = MEANT.get(plain, plain) if plain in "·|" else plain
    return found


PASTED = _pasted()
HINTS = {
    "!": "; `!=` is a comparison",
    "%": "; a remainder is not among the ops",
    "?": "; a choice is written `a if c else b`, or `where(c, a, b)`",
    "&": "; that two things hold is the product of two comparisons, `(x > 0) * (y > 0)`",
    "{": "; brackets are round, `(` and `)`",
    "}": "; brackets are round, `(` and `)`",
    "$": "; a formula stands here without dollar signs",
    "\\": "; LaTeX is not read: a fraction is written `x / y`, a root `sqrt(x)`",
    "⊗": "; the outer product is `outer(a, b)`, a product entry by entry `a * b`",
    "∇": "; the gradients come by themselves",
    "∂": "; the gradients come by themselves",
    "∛": "; a cube root is written `x ** (1 / 3)`",
    '"': "; there are no texts here, only numbers",
    "≈": "; a comparison is `==`, `<=` or `>=`",
}


@dataclass(slots=True)
class Token:
    """One word of the text: its kind ("number", "name", "power", or the sign that it means), how
    it is typed, and its place."""

    kind: str
    text: str
    offset: int

    @property
    def end(self) -> int:
        """Where the text goes on."""
        return self.offset + len(self.text)


def tokens(text: str) -> list[Token]:
    """The words of a text; newlines inside brackets are not among them."""
    found: list[Token] = []
    depth, at, source, words = 0, 0, text, PLAIN_TOKEN
    if not text.isascii():
        source, words = text.translate(PASTED), TOKEN
    for match in words.finditer(source):
        if match.start() != at:  # finditer passes over what it does not know
            break
        at = match.end()
        kind = match.lastgroup
        if kind == "space":
            continue
        word = match.group()
        if kind == "sign":
            if word in "([":
                depth += 1
            elif word in ")]":
                depth -= 1
            elif word == "\n" and depth > 0:
                continue
            kind = word
        found.append(Token(MEANT.get(word, kind), word, match.start()))  # type: ignore[arg-type]
    if at < len(source):
        _meaningless(source, text, at)
    found.append(Token("end", "", len(source)))
    return found


def _meaningless(source: str, text: str, at: int) -> NoReturn:
    """Refuse a sign, and say what is written instead. Raises Problem."""
    sign, place = source[at], {"offset": at, "length": 1}
    if sign == "^":
        transposed = re.compile(r"\^\s*(\{\s*)?(T|⊤|\\top)\b(?(1)\s*\})").match(source, at)
        if transposed:
            place["length"] = len(transposed.group())
            raise Problem("`^T` means nothing here; transposed is written `.T`", place, ".T")
        braces = re.compile(r"\^\s*\{([^{}]*)\}").match(source, at)
        if braces:
            place["length"] = len(braces.group())
        raise Problem(
            "`^` means nothing here; a power is written `**`",
            place,
            f"**({braces[1]})" if braces else "**",
        )
    raise Problem(f"`{text[at]}` means nothing here{HINTS.get(sign, '')}", place)
