"""What is checked on the pages: a table, the same for every engine."""

import time
from collections.abc import Callable, Iterator

from tests.engines.engine import Engine

SIZES = ((1280, 800), (360, 740))
PAGES = {
    "home": "/",
    "expression": "/expression?step=2",
    "convolution": "/convolution",
    "network": "/network",
    "activations": "/activations",
    "training": "/training",
    "lesson": "/lessons/chain-rule",
    "practice": "/practice",
}
PATIENCE = 60.0  # s
REST = 4  # s without a new part, after which a page is taken to have all of its answers

# What is drawn by the server stands there until the figure does, which waits until it is near.
STILL = """[...document.querySelectorAll('[data-script] .still')].some((still) => {
  const box = still.getBoundingClientRect();
  return box.height > 0 && box.top < innerHeight;
})"""
STEP = "Number(document.querySelector('[role=slider][aria-label=Step], [aria-label=Step]')?.value)"
VALUE = "document.querySelector('[data-node=z] text.value')?.textContent ?? ''"
NODES = "document.querySelectorAll('[data-node]').length"
WIDER = "document.documentElement.scrollWidth - innerWidth"
CUT = """[...document.querySelectorAll('body *')].filter((part) => {
  const style = getComputedStyle(part);
  const hidden = style.overflowX === 'hidden' || style.overflowX === 'clip';
  const box = part.getBoundingClientRect();
  return hidden && style.textOverflow !== 'ellipsis' && part instanceof HTMLElement
    && part.scrollWidth > part.clientWidth + 1 && !part.closest('[aria-hidden=true]')
    && !part.closest('.still') && box.width > 8 && box.height > 8
    && style.visibility === 'visible' && part.innerText?.trim();
}).map((part) => [part, part.innerText.trim().replace(/\\s+/g, ' ').slice(0, 40)])
  .map(([part, text]) => `${part.localName}.${part.className}: ${text}`)"""
NUMBERS_CUT = """[...document.querySelectorAll('input, select')].filter((part) =>
  part.getClientRects().length && ['text', 'number', 'select-one'].includes(part.type)
  && part.scrollWidth > part.clientWidth + 2
).map((part) => `${part.localName} ${part.ariaLabel ?? part.id}: ${part.value.slice(0, 40)}`)"""


def until(engine: Engine, expression: str) -> bool:
    """Whether it comes to be true within the patience."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if engine.evaluate(f"Boolean({expression})"):
            return True
        time.sleep(0.2)
    return False


def loads(engine: Engine) -> Iterator[str]:
    ready = "document.readyState === 'complete' && document.querySelector('h1')"
    if not until(engine, f"{ready} && !{STILL}"):
        yield "has no heading, or a figure that does not come"
    # The figure has its answer when nothing moves any more; a page without one is at rest at once.
    seen, still = -1, 0
    for _ in range(int(PATIENCE)):
        parts = engine.evaluate("document.querySelectorAll('*').length")
        still = still + 1 if parts == seen else 0
        if still == REST:
            return
        seen = parts
        time.sleep(1)
    yield "never comes to rest"


def fits(engine: Engine) -> Iterator[str]:
    wider = engine.evaluate(WIDER)
    if wider > 0:
        yield f"scrolls {wider} px to the side"
    for part in [*engine.evaluate(CUT), *engine.evaluate(NUMBERS_CUT)]:
        yield f"is cut: {part}"


def plays(engine: Engine) -> Iterator[str]:
    before = engine.evaluate(STEP)
    button = "document.querySelector('button[aria-label=Play], button[title^=Play]')"
    engine.evaluate(f"{button}?.click() ?? null")
    if not until(engine, f"{STEP} > {before}"):
        yield f"does not play on from step {before}"
    engine.evaluate("document.querySelector('button[aria-label=Pause]')?.click() ?? null")


def steps(engine: Engine) -> Iterator[str]:
    engine.evaluate("document.activeElement?.blur() ?? null")
    engine.press(["Home"])
    if not until(engine, f"{STEP} === 0"):
        yield "does not go to its first step by Home"
    engine.press(["ArrowRight"])
    if not until(engine, f"{STEP} > 0"):
        yield "does not go on by the right arrow"
    engine.press(["End"])


def drags(engine: Engine) -> Iterator[str]:
    before = engine.evaluate(VALUE)
    middle = engine.evaluate(
        "(() => { const part = document.querySelector('[data-node=z] .box');"
        "if (!part) return null; part.scrollIntoView({block: 'center'});"
        "const box = part.getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    if not middle:
        yield "has no value to drag"
        return
    x, y = middle
    engine.drag((x, y), (x + 60, y))
    if not until(engine, f"({VALUE}) !== {before!r}"):
        yield f"a value dragged is still {before}"


def types(engine: Engine) -> Iterator[str]:
    before = engine.evaluate(NODES)
    engine.evaluate(
        "(() => { const text = document.querySelector('textarea, [contenteditable=true]');"
        "text?.focus(); text?.setSelectionRange?.(text.value.length, text.value.length);"
        "return null; })()"
    )
    engine.press([*" + x"])
    if not until(engine, f"{NODES} > {before}"):
        yield "what is typed makes no gate"


# On every page in every size; then, on the expression's page, what a visitor does.
LOOKS: dict[str, Callable[[Engine], Iterator[str]]] = {"load": loads, "layout": fits}
DEEDS: dict[str, Callable[[Engine], Iterator[str]]] = {
    "play": plays,
    "keys": steps,
    "drag": drags,
    "type": types,
}
