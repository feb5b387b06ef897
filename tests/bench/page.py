"""The page in Chromium: what it weighs, how smoothly it plays, how soon a value follows."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from tests.bench.server import serving
from tests.bench.timing import Comparison
from tests.browser.conftest import QUIET, installed_chromium

FIRST = "f = (x + y) * z"
DEEP = "\n".join(["h0 = tanh(x)", *(f"h{k} = tanh(0.9 * h{k - 1})" for k in range(1, 150))])
FRAMES = """
(seconds) => new Promise((resolve) => {
  const begin = performance.now()
  let frames = 0
  requestAnimationFrame(function count(now) {
    if (now - begin < 1000 * seconds) { frames += 1; requestAnimationFrame(count) }
    else resolve((now - begin) / 1000 / frames)
  })
})
"""
FOLLOWED = """
() => {
  window.waits = []
  let moved = 0
  addEventListener('pointermove', (event) => (moved ||= event.timeStamp), true)
  new MutationObserver(() => requestAnimationFrame(() => {
    if (moved) waits.push((performance.now() - moved) / 1000)
    moved = 0
  })).observe(document.querySelector('[data-node="f"] text.value'),
    { characterData: true, childList: true, subtree: true })
}
"""


@contextmanager
def opened(port: int) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=[*QUIET])
        try:
            yield browser.new_page(base_url=f"http://127.0.0.1:{port}")
        finally:
            browser.close()


def at(expression: str, inputs: str, **more: int) -> str:
    return "/?" + urlencode({"expression": expression, "inputs": inputs, **more})


def weight(page: Page) -> float:
    """The bytes of everything that / asks for, as they come over the wire, fonts included."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/")
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_load_state("networkidle")
    devtools.detach()
    return sum(sizes)


def frame_while(page: Page, seconds: float = 2.0) -> float:
    return float(page.evaluate(FRAMES, seconds))


def playing(page: Page, address: str) -> float:
    page.goto(address)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    found = frame_while(page)
    page.keyboard.press("Space")
    return found


def panning(page: Page, address: str) -> float:
    """A hand that drags the paper to and fro while frames are counted."""
    page.goto(address)
    page.evaluate(
        """() => {
            const stage = document.querySelector('.stage')
            const box = stage.getBoundingClientRect()
            const at = (kind, x) => stage.dispatchEvent(new PointerEvent(kind, {
                bubbles: true, pointerId: 1, button: 0, pointerType: 'mouse', isPrimary: true,
                clientX: box.left + box.width / 2 + x, clientY: box.bottom - 20 }))
            stage.setPointerCapture = () => {}
            at('pointerdown', 0)
            requestAnimationFrame(function hand(now) {
                at('pointermove', 300 * Math.sin(now / 300))
                requestAnimationFrame(hand)
            })
        }"""
    )
    return frame_while(page)


def following(page: Page) -> float:
    """From a movement of the hand that drags x to the frame in which f has its new value."""
    page.goto("/")
    box = page.get_by_role("textbox", name="x, scalar").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y)
    page.wait_for_timeout(200)
    page.evaluate(FOLLOWED)
    for way in range(2, 42):
        page.mouse.move(x + 6 * way, y)
        page.wait_for_timeout(60)
    page.mouse.up()
    waits: list[float] = page.evaluate("waits")
    assert len(waits) > 20, waits
    return statistics.median(waits)


def in_chromium() -> Iterator[Comparison]:
    """The page's own goals, each against a fixed measure."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        first = at(FIRST, '{"x": -2, "y": 5, "z": -4}')
        deep = at(DEEP, '{"x": 1}')
        yield Comparison("page with all it needs", "350 KB", weight(page), 350e3, 1.0, "B")
        idle = frame_while(page)
        yield Comparison("frame, lecture graph plays", "idle page", playing(page, first), idle, 1.1)
        yield Comparison("frame, 300 nodes play", "1/30 s", playing(page, deep), 1 / 30, 1.0)
        yield Comparison("frame, 300 nodes are panned", "1/30 s", panning(page, deep), 1 / 30, 1.0)
        yield Comparison("dragged value drawn again, p50", "50 ms", following(page), 0.05, 1.0)
