"""One training step as a visitor looks into it: by keys, by choice, from the run, on to a graph."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.experiments.table import EXPERIMENTS
from app.core.experiments.training_step.answers import training_step
from app.core.experiments.training_step.figure import answer
from app.core.experiments.training_step.questions import SMALL, TrainingStepQuestion
from app.core.numbers import format_number
from tests.browser.visitor import Axe, fits_a_telephone, node, telephone

LONG = 120_000  # ms until the workers have started, on a busy machine
LINK = f"/training/step?{urlencode(SMALL)}"
ANSWER = training_step(TrainingStepQuestion(**SMALL))
COUNT = ANSWER["track"]["count"]
MINUS = "\N{MINUS SIGN}"


def at(page: Page, moment: int) -> None:
    """The player stands at that moment, and its sentence is the server's."""
    expect(page.locator(".player .count")).to_have_text(f"{moment} / {COUNT}", timeout=LONG)
    sentence = ANSWER["moments"][moment - 1]["sentence"]
    expect(page.locator(".step p.sentence")).to_have_text(sentence)


def numbers(page: Page) -> dict[str, float | None]:
    """What stands beside the weight: each number, or nothing while it is still to come."""
    found = page.locator(".step-numbers div").all()
    texts = {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in found}
    return {name: float(text.replace(MINUS, "-")) if text else None for name, text in texts.items()}


def test_it_is_stepped_by_keys_to_its_end_and_back(page: Page) -> None:
    page.goto(LINK)
    at(page, 1)
    caption = page.locator(".step-figure figcaption").last
    expect(caption.locator("annotation")).to_have_text(ANSWER["weight"]["latex"])
    for moment in range(2, COUNT + 1):
        page.keyboard.press("ArrowRight")
        at(page, moment)
    after = numbers(page)
    weight = ANSWER["weight"]
    assert after == {
        "weight": pytest.approx(weight["before"], rel=1e-3),
        "gradient of this point": pytest.approx(weight["gradient"], rel=1e-3),
        "mean of the batch": pytest.approx(weight["mean"], rel=1e-3),
        "weight after the step": pytest.approx(weight["after"], rel=1e-3),
    }
    page.keyboard.press("ArrowLeft")
    at(page, COUNT - 1)
    assert numbers(page)["weight after the step"] is None
    page.keyboard.press("ArrowLeft")
    at(page, COUNT - 2)
    assert numbers(page)["mean of the batch"] is None
    page.keyboard.press("Home")
    expect(page.locator(".player .count")).to_have_text(f"0 / {COUNT}")
    assert numbers(page)["gradient of this point"] is None
    expect(page.locator(".step-net text.value")).to_have_count(0)
    page.keyboard.press("End")
    at(page, COUNT)


def test_a_clicker_steps_it_on_the_projector(page: Page) -> None:
    page.goto(f"{LINK}&projector=1")
    expect(page.locator(".player .count")).to_have_text(f"1 / {COUNT}", timeout=LONG)
    page.keyboard.press("PageDown")
    expect(page.locator(".player .count")).to_have_text(f"2 / {COUNT}")
    page.keyboard.press("PageUp")
    expect(page.locator(".player .count")).to_have_text(f"1 / {COUNT}")


def test_another_weight_and_another_point_are_told_at_the_same_moment(page: Page) -> None:
    page.goto(f"{LINK}&moment={COUNT}")
    at(page, COUNT)
    page.get_by_role("combobox", name="layer").select_option("2")
    expect(page).to_have_url(re.compile("weight=w2_1_1"))
    page.get_by_role("combobox", name="from unit").select_option("3")
    expect(page).to_have_url(re.compile("weight=w2_1_3"))
    page.get_by_role("slider", name="Point").press("ArrowRight")
    expect(page).to_have_url(re.compile("sample=3"))
    found = training_step(TrainingStepQuestion(**SMALL | {"sample": 3, "weight": "w2_1_3"}))
    expect(page.locator(".step p.sentence")).to_have_text(found["moments"][-1]["sentence"])
    expect(page.locator(".player .count")).to_have_text(f"{COUNT} / {COUNT}")
    page.get_by_role("combobox", name="from unit").select_option("0")
    expect(page).to_have_url(re.compile("weight=b2_1"))


def test_the_expression_has_the_same_gradient_for_that_weight(page: Page) -> None:
    page.goto(LINK)
    at(page, 1)
    page.get_by_role("link", name="Open as an expression").click()
    page.wait_for_url(re.compile("/expression[?]"))
    found = node(page, ANSWER["expression"]["input"]).locator("text.gradient")
    expect(found).to_have_text(format_number(ANSWER["weight"]["gradient"]))


