"""Each page says at once what it is and what to do first, and names are written as by hand."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import PATIENCE, at_step, grasp, link, shows, tab, text, value_of

# What one does first, in a word of the line under the title.
FIRST_LINES = {
    "/": "press play",
    "/expression": "Press play",
    "/convolution": "Press play",
    "/network": "Choose one",
    "/activations": "Press play",
    "/training": "Choose an experiment",
    "/training/step": "Press play",
    "/practice": "Work it out",
    "/lessons": "Open a lesson",
    "/reference": "Follow a",
    "/glossary": "open",
}


@pytest.mark.parametrize("address", FIRST_LINES)
def test_a_page_says_what_it_is_and_what_to_do(page: Page, address: str) -> None:
    page.set_default_navigation_timeout(PATIENCE)
    page.goto(address)
    heading = page.get_by_role("heading", level=1)
    line = page.locator("h1 ~ p").first
    for seen in (heading, line):
        expect(seen).to_be_in_viewport()
    expect(line).to_contain_text(FIRST_LINES[address])


@pytest.mark.parametrize(
    "address", ["/", "/?theme=dark", "/expression", "/expression?from=expression"]
)
def test_an_expression_nobody_asked_for_stands_in_the_middle(page: Page, address: str) -> None:
    page.goto(address)
    at_step(page, 4, 7)
    shows(page, f="-12 | 1")
    expect(page.locator(".step .katex").first).to_be_visible()
    # Who changes a number sees what becomes of all of it.
    value_of(page, "z").fill("2")
    at_step(page, 7, 7)
    shows(page, f="6 | 1", x="-2 | 2")


def test_a_linked_expression_is_seen_as_a_whole(page: Page) -> None:
    page.goto(link(("f = (x + y) * z", {"x": 1, "y": 2, "z": 3})))
    at_step(page, 7, 7)


def test_a_network_nobody_asked_for_stands_where_its_walk_tells_most(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/network")
    at_step(page, 6, 40)
    expect(page.locator(".walk-said")).to_contain_text("out comes 128 × 112 × 112")
    expect(page.locator("g.volume.chosen")).to_be_in_viewport(ratio=1)
    # What is said of the layer is read where the walk goes on; its card is for who chooses it.
    expect(page.locator(".layer-card")).to_have_count(0)
    # Another network begins where its own walk does.
    page.get_by_label("Network", exact=True).select_option("alexnet")
    expect(page.locator(".player .count")).to_have_text(re.compile("^0 / "))
    expect(page.locator("g.volume.chosen")).to_have_count(0)


def test_a_training_step_nobody_asked_for_shows_the_chain_rule(page: Page) -> None:
    # A theme, or where one comes from, asks for nothing.
    for address in ("/training/step", "/training/step?theme=dark&from=lesson"):
        page.goto(address)
        at_step(page, 6, 9)
        said = page.locator(".step p.sentence")
        expect(said).to_contain_text("the gradient comes back to unit 2")
    page.goto("/training/step?moment=1")
    at_step(page, 1, 9)


def test_a_map_nobody_asked_for_is_half_drawn_at_what_it_answers_most_to(page: Page) -> None:
    page.goto("/activations?view=layer")
    count = page.locator(".layer-player .count")
    expect(count).to_have_text(re.compile(r"^(?!12769)\d+ / 12769$"), timeout=PATIENCE)
    done, cells = map(int, (count.text_content() or "").split(" / "))
    assert cells / 3 < done < cells
    at = f"row {(done - 1) // 113}, column {(done - 1) % 113}"
    expect(page.locator(".large-map figcaption")).to_contain_text(at)
    # Of a place that was chosen one sees the whole map.
    page.goto("/activations?view=layer&layer=features.1&channel=47&row=20&column=30")
    expect(page.locator(".large-map figcaption")).to_contain_text("row 20, column 30")
    at_step(page, 12769, 12769)


def test_a_linked_network_is_seen_as_a_whole(page: Page) -> None:
    page.goto("/network?architecture=vgg16")
    at_step(page, 0, 40)
    expect(page.locator("g.volume.chosen")).to_have_count(0)


def test_names_are_written_as_by_hand(page: Page) -> None:
    page.goto(link(("f = lam * w0", {"lam": -2, "w0": 3})))
    expect(page.locator('[data-node="lam"] .name')).to_have_text("λ")
    expect(page.locator(".input-name").first).to_have_text("λ")
    # In the text it stays as it is typed.
    expect(text(page)).to_have_value("f = lam * w0")
    grasp(page, "f").focus()
    card = page.get_by_role("group", name="Node")
    expect(card.locator(".to .katex-html").first).to_have_text("λ")
    expect(card.locator(".to .katex-html").nth(1)).to_have_text(re.compile("^w0"))
    expect(card.locator(".to .katex-html").nth(1).locator(".msupsub")).to_have_count(1)
    panel = tab(page, "Gradient check")
    panel.get_by_role("button", name="Check").click()
    expect(panel.locator("tbody th").first).to_have_text("λ")
