"""Exercises on a phone: a drawing wider than the screen shows that there is more of it."""

from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, Page, expect

Colour = tuple[int, ...]


def edges(picture: Locator) -> tuple[Colour, Colour]:
    """The colours at its upper left and right, where nothing is drawn."""
    seen = Image.open(BytesIO(picture.screenshot())).convert("RGB")
    left, right = seen.getpixel((1, 3)), seen.getpixel((seen.width - 2, 3))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    return left, right


def test_a_wide_drawing_has_a_shadow_where_there_is_more_of_it(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    sheet = (255, 255, 255)
    page.goto("/practice/used-twice?seed=1")
    picture = page.get_by_role("region", name="The graph")
    expect(picture.locator("svg")).to_be_visible()
    left, right = edges(picture)
    assert left == sheet
    assert max(right) < 230
    picture.evaluate("(one) => one.scrollTo(100, 0)")
    assert max(max(edge) for edge in edges(picture)) < 230
    picture.evaluate("(one) => one.scrollTo(one.scrollWidth, 0)")
    left, right = edges(picture)
    assert max(left) < 230
    assert right == sheet
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/practice/one-gate?seed=1")
    assert picture.evaluate("(one) => one.scrollWidth === one.clientWidth")
    assert edges(picture) == (sheet, sheet)
