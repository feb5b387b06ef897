"""A typed expression plays forward and backward: a first look, keys, and one's own expression."""

import math
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import (
    FAN_OUT,
    FIRST,
    NEURON,
    at_step,
    formula,
    grasp,
    halt,
    held,
    landed,
    leave_fields,
    link,
    node,
    shows,
    text,
)
from tests.written import number

STEP = 1500  # ms of the player at 1×, where there are few
DONE = {"x": "-2 | -4", "y": "5 | -4", "z": "-4 | 3", "n1": "3 | -4", "f": "-12 | 1"}


def test_the_first_page_shows_the_lectures_graph_before_the_server_is_asked(page: Page) -> None:
    asked = held(page)
    page.goto(link(FIRST))
    expect(text(page)).to_have_value("f = (x + y) * z")
    shows(page, **DONE)
    assert not [url for url in asked if not url.endswith("/api/ops")], asked


def test_the_first_html_has_the_drawing_and_the_numbers(page: Page) -> None:
    html = page.request.get("/expression").text()
    assert "<svg" in html
    for shown in ("−12", "−4", "−2", ">5<", ">3<"):
        assert shown in html


def test_playing_goes_forward_then_backward_to_the_last_gradient(page: Page) -> None:
    asked = held(page)
    page.clock.install(time=0)
    page.goto(link(FIRST))
    page.locator(".speed select").select_option("4×")
    halt(page)
    page.get_by_role("button", name="Play", exact=True).click()
    page.clock.run_for(STEP / 4 / 4)
    # The first step is on its way: only the inputs are known.
    shows(page, x="-2", y="5", z="-4", n1="", f="")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".pulse.forward").first).to_be_visible()
    expect(page.locator(".pulse.forward").first).to_have_text(re.compile("^(−2|5)$"))
    page.clock.run_for(3 * STEP / 4)
    expect(node(page, "f").locator("text.value")).to_have_text("−12")
    expect(page.locator(".pulse.backward").first).to_be_visible()
    page.clock.run_for(4 * STEP / 4)
    at_step(page, 7, 7)
    shows(page, **DONE)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert not [url for url in asked if not url.endswith("/api/ops")], asked


def test_values_come_forward_before_any_gradient_and_gradients_one_flow_at_a_time(
    page: Page,
) -> None:
    page.goto(link(FIRST, step=0))
    shows(page, x="-2", y="5", z="-4", n1="", f="")
    for numbers in (
        {"n1": "3", "f": ""},
        {"n1": "3", "f": "-12"},
        {"n1": "3", "f": "-12 | 1"},
        {"n1": "3 | -4", "z": "-4"},
        {"n1": "3 | -4", "z": "-4 | 3", "x": "-2"},
        {"x": "-2 | -4", "y": "5"},
        {"x": "-2 | -4", "y": "5 | -4"},
    ):
        page.keyboard.press("ArrowRight")
        shows(page, **numbers)
    shows(page, **DONE)


def test_pause_stops_and_play_goes_on_from_there(page: Page) -> None:
    page.clock.install(time=0)
    page.goto(link(FIRST, step=2))
    slider = page.get_by_role("slider", name="Step")
    at_step(page, 2, 7)
    halt(page)
    for position in (2.5, 3.25):
        page.get_by_role("button", name="Play", exact=True).click()
        page.clock.run_for((position - float(slider.input_value())) * STEP)
        page.get_by_role("button", name="Pause").click()
        before = slider.input_value()
        assert float(before) == pytest.approx(position, abs=0.02)
        page.clock.run_for(STEP)
        assert slider.input_value() == before
        at_step(page, math.ceil(position), 7)


def test_one_direction_alone(page: Page) -> None:
    page.goto(link(FIRST))
    page.locator(".speed select").select_option("4×")
    for mode, first, last, numbers in (
        ("Forward", 0, 2, {"f": "-12", "x": "-2"}),
        ("Backward", 2, 7, DONE),
    ):
        page.get_by_role("group", name="Direction").get_by_text(mode, exact=True).click()
        at_step(page, first, 7)
        page.get_by_role("button", name="Play", exact=True).click()
        at_step(page, last, 7)
        shows(page, **numbers)


def test_scrubbing_shows_any_moment(page: Page) -> None:
    page.goto(link(FIRST))
    slider = page.get_by_role("slider", name="Step")
    box = slider.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 10, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 12, middle, steps=6)
    page.mouse.up()
    at_step(page, 0, 7)
    shows(page, f="")
    page.mouse.click(box["x"] + box["width"] * 4 / 7, middle)
    at_step(page, 4, 7)
    shows(page, n1="3 | -4", z="-4")


