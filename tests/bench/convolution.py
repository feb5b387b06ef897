"""The convolution figure in Chromium: how soon it follows a slider, how smoothly it plays."""

import statistics
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.bench.page import bare, frame_while, opened, playing, soon
from tests.bench.server import serving
from tests.bench.timing import Comparison

# 32x32x3 with 6 filters of 5x5, as it stands at first.
FIGURE = "/convolution?step=0"
# From a slider's event to the frame in which the sizes, the maps and a cell's arithmetic are new.
FOLLOWED = """
() => {
  window.waits = []
  let moved = 0
  addEventListener('input', (event) => (moved ||= event.timeStamp), true)
  new MutationObserver(() => {
    if (!moved || document.querySelector('.waiting')) return
    const since = moved
    moved = 0
    requestAnimationFrame(() => waits.push((performance.now() - since) / 1000))
  }).observe(document.querySelector('.output-maps .head'),
    { characterData: true, childList: true, subtree: true })
}
"""


def following(page: Page) -> float:
    """A hand that moves one slider after another, there and back."""
    page.goto("/convolution")
    sliders = [page.get_by_role("slider", name=name) for name in ("Kernel", "Stride", "Padding")]
    page.wait_for_timeout(300)
    page.evaluate(FOLLOWED)
    for i in range(42):
        sliders[i // 2 % 3].press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_timeout(150)
    waits: list[float] = page.evaluate("waits")
    assert len(waits) > 30, waits
    return statistics.median(waits)


def in_chromium() -> Iterator[Comparison]:
    """The figure's goals."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        page.goto("/")
        page.wait_for_timeout(500)
        idle = frame_while(page)
        floor = bare(port) + idle
        yield soon("convolution follows a slider, p50", following(page), floor, 2.8)
        yield Comparison("frame, convolution plays", "idle page", playing(page, FIGURE), idle, 1.1)
