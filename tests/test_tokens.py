"""The colours of text against what it stands on, as the tokens give them."""

import re
from itertools import product
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[1] / "static/src/page/tokens.css"
TEXT = ("ink", "ink-soft", "forward", "backward", "wrong")
GROUNDS = ("paper", "sheet", "sunk", "forward-wash", "backward-wash", "wrong-wash", "light-wash")
DARK = ":root[data-theme='dark']"
WALL = {
    "light": [":root[data-projector]:not([data-theme='dark'])"],
    "dark": [DARK, ":root[data-projector][data-theme='dark']"],
}
AAA = 7  # WCAG's contrast of text at any size


def block(selector: str) -> dict[str, str]:
    """What one rule says of colours."""
    (body,) = re.findall(rf"^{re.escape(selector)} {{(.*?)^}}", TOKENS.read_text(), re.M | re.S)
    return dict(re.findall(r"--([\w-]+): (#\w{6});", body))


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", WALL)
def test_what_is_written_on_the_wall_is_read_from_the_last_row(theme: str) -> None:
    colours = block(":root")
    for selector in WALL[theme]:
        colours |= block(selector)
    faint = {
        f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 1)
        for text, ground in product(TEXT, GROUNDS)
        if contrast(colours[text], colours[ground]) < AAA
    }
    assert not faint
