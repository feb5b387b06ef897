"""What answers on attributions look like, for the OpenAPI schema."""

from pydantic import BaseModel, Field

from app.core.activations.schemas import ClassScore
from app.core.numbers import Number


class AttributionRow(BaseModel):
    """A way to tell which pixels a class's score comes from."""

    name: str
    title: str
    paper: str
    says: str
    signed: bool = Field(description="Whether its grid has negative numbers too.")


class AttributionAnswer(BaseModel):
    method: str
    title: str
    paper: str
    says: str
    signed: bool
    target: ClassScore
    layer: str | None = Field(description="Grad-CAM: whose maps these are.")
    grid: list[list[Number]]
    rows: list[int] | None = Field(description="Occlusion: the pixels the patches were about.")
    columns: list[int] | None
    reach: float = Field(description="The size that 99.5 % of the grid's numbers stay within.")
    extent: list[int] = Field(description="Height and width of the picture that the grid spans.")
    sentence: str
    picture: str | None = Field(
        description="Guided backpropagation: what came back in colour, gray for 0 (data address)."
    )


class OcclusionAnswer(BaseModel):
    """A class after one patch was covered; `target` is how it was before."""

    probability: float
    score: Number
    drop: float = Field(description="Of the probability; negative if it has risen.")
    target: ClassScore
    top: list[ClassScore]


class TopPatch(BaseModel):
    image: str
    label: str | None
    value: Number
    unit: list[int] = Field(description="Row and column in the map; empty for a vector.")
    rows: list[int] = Field(description="First and last, of the picture as the network sees it.")
    columns: list[int]
    patch: str = Field(description="What the unit sees, as a data address.")
    deconvnet: str = Field(description="Its activation projected down to it; gray for 0.")


class TopPatchesAnswer(BaseModel):
    layer: str
    channel: int
    patches: list[TopPatch]
    says: str
    paper: str


class OptimisedFrame(BaseModel):
    """A moment of the climb."""

    step: int
    steps: int
    value: Number = Field(description="What the channel gives above zero, the mean of its map.")
    picture: str = Field(description="A PNG as a data address.")


class OptimisedInputAnswer(BaseModel):
    frames: list[OptimisedFrame]
