"""Layers against torch: what is refused, and what is advised instead."""

import random
import re
from typing import Any

import pytest
import torch

from app.core.errors import Problem
from app.core.layers.table import Layer, make
from app.core.networks.network import analyse, sequential
from app.core.networks.torch_network import TorchNetwork


def random_pool(rng: random.Random) -> Layer:
    kernel = rng.randint(2, 4)
    return make(
        "MaxPool2d",
        {
            "kernel_size": kernel,
            "stride": rng.randint(1, 3),
            "padding": rng.randint(0, kernel // 2),
            "dilation": rng.randint(1, 9),
            "ceil_mode": rng.random() < 0.5,
        },
    )


def test_a_pool_is_refused_where_torch_finds_nothing_but_padding() -> None:
    rng, refused = random.Random(0), 0
    for _ in range(3_000):
        layer, shape = random_pool(rng), (1, rng.randint(1, 7), rng.randint(1, 7))
        try:
            pooled = layer.module()(torch.rand(1, *shape))
        except RuntimeError:
            assert "the window is" in refusal(layer, shape)
            continue
        if torch.isfinite(pooled).all():
            assert not refusal(layer, shape)
            assert layer.output(shape) == pooled.shape[1:]
        else:
            refused += 1
            said = refusal(layer, shape)
            assert "nothing but padding" in said
            least, axis = re.search(r"dilation (\d+)", said), re.search(r"all of the (\w+)", said)
            assert least
            assert axis
            advised = make("MaxPool2d", layer.arguments | {"dilation": int(least[1])})
            assert axis[0] not in refusal(advised, shape)
    assert refused > 50


def refusal(layer: Layer, shape: tuple[int, ...]) -> str:
    """Why a layer does not fit; nothing if it does."""
    try:
        layer.output(shape)
    except Problem as problem:
        return problem.message
    return ""


ADVICE = {
    "kernel_size": r"a kernel of (\d+)",
    "padding": r"padding (\d+)",
    "dilation": r"dilation (\d+)",
    "input": r"an input of (\d+)",
}


def test_what_is_advised_for_a_window_too_large_is_allowed_and_fits() -> None:
    rng, taken = random.Random(0), dict.fromkeys(ADVICE, 0)
    for _ in range(3_000):
        side, kernel = rng.randint(1, 12), rng.randint(2, 64)
        given = {"kernel_size": kernel, "dilation": rng.choice([1, 1, 2, 5, 64]), "stride": 1}
        type = rng.choice(["Conv2d", "MaxPool2d"])
        given |= {"padding": rng.randint(0, 5 if type == "Conv2d" else min(5, kernel // 2))}
        given |= {"in_channels": 1, "out_channels": 1} if type == "Conv2d" else {}
        said = refusal(make(type, given), (1, side, side))
        if "the window is" not in said:
            continue
        advice = said.split(";")[1]
        assert advice.count("fits") == 1
        for word, pattern in ADVICE.items():
            if found := re.search(pattern, advice):
                taken[word] += 1
                value = int(found[1])
                n = value if word == "input" else side
                changed = given if word == "input" else given | {word: value}
                assert refusal(make(type, changed), (1, n, n)) == ""
    assert min(taken.values()) > 20


@pytest.mark.parametrize(
    ("type", "arguments", "said"),
    [
        ("BatchNorm2d", {"num_features": 4, "track_running_stats": False}, "each number would"),
        ("BatchNorm2d", {"num_features": 4, "eps": 0}, "`eps` of BatchNorm2d is a number from"),
        ("BatchNorm2d", {"num_features": 4, "eps": -1}, "`eps` of BatchNorm2d is a number from"),
        ("BatchNorm2d", {"num_features": 4, "momentum": 1.5}, "a number from 0 to 1, or None"),
        ("LocalResponseNorm", {"size": 3, "k": -1}, "`k` of LocalResponseNorm is a number from"),
        ("LocalResponseNorm", {"size": 3, "k": 0}, "`k` of LocalResponseNorm is a number from"),
        ("LocalResponseNorm", {"size": 3, "alpha": -1}, "a number from 0 to a million"),
        ("LocalResponseNorm", {"size": 3, "beta": 99}, "a number from 0 to 3"),
        ("LocalResponseNorm", {"size": 0}, "a whole number from 1 to 64"),
        ("Dropout", {"p": 1.01}, "a number from 0 to 1"),
        ("LeakyReLU", {"negative_slope": float("nan")}, "a number up to a million"),
    ],
)
def test_arguments_that_torch_or_numbers_do_not_bear(type: str, arguments: Any, said: str) -> None:
    with pytest.raises(Problem, match=said):
        make(type, arguments)


@pytest.mark.parametrize("eps", [1e-12, 1e6])
@pytest.mark.parametrize(("alpha", "beta", "k"), [(0, 3, 1e-12), (1e6, 3, 1e6), (1e6, 0, 1e-12)])
def test_norms_at_their_bounds_give_numbers(
    eps: float, alpha: float, beta: float, k: float
) -> None:
    response = {"size": 3, "alpha": alpha, "beta": beta, "k": k}
    layers = [
        make("BatchNorm2d", {"num_features": 4, "eps": eps}),
        make("LocalResponseNorm", response),
    ]
    given = sequential(layers, (4, 5, 5))
    assert analyse(given).check().shapes == [(4, 5, 5)] * 2
    for image in (torch.zeros(1, 4, 5, 5), torch.rand(1, 4, 5, 5)):
        assert TorchNetwork(given).eval()(image).isfinite().all()
