"""Classes as people paste them, against torch, which runs the same text here; and hostile ones."""

import random
from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.torch_code import read, reading
from tests.work import at_most

TUTORIAL = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)

net = Net()
criterion = nn.CrossEntropyLoss()
"""

RESIDUAL = """
class Block(nn.Module):
    expansion = 1

    def __init__(self, inside, planes, stride=1, downsample=None):
        super(Block, self).__init__()
        self.conv1 = nn.Conv2d(inside, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.conv2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)

class Net(nn.Module):
    def __init__(self, block, layers, num_classes=10):
        super().__init__()
        self.planes = 8
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.layer1 = self._make_layer(block, 8, layers[0])
        self.layer2 = self._make_layer(block, 16, layers[1], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16 * block.expansion, num_classes)

    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.planes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.planes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
        layers = []
        layers.append(block(self.planes, planes, stride, downsample))
        self.planes = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.planes, planes))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.layer2(self.layer1(self.conv1(x)))
        x = self.avgpool(x)
        x = x.view(x.size(0), -1)
        return self.fc(x)

def small(num_classes=7):
    return Net(Block, [2, 3], num_classes=num_classes)

model = small()
"""

FIRE = """
class Fire(nn.Module):
    def __init__(self, inside: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inside, squeeze, kernel_size=1)
        self.one = nn.Conv2d(squeeze, expand, kernel_size=1)
        self.three = nn.Conv2d(squeeze, expand, kernel_size=3, padding=1)

    def forward(self, x):
        x = self.squeeze(x).relu()
        return torch.cat([torch.relu(self.one(x)), F.relu(self.three(x))], 1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        width: int = 2**3
        self.features = nn.Sequential(nn.Conv2d(3, width, 3, stride=2), Fire(width, 4, 6))
        self.tail = nn.ModuleList([nn.Conv2d(12, 12, 1) for _ in range(3)])
        self.head = nn.Conv2d(12, int(21 / 2), 1)

    def forward(self, x):
        x = self.features(x)
        for conv in self.tail:
            x = conv(x) + x
        return self.head(F.max_pool2d(x, 2)).mean([2, 3])

model = Net()
"""

LIST = """
cfg = [8, "M", 16, 16, "M"]

def make(cfg, norm=False):
    layers, channels = [], 3
    for v in cfg:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            conv = nn.Conv2d(channels, v, kernel_size=3, padding=1)
            layers += [conv, nn.BatchNorm2d(v), nn.ReLU()] if norm else [conv, nn.ReLU()]
            channels = v
    return nn.Sequential(*layers)

class VGG(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features = features
        self.classifier = nn.Sequential(nn.Linear(16 * 8 * 8, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), start_dim=1))

model = VGG(make(cfg, norm=True))
"""


def made(source: str) -> nn.Module:
    """The module that torch makes of a text of these tests."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional}
    exec(source, names)
    model = names.get("model") or names["net"]
    assert isinstance(model, nn.Module)
    return model.eval()


@pytest.mark.parametrize("source", [TUTORIAL, RESIDUAL, FIRE, LIST])
def test_a_class_is_read_as_torch_makes_it(source: str) -> None:
    network, places = read(source, (3, 32, 32))
    model, answer = made(source), network_answer(network)
    assert answer["problem"] is None
    assert answer["output"] == tuple(model(torch.rand(2, 3, 32, 32)).shape[1:])
    assert answer["parameters"] == sum(p.numel() for p in model.parameters())
    weights = {f"{row['name']}.{word}": s for row in answer["rows"] for word, s in
               row["weights"].items()}  # fmt: skip
    assert weights == {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert set(places) == {node.name for node in network.layers}
    for name, (offset, length) in places.items():
        assert source[offset : offset + length], name


def test_a_pasted_block_shows_its_skip() -> None:
    network, _ = read(RESIDUAL, (3, 32, 32))
    add = next(node for node in network.layers if node.name == "layer2.0.add")
    assert add.inputs == ("layer2.0.conv2", "layer2.0.downsample.1")
    same = next(node for node in network.layers if node.name == "layer1.0.add")
    assert same.inputs == ("layer1.0.conv2", "conv1")


def test_a_class_alone_is_made_and_what_stands_around_it_is_listed() -> None:
    source = TUTORIAL.replace("net = Net()\n", "torch.manual_seed(0)\nopt = optim.SGD(lr=1)\n")
    found = reading(source, (3, 32, 32))
    assert found.network == read(TUTORIAL, (3, 32, 32))[0]
    assert [entry.text.split("(")[0] for entry in found.overlooked] == [
        "torch.manual_seed", "opt = optim.SGD", "criterion = nn.CrossEntropyLoss"
    ]  # fmt: skip
    assert all(source.split("\n")[entry.line - 1] == entry.text for entry in found.overlooked)


def test_a_layer_that_forward_does_not_use_is_named() -> None:
    source = TUTORIAL.replace(
        "        self.fc2", "        self.fc9 = nn.Linear(2, 3)\n        self.fc2"
    )
    found = reading(source, (3, 32, 32))
    assert any("`fc9` is made, and forward does not use it" in e.why for e in found.overlooked)


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("torch.flatten(x, 1)", "x.view(-1, 256)", "each picture has 400 numbers"),
        ("F.relu(self.fc1(x))", "torch.fft.fft(self.fc1(x))", "no layer that is known"),
        ("F.relu(self.fc1(x))", "self.fc1(x) / x", "only sums of two"),
        ("F.relu(self.fc1(x))", "self.forward(x)", "used twice"),
        ("F.relu(self.fc1(x))", "eval('x')", "`eval` is not read here; code is never"),
        ("nn.Conv2d(6, 16, 5)", "nn.Conv2D(6, 16, 5)", "did you mean `Conv2d`"),
        ("nn.Conv2d(6, 16, 5)", "nn.Conv2d(6, 10**10**10, 5)", "too large"),
        ("nn.Conv2d(6, 16, 5)", "[nn.ReLU() for i in range(10**9)]", "5,000 long"),
        ("nn.Conv2d(6, 16, 5)", "Net()", "too deeply"),
        ("class Net(nn.Module)", "class Net(nn.Module, metaclass=M)", "metaclass"),
        ("super().__init__()", "self.__init__()", "too deeply"),
        ("def __init__(self)", "def __init__(self, size)", "`Net` wants `size`"),
        ("return self.fc2(x)", "return 5", "returns nothing that a layer gave"),
        ("return self.fc2(x)", "while True: pass", "not read here"),
    ],
)
def test_what_a_class_holds_besides_is_named_at_its_place(changed: str, to: str, said: str) -> None:
    source = TUTORIAL.replace(changed, to)
    assert source != TUTORIAL
    with at_most(3_000_000), pytest.raises(Problem, match=said) as caught:
        read(source, (3, 32, 32))
    assert 0 <= caught.value.where["offset"] < len(source)


