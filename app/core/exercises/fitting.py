"""Lessons 12 to 16: overfitting and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from random import Random
from typing import Any

import numpy as np

from app.core.exercises.engine import passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong, shown
from app.core.networks.questions import NetworkQuestion, network
from app.core.numbers import format_number, latex_number


def ten_a_weight(chance: Random) -> Drawn:
    """How many samples the rule of thumb asks for."""
    inputs, hidden = chance.choice([2, 4, 8, 16]), chance.choice([5, 8, 10, 12, 20])
    outputs = chance.choice([2, 3, 5])
    source = (
        f"nn.Sequential(nn.Linear({inputs}, {hidden}), nn.ReLU(), nn.Linear({hidden}, {outputs}))"
    )
    question = {"source": source, "input": [inputs]}
    weights = network(NetworkQuestion.model_validate(question))["parameters"]
    plain = inputs * hidden + hidden * outputs
    link = shown("network", question)
    return Drawn(
        asks=f"A net has {inputs} inputs, {hidden} hidden units and {outputs} outputs, fully "
        "connected with biases. How many samples does the rule of thumb want, ten for each weight "
        "(biases are weights too)?",
        blanks=(
            Blank(
                "samples",
                "Samples",
                10 * weights,
                (
                    Wrong(10 * plain, "The biases are missing: one for each hidden unit and each "
                          "output.", link),
                    Wrong(weights, "That is how many weights it has; ten samples for each.", link),
                    Wrong(plain, "Ten samples for each, and the biases count.", link),
                    Wrong(10 * (inputs * hidden * outputs), "The two layers' weights add up; they "
                          "are not multiplied.", link),
                    Wrong(10 * (inputs + hidden + outputs), "Those are the units. Each is tied to "
                          "every one of the layer before it.", link),
                ),
            ),
        ),
        hints=(
            "Count the weights of each layer, and its biases.",
            f"The first layer has {inputs} · {hidden} weights and {hidden} biases.",
            f"There are {weights} in all.",
        ),
        why=f"$10 \\cdot {weights} = {10 * weights}$",
        link=link,
        given={"inputs": inputs, "hidden": hidden, "outputs": outputs},
    )  # fmt: skip


CASES = {
    "overfitting": "the training loss is far below the validation loss",
    "underfitting": "both are high, and close together",
    "neither": "both are low, and close together",
}


def which_fit(chance: Random) -> Drawn:
    """Over-, underfitting or neither, from two losses."""
    classes = chance.choice([5, 10, 20])
    nothing = log(classes)
    right = chance.choice(list(CASES))
    train = {
        "overfitting": chance.uniform(0.01, 0.08),
        "underfitting": nothing * chance.uniform(0.8, 0.95),
        "neither": chance.uniform(0.15, 0.3),
    }[right]
    valid = {
        "overfitting": nothing * chance.uniform(0.5, 1.2),
        "underfitting": train * chance.uniform(1.01, 1.05),
        "neither": train * chance.uniform(1.05, 1.2),
    }[right]
    link = shown("overfitting", {})
    how = {
        "overfitting": "For overfitting the training loss would be far below the other.",
        "underfitting": "For underfitting the training loss itself would be high, near that of "
        f"guessing, {format_number(nothing, 3)}.",
        "neither": "If it were neither, both would be low and close together.",
    }
    return Drawn(
        asks=f"A classifier of {classes} classes has a training loss of {format_number(train, 3)} "
        f"and a validation loss of {format_number(valid, 3)}. What is it?",
        blanks=(
            Blank(
                "fit",
                "It is",
                right,
                tuple(Wrong(case, how[case], link) for case in CASES if case != right),
                form="choice",
                choices=tuple(CASES),
            ),
        ),
        hints=(
            f"Guessing one of {classes} classes has a loss of ln {classes}, about "
            f"{format_number(nothing, 3)}.",
            "First: has it learned what it was trained on?",
            "Then: how far is the validation loss from that?",
        ),
        why=f"{CASES[right].capitalize()}.",
        link=link,
        given={"train": train, "validation": valid, "classes": classes},
    )


def one_bad_point(chance: Random) -> Drawn:
    """How far one wrong sample takes the mean."""
    count = chance.choice([5, 8, 10, 20])
    good = chance.choice([2, 4, 5, 10])
    bad = good + chance.choice([-30, -20, 20, 40, 60])
    values = [good] * (count - 1) + [bad]
    found = passed("m = mean(x)", {"x": values})
    right, link = found.value("m"), found.forward()
    return Drawn(
        asks=f"{count - 1} of {count} samples have the value {good}. The last one is an outlier: "
        f"${bad}$. What is the mean of all {count}?",
        blanks=(
            Blank(
                "mean",
                "Mean",
                right,
                (
                    Wrong((good + bad) / 2, "The outlier is one of many, not one of two.", link),
                    Wrong(good, "That is the median, which an outlier does not move.", link),
                    Wrong(good + (bad - good) / (count - 1), f"It is one of {count}, itself "
                          "counted.", link),
                    Wrong(sum(values), "That is the sum.", link),
                    Wrong((good * (count - 1) + bad) / (count - 1), f"Divide by {count}: the "
                          "outlier counts too.", link),
                    Wrong(bad / count, "The others count too.", link),
                ),
            ),
        ),
        hints=(
            f"The outlier is {format_number(bad - good)} away from the others.",
            f"It is one of {count}.",
            f"It takes the mean {format_number(bad - good)} / {count} along.",
        ),
        why=f"${good} + ({bad - good}) / {count} = {latex_number(right)}$",
        link=link,
        given={"x": values},
    )  # fmt: skip


Change = Callable[[Any], Any]

CHANGES: dict[str, Change] = {
    "turned by a quarter to the left": lambda a: np.rot90(a),
    "turned by half a turn": lambda a: np.rot90(a, 2),
    "mirrored, left and right exchanged": lambda a: a[:, ::-1],
    "moved one pixel to the right, with zeros from the left": lambda a: np.pad(a, ((0, 0), (1, 0)))[
        :, :-1
    ],
}
OTHERS: dict[str, Change] = {
    "turned by a quarter to the right": lambda a: np.rot90(a, -1),
    "mirrored, top and bottom exchanged": lambda a: a[::-1],
    "on its side: rows have become columns": lambda a: a.T,
    "moved one pixel to the left": lambda a: np.pad(a, ((0, 0), (0, 1)))[:, 1:],
    "moved one pixel down": lambda a: np.pad(a, ((1, 0), (0, 0)))[:-1],
}


def augmented(chance: Random) -> Drawn:
    """A small picture, changed."""
    x = np.array(chance.sample(range(1, 20), 9)).reshape(3, 3)
    asked = chance.choice(list(CHANGES))
    right = CHANGES[asked](x)
    link = shown("augmentation", {})
    return Drawn(
        asks=f"This picture is {asked}. Write what the network sees, a row a line.",
        blanks=(
            Blank(
                "picture",
                "What it sees",
                right.tolist(),
                tuple(
                    Wrong(change(x).tolist(), f"That is the picture {name.partition(', with')[0]}.",
                          link)
                    for name, change in (CHANGES | OTHERS).items()
                    if name != asked
                ),
                form="grid",
            ),
        ),
        hints=(
            "Follow the pixel at the top left.",
            "Then the one beside it.",
            f"The first row is {' '.join(map(str, right[0]))}.",
        ),
        why="Each pixel stands where the change takes it.",
        link=link,
        given={"input": x.tolist(), "change": asked},
        grids=(("the picture", x.tolist()),),
    )  # fmt: skip


def folds(chance: Random) -> Drawn:
    """How many samples a training of cross-validation sees."""
    count, share = chance.choice([200, 400, 500, 1000, 2000]), chance.choice([10, 20])
    parts = chance.choice([4, 5, 9, 10])
    left = count - count * share // 100
    if left % parts:
        raise Unfit
    fold, link = left // parts, shown("cross-validation", {})
    right = left - fold
    return Drawn(
        asks=f"Of {count} samples {share} % are held out to the end. The rest is split into "
        f"{parts} folds. How many samples does each training see, and how many trainings are there "
        "(without the last one, on everything)?",
        blanks=(
            Blank(
                "samples",
                "Samples in each training",
                right,
                (
                    Wrong(fold, "That is the one fold on which it is validated.", link),
                    Wrong(left, "One fold is left out each time, to validate on.", link),
                    Wrong(count - count // parts, "The hold-out stays apart from all this.", link),
                    Wrong(count - fold, "The hold-out stays apart from all this.", link),
                ),
            ),
            Blank(
                "trainings",
                "Trainings",
                parts,
                (
                    Wrong(parts - 1, "Each fold is validated on once, the last one too.", link),
                    Wrong(parts + 1, "The hold-out is no fold.", link),
                    Wrong(1, "Each fold is left out once.", link),
                ),
            ),
        ),
        hints=(
            f"Take the hold-out away first: {left} are left.",
            f"A fold has {fold} of them.",
            "Each training sees all folds but one.",
        ),
        why=f"{count} − {count - left} = {left}, less one fold of {fold}: {right}; and each of the "
        f"{parts} folds is left out once.",
        link=link,
        given={"count": count, "share": share, "folds": parts},
    )


KINDS = (
    Kind("ten-a-weight", "Ten samples a weight", "fitting", ten_a_weight),
    Kind("which-fit", "Over- or underfitting", "fitting", which_fit),
    Kind("one-bad-point", "What one outlier does", "outliers", one_bad_point),
    Kind("augmented", "What the network sees", "outliers", augmented),
    Kind("folds", "Samples in a fold", "cross-validation", folds),
)
