"""Chromium, by Playwright, as in the tests."""

import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.engines.engine import Missing, Place

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
)


class Chromium:
    def __init__(self) -> None:
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        if not path:
            raise Missing(NAMES[0])
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        self.page = self.browser.new_page()
        self.page.set_default_timeout(120_000)
        self.heard: list[str] = []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.heard.append(f"uncaught: {error}"))

    def listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"console: {message.text}")

    def open(self, url: str, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(url)

    def evaluate(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def press(self, keys: list[str]) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, start: Place, end: Place) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()

    def picture(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def complaints(self) -> list[str]:
        heard, self.heard = self.heard, []
        return heard

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()
