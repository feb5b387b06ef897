"""A network once more, by another path than `torch_network`: a graph of PyTorch's own holds its
modules, `backward()` fills its gradients, and hooks tell what goes through and what comes back.

Imports torch, so it belongs into a worker.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from app.core.networks.network import Network, analyse
from app.core.networks.torch_network import TorchNetwork


class Joined(nn.Module):
    """A function of tensors as a module, so that hooks can be hung on it."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *given: Tensor) -> Tensor:
        return self.function(*given)


def as_module(step: Any) -> nn.Module:
    return step if isinstance(step, nn.Module) else Joined(step)


class Hooked:
    """The same layers and weights as a TorchNetwork's, up to layer `last`.

    `kept` is filled by a call and `gradients` by `backward` of something that came of it; both run
    along the layers, and a gradient is None where nothing came back.
    """

    def __init__(self, model: TorchNetwork, last: int = -1) -> None:
        nodes = model.network.layers[: last + 1 or None]
        modules = []
        for node, step in zip(nodes, model.steps, strict=False):
            with torch.device("meta"):
                module = as_module(node.layer.module())
            if isinstance(step, nn.Module):
                module.load_state_dict(step.state_dict(), assign=True)
            modules.append(module)
        self.steps = modules
        self.network = wired(model.network, modules).eval()
        self.kept: list[Tensor] = [torch.empty(0)] * len(modules)
        self.gradients: list[Tensor | None] = [None] * len(modules)
        for i, module in enumerate(modules):
            self._hang(i, module)

    def _hang(self, i: int, module: nn.Module) -> None:
        def came(module: nn.Module, given: Any, output: Tensor) -> None:
            self.kept[i] = output

        def back(module: nn.Module, given: Any, upstream: Sequence[Tensor | None]) -> None:
            self.gradients[i] = upstream[0]

        module.register_forward_hook(came)
        module.register_full_backward_hook(back)

    def __call__(self, image: Tensor) -> Tensor:
        found: Tensor = self.network(image)
        return found

    def output(self, i: int) -> Tensor:
        """What layer `i` gave when it was last called."""
        return self.kept[i].detach()


def wired(network: Network, modules: Sequence[nn.Module]) -> fx.GraphModule:
    """Modules of a network's first layers, each given what its row takes."""
    graph, root = fx.Graph(), nn.Module()
    found = {-1: graph.placeholder("image")}
    for i, (module, sources) in enumerate(zip(modules, analyse(network).sources, strict=False)):
        root.add_module(f"step{i}", module)
        found[i] = graph.call_module(f"step{i}", tuple(found[j] for j in sources))
    graph.output(found[len(modules) - 1])
    return fx.GraphModule(root, graph)
