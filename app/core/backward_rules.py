"""Walks through a network whose backward pass keeps other rules than the chain rule.

Guided backpropagation (Springenberg et al. 2014) and the deconvnet (Zeiler & Fergus 2013) differ
from the gradient only at the ReLUs, and in what the deconvnet takes for constant. Forward, every
layer gives what it always gives. Imports torch, so it belongs into a worker.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from app.core.torch_networks import TorchNetwork

Rule = Callable[[Any, Tensor], Tensor]  # the layer's module and what it is given: what it gives


def walk(
    model: TorchNetwork, image: Tensor, rules: Mapping[str, Rule], last: int = -1
) -> list[Tensor]:
    """What each layer gives up to position `last`, by the rule of its type or its kind if any."""
    found: list[Tensor] = []
    steps = list(zip(model.network.layers, model.steps, model.sources, strict=True))
    for node, step, sources in steps[: last + 1 or None]:
        given = [found[i] if i >= 0 else image for i in sources]
        rule = rules.get(node.layer.type) or rules.get(node.layer.kind)
        found.append(rule(step, given[0]) if rule else step(*given))
    return found


def positive(gradient: Tensor) -> Tensor:
    """What of a gradient is above zero."""
    return gradient.clamp(min=0)


def guided(step: Any, given: Tensor) -> Tensor:
    """A ReLU that passes back only what is positive, and only where it was positive itself."""
    output: Tensor = step(given)
    if output.requires_grad:
        output.register_hook(positive)  # type: ignore[no-untyped-call]
    return output


def passed_on(step: Any, given: Tensor) -> Tensor:
    """A layer that passes the signal back as it is."""
    output: Tensor = given + (step(given) - given).detach()
    return output


def rectified(step: Any, given: Tensor) -> Tensor:
    """A layer whose way back is a ReLU on the signal, whatever came forward."""
    output = passed_on(step, given)
    if output.requires_grad:
        output.register_hook(positive)  # type: ignore[no-untyped-call]
    return output


def held(step: Any, given: Tensor) -> Tensor:
    """A local response norm whose divisors are taken for constant."""
    size = step.size
    squares = given.detach().square().unsqueeze(1)
    squares = functional.pad(squares, (0, 0, 0, 0, size // 2, (size - 1) // 2))
    mean = functional.avg_pool3d(squares, (size, 1, 1), stride=1).squeeze(1)
    divisors: Tensor = (step.k + step.alpha * mean).pow(step.beta)
    return given / divisors


GUIDED: Mapping[str, Rule] = {"ReLU": guided}
# Transposed filters, the switches of max pooling and the shares of averages are what the chain rule
# gives for layers that are linear once the picture is known.
DECONVNET: Mapping[str, Rule] = {
    "ReLU": rectified,
    "LeakyReLU": rectified,
    "GELU": rectified,
    "activation": passed_on,  # all others
    "LocalResponseNorm": held,
}


def deconvnet(
    model: TorchNetwork, images: Tensor, layer: int, channel: int, units: list[tuple[int, ...]]
) -> Tensor:
    """One unit's activation a picture, projected down to the pixels; all its neighbours are 0.

    `units` has a row and a column for each of the images, or nothing where the layer is a vector.
    """
    images = images.detach().requires_grad_()
    maps = walk(model, images, DECONVNET, layer)[layer]
    picked = torch.stack([maps[(i, channel, *unit)] for i, unit in enumerate(units)])
    if not picked.requires_grad:
        return torch.zeros_like(images)
    (signal,) = torch.autograd.grad(picked, images, picked.detach())
    return signal
