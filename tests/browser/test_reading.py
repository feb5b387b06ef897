"""The drawing can be read wherever it is looked at, and a finger on it scrolls the page."""

import json
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.browser.visitor import FAN_OUT, FIRST, link, node

# Of every text in the drawing that is in its window: its size on screen, and what it says.
SIZES = """() => {
    const stage = document.querySelector('.stage').getBoundingClientRect()
    const found = []
    for (const text of document.querySelectorAll('.graph text, .graph tspan')) {
        const box = text.getBoundingClientRect()
        const inside = box.width && box.right > stage.left && box.left < stage.right &&
            box.bottom > stage.top && box.top < stage.bottom
        const { a } = text.ownerSVGElement.querySelector('g').getScreenCTM()
        if (inside) found.push([parseFloat(getComputedStyle(text).fontSize) * a, text.textContent])
    }
    return found
}"""
SCREENS = [(1280, 800, 11, ""), (1920, 1080, 24, "&projector=1"), (360, 740, 12, "")]
INSIDE = """name => {
    const box = document.querySelector(`[data-node="${name}"]`).getBoundingClientRect()
    const stage = document.querySelector('.stage').getBoundingClientRect()
    return box.left >= stage.left && box.right <= stage.right && box.bottom <= innerHeight
}"""


@pytest.mark.parametrize(("width", "height", "least", "more"), SCREENS)
def test_no_text_in_the_drawing_of_any_example_is_too_small(
    page: Page, width: int, height: int, least: int, more: str
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": height})
    for example in json.loads(page.request.get("/api/examples").text()):
        page.goto(link((example["expression"], example["inputs"])) + more)
        expect(page.locator(".graph .node").first).to_be_visible()
        # Once the drawing has been fitted to its stage, as it is soon after.
        with suppress(TimeoutError):
            page.wait_for_function(
                f"least => (({SIZES})()).every(([size]) => size >= least)", arg=least
            )
        found: list[Any] = page.evaluate(SIZES)
        assert len(found) > 4, example["name"]
        small = [text for size, text in found if size < least]
        assert not small, (example["name"], min(found))


def test_a_graph_too_large_to_be_read_as_a_whole_has_an_overview(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(link(FIRST))
    expect(page.locator(".graph .node")).to_have_count(5)
    expect(page.locator(".mini-map")).to_have_count(0)
    examples = {row["name"]: row for row in json.loads(page.request.get("/api/examples").text())}
    large = examples["batch-norm"]
    page.goto(link((large["expression"], large["inputs"])))
    shown = page.locator(".mini-map .window")
    expect(shown).to_be_visible()
    before = shown.get_attribute("x")
    page.goto(link((large["expression"], large["inputs"]), step=12))
    expect(shown).to_be_visible()
    assert shown.get_attribute("x") != before
    # Shown as a whole its numbers would be too small, and are left out.
    page.get_by_role("button", name="Show all of it").click()
    expect(page.locator(".mini-map")).to_have_count(0)
    assert all(size >= 11 for size, _ in page.evaluate(SIZES))


def test_the_first_picture_on_a_phone_has_the_output(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(link(FIRST))
    for name in ("x", "z", "f"):
        expect(node(page, name)).to_be_visible()
        assert page.evaluate(INSIDE, name)
    end = page.locator(".name.end").bounding_box()
    assert end is not None
    assert end["x"] + end["width"] <= 348


def test_a_swipe_over_the_graph_scrolls_the_page_and_leaves_the_graph_in_its_stage(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(
        base_url=base_url, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(link(FAN_OUT))
    expect(node(page, "f")).to_be_visible()
    box = page.locator(".stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 30
    session = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    before = page.locator(".stage svg > g").first.get_attribute("transform")
    touch("touchStart", (x, y))
    for step in range(1, 16):
        touch("touchMove", (x, y - step * 10))
    touch("touchEnd")
    page.wait_for_function("() => scrollY > 60")
    assert page.locator(".stage svg > g").first.get_attribute("transform") == before
    page.goto(link(FAN_OUT))
    expect(node(page, "f")).to_be_visible()
    before = page.locator(".stage svg > g").first.get_attribute("transform")
    # Two fingers move it, however far they go, and it stays in its stage.
    touch("touchStart", (x - 40, y - 60), (x + 40, y - 60))
    for step in range(1, 25):
        touch("touchMove", (x - 40 - step * 12, y - 60), (x + 40 - step * 12, y - 60))
    touch("touchEnd")
    assert page.locator(".stage svg > g").first.get_attribute("transform") != before
    assert page.evaluate("scrollY") == 0
    seen = page.evaluate(
        """() => {
            const stage = document.querySelector('.stage').getBoundingClientRect()
            return [...document.querySelectorAll('[data-node] .gate, [data-node] .box')].filter(
                (gate) => {
                    const box = gate.getBoundingClientRect()
                    return box.right > stage.left && box.left < stage.right &&
                        box.bottom > stage.top && box.top < stage.bottom
                }).length
        }"""
    )
    assert seen >= 1
    context.close()


def test_esc_in_the_palette_gives_the_keyboard_back_to_its_gate(page: Page) -> None:
    page.goto(link(FIRST))
    gate = page.locator('[data-spot="node n1"]')
    gate.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Add a gate")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Add a gate")).to_have_count(0)
    expect(gate).to_be_focused()


def test_on_a_wall_a_card_comes_by_a_click_only_and_can_be_read(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.goto(link(FIRST) + "&projector=1")
    node(page, "n1").hover()
    card = page.get_by_role("group", name="Node")
    expect(card).to_have_count(0)
    page.mouse.down()
    page.mouse.up()
    expect(card).to_be_visible()
    expect(card.locator(".katex").first).to_be_visible()
    sizes = card.evaluate(
        """card => {
            const found = []
            const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT)
            while (walker.nextNode()) {
                const parent = walker.currentNode.parentElement
                if (parent.closest('.katex-mathml')) continue
                if (parent.getBoundingClientRect().width < 1) continue
                const text = walker.currentNode.textContent
                if (text.trim() !== '\\u200b')
                    found.push([parseFloat(getComputedStyle(parent).fontSize), text])
            }
            return found
        }"""
    )
    assert [text for size, text in sizes if size < 24] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (1366, 768)])
@pytest.mark.parametrize("path", ["/convolution", "/activations?view=unit"])
def test_a_low_wall_shows_as_much_as_a_high_one(
    page: Page, path: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{path}{'&' if '?' in path else '?'}projector=1")
    grids = page.locator(".number-grid:visible")
    expect(grids.nth(2)).to_be_visible()
    cut = """() => [...document.querySelectorAll(
      '.number-grid, .size, .connected, .connected summary, .step .formula')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 ||
        part.getBoundingClientRect().right > innerWidth)
      .map((part) => part.className)"""
    assert page.evaluate(cut) == []
