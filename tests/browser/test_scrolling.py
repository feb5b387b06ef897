"""Page keys and the space bar scroll every page, and move no player, until somebody presents."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import PATIENCE

PLAYED = [
    "/",
    "/expression",
    "/convolution",
    "/network",
    "/activations",
    "/activations?view=layer",
    "/training/step",
    "/lessons/chain-rule",
]
READ = ["/activations?view=unit", "/practice", "/lessons", "/reference", "/glossary"]
PLACE = re.compile(r"^\d+ / \d+$")
COUNTS = "[...document.querySelectorAll('.player .count')].map((count) => count.textContent)"


@pytest.fixture(scope="module")
def low(browser: Browser, live_server: str) -> Iterator[Page]:
    """A window so low that every page goes on below it."""
    with browser.new_context(
        base_url=live_server,
        viewport={"width": 1280, "height": 460},
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        page.set_default_navigation_timeout(PATIENCE)
        yield page


@pytest.mark.parametrize("address", [*PLAYED, *READ, "/training"])
def test_keys_that_scroll_are_the_pages(low: Page, address: str) -> None:
    low.goto(address)
    if address in PLAYED:
        expect(low.locator(".player .count").first).to_have_text(PLACE)
    low.wait_for_function("() => document.documentElement.scrollHeight > innerHeight + 100")
    before = low.evaluate(COUNTS)
    for key in ("Space", "PageDown", "PageUp"):
        start = 0 if key != "PageUp" else 150
        low.evaluate("(start) => scrollTo(0, start)", start)
        low.keyboard.press(key)
        low.wait_for_function("(start) => Math.abs(scrollY - start) > 50", arg=start)
    if address != "/training":  # which runs by itself
        assert low.evaluate(COUNTS) == before
        expect(low.get_by_role("button", name="Pause", exact=True)).to_have_count(0)


def test_on_the_projector_the_space_bar_plays(low: Page) -> None:
    low.goto("/expression?projector=1&step=0")
    expect(low.locator(".player .count")).to_have_text(PLACE)
    low.keyboard.press("Space")
    expect(low.get_by_role("button", name="Pause", exact=True)).to_have_count(1)
