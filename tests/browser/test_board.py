"""What a presenter holds, by keys and by hand: the same on the wall and in the speaker's window."""

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.test_lessons import on_a_wall

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
