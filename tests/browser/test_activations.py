"""/activations in a browser: a network looks at a photo, at a drawing, at what one brings along."""

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect
from safetensors.numpy import save

from tests.browser.visitor import PATIENCE, at_step, leave_fields, point_on
from tests.written import number

CHELSEA = "/activations?image=chelsea"
CAT = re.compile("cat|tabby")
LOOK = PATIENCE  # some of it waits for torch
STEPS = 134  # SqueezeNet's layers and its picture, there and back


def visit(page: Page, address: str) -> None:
    """The first look starts a process that imports torch, and the page waits a while for it."""
    page.goto(address, timeout=LOOK)


def looked(page: Page) -> None:
    """The maps are there."""
    expect(page.locator(".network-strip[aria-busy=false]")).to_be_visible(timeout=LOOK)
    expect(maps_of(page, "input").locator("canvas")).to_be_visible()


def maps_of(page: Page, layer: str) -> Locator:
    return page.locator(f'[data-layer="{layer}"]')


def show(page: Page, name: str) -> None:
    """Chooses what the maps show."""
    page.locator(".shows").get_by_text(name, exact=True).click()


def top_class(page: Page) -> Locator:
    return page.locator(".classes li").first


def strongest(page: Page, image: str, layer: str, by: str = "size") -> list[int]:
    """The channels that the server names, the strongest first."""
    question = {"model": "squeezenet1_1", "image": image, "layers": [layer], "include": []}
    answer = page.request.post("/api/activations", data=question | {"strongest": 8}).json()
    rows = {row["name"]: row["strongest"] for row in answer["layers"]}
    channels: list[int] = rows[layer][by]["channels"]
    return channels


def is_painted(place: Locator, colours: int = 20) -> None:
    """The mosaic comes to have more than so many colours."""
    found = place.locator("canvas").evaluate(
        """(canvas, colours) => new Promise((resolve) => {
            const until = performance.now() + 8000
            const look = () => {
                const { width, height } = canvas
                const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
                const count = new Set(new Uint32Array(data.buffer)).size
                if (count > colours || performance.now() > until) resolve(count)
                else requestAnimationFrame(look)
            }
            look()
        })""",
        colours,
    )
    assert found > colours


def test_photos_are_what_they_are(page: Page) -> None:
    visit(page, "/activations")
    expect(top_class(page)).to_contain_text("espresso", timeout=LOOK)
    looked(page)
    is_painted(maps_of(page, "features.0"), 50)
    page.get_by_role("button", name="the face of Chelsea, a cat").click()
    expect(top_class(page)).to_contain_text(CAT, timeout=LOOK)
    page.wait_for_url(re.compile("image=chelsea"))


