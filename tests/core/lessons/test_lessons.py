"""Lessons: what is read of them, and what their mistakes are called."""

from pathlib import Path

import pytest

from app.core.figures import FIGURES
from app.core.lessons.lesson import OWN, Fence, Misread, Notes, Prose
from app.core.lessons.reading import lesson, read

FACTS = "title: A lesson\npart: Chain rule\nminutes: 5\nslides: [2]\nafter: [say more]"


def written(body: str, facts: str = FACTS) -> str:
    return f"---\n{facts}\n---\n{body}"


def test_prose_figures_and_notes_come_in_their_order() -> None:
    body = (
        "First $x$.\n\n## Second\n\nText.\n\n```notes\nSay *this*.\n```\n\n"
        "```figure expression\nsays: A product.\nslide: 2\nat: {step: 1}\n"
        "expression: f = x * y\ninputs: {x: 2, y: 3}\n```\n\nLast."
    )
    found = lesson("07-a-lesson.md", written(body))
    assert (found.name, found.title, found.slides) == ("a-lesson", "A lesson", (2,))
    first, second, notes, figure, last = found.blocks
    assert isinstance(first, Prose)
    assert 'data-latex="x"' in first.html
    assert isinstance(second, Prose)
    assert "<h2>" in second.html
    assert isinstance(notes, Notes)
    assert "<em>this</em>" in notes.html
    assert isinstance(figure, Fence)
    assert figure.question == {"expression": "f = x * y", "inputs": {"x": 2, "y": 3}}
    assert figure.link == (
        "/expression?expression=f+%3D+x+%2A+y&inputs=%7B%22x%22%3A2%2C%22y%22%3A3%7D&step=1"
    )
    assert isinstance(last, Prose)


def test_no_tag_and_no_script_of_an_author_gets_through() -> None:
    body = "<script>alert(1)</script>\n\n<b onclick=x>b</b> [a](javascript:alert(1)) $</span><i>$"
    (prose,) = lesson("a.md", written(body)).blocks
    assert isinstance(prose, Prose)
    for tag in ("<script", "<b", "<i>", "href="):
        assert tag not in prose.html


FENCE = "```figure expression\n{}\n```"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# no front matter", 1, "begins with no `---`"),
        (written("", "title: A"), 1, "`part` is a text"),
        (written("", FACTS + "\ntitel: B"), 1, "did you mean `title`?"),
        (written("", FACTS.replace("5", "five")), 1, "`minutes` is a whole number"),
        (written("", "title: [A"), 2, "no YAML"),
        (written("Text.\n\n```exercise hinge-los\n```"), 10, "did you mean `hinge-loss`?"),
        (written("Text.\n\n```figure expresion\nsays: x\n```"), 10, "did you mean `expression`?"),
        (written(FENCE.format("expression: f = x")), 8, "`says`"),
        (written(FENCE.format("- a")), 8, "`name: value`"),
        (written(FENCE.format("says: x\nslide: two\nexpression: f = x")), 8, "`slide`"),
        (written(FENCE.format("says: x\nexpresion: f = x")), 8, "expresion"),
        (written(FENCE.format("says: x\nexpression: {a: [")), 10, "no YAML"),
        ("x" * 100_001, 1, "longer than 100,000"),
    ],
)
def test_a_mistake_has_its_file_line_and_sentence(text: str, line: int, says: str) -> None:
    with pytest.raises(Misread) as found:
        lesson("a.md", text)
    assert f"a.md, line {line}: " in str(found.value)
    assert says in str(found.value)


def test_a_bad_lesson_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "1-good.md").write_text(written("Text."))
    (tmp_path / "2-bad.md").write_text("no front matter")
    (tmp_path / "3-worse.md").write_bytes(b"\xff\xfe")
    lessons, wrong = read(tmp_path)
    assert [found.name for found in lessons] == ["good"]
    assert [str(mistake).partition(",")[0] for mistake in wrong] == ["2-bad.md", "3-worse.md"]


def test_no_question_has_a_field_that_a_fence_keeps_for_itself() -> None:
    for row in FIGURES.values():
        assert not {*row.question.model_fields} & {*OWN}, row.name
