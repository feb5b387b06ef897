"""Every figure twice in one document, in a column of text: alive, and each for itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, Locator, Page, Route, expect

from app.core.experiments.table import EXPERIMENTS
from app.core.figures import FIGURES
from app.web.assets import ASSETS
from app.web.security import POLICY

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
ENTRY = "src/pages/embed.ts"
LONG = 600_000  # ms until the slowest figure has measured what it shows
WIDE, NARROW = 700, 320

COFFEE = {"model": "squeezenet1_1", "image": "coffee"}
DIGIT = {"model": "digits", "image": "digit-3"}
CHANNEL = {"model": "digits", "layer": "conv1"}
PHOTOS = {
    "classes": [
        {"name": name, "pictures": [f"{name}/{i}" for i in range(5)]}
        for name in ("coffee", "rocket")
    ]
}
# Two questions of each; without an answer, so that each asks by itself.
QUESTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expression": (
        {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}},
        {"expression": "g = a * b + a", "inputs": {"a": 2, "b": 3}},
    ),
    "gradient-check": (
        {"expression": "f = x * y", "inputs": {"x": 3, "y": -4}},
        {"expression": "f = sigmoid(w * x)", "inputs": {"w": 1, "x": 2}},
    ),
    "convolution": ({"input": "coffee"}, {"layer": "MaxPool2d", "input": "rocket"}),
    "fully-connected": (
        {"layer": "Linear", "input": "numbers", "filters": 2},
        {"layer": "Linear", "input": "coffee", "filters": 4},
    ),
    "window": (
        {"input": 32, "kernel": 5},
        {"input": [12, 9], "kernel": [3, 3], "stride": 2, "padding": 1},
    ),
    "network": ({"architecture": "lenet5"}, {"source": "nn.Conv2d(3, 6, 5)", "input": [3, 9, 9]}),
    "receptive-field": ({"architecture": "lenet5"}, {"architecture": "alexnet"}),
    "stack": ({"kernel_size": 5, "channels": 64}, {"kernel_size": 7, "channels": 32}),
    "effective-field": ({"architecture": "lenet5"}, {"architecture": "tiny_vgg"}),
    "comparison": ({"names": ["alexnet", "vgg16"]}, {"names": ["resnet18", "resnet50"]}),
    "gradient-sizes": ({"blocks": 3, "width": 4}, {"blocks": 4, "width": 4, "residual": True}),
    "activations": (DIGIT, {"model": "digits", "image": "digit-5"}),
    "layer": (
        DIGIT | {"layers": ["conv1"]},
        DIGIT | {"layers": ["conv2"], "image": "digit-5"},
    ),
    "unit": (
        DIGIT | {"unit": {"layer": "conv1", "channel": 2, "row": 10, "column": 14}},
        DIGIT | {"unit": {"layer": "conv1", "channel": 3, "row": 8, "column": 9}},
    ),
    "attribution": (DIGIT | {"method": "saliency"}, DIGIT | {"method": "gradient-x-input"}),
    "occlusion": (
        DIGIT | {"row": 4, "column": 5, "patch": 6},
        DIGIT | {"row": 14, "column": 14, "patch": 10},
    ),
    "top-patches": (CHANNEL | {"channel": 1}, CHANNEL | {"channel": 2}),
    "optimised-input": (CHANNEL | {"channel": 1}, CHANNEL | {"channel": 3}),
    "training-step": (
        {"data": "moons", "layers": 1, "units": 3, "batch": 10, "step": 8},
        {"data": "xor", "layers": 2, "units": 4, "step": 20, "weight": "w2_1_3"},
    ),
    "teach": (PHOTOS, PHOTOS | {"seed": 1}),
    **{name: ({"seed": 1}, {"seed": 2}) for name in EXPERIMENTS},
}


@pytest.fixture(scope="module")
def column(browser: Browser, live_server: str) -> Iterator[Page]:
    """The document, every figure of it alive."""
    figures = [
        (name, {"question": question, "answer": None, "problem": None, "view": {}})
        for name, pair in QUESTIONS.items()
        for question in pair
    ]
    document = TEMPLATES.get_template("figures.html").render(
        figures=figures, assets=ASSETS.tags, entry=ENTRY
    )

    def answer(route: Route) -> None:
        rules = "; ".join(f"{name} {value}" for name, value in POLICY.items())
        headers = {"Content-Security-Policy": rules}
        route.fulfill(content_type="text/html; charset=utf-8", body=document, headers=headers)

    with browser.new_context(
        base_url=live_server, viewport={"width": 800, "height": 800}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("**/figures", answer)
        page.goto("/figures")
        for place in page.locator("[data-figure]").all():
            place.scroll_into_view_if_needed()
            expect(place.and_(page.locator("[data-alive]"))).to_be_visible(timeout=LONG)
        expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=LONG)
        yield page
        assert not complaints, "\n".join(complaints)


def pair(page: Page, name: str) -> tuple[Locator, Locator]:
    both = page.locator(f'[data-figure="{name}"]')
    return both.nth(0), both.nth(1)


def test_every_row_stands_twice_and_is_alive(column: Page) -> None:
    assert QUESTIONS.keys() == FIGURES.keys()
    expect(column.locator("[aria-busy=true]")).to_have_count(0, timeout=LONG)
    assert column.locator("[data-alive]").count() == 2 * len(FIGURES)
    for name in FIGURES:
        for place in pair(column, name):
            expect(place.locator(".problem:not(:empty)")).to_have_count(0)
    far = column.evaluate("[...document.querySelectorAll('[data-figure] script')].length")
    assert far == 0


def test_no_id_stands_twice_and_every_group_of_choices_is_one_figures(column: Page) -> None:
    twice = """() => {
      const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
      const groups = new Map()
      const shared = []
      for (const radio of document.querySelectorAll('input[type=radio]')) {
        const place = radio.closest('[data-figure]')
        if ((groups.get(radio.name) ?? place) !== place) shared.push(radio.name)
        groups.set(radio.name, place)
      }
      return [...ids.filter((id, i) => ids.indexOf(id) !== i), ...shared]
    }"""
    assert column.evaluate(twice) == []


def test_axe_finds_nothing(column: Page, axe: Callable[..., list[str]]) -> None:
    assert axe(column) == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_is_wider_than_the_column(column: Page, width: int) -> None:
    column.evaluate(
        "(width) => document.querySelector('.column').style.width = `${width}px`", width
    )
    column.wait_for_timeout(300)
    wide = """(width) => [...document.querySelectorAll('[data-figure]')]
      .filter((place) => place.scrollWidth > width)
      .map((place) => {
        const right = place.getBoundingClientRect().right
        const over = [...place.querySelectorAll('*')]
          .filter((element) => element.getBoundingClientRect().right > right + 1)
        return `${place.dataset.figure} ${place.scrollWidth} ` +
          over.slice(0, 3).map((element) => element.outerHTML.slice(0, 90)).join(' | ')
      })"""
    try:
        assert column.evaluate(wide, width) == []
    finally:
        column.evaluate("document.querySelector('.column').style.width = ''")


PLAYED = ["expression", "convolution", "fully-connected", "activations", "layer"]


@pytest.mark.parametrize("name", PLAYED)
def test_a_figure_plays_by_keyboard_alone(column: Page, name: str) -> None:
    counts = column.locator(".player .count")
    here = [place.locator(".player .count") for place in pair(column, name)]
    for mine in here:
        place = mine.locator("xpath=ancestor::*[@data-figure]")
        place.get_by_role("button", name="Play", exact=True).focus()
        column.keyboard.press("Home")
        first = mine.inner_text()
        others = counts.all_inner_texts()
        column.keyboard.press("ArrowRight")
        expect(mine).not_to_have_text(first)
        now = counts.all_inner_texts()
        assert sum(a != b for a, b in zip(others, now, strict=True)) == 1


def test_keys_without_a_focus_go_to_the_figure_most_in_view(column: Page) -> None:
    column.evaluate("document.activeElement?.blur()")
    first, second = pair(column, "expression")
    for place in (second, first):
        place.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
        count = place.locator(".player .count")
        column.keyboard.press("Home")
        expect(count).to_have_text("0 / " + count.inner_text().split(" / ")[1])
        column.keyboard.press("End")


EDITS: dict[str, Callable[[Locator], None]] = {
    "expression": lambda place: place.get_by_role("textbox", name="Expression").fill("h = 3 * u"),
    "window": lambda place: place.get_by_role("slider").last.press("ArrowRight"),
    "stack": lambda place: place.get_by_role("radio", name="9 × 9").check(),
    "comparison": lambda place: place.get_by_role("checkbox", name="LeNet-5").check(),
    "activations": lambda place: place.locator(".samples button").nth(2).click(),
}
SHOWN = {
    "expression": ".editor textarea",
    "window": ".sliders",
    "stack": ".sides",
    "comparison": ".compare-table tbody",
    "activations": ".samples",
}
STATE = """(element) => [element.value ?? element.innerText,
  ...[...element.querySelectorAll('[aria-pressed]')].map((e) => e.ariaPressed)].join('|')"""


@pytest.mark.parametrize("name", EDITS)
def test_undo_in_one_leaves_the_other_alone(column: Page, name: str) -> None:
    one, other = pair(column, name)
    seen = [place.locator(SHOWN[name]).first for place in (one, other)]
    before = [place.evaluate(STATE) for place in seen]
    for place, shown, was in zip((one, other), seen, before, strict=True):
        EDITS[name](place)
        column.wait_for_function(
            f"([element, was]) => ({STATE})(element) !== was", arg=[shown.element_handle(), was]
        )
    edited = seen[1].evaluate(STATE)
    # Not where one writes: there Ctrl+Z takes back what has been written.
    one.locator(
        "button:enabled, input:is([type=range], [type=radio], [type=checkbox])"
    ).first.focus()
    column.keyboard.press("Control+z")
    column.wait_for_function(
        f"([element, was]) => ({STATE})(element) === was", arg=[seen[0].element_handle(), before[0]]
    )
    assert seen[1].evaluate(STATE) == edited
