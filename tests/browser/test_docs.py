"""/docs in a browser: Swagger UI under our own Content-Security-Policy, with no network."""

from playwright.sync_api import Page, expect


def test_docs_show_every_call(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator("#docs .info .title")).to_contain_text("Backlight")
    schema = page.request.get("/openapi.json").json()
    calls = sum(len(methods) for methods in schema["paths"].values())
    expect(page.locator("#docs .opblock")).to_have_count(calls)


def test_every_call_can_be_tried_as_it_stands(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator("#docs .info .title")).to_be_visible()
    for call in page.locator("#docs .opblock").all():
        call.locator(".opblock-summary-control").click()
        call.get_by_role("button", name="Execute").click()
        expect(call.locator(".live-responses-table tbody .response-col_status")).to_contain_text(
            "200"
        )
        call.locator(".opblock-summary-control").click()
