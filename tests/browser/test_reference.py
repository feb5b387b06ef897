"""/docs in a browser: Swagger UI under our own Content-Security-Policy, with no network."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, expect

from app.core.drawing.png import png
from app.core.pictures.images import picture
from tests.browser.visitor import PATIENCE

LOOK = PATIENCE  # some of it waits for torch
PICTURE = FilePayload(
    name="coffee.png", mimeType="image/png", buffer=png(picture("coffee").astype(float))
)
UPLOAD = "operations-activations-upload_api_images_post"


def test_docs_show_every_call(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator("#docs .info .title")).to_contain_text("Backlight")
    schema = page.request.get("/openapi.json").json()
    calls = sum(len(methods) for methods in schema["paths"].values())
    expect(page.locator("#docs .opblock")).to_have_count(calls)


def test_every_call_can_be_tried_as_it_stands(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator("#docs .info .title")).to_be_visible()
    # Swagger UI draws all that is open anew at each click: one subject is open at a time.
    subjects = page.locator("#docs .opblock-tag-section")
    for subject in subjects.all():
        subject.locator(".opblock-tag").click()
    expect(page.locator("#docs .opblock")).to_have_count(0)
    tried = 0
    for subject in subjects.all():
        subject.locator(".opblock-tag").click()
        expect(subject.locator(".opblock").first).to_be_visible()
        for call in subject.locator(".opblock").all():
            tried += 1
            # A code is good for an hour, so that of an example is nobody's: see
            # tests/web/test_clicker.
            if "{code}" in call.locator(".opblock-summary-path").inner_text():
                continue
            call.locator(".opblock-summary-control").click()
            button = call.get_by_role("button", name="Execute")
            expect(button).to_be_visible()
            # A picture of one's own is the one thing that has no example. Its field comes a moment
            # after the button.
            if call.get_attribute("id") == UPLOAD:
                call.locator("input[type=file]").set_input_files(files=[PICTURE])
            button.click()
            status = call.locator(".live-responses-table tbody .response-col_status")
            expect(status).to_contain_text("200", timeout=LOOK)
            call.locator(".opblock-summary-control").click()
        subject.locator(".opblock-tag").click()
    schema = page.request.get("/openapi.json").json()
    assert tried == sum(len(methods) for methods in schema["paths"].values())


def test_docs_are_readable_by_night(
    opened: Callable[[int, int, str], Page], axe: Callable[..., list[str]]
) -> None:
    page = opened(1280, 800, "dark")
    page.goto("/docs")
    call = page.locator("#docs .opblock").nth(1)
    call.locator(".opblock-summary-control").click()
    expect(call.get_by_role("button", name="Execute")).to_be_visible()
    # Swagger UI's own red button is the one thing that is too dark.
    assert [place for place in axe(page, "color-contrast") if "try-out__btn" not in place] == []
