"""The glossary, and the search over all that can be read."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.core.lessons.glossary import ANCHORS, GLOSSARY, ROWS
from app.web.search import found, index


def test_each_word_is_defined_once_and_its_figure_opens(client: TestClient) -> None:
    page = client.get("/glossary").text
    assert len(GLOSSARY) == len(ROWS)
    assert len(ANCHORS) == sum(1 + len(row.also) for row in ROWS)
    for link in {row.link for row in ROWS}:
        assert client.get(link).status_code == 200, link
    for row in ROWS:
        assert f'id="{row.anchor}"' in page
        assert row.says.endswith(".")


def test_a_word_set_strong_in_a_lesson_leads_to_its_definition(client: TestClient) -> None:
    page = client.get("/lessons/stacks").text
    assert '<strong><a href="/glossary#receptive-field">receptive field</a></strong>' in page


def test_it_finds_lessons_words_ops_experiments_and_exercises() -> None:
    assert {entry.kind for entry, _, _ in index()} == {
        "Word", "Lesson", "Op", "Experiment", "Exercise",
    }  # fmt: skip
    for query, link in [
        ("receptive field", "/glossary#receptive-field"),
        ("Receptiv", "/glossary#receptive-field"),
        ("dropout", "/lessons/alexnet"),
        ("sigmoid", "/reference#op-sigmoid"),
        ("double descent", "/training?experiment=double-descent"),
        ("hinge", "/practice/hinge-loss"),
        ("GoogLeNet won", "/lessons/vgg"),
    ]:
        assert link in [entry.link for entry in found(query)], query
    assert found("receptive field")[0].link == "/glossary#receptive-field"
    for size in ("5 x 5", "5x5", "5 × 5", "5×5"):
        assert found(size)[0].link == "/lessons/stacks", size
    assert found("dropout zebra") == []


def test_every_link_of_the_index_opens(client: TestClient) -> None:
    for entry, _, _ in index():
        path, _, anchor = entry.link.partition("#")
        page = client.get(path)
        assert page.status_code == 200, path
        assert not anchor or f'id="{anchor}"' in unescape(page.text), entry.link


@pytest.mark.parametrize("text", ["", "%", "<b>x", "a" * 5000, "\x00", "'\"", "é"])
def test_whatever_is_searched_for_has_a_page(client: TestClient, text: str) -> None:
    page = client.get("/search", params={"q": text})
    assert page.status_code == 200
    assert "<b>" not in page.text


def test_a_word_that_is_nowhere_is_told_the_nearest(client: TestClient) -> None:
    page = client.get("/search?q=poolling").text
    assert re.search(r"Did you mean <a [^>]*>pooling</a>\?", page)
