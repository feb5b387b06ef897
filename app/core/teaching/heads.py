"""A linear head on features that stay as they are: multinomial logistic regression with L2.

The loss, the mean cross-entropy plus PENALTY / 2 times the squares of the weights, is convex: there
is one best head, whatever one begins with, and no rate to choose. Newton's method finds it, with
the directions by conjugate gradients; as many pictures as there are span all that a head can use
of the features, so no more numbers than that are sought. All in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

PENALTY = 0.01
FOLDS = 5
LEVEL = 1e-10  # the largest entry of the gradient at which a head is found
STEPS, DIRECTIONS, HALVINGS = 60, 400, 40
RANK = 1e-12  # of the largest eigenvalue: what is smaller is nothing
TINY = 1e-12  # added where a bias bends nothing any more
FLOOR = 0.1  # of the mean deviation: a feature that hardly varies is not blown up


@dataclass(frozen=True)
class Scale:
    """What a feature is shifted and divided by, known from the pictures that were learned from."""

    mean: Floats
    deviation: Floats

    def __call__(self, features: Floats) -> Floats:
        return (features - self.mean) / self.deviation


@dataclass(frozen=True)
class Head:
    """Scores are weights (classes x features) times scaled features, plus bias (classes)."""

    scale: Scale
    weights: Floats
    bias: Floats

    def scores(self, features: Floats) -> Floats:
        """Pictures x classes, of pictures x features."""
        found: Floats = self.scale(features) @ self.weights.T + self.bias
        return found


def scale_of(features: Floats) -> Scale:
    """Of pictures x features."""
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    least = FLOOR * float(deviation.mean())
    return Scale(mean, np.maximum(deviation, least) if least > 0 else np.ones_like(deviation))


def learned(features: Floats, labels: Whole, classes: int) -> Head:
    """The best head on pictures x features of these classes."""
    scale = scale_of(features)
    scaled = scale(features)
    # An orthogonal basis of what the pictures span: coordinates are pictures x rank.
    sizes, turned = np.linalg.eigh(scaled @ scaled.T)
    kept = sizes > RANK * max(float(sizes[-1]), 1.0)
    lengths = np.sqrt(sizes[kept])
    coordinates = turned[:, kept] * lengths
    found = newton(coordinates, labels, classes)
    basis = turned[:, kept] / lengths  # back to features: scaled.T @ basis
    return Head(scale, found[:, :-1] @ (scaled.T @ basis).T, found[:, -1])


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found


def newton(given: Floats, labels: Whole, classes: int) -> Floats:
    """Weights and, in the last column, bias of the lowest loss: classes x (features + 1)."""
    count = len(given)
    given = np.hstack([given, np.ones((count, 1))])
    answers = np.eye(classes)[labels]
    penalty = np.full(given.shape[1], PENALTY)
    penalty[-1] = 0.0
    squares = given**2

    def loss_of(weights: Floats) -> float:
        scores = given @ weights.T
        most = scores.max(axis=1)
        logs = np.log(np.exp(scores - most[:, None]).sum(axis=1)) + most
        right = (scores * answers).sum(axis=1)
        return float((logs - right).mean() + (penalty * weights**2).sum() / 2)

    weights = np.zeros((classes, given.shape[1]))
    loss = loss_of(weights)
    for _ in range(STEPS):
        shares = softmax(given @ weights.T)
        gradient = (shares - answers).T @ given / count + penalty * weights
        largest = float(np.abs(gradient).max())
        if largest <= LEVEL:
            break

        def bent(along: Floats, shares: Floats = shares) -> Floats:
            """The Hessian times a direction."""
            moved = shares * (given @ along.T)
            moved -= shares * moved.sum(axis=1, keepdims=True)
            found: Floats = moved.T @ given / count + penalty * along
            return found

        # How the loss bends along each weight by itself, which is most of it.
        bends = (shares * (1 - shares)).T @ squares / count + penalty + TINY
        step = conjugate(bent, -gradient, bends, min(0.1, largest))
        slope = float((gradient * step).sum())
        size = 1.0
        for _ in range(HALVINGS):
            new = loss_of(weights + size * step)
            if new <= loss + 1e-4 * size * slope or abs(slope) < 1e-13:
                break
            size /= 2
        else:
            break
        weights = weights + size * step
        loss = new
    # What all biases have in common changes nothing; the best head that begins at 0 has none of it.
    weights[:, -1] -= weights[:, -1].mean()
    return weights


def conjugate(
    bent: Callable[[Floats], Floats], wanted: Floats, bends: Floats, left_over: float
) -> Floats:
    """The direction that the Hessian turns into `wanted` but for a share of that, by conjugate
    gradients. Far from the goal a rough direction does; near it the share is small by itself."""
    found = np.zeros_like(wanted)
    left = wanted.copy()
    eased = left / bends
    along = eased.copy()
    product = float((left * eased).sum())
    enough = left_over**2 * product
    for _ in range(DIRECTIONS):
        if product <= enough:
            break
        turned = bent(along)
        size = product / float((along * turned).sum())
        found += size * along
        left -= size * turned
        eased = left / bends
        before, product = product, float((left * eased).sum())
        along = eased + product / before * along
    return found


def fold_of(labels: Sequence[int], seed: int) -> Whole:
    """The fold in which each picture is held out: each class is dealt out evenly, in an order that
    the seed shuffles."""
    given = np.asarray(labels)
    found = np.zeros(len(given), dtype=np.int64)
    drawn = np.random.default_rng(seed)
    dealt = 0
    for label in np.unique(given):
        members = drawn.permutation(np.flatnonzero(given == label))
        found[members] = (dealt + np.arange(len(members))) % FOLDS
        dealt += len(members)
    return found


def held_out(features: Floats, labels: Whole, classes: int, folds: Whole) -> list[Head]:
    """For each fold the head that learned from all the others."""
    return [
        learned(features[folds != fold], labels[folds != fold], classes) for fold in range(FOLDS)
    ]
