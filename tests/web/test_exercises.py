"""Exercises over the wire and as pages that need no script."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from app.core.exercises.table import KINDS
from app.web.course import course


def drawn(client: TestClient, name: str, seed: int = 3) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/exercises/{name}?seed={seed}").json()
    return found


def answers(name: str, seed: int = 3) -> dict[str, str]:
    """What is right, as one would type it."""
    found = {}
    for blank in KINDS[name].drawn(seed).blanks:
        right = blank.right
        if blank.form == "grid":
            right = "\n".join(" ".join(map(str, row)) for row in right)
        elif blank.form == "shape":
            right = " x ".join(map(str, right))
        found[blank.name] = str(right)
    return found


def test_the_list_names_every_kind_and_each_lesson_has_one(client: TestClient) -> None:
    rows = client.get("/api/exercises").json()
    assert [row["name"] for row in rows] == list(KINDS)
    assert {row["lesson"] for row in rows} == {*course()}
    assert all(lesson.exercises for lesson in course().values())
    for lesson in course().values():
        assert {KINDS[name].lesson for name in lesson.exercises} == {lesson.name}


@pytest.mark.parametrize("name", KINDS)
def test_a_drawn_question_can_be_answered_and_leads_to_its_figure(
    client: TestClient, name: str
) -> None:
    question = drawn(client, name)
    assert question["seed"] == 3
    assert "right" not in question
    assert {blank["name"] for blank in question["blanks"]} == {*answers(name)}
    assert not re.search(r"\d x \d", str(question)), "a size is written with ×"
    sent = {"seed": 3, "answers": answers(name)}
    assert client.post(f"/api/exercises/{name}", json=sent).json()["right"]
    assert client.get(question["link"]).status_code == 200


@pytest.mark.parametrize("name", KINDS)
def test_it_is_answered_without_a_script(client: TestClient, name: str) -> None:
    page = client.get(f"/practice/{name}?seed=3").text
    for blank in KINDS[name].drawn(3).blanks:
        assert f'name="{blank.name}"' in page
    assert "data-right" not in page
    assert "All right." not in page
    query = urlencode({"seed": 3, **answers(name)})
    assert "All right." in client.get(f"/practice/{name}?{query}").text


def test_a_known_mistake_is_called_by_its_name_and_shown(client: TestClient) -> None:
    found = KINDS["hinge-loss"].drawn(3).blanks[0].wrongs[0]
    sent = {"seed": 3, "answers": {"loss": str(found.value)}}
    (said,) = client.post("/api/exercises/hinge-loss", json=sent).json()["verdicts"]
    assert said == {"name": "loss", "verdict": "wrong", "says": found.says, "link": found.link}
    assert client.get(said["link"]).status_code == 200
    page = client.get(f"/practice/hinge-loss?seed=3&loss={found.value}").text
    assert found.says in unescape(page)


def test_a_mix_is_the_same_for_a_room_and_goes_through_every_kind(client: TestClient) -> None:
    def kind(place: int) -> str:
        page = client.get(f"/practice?seed=7&place={place}").text
        found = re.search(r'data-exercise="([^"]+)"', page)
        assert found
        assert f"place={place + 1}" in page
        return found[1]

    first = [kind(place) for place in range(4)]
    assert len({*first}) == 4
    assert kind(len(KINDS)) == first[0]
    assert client.get("/practice?seed=7").text == client.get("/practice?seed=7").text


def test_each_visitor_draws_numbers_of_their_own(client: TestClient) -> None:
    seeds = set()
    for _ in range(4):
        answer = client.get("/practice/every-gradient")
        assert answer.headers["cache-control"] == "no-store"
        found = re.search(r'name="seed" value="(\d+)"', answer.text)
        assert found
        seeds.add(found[1])
    assert len(seeds) > 1


def test_a_lesson_has_its_exercises_with_the_room_s_seed(client: TestClient) -> None:
    page = client.get("/lessons/chain-rule?seed=5").text
    assert page.count('name="seed" value="5"') == len(course()["chain-rule"].exercises)
    assert "data-anew" not in page
    assert "data-anew" in client.get("/lessons/chain-rule").text


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/practice/hinge-los", 404, "did you mean hinge-loss?"),
        ("/api/exercises/hinge-los", 404, "did you mean hinge-loss?"),
        ("/practice?seed=-1", 422, "whole number"),
        ("/practice?seed=1000000", 422, "whole number"),
        ("/practice?seed=1&place=x", 422, "whole number"),
        ("/lessons/chain-rule?seed=x", 422, "whole number"),
        ("/api/exercises/hinge-loss?seed=x", 422, "seed"),
    ],
)
def test_what_is_not_there_is_said(client: TestClient, path: str, status: int, says: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text


@pytest.mark.parametrize(
    "text", ["<b>", "1/0", "(" * 900, "9" * 3000, "\x00", "x" * 10, "[[", "nan", "`", "ſ"]
)
def test_whatever_is_typed_has_an_answer(client: TestClient, text: str) -> None:
    for name in ("hinge-loss", "gradient-shape", "local-gradient", "input-gradient", "which-fit"):
        blank = KINDS[name].drawn(3).blanks[0].name
        page = client.get(f"/practice/{name}?" + urlencode({"seed": 3, blank: text}))
        assert page.status_code == 200
        assert "<b>" not in page.text
        sent = {"seed": 3, "answers": {blank: text[:2000]}}
        answer = client.post(f"/api/exercises/{name}", json=sent)
        assert answer.status_code == 200
        assert not answer.json()["right"]
