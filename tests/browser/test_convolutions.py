"""/convolution in a browser: any cell's real numbers, by pointer, by keys, and played."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import halt
from tests.written import number

NUMBERS = "/convolution?input=numbers&kernel_size=3&stride=2&padding=1&cell=0,1,1"


def shown(page: Page) -> str:
    return page.locator(".result b").inner_text().replace("−", "-")


def test_any_cell_shows_its_products_and_sum(page: Page) -> None:
    page.goto("/convolution")
    expect(page.locator(".sentence")).to_contain_text("h[0, 13, 12]")
    expect(page.locator(".size")).to_contain_text("456")
    area = page.locator(".map-area").nth(2)
    box = area.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 10.5 / 28, box["y"] + box["height"] * 4.5 / 28)
    expect(page.locator(".sentence")).to_contain_text("h[2, 4, 10]")
    asked = page.request.post("/api/convolution", data={"cells": [[2, 4, 10]]}).json()
    assert float(shown(page)) == asked["cells"][0]["value"]
    products = page.get_by_label("Products of channel 1").inner_text().replace("−", "-").split()
    wanted = [entry for row in asked["cells"][0]["products"][1] for entry in row]
    assert [float(product) for product in products] == wanted


def test_walk_by_keys_and_keep_it_in_the_link(page: Page) -> None:
    page.goto(NUMBERS)
    page.locator(".map-area").nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".sentence")).to_contain_text("h[1, 2, 2]")
    page.wait_for_url(re.compile("cell=1%2C2%2C2"))
    page.reload()
    expect(page.locator(".sentence")).to_contain_text("h[1, 2, 2]")


def test_a_link_keeps_a_cell_on_its_way_back(page: Page) -> None:
    page.goto(NUMBERS)
    page.get_by_role("radio", name="Backward").check(force=True)
    page.locator(".map-area").nth(1).focus()
    page.keyboard.press("ArrowRight")
    told = page.locator(".sentence")
    expect(told).to_contain_text("at h[1, 0, 1] sends")
    page.wait_for_url(re.compile("cell=.*mode=backward"))
    before = told.inner_text()
    page.reload()
    expect(told).to_have_text(before)
    expect(page.get_by_role("radio", name="Backward")).to_be_checked()


def test_parameters_are_compared_in_length(page: Page) -> None:
    page.goto("/convolution")
    box = page.locator(".parameters .amount").last.bounding_box()
    filled = page.locator(".parameters .amount span").last.bounding_box()
    assert box
    assert filled
    assert filled["width"] == pytest.approx(box["width"], abs=2)
    assert filled["width"] > 200


def test_step_forward_and_back_through_the_gradients(page: Page) -> None:
    page.goto(NUMBERS + "&step=0")
    page.locator("body").press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".player .count")).to_have_text("1 / 193")
    expect(page.locator(".sentence")).to_contain_text("h[0, 0, 0]")
    page.keyboard.press("End")
    expect(page.locator(".sentence")).to_contain_text("the sums of what was sent back")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".sentence")).to_contain_text("The gradient")
    expect(page.locator(".number-grid.two").first).to_be_visible()


def test_the_sums_so_far_are_the_server_s(page: Page) -> None:
    question = {"input": "numbers", "kernel_size": 3, "stride": 2, "padding": 1}
    page.goto(NUMBERS.replace("&cell=0,1,1", "&step=150"))
    asked = page.request.post(
        "/api/convolution/steps", data={**question, "first": 149, "count": 1}
    ).json()["steps"][0]
    grid = page.get_by_label("Gradient of the weights of channel 2, so far")
    wanted = [entry for row in asked["weights_after"][2] for entry in row]
    expect(grid).to_be_visible()
    page.wait_for_function(
        "([label, wanted]) => [...document.querySelectorAll(`[aria-label='${label}'] .cell`)]"
        ".map(cell => Number(cell.textContent.replace('−', '-'))).join() === wanted.join()",
        arg=["Gradient of the weights of channel 2, so far", wanted],
    )


def test_sliders_answer_at_once_and_say_what_does_not_fit(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_label("Stride").fill("4")
    expect(page.locator(".size")).to_contain_text("does not fit")
    expect(page.locator(".size")).to_contain_text("PyTorch: floor, 7")
    expect(page.locator(".size")).to_contain_text("CS231n: invalid")
    expect(page.locator(".size")).to_contain_text("3 of 32 never covered")
    expect(page.locator(".output-maps .head")).to_contain_text("7 × 7 × 6")
    page.get_by_label("Filters").fill("1")
    expect(page.locator(".size")).to_contain_text("76")
    expect(page.locator(".map-area")).to_have_count(1)


def test_a_weight_by_hand(page: Page) -> None:
    page.goto(NUMBERS)
    weight = page.get_by_label("Weights of channel 0, row 1, column 1")
    patch = page.get_by_label("Patch of channel 0").inner_text().split()
    before = float(shown(page))
    old = number(weight.inner_text())
    weight.click()
    expect(weight).to_be_focused()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Weights of channel 0, row 2, column 1")).to_be_focused()
    wanted = before + (7 - old) * float(patch[4])
    expect(page.locator(".result b")).to_have_text(f"{wanted:g}".replace("-", "−"))
    page.wait_for_url(re.compile("weights="))
    page.reload()
    expect(page.locator(".result b")).to_have_text(f"{wanted:g}".replace("-", "−"))


def test_layers_share_the_input(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_text("Fully connected", exact=True).click()
    expect(page.locator(".output-maps .head")).to_contain_text("10 numbers")
    expect(page.locator(".parameters")).to_contain_text("30,730")
    page.get_by_text("Max pooling", exact=True).click()
    expect(page.locator(".output-maps .head")).to_contain_text("16 × 16 × 3")
    expect(page.locator(".sentence")).to_contain_text("the largest number under the window")
    page.get_by_text("Backward", exact=True).click()
    expect(page.locator(".sentence")).to_contain_text("alone, which was the largest")


def test_a_fully_connected_layer_stands_beside_it(page: Page) -> None:
    """A row of W times all of the same input, one of 10 outputs, and what both would learn."""
    page.goto("/convolution")
    beside = page.locator(".connected")
    asked = page.request.post("/api/convolution", data={"layer": "Linear"}).json()
    x = [entry for plane in asked["input"] for row in plane for entry in row]
    rows = beside.locator("tr")
    expect(beside.locator("summary")).to_contain_text("3072 → 10")
    expect(rows.nth(0).locator("td")).to_have_text([*map(str, x[:4]), "⋯", *map(str, x[-2:])])
    expect(beside.locator(".product")).to_contain_text("30,730 parameters against 456")
    page.get_by_label("Filters").fill("1")
    expect(beside.locator(".product")).to_contain_text("against 76")
    page.get_by_label("Output 0: ").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    w = [entry for plane in asked["weights"][3] for row in plane for entry in row]
    shown = [f"{entry}".replace("-", "−") for entry in w[:4] + w[-2:]]
    expect(rows.nth(1).locator("td")).to_have_text([*shown[:4], "⋯", *shown[4:]])
    value = sum(left * right for left, right in zip(x, w, strict=True))
    told = f"W3 · x = {value}".replace("-", "−")
    expect(beside.locator(".product")).to_contain_text(told)
    page.wait_for_url(re.compile("connected=3"))
    page.reload()
    expect(beside.locator(".product")).to_contain_text(told)
    beside.locator("summary").press("Space")
    page.wait_for_url(re.compile("connected=folded"))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.reload()
    expect(beside.locator("summary")).to_be_visible()
    expect(beside.locator(".product")).to_be_hidden()
    page.get_by_text("Max pooling", exact=True).click()
    expect(beside).to_have_count(0)


@pytest.mark.parametrize(
    ("query", "width", "height"),
    [
        ("", 1280, 800),
        ("?kernel_size=11", 1280, 800),
        ("?kernel_size=3&filters=1", 1280, 800),
        ("?projector=1", 1920, 1080),
        ("", 360, 740),
    ],
)
def test_the_fully_connected_layer_leaves_the_filter_its_room(
    page: Page, query: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"/convolution{query}")
    # What is measured stands still once the formulas have their letters.
    expect(page.locator(".convolution .step .katex").first).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    beside = page.locator(".connected").bounding_box()
    arithmetic = page.locator(".arithmetic").bounding_box()
    player = page.locator(".player").bounding_box()
    assert beside
    assert arithmetic
    assert player
    if width > 360:
        assert beside["x"] >= arithmetic["x"] + arithmetic["width"]
        assert player["y"] + player["height"] <= height
    else:
        assert beside["y"] >= arithmetic["y"] + arithmetic["height"]
    assert page.locator(".connected").evaluate("part => part.scrollWidth <= part.clientWidth")
    step = page.locator(".convolution .step").bounding_box()
    assert step
    assert beside["y"] + beside["height"] <= step["y"]


NUMBERS_OUTSIDE = """() => [...document.querySelectorAll('.number-grid .cell')].flatMap((cell) => {
  const room = cell.getBoundingClientRect()
  const text = document.createRange()
  return [...cell.children].flatMap((part) => {
    text.selectNodeContents(part)
    const { left, right } = text.getBoundingClientRect()
    const apart = 0.14 * parseFloat(getComputedStyle(cell).fontSize)
    return left - room.left < apart || room.right - right < apart
      ? [`${part.textContent}: ${right - left} in ${room.width}`] : []
  })
})"""


@pytest.mark.parametrize("mode", ["both", "backward"])
@pytest.mark.parametrize(
    ("projector", "width", "height"), [(1, 1920, 1080), (0, 1280, 800), (0, 360, 740)]
)
def test_no_number_leaves_its_cell(
    page: Page, projector: int, width: int, height: int, mode: str
) -> None:
    """Under every filter, on every photo; numbers beside one another never touch."""
    page.set_viewport_size({"width": width, "height": height})
    setting = f"mode={mode}&filters=7" + ("&projector=1" if projector else "")
    photos = ("coffee", "chelsea", "astronaut") if projector else ("coffee",)
    for photo, kernel in [(photo, 5) for photo in photos] + [("coffee", 3)]:
        page.goto(f"/convolution?input={photo}&kernel_size={kernel}&cell=0,20,9&{setting}")
        for map_ in range(7):
            page.locator(".map-area").nth(map_).focus()
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowLeft")
            expect(page.locator(".sentence")).to_contain_text(f"h[{map_}, 20, ")
            assert page.locator(".number-grid .cell").count() == 9 * kernel**2
            assert page.evaluate(NUMBERS_OUTSIDE) == [], (photo, kernel, map_)


def test_long_numbers_stay_in_their_cells_too(page: Page) -> None:
    weights = [[[[-0.001234, 123456.5], [-99999.9, 0.33333]]]]
    page.set_viewport_size({"width": 1920, "height": 1080})
    for projector in ("", "&projector=1"):
        page.goto(f"/convolution?input=[[1.25,2],[-3.125,77]]&weights={weights}{projector}"
                  "&kernel_size=2")  # fmt: skip
        expect(page.locator(".number-grid .cell")).to_have_count(12)
        assert page.evaluate(NUMBERS_OUTSIDE) == []


def test_a_weight_that_is_only_looked_at_stays_as_it_is(page: Page) -> None:
    """What is too long for its cell is written shorter, and not what the weight is."""
    page.goto("/convolution?input=[[1,0],[0,0]]&weights=[[[[-0.001234,0],[0,0]]]]&kernel_size=2")
    weight = page.get_by_label("Weights of channel 0, row 0, column 0")
    weight.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.locator(".result b")).to_have_text("−0.001234")


@pytest.mark.parametrize("layer", ["Conv2d", "MaxPool2d"])
@pytest.mark.parametrize("mode", ["both", "backward"])
def test_nothing_moves_while_the_numbers_of_a_cell_are_fetched(
    page: Page, layer: str, mode: str
) -> None:
    page.goto(f"/convolution?layer={layer}&mode={mode}")
    last = page.locator(".map-area").last
    expect(page.locator(".sentence")).not_to_be_empty()
    page.wait_for_load_state("networkidle")
    before = last.bounding_box()
    with page.expect_request("**/steps"):
        page.route("**/steps", lambda route: None)
        last.hover(position={"x": 3, "y": 3})
    page.wait_for_function(
        "() => document.querySelector('.number-grid .cell')?.textContent[0] === '–'"
    )
    assert last.bounding_box() == pytest.approx(before, abs=0.5)


@pytest.mark.parametrize(
    "query",
    ["", "kernel_size=3", "kernel_size=7", "kernel_size=9", "mode=backward", "layer=Linear",
     "layer=MaxPool2d", "layer=MaxPool2d&mode=backward&cell=2,3,3",
     "layer=AvgPool2d&kernel_size=7"],
)  # fmt: skip
def test_a_phone_shows_all_of_the_arithmetic(page: Page, query: str) -> None:
    """Nothing is out of sight to the right, nothing is empty, and the formula can be read."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/convolution?{query}")
    expect(page.locator(".step .katex-html")).to_be_visible()
    area = page.locator(".arithmetic-area")
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth")
    places = area.locator(".channel, .total").evaluate_all(
        "rows => rows.map(row => row.getBoundingClientRect())"
        ".filter(({ height }) => height).map(({ top, bottom }) => [top, bottom])"
    )
    assert places
    assert all(after[0] - before[1] < 30 for before, after in pairwise(places))
    step = page.locator(".convolution .step").bounding_box()
    beside = page.locator(".connected").bounding_box() if not query.startswith("layer") else None
    assert step
    assert (beside["y"] if beside else step["y"]) - places[-1][1] < 30
    size = page.locator(".step .katex-html .mord").first.evaluate(
        "letter => parseFloat(getComputedStyle(letter).fontSize)"
    )
    assert size >= 13


