"""What a network makes of classes that it was taught: the answers.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.numbers import plural
from app.core.teaching.heads import FOLDS, Floats, Whole, fold_of, softmax
from app.core.teaching.lesson import COUNTED, Taught, Tuning, taught
from app.core.teaching.pictures import SIDE
from app.core.teaching.questions import TeachQuestion
from app.core.teaching.tuning import STEPS

TO_SCALE = 0.995  # the part of all shares that is drawn to scale


class HeadAnswer(TypedDict):
    """The same head on one kind of features, and how often it was right."""

    name: str
    title: str
    says: str
    features: Annotated[int, Field(description="How many numbers a picture is to the head.")]
    right: Annotated[
        int, Field(description="Pictures named right by heads that had not seen them.")
    ]
    seen: Annotated[
        int, Field(description="Pictures named right by a head that had learned from all of them.")
    ]
    confusion: Annotated[
        list[list[int]],
        Field(description="Held-out pictures: a row the class, a column what it was taken for."),
    ]


class NamedPicture(TypedDict):
    """A picture as the first of the heads named it, one that had not seen it."""

    taken: Annotated[int, Field(description="The class that it was taken for.")]
    right: bool
    scores: Annotated[list[float], Field(description="By class, before the softmax.")]
    probabilities: list[float]
    against: Annotated[
        int,
        Field(description="The class that it is told apart from: its own, or else the second."),
    ]
    margin: Annotated[float, Field(description="The score of `taken` less that of `against`.")]
    bias: Annotated[float, Field(description="What of the margin comes from no place.")]
    places: Annotated[float, Field(description="The rest of it: the sum of all shares.")]
    shares: Annotated[
        list[list[float]], Field(description="What comes from each place of the last maps.")
    ]
    fold: int
    sentence: str


class TunedModule(TypedDict):
    """One of the network's modules that were trained too."""

    name: str
    parameters: int
    moved: Annotated[
        float, Field(description="How far its weights moved, as a share of their own size.")
    ]


class TuningAnswer(TypedDict):
    """How the last modules were trained on, after the head, on all pictures."""

    steps: int
    before: Annotated[float, Field(description="The loss with the head alone.")]
    after: Annotated[float, Field(description="The loss after the steps.")]
    modules: Annotated[list[TunedModule], Field(description="The last one first.")]


class TeachAnswer(TypedDict):
    """What was learned of the classes, and what of each picture."""

    names: list[str]
    counts: Annotated[list[int], Field(description="Pictures, by class.")]
    of: Annotated[int, Field(description="Pictures in all.")]
    folds: int
    side: Annotated[int, Field(description="Pixels of a picture's side as the network sees it.")]
    reach: Annotated[float, Field(description="The size that 99.5 % of all shares stay within.")]
    heads: Annotated[
        list[HeadAnswer],
        Field(
            description="The trained features first; before them, where the last modules were "
            "trained too, what came of that."
        ),
    ]
    tuning: TuningAnswer | None
    pictures: Annotated[list[list[NamedPicture]], Field(description="By class, as they were sent.")]
    sentence: str


def teach(question: TeachQuestion) -> TeachAnswer:
    """The answer to POST /api/teach."""
    found = taught(question)
    labels = np.asarray(question.labels)
    names = [each.name.strip() for each in question.classes]
    rows = [head_row(each, labels, len(names)) for each in found]
    counts = [len(each.pictures) for each in question.classes]
    told = pictures(found[0], question, names)
    starts = np.cumsum([0, *counts])
    sizes = np.abs([row["shares"] for row in told])
    return {
        "names": names,
        "counts": counts,
        "of": len(labels),
        "folds": FOLDS,
        "side": SIDE,
        "reach": float(np.quantile(sizes, TO_SCALE)) or float(sizes.max()),
        "heads": rows,
        "tuning": tuning(found[0].tuning),
        "pictures": [told[a:b] for a, b in pairwise(starts)],
        "sentence": sentence(rows, len(labels), question.modules),
    }


