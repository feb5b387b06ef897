"""A matrix expression works as soon as it is typed, with values in fields of its own inputs."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.visitor import link, text


def test_a_typed_matrix_expression_is_drawn_and_has_fields_for_its_inputs(page: Page) -> None:
    page.goto("/expression")
    text(page).fill("s = W @ x + b\nloss = -log(softmax(s)[2])")
    for name, size in (("W", "3 × 2"), ("x", "2"), ("b", "3")):
        chip = page.get_by_role("button", name=re.compile(rf"^{name}( .*)?, {size}$"))
        expect(chip).to_be_visible()
        expect(page.locator(f'[data-node="{name}"]')).to_be_visible()
    expect(page.locator(".editor .problem")).to_contain_text("W, x, b are examples")
    # It is one thing that was done, and taken back as one.
    text(page).press("Control+z")
    expect(page.locator('[data-node="x"] text.value')).to_have_text("−2")


def test_values_that_a_visitor_chose_are_exchanged_only_by_a_button(page: Page) -> None:
    page.goto(link(("s = W @ x", {"W": 1, "x": 2})))
    problem = page.locator(".editor .problem")
    expect(problem).to_contain_text("W and x are single numbers here")
    expect(page.get_by_label("W, scalar", exact=True)).to_have_value("1")
    problem.get_by_role("button").click()
    expect(page.locator('[data-node="s"]')).to_be_visible()
    expect(page.get_by_label("W, 3 × 2", exact=True).first).to_be_visible()


def test_the_inputs_of_what_has_no_value_yet_are_there_to_be_changed(page: Page) -> None:
    page.goto("/expression")
    text(page).fill("f = log(q)")
    page.get_by_label("q, scalar").fill("-1")
    expect(page.locator(".editor .problem")).to_contain_text("needs a number above 0")
    page.get_by_label("q, scalar").fill("2")
    expect(page.locator('[data-node="f"] text.value')).to_have_text("0.6931")


def test_a_program_gets_the_same_values_with_the_refusal(page: Page) -> None:
    question = {"expression": "f = x[1]", "inputs": {"x": 3}}
    reply = page.request.post("/api/expression", data=json.dumps(question))
    assert reply.status == 422
    told = reply.json()
    question["inputs"] = told["fits"]
    assert page.request.post("/api/expression", data=json.dumps(question)).ok
