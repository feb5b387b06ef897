"""A figure in somebody's frame: alive, and telling the page around it its height and its link."""

from typing import Any

from playwright.sync_api import Page, Route, expect

AROUND = """<!doctype html><title>Somebody's page</title>
<script>
  window.told = []
  addEventListener('message', ({ data, origin }) => window.told.push({ ...data, origin }))
</script>
<iframe title="A figure" src="%s" width="700" height="300"></iframe>"""


def around(page: Page, path: str) -> None:
    """Opens a page of somebody's own, with that figure in a frame."""

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=AROUND % path)

    page.route("**/around", answer)
    page.goto("/around")


def last(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.told.at(-1)")
    return found


def test_a_frame_tells_its_height_and_its_link(page: Page) -> None:
    around(page, "/embed/expression?expression=f%20%3D%20a%20*%20b&inputs=%7B%22a%22%3A2%7D")
    frame = page.frame_locator("iframe")
    expect(frame.locator("[data-figure][data-alive]")).to_be_visible()
    page.wait_for_function("() => window.told.at(-1)?.height > 0 && window.told.at(-1).link")
    told = last(page)
    assert told["figure"] == "expression"
    assert "inputs=" in told["link"]
    assert told["link"].startswith(f"{told['origin']}/embed/expression?")
    # As high as it says, nothing of it is hidden.
    page.evaluate("document.querySelector('iframe').height = window.told.at(-1).height")
    inside = page.frames[1]
    assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert last(page)["height"] == told["height"]
    # Another question, another link; and that opens what is seen.
    frame.get_by_role("textbox", name="Expression").fill("f = a + 5")
    page.wait_for_function("(link) => window.told.at(-1).link !== link", arg=told["link"])
    asks = "new URL(window.told.at(-1).link).searchParams.get('expression')"
    page.wait_for_function(f"() => {asks} === 'f = a + 5'")
    around(page, last(page)["link"])
    expect(frame.get_by_role("textbox", name="Expression")).to_have_value("f = a + 5")
