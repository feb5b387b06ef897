"""Vectors and matrices are typed, pasted and filled in small grids; what is wrong is said there."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import link

LINEAR = ("s = W @ x", {"W": [[1, 2], [3, 4]], "x": [0.5, -1]})


def sheet(page: Page, name: str, size: str) -> Locator:
    """The grid of an input, opened by keyboard."""
    page.get_by_role("button", name=re.compile(rf"^{name}( .*)?, {size}$")).press("Enter")
    grid = page.get_by_role("dialog", name=f"Value of {name}")
    expect(grid.locator("[data-cell], textarea").first).to_be_focused()
    return grid


def entries(grid: Locator) -> list[str]:
    return [field.input_value() for field in grid.locator("[data-cell]").all()]


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer()
            clipboardData.setData('text/plain', text)
            document.activeElement.dispatchEvent(
                new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        }""",
        text,
    )


def asked(page: Page) -> Any:
    """The values that the link of the page holds."""
    return json.loads(page.evaluate("new URLSearchParams(location.search).get('inputs')"))


def test_a_grid_is_typed_by_keys_alone_and_the_figure_follows(page: Page) -> None:
    page.goto(link(LINEAR))
    grid = sheet(page, "W", "2 × 2")
    expect(grid.get_by_label("Row 1, column 1")).to_be_focused()
    page.keyboard.type("10")
    page.keyboard.press("ArrowDown")
    expect(grid.get_by_label("Row 2, column 1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-7")
    expect(page.locator('[data-node="s"] text.entry').first).to_have_text("3")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="W, 2 × 2")).to_be_focused()
    page.wait_for_url(lambda url: "-7" in url)
    assert asked(page)["W"] == [[10, 2], [3, -7]]


def test_a_bad_entry_says_what_is_wrong_where_it_stands_and_is_not_lost(page: Page) -> None:
    page.goto(link(LINEAR))
    grid = sheet(page, "x", "2")
    page.keyboard.type("1 -")
    expect(grid).to_contain_text("Entry 1: “1 -” is not a number")
    page.keyboard.press("Escape")
    expect(page.locator(".inputs")).to_contain_text("Entry 1: “1 -” is not a number")
    grid = sheet(page, "x", "2")
    expect(grid.get_by_label("Entry 1")).to_have_value("1 -")
    page.keyboard.type("4")
    expect(grid).not_to_contain_text("is not a number")
    expect(page.locator('[data-node="s"] text.entry').first).to_have_text("2")


@pytest.mark.parametrize(
    "text", ["5\t6\n7\t8\n9\t10", "[[5 6]\n [7 8]\n [9 10]]", "[[5, 6], [7, 8], [9, 10]]"]
)
def test_what_a_spreadsheet_numpy_or_a_list_has_can_be_pasted(page: Page, text: str) -> None:
    page.goto(link(LINEAR))
    grid = sheet(page, "W", "2 × 2")
    paste(page, text)
    expect(page.get_by_role("button", name="W, 3 × 2")).to_be_visible()
    assert entries(grid) == ["5", "6", "7", "8", "9", "10"]
    grid.get_by_label("Row 2, column 2").focus()
    paste(page, "a b")
    expect(grid).to_contain_text("“a” is not a number")
    # One thing was done, and it is taken back.
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="W, 2 × 2")).to_be_visible()


def test_fills_come_from_the_server_and_a_seed_gives_the_same_numbers(page: Page) -> None:
    page.goto(link(LINEAR))
    grid = sheet(page, "W", "2 × 2")
    grid.get_by_role("button", name="eye").click()
    expect(grid.get_by_label("Row 1, column 2")).to_have_value("0")
    assert entries(grid) == ["1", "0", "0", "1"]
    grid.get_by_label("seed").fill("3")
    grid.get_by_role("button", name="randn").click()
    expect(grid.get_by_label("Row 1, column 2")).not_to_have_value("0")
    first = entries(grid)
    grid.get_by_role("button", name="zeros").click()
    expect(grid.get_by_label("Row 1, column 1")).to_have_value("0")
    grid.get_by_role("button", name="randn").click()
    expect(grid.get_by_label("Row 1, column 1")).to_have_value(first[0])
    assert entries(grid) == first
    grid.get_by_label("Rows").fill("3")
    grid.get_by_label("Rows").press("Tab")
    expect(page.get_by_role("button", name="W, 3 × 2")).to_be_visible()


def test_a_number_becomes_a_vector_by_typing_one(page: Page) -> None:
    page.goto(link(("f = sum(x * 2)", {"x": 3})))
    field = page.get_by_label("x, scalar")
    field.fill("[1, -1")
    expect(page.locator(".inputs")).to_contain_text("not closed")
    field.fill("[1, -1, 4]")
    field.press("Enter")
    expect(page.get_by_role("button", name="x 1 −1 4, 3", exact=True)).to_be_visible()
    expect(page.locator('[data-node="f"] text.value')).to_have_text("8")
