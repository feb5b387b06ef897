"""What was taught: on each kind of features the heads of all folds, and that of all pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.core.teaching.features import KINDS, MODEL, Features, Named
from app.core.teaching.heads import Floats, Head, Whole, fold_of, held_out, learned
from app.core.teaching.pictures import inputs
from app.core.teaching.questions import TeachQuestion
from app.core.teaching.tuning import LAST, STEPS, below, moved, seen, tuned

if TYPE_CHECKING:
    from app.core.pictures.preparation import Input

COUNTED = ("head", "last module", "last two modules")


@dataclass(frozen=True)
class Tuning:
    """How the last modules were trained on all pictures. `modules`: name, weights, and how far
    they moved as a share of their size."""

    before: float
    after: float
    modules: list[tuple[str, int, float]]


@dataclass(frozen=True)
class Taught:
    """A head on one kind of features: the heads of all folds, and that of all pictures."""

    kind: Named
    features: Features  # where the last modules are trained: of a picture, by the fold it is out of
    heads: list[Head]
    whole: Head
    scores: Floats  # pictures x classes, each by the head of its own fold
    seen: Whole  # what each was taken for by a head that had learned from all
    tuning: Tuning | None = None

    @property
    def taken(self) -> Whole:
        found: Whole = self.scores.argmax(axis=1)
        return found


def taught(question: TeachQuestion) -> list[Taught]:
    """Each kind of features with its heads, first the one whose modules were trained too; imports
    torch. Raises Problem."""
    given, labels = inputs(question), np.asarray(question.labels)
    folds = fold_of(question.labels, question.seed)
    found = [on(kind, kind.compute(given, question.seed), labels, folds) for kind in KINDS.values()]
    if not question.modules:
        return found
    return [further(found[0], given, labels, folds, question.modules), *found]


def on(kind: Named, features: Features, labels: Whole, folds: Whole) -> Taught:
    classes = int(labels.max()) + 1
    heads = held_out(features.means, labels, classes, folds)
    scores = np.empty((len(labels), classes))
    for fold, head in enumerate(heads):
        scores[folds == fold] = head.scores(features.means[folds == fold])
    whole = learned(features.means, labels, classes)
    return Taught(kind, features, heads, whole, scores, whole.scores(features.means).argmax(axis=1))


def further(
    frozen: Taught, given: list[Input], labels: Whole, folds: Whole, modules: int
) -> Taught:
    """From each of its heads on, with the network's last modules: a network a fold, and one that
    learned from all pictures."""
    from app.core.activations.looks import trained
    from app.core.training.classifiers import one_thread

    with one_thread():
        model = trained(MODEL)
        base = below(model, given, modules)
        maps, scores, heads = None, np.empty_like(frozen.scores), []
        for fold, head in enumerate(frozen.heads):
            out = folds == fold
            found = tuned(model, base[~out], labels[~out], head, modules)
            heads.append(found.head)
            here = seen(model, base[out], modules, found.parts)
            maps = np.empty((len(labels), *here.shape[1:])) if maps is None else maps
            maps[out], scores[out] = here, found.head.scores(here.mean(axis=(2, 3)))
        assert maps is not None
        found = tuned(model, base, labels, frozen.whole, modules)
        whole = found.head.scores(seen(model, base, modules, found.parts).mean(axis=(2, 3)))
        far = [(name, *moved(model, found.parts, name)) for name in LAST[:modules]]
    features = Features(maps.mean(axis=(2, 3)), maps)
    tuning = Tuning(found.before, found.after, far)
    kind = named(modules)
    return Taught(kind, features, heads, found.head, scores, whole.argmax(axis=1), tuning)


def named(modules: int) -> Named:
    what = COUNTED[modules]
    return Named(
        "tuned",
        f"SqueezeNet, {what} too",
        f"After the head had learned, its {what} and the head were trained for {STEPS} steps more "
        "on the same pictures. What lies below stays as it was.",
    )
