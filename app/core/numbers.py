"""How a number is written for people: four significant digits, nothing that carries no meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

Number = float | None  # in an answer: null where it does not exist

DIGITS = 4
WIRE = 8.4  # characters between two gates
# Outside these bounds a number is written with a power of ten.
SMALLEST_PLAIN = 1e-3
LARGEST_PLAIN = 1e6

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
EXPONENT = str.maketrans("-0123456789", RAISED)
RAISED_WIDTH = 0.7  # of a raised digit, in usual ones
HYPHEN = re.compile(r"(?<![\w\])}%-])-(?=\d)")  # that stands for a minus sign
MISSING = "\N{EN DASH}"
INFINITY = "\N{INFINITY}"


@lru_cache(maxsize=8192)
def format_number(x: float | None, digits: int = DIGITS) -> str:
    """The number as it stands in a drawing: 0.7311, −0.5312, 12346, 1×10⁻⁵; an en dash for none."""
    if x is None or math.isnan(x):
        return MISSING
    if math.isinf(x):
        return INFINITY if x > 0 else MINUS + INFINITY
    mantissa, exponent = _parts(x, digits)
    return _with_power(mantissa, exponent)


def typeset(number: str) -> str:
    """A number as Python writes it, typeset with all of its digits: 1e-07 is 1×10⁻⁷."""
    mantissa, _, power = number.partition("e")
    return _with_power(mantissa, int(power) if power else None)


def with_minus(prose: str) -> str:
    """Words with numbers among them: -3 with a minus sign, the hyphen of VGG-16 as it is."""
    return HYPHEN.sub(MINUS, prose)


def plural(n: int, one: str, many: str = "") -> str:
    """A number of things in words: 1 pixel, 2 pixels, 1,024 pixels, 0 entries."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percents(*shares: float) -> list[str]:
    """Shares in percent, with as many digits as it takes to tell unequal ones apart."""
    for digits in range(1, 8):
        told = [f"{100 * share:.{digits}f}".rstrip("0").rstrip(".") for share in shares]
        different = len(set(told)) == len(set(shares))
        if different and all(
            text != "0" or not share for text, share in zip(told, shares, strict=True)
        ):
            return [f"{text} %" for text in told]
    least = f"{10.0**-digits:.{digits}f}"
    return [
        f"less than {least} %" if text == "0" and share else f"{text} %"
        for text, share in zip(told, shares, strict=True)
    ]


def sizes(shape: Iterable[int]) -> str:
    """A tensor's shape in words: 64 × 3 × 3 × 3. Under the volumes of a network, where room is
    scarce, it stands without spaces."""
    return " × ".join(map(str, shape)) or "a single number"


def breadth(text: str) -> float:
    """How wide a number is, in usual characters: the digits of an exponent are smaller."""
    return len(text) - (1 - RAISED_WIDTH) * sum(character in RAISED for character in text)


def short_number(x: float | None, length: float) -> str:
    """The number with as many of its four digits as fit into the breadth of `length` characters. A
    power of ten with a single one may be broader, and a whole number by its sign."""
    text = format_number(x)
    digits = DIGITS
    if text[1:].isdigit() and len(text) <= length + 1:
        return text
    while breadth(text) > length and digits > 1 and x is not None:
        digits -= 1
        if abs(x) < 10 ** (length - 1):
            text = format_number(x, digits)
        else:
            mantissa, _, power = f"{x:.{digits - 1}e}".partition("e")
            text = _with_power(_without_trailing_zeros(mantissa), int(power))
    if breadth(text) > length:
        text = text.replace(f"1{TIMES}10", "10", 1)
    return text


def beside_wire(x: float | None) -> str:
    """The number as it stands on a wire: what has a power of ten with fewer digits, for the gates
    are near."""
    text = format_number(x)
    return short_number(x, WIRE) if text[-1] in RAISED else text


@lru_cache(maxsize=8192)
def latex_number(x: float | None, digits: int = DIGITS) -> str:
    """The same digits for a formula: 0.7311, -0.5312, 1 \\times 10^{-5}."""
    if x is None or math.isnan(x):
        return r"\text{--}"
    if math.isinf(x):
        return r"\infty" if x > 0 else r"-\infty"
    mantissa, exponent = _parts(x, digits)
    return mantissa if exponent is None else rf"{mantissa} \times 10^{{{exponent}}}"


def _with_power(mantissa: str, exponent: int | None) -> str:
    power = "" if exponent is None else f"{TIMES}10{str(exponent).translate(EXPONENT)}"
    return mantissa.replace("-", MINUS) + power


def _parts(x: float, digits: int = DIGITS) -> tuple[str, int | None]:
    """The digits with an ASCII minus, and the power of ten if one is needed."""
    if x == 0:
        return "0", None
    if SMALLEST_PLAIN <= abs(x) < 10**digits - 0.5:
        return f"{x:.{digits}g}", None  # by far the most numbers
    mantissa, _, power = f"{x:.{digits - 1}e}".partition("e")
    exponent = int(power)
    # Asked of the number as it is rounded here: 0.00099999 is 0.001, 999999.7 is 1e6.
    plain = f"{x:.{max(0, digits - 1 - exponent)}f}"
    if SMALLEST_PLAIN <= abs(float(plain)) < LARGEST_PLAIN:
        return _without_trailing_zeros(plain), None
    return _without_trailing_zeros(mantissa), exponent


def _without_trailing_zeros(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
