"""Exercises: drawn, checked, and the page that mixes them.

None of it runs on the event loop: a question is worked out when it is drawn.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random, randrange
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from app.core.errors import QUOTED, Problem, ProblemAnswer, nearest, shortened
from app.core.exercises import answers
from app.core.exercises.answers import AnswersQuestion, DrawnAnswer, ExerciseRow
from app.core.exercises.checking import CheckedAnswer, checked
from app.core.exercises.exercise import SEEDS, Drawn, Kind
from app.core.exercises.reading import MOST_LETTERS
from app.core.exercises.table import KINDS, ROWS
from app.core.lessons.lesson import Lesson
from app.core.lessons.reading import html, parsed
from app.core.numbers import with_minus
from app.web.answering import Json, encode
from app.web.assets import templates
from app.web.course import course
from app.web.problems import REFUSALS

router = APIRouter(prefix="/api", tags=["exercises"], responses=REFUSALS)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIRST = ROWS[0].name
Name = Annotated[str, Path(max_length=64, json_schema_extra={"example": FIRST})]
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "There is no such exercise"}
}


def kind_of(name: str) -> Kind:
    """Raises a 404."""
    if name not in KINDS:
        near = nearest(name, KINDS)
        hint = f"; did you mean {near}?" if near else "."
        raise HTTPException(404, f"There is no exercise {shortened(name)}{hint}")
    return KINDS[name]


@lru_cache(maxsize=256)
def drawn(name: str, seed: int) -> Drawn:
    return kind_of(name).drawn(seed)


@router.get(
    "/exercises",
    summary="The kinds of exercises",
    responses={200: {"model": list[ExerciseRow]}},
)
async def exercises() -> Response:
    """Each with the lesson that it belongs to."""
    return Json(encode([answers.row(kind) for kind in ROWS]))


@router.get(
    "/exercises/{name}",
    summary="Draw an exercise",
    responses={200: {"model": DrawnAnswer}, **UNKNOWN},
)
def draw(name: Name, seed: Annotated[int, Query(ge=0, lt=SEEDS)] = 1) -> Response:
    """A question with the numbers of this seed; the same for a whole room."""
    return Json(encode(answers.told(kind_of(name), seed)))


@router.post(
    "/exercises/{name}",
    summary="Check the answers to an exercise",
    responses={200: {"model": CheckedAnswer}, **UNKNOWN},
)
def check(name: Name, question: AnswersQuestion) -> Response:
    """What is right; which known mistake a wrong answer comes from, and where a figure shows it."""
    kind_of(name)
    return Json(encode(checked(drawn(name, question.seed), question.answers)))


def marked(text: str) -> Markup:
    """Markdown as HTML."""
    return Markup(html(parsed(text)))


def coded(text: str) -> Markup:
    """A sentence, with what it quotes set as code."""
    return Markup(QUOTED.sub(r"<code>\1</code>", str(escape(with_minus(text)))))


def shown(name: str, seed: int, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a page shows of an exercise, and of the answers that came with its address."""
    found = drawn(name, seed)
    typed = {blank.name: (given or {}).get(blank.name, "") for blank in found.blanks}
    verdict = checked(found, typed) if any(text.strip() for text in typed.values()) else None
    return {
        "kind": KINDS[name],
        "seed": seed,
        "drawn": found,
        "asks": marked(found.asks),
        "hints": [marked(hint) for hint in found.hints],
        "why": marked(verdict["why"]) if verdict and verdict["why"] else None,
        "picture": Markup(found.picture),
        "typed": typed,
        "checked": verdict,
        "verdicts": {
            one["name"]: {**one, "says": coded(one["says"])} for one in verdict["verdicts"]
        }
        if verdict
        else {},
    }


def whole(request: Request, name: str, below: int) -> int | None:
    """A whole number behind the `?`, or None. Raises Problem."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) < below):
        raise Problem(f"`{name}` is a whole number below {below:,}.", {"field": name})
    return int(text)


def seed_of(request: Request) -> int | None:
    """The seed that a page was asked for, or None: then each visitor has their own."""
    return whole(request, "seed", SEEDS)


def typed(request: Request) -> dict[str, str]:
    """The answers behind the `?`; none is longer than an answer may be."""
    return {key: text[: MOST_LETTERS + 1] for key, text in request.query_params.items()}


@lru_cache(maxsize=64)
def mix(seed: int) -> Sequence[str]:
    """All kinds, in an order of this seed's."""
    names = list(KINDS)
    Random(f"mix {seed}").shuffle(names)
    return names


@pages.get("/practice")
def practice(request: Request) -> HTMLResponse:
    """One exercise after the other, in an order and with numbers of their own for each visitor, or
    those of a seed for a whole room."""
    asked = seed_of(request)
    seed = randrange(SEEDS) if asked is None else asked
    place = whole(request, "place", 10_000) or 0
    name = mix(seed)[place % len(KINDS)]
    context = {
        "exercise": shown(name, (seed + place) % SEEDS, typed(request)),
        "mixed": {"seed": seed, "place": place},
        "lessons": by_lesson(),
    }
    return templates.TemplateResponse(request, "practice.html", context, headers=fresh(asked))


@pages.get("/practice/{name}")
def one_kind(request: Request, name: str) -> HTMLResponse:
    """One kind of exercise, with other numbers whenever it is opened without a seed."""
    kind_of(name)
    asked = seed_of(request)
    seed = randrange(SEEDS) if asked is None else asked
    context = {
        "exercise": shown(name, seed, typed(request)),
        "mixed": None,
        "lessons": by_lesson(),
    }
    return templates.TemplateResponse(request, "practice.html", context, headers=fresh(asked))


def fresh(seed: int | None) -> dict[str, str] | None:
    """What was drawn for one visitor is kept for no other."""
    return {"Cache-Control": "no-store"} if seed is None else None


def by_lesson() -> list[tuple[Lesson, list[Kind]]]:
    """The kinds of each lesson that has some."""
    kinds = {name: [kind for kind in ROWS if kind.lesson == name] for name in course()}
    return [(lesson, kinds[name]) for name, lesson in course().items() if kinds[name]]
