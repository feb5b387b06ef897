"""Pages in Chromium: what they weigh, how still they stand, how smoothly and soon they follow."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.server import GET, Connection, serving
from tests.bench.timing import Comparison
from tests.browser.conftest import QUIET, installed_chromium

FIRST = "f = (x + y) * z"


def chain(nodes: int) -> str:
    """An expression of about so many nodes, each upon the one before."""
    return "\n".join(
        ["h0 = tanh(x)", *(f"h{k} = tanh(0.9 * h{k - 1})" for k in range(1, nodes // 2))]
    )


DEEP, DEEPEST = chain(300), chain(1000)
SIZES = ((1280, 800), (360, 740))
PAGES = (
    "/",
    "/expression",
    "/convolution",
    "/network",
    "/activations",
    "/experiments/overfitting",
    "/lessons/chain-rule",
    "/practice",
    "/reference",
)
# What the browser itself notes of a page's first second: what moves, and its largest paint.
NOTED = """
window.moved = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value
}).observe({ type: 'layout-shift', buffered: true })
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.painted = entry.startTime / 1000
}).observe({ type: 'largest-contentful-paint', buffered: true })
"""
VISITS = 5  # for the median of a paint
# Seconds from the click on a link until the live graph, not the still one, is on the screen.
STANDS = """
new Promise((resolve) => requestAnimationFrame(function look() {
  if (!document.querySelector('[data-figure] .stage [data-node] text.value'))
    requestAnimationFrame(look)
  else requestAnimationFrame(() => resolve(performance.now() / 1000))
}))
"""
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
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=[*QUIET])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(port: int) -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(base_url=f"http://127.0.0.1:{port}")


def at(expression: str, inputs: str, **more: int) -> str:
    return "/expression?" + urlencode({"expression": expression, "inputs": inputs, **more})


def weight(page: Page, path: str) -> float:
    """The bytes of everything that a page asks for, as they come over the wire, fonts included."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_load_state("networkidle")
    devtools.detach()
    return sum(sizes)


def noted(browser: Browser, port: int, path: str, size: tuple[int, int]) -> tuple[float, float]:
    """Layout shift, and seconds to the largest paint, for somebody who has been nowhere yet."""
    width, height = size
    viewport = {"width": width, "height": height}
    with browser.new_context(base_url=f"http://127.0.0.1:{port}", viewport=viewport) as context:
        page = context.new_page()
        page.add_init_script(NOTED)
        page.goto(path)
        page.evaluate("document.fonts.ready.then(() => null)")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(200)
        shift, painted = page.evaluate("[window.moved, window.painted]")
        return float(shift), float(painted)


def first_sight() -> Iterator[Comparison]:
    """What a first visit of each page is like."""
    with serving("-m", "app") as (port, _), chromium() as browser:
        time.sleep(15)  # what pages ask first is made ready meanwhile
        for size in SIZES:
            shifts = {path: noted(browser, port, path, size)[0] for path in PAGES}
            worst = max(shifts, key=lambda path: shifts[path])
            what = f"layout shift, {size[0]} wide, worst: {worst}"
            yield Comparison(what, "0.02 of the window", shifts[worst], 0.02, 1.0, "")
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
        bytes_ = weight(page, "/activations")
        yield Comparison("/activations, first load", "1.5 MB", bytes_, 1.5e6, 1.0, "B")
        page.close()
        paints = [
            [noted(browser, port, path, SIZES[0])[1] for path in ("/activations", "/reference")]
            for _ in range(VISITS)
        ]
        graphs = [
            [standing(browser, port, at(text, '{"x": 1}')) for text in (DEEPEST, DEEP)]
            for _ in range(VISITS)
        ]
    ours, theirs = map(statistics.median, zip(*paints, strict=True))
    yield Comparison("/activations, largest paint", "/reference", ours, theirs, 1.3)
    ours, theirs = map(statistics.median, zip(*graphs, strict=True))
    yield Comparison("graph of 1,000 nodes stands", "graph of 300 nodes", ours, theirs, 2.0)


def standing(browser: Browser, port: int, path: str) -> float:
    with browser.new_context(base_url=f"http://127.0.0.1:{port}") as context:
        page = context.new_page()
        page.goto(path, wait_until="commit")
        return float(page.evaluate(STANDS))


def bare(port: int) -> float:
    """The least that a request takes: the median of many signs of life."""
    connection, times = Connection(port), list[float]()
    for _ in range(500):
        begun = time.perf_counter()
        connection.send(GET)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


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
    page.goto("/expression")
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
    """The expression page's own goals."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        first = at(FIRST, '{"x": -2, "y": 5, "z": -4}')
        deep = at(DEEP, '{"x": 1}')
        yield Comparison(
            "page with all it needs", "350 KB", weight(page, "/expression"), 350e3, 1.0, "B"
        )
        idle = frame_while(page)
        yield Comparison("frame, lecture graph plays", "idle page", playing(page, first), idle, 1.1)
        yield Comparison("frame, 300 nodes play", "idle page", playing(page, deep), idle, 2.0)
        yield Comparison("frame, 300 nodes are panned", "idle page", panning(page, deep), idle, 2.0)
        yield soon("dragged value drawn again, p50", following(page), bare(port) + idle, 2.8)


def soon(what: str, ours: float, floor: float, goal: float) -> Comparison:
    """How soon something follows a hand, by what it takes at least."""
    return Comparison(what, "bare request and one frame", ours, floor, goal)
