"""Two sides of a comparison, timed by turns."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """One row of the table: what was measured on both sides, and the ratio that is aimed at."""

    what: str
    against: str
    ours: float
    theirs: float
    goal: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal


def by_turns(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    seconds: float = 1.0,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """The median time of each, called in turns for so many seconds after a first call.

    In one process `time.process_time` is the clock that a busy machine does not disturb.
    """
    sides = (ours, theirs)
    for side in sides:
        side()
    # What stands is left alone: collecting it before every call would empty the caches too.
    gc.collect()
    gc.freeze()
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        gc.collect()
        for side, found in zip(sides, times, strict=True):
            side()  # not timed: what the other side left in caches and heap is not its doing
            start = clock()
            side()
            found.append(clock() - start)
    gc.unfreeze()
    return statistics.median(times[0]), statistics.median(times[1])
