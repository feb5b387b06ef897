"""What a presenter holds, by keys and by hand: the same on the wall and in the speaker's window."""

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.test_everyone import small_text
from tests.browser.test_lessons import SCREENS, SEEN, on_a_wall
from tests.browser.visitor import Axe

LESSON = "/lessons/chain-rule?projector=1"
LASER = "canvas.laser"


@pytest.fixture
def speaker(page: Page) -> Page:
    """The speaker's window of the page, which is on a wall; both show a figure."""
    on_a_wall(page, LESSON)
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    window = opened.value
    window.set_viewport_size({"width": 1180, "height": 820})
    window.bring_to_front()
    expect(mirror(window).locator(".on-screen")).to_have_count(1)
    for _ in range(3):
        window.keyboard.press("PageDown")
    expect(mirror(window).locator(".on-screen [data-alive]")).to_have_count(1)
    expect(page.locator(".on-screen [data-alive]")).to_have_count(1)
    return window


def mirror(window: Page) -> FrameLocator:
    return window.frame_locator(".speaker iframe")


def over_the_wall(window: Page, x: float, y: float) -> tuple[float, float]:
    """Where a share of the wall is in the speaker's window."""
    box = window.locator(".speaker iframe").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_laser_over_the_speaker_s_window_points_on_the_wall(page: Page, speaker: Page) -> None:
    speaker.keyboard.press("l")
    expect(page.locator("body[data-tool=laser]")).to_have_count(1)
    speaker.mouse.move(*over_the_wall(speaker, 0.4, 0.5))
    speaker.mouse.move(*over_the_wall(speaker, 0.5, 0.5))
    page.wait_for_function(
        """() => {
            const [x, y] = document.querySelector('canvas.laser').dataset.at.split(' ').map(Number)
            return Math.abs(x - innerWidth / 2) < 4 && Math.abs(y - innerHeight / 2) < 4
        }"""
    )
    expect(mirror(speaker).locator(LASER)).not_to_have_attribute("data-at", "")
    speaker.keyboard.press("Escape")
    expect(page.locator(LASER)).to_have_attribute("data-at", "")
    assert page.evaluate("'projector' in document.documentElement.dataset")


def test_a_page_that_nobody_presents_has_none_of_it(page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/lessons/chain-rule")
    page.keyboard.press("l")
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "/Tools" in url]
    expect(page.get_by_role("toolbar", name="Presenter's tools")).to_have_count(0)
    page.keyboard.press("p")
    expect(page.get_by_role("toolbar", name="Presenter's tools")).to_be_visible()
    assert [url for url in fetched if "/Tools" in url]


# How far the middle of the ink is from that of the gate that it was drawn around, in gates' widths.
OFF = """
() => {
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2]
  const gate = document.querySelector('.on-screen .node .gate').getBoundingClientRect()
  const ink = document.querySelector('.on-screen .ink path').getBoundingClientRect()
  const [a, b] = [middle(gate), middle(ink)]
  return Math.hypot(a[0] - b[0], a[1] - b[1]) / gate.width
}
"""
INK = ".on-screen .ink path"


def drawn(window: Page, *places: tuple[float, float]) -> None:
    """A stroke of the mouse through some places."""
    window.mouse.move(*places[0])
    window.mouse.down()
    for place in places[1:]:
        window.mouse.move(*place, steps=4)
    window.mouse.up()


def around_a_gate(page: Page) -> None:
    box = page.locator(".on-screen .node .gate").first.bounding_box()
    assert box
    left, top, right, low = box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
    drawn(page, (left, top), (right, top), (right, low), (left, low), (left, top))


