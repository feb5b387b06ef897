"""A network run on an image: every activation, and every gradient of one class's score or loss.

The layers are walked one by one (no hooks), and autograd is asked for the gradients by all of their
outputs at once. Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from app.core.errors import Problem
from app.core.networks.network import INPUT, Network, analyse
from app.core.networks.torch_network import TorchNetwork

if TYPE_CHECKING:
    from app.core.activations.objective import Of


Place = tuple[int, int, int]  # channel, row, column; of a vector (place, 0, 0)


@dataclass(frozen=True, eq=False)
class Capture:
    """One pass through a network and back; lists run along `network.layers`, with a batch of one.

    `scores` has one number a class: what comes in to a last Softmax, else what comes out; of maps
    their means. A gradient is None where the layer has no part in what is differentiated; those of
    weights go by `conv1.weight`, whatever the layer's name.
    """

    model: TorchNetwork
    image: Tensor
    activations: list[Tensor]
    scores: Tensor
    target: int
    of: Of
    value: float
    gradients: list[Tensor | None]
    image_gradient: Tensor | None
    weight_gradients: dict[str, Tensor]

    @property
    def network(self) -> Network:
        """The layers."""
        return self.model.network

    @property
    def probabilities(self) -> Tensor | None:
        """The softmax of the scores; None where the network ends in maps, which are no classes."""
        ends_in_maps = self.activations[score_layer(self.network)].ndim == 4
        return None if ends_in_maps else self.scores.softmax(dim=0)

    def activation(self, i: int) -> Tensor:
        """What a layer gives, without the batch; at -1 the image."""
        return (self.activations[i] if i >= 0 else self.image)[0]

    def gradient(self, i: int) -> Tensor | None:
        """What comes back to a layer's output, without the batch; at -1 to the image."""
        found = self.gradients[i] if i >= 0 else self.image_gradient
        return None if found is None else found[0]

    def value_at(self, i: int, place: Place) -> float:
        """One number of a layer's output."""
        activation = self.activation(i)
        return float(activation[place] if activation.ndim == 3 else activation[place[0]])

    def gradient_at(self, i: int, place: Place) -> float | None:
        """What comes back to one number of a layer's output."""
        gradient = self.gradient(i)
        if gradient is None:
            return None
        return float(gradient[place] if gradient.ndim == 3 else gradient[place[0]])

    def name(self, i: int) -> str:
        """What a layer is called."""
        return self.network.layers[i].name if i >= 0 else INPUT

    def sources(self, i: int) -> tuple[int, ...]:
        """The positions of what a layer takes, -1 for the image."""
        return self.model.sources[i]

    def consumers(self, i: int) -> list[int]:
        """The positions of the layers that take what a layer gives."""
        return [j for j, sources in enumerate(self.model.sources) if i in sources]


def score_layer(network: Network) -> int:
    """The position of the layer whose output is the scores: the one below a last Softmax."""
    last = len(network.layers) - 1
    (below, *_) = analyse(network).sources[last]
    return below if network.layers[last].layer.probabilities and below >= 0 else last


def scores_of(found: list[Tensor], network: Network) -> Tensor:
    """One number a class, from the activations of a batch of one."""
    scores = found[score_layer(network)][0]
    return scores.mean(dim=(1, 2)) if scores.ndim == 3 else scores


def capture(
    model: TorchNetwork,
    image: Tensor,
    target: int | None = None,
    of: Of = "score",
    weights: bool = False,
    pixels: bool = True,
) -> Capture:
    """Forward, and back from a class: the one with the highest score if none is named.

    `image` is 1 x C x H x W. `weights` and `pixels` say whether their gradients are wanted too.
    Raises Problem for a class that is not there, and where numbers overflow.
    """
    # A leaf of its own, so that nothing is added to what the caller holds.
    image = image.detach().requires_grad_(pixels)
    learned = dict(learned_tensors(model)) if weights else {}
    model.requires_grad_(weights or not pixels)
    activations = model.activations(image)
    scores = scores_of(activations, model.network)
    if not isfinite(float(scores.detach().sum())):
        raise Problem("the scores of this network are no finite numbers: they grew too large")
    target = chosen(scores, target)
    objective = scores[target]
    if of == "loss":
        objective = functional.cross_entropy(scores[None], torch.tensor([target]))
    wanted = [*activations, *([image] if pixels else []), *learned.values()]
    # Where a network has neither weights nor pixels to change, nothing depends on anything.
    reached = [tensor for tensor in wanted if tensor.requires_grad]
    found = torch.autograd.grad(objective, reached, allow_unused=True) if reached else ()
    gradients = dict(zip(map(id, reached), found, strict=True))
    return Capture(
        model,
        image.detach(),
        [activation.detach() for activation in activations],
        scores.detach(),
        target,
        of,
        float(objective.detach()),
        [gradients.get(id(activation)) for activation in activations],
        gradients.get(id(image)),
        {
            name: gradient
            for name, tensor in learned.items()
            if (gradient := gradients.get(id(tensor))) is not None
        },
    )


def learned_tensors(model: TorchNetwork) -> Iterator[tuple[str, Tensor]]:
    """The weights by layer and name."""
    for node, step in zip(model.network.layers, model.steps, strict=True):
        for name in node.layer.weights:
            yield f"{node.name}.{name}", getattr(step, name)


def chosen(scores: Tensor, target: int | None) -> int:
    """The class that is asked for, or the one with the highest score."""
    if target is None:
        return int(scores.argmax())
    if not 0 <= target < len(scores):
        raise Problem(
            f"there is no class {target}; they are counted from 0 to {len(scores) - 1}",
            {"field": "target"},
        )
    return target
