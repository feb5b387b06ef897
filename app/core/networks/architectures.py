"""ARCHITECTURES: the well-known networks, by torchvision's names where it has them.

Layers bear torchvision's names too (`layer1.0.conv1`), so that the dots say what belongs together.
Top-1 accuracies are torchvision's on ImageNet's validation set (`acc@1` of the IMAGENET1K_V1
weights in torchvision/models, one centre crop).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem, nearest
from app.core.layers import table as layers
from app.core.layers.names import ALIKE
from app.core.layers.table import Layer, Shape
from app.core.networks.answers import NetworkAnswer, network_answer
from app.core.networks.network import INPUT, Network

IMAGENET = (3, 224, 224)
CLASSES = 1000
StrideOn = Literal["3x3", "1x1"]


class Builder:
    """Collects layers; each takes the one before unless told, and numbers itself within its group.

    `last` is the name of the newest layer, `channels` how many channels (or features) it gives.
    """

    def __init__(self, input: Shape) -> None:
        self.input = input
        self.nodes: list[dict[str, Any]] = []
        self.last = INPUT
        self.channels = input[0]

    def add(self, name: str, layer: Layer, *inputs: str) -> str:
        """Put a layer; its name."""
        self.nodes.append({"name": name, "layer": layer, "inputs": inputs})
        self.last = name
        return name

    def conv(self, name: str, channels: int, kernel: int, *inputs: str, **more: Any) -> str:
        """A convolution of what comes last, or of a layer with as many channels."""
        layer = layers.Conv2d(
            in_channels=self.channels, out_channels=channels, kernel_size=kernel, **more
        )
        self.channels = channels
        return self.add(name, layer, *inputs)

    def linear(self, name: str, features: int, inside: int | None = None) -> str:
        """A fully connected layer; `inside` where what comes in was flattened."""
        layer = layers.Linear(in_features=inside or self.channels, out_features=features)
        self.channels = features
        return self.add(name, layer)

    def stack(self, group: str, *items: Layer | int | tuple[int, int]) -> None:
        """Layers called group.0, group.1, ...; a number stands for a Linear with so many features,
        a pair (inside, features) for the first of them."""
        for i, item in enumerate(items):
            name = f"{group}.{i}"
            if isinstance(item, Layer):
                self.add(name, item)
            else:
                inside, features = item if isinstance(item, tuple) else (None, item)
                self.linear(name, features, inside)

    def network(self) -> Network:
        """What was built."""
        return Network.model_validate({"input": self.input, "layers": self.nodes})


# The builders, a few lines each


def lenet5() -> Network:
    """With plain average pooling and a linear output instead of the paper's own kinds of both."""
    net = Builder((1, 32, 32))
    for i, channels in ((1, 6), (3, 16)):
        net.conv(f"c{i}", channels, 5)
        net.add(f"tanh{i}", layers.Tanh())
        net.add(f"s{i + 1}", layers.AvgPool2d(kernel_size=2))
    net.conv("c5", 120, 5)
    net.add("tanh5", layers.Tanh())
    net.add("flatten", layers.Flatten())
    net.linear("f6", 84)
    net.add("tanh6", layers.Tanh())
    net.linear("output", 10)
    return net.network()


def alexnet() -> Network:
    net = Builder(IMAGENET)
    pool = layers.MaxPool2d(kernel_size=3, stride=2)
    i = 0
    for channels, kernel, stride, padding, pooled in (
        (64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False),
        (256, 3, 1, 1, False), (256, 3, 1, 1, True),
    ):  # fmt: skip
        net.conv(f"features.{i}", channels, kernel, stride=stride, padding=padding)
        net.add(f"features.{i + 1}", layers.ReLU(inplace=True))
        if pooled:
            net.add(f"features.{i + 2}", pool)
        i += 2 + pooled
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=6))
    net.add("flatten", layers.Flatten())
    relu = layers.ReLU(inplace=True)
    net.stack(
        "classifier",
        layers.Dropout(),
        (256 * 36, 4096),
        relu,
        layers.Dropout(),
        4096,
        relu,
        CLASSES,
    )
    return net.network()


def vgg(convolutions: tuple[int, ...], norm: bool = False) -> Network:
    """Blocks of 3x3 convolutions, as many in each as told, and a pooling after each block."""
    net, i = Builder(IMAGENET), 0
    for count, channels in zip(convolutions, (64, 128, 256, 512, 512), strict=True):
        for _ in range(count):
            net.conv(f"features.{i}", channels, 3, padding=1)
            if norm:
                net.add(f"features.{i + 1}", layers.BatchNorm2d(num_features=channels))
            net.add(f"features.{i + 1 + norm}", layers.ReLU(inplace=True))
            i += 2 + norm
        net.add(f"features.{i}", layers.MaxPool2d(kernel_size=2, stride=2))
        i += 1
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=7))
    net.add("flatten", layers.Flatten())
    relu = layers.ReLU(inplace=True)
    net.stack(
        "classifier",
        (512 * 49, 4096),
        relu,
        layers.Dropout(),
        4096,
        relu,
        layers.Dropout(),
        CLASSES,
    )
    return net.network()


