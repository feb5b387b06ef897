"""A network on its stage: sizes of what is read and hit, the walk through it, and the card."""

import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.drawn import BRANCHED, DRAWN, FRONTS, READ, SOURCE_LINK, TEXTS, overlaps
from tests.browser.visitor import PATIENCE, tab


@pytest.mark.parametrize("network", [*DRAWN, BRANCHED])
def test_no_label_of_a_drawing_stands_on_another(page: Page, network: str) -> None:
    for width, height, more, least in (
        (1920, 1080, "&projector=1", 24), (1280, 800, "", 12), (360, 740, "", 12)
    ):  # fmt: skip
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/network?{network}{more}")
        # The wall's mode would stay on from page to page.
        page.evaluate("sessionStorage.clear()")
        page.evaluate("document.fonts.ready")
        # Rows that go on below the stage are met at their end, where no bar lies over them.
        page.locator(".network-scroll").evaluate("stage => { stage.scrollTop = 10_000 }")
        page.evaluate("() => new Promise((then) => requestAnimationFrame(() => setTimeout(then)))")
        drawing = page.locator(".network-drawing").first
        texts = drawing.evaluate(TEXTS)
        assert len(texts) >= 9
        assert not overlaps(texts)
        assert min(text["size"] for text in texts) >= least - 0.1
        box = drawing.bounding_box()
        assert box
        assert all(box["x"] <= text["left"] for text in texts)
        assert all(text["right"] <= box["x"] + box["width"] for text in texts)
        fronts = drawing.evaluate(FRONTS)
        assert min(min(front) for front in fronts) >= 28 - 0.1


