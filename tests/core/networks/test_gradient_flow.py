"""Gradients at initialisation: the claims of the lecture, measured."""

import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from app.core.errors import Problem
from app.core.layers.table import make
from app.core.networks import fields
from app.core.networks.answers import network_answer
from app.core.networks.architectures import ARCHITECTURES, architecture
from app.core.networks.gradient_flow import DeepStack, effective_field, gradient_sizes
from app.core.networks.network import Network, sequential
from tests.core.networks.test_networks import conv

torch.set_num_threads(1)


def curve(answer: dict[str, Any], residual: bool, batch_norm: bool) -> dict[str, Any]:
    return next(
        curve
        for curve in answer["curves"]
        if (curve["residual"], curve["batch_norm"]) == (residual, batch_norm)
    )


def decades(sizes: list[float]) -> float:
    """How many powers of ten the first layer's gradient is below the last one's."""
    return math.log10(sizes[-1] / sizes[0])


def test_the_skip_and_the_norm_keep_gradients_alive() -> None:
    answer = gradient_sizes(DeepStack(blocks=15))
    assert len(answer["layers"]) == 31
    plain, skip = (curve(answer, residual, False)["gradients"] for residual in (False, True))
    normed, both = (curve(answer, residual, True)["gradients"] for residual in (False, True))
    assert decades(plain) > 6
    assert abs(decades(skip)) < 2
    assert abs(decades(normed)) < 4
    assert abs(decades(both)) < 2
    assert "times smaller" in answer["sentence"]
    assert [c["asked"] for c in answer["curves"]] == [True, False, False, False]


def test_hes_initialisation_alone_keeps_them_too() -> None:
    answer = gradient_sizes(DeepStack(blocks=15, initialisation="he"))
    assert abs(decades(curve(answer, False, False)["gradients"])) < 2


def test_the_same_settings_give_the_same_numbers() -> None:
    first = gradient_sizes(DeepStack(blocks=2, residual=True, seed=7))
    torch.rand(3)
    assert gradient_sizes(DeepStack(blocks=2, residual=True, seed=7)) == first
    assert gradient_sizes(DeepStack(blocks=2, residual=True, seed=8)) != first


@pytest.mark.parametrize("residual", [False, True])
def test_a_stack_is_a_network_that_fits(residual: bool) -> None:
    answer = network_answer(DeepStack(blocks=3, residual=residual, batch_norm=True).network())
    assert answer["problem"] is None
    assert (answer["output"], answer["depth"]) == ((10,), 8)


@pytest.mark.parametrize("blocks", [1, 12, 50])
@pytest.mark.parametrize("width", [1, 16, 32, 64])
def test_no_stack_takes_more_work_than_a_bound(blocks: int, width: int) -> None:
    stack = DeepStack(blocks=blocks, width=width)
    macs = stack.images * network_answer(stack.network())["macs"]
    assert macs < 10**9
    assert stack.images == 8 or macs > 6 * 10**8


def test_the_numbers_of_the_deepest_stack_are_finite() -> None:
    answer = gradient_sizes(DeepStack(blocks=50, width=16))
    for one in answer["curves"]:
        assert all(map(math.isfinite, one["gradients"] + one["weight_gradients"]))


def test_the_effective_field_is_a_smaller_bell_within_the_theoretical_one() -> None:
    network = sequential([conv(3, 16, padding=1)] + [conv(16, 16, padding=1)] * 9, (3, 41, 41))
    answer = effective_field(network, "9")
    grid = np.array(answer["grid"])
    assert grid.shape == (41, 41)
    assert (answer["unit"], answer["input"]["rows"]) == ([20, 20], [10, 30])
    outside = grid.copy()
    outside[10:31, 10:31] = 0
    assert not outside.any()
    assert grid[18:23, 18:23].mean() > 10 * grid[10:13, 10:13].mean()
    assert 0.1 < answer["effective"]["share"] < 0.7
    assert effective_field(network, "9") == answer


def test_a_field_in_a_known_network() -> None:
    answer = effective_field(architecture("cs231n"), "block2.pool", samples=4)
    assert answer["unit"] == [4, 4]
    assert max(map(max, answer["grid"])) == 1
    assert effective_field(architecture("cs231n"), "fc", samples=2)["input"]["rows"] == [0, 31]


@pytest.mark.parametrize(
    ("layer", "samples", "said"),
    [
        ("feature.30", 1, "did you mean `features.30`"),
        ("features.30", 64, "multiply-adds"),
        ("features.30", 0, "1 to 64"),
        ("classifier.3", 1, "bytes"),
    ],
)
def test_what_cannot_be_asked(layer: str, samples: int, said: str) -> None:
    with pytest.raises(Problem) as caught:
        effective_field(architecture("vgg16"), layer, samples)
    assert said in caught.value.message


def refused(network: Network, layer: str, samples: int) -> Problem:
    with pytest.raises(Problem) as caught:
        effective_field(network, layer, samples)
    return caught.value


def test_the_advice_is_what_would_do() -> None:
    vgg16 = architecture("vgg16")
    many = refused(vgg16, "features.30", 2)
    assert ("fewer samples" in many.message, many.where) == (True, {"field": "samples"})
    for samples in (1, 2):
        deep = refused(vgg16, "classifier.3", samples)
        assert ("samples" in deep.message, deep.where) == (False, {"field": "layer"})


SLOW = {
    "MaxPool2d": {"kernel_size": 64, "stride": 1},
    "AvgPool2d": {"kernel_size": 64, "stride": 1},
    "LocalResponseNorm": {"size": 64},
    "Conv2d": {"in_channels": 64, "out_channels": 64, "groups": 64, "kernel_size": 15},
}


@pytest.mark.parametrize("type", SLOW)
def test_what_takes_long_without_many_multiply_adds_is_refused(type: str) -> None:
    network = sequential([make(type, SLOW[type])], (64, 500, 500))
    assert "multiply-adds or as much" in refused(network, "0", 1).message


@pytest.mark.parametrize("type", ["MaxPool2d", "AvgPool2d"])
def test_small_windows_are_within_the_limits(type: str) -> None:
    small = make(type, {"kernel_size": 2})
    assert effective_field(sequential([small], (3, 90, 90)), "0", 1)["effective"]["pixels"] > 0


def test_a_grid_has_no_more_pixels_than_can_be_shown() -> None:
    network = sequential([make("ReLU", {})], (1, 4096, 4096))
    assert refused(network, "0", 1).where == {"field": "input"}


def test_the_image_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randn", None)  # 16 GB
    network = sequential([make("AdaptiveAvgPool2d", {"output_size": 1})], (4096, 1000, 1000))
    assert "bytes" in refused(network, "0", 1).message


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_plain_question_on_any_architecture_is_within_the_limits(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Afforded(Exception):
        pass

    def instead(*_: Any, **__: Any) -> None:
        raise Afforded

    monkeypatch.setattr(torch.random, "fork_rng", instead)  # what follows is tested elsewhere
    with pytest.raises(Afforded):
        fields.effective_field(fields.EffectiveQuestion(architecture=name))


def test_it_can_be_sent_to_a_worker_without_loading_torch() -> None:
    assert pickle.loads(pickle.dumps(gradient_sizes)) is gradient_sizes
    names = ("gradient_flow", "architectures", "torch_code", "exports")
    modules = ", ".join(f"app.core.networks.{name}" for name in names)
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
