"""The lessons' formulas as the build has set them: there before any script, and without one."""

import json
import re
from functools import cache
from html import unescape

from app.web.assets import DIST

# As app/core/lessons/reading.py writes them.
FORMULA = re.compile(r'<span class="formula" data-latex="([^"]*)"( data-display)?>[^<]*</span>')


@cache
def table() -> dict[str, dict[str, str]]:
    """What the build has set, in a line and on a line of its own, by how it is written."""
    found: dict[str, dict[str, str]] = json.loads((DIST / "formulas.json").read_text("utf-8"))
    return found


def typeset(html: str) -> str:
    """Prose with its formulas set; those that the build has not seen are left to a script."""

    def done(formula: re.Match[str]) -> str:
        known = table()["display" if formula[2] else "inline"].get(unescape(formula[1]))
        return formula[0] if known is None else f'<span class="formula">{known}</span>'

    return FORMULA.sub(done, html)


def unset(html: str) -> bool:
    """Whether a formula in it is left to a script."""
    return FORMULA.search(html) is not None
