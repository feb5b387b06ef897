"""What may be asked of a network that looks at a picture."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.activations.looks import EXAMPLE, LookQuestion
from app.core.activations.strongest import MOST
from app.core.networks.network import MAX_LAYERS, Name
from app.core.questions import Asked, shown, up_to

# `product`: activation times gradient.
Part = Literal["activation", "gradient", "product", "weight", "weight_gradient"]


class MapAt(Asked):
    """One map of one layer, or one number of a vector."""

    layer: Name
    channel: int = Field(strict=True, ge=0, description="Or the place in a vector.")


class Unit(Asked):
    """One number of one layer's output."""

    layer: Name
    channel: int = Field(strict=True, ge=0, description="Or the place in a vector.")
    row: int = Field(default=0, strict=True, ge=0)
    column: int = Field(default=0, strict=True, ge=0)


class ActivationsQuestion(LookQuestion):
    """All of a network's activations on a picture, and all gradients of a class."""

    model_config = shown(
        EXAMPLE,
        {"model": "digits", "image": "digit-3", "layers": ["conv1"], "include": ["activation"]},
        EXAMPLE | {"unit": {"layer": "features.0", "channel": 3, "row": 50, "column": 60}},
    )

    top: int = Field(default=5, strict=True, ge=1, le=20, description="How many classes to name.")
    layers: Annotated[list[Name], up_to(MAX_LAYERS)] | Literal["all", "ends"] = Field(
        default=[],
        description='Layers whose maps are wanted, "all", or "ends": of a convolution, its batch '
        "norm and its ReLU the last.",
    )
    include: Annotated[list[Part], up_to(5)] = Field(
        default=["activation"],
        description="Which of their numbers; `product` is activation times gradient, `weight` "
        "a layer's weights without its bias (biases come a unit at a time).",
    )
    encoding: Literal["float32", "uint8"] = Field(
        default="float32",
        description="Of maps as safetensors: uint8 has a `scale` a map, "
        "value = (byte - 128) / 127 * scale.",
    )
    thumbnail: int | None = Field(
        default=None,
        strict=True,
        ge=4,
        le=512,
        description="Maps larger than this are averaged down to it.",
    )
    strongest: int = Field(
        default=0,
        strict=True,
        ge=0,
        le=MOST,
        description="Of each layer whose maps are wanted, how many to name, the strongest first.",
    )
    channels: Literal["all", "strongest"] = Field(
        default="all",
        description="Which of their maps: all, or only those that are named as the strongest; "
        "which these are is told as `channels` beside them.",
    )
    unit: Unit | None = Field(default=None, description="One unit to be explained.")
    map: MapAt | None = Field(
        default=None, description="One map, to be told what others it was made from."
    )
