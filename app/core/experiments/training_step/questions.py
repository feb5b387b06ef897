"""Which step of which run, which of its points, which weight."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import Field

from app.core.errors import Problem
from app.core.experiments.classifier_2d import POINTS, ClassifierSettings, task
from app.core.experiments.planes import Task
from app.core.numbers import plural
from app.core.questions import shown

NAME = re.compile(r"([wb])(\d)_(\d{1,2})(?:_(\d{1,2}))?")
SMALL = {
    "data": "moons",
    "layers": 1,
    "units": 4,
    "optimizer": "sgd",
    "rate": 0.3,
    "batch": 10,
    "penalty": 0.01,
    "step": 60,
    "sample": 2,
    "weight": "w1_2_1",
}


class TrainingStepQuestion(ClassifierSettings):
    """A step of a run of `classifier-2d`, one of the points it sees, and a weight of its net."""

    model_config = shown(SMALL)

    step: Annotated[
        int, Field(ge=0, le=3_000, description="How many steps were taken before it.")
    ] = 0
    sample: Annotated[
        int, Field(ge=0, lt=POINTS, description="Which of the points of its batch, from 0.")
    ] = 0
    weight: Annotated[
        str,
        Field(
            max_length=16,
            description="w2_3_1: in layer 2 the one to unit 3 from unit 1 of the layer below, or "
            "from input 1; b2_3: the bias of that unit.",
        ),
    ] = "w1_1_1"


class Weight(NamedTuple):
    """A weight of a net: its layer, the unit it leads to, and the unit it comes from, all counted
    from 0; `source` None: a bias."""

    layer: int
    unit: int
    source: int | None

    @property
    def name(self) -> str:
        end = "" if self.source is None else f"_{self.source + 1}"
        return f"{'b' if self.source is None else 'w'}{self.layer + 1}_{self.unit + 1}{end}"


class Asked(NamedTuple):
    task: Task
    step: int
    sample: int
    weight: Weight


def asked(question: TrainingStepQuestion) -> Asked:
    """What is asked about, if the run has it. Raises Problem."""
    run = task(question)
    if question.step >= run.steps:
        message = f"this run has {plural(run.steps, 'step')}: 0 to {run.steps - 1}"
        raise Problem(message, {"field": "step"})
    batch = run.how.batch or run.points
    if question.sample >= batch:
        message = f"a step of this run sees {plural(batch, 'point')}: 0 to {batch - 1}"
        raise Problem(message, {"field": "sample"})
    return Asked(run, question.step, question.sample, weight(question.weight, run.sizes))


def weight(name: str, sizes: tuple[int, ...]) -> Weight:
    """The weight of that name in a net with layers of these sizes. Raises Problem."""
    if found := NAME.fullmatch(name):
        kind, *numbers = found.groups()
        layer, unit, *source = (int(number) - 1 for number in numbers if number is not None)
        known = 0 <= layer < len(sizes) - 1 and 0 <= unit < sizes[layer + 1]
        if known and len(source) == (kind == "w") and all(0 <= k < sizes[layer] for k in source):
            return Weight(layer, unit, source[0] if source else None)
    last = len(sizes) - 1
    raise Problem(
        f"this net ({'-'.join(map(str, sizes))}) has no weight `{name}`: its weights are w1_1_1 "
        f"to w{last}_{sizes[-1]}_{sizes[-2]}, its biases b1_1 to b{last}_{sizes[-1]}",
        {"field": "weight"},
    )
