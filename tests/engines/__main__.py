"""One line for each thing found; the exit code tells whether anything was."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from tests.engines.checks import DEEDS, LOOKS, PAGES, SIZES
from tests.engines.chromium import Chromium
from tests.engines.engine import Engine, Missing
from tests.engines.firefox import Firefox
from tests.engines.webkit import WebKit

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-results/browsers"
ENGINES: dict[str, Callable[[], Engine]] = {
    "chromium": Chromium,
    "firefox": Firefox,
    "webkit": WebKit,
}


def found(name: str, engine: Engine, base: str, pages: Iterable[str]) -> Iterator[str]:
    """Everything wrong in one engine, page by page; its pictures are written."""
    for page in pages:
        for width, height in SIZES:
            engine.open(base + PAGES[page], width, height)
            inner = engine.evaluate("innerWidth")
            if inner != width:
                print(f"{name}: {page}: looked at {inner} px wide, not {width}", flush=True)
            checks = {**LOOKS, **DEEDS} if page == "expression" else LOOKS
            for check, look in checks.items():
                if check == "play":
                    engine.picture(PICTURES / f"{page}-{width}-{name}.png")
                for fault in look(engine):
                    yield f"{page} {width}: {check}: {fault}"
            if page != "expression":
                engine.picture(PICTURES / f"{page}-{width}-{name}.png")
            for complaint in engine.complaints():
                yield f"{page} {width}: {complaint}"


def main(wanted: list[str]) -> int:
    """1 when something is wrong; wanted are names of engines and pages, else all of them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.patient"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    base = server.stdout.readline().rpartition(" ")[2].strip()
    wrong = 0
    try:
        for name in [name for name in wanted if name in ENGINES] or ENGINES:
            try:
                engine = ENGINES[name]()
            except Missing as missing:
                print(f"{name}: not installed here ({missing})", flush=True)
                continue
            with closing(engine):
                before = wrong
                for fault in found(
                    name, engine, base, [name for name in wanted if name in PAGES] or PAGES
                ):
                    wrong += 1
                    print(f"{name}: {fault}", flush=True)
                print(f"{name}: {wrong - before} found", flush=True)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    print(f"pictures: {PICTURES}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
