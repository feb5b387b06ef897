"""A training step once more, by PyTorch and by the expression graph. For a worker."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.core.experiments.training_step.answers import TrainingStepAnswer, training_step
from app.core.experiments.training_step.questions import TrainingStepQuestion, asked
from app.core.experiments.training_step.replay import Replay, replay
from app.core.expressions.questions import PlayQuestion, play
from app.core.training.classifiers import one_thread
from app.core.training.nets import Net
from app.core.witnesses import Witness, together, witness

AUTOGRAD, OPTIMISER = "PyTorch's autograd", "PyTorch's optimiser"
EXACT = 1e-6  # double precision, in another order


def step(question: TrainingStepQuestion) -> list[Witness]:
    """Every gradient of the chosen point, every mean over the batch, the chosen weight's gradient
    of every point, every weight after the step; and what the expression has for the chosen one."""
    which, answer = asked(question), training_step(question)
    found = replay(which)
    own, mean, each, after = by_torch(found, which.sample, answer)
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


def by_torch(found: Replay, sample: int, answer: TrainingStepAnswer) -> tuple[Net, Net, Any, Net]:
    """The gradients of the point, the mean ones, this weight's of every point, and the net after
    the step."""
    import torch
    from torch.nn import functional

    how, half = found.how, len(found.net.weights)
    with one_thread():
        parts = [torch.tensor(part, requires_grad=True) for part in found.net.parts]
        x = torch.from_numpy(np.ascontiguousarray(found.points.x))
        y = torch.from_numpy(np.ascontiguousarray(found.points.y))
        functions = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}
        for i in range(half):
            x = functional.linear(x, parts[i], parts[half + i])
            x = functions[how.activation](x) if i < half - 1 else x
        losses = functional.binary_cross_entropy_with_logits(x[:, 0], y, reduction="none")

        def gradients(loss: Any, of: Any = parts) -> list[Any]:
            return [g.numpy() for g in torch.autograd.grad(loss, of, retain_graph=True)]

        own, mean = gradients(losses[sample]), gradients(losses.mean())
        weight = answer["weight"]
        layer, unit, source = weight["layer"] - 1, weight["unit"] - 1, weight["source"]
        at = layer if source is not None else half + layer
        each = [gradients(loss, [parts[at]])[0][unit] for loss in losses]
        if source is not None:
            each = [row[source - 1] for row in each]
        kind: Any = torch.optim.SGD if how.optimizer == "sgd" else torch.optim.Adam
        optimizer = kind(parts, lr=how.rate, weight_decay=how.penalty)
        for part, g, m, v in zip(parts, mean, found.state.mean, found.state.square, strict=True):
            part.grad = torch.from_numpy(np.array(g))
            if how.optimizer == "adam":
                optimizer.state[part] = {
                    "step": torch.tensor(float(found.state.step)),
                    "exp_avg": torch.from_numpy(np.array(m)),
                    "exp_avg_sq": torch.from_numpy(np.array(v)),
                }
        optimizer.step()
        after = [part.detach().numpy() for part in parts]
    return Net.of(own), Net.of(mean), each, Net.of(after)


def by_expression(answer: TrainingStepAnswer) -> float:
    """The gradient of the weight in the expression that the figure opens."""
    told = answer["expression"]
    question = PlayQuestion(expression=told["expression"], inputs=told["inputs"])
    nodes = play(question)["nodes"]
    found = next(node["gradient"] for node in nodes if node["id"] == told["input"])
    return float(np.asarray(found)[tuple(told["at"])])
