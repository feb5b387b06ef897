"""What the well-known networks are built with."""

from typing import Any

from app.core.layers import table as layers
from app.core.layers.table import Layer, Shape
from app.core.networks.network import INPUT, Network

IMAGENET = (3, 224, 224)
CLASSES = 1000


class Builder:
    """Collects layers; each takes the one before unless told, and numbers itself within its group.

    `last` is the name of the newest layer, `channels` how many channels (or features) it gives.
    """

    def __init__(self, input: Shape) -> None:
        self.input = input
        self.nodes: list[dict[str, Any]] = []
        self.last = INPUT
        self.channels = input[0]

    def add(self, name: str, layer: Layer, *inputs: str) -> str:
        """Put a layer; its name."""
        self.nodes.append({"name": name, "layer": layer, "inputs": inputs})
        self.last = name
        return name

    def conv(self, name: str, channels: int, kernel: int, *inputs: str, **more: Any) -> str:
        """A convolution of what comes last, or of a layer with as many channels."""
        layer = layers.Conv2d(
            in_channels=self.channels, out_channels=channels, kernel_size=kernel, **more
        )
        self.channels = channels
        return self.add(name, layer, *inputs)

    def linear(self, name: str, features: int, inside: int | None = None) -> str:
        """A fully connected layer; `inside` where what comes in was flattened."""
        layer = layers.Linear(in_features=inside or self.channels, out_features=features)
        self.channels = features
        return self.add(name, layer)

    def stack(self, group: str, *items: Layer | int | tuple[int, int]) -> None:
        """Layers called group.0, group.1, ...; a number stands for a Linear with so many features,
        a pair (inside, features) for the first of them."""
        for i, item in enumerate(items):
            name = f"{group}.{i}"
            if isinstance(item, Layer):
                self.add(name, item)
            else:
                inside, features = item if isinstance(item, tuple) else (None, item)
                self.linear(name, features, inside)

    def network(self) -> Network:
        """What was built."""
        return Network.model_validate({"input": self.input, "layers": self.nodes})
