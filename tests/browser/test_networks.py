"""The page on networks: build, paste, look into, compare."""

import json
import re
from collections.abc import Callable
from io import BytesIO
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.core.networks.architectures import ARCHITECTURES
from tests.browser.drawn import TEXTS, overlaps
from tests.browser.visitor import PATIENCE, tab

SOURCE = "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())"
CODE = "PyTorch code: paste nn.Sequential(...)"


def test_the_first_answer_is_in_the_page(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/network")
    expect(page.get_by_role("button", name=re.compile("^classifier.0: Linear"))).to_be_visible()
    expect(page.locator(".totals").first).to_contain_text("138.4M")
    # A picture is no question: the photo on the front of the input.
    assert not [url for url in asked if "/api/" in url and "/api/images/" not in url]


def test_paste_a_sequential_and_move_a_slider(page: Page) -> None:
    page.goto("/network?architecture=lenet5")
    tab(page, "PyTorch").get_by_label(CODE).fill(SOURCE)
    page.get_by_label("Input", exact=True).fill("3, 32, 32")
    page.get_by_label("Input", exact=True).press("Tab")
    tab(page, "Layers")
    expect(page.locator(".layer-table tbody tr")).to_have_count(4)
    expect(page.locator(".layer-table tfoot")).to_contain_text("456")
    page.get_by_role("button", name=re.compile("^0 Conv2d")).click()
    card = page.get_by_label("Layer 0", exact=True)
    expect(card).to_contain_text("6 × 3 × 5 × 5 + 6 = 456")
    kernel = card.get_by_label("kernel_size, slider")
    kernel.focus()
    kernel.press("ArrowLeft")
    kernel.press("ArrowLeft")
    expect(card).to_contain_text("6 × 3 × 3 × 3 + 6 = 168")
    code = tab(page, "PyTorch").get_by_label(CODE)
    expect(code).to_have_value(re.compile(r"nn\.Conv2d\(3, 6, 3\)"))
    tab(page, "Layers")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".layer-table tfoot")).to_contain_text("456")
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".layer-table tfoot")).to_contain_text("168")
    # The link holds it all.
    expect(page).to_have_url(re.compile("network="))
    page.reload()
    expect(page.locator(".layer-table tfoot")).to_contain_text("168")


def test_a_mistake_in_the_code_is_marked_and_the_network_stays(page: Page) -> None:
    page.goto("/network?source=nn.ReLU()&input=3,8,8")
    tab(page, "PyTorch").get_by_label(CODE).fill("nn.Sequential(nn.Conv2d(3, 6, 5), nn.Relu())")
    expect(page.locator(".code-problem")).to_contain_text("did you mean `ReLU`?")
    expect(page.locator(".code-paper .error")).to_have_text("nn.Relu")
    tab(page, "Layers")
    expect(page.locator(".layer-table tbody tr")).to_have_count(1)


def test_code_that_is_wrong_from_the_start_is_in_sight(page: Page) -> None:
    page.goto("/network?source=nn.Sequential(nn.Relu())&input=3,8,8")
    expect(page.locator(".code-problem")).to_contain_text("did you mean `ReLU`?")
    page.get_by_label(CODE).fill("nn.Sequential(nn.ReLU())")
    # What is typed in stays, whatever comes of it.
    expect(page.get_by_role("button", name=re.compile("^0: ReLU"))).to_be_visible()
    expect(page.get_by_label(CODE)).to_be_focused()


