"""Every row of LAYERS with its own examples, and networks in which such a layer stands."""

from collections.abc import Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor

from app.core.layers.layer import Example, Shape
from app.core.layers.table import LAYERS, Layer, make
from app.core.networks.network import Network, analyse
from app.core.networks.torch_network import TorchNetwork

torch.set_num_threads(1)

ROW = "row"  # what the layer is called that a network is about


def examples() -> Iterator[tuple[str, Example]]:
    """Each row's name with each of its examples."""
    for name, row in LAYERS.items():
        for example in row.examples:
            yield name, example


def made(name: str, example: Example) -> Layer:
    """The layer of an example."""
    return make(name, dict(example.arguments))


def placed(layer: Layer, shapes: tuple[Shape, ...], head: bool = True) -> Network:
    """The layer on a picture (or on what is made of one to be what it takes), and scores after."""
    first = shapes[0]
    maps = len(first) == 3
    picture = first if maps and len(shapes) == 1 else (*first, 3, 2)[:3] if maps else (*first, 1, 1)
    nodes: list[dict[str, Any]] = []
    if not maps:
        nodes.append({"name": "flat", "layer": {"type": "Flatten"}})
    inputs = []
    for k, shape in enumerate(shapes if len(shapes) > 1 else ()):
        given = {"in_channels": picture[0], "out_channels": shape[0], "kernel_size": 1}
        linear = {"in_features": prod(picture), "out_features": shape[0]}
        part = {"type": "Conv2d", **given} if maps else {"type": "Linear", **linear}
        before = "input" if maps else "flat"
        nodes.append({"name": f"part{k}", "layer": part, "inputs": [before]})
        inputs.append(f"part{k}")
    nodes.append({"name": ROW, "layer": layer, "inputs": inputs})
    output = layer.output(*shapes)
    if head:
        if len(output) == 3:
            nodes.append({"name": "flattened", "layer": {"type": "Flatten"}})
        scores = {"type": "Linear", "in_features": prod(output), "out_features": 3}
        nodes.append({"name": "scores", "layer": scores})
    return Network.model_validate({"input": picture, "layers": nodes})


def model_of(network: Network, seed: int = 0) -> TorchNetwork:
    """With random weights and random running statistics, so that none of them is 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    model = TorchNetwork(network).eval()
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
            if name.endswith("running_var"):
                tensor.abs_().add_(0.1)
    return model.requires_grad_(False)


def pictures(network: Network, count: int, seed: int = 0) -> Tensor:
    """Random numbers on both sides of 0."""
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(count, *network.input, generator=generator)


def shape_of(network: Network, name: str) -> Shape:
    """The size of what a layer gives."""
    shape = analyse(network).check().shapes[network.position(name)]
    assert shape
    return shape
