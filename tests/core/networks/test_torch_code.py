"""PyTorch code read and written: as people write it, there and back, and as nobody should."""

import inspect
import itertools
import random
import re
from typing import Any

import pytest
import torch
from torch import nn

from app.core.errors import Problem
from app.core.layers.table import LAYERS
from app.core.networks.answers import network_answer
from app.core.networks.architectures import architecture
from app.core.networks.exports import TAKEN, code, pytorch
from app.core.networks.network import Network, sequential
from app.core.networks.torch_code import ELSEWHERE, read, readable
from tests.core.networks.test_networks import conv
from tests.core.random_networks import random_network
from tests.work import at_most

IMAGE = (3, 32, 32)
LINES = 3_000_000  # of Python, for the 64 KB that a source may have


def test_a_print_below_a_model_makes_no_layer() -> None:
    answer = network_answer(read("model = nn.Conv2d(3, 6, 5)\nprint(model)", IMAGE)[0])
    assert answer["parameters"] == 456
    with pytest.raises(Problem, match="no layer here yet"):
        read("print(nn.ReLU())", IMAGE)


def test_the_code_of_a_stack_is_told_even_where_a_layer_does_not_fit() -> None:
    network = sequential([conv(3, 6), conv(5, 6)], IMAGE)
    assert network_answer(network)["problem"]
    told = code(network)
    assert told
    assert read(told, IMAGE)[0] == network
    with pytest.raises(Problem, match="channels"):
        pytorch(network)


def test_the_code_of_branches_is_told_even_where_a_layer_does_not_fit() -> None:
    nodes: list[dict[str, Any]] = [
        {"name": "wide", "layer": conv(3, 5, padding=1)},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": ["wide", "input"]},
    ]
    told = code(Network.model_validate({"input": IMAGE, "layers": nodes}))
    assert told
    first, rest = told.split("\n", 1)
    assert first == "# does not fit yet: sum"
    assert "self.wide = nn.Conv2d(3, 5, 3, padding=1)" in rest
    model = run(told)
    assert count(model) == 3 * 5 * 9 + 5
    with pytest.raises(RuntimeError, match="size of tensor"):
        model(torch.rand(2, *IMAGE))
    fitting = [{**nodes[0], "layer": conv(3, 3, padding=1)}, nodes[1]]
    network = Network.model_validate({"input": IMAGE, "layers": fitting})
    assert code(network) == pytorch(network)
    nowhere = [nodes[0], {**nodes[1], "inputs": ["wide", "nothing"]}]
    assert code(Network.model_validate({"input": IMAGE, "layers": nowhere})) is None


LENET = """
import torch
import torch.nn as nn
from collections import OrderedDict

width = 6  # of the first layer
model = nn.Sequential(
    nn.Conv2d(3, width, 5),
    torch.nn.ReLU(inplace=True),
    nn.MaxPool2d(2, stride=2),
    nn.Sequential(OrderedDict([
        ("conv", nn.Conv2d(in_channels=width, out_channels=16, kernel_size=(5, 5))),
        ("act", Tanh()),
    ])),
    nn.AvgPool2d(kernel_size=2),
    nn.Flatten(),
    nn.Linear(16 * 5 * 5, 120),
)
"""


def run(code: str) -> nn.Module:
    """What our own export makes; nothing a visitor wrote."""
    names: dict[str, Any] = {}
    exec(code, names)
    model = names["model"]
    assert isinstance(model, nn.Module)
    return model


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_code_as_people_write_it() -> None:
    network, places = read(LENET, IMAGE)
    names = ["0", "1", "2", "3.conv", "3.act", "4", "5", "6"]
    assert [node.name for node in network.layers] == names
    model = run(LENET.replace(" Tanh", " nn.Tanh"))
    assert set(names) < {name for name, _ in model.named_modules()}
    answer = network_answer(network)
    assert answer["problem"] is None
    assert answer["output"] == (120,)
    assert answer["parameters"] == count(model)
    offset, length = places["2"]
    assert LENET[offset : offset + length] == "nn.MaxPool2d(2, stride=2)"


