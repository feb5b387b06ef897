"""The lecture's table of four cases, measured: `python -m tools.transfer_table`.

Median percent of fresh digits right over 20 seeds: from scratch, all but the head frozen, two
layers frozen, all trained; for few digits and many, carried from digits and from garments.
"""

from statistics import median

from app.core.experiments import transfer
from app.core.training.modules import scored
from app.core.training.points import FRESH
from tools.claims import SEEDS

CASES = {"little": (5, 80), "much": (100, 200)}  # digits a class, steps
WAYS = {"all but the head frozen": transfer.CARRIED, "two frozen": 2, "all trained": 0}


def percent(given: transfer.Source, carried: int, still: int, case: str, seed: int) -> float:
    each, steps = CASES[case]
    began = transfer.beginning(transfer.source(given), carried, seed)
    state = transfer.learned(began, each, still, steps, seed)
    return 100 * scored(transfer.network(), state, transfer.pictures(each, seed, FRESH)).right


if __name__ == "__main__":
    for case in CASES:
        for given in transfer.SOURCES:
            found = {"from scratch": (0, 0)} | {
                way: (transfer.CARRIED, still) for way, still in WAYS.items()
            }
            for way, (carried, still) in found.items():
                right = [percent(given, carried, still, case, seed) for seed in range(SEEDS)]
                print(f"{case}, from {given}, {way}: {median(right):.0f} %", flush=True)
