"""A network made of torch modules, and a walk that keeps what every layer gives.

Imports torch, so it belongs into a worker.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod, sqrt
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from app.core.errors import Problem, nearest
from app.core.networks.network import Network, analyse
from app.core.numbers import sizes


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
            step = node.layer.module()
            if isinstance(step, nn.Module):
                place(self, node.name, step)
            self.steps.append(step)

    @classmethod
    def holding(cls, network: Network, weights: Mapping[str, Tensor]) -> Self:
        """The network with given weights, by the names of its `state_dict`, ready to be asked.

        Raises Problem where one is missing, not known, or of another shape.
        """
        model = cls.empty(network)
        model.check({name: tuple(tensor.shape) for name, tensor in weights.items()})
        return model.filled(weights)

    @classmethod
    def empty(cls, network: Network) -> Self:
        """The network before it has weights: nothing is drawn, nothing allocated."""
        with torch.device("meta"):
            return cls(network)

    def check(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Refuse weights of which one is missing, not known, or of another shape."""
        expected = self.state_dict()
        for name in shapes:
            if name not in expected:
                near = nearest(name, expected)
                hint = f"; did you mean `{near}`?" if near else ""
                raise Problem(
                    f"the network has no weights `{name[:80]}`{hint}", {"field": "weights"}
                )
        for name, there in expected.items():
            if name.endswith("num_batches_tracked"):
                continue
            if name not in shapes:
                raise Problem(f"the weights `{name}` are missing", {"field": "weights"})
            if tuple(shapes[name]) != there.shape:
                raise Problem(
                    f"`{name}` is {sizes(shapes[name])} in the file and "
                    f"{sizes(there.shape)} in the network",
                    {"field": "weights"},
                )

    def filled(self, weights: Mapping[str, Tensor]) -> Self:
        """Itself, holding weights that are as `check` wants them, ready to be asked."""
        given = {
            name: weights.get(name, torch.zeros((), dtype=there.dtype))
            for name, there in self.state_dict().items()
        }
        self.load_state_dict(given, assign=True)
        return self.eval().requires_grad_(False)

    def activations(self, image: Tensor) -> list[Tensor]:
        """What each layer gives for a batch of images, in the network's order.

        Each a tensor of its own: what comes back to a layer that passes on what it is given, as
        Dropout does, is not what comes back to the layer before, which others may take too.
        """
        found: list[Tensor] = []
        for step, sources in zip(self.steps, self.sources, strict=True):
            given = [found[i] if i >= 0 else image for i in sources]
            output = step(*given)
            found.append(output.view_as(output) if output is given[0] else output)
        return found

    def reached(self, image: Tensor, layer: int) -> Tensor:
        """What one layer gives; the others are let go as soon as nothing below it needs them."""
        sources = self.sources[: layer + 1]
        last = {source: i for i, taken in enumerate(sources) for source in taken}
        found: dict[int, Tensor] = {-1: image}
        for i, (step, taken) in enumerate(zip(self.steps, sources, strict=False)):
            found[i] = step(*(found[j] for j in taken))
            for j in set(taken):
                if last[j] == i:
                    del found[j]
        return found[layer]

    def forward(self, image: Tensor) -> Tensor:
        """What the last layer gives."""
        return self.activations(image)[-1]


@lru_cache(maxsize=1)
def seeded(network: Network, seed: int) -> TorchNetwork:
    """The network with He's random weights; the same for the same seed. The last one is kept."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = TorchNetwork(network).eval()
        initialise(model)
    return model.requires_grad_(False)


# What PyTorch's modules draw their first weights with. The functions of `init` are handed over
# whole, and what they call is not handed over again.
DRAWING = {Tensor.uniform_, Tensor.normal_, nn.init.uniform_, nn.init.kaiming_uniform_}


class Undrawn(TorchFunctionMode):
    """Modules made within it get no random weights of PyTorch's: who sets all of them need not wait
    for the first ones."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func in DRAWING:
            return args[0] if args else named["tensor"]
        return func(*args, **named)


def initialise(model: TorchNetwork) -> None:
    """Weights as in He et al. 2015, biases 0: signals keep their size through ReLUs."""
    weighing = {
        id(step): node.layer
        for node, step in zip(model.network.layers, model.steps, strict=True)
        if node.layer.weighs
    }
    for module in model.modules():
        if layer := weighing.get(id(module)):
            # As kaiming_normal_, which knows how many numbers are summed of no other layers.
            weight: Any = module.weight
            summed = prod(layer.filters(weight).shape[1:])
            with torch.no_grad():
                weight.normal_(0, sqrt(2.0) / sqrt(summed))
            if module.bias is not None:
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]


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
