"""A training step once more, by PyTorch and by the expression graph. For a worker."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.core.experiments.training_step.answers import TrainingStepAnswer, training_step
from app.core.experiments.training_step.questions import (
    TrainingStepQuestion,
    Which,
    asked,
)
from app.core.experiments.training_step.replay import Replay, replay
from app.core.expressions.questions import PlayQuestion, play
from app.core.training.classifiers import one_thread
from app.core.training.nets import Net
from app.core.training.steps import Batch, Function
from app.core.witnesses import Witness, together, witness

AUTOGRAD, OPTIMISER = "PyTorch's autograd", "PyTorch's optimiser"
EXACT = 1e-6  # double precision, in another order


def step(question: TrainingStepQuestion) -> list[Witness]:
    """Every gradient of the chosen point, every mean over the batch, the chosen weight's gradient
    of every point, every weight after the step; and what the expression has for the chosen one."""
    which, answer = asked(question), training_step(question)
    found = replay(which)
    own, mean, each, after = by_torch(which, found)
    return [
        *together(netted(AUTOGRAD, answer["own"], own), "the gradients of this point"),
        *together(netted(AUTOGRAD, answer["mean"], mean), "the mean gradients of the batch"),
        near(AUTOGRAD, "this weight's gradient of every point", answer["weight"]["each"], each),
        *together(netted(OPTIMISER, answer["after"], after), "every weight after the step"),
        near(
            "the expression's graph",
            "this weight's gradient",
            answer["weight"]["gradient"],
            by_expression(answer),
        ),
    ]


def near(by: str, of: str, ours: Any, theirs: Any) -> Witness:
    """Numbers of one kind: what is small beside the largest may be off by more."""
    largest = float(np.max(np.abs(np.asarray(theirs, dtype=np.float64)), initial=0.0))
    return witness(by, of, ours, theirs, EXACT, least=max(1e-8, 1e-6 * largest))


def netted(by: str, ours: Any, theirs: Net) -> list[Witness]:
    parts = [*ours["weights"], *ours["biases"]]
    return [near(by, "", mine, other) for mine, other in zip(parts, theirs.parts, strict=True)]


def by_torch(which: Which, found: Replay) -> tuple[Net, Net, Any, Net]:
    """The gradients of the point, the mean ones, this weight's of every point, and the net after
    the step."""
    import torch

    weight = which.weight
    with one_thread():
        parts = [torch.tensor(part, requires_grad=True) for part in found.net.parts]
        losses = losses_by_torch(parts, found.batch, which.steps.activation)

        def gradients(loss: Any, of: Any = parts) -> list[Any]:
            return [g.numpy() for g in torch.autograd.grad(loss, of, retain_graph=True)]

        own, mean = gradients(losses[which.sample]), gradients(losses.mean())
        at = weight.layer + (len(parts) // 2 if weight.source is None else 0)
        each = [gradients(loss, [parts[at]])[0][weight.unit] for loss in losses]
        if weight.source is not None:
            each = [row[weight.source] for row in each]
        optimizer = optimizer_by_torch(parts, found, which.step)
        for part, gradient in zip(parts, mean, strict=True):
            part.grad = torch.from_numpy(np.array(gradient))
        optimizer.step()
        after = [part.detach().numpy() for part in parts]
    return Net.of(own), Net.of(mean), each, Net.of(after)


def losses_by_torch(parts: list[Any], batch: Batch, activation: Function) -> Any:
    """Every point's own loss, in a net of these weights and biases."""
    import torch
    from torch.nn import functional

    x, y = (torch.from_numpy(np.ascontiguousarray(each)) for each in (batch.x, batch.y))
    functions: dict[Function, Any] = {
        "tanh": torch.tanh,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "none": lambda x: x,
    }
    half = len(parts) // 2
    for i in range(half):
        x = functional.linear(x, parts[i], parts[half + i])
        if i < half - 1:
            x = functions[activation](x)
            x = x * torch.from_numpy(batch.masks[i]) if batch.masks else x
    if x.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(x[:, 0], y, reduction="none")
    return functional.cross_entropy(x, y, reduction="none")


def optimizer_by_torch(parts: list[Any], found: Replay, step: int) -> Any:
    """The run's optimiser, with what it remembers of each part."""
    import torch

    rule = found.rule
    how: dict[str, Any] = {"lr": rule.rate, "weight_decay": rule.penalty}
    made: Any
    if rule.optimizer == "adam":
        names, made = ["exp_avg", "exp_avg_sq"], torch.optim.Adam(parts, **how)
    else:
        names, made = ["momentum_buffer"], torch.optim.SGD(parts, momentum=rule.momentum, **how)
    for name, held in zip(names, found.stand.memory, strict=False):
        for part, each in zip(parts, held.parts, strict=True):
            made.state[part][name] = torch.from_numpy(np.array(each))
            made.state[part]["step"] = torch.tensor(float(step))
    return made


def by_expression(answer: TrainingStepAnswer) -> float:
    """The gradient of the weight in the expression that the figure opens."""
    told = answer["expression"]
    question = PlayQuestion(expression=told["expression"], inputs=told["inputs"])
    nodes = play(question)["nodes"]
    found = next(node["gradient"] for node in nodes if node["id"] == told["input"])
    return float(np.asarray(found)[tuple(told["at"])])
