"""Lessons 15 and 16: a new head, and the check before training."""

from __future__ import annotations

from math import log, log2, log10
from random import Random

from app.core.exercises.engine import passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Wrong, shown
from app.core.networks.architectures import architecture_answer
from app.core.numbers import latex_number

# Networks with a head that is one linear layer: by name, that layer's.
HEADS = {"vgg16": "classifier.6", "alexnet": "classifier.6", "resnet18": "fc", "resnet50": "fc"}


def new_head(chance: Random) -> Drawn:
    """The weights of a new head."""
    name, classes = chance.choice(list(HEADS)), chance.choice([2, 5, 10, 20, 37, 102])
    answer = architecture_answer(name)
    head = next(row for row in answer["rows"] if row["name"] == HEADS[name])
    features = head["weights"]["weight"][1]
    right = classes * (features + 1)
    link = shown("network", {"architecture": name}, layer=HEADS[name])
    return Drawn(
        asks=f"The last layer of {answer['title']} takes {features:,} features. You freeze "
        f"everything else and put a new linear layer there, for your {classes} classes. How many "
        "parameters are trained?",
        blanks=(
            Blank(
                "parameters",
                "Parameters that are trained",
                right,
                (
                    Wrong(classes * features, "The biases are missing: one for each class.", link),
                    Wrong(classes * features + 1, "Each class has a bias of its own.", link),
                    Wrong(
                        head["parameters"], "That is the old head, for a thousand classes.", link
                    ),
                    Wrong(
                        answer["parameters"], "That is the whole network, which is frozen.", link
                    ),
                    Wrong(
                        answer["parameters"] - head["parameters"] + right,
                        "That is the whole network with its new head. All but the head is frozen.",
                        link,
                    ),
                    Wrong(features + 1, "That is one class. Each has a row of weights.", link),
                ),
            ),
        ),
        hints=(
            "What is frozen is not trained.",
            f"Each class has {features:,} weights and a bias.",
            f"One class costs {features + 1:,}.",
        ),
        why=f"$({features} + 1) \\cdot {classes} = {right}$",
        link=link,
        given={"architecture": name, "features": features, "classes": classes},
    )


SETS = (
    ("300 photos of cats, dogs and birds", "little", "similar"),
    ("150 photos of dog breeds", "little", "similar"),
    ("80,000 photos of food", "much", "similar"),
    ("a million photos of animals in the wild", "much", "similar"),
    ("200 pictures of skin under a microscope", "little", "different"),
    ("120 spectrograms of birdsong", "little", "different"),
    ("500,000 X-rays", "much", "different"),
    ("300,000 pictures of galaxies", "much", "different"),
)
WAYS = {
    ("little", "similar"): "a linear classifier on the top layer",
    ("little", "different"): "a linear classifier on layers from other depths",
    ("much", "similar"): "fine-tune a few layers",
    ("much", "different"): "fine-tune many layers",
}


def which_case(chance: Random) -> Drawn:
    """The table of transfer learning."""
    data, amount, likeness = chance.choice(SETS)
    right = WAYS[amount, likeness]
    link = shown("network", {"architecture": "vgg16"}, layer="classifier.6")

    def says(other: tuple[str, str]) -> str:
        told = []
        if other[0] != amount:
            told.append(f"this is {amount} data")
        if other[1] != likeness:
            alike = "like what ImageNet has" if likeness == "similar" else "unlike ImageNet"
            told.append(f"these are {alike}")
        sentence = ", and ".join(told)
        return f"{sentence[0].upper()}{sentence[1:]}."

    return Drawn(
        asks=f"You have {data}, with labels, and a network trained on ImageNet. What do you try "
        "first?",
        blanks=(
            Blank(
                "way",
                "Try first",
                right,
                tuple(Wrong(way, says(case), link) for case, way in WAYS.items() if way != right),
                form="choice",
                choices=tuple(WAYS.values()),
            ),
        ),
        hints=(
            "Two questions: how much is it, and how like ImageNet's photos?",
            "A few hundred is little; many thousands are much.",
            f"It is {amount}, and {likeness}.",
        ),
        why=f"{amount.capitalize()} and {likeness}: {right}.",
        link=link,
        given={"data": data},
    )


def first_loss(chance: Random) -> Drawn:
    """The loss before any training."""
    classes = chance.choice([2, 3, 5, 10, 20, 37, 100, 1000])
    right = log(classes)
    most = min(classes, 20)
    found = passed("L = cross_entropy(s, y)", {"s": [0] * most, "y": 0})
    if classes == most and abs(found.value("L") - right) > 1e-9:
        raise AssertionError
    link = found.forward()
    return Drawn(
        asks=f"A network that knows nothing gives each of {classes} classes the same score. What "
        "is its softmax loss?",
        blanks=(
            Blank(
                "loss",
                "Loss",
                right,
                (
                    Wrong(log10(classes), "That is the logarithm to base 10. It is the natural "
                          "one.", link),
                    Wrong(log2(classes), "That is the logarithm to base 2. It is the natural one.",
                          link),
                    Wrong(1 / classes, "That is the probability of the right class. The loss is "
                          "its logarithm, with a minus.", link),
                    Wrong(0, "It is 0 only if the right class has probability 1.", link),
                    Wrong(-right, "The sign: a loss is not negative.", link),
                    Wrong(classes - 1, "That is the hinge loss.", link),
                    Wrong(1 - 1 / classes, "That is the chance of being wrong. The loss is a "
                          "logarithm.", link),
                ),
            ),
        ),
        hints=(
            f"The probability of the right class is 1/{classes}.",
            "The loss is the natural logarithm of it, with a minus.",
            f"ln {classes}.",
        ),
        why=rf"$-\ln (1 / {classes}) = \ln {classes} = {latex_number(right)}$",
        link=link,
        given={"classes": classes},
    )  # fmt: skip


KINDS = (
    Kind("new-head", "The weights of a new head", "transfer", new_head),
    Kind("which-case", "Which case is it", "transfer", which_case),
    Kind("first-loss", "The loss before any training", "small-batch", first_loss),
)
