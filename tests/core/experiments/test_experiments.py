"""Every row of EXPERIMENTS: the same settings give the same frames, and what it claims it shows."""

import math
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.core.errors import Problem
from app.core.experiments import overfitting, planes, table
from app.core.experiments.experiment import MOST_SECONDS, Experiment
from app.core.experiments.table import EXPERIMENTS, measured, rows
from app.core.training.nets import How
from app.core.training.points import SHAPES, classes
from tools.claims import SEEDS

FEW = 2  # seeds that a test measures again


def small(experiment: Experiment[Any]) -> Any:
    return experiment.settings(**({"seed": 7} | SMALL[experiment.name]))


SMALL: dict[str, dict[str, Any]] = {
    "overfitting": {"degree": 6},
    "samples-a-weight": {"hidden": 3, "points": 20},
    "classifier-2d": {"units": 3, "steps": 60, "data": "moons"},
    "small-batch": {"steps": 40, "points": 10},
    "dropout-scaling": {"inputs": 4},
    "residual": {"depth": 10, "steps": 20},
    "batch-norm": {"depth": 2, "steps": 20},
    "outliers": {"points": 6, "far": 2},
    "mislabelled": {"each": 20, "epochs": 3},
    "augmentation": {"points": 20, "steps": 40},
    "cross-validation": {"points": 50, "folds": 2},
    "optimizers": {"steps": 60},
    "double-descent": {"points": 10, "sets": 1},
    "transfer": {"each": 2, "steps": 20, "frozen": 2},
    "transfer-depth": {"each": 2, "steps": 20},
    "few-pictures": {"each": 2, "classes": 2, "source": "digits"},
    "your-network": {"steps": 40, "batch": 2},
    "dropout": {"hidden": 8, "steps": 40, "points": 60},
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_same_settings_give_the_same_frames_however_the_run_is_carried(name: str) -> None:
    experiment = EXPERIMENTS[name]
    settings = small(experiment)
    frames = experiment.frames(settings)
    carried: list[Any] = []
    run: Any = None
    while not carried or run is not None:
        # As between processes: by bytes, and a slice that a killed worker did is done again.
        table.slice_of(name, settings, run)
        run, more = pickle.loads(pickle.dumps(table.slice_of(name, settings, run)))
        carried += more
    assert carried == frames
    assert [frame["step"] for frame in frames] == list(range(frames[-1]["steps"] + 1))
    other = experiment.frames(settings.model_copy(update={"seed": 8}))
    assert other[-1]["run"] != frames[-1]["run"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_state_is_small_and_only_the_first_frame_has_the_data(name: str) -> None:
    experiment = EXPERIMENTS[name]
    run, frames = experiment.slice(small(experiment), None)
    assert len(pickle.dumps(run)) < 1_000_000
    assert frames[0]["data"]
    assert not any(frame["data"] for frame in frames[1:])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_was_measured_is_what_is_claimed_now(name: str) -> None:
    experiment = EXPERIMENTS[name]
    for claim, found in zip(experiment.claims, measured()[name], strict=True):
        mark = claim.mark(experiment.settings, found["first"])
        assert found["of"] == mark, f"python -m tools.claims {name}: {claim.says}"
        assert found["seeds"] == SEEDS
        other = replace(claim, settings=({**claim.settings[0], "seed": 1}, *claim.settings[1:]))
        assert other.mark(experiment.settings, found["first"]) != mark
        assert claim.mark(experiment.settings, found["first"] + 1) != mark


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_few_seeds_hold_each_claim_as_often_as_was_measured(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert len(measured()[name]) == len(experiment.claims)
    known: dict[Any, Any] = {}
    for claim, found in zip(experiment.claims, measured()[name], strict=True):
        assert claim.says.endswith(".")
        held = 0
        for seed in range(found["first"], found["first"] + FEW):
            asked = [experiment.settings(**given, seed=seed) for given in claim.settings]
            for settings in asked:
                key = settings.model_dump_json()
                known[key] = known.get(key) or experiment.frames(settings)
            held += claim.holds([known[each.model_dump_json()] for each in asked])
        # As many failures in these seeds as in all of them at most, and none where none was.
        assert FEW - held <= found["seeds"] - found["held"], claim.says


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_control_is_another_run_and_has_a_name(name: str) -> None:
    experiment = EXPERIMENTS[name]
    for _, given in experiment.presets:
        settings = experiment.settings(**given)
        assert experiment.control(settings) != settings
        assert experiment.control(settings).seed == settings.seed
        assert len(set(experiment.names(settings))) == 2


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_true_is_no_number(name: str) -> None:
    fields = EXPERIMENTS[name].settings.model_fields
    numbers = [field for field in fields if isinstance(fields[field].default, int | float)]
    assert "seed" in numbers
    for field in numbers:
        with pytest.raises(ValidationError, match=field):
            EXPERIMENTS[name].settings.model_validate({field: True})


def test_rows_say_the_bounds_of_their_sliders() -> None:
    for row in rows():
        assert row["says"].endswith(".")
        assert row["settings"][-1]["name"] == "seed"
        for setting in row["settings"]:
            values = setting["values"] or [setting["least"], setting["most"]]
            assert setting["default"] is not None
            if all(isinstance(value, int | float) for value in values):
                assert min(values) <= setting["default"] <= max(values), setting
            else:
                assert setting["default"] in values
            assert setting["title"] != setting["name"]
        for preset in row["presets"]:
            EXPERIMENTS[row["name"]].settings(**preset["settings"])


def test_what_takes_too_long_at_once_is_refused_with_advice() -> None:
    for experiment in EXPERIMENTS.values():
        experiment.check_at_once(experiment.settings())

    class Costly:
        seconds = staticmethod(lambda settings: 2.0 * MOST_SECONDS)
        settings = overfitting.OverfittingSettings

    with pytest.raises(Problem, match="at once") as refused:
        Experiment.check_at_once(Costly, None)  # type: ignore[arg-type]
    assert refused.value.where == {"field": "points"}


def test_least_squares_are_numpys_and_a_penalty_is_what_its_sentence_says() -> None:
    given = overfitting.points(20, 0.1, 3, 0)
    found = overfitting.weights(given, 5, 0.0)
    straight = np.polynomial.Polynomial.fit(given.x, given.y, 5, domain=[0, 1])
    np.testing.assert_allclose(overfitting.fitted(found, given.x), straight(given.x), atol=1e-9)

    def objective(weights: Any) -> float:
        error = overfitting.fitted(weights, given.x) - given.y
        return float(np.mean(error**2) + 0.01 * np.sum(weights[1:] ** 2))

    best = overfitting.weights(given, 5, 0.01)
    for i in range(6):
        for way in (-1e-3, 1e-3):
            moved = best.copy()
            moved[i] += way
            assert objective(moved) > objective(best)


def test_training_error_falls_with_every_degree() -> None:
    experiment = EXPERIMENTS["overfitting"]
    for seed in range(5):
        frames = experiment.frames(experiment.settings(seed=seed))
        trains = np.array([frame["run"]["train"] for frame in frames])
        assert (np.diff(trains) < 1e-12).all()


def test_a_run_that_leaves_all_bounds_says_so_at_that_step_and_stops() -> None:
    from app.core.training.loop import Loop, sliced

    task = planes.Task("moons", 20, 0.3, (4,), How("relu", "sgd", 1e200), 60, 0)
    loop: Loop[Any, Any] = Loop(
        begin=lambda settings: planes.begin(task),
        advance=lambda settings, state, step: planes.advance(task, state, step),
        look=lambda settings, state, step: planes.look(task, state),
        last=lambda settings: task.last,
        at=lambda settings, step: step,
        data=lambda settings: planes.data(task),
        guessed=lambda settings: math.log(2),
        floor=lambda settings: None,
        unit="step",
    )
    settings: Any = EXPERIMENTS["samples-a-weight"].settings()
    run, frames = None, list[Any]()
    for _ in range(20):
        run, more = sliced(loop, settings, settings, run)
        frames += more
        if run is None:
            break
    last = frames[-1]
    assert run is None
    assert last["step"] < task.last
    assert f"step {last['step']}" in last["stopped"]
    assert last["diagnosis"]["rule"] == "not a number"
    assert last["run"]["shown"] == []
    assert last["run"]["train"] is None or last["run"]["validation"] is None
    assert all(frame["stopped"] is None for frame in frames[:-1])


@pytest.mark.parametrize("kind", SHAPES)
def test_points_are_half_of_each_class_and_within_the_picture(kind: Any) -> None:
    points = classes(kind, 200, 0.1, seed=2)
    assert points.y.sum() == 100
    assert np.abs(points.x).max() < SHAPES[kind].side
    assert not (points.x == classes(kind, 200, 0.1, seed=2, part=1).x).all()
