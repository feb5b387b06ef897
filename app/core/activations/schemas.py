"""What answers about a network that looks at a picture look like, for the OpenAPI schema."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.core.networks.receptive_fields import FieldAnswer
from app.core.numbers import Number


class Statistics(BaseModel):
    """A tensor in a few numbers."""

    min: Number
    max: Number
    mean: Number
    norm: Number = Field(description="Euclidean.")
    reach: Number = Field(description="The largest size of an entry.")
    zeros: float = Field(description="The share of entries that are exactly 0.")


class ClassScore(BaseModel):
    index: int
    name: str
    score: Number
    probability: float | None = Field(description="Null where the network ends in maps.")


class TargetClass(ClassScore):
    of: Literal["score", "loss"]
    value: Number = Field(description="The score or the loss, which the gradients are of.")


class LookedImage(BaseModel):
    name: str | None
    says: str | None


class LookedLayer(BaseModel):
    """A layer, or first of all the picture (`input`)."""

    name: str
    type: str
    kind: str
    inputs: list[str]
    shape: list[int]
    weights: dict[str, list[int]]
    parameters: int
    activation: Statistics
    gradient: Statistics | None = Field(description="Null where the class does not depend on it.")
    weight_gradient: Statistics | None
    follows: str | None = Field(
        description="The layer with a window whose numbers it changes one by one."
    )
    receptive_field: FieldAnswer | None = Field(
        description="What one of its units can see of the picture, padding included."
    )


class LookStep(BaseModel):
    """One moment of the timeline."""

    pass_: Literal["forward", "backward"] = Field(alias="pass")
    layer: str


class UnitPart(BaseModel):
    """A number of another layer that a unit takes as it is."""

    layer: str
    channel: int
    row: int
    column: int
    value: Number


class UnitStep(BaseModel):
    """One layer's part in a unit's value; which fields there are depends on the layer."""

    layer: str
    type: str
    sources: list[str]
    value: Number
    gradient: Number | None
    latex: str
    rows: list[int] | None = Field(default=None, description="First and last, with padding.")
    columns: list[int] | None = None
    dilation: list[int] | None = None
    channels: list[int] | None = Field(default=None, description="First and last of the source.")
    patch: list[Any] | None = Field(default=None, description="Null where there is padding.")
    weights: list[Any] | None = None
    products: list[Any] | None = None
    sums: list[Number] | None = Field(default=None, description="Of the products, by channel.")
    index: list[int] | None = Field(default=None, description="Linear: which inputs are listed.")
    omitted: int | None = None
    omitted_sum: Number | None = None
    bias: Number | None = None
    sum: Number | None = None
    argmax: list[int] | None = None
    divisor: int | None = None
    parts: list[UnitPart] | None = None
    before: Number | None = None
    numbers: dict[str, Number] | None = Field(
        default=None, description="What a number is made with besides `before`, by name."
    )


class GradientTerm(BaseModel):
    """What comes back by one unit above: upstream x local = downstream."""

    channel: int
    row: int
    column: int
    upstream: Number
    local: Number
    downstream: Number


class GradientPart(BaseModel):
    """What comes back by one layer above, or from the class itself (`target`)."""

    layer: str
    type: str
    sum: Number
    terms: list[GradientTerm] = Field(description="The strongest first.")
    omitted: int
    omitted_sum: Number


class UnitBackward(BaseModel):
    gradient: Number | None
    parts: list[GradientPart]


class Region(BaseModel):
    """First and last row and column."""

    rows: list[int]
    columns: list[int]


class UnitNode(BaseModel):
    layer: str
    value: Number
    gradient: Number | None


class UnitExpression(BaseModel):
    """The same computation for the expression page."""

    expression: str
    inputs: dict[str, Any]
    nodes: dict[str, UnitNode]
    link: str
    note: str | None


class UnitAnswer(BaseModel):
    """One unit: what its value and its gradient are made of."""

    layer: str
    channel: int
    row: int
    column: int
    value: Number
    gradient: Number | None
    chain: list[UnitStep]
    receptive_field: Region | None
    backward: UnitBackward
    expression: UnitExpression | None


class ActivationsAnswer(BaseModel):
    """A network's activations on a picture, and the gradients of a class."""

    model: str | None
    title: str | None
    input: list[int]
    parameters: int
    image: LookedImage
    classes: list[ClassScore]
    target: TargetClass
    layers: list[LookedLayer]
    steps: list[LookStep]
    maps: dict[str, dict[str, Any]]
    unit: UnitAnswer | None


class ModelRow(BaseModel):
    """A network that ships with its weights."""

    name: str
    title: str
    says: str
    picture: Literal["photo", "drawing", "garment"]
    kind: Literal["photo", "digit", "garment"] = Field(description="Of the pictures it learned.")
    first: str = Field(description="The picture that it is shown first.")
    input: list[int]
    classes: list[str]
    parameters: int
    macs: int
    accuracy: float | None = Field(description="In percent.")
    accuracy_source: str | None
    paper: str
    data: str
    licence: str


class ImageRow(BaseModel):
    """A picture that ships."""

    name: str
    says: str
    kind: Literal["photo", "digit", "garment"]
    width: int
    height: int
    source: str
    licence: str


class UploadAnswer(BaseModel):
    """The picture upright and small, to be sent along with questions."""

    image: str = Field(description="A data address.")
    width: int
    height: int
