"""Changed copies: each change does what it says, and none of it changes nothing."""

import numpy as np
import pytest

from app.core.training.augmentation import Amounts, sampled, varied
from app.core.training.digits import SIDE, digits
from app.core.training.points import random

GIVEN = digits(10, seed=0).x
SQUARES = GIVEN.reshape(-1, SIDE, SIDE)
CHANGES = [name for name in Amounts._fields if name not in ("mirrored", "upside_down")]


def copies(amounts: Amounts, seed: int = 0) -> np.ndarray:
    return varied(GIVEN, SIDE, amounts, random(seed, 1)).reshape(SQUARES.shape)


def test_no_change_is_the_picture_itself() -> None:
    np.testing.assert_allclose(copies(Amounts()), SQUARES, atol=1e-6)


def test_mirrored_and_upside_down_are_exactly_that() -> None:
    np.testing.assert_allclose(copies(Amounts(mirrored=1)), SQUARES[:, :, ::-1], atol=1e-6)
    turned = SQUARES[:, ::-1, ::-1]
    np.testing.assert_allclose(copies(Amounts(upside_down=1)), turned, atol=1e-6)


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_changes_every_copy_by_chance_and_stays_a_picture(name: str) -> None:
    amounts = Amounts(**{name: 10.0 if name == "turn" else 0.3})
    found = copies(amounts)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.abs(found - SQUARES).max((1, 2)) > 1e-3).all()
    assert (found == copies(amounts)).all()
    assert (found != copies(amounts, seed=1)).any()


def test_between_pixels_a_value_is_in_proportion_and_black_outside() -> None:
    x = np.zeros((1, 4, 4))
    x[0, 1, 1], x[0, 1, 2] = 1, 3
    across, down = np.array([[[-0.25 + 0.25, 9]]]), np.array([[[-0.25, 0]]])
    assert sampled(x, across, down).ravel() == pytest.approx([2, 0])
