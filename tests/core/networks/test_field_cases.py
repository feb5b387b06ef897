"""What people really paste: each text with its right value, or the words in which it is refused."""

from typing import Any, NamedTuple

import pytest

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.torch_code import reading

CIFAR = """
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
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1) # flatten all dimensions except batch
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x


net = Net()
"""
CIFAR_LINES = "\n".join(line.strip() for line in CIFAR.split("\n") if "self." in line)[:-1]
CIFAR_LINES = CIFAR_LINES[: CIFAR_LINES.index("x = self.pool")]

TINY_VGG = """
        self.conv_block_1 = nn.Sequential(
            nn.Conv2d(3, 10, 3, 1, 0), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.conv_block_2 = nn.Sequential(
            nn.Conv2d(10, 10, 3, 1, 0), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(in_features=10*13*13,
                                                                  out_features=3))
"""

MNIST = """
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)
"""

MNIST_CLASS = f"""
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
{MNIST}
    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout2(x)
        x = self.fc2(x)
        output = F.log_softmax(x, dim=1)
        return output
"""

QUICKSTART = """
device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
print(f"Using {device} device")

# Define model
class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28*28, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, 10)
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits

model = NeuralNetwork().to(device)
print(model)
"""

DISCRIMINATOR = """
nc = 3
ndf = 64
main = nn.Sequential(
    # input is (nc) x 64 x 64
    nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
    nn.LeakyReLU(0.2, inplace=True),
    # state size. (ndf) x 32 x 32
    nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
    nn.BatchNorm2d(ndf * 2),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False),
    nn.BatchNorm2d(ndf * 4),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False),
    nn.BatchNorm2d(ndf * 8),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False),
    nn.Sigmoid()
)
"""

ALEXNET = """
net = nn.Sequential(
    nn.Conv2d(1, 96, kernel_size=11, stride=4, padding=1), nn.ReLU(),
    nn.MaxPool2d(kernel_size=3, stride=2),
    nn.Conv2d(96, 256, kernel_size=5, padding=2), nn.ReLU(),
    nn.MaxPool2d(kernel_size=3, stride=2),
    nn.Conv2d(256, 384, kernel_size=3, padding=1), nn.ReLU(),
    nn.Conv2d(384, 384, kernel_size=3, padding=1), nn.ReLU(),
    nn.Conv2d(384, 256, kernel_size=3, padding=1), nn.ReLU(),
    nn.MaxPool2d(kernel_size=3, stride=2), nn.Flatten(),
    nn.Linear(6400, 4096), nn.ReLU(), nn.Dropout(p=0.5),
    nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(p=0.5),
    nn.Linear(4096, 10))
X = torch.randn(1, 1, 224, 224)
for layer in net:
    X = layer(X)
    print(layer.__class__.__name__, 'output shape:\\t', X.shape)
"""

NIN = """
def nin_block(in_channels, out_channels, kernel_size, strides, padding):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, strides, padding), nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, kernel_size=1), nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, kernel_size=1), nn.ReLU())

net = nn.Sequential(
    nin_block(1, 96, kernel_size=11, strides=4, padding=0),
    nn.MaxPool2d(3, stride=2),
    nin_block(96, 256, kernel_size=5, strides=1, padding=2),
    nn.MaxPool2d(3, stride=2),
    nin_block(256, 384, kernel_size=3, strides=1, padding=1),
    nn.MaxPool2d(3, stride=2), nn.Dropout(0.5),
    nin_block(384, 10, kernel_size=3, strides=1, padding=1),
    nn.AdaptiveAvgPool2d((1, 1)),
    nn.Flatten())
"""

LENET = """
net = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(),
    nn.AvgPool2d(kernel_size=2, stride=2),
    nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(),
    nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
    nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))
"""
LAZY_LENET = """
class LeNet(d2l.Classifier):
    def __init__(self, lr=0.1, num_classes=10):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.LazyConv2d(6, kernel_size=5, padding=2), nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.LazyConv2d(16, kernel_size=5), nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(),
            nn.LazyLinear(120), nn.Sigmoid(),
            nn.LazyLinear(84), nn.Sigmoid(),
            nn.LazyLinear(num_classes))
"""
LAZY = LAZY_LENET[LAZY_LENET.index("nn.Sequential") :].replace("num_classes", "10")

