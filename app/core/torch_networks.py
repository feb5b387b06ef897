"""A network made of torch modules, and a walk that keeps what every layer gives.

Imports torch, so it belongs into a worker.
"""

from typing import Any

import torch
from torch import Tensor, nn

from app.core.networks import Network, analyse


class TorchNetwork(nn.Module):
    """A network with weights; submodules bear the names of the layers, as in torchvision's models.

    `inplace` is left out, so that every activation can be looked at. Raises Problem if a layer does
    not fit.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.sources = analyse(network).check().sources
        self.steps: list[Any] = []
        for node in network.layers:
            step: Any = {"Add": add, "Concat": concat}.get(node.layer.type)
            if step is None:
                step = node.layer.module()
                place(self, node.name, step)
            self.steps.append(step)

    def activations(self, image: Tensor) -> list[Tensor]:
        """What each layer gives for a batch of images, in the network's order."""
        found: list[Tensor] = []
        for step, sources in zip(self.steps, self.sources, strict=True):
            found.append(step(*(found[i] if i >= 0 else image for i in sources)))
        return found

    def forward(self, image: Tensor) -> Tensor:
        """What the last layer gives."""
        return self.activations(image)[-1]


def add(*parts: Tensor) -> Tensor:
    """Entry by entry."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def concat(*parts: Tensor) -> Tensor:
    """Along the channels."""
    return torch.cat(parts, dim=1)


def place(root: nn.Module, name: str, module: nn.Module) -> None:
    """Hang a module into a tree by its dotted name; a word that torch uses itself gets a `_`."""
    *groups, leaf = name.split(".")
    for group in groups:
        known = dict(root.named_children())
        if group not in known:
            root.add_module(free(root, group), known.setdefault(group, nn.Module()))
        root = known[group]
    root.add_module(free(root, leaf), module)


def free(root: nn.Module, name: str) -> str:
    """The name, made longer until nothing else has it."""
    while hasattr(root, name):
        name += "_"
    return name
