"""The mark on a figure: its numbers by another path, and where the largest difference stands."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import PATIENCE

PAGES = [
    "/expression",
    "/convolution",
    "/network",
    "/network?view=field",
    "/network?view=stack",
    "/network?view=compare",
    "/network?view=gradients",
    "/activations",
    "/training",
]


def test_a_figure_in_a_frame_is_checked_by_its_link(page: Page) -> None:
    page.goto("/embed/receptive-field?architecture=lenet5&unit=0,0")
    mark = page.get_by_role("group", name="Checked")
    mark.get_by_role("button", name="Check these numbers").click()
    expect(mark).to_contain_text("by the support of PyTorch's gradient: they agree.")
    expect(mark.get_by_role("row")).to_have_count(3)
    mark.get_by_role("button", name="Checked").click()
    expect(mark.get_by_role("table")).to_have_count(0)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_its_check_in_its_drawer(page: Page, address: str) -> None:
    page.goto(address)
    mark = page.get_by_role("button", name="Check these numbers")
    page.get_by_role("tab", name="Check", exact=True).click()
    panel = page.get_by_role("tabpanel", name="Check", exact=True)
    expect(panel.get_by_role("button", name="Check these numbers")).to_be_visible()
    expect(mark).to_have_count(1)
    # Nothing loose lies below the drawer.
    last = "main => main.lastElementChild.lastElementChild.className"
    assert page.locator("main").evaluate(last) == "drawer"
    # On a wall it is not seen: what is looked up is no part of the slide.
    if address != "/network":  # where one builds with it
        page.goto(f"{address}{'&' if '?' in address else '?'}projector=1")
        expect(page.locator(".drawer").get_by_role("tablist")).to_be_hidden()


def test_an_address_opens_a_tab_of_the_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/convolution#check")
    expect(page.get_by_role("tabpanel", name="Check")).to_be_in_viewport()
    page.evaluate("location.hash = '#parameters'")
    expect(page.get_by_role("tabpanel", name="Parameters")).to_be_visible()
    page.goto("/network?architecture=lenet5#code")
    expect(page.get_by_role("tabpanel", name="PyTorch")).to_be_visible()
    # Of each view of a page; what is taken along stands nowhere else.
    for view in ("field", "compare", "gradients"):
        page.goto(f"/network?view={view}#take")
        panel = page.get_by_role("tabpanel", name="Take it along")
        expect(panel.get_by_role("button", name="TikZ")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("button", name="TikZ")).to_have_count(1)
    page.evaluate("location.hash = '#sizes'")
    expect(page.get_by_role("tabpanel", name="Sizes").get_by_role("table")).to_be_visible()
