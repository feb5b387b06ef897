"""What is changed while a net learns: from that step on, for all layers or for one of them."""

from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.experiments import planes
from app.core.experiments.classifier_2d import CLASSIFIER_2D, ClassifierSettings, names, task
from app.core.mistakes import validated

TURN = 20
SMALL = {"data": "moons", "layers": 2, "units": 4, "steps": 60, "turn": TURN}


def nets(settings: dict[str, Any]) -> list[Any]:
    """The net at the turn and at the end."""
    found = task(ClassifierSettings(**settings))
    state = planes.further(found, planes.begin(found), TURN)
    return [state.net, planes.further(found, state, 60).net]


def test_one_layer_alone_is_frozen_from_then_on() -> None:
    held, last = nets(SMALL | {"layer_then": 2, "rate_then": 0.0})
    for place, (before, after) in enumerate(zip(held.weights, last.weights, strict=True), 1):
        assert np.array_equal(before, after) == (place == 2)


def test_all_of_it_is_frozen_with_rate_0() -> None:
    held, last = nets(SMALL | {"rate_then": 0.0})
    assert all(map(np.array_equal, held.parts, last.parts))


def test_an_l1_penalty_draws_weights_to_0_where_one_on_the_squares_does_not() -> None:
    def small(**penalty: float) -> float:
        settings = {"data": "moons", "steps": 1200, "layers": 1, "units": 16, **penalty}
        found = task(ClassifierSettings(**settings))
        weights = planes.further(found, planes.begin(found), 1200).net.weights
        return float(np.mean([np.mean(np.abs(each) < 0.01) for each in weights]))

    assert small(sparse=0.01) > 0.5
    assert small(penalty=0.01) < 0.2


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ({"layer_then": 1, "rate_then": 0.0}, "layer 1 frozen from step 20"),
        ({"rate_then": 0.0, "penalty_then": 0.1}, "all layers frozen, penalty 0.1 from step 20"),
        ({"layer_then": 2, "sparse_then": 0.01}, "L1 penalty of layer 2 0.01 from step 20"),
        ({"dropped_then": 0.3}, "30 % dropped from step 20"),
        ({}, "nothing changed from step 20"),
    ],
)
def test_what_changes_is_said(then: dict[str, Any], said: str) -> None:
    assert names(ClassifierSettings(**SMALL, **then)) == (said, "unchanged")


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(Problem, match="has a layer 4, and the net has 3"):
        validated(ClassifierSettings, SMALL | {"layer_then": 4})


def test_a_step_of_it_says_why_it_is_not_told() -> None:
    assert CLASSIFIER_2D.inside
    for settings, why in (
        ({"sparse": 0.01}, "the penalty is on the sizes, too"),
        ({"turn": 9, "layer_then": 1}, "one layer has its own"),
    ):
        with pytest.raises(Problem, match=why):
            CLASSIFIER_2D.inside(ClassifierSettings(**settings))
