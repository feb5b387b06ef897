"""Which step of which run, which of its points, which weight."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator

from app.core.errors import Problem
from app.core.experiments.runs import experiment
from app.core.experiments.table import EXPERIMENTS
from app.core.mistakes import validated
from app.core.numbers import plural
from app.core.questions import Asked, shown
from app.core.training.layered import Layered
from app.core.training.steps import Steps

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
OWN = {
    "experiment": "your-network",
    "data": "digits",
    "step": 40,
    "sample": 3,
    "weight": "w2_5_3_2_2",
}
SAMPLES = {
    "experiment": "samples-a-weight",
    "hidden": 3,
    "dropped": 0.3,
    "step": 41,
    "weight": "w2_1_3",
}


class TrainingStepQuestion(Asked):
    """A step of a run, one of the samples it sees, and a weight of its net. The settings of the run
    stand beside, as in POST /api/experiments/{name}; those left out as they come."""

    model_config = ConfigDict(extra="allow", **shown(SMALL, SAMPLES, OWN))

    experiment: Annotated[
        str, Field(max_length=64, description="Its name in GET /api/experiments.")
    ] = "classifier-2d"
    step: Annotated[
        int, Field(strict=True, ge=0, le=3_000, description="How many were taken before it.")
    ] = 0
    sample: Annotated[
        int,
        Field(strict=True, ge=0, lt=250, description="Which sample of its batch, from 0."),
    ] = 0
    weight: Annotated[
        str,
        Field(
            max_length=24,
            description="w2_3_1: in layer 2 the one to unit 3 from unit 1 of the layer below, or "
            "from input 1; b2_3: the bias of that unit; w1_3_1_2_2: in a kernel, its row and "
            "column last. Left out, in a larger net: that of layer 1 with the largest gradient.",
        ),
    ] = "w1_1_1"

    @classmethod
    def with_fields_of(cls, given: Mapping[str, Any]) -> type[Asked] | None:
        """The settings of its experiment."""
        row = EXPERIMENTS.get(given.get("experiment", cls.model_fields["experiment"].default))
        return row.settings if row else None

    @property
    def settings(self) -> Any:
        """Those of its run. Raises Problem."""
        return validated(experiment(self.experiment).settings, self.model_extra)

    @model_validator(mode="after")
    def _settled(self) -> Self:
        """What stands beside its own fields is met by its bounds before anything is kept of it."""
        _ = self.settings
        return self


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


class Which(NamedTuple):
    """What is asked about."""

    steps: Steps
    step: int
    sample: int
    weight: Weight


def looked_at(question: TrainingStepQuestion) -> Steps | Layered:
    """The steps of its run, if they have the one that is asked about. Raises Problem."""
    steps = experiment(question.experiment).steps(question.settings)
    if question.step >= steps.count:
        message = f"this run has {plural(steps.count, 'step')}: 0 to {steps.count - 1}"
        raise Problem(message, {"field": "step"})
    if question.sample >= steps.seen:
        what = plural(steps.seen, "point" if isinstance(steps, Steps) else "picture")
        message = f"a step of this run sees {what}: 0 to {steps.seen - 1}"
        raise Problem(message, {"field": "sample"})
    return steps


def asked(question: TrainingStepQuestion) -> Which:
    """What is asked about of a small dense net. Raises Problem."""
    steps = looked_at(question)
    assert isinstance(steps, Steps)
    return Which(steps, question.step, question.sample, weight(question.weight, steps.sizes))


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
