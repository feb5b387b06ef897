"""The well-known networks against the published figures, and against torch."""

from math import prod
from typing import Any

import pytest
import torch
from torch import nn

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.architectures import ARCHITECTURES, architecture, architecture_answer
from app.core.networks.exports import pytorch
from app.core.networks.network import Network
from app.core.networks.torch_code import read
from app.core.networks.torch_network import TorchNetwork, seeded
from tests.work import at_most

# name: parameters (torchvision's), GMACs (its table's), layers, receptive field at the last maps
PUBLISHED: dict[str, tuple[int, float | None, int, int | None]] = {
    "alexnet": (61_100_840, 0.71, 8, 195),
    "vgg11": (132_863_336, 7.61, 11, 150),
    "vgg11_bn": (132_868_840, 7.61, 11, 150),
    "vgg13": (133_047_848, 11.31, 13, 156),
    "vgg13_bn": (133_053_736, 11.31, 13, 156),
    "vgg16": (138_357_544, 15.47, 16, 212),
    "vgg16_bn": (138_365_992, 15.47, 16, 212),
    "vgg19": (143_667_240, 19.63, 19, 268),
    "vgg19_bn": (143_678_248, 19.63, 19, 268),
    "resnet18": (11_689_512, 1.81, 18, 435),
    "resnet34": (21_797_672, 3.66, 34, 899),
    "resnet50": (25_557_032, 4.09, 50, 427),
    "resnet101": (44_549_160, 7.80, 101, 971),
    "resnet152": (60_192_808, 11.51, 152, 1451),
    "squeezenet1_1": (1_235_496, 0.35, 18, None),
    "googlenet": (6_624_904, 1.50, 22, None),
    "densenet121": (7_978_856, 2.83, 121, None),
    "mobilenet_v2": (3_504_872, 0.30, 53, 491),
    "efficientnet_b0": (5_288_548, 0.39, 82, None),
    "convnext_tiny": (28_589_128, 4.46, 59, None),
    "zfnet": (62_357_608, 1.17, 8, 171),
    "nin": (7_595_176, None, 12, None),
    "unet": (31_030_658, None, 23, None),
    "lenet5": (61_706, None, 5, None),
    "cs231n": (6_440, None, 7, None),
    "tiny_vgg": (19_920, None, 5, None),
}
PAPERS_FIELDS = {"resnet50": 483, "resnet101": 1027, "resnet152": 1507}  # Distill's table


def last_field(answer: dict[str, Any]) -> list[int]:
    """The receptive field's size at the last maps before any averaging."""
    kinds = ("convolution", "activation", "joint", "normalisation", "pooling")
    rows = [r for r in answer["rows"] if r["kind"] in kinds and len(r["output"]) == 3]
    return next(
        r["receptive_field"]["size"] for r in reversed(rows) if r["type"] != "AdaptiveAvgPool2d"
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_published_figures(name: str) -> None:
    answer = architecture_answer(name)
    parameters, gmacs, depth, field = PUBLISHED[name]
    assert answer["problem"] is None
    assert answer["parameters"] == parameters
    assert answer["depth"] == depth
    if gmacs is not None:
        assert round(answer["macs"] / 1e9, 2) == gmacs
        assert answer["output"] == (1000,)
    if field is not None:
        assert last_field(answer) == [field, field]


@pytest.mark.parametrize(("name", "field"), PAPERS_FIELDS.items())
def test_the_papers_stride_sees_more(name: str, field: int) -> None:
    answer = architecture_answer(name, stride_on="1x1")
    assert last_field(answer) == [field, field]
    assert answer["parameters"] == PUBLISHED[name][0]
    assert answer["chosen"] == {"stride_on": "1x1"}


@pytest.mark.parametrize("name", ["vgg16", "resnet152"])
def test_the_lectures_facts(name: str) -> None:
    answer = architecture_answer(name)
    if name == "vgg16":
        first = next(row for row in answer["rows"] if row["type"] == "Linear")
        assert first["weights"]["weight"] == (4096, 25088)
        assert first["parameters"] == 102_764_544
    else:
        assert (answer["depth"], round(answer["parameters"] / 1e6)) == (152, 60)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torch_counts_and_shapes_the_same(name: str) -> None:
    network = architecture(name)
    with torch.device("meta"):
        model = TorchNetwork(network).eval()
        activations = model.activations(torch.rand(1, *network.input))
    answer = network_answer(network)
    assert [row["output"] for row in answer["rows"]] == [tuple(x.shape[1:]) for x in activations]
    assert sum(p.numel() for p in model.parameters()) == answer["parameters"]
    code = pytorch(network)
    names: dict[str, Any] = {}
    with torch.device("meta"):
        exec(code, names)  # our own export
        exported = names["model"]
        assert isinstance(exported, nn.Module)
        assert exported.eval()(torch.rand(1, *network.input)).shape[1:] == answer["output"]
    assert sum(p.numel() for p in exported.parameters()) == answer["parameters"]
    if "class" not in code:
        assert read(code, network.input)[0] == network


def test_submodules_bear_torchvisions_names() -> None:
    with torch.device("meta"):
        keys = set(TorchNetwork(architecture("resnet50")).state_dict())
        keys |= set(TorchNetwork(architecture("squeezenet1_1")).state_dict())
        keys |= set(TorchNetwork(architecture("vgg16")).state_dict())
    assert {
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.downsample.1.bias",
        "layer4.2.conv3.weight",
        "fc.bias",
        "features.12.expand3x3.weight",
        "features.28.bias",
        "classifier.6.weight",
    } <= keys


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "squeezenet1_1"])
def test_json_there_and_back(name: str) -> None:
    network = architecture(name)
    assert Network.model_validate_json(network.model_dump_json()) == network


def test_resnet152_is_little_work_a_layer() -> None:
    network = architecture("resnet152")
    with at_most(lines=200 * len(network.layers)):
        network_answer(network)


def test_what_is_not_there() -> None:
    with pytest.raises(Problem, match="did you mean `resnet50`"):
        architecture("resnet5O")
    with pytest.raises(Problem, match="`stride_on` is 3x3 or 1x1"):
        architecture("resnet50", stride_on="2x2")
    with pytest.raises(Problem, match="`stride_on` is no option of VGG-16"):
        architecture("vgg16", stride_on="1x1")


def test_random_weights_are_all_set_though_pytorchs_own_are_not_drawn() -> None:
    """Whatever is not He's is as PyTorch makes it: norms, biases, ConvNeXt's layer scales."""
    network = architecture("convnext_tiny")
    drawn = {
        f"{node.name}.weight": prod(node.layer.weights["weight"][1:])
        for node in network.layers
        if node.layer.weighs
    }
    found, usual = seeded(network, 3).state_dict(), TorchNetwork(network).state_dict()
    assert found.keys() == usual.keys()
    for name, there in found.items():
        if name in drawn:
            assert float(there.square().mean() * drawn[name]) == pytest.approx(2, rel=0.1)
        elif name.replace("bias", "weight") in drawn:
            assert not there.any()
        else:
            assert torch.equal(there, usual[name]), name
