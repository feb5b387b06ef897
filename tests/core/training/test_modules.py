"""Networks of the project's layers against torch's own optimisers; what is frozen stays."""

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from app.core.layers import table as layers
from app.core.networks.building import Builder
from app.core.networks.network import Network
from app.core.training.digits import CLASSES, PIXELS, SIDE, digits, of_classes, sheet
from app.core.training.modules import How, Optimizer, scored, start, trained
from app.core.training.nets import chosen
from app.core.training.points import FRESH

GIVEN = digits(40, seed=1)


def small(norm: bool = False) -> Network:
    net = Builder((1, SIDE, SIDE))
    net.conv("conv", 4, 3)
    if norm:
        net.add("norm", layers.BatchNorm2d(num_features=4))
    net.add("relu", layers.ReLU())
    net.add("pool", layers.MaxPool2d(kernel_size=2))
    net.add("flatten", layers.Flatten())
    net.linear("head", CLASSES, 4 * 6 * 6)
    return net.network()


def torchs(network: Network, parts: dict[str, Any]) -> nn.Module:
    norm = [nn.BatchNorm2d(4)] if "norm.weight" in parts else []
    made = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        *norm,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(144, CLASSES),
    )
    with torch.no_grad():
        for part, held in zip(made.parameters(), parts.values(), strict=True):
            part.copy_(torch.from_numpy(held))
    return made


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_every_step_is_torchs_however_it_is_cut(optimizer: Optimizer, norm: bool) -> None:
    network, how = small(norm), How(optimizer, 0.01, 0.9, 16)
    began = start(network, seed=3)
    net = torchs(network, began.parts)
    kinds: dict[str, Any] = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    more = {"momentum": 0.9} if optimizer == "sgd" else {}
    stepper = kinds[optimizer](net.parameters(), lr=0.01, **more)
    x, y = torch.from_numpy(GIVEN.x).reshape(-1, 1, SIDE, SIDE), torch.from_numpy(GIVEN.y)
    for step in range(12):
        some = torch.from_numpy(chosen(step, 16, 40, 5).copy())
        stepper.zero_grad()
        nn.functional.cross_entropy(net(x[some]), y[some]).backward()  # type: ignore[no-untyped-call]
        stepper.step()
    state, _ = trained(network, began, GIVEN, how, 12, seed=5)
    for part, (name, held) in zip(net.parameters(), state.parts.items(), strict=True):
        if norm and name == "conv.bias":
            continue  # batch norm takes it away again: its gradient is nothing but rounding
        np.testing.assert_allclose(held, part.detach().numpy(), atol=2e-5)
    cut, sizes = began, None
    for steps in (5, 1, 6):
        cut = pickle.loads(pickle.dumps(cut))
        cut, sizes = trained(network, cut, GIVEN, how, steps, seed=5)
    for name, part in state.parts.items():
        np.testing.assert_array_equal(cut.parts[name], part)
    for name, part in state.running.items():
        np.testing.assert_array_equal(cut.running[name], part)
    assert sizes
    assert all(size > 0 for size in (*sizes.gradients.values(), *sizes.moves.values()))
    assert sizes.where is None
    if norm:
        return  # whose running means have the bias in them
    loss = nn.functional.cross_entropy(net(x), y)
    assert scored(network, state, GIVEN).loss == pytest.approx(float(loss.detach()), rel=1e-3)


@pytest.mark.parametrize("frozen", [{"conv.weight", "conv.bias"}, {"head.weight", "head.bias"}])
def test_what_is_frozen_stays_to_the_bit_and_all_else_moves(frozen: set[str]) -> None:
    began = start(small(), seed=1)
    state, sizes = trained(small(), began, GIVEN, How("adam", 0.01), 3, 1, frozen)
    for name, part in state.parts.items():
        assert (part.tobytes() == began.parts[name].tobytes()) == (name in frozen), name
    assert {f"{name}.weight" for name in sizes.gradients}.isdisjoint(frozen)
    # Thawed, it goes on from there.
    thawed, _ = trained(small(), state, GIVEN, How("adam", 0.01), 1, 1)
    assert not any((thawed.parts[name] == began.parts[name]).all() for name in frozen)


def test_a_layer_whose_gradient_has_no_number_is_named() -> None:
    began = start(small(), seed=1)
    broken = began._replace(parts=began.parts | {"conv.bias": np.full(4, np.nan, np.float32)})
    assert trained(small(), broken, GIVEN, How(), 1, 1)[1].where == "conv"


def test_pictures_of_some_classes_are_as_many_of_each_and_never_those_tested_with() -> None:
    for kind in ("digits", "garments"):
        few, fresh = (of_classes(kind, (5, 9), 50, 4, part) for part in (0, FRESH))  # type: ignore[arg-type]
        assert few.x.shape == (100, PIXELS)
        assert np.bincount(few.y).tolist() == [50, 50]
        all_of_5 = {picture.tobytes() for picture in sheet(kind)[5]}  # type: ignore[arg-type]
        assert {picture.tobytes() for picture in few.x[few.y == 0]} <= all_of_5
        assert not {picture.tobytes() for picture in few.x} & {
            picture.tobytes() for picture in fresh.x
        }


def test_a_step_seeds_no_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.manual_seed writes down for each of them where it was called from."""
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    trained(small(), start(small(), seed=3), GIVEN, How("sgd", 0.01, 0.9, 16), 3, 0)
    assert seeded == []
