"""What a hand that holds a phone meets: 360 by 740 pixels, and fingers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import PATIENCE

UNIT = "/activations?view=unit"


@pytest.fixture(scope="module")
def phone(browser: Browser, live_server: str) -> Iterator[Page]:
    with browser.new_context(
        base_url=live_server,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        page.set_default_navigation_timeout(PATIENCE)
        yield page


# --- a line of arithmetic that is broken

# Of every sign that nothing stands after in its line, the sign; of every grid, picture and sum
# that has not its name before or above it, what it is.
BROKEN = """() => {
    const seen = (places) => [...document.querySelectorAll(places)]
        .filter((place) => place.checkVisibility() && place.getBoundingClientRect().width)
        .map((place) => [place, place.getBoundingClientRect()])
    const parts = seen('.number-grid, .plane, .channel .sum, .products .sum, .pool-result')
    const after = (sign) => parts.some(([, part]) => part.left >= sign.right - 1 &&
        part.top < sign.bottom && part.bottom > sign.top)
    const signs = seen('.channel .sign, .products .sign')
        .filter(([place, sign]) => place.textContent.trim() && !after(sign))
    const terms = seen('.term')
    const named = (part) => terms.some(([, term]) =>
        (term.right <= part.left + 1 && term.left >= 0 && Math.abs(term.top - part.top) < 12) ||
        (Math.abs(term.left - part.left) < 24 && part.top - term.bottom > -2 &&
            part.top - term.bottom < 64))
    const inside = parts.filter(([part]) => part.closest('.channel, .products')
        && !part.closest('.pool-result'))
    return [inside.length, signs.map(([sign]) => sign.textContent), inside
        .filter(([, part]) => !named(part))
        .map(([part]) => part.getAttribute('aria-label') ?? part.className)]
}"""


@pytest.mark.parametrize(
    "address",
    [
        "/convolution",
        "/convolution?mode=backward&step=4710",
        "/convolution?kernel_size=3",
        "/convolution?kernel_size=7",
        "/convolution?layer=MaxPool2d",
        "/convolution?layer=AvgPool2d",
        "/convolution?layer=Linear",
        f"{UNIT}&layer=features.3.expand3x3_activation&channel=35&row=3&column=8",
        f"{UNIT}&model=digits&image=digit-3",
    ],
)
def test_each_sign_begins_its_line_and_each_part_has_its_name(phone: Page, address: str) -> None:
    phone.goto(address)
    arithmetic = phone.locator(".channel .number-grid, .channel canvas, .products .number-grid")
    expect(arithmetic.first).to_be_visible()
    count, signs, nameless = phone.evaluate(BROKEN)
    assert count >= 1
    assert (signs, nameless) == ([], [])
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
