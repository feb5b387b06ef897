"""Lines through points with one bad one among them."""

import json
from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.experiments import outliers
from app.core.experiments.outliers import LOSSES, OUTLIERS, Kind, OutliersSettings
from app.core.figures import FIGURES
from app.core.links import asked, link
from app.core.mistakes import validated

SETTINGS = OutliersSettings(points=12, seed=3)
POINTS = outliers.given(SETTINGS, 4.0)
BOUND = 1.345 * SETTINGS.noise


def all_kept() -> np.ndarray:
    return np.ones((1, len(POINTS.y)))


def sizes(residual: np.ndarray, loss: Kind) -> np.ndarray:
    """What each loss makes small."""
    far = np.abs(residual)
    return {
        "squared": far**2,
        "absolute": far,
        "huber": np.where(far <= BOUND, far**2 / 2, BOUND * (far - BOUND / 2)),
    }[loss]


@pytest.mark.parametrize("loss", LOSSES)
def test_no_line_near_by_has_a_smaller_loss(loss: Kind) -> None:
    offset, slope = outliers.lines(POINTS, all_kept(), loss, BOUND)[0]

    def total(a: float, b: float) -> float:
        return float(sizes(POINTS.y - a - b * POINTS.x, loss).sum())

    for a, b in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, -0.02), (-0.01, 0.02)]:
        assert total(offset + a, slope + b) >= total(offset, slope) - 1e-3 * (loss != "squared")


def test_squares_are_numpys() -> None:
    slope, offset = np.polyfit(POINTS.x, POINTS.y, 1)
    found = outliers.lines(POINTS, all_kept(), "squared", BOUND)[0]
    assert found == pytest.approx([offset, slope])


@pytest.mark.parametrize("loss", LOSSES)
def test_an_influence_is_what_leaving_the_point_out_changes(loss: Kind) -> None:
    whole, found = outliers.influences(POINTS, loss, BOUND)
    for i in (0, 5, 11):
        rest = outliers.Points(np.delete(POINTS.x, i), np.delete(POINTS.y, i))
        without = outliers.lines(rest, np.ones((1, 11)), loss, BOUND)[0]
        assert found[i] == pytest.approx(whole[1] - without[1], abs=1e-6)


ADDED = [(0.2, -3.0), (0.7, 2.5)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_line_goes_through_the_points_that_were_added_too(loss: Kind) -> None:
    settings = OutliersSettings(points=12, seed=3, loss=loss, added=ADDED)
    end = OUTLIERS.frames(settings)[-1]["run"]
    shown: Any = end["shown"]
    points = outliers.given(settings, settings.far)
    assert [(x, y) for x, y, _, bad, _ in shown["points"] if bad == 2] == ADDED
    assert list(zip(*points, strict=True))[-2:] == ADDED
    (offset, slope), found = outliers.influences(points, loss, BOUND)
    assert end["train"] == pytest.approx(slope)
    assert [row[4] for row in shown["points"]] == pytest.approx(found, abs=1e-4)
    far = points.y - offset - slope * points.x
    for kind, each in LOSSES.items():
        assert end["facts"][each.title] == pytest.approx(sizes(far, kind).mean())


def test_each_loss_is_smallest_for_the_line_that_makes_it_small() -> None:
    ends = {
        kind: OUTLIERS.frames(OutliersSettings(loss=kind, added=ADDED))[-1]["run"]["facts"]
        for kind in LOSSES
    }
    for kind, each in LOSSES.items():
        own = ends[kind][each.title]
        others = [facts[each.title] for name, facts in ends.items() if name != kind]
        assert own is not None
        assert all(other is not None and own < other for other in others)


def test_the_picture_is_as_high_as_its_points_are_far_and_stays_while_one_moves_in_it() -> None:
    def low(**given: Any) -> float:
        return float(outliers.data(OutliersSettings(**given))["domain"][2])

    assert low(added=[(0.5, -4.0)]) == low()
    assert low(added=[(0.5, -8.7)]) == low(far=10) == outliers.LOW


def test_a_link_has_the_points_that_were_added() -> None:
    figure, given = FIGURES["outliers"], {"added": [list(place) for place in ADDED]}
    text = link(figure, given)
    assert text == "added=%5B%5B0.2%2C-3.0%5D%2C%5B0.7%2C2.5%5D%5D"
    assert validated(figure.question, asked(figure, {"added": json.dumps(ADDED)})).added == ADDED


@pytest.mark.parametrize(
    ("added", "field"),
    [
        ("[[0.5,-9]]", "added.0.1"),
        ("[[1.01,0]]", "added.0.0"),
        ("[[0.5]]", "added.0"),
        ("[[0.5,0,0]]", "added.0"),
        ("[0.5,3]", "added.0"),
        ("[[true,0]]", "added.0.0"),
        ('[[0.5,"low"]]', "added.0.1"),
        (str([[0.1, 0]] * 9), "added"),
        ("[0.5", "added"),
        ("7", "added"),
    ],
)
def test_points_that_cannot_be_are_refused_with_their_place(added: str, field: str) -> None:
    figure = FIGURES["outliers"]
    with pytest.raises(Problem) as found:
        validated(figure.question, asked(figure, {"added": added}))
    assert found.value.told["where"] == {"field": field}
