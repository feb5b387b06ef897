"""The course over the wire: every figure of it answers, every link of it opens."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.figure import JSON
from app.core.lessons.lesson import Fence
from app.core.lessons.reading import html, parsed, read
from app.web.course import OURS, course
from app.web.formulas import typeset, unset

FENCES = [(lesson.name, fence) for lesson in course().values() for fence in lesson.fences]
NAMES = [f"{name}-{fence.line}" for name, fence in FENCES]
SLIDES = range(1, 28)  # of the lecture


def test_no_lesson_of_ours_is_left_out() -> None:
    lessons, wrong = read(OURS)
    assert not wrong
    assert len(lessons) == len(course())


def test_every_slide_has_a_figure_and_the_lessons_follow_the_slides() -> None:
    shown = [fence.slide for _, fence in FENCES if fence.slide]
    assert {*shown} == {*SLIDES}
    firsts = [min(lesson.slides) for lesson in course().values()]
    assert firsts == sorted(firsts)
    for lesson in course().values():
        assert {fence.slide for fence in lesson.fences} <= {*lesson.slides, None}, lesson.name


@pytest.mark.parametrize(("name", "fence"), FENCES, ids=NAMES)
def test_every_figure_answers(client: TestClient, name: str, fence: Fence) -> None:
    figure, question = fence.figure, dict(fence.question)
    if figure.answer is None or figure.forms[0] != JSON:
        return
    answer = client.post(f"/api{figure.path}", json=question)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("name", "fence"), FENCES, ids=NAMES)
def test_every_link_opens(client: TestClient, name: str, fence: Fence) -> None:
    assert client.get(fence.link).status_code == 200


@pytest.mark.parametrize("name", course())
def test_a_lesson_reads_without_a_script(client: TestClient, name: str) -> None:
    page = client.get(f"/lessons/{name}")
    assert page.status_code == 200
    assert 'role="alert"' not in page.text
    told = re.sub(r"<input[^>]*>", "", page.text)  # what is typed may be an x
    assert not re.search(r"\d x \d", told), "a size is written with ×"
    for fence in course()[name].fences:
        assert f'data-figure="{fence.name}"' in page.text


def test_the_list_names_every_lesson_with_its_figures(client: TestClient) -> None:
    rows: list[dict[str, Any]] = client.get("/api/lessons").json()
    assert [row["name"] for row in rows] == list(course())
    assert sum(len(row["figures"]) for row in rows) == len(FENCES)
    contents = client.get("/lessons").text
    for row in rows:
        assert f'href="/lessons/{row["name"]}"' in contents


def test_an_unknown_lesson_is_told_the_nearest(client: TestClient) -> None:
    answer = client.get("/lessons/chain-rul")
    assert answer.status_code == 404
    assert "did you mean chain-rule?" in answer.text


def test_a_figure_of_the_course_knows_what_comes_before_and_after(client: TestClient) -> None:
    page = client.get(FENCES[1][1].link + "&stop=1").text
    assert '<link rel="prev"' in page
    assert '<link rel="next"' in page
    assert "stop=2" in page
    assert '<link rel="prev"' not in client.get(FENCES[0][1].link + "&stop=0").text
    for stop in ("-1", "99999", "x", str(len(FENCES))):
        assert 'rel="next"' not in client.get(f"/?stop={stop}").text


def test_a_lesson_is_there_as_a_notebook(client: TestClient) -> None:
    answer = client.get("/lessons/backward.ipynb")
    assert answer.headers["content-type"] == "application/x-ipynb+json"
    assert answer.json()["nbformat"] == 4
    assert 'href="/lessons/backward.ipynb"' in client.get("/lessons/backward").text
    assert client.get("/lessons/backwards.ipynb").status_code == 404


def test_nobodys_name_for_the_server_gets_into_anothers_notebook(client: TestClient) -> None:
    for name in ("one.example", "two.example:8000", 'x")\\'):
        text = client.get("/lessons/backward.ipynb", headers={"host": name}).text
        links = [part.split("/")[0] for part in text.split("(http://")[1:]]
        assert links
        assert len({*links}) == 1
        assert "{this server}" not in text
        if "example" in name:
            assert {*links} == {name}


def test_before_the_first_lesson_and_after_the_last_are_the_contents(client: TestClient) -> None:
    first, *_, last = course()
    assert '<link rel="prev" href="/lessons" />' in client.get(f"/lessons/{first}").text
    assert '<link rel="next" href="/lessons" />' in client.get(f"/lessons/{last}").text


@pytest.mark.parametrize("name", course())
def test_every_formula_of_ours_is_set_before_any_script_runs(client: TestClient, name: str) -> None:
    page = client.get(f"/lessons/{name}").text
    prose = page.split('<section class="exercise"')[0]
    assert "data-latex" not in prose
    assert ("<math" in prose) == ("$" in Path(OURS, files()[name]).read_text("utf-8"))
    assert 'blocking="render"' not in page


def files() -> dict[str, str]:
    return {path.stem.lstrip("0123456789").lstrip("-"): path.name for path in OURS.glob("*.md")}


def test_a_formula_that_the_build_has_not_seen_is_left_to_a_script() -> None:
    known, own = (html(parsed(text)) for text in ("If $x$ then", r"If $x < \Xi_{77}$ then"))
    assert not unset(typeset(known))
    assert typeset(own) == own
    assert unset(typeset(known + own))
