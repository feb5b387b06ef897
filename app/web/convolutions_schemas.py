"""What answers about one layer look like, for the OpenAPI schema."""

from typing import Literal

from pydantic import BaseModel, Field

from app.core.numbers import Number

Map = list[list[Number]]
Volume = list[Map]


class Convention(BaseModel):
    name: str
    used_by: str
    output: int | None = Field(description="Null where it calls the size invalid.")


class WindowAxis(BaseModel):
    """A window along one axis."""

    input: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    span: int = Field(description="From the first tap to the last, both counted.")
    padded: int
    output: int
    exact: float
    fraction: str = Field(description="The exact quotient.")
    fits: bool
    unused: list[int] = Field(description="Positions of the input that no window covers.")
    conventions: list[Convention]
    latex: str
    sentence: str


class WindowAnswer(BaseModel):
    """Sizes along height and width; one axis where single numbers were given."""

    output: list[int]
    fits: bool
    axes: list[WindowAxis]


class LayerShapes(BaseModel):
    input: list[int]
    weights: list[int] | None
    output: list[int]


class LayerGradients(BaseModel):
    input: Volume
    weights: list[Volume] | None
    bias: list[Number] | None


class FilterName(BaseModel):
    name: str
    says: str


class FilterRow(FilterName):
    """A well-known filter."""

    plane: Map = Field(description="For a kernel of 3 by 3.")


class ParameterCount(BaseModel):
    name: str
    parameters: int


class LayerParameters(BaseModel):
    count: int
    one_filter: int
    latex: str
    sentence: str
    compared: list[ParameterCount]


class VectorEnds(BaseModel):
    """A long vector, of which only the first and the last numbers are told."""

    first: list[Number]
    last: list[Number]


class ConnectedRow(VectorEnds):
    """A row of W, and the output that it gives."""

    value: Number


class ConnectedLayer(BaseModel):
    """A fully connected layer on the same input: every output is a row of W times x."""

    inputs: int
    x: VectorEnds = Field(description="The input as one vector: channel by channel, row by row.")
    rows: list[ConnectedRow]
    parameters: int
    latex: str
    sentence: str


class CellTrack(BaseModel):
    forward: int = Field(description="Steps that go forward, one a cell of the output.")
    count: int = Field(description="All steps: forward, backward, and the sum.")
    batch: int = Field(description="The most steps that POST /api/convolution/steps answers with.")


class CellPlace(BaseModel):
    cell: list[int] = Field(description="Map, row and column of the output.")
    rows: list[int] = Field(description="Input rows under the window; outside it is padding.")
    columns: list[int]


class CellForward(CellPlace):
    """The arithmetic of one output."""

    patch: Volume = Field(description="Null where max pooling meets padding.")
    products: Volume | None
    sums: list[Number] | None = Field(description="Of the products, one a channel.")
    bias: Number
    chosen: list[int] | None = Field(description="Max pooling: row and column in the window.")
    value: Number
    latex: str
    sentence: str


class CellBackward(BaseModel):
    """Where the gradient of one output goes."""

    upstream: Number
    to_input: Volume
    to_weights: Volume | None
    to_bias: Number
    latex: str
    sentence: str


class Cell(CellForward):
    """One cell of the output, forward and backward."""

    weights: Volume | None
    backward: CellBackward


class ConvolutionAnswer(BaseModel):
    """A layer on one input; maps are lists of rows."""

    layer: Literal["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"]
    shapes: LayerShapes
    input: Volume
    weights: list[Volume] | None
    bias: list[Number] | None
    output: Volume
    upstream: Volume
    gradients: LayerGradients
    filters: list[FilterName]
    window: WindowAnswer
    coverage: list[list[int]] = Field(description="How many windows cover each position.")
    parameters: LayerParameters
    connected: ConnectedLayer | None = Field(
        description="Beside a convolution, unless its input is too large."
    )
    track: CellTrack
    cells: list[Cell]


class ForwardCellStep(CellForward):
    kind: Literal["forward"]


class BackwardCellStep(CellPlace, CellBackward):
    kind: Literal["backward"]
    input_after: Volume = Field(description="The patch of the input's gradient after this step.")
    weights_after: Volume | None
    bias_after: Number


class SumStep(BaseModel):
    kind: Literal["accumulate"]
    cell: None
    latex: str
    sentence: str


class StepsAnswer(BaseModel):
    """Steps, and the gradients as they are before the first of them (null while forward)."""

    first: int
    before: LayerGradients | None
    steps: list[ForwardCellStep | BackwardCellStep | SumStep]
