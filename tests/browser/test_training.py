"""The training lab as a visitor uses it: a run to its end, its player, its settings, its link."""

import re

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.experiments.table import EXPERIMENTS
from app.core.experiments.weights import RunWeightsQuestion, weights
from app.workers.pool import RUNS_EACH
from tests.browser.visitor import Axe, fits_a_telephone, tab, telephone

SHORT = "/training?degree=3&points=12"
LONG = 120_000  # milliseconds until the workers have started and a run has come, on a busy machine


def ended(page: Page, count: int) -> None:
    expect(page.locator(".player .count")).to_have_text(f"{count} / {count}", timeout=LONG)


def test_a_run_comes_by_itself_is_stepped_by_keys_and_told_in_words(page: Page) -> None:
    page.goto(SHORT)
    ended(page, 3)
    expect(page.locator(".diagnosis")).to_contain_text("degree 3")
    expect(page.locator(".fit").first).to_have_attribute("d", re.compile("^M"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".player .count")).to_have_text("2 / 3")
    expect(page.locator(".diagnosis")).to_contain_text("degree 2")
    page.keyboard.press("Home")
    expect(page.locator(".diagnosis")).to_contain_text("degree 0")
    chart = page.locator(".losses [role=img]")
    expect(chart).to_have_attribute("aria-label", re.compile("At degree 0: training [0-9.]+"))


