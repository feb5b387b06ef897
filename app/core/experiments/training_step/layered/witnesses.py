"""A step of such a net once more, by PyTorch's modules and its optimiser. For a worker."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.core.experiments.training_step.layered.answers import asked
from app.core.experiments.training_step.layered.replay import Found, numpy, walked
from app.core.experiments.training_step.layered.tellings import changed
from app.core.experiments.training_step.questions import TrainingStepQuestion
from app.core.training.classifiers import one_thread
from app.core.training.layered import Layered
from app.core.witnesses import Witness, in_single, witness

AUTOGRAD, OPTIMISER = "PyTorch's autograd", "PyTorch's optimiser"
EXACT = 1e-6  # double precision, in another order
MOST = 32  # pictures whose gradients are found one by one


def step(steps: Layered, question: TrainingStepQuestion) -> list[Witness]:
    """The chosen weight's gradient of every picture of the batch, and their mean, by autograd of
    each loss alone; and where the optimiser takes the weight."""
    found = asked(steps, question)
    each, mean, after = by_torch(found)
    largest = float(np.abs(each).max(initial=0.0))
    some = f"this weight's gradient of {'every picture' if len(each) < MOST else 'each picture'}"
    least = max(1e-8, 1e-6 * largest)
    change = changed(found)
    return [
        witness(AUTOGRAD, some, found.each[: len(each)], each, EXACT, least=least),
        witness(AUTOGRAD, "their mean", change.mean, mean, EXACT, least=least),
        in_single(OPTIMISER, "this weight after the step", [change.after], [after]),
    ]


def by_torch(found: Found) -> tuple[Any, float, float]:
    """The gradients, their mean, and the weight after the step."""
    import torch
    from torch.nn import functional

    from app.core.networks.torch_network import TorchNetwork

    weight = found.weight
    name = f"{found.network.layers[found.stages[weight.layer]].name}.{weight.part}"
    with one_thread():
        model = TorchNetwork(found.network).double().train()
        free = dict(model.named_parameters())
        with torch.no_grad():
            for key, part in free.items():
                part.copy_(torch.from_numpy(found.stand.parts[key]))
        out = walked(model, found.x.detach(), found.masks)[-1]
        y = torch.from_numpy(found.batch.y)

        def gradient(loss: Any) -> Any:
            return torch.autograd.grad(loss, free[name], retain_graph=True)[0]

        losses = functional.cross_entropy(out, y, reduction="none")
        each = [float(gradient(loss)[weight.indices]) for loss in losses[:MOST]]
        mean = gradient(losses.mean())
        after = stepped(found, name, free[name], mean)
    return np.array(each), float(mean[weight.indices]), float(after[weight.indices])


def stepped(found: Found, name: str, part: Any, gradient: Any) -> Any:
    """The weights of that layer after a step of PyTorch's own optimiser, with what it remembers."""
    import torch

    if name in found.steps.still:
        return numpy(part)
    rule = found.steps.rule
    made: Any
    if rule.optimizer == "adam":
        names, made = ["exp_avg", "exp_avg_sq"], torch.optim.Adam([part], lr=rule.rate)
    else:
        names = ["momentum_buffer"]
        made = torch.optim.SGD([part], lr=rule.rate, momentum=rule.momentum)
    for key, held in zip(names, found.stand.memory, strict=True):
        made.state[part][key] = torch.from_numpy(held[name].astype(float))
    made.state[part]["step"] = torch.tensor(float(found.step))
    part.grad = gradient.clone()
    made.step()
    return numpy(part)