DEPTHWISE = """
nn.Sequential(
    nn.Conv2d(32, 32, 3, 1, 1, groups=32, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU6(inplace=True),
    nn.Conv2d(32, 64, 1, 1, 0, bias=False),
    nn.BatchNorm2d(64),
    nn.ReLU6(inplace=True),
)
"""
PRINTED = """
Sequential(
  (0): Conv2d(1, 20, kernel_size=(5, 5), stride=(1, 1))
  (1): ReLU()
  (2): Conv2d(20, 64, kernel_size=(5, 5), stride=(1, 1))
)
"""
PROMPTS = """
>>> m = nn.Sequential(
...     nn.Conv2d(1,20,5),
...     nn.ReLU(),
...     nn.Conv2d(20,64,5))
>>> m(torch.randn(1, 1, 28, 28)).shape
torch.Size([1, 64, 20, 20])
"""
ORDERED = """
nn.Sequential(OrderedDict([
    ("conv1", nn.Conv2d(1,20,5)), ("relu1", nn.ReLU()), ("conv2", nn.Conv2d(20,64,5))]))
"""
SOUNDS = """
class M5(nn.Module):
    def __init__(self, n_input=1, n_output=35, stride=16, n_channel=32):
        super().__init__()
        self.conv1 = nn.Conv1d(n_input, n_channel, kernel_size=80, stride=stride)
        self.bn1 = nn.BatchNorm1d(n_channel)
        self.pool1 = nn.MaxPool1d(4)
        self.conv2 = nn.Conv1d(n_channel, n_channel, kernel_size=3)
        self.bn2 = nn.BatchNorm1d(n_channel)
        self.pool2 = nn.MaxPool1d(4)
        self.fc1 = nn.Linear(n_channel, n_output)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.pool1(x)
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.pool2(x)
        x = F.avg_pool1d(x, x.shape[-1])
        x = x.squeeze(-1)
        return F.log_softmax(self.fc1(x), dim=1)
"""
SMALL = "nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 900, 10)"
MODEL = f"model = nn.Sequential({SMALL})\n"
OF_SMALL = ((10,), 224 + 72_010, 3 * 8 * 9 * 900 + 72_000)


class Case(NamedTuple):
    """A paste: what comes in, what comes out, parameters, MACs; None where the row says nothing."""

    source: str
    input: Any
    output: Any
    parameters: int | None = None
    macs: int | None = None
    overlooked: int | None = None


