"""Names, gates and formulas as one writes them by hand, without any setting: λ, w₀, ×, −, x²."""

import re
from unicodedata import lookup

from app.core.numbers import EXPONENT, MINUS, TIMES, typeset

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(" ")
)
POWER = re.compile(r" ?\*\* ?(-?\d+)(?![\w.])")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?e[-+]?\d+")
# A word, and the numbers of its index, which is set lower.
INDEXED = r"([^\W\d_]+)(?:_?(\d{1,3}(?:_\d{1,3})*))?"
WORD = re.compile(INDEXED)
NAME = re.compile(rf"(?<!\w){INDEXED}(?![\w(])")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def greek(word: str) -> str:
    """The Greek letter that a word spells out, by its whole name; nothing if it is none."""
    return "lambda" if word == "lam" else word if word in GREEK else ""


def letter(word: str) -> str:
    """The letter that a word spells out, or the word."""
    spelt = greek(word)
    if not spelt:
        return word
    # Unicode calls it lamda.
    size = "CAPITAL" if spelt[0].isupper() else "SMALL"
    return lookup(f"GREEK {size} LETTER {spelt.upper().replace('LAMBDA', 'LAMDA')}")


def parted(name: str) -> tuple[str, str]:
    """What a name is written with, and its index; of a name without one, or with more to it, all
    that it is."""
    found = WORD.fullmatch(name)
    return (letter(found[1]), index(found)) if found else (name, "")


def index(found: re.Match[str]) -> str:
    """The numbers of an index, with commas in between."""
    return (found[2] or "").replace("_", ",")


def raised(exponent: str) -> str:
    return exponent.translate(EXPONENT)


def gate(label: str) -> str:
    """What stands in a gate: ×−1 for *-1, x² for ^2."""
    if re.fullmatch(r"\^-?\d+", label):
        return f"x{raised(label[1:])}"
    if label.startswith("*"):
        label = TIMES + label[1:]
    return label.replace("-", MINUS)


def formula(text: str) -> str:
    """A formula that was typed, or made to be typed, as a sentence has it."""
    text = NUMBER.sub(lambda number: typeset(f"{float(number.group()):g}"), text)
    text = POWER.sub(lambda power: raised(power[1]), text)
    text = NAME.sub(lambda name: letter(name[1]) + index(name).translate(LOWERED), text)
    return re.sub(r"(?<!\*)\*(?!\*)", TIMES, text).replace("-", MINUS)
