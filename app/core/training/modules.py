"""Networks of the project's own layers as they learn from pictures, on torch.

Numbers travel as numpy's between slices; the modules themselves stay with the worker and are filled
anew. torch is imported where it is used: the web process reads the tables of these experiments.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from app.core.networks.network import Network
from app.core.training.classifiers import one_thread, percent
from app.core.training.digits import Digits, Floats
from app.core.training.nets import MEMORY, TINY, chosen

if TYPE_CHECKING:
    from torch import Tensor

Optimizer = Literal["sgd", "adam"]
SEEDS = 100_003  # more than any run has steps


class How(NamedTuple):
    """How a network is trained; `momentum` is SGD's, Adam has its own."""

    optimizer: Optimizer = "sgd"
    rate: float = 0.05
    momentum: float = 0.9
    batch: int = 32


class Trained(NamedTuple):
    """Parameters by name, what the optimiser remembers of each (Adam: mean and square), the running
    statistics of batch norm, and the steps taken."""

    parts: dict[str, Floats]
    moving: dict[str, tuple[Floats, ...]]
    running: dict[str, Any]
    step: int = 0


class Sizes(NamedTuple):
    """By name of each weight: norm of its gradient, and of its last move over its own; and the
    first layer that has a number out of bounds."""

    gradients: dict[str, float]
    moves: dict[str, float]
    where: str | None


