"""One's own network: what can be trained is, and what cannot is refused with the reason."""

import re
from typing import Any

import pytest

from app.core.errors import Problem
from app.core.experiments import own_networks, your_network
from app.core.experiments.own_networks import NetworkSettings
from app.core.experiments.small_networks import usual
from app.core.experiments.your_network import YOUR_NETWORK
from app.core.mistakes import read
from app.core.networks.torch_code import reading
from app.core.training.digits import SIDE

CONVOLUTION = "nn.Sequential(nn.Conv2d(1, 2, 3, 4), nn.Flatten(), nn.Linear(98, 10))"
DROPPING = "nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Tanh(), nn.Linear(3, 2))"


def settings(source: str | None, input: Any = None, **more: Any) -> NetworkSettings:
    return YOUR_NETWORK.settings(source=source, input=input, **{"steps": 40, "batch": 8} | more)


@pytest.mark.parametrize(
    ("source", "input", "data"),
    [
        ("nn.Sequential(nn.Flatten(), nn.Linear(196, 10))", None, "digits"),
        ("nn.Sequential(nn.Linear(196, 10))", (196,), "garments"),
        (CONVOLUTION, (1, 28, 28), "digits"),
        (DROPPING, (2,), "moons"),
    ],
)  # fmt: skip
def test_what_code_describes_learns_and_comes_again_as_layers(
    source: str, input: Any, data: str
) -> None:
    asked = settings(source, input, data=data)
    frames = YOUR_NETWORK.frames(asked)
    assert frames[-1]["run"]["train"] < frames[0]["run"]["train"]
    network = reading(source, input or (1, SIDE, SIDE)).network
    same = YOUR_NETWORK.settings(network=network, data=data, steps=40, batch=8)
    assert YOUR_NETWORK.frames(same) == frames
    moved = frames[-1]["run"]["shown"]
    if data != "moons":
        assert isinstance(moved, dict)
        assert all(layer["moved"] > 0 for layer in moved["layers"])


@pytest.mark.parametrize(
    ("source", "input", "data", "why"),
    [
        ("nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))", (3, 32, 32), "digits", "3 × 32 × 32"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(196, 3))", None, "digits", "10 numbers"),
        ("nn.Sequential(nn.Linear(2, 10))", (2,), "moons", "2 numbers"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(196, 2000), nn.Linear(2000, 10))", None, "digits",
         "300,000"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(11, 10))", None, "digits", "11"),
    ],
)  # fmt: skip
def test_what_does_not_fit_or_is_too_large_is_refused_in_words(
    source: str, input: Any, data: str, why: str
) -> None:
    with pytest.raises(Problem, match=re.escape(why)):
        YOUR_NETWORK.slice(settings(source, input, data=data), None)


def test_layers_and_code_at_once_are_refused() -> None:
    network = usual()
    with pytest.raises(Problem, match="one of"):
        own_networks.asked(YOUR_NETWORK.settings(network=network, source="nn.ReLU()"))


@pytest.mark.parametrize("beside", own_networks.Change.__args__)
def test_beside_it_one_thing_is_other(beside: Any) -> None:
    asked = YOUR_NETWORK.settings(beside=beside)
    other = your_network.control(asked)
    changed = {
        name for name in type(asked).model_fields if getattr(asked, name) != getattr(other, name)
    }
    # Another optimiser has another usual rate.
    assert changed in ({"rate"}, {"network"}, {"optimizer", "rate"})
    assert len(set(your_network.names(asked))) == 2


def test_a_run_that_leaves_all_bounds_names_a_layer_of_its_own() -> None:
    asked = settings(None, rate=10.0)
    last = YOUR_NETWORK.frames(asked)[-1]
    assert last["stopped"] is None or re.search(r"first in (conv1|conv2|fc)", last["stopped"])


def test_code_and_its_input_come_as_json() -> None:
    body = b'{"source": "nn.Sequential(nn.Linear(196, 10))", "input": [196]}'
    assert own_networks.asked(read(NetworkSettings, body)).input == (196,)
