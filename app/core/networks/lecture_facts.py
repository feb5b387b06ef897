"""What slides say of well-known networks, checked by computing it, and set right where they err."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from typing_extensions import TypedDict

from app.core.layers.table import Conv2d
from app.core.layers.windows import Window
from app.core.networks.answers import FLOAT_BYTES, network_answer
from app.core.networks.architectures import architecture
from app.core.networks.network import sequential


class LectureFact(TypedDict):
    """What slides say, and what comes out."""

    claim: str
    holds: bool
    finding: str
    architecture: str | None


@cache
def lecture_facts() -> list[LectureFact]:
    """{claim, holds, finding, architecture} each; `holds` is whether the claim is right as said."""
    return [fact for find in FACTS for fact in find()]


def fact(claim: str, holds: bool, finding: str, architecture: str | None = None) -> LectureFact:
    return {"claim": claim, "holds": holds, "finding": finding, "architecture": architecture}


def alexnet() -> Iterator[LectureFact]:
    answer = network_answer(architecture("alexnet"))
    depth, parameters = answer["depth"], answer["parameters"]
    yield fact(
        "AlexNet has 8 layers and 61 million parameters.",
        (depth, round(parameters / 1e6)) == (8, 61),
        f"{depth} layers with weights, {parameters:,} parameters.",
        "alexnet",
    )
    window = Window(kernel=11, stride=4)
    first = Conv2d(in_channels=3, out_channels=96, kernel_size=11, stride=4)
    yield fact(
        "AlexNet's first layer: 96 filters of 11 × 11, stride 4, on 224 × 224 give 55 × 55.",
        window.exact(224) == 55,
        f"(224 − 11) / 4 + 1 = {float(window.exact(224)):g} is no whole number. It is "
        f"{window.output(227)} on 227 × 227; with padding 2 on 224 × 224 it is "
        f"{float(replace(window, padding=2).exact(224)):g}, which PyTorch rounds down. The layer "
        f"has {first.parameters:,} parameters.",
    )


def vgg() -> Iterator[LectureFact]:
    answer = network_answer(architecture("vgg16"))
    parameters = answer["parameters"]
    yield fact(
        "VGG-16 has 138 million parameters.",
        round(parameters / 1e6) == 138,
        f"{parameters:,}, in {answer['depth']} layers.",
        "vgg16",
    )
    first = next(row for row in answer["rows"] if row["type"] == "Linear")
    yield fact(
        "Most of VGG-16's parameters are in its first fully connected layer.",
        first["parameters"] > parameters / 2,
        f"{first['parameters']:,}, {first['parameters'] / parameters:.0%} of all.",
        "vgg16",
    )
    kept = [row for row in answer["rows"] if row["kind"] in ("convolution", "pooling", "linear")]
    kept = [row for row in kept if row["type"] != "AdaptiveAvgPool2d"]
    numbers = sum(row["activation_bytes"] or 0 for row in kept) // FLOAT_BYTES + 3 * 224 * 224
    yield fact(
        "One image takes 24 million numbers, 96 MB, on its way through VGG-16.",
        round(numbers / 1e6) == 24,
        f"Input, convolutions, poolings and linear layers add up to {numbers / 1e6:.1f} million, "
        f"{FLOAT_BYTES * numbers / 1e6:.0f} MB; with each ReLU and Dropout kept as well it is "
        f"{answer['activation_bytes'] / 1e6:.0f} MB.",
        "vgg16",
    )
    yield fact(
        "VGG won ImageNet 2014.",
        False,
        "It won localisation. Classification was won by GoogLeNet, with a top-5 error of 6.7 %; "
        "VGG came second with 7.3 %.",
        "vgg16",
    )


def stacks() -> Iterator[LectureFact]:
    def side(kernel: int, count: int) -> tuple[int, int]:
        conv = Conv2d(in_channels=1, out_channels=1, kernel_size=kernel, padding=1, bias=False)
        answer = network_answer(sequential([conv] * count, (1, 32, 32)))
        field = answer["rows"][-1]["receptive_field"]
        assert field
        assert field["size"]
        return field["size"][0], answer["parameters"]

    for kernel, count in ((5, 2), (7, 3)):
        (sees, weights), (same, fewer) = side(kernel, 1), side(3, count)
        words = {2: "Two", 3: "Three"}[count]
        yield fact(
            f"{words} 3 × 3 layers see as much as one {kernel} × {kernel}, with fewer weights.",
            sees == same and fewer < weights,
            f"Both see {sees} × {sees}; {fewer}C² weights instead of {weights}C².",
        )


def filters() -> Iterator[LectureFact]:
    conv = Conv2d(in_channels=3, out_channels=6, kernel_size=5)
    output = conv.output((3, 32, 32))
    yield fact(
        "6 filters of 5 × 5 × 3 on 32 × 32 × 3 give 28 × 28 × 6 and have 456 parameters.",
        (output, conv.parameters) == ((6, 28, 28), 456),
        f"{output[1]} × {output[2]} × {output[0]}, and 6 × (5 × 5 × 3 + 1) = {conv.parameters}.",
    )


def resnet() -> Iterator[LectureFact]:
    deep, common = (network_answer(architecture(name)) for name in ("resnet152", "resnet50"))
    yield fact(
        "ResNet has 152 layers and 60 million parameters.",
        (deep["depth"], round(deep["parameters"] / 1e6)) == (152, 60),
        f"ResNet-152 does: {deep['parameters']:,}. The ResNet-50 that most people use has "
        f"{common['parameters']:,}.",
        "resnet152",
    )


FACTS: tuple[Callable[[], Iterator[LectureFact]], ...] = (filters, alexnet, stacks, vgg, resnet)
