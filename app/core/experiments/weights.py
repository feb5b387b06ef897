"""The weights of a run at one of its frames, to take along: a safetensors file."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from app.core.errors import Problem
from app.core.experiments.experiment import MOST_SECONDS
from app.core.experiments.runs import RunQuestion
from app.core.experiments.table import EXPERIMENTS
from app.core.questions import shown

SAFETENSORS = "application/vnd.safetensors"


class RunWeightsQuestion(RunQuestion):
    """A run, and the frame whose weights are wanted."""

    model_config = shown(
        {"experiment": "your-network", "settings": {"data": "moons", "steps": 40}, "frame": 2}
    )

    frame: int | None = Field(
        default=None, ge=0, le=10_000, description="Its place in the run; the last if left out."
    )


def weights(question: RunWeightsQuestion) -> bytes:
    """The answer to POST /api/experiments/weights. For a worker. Raises Problem."""
    row = question.row()
    if row.weights is None:
        some = ", ".join(name for name, other in EXPERIMENTS.items() if other.weights)
        raise Problem(
            f"the weights of `{row.name}` are not to be had; those of these are: {some}",
            {"field": "experiment"},
        )
    settings = question.of(row)
    last = row.loop.last(settings)
    frame = last if question.frame is None else question.frame
    if frame > last:
        raise Problem(f"the last frame of this run is {last}", {"field": "frame"})
    seconds = row.seconds(settings) * frame / last
    if seconds > MOST_SECONDS:
        raise Problem(
            f"the way to this frame takes about {seconds:.1f} seconds, and {MOST_SECONDS:g} are "
            "the most: ask for an earlier one",
            {"field": "frame"},
        )
    state = row.loop.begin(settings)
    for step in range(1, frame + 1):
        state = row.loop.advance(settings, state, step)
    return filed(row.weights(settings, state))


def filed(parts: dict[str, Any]) -> bytes:
    """Named arrays as such a file."""
    from safetensors.numpy import save

    found: bytes = save({name: np.ascontiguousarray(part) for name, part in parts.items()})
    return found


def write(question: Any, answer: bytes, accept: str) -> tuple[bytes, str]:
    return answer, SAFETENSORS


def fold() -> dict[str, Any]:
    """What the row of this question says of it."""
    return {
        "name": "experiments/weights",
        "operation": "experiments_weights",
        "question": RunWeightsQuestion,
        "says": "The weights of a run at one of its frames, as safetensors, by PyTorch's names.",
        "answer": weights,
        "write": write,
        "forms": (SAFETENSORS,),
        "told": {"content": {SAFETENSORS: {}}},
    }