def test_mangled_classes_are_a_network_or_a_problem() -> None:
    rng = random.Random(0)
    for turn in range(600):
        whole = (TUTORIAL, RESIDUAL, FIRE, LIST)[turn % 4]
        lines = whole.split("\n")
        for _ in range(rng.randint(1, 3)):
            i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
            if rng.random() < 0.5:
                lines[i], lines[j] = lines[j], lines[i]
            else:
                words = lines[i].split(" ")
                words[rng.randrange(len(words))] = rng.choice(lines[j].split(" "))
                lines[i] = " ".join(words)
        with suppress(Problem):
            network_answer(read("\n".join(lines), (3, 32, 32))[0])


PARTS = """
self.features = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2))
self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(6 * 14 * 14, 10))
"""


def test_parts_of_a_class_are_joined_where_they_fit_and_refused_where_not() -> None:
    answer = network_answer(read(PARTS, (3, 32, 32))[0])
    assert (answer["parameters"], answer["problem"]) == (456 + 11_770, None)
    with pytest.raises(Problem, match="not how forward joins them"):
        read(PARTS.replace("nn.Flatten(), ", ""), (3, 32, 32))


def test_parts_without_a_class_are_joined_where_only_that_fits() -> None:
    found = reading(PARTS.replace("self.", ""), (3, 32, 32))
    answer = network_answer(found.network)
    assert (answer["parameters"], answer["problem"]) == (456 + 11_770, None)
    assert "one behind another" in found.notes[0].why
    assert not found.overlooked


def test_of_two_networks_one_is_read_and_the_other_named() -> None:
    found = reading("model = nn.Linear(3, 4)\nsoftmax = nn.Softmax(dim=1)", (3,))
    assert [node.layer.type for node in found.network.layers] == ["Linear"]
    assert [(entry.text, entry.line) for entry in found.overlooked] == [("softmax", 2)]
    assert "of 2 networks here `model` is read" in found.notes[0].why


def test_of_two_that_a_class_made_the_other_is_named() -> None:
    assert not reading(TUTORIAL + "\nnet = Net()\n", (3, 32, 32)).notes
    found = reading(TUTORIAL + "\nother = Net()\n", (3, 32, 32))
    assert [entry.text for entry in found.overlooked][:1] == ["net"]
    assert "`other` is read" in found.notes[0].why


GAN = """
G = nn.Sequential(nn.ConvTranspose2d(100, 64, 4), nn.ReLU(), nn.ConvTranspose2d(64, 1, 4, 2, 1))
D = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 4))
"""


@pytest.mark.parametrize(("input", "name"), [((100, 1, 1), "G"), ((3, 8, 8), "D")])
def test_of_two_networks_that_is_read_which_fits_what_comes_in(input: Any, name: str) -> None:
    found = reading(GAN, input)
    assert f"`{name}` is read" in found.notes[0].why
    assert network_answer(found.network)["problem"] is None


@pytest.mark.parametrize(
    "moved", ["Net().to(device)", "Net().cuda(gpu)", "Net().to(device=device, dtype=dtype).eval()"]
)
def test_where_a_network_is_moved_to_may_be_told_elsewhere(moved: str) -> None:
    network, _ = read(f"{TUTORIAL}\nmodel = {moved}\n", (3, 32, 32))
    assert network == read(TUTORIAL, (3, 32, 32))[0]


def test_a_method_of_the_text_is_none_of_torchs() -> None:
    own = "    def to(self, x):\n        return F.relu(x)\n"
    source = f"class Net(nn.Module):\n    def forward(self, x):\n        return self.to(x)\n{own}"
    assert [node.layer.type for node in reading(source, (4,)).network.layers] == ["ReLU"]