def test_the_present_step_is_a_formula_with_the_numbers_in_it(page: Page) -> None:
    page.goto(link(FIRST, step=0))
    upstream, local = r"_{\text{upstream}}", r"_{\text{local}}"
    for step, sentence, parts in (
        (1, "−2 + 5 = 3", ("-2 + 5", "= 3")),
        (2, "3 × (−4) = −12", ("-12",)),
        (3, "1", ("1",)),
        (4, "upstream 1 times local −4 is −4", (rf"\underbrace{{1}}{upstream}", local, "= -4")),
        (5, "upstream 1 times local 3 is 3", (rf"\underbrace{{1}}{upstream}", local, "= 3")),
        (6, "upstream −4 times local 1 is −4", (r"\frac{\partial f}{\partial x}", "= -4")),
        (7, "upstream −4 times local 1 is −4", (r"\frac{\partial f}{\partial y}", "= -4")),
    ):
        page.keyboard.press("ArrowRight")
        at_step(page, step, 7)
        expect(page.locator(".step .sentence")).to_contain_text(sentence)
        for part in parts:
            expect(formula(page)).to_contain_text(part)


def test_where_a_value_is_used_twice_its_gradients_are_added_in_a_step(page: Page) -> None:
    page.goto(link(FAN_OUT))
    # x: 3 by q * x, and 3.01 * 1.5 by q.
    shows(page, x="2 | 4.515")
    expect(page.locator("text.flow")).to_have_count(4)
    page.keyboard.press("Home")
    for position in range(1, 15):
        page.keyboard.press("ArrowRight")
        at_step(page, position, 14)
        if page.locator(".step.accumulate").count():
            break
    expect(page.locator(".step.accumulate")).to_have_count(1)
    expect(page.locator(".step .sentence")).to_contain_text("add")


# --- keys, as in reveal.js


