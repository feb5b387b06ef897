"""/glossary, and /search over lessons, words, ops, experiments and exercises."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.errors import nearest
from app.core.exercises.table import ROWS as EXERCISES
from app.core.experiments.table import EXPERIMENTS
from app.core.expressions.questions import op_rows
from app.core.figures import FIGURES
from app.core.lessons.glossary import GLOSSARY
from app.core.lessons.lesson import Fence, Prose
from app.web.assets import templates
from app.web.course import course

pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MOST_LETTERS, MOST_WORDS, MOST_FOUND = 200, 8, 40
TAG, WORD = re.compile(r"<[^>]*>"), re.compile(r"\w+")
BY = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)")  # of a size, however it is typed
NAMED = 10  # a word in a title counts as much as so many in the text


@dataclass(frozen=True)
class Entry:
    """Something that can be found. `says` is shown, `text` is searched besides."""

    kind: str
    title: str
    link: str
    says: str
    text: str = ""

    @property
    def words(self) -> tuple[list[str], list[str]]:
        return words(self.title), words(f"{self.says} {self.text}")


def words(text: str) -> list[str]:
    """Its words without capitals and accents."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return WORD.findall(BY.sub(" ", letters))


def entries() -> Iterator[Entry]:
    for row in GLOSSARY.values():
        title = " / ".join((row.name, *row.also))
        yield Entry("Word", title, f"/glossary#{row.anchor}", row.says)
    for lesson in course().values():
        prose = " ".join(
            TAG.sub(" ", block.html) if isinstance(block, Prose) else block.says
            for block in lesson.blocks
            if isinstance(block, Prose | Fence)
        )
        says = "; ".join(lesson.after)
        yield Entry("Lesson", lesson.title, f"/lessons/{lesson.name}", says, prose)
    for op in op_rows():
        text = " ".join((*op["names"], op["category"]))
        yield Entry("Op", op["name"], f"/reference#op-{op['name']}", op["says"], text)
    for experiment in EXPERIMENTS.values():
        link = f"/training?experiment={experiment.name}"
        yield Entry("Experiment", experiment.title, link, experiment.says)
    teach = FIGURES["teach"]
    yield Entry("Experiment", "Teach it your own classes", str(teach.page), teach.says)
    for kind in EXERCISES:
        lesson_title = course()[kind.lesson].title if kind.lesson in course() else ""
        yield Entry("Exercise", kind.title, f"/practice/{kind.name}", lesson_title)


@cache
def index() -> list[tuple[Entry, list[str], list[str]]]:
    """Each entry with the words of its title and of its text."""
    return [(entry, *entry.words) for entry in entries()]


def found(text: str) -> list[Entry]:
    """What has all of these words, or words that begin with them; the best first."""
    asked = words(text)[:MOST_WORDS]

    def weight(title: list[str], rest: list[str]) -> int:
        total = 0
        for word in asked:
            named = sum(NAMED * (1 + (other == word)) for other in title if other.startswith(word))
            told = min(sum(other.startswith(word) for other in rest), NAMED - 1)
            if not named + told:
                return 0
            total += named + told
        return total

    weighed = [(weight(title, rest), entry) for entry, title, rest in index()]
    best = sorted((one for one in weighed if one[0]), key=lambda one: -one[0])
    return [entry for _, entry in best[:MOST_FOUND]]


def near(text: str) -> str | None:
    """A word of the index like one that is in none of it."""
    known = {word for _, title, _ in index() for word in title}
    return nearest(text, known) if text else None


@pages.get("/glossary")
async def glossary(request: Request) -> HTMLResponse:
    """The words of the course."""
    return templates.TemplateResponse(request, "glossary.html", {"terms": GLOSSARY.values()})


@pages.get("/search")
def search(request: Request) -> HTMLResponse:
    """Everything that has the words behind `q`. Not on the event loop: all is looked through."""
    text = request.query_params.get("q", "")[:MOST_LETTERS].strip()
    entries = found(text) if words(text) else []
    context = {"q": text, "entries": entries, "near": None if entries else near(text)}
    return templates.TemplateResponse(request, "search.html", context)
