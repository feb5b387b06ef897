"""Numbers as people read them, read by a program: 1×10⁻⁵ is 1e-5."""

import re

from app.core.numbers import RAISED

SIGNS = str.maketrans(f"{RAISED}−", "-0123456789-")


def typed(written: str) -> str:
    """The same number as a program writes it."""
    text = re.sub(f"^(−?)10(?=[{RAISED}])", r"\g<1>1×10", written)
    return text.replace("×10", "e").translate(SIGNS)


def number(written: str) -> float:
    return float(typed(written))
