"""ARCHITECTURES: the well-known networks, by torchvision's names where it has them.

Layers bear torchvision's names too (`layer1.0.conv1`), so that the dots say what belongs together.
Top-1 accuracies are torchvision's on ImageNet's validation set (`acc@1` of the IMAGENET1K_V1
weights in torchvision/models, one centre crop).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem, nearest
from app.core.layers.names import ALIKE
from app.core.layers.table import Shape
from app.core.networks.answers import NetworkAnswer, network_answer
from app.core.networks.classics import (
    alexnet,
    lenet5,
    nin,
    resnet,
    small,
    squeezenet1_1,
    vgg,
    zfnet,
)
from app.core.networks.moderns import (
    convnext_tiny,
    densenet121,
    efficientnet_b0,
    googlenet,
    mobilenet_v2,
    unet,
)
from app.core.networks.network import Network


class ArchitectureFacts(TypedDict):
    """What is known of a well-known network."""

    name: str
    title: str
    year: int
    paper: str
    says: str
    slides: Annotated[str | None, Field(description="What slides say of it, set right.")]
    top1: Annotated[float | None, Field(description="Percent, on ImageNet's validation set.")]
    top1_source: str | None
    options: dict[str, list[str]]
    ships: Annotated[bool, Field(description="Whether a model of that name has weights here.")]


class Totals(TypedDict):
    """What a network comes to in all."""

    input: Shape
    output: Shape
    depth: int
    layers: int
    parameters: int
    parameter_bytes: int
    macs: int
    activation_bytes: int


class ArchitectureRow(ArchitectureFacts, Totals):
    """A well-known network and its totals."""


class ArchitectureAnswer(NetworkAnswer, ArchitectureFacts):
    """A well-known network in full."""

    chosen: dict[str, str]


@dataclass(frozen=True)
class Architecture:
    """One row: how to build it, and what is known of it. `top1` is in percent, None where there is
    none; `options` are the arguments that `build` takes besides, with their choices."""

    name: str
    title: str
    year: int
    paper: str
    build: Callable[..., Network]
    says: str
    top1: float | None = None
    slides: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ships: bool = False

    @property
    def top1_source(self) -> str | None:
        """Where the accuracy is from."""
        return None if self.top1 is None else "torchvision, IMAGENET1K_V1, one 224 px centre crop"

    @property
    def told(self) -> ArchitectureFacts:
        """What is known of it, as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "year": self.year,
            "paper": self.paper,
            "says": self.says,
            "slides": self.slides or None,
            "top1": self.top1,
            "top1_source": self.top1_source,
            "options": {option: list(choices) for option, choices in self.options.items()},
            "ships": self.ships,
        }


VGG_PAPER = "Simonyan & Zisserman, Very Deep Convolutional Networks, 2014"
VGG_SLIDES = (
    "Slides that say VGG won ImageNet 2014 mean its localisation task: GoogLeNet won "
    "classification (6.7 % top-5 error), and VGG came second (7.3 %)."
)
RESNET_PAPER = "He, Zhang, Ren & Sun, Deep Residual Learning, 2015"
RESNET_SLIDES = (
    "The 152 layers and 60 million parameters of the slides are ResNet-152's; ResNet-50 has 25.6 "
    "million."
)
STRIDE = {"stride_on": ("3x3", "1x1")}