def test_a_setting_changes_the_run_and_its_link(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(SHORT)
    ended(page, 3)
    before = page.locator(".lab-side.run dd").first.text_content()
    page.get_by_role("button", name="Other seed").click()
    expect(page.locator(".lab-side.run dd").first).not_to_have_text(before or "")
    expect(page).to_have_url(re.compile("points=12&degree=3&seed=1"))
    page.get_by_role("slider", name="Degree, up to").press("ArrowRight")
    ended(page, 4)
    expect(page).to_have_url(re.compile("degree=4"))


def test_another_experiment_is_a_click_away(page: Page) -> None:
    page.goto(SHORT)
    page.get_by_role("tab", name="Ten samples a weight").click()
    ended(page, 60)
    expect(page.locator(".diagnosis")).to_contain_text("Overfitting")
    expect(page).to_have_url(re.compile("experiment=samples-a-weight"))


def test_the_rate_is_changed_from_the_step_one_looks_at_and_stands_in_the_link(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=classifier-2d&steps=60&data=moons")
    ended(page, 60)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Change from step 59").click()
    expect(page).to_have_url(re.compile("turn=59"))
    page.get_by_role("slider", name="Rate from then").press("ArrowRight")
    expect(page).to_have_url(re.compile("rate_then=0.05"))
    ended(page, 60)
    title = page.locator(".lab-side.run figcaption")
    expect(title).to_have_text("rate 0.05 from step 59")


def seen(page: Page) -> list[str]:
    """All that shows a moment of a run: both planes, the numbers, the sentence, the chart."""
    planes = page.locator(".plane canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    words = page.locator(".lab-side dd, .diagnosis").all_inner_texts()
    chart = page.locator(".losses [role=img]").get_attribute("aria-label")
    return [*planes, *words, chart or ""]


def test_back_at_an_earlier_frame_all_of_it_is_that_frame_and_play_goes_on_to_the_newest(
    page: Page,
) -> None:
    page.goto("/training?experiment=classifier-2d&steps=120&data=moons&units=3")
    count = page.locator(".player .count")
    expect(count).to_have_text(re.compile(r"^[1-9]\d* / 60$"), timeout=LONG)
    page.get_by_role("button", name="Pause").or_(page.get_by_role("button", name="Play")).click()
    track = page.get_by_role("slider", name="Step", exact=True)
    track.fill("0")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("1 / 60")
    early = seen(page)
    page.keyboard.press("Space")
    ended(page, 60)
    late = seen(page)
    assert all(one != other for one, other in zip(early, late, strict=True))
    track.fill("1")
    expect(count).to_have_text("1 / 60")
    assert seen(page) == early


def test_a_run_of_plain_pytorch_is_taken_along_as_a_file_and_another_says_why_not(
    page: Page,
) -> None:
    page.goto("/training?experiment=classifier-2d&steps=60&seed=3")
    with page.expect_download() as taken:
        tab(page, "Take it along").get_by_role("button", name="PyTorch program").click()
    assert taken.value.suggested_filename == "classifier-2d.py"
    assert "SEED = 3" in taken.value.path().read_text()
    page.goto(SHORT)
    ended(page, 3)
    expect(page.get_by_role("tab", name="Measured")).to_be_visible()
    drawer = tab(page, "Take it along")
    expect(drawer).to_contain_text(EXPERIMENTS["overfitting"].unwritten)
    for way in ("PyTorch program", "Notebook"):
        expect(drawer.get_by_role("button", name=way)).to_have_count(0)


def test_what_lies_under_a_run_is_a_drawer_with_one_stop(page: Page) -> None:
    page.goto("/training?experiment=classifier-2d&steps=60")
    drawer = page.get_by_role("tablist", name="More")
    expect(page.get_by_role("tabpanel", name="Measured")).to_contain_text("seeds")
    drawer.get_by_role("tab", name="Measured").focus()
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_role("tab", name="Take it along")).to_be_focused()
    expect(page.get_by_role("button", name="Notebook")).to_be_visible()
    assert drawer.locator("[tabindex='0']").count() == 1
    # What was pulled out stays so.
    page.get_by_role("tab", name="Dropout", exact=True).click()
    expect(page.get_by_role("button", name="Notebook")).to_be_visible()
    page.get_by_role("tab", name="A curve through noisy points").click()
    why = page.get_by_role("tabpanel", name="Take it along")
    expect(why).to_contain_text(EXPERIMENTS["overfitting"].unwritten)


def test_the_sliders_are_in_the_first_picture_and_on_the_wall(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(SHORT)
    slider = page.get_by_role("slider", name="Degree, up to")
    box = slider.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 800
    page.keyboard.press("p")
    expect(page.locator(":root[data-projector]")).to_have_count(1)
    expect(slider).to_be_visible()


def test_the_weights_of_the_frame_one_looks_at_are_taken_along(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=your-network&steps=40")
    ended(page, 40)
    page.keyboard.press("ArrowLeft")
    with page.expect_download() as taken:
        tab(page, "Take it along").get_by_role("button", name="Weights of step 39").click()
    assert taken.value.suggested_filename == "your-network.safetensors"
    question = RunWeightsQuestion(experiment="your-network", settings={"steps": 40}, frame=39)
    assert taken.value.path().read_bytes() == weights(question)


def test_a_bad_point_is_added_by_a_tap_dragged_and_taken_away_and_the_fit_follows(
    page: Page,
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=outliers&far=0")
    ended(page, 30)
    picture, fit = page.locator(".lab-side.run svg"), page.locator(".lab-side.run .fit")
    slope = page.locator(".lab-side.run dd").first
    box = picture.bounding_box()
    assert box
    x, low = box["x"] + 0.8 * box["width"], box["y"] + 0.9 * box["height"]

    before, told = fit.get_attribute("d"), slope.inner_text()
    page.mouse.click(x, low)
    own = picture.get_by_role("button", name="Added point 1")
    expect(own).to_have_count(1)
    expect(page.locator(".lab-side.control .grasp")).to_have_count(1)
    expect(fit).not_to_have_attribute("d", before or "")
    expect(slope).not_to_have_text(told)
    expect(page.locator(".player .count")).to_have_text("30 / 30")
    expect(page).to_have_url(re.compile(r"added=%5B%5B0\.\d+%2C-\d"))

    first = fit.get_attribute("d")
    page.mouse.move(x, low)
    page.mouse.down()
    page.mouse.move(x - 0.3 * box["width"], low - 0.3 * box["height"], steps=8)
    page.mouse.up()
    expect(own).to_have_count(1)
    expect(fit).not_to_have_attribute("d", first or "")
    expect(own).to_have_attribute("aria-label", re.compile("x 0.5"))

    page.mouse.click(x - 0.3 * box["width"], low - 0.3 * box["height"])
    expect(own).to_have_count(0)
    expect(fit).to_have_attribute("d", before or "")
    expect(slope).to_have_text(told)
    expect(page).not_to_have_url(re.compile("added"))


def test_points_are_added_and_moved_by_keys_and_a_link_has_them(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=outliers&points=6&added=[[0.25,1.5]]")
    ended(page, 30)
    run = page.locator(".lab-side.run")
    expect(run.get_by_role("button", name="Added point 1 at x 0.25, y 1.5,")).to_have_count(1)
    page.get_by_role("button", name="Add a bad point").press("Enter")
    own = run.get_by_role("button", name="Added point 2")
    expect(own).to_be_focused()
    count, label = page.locator(".player .count"), own.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    expect(own).not_to_have_attribute("aria-label", label or "")
    expect(count).to_have_text("30 / 30")
    page.keyboard.press("Delete")
    expect(own).to_have_count(0)
    expect(run.get_by_role("button", name="Added point 1")).to_be_focused()
    page.get_by_role("button", name="Take away yours").click()
    expect(page.locator(".grasp")).to_have_count(0)


# One link of each kind of picture, short; what is drawn of it, and how many frames there are.
KINDS = [
    ("dropout&hidden=8&points=20&steps=40", ".picture-net circle", 40),
    ("batch-norm&depth=2&steps=20", ".picture-lines canvas", 20),
    ("small-batch&points=10&steps=40", ".picture-sheet canvas", 40),
    ("mislabelled&each=20&epochs=3", ".picture-sheet canvas", 3),
    ("cross-validation&points=50&folds=2", ".picture-split .part", 24),
    ("optimizers&steps=60", ".picture-paths circle", 60),
    ("outliers&points=6&added=[[0.5,-3]]", ".lab-picture circle", 30),
]


@pytest.mark.parametrize(("link", "drawn", "count"), KINDS)
def test_an_answer_is_drawn_as_the_picture_it_names_on_a_telephone_too(
    browser: Browser, live_server: str, link: str, drawn: str, count: int
) -> None:
    with browser.new_context(
        base_url=live_server, viewport={"width": 360, "height": 740}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"/training?experiment={link}")
        ended(page, count)
        for side in ("run", "control"):
            expect(page.locator(f".lab-side.{side} {drawn}").first).to_be_visible()
        expect(page.locator(".diagnosis")).not_to_contain_text("Waiting")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert not wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("link", "count"), [(SHORT, 3), ("/training?experiment=outliers&added=[[0.5,-3]]", 30)]
)
def test_axe_finds_nothing_on_a_telephone_and_nothing_is_too_wide(
    browser: Browser, live_server: str, axe: Axe, scheme: str, link: str, count: int
) -> None:
    with telephone(browser, live_server) as page:
        page.goto(f"{link}&theme={scheme}")
        ended(page, count)
        fits_a_telephone(page, axe)


def test_where_all_places_are_taken_a_run_waits_in_line_and_begins_by_itself(
    page: Page, live_server: str
) -> None:
    frames = f"{live_server}/api/experiments/classifier-2d/frames"
    long = {"data": "spirals", "layers": 3, "units": 16, "steps": 3000}
    with httpx2.Client(timeout=LONG / 1000) as others:
        runs = [
            others.send(
                others.build_request("GET", frames, params=long | {"seed": seed}), stream=True
            )
            for seed in range(3 * RUNS_EACH // 2)  # all that one address may have
        ]
        page.goto(SHORT)
        said = page.locator(".waiting-says")
        expect(said).to_contain_text("yours is the next and begins by itself", timeout=LONG)
        expect(page.get_by_text("Waiting for a worker")).to_have_count(0)
        for run in runs:
            run.close()
    ended(page, 3)
    expect(said).to_have_count(0)


def test_a_place_in_the_plane_is_asked_about_by_mouse_and_by_keys(page: Page, axe: Axe) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=classifier-2d&steps=60&data=blobs&units=3")
    ended(page, 60)
    said = page.locator(".plane-place .here")
    expect(said).to_have_text(["", ""])
    asks = page.get_by_role("button", name="Ask the net about a place")
    asks.first.click(position={"x": 5, "y": 5})
    first = said.all_text_contents()
    assert all(re.fullmatch(r"At −.*, .*: \d+ % (dots|squares)", text) for text in first)
    expect(page.locator("path.spot")).to_have_count(2)
    step = page.locator(".player .count").inner_text()
    asks.first.press("ArrowRight")
    expect(said.first).not_to_have_text(first[0])
    expect(page.locator(".player .count")).to_have_text(step)
    assert axe(page, "wcag2a", "wcag2aa") == []
    asks.first.press("Escape")
    expect(said).to_have_text(["", ""])
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".player .count")).to_have_text("59 / 60")


def test_what_holds_from_a_change_on_is_offered_once_there_is_one(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=classifier-2d&steps=60&data=moons")
    ended(page, 60)
    frozen = page.get_by_role("slider", name="Layer from then")
    expect(frozen).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Change from step 59").click()
    frozen.press("ArrowRight")
    page.get_by_role("slider", name="Rate from then").press("Home")
    ended(page, 60)
    expect(page.locator(".lab-side.run")).to_contain_text("layer 1 frozen from step 59")
    expect(page).to_have_url(re.compile("layer_then=1&rate_then=0"))
