"""What answers on networks look like, for the OpenAPI schema."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.core.networks.network import Network
from app.web.problems import ProblemAnswer

Pair = list[int]


class FieldAnswer(BaseModel):
    """What a unit sees, along (height, width); null, and the reason, where no one field holds."""

    size: Pair | None
    stride: Pair | None
    padding: Pair | None
    low: Pair | None
    high: Pair | None
    reason: str | None


class LayerAnswer(BaseModel):
    """One layer of a network: what comes out and what it costs, for one input."""

    name: str
    type: str
    kind: str
    inputs: list[str]
    output: list[int] | None = Field(description="Null where it cannot be known.")
    weights: dict[str, list[int]]
    parameters: int
    macs: int | None = Field(description="Multiply-adds of convolutions and linear layers.")
    activation_bytes: int | None = Field(description="Its output in float32.")
    receptive_field: FieldAnswer | None
    problem: ProblemAnswer | None = Field(description="Why it does not fit, and how to mend it.")
    place: Pair | None = Field(default=None, description="Offset and length in the source.")
    code: str | None = Field(default=None, description="The layer as torch writes it.")
    arithmetic: dict[str, str] | None = Field(default=None, description="Its costs worked out.")


class VolumePlace(BaseModel):
    """One volume of the drawing, a layer or a closed group: its front, and how far it recedes."""

    name: str
    type: str
    kind: str
    base: str = Field(description="The kind of what a thin layer lies on: its side's colour.")
    group: bool
    layers: int
    first: int = Field(description="Position of its first layer; -1 for the input.")
    last: int
    output: list[int] | None
    joint: bool = Field(description="Whether paths meet in it: a residual block.")
    thin: bool
    problem: bool
    parameters: int
    macs: int
    activation_bytes: int
    shares: dict[str, float] = Field(description="Each cost as a share of the largest.")
    x: float
    y: float
    thickness: float
    height: float
    recede: float
    middle: float
    top: float
    faces: dict[str, str] = Field(description="Corners of front, top and side.")


class SkipPlace(BaseModel):
    source: int
    target: int
    level: int
    points: list[list[float]]
    path: str


class SizeLabel(BaseModel):
    x: float
    y: float
    lines: list[str]
    wrong: bool = Field(description="Whether it says that a layer does not fit.")
    lead: list[list[float]] = Field(description="A line from the volumes to it, or nothing.")


class Bracket(BaseModel):
    """Holds the volumes of an open group together."""

    name: str
    layers: int
    start: float
    end: float
    y: float


class DrawingAnswer(BaseModel):
    """Where everything stands, in pixels at zoom 1 from the top left."""

    width: float
    height: float
    volumes: list[VolumePlace]
    wires: list[SkipPlace]
    labels: list[SizeLabel]
    brackets: list[Bracket]
    open: list[str]


class NetworkAnswer(BaseModel):
    """What a network comes to, layer by layer and in all."""

    input: list[int]
    output: list[int] | None
    rows: list[LayerAnswer]
    depth: int = Field(description="Layers with weights on the longest way through.")
    parameters: int
    parameter_bytes: int
    macs: int
    activation_bytes: int
    problem: ProblemAnswer | None = Field(description="The first layer's that does not fit.")
    network: Network | None = None
    drawing: DrawingAnswer | None = None
    code: str | None = None


class LayerField(BaseModel):
    """One argument of a layer, and how it is set by hand."""

    name: str
    required: bool
    default: Any
    says: str | None
    control: Literal["whole", "real", "switch", "choice"]
    low: float | None
    high: float | None
    choices: list[Any]


class LayerRow(BaseModel):
    """A row of the layer table."""

    type: str
    kind: str
    operands: int = Field(description="2 stands for two or more.")
    says: str
    fields: list[LayerField]
    start: dict[str, Any] = Field(description="What it starts with when it is put in by hand.")


class ArchitectureRow(BaseModel):
    """A well-known network and its totals."""

    name: str
    title: str
    year: int
    paper: str
    says: str
    slides: str | None = Field(description="What slides say of it, set right.")
    top1: float | None = Field(description="Percent, on ImageNet's validation set.")
    top1_source: str | None
    options: dict[str, list[str]]
    input: list[int]
    output: list[int]
    depth: int
    layers: int
    parameters: int
    parameter_bytes: int
    macs: int
    activation_bytes: int


class LectureFact(BaseModel):
    """What slides say, and what comes out."""

    claim: str
    holds: bool
    finding: str
    architecture: str | None


class ArchitectureAnswer(NetworkAnswer):
    """A well-known network in full."""

    name: str
    title: str
    year: int
    paper: str
    says: str
    slides: str | None
    top1: float | None
    top1_source: str | None
    options: dict[str, list[str]]
    chosen: dict[str, str]


class Region(BaseModel):
    """First and last row and column."""

    rows: Pair
    columns: Pair


class NamedRegion(Region):
    name: str


class SheetPlace(BaseModel):
    """One layer of the cone's drawing: its units, and which of them are seen."""

    name: str
    type: str
    kind: str
    units: Pair
    seen: Pair | None
    outline: list[list[float]]
    region: list[list[float]] | None
    lines: list[list[list[float]]]
    label: list[float]


class ConeDrawing(BaseModel):
    width: float
    height: float
    sheets: list[SheetPlace]
    rays: list[list[list[list[float]]]] = Field(description="Between sheets, corner to corner.")


class ReceptiveFieldAnswer(BaseModel):
    """What one unit sees of every layer below it, and of the input."""

    layer: str
    unit: list[int]
    extent: Pair = Field(description="How many units the layer has along height and width.")
    image: list[int] = Field(description="The input's size.")
    receptive_field: FieldAnswer
    regions: list[NamedRegion]
    input: Region | None = Field(description="What the gradient can reach.")
    field: Region | None = Field(description="By the formula; may lie partly beyond the image.")
    drawing: ConeDrawing
    layers: list[str] = Field(description="Every layer whose units can be asked about.")
    sentence: str


class StackSide(BaseModel):
    layers: int
    kernel_size: int
    receptive_field: Pair
    parameters: int
    macs_a_pixel: int
    formula: str
    worked: str


class StackAnswer(BaseModel):
    """One large kernel and a stack of small ones."""

    kernel_size: int
    channels: int
    single: StackSide
    stack: StackSide
    share: float = Field(description="The stack's weights as a share of the single layer's.")
    sentence: str


class EffectiveSize(BaseModel):
    pixels: int
    side: float
    share: float


class EffectiveFieldAnswer(BaseModel):
    """What a unit really looks at: the gradient's size by pixel, 1 the largest."""

    layer: str
    unit: list[int]
    grid: list[list[float]]
    input: Region
    field: Region | None
    effective: EffectiveSize = Field(description="Pixels above 4.55 % of the largest.")
    samples: int


class GradientCurve(BaseModel):
    residual: bool
    batch_norm: bool
    asked: bool
    gradients: list[float]
    weight_gradients: list[float]
    activations: list[float]


class GradientSizesAnswer(BaseModel):
    """Root mean squares of gradients, a curve for each way to build the stack."""

    layers: list[str]
    curves: list[GradientCurve]
    sentence: str
