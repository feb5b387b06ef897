"""Lesson 1: losses of a linear classifier."""

from __future__ import annotations

from math import exp, log
from random import Random

from app.core.exercises.engine import passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong
from app.core.numbers import format_number, latex_number


def scores_of(chance: Random) -> tuple[list[float], int]:
    """Scores of three classes, and the right one of them."""
    return [round(chance.uniform(-3, 5), 1) for _ in range(3)], chance.randrange(3)


def written(scores: list[float]) -> str:
    return ", ".join(f"${latex_number(score)}$" for score in scores)


def hinge_loss(chance: Random) -> Drawn:
    scores, right = scores_of(chance)
    found = passed("L = hinge(s, y)", {"s": scores, "y": right})
    loss = found.value("L")
    others = [s - scores[right] for i, s in enumerate(scores) if i != right]
    if loss == 0 or all(gap + 1 > 0 for gap in others):
        raise Unfit
    terms = " + ".join(rf"\max(0, {latex_number(gap + 1)})" for gap in others)
    return Drawn(
        asks=f"Three classes have the scores {written(scores)}, counted from class 0. The right "
        f"one is class {right}. What is the hinge loss of this sample?",
        blanks=(
            Blank(
                "loss",
                "Hinge loss",
                loss,
                (
                    Wrong(
                        sum(max(0, gap) for gap in others),
                        "The + 1 is missing: a margin counts until the right score leads by 1.",
                        found.forward(),
                    ),
                    Wrong(
                        loss + 1,
                        "You added the right class too. The sum runs over the others only.",
                        found.forward(),
                    ),
                    Wrong(
                        sum(gap + 1 for gap in others),
                        "A margin below 0 counts as 0: that is what the max is for.",
                        found.forward(),
                    ),
                    Wrong(
                        sum(max(0, gap - 1) for gap in others),
                        "The sign of the 1 is plus: the right score has to lead by 1.",
                        found.forward(),
                    ),
                ),
            ),
        ),
        hints=(
            "Go through the classes that are not the right one.",
            "For each of them: its score, less the right one's, plus 1.",
            f"The right score is ${latex_number(scores[right])}$. What is negative counts as 0.",
        ),
        why=f"${terms} = {latex_number(loss)}$",
        link=found.forward(),
        given={"scores": scores, "right": right},
    )


def hinge_gradient(chance: Random) -> Drawn:
    scores, right = scores_of(chance)
    found = passed("L = hinge(s, y)", {"s": scores, "y": right})
    count = sum(s - scores[right] + 1 > 0 for i, s in enumerate(scores) if i != right)
    if count == 0 or any(abs(s - scores[right] + 1) < 0.05 for s in scores):
        raise Unfit
    gradient = found.gradient("s")[right]
    back = found.back_to("s")
    return Drawn(
        asks=f"Three classes have the scores {written(scores)}, counted from class 0. The right "
        f"one is class {right}. What is the gradient of the hinge loss by the score of class "
        f"{right}?",
        blanks=(
            Blank(
                "gradient",
                "Gradient by the right score",
                gradient,
                (
                    Wrong(
                        -gradient,
                        "The sign: a larger right score makes the loss smaller.",
                        back,
                    ),
                    Wrong(
                        -1,
                        "Each margin that is positive holds the right score once, and they add.",
                        back,
                    ),
                    Wrong(
                        -2,
                        "A margin that is not positive gives nothing back: its max passed on 0.",
                        back,
                    ),
                    Wrong(
                        0, "The right score stands in every margin, so it gets a gradient.", back
                    ),
                ),
            ),
        ),
        hints=(
            "Which margins are positive?",
            "Each of them holds the right score with a minus.",
            f"{count} of them {'is' if count == 1 else 'are'} positive.",
        ),
        why=f"{count} of the two margins {'is' if count == 1 else 'are'} positive, and each gives "
        f"$-1$: ${latex_number(gradient)}$",
        link=back,
        given={"scores": scores, "right": right},
    )


def softmax_loss(chance: Random) -> Drawn:
    scores, right = scores_of(chance)
    found = passed("L = cross_entropy(s, y)", {"s": scores, "y": right})
    loss = found.value("L")
    if not 0.15 < loss < 4:
        raise Unfit
    total = sum(map(exp, scores))
    share = exp(scores[right]) / total
    return Drawn(
        asks=f"Three classes have the scores {written(scores)}, counted from class 0. The right "
        f"one is class {right}. What is the softmax loss of this sample?",
        blanks=(
            Blank(
                "loss",
                "Softmax loss",
                loss,
                (
                    Wrong(
                        share,
                        "That is the probability of the right class. The loss is its logarithm, "
                        "with a minus.",
                        found.forward(),
                    ),
                    Wrong(-loss, "The sign: a loss is not negative.", found.forward()),
                    Wrong(
                        loss / log(10),
                        "That is the logarithm to base 10. It is the natural one.",
                        found.forward(),
                    ),
                    Wrong(
                        loss / log(2),
                        "That is the logarithm to base 2. It is the natural one.",
                        found.forward(),
                    ),
                    Wrong(
                        log(total), "You left out the score of the right class.", found.forward()
                    ),
                ),
            ),
        ),
        hints=(
            "Raise e to each score.",
            "Divide the right class's by the sum of all: that is its probability.",
            f"Its probability is {format_number(share)}. The loss is $-\\ln$ of it.",
        ),
        why=f"$-\\ln {latex_number(share)} = {latex_number(loss)}$",
        link=found.forward(),
        given={"scores": scores, "right": right},
    )


KINDS = (
    Kind("hinge-loss", "The hinge loss of one sample", "by-hand", hinge_loss),
    Kind("hinge-gradient", "The gradient by the right score", "by-hand", hinge_gradient),
    Kind("softmax-loss", "The softmax loss of one sample", "by-hand", softmax_loss),
)
