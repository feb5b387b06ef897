"""Deep convolutional nets on digits, plain and residual, on torch: 7 x 7 maps of a few channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.core.training.classifiers import EPSILON, HE, one_thread
from app.core.training.digits import CLASSES, SIDE, Digits, Floats
from app.core.training.nets import START, chosen
from app.core.training.points import random

if TYPE_CHECKING:
    from torch import Tensor

CHANNELS, KERNEL = 8, 3
MAP = (SIDE // 2) ** 2  # places of a map, after the first layer's stride of 2


class Plan(NamedTuple):
    """`depth` layers with weights: a first convolution, blocks of two, and a linear layer."""

    depth: int
    skip: bool

    @property
    def convolutions(self) -> int:
        return self.depth - 1

    @property
    def cost(self) -> int:
        """Multiply-adds of one sample, there and back."""
        return 3 * MAP * CHANNELS * KERNEL**2 * (1 + CHANNELS * (self.convolutions - 1))


class Trained(NamedTuple):
    """Of each convolution its weights and the scale and shift of its batch norm, then the linear
    layer; the momentum of each; the steps taken; the norm of each layer's gradient then, and the
    mean loss since the last moment."""

    parts: tuple[Floats, ...]
    moving: tuple[Floats, ...]
    step: int = 0
    gradients: tuple[float, ...] = ()
    loss: float = float("nan")


def start(plan: Plan, seed: int) -> Trained:
    """As He starts: a normal distribution whose variance is two over the inputs."""
    numbers = random(seed, START)
    parts: list[Floats] = []
    for i in range(plan.convolutions):
        inputs = 1 if i == 0 else CHANNELS
        spread = (HE / (inputs * KERNEL**2)) ** 0.5
        weights = spread * numbers.standard_normal((CHANNELS, inputs, KERNEL, KERNEL))
        parts += [weights.astype(np.float32), np.ones(CHANNELS, np.float32)]
        parts.append(np.zeros(CHANNELS, np.float32))
    bound = CHANNELS**-0.5
    parts.append(numbers.uniform(-bound, bound, (CLASSES, CHANNELS)).astype(np.float32))
    parts.append(np.zeros(CLASSES, np.float32))
    return Trained(tuple(parts), tuple(np.zeros_like(part) for part in parts))


def forward(plan: Plan, parts: list[Tensor], x: Tensor) -> Tensor:
    """The logits; batch norm by the statistics of what it is given."""
    import torch
    from torch.nn import functional

    def convolved(x: Tensor, i: int) -> Tensor:
        weights, scale, shift = parts[3 * i : 3 * i + 3]
        x = functional.conv2d(x, weights, None, 2 if i == 0 else 1, 1)
        return functional.batch_norm(x, None, None, scale, shift, True, 0.1, EPSILON)

    x = torch.relu(convolved(x.reshape(-1, 1, SIDE, SIDE), 0))
    for i in range(1, plan.convolutions, 2):
        given = x
        x = convolved(torch.relu(convolved(x, i)), i + 1)
        x = torch.relu(given + x if plan.skip else x)
    return functional.linear(x.mean((2, 3)), parts[-2], parts[-1])


def trained(
    plan: Plan, state: Trained, data: Digits, rate: float, batch: int, steps: int, seed: int
) -> Trained:
    """So many steps further; of none, the loss and the gradients before the first."""
    import torch
    from torch.nn import functional

    with one_thread():
        parts = [torch.from_numpy(part.copy()).requires_grad_() for part in state.parts]
        moving = [torch.from_numpy(part.copy()) for part in state.moving]
        losses = []
        for step in range(state.step, state.step + max(1, steps)):
            some = chosen(step, batch, len(data.y), seed)
            x, y = torch.from_numpy(data.x[some]), torch.from_numpy(data.y[some])
            loss = functional.cross_entropy(forward(plan, parts, x), y)
            gradients = torch.autograd.grad(loss, parts)
            losses.append(float(loss.detach()))
            if steps:
                with torch.no_grad():
                    torch._foreach_mul_(moving, 0.9)
                    torch._foreach_add_(moving, list(gradients))
                    torch._foreach_sub_(parts, moving, alpha=rate)
    sizes = [float(gradients[3 * i].norm()) for i in range(plan.convolutions)]
    return Trained(
        tuple(part.detach().numpy() for part in parts),
        tuple(part.numpy() for part in moving),
        state.step + steps,
        (*sizes, float(gradients[-2].norm())),
        float(np.mean(losses)),
    )
