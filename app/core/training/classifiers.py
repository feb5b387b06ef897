"""Dense nets that tell classes apart, on torch: what each step of the loop does to them.

Numbers travel as numpy's between slices. Everything of chance comes from the seed and the place in
the run. torch is imported where it is used: the web process reads the tables of these experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from app.core.training.digits import Digits, Floats
from app.core.training.nets import DROPPED, START, Net, count, seen
from app.core.training.points import random
from app.core.training.steps import Stand

if TYPE_CHECKING:
    from torch import Tensor

Activation = Literal["relu", "sigmoid", "none"]
EPSILON, MOMENTUM = 1e-5, 0.1  # of batch norm; torch's
HE, XAVIER = 2.0, 1.0  # variance of a weight, times the inputs


class Plan(NamedTuple):
    """Which net: `sizes` of its layers, the inputs first. `norm`: batch norm before each
    activation; `skip`: a block's input is added to what it gives, where they are of one size;
    `dropped`: the share of hidden units left out at each step, the rest scaled up for it. `start`:
    as torch's Linear starts, or normal with a standard deviation of so many times He's (ReLU) or
    Xavier's. `frozen`: no gradient reaches the layers below the last. `twice`: softmax is in the
    net and in the loss."""

    sizes: tuple[int, ...]
    activation: Activation = "relu"
    norm: bool = False
    skip: bool = False
    dropped: float = 0.0
    start: float | None = None
    frozen: bool = False
    twice: bool = False

    @property
    def cost(self) -> int:
        """Multiply-adds of one sample, there and back."""
        return 3 * count(self.sizes)


class How(NamedTuple):
    rate: float
    momentum: float = 0.9
    batch: int = 0


class Trained(NamedTuple):
    """Weights and biases of each layer (and scale and shift of batch norm), the momentum of each,
    the running mean and variance of each batch norm, and the steps taken."""

    parts: tuple[Floats, ...]
    moving: tuple[Floats, ...]
    running: tuple[Floats, ...]
    step: int = 0


class Sizes(NamedTuple):
    """Layer by layer: root mean square of what it gives, and norm of the gradient of its weights;
    and the first layer with a number out of bounds."""

    activations: list[float]
    gradients: list[float]
    where: str | None


def start(plan: Plan, seed: int) -> Trained:
    numbers = random(seed, START)
    parts: list[Floats] = []
    running: list[Floats] = []
    layers = list(pairwise(plan.sizes))
    for i, (inputs, outputs) in enumerate(layers):
        if plan.start is None:
            bound = inputs**-0.5
            parts.append(numbers.uniform(-bound, bound, (outputs, inputs)).astype(np.float32))
            parts.append(numbers.uniform(-bound, bound, outputs).astype(np.float32))
        else:
            spread = plan.start * ((HE if plan.activation == "relu" else XAVIER) / inputs) ** 0.5
            weights = spread * numbers.standard_normal((outputs, inputs))
            parts += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
        if plan.norm and i < len(layers) - 1:
            parts += [np.ones(outputs, np.float32), np.zeros(outputs, np.float32)]
            running += [np.zeros(outputs, np.float32), np.ones(outputs, np.float32)]
    return Trained(tuple(parts), tuple(np.zeros_like(part) for part in parts), tuple(running))


def by_name(plan: Plan, state: Trained) -> dict[str, Floats]:
    """The parameters of a net without batch norm or skips, by the names that its program's
    nn.Sequential gives them: activations and dropout take a place each."""
    places = 1 + (plan.activation != "none") + bool(plan.dropped)
    return {
        f"{places * (i // 2)}.{('weight', 'bias')[i % 2]}": part
        for i, part in enumerate(state.parts)
    }


def stand(state: Trained) -> Stand:
    """A net without batch norm, and its momentum, as a step of it is told."""
    both = ([part.astype(float) for part in each] for each in (state.parts, state.moving))
    net, moving = (Net(tuple(each[::2]), tuple(each[1::2])) for each in both)
    return Stand(net, (moving,))


def masks(plan: Plan, step: int, seed: int) -> list[Floats]:
    """Of each hidden layer: 0 where a unit is left out at that step, else what makes up for it."""
    if not plan.dropped:
        return []
    numbers = random(seed, DROPPED, step)
    return [
        ((numbers.uniform(size=size) >= plan.dropped) / (1 - plan.dropped)).astype(np.float32)
        for size in plan.sizes[1:-1]
    ]


class Pass(NamedTuple):
    """One way through a net: its logits, what each layer gives, batch statistics as they run."""

    logits: Tensor
    outs: list[Tensor]
    running: list[Tensor]


def forward(
    plan: Plan,
    parts: Sequence[Tensor],
    running: Sequence[Tensor],
    x: Tensor,
    dropped: Sequence[Tensor] = (),
    training: bool = False,
) -> Pass:
    import torch
    from torch.nn import functional

    outs: list[Tensor] = []
    kept = [each.clone() for each in running] if training else list(running)
    each = 4 if plan.norm else 2
    last = len(plan.sizes) - 2
    for i in range(last + 1):
        weights, bias = parts[each * i], parts[each * i + 1]
        given = x
        if plan.frozen and i == last:
            x = x.detach()
        x = functional.linear(x, weights, bias)
        if i < last:
            if plan.norm:
                scale, shift = parts[each * i + 2 : each * i + 4]
                mean, variance = kept[2 * i : 2 * i + 2]
                x = functional.batch_norm(
                    x, mean, variance, scale, shift, training, MOMENTUM, EPSILON
                )
            if plan.activation == "relu":
                x = torch.relu(x)
            elif plan.activation == "sigmoid":
                x = torch.sigmoid(x)
            if plan.skip and given.shape == x.shape:
                x = given + x
            if dropped:
                x = x * dropped[i]
        elif plan.twice:
            x = torch.softmax(x, 1)
        outs.append(x)
    return Pass(x, outs, kept)


@contextmanager
def one_thread() -> Iterator[None]:
    """As in the workers: two threads add in another order, and so to other digits."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