@pytest.mark.parametrize(
    ("source", "types"),
    [
        ("nn.Conv2d(3, 6, 5)", ["Conv2d"]),
        ("  nn.Conv2d(3, 6, 5),\n  nn.ReLU(),\n", ["Conv2d", "ReLU"]),
        ("self.features = Sequential(*[nn.ReLU(), nn.Tanh()])", ["ReLU", "Tanh"]),
        ("(nn.ReLU(), nn.Tanh())", ["ReLU", "Tanh"]),
        ("nn.Sequential(OrderedDict({'a': nn.ReLU()}))", ["ReLU"]),
        ("a = nn.ReLU()\nn = 3\nnn.Sequential(a, nn.Tanh(), a)", ["ReLU", "Tanh", "ReLU"]),
        ("'''Ünïcode'''; nn.GELU('tanh')", ["GELU"]),
        ("m = nn.Sequential(nn.Flatten())\nm", ["Flatten"]),
        ("    a = nn.Flatten()\nnn.Sequential(a)", ["Flatten"]),
    ],
)
def test_other_ways_to_write_it(source: str, types: list[str]) -> None:
    network, _ = read(source, IMAGE)
    assert [node.layer.type for node in network.layers] == types


PLACED = """
device = "cuda" if torch.cuda.is_available() else "cpu"
model = nn.Sequential(
    nn.Conv2d(3, 6, 5, device="meta", dtype=torch.float32),
    nn.BatchNorm2d(6, 1e-5, 0.1, True, True, torch.device("meta"), None),
    nn.Flatten(),
    nn.Linear(6 * 28 * 28, 10, False, device, dtype=dtype),
).to(device).eval()
"""


def test_where_weights_are_and_as_what_changes_no_size() -> None:
    network, places = read(PLACED, IMAGE)
    plain = read(re.sub(r", (torch.device|device|dtype).*\),", "),", PLACED), IMAGE)[0]
    assert network == plain
    names = {"torch": torch, "nn": nn, "dtype": torch.float64}
    exec(PLACED.replace("device = ", "device = 'meta' and ").replace(".to(device)", ""), names)
    model = names["model"]
    assert isinstance(model, nn.Module)
    assert network_answer(network)["parameters"] == count(model)
    offset, length = places["0"]
    assert PLACED[offset : offset + length].endswith("dtype=torch.float32)")


@pytest.mark.parametrize("type", readable())
def test_a_layer_takes_device_and_dtype_where_torch_does(type: str) -> None:
    asked = [name for name in inspect.signature(getattr(nn, type)).parameters if name in ELSEWHERE]
    needed = ", ".join(
        f"{name}=1" for name, field in LAYERS[type].model_fields.items() if field.is_required()
    )
    for name in ELSEWHERE:
        source = f"nn.{type}({needed}{', ' if needed else ''}{name}=None)"
        if name in asked:
            assert read(source, IMAGE)[0] == read(source.replace(f"{name}=None", ""), IMAGE)[0]
        else:
            with pytest.raises(Problem, match=f"{type} has no argument `{name}`"):
                read(source, IMAGE)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_there_and_back(seed: int) -> None:
    network = random_network(seed)
    code = pytorch(network)
    model = run(code).eval()
    answer = network_answer(network)
    assert count(model) == answer["parameters"]
    assert model(torch.rand(2, *network.input)).shape[1:] == answer["output"]
    if "class" not in code:
        assert [node.layer for node in read(code, network.input)[0].layers] == [
            node.layer for node in network.layers
        ]


def test_a_stack_comes_back_as_it_was() -> None:
    network, _ = read(LENET, IMAGE)
    code = pytorch(network)
    assert 'OrderedDict([\n        ("conv", nn.Conv2d(6, 16, (5, 5))),' in code
    assert read(code, IMAGE)[0] == network
    assert read(pytorch(sequential([conv(3, 6)], IMAGE)), IMAGE)[0].layers[0].layer == conv(3, 6)


def test_branches_become_a_module() -> None:
    nodes = [
        {"name": "train", "layer": conv(3, 3, padding=1)},
        {"name": "0.class", "layer": conv(3, 3, 1), "inputs": ["input"]},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": ["train", "0.class"]},
        {"name": "_wide", "layer": {"type": "Concat"}, "inputs": ["input", "sum", "sum"]},
    ]
    network = Network.model_validate({"input": IMAGE, "layers": nodes})
    model = run(pytorch(network))
    assert model(torch.rand(2, *IMAGE)).shape == (2, 9, 32, 32)
    assert count(model) == network_answer(network)["parameters"]


@pytest.mark.parametrize(
    "name", ["resnet18", "googlenet", "convnext_tiny", "unet", "squeezenet1_1"]
)
def test_exported_branches_are_read_again(name: str) -> None:
    network = architecture(name)
    back, _ = read(pytorch(network), network.input)
    ours, theirs = network_answer(back), network_answer(network)
    for word in ("output", "parameters", "macs", "depth"):
        assert ours[word] == theirs[word]  # type: ignore[literal-required]