RIGHT: dict[str, Case] = {
    "A1": Case(CIFAR, (3, 32, 32), (10,), 62_006, 651_720),
    "A3": Case(TINY_VGG, (3, 64, 64), (3,), 8_083, 5_596_950),
    "A4 whole": Case(MNIST_CLASS, (1, 28, 28), (10,), 1_199_882, 11_992_448),
    "A6": Case("model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\nsoftmax = "
               "nn.Softmax(dim=1)", (1, 28, 28), (10,), 7_850, 7_840, 1),
    "A7": Case(QUICKSTART, (1, 28, 28), (10,), 669_706, 668_672),
    "A8": Case(DISCRIMINATOR, (3, 64, 64), (1, 1, 1), 2_765_568, 103_817_216),
    "A9": Case("nn.Sequential(nn.ConvTranspose2d(128, 512, 4, 1, 0, bias=False), "
               "nn.ConvTranspose2d(512, 256, 4, 2, 1), nn.ConvTranspose2d(256, 3, 4, 2, 1))",
               (128, 1, 1), (3, 16, 16)),
    "A12": Case('model = nn.Sequential()\nmodel.add_module("conv1", nn.Conv2d(1, 20, 5))',
                (1, 28, 28), (20, 24, 24), 520),
    "A13": Case("layers = []\nlayers.append(nn.Conv2d(3, 64, 3, padding=1))\n"
                "layers += [nn.MaxPool2d(2, 2)]\nnn.Sequential(*layers)", (3, 32, 32),
                (64, 16, 16)),
    "A14": Case(LENET, (1, 28, 28), (10,), 61_706, 416_520),
    "A15": Case(LAZY, (1, 28, 28), (10,), 61_706, 416_520),
    "A16": Case(ALEXNET, (1, 224, 224), (10,), 46_764_746, 938_146_176, 2),
    "A17": Case(NIN, (1, 224, 224), (10,), 1_992_166),
    "A18": Case(ORDERED, (1, 28, 28), (64, 20, 20), 32_584, 13_088_000),
    "A20": Case("featmap_dim = 512\nnn.Conv2d(3, int(featmap_dim / 4), 3)", (3, 8, 8),
                (128, 6, 6)),
    "A21": Case("nn.Conv2d(3, 2**5, 3)", (3, 8, 8), (32, 6, 6)),
    "A22": Case("in_c, out_c = 3, 16\nhidden: int = 16\nnn.Sequential(nn.Conv2d(in_c, out_c, 3), "
                "nn.Conv2d(hidden, 4, 1))", (3, 8, 8), (4, 6, 6)),
    "A23": Case("configs = [3, 96, 256]\nnn.Conv2d(configs[0], configs[1], 11, 2)", (3, 31, 31),
                (96, 11, 11)),
    "A24": Case("act = nn.LeakyReLU(inplace=True)\nnn.Sequential(act, nn.Conv2d(1, 1, 3), act, "
                "nn.Conv2d(1, 1, 3, 1), act)", (1, 9, 9), (1, 5, 5), 20),
    "A25": Case("self.conv1 = nn.Conv2d(1, 32, 3)\nself.relu = nn.ReLU()\nself.sequential = "
                "nn.Sequential(self.conv1, nn.ReLU(), nn.Flatten())\n", (1, 28, 28), None, 320),
    "A26": Case(MODEL + "summary(model, (3, 32, 32))", (3, 32, 32), *OF_SMALL, 1),
    "A27": Case(MODEL + "criterion = nn.CrossEntropyLoss()\noptimizer = optim.Adam("
                "model.parameters(), lr=0.001)", (3, 32, 32), *OF_SMALL, 2),
    "A28": Case("torch.manual_seed(0)\n" + MODEL, (3, 32, 32), *OF_SMALL, 1),
    "A29": Case('device = torch.device("cuda" if torch.cuda.is_available() else "cpu")\n'
                f"model = nn.Sequential({SMALL}).to(device)\nprint(model)", (3, 32, 32), *OF_SMALL),
    "A30": Case(PRINTED, (1, 28, 28), (64, 20, 20), 32_584, 13_088_000),
    "A31": Case(PROMPTS, (1, 28, 28), (64, 20, 20), 32_584, 13_088_000),
    "A32": Case(DEPTHWISE, (32, 112, 112), (64, 112, 112), 2_528),
    "A33 lines": Case("nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), "
                      "nn.MaxPool1d(2), nn.Flatten(), nn.Linear(196, 2))", (1, 1, 100), (2,),
                      418, 1_568),
    "A33 a class of lines": Case(SOUNDS, (1, 1, 4000), (35,), 6_979),
    "Linear on maps": Case("nn.Sequential(nn.Linear(32, 5))", (3, 32, 32), (3, 32, 5), 165,
                           15_360),
    "Flatten(1, 3)": Case("nn.Sequential(nn.Conv2d(3,4,3), nn.Flatten(1,3), nn.Linear(3600,2))",
                          (3, 32, 32), (2,)),
    "A37": Case("nn.Sequential(nn.Conv2d(32,64,3), nn.Conv2d(64,128,3), nn.MaxPool2d(2), "
                "nn.Flatten())", (32, 200, 150), (915_712,)),
    "A40": Case("nn.MaxPool2d(1, stride=(2,2), ceil_mode=True)", (1, 6, 7), (1, 3, 4)),
    "A41": Case("nn.MaxPool2d([1,1], [2,2], ceil_mode=True)", (1, 32, 32), (1, 16, 16)),
    "A42": Case("nn.MaxPool2d(3, 4, ceil_mode=True)", (1, 8, 10), (1, 2, 3)),
    "A43": Case("nn.MaxPool2d(2, 2, 1, ceil_mode=True)", (1, 5, 5), (1, 3, 3)),
    "A44": Case("nn.MaxPool2d(2)", (1, 25, 25), (1, 12, 12)),
    "A52": Case("nn.Conv2d(32,32,(1,3),padding=(0,4),stride=(1,2), bias=False)", (32, 1, 128),
                None, 3_072, 205_824),
}  # fmt: skip
ALL = {"A33": [
    ("Identity()", (4, 6, 6)), ("SiLU()", (4, 6, 6)), ("Hardswish()", (4, 6, 6)),
    ("ELU()", (4, 6, 6)), ("LayerNorm([4, 6, 6])", (4, 6, 6)), ("GroupNorm(2, 4)", (4, 6, 6)),
    ("Dropout2d()", (4, 6, 6)), ("AdaptiveMaxPool2d(2)", (4, 2, 2)),
    ("Upsample(scale_factor=2)", (4, 12, 12)), ("ZeroPad2d(1)", (4, 8, 8)),
    ("PixelShuffle(2)", (1, 12, 12)), ("LogSoftmax(dim=1)", (4, 6, 6)),
    ("Hardsigmoid()", (4, 6, 6)), ("LazyConv2d(3, 3)", (3, 4, 4)),
]}  # fmt: skip

