"""The well-known networks with branches, gates and few weights, a few lines each; layers bear
torchvision's names where it has them."""

from app.core.layers import table as layers
from app.core.layers.table import Layer
from app.core.networks.building import CLASSES, IMAGENET, Builder
from app.core.networks.network import Network


def conv_norm(
    net: Builder, name: str, channels: int, kernel: int, *inputs: str, act: Layer | None,
    stride: int = 1, groups: int = 1, words: tuple[str, str] = ("0", "1"), eps: float = 1e-5,
    padding: int | None = None, acts: str = "2",
) -> str:  # fmt: skip
    """A convolution without bias, its norm, and what follows; the name of the last."""
    net.conv(
        f"{name}.{words[0]}", channels, kernel, *inputs, stride=stride, bias=False, groups=groups,
        padding=kernel // 2 if padding is None else padding,
    )  # fmt: skip
    last = net.add(f"{name}.{words[1]}", layers.BatchNorm2d(num_features=channels, eps=eps))
    return net.add(f"{name}.{acts}", act) if act else last


def head(net: Builder, classifier: str, drop: str = "", p: float = 0.2) -> Network:
    """The mean of each map, and a linear layer."""
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=1))
    net.add("flatten", layers.Flatten())
    if drop:
        net.add(drop, layers.Dropout(p=p))
    net.linear(classifier, CLASSES)
    return net.network()


def googlenet() -> Network:
    """Without the two auxiliary classifiers; with batch norm, and 3x3 where the paper has 5x5."""
    net = Builder(IMAGENET)
    relu = layers.ReLU(inplace=True)

    def conv(name: str, channels: int, kernel: int, *inputs: str, stride: int = 1) -> str:
        return conv_norm(net, name, channels, kernel, *inputs, act=relu, stride=stride,
                         words=("conv", "bn"), eps=0.001, acts="relu")  # fmt: skip

    def pool(name: str, kernel: int = 3) -> None:
        net.add(name, layers.MaxPool2d(kernel_size=kernel, stride=2, ceil_mode=True))

    def inception(name: str, *widths: int) -> None:
        start, before, ways = net.last, net.channels, []
        one, three_first, three, five_first, five, pooled = widths
        ways.append(conv(f"{name}.branch1", one, 1, start))
        for branch, first, second in ((2, three_first, three), (3, five_first, five)):
            net.channels = before
            conv(f"{name}.branch{branch}.0", first, 1, start)
            ways.append(conv(f"{name}.branch{branch}.1", second, 3))
        net.channels = before
        same = layers.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True)
        net.add(f"{name}.branch4.0", same, start)
        ways.append(conv(f"{name}.branch4.1", pooled, 1))
        net.add(f"{name}.concat", layers.Concat(), *ways)
        net.channels = one + three + five + pooled

    conv("conv1", 64, 7, stride=2)
    pool("maxpool1")
    conv("conv2", 64, 1)
    conv("conv3", 192, 3)
    pool("maxpool2")
    inception("inception3a", 64, 96, 128, 16, 32, 32)
    inception("inception3b", 128, 128, 192, 32, 96, 64)
    pool("maxpool3")
    inception("inception4a", 192, 96, 208, 16, 48, 64)
    inception("inception4b", 160, 112, 224, 24, 64, 64)
    inception("inception4c", 128, 128, 256, 24, 64, 64)
    inception("inception4d", 112, 144, 288, 32, 64, 64)
    inception("inception4e", 256, 160, 320, 32, 128, 128)
    pool("maxpool4", 2)
    inception("inception5a", 256, 160, 320, 32, 128, 128)
    inception("inception5b", 384, 192, 384, 48, 128, 128)
    return head(net, "fc", "dropout")


def densenet121() -> Network:
    """Four blocks in which each layer is given all that came before it in its block."""
    net, growth = Builder(IMAGENET), 32
    relu = layers.ReLU(inplace=True)
    net.conv("features.conv0", 64, 7, stride=2, padding=3, bias=False)
    net.add("features.norm0", layers.BatchNorm2d(num_features=64))
    net.add("features.relu0", relu)
    net.add("features.pool0", layers.MaxPool2d(kernel_size=3, stride=2, padding=1))

    def norm(name: str, act: str) -> None:
        net.add(name, layers.BatchNorm2d(num_features=net.channels))
        net.add(act, relu)

    for block, count in enumerate((6, 12, 24, 16), 1):
        known, channels = [net.last], net.channels
        for i in range(1, count + 1):
            name = f"features.denseblock{block}.denselayer{i}"
            if len(known) > 1:
                net.add(f"{name}.concat", layers.Concat(), *known)
            net.channels = channels
            norm(f"{name}.norm1", f"{name}.relu1")
            net.conv(f"{name}.conv1", 4 * growth, 1, bias=False)
            norm(f"{name}.norm2", f"{name}.relu2")
            known.append(net.conv(f"{name}.conv2", growth, 3, padding=1, bias=False))
            channels += growth
        net.add(f"features.denseblock{block}.concat", layers.Concat(), *known)
        net.channels = channels
        if block < 4:
            name = f"features.transition{block}"
            norm(f"{name}.norm", f"{name}.relu")
            net.conv(f"{name}.conv", channels // 2, 1, bias=False)
            net.add(f"{name}.pool", layers.AvgPool2d(kernel_size=2, stride=2))
    norm("features.norm5", "relu")
    return head(net, "classifier")


def mobilenet_v2() -> Network:
    """Blocks that widen, look with one filter a channel, and narrow again without a ReLU."""
    net, relu6 = Builder(IMAGENET), layers.ReLU6(inplace=True)
    conv_norm(net, "features.0", 32, 3, act=relu6, stride=2)
    i = 0
    for widen, channels, count, first in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):  # fmt: skip
        for k in range(count):
            i += 1
            name, start, before = f"features.{i}.conv", net.last, net.channels
            stride, wide, at = first if k == 0 else 1, net.channels * widen, 0
            if widen > 1:
                conv_norm(net, f"{name}.0", wide, 1, act=relu6)
                at = 1
            conv_norm(net, f"{name}.{at}", wide, 3, act=relu6, stride=stride, groups=wide)
            net.conv(f"{name}.{at + 1}", channels, 1, bias=False)
            net.add(f"{name}.{at + 2}", layers.BatchNorm2d(num_features=channels))
            if stride == 1 and before == channels:
                net.add(f"features.{i}.add", layers.Add(), start, net.last)
    conv_norm(net, "features.18", 1280, 1, act=relu6)
    return head(net, "classifier.1", "classifier.0")


