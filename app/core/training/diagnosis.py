"""What the losses of a run say, in words: a table of rules with their thresholds.

The first rule that holds speaks. Each looks at the whole record, so that it can say since when.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from typing_extensions import TypedDict

from app.core.numbers import format_number

RISEN = 1.1  # times its least: validation has turned up
FALLEN = 0.5  # of what it was where validation was least: training goes on
DOUBLED = 8.0  # times its least: the loss has doubled three times
LEARNED = 0.95  # of what guessing gives: below this something has been learned
POOR = 2.0  # times the noise: a fit that is still this far off does not fit
HIGH = 2.0  # times what guessing gives: a first loss above that is no honest start
SHOT = 4.0  # times the first loss, or what guessing gives
AGREE = 1.2  # training and validation are within 20 %


class Diagnosis(TypedDict):
    """What the losses so far say: the name of a rule, and a sentence with their numbers."""

    rule: str
    sentence: str


class Record(NamedTuple):
    """The losses of a run, frame by frame, and what they are to be held against."""

    unit: str
    guessed: float | None
    floor: float | None
    at: tuple[float, ...] = ()
    train: tuple[float, ...] = ()
    validation: tuple[float | None, ...] = ()
    signs: tuple[Mapping[str, Any], ...] = ()

    def with_(
        self,
        at: float,
        train: float,
        validation: float | None,
        signs: Mapping[str, Any] | None = None,
    ) -> Record:
        return self._replace(
            at=(*self.at, at),
            train=(*self.train, train),
            validation=(*self.validation, validation),
            signs=(*self.signs, dict(signs or {})),
        )

    @property
    def least(self) -> int | None:
        """Where validation was least; None where it is not measured."""
        known = [(v, i) for i, v in enumerate(self.validation) if v is not None]
        return min(known)[1] if known else None

    def place(self, index: int) -> str:
        return f"{self.unit} {self.at[index]:g}"


def not_a_number(record: Record) -> str | None:
    bad = [
        i
        for i, pair in enumerate(zip(record.train, record.validation, strict=True))
        if not all(math.isfinite(x) for x in pair if x is not None)
    ]
    if not bad:
        return None
    return f"The loss is no number any more since {record.place(bad[0])}: the rate is too high."


def start_too_high(record: Record) -> str | None:
    guessed, first = record.guessed, record.train[0]
    if guessed is None or first <= HIGH * guessed:
        return None
    return (
        f"The very first loss is {format_number(first, 3)}, and guessing gives "
        f"{format_number(guessed, 3)}: the inputs or the first weights are too large."
    )


def shot_up(record: Record) -> str | None:
    guessed = record.guessed
    losses = [max(t, v or 0) for t, v in zip(record.train, record.validation, strict=True)]
    most = max(losses)
    if guessed is None or most <= SHOT * max(guessed, losses[0]):
        return None
    return (
        f"The loss shot up to {format_number(most, 3)} at {record.place(losses.index(most))}, "
        f"{format_number(most / guessed, 2)} times what guessing gives: the rate is too high."
    )


def no_gradient(record: Record) -> str | None:
    found = [sign.get("gradients") for sign in record.signs]
    if len(found) < 3 or any(not each for each in found):
        return None
    dead = [i + 1 for i, sizes in enumerate(zip(*found, strict=True)) if not any(sizes)]
    if not dead:
        return None
    return (
        f"The gradient of layer {dead[0]} has been exactly 0 since {record.place(0)}: nothing "
        "flows back to it, and it learns nothing."
    )


def softmax_twice(record: Record) -> str | None:
    if len(record.at) < 3 or not all(sign.get("sums to one") for sign in record.signs):
        return None
    return (
        "Every row that the net gives is positive and sums to 1: softmax is in the net, and in the "
        f"loss again, which stays at {format_number(record.train[-1], 4)}."
    )


def no_bend(record: Record) -> str | None:
    if not all(sign.get("linear") for sign in record.signs):
        return None
    return (
        "Nothing stands between one linear layer and the next: together they are one linear layer, "
        f"and its loss is {format_number(record.train[-1], 3)}."
    )


def rate_too_high(record: Record) -> str | None:
    least = min(record.train)
    if record.train[-1] < DOUBLED * least or record.train[-1] <= (record.guessed or 0):
        return None
    since = record.place(record.train.index(least))
    return (
        f"The training loss has doubled three times since {since}, from "
        f"{format_number(least, 3)} to {format_number(record.train[-1], 3)}: the rate is too high."
    )


def overfitting(record: Record) -> str | None:
    i = record.least
    now = record.validation[-1]
    if i is None or now is None:
        return None
    best = record.validation[i]
    assert best is not None
    if now <= RISEN * best or record.train[-1] >= FALLEN * record.train[i]:
        return None
    return (
        f"Overfitting: since {record.place(i)} validation has risen, from "
        f"{format_number(best, 3)} to {format_number(now, 3)}, while training falls."
    )


def nothing_learned(record: Record) -> str | None:
    guessed = record.guessed
    if guessed is None or len(record.at) < 3 or min(record.train) < LEARNED * guessed:
        return None
    return (
        f"Nothing has been learned: the loss is {format_number(record.train[-1], 3)}, and "
        f"guessing gives {format_number(guessed, 3)}."
    )


def underfitting(record: Record) -> str | None:
    floor, now = record.floor, record.train[-1]
    if not floor or now < POOR * floor:
        return None
    times = format_number(now / floor, 2)
    return (
        f"Underfitting: even the training loss is {times} times that of the noise, "
        f"{format_number(floor, 2)}: this fit cannot follow the curve."
    )


def agreement(record: Record) -> str | None:
    now, validation = record.train[-1], record.validation[-1]
    if validation is None or len(record.at) < 3 or validation > AGREE * now:
        return None
    return (
        f"Training ({format_number(now, 3)}) and validation ({format_number(validation, 3)}) "
        "agree within 20 %: what is learned holds for what was never seen."
    )


def gap(record: Record) -> str | None:
    now, validation = record.train[-1], record.validation[-1]
    if validation is None or len(record.at) < 3:
        return None
    times = format_number(validation / now, 2) if now > 0 else "many"
    return f"Validation is {times} times training: what was seen is known better than the rest."


@dataclass(frozen=True)
class Rule:
    """`finds` gives the sentence, or None where the rule does not hold. `source`: where its
    threshold is from."""

    name: str
    finds: Callable[[Record], str | None]
    source: str


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("not a number", not_a_number, "arithmetic"),
        Rule("start too high", start_too_high, "0 of 166 sound runs, 20 of 20 on inputs to 255"),
        Rule("no gradient", no_gradient, "a sum of products is exactly 0 by no accident"),
        Rule("softmax twice", softmax_twice, "logits are free numbers: no net gives such rows"),
        Rule("no non-linearity", no_bend, "a product of matrices is a matrix"),
        Rule("rate too high", rate_too_high, "three doublings: far beyond the noise of a batch"),
        Rule("shot up", shot_up, "0 of 166 sound runs, 20 of 20 at a hundredfold rate"),
        Rule(
            "overfitting", overfitting, "holds in 20 of 20 seeds on 200 pictures, 0 of 10 on 4,000"
        ),
        Rule("nothing learned", nothing_learned, "the loss of C even classes is ln C at the start"),
        Rule(
            "underfitting", underfitting, "the variance of the noise is the least any fit reaches"
        ),
        Rule("agreement", agreement, "at ten samples a weight it holds in 11 of 12 seeds"),
        Rule("gap", gap, "what is left"),
    )
}
START = "The run has begun."


def diagnosed(record: Record) -> Diagnosis:
    """The first rule that holds, and its sentence."""
    for rule in RULES.values():
        sentence = rule.finds(record)
        if sentence:
            return {"rule": rule.name, "sentence": sentence}
    return {"rule": "start", "sentence": START}