def rows() -> list[Architecture]:
    """The table."""
    found = [
        Architecture(
            "lenet5", "LeNet-5", 1998, "LeCun, Bottou, Bengio & Haffner, Gradient-Based Learning",
            lenet5,
            "Convolution and subsampling twice, then fully connected: it read cheques.",
            slides="The paper's 60,000 parameters are a few less than the 61,706 here: its C3 sees "
            "only some of the maps, and its output layer is of another kind.",
        ),
        Architecture(
            "alexnet", "AlexNet", 2012, "Krizhevsky, Sutskever & Hinton, 2012; 2014 for this form",
            alexnet,
            "Won ImageNet 2012 by a wide margin; 96 % of its weights are in three linear layers.",
            56.522,
            "The paper's first layer has 96 filters and, as it says, a 224 × 224 input; its 55 × "
            "55 maps come out on 227 × 227. torchvision has the one-GPU version of 2014: 64 "
            "filters, and padding 2 on 224 × 224.",
        ),
    ]  # fmt: skip
    found += [
        Architecture(
            "zfnet", "ZFNet", 2013, "Zeiler & Fergus, Visualizing Convolutional Networks, 2013",
            zfnet,
            "AlexNet after a look at what its layers see: filters of 7 × 7 every 2 pixels lose "
            "less than 11 × 11 every 4. The 62,357,608 weights follow from the paper's figure 3; "
            "its contrast norms have none and are left out.",
            slides="It won ImageNet 2013 as an average of several (Clarifai); one alone has 14.7 % "
            "top-5 error.",
        ),
        Architecture(
            "nin", "Network in Network", 2013, "Lin, Chen & Yan, Network In Network, 2013",
            nin,
            "Two 1 × 1 convolutions after each other one, and the mean of a map for each class in "
            "place of linear layers: 7,595,176 weights in the authors' ImageNet model (Caffe's "
            "model zoo) against AlexNet's 61 million.",
        ),
    ]  # fmt: skip
    for depth, convolutions, top1, with_norm in (
        (11, (1, 1, 2, 2, 2), 69.020, 70.370),
        (13, (2, 2, 2, 2, 2), 69.928, 71.586),
        (16, (2, 2, 3, 3, 3), 71.592, 73.360),
        (19, (2, 2, 4, 4, 4), 72.376, 74.218),
    ):
        for norm in (False, True):
            found.append(
                Architecture(
                    f"vgg{depth}{'_bn' * norm}",
                    f"VGG-{depth}{' with batch norm' * norm}",
                    2014,
                    VGG_PAPER,
                    lambda convolutions=convolutions, norm=norm: vgg(convolutions, norm),
                    "3 × 3 convolutions only: two see as much as one 5 × 5, with fewer weights and "
                    "one more non-linearity. Its first linear layer holds 102.8 million weights."
                    + " Batch norm came a year after the paper."
                    * norm,
                    with_norm if norm else top1,
                    VGG_SLIDES,
                )
            )
    found.append(
        Architecture(
            "googlenet", "GoogLeNet", 2014, "Szegedy et al., Going Deeper with Convolutions, 2014",
            googlenet,
            "Nine blocks that look with 1 × 1, 3 × 3, wider windows and a pooling at once, each "
            "after a 1 × 1 convolution that leaves few channels. torchvision's form, without the "
            "two auxiliary classifiers: 6,624,904 weights by its table.",
            69.778,
            "The 5 to 7 million weights of the slides are those of 2014; torchvision has batch "
            "norm and 3 × 3 convolutions where the paper has 5 × 5.",
        )
    )  # fmt: skip
    for depth, blocks, top1 in (
        (18, (2, 2, 2, 2), 69.758),
        (34, (3, 4, 6, 3), 73.314),
        (50, (3, 4, 6, 3), 76.130),
        (101, (3, 4, 23, 3), 77.374),
        (152, (3, 8, 36, 3), 78.312),
    ):
        deep = depth >= 50
        found.append(
            Architecture(
                f"resnet{depth}",
                f"ResNet-{depth}",
                2015,
                RESNET_PAPER,
                lambda stride_on="3x3", blocks=blocks, deep=deep: resnet(blocks, deep, stride_on),
                "Every block adds to what it is given instead of replacing it, so gradients reach "
                "the first layer however deep the network is. "
                + (
                    "Where maps are halved the paper puts the stride on the block's first 1 × 1 "
                    "convolution, torchvision on its 3 × 3, which looks at every pixel."
                    if deep
                    else "Two 3 × 3 convolutions a block."
                ),
                top1,
                RESNET_SLIDES,
                STRIDE if deep else {},
            )
        )
    found += [
        Architecture(
            "squeezenet1_1", "SqueezeNet 1.1", 2016, "Iandola et al., SqueezeNet, 2016",
            squeezenet1_1,
            "AlexNet's accuracy with a fiftieth of its weights: 1 × 1 convolutions squeeze the "
            "channels before 3 × 3 ones see them, and there is no linear layer.",
            58.178,
            ships=True,
        ),
        Architecture(
            "densenet121", "DenseNet-121", 2016,
            "Huang, Liu, van der Maaten & Weinberger, Densely Connected Networks, 2016",
            densenet121,
            "Each layer is given all maps before it in its block and adds 32 of its own: nothing "
            "is learned twice. 7,978,856 weights by torchvision's table.",
            74.434,
        ),
        Architecture(
            "mobilenet_v2", "MobileNetV2", 2018,
            "Sandler, Howard, Zhu, Zhmoginov & Chen, Inverted Residuals, 2018",
            mobilenet_v2,
            "Depthwise convolutions see, 1 × 1 ones mix: a ninth of the work of both at once. "
            "3,504,872 weights by torchvision's table.",
            71.878,
        ),
        Architecture(
            "efficientnet_b0", "EfficientNet-B0", 2019, "Tan & Le, EfficientNet, 2019",
            efficientnet_b0,
            "MobileNetV2's blocks with a gate on each channel (squeeze and excitation); depth, "
            "width and input grow together in B1 to B7. 5,288,548 weights by torchvision's table.",
            77.692,
        ),
        Architecture(
            "convnext_tiny", "ConvNeXt-Tiny", 2022, "Liu et al., A ConvNet for the 2020s, 2022",
            convnext_tiny,
            "A ResNet rebuilt after transformers: 7 × 7 depthwise convolutions, few norms, few "
            "non-linearities. 28,589,128 weights by torchvision's table; its linear layers at each "
            "place are 1 × 1 convolutions here.",
            82.520,
        ),
        Architecture(
            "unet", "U-Net", 2015, "Ronneberger, Fischer & Brox, U-Net, 2015",
            unet,
            "23 convolutions down and up again, one score for each pixel and class: what was seen "
            "on the way down is put beside on the way up. Padded, as most write it today; the "
            "paper's has no padding, and cuts.",
        ),
        Architecture(
            "cs231n", "CS231n's example ConvNet", 2015, "CS231n, Convolutional Neural Networks",
            lambda: small((3, 32, 32), 3, 1, 160, True),
            "CONV-RELU-CONV-RELU-POOL three times with ten 3 × 3 filters a layer: small enough to "
            "follow every number.",
        ),
        Architecture(
            "tiny_vgg", "Tiny VGG", 2020, "Wang et al., CNN Explainer, 2020",
            lambda: small((3, 64, 64), 2, 0, 1690, True),
            "VGG's pattern in miniature, without padding: every convolution takes a pixel off each "
            "side.",
        ),
    ]  # fmt: skip
    return found


