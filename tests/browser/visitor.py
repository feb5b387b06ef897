"""What a visitor does on the expression page, and what they see there."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Locator, Page, expect

FIRST = ("f = (x + y) * z", {"x": -2, "y": 5, "z": -4})
FAN_OUT = ("q = x * y\nf = q * x + sin(q)", {"x": 2, "y": 1.5})
NEURON = (
    "f = 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
    {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
)

ARROW = "\u2192"
HOUR = 3600  # s, on the clock of a page: later than any test gets
PATIENCE = 60_000  # ms until a test gives up; none depends on it
# The first gradient check starts a process that imports torch.
TORCH = PATIENCE


def link(question: tuple[str, Mapping[str, Any]], **more: str | int) -> str:
    """The address of a question."""
    expression, inputs = question
    return "/?" + urlencode({"expression": expression, "inputs": json.dumps(inputs), **more})


def node(page: Page, name: str) -> Locator:
    """A node of the drawing, by its id."""
    return page.locator(f'[data-node="{name}"]')


def wire(page: Page, source: str, target: str, position: int) -> Locator:
    """The wire into a port of a node."""
    return page.locator(f'[data-wire="{ARROW.join([source, target, str(position)])}"]')


def grasp(page: Page, name: str) -> Locator:
    """What of a node takes the focus and says its numbers."""
    return page.locator(f'[data-spot="node {name}"]')


def shows(page: Page, **numbers: str) -> None:
    """The drawing shows these values, by node: "3", or "3 | -4" together with the gradient."""
    for name, both in numbers.items():
        value, _, gradient = both.replace("-", "\u2212").partition(" | ")
        values = node(page, name).locator("text.value")
        gradients = node(page, name).locator("text.gradient")
        if value:
            expect(values).to_have_text(value)
        else:
            expect(values).to_have_count(0)
        if gradient:
            expect(gradients).to_have_text(gradient)
        else:
            expect(gradients).to_have_count(0)


def text(page: Page) -> Locator:
    """Where the expression is typed."""
    return page.get_by_role("textbox", name="Expression", exact=True)


def value_of(page: Page, name: str) -> Locator:
    """The field of an input's value, in the list of inputs."""
    return page.get_by_role("list", name="Inputs").get_by_role("textbox", name=f"{name}, ")


def halt(page: Page) -> None:
    """From now on the page's clock stands still, and page.clock.run_for(ms) moves it. For a page
    whose clock was installed before it was opened."""
    page.clock.pause_at(HOUR)


def at_step(page: Page, position: int, count: int) -> None:
    expect(page.locator(".player .count")).to_have_text(f"{position} / {count}")


def landed(page: Page) -> None:
    """The number on its way has arrived; stepping back would only take it back before."""
    expect(page.locator(".pulse")).to_have_count(0)


def formula(page: Page) -> Locator:
    """The present step's formula as KaTeX wrote it, numbers included."""
    return page.locator(".step .katex annotation")


def leave_fields(page: Page) -> None:
    """So that keys go to the player."""
    page.evaluate("document.activeElement.blur()")


def held(page: Page) -> list[str]:
    """From now on the API never answers; the list is of what was asked of it."""
    asked: list[str] = []
    page.route("**/api/**", lambda route: asked.append(route.request.url))
    return asked


def middle(place: Locator) -> tuple[float, float]:
    """Where its middle is, once it stands still."""
    x, y = place.evaluate(
        """(place) => new Promise((resolve) => {
            let last = ''
            let same = 0
            requestAnimationFrame(function look() {
                const { x, y, width, height } = place.getBoundingClientRect()
                same = last === String([x, y]) ? same + 1 : 0
                last = String([x, y])
                if (same > 4) resolve([x + width / 2, y + height / 2])
                else requestAnimationFrame(look)
            })
        })"""
    )
    return x, y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def point_on(path: Locator, share: float = 0.5) -> tuple[float, float]:
    """A point of a wire, where a hand can take it."""
    x, y = path.evaluate(
        """(path, share) => {
            const at = path.getPointAtLength(path.getTotalLength() * share)
            const on = at.matrixTransform(path.getScreenCTM())
            return [on.x, on.y]
        }""",
        share,
    )
    return x, y


def tab(page: Page, name: str) -> Locator:
    """Opens one of the tabs below the figure and gives its panel."""
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)


Axe = Callable[..., list[str]]


@contextmanager
def telephone(browser: Browser, address: str, **more: Any) -> Iterator[Page]:
    """A page of that server in a window of 360 by 740."""
    size: Any = {"width": 360, "height": 740}
    with browser.new_context(
        base_url=address, viewport=size, reduced_motion="reduce", **more
    ) as context:
        yield context.new_page()


def fits_a_telephone(page: Page, axe: Axe) -> None:
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
