"""The course at a projector: a lesson by a clicker alone, and from figure to figure by `]`."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from app.core.exercises.table import KINDS
from app.web.course import course
from tests.browser.test_everyone import small_text
from tests.browser.visitor import halt

SCREENS = ".lesson .screen:not(.turns)"
SEEN = f"[...document.querySelectorAll('{SCREENS}')].findIndex(s => s.matches('.on-screen'))"
MOST_STEPS = 400  # of a figure, row by row, before the next screen


def on_a_wall(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => null)")


@pytest.mark.parametrize("name", ["chain-rule", "example", "layers"])
def test_a_clicker_leads_through_a_whole_lesson_and_on_to_the_next(page: Page, name: str) -> None:
    on_a_wall(page, f"/lessons/{name}?projector=1")
    last = page.locator(SCREENS).count() - 1
    seen = {page.evaluate(SEEN)}
    for _ in range(MOST_STEPS):
        expect(page.locator(".on-screen [role=alert]")).to_have_count(0)
        if not page.locator(".on-screen [data-figure]").count():
            assert small_text(page) == []
        page.keyboard.press("PageDown")
        if f"/{name}" not in page.url:
            break
        seen.add(page.evaluate(SEEN))
        if seen >= {last}:
            break
    assert seen == {*range(last + 1)}


def test_a_clicker_pressed_while_the_last_number_is_on_its_way_leads_on(page: Page) -> None:
    page.clock.install(time=0)
    page.goto("/lessons/chain-rule?projector=1")
    figure = page.locator(".on-screen [data-figure]")
    while not figure.count():
        page.keyboard.press("PageDown")
    expect(figure).to_have_attribute("data-alive", "")
    halt(page)  # no number arrives any more
    at, steps = page.evaluate(SEEN), int(figure.locator(".player .count").inner_text()[4:])
    for _ in range(steps + 2):
        page.keyboard.press("PageDown")
    assert page.evaluate(SEEN) == at + 1


@pytest.mark.parametrize("part", sorted({lesson.part for lesson in course().values()}))
def test_a_bracket_leads_from_figure_to_figure(page: Page, part: str) -> None:
    stop = 0
    for lesson in course().values():
        fences = [*lesson.fences]
        if lesson.part == part:
            break
        stop += len(fences)
    own = sum(len([*row.fences]) for row in course().values() if row.part == part)
    first = next(row for row in course().values() if row.part == part and [*row.fences])
    on_a_wall(page, f"{next(first.fences).link}&stop={stop}&projector=1")
    for place in range(stop, stop + own):
        way, other = ("prev", place - 1) if place else ("next", 1)
        expect(page.locator(f'link[rel={way}][href$="&stop={other}"]')).to_have_count(1)
        page.wait_for_load_state()
        expect(page.locator("main [role=alert]")).to_have_count(0)
        expect(page.locator("main h1")).to_have_count(1)
        if place + 1 < stop + own:
            page.keyboard.press("]")


def test_the_speaker_s_window_and_the_projector_are_one(page: Page) -> None:
    on_a_wall(page, "/lessons/by-hand?projector=1")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    clock = speaker.locator(".speaker .clock span")
    count = page.locator(SCREENS).count()
    expect(clock).to_have_text(f"1 / {count}")
    page.keyboard.press("PageDown")
    expect(clock).to_have_text(f"2 / {count}")
    expect(speaker.get_by_role("region", name="Notes")).to_contain_text("The sign of the 1 is plus")
    wall = speaker.frame_locator(".speaker iframe").locator(".on-screen")
    expect(wall).to_contain_text(page.locator(".on-screen > *").first.text_content() or "?")
    speaker.keyboard.press("PageDown")
    expect(clock).to_have_text(f"3 / {count}")
    page.wait_for_function(f"() => {SEEN} === 2")
    assert speaker.evaluate("'projector' in document.documentElement.dataset") is False


def test_a_figure_changed_on_the_wall_is_changed_in_the_speaker_s_picture_of_it(page: Page) -> None:
    on_a_wall(page, "/lessons/chain-rule?projector=1")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    mirror = speaker.frame_locator(".speaker iframe").locator(".on-screen")
    figure = page.locator(".on-screen [data-figure]")
    while not figure.count():
        speaker.keyboard.press("PageDown")
    expect(figure).to_have_attribute("data-alive", "")
    expect(mirror.locator("[data-figure]")).to_have_attribute("data-alive", "")
    at = page.evaluate(SEEN)

    def step(of: Locator) -> str:
        return of.locator(".player input[type=range]").input_value()

    # The figure's own steps come first, from the speaker's window too.
    before = step(figure)
    speaker.keyboard.press("PageDown")
    expect(figure.locator(".player input[type=range]")).not_to_have_value(before)
    assert page.evaluate(SEEN) == at
    expect(mirror.locator(".player input[type=range]")).to_have_value(step(figure))

    figure.get_by_label("x, scalar").fill("71")
    expect(mirror.get_by_label("x, scalar")).to_have_value("71")


def test_an_exercise_is_checked_without_leaving_the_page(page: Page) -> None:
    page.goto("/lessons/chain-rule?seed=5")
    page.evaluate("window.stays = true")
    exercise = page.locator('[data-exercise="one-gate"]')
    right = KINDS["one-gate"].drawn(5).blanks[0]
    exercise.get_by_role("textbox").fill(str(right.wrongs[0].value))
    exercise.get_by_role("button", name="Check").click()
    expect(exercise.locator(".said")).to_contain_text(right.wrongs[0].says)
    exercise.get_by_role("textbox").fill(str(right.right))
    page.keyboard.press("Enter")
    expect(exercise.get_by_role("status")).to_contain_text("All right.")
    assert page.evaluate("window.stays") is True
    page.goto("/")
    expect(page.locator('[data-exercises*="one-gate"]')).to_have_text("1 of 2")


def test_a_run_on_the_wall_goes_in_the_speaker_s_picture_too_and_is_asked_once(page: Page) -> None:
    asked: list[str] = []
    page.context.on(
        "request",
        lambda request: asked.append(request.url) if "/api/experiments/" in request.url else None,
    )
    on_a_wall(page, "/lessons/fitting?projector=1")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    mirror = speaker.frame_locator(".speaker iframe").locator(".on-screen")
    expect(mirror).to_have_count(1)
    figure = page.locator(".on-screen [data-figure]")
    while not figure.count():
        speaker.keyboard.press("PageDown")
    last = re.compile(r"^(\d+) / \1$")
    expect(figure.locator(".player .count")).to_have_text(last)
    expect(mirror.locator(".player .count")).to_have_text(last)
    expect(mirror.locator(".diagnosis")).to_have_text(figure.locator(".diagnosis").inner_text())
    # A run with other settings, begun while both stand.
    with page.expect_request("**/api/experiments/*"):
        figure.get_by_role("button", name="Other seed").click()
    seed = re.compile("Other seed 1")
    expect(figure.get_by_role("button", name="Other seed")).to_have_text(seed)
    expect(mirror.get_by_role("button", name="Other seed")).to_have_text(seed)
    said = figure.locator(".lab-side dd")
    expect(figure.locator(".lab")).to_have_attribute("aria-busy", "false")
    expect(mirror.locator(".lab")).to_have_attribute("aria-busy", "false")
    expect(mirror.locator(".lab-side dd")).to_have_text(said.all_inner_texts())
    assert len(asked) == 2, asked


def test_a_lesson_is_seen_with_its_formulas_before_katex_is_fetched(page: Page) -> None:
    """It comes with the first thing that is set in the page: here an exercise that is far away."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/lessons/chain-rule")
    expect(page.locator(".lesson > .screen .katex-html").first).to_be_visible()
    expect(page.locator("[data-alive]").first).to_be_attached()

    def scripts() -> int:
        return sum(bool(re.search(r"/katex-[^/]*\.js$", url)) for url in fetched)

    assert not [url for url in fetched if "/practice/" in url]
    assert scripts() == 0
    page.locator("[data-exercise]").first.scroll_into_view_if_needed()
    expect(page.locator("[data-exercise] .katex-html").first).to_be_visible()
    assert scripts() == 1
    assert [url for url in fetched if "/practice/" in url]
