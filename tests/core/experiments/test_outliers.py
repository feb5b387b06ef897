"""Lines through points with one bad one among them."""

import numpy as np
import pytest

from app.core.experiments import outliers
from app.core.experiments.outliers import NAMES, Kind, OutliersSettings

SETTINGS = OutliersSettings(points=12, seed=3)
POINTS = outliers.given(SETTINGS, 4.0)


def all_kept() -> np.ndarray:
    return np.ones((1, len(POINTS.y)))


def sizes(residual: np.ndarray, loss: Kind) -> np.ndarray:
    """What each loss makes small."""
    bound = outliers.WIDTH * 0.1
    far = np.abs(residual)
    return {
        "squared": far**2,
        "absolute": far,
        "huber": np.where(far <= bound, far**2 / 2, bound * (far - bound / 2)),
    }[loss]


@pytest.mark.parametrize("loss", NAMES)
def test_no_line_near_by_has_a_smaller_loss(loss: Kind) -> None:
    offset, slope = outliers.lines(POINTS, all_kept(), loss, 0.1)[0]

    def total(a: float, b: float) -> float:
        return float(sizes(POINTS.y - a - b * POINTS.x, loss).sum())

    for a, b in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, -0.02), (-0.01, 0.02)]:
        assert total(offset + a, slope + b) >= total(offset, slope) - 1e-3 * (loss != "squared")


def test_squares_are_numpys() -> None:
    slope, offset = np.polyfit(POINTS.x, POINTS.y, 1)
    found = outliers.lines(POINTS, all_kept(), "squared", 0.1)[0]
    assert found == pytest.approx([offset, slope])


@pytest.mark.parametrize("loss", NAMES)
def test_an_influence_is_what_leaving_the_point_out_changes(loss: Kind) -> None:
    whole, found = outliers.influences(POINTS, loss, 0.1)
    for i in (0, 5, 11):
        rest = outliers.Points(np.delete(POINTS.x, i), np.delete(POINTS.y, i))
        without = outliers.lines(rest, np.ones((1, 11)), loss, 0.1)[0]
        assert found[i] == pytest.approx(whole[1] - without[1], abs=1e-6)
