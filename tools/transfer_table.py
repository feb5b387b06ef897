"""The lecture's table of four cases, measured: `python -m tools.transfer_table`.

Percent of fresh digits right in each of 20 seeds, for few digits and many: from scratch, with
nothing carried; all but the head frozen, two layers frozen, all trained, carried from digits and
from garments. The lesson on transfer shows the medians of what it writes.
"""

from itertools import product
from pathlib import Path
from statistics import median
from typing import Final, Literal

import orjson

from app.core.experiments import transfer
from app.core.training.modules import scored
from app.core.training.points import FRESH
from tools.claims import SEEDS

FOUND = Path("app/core/experiments/transfer_table.json")
CASES = {"little": (5, 80), "much": (100, 200)}  # digits a class, steps
CARRIED = transfer.CARRIED
SCRATCH: Final = "from scratch"
NOTHING: Final = "nothing"
WAYS = {  # layers carried, and frozen of them
    SCRATCH: (0, 0),
    "all but the head frozen": (CARRIED, CARRIED),
    "two frozen": (CARRIED, 2),
    "all trained": (CARRIED, 0),
}
Measured = dict[str, dict[str, dict[str, list[float]]]]


def place(given: transfer.Source, way: str) -> transfer.Source | Literal["nothing"]:
    """Whose values those of a way stand among: what is not carried has no source."""
    return NOTHING if way == SCRATCH else given


def percent(given: transfer.Source, way: str, case: str, seed: int) -> float:
    (carried, still), (each, steps) = WAYS[way], CASES[case]
    began = transfer.beginning(transfer.source(given), carried, seed)
    state = transfer.learned(began, each, still, steps, seed)
    right = scored(transfer.network(), state, transfer.pictures(each, seed, FRESH)).right
    return round(100 * right, 1)


if __name__ == "__main__":
    found: Measured = {}
    for case in CASES:
        for given, way in product(transfer.SOURCES, WAYS):
            rows = found.setdefault(case, {}).setdefault(place(given, way), {})
            if way not in rows:
                rows[way] = [percent(given, way, case, seed) for seed in range(SEEDS)]
                print(f"{case}, from {given}, {way}: {median(rows[way]):.0f} %", flush=True)
    FOUND.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
