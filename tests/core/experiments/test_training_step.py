"""One step of a run, looked into: against torch, against the run itself, against its expression."""

import re
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import orjson
import pytest
import torch
from torch.nn import functional

from app.core.errors import Problem
from app.core.experiments.table import EXPERIMENTS
from app.core.experiments.training_step.answers import TrainingStepAnswer, training_step
from app.core.experiments.training_step.names import Told
from app.core.experiments.training_step.questions import SAMPLES, SMALL, TrainingStepQuestion
from app.core.experiments.training_step.questions import asked as asked_of
from app.core.experiments.training_step.replay import replay
from app.core.experiments.training_step.tellings import factors, followed
from app.core.experiments.training_step.witnesses import step
from app.core.expressions.questions import PlayQuestion, play
from tests.core.random_questions import STEPPED

SEEDS = [(name, seed) for name in STEPPED for seed in range(8)]
TORCH: dict[str, Any] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "none": lambda x: x,
}
BATCH = {"experiment": "small-batch", "data": "xor", "step": 40, "weight": "w1_3_2"}
OWN = {"experiment": "your-network", "data": "moons", "step": 40, "weight": "w2_3_1"}
# Of each experiment a question of which a few numbers are known.
OF: dict[str, dict[str, Any]] = {
    "classifier-2d": SMALL,
    "samples-a-weight": SAMPLES,
    "small-batch": BATCH,
    "your-network": OWN,
}
each_seed = pytest.mark.parametrize(("name", "seed"), SEEDS)


def asked(name: str, seed: int) -> TrainingStepQuestion:
    return TrainingStepQuestion(**STEPPED[name](Random(seed)))


def answered(given: dict[str, Any] = SMALL, **settings: Any) -> TrainingStepAnswer:
    return training_step(TrainingStepQuestion(**given | settings))


def torch_losses(parts: list[torch.Tensor], x: Any, y: Any, found: TrainingStepAnswer) -> Any:
    """Every point's own loss, in a net of these weights and biases."""
    half = len(parts) // 2
    for i in range(half):
        x = functional.linear(x, parts[i], parts[half + i])
        if i < half - 1:
            x = TORCH[found["activation"]](x)
            x = x * torch.tensor(found["kept"][i], dtype=torch.double) if found["kept"] else x
    if x.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(x[:, 0], y.double(), reduction="none")
    return functional.cross_entropy(x, y, reduction="none")


def numbers(net: Any) -> list[Any]:
    return [*net["weights"], *net["biases"]]


@each_seed
def test_the_gradients_of_a_point_and_their_mean_are_autograds(name: str, seed: int) -> None:
    question = asked(name, seed)
    found = training_step(question)
    parts = [torch.tensor(each, dtype=torch.double) for each in numbers(found["before"])]
    for each in parts:
        each.requires_grad_()
    batch = asked_of(question).steps.batch(question.step)
    losses = torch_losses(parts, torch.tensor(batch.x), torch.tensor(batch.y).long(), found)
    assert found["sample"]["loss"] == pytest.approx(losses[question.sample].item())
    for which, loss in (("own", losses[question.sample]), ("mean", losses.mean())):
        wanted = torch.autograd.grad(loss, parts, retain_graph=True)
        ours: Any = found[which]  # type: ignore[literal-required]
        for mine, theirs in zip(numbers(ours), wanted, strict=True):
            np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-7, atol=1e-10)
    weight = found["weight"]
    assert np.mean(weight["each"]) == pytest.approx(weight["mean"], rel=1e-7, abs=1e-10)
    assert weight["each"][question.sample] == weight["gradient"]


@each_seed
def test_the_expression_has_the_same_gradient_for_that_weight(name: str, seed: int) -> None:
    found = training_step(asked(name, seed))
    told = found["expression"]
    query = parse_qs(urlsplit(told["link"].replace("#", "?")).query)
    inputs = orjson.loads(query["inputs"][0])
    answer = play(PlayQuestion(expression=query["expression"][0], inputs=inputs))
    node = next(each for each in answer["nodes"] if each["id"] == told["input"])
    gradient = np.asarray(node["gradient"])[tuple(told["at"])]
    assert gradient == pytest.approx(found["weight"]["gradient"], rel=1e-9, abs=1e-14)
    loss = next(each for each in answer["nodes"] if each["id"] == "L")
    assert loss["value"] == pytest.approx(found["sample"]["loss"])


@each_seed
def test_the_witnesses_agree(name: str, seed: int) -> None:
    for witness in step(asked(name, seed)):
        assert witness["agrees"], witness


