"""The link, the files and the copies: the same question elsewhere."""

import io
import itertools
import re
import struct
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visitor import (
    FAN_OUT,
    FIRST,
    PATIENCE,
    Axe,
    landed,
    link,
    node,
    shows,
    tab,
    text,
    value_of,
)


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "permissions": ["clipboard-read", "clipboard-write"]}


def copied(page: Page, button: str) -> str:
    page.evaluate("navigator.clipboard.writeText('')")
    tab(page, "Share and export").get_by_role("button", name=button).click()
    what = button.removeprefix("Copy ").removeprefix("as ").capitalize()
    said = page.locator("[role=tabpanel] [aria-live]")
    expect(said).to_have_text(re.compile(f"^{what}.* copied", re.IGNORECASE))
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_the_link_is_the_whole_setting(page: Page, browser: Browser, live_server: str) -> None:
    page.goto("/expression")
    text(page).fill(FAN_OUT[0])
    expect(node(page, "q")).to_be_visible()
    value_of(page, "x").fill("3")
    value_of(page, "y").fill("0.5")
    tab(page, "Break it").get_by_role("switch", name=re.compile("instead of")).check()
    expect(page.locator("text.gradient.wrong")).not_to_have_count(0)
    shown = page.locator(".player .count")
    page.keyboard.press("Home")
    expect(shown).to_have_text(re.compile("^0 / "))
    for step in range(1, 7):
        page.keyboard.press("ArrowRight")
        expect(shown).to_have_text(re.compile(f"^{step} / "))
    landed(page)
    count = page.locator(".player .count").text_content() or ""
    assert count.startswith("6 / ")
    address = copied(page, "Copy link")
    assert address.startswith(live_server)
    before = picture(page)
    # Somebody else, elsewhere.
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(address)
        expect(other.locator(".player .count")).to_have_text(count)
        expect(text(other)).to_have_value(FAN_OUT[0])
        expect(value_of(other, "x")).to_have_value("3")
        tab(other, "Break it")
        expect(other.get_by_role("switch", name=re.compile("instead of"))).to_be_checked()
        assert picture(other) == before


def picture(page: Page) -> list[str]:
    """All that the drawing says, with its places."""
    expect(page.locator(".pulse")).to_have_count(0)
    found: list[str] = page.locator(".graph text").evaluate_all(
        """(texts) => texts.map((text) =>
            [text.textContent, text.getAttribute('x'), text.getAttribute('y')].join(' '))"""
    )
    return sorted(found)