def resnet(blocks: tuple[int, ...], bottleneck: bool, stride_on: StrideOn = "3x3") -> Network:
    """Four groups of residual blocks: two 3x3 convolutions, or 1x1, 3x3 and 1x1 to four times."""
    net = Builder(IMAGENET)
    net.conv("conv1", 64, 7, stride=2, padding=3, bias=False)
    net.add("bn1", layers.BatchNorm2d(num_features=64))
    net.add("relu", layers.ReLU(inplace=True))
    net.add("maxpool", layers.MaxPool2d(kernel_size=3, stride=2, padding=1))
    for group, count in enumerate(blocks):
        for i in range(count):
            stride = 2 if group and i == 0 else 1
            residual_block(net, f"layer{group + 1}.{i}", 64 << group, stride, bottleneck, stride_on)
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=1))
    net.add("flatten", layers.Flatten())
    net.linear("fc", CLASSES)
    return net.network()


def residual_block(
    net: Builder, name: str, width: int, stride: int, bottleneck: bool, stride_on: StrideOn
) -> None:
    """The branch and the shortcut, which is a 1x1 convolution where sizes differ."""
    start, before, after = net.last, net.channels, width * 4 if bottleneck else width
    on_first, on_second = (1, stride) if stride_on == "3x3" else (stride, 1)
    ways = [(1, width, on_first), (3, width, on_second), (1, after, 1)]
    if not bottleneck:
        ways = [(3, width, stride), (3, width, 1)]
    for i, (kernel, channels, step) in enumerate(ways, 1):
        if i > 1:
            net.add(f"{name}.relu{i - 1}", layers.ReLU(inplace=True))
        net.conv(f"{name}.conv{i}", channels, kernel, stride=step, padding=kernel // 2, bias=False)
        net.add(f"{name}.bn{i}", layers.BatchNorm2d(num_features=channels))
    branch, shortcut = net.last, start
    if stride > 1 or before != after:
        net.channels = before
        net.conv(f"{name}.downsample.0", after, 1, start, stride=stride, bias=False)
        shortcut = net.add(f"{name}.downsample.1", layers.BatchNorm2d(num_features=after))
    net.add(f"{name}.add", layers.Add(), branch, shortcut)
    net.add(f"{name}.relu{len(ways)}", layers.ReLU(inplace=True))


def squeezenet1_1() -> Network:
    net = Builder(IMAGENET)
    pool = layers.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    net.conv("features.0", 64, 3, stride=2)
    net.add("features.1", layers.ReLU(inplace=True))
    fires = {3: (16, 64), 4: (16, 64), 6: (32, 128), 7: (32, 128)}
    fires |= {9: (48, 192), 10: (48, 192), 11: (64, 256), 12: (64, 256)}
    for i in range(2, 13):
        name = f"features.{i}"
        if i not in fires:
            net.add(name, pool)
            continue
        squeezed, expanded = fires[i]
        net.conv(f"{name}.squeeze", squeezed, 1)
        source = net.add(f"{name}.squeeze_activation", layers.ReLU(inplace=True))
        ways = []
        for kernel in (1, 3):
            net.channels = squeezed
            way = f"{name}.expand{kernel}x{kernel}"
            net.conv(way, expanded, kernel, source, padding=kernel // 2)
            ways.append(net.add(f"{way}_activation", layers.ReLU(inplace=True)))
        net.add(f"{name}.concat", layers.Concat(), *ways)
        net.channels = 2 * expanded
    net.add("classifier.0", layers.Dropout())
    net.conv("classifier.1", CLASSES, 1)
    net.add("classifier.2", layers.ReLU(inplace=True))
    net.add("classifier.3", layers.AdaptiveAvgPool2d(output_size=1))
    net.add("flatten", layers.Flatten())
    return net.network()


def small(input: Shape, blocks: int, padding: int, features: int, softmax: bool) -> Network:
    """CONV-RELU-CONV-RELU-POOL some times with ten 3x3 filters a layer, then a linear layer."""
    net = Builder(input)
    for block in range(1, blocks + 1):
        for i in (1, 2):
            net.conv(f"block{block}.conv{i}", 10, 3, padding=padding)
            net.add(f"block{block}.relu{i}", layers.ReLU())
        net.add(f"block{block}.pool", layers.MaxPool2d(kernel_size=2))
    net.add("flatten", layers.Flatten())
    net.linear("fc", 10, features)
    if softmax:
        net.add("softmax", layers.Softmax(dim=1))
    return net.network()


# The table


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
            "The first layer's 96 filters and 227x227 input are of 2012's version; torchvision has "
            "the one-GPU version of 2014, with 64 filters and padding 2 on 224x224.",
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
                    "3x3 convolutions only: two see as much as one 5x5, with fewer weights and one "
                    "more non-linearity. Its first linear layer holds 102.8 million weights."
                    + " Batch norm came a year after the paper."
                    * norm,
                    with_norm if norm else top1,
                    VGG_SLIDES,
                )
            )
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
                    "Where maps are halved the paper puts the stride on the block's first 1x1 "
                    "convolution, torchvision on its 3x3, which looks at every pixel."
                    if deep
                    else "Two 3x3 convolutions a block."
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
            "AlexNet's accuracy with a fiftieth of its weights: 1x1 convolutions squeeze the "
            "channels before 3x3 ones see them, and there is no linear layer.",
            58.178,
        ),
        Architecture(
            "cs231n", "CS231n's example ConvNet", 2015, "CS231n, Convolutional Neural Networks",
            lambda: small((3, 32, 32), 3, 1, 160, True),
            "CONV-RELU-CONV-RELU-POOL three times with ten 3x3 filters a layer: small enough to "
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
