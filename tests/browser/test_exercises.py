"""Exercises on a phone: a drawing wider than the screen shows that there is more of it."""

from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from app.core.exercises.table import KINDS

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


def test_who_comes_back_from_the_figure_finds_the_same_numbers_and_their_answer(page: Page) -> None:
    for path in ("/", "/lessons/chain-rule"):
        page.goto(path)
        if path == "/":
            page.get_by_role("link", name="predict a gradient").click()
        exercise = page.locator('[data-exercise="one-gate"]:not([data-anew])')
        expect(exercise).to_be_visible()
        seed = int(exercise.locator("[name=seed]").input_value())
        blank = KINDS["one-gate"].drawn(seed).blanks[0]
        wrong = str(blank.wrongs[0].value)
        exercise.get_by_role("textbox").fill(wrong)
        exercise.get_by_role("button", name="Check").click()
        exercise.get_by_role("link", name="See it in the figure").click()
        expect(page.locator("[data-figure] .graph")).to_be_visible()
        page.go_back()
        expect(exercise.locator(".said")).to_contain_text(blank.wrongs[0].says)
        expect(exercise.locator("[name=seed]")).to_have_value(str(seed))
        expect(exercise.get_by_role("textbox")).to_have_value(wrong)
        exercise.get_by_role("textbox").fill(str(blank.right))
        page.keyboard.press("Enter")
        expect(exercise.get_by_role("status")).to_contain_text("All right.")
