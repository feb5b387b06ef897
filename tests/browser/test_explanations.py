"""What the page says about one gate, one input, one entry; the gradient check and the mistakes."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import (
    FAN_OUT,
    FIRST,
    NEURON,
    TORCH,
    drag,
    grasp,
    link,
    middle,
    node,
    shows,
    tab,
)

HINGE = (
    "W = 0.01 * randn(10, 3072)\nx = randn(3072)\ns = W @ x\n"
    "L = sum(maximum(0, s - s[y] + 1)) - 1 + lam * sum(W ** 2)",
    {"y": 3, "lam": 0.1},
)
NORM = ("q = W @ x\nf = sum(q ** 2)", {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]})


def test_a_gate_shows_its_local_gradient_and_the_chain_rule(page: Page) -> None:
    page.goto(link(FIRST))
    card = page.get_by_role("group", name="Node")

    def explains_n1() -> None:
        expect(card).to_contain_text("Local gradient")
        expect(card.locator(".rules .katex")).to_have_count(2)
        expect(card.locator(".rules annotation").first).to_contain_text("frac{\\partial")
        expect(card.locator(".chain annotation").nth(1)).to_contain_text("-4 \\times 1 = -4")
        expect(card.locator(".pair .forward dd")).to_have_text("3")
        expect(card.locator(".pair .backward dd")).to_have_text("−4")

    grasp(page, "f").focus()
    expect(card.locator(".pair .forward dd")).to_have_text("−12")
    page.mouse.move(*middle(node(page, "n1").locator(".gate")))
    explains_n1()
    page.mouse.move(5, 5)
    page.mouse.click(*middle(node(page, "f").locator(".gate")))
    expect(card.locator(".pair .forward dd")).to_have_text("−12")
    page.mouse.move(5, 5)
    grasp(page, "n1").focus()
    explains_n1()


def test_an_input_shows_its_path_product(page: Page) -> None:
    page.goto(link(FIRST))
    page.mouse.move(*middle(node(page, "y").locator(".box")))
    card = page.get_by_role("group", name="Node")
    expect(card).to_contain_text("The one path to f")
    expect(card.locator(".paths annotation")).to_contain_text("-4")
    expect(page.locator(".wire.path")).to_have_count(2)
    # It goes away with the pointer.
    page.mouse.move(5, 5)
    expect(page.locator(".wire.path")).to_have_count(0)


def test_path_products_are_summed_over_all_paths(page: Page) -> None:
    page.goto(link(FAN_OUT))
    grasp(page, "x").focus()
    card = page.get_by_role("group", name="Node")
    expect(card).to_contain_text("All 3 paths to f")
    expect(card.locator(".paths annotation")).to_contain_text("4.515")
    expect(card).to_contain_text("Used 2 times, so the gradients add")


def test_small_tensors_are_grids_of_numbers_with_their_shape(page: Page) -> None:
    page.goto(link(NORM))
    weights = node(page, "W")
    expect(weights.locator("text.shape")).to_have_text("2 × 2")
    expect(weights.locator(".grid.value text.entry")).to_have_text(["0.1", "0.5", "−0.3", "0.8"])
    # The lecture's numbers.
    expect(weights.locator(".grid.gradient text.entry")).to_have_text(
        ["0.088", "0.176", "0.104", "0.208"]
    )
    expect(node(page, "x").locator(".grid.gradient text.entry")).to_have_text(["−0.112", "0.636"])
    shows(page, f="0.116 | 1")


def test_large_tensors_are_heat_maps_with_their_scale(page: Page) -> None:
    page.goto(link(HINGE))
    weights = node(page, "W")
    expect(weights.locator(".grid.value image")).to_have_count(1)
    expect(weights.locator(".grid.gradient image")).to_have_count(1)
    expect(weights.locator("text.shape")).to_have_text("10 × 3072")
    expect(weights.locator(".grid.value text.range")).to_have_text(re.compile(r"^±0\.0\d+$"))
    # A picture with something in it, and not of one colour.
    colours = page.evaluate(
        """async () => {
            const image = new Image()
            image.src = document.querySelector('[data-node="W"] .grid.value image')
                .getAttribute('href')
            await image.decode()
            const canvas = document.createElement('canvas')
            canvas.width = image.width
            canvas.height = image.height
            const drawing = canvas.getContext('2d')
            drawing.drawImage(image, 0, 0)
            const bytes = drawing.getImageData(0, 0, image.width, image.height).data
            return new Set(new Uint32Array(bytes.buffer)).size
        }"""
    )
    assert colours > 20


def test_an_entry_shows_what_it_came_from(page: Page) -> None:
    page.goto(link(NORM))
    grid = node(page, "q").locator(".grid.value rect.frame")
    box = grid.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75)
    card = page.get_by_role("group", name="Node")
    terms = card.locator(".terms tbody tr")
    # q[1] = -0.3 * 0.2 + 0.8 * 0.4
    expect(card.locator(".terms")).to_contain_text("W[1, 0]")
    expect(card.locator(".terms")).to_contain_text("x[1]")
    assert terms.count() >= 2
    expect(page.locator("rect.marked")).not_to_have_count(0)


def test_entries_can_be_walked_by_keyboard(page: Page) -> None:
    page.goto(link(NORM))
    grasp(page, "W").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(grasp(page, "W")).to_be_focused()
    card = page.get_by_role("group", name="Node")
    first = card.get_by_role("button", name="[0, 0]: value 0.1, gradient 0.088")
    for _ in range(30):
        page.keyboard.press("Tab")
        if first.evaluate("(button) => button === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(card.get_by_role("button", name="[1, 1]: value 0.8, gradient 0.208")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.locator(".entry")).to_contain_text("0.208")


def test_an_entry_of_a_large_tensor(page: Page) -> None:
    page.goto(link(HINGE))
    page.mouse.click(*middle(node(page, "s").locator(".gate")))
    card = page.get_by_role("group", name="Node")
    card.get_by_role("button", name=re.compile(r"^\[3\]: ")).click()
    expect(card.locator(".entry")).to_contain_text("of 6144")
    expect(card.locator(".terms tbody tr")).not_to_have_count(0)


def test_the_gradient_check(page: Page) -> None:
    page.goto(link(NEURON))
    panel = tab(page, "Gradient check")
    panel.get_by_role("button", name="Check").click()
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(5, timeout=TORCH)
    row = panel.get_by_role("row", name=re.compile("^w0 "))
    expect(row.locator("td")).to_have_text(
        [
            "−0.1966",
            "−0.1966",
            "−0.1966",
            re.compile("×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+$|^0$"),
            re.compile(r"^\d"),  # the step that the differences were taken with
            re.compile("^right"),
        ]
    )
    expect(panel).not_to_contain_text("wrong")


@pytest.mark.parametrize("mistake", ["= instead of +=", "Wrong order"])
def test_a_mistake_made_on_purpose_shows_wrong_gradients(page: Page, mistake: str) -> None:
    page.goto(link(FAN_OUT))
    right = node(page, "x").locator("text.gradient").text_content()
    panel = tab(page, "Break it")
    panel.get_by_role("switch", name=re.compile(re.escape(mistake))).check()
    table = panel.get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("^x "))).to_contain_text(str(right))
    wrong = node(page, "x").locator("text.gradient.wrong")
    expect(wrong).to_have_count(1)
    assert wrong.text_content() != right
    panel.get_by_role("switch", name=re.compile(re.escape(mistake))).uncheck()
    expect(page.locator("text.gradient.wrong")).to_have_count(0)
    expect(node(page, "x").locator("text.gradient")).to_have_text(str(right))


def test_the_check_of_a_broken_pass_speaks_of_the_gradients_in_the_figure(page: Page) -> None:
    page.goto(link(FAN_OUT))
    tab(page, "Break it").get_by_role("switch", name=re.compile("instead of")).check()
    expect(node(page, "x").locator("text.gradient.wrong")).to_have_text("3")
    panel = tab(page, "Gradient check")
    panel.get_by_role("button", name="Check").click()
    row = panel.get_by_role("row", name=re.compile("^x "))
    expect(row.locator("td").last).to_contain_text("wrong: 3 against 4.515", timeout=TORCH)


def test_a_mistake_without_fan_out_does_no_harm(page: Page) -> None:
    page.goto(link(FIRST))
    panel = tab(page, "Break it")
    panel.get_by_role("switch", name=re.compile("instead of")).check()
    expect(panel).to_contain_text("does no harm")
    shows(page, x="-2 | -4")


def test_the_gallery_opens_and_plays_every_example_to_the_end(page: Page) -> None:
    page.goto(link(FIRST))
    examples = json.loads(page.request.get("/api/examples").text())
    assert len(examples) >= 12
    for example in examples:
        page.get_by_role("tabpanel", name="Examples").get_by_role(
            "link", name=re.compile("^" + re.escape(example["title"]))
        ).first.click()
        expect(page.get_by_role("textbox", name="Expression", exact=True)).to_have_value(
            example["expression"]
        )
        expect(page.locator(".step.busy")).to_have_count(0)
        page.keyboard.press("Home")
        count = int((page.locator(".player .count").text_content() or "").rpartition("/")[2])
        expect(page.locator(".player .count")).to_have_text(f"0 / {count}")
        # A key pressed once a frame.
        page.evaluate(
            """(count) => new Promise((resolve) => {
                const key = () => new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })
                requestAnimationFrame(function press() {
                    if (count-- === 0) return resolve(null)
                    document.body.dispatchEvent(key())
                    requestAnimationFrame(press)
                })
            })""",
            count,
        )
        expect(page.locator(".player .count")).to_have_text(f"{count} / {count}")
        expect(page.locator(".pulse")).to_have_count(0)
        expect(page.locator(".editor .problem")).to_be_empty()
        expect(page.locator("text.gradient").first).to_be_visible()
        # Formulas that KaTeX does not understand are written in red.
        expect(page.locator(".katex-error")).to_have_count(0)


def test_dragging_the_paper_pans_and_the_wheel_zooms(page: Page) -> None:
    page.goto(link(FIRST))
    stage = page.locator(".stage")
    box = stage.bounding_box()
    assert box
    before = node(page, "f").locator(".gate").bounding_box()
    corner = (box["x"] + 40, box["y"] + box["height"] - 30)
    drag(page, corner, (corner[0] + 60, corner[1] - 20))
    after = node(page, "f").locator(".gate").bounding_box()
    assert before
    assert after
    assert after["x"] - before["x"] == pytest.approx(60, abs=2)
    assert after["y"] - before["y"] == pytest.approx(-20, abs=2)
    page.get_by_role("button", name="Zoom in").click()
    larger = node(page, "f").locator(".gate").bounding_box()
    assert larger
    assert larger["width"] > after["width"] * 1.2
    page.get_by_role("button", name="Show all of it").click()
    fitted = node(page, "f").locator(".gate").bounding_box()
    assert fitted
    assert fitted["x"] == pytest.approx(before["x"], abs=1)