@lru_cache(maxsize=4)
def module(network: Network) -> Any:
    """A module of these layers, whose numbers are whatever was last put in."""
    import torch

    from app.core.networks.torch_network import TorchNetwork

    # Channels last is half the time where there are so few of them.
    return TorchNetwork(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def start(network: Network, seed: int, he: bool = False) -> Trained:
    """As torch starts its layers, or as He does; the same for the same seed."""
    import torch

    from app.core.networks.torch_network import TorchNetwork, initialise

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        made = TorchNetwork(network)
        if he:
            initialise(made)
    parts = {name: part.detach().numpy() for name, part in made.named_parameters()}
    return Trained(parts, {}, {name: part.numpy() for name, part in made.named_buffers()})


def filled(network: Network, state: Trained) -> Any:
    """The module with the numbers of this state."""
    import torch

    found = module(network)
    with torch.no_grad():
        for some, held in (
            (found.named_parameters(), state.parts),
            (found.named_buffers(), state.running),
        ):
            for name, part in some:
                part.copy_(torch.from_numpy(held[name]))
    return found


def shaped(network: Network, data: Digits) -> Tensor:
    import torch

    return torch.from_numpy(data.x).reshape(-1, *network.input)


def trained(
    network: Network,
    state: Trained,
    data: Digits,
    how: How,
    steps: int,
    seed: int,
    frozen: Collection[str] = (),
) -> tuple[Trained, Sizes]:
    """So many steps further, and the sizes in the last of them. Parameters named in `frozen` stay
    as they are, to the bit."""
    import torch
    from torch.nn import functional

    with one_thread(), torch.random.fork_rng(devices=[]):
        net = filled(network, state).train()
        names = [name for name, _ in net.named_parameters() if name not in frozen]
        for name, part in net.named_parameters():
            part.requires_grad_(name not in frozen)
        free = dict(net.named_parameters())
        parts = [free[name] for name in names]
        memories = 2 if how.optimizer == "adam" else 1
        moving = [
            [torch.from_numpy(held.copy()) for held in state.moving[name]]
            if name in state.moving
            else [torch.zeros_like(part) for _ in range(memories)]
            for name, part in zip(names, parts, strict=True)
        ]
        kept = [list(one) for one in zip(*moving, strict=True)]
        pictures, labels = shaped(network, data), torch.from_numpy(data.y)
        gradients: tuple[Tensor, ...] = ()
        before: list[Tensor] = []
        end = state.step + steps
        for step in range(state.step, end):
            x, y = pictures, labels
            if how.batch < len(data.y):
                some = torch.from_numpy(chosen(step, how.batch, len(data.y), seed).copy())
                x, y = x[some], y[some]
            # Of what is dropped. torch.manual_seed would write down for every other device where it
            # was called from, which takes a third of a small net's step.
            torch.default_generator.manual_seed(SEEDS * seed + step)
            loss = functional.cross_entropy(net(x.contiguous(memory_format=form(x))), y)
            gradients = torch.autograd.grad(loss, parts)
            with torch.no_grad():
                if step == end - 1:
                    before = [part.clone() for part in parts]
                stepped(parts, gradients, kept, how, step + 1)
        sizes = sized(names, parts, before, gradients)
        found = {name: part.detach().numpy().copy() for name, part in free.items()}
        memory = {
            name: tuple(one.numpy() for one in held)
            for name, held in zip(names, moving, strict=True)
        }
        running = {name: part.numpy().copy() for name, part in net.named_buffers()}
    return Trained(found, memory, running, end), sizes


def dropped(network: Network, state: Trained, x: Floats, seed: int) -> dict[str, Floats]:
    """What each layer that leaves numbers out multiplies them with in the step of that seed: 0, or
    what makes up for the others."""
    import torch

    names = [node.name for node in network.layers if "Dropout" in node.layer.type]
    if not names:
        return {}
    found: dict[str, Floats] = {}
    with one_thread(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        net = filled(network, state).train()
        given = torch.from_numpy(x).reshape(-1, *network.input)
        outs: list[Tensor] = []
        torch.default_generator.manual_seed(seed)
        for node, step, sources in zip(network.layers, net.steps, net.sources, strict=True):
            some = [outs[i] if i >= 0 else given.contiguous(memory_format=form(given))
                    for i in sources]  # fmt: skip
            if node.name in names:
                # Drawn for ones laid out in memory as they are, the same are left out.
                mask = step(torch.ones_like(some[0]))
                found[node.name] = mask.numpy()
                outs.append(some[0] * mask)
            else:
                outs.append(step(*some))
    return found


def form(x: Tensor) -> Any:
    import torch

    return torch.channels_last if x.dim() == 4 else torch.contiguous_format


def stepped(
    parts: list[Any], gradients: Any, kept: list[list[Tensor]], how: How, step: int
) -> None:
    """One step of torch's SGD with momentum, or of its Adam; `step` counts from 1."""
    import torch

    if how.optimizer == "sgd":
        [moving] = kept
        torch._foreach_mul_(moving, how.momentum)
        torch._foreach_add_(moving, gradients)
        torch._foreach_sub_(parts, moving, alpha=how.rate)
        return
    (fast, slow), (mean, square) = MEMORY, kept
    torch._foreach_lerp_(mean, gradients, 1 - fast)
    torch._foreach_mul_(square, slow)
    torch._foreach_addcmul_(square, gradients, gradients, 1 - slow)
    roots = torch._foreach_sqrt(square)
    torch._foreach_div_(roots, (1 - slow**step) ** 0.5)
    torch._foreach_add_(roots, TINY)
    torch._foreach_addcdiv_(parts, mean, roots, -how.rate / (1 - fast**step))


def sized(names: list[str], parts: list[Any], before: list[Any], gradients: Any) -> Sizes:
    """Of weights alone: a bias stands beside its weights."""
    import torch

    if not before:
        return Sizes({}, {}, None)
    weights = [i for i, name in enumerate(names) if name.endswith("weight")]
    with torch.no_grad():
        moves = torch._foreach_norm(
            torch._foreach_sub([parts[i] for i in weights], [before[i] for i in weights])
        )
        norms = torch._foreach_norm([before[i] for i in weights])
        back = torch._foreach_norm([gradients[i] for i in weights])
    numbers = torch.stack([*back, *moves, *norms]).tolist()
    count = len(weights)
    layers = [names[i].rpartition(".")[0] for i in weights]
    back_, moves_, norms_ = numbers[:count], numbers[count : 2 * count], numbers[2 * count :]
    bad = [layer for layer, size in zip(layers, back_, strict=True) if not np.isfinite(size)]
    shares = [m / n if n else 0.0 for m, n in zip(moves_, norms_, strict=True)]
    return Sizes(
        dict(zip(layers, back_, strict=True)),
        dict(zip(layers, shares, strict=True)),
        bad[0] if bad else None,
    )


class Score(NamedTuple):
    """`named`: the class it gives each picture."""

    loss: float
    right: float
    named: list[int]


def scored(network: Network, state: Trained, data: Digits) -> Score:
    """The network as it is used: nothing dropped, batch norm by its running statistics."""
    import torch
    from torch.nn import functional

    with one_thread(), torch.no_grad():
        net = filled(network, state).eval()
        x = shaped(network, data)
        logits = net(x.contiguous(memory_format=form(x)))
        y = torch.from_numpy(data.y)
        named = logits.argmax(1)
        loss = float(functional.cross_entropy(logits, y))
        return Score(loss, float((named == y).float().mean()), named.tolist())


def sure(network: Network, state: Trained, x: Floats) -> list[int]:
    """Of two classes, how sure it is of the second at each of these points, in percent; empty where
    that is no number."""
    import torch

    with one_thread(), torch.no_grad():
        return percent(filled(network, state).eval()(torch.from_numpy(x)))