ARCHITECTURES = {row.name: row for row in rows()}


@cache
def known(name: str, field: str = "architecture") -> Architecture:
    """The row of a name that a field of a question gives; a Problem if there is none."""
    row = ARCHITECTURES.get(name)
    if row is None:
        near = nearest(name, ARCHITECTURES, ALIKE)
        hint = f"; did you mean `{near}`?" if near else ""
        raise Problem(f"there is no architecture `{name}`{hint}", {"field": field}, near)
    return row


def architecture(name: str, **options: str) -> Network:
    """The network of a row, built once; a Problem for a name or an option that is not there."""
    row = known(name)
    for option, chosen in options.items():
        choices = row.options.get(option, ())
        if chosen not in choices:
            said = f"is {' or '.join(choices)}" if choices else "is no option"
            raise Problem(f"`{option}` {said} of {row.title}", {"field": option})
    return row.build(**options)


def architecture_answer(name: str, **options: str) -> ArchitectureAnswer:
    """The answer to GET /api/architectures/{name}: what is known of it, and its rows and totals."""
    row = known(name, "name")
    network = architecture(name, **options)
    usual = {option: choices[0] for option, choices in row.options.items()}
    chosen = usual | options
    # Accuracy was measured with the first of the options.
    facts = row.told
    if chosen != usual:
        facts["top1"] = facts["top1_source"] = None
    return {**facts, "chosen": chosen, **network_answer(network)}
