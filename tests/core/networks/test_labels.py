"""Labels under volumes: none on another, whatever the sizes are, and each at its own volume."""

import itertools
import random

import pytest

from app.core.networks.answers import network_answer
from app.core.networks.drawing.labels import LETTER, MISFIT, MOST_LETTERS
from app.core.networks.drawing.places import DrawingAnswer
from app.core.networks.drawing.scale import LEAST, SIDE, Scale
from app.core.networks.drawing.volumes import drawing
from app.core.networks.network import Network


def drawn(network: Network) -> DrawingAnswer:
    return drawing(network, network_answer(network))


def row_of(rng: random.Random, count: int) -> Network:
    """Layers of sizes that fit and do not, with names long and short."""
    layers = []
    for i in range(count):
        channels = rng.choice([1, 8, 64, 20_000])
        kind = rng.choice(["Conv2d", "MaxPool2d", "ReLU", "BatchNorm2d"])
        layer = {"type": kind}
        if kind == "Conv2d":
            layer |= {"in_channels": channels, "out_channels": channels, "kernel_size": 1}
        elif kind == "MaxPool2d":
            layer |= {"kernel_size": 2}
        elif kind == "BatchNorm2d":
            layer |= {"num_features": channels}
        layers.append({"name": f"{'n' * rng.randint(1, 30)}{i}", "layer": layer})
    return Network.model_validate({"input": (3, 256, 128), "layers": layers})


@pytest.mark.parametrize("seed", range(20))
def test_no_label_stands_on_another_and_each_at_its_volume(seed: int) -> None:
    rng = random.Random(seed)
    found = drawn(row_of(rng, rng.choice([1, 2, 20, 200])))
    solid = [volume for volume in found["volumes"] if not volume["thin"]]
    for volume, label in zip(solid, found["labels"], strict=True):
        assert label["x"] == volume["middle"]
        assert 0 < label["y"] - volume["y"] - volume["height"] < 20
        assert label["wrong"] == volume["problem"] == (tuple(label["lines"]) == MISFIT)
        assert len(label["name"]) <= MOST_LETTERS
        half = LETTER * max(map(len, (label["name"], *label["lines"]))) / 2
        assert label["x"] - half >= 0
        assert label["x"] + half <= found["width"]
        assert label["y"] < found["height"]
    for a, b in itertools.pairwise(found["labels"]):
        widths = [max(map(len, (one["name"], *one["lines"]))) for one in (a, b)]
        assert b["x"] - a["x"] >= LETTER * sum(widths) / 2


@pytest.mark.parametrize("largest", [1, 2, 7, 28, 32, 224, 1000, 4096])
def test_a_side_grows_by_as_much_with_each_doubling(largest: int) -> None:
    scale = Scale(largest)
    sides = [scale.side(n) for n in range(1, largest + 1)]
    assert sides == sorted(sides)
    assert sides[0] == LEAST
    assert sides[-1] == (SIDE if largest > 1 else LEAST)
    grown = [
        scale.side(2 * n) - scale.side(n) for n in range(1, largest // 2 + 1) if n >= scale.smallest
    ]
    assert not grown or max(grown) - min(grown) < 0.05
