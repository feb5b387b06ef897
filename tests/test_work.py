"""The counting of work itself: it counts, and it fails where there is too much."""

import sys
from contextlib import suppress

import numpy as np
import pytest

from tests.work import TooMuch, at_most, at_most_held


def pairs(count: int) -> int:
    found = 0
    for _ in range(count):
        found += sum(1 for _ in range(count))
    return found


def swallowed(count: int) -> None:
    with suppress(Exception):
        pairs(count)


def test_lines_are_counted_and_too_many_end_it() -> None:
    before = sys.gettrace()
    with at_most(lines=1_000):
        assert pairs(10) == 100
    with pytest.raises(TooMuch, match="more than 1,000 lines"), at_most(lines=1_000):
        pairs(1_000_000)
    assert sys.gettrace() is before


def test_it_is_too_much_though_what_is_raised_is_caught() -> None:
    with pytest.raises(TooMuch), at_most(lines=1_000):
        swallowed(1_000_000)


def test_a_problem_comes_through() -> None:
    with pytest.raises(KeyError), at_most(lines=10):
        raise KeyError


def test_arrays_are_held() -> None:
    with at_most_held(bytes=1_000_000):
        assert np.zeros(100_000).size
    with pytest.raises(TooMuch), at_most_held(bytes=1_000_000):
        assert np.zeros(1_000_000).size
