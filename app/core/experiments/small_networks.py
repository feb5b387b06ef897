"""Networks that learn in seconds: those that are taken where a visitor brings none."""

from functools import lru_cache
from math import prod

from app.core.layers import table as layers
from app.core.networks.building import Builder
from app.core.networks.network import Input, Network
from app.core.training.digits import CLASSES, SIDE


@lru_cache(maxsize=1)
def usual() -> Network:
    """Two convolutions with a pool each, and a linear layer."""
    net = Builder((1, SIDE, SIDE))
    for i, channels in ((1, 8), (2, 16)):
        net.conv(f"conv{i}", channels, 3, padding=1)
        net.add(f"relu{i}", layers.ReLU())
        net.add(f"pool{i}", layers.MaxPool2d(kernel_size=2))
    net.add("flatten", layers.Flatten())
    net.linear("fc", CLASSES, 16 * 3 * 3)
    return net.network()


@lru_cache(maxsize=1)
def usual_on_points() -> Network:
    net = Builder((2,))
    for i in (1, 2):
        net.linear(f"fc{i}", 8)
        net.add(f"tanh{i}", layers.Tanh())
    net.linear("fc3", 2)
    return net.network()


@lru_cache(maxsize=8)
def linear(input: Input, outputs: int) -> Network:
    net = Builder(input)
    if len(input) > 1:
        net.add("flatten", layers.Flatten())
    net.linear("linear", outputs, prod(input))
    return net.network()
