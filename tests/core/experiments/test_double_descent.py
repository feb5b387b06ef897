"""Double descent: the fits are least squares, the shortest of them where there are many."""

from math import inf

import numpy as np
import pytest

from app.core.experiments import double_descent
from app.core.experiments.double_descent import DescentSettings, fitted, places, risk


@pytest.mark.parametrize("used", [3, 9, 14, 30])
def test_a_fit_is_numpys_shortest(used: int) -> None:
    numbers = np.random.default_rng(used)
    x, y = numbers.standard_normal((4, 12, used)), numbers.standard_normal((4, 12))
    for ours, each, aim in zip(fitted(x, y, 0.0), x, y, strict=True):
        np.testing.assert_allclose(ours, np.linalg.lstsq(each, aim, rcond=None)[0], atol=1e-8)


def test_a_penalty_is_on_the_mean_squared_error() -> None:
    numbers = np.random.default_rng(0)
    x, y = numbers.standard_normal((1, 12, 5)), numbers.standard_normal((1, 12))
    wanted = np.linalg.solve(x[0].T @ x[0] + 12 * 0.3 * np.eye(5), x[0].T @ y[0])
    np.testing.assert_allclose(fitted(x, y, 0.3)[0], wanted)


@pytest.mark.parametrize("used", [3, 7, 8, 9, 20])
def test_the_smallest_penalty_is_as_good_as_none(used: int) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((5, 8, used)), generator.standard_normal((5, 8))
    np.testing.assert_allclose(fitted(x, y, 5e-324), fitted(x, y, 0.0))


def test_the_formula_has_the_values_that_the_paper_gives() -> None:
    # n = 40, D = 100, noise 0.2
    for used, expected in ((0, 1.040), (20, 1.724), (36, 8.84), (50, 3.040), (100, 0.667)):
        assert risk(used, 40, 0.2) == pytest.approx(expected, rel=1e-3)
    assert risk(39, 40, 0.2) == risk(41, 40, 0.2) == inf


@pytest.mark.parametrize("points", [10, 40, 80])
def test_places_go_from_none_to_all_and_are_close_around_the_peak(points: int) -> None:
    found = places(DescentSettings(points=points))
    assert found[0] == 0
    assert found[-1] == double_descent.FEATURES
    assert {points - 1, points, points + 1} <= set(found)
    assert found == sorted(set(found))
