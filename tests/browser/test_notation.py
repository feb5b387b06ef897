"""One notation: nothing on a page is written as programs write it, but what is typed or is code."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import PATIENCE, link

# What would be a slip, by what it is; each is looked for in one piece of text.
SLIPS = {
    "a hyphen for a minus sign": r"(^|[\s(\[=,|≥≤<>×·+/:])-\d| - ",
    "a number as it is typed": r"\d(\.\d+)?e[+-]?\d",
    "a letter between sizes": r"\d x \d",
    "a size without its spaces": r"(?<![\w.])\d+[x×]\d+(?![\d⁻⁰¹²³⁴⁵⁶⁷⁸⁹])",
    "a star for a product": r"[\w)\]] ?\*(?!\*) ?[\w(\[]",
    "a letter spelt out": r"\blam\b",
    "a power as it is typed": r"\^|\*\* ?\d",
    "code that is not set as code": "`",
    "LaTeX that is not set": r"\\[a-z]{2,}|\$",
    "a gate by its sign in ASCII": r"\[[*^-].*gate\]|the [*^-]\S* gate",
    "a value that is none": r"\b(undefined|NaN|null)\b|\[object",
}
# What is typed and said again as it was; of a formula what is not seen, and its hat; and under the
# volumes of a network, where room is scarce, a size has no spaces.
TYPED = (
    "svg.network-drawing, code, pre, kbd, textarea, input, script, style, svg > title, "
    ".katex-mathml, .katex .accent-body"
)
READ = """([slips, typed]) => {
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text; (text = walker.nextNode()); ) {
        const said = text.textContent.trim()
        if (!said || text.parentElement.closest(typed)) continue
        for (const [slip, form] of Object.entries(slips))
            if (new RegExp(form).test(said)) found.push(`${slip}: ${said.slice(0, 120)}`)
    }
    return found
}"""
EXAMPLES = ("sigmoid-neuron", "hinge-loss", "batch-norm")
# A page, and what is on it once its figure is there.
PAGES = {
    "/": ".player",
    "/convolution": ".player",
    "/network?architecture=alexnet": ".player",
    "/network?architecture=resnet152&view=field": ".views-tabs",
    "/network?architecture=vgg16": ".stage-facts",
    "/network?view=compare": ".views-tabs",
    "/network?view=gradients": ".views-tabs",
    "/activations": "main",
    "/training?experiment=dropout": "main",
    "/training/step": ".player",
    "/lessons": "main",
    "/lessons/windows": ".player",
    "/lessons/stacks": "main",
    "/lessons/alexnet": ".player",
    "/practice": "main",
    "/reference": "main",
    "/glossary": "main",
}


def slips(page: Page) -> list[str]:
    found: list[str] = page.evaluate(READ, [SLIPS, TYPED])
    return sorted(set(found))


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_written_as_by_hand(page: Page, address: str) -> None:
    page.set_default_navigation_timeout(PATIENCE)
    page.goto(address)
    expect(page.locator(PAGES[address]).first).to_be_visible()
    assert slips(page) == []


def test_the_steps_of_an_example_are_said_as_by_hand(page: Page) -> None:
    rows = {row["name"]: row for row in json.loads(page.request.get("/api/examples").text())}
    for name in EXAMPLES:
        page.goto(link((rows[name]["expression"], rows[name]["inputs"]), step=0))
        for step in range(8):
            expect(page.locator(".player .count")).to_contain_text(f"{step} /")
            assert slips(page) == [], (name, step)
            page.keyboard.press("ArrowRight")
