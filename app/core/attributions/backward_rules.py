"""Walks through a network whose backward pass keeps other rules than the chain rule.

Guided backpropagation (Springenberg et al. 2014) and the deconvnet (Zeiler & Fergus 2013) differ
from the gradient only at the ReLUs, and in what the deconvnet takes for constant. Forward, every
layer gives what it always gives. Imports torch, so it belongs into a worker.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from app.core.layers.layer import Layer
from app.core.networks.torch_network import TorchNetwork

Rule = Callable[[Layer, Any, Tensor], Tensor]  # a row, its module, what it is given: what it gives
Way = Literal["guided", "deconvnet"]


def walk(model: TorchNetwork, image: Tensor, way: Way, last: int = -1) -> list[Tensor]:
    """What each layer gives up to position `last`; back goes what its row says of this way."""
    found: list[Tensor] = []
    steps = list(zip(model.network.layers, model.steps, model.sources, strict=True))
    for node, step, sources in steps[: last + 1 or None]:
        given = [found[i] if i >= 0 else image for i in sources]
        word = getattr(node.layer, way)
        found.append(RULES[word](node.layer, step, given[0]) if word else step(*given))
    return found


def positive(gradient: Tensor) -> Tensor:
    """What of a gradient is above zero."""
    return gradient.clamp(min=0)


def guided(layer: Layer, step: Any, given: Tensor) -> Tensor:
    """A ReLU that passes back only what is positive, and only where it was positive itself."""
    output: Tensor = step(given)
    if output.requires_grad:
        output.register_hook(positive)  # type: ignore[no-untyped-call]
    return output


def passed_on(layer: Layer, step: Any, given: Tensor) -> Tensor:
    """A layer that passes the signal back as it is."""
    output: Tensor = given + (step(given) - given).detach()
    return output


def rectified(layer: Layer, step: Any, given: Tensor) -> Tensor:
    """A layer whose way back is a ReLU on the signal, whatever came forward."""
    output = passed_on(layer, step, given)
    if output.requires_grad:
        output.register_hook(positive)  # type: ignore[no-untyped-call]
    return output


def held(layer: Layer, step: Any, given: Tensor) -> Tensor:
    """A norm whose divisors, and means, are taken for constant."""
    before = given.detach()
    output: Tensor = (given - before) / layer.divisors(step, before) + step(before).detach()
    return output


# What a row may say of its way back. Transposed filters, the switches of max pooling and the shares
# of averages are what the chain rule gives for layers that are linear once the picture is known.
RULES: Mapping[str, Rule] = {
    "positive": guided,
    "passed on": passed_on,
    "rectified": rectified,
    "held": held,
}


def deconvnet(
    model: TorchNetwork, images: Tensor, layer: int, channel: int, units: list[tuple[int, ...]]
) -> Tensor:
    """One unit's activation a picture, projected down to the pixels; all its neighbours are 0.

    `units` has a row and a column for each of the images, or nothing where the layer is a vector.
    """
    images = images.detach().requires_grad_()
    maps = walk(model, images, "deconvnet", layer)[layer]
    picked = torch.stack([maps[(i, channel, *unit)] for i, unit in enumerate(units)])
    if not picked.requires_grad:
        return torch.zeros_like(images)
    (signal,) = torch.autograd.grad(picked, images, picked.detach())
    return signal
