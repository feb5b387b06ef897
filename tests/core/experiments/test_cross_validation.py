"""Folds: each sample is held out once, and what is apart stays apart."""

import numpy as np
import pytest
import torch

from app.core.experiments import cross_validation as folds
from app.core.training.digits import CLASSES, Digits, digits
from app.core.training.points import FRESH


@pytest.mark.parametrize(("points", "count"), [(50, 5), (53, 7), (100, 2)])
def test_each_sample_is_held_out_once_and_never_trained_on_then(points: int, count: int) -> None:
    order = np.random.default_rng(0).permutation(points)
    held = []
    for fold in range(count):
        train, out = folds.split(order, count, fold)
        assert not set(train) & set(out)
        assert len(train) + len(out) == points
        held += out.tolist()
    assert sorted(held) == list(range(points))


def test_the_regression_falls_as_torchs_does() -> None:
    given = digits(30, seed=2)
    w = torch.zeros(given.x.shape[1] + 1, CLASSES, requires_grad=True)
    stepper = torch.optim.SGD(
        [w], folds.RATE * (1 - folds.MOMENTUM), folds.MOMENTUM, weight_decay=folds.PENALTY
    )
    x = torch.cat((torch.from_numpy(given.x), torch.ones(30, 1)), 1)
    for _ in range(folds.STEPS):
        stepper.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ w, torch.from_numpy(given.y))
        loss.backward()  # type: ignore[no-untyped-call]
        stepper.step()
    np.testing.assert_allclose(folds.fitted(given), w.detach().numpy(), atol=1e-4)


def test_the_hold_out_is_none_of_what_is_split() -> None:
    def rows(held: Digits) -> set[bytes]:
        return {row.tobytes() for row in held.x}

    assert not rows(digits(200, 0)) & rows(digits(500, 0, FRESH))


def test_the_bar_fills_fold_by_fold_and_the_hold_out_last() -> None:
    settings = folds.FoldsSettings(points=50, folds=3)
    frames = folds.CROSS_VALIDATION.frames(settings)
    shown = [frame["run"]["shown"]["parts"] for frame in frames]  # type: ignore[call-overload]
    filled = [sum(part["value"] is not None for part in parts) for parts in shown]
    assert filled[:6] == [1, 2, 3, 1, 2, 3]
    assert all(parts[-1]["value"] is None for parts in shown[:-1])
    assert shown[-1][-1]["value"] is not None
