"""A real Chromium, and a page that tolerates no error and no request to another host."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    expect,
)

from tests.browser.visitor import PATIENCE

AXE = Path(__file__).resolve().parents[2] / "static/node_modules/axe-core/axe.min.js"
# The shell alone draws the same pages and is quicker by a third: no window's own pages in it.
SHELL = "chromium-headless-shell"
INSTALLED = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def installed_chromium() -> str | None:
    for name in INSTALLED:
        path = shutil.which(name)
        # Some systems have a stand-in of that name, which only tells how to install it.
        if path and succeeds(path, "--version"):
            return path
    return None


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=600).returncode == 0


@pytest.fixture(scope="session")
def chromium_path(playwright: Playwright) -> str:
    """An installed Chromium, else Playwright's own, else Debian's; without one the tests fail."""
    own = playwright.chromium.executable_path
    if path := installed_chromium():
        return path
    if Path(own).exists() or succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        return own
    if os.geteuid() == 0 and shutil.which("apt-get"):
        succeeds("apt-get", "update")
        for package in (SHELL, "chromium"):
            succeeds("apt-get", "install", "--yes", "--no-install-recommends", package)
            if path := installed_chromium():
                return path
    pytest.fail(
        "The browser tests need Chromium: install it (on Debian, `apt-get install chromium`), "
        "or let Playwright fetch its own, with `.venv/bin/python -m playwright install chromium`."
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium_path: str
) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": [*QUIET]}


def goto_awake(page: Page, *address: Any, **options: Any) -> Response | None:
    """As `goto`, until the page's figure is there, a frame later: nobody hears a key before."""
    response = goto(page, *address, **options)
    page.wait_for_selector("html:not([data-mounting])", state="attached")
    return response


goto = Page.goto


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Browser:
    """Whatever is waited for in it, is waited for with patience."""
    expect.set_options(timeout=PATIENCE)
    Page.goto = goto_awake  # type: ignore[method-assign]
    new_context = browser.new_context

    def patient(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE)
        return context

    browser.new_context = patient  # type: ignore[method-assign]
    return browser


@pytest.fixture(scope="session")
def base_url(live_server: str) -> str:
    """`page.goto("/docs")` goes to the live server."""
    return live_server


@pytest.fixture
def page(page: Page, live_server: str) -> Iterator[Page]:
    """Fails the test on any console error, uncaught exception, or request to another host."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # Ordinary answers, that Chromium reports as errors: to a typing mistake, and where a client
        # has all of its share at work (the page asks again; what is never answered fails its test).
        ordinary = any(f"status of {status}" in message.text for status in (422, 503))
        if message.type == "error" and not ordinary:
            complaints.append(f"console: {message.text} ({message.location['url']})")

    def on_request(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and f"{url.scheme}://{url.netloc}" != live_server:
            complaints.append(f"request to another host: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    yield page
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """axe(page, *rules): what axe-core finds wrong with the page as it is, one line a place."""

    def violations(page: Page, *rules: str) -> list[str]:
        # Evaluated by the debugger, which no Content-Security-Policy stops.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text())
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        found = page.evaluate("(options) => axe.run(options)", options)["violations"]
        return [
            f"{rule['id']}: {rule['help']}: {' '.join(map(str, place['target']))}"
            for rule in found
            for place in rule["nodes"]
        ]

    return violations


@pytest.fixture
def opened(browser: Browser, live_server: str) -> Iterator[Callable[[int, int, str], Page]]:
    """opened(width, height, scheme): a page of that size, light or dark, in which nothing moves."""
    with ExitStack() as stack:

        def open_page(width: int, height: int, scheme: str) -> Page:
            context = browser.new_context(
                base_url=live_server,
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            return stack.enter_context(context).new_page()

        yield open_page


@pytest.fixture
def readable(axe: Callable[..., list[str]]) -> Callable[[Page], None]:
    """readable(page): axe finds nothing wrong with it, and nothing of it is scrolled sideways."""

    def check(page: Page) -> None:
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    return check