REFUSED = {
    "A2": (CIFAR_LINES, (3, 32, 32), "one behind another they do not fit"),
    "A4": (MNIST, (1, 28, 28), "paste the class with its forward"),
    "A10": ("ndf = int(opt.ndf)\nnn.Conv2d(3, ndf, 4)", (3, 9, 9), "`opt` is not known"),
    "A34": ("nn.Softmax(dim=0)", (10,), "`dim` of Softmax is 1 or -1 or None"),
    "A35": ('nn.Conv2d(3, 8, 3, activation="relu")', (3, 9, 9), "put nn.ReLU\\(\\) after it"),
    "A36": ("nn.Conv2d(3, 8, kernel=3)", (3, 9, 9), "no argument `kernel`; did you mean `kernel_"),
    "A50": ('nn.Conv2d(1,2,3,stride=2,padding="same")', (1, 9, 9), "goes with stride 1 only"),
}


@pytest.mark.parametrize("row", RIGHT)
def test_what_people_paste_is_read_as_torch_reads_it(row: str) -> None:
    case = RIGHT[row]
    found = reading(case.source, case.input)
    answer = network_answer(found.network)
    assert answer["problem"] is None
    assert answer["output"] == (case.output or answer["output"])
    if case.parameters is not None:
        assert answer["parameters"] == case.parameters
    if case.macs is not None:
        assert answer["macs"] == case.macs
    if case.overlooked is not None:
        assert len(found.overlooked) == case.overlooked


@pytest.mark.parametrize(("layer", "output"), ALL["A33"])
def test_common_layers_are_there(layer: str, output: Any) -> None:
    answer = network_answer(reading(f"nn.{layer}", (4, 6, 6)).network)
    assert answer["problem"] is None
    assert answer["output"] == output


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_wrong_is_refused_in_words_that_help(row: str) -> None:
    source, input, said = REFUSED[row]
    with pytest.raises(Problem, match=said):
        network_answer_checked(source, input)


def network_answer_checked(source: str, input: Any) -> None:
    """Raise what does not fit, too."""
    answer = network_answer(reading(source, input).network)
    if answer["problem"]:
        raise Problem(answer["problem"]["message"])
