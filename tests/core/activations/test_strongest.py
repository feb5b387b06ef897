"""Which maps matter most, and what a map was made from, against torch by other ways."""

from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.activations.answers import activations
from app.core.activations.capture import Capture, capture
from app.core.activations.origins import origins
from app.core.activations.questions import ActivationsQuestion
from app.core.activations.strongest import parts, sizes, strongest
from app.core.errors import Problem
from app.core.networks.network import Network
from app.core.networks.torch_network import TorchNetwork, seeded
from tests.core.random_networks import random_network

SMALL = {
    "input": (3, 16, 16),
    "layers": [
        {"name": "c1", "layer": {"type": "Conv2d", "in_channels": 3, "out_channels": 6,
                                 "kernel_size": 3, "stride": 2, "padding": 1}},
        {"name": "n1", "layer": {"type": "BatchNorm2d", "num_features": 6}},
        {"name": "r1", "layer": {"type": "ReLU"}},
        {"name": "g", "layer": {"type": "Conv2d", "in_channels": 6, "out_channels": 4,
                                "kernel_size": 3, "padding": 1, "groups": 2, "bias": False}},
        {"name": "t", "layer": {"type": "ConvTranspose2d", "in_channels": 4, "out_channels": 4,
                                "kernel_size": 3, "padding": 1}},
        {"name": "both", "layer": {"type": "Concat"}, "inputs": ["g", "r1"]},
        {"name": "r2", "layer": {"type": "ReLU"}},
        {"name": "mix", "layer": {"type": "Conv2d", "in_channels": 10, "out_channels": 4,
                                  "kernel_size": 1}},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": ["mix", "t"]},
        {"name": "p", "layer": {"type": "MaxPool2d", "kernel_size": 2}},
        {"name": "f", "layer": {"type": "Flatten"}},
        {"name": "l", "layer": {"type": "Linear", "in_features": 64, "out_features": 5}},
        {"name": "s", "layer": {"type": "Softmax", "dim": 1}},
    ],
}  # fmt: skip
EVEN = "ignore:Using padding='same' with even kernel"


def looked(network: Network, seed: int = 0) -> Capture:
    image = torch.rand(1, *network.input, generator=torch.Generator().manual_seed(seed))
    return capture(seeded(network, seed), image)


@pytest.fixture(scope="module")
def captured() -> Capture:
    network = Network.model_validate(SMALL)
    torch.manual_seed(3)
    model = TorchNetwork(network).eval().requires_grad_(False)
    return capture(model, torch.rand(1, 3, 16, 16) - 0.4)


@pytest.mark.filterwarnings(EVEN)
@pytest.mark.parametrize("seed", range(8))
def test_the_strongest_come_first_in_both_orders(seed: int) -> None:
    found = looked(random_network(seed), seed)
    for i in range(-1, len(found.network.layers)):
        activation, gradient = found.activation(i), found.gradient(i)
        told = strongest(activation, gradient, 4)
        by_hand = [float(channel.abs().mean()) for channel in activation]
        assert told["size"]["values"] == pytest.approx(sorted(by_hand, reverse=True)[:4])
        assert [by_hand[c] for c in told["size"]["channels"]] == pytest.approx(
            told["size"]["values"]
        )
        if gradient is None:
            assert told["part"] is None
            continue
        assert told["part"] is not None
        shares = [float((a * g).sum()) for a, g in zip(activation, gradient, strict=True)]
        ordered = sorted(map(abs, shares), reverse=True)[:4]
        assert [abs(value) for value in told["part"]["values"]] == pytest.approx(ordered, abs=1e-6)


def test_a_part_is_what_a_small_change_of_the_map_does_to_the_score(captured: Capture) -> None:
    i = captured.network.position("mix")
    gradient = captured.gradient(i)
    assert gradient is not None
    told = parts(captured.activation(i), gradient)
    model, step = captured.model, 1e-3
    for channel in range(4):

        def score(factor: float, channel: int = channel) -> float:
            found: list[Tensor] = []
            for k, (layer, sources) in enumerate(zip(model.steps, model.sources, strict=True)):
                given = (found[j] if j >= 0 else captured.image for j in sources)
                out = layer(*given).clone()
                if k == i:
                    out[0, channel] *= factor
                found.append(out)
            return float(found[-2][0, captured.target])

        slope = (score(1 + step) - score(1 - step)) / (2 * step)
        assert slope == pytest.approx(float(told[channel]), rel=2e-2, abs=2e-3)


def test_numbers_that_are_none_come_last() -> None:
    found = strongest(torch.tensor([float("nan"), 0.0, float("-inf"), 2.0]), None, 16)
    assert found["size"]["channels"] == [2, 3, 1, 0]
    assert sizes(torch.zeros(2, 3, 3)).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["c1", "g", "t", "mix", "l"])
