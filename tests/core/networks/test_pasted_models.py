"""torchvision's networks as people paste them give the figures of its tables."""

import pytest

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.torch_code import reading
from tests.core.networks import pasted_models as pasted

# text, parameters and GMACs (10^9 multiply-adds) of torchvision's tables
TABLES: dict[str, tuple[str, int, float]] = {
    "alexnet": (pasted.ALEXNET, 61_100_840, 0.71),
    "vgg16_bn": (pasted.VGG, 138_365_992, 15.47),
    "vgg11": (pasted.VGG.replace("model = vgg16_bn", "model = vgg11"), 132_863_336, 7.61),
    "resnet18": (pasted.RESNET, 11_689_512, 1.81),
    "resnet50": (pasted.RESNET.replace("= resnet18()", "= resnet50()"), 25_557_032, 4.09),
    "resnext": (pasted.RESNET.replace("= resnet18", "= resnext50_32x4d"), 25_028_904, 4.23),
    "squeezenet1_1": (pasted.SQUEEZENET, 1_235_496, 0.35),
    "mobilenet_v2": (pasted.MOBILENET, 3_504_872, 0.3),
    "densenet121": (pasted.DENSENET, 7_978_856, 2.83),
    "googlenet": (pasted.GOOGLENET, 6_624_904, 1.5),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_pasted_network_gives_the_figures_of_the_table(name: str) -> None:
    source, parameters, gmacs = TABLES[name]
    found = reading(source, (3, 224, 224))
    answer = network_answer(found.network)
    assert answer["problem"] is None
    assert answer["output"] == (1000,)
    assert answer["parameters"] == parameters
    assert round(answer["macs"] / 1e9, 2) == gmacs


def test_of_functions_that_make_networks_one_is_asked_for_and_a_single_one_is_called() -> None:
    whole = pasted.RESNET.replace("\n\nmodel = resnet18()\n", "\n")
    with pytest.raises(Problem, match="no network is made here"):
        reading(whole, (3, 224, 224))
    single = whole[: whole.index("def resnet50(")]
    answer = network_answer(reading(single, (3, 224, 224)).network)
    assert answer["parameters"] == 11_689_512


def test_what_is_missing_is_named() -> None:
    without = pasted.MOBILENET_HEAD + pasted.MOBILENET_REST
    with pytest.raises(Problem, match="`Conv2dNormActivation`"):
        reading(without, (3, 224, 224))
    imported = "from ..ops.misc import Conv2dNormActivation\n" + without
    with pytest.raises(Problem, match=r"`Conv2dNormActivation` comes from `ops.misc`"):
        reading(imported, (3, 224, 224))
