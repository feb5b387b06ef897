"""What losses say: each rule has a run that sets it off and one that does not."""

from collections.abc import Mapping, Sequence
from math import inf, nan
from typing import Any

import pytest

from app.core.experiments.table import EXPERIMENTS
from app.core.training.diagnosis import RULES, START, Record, diagnosed


def record(
    train: list[float],
    validation: list[float] | None = None,
    guessed: float | None = None,
    floor: float | None = None,
    signs: Sequence[Mapping[str, Any]] = (),
) -> Record:
    held = Record("step", guessed, floor)
    for i, value in enumerate(train):
        sign = signs[i] if signs else None
        held = held.with_(10 * i, value, validation[i] if validation else None, sign)
    return held


def gradients(*sizes: list[float]) -> list[dict[str, Any]]:
    return [{"gradients": each} for each in sizes]


# Rule: what sets it off, what its sentence says, and its nearest neighbour that does not.
RUNS = {
    "not a number": (record([1, 2, nan]), "step 20", record([1, 2, 3])),
    "start too high": (
        record([4.7, 3.0], guessed=2.3),
        "very first loss is 4.7",
        record([4.5, 3.0], guessed=2.3),
    ),
    "shot up": (
        record([2.3, 9.3, 2.3], guessed=2.3),
        "9.3 at step 10",
        record([2.3, 9.1, 2.3], guessed=2.3),
    ),
    "no gradient": (
        record([2.3, 2, 1.7], signs=gradients([0, 1], [0, 2], [0, 1])),
        "layer 1 has been exactly 0",
        record([2.3, 2, 1.7], signs=gradients([0, 1], [1e-30, 2], [0, 1])),
    ),
    "softmax twice": (
        record([2.3, 2, 1.7], signs=[{"sums to one": True}] * 3),
        "softmax is in the net",
        record([2.3, 2, 1.7], signs=[{"sums to one": True}, {"sums to one": False}, {}]),
    ),
    "no non-linearity": (
        record([0.7, 0.68], signs=[{"linear": True}] * 2),
        "one linear layer",
        record([0.7, 0.68], signs=[{"linear": False}] * 2),
    ),
    "rate too high": (
        record([0.7, 0.5, 1.1, 4.0], guessed=0.7),
        "since step 10",
        record([0.7, 0.5, 1.1, 3.9], guessed=0.7),
    ),
    "overfitting": (
        record([1, 0.5, 0.2], [1, 0.6, 0.7]),
        "since step 10",
        record([1, 0.5, 0.3], [1, 0.6, 0.7]),
    ),
    "nothing learned": (
        record([0.7, 0.69, 0.68], guessed=0.69),
        "guessing gives 0.69",
        record([0.7, 0.69, 0.65], guessed=0.69),
    ),
    "underfitting": (record([0.2], floor=0.01), "20 times", record([0.019], floor=0.01)),
    "agreement": (
        record([1, 0.5, 0.3], [1, 0.5, 0.35]),
        "agree",
        record([1, 0.5, 0.3], [1, 0.5, 0.37]),
    ),
    "gap": (record([1, 0.5, 0.3], [1, 0.5, 0.45]), "1.5 times", record([1, 0.5, 0.3])),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_set_off_by_one_run_and_not_by_its_neighbour(name: str) -> None:
    sets_off, says, neighbour = RUNS[name]
    found = diagnosed(sets_off)
    assert found["rule"] == name
    assert says in found["sentence"]
    assert diagnosed(neighbour)["rule"] != name


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_says_where_its_threshold_is_from(rule: object) -> None:
    assert getattr(rule, "source", "")


def test_a_run_that_has_just_begun_says_so() -> None:
    assert diagnosed(record([0.7], [0.7])) == {"rule": "start", "sentence": START}


def test_infinity_is_no_number_either() -> None:
    assert diagnosed(record([1, 1, inf]))["rule"] == "not a number"


def test_a_real_run_is_diagnosed_from_underfitting_to_overfitting() -> None:
    experiment = EXPERIMENTS["overfitting"]
    frames = experiment.frames(experiment.settings())
    rules = [frame["diagnosis"]["rule"] for frame in frames]
    assert rules[:2] == ["underfitting", "underfitting"]
    assert rules[4] == "agreement" or rules[4] == "gap"
    assert rules[-1] == "overfitting"