def test_on_the_wall_what_one_builds_and_types_with_is_there(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/network?architecture=lenet5&projector=1")
    expect(page.get_by_label("Input", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Conv2d", exact=True)).to_be_visible()
    expect(tab(page, "PyTorch").get_by_label(CODE)).to_be_visible()


def test_a_layer_that_does_not_fit_can_be_mended(page: Page) -> None:
    page.goto("/network?source=nn.Sequential(nn.Conv2d(3,8,3),nn.Conv2d(4,8,3))&input=3,8,8")
    expect(page.locator(".layer-table .problem")).to_contain_text("expects 4 channels")
    page.get_by_role("button", name=re.compile("^1 Conv2d")).click()
    page.get_by_role("button", name="Set in_channels to 8").click()
    expect(page.locator(".layer-table .problem")).to_have_count(0)


def test_the_code_says_what_the_rows_say_even_where_they_do_not_fit(page: Page) -> None:
    page.goto("/network?source=nn.Sequential(nn.Conv2d(3,6,5),nn.Flatten())&input=3,32,32")
    page.get_by_role("button", name="BatchNorm2d", exact=True).click()
    expect(page.locator(".layer-table .problem")).to_contain_text("put it before Flatten")
    code = tab(page, "PyTorch").get_by_label(CODE)
    expect(code).to_have_value(re.compile(r"Flatten.*BatchNorm2d", re.S))


def test_the_code_of_branches_is_never_that_of_another_network(page: Page) -> None:
    page.goto("/network?source=nn.Sequential(nn.Conv2d(3,6,5))&input=3,32,32")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".layer-table .problem")).to_contain_text("inputs of one size")
    code = tab(page, "PyTorch").get_by_label(CODE)
    expect(code).to_have_value(re.compile(r"^# does not fit yet: .*class Network", re.S))
    kernel = "Conv2d(3, 6, 5)"
    assert kernel in code.input_value()
    page.goto("/network?network=" + quote(json.dumps(NOWHERE)))
    tab(page, "PyTorch")
    expect(page.locator(".code-problem")).to_contain_text("The code waits until sum fits")
    expect(code).to_have_value("")


NOWHERE = {
    "input": [3, 8, 8],
    "layers": [
        {"name": "act", "layer": {"type": "ReLU"}},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": ["act", "nothing"]},
    ],
}


def test_nothing_is_cut_off_a_deep_network_s_table(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/network?architecture=resnet50")
    table = page.locator(".layer-table")
    expect(table).to_contain_text("layer1.0.downsample.0")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth")


def test_the_last_column_and_the_exponents_are_seen_on_a_wall(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    for name in ("vgg16", "vgg19"):
        page.goto(f"/network?architecture={name}&projector=1")
        page.evaluate("document.fonts.ready")
        table = page.locator(".layer-table")
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    page.goto("/network?view=gradients&blocks=2&projector=1")
    power = page.locator(".curves .power").first
    power.wait_for(timeout=PATIENCE)
    size = """(power) => parseFloat(getComputedStyle(power).fontSize)
        * power.ownerSVGElement.getScreenCTM().a"""
    assert power.evaluate(size) >= 23.9


def test_a_small_network_fits_on_a_wall(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/network?source=nn.Conv2d(3,6,5)&input=3,32,32&projector=1")
    box = page.locator(".network-drawing").bounding_box()
    assert box
    assert box["y"] + box["height"] < 1080


def test_every_size_of_vgg_is_told(page: Page) -> None:
    page.goto("/network?architecture=vgg16&projector=1")
    sizes = ["".join(said.split()) for said in page.locator(".size").all_text_contents()]
    for channels, side in ((64, 224), (128, 112), (256, 56), (512, 28), (512, 14)):
        assert f"conv{channels}{side}×{side}" in sizes


def test_what_does_not_fit_is_seen_and_hit_with_a_finger(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/network?source=nn.Sequential(nn.Flatten(),nn.BatchNorm2d(6))&input=3,32,32")
    wrong = page.get_by_role("button", name=re.compile("^1: BatchNorm2d.*does not fit"))
    expect(page.locator(".network-drawing .size.wrong")).to_have_text(re.compile("does not *fit"))
    wrong.scroll_into_view_if_needed()
    box = wrong.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    assert wrong.locator(".front").evaluate("(front) => getComputedStyle(front).stroke") != "none"
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    expect(page.get_by_label("Layer 1", exact=True)).to_contain_text("put it before Flatten")


def test_build_by_keyboard(page: Page) -> None:
    page.goto("/network?source=nn.Sequential(nn.Conv2d(3,8,3),nn.ReLU())&input=3,8,8")
    page.get_by_role("button", name=re.compile("^input:")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Layer 0", exact=True)).to_be_visible()
    page.get_by_role("button", name="BatchNorm2d", exact=True).click()
    names = page.locator(".layer-table tbody code")
    expect(names).to_have_text(["Conv2d(3, 8, 3)", "BatchNorm2d(8)", "ReLU()"])
    page.get_by_role("button", name=re.compile("^1: BatchNorm2d")).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(names).to_have_text(["Conv2d(3, 8, 3)", "ReLU()", "BatchNorm2d(8)"])
    page.get_by_role("button", name=re.compile("^2: BatchNorm2d")).focus()
    page.keyboard.press("Delete")
    expect(names).to_have_text(["Conv2d(3, 8, 3)", "ReLU()"])


SMALL = "/network?source=nn.Sequential(nn.Conv2d(3,6,5),nn.ReLU())&input=3,32,32"


@pytest.mark.parametrize("wrong", ["99", "0", "abc"])
def test_a_wrong_number_is_refused_at_its_field_and_nothing_is_lost(page: Page, wrong: str) -> None:
    page.goto(f"{SMALL}&layer=0")
    field = page.locator("[data-argument=kernel_size]")
    field.fill(wrong)
    field.press("Enter")
    expect(page.locator(".argument-refused")).to_contain_text("whole number from 1 to 64")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.locator("[data-argument=stride]").fill("2")
    page.locator("[data-argument=stride]").press("Enter")
    expect(page).to_have_url(re.compile("network="))
    page.reload()
    names = page.locator(".layer-table tbody code")
    expect(names).to_have_text([re.compile(r"Conv2d\(3, 6, 5, stride=2\)"), "ReLU()"])


def test_what_the_server_refuses_is_not_kept(page: Page) -> None:
    page.goto(f"{SMALL}&layer=0")
    # Past every bound that the page knows of: refused by the server alone.
    sizes = page.get_by_label("Input", exact=True)
    page.locator("[data-argument=stride]").fill("2")
    page.locator("[data-argument=stride]").press("Enter")
    expect(tab(page, "PyTorch").get_by_label(CODE)).to_have_value(re.compile("stride=2"))
    sizes.fill("3, 5000, 32")
    sizes.press("Enter")
    expect(page.locator(".sizes-problem")).to_contain_text("4096")
    expect(page).to_have_url(re.compile("network="))
    page.reload()
    expect(sizes).to_have_value("3, 32, 32")
    expect(page.locator(".layer-table tbody tr")).to_have_count(2)


def test_sizes_that_are_none_are_said_at_their_field(page: Page) -> None:
    page.goto("/network?architecture=lenet5")
    sizes = page.get_by_label("Input", exact=True)
    for wrong in ("abc", "", "-1,3,3", "3,0,0", "3;32;32", "3,32.5,32"):
        sizes.fill("1, 32, 32")
        sizes.press("Enter")
        expect(page.locator(".sizes-problem")).to_have_text("")
        sizes.fill(wrong)
        sizes.press("Enter")
        expect(page.locator(".sizes-problem")).to_contain_text("channels, height, width")


def test_quick_actions_each_count(page: Page) -> None:
    page.goto(SMALL)
    names = page.locator(".layer-table tbody code")
    page.get_by_role("button", name="Dropout", exact=True).dblclick()
    expect(names).to_have_text(["Conv2d(3, 6, 5)", "ReLU()", "Dropout()", "Dropout()"])
    page.locator("g.volume").nth(1).press("Enter")
    page.get_by_role("button", name="Move right").dblclick()
    expect(names).to_have_text(["ReLU()", "Dropout()", "Conv2d(3, 6, 5)", "Dropout()"])
    page.locator("g.volume").nth(1).press("Enter")
    page.locator("g.volume:focus").evaluate(
        """(volume) => { for (let n = 0; n < 3; n++) volume.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Delete', bubbles: true, cancelable: true })) }"""
    )
    expect(names).to_have_text(["Dropout()"])


def test_keys_act_on_the_focused_layer_and_the_focus_stays(page: Page) -> None:
    page.goto(SMALL)
    names = page.locator(".layer-table tbody code")
    relu = page.get_by_role("button", name=re.compile("^1: ReLU"))
    relu.focus()
    relu.press("Enter")
    relu.press("Enter")
    expect(page.locator(".layer-card")).to_have_count(0)
    page.keyboard.press("Alt+ArrowLeft")
    expect(names).to_have_text(["ReLU()", "Conv2d(3, 6, 5)"])
    page.get_by_role("button", name=re.compile("^1: Conv2d")).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(names).to_have_text(["ReLU()"])
    expect(page.get_by_role("button", name=re.compile("^0: ReLU"))).to_be_focused()
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    for _ in range(3):
        undo.press("Enter")
    expect(undo).to_be_disabled()
    expect(undo).to_be_focused()


def test_the_focus_goes_with_a_block_and_with_what_is_mended(page: Page) -> None:
    page.goto("/network?architecture=resnet18")
    page.get_by_role("button", name=re.compile(r"^layer2\.0: .*closed")).press("Enter")
    bracket = page.get_by_role("button", name=re.compile(r"^layer2\.0: .*open"))
    expect(bracket).to_be_focused()
    bracket.press("Enter")
    expect(page.get_by_role("button", name=re.compile(r"^layer2\.0: .*closed"))).to_be_focused()
    page.goto(
        "/network?source=nn.Sequential(nn.Conv2d(3,8,3),nn.Conv2d(4,8,3))&input=3,8,8&layer=1"
    )
    page.get_by_role("button", name="Set in_channels to 8").press("Enter")
    expect(page.locator("[data-argument=in_channels]")).to_be_focused()


def test_a_server_out_of_reach_is_asked_again(page: Page) -> None:
    page.goto(SMALL)
    totals = page.locator(".headline .totals")
    down = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"message": "busy"}}
    # As a refusal to the page, not as an error of the wire, which the console would tell of.
    page.evaluate(
        """(down) => { window.real = window.fetch; window.fetch = async () => {
            if (down) return new Response(JSON.stringify(down.json), down)
            throw new TypeError('Failed to fetch') } }""",
        down,
    )
    page.get_by_label("Network", exact=True).select_option("alexnet")
    expect(page.get_by_text("it is asked again")).to_have_count(1)
    expect(totals).to_be_hidden()
    page.evaluate("() => { window.fetch = window.real }")
    expect(totals).to_contain_text("61.1M")
    expect(totals).to_contain_text("56.5 %")
    expect(totals).to_be_visible()
    expect(page.get_by_text("it is asked again")).to_have_count(0)


def test_a_unit_of_another_network_is_no_dead_end(page: Page) -> None:
    page.goto("/network?view=field&architecture=vgg16&layer=features.29&unit=7,7")
    expect(page.locator("figcaption")).to_contain_text("196 × 196 pixels")
    page.get_by_role("tab", name="Network", exact=True).click()
    page.get_by_label("Network", exact=True).select_option("alexnet")
    page.get_by_role("tab", name="Receptive field", exact=True).click()
    expect(page.get_by_label(re.compile("^row"))).to_be_visible()
    expect(page.locator("main .problem[role=alert]")).to_have_count(0)


def test_a_network_that_does_not_run_says_so(page: Page) -> None:
    layers = "nn.Conv2d(3,6,5),nn.Linear(10,10),nn.ReLU(),nn.Conv2d(6,6,50)"
    page.goto(f"/network?source=nn.Sequential({layers})&input=3,32,32")
    expect(page.locator(".headline .misfits")).to_contain_text("2 layers do not fit")


def test_a_long_source_comes_back(page: Page) -> None:
    page.goto(SMALL)
    source = "nn.Sequential(" + "nn.ReLU(),  # and what is said of it\n" * 1300 + ")"
    tab(page, "PyTorch").get_by_label(CODE).fill(source)
    expect(page).to_have_url(re.compile("packed_source="))
    page.reload()
    expect(tab(page, "PyTorch").get_by_label(CODE)).to_have_value(source)


def test_drag_a_layer_and_a_piece(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1100})
    page.goto(
        "/network?source=nn.Sequential(nn.Conv2d(3,8,3),nn.Conv2d(8,8,3),nn.Flatten())&input=3,12,12"
    )
    names = page.locator(".layer-table tbody code")
    first = page.get_by_role("button", name=re.compile("^0: Conv2d"))
    piece = page.get_by_role("button", name="MaxPool2d", exact=True)
    piece.hover()
    page.mouse.down()
    box = first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    expect(names).to_have_text(["Conv2d(3, 8, 3)", "MaxPool2d(2)", "Conv2d(8, 8, 3)", "Flatten()"])
    pool = page.get_by_role("button", name=re.compile("^1: MaxPool2d")).bounding_box()
    end = page.get_by_role("button", name=re.compile("^3: Flatten")).bounding_box()
    assert pool
    assert end
    page.mouse.move(pool["x"] + 6, pool["y"] + pool["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] - 6, end["y"], steps=6)
    page.mouse.up()
    expect(names).to_have_text(["Conv2d(3, 8, 3)", "Conv2d(8, 8, 3)", "MaxPool2d(2)", "Flatten()"])


def test_drag_delete_undo_and_redo(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1100})
    page.goto(
        "/network?source=nn.Sequential(nn.Conv2d(3,8,3),nn.Flatten(),nn.Linear(800,10))"
        "&input=3,12,12"
    )
    names = page.locator(".layer-table tbody code")
    there = ["Conv2d(3, 8, 3)", "Flatten()", "Linear(800, 10)"]
    moved = ["Linear(800, 10)", "Conv2d(3, 8, 3)", "Flatten()"]
    last = page.get_by_role("button", name=re.compile("^2: Linear")).bounding_box()
    first = page.get_by_role("button", name=re.compile("^input:")).bounding_box()
    assert last
    assert first
    page.mouse.move(last["x"] + last["width"] / 3, last["y"] + last["height"] / 2)
    page.mouse.down()
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + first["height"] / 2, steps=8)
    page.mouse.up()
    expect(names).to_have_text(moved)
    page.keyboard.press("Control+z")
    expect(names).to_have_text(there)
    page.keyboard.press("Control+Shift+z")
    expect(names).to_have_text(moved)
    page.get_by_role("button", name="Undo").click()
    expect(names).to_have_text(there)
    delete = page.get_by_role("button", name="Delete layer")
    for left in (there[1:], ["Linear(432, 10)"]):
        page.locator(".layer-table tbody button").first.click()
        if not delete.count():
            page.locator(".layer-table tbody button").first.click()
        delete.click()
        expect(names).to_have_count(len(left))
    # One layer has to stay, and the button says so.
    expect(delete).to_be_disabled()
    for count in (2, 3):
        page.get_by_role("button", name="Undo").click()
        expect(names).to_have_count(count)
    expect(names).to_have_text(there)


def test_the_paper_s_stride_is_counted_and_explained(page: Page) -> None:
    page.goto("/network?architecture=resnet50")
    totals = page.locator(".totals").first
    expect(totals).to_contain_text("4.1G")
    expect(totals).to_contain_text("76.1 %")
    expect(page.locator(".stage-facts .about")).to_contain_text("torchvision on its 3 × 3")
    page.get_by_label("1 × 1, paper").check()
    expect(totals).to_contain_text("3.9G")
    # That accuracy was measured with the other stride.
    expect(totals).not_to_contain_text("top-1")


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "lenet5"])
def test_what_is_taken_along_holds_the_whole_drawing(page: Page, name: str) -> None:
    page.goto(f"/network?architecture={name}")
    count = page.locator("g.volume").count()
    sizes = page.locator(".size tspan").all_text_contents()
    kept = {}
    tab(page, "Take it along")
    for ending in ("SVG", "PNG", "TikZ"):
        with page.expect_download() as download:
            page.get_by_role("button", name=ending, exact=True).click()
        kept[ending] = download.value.path().read_bytes()
    root = ElementTree.fromstring(kept["SVG"])
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    found = list(root.iter())
    gates = page.locator("g.volume.gate").count()
    assert sum(one.tag.endswith("polygon") for one in found) == 3 * (count - gates)
    told = [one.text for one in found if one.tag.endswith("text")]
    assert told[: len(sizes)] == sizes
    for one in found:
        for pair in one.get("points", "").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
        if one.tag.endswith("text"):
            assert 0 < float(one.get("x", 0)) < width
            assert 0 < float(one.get("y", 0)) < height
    pluses = kept["SVG"].count(b"<circle")
    assert kept["TikZ"].count(b"\\filldraw") == 3 * (count - gates) + pluses
    picture = Image.open(BytesIO(kept["PNG"])).convert("L")
    # Something is drawn, and nothing reaches the picture's edge.
    low, high = picture.getextrema()
    assert high - low > 150
    edges = [(0, 0, picture.width, 4), (0, 0, 4, picture.height)]
    edges += [(picture.width - 4, 0, picture.width, picture.height)]
    for edge in edges:
        low, high = picture.crop(edge).getextrema()
        assert high - low < 12


def test_open_a_residual_block(page: Page) -> None:
    page.goto("/network")
    page.get_by_label("Network", exact=True).select_option("resnet50")
    block = page.get_by_role("button", name=re.compile(r"^layer1\.0: 12 layers, closed"))
    block.press("Enter")
    expect(page.get_by_role("button", name=re.compile(r"^layer1\.0\.add: Add"))).to_be_visible()
    expect(page.locator(".skip-wire").first).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^layer1\.0: \d+ layers, open")).press("Enter")
    expect(block).to_be_visible()
    page.get_by_label("1 × 1, paper").check()
    expect(page).to_have_url(re.compile("stride_on=1x1"))


def test_see_what_a_unit_sees(page: Page) -> None:
    page.goto("/network?view=field&layer=features.29&unit=7,7")
    expect(page.locator("figcaption")).to_contain_text("196 × 196 pixels")
    row = page.get_by_label(re.compile("^row"))
    row.focus()
    row.press("ArrowLeft")
    expect(page.locator("figcaption")).to_contain_text("rows 6 to 201")
    page.get_by_label("7 × 7", exact=True).check()
    panel = page.get_by_label("One large kernel or several small ones")
    expect(panel).to_contain_text("27C²")
    expect(panel).to_contain_text("49C²")


def test_measure_what_a_unit_looks_at(page: Page) -> None:
    page.goto("/network?view=field&architecture=cs231n&layer=block2.relu2")
    page.get_by_role("button", name="Measure what it looks at").click()
    expect(page.locator(".front-view canvas")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_label("The input from the front")).to_contain_text("pixels count")


def test_vgg16_beside_resnet152(page: Page) -> None:
    page.goto("/network?view=compare&compare=vgg16")
    page.get_by_label("ResNet-152", exact=True).check()
    table = page.get_by_role("group", name="Networks side by side")
    expect(table).to_contain_text("138,357,544")
    expect(table).to_contain_text("60,192,808")
    expect(page.locator(".scatter circle:not(.dot)")).to_have_count(2)
    expect(page.get_by_label("What slides say")).to_contain_text("GoogLeNet")
    expect(page).to_have_url(re.compile("compare=vgg16%2Cresnet152"))


@pytest.mark.parametrize("names", [list(ARCHITECTURES), ["vgg16", "resnet152"], ["squeezenet1_1"]])
def test_no_name_of_the_chart_stands_on_another(page: Page, names: list[str]) -> None:
    for width, height, more in ((1920, 1080, "&projector=1"), (1280, 800, ""), (360, 740, "")):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/network?view=compare&compare={','.join(names)}{more}")
        page.evaluate("document.fonts.ready")
        chart = page.locator(".scatter")
        texts = chart.evaluate(TEXTS)
        told = {text["said"] for text in texts}
        for row in (ARCHITECTURES[name] for name in names):
            assert row.top1 is None or row.title.replace("with batch norm", "BN") in told
        assert not overlaps(texts)
        # What is clipped would be clipped in the picture that one takes along.
        box = chart.bounding_box()
        assert box
        assert max(text["right"] for text in texts) <= box["x"] + box["width"]
        assert min(text["left"] for text in texts) >= box["x"]
        assert not more or min(text["size"] for text in texts) >= 23.9


def test_a_row_of_the_table_points_at_its_disc(page: Page) -> None:
    page.goto("/network?view=compare&compare=vgg16,vgg16_bn")
    page.get_by_role("button", name="VGG-16 with batch norm", exact=True).focus()
    expect(page.locator(".scatter .name.hovered")).to_have_text("VGG-16 BN")


def test_gradients_with_and_without_skip(page: Page) -> None:
    page.goto("/network?view=gradients&blocks=4")
    expect(page.locator(".curve")).to_have_count(4, timeout=PATIENCE)
    expect(page.locator("figcaption")).to_contain_text("times smaller")
    page.get_by_label("skip").check()
    expect(page.locator(".curve.asked.residual")).to_have_count(1, timeout=PATIENCE)


@pytest.mark.parametrize("format", ["SVG", "PNG", "TikZ", "PyTorch", "JSON"])
def test_take_it_along(page: Page, format: str) -> None:
    page.goto("/network?architecture=resnet18")
    endings = {"SVG": "svg", "PNG": "png", "TikZ": "tex", "PyTorch": "py", "JSON": "json"}
    panel = tab(page, "Take it along")
    with page.expect_download() as download:
        panel.get_by_role("button", name=format, exact=True).click()
    assert download.value.suggested_filename == f"resnet18.{endings[format]}"
    assert download.value.path().stat().st_size > 1_000


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
@pytest.mark.parametrize("view", ["network&layer=features.5", "field", "compare", "gradients"])
def test_axe_finds_nothing(
    page: Page, axe: Callable[[Page], list[str]], view: str, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"/network?view={view}{'&projector=1' if theme == 'projector' else ''}")
    page.wait_for_load_state("networkidle")
    assert not axe(page)


@pytest.mark.parametrize("view", ["network&layer=features.5", "field", "compare", "gradients"])
def test_nothing_overflows_on_a_phone(page: Page, view: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/network?view={view}")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("view", ["field", "compare", "gradients"])
def test_every_drawing_can_be_kept(page: Page, view: str) -> None:
    page.goto(f"/network?view={view}")
    # The process with torch takes its time to begin.
    expect(page.locator(".scatter, .curves, .cone").first).to_be_visible(timeout=PATIENCE)
    tab(page, "Take it along")
    for ending, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as kept:
            page.get_by_role("button", name=ending, exact=True).click()
        assert kept.value.suggested_filename.endswith(ending.lower())
        content = kept.value.path().read_bytes()
        assert content.startswith(start)
        assert len(content) > 5_000
        assert b"/api/images" not in content
    with page.expect_download() as kept:
        page.get_by_role("button", name="TikZ", exact=True).click()
    assert kept.value.suggested_filename.endswith(".tex")
    assert b"\\begin{tikzpicture}" in kept.value.path().read_bytes()
