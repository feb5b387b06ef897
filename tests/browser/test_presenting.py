"""The pages on layers at a projector: a presenter's keys, and text that the last row can read."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_everyone import small_text

PAGES = ["/convolution", "/network"]
WALL = [
    "/convolution?projector=1",
    "/convolution?projector=1&step=6000",
    "/convolution?projector=1&kernel_size=7",
    "/convolution?projector=1&layer=MaxPool2d&step=800",
    "/convolution?projector=1&layer=Linear",
    "/network?projector=1",
    "/network?projector=1&architecture=resnet18&layer=conv1",
    "/network?projector=1&view=field",
    "/network?projector=1&view=compare",
    "/network?projector=1&view=gradients",
]
PAGES_DARK = [
    *(
        "/expression",
        "/convolution",
        "/convolution?layer=Linear",
        "/network",
        "/network?view=field",
    ),
    *("/network?view=compare", "/network?view=gradients", "/activations"),
    *("/activations?view=layer", "/activations?view=unit", "/training", "/training/step"),
    *("/training?experiment=residual", "/training/teach", "/practice/hinge-loss", "/reference"),
]
LESSONS_DARK = [f"/lessons/{name}" for name in ("chain-rule", "backward", "fitting", "resnet")]
# Letters of drawings that are hardly told from a dark paper; a sign in a coloured disc is.
LOST = """() => {
    const part = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    const light = ([r, g, b]) =>
        0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255)
    const paper = light([26, 29, 33])
    return [...document.querySelectorAll('svg text:not(.times)')]
        .filter((text) => text.getBoundingClientRect().width && text.textContent.trim())
        .map((text) => [getComputedStyle(text).fill.match(/[0-9.]+/g)?.map(Number) ?? [0, 0, 0],
            text.textContent])
        .filter(([fill]) => (light(fill) + 0.05) / (paper + 0.05) < 4.5)
        .map(([fill, said]) => `${said}: ${fill}`)
}"""


@pytest.mark.parametrize("path", PAGES)
def test_a_presenters_keys(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("figure, .figure").first).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator(".blank")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator(".blank")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("p")
    expect(page.locator("html[data-projector]")).to_have_count(1)
    page.keyboard.press("Escape")
    if path == "/convolution":  # which first leaves the cell that is looked at
        page.keyboard.press("Escape")
    expect(page.locator("html[data-projector]")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(1)
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(0)


@pytest.mark.parametrize("path", WALL)
def test_the_smallest_text_is_24_pixels(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    expect(page.locator("figure, .figure, [data-figure] > *").first).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_load_state("networkidle")
    assert small_text(page) == []


@pytest.mark.parametrize("path", [*PAGES_DARK, *LESSONS_DARK])
def test_dark_on_the_wall_is_read_from_the_last_row(
    page: Page, axe: Callable[..., list[str]], path: str
) -> None:
    page.add_init_script("localStorage.setItem('theme', 'dark')")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(path + ("&" if "?" in path else "?") + "projector=1")
    page.wait_for_load_state("networkidle")
    assert not axe(page, "color-contrast-enhanced")
    # What is not HTML is not axe's: letters of drawings in the colour of their paper.
    assert not page.evaluate(LOST)


def test_from_page_to_page_by_keys_alone_the_projector_stays_on(page: Page) -> None:
    page.goto("/?projector=1")
    for path in ("/convolution", "/network", "/activations"):
        page.keyboard.press("]")
        page.wait_for_url(lambda url, path=path: path in url)
        expect(page.locator("html[data-projector]")).to_have_count(1)
        expect(page.locator(".bar-tools button").first).to_be_attached()
    page.keyboard.press("[")
    page.wait_for_url(lambda url: "/network" in url)
    expect(page.locator(".views [role=tab]").first).to_be_attached()
    page.keyboard.press("2")
    expect(page.locator(".views [aria-selected=true]")).to_have_text("Receptive field")
    page.keyboard.press("p")
    page.keyboard.press("]")
    page.wait_for_url(lambda url: "/activations" in url)
    expect(page.locator("html[data-projector]")).to_have_count(0)


def test_a_clicker_steps_on_after_a_slider_was_touched(page: Page) -> None:
    page.goto("/convolution?projector=1&step=0")
    stride = page.get_by_role("slider", name="Stride")
    stride.focus()
    page.keyboard.press("PageDown")
    expect(page.locator(".player .count")).to_have_text(re.compile("^1 / "))
    expect(stride).to_have_value("1")


def test_a_clickers_keys_scroll_where_nobody_presents(page: Page) -> None:
    page.goto("/?step=2")
    count = page.locator(".player .count")
    expect(count).to_have_text("2 / 7")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => scrollY > 0")
    expect(count).to_have_text("2 / 7")
    # Whatever was touched last.
    page.goto("/convolution")
    for name in ("Stride", "Step"):
        slider = page.get_by_role("slider", name=name)
        before = slider.input_value()
        slider.focus()
        page.evaluate("scrollTo(0, 0)")
        page.keyboard.press("PageDown")
        page.wait_for_function("() => scrollY > 0")
        expect(slider).to_have_value(before)
        page.keyboard.press("PageUp")
        page.wait_for_function("() => scrollY === 0")


def test_controls_get_out_of_the_way_of_a_clicker_alone(page: Page) -> None:
    page.clock.install(time=0)
    page.goto("/?projector=1")
    player = page.locator(".player")
    expect(player).to_be_visible()
    page.clock.run_for(5_000)
    expect(player).to_have_css("opacity", "0")
    # What one sets with goes too, and what is set stays.
    page.goto("/convolution?projector=1")
    slider = page.get_by_role("slider", name="Stride")
    expect(slider).to_have_css("opacity", "1")
    page.clock.run_for(5_000)
    expect(slider).to_have_css("opacity", "0")
    expect(page.get_by_label("square")).to_be_attached()
    expect(page.locator(".square")).to_have_css("opacity", "0")
    expect(page.locator(".filter select")).to_have_css("background-image", "none")
    expect(page.locator(".controls .slider").first).to_have_css("opacity", "1")
    page.mouse.move(400, 400)
    expect(slider).to_have_css("opacity", "1")


def test_the_next_screen_s_figure_is_alive_before_it_is_shown(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/lessons/chain-rule?projector=1")
    for _ in range(2):
        page.keyboard.press("PageDown")
    shown = page.locator(".lesson .screen.on-screen")
    coming = page.locator(".lesson .screen.coming [data-figure]")
    expect(shown.locator("[data-figure]")).to_have_count(0)
    expect(coming).to_have_attribute("data-alive", "")
    expect(coming).not_to_be_visible()
    page.keyboard.press("PageDown")
    assert shown.locator("[data-figure]").get_attribute("data-alive") == ""
    expect(shown.locator("[data-figure] .graph")).to_be_visible()


def test_a_run_of_the_next_screen_begins_when_it_is_seen(page: Page) -> None:
    runs: list[str] = []
    page.on("request", lambda request: runs.append(request.url))
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/lessons/small-batch?projector=1")
    lab = page.locator("[data-figure=small-batch]").first
    expect(lab).to_be_attached()
    while not lab.is_visible():
        page.wait_for_timeout(600)
        assert not [url for url in runs if url.endswith("/api/experiments/small-batch")]
        page.keyboard.press("PageDown")
    expect(lab).to_have_attribute("data-alive", "")
