"""Words and numbers in SVG."""

import re
from html import escape

from app.core.expressions.handwriting import parted
from app.core.numbers import MINUS, RAISED

POWER = re.compile(f"([{RAISED}]+)([^{RAISED}]*)")
GLYPHS = "spacingAndGlyphs"
USUAL = str.maketrans(RAISED, f"{MINUS}0123456789")
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def words(css: str, x: float, y: float, text: str, width: float | None = None) -> str:
    """A text at a place, in pixels; made as wide as `width` where that is said."""
    shown = POWER.sub(_raised, safe(text))
    narrow = "" if width is None else f' textLength="{number(width)}" lengthAdjust="{GLYPHS}"'
    return f'<text class="{css}" x="{number(x)}" y="{number(y)}"{narrow}>{shown}</text>'


def name_words(css: str, x: float, y: float, name: str) -> str:
    """A name as it is written by hand: λ for lam, and the index of w0 lowered."""
    base, index = parted(name)
    lowered = f'<tspan dy="0.3em" font-size="72%">{index}</tspan>' if index else ""
    return words(css, x, y, base).replace("</text>", f"{lowered}</text>")


def _raised(power: re.Match[str]) -> str:
    """An exponent, in figures that every font has, and what follows on the line again."""
    digits, rest = power[1].translate(USUAL), power[2]
    after = f'<tspan dy="0.35em">{rest}</tspan>' if rest else ""
    return f'<tspan dy="-0.5em" font-size="70%">{digits}</tspan>{after}'


def number(x: float) -> str:
    return f"{round(x, 2):.10g}"


def safe(text: str) -> str:
    """Text as XML may hold it, whatever it is."""
    return escape(NOT_IN_XML.sub("\ufffd", text))
