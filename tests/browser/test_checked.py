"""The mark on a figure: its numbers by another path, and where the largest difference stands."""

from playwright.sync_api import Page, expect


def test_a_figure_in_a_frame_is_checked_by_its_link(page: Page) -> None:
    page.goto("/embed/receptive-field?architecture=lenet5&unit=0,0")
    mark = page.get_by_role("group", name="Checked")
    mark.get_by_role("button", name="Check these numbers").click()
    expect(mark).to_contain_text("by the support of PyTorch's gradient: they agree.")
    expect(mark.get_by_role("row")).to_have_count(3)
    mark.get_by_role("button", name="Checked").click()
    expect(mark.get_by_role("table")).to_have_count(0)
