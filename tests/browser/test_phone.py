"""What a hand that holds a phone meets: 360 by 740 pixels, and fingers."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.expressions.examples import EXAMPLES
from tests.browser.visitor import PATIENCE, telephone

UNIT = "/activations?view=unit"


@pytest.fixture(scope="module")
def phone(browser: Browser, live_server: str) -> Iterator[Page]:
    with telephone(browser, live_server, has_touch=True, is_mobile=True) as page:
        page.set_default_navigation_timeout(PATIENCE)
        yield page


# --- a line of arithmetic that is broken

# Of every sign that nothing stands after in its line, the sign; of every grid, picture and sum
# that has not its name before or above it, what it is.
BROKEN = """() => {
    const seen = (places) => [...document.querySelectorAll(places)]
        .filter((place) => place.checkVisibility() && place.getBoundingClientRect().width)
        .map((place) => [place, place.getBoundingClientRect()])
    const parts = seen('.number-grid, .plane, .channel .sum, .products .sum, .pool-result')
    const after = (sign) => parts.some(([, part]) => part.left >= sign.right - 1 &&
        part.top < sign.bottom && part.bottom > sign.top)
    const signs = seen('.channel .sign, .products .sign')
        .filter(([place, sign]) => place.textContent.trim() && !after(sign))
    const terms = seen('.term')
    const named = (part) => terms.some(([, term]) =>
        (term.right <= part.left + 1 && term.left >= 0 && Math.abs(term.top - part.top) < 12) ||
        (Math.abs(term.left - part.left) < 24 && part.top - term.bottom > -2 &&
            part.top - term.bottom < 64))
    const inside = parts.filter(([part]) => part.closest('.channel, .products')
        && !part.closest('.pool-result'))
    return [inside.length, signs.map(([sign]) => sign.textContent), inside
        .filter(([, part]) => !named(part))
        .map(([part]) => part.getAttribute('aria-label') ?? part.className)]
}"""


@pytest.mark.parametrize(
    "address",
    [
        "/convolution",
        "/convolution?mode=backward&step=4710",
        "/convolution?kernel_size=3",
        "/convolution?kernel_size=7",
        "/convolution?layer=MaxPool2d",
        "/convolution?layer=AvgPool2d",
        "/convolution?layer=Linear",
        f"{UNIT}&layer=features.3.expand3x3_activation&channel=35&row=3&column=8",
        f"{UNIT}&model=digits&image=digit-3",
    ],
)
def test_each_sign_begins_its_line_and_each_part_has_its_name(phone: Page, address: str) -> None:
    phone.goto(address)
    arithmetic = phone.locator(".channel .number-grid, .channel canvas, .products .number-grid")
    expect(arithmetic.first).to_be_visible()
    count, signs, nameless = phone.evaluate(BROKEN)
    assert count >= 1
    assert (signs, nameless) == ([], [])
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


# --- what a finger presses

# Of all that is pressed, what is narrower or lower than 44 px: its size and its name. Links in a
# sentence are as high as its lines; the numbers of a grid are read, and typed into by who wants to;
# of a wire the cards of its two gates tell the same.
SMALL = """() => {
    const pressed = 'button, a, select, input, textarea, summary, [role=button], [role=tab]'
    const beside = '.unseen, .skip, p, .number-grid, path, :disabled'
    const hits = (element, x, y) => element.contains(document.elementFromPoint(x, y))
    return [...document.querySelectorAll(pressed)]
        .filter((element) => element.checkVisibility() && !element.closest(beside))
        .map((element) => [element, element.closest('label') ?? element])
        .filter(([, hit]) => {
            const box = hit.getBoundingClientRect()
            if (box.width <= 1 || (box.width >= 43.5 && box.height >= 43.5)) return false
            if (box.height < 43.5) return true
            // What is narrow may answer beside what is seen of it.
            hit.scrollIntoView({ block: 'nearest', inline: 'center', behavior: 'instant' })
            const { left, right, top, height } = hit.getBoundingClientRect()
            const [x, y] = [(left + right) / 2, top + height / 2]
            return !hits(hit, x - 21, y) || !hits(hit, x + 21, y)
        })
        .map(([element, hit]) => {
            const { width, height } = hit.getBoundingClientRect()
            const name = element.getAttribute('aria-label') ?? element.textContent.trim()
            return `${Math.round(width)} x ${Math.round(height)}: ${name.slice(0, 40)}`
        })
}"""


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/", ".graph .node"),
        ("/expression", ".graph .node"),
        ("/convolution", ".arithmetic .number-grid"),
        ("/convolution?layer=Linear", ".arithmetic canvas"),
        ("/network", ".network-drawing .volume"),
        ("/network?view=field", "main [role=tab]"),
        ("/network?view=compare", ".compare-table td"),
        ("/network?view=gradients", ".plain-switch"),
        ("/activations", ".maps-of canvas"),
        ("/activations?view=layer", ".stages"),
        (f"{UNIT}&layer=features.3.expand3x3_activation&channel=35&row=3&column=8", ".products"),
        ("/activations?view=looks", ".climb-play"),
        ("/activations?view=why", "main canvas"),
        ("/training", ".setting"),
        ("/training/step", ".step-choice"),
        ("/training/teach", ".teach-go"),
        ("/practice", ".exercise form"),
        ("/lessons", ".course"),
        ("/lessons/chain-rule", ".graph .node"),
        ("/reference", ".op"),
        ("/glossary", "h1"),
        ("/search?q=chain", ".found"),
    ],
)
def test_what_a_finger_presses_is_as_large_as_it(phone: Page, address: str, there: str) -> None:
    phone.goto(address)
    expect(phone.locator(there).first).to_be_visible()
    assert phone.evaluate(SMALL) == []


def test_the_tabs_under_an_expression_are_as_large_as_a_finger(phone: Page) -> None:
    phone.goto("/expression")
    for name in ("Gradient check", "Break it", "Share and export", "Examples"):
        phone.get_by_role("tab", name=name).tap()
        expect(phone.get_by_role("tabpanel", name=name)).to_be_visible()
        assert phone.evaluate(SMALL) == [], name


def test_the_gates_of_the_palette_are_as_large_as_a_finger_and_let_it_scroll(phone: Page) -> None:
    phone.goto("/expression")
    phone.get_by_role("button", name="Gate", exact=True).click()
    gates = phone.locator(".palette .gates button")
    expect(gates.first).to_be_visible()
    sizes = gates.evaluate_all("(all) => all.map((one) => [one.offsetWidth, one.offsetHeight])")
    assert all(side >= 44 for size in sizes for side in size)
    expect(gates.first).to_have_css("touch-action", "pan-y")


def test_no_kind_of_layer_stands_alone_in_its_row(phone: Page) -> None:
    phone.goto("/convolution")
    layers = phone.get_by_role("group", name="Layer", exact=True).locator("label")
    expect(layers).to_have_count(4)
    tops = layers.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert [tops.count(top) for top in tops] == [2, 2, 2, 2]


def test_the_count_of_a_player_keeps_off_its_track(phone: Page) -> None:
    phone.goto("/convolution")
    track, count = phone.locator(".player .track input"), phone.locator(".player .count")
    line, said = track.bounding_box(), count.bounding_box()
    assert line
    assert said
    # The knob is 17 px, in the middle of what answers to the finger.
    assert said["y"] >= line["y"] + line["height"] / 2 + 17 / 2


@pytest.mark.parametrize(
    ("address", "place"), [("/network", ".piece"), ("/network?architecture=vgg16", ".overview")]
)
def test_a_finger_that_goes_up_or_down_scrolls_what_one_that_goes_aside_moves(
    phone: Page, address: str, place: str
) -> None:
    phone.goto(address)
    expect(phone.locator(f"main {place}").first).to_have_css("touch-action", "pan-y")


def test_a_map_that_is_chosen_lies_over_nothing_but_its_figure(phone: Page) -> None:
    phone.goto("/lessons/layers")
    figure = phone.locator("[data-figure='activations']")
    figure.locator(".maps-of").nth(3).tap()
    sheet = figure.get_by_role("group", name="One map")
    expect(sheet.get_by_role("button", name="Open unit")).to_be_visible()
    exercise = phone.locator("[data-exercise]").first
    exercise.scroll_into_view_if_needed()
    expect(sheet).to_be_hidden()
    exercise.get_by_role("button", name="Check").tap()
    figure.scroll_into_view_if_needed()
    expect(sheet.get_by_role("button", name="Open unit")).to_be_visible()


# --- what is read

# What is written under 12 px.
FINE_PRINT = """(places) => [...document.querySelectorAll(places)]
    .filter((place) => place.checkVisibility() && place.textContent.trim())
    .map((place) => {
        const scale = place.getScreenCTM?.().a ?? 1
        return [scale * parseFloat(getComputedStyle(place).fontSize), place.textContent.trim()]
    })
    .filter(([size]) => size < 11.9)"""


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("/lessons/stacks", "svg.cone text"),
        ("/network?view=field", "svg.cone text"),
        ("/network?view=gradients", ".curves text"),
        ("/convolution", ".map .range"),
        ("/convolution", ".number-grid .cell > *"),
        ("/convolution?kernel_size=7", ".number-grid .cell > *"),
        ("/convolution?mode=backward&step=4710", ".number-grid .cell > *"),
        (UNIT, ".number-grid .cell > *"),
        ("/activations?view=layer", ".number-grid .cell > *"),
        ("/training?experiment=dropout", ".picture-net text"),
    ],
)
def test_nothing_is_written_smaller_than_it_can_be_read(
    phone: Page, address: str, places: str
) -> None:
    phone.goto(address)
    phone.locator("[data-figure]").first.scroll_into_view_if_needed()
    expect(phone.locator(places).first).to_be_attached(timeout=PATIENCE)
    assert phone.evaluate(FINE_PRINT, places) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_is_said_of_a_node_is_large_enough_to_be_read(phone: Page) -> None:
    phone.goto("/expression")
    phone.locator("[data-spot='node f']").tap(force=True)
    expect(phone.locator(".card dt").first).to_be_visible()
    assert phone.evaluate(FINE_PRINT, ".card :is(p, dt, dd, li)") == []


@pytest.mark.parametrize("name", ["hinge-loss", "linear-regression"])
def test_a_formula_that_does_not_fit_is_scrolled_and_no_smaller_than_it_can_be_read(
    phone: Page, name: str
) -> None:
    """The one is too wide, the other too high."""
    example = EXAMPLES[name]
    inputs = json.dumps(dict(example.inputs))
    phone.goto(f"/expression?{urlencode({'expression': example.expression, 'inputs': inputs})}")
    formula = phone.locator(".step .formula")
    expect(formula.locator(".katex-html")).to_be_attached()
    phone.get_by_role("button", name="Step forward").first.press("End")
    sizes, names = [], []
    for _ in range(8):
        sizes.append(formula.locator(".katex").evaluate("(it) => getComputedStyle(it).fontSize"))
        names.append(formula.evaluate("(it) => [it.tabIndex >= 0, it.ariaLabel]"))
        phone.keyboard.press("ArrowLeft")
    assert [True, "Formula"] in names
    assert all(name == "Formula" for scrolled, name in names if scrolled)
    assert min(float(size.removesuffix("px")) for size in sizes) == pytest.approx(12, abs=0.1)
