"""What is told of a convolution, cell by cell, as it is sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core.convolutions.sliding import Volume
from app.core.numbers import Number


class LayerGradients(TypedDict):
    input: Volume
    weights: list[Volume] | None
    bias: list[Number] | None


class CellPlace(TypedDict):
    cell: Annotated[list[int], Field(description="Map, row and column of the output.")]
    rows: Annotated[
        list[int], Field(description="Input rows under the window; outside it is padding.")
    ]
    columns: list[int]


class Words(TypedDict):
    """A computation with its numbers in it, as a formula and as a sentence."""

    latex: str
    sentence: str


class CellForward(CellPlace, Words):
    """The arithmetic of one output."""

    patch: Annotated[Volume, Field(description="Null where max pooling meets padding.")]
    products: Volume | None
    sums: Annotated[list[Number] | None, Field(description="Of the products, one a channel.")]
    bias: Number
    chosen: Annotated[
        list[int] | None, Field(description="Max pooling: row and column in the window.")
    ]
    value: Number


class CellBackward(Words):
    """Where the gradient of one output goes."""

    upstream: Number
    to_input: Volume
    to_weights: Volume | None
    to_bias: Number


class Cell(CellForward):
    """One cell of the output, forward and backward."""

    weights: Volume | None
    backward: CellBackward


class ForwardCellStep(CellForward):
    kind: Literal["forward"]


class SumsAfter(TypedDict):
    """What a cell has added to, as it is from then on."""

    input_after: Annotated[
        Volume, Field(description="The patch of the input's gradient after this step.")
    ]
    weights_after: Volume | None
    bias_after: Number


class BackwardCellStep(CellPlace, CellBackward, SumsAfter):
    kind: Literal["backward"]


class SumStep(Words):
    kind: Literal["accumulate"]
    cell: None


CellStep = ForwardCellStep | BackwardCellStep | SumStep


class StepsAnswer(TypedDict):
    """Steps, and the gradients as they are before the first of them (null while forward)."""

    first: int
    before: LayerGradients | None
    steps: list[CellStep]
