"""What may be asked on why a class wins and what a channel looks for."""

from pydantic import Field

from app.core.activations.looks import EXAMPLE, LookQuestion, WeightsQuestion
from app.core.networks.network import Name
from app.core.questions import shown

STEPS, EACH = 96, 4  # of an optimised input, and of one slice of it
MOST_PATCH = 128
A_PATCH = EXAMPLE | {"row": 100, "column": 110, "patch": 64}
UNIT = {"model": "squeezenet1_1", "layer": "features.9.concat", "channel": 3}


class AttributionQuestion(LookQuestion):
    """Which pixels the score of a class comes from, by one method."""

    model_config = shown(
        EXAMPLE | {"method": "grad-cam"},
        {"model": "squeezenet1_1", "image": "chelsea", "method": "saliency", "target": 281},
    )

    method: str = Field(max_length=64, description="A name of GET /api/attributions.")
    layer: Name | None = Field(
        default=None, description="Grad-CAM's maps; the last convolution's if left out."
    )
    patch: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=MOST_PATCH,
        description="Occlusion: side in pixels; a quarter of the picture's if left out.",
    )
    stride: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=64,
        description="Occlusion: the patches are spread evenly, so many pixels apart or fewer; "
        "a tenth of the picture's side if left out.",
    )


class OcclusionQuestion(LookQuestion):
    """What a class loses when one patch is covered with gray."""

    model_config = shown(A_PATCH)

    row: int = Field(strict=True, ge=0, description="The middle of the patch.")
    column: int = Field(strict=True, ge=0)
    patch: int = Field(default=32, strict=True, ge=1, le=MOST_PATCH, description="Side in pixels.")


class ChannelQuestion(WeightsQuestion):
    """One channel of one layer, or one number of a vector."""

    layer: Name
    channel: int = Field(strict=True, ge=0, description="Or the place in a vector.")


class TopPatchesQuestion(ChannelQuestion):
    """The patches of the shipped pictures that excite a channel most."""

    model_config = shown(UNIT)

    count: int = Field(default=9, strict=True, ge=1, le=9)


class OptimisedInputQuestion(ChannelQuestion):
    """The picture that excites a channel most, climbed from noise."""

    model_config = shown(UNIT | {"layer": "features.3.concat", "steps": 32})

    steps: int = Field(default=STEPS, strict=True, ge=EACH, le=512)
