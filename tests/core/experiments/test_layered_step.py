"""One step of a run of a larger net, looked into: against torch, the run, and itself."""

from itertools import count
from random import Random
from typing import Any

import numpy as np
import orjson
import pytest
import torch
from torch import nn
from torch.nn import functional

from app.core.errors import Problem
from app.core.experiments.own_networks import held
from app.core.experiments.table import EXPERIMENTS
from app.core.experiments.training_step.figure import answer, check
from app.core.experiments.training_step.layered.answers import asked as found_of
from app.core.experiments.training_step.layered.drawn import shown
from app.core.experiments.training_step.layered.replay import Found, terms
from app.core.experiments.training_step.layered.tellings import Told, coming
from app.core.experiments.training_step.layered.way import adding, followed
from app.core.experiments.training_step.questions import (
    OWN,
    TrainingStepQuestion,
    looked_at,
)
from app.core.numbers import format_number
from app.core.training.layered import Layered
from app.core.training.modules import SEEDS
from tests.core.random_questions import (
    EXPERIMENTS_ON_PICTURES,
    NETS,
    experiment_step,
    pictures_step,
)

each = pytest.mark.parametrize(("net", "seed"), [(net, seed) for net in NETS for seed in range(4)])


def asked(net: str, seed: int) -> TrainingStepQuestion:
    return TrainingStepQuestion(**pictures_step(Random(seed), net))


def answered(given: dict[str, Any] = OWN, **settings: Any) -> Any:
    return answer(TrainingStepQuestion(**given | settings))


def replayed(question: TrainingStepQuestion) -> Found:
    steps = looked_at(question)
    assert isinstance(steps, Layered)
    return found_of(steps, question)


def plain(question: TrainingStepQuestion, found: Found, dtype: torch.dtype) -> Any:
    """The net as anybody writes it, with the weights of this step, and what the step sees."""
    net = eval(question.settings.source, {"nn": nn}).to(dtype).train()
    for mine, part in zip(found.stand.parts.values(), net.parameters(), strict=True):
        part.data = torch.from_numpy(mine).to(dtype)
    data = held(question.settings)
    x = torch.from_numpy(data.x[found.batch.places]).to(dtype)
    return net, x.reshape(-1, *question.settings.input), torch.from_numpy(found.batch.y)


@each
def test_the_gradient_of_every_picture_and_the_mean_are_autograds(net: str, seed: int) -> None:
    question = asked(net, seed)
    found, told = replayed(question), answer(question)["weight"]
    drops = "Dropout" in question.settings.source
    model, x, y = plain(question, found, torch.float32 if drops else torch.float64)
    if drops:  # the same are left out where the same is drawn in the same order
        model, x = (each.to(memory_format=torch.channels_last) for each in (model, x))
        torch.manual_seed(SEEDS * question.settings.seed + question.step)
    losses = functional.cross_entropy(model(x), y, reduction="none")
    part = list(model.parameters())[list(found.stand.parts).index(name_of(found))]

    def gradient(loss: torch.Tensor) -> float:
        [whole] = torch.autograd.grad(loss, part, retain_graph=True)
        return float(whole[found.weight.indices])

    wanted = [gradient(loss) for loss in losses]
    far = 1e-5 if drops else 1e-9
    scale = float(np.abs(wanted).max())
    np.testing.assert_allclose(told["each"], wanted, rtol=far, atol=far * (scale or 1))
    assert told["mean"] == pytest.approx(gradient(losses.mean()), rel=far, abs=far * (scale or 1))
    assert told["gradient"] == told["each"][question.sample]
    assert losses[question.sample].item() == pytest.approx(answer(question)["sample"]["loss"])


def name_of(found: Found) -> str:
    return f"{found.network.layers[found.stages[found.weight.layer]].name}.{found.weight.part}"