def test_torchs_own_names_are_kept_free() -> None:
    assert {name for name in dir(nn.Sequential()) if not name.startswith("_")} <= TAKEN


@pytest.mark.parametrize("branch", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ["forward", "forward_"], ["train", "pop"], ["append", "extend"], ["insert", "_modules"],
        ["a.forward", "a.b"], ["forward.a", "forward.b"], ["x", "self"], ["nn", "torch"],
        ["ⓐ", "a"], ["ﬁ", "fi"], ["𝐢𝐟", "if"], ["1a", "٣"], ["名", "__class__"], ["a_", "0.a"],
    ],
)  # fmt: skip
def test_whatever_layers_are_called_the_code_runs(names: list[str], branch: bool) -> None:
    nodes: list[dict[str, Any]] = [{"name": name, "layer": conv(3, 3, 1)} for name in names]
    if branch:
        nodes.append({"layer": {"type": "Add"}, "inputs": names})
    network = Network.model_validate({"input": IMAGE, "layers": nodes})
    model = run(pytorch(network))
    assert count(model) == network_answer(network)["parameters"]
    assert model(torch.rand(2, *IMAGE)).shape == (2, *IMAGE)


@pytest.mark.parametrize(
    ("source", "said", "at"),
    [
        ("nn.Sequential(nn.Conv2D(3, 6, 5))", "did you mean `Conv2d`", "nn.Conv2D"),
        ("nn.Conv2d(3, 6, 5, paddin=3)", "did you mean `padding`", "paddin=3"),
        ("nn.Conv2d(3, 6, 5, 0)", "`stride` of Conv2d is a whole number from 1", "0)"),
        ("nn.Conv2d(3, 6)", "`kernel_size` of Conv2d is missing", "nn.Conv2d(3, 6)"),
        ("'é', nn.Conv2d(3, 6, 5, stride=0)", "whole number from 1", "stride=0"),
        ("nn.Linear(3, 4, True, 5, 6, 7)", "takes 5 arguments and is given 6", "nn.Linear"),
        ("nn.Linear(3, 4, device=[1])", "changes no size: it is left unread, if", "device=[1]"),
        ("nn.Linear(3, f())", "no layer `f`", "f()"),
        ("nn.Linear(3, torch.float32)", "`out_features` of Linear is a whole", "torch.float32"),
        ("nn.Linear(3, 4, True, 0, device=0)", "`device` of Linear is given twice", "device=0)"),
        ("nn.ReLU()" + ".eval()" * 60, "nested 50 deep", None),
        ("nn.ReLU()" + ".eval()" * 9_000, "nested", None),
        ("nn.Linear(3, 4, in_features=3)", "`in_features` of Linear is given twice", "in_features"),
        ("nn.Sequential([nn.ReLU()])", "wants a star", "[nn.ReLU()]"),
        ("nn.Sequential(nn.ReLU(), 5)", "layers only", "5)"),
        ("nn.ReLU()\n0", "layers only", "0"),
        ("nn.Conv2d(*[3, 6], 5, 0)", "`stride` of Conv2d is a whole", "0)"),
        ("nn.Conv2d(*[3, (0, 6)[0]], 5)", "`out_channels` of Conv2d is", "(0, 6)"),
        ("nn.Conv2d(*(3, *[6, 0]))", "`kernel_size` of Conv2d is a whole", "0]"),
        ("k = [3, 6, 5, 0]\nnn.Conv2d(*k)", "`stride` of Conv2d is a whole", "*k"),
        ("nn.Linear(*[3, 4, True, [1]])", "changes no size: it is left unread, if", "[1]"),
        ("[nn.ReLU() for i in range(10**9)]", "5,000 long", "range"),
        ("__import__('os').system('x')", "never executed", "__import__"),
        ("nn.ReLU()(x)", "`x` is not known here", "x"),
        ("open('/etc/passwd')", "`open` is not read here; code is never", "open"),
        ("class Net(nn.Module): pass", "`Net` has no forward", "class"),
        ("nn.Linear(9**9**9**9, 1)", "too large", "9**9"),
        ("nn.Linear(0x" + "f" * 60_000 + ", 1)", "too large", "0xf"),
        ("nn.Linear(1" + "0" * 5_000 + ", 1)", "too large", None),
        ("nn.Linear(2**31, 1)", "`in_features` of Linear is a whole", "2**31"),
        ("nn.Linear(1 // 0, 1)", "divides by 0", "1 // 0"),
        ("nn.Linear(1e999, 1)", "too large", "1e999"),
        ("nn.Add()", "no layer `Add`", "nn.Add"),
        ("conv", "`conv` is not known", "conv"),
        ("c = nn.Conv2d(3, 3, 1)\nnn.Sequential(c, c)", "with the same weights", "nn.Conv2d"),
        ("Sequential(\n  (0): Conv2d(3, 6)\n)", "`kernel_size` of Conv2d is missing", "Conv2d(3"),
        ("Sequential(\n  (0): Conv2d(3, 6\n)", "this is no layer as it is printed", "  (0)"),
        ("nn.Sequential(\n    nn.ReLU()\n    nn.ReLU()\n)", "not Python", "nn.ReLU()\n    nn"),
        ("", "there is no layer here yet", ""),
        ("nn.Sequential()", "there is no layer here yet", None),
        ("nn.Sequential(nn.Sequential())", "there is no layer here yet", ""),
        ("(" * 60_000, "nested too deeply", None),
        ("-" * 60_000 + "1", "nested too deeply", None),
        ("1+" * 30_000 + "1", "nested too deeply", None),
        ("a." * 30_000 + "a", "nested too deeply", None),
        ("nn.Sequential(" * 90 + ")" * 90, "nested 50 deep", None),
        ("nn.Sequential(*[nn.ReLU()] * 10**9)", "5,000 long", "[nn"),
        ("nn.Conv2d(3, 10**10**10, 3)", "too large", "10**10"),
        ("[" * 90 + "]" * 90, "nested 50 deep", None),
        ("nn.Sequential(" + "nn.ReLU()," * 5_000 + ")", "2,000 layers", None),
        ("x" * 70_000, "64 KB", None),
        ("\0", "not Python", None),
        ("\ud800", "not Python", None),
        ("y" * 60_000 + "()", "no layer `yyy", "yyy"),
        ("y" * 60_000, "is not known here", "yyy"),
        ("nn.ReLU(" + "y" * 60_000 + "=1)", "no argument `yyy", "yyy"),
    ],
    ids=itertools.count(),
)
def test_what_cannot_be_read_is_said_at_its_place(source: str, said: str, at: str | None) -> None:
    with at_most(LINES), pytest.raises(Problem) as caught:
        read(source, IMAGE)
    assert said in caught.value.message
    assert len(caught.value.message) < 300
    if at is not None:
        assert source[caught.value.where["offset"] :].startswith(at)


