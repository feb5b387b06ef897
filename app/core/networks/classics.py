"""The well-known networks up to ResNet, a few lines each."""

from typing import Literal

from app.core.layers import table as layers
from app.core.layers.table import Shape
from app.core.networks.building import CLASSES, IMAGENET, Builder
from app.core.networks.network import Network

StrideOn = Literal["3x3", "1x1"]


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


def zfnet() -> Network:
    """AlexNet looked at and mended: smaller and denser first filters; contrast norms left out."""
    net = Builder(IMAGENET)
    relu, i = layers.ReLU(inplace=True), 0
    for channels, kernel, stride, padding, pool in (
        (96, 7, 2, 1, layers.MaxPool2d(kernel_size=3, stride=2, padding=1)),
        (256, 5, 2, 0, layers.MaxPool2d(kernel_size=3, stride=2, padding=1)),
        (384, 3, 1, 1, None), (384, 3, 1, 1, None),
        (256, 3, 1, 1, layers.MaxPool2d(kernel_size=3, stride=2)),
    ):  # fmt: skip
        net.conv(f"features.{i}", channels, kernel, stride=stride, padding=padding)
        net.add(f"features.{i + 1}", relu)
        if pool:
            net.add(f"features.{i + 2}", pool)
        i += 2 + bool(pool)
    net.add("flatten", layers.Flatten())
    drop = layers.Dropout()
    net.stack("classifier", (256 * 36, 4096), relu, drop, 4096, relu, drop, CLASSES)
    return net.network()


def nin() -> Network:
    """Each convolution is followed by two of 1x1, and the last has a map for each class."""
    net, i = Builder(IMAGENET), 0
    pool = layers.MaxPool2d(kernel_size=3, stride=2)
    for channels, kernel, stride, padding, last in (
        (96, 11, 4, 0, 96), (256, 5, 1, 2, 256), (384, 3, 1, 1, 384), (1024, 3, 1, 1, CLASSES),
    ):  # fmt: skip
        for wide, size in ((channels, kernel), (channels, 1), (last, 1)):
            more = {"stride": stride, "padding": padding} if size > 1 else {}
            net.conv(f"features.{i}", wide, size, **more)
            net.add(f"features.{i + 1}", layers.ReLU(inplace=True))
            i += 2
        if last != CLASSES:
            net.add(f"features.{i}", pool)
            i += 1
        if channels == 384:
            net.add(f"features.{i}", layers.Dropout())
            i += 1
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=1))
    net.add("flatten", layers.Flatten())
    return net.network()
