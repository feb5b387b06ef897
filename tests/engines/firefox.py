"""Firefox, by WebDriver BiDi, which it speaks itself."""

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from threading import Thread
from typing import Any

from tests.engines.engine import Missing, Place, dragging, pressing
from tests.engines.socket import Socket

NAMES = ("firefox", "firefox-esr")
READY = "WebDriver BiDi listening on ws://127.0.0.1:"


class Firefox:
    def __init__(self) -> None:
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        if not path:
            raise Missing(" or ".join(NAMES))
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [path, "--headless", "--remote-debugging-port=0", "--profile", self.profile.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr
        said = next((line for line in self.process.stderr if READY in line), None)
        if not said:
            raise Missing(f"{path} that speaks WebDriver BiDi")
        # What it says later is read too, or it waits for a reader.
        Thread(target=self.process.stderr.read, daemon=True).start()
        self.socket = Socket(int(said.rpartition(":")[2]), "/session")
        self.asked = 0
        self.heard: list[str] = []
        self.page = ""
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What the command answers; what the page logs meanwhile is kept."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.receive())
            entry = said["params"] if said.get("method") == "log.entryAdded" else None
            # Firefox's own windows log too.
            if entry and entry["level"] == "error" and entry["source"].get("context") == self.page:
                self.heard.append(f"{entry['type']}: {entry['text']}")
            if said.get("id") == self.asked:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                answer: dict[str, Any] = said["result"]
                return answer

    def open(self, url: str, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", context=self.page, viewport=size)
        self.ask("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        answer = self.ask(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self.page},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    def press(self, keys: list[str]) -> None:
        self.ask("input.performActions", context=self.page, actions=pressing(keys))

    def drag(self, start: Place, end: Place) -> None:
        self.ask("input.performActions", context=self.page, actions=dragging(start, end))

    def picture(self, path: Path) -> None:
        data = self.ask("browsingContext.captureScreenshot", context=self.page)["data"]
        path.write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        self.evaluate("1")  # what was logged before this is here by its answer
        heard, self.heard = self.heard, []
        return heard

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.profile.cleanup()
