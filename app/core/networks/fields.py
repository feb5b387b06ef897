"""The questions on what units see, and on gradients before any training, with their answers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.layers import table as layers
from app.core.networks import costs, gradient_flow
from app.core.networks.answers import network_answer
from app.core.networks.cones import Cone, Region, cone
from app.core.networks.drawing.charts import Measure, gradients_tikz
from app.core.networks.drawing.cone import ConeDrawing, cone_drawing
from app.core.networks.drawing.tikz import cone_tikz
from app.core.networks.network import Network, analyse, sequential
from app.core.networks.questions import AskedNetwork
from app.core.networks.receptive_fields import FieldAnswer, Pair
from app.core.numbers import plural
from app.core.questions import Asked, few_fields, shown, up_to

THREE = {
    "source": "nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))",
    "input": [1, 7, 7],
}


class FieldQuestion(AskedNetwork):
    """One unit of one layer."""

    model_config = shown(THREE, {"architecture": "vgg16", "layer": "features.29", "unit": [7, 7]})

    layer: str | None = Field(
        default=None, max_length=64, description="A layer's name; the last maps if left out."
    )
    unit: Annotated[list[int], up_to(2, 1)] | None = Field(
        default=None,
        description="(row, column) of a map, all its channels together, or (feature,) of a vector; "
        "the middle if left out.",
    )

    def place(self) -> tuple[Network, str]:
        """The network and the layer's name. Raises Problem."""
        network, _ = self.found()
        if not network.input[1:]:
            raise Problem("a vector that comes in has no rows and columns to see")
        if self.layer is not None:
            network.position(self.layer)
            return network, self.layer
        result = analyse(network).check()
        maps = [
            node.name
            for node, shape in zip(network.layers, result.shapes, strict=True)
            if shape and shape[1:] and not (node.layer.averages and node.layer.adaptive)
        ]
        return network, (maps or [network.layers[-1].name])[-1]


class ReceptiveFieldAnswer(Cone):
    """What one unit sees of every layer below it, and of the input."""

    layer: str
    extent: Annotated[
        Pair, Field(description="How many units the layer has along height and width.")
    ]
    image: Annotated[Sequence[int], Field(description="The input's size.")]
    receptive_field: FieldAnswer
    drawing: ConeDrawing
    layers: Annotated[list[str], Field(description="Every layer whose units can be asked about.")]
    sentence: str


def receptive_field(question: FieldQuestion) -> ReceptiveFieldAnswer:
    """The answer to POST /api/receptive-field: the cone down to the input, and its drawing."""
    network, layer = question.place()
    result = analyse(network).check()
    i = network.position(layer)
    unit = question.unit or gradient_flow.centre(network, layer)
    found = cone(network, layer, tuple(unit))
    sight = result.sights[i]
    assert sight
    return {
        "layer": layer,
        "extent": sight.extent,
        "image": network.input,
        "receptive_field": sight.told,
        **found,
        "drawing": cone_drawing(result, found),
        "layers": [
            node.name
            for node, seen in zip(network.layers, result.sights, strict=True)
            if seen is not None
        ],
        "sentence": _sentence(found, sight.told, sight.extent, network.input),
    }


def _sentence(found: Cone, told: FieldAnswer, extent: Pair, image: Sequence[int]) -> str:
    if not found["input"]:
        return "This unit sees nothing but padding."
    (top, bottom), (left, right) = found["input"]["rows"], found["input"]["columns"]
    high, wide = bottom - top + 1, right - left + 1
    pixels = found["pixels"]
    area = f"{high} × {wide} pixel{'' if high == wide == 1 else 's'}"
    if pixels != high * wide:
        area = f"within {area}" if pixels is None else f"{pixels:,} of the {area} there"
    said = (
        f"It sees {_span('row', top, bottom)} and {_span('column', left, right)} of the input, "
        f"{area}."
    )
    if not told["size"] or not told["stride"]:
        reason = told["reason"] or ""
        return f"{said} {reason[:1].upper()}{reason[1:]}."
    if (high, wide) != tuple(told["size"]):
        field, rest = found["field"], "the rest is left out on the way"
        if field is not None and _leaves(field, image):
            rest = "the rest lies outside of the picture, or is left out on the way"
            if _within(field, image) == found["input"]:
                rest = "the rest lies outside of the picture"
        said += f" Of its field of {told['size'][0]} × {told['size'][1]} {rest}."
    if found["unit"][0] + 1 >= extent[0]:
        return said
    down = plural(told["stride"][0], "pixel")
    return f"{said} The field of the unit below it lies {down} further down."


def _span(word: str, first: int, last: int) -> str:
    return f"{word} {first}" if first == last else f"{word}s {first} to {last}"


def _within(field: Region, image: Sequence[int]) -> Region:
    """What of a region lies on the picture."""
    (top, bottom), (left, right) = field["rows"], field["columns"]
    return {
        "rows": [max(top, 0), min(bottom, image[1] - 1)],
        "columns": [max(left, 0), min(right, image[2] - 1)],
    }


def _leaves(field: Region, image: Sequence[int]) -> bool:
    return _within(field, image) != field


class FieldExportQuestion(FieldQuestion):
    """The cone of one unit in another language."""

    model_config = shown(THREE | {"format": "tikz"})

    format: Literal["tikz"]


