"""The page for everyone: themes, touch and small screens, keys, screen readers, no script."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.visitor import (
    FAN_OUT,
    FIRST,
    NEURON,
    TORCH,
    Axe,
    at_step,
    grasp,
    halt,
    landed,
    link,
    middle,
    node,
    shows,
    tab,
    text,
    value_of,
)

HINGE = (
    "s = W @ x\nL = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
    {
        "W": [[0.2, -0.5, 0.1], [1.5, 1.3, 2.1], [0.1, 0.25, 0.2]],
        "x": [0.5, 2, -1],
        "y": 0,
        "lam": 0.1,
    },
)
REST = 2_500  # ms that the hand has to rest
THEMES = ("light", "dark", "projector")


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def lightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3 / 255


# --- themes


def test_the_theme_is_the_systems_until_it_is_chosen(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(link(FIRST))
    assert lightness(background(page)) < 0.2
    page.get_by_role("button", name="Light theme").click()
    assert lightness(background(page)) > 0.9
    page.reload()
    assert lightness(background(page)) > 0.9
    page.keyboard.press("t")
    assert lightness(background(page)) < 0.2


def test_a_theme_in_the_link_wins(page: Page) -> None:
    page.goto("/?theme=dark")
    assert lightness(background(page)) < 0.2
    page.goto("/?theme=projector")
    expect(page.locator("html[data-projector]")).to_have_count(1)
    assert lightness(background(page)) > 0.9


def test_a_heat_maps_zero_is_the_papers_colour_in_every_theme(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    question = ("x = 0 * randn(20, 40)\nf = sum(x * w)", {"w": 1})
    for more in ({"theme": "light"}, {"theme": "dark"}, {"projector": "1"}):
        page.goto(link(question, **more))
        zero, paper = page.evaluate(
            """async () => {
                const image = new Image()
                image.src = document.querySelector('[data-node="x"] .grid.value image')
                    .getAttribute('href')
                await image.decode()
                const canvas = document.createElement('canvas')
                const drawing = canvas.getContext('2d')
                drawing.drawImage(image, 0, 0)
                const sheet = getComputedStyle(document.documentElement)
                drawing.fillStyle = sheet.getPropertyValue('--sheet')
                drawing.fillRect(10, 10, 1, 1)
                const at = (x) => [...drawing.getImageData(x, x, 1, 1).data].join()
                return [at(0), at(10)]
            }"""
        )
        assert zero == paper, more


SMALL_TEXT = """
() => {
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let text; (text = walker.nextNode()); ) {
    const element = text.parentElement
    if (!text.textContent.trim() || !element.checkVisibility({ opacityProperty: true })) continue
    if (element.closest('.unseen, .title-row, .katex-mathml, script, .skip')) continue
    const range = document.createRange()
    range.selectNodeContents(text)
    const box = range.getBoundingClientRect()
    if (!box.width || box.right < 0 || box.left > innerWidth) continue
    let size = parseFloat(getComputedStyle(element).fontSize)
    const drawing = element.closest('svg')
    if (drawing && element.getScreenCTM) size *= element.getScreenCTM().a
    // Sub- and superscripts belong to what they stand at.
    if (element.closest('.msupsub, sub, sup, tspan, .mord.text, .mfrac')) continue
    if (size < 23.9) found.push(`${size.toFixed(1)} ${text.textContent.trim().slice(0, 20)}`)
  }
  return [...new Set(found)]
}
"""


def small_text(page: Page) -> list[str]:
    """What a wall shows under 24 px, once nothing changes any more."""
    found, before = page.evaluate(SMALL_TEXT), None
    while found and found != before:
        page.wait_for_timeout(2000)
        found, before = page.evaluate(SMALL_TEXT), found
    return list(found)


@pytest.mark.parametrize("question", [FIRST, NEURON, HINGE], ids=["first", "neuron", "hinge"])
def test_a_projectors_smallest_text_is_24_pixels(page: Page, question: tuple[str, Any]) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.goto(link(question, projector=1, step=4))
    page.evaluate("document.fonts.ready.then(() => null)")
    assert small_text(page) == []
    # And it is all on the wall: nothing to scroll to.
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Step forward")).to_be_disabled()
    assert small_text(page) == []


def test_a_projectors_controls_get_out_of_the_way(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.clock.install(time=0)
    page.goto("/?projector=1")
    player = page.locator(".player")
    expect(player).to_be_visible()
    halt(page)
    page.mouse.move(500, 500)
    page.mouse.move(510, 500)
    expect(player).to_have_css("opacity", "1")
    page.clock.run_for(REST)
    expect(player).to_have_css("opacity", "0")
    page.keyboard.press("ArrowLeft")
    page.clock.run_for(100)
    at_step(page, 3, 7)
    page.mouse.move(520, 500)
    expect(player).to_have_css("opacity", "1")


# --- a telephone


@pytest.fixture
def phone(browser: Browser, live_server: str) -> Iterator[Page]:
    """360 x 740, with a finger and no mouse."""
    with browser.new_context(
        base_url=live_server,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
    ) as context:
        yield watched(context)


def watched(context: BrowserContext) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"uncaught: {error}"))
    return page


def narrow(page: Page) -> None:
    too_wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll('body *')]
                .filter((element) => element.getBoundingClientRect().right > 361)
                .slice(0, 5).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, too_wide


def test_nothing_scrolls_sideways_on_a_telephone(phone: Page) -> None:
    for question in (FIRST, NEURON, HINGE, FAN_OUT):
        phone.goto(link(question))
        narrow(phone)
    for name in ("Gradient check", "Break it", "Share and export", "Examples"):
        panel = tab(phone, name)
        narrow(phone)
        if name == "Gradient check":
            panel.get_by_role("button", name="Check").tap()
            expect(panel.locator("tbody tr")).not_to_have_count(0, timeout=TORCH)
            narrow(phone)
        if name == "Break it":
            panel.get_by_role("switch").first.tap()
            expect(panel.locator("tbody tr")).not_to_have_count(0)
            narrow(phone)
    phone.goto("/reference")
    narrow(phone)
    phone.goto("/docs")
    expect(phone.locator("#docs .opblock").first).to_be_visible()
    narrow(phone)


def test_a_telephone_works_by_touch(phone: Page) -> None:
    phone.goto(link(FIRST))
    phone.get_by_role("button", name="Step back").tap()
    at_step(phone, 6, 7)
    # A gate is looked at, wherever the camera has gone.
    phone.get_by_role("button", name="Show all of it").tap()
    phone.touchscreen.tap(*middle(node(phone, "f").locator(".gate")))
    expect(phone.get_by_role("group", name="Node")).to_contain_text("Local gradient")
    # A value is dragged on its node by the finger.
    x, y = middle(node(phone, "z").locator(".box"))
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    touch("touchStart", (x, y))
    for way in range(1, 11):
        touch("touchMove", (x + 6 * way, y))
    shows(phone, z="-3 | 3", f="-9 | 1")
    touch("touchEnd")
    shows(phone, f="-9 | 1")
    # Two fingers zoom.
    before = node(phone, "f").locator(".gate").bounding_box()
    box = phone.locator(".stage").bounding_box()
    assert before
    assert box
    low = box["y"] + box["height"] - 24
    touch("touchStart", (100, low), (200, low))
    for way in range(1, 9):
        touch("touchMove", (100 - 5 * way, low), (200 + 5 * way, low))
    touch("touchEnd")
    after = node(phone, "f").locator(".gate").bounding_box()
    assert after
    assert after["width"] > before["width"] * 1.3


def test_what_a_finger_has_to_hit_is_large_enough(phone: Page) -> None:
    phone.goto(link(FIRST))
    small = phone.evaluate(
        """() => [...document.querySelectorAll('button, a, select, input, [role=tab]')]
            .filter((element) => element.checkVisibility() && !element.closest('.unseen, .skip, p'))
            .map((element) => [element, element.closest('label') ?? element])
            .filter(([, hit]) => {
                const box = hit.getBoundingClientRect()
                return box.width > 1 && (box.width < 24 || box.height < 24)
            })
            .map(([element]) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_values_can_be_typed_on_a_telephone(phone: Page) -> None:
    phone.goto(link(FIRST))
    field = value_of(phone, "x")
    field.tap()
    field.fill("1")
    shows(phone, f="-24 | 1")
    narrow(phone)


# --- reduced motion, no script


def test_reduced_motion_steps_without_anything_flying(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(link(FIRST, step=0))
    page.evaluate(
        """() => {
            window.flown = 0
            new MutationObserver(() => (window.flown += document.querySelectorAll('.pulse').length))
                .observe(document.querySelector('.stage'), { childList: true, subtree: true })
        }"""
    )
    page.keyboard.press("ArrowRight")
    at_step(page, 1, 7)
    shows(page, n1="3")
    page.locator(".speed select").select_option("4×")
    page.get_by_role("button", name="Play", exact=True).click()
    at_step(page, 7, 7)
    shows(page, f="-12 | 1", y="5 | -4")
    assert page.evaluate("flown") == 0
    assert (
        page.evaluate(
            """document.getAnimations().filter((animation) =>
            animation.effect.getComputedTiming().duration > 10).length"""
        )
        == 0
    )


@pytest.fixture
def plain(browser: Browser, live_server: str) -> Iterator[Page]:
    """A browser that runs no script."""
    with browser.new_context(base_url=live_server, java_script_enabled=False) as context:
        yield watched(context)


def test_without_a_script_the_graph_and_its_numbers_are_there(plain: Page) -> None:
    plain.goto("/expression")
    drawing = plain.locator(".still-drawing svg")
    expect(drawing).to_be_visible()
    for number in ("−12", "3", "5"):
        expect(
            drawing.locator("text").filter(has_text=re.compile(f"^{number}$")).first
        ).to_be_visible()
    row = plain.get_by_role("row", name=re.compile("^x "))
    expect(row).to_contain_text("−2")
    expect(row).to_contain_text("−4")
    # Another expression, by the form.
    plain.get_by_role("textbox", name="Expression").fill("f = x * y")
    plain.get_by_role("textbox", name="Inputs").fill('{"x": 3, "y": 4}')
    plain.get_by_role("button", name="Show the graph").click()
    expect(plain.get_by_role("row", name=re.compile("^f "))).to_contain_text("12")
    plain.get_by_role("textbox", name="Expression").fill("f = x * sigmod(y)")
    plain.get_by_role("button", name="Show the graph").click()
    expect(plain.get_by_role("alert")).to_contain_text("sigmoid")
    expect(plain.get_by_role("textbox", name="Expression")).to_have_value("f = x * sigmod(y)")
    plain.get_by_role("link", name="Fan-out: gradients add").click()
    expect(plain.get_by_role("row", name=re.compile("^q "))).to_be_visible()


# --- screen readers


def test_each_step_is_announced_as_a_sentence(page: Page) -> None:
    page.goto(link(FIRST, step=0))
    page.evaluate(
        """() => {
            window.announced = []
            const live = document.querySelector('.step [aria-live]')
            new MutationObserver(() => announced.push(live.textContent.trim()))
                .observe(live, { childList: true, characterData: true, subtree: true })
        }"""
    )
    for position in range(1, 8):
        page.keyboard.press("ArrowRight")
        at_step(page, position, 7)
        landed(page)
    announced = page.evaluate("announced")
    assert len(announced) == 7, announced
    assert len(set(announced)) == 7
    assert "3" in announced[0]
    assert "−12" in announced[1]
    assert "upstream" in announced[3]
    expect(page.locator(".step [aria-live]")).to_have_attribute("aria-live", "polite")


def test_a_node_says_its_numbers_as_far_as_they_are_known(page: Page) -> None:
    page.goto(link(FIRST, step=1))
    expect(grasp(page, "n1")).to_have_accessible_name(re.compile(r"\+ gate, value 3$"))
    expect(grasp(page, "f")).to_have_accessible_name(re.compile(r"^f, × gate$"))
    page.keyboard.press("End")
    expect(grasp(page, "f")).to_have_accessible_name("f, × gate, value −12, gradient 1")
    expect(page.get_by_role("group", name="Computation graph of f = (x + y) * z")).to_be_visible()


def test_the_slider_says_the_step(page: Page) -> None:
    page.goto(link(FIRST, step=4))
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^Step 4 of 7\. .*upstream 1"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    at_step(page, 5, 7)
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^Step 5 of 7\."))
    page.keyboard.press("ArrowLeft")
    at_step(page, 4, 7)


def test_mistakes_are_announced(page: Page) -> None:
    page.goto(link(FIRST))
    expect(page.locator(".editor .problem")).to_have_attribute("aria-live", "polite")
    text(page).fill("f = sigmod(x)")
    expect(text(page)).to_have_accessible_description(re.compile("did you mean sigmoid"))


def test_every_control_can_be_reached_and_seen_by_keyboard(page: Page) -> None:
    page.goto(link(FIRST))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figure")).to_be_focused()
    seen = []
    for _ in range(70):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            """() => {
                const element = document.activeElement
                const name = element.getAttribute('aria-label') ?? element.textContent.trim()
                const marked = (place) => {
                    const looks = getComputedStyle(place)
                    return looks.outlineStyle !== 'none' && parseFloat(looks.outlineWidth) >= 1 ||
                        looks.boxShadow !== 'none'
                }
                const shown = element instanceof SVGElement ||
                    marked(element) || marked(element.parentElement) ||
                    [...element.parentElement.children].some(marked)
                return [name || element.tagName, shown || element === document.body]
            }"""
        )
        assert outlined, f"no focus is to be seen on {name}"
        seen.append(name)
        if name == "BODY" or (name == seen[0] and len(seen) > 1):
            break
    every = " | ".join(seen)
    for name in ("Play", "Step back", "Step", "Zoom in", "Keys", "Examples", "Expression"):
        assert name in every, every


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(page: Page, axe: Axe, theme: str) -> None:
    found: dict[str, list[str]] = {}

    def look(what: str) -> None:
        # Between themes only the colours differ.
        rules = [] if theme == "light" or what in ("first", "reference") else ["color-contrast"]
        if complaints := axe(page, *rules):
            found[what] = complaints

    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/expression?theme={theme}")
    look("first")
    grasp(page, "n1").focus()
    if theme == "projector":  # where what is only passed by opens nothing
        page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Node")).to_contain_text("Local gradient")
    look("node")
    text(page).fill("f = (x + y) * sigmod(z)")
    expect(page.locator(".editor .problem")).to_contain_text("sigmoid")
    look("mistake")
    page.goto(link(FAN_OUT, theme=theme, mistake="overwrite"))
    if theme != "projector":
        panel = tab(page, "Gradient check")
        panel.get_by_role("button", name="Check").click()
        expect(panel.locator("tbody tr")).to_have_count(2, timeout=TORCH)
        look("check")
        tab(page, "Break it")
        look("break")
        tab(page, "Share and export")
        look("share")
        page.get_by_role("button", name="Gate", exact=True).click()
        expect(
            page.get_by_role("dialog").get_by_role("button", name=re.compile("exp"))
        ).not_to_have_count(0)
        look("palette")
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    look("keys")
    page.goto(link(HINGE, theme=theme))
    page.mouse.click(*middle(node(page, "W").locator(".box")))
    look("tensors")
    page.goto(f"/reference?theme={theme}")
    look("reference")
    assert found == {}


def test_axe_finds_nothing_without_a_script(browser: Browser, live_server: str, axe: Axe) -> None:
    # axe is a script itself, so the page's own are kept from it instead.
    with browser.new_context(base_url=live_server) as context:
        page = watched(context)
        page.route("**/*.js", lambda route: route.abort())
        page.goto(link(FIRST))
        expect(page.locator(".still-table")).to_be_visible()
        assert axe(page) == []


# --- what the browser is allowed


def test_the_policy_is_strict_and_nothing_offends_it(page: Page) -> None:
    page.add_init_script(
        """addEventListener('securitypolicyviolation', (event) =>
            (window.offences ??= []).push(event.violatedDirective + ' ' + event.blockedURI))"""
    )
    for address in ("/", "/reference", "/docs"):
        response = page.goto(address)
        assert response
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
        assert "*" not in policy
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.offences ?? []") == []
    assert page.context.cookies() == []
