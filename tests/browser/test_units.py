"""From a photo to one pixel's arithmetic and on to its expression: by mouse, by keys, by touch."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.core.numbers import format_number
from tests.browser.visitor import PATIENCE, grasp
from tests.written import number

COFFEE = {"model": "squeezenet1_1", "image": "coffee"}
CONV = {"layer": "features.3.expand3x3_activation", "channel": 35, "row": 27, "column": 39}
LOOK = PATIENCE  # some of it waits for torch


@pytest.fixture
def page(page: Page) -> Page:
    """The first look waits for torch."""
    page.set_default_navigation_timeout(LOOK)
    return page


def link(view: str, **at: Any) -> str:
    query = {"view": view, **at}
    return "/activations?" + "&".join(f"{name}={value}" for name, value in query.items())


def unit_of(page: Page, at: dict[str, Any]) -> dict[str, Any]:
    """What the server tells of a unit."""
    answer = page.request.post("/api/activations", data=COFFEE | {"unit": at}).json()
    found: dict[str, Any] = answer["unit"]
    return found


def field(page: Page, name: str) -> Locator:
    """Where the channel, the row or the column is typed."""
    return page.get_by_role("spinbutton", name=re.compile(f"^{name}"))


def numbers(places: Locator) -> list[float]:
    return [number(text) for text in places.all_inner_texts()]


def shown(page: Page, name: str) -> float:
    return number(page.locator(f"[data-number={name}]").first.inner_text())


def written(value: float) -> re.Pattern[str]:
    """The number as it is written, and nothing else."""
    return re.compile(f"^{re.escape(format_number(value))}$")


def told(page: Page, unit: dict[str, Any]) -> None:
    """The page shows this unit."""
    expect(page.locator(".unit-view:not(.waiting-for)")).to_be_visible(timeout=LOOK)
    expect(page.locator("[data-number=value]")).to_have_text(written(unit["value"]))
    expect(page.locator("[data-number=gradient]")).to_have_text(written(unit["gradient"]))


def same_expression(page: Page, unit: dict[str, Any]) -> None:
    """The expression page shows the unit's numbers: forward as they are, gradients as they are."""
    page.wait_for_url(re.compile(r"/expression[?#]expression="))
    for name, wanted in unit["expression"]["nodes"].items():
        both = f"{format_number(wanted['value'])}, gradient {format_number(wanted['gradient'])}"
        # What is said of a node; on a phone its numbers are too small to be drawn.
        said = re.compile(re.escape(both))
        expect(grasp(page, name)).to_have_attribute("aria-label", said, timeout=LOOK)


def test_the_products_add_up(page: Page) -> None:
    page.goto(link("unit", **CONV))
    unit = unit_of(page, CONV)
    told(page, unit)
    more = page.get_by_role("button", name=re.compile("more of 16 channels"))
    more.click()
    more.click()
    expect(more).to_have_count(0)
    rows = page.locator(".products .sum")
    expect(rows).to_have_count(16)
    for channel in range(16):
        products = numbers(
            page.get_by_label(f"Products of channel {channel}", exact=True).locator(".cell")
        )
        total = number(page.get_by_label(f"Sum of channel {channel}", exact=True).inner_text())
        assert len(products) == 9
        assert sum(products) == pytest.approx(total, rel=2e-3, abs=0.05)
    total = sum(numbers(rows)) + shown(page, "bias")
    assert total == pytest.approx(shown(page, "sum"), abs=0.05)
    assert shown(page, "value") == max(0, shown(page, "sum"))


def test_the_gradient_adds_up(page: Page) -> None:
    at = CONV | {"layer": "features.3.concat", "channel": 20, "row": 28, "column": 40}
    page.goto(link("unit", **at))
    told(page, unit_of(page, at))
    page.get_by_role("button", name="8 more lines").click()
    rows = page.locator(".backward tbody tr")
    expect(rows).to_have_count(16)
    total = 0.0
    for row in rows.all():
        upstream, local, downstream = numbers(row.locator("td:not(.sign)"))
        assert upstream * local == pytest.approx(downstream, rel=2e-3)
        total += downstream
    assert total == pytest.approx(shown(page, "gradient"), rel=2e-3)
    assert number(page.locator(".backward tfoot .product").inner_text()) == shown(page, "gradient")


def test_a_linear_layer_says_what_it_leaves_out(page: Page) -> None:
    layers = page.request.post(
        "/api/activations", data={"model": "digits", "image": "digit-3"}
    ).json()["layers"]
    linear = next(row for row in layers if row["type"] == "Linear")
    at = {"layer": linear["name"], "channel": 1}
    page.goto(f"/activations?model=digits&image=digit-3&view=unit&layer={at['layer']}&channel=1")
    expect(page.locator("[data-number=sum]")).to_be_visible(timeout=LOOK)
    while (more := page.locator(".forward .more")).count():
        more.click()
    products = numbers(page.locator(".forward tbody .product"))
    total = sum(products) + shown(page, "bias")
    assert total == pytest.approx(shown(page, "sum"), abs=2e-3)


