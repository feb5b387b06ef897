"""WebKitGTK, by its WebDriver, on a screen that nobody sees."""

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2

from tests.engines.engine import Missing, Place, dragging, pressing

BROWSERS = "*/webkit2gtk-4.*/MiniBrowser"
MINI = next(
    (str(path) for lib in ("/usr/lib", "/usr/libexec") for path in Path(lib).glob(BROWSERS)), None
)


class WebKit:
    def __init__(self) -> None:
        for program in ("WebKitWebDriver", "Xvfb"):
            if not shutil.which(program):
                raise Missing(program)
        if not MINI:
            raise Missing("MiniBrowser")
        reader, writer = os.pipe()
        self.screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1200x24"],
            pass_fds=(writer,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            display = told.readline().strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # The page's console goes to the driver's output: WebDriver has no word for it.
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"],
            env={**os.environ, "DISPLAY": f":{display}"},
            stdout=self.log,
            stderr=self.log,
        )
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
        args = ["--automation", "--enable-write-console-messages-to-stdout=true"]
        wanted = {"webkitgtk:browserOptions": {"binary": MINI, "args": args}}
        for _ in range(60):
            with suppress(httpx2.ConnectError):
                self.client.get("/status")
                break
            time.sleep(0.5)
        self.session = ""
        session = self.ask("", capabilities={"alwaysMatch": wanted})["sessionId"]
        self.session = f"/{session}"
        self.read = 0

    def ask(self, path: str, **body: Any) -> Any:
        answer = self.client.post(f"/session{self.session}{path}", json=body)
        value = answer.json()["value"]
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {value['message']}")
        return value

    def open(self, url: str, width: int, height: int) -> None:
        self.ask("/window/rect", width=width, height=height)
        self.ask("/url", url=url)
        inner = self.evaluate("[innerWidth, innerHeight]")
        if inner != [width, height]:  # the window has a bar of its own
            self.ask("/window/rect", width=2 * width - inner[0], height=2 * height - inner[1])

    def evaluate(self, expression: str) -> Any:
        return self.ask("/execute/sync", script=f"return ({expression})", args=[])

    def press(self, keys: list[str]) -> None:
        self.ask("/actions", actions=pressing(keys))

    def drag(self, start: Place, end: Place) -> None:
        self.ask("/actions", actions=dragging(start, end))

    def picture(self, path: Path) -> None:
        answer = self.client.get(f"/session{self.session}/screenshot")
        path.write_bytes(base64.b64decode(answer.json()["value"]))

    def complaints(self) -> list[str]:
        self.log.seek(self.read)
        said = self.log.read()
        self.read = self.log.tell()
        return [line for line in said.splitlines() if "CONSOLE" in line and " ERROR" in line]

    def close(self) -> None:
        with suppress(httpx2.HTTPError):
            self.client.delete(f"/session{self.session}")
        for process in (self.driver, self.screen):
            process.terminate()
            process.wait(60)
