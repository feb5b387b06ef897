"""One class, pasted in the ways in which people paste: it is read, or what is wrong is said."""

import pytest

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.torch_code import read, reading

WHOLE = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8*32*32, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = x.view(x.size(0), -1)
        return self.fc(x)
"""
BODY = WHOLE.split("\n", 1)[1]
PROMPTS = "".join(
    f"{'>>> ' if k == 0 else '... '}{line}\n" for k, line in enumerate(WHOLE.split("\n"))
)
CELL = "In [1]: " + WHOLE.replace("\n", "\n   ...: ") + "\nIn [2]: Net()\nOut[2]: Net(...)\n"

SAME = {
    "as it is": WHOLE,
    "a body without its head": BODY,
    "tabs": WHOLE.replace("    ", "\t"),
    "carriage returns": WHOLE.replace("\n", "\r\n"),
    "deeper": "".join(f"        {line}\n" for line in WHOLE.split("\n")),
    "numbered lines": "".join(f"{k} {line}\n" for k, line in enumerate(WHOLE.split("\n"), 1)),
    "prompts": PROMPTS,
    "a notebook's prompts": CELL,
    "a fence": f"I have this:\n\n```python\n{WHOLE}```\nWhat is wrong?",
    "hard spaces": WHOLE.replace("self.conv =", "self.conv\u00a0="),
    "long names": WHOLE.replace("nn.", "torch.nn.").replace("F.", "torch.nn.functional."),
    "other names": "import torch.nn as tnn\nimport torch.nn.functional as fun\n"
    + WHOLE.replace("nn.", "tnn.").replace("F.", "fun."),
    "a base that is not here": WHOLE.replace("nn.Module", "pl.LightningModule"),
    "typed": WHOLE.replace("(self, x)", "(self, x: torch.Tensor) -> torch.Tensor"),
    "a function that makes it": WHOLE + "\ndef make():\n    return Net()\n\nmodel = make()\n",
    "a main": WHOLE + "\nif __name__ == '__main__':\n    net = Net().cuda()\n    print(net)\n",
    "many cards": WHOLE + "\nnet = Net()\nif torch.cuda.device_count() > 1:\n"
    "    net = nn.DataParallel(net)\nnet.to(device)\n",
    "a print of old": WHOLE + "\nnet = Net()\nprint net\n",
    "with": WHOLE.replace(
        "        x = x.view(x.size(0), -1)\n",
        "        with torch.autocast('cuda'):\n            x = torch.flatten(x, 1)\n",
    ),
    "two outputs": WHOLE.replace("return self.fc(x)", "return self.fc(x), x"),
    "a dict": WHOLE.replace("return self.fc(x)", "return {'out': self.fc(x)}"),
    "a print in forward": WHOLE.replace(
        "        x = x.v", "        print(x.shape)\n        x = x.v"
    ),
    "features counted": WHOLE.replace("x.size(0), -1", "-1, self.many(x)")
    + "\n    def many(self, x):\n        n = 1\n        for s in x.size()[1:]:\n"
    "            n *= s\n        return n\n",
}


@pytest.mark.parametrize("way", SAME)
def test_a_class_is_read_however_it_is_pasted(way: str) -> None:
    source = SAME[way]
    found = reading(source, (3, 32, 32))
    answer = network_answer(found.network)
    assert (answer["output"], answer["parameters"], answer["macs"]) == ((10,), 82_154, 303_104)
    offset, length = found.places["fc"]
    assert source[offset : offset + length].endswith("Linear(8*32*32, 10)")


WRONG = {
    "a misspelt attribute": (
        ("self.fc(x)", "self.fcc(x)"),
        "`Net` has no `fcc`; did you mean `fc`",
    ),
    "a misspelt function": (("F.relu", "F.rellu"), "`rellu` of maps"),
    "a name of nothing": (("32*32, 10", "hidden, 10"), "`hidden` is not known"),
    "an argument without a value": (("(self):", "(self, n):"), "`Net` wants `n`"),
    "two inputs": (("(self, x):", "(self, x, mask):"), "forward takes `mask` too"),
    "a bracket": (("relu(self.conv(x))", "relu(self.conv(x)"), r"'\(' was never closed"),
    "a colon": (("(self, x):", "(self, x)"), "expected ':'"),
    "a loop on itself": (("F.relu(self.conv(x))", "self.forward(x)"), "used twice|too deeply"),
    "shared": (("return self.fc(x)", "return self.fc(x) + self.fc(x)"), "with the same weights"),
    "a difference": (("return self.fc(x)", "return self.fc(x) - x"), "sums of two and products"),
    "a size that differs": (("x.size(0), -1", "-1, 400"), "has 8,192 numbers here, not 400"),
    "a lost line": (("        self.fc = nn.Linear(8*32*32, 10)\n", ""), "`Net` has no `fc`"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_what_is_wrong_is_said(slip: str) -> None:
    (old, new), said = WRONG[slip]
    source = WHOLE.replace(old, new)
    assert source != WHOLE
    with pytest.raises(Problem, match=said) as caught:
        reading(source, (3, 32, 32))
    assert caught.value.where


HINTS = [
    ("nn.RReLU()", "`RReLU` of PyTorch is no layer that is known here", None),
    ("nn.Conv3d(3, 4, 3)", "`Conv3d` of PyTorch", None),
    ("nn.LSTM(3, 4)", "`LSTM` of PyTorch", None),
    ("nn.Conv2dd(3, 4, 3)", "did you mean `Conv2d`", "Conv2d"),
    ("nn.conv2d(3, 4, 3)", "did you mean `Conv2d`", "Conv2d"),
    ("nn.Dense(3)", "in PyTorch it is `Linear`", "Linear"),
    ("nn.Flat(3)", "no layer `Flat`", None),
    ("model = models.resnet50(pretrained=True)", "stands among the architectures", "resnet50"),
    ("model = Sequential()\nmodel.add(Dense(3))", "is Keras", None),
]


@pytest.mark.parametrize(("source", "said", "meant"), HINTS)
def test_a_hint_never_points_at_another_thing(source: str, said: str, meant: str | None) -> None:
    with pytest.raises(Problem, match=said) as caught:
        reading(source, (3, 8, 8))
    assert caught.value.suggestion == meant


PRINTED = """Net(
  (features): Sequential(
    (0): Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1), padding=same)
    (1): BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
    (2): ReLU(inplace=True)
    (3): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  )
  (avgpool): AdaptiveAvgPool2d(output_size=(1, 1))
  (flatten): Flatten(start_dim=1, end_dim=-1)
  (fc): Linear(in_features=6, out_features=10, bias=True)
)
"""


@pytest.mark.parametrize("before", ["", ">>> print(net)\n", "In [4]: net\nOut[4]:\n"])
def test_a_printed_model_is_read_and_what_it_does_not_say_is_said(before: str) -> None:
    found = reading(before + PRINTED, (3, 32, 32))
    answer = network_answer(found.network)
    assert (answer["output"], answer["parameters"]) == ((10,), 538)
    assert [row["name"] for row in answer["rows"]][3:5] == ["features.3", "avgpool"]
    assert "forward" in found.notes[0].why


def test_padding_by_a_function_is_a_layer_where_it_pads() -> None:
    padded = WHOLE.replace("self.conv(x))", "self.conv(F.pad(x, [0, 0, 0, 0])))")
    assert len(reading(padded, (3, 32, 32)).network.layers) == 4
    padded = WHOLE.replace("padding=1", "padding=0").replace(
        "conv(x)", "conv(F.pad(x, (1, 1, 1, 1)))"
    )
    answer = network_answer(reading(padded, (3, 32, 32)).network)
    assert (answer["rows"][0]["type"], answer["parameters"]) == ("ZeroPad2d", 82_154)


def test_what_is_decided_in_reading_is_said() -> None:
    training = WHOLE.replace("return", "x = F.dropout(x, training=self.training)\n        return")
    assert "taken as False" in reading(training, (3, 32, 32)).notes[0].why
    unused = WHOLE.replace("return", "y = F.relu(x)\n        return")
    assert "goes nowhere" in reading(unused, (3, 32, 32)).overlooked[0].why
    two = WHOLE.replace("return self.fc(x)", "return self.fc(x), x")
    assert "the first is the output" in reading(two, (3, 32, 32)).notes[0].why


REPEATED = """Net(
  (layers): Sequential(
    (0-2): 3 x Sequential(
      (0): Conv2d(3, 3, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
      (1-2): 2 x ReLU()
    )
    (3): Flatten(start_dim=1, end_dim=-1)
    (4): Linear(in_features=192, out_features=10, bias=True)
  )
)"""


def test_what_is_printed_once_for_several_layers_is_that_many() -> None:
    network, _ = read(REPEATED, (3, 8, 8))
    torchs = [f"layers.{i}.{j}" for i in range(3) for j in range(3)]
    assert [node.name for node in network.layers] == [*torchs, "layers.3", "layers.4"]
    assert network_answer(network)["parameters"] == 3 * 84 + 1930


def test_blocks_within_blocks_have_an_end() -> None:
    deep = "Net(\n" + "(0-9): 10 x Sequential(\n" * 60 + "(0): ReLU()\n" + ")\n" * 61
    with pytest.raises(Problem, match="too many layers to be read"):
        read(deep, (3, 8, 8))


@pytest.mark.parametrize(
    "library", ["timm.create_model('resnet18')", "torchvision.ops.x()", "Net()", "resnext50(3)"]
)
def test_a_model_of_a_library_is_no_layer_of_this_text(library: str) -> None:
    with pytest.raises(Problem, match="choose the network by its name, or paste its class"):
        read(f"model = {library}", (3, 8, 8))


@pytest.mark.parametrize(
    "text",
    ["m = resnet18()", "m = resnet18(10).eval()", "models.resnet18()", "resnet18(True).to(d)"],
)
def test_a_well_known_network_by_its_name_alone_is_pointed_at(text: str) -> None:
    with pytest.raises(Problem, match="stands among the architectures") as caught:
        read(text, (3, 224, 224))
    assert caught.value.suggestion == "resnet18"


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\nmodel = tf.keras.Sequential([\n  tf.keras.layers.Dense(10)])",
        "model = torch.hub.load('pytorch/vision', 'resnet18')",
    ],
)
def test_what_makes_no_layer_is_named_with_what_would(text: str) -> None:
    with pytest.raises(Problem) as caught:
        read(text, (3, 8, 8))
    assert "paste layers or a class of PyTorch" in caught.value.message
    assert caught.value.where["length"]
