"""The page on activations in Chromium: maps from the server to a painted canvas, with the page's
own code for it, and a stroke that is answered while it is drawn."""

import math
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request

from tests.bench.page import bare, frame_while, opened, soon
from tests.bench.server import serving
from tests.bench.timing import Comparison

HERE = Path(__file__).resolve().parent
STATIC = HERE.parents[1] / "static"
SECONDS = 4.0  # of drawing
LAYER = "0"
# 64 maps of 112 x 112, and next to nothing to compute.
QUESTION = {
    "source": "nn.Conv2d(3, 64, 3, padding=1)",
    "input": [3, 112, 112],
    "image": "coffee",
    "layers": [LAYER],
}
TIMED = """
async ([name, question, layer]) => {
  const begun = performance.now()
  const bytes = await Maps[name](question, layer)
  await new Promise(requestAnimationFrame)
  return [(performance.now() - begun) / 1000, bytes]
}
"""


def bundled() -> str:
    """maps.ts with what it imports from the page, as one script."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "maps.js"
        rolldown = STATIC / "node_modules/rolldown/bin/cli.mjs"
        command = [os.environ.get("NODE", "node"), str(rolldown), str(HERE / "maps.ts")]
        options = ["--format", "iife", "--name", "Maps", "--file", str(out)]
        subprocess.run([*command, *options], cwd=STATIC, check=True, capture_output=True)
        return out.read_text().replace("var Maps", "window.Maps", 1)


def to_canvas() -> Iterator[Comparison]:
    """As safetensors in bytes, as the page asks, against JSON."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        page.goto("/docs")
        page.evaluate(bundled())
        ours = measured(page, "fromTensors", QUESTION | {"encoding": "uint8"})
        theirs = measured(page, "fromJson", QUESTION)
    for i, unit in enumerate("sB"):
        what = ("64 maps of 112x112 to canvas", "64 maps of 112x112, bytes")[i]
        yield Comparison(what, "as JSON", ours[i], theirs[i], 0.25, unit)


def drawing() -> Iterator[Comparison]:
    """A hand that draws for some seconds, and how often all of the network follows it."""
    with serving("-m", "app") as (port, _), opened(port) as page:
        page.goto("/activations?model=digits")
        sheet = page.get_by_label("A sheet to draw on")
        box = sheet.bounding_box()
        assert box
        page.wait_for_load_state("networkidle")
        floor = bare(port) + frame_while(page)
        answered: list[float] = []

        def on_finished(request: Request) -> None:
            if request.url.endswith("/api/activations"):
                answered.append(time.perf_counter())

        page.mouse.move(box["x"] + 50, box["y"] + 50)
        page.mouse.down()
        page.on("requestfinished", on_finished)
        begun = time.perf_counter()
        while (past := time.perf_counter() - begun) < SECONDS:
            across, down = (math.sin(turns * past) * 0.35 + 0.5 for turns in (1.7, 2.3))
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            page.wait_for_timeout(8)
        page.mouse.up()
    every = SECONDS / max(1, len(answered))
    yield soon("a stroke is answered, every", every, floor, 3.75)


def measured(page: Page, name: str, question: dict[str, Any]) -> tuple[float, float]:
    """Median seconds, and bytes."""
    found = [page.evaluate(TIMED, [name, question, LAYER]) for _ in range(12)][2:]
    return statistics.median(seconds for seconds, _ in found), found[0][1]
