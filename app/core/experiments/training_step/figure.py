"""One step of a run, of whichever kind its net is. For a worker."""

from __future__ import annotations

from app.core.experiments.training_step import answers, witnesses
from app.core.experiments.training_step.layered import answers as layered
from app.core.experiments.training_step.layered import witnesses as layered_witnesses
from app.core.experiments.training_step.questions import TrainingStepQuestion, looked_at
from app.core.training.steps import Steps
from app.core.witnesses import Witness

TrainingStepAnswer = answers.TrainingStepAnswer | layered.LayeredStepAnswer


def answer(question: TrainingStepQuestion) -> TrainingStepAnswer:
    """The answer to POST /api/training-step. Raises Problem."""
    if isinstance(steps := looked_at(question), Steps):
        return answers.training_step(question)
    return layered.layered_step(steps, question)


def check(question: TrainingStepQuestion) -> list[Witness]:
    if isinstance(steps := looked_at(question), Steps):
        return witnesses.step(question)
    return layered_witnesses.step(steps, question)
