"""What the losses of a run say, in words: a table of rules with their thresholds.

The first rule that holds speaks. Each looks at the whole record, so that it can say since when.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from typing_extensions import TypedDict

from app.core.numbers import format_number

RISEN = 1.1  # times its least: validation has turned up
FALLEN = 0.5  # of what it was where validation was least: training goes on
DOUBLED = 8.0  # times its least: the loss has doubled three times
LEARNED = 0.95  # of what guessing gives: below this something has been learned
POOR = 2.0  # times the noise: a fit that is still this far off does not fit
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

    def with_(self, at: float, train: float, validation: float | None) -> Record:
        return self._replace(
            at=(*self.at, at),
            train=(*self.train, train),
            validation=(*self.validation, validation),
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
        Rule("rate too high", rate_too_high, "three doublings: far beyond the noise of a batch"),
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
