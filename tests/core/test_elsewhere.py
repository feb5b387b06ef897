"""A figure taken elsewhere: its link and its frame say the same, its command and program ask it."""

import html
import json
import re
import shlex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.core.elsewhere import ElsewhereQuestion, elsewhere
from app.core.errors import Problem
from app.core.figures import FIGURES
from app.core.links import VERSION, asked
from app.core.mistakes import validated

ADDRESS = "http://192.0.2.1:8000"
CASES = [
    (name, example)
    for name, row in FIGURES.items()
    for example in row.examples
    if not validated(row.question, example).private
]


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


@pytest.mark.parametrize(("name", "example"), CASES)
def test_all_of_them_ask_what_the_figure_was_asked(name: str, example: dict[str, Any]) -> None:
    row = FIGURES[name]
    found = elsewhere(ElsewhereQuestion(figure=name, question=example), ADDRESS)
    right = validated(row.question, example)
    source = re.search('src="(.*?)"', found["frame"])
    assert source
    frame = html.unescape(source[1])
    assert frame.startswith(f"{ADDRESS}/embed/{name}?")
    assert found["link"].startswith(f"{ADDRESS}{row.page or '/embed'}")
    for address in (frame, found["link"]):
        assert query(address)["v"] == str(VERSION)
        assert validated(row.question, asked(row, query(address))) == right
    words = shlex.split(found["curl"])
    assert words[:2] == ["curl", f"{ADDRESS}/api{row.path}"]
    assert validated(row.question, json.loads(words[words.index("--json") + 1])) == right
    assert ("Accept: text/event-stream" in words) == (row.slice is not None)
    beginning = found["python"].partition("request = ")[0]
    names: dict[str, Any] = {}
    exec(beginning, names)
    assert validated(row.question, names["question"]) == right


def test_where_one_looks_goes_along_and_nothing_else_of_the_page() -> None:
    question = {"kernel_size": 5, "channels": 64}
    view = "kernel_size=7&view=field&projector=1&v=1&step=3"
    asking = ElsewhereQuestion(figure="stack", question=question, view=view)
    found = query(elsewhere(asking, ADDRESS)["link"])
    assert found == {"kernel_size": "5", "channels": "64", "view": "field", "step": "3", "v": "1"}
    same = ElsewhereQuestion(figure="stack", link="kernel_size=5&channels=64", view=view)
    assert elsewhere(same, ADDRESS) == elsewhere(asking, ADDRESS)


def test_quotes_in_a_question_stay_in_it() -> None:
    text = 'f = x  # it\'s "so" <b> $HOME `id`'
    asking = ElsewhereQuestion(figure="expression", question={"expression": text, "inputs": {}})
    found = elsewhere(asking, ADDRESS)
    words = shlex.split(found["curl"])
    assert json.loads(words[-1])["expression"] == text
    assert "<b>" not in found["frame"]


def test_what_one_brought_along_is_in_no_link() -> None:
    own = {"model": "digits", "image": "data:image/png;base64,AAAA"}
    with pytest.raises(Problem, match="of your own stand in no link"):
        elsewhere(ElsewhereQuestion(figure="activations", question=own))


def test_a_link_of_a_version_that_is_not_known_says_so() -> None:
    row = FIGURES["stack"]
    assert asked(row, {"kernel_size": "7", "v": "1"}) == {"kernel_size": 7}
    for version in ("2", "0", "", "x", "01"):
        with pytest.raises(Problem, match="up to version 1") as found:
            asked(row, {"kernel_size": "7", "v": version})
        assert found.value.where == {"field": "v"}


def test_no_field_of_a_question_is_called_as_the_version_is() -> None:
    assert not [row.name for row in FIGURES.values() if "v" in row.question.model_fields]
