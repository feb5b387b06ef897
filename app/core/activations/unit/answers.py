"""What is told of one unit. The functions that make it import torch, which the web must not."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.networks.cones import Region
from app.core.networks.receptive_fields import Pair
from app.core.numbers import Number


class UnitPart(TypedDict):
    """A number of another layer that a unit takes as it is."""

    layer: str
    channel: int
    row: int
    column: int
    value: Number


class UnitNumbers(TypedDict, total=False):
    """What one layer's step tells and another's does not."""

    rows: Annotated[Pair, Field(description="First and last, with padding.")]
    columns: Pair
    dilation: Annotated[
        Pair, Field(description="How far apart the taps are, along height and width.")
    ]
    channels: Annotated[Pair, Field(description="First and last of the source.")]
    patch: Annotated[list[Any], Field(description="Null where there is padding.")]
    weights: list[Any]
    products: list[Any]
    sums: Annotated[list[Number], Field(description="Of the products, by channel.")]
    index: Annotated[list[int], Field(description="Linear: which inputs are listed.")]
    omitted: int
    omitted_sum: Number
    bias: Number
    sum: Number
    argmax: Pair | None
    divisor: int | None
    parts: list[UnitPart]
    before: Number
    numbers: Annotated[
        Mapping[str, Number],
        Field(description="What a number is made with besides `before`, by name."),
    ]


class UnitStep(UnitNumbers):
    """One layer's part in a unit's value; which fields there are depends on the layer."""

    layer: str
    type: str
    sources: list[str]
    value: Number
    gradient: Number
    latex: str


class GradientTerm(TypedDict):
    """What comes back by one unit above: upstream x local = downstream."""

    channel: int
    row: int
    column: int
    upstream: Number
    local: Number
    downstream: Number


class GradientPart(TypedDict):
    """What comes back by one layer above, or from the class itself (`target`)."""

    layer: str
    type: str
    sum: Number
    terms: Annotated[list[GradientTerm], Field(description="The strongest first.")]
    omitted: int
    omitted_sum: Number


class UnitBackward(TypedDict):
    gradient: Number
    parts: list[GradientPart]


class UnitNode(TypedDict):
    layer: str
    value: Number
    gradient: Number


class UnitExpression(TypedDict):
    """The same computation for the expression page."""

    expression: str
    inputs: dict[str, Any]
    nodes: dict[str, UnitNode]
    link: str
    note: str | None


class UnitAnswer(TypedDict):
    """One unit: what its value and its gradient are made of."""

    layer: str
    channel: int
    row: int
    column: int
    value: Number
    gradient: Number
    chain: list[UnitStep]
    receptive_field: Region | None
    backward: UnitBackward
    expression: UnitExpression | None
