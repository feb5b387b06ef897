"""What the answers of both kinds of net have: their moments, and the chosen weight."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class StepTrack(TypedDict):
    """How many moments there are: up to the loss, and in all."""

    forward: int
    count: int


class StepWeight(TypedDict):
    """The chosen weight, all of whose gradients are here."""

    name: str
    latex: Annotated[str, Field(description="The same as formulas have it.")]
    place: Annotated[str, Field(description="The same in words.")]
    layer: Annotated[int, Field(description="All counted from 1, of the layers with weights.")]
    unit: int
    source: Annotated[
        int | None, Field(description="Null: a bias, or a scale or shift of batch norm.")
    ]
    row: Annotated[int | None, Field(description="In a kernel; null elsewhere.")]
    column: int | None
    bias: bool
    before: float
    after: float
    gradient: Annotated[float, Field(description="Of the chosen sample's own loss.")]
    mean: Annotated[float, Field(description="Of the loss of the batch, without the penalty.")]
    each: Annotated[list[float], Field(description="Of every sample's own loss, in batch order.")]
