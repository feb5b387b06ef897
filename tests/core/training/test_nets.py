"""Small nets by hand against torch: the same start, the same points, the same numbers."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.core.training.nets import (
    ACTIVATIONS,
    Activation,
    Apart,
    How,
    Optimizer,
    count,
    forward,
    gradients,
    loss,
    start,
    stepped,
    trained,
)
from app.core.training.points import Points, classes

SIZES = (2, 5, 4, 1)
POINTS = classes("moons", 40, 0.3, seed=1)
TORCH: dict[str, Any] = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads on a busy machine take many times as long as one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def torch_loss(parts: list[torch.Tensor], points: Points, activation: str) -> torch.Tensor:
    x = torch.from_numpy(points.x)
    half = len(parts) // 2
    for i, (weights, bias) in enumerate(zip(parts[:half], parts[half:], strict=True)):
        x = functional.linear(x, weights, bias)
        x = TORCH[activation](x) if i < half - 1 else x
    return functional.binary_cross_entropy_with_logits(x[:, 0], torch.from_numpy(points.y))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_every_step_is_torchs(activation: Activation, optimizer: Optimizer) -> None:
    how = How(activation, optimizer, 0.02, penalty=0.01)
    state = start(SIZES, seed=3)
    parts = [torch.tensor(part, requires_grad=True) for part in state.net.parts]
    kind: Any = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    stepper = kind(parts, lr=how.rate, weight_decay=how.penalty)
    for _ in range(120):
        stepper.zero_grad()
        torch_loss(parts, POINTS, activation).backward()  # type: ignore[no-untyped-call]
        stepper.step()
        state = stepped(state, POINTS, how)
    for ours, theirs in zip(state.net.parts, parts, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_penalties_and_a_layer_apart_are_torchs(optimizer: Optimizer) -> None:
    how = How("tanh", optimizer, 0.02, 0.01, sparse=0.003, apart=Apart(2, 0.05, 0.0, 0.02))
    state = start(SIZES, seed=3)
    parts = [torch.tensor(part, requires_grad=True) for part in state.net.parts]
    rest = [part for place, part in enumerate(parts) if place % 3 != 1]
    kind: Any = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    groups = [{"params": rest}, {"params": parts[1::3], "lr": 0.05, "weight_decay": 0.0}]
    stepper = kind(groups, lr=how.rate, weight_decay=how.penalty)
    for _ in range(60):
        stepper.zero_grad()
        sizes = sum(0.003 * part.abs().sum() for part in rest)
        sizes += sum(0.02 * part.abs().sum() for part in parts[1::3])
        (torch_loss(parts, POINTS, "tanh") + sizes).backward()
        stepper.step()
        state = stepped(state, POINTS, how)
    for ours, theirs in zip(state.net.parts, parts, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_layer_with_rate_0_is_frozen_to_the_bit(optimizer: Optimizer) -> None:
    how = How("tanh", optimizer, 0.02, 0.01, apart=Apart(1, 0.0, 0.01, 0.01))
    before = start(SIZES, seed=3)
    after = trained(before, POINTS, how, 20, seed=3)
    for place, (old, new) in enumerate(zip(before.net.parts, after.net.parts, strict=True)):
        assert (old == new).all() == (place % 3 == 0)


def test_the_loss_is_torchs_however_large_the_logits_are() -> None:
    logits = np.array([-800.0, -1.0, 0.0, 2.0, 900.0])
    y = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    wanted = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(logits), torch.from_numpy(y)
    )
    assert loss(logits, y) == pytest.approx(float(wanted))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_is_dropped_has_no_gradient_and_the_rest_is_torchs(activation: Activation) -> None:
    net = start(SIZES, seed=4).net
    masks = [np.array([0, 2, 2, 0, 2.0]), np.array([2, 0, 2, 2.0])]
    found = gradients(net, POINTS, activation, masks)
    parts = [torch.tensor(part, requires_grad=True) for part in net.parts]
    x = torch.from_numpy(POINTS.x)
    for i in range(3):
        x = functional.linear(x, parts[i], parts[3 + i])
        x = TORCH[activation](x) * torch.from_numpy(masks[i]) if i < 2 else x
    value = functional.binary_cross_entropy_with_logits(x[:, 0], torch.from_numpy(POINTS.y))
    value.backward()  # type: ignore[no-untyped-call]
    for ours, part in zip(found, parts, strict=True):
        assert part.grad is not None
        np.testing.assert_allclose(ours, part.grad.numpy(), atol=1e-12)
    assert not found[0][0].any()
    assert not found[1][:, 3].any()


def test_the_start_is_within_torchs_bounds_and_counted() -> None:
    net = start(SIZES, seed=0).net
    for (inputs, outputs), weights in zip(pairwise(SIZES), net.weights, strict=True):
        assert weights.shape == (outputs, inputs)
        assert np.abs(weights).max() <= inputs**-0.5
    assert sum(part.size for part in net.parts) == count(SIZES)


def test_a_training_in_slices_is_the_training_in_one_piece() -> None:
    how = How("tanh", "adam", 0.02, dropped=0.3, batch=10)
    whole = trained(start(SIZES, 5), POINTS, how, 37, seed=5)
    state = start(SIZES, 5)
    for steps in (1, 9, 20, 7):
        state = trained(state, POINTS, how, steps, seed=5)
    for one, other in zip(whole.net.parts, state.net.parts, strict=True):
        assert (one == other).all()
    assert whole.step == state.step == 37


def test_dropping_changes_the_numbers_and_nothing_dropped_at_validation() -> None:
    net = start(SIZES, 6).net
    plain, _ = forward(net, POINTS.x, "tanh")
    masked, _ = forward(net, POINTS.x, "tanh", [np.full(5, 2.0), np.full(4, 2.0)])
    assert not np.allclose(plain, masked)
