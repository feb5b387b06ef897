"""Why this class, and what layers look for: the patch that is dragged, the maps, the climb."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visitor import PATIENCE

LOOK = PATIENCE  # some of it waits for torch
WHY = "/activations?view=why"


@pytest.fixture
def page(page: Page) -> Page:
    """The first look waits for torch."""
    page.set_default_navigation_timeout(LOOK)
    return page


def percent(page: Page) -> float:
    text = page.locator("[data-number=probability]").inner_text()
    return float(text.replace("<", "").replace("%", ""))


def settled(page: Page) -> None:
    """The last place of the patch has been answered."""
    expect(page.locator(".covered[data-busy=false]")).to_be_visible(timeout=LOOK)
    expect(page.locator("[data-number=probability]")).to_contain_text("%")


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_dragging_the_patch_over_the_cup_takes_the_espresso_away(page: Page) -> None:
    page.goto(WHY)
    settled(page)
    before = percent(page)
    assert before > 80
    page.mouse.move(*middle(page.locator(".gray-patch")))
    page.mouse.down()
    x, y = middle(page.locator(".patch-area"))
    page.mouse.move(x - 20, y, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
    patch = page.locator(".gray-patch")
    expect(patch).to_have_attribute("aria-label", re.compile(r"row 11\d, column 11\d"))
    expect(page.locator(".covered[data-busy=false]")).to_be_visible(timeout=LOOK)
    after = percent(page)
    assert after < before - 5
    place = re.search(r"row (\d+), column (\d+)", patch.get_attribute("aria-label") or "")
    assert place
    row, column = map(int, place.groups())
    size = int(page.get_by_label("Patch, pixels").input_value())
    question = {"model": "squeezenet1_1", "image": "coffee", "patch": size}
    told = page.request.post(
        "/api/occlusion", data=question | {"row": row, "column": column}
    ).json()
    assert after == pytest.approx(100 * told["probability"], abs=0.06)


def test_the_patch_goes_by_keys(page: Page) -> None:
    page.goto(WHY)
    settled(page)
    patch = page.locator(".gray-patch")
    patch.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expect(patch).to_have_attribute("aria-label", re.compile("row 44, column 37"))


def test_the_patch_goes_by_touch(browser: Browser, live_server: str) -> None:
    with browser.new_context(
        base_url=live_server, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        page.goto(WHY, timeout=LOOK)
        settled(page)
        patch = page.locator(".gray-patch")
        page.locator(".patch-area").scroll_into_view_if_needed()
        area = page.locator(".patch-area").bounding_box()
        assert area
        finger = context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            places = [{"x": x, "y": y} for x, y in points]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

        # A tap brings it there; a swipe elsewhere would scroll the page.
        page.touchscreen.tap(area["x"] + area["width"] / 2, area["y"] + area["height"] * 0.75)
        expect(patch).to_have_attribute(
            "aria-label", re.compile(r"row 1(69|7[01]), column 11[345]\b")
        )
        x, y = middle(patch)
        touch("touchStart", (x, y))
        for part in range(1, 11):
            touch("touchMove", (x + area["width"] * part / 40, y))
        touch("touchEnd")
        # A quarter of 227 pixels to the right.
        expect(patch).to_have_attribute(
            "aria-label", re.compile(r"row 1(69|7[01]), column 17[012]\b")
        )


def test_every_method_names_its_paper_and_says_where(page: Page) -> None:
    page.goto(WHY)
    rows = page.request.get("/api/attributions").json()
    assert {"saliency", "occlusion", "grad-cam", "guided-backprop"} <= {row["name"] for row in rows}
    expect(page.locator(".attribution")).to_have_count(len(rows))
    for name in ("saliency", "grad-cam"):
        row = next(row for row in rows if row["name"] == name)
        card = page.locator(f"[data-method={name}]")
        expect(card.locator(".paper-name")).to_have_text(row["paper"])
        question = {"model": "squeezenet1_1", "image": "coffee", "method": name}
        told = page.request.post("/api/attributions", data=question).json()
        expect(card).to_contain_text(told["sentence"], timeout=LOOK)


def test_another_class_has_other_reasons(page: Page) -> None:
    page.goto(WHY)
    card = page.locator("[data-method=saliency]")
    expect(card).to_contain_text("espresso", timeout=LOOK)
    patch = page.locator(".gray-patch").element_handle()
    page.get_by_role("searchbox", name="Any other class").fill("tabby")
    page.get_by_role("searchbox", name="Any other class").press("Enter")
    expect(card).to_contain_text("tabby", timeout=LOOK)
    # The picture is the same, so it stands still, and a patch that is held stays in the hand.
    assert patch.evaluate("patch => patch.isConnected")


def test_an_input_climbs_and_is_stopped_and_taken_back(page: Page) -> None:
    page.goto("/activations?view=looks")
    column = page.locator(".look-column").first
    expect(column.locator(".nine img")).to_have_count(18, timeout=LOOK)
    expect(column.locator(".depth")).to_contain_text("3 × 3 of ")
    column.get_by_role("button", name="Let the input climb").click()
    column.get_by_role("button", name="Stop the climb").click()
    play = column.get_by_role("button", name="Let the input climb")
    play.click()
    told = column.locator(".climb-told")
    expect(told).to_contain_text("step 96 of 96", timeout=LOOK)
    expect(play).to_be_visible()
    column.get_by_label("Frame of the climb").fill("0")
    expect(told).to_contain_text("step 0 of 96")


@pytest.mark.parametrize(
    ("view", "width", "scheme"),
    [
        ("why", 1280, "light"),
        ("why", 360, "dark"),
        ("looks", 1280, "dark"),
        ("looks", 360, "light"),
    ],
)
def test_everybody_can_read_it(
    opened: Callable[[int, int, str], Page],
    readable: Callable[[Page], None],
    view: str,
    width: int,
    scheme: str,
) -> None:
    page = opened(width, 800, scheme)
    page.set_default_navigation_timeout(LOOK)
    page.goto(f"/activations?view={view}")
    ready = ".attribution .scale" if view == "why" else ".look-column .nine img"
    expect(page.locator(ready).first).to_be_visible(timeout=LOOK)
    readable(page)