def receptive_field_export(question: FieldExportQuestion) -> str:
    """The answer to POST /api/receptive-field/export."""
    found = receptive_field(question)
    unit = ", ".join(map(str, found["unit"]))
    return cone_tikz(found["drawing"], f"What unit ({unit}) of {found['layer']} sees")


# One large kernel or several small ones


class StackQuestion(Asked):
    """One k x k convolution against (k - 1) / 2 of 3 × 3 that see as much."""

    model_config = shown({"kernel_size": 5, "channels": 64}, {"kernel_size": 7, "channels": 512})

    kernel_size: int = Field(default=5, strict=True, ge=3, le=15, description="Odd, 3 to 15.")
    channels: int = Field(
        default=64, strict=True, ge=1, le=4096, description="C, in and out of every layer."
    )


class StackSide(TypedDict):
    layers: int
    kernel_size: int
    receptive_field: Pair
    parameters: int
    macs_a_pixel: int
    formula: str
    worked: str


class StackAnswer(TypedDict):
    """One large kernel and a stack of small ones."""

    kernel_size: int
    channels: int
    single: StackSide
    stack: StackSide
    share: Annotated[
        float, Field(description="The stack's weights as a share of the single layer's.")
    ]
    sentence: str


def stacked(question: StackQuestion) -> StackAnswer:
    """The answer to POST /api/receptive-field/stack."""
    kernel, channels = question.kernel_size, question.channels
    if kernel % 2 == 0:
        raise Problem(
            "an even kernel has no stack of 3 × 3 that sees as much; take an odd one",
            {"field": "kernel_size"},
            str(kernel + 1),
        )
    single, stack = _stack(kernel, 1, channels), _stack(3, (kernel - 1) // 2, channels)
    share = stack["parameters"] / single["parameters"]
    return {
        "kernel_size": kernel,
        "channels": channels,
        "single": single,
        "stack": stack,
        "share": share,
        "sentence": (
            f"Both see {kernel} × {kernel} pixels: the stack is the single layer itself."
            if stack["layers"] == 1
            else f"Both see {kernel} × {kernel} pixels. {stack['layers']} layers of 3 × 3 have "
            f"{stack['formula']} weights instead of {single['formula']}, "
            f"{share:.0%} of them, and {stack['layers']} non-linearities instead of one."
        ),
    }


def _stack(kernel: int, count: int, channels: int) -> StackSide:
    conv = layers.Conv2d(
        in_channels=channels,
        out_channels=channels,
        kernel_size=kernel,
        padding=kernel // 2,
        bias=False,
    )
    # On one pixel: neither what is seen nor what it costs depends on how many there are, and a
    # larger map would be more than a layer may take.
    network = sequential([conv, layers.ReLU()] * count, (channels, 1, 1))
    answer = network_answer(network)
    field = answer["rows"][-1]["receptive_field"]
    assert field
    assert field["size"]
    times = count * kernel * kernel
    return {
        "layers": count,
        "kernel_size": kernel,
        "receptive_field": field["size"],
        "parameters": answer["parameters"],
        "macs_a_pixel": answer["macs"],
        "formula": f"{times}C²",
        "worked": (f"{count} × " * (count > 1))
        + f"{kernel} × {kernel} × {channels:,}² = {answer['parameters']:,}",
    }


# Measured in a worker


class EffectiveQuestion(FieldQuestion):
    """The middle unit of a layer: what it really looks at, with random weights and images."""

    model_config = shown(
        {
            "source": "nn.Sequential(" + "nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), " * 5 + ")",
            "input": [3, 32, 32],
        }
    )

    samples: int | None = Field(
        default=None, strict=True, ge=1, le=64, description="Images; as many as time allows."
    )
    seed: int = Field(default=0, strict=True, ge=0, lt=2**32)


class EffectiveFieldAnswer(gradient_flow.EffectiveField):
    """What a unit really looks at: the gradient's size by pixel, 1 the largest."""

    layer: str


def effective_field(question: EffectiveQuestion) -> EffectiveFieldAnswer:
    """The answer to POST /api/effective-field; imports torch."""
    network, layer = question.place()
    samples = question.samples
    if samples is None:
        part = network.layers[: network.position(layer) + 1]
        samples = costs.affordable(network.model_copy(update={"layers": part}), 16)
    found = gradient_flow.effective_field(network, layer, samples, question.seed)
    found["grid"] = [[round(value, 4) for value in row] for row in found["grid"]]
    return {"layer": layer, **found}


class GradientSizesQuestion(gradient_flow.DeepStack):
    """A deep stack, measured as asked and with the skip and the norm put in or left out."""

    model_config = shown({"blocks": 8}) | {"frozen": True, "extra": "forbid"}

    _few_fields = model_validator(mode="before")(few_fields)


def gradient_sizes(question: GradientSizesQuestion) -> gradient_flow.GradientSizesAnswer:
    """The answer to POST /api/gradient-sizes; imports torch."""
    return gradient_flow.gradient_sizes(question)


class GradientSizesExportQuestion(GradientSizesQuestion):
    """The curves of one measure in another language."""

    model_config = shown({"blocks": 8, "format": "tikz"}) | {"frozen": True, "extra": "forbid"}

    format: Literal["tikz"]
    measure: Measure = Field(
        default="gradients", description="Which of an answer's sizes the curves show."
    )


def gradient_sizes_export(question: GradientSizesExportQuestion) -> str:
    """The answer to POST /api/gradient-sizes/export; imports torch."""
    return gradients_tikz(gradient_sizes(question), question.measure)
