"""Nothing moves while a page comes alive, by the browser's own measure of layout shift."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.core.exercises.table import KINDS
from app.core.expressions.examples import EXAMPLES
from app.web.course import course

MOST = 0.02  # of the window's size, all shifts together
SIZES = [(1280, 800), (360, 740)]
PAGES = ["/", "/expression", "/convolution", "/network", "/activations", "/training"]
PAGES += ["/training/step"]
PAGES += [f"/activations?view={view}" for view in ("layer", "unit", "looks", "why")]
PAGES += ["/lessons", "/practice?seed=1", "/reference", "/docs"]

LONG = "\n".join(
    [
        *(f"h{i} = maximum(0, w{i} * x + b{i}) + sin(w{i})" for i in range(12)),
        "f = " + " + ".join(f"h{i}" for i in range(12)),
    ]
)
MISFIT = "nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(4, 8, 3))"
# What makes a page longer, shorter or otherwise than the one everybody sees first.
LINKS = {
    "a wrong expression": "/?expression=" + quote("f = (a +"),
    "a long expression": "/?expression=" + quote(LONG),
    "matrices": "/?" + urlencode({
        "expression": EXAMPLES["two-layer"].expression,
        "inputs": json.dumps(dict(EXAMPLES["two-layer"].inputs)),
    }),
    "a wrong kernel": "/convolution?kernel_size=99",
    "a kernel that does not fit": "/convolution?kernel_size=[3,5]&stride=2",
    "a fully connected layer": "/convolution?layer=Linear",
    "no network": "/network?source=nope",
    "a layer that does not fit": f"/network?source={quote(MISFIT)}&input=3,8,8",
    "a receptive field": "/network?view=field",
    "deep stacks": "/network?view=gradients",
    "no picture": "/activations?image=nope",
    "a plane": "/training?experiment=samples-a-weight",
    "no experiment": "/training?experiment=nope",
    "a step of a large net": "/training/step?layers=3&units=16&step=40&moment=9",
    "no step": "/training/step?step=9999",
    "no page": "/nowhere",
    "a wall": "/?projector=1",
    "a wall of formulas": "/reference?projector=1",
}  # fmt: skip

WATCH = """
window.shifts = []
window.shiftsOf = (entries) => {
  for (const { value, hadRecentInput, sources } of entries)
    if (!hadRecentInput)
      window.shifts.push({ value, moved: sources.map(({ node, previousRect, currentRect }) =>
        [(node?.parentElement?.outerHTML ?? '').slice(0, 90), previousRect, currentRect]
          .map((part) => JSON.stringify(part)).join(' ')) })
}
window.shiftsSeen = new PerformanceObserver((list) => window.shiftsOf(list.getEntries()))
window.shiftsSeen.observe({ type: 'layout-shift', buffered: true })
"""
PAINTED = """() => new Promise((painted) => {
  const seen = new PerformanceObserver(() => painted())
  seen.observe({ type: 'paint', buffered: true })
})"""
SHIFTS = """async () => {
  await document.fonts.ready
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
  await new Promise((then) => setTimeout(then))
  window.shiftsOf(window.shiftsSeen.takeRecords())
  return window.shifts
}"""


@pytest.fixture
def fresh(browser: Browser, live_server: str) -> Iterator[Callable[[tuple[int, int]], Page]]:
    """fresh(size): a page of that size in a browser that has been nowhere yet."""
    contexts = []

    def open_page(size: tuple[int, int]) -> Page:
        width, height = size
        context = browser.new_context(
            base_url=live_server, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH)
        return page

    yield open_page
    for context in contexts:
        context.close()


def late(page: Page, milliseconds: int) -> None:
    """Every answer comes so much later, as from a slow server."""
    page.add_init_script(
        f"""const asked = window.fetch
        window.fetch = async (...all) => {{
          const answer = await asked(...all)
          await new Promise((then) => setTimeout(then, {milliseconds}))
          return answer
        }}"""
    )


def stands_still(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    shifts = page.evaluate(SHIFTS)
    total = sum(shift["value"] for shift in shifts)
    told = [f"{shift['value']:.4f}\n  " + "\n  ".join(shift["moved"]) for shift in shifts]
    assert total <= MOST, "\n".join([f"{total:.4f}", *told])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands_still_while_it_loads(
    fresh: Callable[[tuple[int, int]], Page], path: str, size: tuple[int, int]
) -> None:
    page = fresh(size)
    page.goto(path)
    stands_still(page)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["outliers", "transfer", "double-descent", "optimizers"])
def test_a_run_stands_still_though_its_frames_come_late_and_their_numbers_are_of_any_length(
    fresh: Callable[[tuple[int, int]], Page], name: str, size: tuple[int, int]
) -> None:
    page = fresh(size)
    late(page, 700)
    page.goto(f"/training?experiment={name}")
    expect(page.locator(".lab")).to_have_attribute("aria-busy", "false")
    stands_still(page)


def test_every_exercise_stands_still_on_a_phone(
    fresh: Callable[[tuple[int, int]], Page],
) -> None:
    page = fresh((360, 740))
    for name in KINDS:
        page.goto(f"/practice/{name}?seed=1")
        stands_still(page)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_lesson_stands_still_while_its_figures_come_alive(
    fresh: Callable[[tuple[int, int]], Page], size: tuple[int, int]
) -> None:
    for name in course():
        page = fresh(size)
        page.goto(f"/lessons/{name}")
        near = page.locator(".lesson [data-figure]").first
        if near.count():
            expect(near).to_have_attribute("data-alive", "")
        stands_still(page)
        page.close()


def test_a_figure_that_asks_is_seen_once_it_is_answered_and_stays_where_it_is(
    fresh: Callable[[tuple[int, int]], Page],
) -> None:
    page = fresh((360, 740))
    held: list[Route] = []
    free = False
    page.route("**/api/activations", lambda route: route.fallback() if free else held.append(route))
    page.goto("/lessons/layers")
    place = page.locator("[data-figure='layer']")
    place.evaluate("(place) => place.scrollIntoView({ behavior: 'instant' })")
    expect(place).to_have_attribute("data-waking", "")
    expect(place.locator(".activations")).to_be_hidden()
    at = place.bounding_box()
    free = True
    for route in held:
        route.fallback()
    expect(place.locator(".maps-of, .large-map").first).to_be_visible()
    expect(page.locator("[data-figure='activations'] .maps-of").first).to_be_visible()
    # The one above it has grown by more than a window.
    now = place.bounding_box()
    assert at
    assert now
    assert abs(now["y"] - at["y"]) < 2


# A page of exercises is painted with its formulas, which its script sets: before, nothing is seen.
EARLY = {path: path for path in PAGES if not path.startswith("/practice")} | LINKS


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("path", EARLY.values(), ids=EARLY)
def test_a_page_that_has_been_seen_before_its_script_comes_stands_still(
    fresh: Callable[[tuple[int, int]], Page], path: str, size: tuple[int, int]
) -> None:
    page = fresh(size)
    held: list[Route] = []
    seen = False

    def hold(route: Route) -> None:
        if seen or route.request.url.endswith("/theme.js"):
            route.fallback()
        else:
            held.append(route)

    page.route("**/*.js", hold)
    page.goto(path, wait_until="commit")
    page.evaluate(PAINTED)
    seen = True
    for route in held:
        route.fallback()
    stands_still(page)


# How many of the page's tasks had ended, since figures came alive, when each of them did.
TASKS = """
window.aliveIn = []
let task = 0
new MutationObserver((changes) => {
  for (const change of changes) window.aliveIn.push(task)
  setTimeout(() => (task += 1))
}).observe(document, { subtree: true, attributeFilter: ['data-alive'] })
"""


def test_no_two_figures_come_alive_in_one_task(
    fresh: Callable[[tuple[int, int]], Page],
) -> None:
    page = fresh((1280, 3000))
    page.add_init_script(TASKS)
    page.goto("/lessons/chain-rule")
    expect(page.locator(".lesson [data-alive]")).to_have_count(2)
    alive = page.evaluate("window.aliveIn")
    assert len({*alive}) == len(alive) == 2
