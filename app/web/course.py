"""The course: the lessons that this server has, read once."""

import os
import sys
from functools import cache
from pathlib import Path

from app.core.lessons.lesson import Lesson
from app.core.lessons.reading import read
from app.web.assets import ROOT

OURS = ROOT / "templates" / "lessons"


@cache
def course() -> dict[str, Lesson]:
    """The lessons by name, ours and those in the folder BACKLIGHT_LESSONS; what is wrong with any
    of them is said once, on standard error."""
    found: dict[str, Lesson] = {}
    for folder in [str(OURS), *filter(None, [os.environ.get("BACKLIGHT_LESSONS")])]:
        lessons, wrong = read(Path(folder))
        found |= {lesson.name: lesson for lesson in lessons}
        for mistake in wrong:
            print(f"A lesson is left out. {mistake}", file=sys.stderr, flush=True)
    return found