def test_the_run_opens_it_at_the_step_shown_and_it_leads_back(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=classifier-2d&steps=60&data=moons&units=3")
    expect(page.locator(".player .count")).to_have_text("60 / 60", timeout=LONG)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="Look into this step").click()
    page.wait_for_url(re.compile("/training/step[?].*step=58"))
    expect(page.locator(".step-figure figcaption").first).to_contain_text("step 58")
    page.get_by_role("link", name="Back to the run").click()
    page.wait_for_url(re.compile("/training[?]experiment=classifier-2d"))
    for setting in ("steps=60", "data=moons", "units=3"):
        assert setting in page.url


def test_a_run_of_another_experiment_opens_its_step_with_its_settings(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=samples-a-weight&hidden=3&dropped=0.5&seed=4")
    expect(page.locator(".player .count")).to_have_text("60 / 60", timeout=LONG)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="Look into this step").click()
    page.wait_for_url(re.compile("experiment=samples-a-weight&.*step=590"))
    expect(page.locator(".player .count")).to_have_text("1 / 11", timeout=LONG)
    page.keyboard.press("End")
    expect(page.locator(".step-net circle.out").first).to_be_attached()
    page.get_by_role("link", name="Back to the run").click()
    page.wait_for_url(re.compile("/training[?]experiment=samples-a-weight"))
    for setting in ("hidden=3", "dropped=0.5", "seed=4"):
        assert setting in page.url


def test_where_no_step_can_be_looked_into_the_page_says_why(page: Page) -> None:
    page.goto("/training?experiment=overfitting")
    closed = page.locator(".lab-settings .closed")
    expect(closed).to_have_text(EXPERIMENTS["overfitting"].never, timeout=LONG)
    page.goto("/training?experiment=small-batch&bug=softmax+twice")
    expect(closed).to_contain_text("With this bug no step can be looked into", timeout=LONG)
    expect(page.get_by_role("link", name="Look into this step")).to_have_count(0)
    page.goto("/training?experiment=small-batch&data=xor")
    page.get_by_role("link", name="Look into this step").click(timeout=LONG)
    page.wait_for_url(re.compile("/training/step[?]experiment=small-batch&data=xor"))


CONVOLVED = {"experiment": "your-network", "data": "digits", "step": 40, "sample": 3}
KERNEL = CONVOLVED | {"weight": "w2_5_3_2_2"}


def test_a_net_on_pictures_is_told_in_part_and_any_weight_of_it_chosen(page: Page) -> None:
    found = answer(TrainingStepQuestion(**KERNEL))
    count, weight = found["track"]["count"], found["weight"]
    page.goto(f"/training/step?{urlencode(KERNEL)}&moment={count}")
    sentence = page.locator(".step p.sentence")
    expect(sentence).to_have_text(found["moments"][-1]["sentence"], timeout=LONG)
    assert numbers(page) == {
        "weight": pytest.approx(weight["before"], rel=1e-3),
        "gradient of this picture": pytest.approx(weight["gradient"], rel=1e-3),
        "mean of the batch": pytest.approx(weight["mean"], rel=1e-3),
        "weight after the step": pytest.approx(weight["after"], rel=1e-3),
    }
    expect(page.locator(".step-batch image")).to_have_count(32)
    page.get_by_role("combobox", name="row").select_option("3")
    expect(page).to_have_url(re.compile("weight=w2_5_3_3_2"))
    page.get_by_role("combobox", name="layer").select_option("3")
    expect(page).to_have_url(re.compile("weight=w3_5_3&"))
    page.get_by_role("combobox", name="from unit").select_option("70")
    expect(page).to_have_url(re.compile("weight=w3_5_70"))
    page.locator(".step-batch image").nth(7).click()
    expect(page).to_have_url(re.compile("sample=7"))
    then = answer(TrainingStepQuestion(**KERNEL | {"weight": "w3_5_70", "sample": 7}))
    expect(sentence).to_have_text(then["moments"][-1]["sentence"])
    page.keyboard.press("Home")
    expect(page.locator(".step-net text.value")).to_have_count(0)
    assert numbers(page)["gradient of this picture"] is None


def test_the_run_of_a_net_on_digits_opens_its_step(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/training?experiment=your-network&steps=40")
    page.get_by_role("link", name="Look into this step").click(timeout=LONG)
    page.wait_for_url(re.compile("/training/step[?]experiment=your-network"))
    expect(page.locator(".step-batch image").first).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("query", [LINK, f"/training/step?{urlencode(KERNEL)}"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_telephone_and_nothing_is_too_wide(
    browser: Browser, live_server: str, axe: Axe, scheme: str, query: str
) -> None:
    with telephone(browser, live_server) as page:
        page.goto(f"{query}&moment=9&theme={scheme}")
        expect(page.locator(".player .count")).to_contain_text("9 / ", timeout=LONG)
        fits_a_telephone(page, axe)