def test_step_keys(page: Page) -> None:
    page.goto("/?projector=1")
    page.keyboard.press("Home")
    at_step(page, 0, 7)
    for key, position in (
        ("ArrowRight", 1),
        ("ArrowDown", 2),
        ("PageDown", 3),
        ("n", 4),
        ("ArrowLeft", 3),
        ("ArrowUp", 2),
        ("PageUp", 1),
        ("End", 7),
        ("PageUp", 6),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        at_step(page, position, 7)
        landed(page)


def test_a_second_press_hurries_the_step_on_its_way(page: Page) -> None:
    page.goto(link(FIRST, step=0))
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    at_step(page, 7, 7)
    shows(page, **DONE)


def test_space_plays_and_pauses(page: Page) -> None:
    page.clock.install(time=0)
    page.goto(link(FIRST))
    at_step(page, 7, 7)
    halt(page)
    page.get_by_role("slider", name="Step", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert page.evaluate("scrollY") == 0


def test_the_blank_key_blanks_and_the_next_key_shows_again(page: Page) -> None:
    page.goto(link(FIRST))
    blank = page.locator(".blank")
    for key in ("b", "."):
        page.keyboard.press(key)
        expect(blank).to_be_visible()
        box, size = blank.bounding_box(), page.viewport_size
        assert box
        assert size
        assert (box["width"], box["height"]) == (size["width"], size["height"])
        page.keyboard.press(key)
        expect(blank).to_have_count(0)
        page.keyboard.press(key)
        page.keyboard.press("Escape")
        expect(blank).to_have_count(0)
    page.keyboard.press("b")
    page.keyboard.press("Home")
    expect(blank).to_have_count(0)
    at_step(page, 0, 7)


def test_the_list_of_keys_opens_and_closes_and_gives_the_focus_back(page: Page) -> None:
    page.goto(link(FIRST))
    button = page.get_by_role("button", name="Keys")
    button.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("PageDown")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_full_screen_and_projector_keys(page: Page) -> None:
    page.goto(link(FIRST))
    page.keyboard.press("f")
    full = page.locator("html:fullscreen")
    expect(full).to_have_count(1)
    page.keyboard.press("f")
    expect(full).to_have_count(0)
    page.keyboard.press("p")
    expect(page.locator("html[data-projector]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("html[data-projector]")).to_have_count(0)
    page.keyboard.press("p")
    page.keyboard.press("p")
    expect(page.locator("html[data-projector]")).to_have_count(0)


def test_keys_belong_to_the_text_while_one_types(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("f = p + b * t")
    at_step(page, 7, 7)
    expect(page.locator(".blank")).to_have_count(0)
    expect(page.locator("html[data-projector]")).to_have_count(0)
    page.keyboard.press("Home")
    page.keyboard.type("b")
    expect(text(page)).to_have_value("bf = p + b * t")


# --- an expression of one's own


def test_typing_another_expression_draws_it(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("g = a * b + c")
    expect(node(page, "g")).to_be_visible()
    for name in "abc":
        expect(node(page, name)).to_be_visible()
    expect(node(page, "f")).to_have_count(0)
    expect(page.get_by_role("textbox", name="a, scalar")).to_be_visible()
    expect(page).to_have_title(re.compile("Backlight"))


def test_the_sigmoid_neuron_to_the_printed_digit(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill(NEURON[0])
    for name, value in NEURON[1].items():
        field = page.get_by_role("textbox", name=f"{name}, scalar")
        field.fill(str(value))
        field.press("Enter")
    expect(node(page, "f").locator("text.value")).to_have_text("0.7311")
    printed = {"w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20}
    for name, gradient in printed.items():
        said = grasp(page, name).get_attribute("aria-label") or ""
        found = number(said.rpartition(" ")[2])
        assert round(found, 2) == gradient, said
    # The lecture's gates, not one lump.
    signs = page.locator(".node text.sign").all_text_contents()
    assert {"exp", "+1", "1/x"} <= set(signs)
    assert any(sign.replace("−", "-").replace("×", "*") == "*-1" for sign in signs), signs


def test_a_mistake_is_marked_at_its_place_and_nothing_is_lost(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("f = (x + y) * sigmod(z)")
    message = page.locator(".editor .problem")
    expect(message).to_contain_text("no op sigmod; did you mean sigmoid?")
    expect(page.locator(".paper pre .error")).to_have_text("sigmod")
    expect(text(page)).to_have_value("f = (x + y) * sigmod(z)")
    expect(text(page)).to_have_attribute("aria-invalid", "true")
    assert text(page).get_attribute("aria-describedby") == message.get_attribute("id")
    shows(page, **DONE)
    # The mark lies under the very letters.
    mark = page.locator(".paper pre .error").bounding_box()
    area = text(page).bounding_box()
    assert mark
    assert area
    assert area["y"] <= mark["y"] + mark["height"] / 2 <= area["y"] + area["height"]


def test_the_suggestion_mends_it(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("f = (x + y) * sigmod(z)")
    page.get_by_role("button", name="Use sigmoid").click()
    expect(text(page)).to_have_value("f = (x + y) * sigmoid(z)")
    expect(page.locator(".editor .problem")).to_be_empty()
    expect(text(page)).to_be_focused()
    expect(page.locator(".node text.sign").filter(has_text="σ")).to_have_count(1)


def test_every_mistake_is_a_sentence_beside_the_text(page: Page) -> None:
    page.goto(link(FIRST))
    for typed, sentence in (
        ("f = (x + y * z", "a ) is missing"),
        ("f = x +", "where the text ends"),
        ("f = 1 / (x + 2)", "zero"),
        ("f = log(x)", "log(−2) is undefined"),
        ("f = dot(x, y", "missing"),
    ):
        text(page).fill(typed)
        expect(page.locator(".editor .problem p")).to_contain_text(sentence)
        expect(page.locator(".paper pre .error")).to_have_count(1)
        shows(page, **DONE)
        expect(text(page)).to_have_value(typed)


def test_completion_from_the_op_table(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("")
    text(page).press_sequentially("f = sigm")
    options = page.get_by_role("listbox", name="Ops").get_by_role("option")
    expect(options.first).to_contain_text("sigmoid")
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value(re.compile(r"^f = sigmoid\("))
    page.keyboard.type("x)")
    expect(node(page, "f")).to_be_visible()
    expect(options).to_have_count(0)


def test_undo_and_redo_are_one_history_for_text_and_values(page: Page) -> None:
    page.goto(link(FIRST))
    text(page).fill("f = x * z")
    expect(node(page, "n1")).to_have_count(0)
    field = page.get_by_role("textbox", name="x, scalar")
    field.fill("7")
    field.press("Enter")
    shows(page, f="-28 | 1")
    leave_fields(page)
    page.keyboard.press("Control+z")
    shows(page, f="8 | 1")
    page.keyboard.press("Control+z")
    shows(page, **DONE)
    expect(text(page)).to_have_value("f = (x + y) * z")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    shows(page, f="-28 | 1")


def test_a_server_that_is_busy_or_away_is_asked_again(page: Page) -> None:
    page.goto(link(FIRST))
    down = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"message": "busy"}}
    # As a refusal to the page, not as an error of the wire, which the console would tell of.
    page.evaluate(
        """(down) => { window.real = window.fetch; let times = 0; window.fetch = async () => {
            if (times++) throw new TypeError('Failed to fetch')
            return new Response(JSON.stringify(down.json), down) } }""",
        down,
    )
    text(page).fill("g = x * y")
    expect(page.get_by_text("is busy with other visitors; it is asked again")).to_be_visible()
    expect(page.get_by_text("does not answer; it is asked again")).to_be_visible()
    expect(text(page)).to_have_attribute("aria-invalid", "false")
    page.evaluate("() => { window.fetch = window.real }")
    expect(node(page, "g")).to_be_visible()
    expect(page.get_by_text("it is asked again")).to_have_count(0)
    expect(text(page)).to_have_value("g = x * y")


def test_a_server_that_cannot_says_so_and_is_left_alone(page: Page) -> None:
    page.goto(link(FIRST))
    page.evaluate(
        """() => { window.times = 0; window.fetch = async () => { window.times++
            return new Response('{"message": "It cannot run here."}', { status: 503 }) } }"""
    )
    text(page).fill("g = x * y")
    expect(page.get_by_text("It cannot run here.")).to_be_visible()
    expect(page.get_by_text("it is asked again")).to_have_count(0)
    assert page.evaluate("window.times") <= 2  # the table of ops is one