Vary = Callable[[int, Digits], Digits]


def trained(
    plan: Plan,
    state: Trained,
    data: Digits,
    how: How,
    steps: int,
    seed: int,
    vary: Vary | None = None,
) -> tuple[Trained, Sizes]:
    """So many steps further, and the sizes in the last of them. `vary` makes of a step's digits
    those it learns from."""
    import torch
    from torch.nn import functional

    with one_thread():
        parts = [torch.from_numpy(part.copy()).requires_grad_() for part in state.parts]
        moving = [torch.from_numpy(part.copy()) for part in state.moving]
        running = [torch.from_numpy(part.copy()) for part in state.running]
        for step in range(state.step, state.step + steps):
            places = seen(step, how.batch, len(data.y), seed)
            some = data if places is None else Digits(data.x[places], data.y[places])
            if vary:
                some = vary(step, some)
            x, y = torch.from_numpy(some.x), torch.from_numpy(some.y)
            dropped = [torch.from_numpy(mask) for mask in masks(plan, step, seed)]
            way = forward(plan, parts, running, x, dropped, training=True)
            running = way.running
            loss = functional.cross_entropy(way.logits, y)
            gradients = torch.autograd.grad(loss, parts, allow_unused=True)
            with torch.no_grad():
                moves = [i for i, gradient in enumerate(gradients) if gradient is not None]
                some_moving = [moving[i] for i in moves]
                torch._foreach_mul_(some_moving, how.momentum)
                torch._foreach_add_(some_moving, [gradients[i] for i in moves])
                torch._foreach_sub_([parts[i] for i in moves], some_moving, alpha=how.rate)
        sizes = sized(plan, way.outs, gradients)
    weights, moments, means = (
        tuple(each.detach().numpy() for each in some) for some in (parts, moving, running)
    )
    return Trained(weights, moments, means, state.step + steps), sizes


def sized(plan: Plan, outs: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> Sizes:
    each = 4 if plan.norm else 2
    weights = [gradients[each * i] for i in range(len(outs))]
    given = [float(out.detach().pow(2).mean().sqrt()) for out in outs]
    back = [0.0 if gradient is None else float(gradient.norm()) for gradient in weights]
    bad = [i for i, pair in enumerate(zip(given, back, strict=True)) if not np.isfinite(pair).all()]
    return Sizes(given, back, f"layer {bad[0] + 1}" if bad else None)


def broken(plan: Plan, state: Trained) -> str | None:
    """The first layer with weights that are no numbers any more."""
    each = 4 if plan.norm else 2
    for i in range(len(plan.sizes) - 1):
        if not all(np.isfinite(part).all() for part in state.parts[each * i : each * i + 2]):
            return f"layer {i + 1}"
    return None


def sizes_of(plan: Plan, state: Trained, data: Digits) -> Sizes:
    """The sizes of one step on these digits that is not taken."""
    return trained(plan, state, data, How(0.0), 1, 0)[1]


def percent(logits: Tensor) -> list[int]:
    """Of two classes, how sure these are of the second; empty where that is no number."""
    import torch

    found = (100 * torch.softmax(logits, 1)[:, 1]).round()
    return found.int().tolist() if bool(found.isfinite().all()) else []


def sure(plan: Plan, state: Trained, x: Floats) -> list[int]:
    """The same at each of these points, in percent."""
    import torch

    with one_thread(), torch.no_grad():
        parts, running = (list(map(torch.from_numpy, each)) for each in state[::2])
        return percent(forward(plan, parts, running, torch.from_numpy(x)).logits)


class Score(NamedTuple):
    """`named`: the class it gives each picture."""

    loss: float
    right: float
    named: list[int]
    sums_to_one: bool


def scored(plan: Plan, state: Trained, data: Digits, own: bool = False) -> Score:
    """The whole net, as it is used: nothing dropped, batch norm by its running statistics; or, if
    `own`, by those of these digits, since at the start it has run over none."""
    import torch
    from torch.nn import functional

    with one_thread(), torch.no_grad():
        parts = [torch.from_numpy(part) for part in state.parts]
        running = [torch.from_numpy(part) for part in state.running]
        logits = forward(plan, parts, running, torch.from_numpy(data.x), training=own).logits
        y = torch.from_numpy(data.y)
        loss = float(functional.cross_entropy(logits, y))
        named = logits.argmax(1)
        sums = bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-4).all())
        return Score(loss, float((named == y).float().mean()), named.tolist(), sums)


def losses(plan: Plan, state: Trained, data: Digits) -> Floats:
    """The loss of each picture, with the whole net."""
    import torch
    from torch.nn import functional

    with one_thread(), torch.no_grad():
        parts, running = (list(map(torch.from_numpy, each)) for each in state[::2])
        logits = forward(plan, parts, running, torch.from_numpy(data.x)).logits
        found = functional.cross_entropy(logits, torch.from_numpy(data.y), reduction="none")
        return np.asarray(found.numpy())
