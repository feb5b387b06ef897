"""The step itself, on torch in double precision: what goes forward and back in it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.core.errors import Problem
from app.core.experiments.training_step.layered.places import Index, Place, is_norm, source
from app.core.layers.table import AnyLayer
from app.core.networks.network import Network
from app.core.training.classifiers import one_thread
from app.core.training.layered import Layered, Standing, coupled, layer_of, stages
from app.core.training.points import Array
from app.core.training.steps import Batch

if TYPE_CHECKING:
    from torch import Tensor

EACH = 100  # steps between the states that are kept
PACE, OVERHEAD, MOST_SECONDS = 4e9, 4e6, 8.0  # multiply-adds a second, and those of a small step


@lru_cache(maxsize=16)
def kept(steps: Layered, count: int) -> Any:
    """The run's state after so many times EACH steps."""
    return steps.further(kept(steps, count - 1), count * EACH) if count else steps.begin()


def state_at(steps: Layered, step: int) -> Any:
    return steps.further(kept(steps, step // EACH), step)


def check(steps: Layered, step: int) -> None:
    """Raises Problem where the step would take too long to come to, or to look into."""
    each = (steps.work + OVERHEAD) / PACE
    if coupled(steps.network) and each * steps.seen > MOST_SECONDS:
        raise Problem(
            "With batch norm each picture's own gradient takes a way back through the whole batch: "
            f"of {steps.seen} pictures that is about {each * steps.seen:.0f} seconds, and "
            f"{MOST_SECONDS:g} are the most; ask for a smaller batch",
            {"field": "batch"},
        )
    if each * (step + 1) > MOST_SECONDS:
        raise Problem(
            f"step {step} of this run comes after about {each * (step + 1):.0f} seconds of it, and "
            f"{MOST_SECONDS:g} are the most: steps up to {int(MOST_SECONDS / each) - 1} can be "
            "looked into",
            {"field": "step"},
        )


class Found(NamedTuple):
    """One step. `stand` and `after`: where the net stands before and after it. `outs` and `backs`,
    a layer each: what it gives for every picture (of what leaves numbers out: after that), and the
    gradient of the chosen picture's own loss by it. `own` and `mean`: by parameter, the gradients
    of that loss and of the mean. `each`: every picture's own gradient by the chosen weight.
    `losses`: each picture's own; `train`: the loss on all before the step."""

    steps: Layered
    step: int
    sample: int
    weight: Place
    stand: Standing
    after: Standing
    batch: Batch
    x: Tensor
    outs: list[Tensor]
    backs: list[Tensor]
    own: dict[str, Array]
    mean: dict[str, Array]
    each: Array
    losses: Array
    train: float
    masks: dict[str, Any]
    sources: list[tuple[int, ...]]

    @property
    def network(self) -> Network:
        return self.steps.network

    @property
    def stages(self) -> list[int]:
        return stages(self.network)

    def row(self, place: int) -> AnyLayer:
        return layer_of(self.network, place)

    def given(self, place: int) -> Tensor:
        """What a layer is given, of all pictures."""
        i = self.sources[place][0]
        return self.x if i < 0 else self.outs[i]

    def out(self, place: int) -> Array:
        """What a layer gives for the chosen picture; of -1 the picture itself."""
        some = self.x if place < 0 else self.outs[place]
        return numpy(some[self.sample])

    def taken(self, place: int) -> Array:
        """What a layer is given for it, of several the first."""
        return self.out(self.sources[place][0])

    def back(self, place: int) -> Array:
        """The gradient of that picture's loss by it."""
        return numpy(self.backs[place][self.sample])

    def part(self, place: int, name: str) -> Array:
        """Weights or biases of a layer before the step; none: 0."""
        held = self.stand.parts.get(f"{self.network.layers[place].name}.{name}")
        shape = self.row(place).weights.get(name) or self.row(place).weights["weight"][:1]
        return np.zeros(shape) if held is None else held.astype(float)

    def statistics(self, place: int) -> tuple[Array, Array]:
        """Mean and variance by which batch norm goes in this batch, by channel."""
        given = self.given(place)
        axes = (0, *range(2, given.dim()))
        return numpy(given.mean(axes)), numpy(given.var(axes, unbiased=False))


def numpy(some: Tensor) -> Array:
    found: Array = some.detach().numpy()
    return found


def replay(steps: Layered, step: int, sample: int, name: Place | None) -> Found:
    """Raises Problem where the run has gone out of bounds before that step or in it. Without a
    name the weight is the one of the first layer that its loss has the largest gradient by."""
    import torch
    from torch.nn import functional

    from app.core.networks.torch_network import TorchNetwork

    state = state_at(steps, step)
    stand, batch = steps.stand(state), steps.batch(step)
    after = steps.stand(steps.further(state, step + 1))
    train = steps.loss(state)
    numbers = (*stand.parts.values(), *after.parts.values(), np.array(train))
    if not all(np.isfinite(part).all() for part in numbers):
        raise Problem(
            f"at step {step} this net has numbers beyond all bounds: nothing can be told of it",
            {"field": "step"},
        )
    network = steps.network
    masks = {key: torch.from_numpy(m.astype(float)) for key, m in steps.masks(state, step).items()}
    with one_thread():
        model = TorchNetwork(network).double().train()
        free = dict(model.named_parameters())
        with torch.no_grad():
            for key, part in free.items():
                part.copy_(torch.from_numpy(stand.parts[key]))
        x = torch.from_numpy(batch.x.astype(float)).reshape(-1, *network.input)
        x.requires_grad_()
        outs = walked(model, x, masks)
        losses = functional.cross_entropy(outs[-1], torch.from_numpy(batch.y), reduction="none")
        every = [*outs, *free.values()]
        found = torch.autograd.grad(
            losses[sample], every, retain_graph=True, materialize_grads=True
        )
        backs, own = list(found[: len(outs)]), by_name(free, found[len(outs) :])
        middle = torch.autograd.grad(
            losses.mean(), list(free.values()), retain_graph=True, materialize_grads=True
        )
        mean = by_name(free, middle)
        weight = name or steepest(network, own)
        at = stages(network)[weight.layer]
        factor = factors(network, at, weight, x if (i := model.sources[at][0]) < 0 else outs[i])
        each = gradients(losses, outs[at], factor, weight.unit, coupled(network))
    return Found(
        steps, step, sample, weight, stand, after, batch, x, outs, backs, own, mean,
        each, numpy(losses), train, masks, model.sources,
    )  # fmt: skip


def by_name(free: dict[str, Any], gradients: Any) -> dict[str, Array]:
    return {key: numpy(each) for key, each in zip(free, gradients, strict=True)}


def walked(model: Any, x: Tensor, masks: dict[str, Any]) -> list[Tensor]:
    """What each layer gives; by name, what is multiplied with a mask of the step's own."""
    found: list[Tensor] = []
    nodes = model.network.layers
    for node, step, sources in zip(nodes, model.steps, model.sources, strict=True):
        given = [found[i] if i >= 0 else x for i in sources]
        out = given[0] * masks[node.name] if node.name in masks else step(*given)
        found.append(out.view_as(out) if out is given[0] else out)
    return found


def steepest(network: Network, own: dict[str, Array]) -> Place:
    """The weight of the first layer whose gradient is the largest."""
    found = np.abs(own[f"{network.layers[stages(network)[0]].name}.weight"])
    return Place(0, False, tuple(int(i) for i in np.unravel_index(found.argmax(), found.shape)))


def factors(network: Network, at: int, weight: Place, given: Tensor) -> Tensor:
    """What a weight is multiplied with: of each picture a number for each place of its layer's
    output (0 where a kernel lies on padding)."""
    import torch
    from torch.nn import functional

    row = layer_of(network, at)
    if weight.bias:
        return torch.ones((), dtype=given.dtype)
    if is_norm(row):
        axes = (0, *range(2, given.dim()))
        mean, variance = given.mean(axes), given.var(axes, unbiased=False)
        deviation: Tensor = (variance[weight.unit] + row.arguments["eps"]).sqrt()
        return ((given[:, weight.unit] - mean[weight.unit]) / deviation).detach()
    if row.type == "Linear":
        return given[:, weight.indices[1]].detach()
    high, wide = row.sliding
    padding = (wide.padding, wide.padding + wide.extra, high.padding, high.padding + high.extra)
    padded = functional.pad(given[:, source(row, *weight.indices[:2])].detach(), padding)
    slides = []
    for window, tap, n in zip((high, wide), weight.indices[2:], given.shape[2:], strict=True):
        first = tap * window.dilation
        slides.append(slice(first, first + window.stride * window.output(n), window.stride))
    taken: Tensor = padded[:, slides[0], slides[1]]
    return taken


def gradients(losses: Tensor, out: Tensor, factor: Tensor, unit: int, whole: bool) -> Array:
    """The gradient of every picture's own loss by a weight: what comes back to its unit times what
    it was multiplied with, summed over the places, and over the batch where pictures meet in it."""
    import torch

    def back(loss: Tensor) -> Tensor:
        return torch.autograd.grad(loss, out, retain_graph=True)[0][:, unit] * factor

    if whole:
        return np.array([float(back(loss).sum()) for loss in losses])
    return numpy(back(losses.sum()).reshape(len(losses), -1).sum(1))


def terms(found: Found) -> tuple[Array, Array, float]:
    """Of the chosen weight and picture: at each place of the layer's output what comes back and
    what the weight is multiplied with; and what the other pictures of the batch add."""
    at, weight = found.stages[found.weight.layer], found.weight
    back = found.backs[at][:, weight.unit]
    factor = factors(found.network, at, weight, found.given(at)).expand_as(back)
    own = back[found.sample], factor[found.sample]
    others = float((back * factor).sum() - (own[0] * own[1]).sum())
    return numpy(own[0]), numpy(own[1]), others if coupled(found.network) else 0.0


def local(found: Found, place: int, below: int, into: Index, out: Index) -> float:
    """How much of the gradient by one number that a layer gives goes back to one that it is given
    by the layer `below` (-1: the picture); of batch norm as if the batch's statistics stood."""
    import torch

    row = found.row(place)
    if is_norm(row):
        _, variance = found.statistics(place)
        scale = found.part(place, "weight")[out[0]] if row.weights else 1.0
        return float(scale / (variance[out[0]] + row.arguments["eps"]) ** 0.5)
    given = found.x if below < 0 else found.outs[below]
    [gradient] = torch.autograd.grad(
        found.outs[place][(found.sample, *out)], given, retain_graph=True
    )
    return float(gradient[(found.sample, *into)])
