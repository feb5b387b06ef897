"""A value is changed on its node or in its field: typed, dragged, or by the arrow keys."""

from playwright.sync_api import Page, expect

from tests.browser.visitor import grasp, middle, node, shows, text, value_of


def test_typing_a_value(page: Page) -> None:
    page.goto("/expression")
    value_of(page, "x").fill("1")
    shows(page, x="1 | -4", n1="6 | -4", z="-4 | 6", f="-24 | 1")
    expect(text(page)).to_have_value("f = (x + y) * z")


def test_a_value_that_is_no_number_is_marked_and_kept(page: Page) -> None:
    page.goto("/expression")
    field = value_of(page, "x")
    field.fill("two")
    field.press("Enter")
    expect(field).to_have_value("two")
    expect(field).to_have_attribute("aria-invalid", "true")
    shows(page, f="-12 | 1")


def test_a_list_makes_a_vector_of_an_input(page: Page) -> None:
    page.goto("/expression")
    text(page).fill("f = sum(x * z)")
    value_of(page, "x").fill("[1, 2, 3]")
    value_of(page, "x").press("Enter")
    shows(page, f="-24 | 1")
    expect(node(page, "x").locator(".grid.value text.entry")).to_have_text(["1", "2", "3"])
    expect(node(page, "x").locator(".grid.gradient text.entry")).to_have_text(["−4"] * 3)


def test_dragging_a_field_moves_the_graph_along(page: Page) -> None:
    page.goto("/expression")
    x, y = middle(value_of(page, "x"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=10)
    # The hand has not let go, and the numbers are there.
    shows(page, x="-1 | -4", n1="4 | -4", f="-16 | 1")
    page.mouse.move(x - 30, y, steps=10)
    shows(page, x="-2.5 | -4", f="-10 | 1")
    page.mouse.up()
    shows(page, f="-10 | 1")
    page.keyboard.press("Control+z")
    shows(page, f="-12 | 1")


def test_dragging_a_node_moves_the_graph_along(page: Page) -> None:
    page.goto("/expression")
    before = node(page, "f").bounding_box()
    x, y = middle(node(page, "z").locator("rect.box"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=10)
    shows(page, z="-3 | 3", f="-9 | 1", x="-2 | -3")
    page.mouse.up()
    shows(page, f="-9 | 1")
    after = node(page, "f").bounding_box()
    assert before
    assert after
    # The drawing keeps still while its numbers move.
    assert abs(before["x"] - after["x"]) < 12
    assert abs(before["y"] - after["y"]) < 12


def test_arrow_keys_in_a_field(page: Page) -> None:
    page.goto("/expression")
    value_of(page, "x").focus()
    for key, value in (
        ("ArrowUp", "-1.9"),
        ("ArrowDown", "-2"),
        ("Shift+ArrowUp", "-1"),
        ("Alt+ArrowDown", "-1.01"),
    ):
        page.keyboard.press(key)
        shows(page, x=f"{value} | -4")
        expect(value_of(page, "x")).to_have_value(value.replace("-", "−"))


def test_enter_on_a_node_writes_its_value_there(page: Page) -> None:
    page.goto("/expression")
    grasp(page, "y").focus()
    page.keyboard.press("Enter")
    field = page.locator(".on-node input")
    expect(field).to_be_focused()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    shows(page, y="9 | -4", f="-28 | 1")
    expect(field).to_have_count(0)
    # And the keyboard is where it was, not at the top of the page.
    expect(grasp(page, "y")).to_be_focused()


def test_a_double_click_on_a_node_writes_its_value_there(page: Page) -> None:
    page.goto("/expression")
    node(page, "y").locator("rect.box").dblclick(force=True)
    expect(page.locator(".on-node input")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    shows(page, y="1 | -4", f="4 | 1")


def test_a_new_value_keeps_the_step(page: Page) -> None:
    page.goto("/?step=4")
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    shows(page, n1="3 | -4", z="-4")
    value_of(page, "z").fill("2")
    shows(page, n1="3 | 2", z="2", f="6 | 1")
    expect(page.locator(".player .count")).to_have_text("4 / 7")