@pytest.mark.parametrize("first", ["nn.Sequential()", "nn.Sequential(nn.ReLU())", "[nn.ReLU()]"])
@pytest.mark.parametrize("twice", ["nn.Sequential(a, a)", "[*a, *a]", "nn.Sequential(a)", "[a, a]"])
def test_doubling_does_not_explode(first: str, twice: str) -> None:
    source = f"a = {first}\n" + f"a = {twice}\n" * 2_000 + "nn.Sequential(a)"
    with at_most(LINES), pytest.raises(Problem):
        read(source, IMAGE)


@pytest.mark.parametrize(
    "repeated", ["a", "[*a]", "nn.Sequential(*a)", "OrderedDict(d)", "b = [*a]", "nn.Sequential(d)"]
)
def test_few_words_do_not_make_many_values(repeated: str) -> None:
    held = ", ".join(f"'{i}': nn.ReLU()" for i in range(1_000))
    source = f"a = [{'nn.ReLU(), ' * 1_000}]\nd = {{{held}}}\n"
    source += f"{repeated}\n" * ((65_000 - len(source)) // (len(repeated) + 1))
    with at_most(LINES), pytest.raises(Problem) as caught:
        read(source, IMAGE)
    assert caught.value.where


def test_mangled_code_is_a_network_or_a_problem() -> None:
    rng = random.Random(0)
    for _ in range(1_500):
        text = list(LENET)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(text))
            piece = LENET[(start := rng.randrange(len(LENET))) : start + rng.randint(0, 12)]
            text[at : at + rng.randint(0, 12)] = rng.choice([piece, rng.choice("()[]{}*'\\\n :=é")])
        source = "".join(text)
        where: dict[str, Any] = {}
        try:
            network, places = read(source, IMAGE)
            assert len(places) == len(network.layers)
            network_answer(network)
        except Problem as problem:
            where = problem.where
        offset, length = where.get("offset", 0), where.get("length", 0)
        assert 0 <= offset <= offset + length <= len(source)