def test_what_maps_bring_adds_up_to_the_map_that_is_made_of_them(
    captured: Capture, name: str
) -> None:
    for channel in range(4):
        told = origins(captured, name, channel, most=99)
        made = captured.activation(captured.network.position(name))[channel]
        total = sum(row["mean"] or 0 for row in told["origins"]) + (told["bias"] or 0)
        assert total == pytest.approx(float(made.mean()), abs=1e-5) == told["mean"]
        assert sum(row["share"] for row in told["origins"]) == pytest.approx(1)
        assert told["omitted"] == 0


def test_a_share_is_that_of_the_products_by_their_sizes(captured: Capture) -> None:
    network = captured.network
    step = captured.model.steps[network.position("c1")]
    told = origins(captured, "c1", 2)
    patches = torch.nn.functional.unfold(captured.image, 3, padding=1, stride=2)[0]
    products = patches * step.weight[2].reshape(-1, 1)
    by_colour = products.reshape(3, 9, -1).abs().sum(dim=(1, 2))
    expected = (by_colour / by_colour.sum()).tolist()
    assert {row["channel"]: row["share"] for row in told["origins"]} == pytest.approx(
        dict(enumerate(expected)), abs=1e-5
    )
    leaning = products.reshape(3, 9, -1).sum(dim=(1, 2)) / by_colour
    for row in told["origins"]:
        assert row["leaning"] == pytest.approx(float(leaning[row["channel"]]), abs=1e-5)


def test_a_layer_that_follows_stands_for_the_one_that_made_the_map(captured: Capture) -> None:
    assert origins(captured, "r1", 3) == origins(captured, "c1", 3)


def test_layers_that_only_rearrange_are_seen_through(captured: Capture) -> None:
    mixed = origins(captured, "mix", 0, most=99)
    assert {row["layer"] for row in mixed["origins"]} <= {"g", "r1"}
    assert all(row["channel"] < {"g": 4, "r1": 6}[row["layer"]] for row in mixed["origins"])
    linear = origins(captured, "l", 0, most=99)
    assert {(row["layer"], row["channel"]) for row in linear["origins"]} == {
        ("p", c) for c in range(4)
    }
    weights = captured.model.steps[captured.network.position("l")].weight[0]
    pooled = captured.activation(captured.network.position("p"))
    by_map = (weights.reshape(4, 16) * pooled.reshape(4, 16)).sum(dim=1)
    for row in linear["origins"]:
        assert row["mean"] == pytest.approx(float(by_map[row["channel"]]), abs=1e-5)


def test_every_kind_of_layer_says_what_it_took(captured: Capture) -> None:
    assert {(row["layer"], row["channel"]) for row in origins(captured, "p", 1)["origins"]} == {
        ("sum", 1)
    }
    added = origins(captured, "sum", 2)
    assert sum(row["mean"] or 0 for row in added["origins"]) == pytest.approx(added["mean"])
    soft = origins(captured, "s", 0, most=99)
    chances = captured.scores.softmax(dim=0).sort(descending=True).values
    assert [row["share"] for row in soft["origins"]] == pytest.approx(chances.tolist())
    assert origins(captured, "input", 0)["origins"] == []


@pytest.mark.filterwarnings(EVEN)
@pytest.mark.parametrize("seed", range(12))
def test_origins_of_random_networks_are_maps_that_are_there(seed: int) -> None:
    found = looked(random_network(seed), seed)
    for i, node in enumerate(found.network.layers):
        told = origins(found, node.name, found.activation(i).shape[0] - 1)
        assert len(told["origins"]) <= 6
        whole = sum(row["share"] for row in told["origins"]) + told["omitted_share"]
        assert whole == pytest.approx(1) or not told["origins"]
        for row in told["origins"]:
            source = -1 if row["layer"] == "input" else found.network.position(row["layer"])
            assert 0 <= row["channel"] < found.activation(source).shape[0]


def asked(**question: Any) -> Any:
    return activations(
        ActivationsQuestion.model_validate({"model": "digits", "image": "digit-3"} | question)
    )


def test_the_strongest_maps_alone_are_those_among_all() -> None:
    some, cut = asked(layers="ends", strongest=3, channels="strongest")
    _, whole = asked(layers="ends")
    named = {row["name"]: row["strongest"] for row in some["layers"] if row["strongest"]}
    assert named.keys() == {name.split(":")[0] for name in whole}
    for name, found in named.items():
        channels = cut[f"{name}:channels"].astype(int).tolist()
        assert {*found["size"]["channels"], *found["part"]["channels"]} == {*channels}
        assert (cut[f"{name}:activation"] == whole[f"{name}:activation"][channels]).all()


def test_what_is_not_there_is_refused_with_its_place() -> None:
    for wrong, field in [
        ({"channels": "strongest"}, "strongest"),
        ({"map": {"layer": "conv1", "channel": 500}}, "map.channel"),
    ]:
        with pytest.raises(Problem) as found:
            asked(**wrong)
        assert found.value.where == {"field": field}