def test_the_player_stays_in_sight_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/convolution?step=0")
    page.locator(".map-area").first.scroll_into_view_if_needed()
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".player .count")).not_to_contain_text(re.compile("^0 /"))
    for place in (page.locator(".map-area").first, page.get_by_role("button", name="Pause")):
        box = place.bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 740


def test_the_player_answers_a_finger_that_comes_from_a_cell(
    browser: Browser, live_server: str
) -> None:
    context = browser.new_context(
        base_url=live_server, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/convolution")
    page.get_by_label("Output 4: ").tap()
    page.get_by_role("button", name="Play", exact=True).tap()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    context.close()


def test_play_and_pause(page: Page) -> None:
    page.clock.install(time=0)
    page.goto("/convolution?step=0")
    play = page.get_by_role("button", name="Play")
    expect(play).to_be_visible()
    halt(page)
    play.click()
    page.clock.run_for(600)
    page.get_by_role("button", name="Pause").click()
    count = page.locator(".player .count")
    assert int(count.inner_text().split()[0]) > 5
    before = count.inner_text()
    page.clock.run_for(600)
    assert count.inner_text() == before
    expect(page.locator(".sentence")).to_contain_text("h[0, ")


def test_every_product_of_a_large_kernel_can_be_reached(page: Page) -> None:
    page.goto("/convolution?kernel_size=9")
    asked = page.request.post(
        "/api/convolution", data={"kernel_size": 9, "near": [0, 13, 12]}
    ).json()["cells"][0]
    page.get_by_role("button", name="In numbers").click()
    products = page.get_by_label("Products of channel 2").locator(".cell")
    expect(products).to_have_count(25)
    page.get_by_role("slider", name="From row").fill("4")
    page.get_by_role("slider", name="From column").fill("3")
    wanted = [asked["products"][2][row][column] for row in range(4, 9) for column in range(3, 8)]
    expect(products.nth(0)).to_have_text(f"{wanted[0]:g}".replace("-", "−"))
    found = [number(text) for text in products.all_inner_texts()]
    assert found == wanted
    weight = page.get_by_label("Weights of channel 2, row 8, column 7")
    assert number(weight.inner_text()) == asked["weights"][2][8][7]


def test_the_gradient_that_comes_back_is_chosen(page: Page) -> None:
    """To one cell only: then dW is its patch, and what it sends is all there is."""
    page.goto(NUMBERS)
    page.get_by_text("Backward", exact=True).click()
    page.locator(".map-area").nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".sentence")).to_contain_text("at h[1, 1, 1] sends")
    page.get_by_label("Gradient that comes back").select_option("1 here, 0 elsewhere")
    page.wait_for_url(re.compile("upstream="))
    expect(page.get_by_label("Gradient that comes to this cell")).to_have_value("1")
    page.get_by_label("Gradient that comes to this cell").fill("-3")
    page.get_by_label("Gradient that comes to this cell").press("Enter")
    expect(page.locator(".sentence")).to_contain_text("The gradient −3")
    question = {"input": "numbers", "kernel_size": 3, "stride": 2, "padding": 1}
    upstream = {"cell": [1, 1, 1], "value": -3}
    asked = page.request.post("/api/convolution", data={**question, "upstream": upstream}).json()
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    area = page.locator(".map-area").nth(1)
    box = area.bounding_box()
    assert box
    # The second of four cells both ways: the middle would be a corner of four cells.
    area.click(position={"x": box["width"] * 1.5 / 4, "y": box["height"] * 1.5 / 4})
    grid = page.get_by_label("Gradient of the weights of channel 0, so far")
    wanted = [f"{entry:g}".replace("-", "−") for row in asked["gradients"]["weights"][1][0]
              for entry in row]  # fmt: skip
    expect(grid.locator(".cell")).to_have_text(wanted)
    page.get_by_label("Gradient that comes back").select_option("1 everywhere")
    page.wait_for_url(re.compile("upstream=ones"))


