"""Names, gates and formulas as one writes them by hand, without any setting: λ, ×, −, x²."""

import re
from unicodedata import lookup

from app.core.numbers import EXPONENT, MINUS, TIMES, typeset

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(" ")
)
POWER = re.compile(r" ?\*\* ?(-?\d+)(?![\w.])")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?e[-+]?\d+")
NAME = re.compile(r"(?<!\w)[^\W\d_]+(?=_?\d{0,3}(?![\w(]))")


def letter(word: str) -> str:
    """The letter that a name spells out, or the name."""
    if word != "lam" and word not in GREEK:
        return word
    # Unicode calls it lamda.
    size = "CAPITAL" if word[0].isupper() else "SMALL"
    spelt = "LAMDA" if word.lower() in ("lam", "lambda") else word.upper()
    return lookup(f"GREEK {size} LETTER {spelt}")


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
    text = NAME.sub(lambda name: letter(name.group()), text)
    return re.sub(r"(?<!\*)\*(?!\*)", TIMES, text).replace("-", MINUS)
