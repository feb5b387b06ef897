"""The pages on layers at a projector: a presenter's keys, and text that the last row can read."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_everyone import SMALL_TEXT

PAGES = ["/convolution", "/network"]
WALL = [
    "/convolution?projector=1",
    "/convolution?projector=1&step=6000",
    "/convolution?projector=1&kernel_size=7",
    "/convolution?projector=1&layer=MaxPool2d&step=800",
    "/convolution?projector=1&layer=Linear",
    "/network?projector=1",
    "/network?projector=1&architecture=resnet18&layer=conv1",
    "/network?projector=1&view=field",
    "/network?projector=1&view=compare",
    "/network?projector=1&view=gradients",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_presenters_keys(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("figure, .figure").first).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator(".blank")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator(".blank")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("p")
    expect(page.locator("html[data-projector]")).to_have_count(1)
    page.keyboard.press("Escape")
    if path == "/convolution":  # which first leaves the cell that is looked at
        page.keyboard.press("Escape")
    expect(page.locator("html[data-projector]")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(1)
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(0)


@pytest.mark.parametrize("path", WALL)
def test_the_smallest_text_is_24_pixels(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    expect(page.locator("figure, .figure, .views").first).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SMALL_TEXT) == []
