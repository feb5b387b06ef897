"""The POST routes of FIGURES and of what they ask besides, made from their rows."""

from fastapi import APIRouter

from app.core.figures import FIGURES, PARTS
from app.web.answering import route
from app.web.expressions import BOUND
from app.web.problems import REFUSALS


def router(subject: str) -> APIRouter:
    """A subject's. Rows may share a path: one question, of which they show different things."""
    found = APIRouter(prefix="/api", tags=[subject], responses=REFUSALS)
    rows = [row for row in (*FIGURES.values(), *PARTS) if row.subject == subject]
    paths: set[str] = set()
    for row in rows:
        if row.path not in paths:
            route(found, row, BOUND.get(row.path))
        paths.add(row.path)
    return found


def subjects() -> list[str]:
    """What the rows are about, in their order."""
    return list(dict.fromkeys(row.subject for row in (*FIGURES.values(), *PARTS)))