@pytest.mark.parametrize("network", DRAWN)
def test_a_network_is_a_slide(page: Page, network: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"/network?{network}&projector=1")
    page.evaluate("document.fonts.ready")
    for part in (page.locator(".headline"), page.locator(".network-stage")):
        for text in part.evaluate(READ):
            assert text["size"] >= 24 - 0.1, text
            assert text["bottom"] <= 1080, text
    box = page.locator(".headline").bounding_box()
    assert box
    assert box["height"] < 80
    # A clicker's keys walk through, and what is walked to is in view.
    volumes = page.locator("g.volume")
    for key, at in (("PageDown", 1), ("PageDown", 2), ("PageUp", 1), ("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        chosen = volumes.nth(at)
        expect(chosen).to_have_class(re.compile("chosen"))
        expect(chosen).to_be_in_viewport(ratio=0.5)
    expect(page.locator(".layer-card")).to_have_count(0)
    page.keyboard.press("3")
    expect(page.get_by_role("group", name="Networks side by side")).to_be_visible()


def test_a_drawing_of_many_rows_goes_on_within_its_slide(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    block = "inception3a"
    branches = [f"{block}.branch{n}" for n in (1, 2, 3, 4)]
    parts = [f"{branch}.{n}" for branch in branches[1:] for n in (0, 1)]
    opened = ",".join([block, *branches, *parts])
    page.goto(f"/network?architecture=googlenet&open={opened}&projector=1")
    drawing = page.locator(".network-scroll")
    assert drawing.evaluate("(part) => part.scrollHeight > part.clientHeight + 100")
    for part in (".player", ".walk-hint", ".stage-facts .about"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    # Each layer of each row comes into view as it is walked to.
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        expect(page.locator("g.volume.chosen .front")).to_be_in_viewport(ratio=1)
        expect(page.locator(".walk-said")).to_be_in_viewport(ratio=1)


def test_a_caption_is_read_on_the_wall(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    for name, said in (("alexnet", "ImageNet 2012"), ("vgg16", "GoogLeNet won")):
        page.goto(f"/network?architecture={name}&projector=1")
        expect(page.locator(".stage-facts .about")).to_contain_text(said)
        expect(page.locator(".stage-facts .about")).to_be_in_viewport(ratio=1)


def test_the_layers_are_walked_through_and_told(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/network?architecture=lenet5")
    said = page.locator(".walk-said[aria-live=polite]")
    expect(said).to_be_empty()
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("c1 (Conv2d): out comes 6 × 28 × 28; 156 parameters, "
                              "117,600 multiply-adds.")  # fmt: skip
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Tanh")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("c1 (Conv2d)")
    page.keyboard.press("Home")
    expect(said).to_have_text("In comes 1 × 32 × 32.")
    # What is chosen otherwise is where the walk goes on.
    page.get_by_role("button", name=re.compile("^c3: Conv2d")).press("Enter")
    page.get_by_role("button", name="Step forward").click()
    expect(page.locator("g.volume.chosen")).to_have_attribute("aria-label", re.compile("^tanh3"))
    page.get_by_role("button", name="Play", exact=True).click()
    last = page.locator("g.volume").last
    expect(last).to_have_class(re.compile("chosen"), timeout=PATIENCE)


@pytest.mark.parametrize("network", ["architecture=vgg16", "architecture=resnet50", SOURCE_LINK])
def test_the_card_of_a_layer_stands_beside_the_drawing(page: Page, network: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/network?{network}")
    volume = page.locator("g.volume").nth(1)
    volume.press("Enter")
    card = page.locator(".layer-card")
    expect(card.get_by_role("heading")).to_be_in_viewport(ratio=1)
    expect(card.get_by_text("Output", exact=True)).to_be_in_viewport(ratio=1)
    drawing = page.locator(".network-figure").bounding_box()
    box = card.bounding_box()
    assert drawing
    assert box
    assert box["x"] >= drawing["x"] + drawing["width"]
    assert page.evaluate("scrollY") == 0
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)
    expect(volume).to_be_focused()


def test_on_a_phone_the_card_is_a_sheet_under_the_drawing(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/network?architecture=alexnet")
    volume = page.get_by_role("button", name=re.compile("^features.0: Conv2d"))
    volume.press("Enter")
    card = page.locator(".layer-card")
    expect(card.get_by_role("heading")).to_be_in_viewport(ratio=1)
    box = card.bounding_box()
    assert box
    assert box["y"] > 740 / 2
    expect(volume.locator(".front")).to_be_in_viewport(ratio=0.9)
    # Walking on needs the room.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Step forward").press("Enter")
    expect(card).to_have_count(0)


def test_the_keyboard_stops_once_at_each_group(page: Page) -> None:
    page.goto("/network?architecture=resnet50")
    stops = """(part) => [...part.querySelectorAll('a, button, [tabindex]')]
        .filter((one) => one.tabIndex === 0).length"""
    for part in (".chips", ".layer-table tbody", ".network-drawing"):
        assert page.locator(part).evaluate(stops) <= (2 if "drawing" in part else 1)
    rows = page.locator(".layer-table tbody button")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Layer fc", exact=True)).to_be_visible()


@pytest.mark.parametrize("view", ["network", "compare", "gradients"])
def test_what_scrolls_sideways_says_so(page: Page, view: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/network?view={view}&blocks=2")
    table = page.locator(".layer-table, .compare-table").first
    table.wait_for(timeout=PATIENCE)
    wider = table.evaluate("(table) => table.scrollWidth > table.clientWidth + 1")
    expect(table).to_have_attribute("data-more", "right" if wider else "")
    assert not wider or table.evaluate("(table) => getComputedStyle(table).maskImage") != "none"
    table.evaluate("(table) => table.scrollTo({ left: 10_000, behavior: 'instant' })")
    expect(table).to_have_attribute("data-more", "left" if wider else "")


def test_a_finger_hits_layers_and_pieces(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/network?architecture=lenet5")
    small = """(part) => [...part.querySelectorAll(
            '.piece, .layer-name, .choice label, .costs label, g.volume:not(.slab) .reach'
        )]
        .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 43.9 || height < 43.9)
        .map(([said]) => said)"""
    assert page.locator("main").evaluate(small) == []


def test_no_screen_shows_the_numbers_of_two_networks(page: Page) -> None:
    page.goto("/network?architecture=vgg16")
    page.evaluate(
        """() => { const real = window.fetch; window.fetch = async (...asked) => {
            await new Promise((go) => { window.release = go }); return real(...asked) } }"""
    )
    page.get_by_label("Network", exact=True).select_option("resnet152")
    totals = page.locator(".headline .totals")
    expect(totals).to_be_hidden()
    assert "78.3" not in totals.inner_text()
    expect(page.locator(".stage-facts .about")).not_to_contain_text("Every block")
    page.evaluate("window.release()")
    expect(totals).to_contain_text("78.3 %")
    expect(totals).to_contain_text("60.2M")
    expect(page.locator(".stage-facts .about")).to_contain_text("Every block")


def test_two_of_3x3_seen_as_one_of_5x5_is_a_picture_of_its_own(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/network?view=field")
    page.get_by_role("link", name="Only this").click()
    expect(page.locator(".network-figure")).to_have_count(0)
    for more in ("", "&projector=1"):
        page.goto(f"/network?view=stack{more}")
        expect(page.locator(".sheet-stack")).to_have_count(2)
        expect(page.locator(".sheet-stack").last).to_contain_text("sees 5 × 5")
        expect(page.locator(".sheet-stack").last).to_contain_text("through 3 × 3")
        expect(page.get_by_text("18C²").first).to_be_in_viewport(ratio=1)
    assert min(text["size"] for text in page.locator(".stack-panel").evaluate(READ)) >= 23.9


def test_large_numbers_are_typeset_as_powers(page: Page) -> None:
    page.goto("/network?view=gradients&blocks=40")
    expect(page.locator("figcaption")).to_contain_text(
        re.compile("×10[⁰¹²³⁴⁵⁶⁷⁸⁹]+ times"), timeout=PATIENCE
    )
    cells = page.locator(".compare-table td").all_inner_texts()
    assert any("×" in cell for cell in cells)
    assert not [cell for cell in cells if re.search(r"\de", cell)]


def test_fronts_show_what_a_network_that_ships_sees_in_the_photo(page: Page) -> None:
    page.goto("/network?architecture=squeezenet1_1")
    fronts = page.locator(".network-drawing [data-volume] image")
    # The photo and each closed block; what follows the last map is a vector.
    expect(page.locator("[data-volume='3'] image")).to_have_attribute("href", re.compile("^data:"))
    pictures = fronts.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert pictures[0] == "/api/images/chelsea"
    assert len(set(pictures)) == len(pictures) > 8
    page.get_by_role("link", name="look inside").click()
    expect(page).to_have_url(re.compile(r"/activations\?model=squeezenet1_1&image=chelsea"))


def test_fronts_of_a_network_without_weights_are_bare(page: Page) -> None:
    page.goto("/network?architecture=alexnet")
    expect(page.locator(".network-drawing [data-volume] image")).to_have_count(1)
    expect(page.get_by_role("link", name="look inside")).to_have_count(0)


def test_branches_are_rows_that_are_walked_opened_and_closed(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/network?architecture=googlenet")
    rows = [page.get_by_role("button", name=re.compile(f"^inception3a.branch{n}:")) for n in (1, 2)]
    first, second = (row.locator(".front").bounding_box() for row in rows)
    assert first
    assert second
    assert abs(first["x"] - second["x"]) < 1
    assert second["y"] > first["y"] + first["height"]
    expect(page.locator(".branch-wire")).to_have_count(8)
    # Walked one by one, each told, with what comes to it on its way along the wires.
    page.get_by_role("button", name=re.compile("^maxpool2: ")).press("Enter")
    page.get_by_role("button", name="Step forward").click()
    expect(page.locator(".walk-said")).to_contain_text("inception3a.branch1")
    page.get_by_role("button", name="Step forward").click()
    expect(page.locator(".walk-said")).to_contain_text("inception3a.branch2")
    # A branch opens in its row, and closes by its bracket there.
    rows[1].press("Enter")
    expect(page.get_by_role("button", name=re.compile(r"^inception3a.branch2.0:"))).to_be_visible()
    bracket = page.get_by_role("button", name=re.compile("^inception3a.branch2: "))
    expect(bracket).to_contain_text("branch2")
    expect(page.get_by_role("button", name=re.compile("^inception3a: "))).to_be_visible()
    bracket.press("Enter")
    expect(rows[1]).to_be_focused()


def foot(page: Page) -> Image.Image:
    """The lower edge of the drawing as it is taken along, as wide as it."""
    tab(page, "Take it along")
    with page.expect_download() as kept:
        page.get_by_role("button", name="PNG", exact=True).click()
    picture = Image.open(kept.value.path()).convert("RGB")
    return picture.crop((0, picture.height - 90, picture.width, picture.height))


def test_on_the_wall_the_bars_stay_in_view_whatever_is_open(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    inside = ",".join(["inception3a"] + [f"inception3a.branch{n}" for n in (2, 3, 4)])
    page.goto(f"/network?architecture=googlenet&open={inside}&projector=1")
    stage = page.locator(".network-scroll")
    rows = "stage => stage.scrollHeight > stage.clientHeight + 1"
    # Rows that go on below the stage, as they would in a lower window.
    page.set_viewport_size({"width": 1920, "height": 800})
    page.wait_for_function(f"() => ({rows})(document.querySelector('.network-scroll'))")
    edge = """stage => stage.getBoundingClientRect().bottom
        - stage.querySelector('.bars-again .floor').getBoundingClientRect().bottom"""
    for top in (0, 40, 10_000):
        stage.evaluate("(stage, top) => stage.scrollTo({ top, behavior: 'instant' })", top)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert 0 <= stage.evaluate(edge) <= 40
    # What lies beneath the stage keeps its place.
    expect(page.locator(".network-stage .player")).to_be_in_viewport(ratio=1)
    # What is taken along is the drawing, with its bars where they belong.
    raised = foot(page)
    page.set_viewport_size({"width": 1920, "height": 1400})
    expect(page.locator(".bars-again")).to_have_count(0)
    assert raised.getcolors(3) is None, "there are bars"
    assert foot(page) == raised


OPEN = "inception3a,inception3a.branch2"


@pytest.mark.parametrize(
    "of", ["vgg16", "resnet152", "alexnet", "resnet152&open=layer3", f"googlenet&open={OPEN}"]
)
def test_all_rows_of_a_network_stand_above_the_bars_of_a_small_wall(page: Page, of: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/network?architecture={of}&projector=1")
    stage = page.locator(".network-scroll")
    page.wait_for_load_state("networkidle")
    assert stage.evaluate("stage => stage.scrollHeight <= stage.clientHeight")
    expect(page.locator(".bars-again")).to_have_count(0)
    expect(page.locator(".network-stage .player")).to_be_in_viewport(ratio=1)
    expect(page.locator(".stage-facts .about").first).to_be_in_viewport(ratio=1)
    # As large as on a wall of 1080, for its height.
    assert min(text["size"] for text in page.locator(".network-stage").evaluate(READ)) >= 15.9


@pytest.mark.parametrize(
    ("address", "part", "least"),
    [
        ("/network?architecture=vgg16", ".network-figure", 0.9),
        ("/training?experiment=overfitting", ".lab-settings", 0.95),
        ("/training?experiment=classifier-2d", ".lab-settings", 0.95),
        ("/convolution?layer=MaxPool2d", ".maps", 0.6),
        ("/convolution?layer=MaxPool2d", ".arithmetic", 0.55),
        ("/activations?view=layer", ".layer-inputs", 0.8),
    ],
)
def test_a_figure_is_as_high_as_the_wall_lets_it_be(
    page: Page, address: str, part: str, least: float
) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{address}&projector=1")
    lowest = page.locator(part).last
    lowest.wait_for(timeout=PATIENCE)
    page.wait_for_load_state("networkidle")
    bottom = lowest.evaluate("part => part.getBoundingClientRect().bottom")
    assert least * 1080 <= bottom <= 1080
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