@each
def test_the_sums_that_are_written_out_are_what_they_are_said_to_be(net: str, seed: int) -> None:
    question = asked(net, seed)
    found = replayed(question)
    back, factor, others = terms(found)
    own = float(found.each[found.sample])
    assert float((back * factor).sum()) + others == pytest.approx(own, rel=1e-9, abs=1e-15)
    way = followed(found)
    told = Told(found, way, shown(found, way))
    for layer in told.shown:
        at = found.stages[layer]
        if len(found.row(at).weights["weight"]) > 1:
            total = sum(w * x for w, x, _ in adding(found, at, way.at[at]))
            total += float(found.part(at, "bias")[way.at[at][0]])
            assert total == pytest.approx(float(found.out(at)[way.at[at]]), rel=1e-9, abs=1e-12)
    for layer in told.shown[:-1]:
        some, factors, rest, total = coming(told, layer)
        came = sum(w * g for w, g, _ in some) * np.prod([value for _, value in factors])
        assert came + rest == pytest.approx(total, rel=1e-6, abs=1e-12)
        assert rest == 0 or net == "batch norm"


@each
def test_the_witnesses_agree(net: str, seed: int) -> None:
    for witness in check(asked(net, seed)):
        assert witness["agrees"], witness


@each
def test_every_moment_is_told_and_the_drawn_units_are_there(net: str, seed: int) -> None:
    found = answer(asked(net, seed))
    assert "layers" in found
    assert len(found["moments"]) == found["track"]["count"] == 2 * len(found["layers"]) + 5
    for moment in found["moments"]:
        assert moment["latex"]
        assert moment["sentence"].endswith(".")
    weight = found["weight"]
    [own] = [each for each in found["layers"] if each["layer"] == weight["layer"]]
    [followed] = [unit for unit in own["units"] if unit["followed"]]
    assert followed["unit"] == weight["unit"]
    for edge in found["edges"][:: max(1, len(found["edges"]) - 1)]:
        answer(asked(net, seed).model_copy(update={"weight": edge["weight"]}))


@pytest.mark.parametrize("net", NETS)
def test_a_step_ends_where_the_next_begins_and_is_the_runs_own(net: str) -> None:
    question = asked(net, 1)
    settings = question.settings
    row = EXPERIMENTS["your-network"]
    run: Any = None
    frames: list[Any] = []
    for _ in count():
        run, more = row.slice(settings, run)
        frames += more
        if len(frames) > 3:
            break
    for frame in frames[:4]:
        step = int(frame["at"])
        here = replayed(question.model_copy(update={"step": step}))
        then = replayed(question.model_copy(update={"step": step + 1}))
        assert here.train == frame["run"]["train"]
        for name, part in here.after.parts.items():
            np.testing.assert_array_equal(part, then.stand.parts[name])


ROWS = [(name, seed) for name in EXPERIMENTS_ON_PICTURES for seed in range(4)]


@pytest.mark.parametrize(("name", "seed"), ROWS)
def test_the_net_in_layers_takes_the_step_that_the_run_takes(name: str, seed: int) -> None:
    question = TrainingStepQuestion(**experiment_step(Random(seed), name))
    found = replayed(question)
    rule = found.steps.rule
    for part, mean in found.mean.items():
        before, after = found.stand.parts[part], found.after.parts[part]
        if part in found.steps.still:
            np.testing.assert_array_equal(before, after)
        elif rule.optimizer == "sgd":
            moved = rule.rate * (rule.momentum * found.stand.memory[0][part] + mean)
            far = 1e-8 + 2e-4 * float(np.abs(moved).max()) + 1e-7 * float(np.abs(before).max())
            np.testing.assert_allclose(after, before - moved, rtol=0, atol=far)
    for witness in check(question):
        assert witness["agrees"], witness
    told = answer(question)
    assert len(told["moments"]) == told["track"]["count"]


@pytest.mark.parametrize("name", [*EXPERIMENTS_ON_PICTURES, "your-network"])
def test_a_frame_stands_where_its_share_of_the_steps_is_done(name: str) -> None:
    """Also where it is one of an epoch: the page makes its link from this."""
    row = EXPERIMENTS[name]
    settings = row.settings()
    run, frames = row.slice(settings, None)
    _, more = row.slice(settings, run)
    steps = frames[0]["data"]["steps"]
    step = round(more[0]["at"] / more[0]["end"] * steps)
    found = answer(TrainingStepQuestion(experiment=name, step=step))
    if name not in ("transfer", "residual"):  # whose charts have another measure
        assert found["loss"] == more[0]["run"]["train"]


