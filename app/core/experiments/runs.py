"""A run that somebody asks something of: which experiment, and with which settings."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import Field

from app.core.errors import Problem, nearest
from app.core.experiments.experiment import Experiment
from app.core.experiments.table import EXPERIMENTS
from app.core.mistakes import read
from app.core.questions import MOST_FIELDS, Asked, up_to


class RunQuestion(Asked):
    """A run."""

    experiment: str = Field(max_length=64, description="Its name in GET /api/experiments.")
    settings: Annotated[dict[str, Any], up_to(MOST_FIELDS)] = Field(
        default={}, description="As in POST /api/experiments/{name}; those left out as they come."
    )

    def row(self) -> Experiment[Any]:
        """The experiment of that name. Raises Problem."""
        return experiment(self.experiment)

    def of(self, row: Experiment[Any]) -> Any:
        """Its settings, those that are left out as they come. Raises Problem."""
        return read(row.settings, orjson.dumps(self.settings))


def experiment(name: str) -> Experiment[Any]:
    """The experiment of that name. Raises Problem."""
    row = EXPERIMENTS.get(name)
    if row is None:
        near = nearest(name, EXPERIMENTS)
        meant = f"; did you mean `{near}`?" if near else ""
        raise Problem(f"there is no experiment of that name{meant}", {"field": "experiment"}, near)
    return row
