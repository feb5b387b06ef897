"""What follows from a row of FIGURES: its route, its place in OpenAPI, its link, its embed."""

import html
import json
import pickle
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.figure import Figure
from app.core.figures import FIGURES
from app.core.links import alone, asked, link
from app.core.mistakes import validated
from app.core.questions import Asked, shown
from app.main import create_app
from app.web.security import POLICY
from tests.typed import check_typed

PAGE = {"accept": "text/html"}


def first(page: str) -> Any:
    """What stands in an embed for its script."""
    found = re.search(r'data-part="first">(.*?)</script>', page, re.S)
    assert found
    return json.loads(html.unescape(found[1]))


@pytest.mark.parametrize("name", FIGURES)
def test_a_row_can_be_sent_to_a_worker_and_says_what_it_is(name: str) -> None:
    row = FIGURES[name]
    assert pickle.loads(pickle.dumps(row)).name == row.name == name
    assert row.says.endswith(".")
    assert row.answer or row.slice


@pytest.mark.parametrize("name", FIGURES)
def test_the_example_of_a_row_is_answered_at_its_path(client: TestClient, name: str) -> None:
    row = FIGURES[name]
    answer = client.post(f"/api{row.path}", json=row.tried)
    assert answer.status_code == 200, answer.text
    check_typed(row.model, answer.json())
    body = create_app().openapi()["paths"][f"/api{row.path}"]["post"]["requestBody"]
    assert "example" in body["content"]["application/json"]


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_that_shows_it_takes_every_example(client: TestClient, name: str) -> None:
    row = FIGURES[name]
    for example in row.examples:
        if not validated(row.question, example).private:
            address = alone(row, example)
            assert client.get(address, headers=PAGE).status_code == 200, address


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_stands_alone_with_its_first_answer(client: TestClient, name: str) -> None:
    row = FIGURES[name]
    for query in ("", link(row, row.examples[-1])):
        page = client.get(f"/embed/{name}?{query}", headers=PAGE)
        told = first(page.text) if page.status_code == 200 else page.text[-600:]
        assert page.status_code == 200, told
        assert f'data-figure="{name}"' in page.text
        assert told["problem"] is None
        assert (told["answer"] is not None) == (row.answer is not None)
        assert "<header" not in page.text
        assert "<footer" not in page.text


def test_only_an_embed_may_be_framed(client: TestClient) -> None:
    policies = {
        path: client.get(path).headers["content-security-policy"]
        for path in ("/embed/stack", "/embed/nothing", "/network", "/embed", "/api/ops")
    }
    assert "frame-ancestors *" in policies["/embed/stack"]
    own = {rule for name, rule in policies.items() if not name.startswith("/embed/")}
    assert len(own) == 1
    assert "frame-ancestors 'none'" in own.pop()
    for name, value in POLICY.items():
        if name != "frame-ancestors":
            assert f"{name} {value}" in policies["/embed/stack"]
    assert "x-frame-options" not in client.get("/embed/stack").headers


def test_an_unknown_figure_and_a_wrong_question_are_told_in_a_sentence(client: TestClient) -> None:
    unknown = client.get("/embed/netwrk", headers=PAGE)
    assert unknown.status_code == 404
    assert "There is no figure netwrk; did you mean network?" in unknown.text
    for path in ("stack?kernel_size=4", "network?architecture=vgg17", "window?input=x"):
        page = client.get(f"/embed/{path}", headers=PAGE)
        assert page.status_code == 422, path
        told = first(page.text)
        assert told["answer"] is None
        assert html.escape(told["problem"]["message"], quote=False) in page.text.replace(
            "&#39;", "'"
        )


class SumQuestion(Asked):
    """Some whole numbers."""

    model_config = shown({"numbers": [1, 2, 3]})

    numbers: list[int]


def summed(question: SumQuestion) -> dict[str, Any]:
    return {"sum": sum(question.numbers), "sentence": f"It is {sum(question.numbers)}."}


def test_a_new_row_is_found_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Figure(
        "sum", "expressions", SumQuestion, "Whole numbers added.", summed, quick=summed, page="/"
    )
    monkeypatch.setitem(FIGURES, row.name, row)
    app = create_app()
    client = TestClient(app)
    assert client.post("/api/sum", json={"numbers": [4, 5]}).json()["sum"] == 9
    operation = app.openapi()["paths"]["/api/sum"]["post"]
    assert operation["description"] == "Whole numbers added."
    assert operation["requestBody"]["content"]["application/json"]["example"] == row.tried
    assert link(row, {"numbers": [4, 5]}) == "numbers=4%2C5"
    assert asked(row, {"numbers": "4,5"}) == {"numbers": [4, 5]}
    told = first(client.get("/embed/sum?numbers=4,5").text)
    assert told["question"] == {"numbers": [4, 5]}
    assert told["answer"]["sum"] == 9
    assert client.get("/embed/sum?numbers=x").status_code == 422
