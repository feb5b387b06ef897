"""One step of a run, looked into: against torch, against the run itself, against its expression."""

from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import orjson
import pytest
import torch
from torch.nn import functional

from app.core.errors import Problem
from app.core.experiments.classifier_2d import CLASSIFIER_2D, ClassifierSettings, task
from app.core.experiments.planes import given
from app.core.experiments.training_step.answers import TrainingStepAnswer, training_step
from app.core.experiments.training_step.names import Told
from app.core.experiments.training_step.questions import SMALL, TrainingStepQuestion
from app.core.experiments.training_step.questions import asked as asked_of
from app.core.experiments.training_step.replay import replay
from app.core.experiments.training_step.tellings import factors, followed
from app.core.experiments.training_step.witnesses import step
from app.core.expressions.questions import PlayQuestion, play
from tests.core.random_questions import training_step as random_question

SEEDS = range(12)
TORCH: dict[str, Any] = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}


def asked(seed: int) -> TrainingStepQuestion:
    return TrainingStepQuestion(**random_question(Random(seed)))


def answered(**settings: Any) -> TrainingStepAnswer:
    return training_step(TrainingStepQuestion(**SMALL | settings))


def torch_losses(parts: list[torch.Tensor], x: Any, y: Any, activation: str) -> torch.Tensor:
    """Every point's own loss, in a net of these weights and biases."""
    half = len(parts) // 2
    for i in range(half):
        x = functional.linear(x, parts[i], parts[half + i])
        x = TORCH[activation](x) if i < half - 1 else x
    return functional.binary_cross_entropy_with_logits(x[:, 0], y, reduction="none")


def numbers(net: Any) -> list[Any]:
    return [*net["weights"], *net["biases"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradients_of_a_point_and_their_mean_are_autograds(seed: int) -> None:
    question = asked(seed)
    found = training_step(question)
    parts = [torch.tensor(each, dtype=torch.double) for each in numbers(found["before"])]
    for each in parts:
        each.requires_grad_()
    data = given(task(question))
    x, y = (torch.from_numpy(each[found["batch"]]) for each in data)
    losses = torch_losses(parts, x, y, found["activation"])
    assert found["sample"]["loss"] == pytest.approx(losses[question.sample].item())
    for name, loss in (("own", losses[question.sample]), ("mean", losses.mean())):
        wanted = torch.autograd.grad(loss, parts, retain_graph=True)
        ours: Any = found[name]  # type: ignore[literal-required]
        for mine, theirs in zip(numbers(ours), wanted, strict=True):
            np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-7, atol=1e-10)
    weight = found["weight"]
    assert np.mean(weight["each"]) == pytest.approx(weight["mean"], rel=1e-7, abs=1e-10)
    assert weight["each"][question.sample] == weight["gradient"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_expression_has_the_same_gradient_for_that_weight(seed: int) -> None:
    found = training_step(asked(seed))
    told = found["expression"]
    query = parse_qs(urlsplit(told["link"].replace("#", "?")).query)
    inputs = orjson.loads(query["inputs"][0])
    answer = play(PlayQuestion(expression=query["expression"][0], inputs=inputs))
    node = next(each for each in answer["nodes"] if each["id"] == told["input"])
    gradient = np.asarray(node["gradient"])[tuple(told["at"])]
    assert gradient == pytest.approx(found["weight"]["gradient"], rel=1e-9, abs=1e-14)
    loss = next(each for each in answer["nodes"] if each["id"] == "L")
    assert loss["value"] == pytest.approx(found["sample"]["loss"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_witnesses_agree(seed: int) -> None:
    for witness in step(asked(seed)):
        assert witness["agrees"], witness


def test_it_is_the_run_that_the_settings_describe() -> None:
    settings = {name: value for name, value in SMALL.items() if name not in ("step", "sample")}
    del settings["weight"]
    whole = CLASSIFIER_2D.frames(ClassifierSettings(**settings, steps=120, turn=61, rate_then=1.0))
    for frame in whole[::7]:
        found = answered(steps=120, turn=61, rate_then=1.0, step=int(frame["at"]))
        assert found["loss"] == frame["run"]["train"]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("at", [0, 99, 100, 60])
def test_a_step_ends_where_the_next_begins(at: int, optimizer: str) -> None:
    how = {"optimizer": optimizer, "turn": 61, "penalty_then": 0.1, "rate_then": 0.05}
    one, other = answered(step=at, **how), answered(step=at + 1, **how)
    for after, before in zip(numbers(one["after"]), numbers(other["before"]), strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("name", ["w1_2_1", "w2_1_3", "w3_3_2", "w4_1_2", "b1_1", "b3_2", "b4_1"])
def test_every_moment_is_told_and_the_backward_ones_come_last(name: str, activation: str) -> None:
    found = answered(layers=3, units=3, activation=activation, weight=name)
    moments, forward = found["moments"], found["track"]["forward"]
    assert len(moments) == found["track"]["count"]
    assert all(each["latex"] and each["sentence"].endswith(".") for each in moments)
    assert {each["kind"] for each in moments[:forward]} == {"batch", "forward", "loss"}
    assert {each["kind"] for each in moments[forward:]} == {"backward", "mean", "update"}
    path, weight = found["path"], found["weight"]
    assert path[weight["layer"]] == weight["unit"] - 1
    if weight["source"]:
        assert path[weight["layer"] - 1] == weight["source"] - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_factors_of_the_chain_rule_multiply_to_the_gradient(seed: int) -> None:
    which = asked_of(asked(seed))
    found = replay(which)
    told = Told(which, found, followed(which, found))
    product = np.prod([value for _, _, value in factors(told)])
    own = found.each(which.weight)[which.sample]
    assert product == pytest.approx(own, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weight": "w9_1_1"}, "weight"),
        ({"weight": "w1_5_1"}, "weight"),
        ({"weight": "w1_1_3"}, "weight"),
        ({"weight": "w1_0_1"}, "weight"),
        ({"weight": "b1_1_1"}, "weight"),
        ({"weight": "w1_1"}, "weight"),
        ({"weight": "nothing"}, "weight"),
        ({"sample": 10}, "sample"),
        ({"step": 600}, "step"),
        ({"rate": 100.0, "penalty": 0.1, "step": 599}, "step"),
    ],
)
def test_what_the_run_has_not_is_said_with_its_place(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as found:
        answered(**change)
    assert found.value.told["where"] == {"field": field}