def head_row(taught: Taught, labels: Whole, classes: int) -> HeadAnswer:
    confusion = np.zeros((classes, classes), dtype=int)
    np.add.at(confusion, (labels, taught.taken), 1)
    return {
        "name": taught.kind.name,
        "title": taught.kind.title,
        "says": taught.kind.says,
        "features": taught.features.means.shape[1],
        "right": int(np.trace(confusion)),
        "seen": int((taught.seen == labels).sum()),
        "confusion": confusion.tolist(),
    }


def pictures(taught: Taught, question: TeachQuestion, names: Sequence[str]) -> list[NamedPicture]:
    """Each picture, one class after the other."""
    folds = fold_of(question.labels, question.seed)
    probabilities = softmax(taught.scores)
    return [
        named(taught, i, label, int(folds[i]), probabilities[i], names)
        for i, label in enumerate(question.labels)
    ]


def named(
    taught: Taught, i: int, label: int, fold: int, probabilities: Floats, names: Sequence[str]
) -> NamedPicture:
    scores = taught.scores[i]
    taken = int(taught.taken[i])
    others = np.where(np.arange(len(scores)) == taken, -np.inf, scores)
    against = label if label != taken else int(others.argmax())
    bias, shares = shared(taught, i, fold, taken, against)
    return {
        "taken": taken,
        "right": taken == label,
        "scores": scores.tolist(),
        "probabilities": probabilities.tolist(),
        "against": against,
        "margin": float(scores[taken] - scores[against]),
        "bias": bias,
        "places": float(shares.sum()),
        "shares": shares.tolist(),
        "fold": fold,
        "sentence": why(taken, against, taken == label, shares, names),
    }


def shared(taught: Taught, i: int, fold: int, one: int, other: int) -> tuple[float, Floats]:
    """What of the difference of two classes' scores comes from where: from nowhere, and by place of
    the last maps. A feature is a mean over places, so its part of a score is a sum over places; it
    counts from what the pictures that were learned from have on average."""
    maps = taught.features.maps
    assert maps is not None
    head = taught.heads[fold]
    weights = (head.weights[one] - head.weights[other]) / head.scale.deviation
    places = maps.shape[2] * maps.shape[3]
    apart = maps[i] - head.scale.mean[:, None, None]
    shares: Floats = np.tensordot(weights, apart, axes=1) / places
    return float(head.bias[one] - head.bias[other]), shares


def why(taken: int, against: int, right: bool, shares: Floats, names: Sequence[str]) -> str:
    """Where what speaks for the class is largest, in words."""
    row, column = divmod(int(shares.argmax()), shares.shape[1])
    down, across = (
        third(row, shares.shape[0], "top", "bottom"),
        third(column, shares.shape[1], "left", "right"),
    )
    place = (
        "in the middle"
        if not (down or across)
        else f"at the {' '.join(filter(None, (down, across)))}"
    )
    rather = f"{names[taken]} rather than {names[against]}"
    if shares.max() <= 0:
        return f"No place speaks for {rather}."
    return f"What speaks most for {rather} lies {place} of the picture."


def third(at: int, of: int, first: str, last: str) -> str:
    share = (at + 0.5) / of
    return first if share < 1 / 3 else last if share > 2 / 3 else ""


def tuning(found: Tuning | None) -> TuningAnswer | None:
    if found is None:
        return None
    modules: list[TunedModule] = [
        {"name": name, "parameters": count, "moved": far} for name, count, far in found.modules
    ]
    return {"steps": STEPS, "before": found.before, "after": found.after, "modules": modules}


def sentence(rows: Sequence[HeadAnswer], of: int, modules: int) -> str:
    """How often the heads were right, in words."""
    first, *others = rows
    whats = ["the trained network as it is"] if modules else []
    beside = [
        f"{row['right']} on {what}"
        for row, what in zip(others, (*whats, "an untrained network", "pixels"), strict=True)
    ]
    who = f"by networks, their {COUNTED[modules]} trained too," if modules else "by heads"
    return (
        f"{first['right']} of {plural(of, 'picture')} named right {who} that had not seen them; "
        f"{', '.join(beside[:-1])} and {beside[-1]}."
    )