def test_a_number_leads_on_to_where_it_comes_from_and_back(page: Page) -> None:
    page.goto(link("unit", **CONV))
    told(page, unit_of(page, CONV))
    page.get_by_role("button", name=re.compile(r"^Patch of channel 7, row 2, column 2")).click()
    source = {"layer": "features.3.squeeze_activation", "channel": 7, "row": 28, "column": 40}
    told(page, unit_of(page, source))
    # Its gradient comes from both layers that take it.
    expect(page.locator(".backward caption")).to_have_count(2)
    page.get_by_role("button", name="Back", exact=True).click()
    told(page, unit_of(page, CONV))


def test_what_a_unit_sees_is_lit_on_the_photo(page: Page) -> None:
    page.goto(link("unit", **CONV))
    unit = unit_of(page, CONV)
    told(page, unit)
    (top, bottom), (left, right) = (unit["receptive_field"][axis] for axis in ("rows", "columns"))
    lit = page.locator(".photo .seen").last
    expect(lit).to_have_attribute("d", f"M{left} {top}H{right + 1}V{bottom + 1}H{left}Z")


def pixel(area: Locator, row: int, column: int, size: int) -> tuple[float, float]:
    box = area.bounding_box()
    assert box
    return (
        box["x"] + box["width"] * (column + 0.5) / size,
        box["y"] + box["height"] * (row + 0.5) / size,
    )


