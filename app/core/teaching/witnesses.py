"""What was taught, once more by PyTorch: modules with hooks for the maps, its own optimiser for the
heads, autograd for where a score comes from. For a worker."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.teaching.answers import shared
from app.core.teaching.features import LAYER, MODEL
from app.core.teaching.heads import FOLDS, PENALTY, Head, fold_of
from app.core.teaching.lesson import Taught, taught
from app.core.teaching.pictures import inputs
from app.core.teaching.questions import TeachQuestion
from app.core.teaching.tuning import MOMENTUM, RATE, STEPS
from app.core.witnesses import SINGLE, Witness, in_single, together, witness

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.networks.torch_network import TorchNetwork

HOOKS = "hooks on PyTorch's modules"
AUTOGRAD = "PyTorch's autograd"
OPTIMISED = "PyTorch's L-BFGS"
STEPPED = "PyTorch's SGD on its own modules"
STEADY = 1e-5  # of the largest score, after so many steps in single precision
LEVEL = 1e-6  # of the slope at the start: a head with less is the best there is
ROUNDS = 400  # of L-BFGS at most


def lesson(question: TeachQuestion) -> list[Witness]:
    """Every map, the slope at every head, the scores of the held-out pictures, and the shares."""
    from app.core.activations.looks import trained
    from app.core.networks import models
    from app.core.networks.torch_network import seeded

    all_found = taught(question)
    found = [each for each in all_found if each.tuning is None]
    labels, folds = np.asarray(question.labels), fold_of(question.labels, question.seed)
    given = inputs(question)
    networks = {
        "trained": trained(MODEL),
        "untrained": seeded(models.model(MODEL).network, question.seed),
    }
    maps = {name: hooked(network, given) for name, network in networks.items()}
    return [
        *together(
            [in_single(HOOKS, "", each.features.maps, maps[each.kind.name], each.kind.title)
             for each in found if each.kind.name in maps],
            "every number of the last maps",
        ),
        *together(
            [flat(each, head, labels, folds != fold) for each in found
             for fold, head in [*enumerate(each.heads), (FOLDS, each.whole)]],
            "the slope of the loss at each head, which is 0 at the best one",
        ),
        *together([optimised(found[0], maps["trained"], labels, folds)],
                  "the scores of the pictures that are held out first"),
        *together([trained_again(each, found[0], given, labels, folds)
                   for each in all_found if each.tuning],
                  "the scores of the same pictures by the network whose last modules learned too"),
        *together([located(all_found[0], i, int(folds[i]), labels) for i in range(len(labels))],
                  "what of a margin comes from each place"),
    ]  # fmt: skip


def hooked(network: TorchNetwork, given: list[Any]) -> Tensor:
    """The last maps of each picture by itself, in double precision."""
    import torch

    from app.core.networks.hooked import Hooked

    at = network.network.position(LAYER)
    again = Hooked(network, at)
    found = []
    with torch.no_grad():
        for each in given:
            again(torch.from_numpy(each)[None])
            found.append(again.output(at)[0])
    return torch.stack(found).double()


def flat(taught: Taught, head: Head, labels: Any, of: Any) -> Witness:
    """The gradient of the loss by a head's weights beside zeros, as a share of that of no head."""
    import torch

    features = torch.from_numpy(head.scale(taught.features.means[of]))
    answers = torch.from_numpy(labels[of])

    def slope(weights: Any, bias: Any) -> Tensor:
        leaves = [torch.tensor(part, requires_grad=True) for part in (weights, bias)]
        loss = loss_of(features, answers, leaves[0], leaves[1])
        return torch.cat([part.flatten() for part in torch.autograd.grad(loss, leaves)])

    found = slope(head.weights, head.bias)
    start = slope(np.zeros_like(head.weights), np.zeros_like(head.bias))
    least = max(float(start.abs().max()), 1e-12)
    return witness(AUTOGRAD, "", np.zeros(len(found)), found, LEVEL, taught.kind.title, least)


