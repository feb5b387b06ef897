"""The weights of a run as a file: with them a module has the losses that its frames show."""

from base64 import b64encode
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load
from torch.nn import functional

from app.core.activations.looks import WeightsQuestion
from app.core.errors import Problem
from app.core.experiments import transfer
from app.core.experiments.own_networks import asked, held
from app.core.experiments.table import EXPERIMENTS
from app.core.experiments.weights import RunWeightsQuestion, weights
from app.core.networks.torch_network import TorchNetwork
from app.core.training.points import FRESH

ROW = EXPERIMENTS["your-network"]
NORMED = "nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), "
NORMED += "nn.Linear(576, 10))"
RUNS: list[dict[str, Any]] = [
    {"steps": 40, "seed": 2},
    {"steps": 40, "source": NORMED, "optimizer": "adam", "rate": 0.002},
    {"steps": 80, "data": "moons"},
]


def filed(settings: dict[str, Any], frame: int | None = None) -> bytes:
    return weights(RunWeightsQuestion(experiment="your-network", settings=settings, frame=frame))


@pytest.mark.parametrize("settings", RUNS)
@pytest.mark.parametrize("frame", [0, 7, None])
def test_with_them_a_module_has_the_losses_of_the_frame(
    settings: dict[str, Any], frame: int | None
) -> None:
    asked_for = ROW.settings(**settings)
    network = asked(asked_for)
    module = TorchNetwork(network)
    module.load_state_dict(load(filed(settings, frame)))
    data = held(asked_for, FRESH)
    with torch.no_grad():
        x = torch.from_numpy(data.x).reshape(-1, *network.input)
        loss = functional.cross_entropy(module.eval()(x), torch.from_numpy(data.y))
    wanted = ROW.frames(asked_for)[-1 if frame is None else frame]["run"]["validation"]
    assert loss.item() == pytest.approx(wanted, rel=1e-5)


DENSE: dict[str, dict[str, Any]] = {
    "classifier-2d": {"data": "moons", "steps": 60},
    "samples-a-weight": {"points": 20, "dropped": 0.3},
    "small-batch": {"points": 10, "steps": 40},
    "dropout": {"hidden": 8, "points": 40, "steps": 40},
    "augmentation": {"points": 20, "steps": 40},
    "mislabelled": {"each": 20, "epochs": 3},
}


@pytest.mark.parametrize("name", DENSE)
def test_the_model_of_the_program_takes_them_and_has_the_losses_of_the_frame(name: str) -> None:
    row = EXPERIMENTS[name]
    settings = row.settings(**DENSE[name], seed=4)
    assert row.script
    made = dict(row.script(settings).parts)
    names: dict[str, Any] = {}
    try:
        for says in list(made)[:3]:  # up to the network
            exec(compile(made[says], says, "exec"), names)
    finally:
        torch.set_default_dtype(torch.float32)
    question = RunWeightsQuestion(experiment=name, settings={**DENSE[name], "seed": 4}, frame=2)
    model = names["model"].eval()
    model.load_state_dict(load(weights(question)))
    exec(f"def loss(x, y):\n    return {row.script(settings).loss}", names)
    with torch.no_grad():
        found = float(names["loss"](names["fresh_x"], names["fresh_y"]))
    assert found == pytest.approx(row.frames(settings)[2]["run"]["validation"], rel=1e-5)


@pytest.mark.parametrize("frame", [0, 5, None])
def test_with_those_of_a_net_that_was_carried_a_module_names_as_many_right(
    frame: int | None,
) -> None:
    row = EXPERIMENTS["transfer"]
    asked_for = row.settings(steps=20, source="garments", frozen=2)
    question = {"experiment": "transfer", "settings": asked_for.model_dump(), "frame": frame}
    module = TorchNetwork(transfer.network())
    module.load_state_dict(load(weights(RunWeightsQuestion(**question))))
    data = transfer.pictures(asked_for.each, asked_for.seed, FRESH)
    with torch.no_grad():
        named = module.eval()(torch.from_numpy(data.x).reshape(-1, 1, 14, 14)).argmax(1)
    wanted = row.frames(asked_for)[-1 if frame is None else frame]["run"]["validation"]
    assert (named.numpy() == data.y).mean() == pytest.approx(wanted)


@pytest.mark.parametrize("settings", RUNS[:2])
def test_a_look_at_a_picture_takes_them(settings: dict[str, Any]) -> None:
    data = filed(settings)
    network = asked(ROW.settings(**settings)).model_dump(mode="json")
    look = WeightsQuestion(network=network, weights=b64encode(data).decode())
    found = look.torch_network(look.seeing()).state_dict()
    for name, part in load(data).items():
        np.testing.assert_array_equal(found[name].numpy(), part.numpy())


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"experiment": "outliers"}, "experiment"),
        ({"experiment": "your-netwrk"}, "experiment"),
        ({"experiment": "your-network", "frame": 41}, "frame"),
    ],
)
def test_what_is_not_to_be_had_is_said(question: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as found:
        weights(RunWeightsQuestion(**question))
    assert found.value.told["where"] == {"field": field}


def test_of_a_long_run_an_early_frame_is_to_be_had_and_a_late_one_is_refused() -> None:
    row = EXPERIMENTS["small-batch"]
    long = dict(row.presets)["1,000 shuffled labels by heart"]
    question = {"experiment": row.name, "settings": long}
    assert load(weights(RunWeightsQuestion(**question, frame=1)))
    with pytest.raises(Problem, match=r"takes about .* seconds, and 3 are the most") as found:
        weights(RunWeightsQuestion(**question))
    assert found.value.where == {"field": "frame"}