def test_a_frozen_layer_has_a_gradient_and_stays() -> None:
    found = answer(TrainingStepQuestion(experiment="transfer", frozen=2, weight="w1_7_1_1_2"))
    assert found["weight"]["before"] == found["weight"]["after"]
    assert found["moments"][-1]["sentence"].startswith("Its layer is frozen")
    assert any(found["weight"]["each"])


def test_what_is_dropped_and_the_batchs_statistics_are_said() -> None:
    dropped = answer(asked("dropout", 0))["moments"][0]["sentence"]
    assert "Dropout2d leaves out" in dropped
    assert "of 144" in dropped
    question = asked("batch norm", 0)
    found = replayed(question)
    normed = answer(question.model_copy(update={"weight": "w2_1"}))["moments"][2]["sentence"]
    mean, _ = found.statistics(found.stages[1])
    assert f"the mean is {format_number(float(mean[0]))}" in normed
    assert "Over the" in normed


def test_a_unit_that_is_left_out_gives_nothing_and_is_drawn_so() -> None:
    found = replayed(TrainingStepQuestion(experiment="dropout", step=5, weight="w2_1_1"))
    gone = int(np.flatnonzero(found.masks["dropout2"].numpy() == 0)[0]) + 1
    weight = f"w2_{gone}_1"
    told = answer(TrainingStepQuestion(experiment="dropout", step=5, weight=weight))
    [unit] = [unit for unit in told["layers"][1]["units"] if unit["unit"] == gone]
    assert (unit["kept"], unit["value"], unit["gradient"]) == (False, 0, 0)
    assert not any(told["weight"]["each"])


def test_without_a_weight_the_steepest_of_the_first_layer_is_told() -> None:
    found = answered({key: value for key, value in OWN.items() if key != "weight"})
    own = np.abs(found["weight"]["gradient"])
    assert found["weight"]["layer"] == 1
    for name in ("w1_1_1_2_2", "w1_4_1_1_3", "w1_8_1_3_3"):
        assert np.abs(answered(weight=name)["weight"]["gradient"]) <= own


LARGE = (
    "nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), "
    "nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), "
    "nn.ReLU(), nn.Flatten(), nn.Linear(3136, 10))"
)
LINEAR = {
    "source": "nn.Sequential(nn.Flatten(), nn.Linear(196, 64), nn.Linear(64, 10))",
    "weight": "w1_1_1",
}
HEAVY = {"source": LARGE, "input": [1, 28, 28], "data": "garments", "weight": "w1_1_1_1_1"}
SLOW = HEAVY | {"source": LARGE.replace("nn.BatchNorm2d(16), ", "")}


def test_an_answer_has_a_bound_however_large_the_net() -> None:
    found = answered(OWN, **HEAVY | {"batch": 2, "sample": 0, "step": 1})
    assert len(orjson.dumps(found)) < 500_000


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"weight": "w9_1_1"}, "weight", "no weight"),
        ({"weight": "w1_1_1"}, "weight", "w1_8_1_3_3"),
        ({"weight": "w1_9_1_1_1"}, "weight", "no weight"),
        ({"weight": "w2_1_1_4_1"}, "weight", "no weight"),
        ({"weight": "b3_11"}, "weight", "no weight"),
        ({"sample": 32}, "sample", "32 pictures"),
        ({"step": 200}, "step", "200 steps"),
        (HEAVY | {"batch": 128}, "batch", "smaller batch"),
        (SLOW | {"batch": 128, "step": 199}, "step", "can be looked into"),
        (LINEAR | {"rate": 10.0, "step": 100}, "step", "beyond all bounds"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_place(
    change: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Problem) as found:
        answered(**change)
    assert found.value.told["where"] == {"field": field}
    assert says in found.value.message


def test_a_net_that_the_chain_rule_is_not_told_through_says_so() -> None:
    row = EXPERIMENTS["your-network"]
    source = "nn.Sequential(nn.Flatten(), nn.LayerNorm(196), nn.Linear(196, 10))"
    closed = row.closed(row.settings(source=source))
    assert "`LayerNorm` at its place 2" in str(closed)