def test_a_stroke_around_a_gate_stays_around_it_in_every_window(page: Page, speaker: Page) -> None:
    page.bring_to_front()
    page.keyboard.press("d")
    expect(page.locator("body[data-tool=pen]")).to_have_count(1)
    around_a_gate(page)
    expect(page.locator(INK)).to_have_count(1)
    assert page.evaluate(OFF) < 0.1
    wall = speaker.frames[1]
    wall.wait_for_function(f"() => ({OFF})() < 0.1")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function(f"() => ({OFF})() < 0.1")
    speaker.bring_to_front()
    wall.wait_for_function(f"() => innerWidth === 1280 && ({OFF})() < 0.1")
    # What is drawn in the speaker's window comes on the wall.
    drawn(speaker, over_the_wall(speaker, 0.3, 0.7), over_the_wall(speaker, 0.5, 0.75))
    expect(page.locator(INK)).to_have_count(2)
    expect(page.locator(".on-screen .player .count")).to_have_text("0 / 7")


def test_a_stroke_around_a_gate_goes_where_the_gate_goes(page: Page) -> None:
    on_a_wall(page, LESSON)
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.keyboard.press("d")
    expect(page.locator("body[data-tool=pen]")).to_have_count(1)
    expect(page.locator(".on-screen .node .gate")).not_to_have_count(0)
    around_a_gate(page)
    expect(page.locator(INK)).to_have_count(1)
    for step in range(1, 4):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".on-screen .player .count")).to_have_text(f"{step} / 7")
        page.wait_for_function(f"() => ({OFF})() < 0.1")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("html[data-projector]")).to_have_count(0)
    expect(page.locator(INK)).not_to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(INK)).to_be_visible()


def test_strokes_last_until_they_are_erased(page: Page) -> None:
    on_a_wall(page, LESSON)
    page.keyboard.press("PageDown")
    page.keyboard.press("d")
    expect(page.locator("body[data-tool=pen]")).to_have_count(1)
    words = page.locator(".on-screen p").first.bounding_box()
    assert words
    y = words["y"] + words["height"] / 2
    drawn(page, (words["x"] + 20, y), (words["x"] + 200, y))
    drawn(page, (words["x"] + 400, y), (words["x"] + 500, y))
    expect(page.locator(INK)).to_have_count(2)
    page.keyboard.press("PageDown")
    expect(page.locator(".on-screen")).not_to_contain_text("That one rule")
    expect(page.locator(INK)).to_have_count(0)
    page.keyboard.press("PageUp")
    expect(page.locator(INK)).to_have_count(2)
    page.reload()
    page.keyboard.press("PageDown")
    expect(page.locator(INK)).to_have_count(2)
    page.keyboard.press("e")
    expect(page.locator("body[data-tool=eraser]")).to_have_count(1)
    drawn(page, (words["x"] + 100, y - 40), (words["x"] + 100, y + 40))
    expect(page.locator(INK)).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(INK)).to_have_count(2)
    page.mouse.move(900, 500)
    page.get_by_role("button", name="Clear the lesson's ink").click()
    expect(page.locator(INK)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(INK)).to_have_count(2)


HAND = """
(lesson, [pointerType, y]) => {
  const words = lesson.querySelector('.on-screen p')
  const box = words.getBoundingClientRect()
  const at = (type, x) => words.dispatchEvent(new PointerEvent(type, {
    pointerType, pointerId: 7, isPrimary: true, pressure: 0.6, bubbles: true, cancelable: true,
    clientX: box.left + x, clientY: box.top + y,
  }))
  const free = at('pointerdown', 10)
  at('pointermove', 90)
  at('pointerup', 90)
  return free
}
"""


