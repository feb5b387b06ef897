"""Building by hand, by mouse and by keyboard alone; the text and the drawing are one thing."""

import re

from playwright.sync_api import Page, expect

from tests.browser.visitor import (
    FIRST,
    at_step,
    drag,
    grasp,
    link,
    middle,
    node,
    point_on,
    shows,
    text,
    wire,
)

START = r"f = \(x \+ y\) \* z"


def writes(page: Page, pattern: str) -> None:
    """The text, without its blanks."""
    expect(text(page)).to_have_value(re.compile(r"^\s*" + pattern.replace(" ", r"\s*") + r"\s*$"))


def find_op(page: Page, name: str) -> None:
    """The op's button stands in the palette."""
    page.get_by_role("searchbox", name="Find an op").fill(name)
    expect(page.get_by_role("button", name=re.compile(f"^.*{name}: "))).not_to_have_count(0)


def test_a_gate_is_added_behind_the_output_and_taken_out(page: Page) -> None:
    page.goto(link(FIRST))
    page.get_by_role("button", name="Gate", exact=True).click()
    palette = page.get_by_role("dialog", name="Add a gate")
    expect(page.get_by_role("searchbox", name="Find an op")).to_be_focused()
    palette.get_by_role("button", name=re.compile("^tanh: ")).click()
    expect(palette).to_have_count(0)
    writes(page, r"f = \(x \+ y\) \* z\s+tanh\(f\)")
    expect(page.locator("text.value").filter(has_text=re.compile("^−1$"))).to_have_count(1)
    page.get_by_role("button", name="Undo", exact=True).click()
    writes(page, START)
    shows(page, f="-12 | 1")
    page.get_by_role("button", name="Redo", exact=True).click()
    writes(page, r"f = \(x \+ y\) \* z\s+tanh\(f\)")


def test_a_gate_goes_into_a_wire_by_mouse(page: Page) -> None:
    page.goto(link(FIRST))
    page.mouse.click(*point_on(wire(page, "n1", "f", 0)))
    expect(wire(page, "n1", "f", 0)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Gate", exact=True).click()
    expect(page.get_by_role("dialog", name="Add a gate")).to_contain_text("into the wire")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("square: ")).click()
    writes(page, r"f = (square\(x \+ y\)|\(x \+ y\) \*\* 2) \* z")
    shows(page, f="-36 | 1", z="-4 | 9", x="-2 | -24")


def test_a_gate_is_dragged_from_the_palette_onto_a_wire(page: Page) -> None:
    page.goto(link(FIRST))
    page.get_by_role("button", name="Gate", exact=True).click()
    find_op(page, "exp")
    exp = page.get_by_role("dialog").get_by_role("button", name=re.compile("^[^:]*exp: ")).first
    drag(page, middle(exp), point_on(wire(page, "z", "f", 1)))
    writes(page, r"f = \(x \+ y\) \* exp\(z\)")
    shows(page, f="0.05495 | 1")


def test_a_wire_is_led_into_another_gate_by_mouse(page: Page) -> None:
    page.goto(link(FIRST))
    node(page, "x").hover(force=True)
    lead = node(page, "x").locator(".lead")
    drag(page, middle(lead), point_on(wire(page, "z", "f", 1), 0.999))
    writes(page, r"f = \(x \+ y\) \* x")
    shows(page, f="-6 | 1", x="-2 | 1", y="5 | -2")
    expect(node(page, "z")).to_have_count(0)


def test_a_circle_is_refused_in_words(page: Page) -> None:
    page.goto(link(FIRST))
    node(page, "f").hover(force=True)
    drag(page, middle(node(page, "f").locator(".lead")), middle(node(page, "n1").locator(".gate")))
    expect(page.locator(".notice")).to_contain_text("circle")
    writes(page, START)
    shows(page, f="-12 | 1")


def test_a_gate_is_selected_and_deleted_by_mouse(page: Page) -> None:
    page.goto(link(FIRST))
    delete = page.get_by_role("button", name="Delete what is selected")
    expect(delete).to_be_disabled()
    page.mouse.click(*middle(node(page, "n1").locator(".gate")))
    delete.click()
    writes(page, r"f = x \* z")
    shows(page, f="8 | 1", x="-2 | -4", z="-4 | -2")
    expect(node(page, "y")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    writes(page, START)
    # The input that came back has the value it had.
    shows(page, f="-12 | 1", y="5 | -4")


def test_all_of_it_by_keyboard_alone(page: Page) -> None:
    page.goto(link(FIRST))
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-spot')"):
            break
    expect(grasp(page, "f")).to_be_focused()
    # Left along the upper wire, into it a gate.
    page.keyboard.press("ArrowLeft")
    expect(wire(page, "n1", "f", 0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Find an op")).to_be_focused()
    page.keyboard.type("square")
    page.keyboard.press("Enter")
    writes(page, r"f = (square\(x \+ y\)|\(x \+ y\) \*\* 2) \* z")
    shows(page, f="-36 | 1")
    # The new gate has the focus; Delete takes it out again.
    expect(page.locator("[data-spot^='node n']:focus")).to_have_count(1)
    page.keyboard.press("Delete")
    writes(page, START)
    shows(page, f="-12 | 1")
    # Lead x into the multiply gate's second port.
    grasp(page, "x").focus()
    page.keyboard.press("c")
    expect(page.locator(".notice")).to_contain_text("Enter to connect")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(grasp(page, "n1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(grasp(page, "f")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(wire(page, "z", "f", 1)).to_be_focused()
    page.keyboard.press("Enter")
    writes(page, r"f = \(x \+ y\) \* x")
    shows(page, f="-6 | 1")
    page.keyboard.press("Control+z")
    writes(page, START)
    page.keyboard.press("Control+y")
    writes(page, r"f = \(x \+ y\) \* x")


def test_arrows_in_the_drawing_walk_and_do_not_step(page: Page) -> None:
    page.goto(link(FIRST))
    grasp(page, "f").focus()
    page.keyboard.press("ArrowLeft")
    at_step(page, 7, 7)
    page.keyboard.press("ArrowUp")
    at_step(page, 7, 7)
    # A clicker's keys do, on the projector.
    page.keyboard.press("p")
    page.keyboard.press("PageUp")
    at_step(page, 6, 7)
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    at_step(page, 5, 7)


def test_the_drawing_is_one_stop_of_the_tab_key(page: Page) -> None:
    page.goto(link(FIRST))
    stops = page.locator("[data-spot][tabindex='0']")
    expect(stops).to_have_count(1)


def test_what_is_built_survives_a_reload(page: Page) -> None:
    page.goto(link(FIRST))
    page.mouse.click(*point_on(wire(page, "z", "f", 1)))
    page.get_by_role("button", name="Gate", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("square: ")).click()
    shows(page, f="48 | 1")
    page.wait_for_url("**square**")
    page.reload()
    shows(page, f="48 | 1")
