"""A run whose rate and penalty change on the way."""

from typing import Any

import pytest

from app.core.experiments.classifier_2d import CLASSIFIER_2D

STEPS = {"data": "moons", "units": 3, "steps": 120, "batch": 10}


def losses(**settings: Any) -> list[float | None]:
    frames = CLASSIFIER_2D.frames(CLASSIFIER_2D.settings(**STEPS, **settings))
    return [frame["run"]["train"] for frame in frames]


# Two steps a frame: at a frame and within one.
@pytest.mark.parametrize("turn", [60, 61])
@pytest.mark.parametrize("change", [{"rate_then": 0.5}, {"penalty_then": 0.1}])
def test_a_change_leaves_what_was_before_it_and_moves_what_comes(
    turn: int, change: dict[str, float]
) -> None:
    plain, changed = losses(), losses(turn=turn, **change)
    assert changed[:31] == plain[:31]
    assert all(one != other for one, other in zip(changed[31:], plain[31:], strict=True))


def test_a_change_to_the_same_changes_nothing() -> None:
    assert losses(turn=33, rate_then=0.02) == losses()


def test_a_change_behind_the_end_changes_nothing() -> None:
    assert losses(turn=120, rate_then=1.0) == losses()


def test_a_changed_run_stands_beside_the_unchanged() -> None:
    settings = CLASSIFIER_2D.settings(**STEPS, turn=40, rate_then=1.0)
    frames = CLASSIFIER_2D.frames(settings)
    assert [frame["control"]["train"] for frame in frames] == losses()
    assert CLASSIFIER_2D.names(settings) == ("rate 1 from step 40", "unchanged")
