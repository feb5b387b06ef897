"""Double descent in a linear model, where a formula says what the curve should be."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import Array, random

FEATURES = 100  # that the truth has; a model sees some of them
DRAWN = 3.0  # weights beyond are drawn at the edge


class DescentSettings(Settings):
    """Least squares on the first of 100 features, and ever more of them."""

    model_config = shown({"points": 40, "noise": 0.2, "seed": 0})

    points: Annotated[
        int,
        Field(ge=10, le=80, title="Samples", description="Of each data set."),
    ] = 40
    noise: Annotated[
        float,
        amount(
            "Noise",
            "Standard deviation of the noise; the weights of the truth have length 1.",
            [0.0, 0.1, 0.2, 0.5, 1.0],
        ),
    ] = 0.2
    sets: Annotated[
        int,
        Field(
            ge=1,
            le=200,
            title="Data sets",
            description="Drawn anew for each; the mean over them is drawn.",
            json_schema_extra={"values": [1, 5, 20, 60, 200]},
        ),
    ] = 60
    penalty: Annotated[
        float,
        amount(
            "Penalty",
            "On the squares of the weights (ridge), in units of the mean squared error.",
            [0.0, 0.001, 0.01, 0.03, 0.1, 0.3],
        ),
    ] = 0.0


def risk(used: int, samples: int, noise: float) -> float:
    """What is to be expected of least squares (of the least length, where many fit) on fresh data:
    Belkin, Hsu and Xu, arXiv 1903.07571."""
    share = used / FEATURES
    if used <= samples - 2:
        return (1 - share + noise**2) * (1 + used / (samples - used - 1))
    if used <= samples + 1:
        return inf
    missing = share * (1 - samples / used)
    return missing + (1 - share + noise**2) * (1 + samples / (used - samples - 1))


def truth(seed: int) -> Array:
    """Weights of length 1; any direction gives the same curve."""
    found = random(seed, 0).standard_normal(FEATURES)
    return np.asarray(found / np.linalg.norm(found))


def fitted(x: Array, y: Array, penalty: float) -> Array:
    """Of each data set: the weights of least squares, or of least length among them."""
    samples, used = x.shape[-2:]
    back = x.swapaxes(-1, -2)
    # The smaller of the two systems, which has a solution without a penalty, too.
    if used < samples:
        square = back @ x + samples * penalty * np.eye(used)
        return np.asarray(np.linalg.solve(square, back @ y[..., None]))[..., 0]
    gram = x @ back + samples * penalty * np.eye(samples)
    return np.asarray(back @ np.linalg.solve(gram, y[..., None]))[..., 0]


def places(settings: DescentSettings) -> list[int]:
    """How many features each frame uses, closer together around as many as there are samples."""
    n = settings.points
    near = {n + away for away in (-6, -4, -2, -1, 0, 1, 2, 4, 6)}
    return sorted(p for p in {*range(0, FEATURES + 1, 4)} | near if 0 <= p <= FEATURES)


def look(settings: DescentSettings, state: None, step: int) -> Look:
    used, n, seed = places(settings)[step], settings.points, settings.seed
    b, numbers = truth(seed), random(seed, 1, used)
    # Which features a model sees is of chance, as in the formula, whose truth has none apart.
    chosen = np.stack([numbers.permutation(FEATURES)[:used] for _ in range(settings.sets)])
    x = numbers.standard_normal((settings.sets, n, FEATURES))
    y = x @ b + settings.noise * numbers.standard_normal((settings.sets, n))
    seen = np.take_along_axis(x, chosen[:, None, :], 2)
    found = np.zeros((settings.sets, FEATURES))
    if used:
        np.put_along_axis(found, chosen, fitted(seen, y, settings.penalty), 1)
    off = np.sum((found - b) ** 2, 1) + settings.noise**2
    train = float(np.mean((np.einsum("snf,sf->sn", x, found) - y) ** 2))
    expected = risk(used, n, settings.noise)
    return Look(
        float(np.mean(off)),
        expected if np.isfinite(expected) and not settings.penalty else None,
        {"fit": np.clip(found[0], -DRAWN, DRAWN).round(4).tolist()},
        more=(train if train > 1e-12 else 0.0,),
        facts={"length of the weights": float(np.mean(np.linalg.norm(found, axis=1)))},
    )


def data(settings: DescentSettings) -> dict[str, Any]:
    return {
        "points": [],
        "x": list(range(FEATURES)),
        "truth": truth(settings.seed).round(4).tolist(),
        "domain": [0, FEATURES - 1, -1, 1],
    }


def control(settings: DescentSettings) -> DescentSettings:
    """Without a penalty; where there is none, with one."""
    return settings.model_copy(update={"penalty": 0.0 if settings.penalty else 0.1})


def names(settings: DescentSettings) -> tuple[str, str]:
    def name(penalty: float) -> str:
        return f"penalty {format_number(penalty)}" if penalty else "no penalty"

    return name(settings.penalty), name(control(settings).penalty)


def says(settings: DescentSettings, at: float, run: Look, beside: Look) -> str:
    n, used = settings.points, int(at)
    own, fresh = format_number(run.more[0] or 0.0, 3), format_number(run.train, 3)
    wrong = f"{fresh} on fresh data, {own} on its own"
    if used < n - 1:
        return f"{used} weights for {n} samples: too few to fit them all; error {wrong}."
    if used <= n + 1:
        return (
            f"{used} weights for {n} samples: one way to fit them, noise and all; error {wrong}. "
            "The formula has no finite value here."
        )
    return f"{used} weights for {n} samples: of many ways to fit them the shortest; error {wrong}."


def by_formula(runs: Sequence[Sequence[Frame]]) -> bool:
    """Away from the peak, where so many data sets are enough to say."""
    pairs = [
        (frame["run"]["train"], frame["run"]["validation"])
        for frame in runs[0]
        if abs(frame["at"] - 40) >= 24
    ]
    return all(a and b and abs(a - b) < 0.05 * b for a, b in pairs)


def peaks(runs: Sequence[Sequence[Frame]]) -> bool:
    at = {frame["at"]: frame["run"]["train"] or inf for frame in runs[0]}
    return at[40] > 5 * at[20] and at[100] < min(x for p, x in at.items() if p <= 40)


def cured(runs: Sequence[Sequence[Frame]]) -> bool:
    return all((frame["control"]["train"] or inf) < 1.6 for frame in runs[0])


DOUBLE_DESCENT: Experiment[DescentSettings] = Experiment(
    name="double-descent",
    title="Double descent",
    says="Least squares with ever more features: worst where there are as many weights as samples, "
    "better again beyond, as a formula says beforehand.",
    settings=DescentSettings,
    loop=Loop(
        begin=lambda settings: None,
        advance=lambda settings, state, step: None,
        look=look,
        last=lambda settings: len(places(settings)) - 1,
        at=lambda settings, step: places(settings)[step],
        data=data,
        unit="weights",
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "With 24 weights or more to either side of the 40 samples the mean of 200 data sets is "
            "within 5 % of the formula.",
            ({"sets": 200},),
            by_formula,
        ),
        Claim(
            "At 40 weights for 40 samples the error is more than five times that of 20; with all "
            "100 it is below everything before the peak.",
            ({},),
            peaks,
        ),
        Claim("A penalty of 0.1 takes the peak away: the error stays under 1.6.", ({},), cured),
    ),
    unchecked="A fit is not made twice while one waits: the project's tests compare the fits with "
    "the shortest of numpy's least squares.",
    unscripted="each fit is the shortest solution of a linear system, and nothing is trained",
    kind="curve",
    axis="weights",
    cost=lambda settings: 30 * 2 * settings.sets * settings.points**2 * FEATURES * 6,
    pace=4e9,
    milliseconds=220,
    opens=40,  # as many weights as samples: the peak between the two descents
    curves=lambda settings: ("fresh data, measured", "by the formula", "its own samples"),
    measure="mean squared error",
    presets=(
        ("40 samples", {}),
        ("A penalty of 0.1", {"penalty": 0.1}),
        ("Much noise", {"noise": 1.0}),
        ("One data set", {"sets": 1}),
    ),
)