def test_a_window_that_is_not_square(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_role("checkbox", name="square").uncheck()
    page.get_by_role("slider", name="Kernel, height").fill("3")
    page.get_by_role("slider", name="Padding, width").fill("2")
    expect(page.locator(".output-maps .head")).to_contain_text("30 × 32 × 6")
    expect(page.locator(".size")).to_contain_text("height")
    page.wait_for_url(re.compile("padding=%5B0%2C2%5D"))
    page.reload()
    expect(page.locator(".output-maps .head")).to_contain_text("30 × 32 × 6")
    page.get_by_role("checkbox", name="square").check()
    expect(page.locator(".output-maps .head")).to_contain_text("30 × 30 × 6")


def test_numbers_of_ones_own(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_text("your own").click()
    field = page.get_by_label("Channels × height × width")
    field.fill("[[1, 2, 3], [4, 5")
    expect(page.get_by_role("alert")).to_contain_text("no JSON yet")
    field.fill("[[1, 2], [3, 4, 5]]")
    expect(page.get_by_role("alert")).to_contain_text("rows of equal length")
    field.fill("[[1, 2, 3], [4, 5, 6], [7, 8, 10]]")
    page.get_by_label("Filters").fill("1")
    page.locator(".filter select").select_option("identity")
    expect(page.locator(".result b")).to_have_text("5")
    page.wait_for_url(re.compile("input=.*weights="))
    page.reload()
    expect(page.locator(".result b")).to_have_text("5")
    # What is refused, and what is no list, gets neither into the figure nor into the link.
    for refused in ("null", '"coffee"', "7"):
        field.fill(refused)
        expect(page.get_by_role("alert")).to_contain_text("no JSON yet")
    field.fill("[[1, 2], [3]]")
    expect(page.get_by_role("alert")).to_contain_text("rows of equal length")
    page.get_by_label("Output 3:").check(force=True)
    page.wait_for_url(re.compile("connected=3"))
    page.reload()
    expect(field).to_have_value("[[1, 2, 3],\n [4, 5, 6],\n [7, 8, 10]]")
    expect(page.locator(".result b")).to_have_text("5")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_no_number_is_refused_at_its_field(page: Page) -> None:
    page.goto(NUMBERS)
    weight = page.get_by_label("Weights of channel 0, row 1, column 1")
    old, result = weight.inner_text(), shown(page)
    weight.click()
    for typed in ("555", "5"):
        page.keyboard.type(typed)
        page.keyboard.press("Escape")
        expect(weight).to_have_value(old)
    page.keyboard.press("Tab")
    expect(page.locator(".told")).to_have_text("")
    weight.click()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_have_text("“abc” is no number. What was there stays.")
    bias = page.get_by_label("Bias of filter 0")
    bias.fill("1e20")
    bias.press("Tab")
    expect(page.locator(".told")).to_contain_text("1e20 is too large")
    expect(bias).to_have_value("0")
    bias.fill("9")
    bias.press("Escape")
    expect(bias).to_have_value("0")
    assert shown(page) == result
    bias.fill("2")
    bias.press("Enter")
    expect(page.locator(".told")).to_have_text("")
    expect(page.locator(".result b")).to_have_text(f"{float(result) + 2:g}".replace("-", "−"))


@pytest.mark.parametrize("kernel", [6, 7])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_large_window_going_back_is_seen_before_it_is_read(
    page: Page, width: int, kernel: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/convolution?kernel_size={kernel}&mode=backward&cell=0,9,9")
    expect(page.locator(".sentence").first).to_contain_text("at h[0, 9, 9] sends")
    page.get_by_role("button", name="In numbers").click()
    expect(page.locator(".number-grid.two .cell")).to_have_count(6 * 25)
    assert page.evaluate(NUMBERS_OUTSIDE) == []


@pytest.mark.parametrize(
    "query", ["kernel_size=7", "kernel_size=[3,7]&stride=[1,2]&padding=[0,2]", "stride=4"]
)
def test_on_a_wall_all_of_it_is_in_sight(
    opened: Callable[[int, int, str], Page], query: str
) -> None:
    page = opened(1920, 1080, "light")
    page.goto(f"/convolution?projector=1&{query}")
    expect(page.locator(".step .formula .katex-html")).to_be_visible()
    expect(page.locator(".size .katex-html").first).to_be_visible()
    box = page.locator(".player").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 1080


def test_two_size_formulas_stand_apart(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/convolution?kernel_size=[3,7]&stride=[1,2]&padding=[0,2]")
    expect(page.locator(".size .katex-html")).to_have_count(3)
    bottom, top = page.evaluate(
        "[...document.querySelectorAll('.size-formula .mfrac')].slice(0, 2)"
        ".map((frac, i) => frac.getBoundingClientRect()[i ? 'top' : 'bottom'])"
    )
    assert bottom <= top + 1


def test_fully_connected_outputs_share_one_scale(page: Page) -> None:
    page.goto("/convolution?layer=Linear")
    answer = page.request.post("/api/convolution", data={"layer": "Linear"}).json()
    most = max(abs(plane[0][0]) for plane in answer["output"])
    expect(page.locator(".output-maps .head")).to_contain_text(f"±{most:.4g}")
    colours = page.evaluate(
        "[...document.querySelectorAll('.map canvas')].map(c => "
        "[...c.getContext('2d').getImageData(4, 4, 1, 1).data].join())"
    )
    assert len(set(colours)) > 2


def test_the_space_bar_ticks_the_box_that_has_the_focus(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_role("checkbox", name="square").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("slider", name="Kernel, height")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("slider", name="Kernel, height")).to_have_count(0)


def test_a_question_without_an_answer_is_asked_again(
    opened: Callable[[int, int, str], Page],
) -> None:
    page = opened(1280, 800, "light")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/convolution?step=0")
    page.route("**/api/convolution", lambda route: route.abort())
    page.get_by_role("slider", name="Kernel").focus()
    page.keyboard.press("ArrowLeft")
    waiting = page.locator(".controls .waiting-says")
    expect(waiting).to_contain_text("The server does not answer; it is asked again")
    # What is shown is still a kernel of 5: its steps go on, and the link keeps to it.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sentence")).to_contain_text("h[0, 0, 0]")
    expect(page.get_by_label("Products of channel 0").locator(".cell")).to_have_count(25)
    page.wait_for_url(lambda url: "step=1" in url and "kernel_size" not in url)
    page.unroute("**/api/convolution")
    expect(page.locator(".output-maps .head")).to_contain_text("29 × 29 × 6")
    expect(waiting).to_have_count(0)
    page.wait_for_url("**kernel_size=4**")
    assert not errors


def test_a_change_is_taken_back_by_button_and_by_key(page: Page) -> None:
    page.goto("/convolution")
    head = page.locator(".output-maps .head")
    expect(head).to_contain_text("28 × 28 × 6")
    page.get_by_role("slider", name="Kernel").focus()
    page.keyboard.press("ArrowLeft")
    expect(head).to_contain_text("29 × 29 × 6")
    page.get_by_role("radio", name="Max pooling").click(force=True)
    expect(head).to_contain_text("16 × 16 × 3")
    page.get_by_role("button", name="Undo").click()
    expect(head).to_contain_text("29 × 29 × 6")
    page.keyboard.press("Control+z")
    expect(head).to_contain_text("28 × 28 × 6")
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Control+Shift+z")
    expect(head).to_contain_text("29 × 29 × 6")
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_role("radio", name="Max pooling")).to_be_checked()


def test_steps_that_do_not_come_are_asked_for_again(
    opened: Callable[[int, int, str], Page],
) -> None:
    page = opened(1280, 800, "light")
    page.route("**/api/convolution/steps", lambda route: route.abort())
    page.goto("/convolution?step=0")
    page.keyboard.press("ArrowRight")
    told = page.locator(".step .sentence")
    expect(told).to_have_text("The server does not answer; it is asked again.")
    page.unroute("**/api/convolution/steps")
    expect(told).to_contain_text("h[0, 0, 0]")


def test_sliders_and_choices_keep_their_arrows(page: Page) -> None:
    page.goto("/convolution")
    page.get_by_role("slider", name="Kernel").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".output-maps .head")).to_contain_text("27 × 27 × 6")
    page.keyboard.press("f")
    expect(page.locator("html:fullscreen")).to_have_count(1)
    page.keyboard.press("f")
    page.get_by_role("radio", name="Convolution").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".output-maps .head")).to_contain_text("16 × 16 × 3")


@pytest.mark.parametrize(
    ("query", "width", "scheme"),
    [
        ("", 1280, "light"),
        ("?step=6000", 1280, "dark"),
        ("?layer=MaxPool2d&step=3", 360, "light"),
        ("?layer=AvgPool2d&kernel_size=3", 360, "dark"),
        ("?layer=Linear", 1280, "light"),
        ("?input=numbers&stride=3&kernel_size=3", 360, "light"),
        ("?projector=1", 1920, "light"),
        ("?kernel_size=50", 1280, "light"),
    ],
)
def test_everybody_can_read_it(
    opened: Callable[[int, int, str], Page],
    readable: Callable[[Page], None],
    query: str,
    width: int,
    scheme: str,
) -> None:
    page = opened(width, 800, scheme)
    page.goto(f"/convolution{query}")
    # A link that is refused has a sentence in the place of the player.
    expect(page.locator(".player, [role=alert]").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    readable(page)


def test_it_reads_without_a_script(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto(NUMBERS)
    expect(page.get_by_text("each times its weight")).to_be_visible()
    expect(page.get_by_role("table", name="Products")).to_be_visible()
    context.close()
