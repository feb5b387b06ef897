"""A phone as the clicker of a wall: two pages, and what is done on one is seen on the other."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_everyone import small_text
from tests.browser.test_lessons import SCREENS, SEEN, on_a_wall

DOT = ".clicker-dots i.seen"


@pytest.fixture
def phone(opened: Callable[[int, int, str], Page]) -> Page:
    return opened(360, 740, "light")


def code_shown(page: Page) -> str:
    """Presses C; the path of the phone's page."""
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Your phone as clicker")
    address = dialog.locator(".address")
    expect(address).to_contain_text("/clicker/")
    return "/clicker/" + address.inner_text().rpartition("/")[2]


def on_screen(page: Page, place: int) -> None:
    page.wait_for_function(f"() => {SEEN} === {place}")


def middle_of(page: Page, place: str) -> Any:
    return page.locator(place).evaluate(
        "(one) => { const { x, y, width, height } = one.getBoundingClientRect();"
        " return [(x + width / 2) / innerWidth, (y + height / 2) / innerHeight] }"
    )


def test_a_phone_turns_the_wall_points_at_it_and_says_where_it_is(page: Page, phone: Page) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    count = page.locator(SCREENS).count()
    phone.goto(code_shown(page))
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("1 phone has joined.")
    expect(phone.locator(".now")).to_contain_text(f"1 / {count}")
    phone.get_by_role("button", name="Next").click()
    on_screen(page, 1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(phone.locator(".now")).to_contain_text(f"2 / {count}")
    phone.get_by_role("button", name="Next").click()
    on_screen(page, 2)
    expect(phone.locator(".now")).to_have_text(f"3 / {count} Forward")
    phone.get_by_role("button", name="Back").click()
    on_screen(page, 1)
    # What is turned at the wall is said on the phone.
    page.keyboard.press("Home")
    expect(phone.locator(".now")).to_contain_text(f"1 / {count}")

    box = phone.locator(".surface").bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(1920 / 1080, rel=0.02)
    phone.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.25 * box["height"])
    phone.mouse.down()
    expect(page.locator(DOT)).to_have_count(1)
    assert middle_of(page, DOT) == pytest.approx([0.7, 0.25], abs=0.01)
    phone.mouse.up()
    expect(page.locator(DOT)).to_have_count(0)


def test_a_phone_by_keys_alone(page: Page, phone: Page) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    phone.goto(code_shown(page))
    phone.keyboard.press("PageDown")
    on_screen(page, 1)
    phone.keyboard.press("Tab")
    expect(phone.get_by_role("application")).to_be_focused()
    phone.keyboard.press("Shift+ArrowRight")
    expect(page.locator(DOT)).to_have_count(1)
    assert middle_of(page, DOT) == pytest.approx([0.6, 0.5], abs=0.01)
    phone.keyboard.press("Escape")
    expect(page.locator(DOT)).to_have_count(0)
    on_screen(page, 1)


def test_the_phone_goes_on_in_the_next_lesson_and_says_when_no_wall_is_there(
    page: Page, phone: Page
) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    phone.goto(code_shown(page))
    expect(phone.locator(".now")).to_contain_text("1 / ")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("html[data-projector]")).to_have_count(1)
    page.keyboard.press("]")
    page.wait_for_url("**/lessons/junctions")
    title = page.locator(".lesson h1").inner_text()
    expect(phone.locator(".now")).to_contain_text(title)
    phone.get_by_role("button", name="Next").click()
    on_screen(page, 1)
    page.goto("/search")
    expect(phone.get_by_role("alert")).to_contain_text("No wall hears this")


def test_the_speaker_s_window_shows_the_code_on_the_wall_and_sees_where_phones_point(
    page: Page, phone: Page
) -> None:
    on_a_wall(page, "/lessons/by-hand?projector=1")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    expect(speaker.get_by_role("region", name="Notes")).to_be_visible()
    speaker.keyboard.press("c")
    address = page.get_by_role("dialog", name="Your phone as clicker").locator(".address")
    expect(address).to_contain_text("/clicker/")
    expect(speaker.get_by_role("dialog")).to_have_count(0)
    phone.goto("/clicker/" + address.inner_text().rpartition("/")[2])
    box = phone.locator(".surface").bounding_box()
    assert box
    phone.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"])
    phone.mouse.down()
    dot = speaker.frame_locator("iframe").locator(DOT)
    expect(dot).to_have_count(1)
    left, top = dot.evaluate("dot => [parseFloat(dot.style.left), parseFloat(dot.style.top)]")
    assert (left, top) == pytest.approx((30, 60), abs=1)
    phone.mouse.up()
    expect(dot).to_have_count(0)


def test_two_phones_have_a_dot_each(
    page: Page, phone: Page, opened: Callable[[int, int, str], Page]
) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    path = code_shown(page)
    other = opened(740, 360, "dark")
    for one in (phone, other):
        one.goto(path)
        one.get_by_role("application").focus()
        one.keyboard.press("ArrowUp")
    expect(page.locator(DOT)).to_have_count(2)


def test_the_code_can_be_scanned_and_read_from_afar(
    page: Page, readable: Callable[[Page], None]
) -> None:
    for theme in ("light", "dark"):
        on_a_wall(page, f"/lessons/chain-rule?projector=1&theme={theme}")
        code_shown(page)
        box = page.locator(".qr svg").bounding_box()
        assert box
        assert box["width"] >= 300
        colours = page.locator(".qr svg path").evaluate_all(
            "(all) => all.map((one) => one.getAttribute('fill') ?? one.getAttribute('stroke'))"
        )
        assert colours == ["#fff", "#000"]
        expect(page.locator(".clicker-code .problem")).to_contain_text("HOST=0.0.0.0")
        assert small_text(page) == []
        readable(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(360, 740), (740, 360)])
def test_the_phone_s_page_is_for_everyone(
    page: Page,
    opened: Callable[[int, int, str], Page],
    readable: Callable[[Page], None],
    size: tuple[int, int],
    scheme: str,
) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    phone = opened(*size, scheme)
    phone.goto(code_shown(page))
    expect(phone.locator(".now")).to_contain_text("1 / ")
    readable(phone)
    assert phone.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for name in ("Next", "Back"):
        box = phone.get_by_role("button", name=name).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 120


def test_without_a_script_the_phone_s_page_says_so(
    browser: Browser, page: Page, live_server: str
) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    path = code_shown(page)
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    with context:
        bare = context.new_page()
        bare.goto(path)
        expect(bare.get_by_text("The clicker needs JavaScript")).to_be_visible()