def loss_of(features: Tensor, answers: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    import torch

    scores = features @ weights.T + bias
    return torch.nn.functional.cross_entropy(scores, answers) + PENALTY / 2 * (weights**2).sum()


def optimised(taught: Taught, maps: Tensor, labels: Any, folds: Any) -> Witness:
    """The scores that a head gives which PyTorch has found from the same pictures: those of the
    first fold, since it takes its time."""
    import torch

    means, classes = maps.mean(dim=(2, 3)), int(labels.max()) + 1
    held, scale = torch.from_numpy(folds == 0), taught.heads[0].scale
    scaled = (means - torch.from_numpy(scale.mean)) / torch.from_numpy(scale.deviation)
    answers = torch.from_numpy(labels)[~held]
    weights = torch.zeros(classes, scaled.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    best = torch.optim.LBFGS(
        [weights, bias],
        max_iter=ROUNDS,
        tolerance_grad=1e-9,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )

    def again() -> Tensor:
        best.zero_grad()
        loss = loss_of(scaled[~held], answers, weights, bias)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    best.step(again)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        scores = scaled[held] @ weights.T + bias
    return in_single(OPTIMISED, "", taught.scores[folds == 0], scores)


def trained_again(
    tuned: Taught, frozen: Taught, given: list[Any], labels: Any, folds: Any
) -> Witness:
    """The scores of the pictures of the first fold, by a whole network of PyTorch's that learned
    from the others: all layers are gone through at each step, those to be trained have a slope."""
    import torch

    from app.core.activations.looks import trained

    assert tuned.tuning
    held = torch.from_numpy(folds == 0)
    pictures, answers = torch.from_numpy(np.stack(given)), torch.from_numpy(labels)
    model = deepcopy(trained(MODEL))
    at = model.network.position(LAYER)
    modules = tuple(f"{module}." for module, _, _ in tuned.tuning.modules)
    free = [part for name, part in model.named_parameters() if name.startswith(modules)]
    for part in free:
        part.requires_grad_()
    head = frozen.heads[0]
    layer = torch.nn.Linear(head.weights.shape[1], head.weights.shape[0])
    layer.weight.data, layer.bias.data = (
        torch.tensor(part, dtype=torch.float32) for part in (head.weights, head.bias)
    )
    mean, deviation = (
        torch.tensor(part, dtype=torch.float32) for part in (head.scale.mean, head.scale.deviation)
    )

    def scores(of: Tensor) -> Tensor:
        found: Tensor = layer((model.reached(of, at).mean(dim=(2, 3)) - mean) / deviation)
        return found

    sgd = torch.optim.SGD([*free, *layer.parameters()], lr=RATE, momentum=MOMENTUM)
    for _ in range(STEPS):
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(scores(pictures[~held]), answers[~held])
        loss = loss + PENALTY / 2 * (layer.weight**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        sgd.step()
    with torch.no_grad():
        found = scores(pictures[held])
    ours = tuned.scores[folds == 0]
    return witness(STEPPED, "", ours, found, STEADY, "", float(np.abs(ours).max()))


def located(taught: Taught, i: int, fold: int, labels: Any) -> Witness:
    """The gradient of the margin by the maps, times how far each is from its mean."""
    import torch

    assert taught.features.maps is not None
    head, scores = taught.heads[fold], taught.scores[i]
    one = int(scores.argmax())
    other = int(np.argsort(-scores, kind="stable")[1]) if labels[i] == one else int(labels[i])
    _, ours = shared(taught, i, fold, one, other)
    maps = torch.from_numpy(taught.features.maps[i]).requires_grad_()
    mean, deviation = (torch.from_numpy(part) for part in (head.scale.mean, head.scale.deviation))
    scaled = (maps.mean(dim=(1, 2)) - mean) / deviation
    apart = torch.from_numpy(head.weights[one] - head.weights[other])
    (gradient,) = torch.autograd.grad(scaled @ apart, maps)
    theirs = (gradient * (maps.detach() - mean[:, None, None])).sum(dim=0)
    return witness(AUTOGRAD, "", ours, theirs, SINGLE, "", float(theirs.abs().max()) + 1e-12)
