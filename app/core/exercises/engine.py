"""The numbers of exercises, as the figures compute them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.core.convolutions.answers import ConvolutionAnswer, convolve
from app.core.convolutions.questions import ConvolutionQuestion
from app.core.exercises.exercise import shown
from app.core.expressions.answers import ExpressionAnswer
from app.core.expressions.drawing.svg import svg
from app.core.expressions.questions import PlayQuestion, play

Map = list[list[float]]  # one channel, all of whose numbers exist


@dataclass(frozen=True)
class Pass:
    """A pass through an expression, and the figure of it."""

    question: Mapping[str, Any]
    answer: ExpressionAnswer

    def value(self, node: str) -> Any:
        return next(n["value"] for n in self.answer["nodes"] if n["id"] == node)

    def gradient(self, node: str) -> Any:
        return next(n["gradient"] for n in self.answer["nodes"] if n["id"] == node)

    def forward(self) -> str:
        """The figure when it has gone forward, and not back yet."""
        return shown("expression", self.question, step=self.answer["track"]["forward"] - 1)

    def back_to(self, node: str) -> str:
        """The figure at the step in which this node's gradient is complete."""
        steps = self.answer["steps"]
        found = [i for i, s in enumerate(steps) if s["kind"] != "forward" and s["node"] == node]
        return shown("expression", self.question, step=found[-1])

    def picture(self) -> str:
        """The graph with its values, and no gradient."""
        return svg(self.answer, step=self.answer["track"]["forward"], standalone=False)


def passed(expression: str, inputs: Mapping[str, Any]) -> Pass:
    """An expression forward and back."""
    question = {"expression": expression, "inputs": dict(inputs)}
    return Pass(question, play(PlayQuestion.model_validate(question)))


@dataclass(frozen=True)
class Slid:
    """A layer on an input, forward and back, and the figure of it."""

    question: Mapping[str, Any]
    answer: ConvolutionAnswer

    @property
    def output(self) -> Map:
        """Its first map."""
        return cast(Map, self.answer["output"][0])

    @property
    def to_input(self) -> Map:
        """The gradient of its input's first channel."""
        return cast(Map, self.answer["gradients"]["input"][0])

    @property
    def to_weights(self) -> Map:
        """The gradient of its first filter's first channel."""
        weights = self.answer["gradients"]["weights"]
        assert weights
        return cast(Map, weights[0][0])

    def forward(self, place: int = 0) -> str:
        """The figure when the window stands on this place of the output."""
        return shown("convolution", self.question, step=place, mode="forward")

    def backward(self, place: int | None = None) -> str:
        """The figure when this place's gradient goes back; or when all have."""
        first, last = self.answer["track"]["forward"], self.answer["track"]["count"] - 1
        step = last if place is None else first + place
        return shown("convolution", self.question, step=step, mode="backward")


def slid(**question: Any) -> Slid:
    """A layer asked as in its figure, without a word for what is the usual."""
    return Slid(question, convolve(ConvolutionQuestion.model_validate(question)))
