"""The last modules of the network are trained on, once the head has learned.

The loss is the head's own, which they take further down together. What lies below them stays as it
is and is gone through once, before the first step. Imports torch in its functions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, NamedTuple

from app.core.errors import Problem
from app.core.teaching.features import LAYER, maps_at
from app.core.teaching.heads import PENALTY, Floats, Head, Whole

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.networks.torch_network import TorchNetwork
    from app.core.pictures.preparation import Input

LAST = ("features.12", "features.11", "features.10")  # from the last one down; each ends in this:
END = "concat"
# SGD's, each step on all pictures. Adam goes as far for a slope of nearly nothing, and a head that
# has learned leaves no more.
STEPS, RATE, MOMENTUM = 10, 3e-3, 0.9
ROUNDED = 1e-3  # of a loss that may stay where it was


class Tuned(NamedTuple):
    """What was trained: weights of the network by name, and the head; the loss before and after."""

    parts: dict[str, Tensor]
    head: Head
    before: float
    after: float


def of(model: TorchNetwork, modules: int) -> list[str]:
    """The weights of its last modules, by name."""
    return [
        name
        for name in model.state_dict()
        if name.startswith(tuple(f"{each}." for each in LAST[:modules]))
    ]


def below(model: TorchNetwork, inputs: Sequence[Input], modules: int) -> Tensor:
    """The maps that the last modules are given: of each picture once, since they never change."""
    return maps_at(model, inputs, model.network.position(f"{LAST[modules]}.{END}"))


def through(model: TorchNetwork, given: Tensor, modules: int, parts: dict[str, Tensor]) -> Tensor:
    """The last maps of the network with these weights in its last modules."""
    from torch import nn
    from torch.func import functional_call

    names = [node.name for node in model.network.layers]
    begin, end = (model.network.position(name) for name in (f"{LAST[modules]}.{END}", LAYER))
    found = {begin: given}
    for i in range(begin + 1, end + 1):
        step, taken = model.steps[i], tuple(found[j] for j in model.sources[i])
        if isinstance(step, nn.Module):
            own = {key: parts[f"{names[i]}.{key}"] for key, _ in step.named_parameters()}
            found[i] = functional_call(step, own, taken)
        else:
            found[i] = step(*taken)
    return found[end]


def tuned(model: TorchNetwork, given: Tensor, labels: Whole, head: Head, modules: int) -> Tuned:
    """From a head that has learned, STEPS further with the last modules."""
    import torch
    from torch.nn import functional

    from app.core.training.modules import How, stepped

    held = model.state_dict()
    parts = {name: held[name].clone().requires_grad_() for name in of(model, modules)}
    weights, bias = (
        torch.from_numpy(part).float().requires_grad_() for part in (head.weights, head.bias)
    )
    mean, deviation = (
        torch.from_numpy(part).float() for part in (head.scale.mean, head.scale.deviation)
    )
    answers = torch.from_numpy(labels)

    def loss() -> Tensor:
        means = through(model, given, modules, parts).mean(dim=(2, 3))
        scores = (means - mean) / deviation @ weights.T + bias
        return functional.cross_entropy(scores, answers) + PENALTY / 2 * weights.square().sum()

    free = [*parts.values(), weights, bias]
    kept = [[torch.zeros_like(part) for part in free]]
    how = How("sgd", RATE, MOMENTUM)
    before = 0.0
    for step in range(STEPS):
        found = loss()
        before = before if step else float(found.detach())
        gradients = torch.autograd.grad(found, free)
        with torch.no_grad():
            stepped(free, gradients, kept, how, step + 1)
    with torch.no_grad():
        after = float(loss())
    if not after < max(before, log(len(bias))) + ROUNDED:  # nor if it is no number
        raise Problem(
            f"with these pictures {STEPS} steps of the last modules end in a loss worse than a "
            "guess's: train fewer of them, or take other pictures",
            {"field": "modules"},
        )
    fixed = {name: part.detach() for name, part in parts.items()}
    ends = (part.detach().double().numpy() for part in (weights, bias))
    return Tuned(fixed, Head(head.scale, *ends), before, after)


def seen(model: TorchNetwork, given: Tensor, modules: int, parts: dict[str, Tensor]) -> Floats:
    """The last maps, in double precision from there on."""
    import torch

    with torch.no_grad():
        maps: Floats = through(model, given, modules, parts).double().contiguous().numpy()
    return maps


def moved(model: TorchNetwork, parts: dict[str, Tensor], module: str) -> tuple[int, float]:
    """How many weights a module has, and how far they are from where they were, as a share of their
    own size."""
    held = model.state_dict()
    names = [name for name in parts if name.startswith(f"{module}.")]
    count = sum(parts[name].numel() for name in names)
    apart = sum(float((parts[name] - held[name]).square().sum()) for name in names)
    size = sum(float(held[name].square().sum()) for name in names)
    return count, float((apart / size) ** 0.5)
