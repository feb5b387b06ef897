"""Markdown to lessons. A mistake is said with its file and line, and costs no other lesson."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from app.core.errors import Problem, nearest
from app.core.exercises.table import KINDS
from app.core.figures import FIGURES
from app.core.lessons.glossary import ANCHORS
from app.core.lessons.lesson import OWN, Block, Exercise, Fence, Lesson, Misread, Notes, Prose
from app.core.mistakes import validated
from app.core.numbers import with_minus

FACTS = {"title": str, "part": str, "minutes": int, "slides": list, "after": list}
MOST_LETTERS = 100_000  # of a file
STRONG = re.compile(r"<strong>([^<>]*)</strong>")


def formula(latex: str, options: dict[str, Any]) -> str:
    """A formula, as it is written; a script sets it."""
    text = escape(latex.strip())
    display = " data-display" if options["display_mode"] else ""
    # Until it is set, or without a script: what is no more than a number is one.
    seen = text if "\\" in text else with_minus(str(text))
    return f'<span class="formula" data-latex="{text}"{display}>{seen}</span>'


def words(_: object, tokens: Sequence[Token], place: int, options: object, env: object) -> str:
    """Words of prose, and numbers among them."""
    return escapeHtml(with_minus(tokens[place].content))


MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .use(front_matter_plugin)
    .use(dollarmath_plugin, renderer=formula, allow_digits=False, double_inline=True)
)
MARKDOWN.add_render_rule("text", words)


def read(folder: Path) -> tuple[list[Lesson], list[Misread]]:
    """The lessons of a folder, by their files' names; and what is wrong with others."""
    found, wrong = [], []
    for path in sorted(folder.glob("*.md")):
        try:
            found.append(lesson(path.name, path.read_text("utf-8")))
        except Misread as mistake:
            wrong.append(mistake)
        except (OSError, UnicodeDecodeError) as trouble:
            wrong.append(Misread(path.name, 1, f"cannot be read: {trouble}"))
    return found, wrong


def lesson(file: str, text: str) -> Lesson:
    """A lesson. Its name is the file's without the number before it. Raises Misread."""
    if len(text) > MOST_LETTERS:
        raise Misread(file, 1, f"longer than {MOST_LETTERS:,} characters")
    tokens = parsed(text)
    if not tokens or tokens[0].type != "front_matter":
        raise Misread(file, 1, "begins with no `---`, its title and part, and another `---`")
    facts = facts_of(file, mapping(file, 1, tokens[0].content))
    name = Path(file).stem.lstrip("0123456789").lstrip("-")
    found = blocks(file, text.splitlines(), tokens[1:])
    return Lesson(name=name, blocks=tuple(found), **facts)


def mapping(file: str, line: int, text: str) -> dict[str, Any]:
    """YAML that is names with values."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = line + (min(mark.line, text.rstrip().count("\n")) + 1 if mark else 0)
        raise Misread(file, at, f"no YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise Misread(file, line, "what stands here is `name: value`, a line each")
    return found


def facts_of(file: str, given: dict[str, Any]) -> dict[str, Any]:
    """The front matter; each fact has its type, none is missing and none is unknown."""
    for name in given:
        if name not in FACTS:
            near = nearest(name, FACTS)
            hint = f"; did you mean `{near}`?" if near else ""
            raise Misread(file, 1, f"a lesson has no `{name}`{hint}")
    for name, kind in FACTS.items():
        if not isinstance(given.get(name), kind):
            what = {str: "a text", int: "a whole number", list: "a list"}[kind]
            raise Misread(file, 1, f"`{name}` is {what}")
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }


def blocks(file: str, lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[Block]:
    """The prose between figures, a piece a heading; each figure, exercise, and note."""
    prose: list[Token] = []
    for token in tokens:
        if token.type == "heading_open" and prose:
            yield made(prose, lines)
            prose = []
        kind, _, rest = token.info.partition(" ") if token.type == "fence" else ("", "", "")
        if kind not in ("figure", "exercise", "notes"):
            prose.append(token)
            continue
        if prose:
            yield made(prose, lines)
            prose = []
        line = (token.map or [0])[0] + 1
        if kind == "notes":
            yield Notes(html(parsed(token.content)))
        elif kind == "exercise":
            yield exercise(file, line, rest.strip())
        else:
            yield fence(file, line, rest.strip(), token.content)
    if prose:
        yield made(prose, lines)


def made(tokens: Sequence[Token], lines: Sequence[str]) -> Prose:
    places = [place for token in tokens for place in token.map or ()]
    return Prose(html(tokens), "\n".join(lines[min(places) : max(places)]).strip())


def parsed(text: str) -> list[Token]:
    return MARKDOWN.parse(text)


def html(tokens: Sequence[Token]) -> str:
    """As HTML, in which a word that is set strong leads to its definition, if there is one."""
    return STRONG.sub(defined, str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})))


def defined(strong: re.Match[str]) -> str:
    anchor = ANCHORS.get(strong[1].lower())
    if anchor is None:
        return strong[0]
    return f'<strong><a href="/glossary#{anchor}">{strong[1]}</a></strong>'


def exercise(file: str, line: int, name: str) -> Exercise:
    """An exercise, by the name of its kind."""
    if name not in KINDS:
        near = nearest(name, KINDS)
        hint = f"; did you mean `{near}`?" if near else ""
        raise Misread(file, line, f"there is no exercise `{name}`{hint}")
    return Exercise(name)


def fence(file: str, line: int, name: str, text: str) -> Fence:
    """A figure, whose question must be one that the figure takes."""
    figure = FIGURES.get(name)
    if figure is None:
        near = nearest(name, FIGURES)
        hint = f"; did you mean `{near}`?" if near else ""
        raise Misread(file, line, f"there is no figure `{name}`{hint}")
    given = mapping(file, line, text)
    own = {key: given.pop(key, None) for key in OWN}
    if not isinstance(own["says"], str):
        raise Misread(file, line, "a figure says in `says` what it shows")
    if not isinstance(own["slide"], int | None) or not isinstance(own["at"], dict | None):
        raise Misread(file, line, "`slide` is a number and `at` names with values")
    question = figure.completed(given) if figure.completed else given
    try:
        validated(figure.question, figure.first(question) if figure.first else question)
    except Problem as problem:
        raise Misread(file, line, problem.message) from None
    return Fence(name, question, own["at"] or {}, own["says"], own["slide"], line)
