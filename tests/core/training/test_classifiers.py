"""Nets on digits against torch's own modules: the same layers, the same steps, the same numbers."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from app.core.training.classifiers import (
    Activation,
    How,
    Plan,
    Trained,
    broken,
    forward,
    masks,
    scored,
    start,
    trained,
)
from app.core.training.digits import CLASSES, EACH, PIXELS, digits
from app.core.training.points import FRESH, TRAIN

SIZES = (PIXELS, 7, 6, CLASSES)
GIVEN = digits(40, seed=1)
KINDS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "none": nn.Identity}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def module(plan: Plan, state: Trained) -> nn.Sequential:
    """The same net, of torch's layers."""
    layers: list[nn.Module] = []
    parts = [torch.from_numpy(part.copy()) for part in state.parts]
    for i in range(len(plan.sizes) - 1):
        linear = nn.Linear(plan.sizes[i], plan.sizes[i + 1])
        linear.weight.data, linear.bias.data = parts.pop(0), parts.pop(0)
        layers.append(linear)
        if i == len(plan.sizes) - 2:
            break
        if plan.norm:
            norm = nn.BatchNorm1d(plan.sizes[i + 1])
            norm.weight.data, norm.bias.data = parts.pop(0), parts.pop(0)
            layers.append(norm)
        layers.append(KINDS[plan.activation]())
    return nn.Sequential(*layers)


@pytest.mark.parametrize("activation", KINDS)
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("scale", [None, 0.7])
def test_every_step_is_torchs(activation: Activation, norm: bool, scale: float | None) -> None:
    plan = Plan(SIZES, activation, norm=norm, start=scale)
    state = start(plan, seed=3)
    net = module(plan, state)
    stepper = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    x, y = torch.from_numpy(GIVEN.x), torch.from_numpy(GIVEN.y)
    for _ in range(12):
        stepper.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()  # type: ignore[no-untyped-call]
        stepper.step()
        state, sizes = trained(plan, state, GIVEN, How(0.05), 1, seed=3)
    for ours, theirs in zip(state.parts, net.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-4, atol=1e-6)
    linears = [layer for layer in net if isinstance(layer, nn.Linear)]
    for size, linear in zip(sizes.gradients, linears, strict=True):
        assert linear.weight.grad is not None
        assert size == pytest.approx(float(linear.weight.grad.norm()), rel=1e-3)
    net.eval()
    wanted = float(nn.functional.cross_entropy(net(x), y).detach())
    assert scored(plan, state, GIVEN).loss == pytest.approx(wanted, rel=1e-4)


def test_slices_are_the_training_in_one_piece() -> None:
    plan = Plan(SIZES, norm=True, dropped=0.4, start=1.0)
    how = How(0.05, batch=8)
    whole, _ = trained(plan, start(plan, 5), GIVEN, how, 13, seed=5)
    state = start(plan, 5)
    for steps in (1, 8, 4):
        state, _ = trained(plan, state, GIVEN, how, steps, seed=5)
    for one, other in zip(whole.parts + whole.running, state.parts + state.running, strict=True):
        assert (one == other).all()


def test_the_share_that_is_dropped_is_dropped_and_the_rest_makes_up_for_it() -> None:
    plan = Plan((PIXELS, 4000, 4000, CLASSES), dropped=0.3)
    for mask in masks(plan, step=2, seed=0):
        assert np.mean(mask == 0) == pytest.approx(0.3, abs=0.03)
        assert mask.max() == pytest.approx(1 / 0.7)
    assert (masks(plan, 2, 0)[0] != masks(plan, 3, 0)[0]).any()


def test_what_is_frozen_keeps_its_weights_and_has_no_gradient() -> None:
    plan = Plan(SIZES, frozen=True)
    first = start(plan, 2)
    last, sizes = trained(plan, first, GIVEN, How(0.1), 3, seed=2)
    assert sizes.gradients[:2] == [0, 0]
    assert sizes.gradients[2] > 0
    assert all(
        (one == other).all() for one, other in zip(first.parts[:4], last.parts, strict=False)
    )


def test_a_skip_adds_what_a_layer_was_given_where_sizes_agree() -> None:
    plan = Plan((PIXELS, 6, 6, CLASSES), skip=True, start=1.0)
    parts = [torch.from_numpy(part) for part in start(plan, 0).parts]
    first, second, _ = forward(plan, parts, [], torch.from_numpy(GIVEN.x)).outs
    plain = torch.relu(nn.functional.linear(first, parts[2], parts[3]))
    torch.testing.assert_close(second, first + plain)


def test_softmax_in_the_net_is_seen() -> None:
    assert scored(Plan(SIZES, twice=True), start(Plan(SIZES), 0), GIVEN).sums_to_one
    assert not scored(Plan(SIZES), start(Plan(SIZES), 0), GIVEN).sums_to_one


@pytest.mark.parametrize("seed", range(3))
def test_digits_are_as_many_of_each_class_and_none_is_in_both_parts(seed: int) -> None:
    parts = [digits(CLASSES * EACH[part], seed, part) for part in (TRAIN, FRESH)]
    for held, part in zip(parts, (TRAIN, FRESH), strict=True):
        assert held.x.shape == (CLASSES * EACH[part], PIXELS)
        assert (np.bincount(held.y) == EACH[part]).all()
        assert 0 <= held.x.min() < held.x.max() <= 1
    train, fresh = ({row.tobytes() for row in held.x} for held in parts)
    assert not train & fresh
    assert set(digits(20, seed).x[:, 100]) <= set(parts[0].x[:, 100])


@pytest.mark.parametrize("norm", [False, True])
def test_the_first_layer_whose_weights_are_no_numbers_is_named(norm: bool) -> None:
    plan = Plan((PIXELS, 6, 5, CLASSES), norm=norm)
    state = start(plan, 0)
    assert broken(plan, state) is None
    for layer in (2, 1):
        place = (4 if norm else 2) * (layer - 1)
        part = np.full_like(state.parts[place], np.inf)
        state = state._replace(parts=(*state.parts[:place], part, *state.parts[place + 1 :]))
        assert broken(plan, state) == f"layer {layer}"