def test_the_whole_path_by_mouse(page: Page) -> None:
    page.goto("/activations")
    page.get_by_role("button", name=re.compile("^consomme")).click(timeout=LOOK)
    page.get_by_role("tab", name="Layer", exact=True).click()
    page.get_by_role("combobox", name="Layer").select_option("features.4.expand3x3_activation")
    field(page, "channel").fill("11")
    field(page, "channel").press("Enter")
    area = page.locator(".large-map .map-area")
    expect(area).to_be_visible(timeout=LOOK)
    page.mouse.click(*pixel(area, 20, 30, 56))
    expect(page.locator(".large-map figcaption")).to_contain_text("channel 11, row 20, column 30")
    page.get_by_role("button", name="Open this pixel").click()
    at = {"layer": "features.4.expand3x3_activation", "channel": 11, "row": 20, "column": 30}
    target = page.request.post("/api/activations", data=COFFEE).json()["classes"][1]
    assert target["name"] == "consomme"
    unit = page.request.post(
        "/api/activations", data=COFFEE | {"unit": at, "target": target["index"]}
    ).json()["unit"]
    told(page, unit)
    page.get_by_role("link", name="Open as an expression").click()
    same_expression(page, unit)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it is there."""
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never comes there")


def test_the_whole_path_by_keys(page: Page) -> None:
    page.goto("/activations?layer=features.3.expand3x3_activation&channel=34")
    tab_to(page, page.get_by_role("tab", name="Overview", exact=True))
    page.keyboard.press("ArrowRight")
    chooser = page.get_by_role("slider", name=re.compile("^Channel of"))
    expect(chooser).to_be_visible(timeout=LOOK)
    tab_to(page, chooser)
    page.keyboard.press("ArrowRight")
    expect(chooser).to_have_attribute("aria-valuenow", "35")
    area = page.locator(".large-map .map-area")
    expect(area).to_be_visible(timeout=LOOK)
    tab_to(page, area)
    page.keyboard.press("Home")
    caption = page.locator(".large-map figcaption")
    expect(caption).to_contain_text("column 0:")
    page.keyboard.press("Shift+ArrowRight")
    expect(caption).to_contain_text("column 8:")
    page.keyboard.press("Enter")
    column = field(page, "column")
    expect(column).to_have_value("8")
    row = int(field(page, "row").input_value())
    unit = unit_of(page, CONV | {"row": row, "column": 8})
    told(page, unit)
    tab_to(page, page.get_by_role("link", name="Open as an expression"))
    page.keyboard.press("Enter")
    same_expression(page, unit)


def test_the_whole_path_by_touch(browser: Browser, live_server: str) -> None:
    context = browser.new_context(
        base_url=live_server,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/activations?layer=features.3.expand3x3_activation&channel=35")
    page.get_by_role("tab", name="Unit", exact=True).tap()
    area = page.locator(".unit-places .map-area")
    expect(area).to_be_visible(timeout=LOOK)
    area.scroll_into_view_if_needed()
    page.touchscreen.tap(*pixel(area, 27, 39, 56))
    unit = unit_of(page, CONV)
    expect(field(page, "column")).to_have_value("39")
    told(page, unit)
    page.get_by_role("link", name="Open as an expression").tap()
    # On a phone one sees a part of the graph at first.
    page.get_by_role("button", name="Show all of it").tap()
    same_expression(page, unit)
    context.close()


def test_escape_leads_from_the_graph_up_through_all_levels(page: Page) -> None:
    unit = unit_of(page, CONV)
    page.goto(link("unit", **CONV))
    told(page, unit)
    page.get_by_role("link", name="Open as an expression").click()
    same_expression(page, unit)
    expect(page.get_by_role("link", name="Back to the cell")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/activations.*view=unit"))
    told(page, unit)
    page.keyboard.press("Escape")
    expect(page.locator(".large-map .map-area")).to_be_visible(timeout=LOOK)
    page.keyboard.press("Escape")
    expect(page.locator(".lens-area")).to_be_visible(timeout=LOOK)


@pytest.mark.parametrize("way", ["keys", "mouse"])
def test_what_was_opened_from_a_network_leads_back_to_it(page: Page, way: str) -> None:
    page.goto("/network?architecture=squeezenet1_1&layer=features.3.squeeze_activation")
    page.get_by_role("button", name="Its maps of a photo").click()
    expect(page.locator(".large-map .map-area")).to_be_visible(timeout=LOOK)
    back = page.get_by_role("link", name="Back to the network")
    if way == "mouse":
        back.click()
    else:
        page.keyboard.press("Escape")
        page.wait_for_url(lambda address: "view=layer" not in address)
        page.keyboard.press("Escape")
        page.wait_for_url(lambda address: "layer=" not in address)
        page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/network.*features.3.squeeze_activation"))
    expect(page.locator(".layer-card h2")).to_contain_text("features.3.squeeze_activation")


def test_nothing_leads_up_from_what_was_opened_by_itself(page: Page) -> None:
    for address in ("/expression?expression=f+%3D+x+*+y", "/activations"):
        page.goto(address)
        expect(page.locator("[data-figure] .still")).to_have_count(0)
        expect(page.locator(".title-row .up")).to_have_count(0)


def test_a_long_expression_opens_behind_the_hash(page: Page) -> None:
    at = {"layer": "features.4.squeeze_activation", "channel": 12, "row": 28, "column": 40}
    unit = unit_of(page, at)
    assert unit["expression"]["link"].startswith("/expression#expression=")
    page.goto(link("unit", **at))
    told(page, unit)
    page.get_by_role("link", name="Open as an expression").click()
    same_expression(page, unit)
    page.reload()
    same_expression(page, unit)


def test_the_kernel_slides_and_stops_where_one_wants(page: Page) -> None:
    page.goto(link("layer", layer="features.9.expand3x3_activation", channel=3))
    count = page.locator(".player .count")
    expect(count).to_have_text(re.compile(r"^\d+ / 196$"), timeout=LOOK)
    page.locator("body").press("Home")
    expect(count).to_have_text("0 / 196")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("2 / 196")
    at = {"layer": "features.9.expand3x3_activation", "channel": 3, "row": 0, "column": 1}
    sum_ = unit_of(page, at)["chain"][0]["sum"]
    expect(page.locator(".sum-line .value")).to_have_text(
        re.compile(written(sum_).pattern[1:]), timeout=LOOK
    )
    page.get_by_role("button", name="Play").click()
    expect(count).not_to_have_text("2 / 196")
    page.get_by_role("button", name="Pause").click()


def test_a_map_has_one_scale_small_and_large(page: Page) -> None:
    page.goto(link("overview", **CONV))
    ends = page.locator(".lens .legend span")
    expect(ends.last).to_contain_text("≥", timeout=LOOK)
    most = number(ends.last.inner_text().removeprefix("≥ "))
    for view in ("layer", "unit"):
        page.goto(link(view, **CONV))
        end = page.locator(".scale span").last
        expect(end).to_contain_text("≥", timeout=LOOK)
        assert number(end.inner_text().removeprefix("≥ ")) == pytest.approx(most, rel=0.01)
    page.goto(link("layer", **CONV))
    page.get_by_label("Scale of the colours").select_option("scale per map")
    expect(page.locator(".scale span").last).not_to_contain_text("≥")


@pytest.mark.parametrize(
    ("view", "width", "height", "scheme", "projector"),
    [
        ("unit", 1280, 800, "light", False),
        ("unit", 360, 740, "dark", False),
        ("layer", 1280, 800, "dark", False),
        ("layer", 360, 740, "light", False),
        ("unit", 1920, 1080, "light", True),
        ("layer", 1920, 1080, "light", True),
    ],
)
def test_everybody_can_read_it(
    opened: Callable[[int, int, str], Page],
    readable: Callable[[Page], None],
    view: str,
    width: int,
    height: int,
    scheme: str,
    projector: bool,
) -> None:
    page = opened(width, height, scheme)
    page.goto(link(view, **CONV) + ("&projector=1" if projector else ""))
    expect(page.locator(".chain-formula .katex").first).to_be_visible(timeout=LOOK)
    readable(page)
    if projector:
        assert smallest_text(page) >= 24


def smallest_text(page: Page) -> float:
    """The size of the smallest text to be seen, in pixels; formulas shrink by themselves."""
    size: float = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('main *')].filter(element =>
            [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
            && element.checkVisibility() && !element.closest('.katex, .unseen, option')
        ).map(element => parseFloat(getComputedStyle(element).fontSize)))"""
    )
    return size
