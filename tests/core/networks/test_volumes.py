"""Wires of a network's drawing against every pair of them, and how much there is to look at."""

import random
from typing import Any

import pytest

from app.core.networks.answers import network_answer
from app.core.networks.drawing.volumes import drawing
from app.core.networks.network import Network
from app.core.networks.questions import SMALL, NetworkQuestion, network
from tests.work import at_most


def joined(rng: random.Random, count: int, most: int) -> Network:
    """Additions of whatever stands before them."""
    names, nodes = ["input"], list[dict[str, Any]]()
    for i in range(count):
        taken = rng.choices(names, k=rng.randint(2, most))
        nodes.append({"name": f"add{i}", "layer": {"type": "Add"}, "inputs": taken})
        names.append(f"add{i}")
    return Network.model_validate({"input": (3, 8, 8), "layers": nodes})


@pytest.mark.parametrize("seed", range(20))
def test_no_wire_runs_through_another(seed: int) -> None:
    found = joined(random.Random(seed), 20, 4)
    wires = drawing(found, network_answer(found))["wires"]
    assert len(wires) > 10
    for n, wire in enumerate(wires):
        under = [
            other["level"]
            for other in wires[:n]
            if other["source"] < wire["target"] and wire["source"] < other["target"]
        ]
        assert wire["level"] == min(6, max(under, default=0) + 1)


def test_many_wires_are_much_to_look_at_and_little_work() -> None:
    found = joined(random.Random(0), 120, 64)
    question = NetworkQuestion(network=found, include=["drawing"])
    wires = sum(len(node.inputs) for node in found.layers)
    assert question.size == wires > SMALL
    with at_most(lines=100 * wires):
        assert len(network(question)["drawing"]["wires"]) > 1_000


def test_a_few_lines_may_be_a_deep_network() -> None:
    doubled = "".join(f"a{i + 1} = nn.Sequential(a{i}, a{i})\n" for i in range(10))
    question = NetworkQuestion(source=f"a0 = nn.ReLU()\n{doubled}", input=(3, 8, 8))
    assert question.size == 1_024
    assert NetworkQuestion(source="nn.Sequential(nn.ReLU())").size == 1


@pytest.mark.parametrize(("name", "skips"), [("squeezenet1_1", False), ("resnet18", True)])
def test_only_what_is_added_skips(name: str, skips: bool) -> None:
    question = NetworkQuestion.model_validate({"architecture": name, "include": ["drawing"]})
    closed = [v for v in network(question)["drawing"]["volumes"] if v["group"]]
    assert closed
    assert any(volume["joint"] for volume in closed) == skips
