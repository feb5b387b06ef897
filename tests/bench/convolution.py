"""The convolution figure in Chromium: how soon it follows a slider, how smoothly it plays."""

import statistics
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.bench.page import frame_while, opened, playing
from tests.bench.server import serving
from tests.bench.timing import Comparison

# 32x32x3 with 6 filters of 5x5, as it stands at first.
FIGURE = "/convolution?step=0"
# From a slider's event to the frame in which sizes, maps and a cell's arithmetic are new.
FOLLOWED = """
() => {
  window.waits = []
  let moved = 0
  const cells = () => document.querySelectorAll('.number-grid .cell').length
  const sizes = () => document.querySelector('.output-maps .head').textContent
  let [shown, size] = [cells(), sizes()]
  addEventListener('input', (event) => (moved ||= event.timeStamp), true)
  new MutationObserver(() => {
    if (!moved || cells() === shown || sizes() === size) return
    if (document.querySelector('.waiting')) return
    ;[shown, size] = [cells(), sizes()]
    const since = moved
    moved = 0
    requestAnimationFrame(() => waits.push((performance.now() - since) / 1000))
  }).observe(document.querySelector('.figure'),
    { characterData: true, childList: true, subtree: true })
}
"""


def following(page: Page) -> float:
    """A hand that moves the kernel's slider to and fro between 3 and 6."""
    page.goto("/convolution")
    slider = page.get_by_role("slider", name="Kernel")
    slider.focus()
    page.wait_for_timeout(300)
    page.evaluate(FOLLOWED)
    for i in range(42):
        page.keyboard.press("ArrowLeft" if i // 2 % 2 else "ArrowRight")
        page.wait_for_timeout(150)
    waits: list[float] = page.evaluate("waits")
    assert len(waits) > 30, waits
    return statistics.median(waits)


def in_chromium() -> Iterator[Comparison]:
    """The figure's goals, each against a fixed measure."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        page.goto("/")
        page.wait_for_timeout(500)
        idle = frame_while(page)
        yield Comparison("convolution follows a slider, p50", "50 ms", following(page), 0.05, 1.0)
        yield Comparison("frame, convolution plays", "idle page", playing(page, FIGURE), idle, 1.1)