def efficientnet_b0() -> Network:
    """MobileNetV2's blocks with a gate on each channel, and sizes found by search."""
    net, silu = Builder(IMAGENET), layers.SiLU(inplace=True)
    conv_norm(net, "features.0", 32, 3, act=silu, stride=2)
    side = 112
    for group, (widen, kernel, first, channels, count) in enumerate((
        (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
        (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
    ), 1):  # fmt: skip
        for k in range(count):
            name, start, before = f"features.{group}.{k}", net.last, net.channels
            stride, wide, at = first if k == 0 else 1, net.channels * widen, 0
            side = -(-side // stride)
            if widen > 1:
                conv_norm(net, f"{name}.block.0", wide, 1, act=silu)
                at = 1
            seen = conv_norm(net, f"{name}.block.{at}", wide, kernel, act=silu, stride=stride,
                             groups=wide)  # fmt: skip
            gate(net, f"{name}.block.{at + 1}", seen, max(1, before // 4), side)
            conv_norm(net, f"{name}.block.{at + 2}", channels, 1, act=None)
            if stride == 1 and before == channels:
                net.add(f"{name}.add", layers.Add(), start, net.last)
    conv_norm(net, "features.8", 1280, 1, act=silu)
    return head(net, "classifier.1", "classifier.0")


def gate(net: Builder, name: str, seen: str, squeezed: int, side: int) -> None:
    """Squeeze and excitation: each map is multiplied by what the means of all say of it."""
    wide = net.channels
    net.add(f"{name}.avgpool", layers.AdaptiveAvgPool2d(output_size=1))
    net.conv(f"{name}.fc1", squeezed, 1)
    net.add(f"{name}.activation", layers.SiLU(inplace=True))
    net.conv(f"{name}.fc2", wide, 1)
    net.add(f"{name}.scale_activation", layers.Sigmoid())
    net.add(f"{name}.spread", layers.Upsample(size=side))
    net.add(f"{name}.multiply", layers.Multiply(), net.last, seen)


def convnext_tiny() -> Network:
    """Depthwise 7x7 convolutions and two 1x1 ones, with one norm and one GELU a block."""
    net = Builder(IMAGENET)

    def norm(name: str) -> None:
        net.add(name, layers.LayerNorm2d(num_channels=net.channels, eps=1e-6))

    net.conv("features.0.0", 96, 4, stride=4)
    norm("features.0.1")
    for stage, (channels, count) in enumerate(((96, 3), (192, 3), (384, 9), (768, 3))):
        if stage:
            norm(f"features.{2 * stage}.0")
            net.conv(f"features.{2 * stage}.1", channels, 2, stride=2)
        for i in range(count):
            name, start = f"features.{2 * stage + 1}.{i}", net.last
            net.conv(f"{name}.block.0", channels, 7, padding=3, groups=channels)
            norm(f"{name}.block.2")
            net.conv(f"{name}.block.3", 4 * channels, 1)
            net.add(f"{name}.block.4", layers.GELU())
            net.conv(f"{name}.block.5", channels, 1)
            scale = net.add(f"{name}.layer_scale", layers.LayerScale(num_channels=channels))
            net.add(f"{name}.add", layers.Add(), start, scale)
    net.add("avgpool", layers.AdaptiveAvgPool2d(output_size=1))
    norm("classifier.0")
    net.add("classifier.1", layers.Flatten())
    net.linear("classifier.2", CLASSES)
    return net.network()


def unet() -> Network:
    """Down by pooling, up by transposed convolutions, with what was seen on the way down put
    beside; convolutions are padded, so that nothing has to be cut off."""
    net, relu = Builder((1, 128, 128)), layers.ReLU(inplace=True)

    def twice(name: str, channels: int) -> str:
        for i in (1, 2):
            net.conv(f"{name}.conv{i}", channels, 3, padding=1)
            net.add(f"{name}.relu{i}", relu)
        return net.last

    widths, seen = (64, 128, 256, 512), []
    for i, channels in enumerate(widths, 1):
        seen.append(twice(f"down{i}", channels))
        net.add(f"down{i}.pool", layers.MaxPool2d(kernel_size=2))
    twice("bottom", 1024)
    for i, channels in zip((4, 3, 2, 1), reversed(widths), strict=True):
        up = layers.ConvTranspose2d(
            in_channels=net.channels, out_channels=channels, kernel_size=2, stride=2
        )
        net.add(f"up{i}.up", up)
        net.add(f"up{i}.concat", layers.Concat(), seen[i - 1], net.last)
        net.channels = 2 * channels
        twice(f"up{i}", channels)
    net.conv("out", 2, 1)
    return net.network()
