"""Labels side by side: against every order-keeping place on a fine grid, and with too many."""

import itertools
import random
from typing import Any

import pytest

from app.core.networks.drawing.labels import MISFIT, labels, side_by_side


@pytest.mark.parametrize("seed", range(20))
def test_things_stand_as_near_as_their_widths_allow(seed: int) -> None:
    rng = random.Random(seed)
    widths = [2 * rng.randint(1, 3) for _ in range(3)]
    room = sum(widths) + rng.randint(0, 6)
    wanted = [rng.uniform(0, room) for _ in widths]
    ordered = sorted(wanted)
    found = side_by_side(ordered, widths, room)
    far = sum((x - want) ** 2 for x, want in zip(found, ordered, strict=True))
    best = min(
        sum((x - want) ** 2 for x, want in zip(places, ordered, strict=True))
        for places in itertools.product([i / 2 for i in range(2 * room + 1)], repeat=3)
        if places[0] >= widths[0] / 2
        and places[-1] <= room - widths[-1] / 2
        and all(
            b - a >= (v + w) / 2
            for (a, b), (v, w) in zip(
                itertools.pairwise(places), itertools.pairwise(widths), strict=True
            )
        )
    )
    assert far <= best + 1e-9
    pairs = zip(itertools.pairwise(found), itertools.pairwise(widths), strict=True)
    assert all(b - a >= (v + w) / 2 - 1e-9 for (a, b), (v, w) in pairs)


@pytest.mark.parametrize("count", [1, 2, 40, 400, 2_000])
def test_however_many_there_are_none_stands_on_another(count: int) -> None:
    volumes = [
        {"output": [64 + n, 56, 56], "problem": n == count // 2, "middle": 20 + n * 900 / count}
        for n in range(count)
    ]
    told, below = labels(volumes, 200, 940)
    assert sum(label["wrong"] for label in told) == 1
    assert told[0]["lines"] == (["64", "56×56"] if count > 1 else list(MISFIT))
    check_apart(told, below)


@pytest.mark.parametrize("parity", [0, 1])
def test_what_does_not_fit_is_thinned_too_where_it_has_no_room(parity: int) -> None:
    volumes = [
        {"output": [64 + n, 56, 56], "problem": n % 2 == parity, "middle": 20 + n * 900 / 200}
        for n in range(200)
    ]
    told, below = labels(volumes, 200, 940)
    assert len(told) > 8
    assert sum(not label["wrong"] for label in told) == 1
    assert [told[0]["wrong"], told[-1]["wrong"]] == [parity == 0, parity == 1]
    check_apart(told, below)


def check_apart(told: list[dict[str, Any]], below: float) -> None:
    """All within the picture, none on another."""
    assert all(label["y"] < below for label in told)
    for a, b in itertools.combinations(told, 2):
        assert abs(a["y"] - b["y"]) >= 32 or abs(a["x"] - b["x"]) >= 6 * 9.9
