"""Measure every claim of every experiment over many seeds: writes app/core/experiments/claims.json.

`python -m tools.claims [name ...]` measures those named again, and all without a name. The settings
of a claim are chosen on seeds below FRESH; it is measured on those from there on, which have had no
say in it.
"""

import json
import sys
from typing import Any

from app.core.experiments.experiment import FRESH, Experiment
from app.core.experiments.table import CLAIMS, EXPERIMENTS
from app.core.training.loop import Frame

SEEDS = 20


def held(experiment: Experiment[Any]) -> list[dict[str, Any]]:
    """For each claim: in how many of SEEDS it held, and the mark of what it said and ran then."""
    found: list[dict[str, Any]] = [
        {"held": 0, "seeds": SEEDS, "first": FRESH} for _ in experiment.claims
    ]
    for seed in range(FRESH, FRESH + SEEDS):
        runs: dict[Any, list[Frame]] = {}
        for claim, counted in zip(experiment.claims, found, strict=True):
            asked = [experiment.settings(**given, seed=seed) for given in claim.settings]
            for settings in asked:
                key = settings.model_dump_json()
                runs[key] = runs.get(key) or experiment.frames(settings)
            counted["held"] += claim.holds([runs[each.model_dump_json()] for each in asked])
    for claim, counted in zip(experiment.claims, found, strict=True):
        counted["of"] = claim.mark(experiment.settings, FRESH)
        print(f"{experiment.name}: {counted['held']} of {SEEDS}: {claim.says}", flush=True)
    return found


if __name__ == "__main__":
    for name in sys.argv[1:] or EXPERIMENTS:
        found = held(EXPERIMENTS[name])
        known = json.loads(CLAIMS.read_text()) if CLAIMS.exists() else {}
        known[name] = found
        ordered = {name: known[name] for name in EXPERIMENTS if name in known}
        CLAIMS.write_text(json.dumps(ordered, indent=1) + "\n")
