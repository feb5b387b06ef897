"""Random networks with branches that fit, built forward from a random image size."""

import random
from typing import Any

from app.core.errors import Problem
from app.core.layers.table import Layer, make
from app.core.networks.network import Network

ELEMENTWISE = ("ReLU", "LeakyReLU", "GELU", "Sigmoid", "Tanh", "Dropout")


def random_layer(rng: random.Random, channels: int) -> Layer:
    """A layer for maps of so many channels; it may still not fit their size."""

    def size(least: int, most: int) -> Any:
        if rng.random() < 0.7:
            return rng.randint(least, most)
        return rng.randint(least, most), rng.randint(least, most)

    type = rng.choice(("Conv2d",) * 5 + ("MaxPool2d", "AvgPool2d", "BatchNorm2d", "other"))
    if type == "Conv2d":
        groups = rng.choice([1, 1, 1, channels])
        same = rng.random() < 0.2
        return make(
            type,
            {
                "in_channels": channels,
                "out_channels": groups * rng.randint(1, 3),
                "kernel_size": size(1, 5),
                "stride": 1 if same else size(1, 3),
                "padding": "same" if same else size(0, 2),
                "dilation": size(1, 2),
                "groups": groups,
                "bias": rng.random() < 0.5,
            },
        )
    if type in ("MaxPool2d", "AvgPool2d"):
        return make(
            type,
            {
                "kernel_size": size(2, 3),
                "stride": rng.choice([None, size(1, 3)]),
                "padding": rng.choice([0, 1]),
                "ceil_mode": rng.random() < 0.5,
            },
        )
    if type == "BatchNorm2d":
        return make(type, {"num_features": channels, "affine": rng.random() < 0.7})
    if rng.random() < 0.3:
        return make("LocalResponseNorm", {"size": rng.randint(1, 3)})
    return make(rng.choice(ELEMENTWISE), {})


def random_network(seed: int) -> Network:
    """A trunk with residual additions, concatenations and parallel ways, and often a head.

    Heads are a Flatten and a Linear, or vectors that meet.
    """
    rng = random.Random(seed)
    shapes = {"input": (rng.randint(1, 3), rng.randint(12, 40), rng.randint(12, 40))}
    nodes: list[dict[str, Any]] = []

    def put(layer: Layer, *inputs: str) -> str | None:
        """The name of a new node, None if the layer does not fit."""
        try:
            output = layer.output(*(shapes[name] for name in inputs))
        except Problem:
            return None
        name = f"{rng.choice(['', 'block.'])}{layer.type.lower()}{len(nodes)}"
        nodes.append({"name": name, "layer": layer, "inputs": inputs})
        shapes[name] = output
        return name

    last = "input"
    for _ in range(rng.randint(4, 12)):
        last = put(random_layer(rng, shapes[last][0]), last) or last
        if rng.random() < 0.4:  # two ways of one size that meet again
            ways = [last]
            for _ in range(rng.randint(1, 2)):
                way, channels = last, shapes[last][0]
                for _ in range(rng.randint(1, 3)):
                    kernel = rng.choice([1, 2, 3])
                    arguments = {"in_channels": channels, "out_channels": channels}
                    arguments |= {"kernel_size": kernel, "padding": "same"}
                    way = (
                        put(make("Conv2d", arguments | {"dilation": rng.randint(1, 2)}), way) or way
                    )
                ways.append(way)
            last = put(make(rng.choice(["Add", "Concat"]), {}), *ways) or last
    if not nodes:
        last = put(make("ReLU", {}), last) or last
    if rng.random() < 0.5:
        if rng.random() < 0.5:
            last = put(make("AdaptiveAvgPool2d", {"output_size": rng.randint(1, 3)}), last) or last
        last = put(make("Flatten", {}), last) or last
        joined = rng.random() < 0.6
        if joined:  # with parts of earlier maps, as they are or mixed
            ways = [last]
            for _ in range(rng.randint(1, 2)):
                maps = rng.choice([name for name, shape in shapes.items() if len(shape) == 3])
                way = put(make("Flatten", {}), maps) or maps
                given, wanted = shapes[way][0], shapes[last][0]
                if rng.random() < 0.5 and given * wanted < 1e6:
                    sizes = {"in_features": given, "out_features": wanted}
                    way = put(make("Linear", sizes), way) or way
                ways.append(way)
            rng.shuffle(ways)
            last = put(make("Add", {}), *ways) or put(make("Concat", {}), *ways) or last
        if not joined or rng.random() < 0.3:
            sizes = {"in_features": shapes[last][0], "out_features": 5}
            put(make("Linear", sizes), last)
    return Network.model_validate({"input": shapes["input"], "layers": nodes})