@pytest.mark.parametrize("name", OF)
def test_it_is_the_run_that_the_settings_describe(name: str) -> None:
    row = EXPERIMENTS[name]
    own = {each: value for each, value in OF[name].items() if each in row.settings.model_fields}
    if "steps" in row.settings.model_fields:
        own["steps"] = 120
    if "turn" in row.settings.model_fields:
        own |= {"turn": 61, "rate_then": 1.0}
    whole = row.frames(row.settings(**own))
    for frame in whole[:-1:7]:
        found = answered({"experiment": name}, **own, step=int(frame["at"]))
        assert found["loss"] == frame["run"]["train"]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("at", [0, 99, 100, 60])
def test_a_step_ends_where_the_next_begins(at: int, optimizer: str) -> None:
    how = {"optimizer": optimizer, "turn": 61, "penalty_then": 0.1, "rate_then": 0.05}
    meets(SMALL | how, at)


@pytest.mark.parametrize("name", OF)
def test_a_step_of_any_experiment_ends_where_the_next_begins(name: str) -> None:
    meets(OF[name], 100)


def meets(given: dict[str, Any], at: int) -> None:
    one, other = answered(given, step=at), answered(given, step=at + 1)
    for after, before in zip(numbers(one["after"]), numbers(other["before"]), strict=True):
        np.testing.assert_array_equal(after, before)


def test_what_a_step_leaves_out_gives_nothing_and_gets_nothing() -> None:
    found = answered(SAMPLES)
    out = [(i, j) for i, row in enumerate(found["kept"]) for j, mask in enumerate(row) if not mask]
    assert out
    for layer, unit in out:
        assert found["units"][layer + 1][unit] == 0
        assert found["backs"][layer][unit] == 0
        gone = answered(SAMPLES, weight=f"w{layer + 1}_{unit + 1}_1")
        told = [moment["sentence"] for moment in gone["moments"] if moment["layer"] == layer + 1]
        assert "leaves the unit out" in told[0]
        assert gone["weight"]["gradient"] == 0


@pytest.mark.parametrize("row", EXPERIMENTS.values(), ids=lambda row: row.name)
def test_what_cannot_be_looked_into_says_why(row: Any) -> None:
    closed = row.closed(row.settings())
    assert row.slice(row.settings(), None)[1][0]["data"]["closed"] == closed
    if callable(row.inside):
        assert (row.never, closed) == ("", None)
        return
    assert re.fullmatch(r"No step of this run can be looked into: [^`]*[^`\s]\.", row.never)
    assert closed == row.never
    with pytest.raises(Problem, match=re.escape(row.never)) as found:
        answered({"experiment": row.name})
    assert found.value.told["where"] == {"field": "experiment"}


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


@each_seed
def test_the_factors_of_the_chain_rule_multiply_to_the_gradient(name: str, seed: int) -> None:
    which = asked_of(asked(name, seed))
    found = replay(which)
    told = Told(which, found, followed(which, found))
    product = np.prod([value for _, _, value in factors(told)])
    own = found.each(which.weight)[which.sample]
    assert product == pytest.approx(own, rel=1e-9, abs=1e-14)


CODE = "nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))"


@pytest.mark.parametrize(
    ("name", "settings", "field", "says"),
    [
        ("small-batch", {"bug": "softmax twice"}, "bug", "a second softmax"),
        ("small-batch", {"data": "xor", "bug": "softmax twice"}, "bug", "a second softmax"),
        ("your-network", {"source": CODE.replace("nn.Tanh()", "nn.ELU()")}, "network", "`ELU`"),
        ("your-network", {"source": CODE.replace("4", "40")}, "network", "more of them"),
        ("your-network", {"source": CODE.replace("4, 2", "4, 2, bias=False")}, "network", "biases"),
        (
            "your-network",
            {"source": CODE.replace("nn.Tanh()", "nn.Tanh(), nn.Linear(4, 4), nn.ReLU()")},
            "network",
            "more than one kind",
        ),
    ],
)
def test_settings_of_which_no_step_is_told_say_why(
    name: str, settings: dict[str, Any], field: str, says: str
) -> None:
    own = {"data": "moons", "input": (2,)} if "source" in settings else {}
    row = EXPERIMENTS[name]
    with pytest.raises(Problem) as found:
        row.steps(row.settings(**settings | own))
    assert says in found.value.message
    assert found.value.told["where"] == {"field": field}


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
        ({"units": 99}, "units"),
        ({"hidden": 3}, "hidden"),
        ({"experiment": "nothing"}, "experiment"),
    ],
)
def test_what_the_run_has_not_is_said_with_its_place(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as found:
        answered(**change)
    assert found.value.told["where"] == {"field": field}
