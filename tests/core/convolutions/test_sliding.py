"""Convolutions and poolings against torch: random windows and data, forward and backward."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.core.convolutions.sliding import AveragePooling, Convolution, MaxPooling, Sliding
from app.core.layers.windows import Window

CASES = 100


def windows(random: np.random.Generator, n: int, **most: int) -> Window:
    """A random window that fits an axis of n positions."""
    while True:
        window = Window(
            int(random.integers(1, 6)),
            int(random.integers(1, 4)),
            int(random.integers(0, most.get("padding", 3) + 1)),
            int(random.integers(1, most.get("dilation", 3) + 1)),
        )
        if window.output(n) >= 1 and (most.get("any", 1) or window.padding <= window.kernel // 2):
            return window


def arguments(sliding: Sliding) -> dict[str, Any]:
    """The windows as torch has them."""
    names = ("stride", "padding", "dilation")
    return {name: (getattr(sliding.high, name), getattr(sliding.wide, name)) for name in names}


def volume(random: np.random.Generator, ties: bool = False) -> np.ndarray:
    shape = random.integers(1, 4), random.integers(5, 12), random.integers(5, 12)
    return random.integers(-2, 3, shape) * 1.0 if ties else random.standard_normal(shape)


def as_torch(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def agree(ours: np.ndarray | None, theirs: torch.Tensor | None) -> None:
    assert ours is not None
    assert theirs is not None
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(CASES))
def test_convolution_is_torch_s(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = volume(random)
    high, wide = (windows(random, n) for n in x.shape[1:])
    weights = random.standard_normal((random.integers(1, 5), x.shape[0], high.kernel, wide.kernel))
    bias = random.standard_normal(len(weights))
    ours = Convolution(x, high, wide, weights, bias)

    given = as_torch(x, weights, bias)
    theirs = functional.conv2d(*given, **arguments(ours))
    agree(ours.output, theirs)

    upstream = random.standard_normal(ours.output.shape)
    theirs.backward(torch.tensor(upstream))
    gradients = ours.backward(upstream)
    agree(gradients.input, given[0].grad)
    agree(gradients.weights, given[1].grad)
    agree(gradients.bias, given[2].grad)


@pytest.mark.parametrize("seed", range(CASES))
def test_max_pooling_is_torch_s_ties_and_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = volume(random, ties=seed % 2 == 0)
    high, wide = (windows(random, n, padding=2, any=0) for n in x.shape[1:])
    ours = MaxPooling(x, high, wide)

    (given,) = as_torch(x)
    theirs = functional.max_pool2d(given, (high.kernel, wide.kernel), **arguments(ours))
    agree(ours.output, theirs)
    upstream = random.standard_normal(ours.output.shape)
    theirs.backward(torch.tensor(upstream))
    agree(ours.backward(upstream).input, given.grad)


@pytest.mark.parametrize("seed", range(CASES))
def test_average_pooling_is_torch_s(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = volume(random)
    high, wide = (windows(random, n, padding=2, dilation=1, any=0) for n in x.shape[1:])
    ours = AveragePooling(x, high, wide)

    (given,) = as_torch(x)
    places = arguments(ours)
    del places["dilation"]
    theirs = functional.avg_pool2d(given, (high.kernel, wide.kernel), **places)
    agree(ours.output, theirs)
    upstream = random.standard_normal(ours.output.shape)
    theirs.backward(torch.tensor(upstream))
    agree(ours.backward(upstream).input, given.grad)


@pytest.mark.parametrize("seed", range(20))
def test_fully_connected_is_torch_s_on_the_flat_input(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = volume(random)
    weights, bias = random.standard_normal((10, *x.shape)), random.standard_normal(10)
    ours = Convolution(x, Window(x.shape[1]), Window(x.shape[2]), weights, bias)

    given = as_torch(x, weights, bias)
    theirs = functional.linear(given[0].flatten(), given[1].flatten(1), given[2])
    agree(ours.output[:, 0, 0], theirs)
    upstream = random.standard_normal(10)
    theirs.backward(torch.tensor(upstream))
    gradients = ours.backward(upstream[:, None, None])
    agree(gradients.input, given[0].grad)
    agree(gradients.weights, given[1].grad)
    agree(gradients.bias, given[2].grad)


@pytest.mark.parametrize("seed", range(40))
def test_coverage_is_the_gradient_of_a_sum(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = volume(random)[:1]
    high, wide = (windows(random, n) for n in x.shape[1:])
    weights = np.ones((1, 1, high.kernel, wide.kernel))
    ours = Convolution(x, high, wide, weights, np.zeros(1))
    (given,) = as_torch(x)
    functional.conv2d(given, torch.tensor(weights), **arguments(ours)).sum().backward()
    agree(ours.coverage[None], given.grad)
    never = [list(np.flatnonzero(~ours.coverage.any(axis=axis))) for axis in (1, 0)]
    assert never == [window.unused(n) for window, n in zip((high, wide), x.shape[1:], strict=True)]