def test_step_forward_and_back(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    at_step(page, STEPS // 2, STEPS)
    page.keyboard.press("Home")
    at_step(page, 0, STEPS)
    first = maps_of(page, "features.0")
    expect(first).to_have_attribute("data-shown", "")
    for position, shown in ((1, ""), (2, "features.0 activation"), (3, "features.1 activation")):
        page.keyboard.press("ArrowRight")
        at_step(page, position, STEPS)
        expect(first).to_have_attribute("data-shown", shown)
    expect(page.locator(".told")).to_contain_text("features.1, ReLU, gives 64 maps of 113 × 113")
    page.keyboard.press("End")
    at_step(page, STEPS, STEPS)
    expect(first).to_have_attribute("data-shown", "features.0 gradient")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    at_step(page, STEPS - 3, STEPS)
    expect(first).to_have_attribute("data-shown", "features.1 activation")
    expect(maps_of(page, "features.2")).to_have_attribute("data-shown", "features.2 gradient")


def test_playing_comes_to_the_gradients(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    page.get_by_label("Speed").select_option("4×")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(maps_of(page, "classifier.1")).to_have_attribute(
        "data-shown", "classifier.1 gradient", timeout=LOOK
    )
    expect(page.locator(".shows .gradient input")).to_be_checked()


def test_the_number_under_the_pointer_is_the_servers(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    box = maps_of(page, "features.8").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.31)
    expect(page.locator(".lens-name")).to_contain_text("features.8")
    shown = page.locator(".lens-value b")
    expect(shown).not_to_be_empty(timeout=LOOK)
    told = page.locator(".lens-value span").inner_text()
    channel, row, column = (int(n) for n in re.findall(r"\d+", told))
    question = {"model": "squeezenet1_1", "image": "chelsea", "layers": ["features.8"]}
    answer = page.request.post("/api/activations", data=question).json()
    wanted = answer["maps"]["features.8"]["activation"][channel][row][column]
    assert number(shown.inner_text()) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize(("by", "option"), [("size", "size"), ("part", "part")])
def test_the_strongest_maps_are_drawn_large_and_the_rest_is_one_key_away(
    page: Page, by: str, option: str
) -> None:
    visit(page, CHELSEA)
    looked(page)
    page.get_by_label("Which maps of a layer are drawn").select_option(option)
    place = maps_of(page, "features.8")
    expect(page.get_by_role("button", name="all 256 maps of features.8")).to_have_text("+248")
    box = place.bounding_box()
    assert box
    assert box["width"] >= 28
    assert box["height"] >= 8 * 28
    wanted = strongest(page, "chelsea", "features.8", by)
    for row in (0, 7):
        place.hover(position={"x": 9, "y": box["height"] * (row + 0.5) / 8})
        expect(page.locator(".lens-value span")).to_contain_text(f"[{wanted[row]},")
    page.get_by_role("button", name="all 256 maps of features.8").click()
    looked(page)
    grown = place.bounding_box()
    assert grown
    assert grown["width"] > 4 * box["width"]
    page.keyboard.press("a")
    expect(page.locator(".fold")).to_have_count(0)
    page.wait_for_url(re.compile("maps=all"))
    page.keyboard.press("a")
    expect(page.locator(".fold").first).to_be_visible()


def origins(page: Page, layer: str, channel: int) -> list[dict[str, Any]]:
    """What the server says that a map of Chelsea was made from."""
    question = {"model": "squeezenet1_1", "image": "chelsea"}
    asked = question | {"map": {"layer": layer, "channel": channel}}
    found: list[dict[str, Any]] = page.request.post("/api/activations", data=asked).json()["map"][
        "origins"
    ]
    return found


def test_a_chosen_map_shows_what_it_was_made_from(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    channel = strongest(page, "chelsea", "features.3.squeeze_activation")[0]
    wanted = origins(page, "features.3.squeeze", channel)
    maps_of(page, "features.3.squeeze").focus()
    page.keyboard.press("ArrowDown")
    edges = page.locator(".edges .edge")
    expect(edges).to_have_count(len(wanted), timeout=LOOK)
    drawn = edges.evaluate_all("all => all.map((edge) => edge.dataset.from)")
    assert drawn == [f"{row['layer']} {row['channel']}" for row in wanted]
    widths = edges.evaluate_all("all => all.map((edge) => +edge.getAttribute('stroke-width'))")
    assert widths == sorted(widths, reverse=True)
    kinds = edges.evaluate_all("all => all.map((edge) => edge.classList[1])")
    signs = [row["leaning"] for row in wanted]
    assert all(
        (kind == "adds") == (sign > 0.2) and (kind == "takes") == (sign < -0.2)
        for kind, sign in zip(kinds, signs, strict=True)
    )
    # A line ends where the map begins, and what was not used fades.
    mark = maps_of(page, "features.3.squeeze").locator(".mark.chosen").bounding_box()
    x, y = point_on(edges.first, 1.0)
    assert mark
    assert x == pytest.approx(mark["x"], abs=2)
    assert mark["y"] < y < mark["y"] + mark["height"]
    expect(page.locator(".edges .veil")).to_have_count(1)
    told = page.locator(".told")
    expect(told).to_contain_text(f"Map {channel} of features.3.squeeze is made from")
    page.keyboard.press("ArrowDown")
    second = strongest(page, "chelsea", "features.3.squeeze_activation")[1]
    expect(told).to_contain_text(f"Map {second} of")
    page.keyboard.press("Escape")
    expect(edges).to_have_count(0)


def test_each_step_is_said(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    told = page.locator(".told[aria-live=polite]")
    page.keyboard.press("Home")
    before = told.inner_text()
    for position in range(1, 6):
        page.keyboard.press("ArrowRight")
        at_step(page, position, STEPS)
        expect(told).not_to_have_text(before)
        before = told.inner_text()
    page.keyboard.press("End")
    expect(told).to_contain_text("gradient")


def test_what_the_maps_show(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    scale = page.get_by_label("Scale of the colours")
    expect(scale).to_have_value("layer")
    scale.select_option("scale per map")
    page.wait_for_url(re.compile("scale=map"))
    page.reload()
    expect(scale).to_have_value("map")
    looked(page)
    place = maps_of(page, "features.6.expand3x3")
    for name, shown in (
        ("Gradient", "features.6.expand3x3 gradient"),
        ("Activation × gradient", "features.6.expand3x3 product"),
        ("Weight", "features.6.expand3x3 weight"),
        ("Activation", "features.6.expand3x3_activation activation"),
    ):
        show(page, name)
        expect(place).to_have_attribute("data-shown", shown)
        looked(page)
        is_painted(place, 20)


def test_any_class_can_be_asked_about(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    page.get_by_label("Any other class").fill("goldf")
    page.get_by_role("button", name="goldfish").click()
    chosen = page.locator(".classes [aria-pressed=true]")
    expect(chosen).to_contain_text("goldfish", timeout=LOOK)
    page.get_by_label("What the gradients are of").select_option("its loss")
    page.wait_for_url(re.compile("target=1&of=loss"))
    looked(page)
    question = {"model": "squeezenet1_1", "image": "chelsea", "target": 1, "of": "loss"}
    wanted = page.request.post("/api/activations", data=question).json()["target"]["value"]
    shown = number(page.locator(".target b").inner_text())
    assert shown == pytest.approx(wanted, rel=1e-3)
    page.reload()
    expect(page.locator(".classes [aria-pressed=true]")).to_contain_text("goldfish")


def test_by_keyboard_from_layer_to_layer_and_into_one(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    page.locator(".maps-of[tabindex='0']").focus()
    name = page.locator(".lens-name")
    page.keyboard.press("ArrowRight")
    expect(name).to_contain_text("input")
    page.keyboard.press("ArrowRight")
    expect(name).to_contain_text("features.1 ReLU")
    expect(maps_of(page, "features.0")).to_be_focused()
    page.keyboard.press("ArrowDown")
    channel = strongest(page, "chelsea", "features.1")[1]
    expect(page.locator(".lens-value span")).to_contain_text(f"[{channel}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Layer", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    page.wait_for_url(re.compile(f"view=layer&layer=features.1&channel={channel}"))
    leave_fields(page)
    page.keyboard.press("Escape")
    expect(maps_of(page, "features.0").locator(".mark.chosen")).to_be_visible()


def test_by_touch_on_a_phone(browser: Browser, live_server: str) -> None:
    context = browser.new_context(
        base_url=live_server,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
    )
    page = context.new_page()
    visit(page, CHELSEA)
    looked(page)
    maps_of(page, "features.0").tap(position={"x": 8, "y": 9})
    expect(page.locator(".lens-name")).to_contain_text("features.1")
    expect(page.locator(".lens-value b")).not_to_be_empty(timeout=LOOK)
    # It is there where one looks, over the lower part of the screen, and goes again.
    sheet = page.get_by_role("group", name="One map").bounding_box()
    assert sheet
    assert sheet["y"] + sheet["height"] == pytest.approx(740, abs=1)
    assert sheet["y"] > 740 * 0.5
    tapped = maps_of(page, "features.0").locator(".mark.chosen").bounding_box()
    assert tapped
    assert tapped["width"] >= 44
    assert tapped["y"] + tapped["height"] <= sheet["y"]
    for name in ("Close", "Open layer", "Open unit"):
        target = page.get_by_role("button", name=name).bounding_box()
        assert target
        assert min(target["width"], target["height"]) >= 44
    page.get_by_role("button", name="Close").tap()
    expect(page.get_by_role("button", name="Open unit")).to_have_count(0)
    for kind in page.locator(".shows label").all():
        shown = kind.bounding_box()
        assert shown
        assert shown["x"] >= 0
        assert shown["x"] + shown["width"] <= 360
    maps_of(page, "features.0").tap(position={"x": 8, "y": 9})
    page.get_by_role("button", name="Open unit").tap()
    page.wait_for_url(re.compile("view=unit"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def chelsea_as(page: Page, event: str) -> None:
    """Pastes or drops the photo of Chelsea as a file."""
    page.evaluate(
        """async (name) => {
            const photo = await (await fetch('/api/images/chelsea?size=320')).blob()
            const data = new DataTransfer()
            data.items.add(new File([photo], 'cat.png', { type: 'image/png' }))
            const init = { bubbles: true, cancelable: true }
            window.dispatchEvent(
                name === 'paste'
                    ? new ClipboardEvent('paste', { ...init, clipboardData: data })
                    : new DragEvent('drop', { ...init, dataTransfer: data }),
            )
        }""",
        event,
    )


@pytest.mark.parametrize("way", ["file", "paste", "drop"])
def test_a_picture_of_ones_own(page: Page, way: str) -> None:
    visit(page, "/activations")
    looked(page)
    if way == "file":
        photo = page.request.get("/api/images/chelsea?size=320").body()
        page.locator("input[type=file]").set_input_files(
            {"name": "cat.png", "mimeType": "image/png", "buffer": photo}
        )
    else:
        chelsea_as(page, way)
    expect(top_class(page)).to_contain_text(CAT, timeout=LOOK)
    looked(page)
    page.wait_for_url(lambda url: "image=" not in url)


def test_what_is_no_picture_is_refused_in_words(page: Page) -> None:
    visit(page, "/activations")
    looked(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    expect(page.locator(".picture .problem")).to_contain_text("picture", ignore_case=True)
    expect(top_class(page)).to_contain_text("espresso", timeout=LOOK)


def three() -> list[tuple[float, float]]:
    """The stroke of a 3, in shares of the sheet: one bow above another."""
    bows = ((-150, 90, 0.34, 0.17, 0.15), (-80, 155, 0.66, 0.19, 0.17))
    return [
        (0.5 + wide * math.cos(math.radians(angle)), y + high * math.sin(math.radians(angle)))
        for first, last, y, wide, high in bows
        for angle in range(first, last, 12)
    ]


def draw(page: Page, stroke: list[tuple[float, float]]) -> None:
    box = page.locator(".pad canvas").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def test_a_drawn_three_is_a_three(page: Page) -> None:
    visit(page, "/activations?model=digits&image=digit-7")
    looked(page)
    expect(top_class(page)).to_contain_text("7")
    answers = 0

    def count(response: Response) -> None:
        nonlocal answers
        answers += "/api/activations" in response.url

    page.on("response", count)
    draw(page, three())
    expect(top_class(page)).to_contain_text("3")
    looked(page)
    assert answers > 3, "it is answered while it is drawn"
    is_painted(maps_of(page, "conv1"), 20)
    page.get_by_role("button", name="Clear the sheet").click()
    expect(page.locator(".pad p")).to_be_visible()
    looked(page)


def test_a_stroke_can_be_taken_back(page: Page) -> None:
    visit(page, "/activations?model=digits&image=digit-7")
    looked(page)
    draw(page, [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)])
    expect(top_class(page)).to_contain_text("1")
    draw(page, [(0.1, 0.5), (0.5, 0.5), (0.9, 0.5)])
    looked(page)
    page.keyboard.press("Control+z")
    expect(top_class(page)).to_contain_text("1")
    page.keyboard.press("Control+z")
    expect(page.locator(".pad p")).to_be_visible()


def test_the_camera_is_asked_again_after_each_answer(page: Page) -> None:
    page.add_init_script(
        """navigator.mediaDevices.getUserMedia = async () => {
            const canvas = document.createElement('canvas')
            canvas.width = canvas.height = 64
            const paint = canvas.getContext('2d')
            setInterval(() => paint.fillRect(Math.random() * 64, Math.random() * 64, 9, 9), 40)
            return canvas.captureStream(25)
        }"""
    )
    visit(page, "/activations")
    looked(page)
    under_way, most, frames = 0, 0, 0

    def asked(route: Route) -> None:
        nonlocal under_way, most, frames
        assert json.loads(route.request.post_data or "{}")["image"].startswith("data:image/jpeg")
        under_way += 1
        most = max(most, under_way)
        frames += 1
        response = route.fetch()
        under_way -= 1
        route.fulfill(response=response)

    page.route("**/api/activations", asked)
    page.get_by_role("button", name="Camera", exact=True).click()
    with page.expect_response("**/api/activations", timeout=LOOK):
        pass
    with page.expect_response("**/api/activations", timeout=LOOK):
        pass
    at_once = most
    page.get_by_role("button", name="Stop").click()
    page.unroute_all(behavior="ignoreErrors")  # one may be under way
    expect(page.locator("video")).to_have_count(0)
    looked(page)
    assert frames >= 2
    assert at_once == 1


def test_a_busy_server_is_asked_again(browser: Browser, live_server: str) -> None:
    page = browser.new_context(base_url=live_server).new_page()
    refused = 0

    def busy(route: Route) -> None:
        nonlocal refused
        refused += 1
        if refused > 1:
            route.fallback()
            return
        problem: dict[str, Any] = {"message": "busy", "where": {}, "suggestion": None}
        route.fulfill(status=503, headers={"Retry-After": "2"}, json=problem)

    page.route("**/api/activations", busy)
    visit(page, "/activations")
    expect(page.locator(".waiting-says")).to_contain_text("asked again in")
    looked(page)
    expect(page.locator(".waiting-says")).to_have_count(0)
    assert refused > 1
    is_painted(maps_of(page, "features.0"), 50)
    page.context.close()


def test_a_server_out_of_reach_is_asked_again_in_every_view(
    browser: Browser, live_server: str
) -> None:
    page = browser.new_context(base_url=live_server).new_page()
    page.route("**/api/**", lambda route: route.abort())
    visit(page, "/activations?view=looks")
    expect(page.locator(".waiting-says").first).to_contain_text(
        "does not answer; it is asked again"
    )
    page.unroute("**/api/**")
    expect(page.locator(".nine img").first).to_be_visible(timeout=LOOK)
    expect(page.locator(".waiting-says")).to_have_count(0)
    page.context.close()


def test_by_keyboard_to_a_pixel_and_back(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    name = "features.4.expand3x3"
    maps_of(page, name).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".large-map .map-area")).to_be_focused(timeout=LOOK)
    page.keyboard.press("Enter")
    expect(page.locator(".unit-places .map-area")).to_be_focused(timeout=LOOK)
    page.keyboard.press("Escape")  # the way back leads up through the map that was opened
    expect(page.locator(".large-map .map-area")).to_be_focused(timeout=LOOK)
    page.keyboard.press("Escape")
    expect(maps_of(page, name)).to_be_focused()
    expect(maps_of(page, name).locator(".mark.chosen")).to_be_visible()
    page.keyboard.press("Escape")  # nothing is chosen now; Enter opens what has the focus
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"view=layer&layer={name}"))


def test_the_browser_goes_back_from_view_to_view(page: Page) -> None:
    visit(page, CHELSEA)
    looked(page)
    for view in ("Layer", "Unit"):
        page.get_by_role("tab", name=view, exact=True).click()
        page.wait_for_url(re.compile(f"view={view.lower()}"))
    page.go_back()
    expect(page.locator(".large-map")).to_be_visible(timeout=LOOK)
    page.go_back()
    looked(page)
    assert "view=" not in page.url
    page.go_forward()
    expect(page.locator(".large-map")).to_be_visible(timeout=LOOK)
    assert "view=layer" in page.url


def test_a_class_is_found_by_its_own_name(page: Page) -> None:
    visit(page, "/activations?image=coffee")
    looked(page)
    page.get_by_placeholder("Any of").fill("espresso")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("target=967"))


def test_a_network_of_ones_own_comes_from_the_page_on_networks(page: Page) -> None:
    source = "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4704, 7))"
    visit(page, f"/network?source={source}&input=3,32,32")
    page.get_by_role("button", name="Look at an image with it").click()
    page.wait_for_url(re.compile("/activations"))
    looked(page)
    expect(page.get_by_label("Network", exact=True)).to_have_value("")
    expect(page.locator(".classes li")).to_have_count(5)
    before = page.locator(".target b").inner_text()
    page.get_by_label("seed").fill("7")
    page.get_by_label("seed").press("Enter")
    expect(page.locator(".target b")).not_to_have_text(before, timeout=LOOK)
    page.wait_for_url(re.compile("seed=7"))


def test_weights_of_ones_own_are_taken_and_others_refused_in_words(page: Page) -> None:
    source = "nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())"
    visit(page, "/activations?" + urlencode({"source": source, "input": "3,16,16"}))
    looked(page)
    given = {
        "0.weight": np.zeros((2, 3, 3, 3), np.float32),
        "0.bias": np.array([-1.25, 4.5], np.float32),
    }
    choose = page.locator("input[type=file][accept='.safetensors']")
    file = {"name": "mine.safetensors", "mimeType": "application/octet-stream"}
    choose.set_input_files(files=[{**file, "buffer": save(given)}])
    # No pixel counts with these: the scores are the biases.
    expect(top_class(page)).to_contain_text("class 1", timeout=LOOK)
    expect(page.locator(".classes")).to_contain_text("100 %")
    expect(page.get_by_text("mine.safetensors")).to_be_visible()
    choose.set_input_files(files=[{**file, "buffer": save({"0.weight": given["0.weight"]})}])
    expect(page.get_by_role("alert")).to_contain_text("`0.bias` are missing")


@pytest.mark.parametrize(
    ("query", "width", "scheme"),
    [
        ("", 1280, "light"),
        ("?image=chelsea&show=gradient&layer=features.1&channel=3&row=5&column=7", 1280, "dark"),
        ("?image=chelsea&layer=features.1&channel=3", 360, "light"),
        ("?image=rocket&projector=1", 1920, "light"),
        ("?architecture=lenet5&image=digit-3", 1280, "light"),
        ("?model=digits&show=product", 360, "dark"),
        ("?image=nothing", 1280, "light"),
    ],
)
def test_everybody_can_read_it(
    opened: Callable[[int, int, str], Page],
    readable: Callable[[Page], None],
    query: str,
    width: int,
    scheme: str,
) -> None:
    page = opened(width, 1080 if width > 1280 else 800, scheme)
    visit(page, f"/activations{query}")
    if "nothing" in query:
        expect(page.get_by_role("alert")).to_contain_text("no image `nothing`")
    else:
        looked(page)
    readable(page)


def test_it_reads_without_a_script(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    visit(page, CHELSEA)
    expect(page.get_by_role("heading", name="looks at the face of Chelsea")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=CAT).first).to_be_visible()
    expect(page.get_by_role("rowheader", name="features.12.expand3x3", exact=True)).to_be_visible()
    context.close()


def test_what_is_looked_at_is_taken_back_and_brought_again(page: Page) -> None:
    page.goto("/activations?model=digits&image=digit-3")
    chosen = page.locator(".samples [aria-pressed=true]")
    expect(chosen).to_have_count(1)
    first = chosen.get_attribute("aria-label")
    page.locator(".samples [aria-pressed=false]").first.click()
    second = chosen.get_attribute("aria-label")
    assert first != second
    # A drawing is one step, its strokes before it.
    pad = page.get_by_label("A sheet to draw on")
    box = pad.bounding_box()
    assert box
    for across in (0.3, 0.5):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + across * box["width"], box["y"] + 0.9 * box["height"], steps=4)
        page.mouse.up()
    expect(chosen).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Clear the sheet")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(chosen).to_have_attribute("aria-label", second or "")
    page.keyboard.press("Control+z")
    expect(chosen).to_have_attribute("aria-label", first or "")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_have_attribute(
        "aria-disabled", "true"
    )
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(chosen).to_have_attribute("aria-label", second or "")