def test_the_address_follows_and_a_reload_changes_nothing(page: Page) -> None:
    page.goto("/expression")
    value_of(page, "z").fill("2")
    shows(page, f="6 | 1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(r"step=5"))
    query = parse_qs(urlsplit(page.url).query)
    assert query["expression"] == [FIRST[0]]
    page.reload()
    expect(page.locator(".player .count")).to_have_text("5 / 7")
    expect(value_of(page, "z")).to_have_value("2")
    shows(page, z="2 | 3", x="-2", f="6 | 1")


def test_a_link_with_a_mistake_says_so_and_keeps_the_text(page: Page) -> None:
    # The page itself says 422 too, which Chromium takes for no error.
    page.goto(link(("f = x + sigmod(y)", {})))
    expect(text(page)).to_have_value("f = x + sigmod(y)")
    expect(page.locator(".editor .problem")).to_contain_text("did you mean sigmoid")
    page.get_by_role("button", name="Use sigmoid").click()
    expect(node(page, "f")).to_be_visible()


def test_the_svg_stands_for_itself(page: Page) -> None:
    page.goto(link(FIRST))
    panel = tab(page, "Share and export")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download SVG").click()
    assert download.value.suggested_filename.endswith(".svg")
    svg = Path(download.value.path()).read_text()
    root = ElementTree.fromstring(svg)
    texts = ["".join(found.itertext()) for found in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"−12", "−4", "3", "x", "y", "z"} <= set(texts)
    # It asks nobody for anything: its fonts are in it.
    assert re.findall(r"url\((?!\"?(?:data:|#))", svg) == []
    assert "font-face" in svg
    assert "tabindex" not in svg


def test_the_png_is_a_picture_of_twice_the_size(page: Page) -> None:
    page.goto(link(FIRST))
    panel = tab(page, "Share and export")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download PNG").click()
    assert download.value.suggested_filename.endswith(".png")
    png = Path(download.value.path()).read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 800
    assert height > 300
    assert len(png) > 5_000


def test_the_gif_has_a_frame_for_each_step_and_leaves_the_figure_as_it_was(page: Page) -> None:
    page.goto(link(FIRST, step=2))
    panel = tab(page, "Share and export")
    slider = page.locator(".player input[type=range]")
    before = slider.input_value()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download animated GIF").click()
    assert download.value.suggested_filename.endswith(".gif")
    with Image.open(download.value.path()) as gif:
        frames = [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == int(slider.get_attribute("max") or 0) + 1
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    expect(panel.get_by_role("button", name="Download animated GIF")).to_be_enabled()
    assert slider.input_value() == before


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/network?architecture=googlenet", 25),
        ("/convolution?layer=MaxPool2d", 60),
        ("/convolution", 60),
    ],
)
def test_whatever_plays_is_a_gif_of_as_many_frames_as_it_says(
    page: Page, address: str, most: int
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address)
    button = tab(page, "Take it along").get_by_role("button", name=re.compile(r"GIF, \d+ frames"))
    said = int(re.sub(r"\D", "", button.inner_text()))
    assert 2 <= said <= most
    slider = page.locator(".player input[type=range]")
    before = slider.input_value()
    with page.expect_download(timeout=4 * PATIENCE) as download:
        button.click()
    with Image.open(download.value.path()) as gif:
        frames = [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == said
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    # There is something on it: paper is not all there is, and letters are not lost on it.
    assert all((frame != frame[0, 0]).any(axis=-1).mean() > 0.02 for frame in frames)
    expect(button).to_be_enabled()
    assert slider.input_value() == before


def filmed(page: Page, button: Locator) -> list[np.ndarray[Any, Any]]:
    """The frames of what a button makes, as many as it says."""
    said = int(re.sub(r"\D", "", button.inner_text()))
    with page.expect_download(timeout=4 * PATIENCE) as download:
        button.click()
    with Image.open(download.value.path()) as gif:
        frames = [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == said
    assert all((frame != frame[0, 0]).any(axis=-1).mean() > 0.02 for frame in frames)
    assert any((a != b).any() for a, b in itertools.pairwise(frames))
    expect(button).to_be_enabled()
    return frames


@pytest.mark.parametrize(
    ("address", "wide"),
    [
        ("/training?experiment=classifier-2d", 1000),
        ("/training?experiment=batch-norm", 1000),
        ("/training/step", 1000),
    ],
)
def test_a_run_and_a_step_of_it_are_gifs_wide_enough_for_their_numbers(
    page: Page, address: str, wide: int
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(reduced_motion="reduce")  # nothing plays meanwhile
    page.goto(address)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    button = tab(page, "Take it along").get_by_role("button", name=re.compile(r"GIF, \d+ frames"))
    slider = page.locator(".player input[type=range]")
    before = slider.input_value()
    frames = filmed(page, button)
    assert 2 <= len(frames) <= 60
    assert frames[0].shape[1] >= wide
    assert slider.input_value() == before


def test_the_climb_of_an_input_is_a_gif(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/activations?model=digits&view=looks")
    page.get_by_role("button", name="Let the input climb").first.click()
    button = page.get_by_role("button", name=re.compile(r"GIF, \d+ frames")).first
    expect(button).to_be_enabled()
    frames = filmed(page, button)
    assert len(frames) > 2
    assert min(frames[0].shape[:2]) > 100


def test_the_copy_for_pytorch_runs_and_prints_the_same_gradients(page: Page) -> None:
    page.goto(link(FIRST))
    code = copied(page, "Copy as PyTorch")
    assert "import torch" in code
    printed = io.StringIO()
    exec(code, {"print": lambda *words: printed.write(" ".join(map(str, words)) + "\n")})
    numbers = [float(found) for found in re.findall(r"-?\d+\.?\d*", printed.getvalue())]
    assert {-4.0, 3.0, -12.0} <= set(numbers), printed.getvalue()


def test_the_copies_as_latex_and_curl(page: Page, live_server: str) -> None:
    page.goto(link(FIRST))
    latex = copied(page, "Copy as LaTeX")
    assert r"\frac{\partial f}{\partial x}" in latex
    curl = copied(page, "Copy as curl")
    assert curl.startswith("curl")
    assert f"{live_server}/api/expression" in curl
    assert "(x + y) * z" in curl


@pytest.mark.parametrize(
    ("path", "figure", "seen"),
    [
        ("/expression?expression=f+%3D+x+*+3&inputs=%7B%22x%22%3A2%7D", "expression", {}),
        ("/network?architecture=alexnet&view=field", "receptive-field", {"view": "field"}),
        ("/training?experiment=overfitting&degree=4", "overfitting", {"experiment": "overfitting"}),
    ],
)
def test_a_figure_is_used_elsewhere(
    page: Page, axe: Axe, path: str, figure: str, seen: dict[str, str]
) -> None:
    page.goto(f"{path}#elsewhere")
    texts = page.locator(".elsewhere pre")
    expect(texts).to_have_count(4)
    link = texts.nth(0).inner_text()
    query = dict(parse_qsl(urlsplit(link).query))
    assert query["v"] == "1"
    assert seen.items() <= query.items()
    assert f"/embed/{figure}?" in texts.nth(1).inner_text()
    assert axe(page, "wcag2a", "wcag2aa") == []
    page.goto(link)
    page.evaluate("() => (location.hash = 'elsewhere')")
    expect(texts.nth(0)).to_have_text(link)
