"""What overfitting a small batch claims."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

from app.core.experiments.experiment import Claim, known
from app.core.training.digits import CLASSES
from app.core.training.loop import Frame

LEARNED = 0.01  # by heart
SEEN = ("no gradient below the head", "rate x 100", "inputs 0 to 255", "softmax twice")
XOR: dict[str, Any] = {"data": "xor", "rate": 0.1}
BROKEN: dict[str, Any] = {"rate": 0.0001, "scale": 0.01}
ROTE: dict[str, Any] = {"bug": "labels shuffled once", "points": 1_000, "rate": 0.1, "steps": 2_000}


def by_heart(runs: Sequence[Sequence[Frame]]) -> bool:
    first, last = runs[0][0]["run"], runs[0][-1]["run"]
    return abs(known(first["train"]) - log(CLASSES)) < 0.1 and known(last["train"]) < LEARNED


def stuck(runs: Sequence[Sequence[Frame]]) -> bool:
    return runs[0][-1]["diagnosis"]["rule"] == "nothing learned"


def named(runs: Sequence[Sequence[Frame]]) -> bool:
    """Each bug by the rule that is meant for it."""
    rules = ("no gradient", "shot up", "start too high", "softmax twice")
    return all(
        frames[-1]["diagnosis"]["rule"] == rule for frames, rule in zip(runs, rules, strict=True)
    )


def flat(runs: Sequence[Sequence[Frame]]) -> bool:
    """Without what bends, on points that no line parts."""
    bent, straight = (known(frames[-1]["run"]["train"]) for frames in runs)
    told = runs[1][-1]["diagnosis"]["rule"] == "no non-linearity"
    return bent < LEARNED and straight > 0.8 * log(2) and told


def repaired(runs: Sequence[Sequence[Frame]]) -> bool:
    """Not by one of the two sliders, by both."""
    neither, rate, scale, both = (known(frames[-1]["run"]["train"]) for frames in runs)
    return neither > 0.99 * log(CLASSES) and min(rate, scale) > LEARNED > both


def by_rote(runs: Sequence[Sequence[Frame]]) -> bool:
    facts, true = (runs[0][-1][side]["facts"] for side in ("run", "control"))
    learned, told = known(facts["of these right"]), known(facts["fresh ones right"])
    return learned > 0.99 and told < 0.2 and known(true["fresh ones right"]) > 0.8


def looks_well(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]["run"]
    return known(last["facts"]["of these right"]) >= 0.9 and 0.2 < known(last["train"]) < 2


def heads_alone(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return known(last["run"]["facts"]["of these right"]) >= 0.9 and known(
        last["run"]["train"]
    ) > 5 * known(last["control"]["train"])


CLAIMS: tuple[Claim[Any], ...] = (
    Claim(
        "Without a bug the loss begins within 0.1 of ln 10 and is under 0.01 after 320 steps.",
        ({},),
        by_heart,
    ),
    Claim(
        "With labels shuffled at each step it stays at ln 10.",
        ({"bug": "labels shuffled"},),
        stuck,
    ),
    Claim(
        "The diagnosis names each of four bugs: no gradient, rate, inputs, softmax twice.",
        tuple({"bug": bug} for bug in SEEN),
        named,
    ),
    Claim(
        "With no gradient below the head the curve still falls and 9 of 10 are right, with "
        "five times the loss or more: the curve alone does not tell.",
        ({"bug": "no gradient below the head"},),
        heads_alone,
    ),
    Claim(
        "With softmax twice 9 of 10 are right while the loss stays above 1.46.",
        ({"bug": "softmax twice", "steps": 800},),
        lambda runs: looks_well(runs) and known(runs[0][-1]["run"]["train"]) > 1.46,
    ),
    Claim(
        "On points that no line parts it learns by heart too, and without a non-linearity it "
        "stays above 0.8 ln 2, which the diagnosis explains.",
        ({**XOR, "bug": "none"}, {**XOR, "bug": "no non-linearity"}),
        flat,
    ),
    Claim(
        "With a rate of 0.0001 and a hundredth of the usual start it stays at ln 10; 0.02 "
        "alone does not bring it under 0.01 in 320 steps, nor the usual start alone; both do.",
        (BROKEN, {**BROKEN, "rate": 0.02}, {**BROKEN, "scale": 1.0}, {}),
        repaired,
    ),
    Claim(
        "With the labels of 1,000 digits shuffled once, 99 % are learned by heart in 2,000 "
        "steps and under 20 % of fresh ones are right; with the true labels over 80 %.",
        (ROTE,),
        by_rote,
    ),
)