def test_a_palm_draws_nothing_once_a_pen_was_seen(page: Page) -> None:
    on_a_wall(page, LESSON)
    page.keyboard.press("PageDown")
    page.keyboard.press("d")
    expect(page.locator("body[data-tool=pen]")).to_have_count(1)
    lesson = page.locator(".lesson")
    for hand, free, strokes in (("touch", False, 1), ("pen", False, 2), ("touch", True, 2)):
        assert lesson.evaluate(HAND, [hand, 10 * strokes]) is free
        expect(page.locator(INK)).to_have_count(strokes)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_screens_are_chosen_from_by_keys(page: Page, axe: Axe, theme: str) -> None:
    on_a_wall(page, f"{LESSON}&theme={theme}")
    page.keyboard.press("PageDown")
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog", name="All screens")
    current = dialog.locator("[aria-current=true]")
    expect(current).to_have_text("2")
    expect(current).to_be_focused()
    expect(dialog.get_by_role("button")).to_have_count(page.locator(f"main {SCREENS}").count())
    expect(dialog.get_by_role("button", name="5 of 10: Backward")).to_be_in_viewport()
    assert axe(page) == []
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")  # in rows of four
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.wait_for_function(f"() => {SEEN} === 6")
    page.keyboard.press("o")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.wait_for_function(f"() => {SEEN} === 6")
    page.keyboard.press("Home")
    page.wait_for_function(f"() => {SEEN} === 0")
    page.keyboard.press("t")  # of the lesson's own time, not the theme
    page.mouse.move(300, 300)
    expect(page.get_by_role("toolbar", name="Presenter's tools")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_the_time_runs_until_it_is_paused(page: Page) -> None:
    page.clock.install(time=0)
    on_a_wall(page, LESSON)
    page.keyboard.press("t")
    timer = page.get_by_role("timer")
    expect(timer).to_have_text("00:00 / 10 min")
    page.clock.run_for(65_000)
    expect(timer).to_have_text("01:05 / 10 min")
    page.keyboard.press("t")
    expect(timer.get_by_label("Paused")).to_be_visible()
    page.clock.run_for(65_000)
    expect(timer).to_have_text("01:05 / 10 min")
    page.keyboard.press("t")
    page.clock.run_for(5_000)
    expect(timer).to_have_text("01:10 / 10 min")
    assert small_text(page) == []


TOUCHED = """
() => [...document.querySelectorAll('.board button')]
  .map((button) => button.getBoundingClientRect())
  .filter((box) => box.width < 44 || box.height < 44 || box.left < 0 || box.right > innerWidth
    || box.top < 0 || box.bottom > innerHeight)
"""


@pytest.mark.parametrize("size", [(360, 740), (740, 360), (1024, 768)])
def test_every_tool_is_large_enough_for_a_finger(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(LESSON)
    expect(page.get_by_role("toolbar", name="Presenter's tools")).to_be_visible()
    assert page.evaluate(TOUCHED) == []


# The ink that stands on a page of its own screen, and how many screens there are.
PRINTED = """
() => {
  const boxes = (these) => [...document.querySelectorAll(these)]
    .map((one) => one.getBoundingClientRect())
  const screens = boxes('main .screen:not(.turns)').filter((box) => box.height)
  const ink = boxes('.ink path').filter((box) => box.height)
  return [screens.length, ink.map((box) => screens.findIndex(
    ({ top, bottom }) => top < box.top && box.bottom < bottom))]
}
"""


def test_what_was_drawn_is_printed(page: Page) -> None:
    on_a_wall(page, LESSON)
    count = page.locator(SCREENS).count()
    page.keyboard.press("d")
    for _ in range(2):
        page.keyboard.press("PageDown")
        box = page.locator(".on-screen p").first.bounding_box()
        assert box
        drawn(page, (box["x"] + 20, box["y"] + 20), (box["x"] + 200, box["y"] + 30))
        expect(page.locator(INK)).to_have_count(1)
    assert len(re.findall(rb"/Type ?/Page\b", page.pdf(prefer_css_page_size=True))) == count
    page.emulate_media(media="print")
    assert page.evaluate(PRINTED) == [count, [1, 2]]
    # Another time, with nobody presenting.
    page.goto("/lessons/chain-rule?projector=0")
    page.wait_for_function(f"() => ({PRINTED})()[1].length === 2")
    assert page.evaluate(PRINTED) == [count, [1, 2]]
    page.emulate_media(media="screen")
    expect(page.locator(".ink path").first).not_to_be_visible()
