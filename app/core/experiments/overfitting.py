"""A curve through noisy points: the more a polynomial may bend, the better it fits what it has
seen, and from some degree on the worse what it has not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from numpy.polynomial import legendre
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame, Look, Loop
from app.core.training.points import FRESH, Array, Points, curve, wave

VALIDATED, DRAWN = 200, 121  # fresh points to validate with; places where the fit is drawn
MANY = 400  # points of the control, which a degree of 15 cannot overfit
FAR = 4.0  # the drawing ends here, however far the fit goes
PENALTIES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1)


class OverfittingSettings(Settings):
    """A polynomial of growing degree through a few noisy points."""

    model_config = shown({"points": 20, "degree": 15, "seed": 0})

    points: Annotated[
        int,
        Field(ge=5, le=400, title="Points", description="How many it is fitted to."),
    ] = 20
    degree: Annotated[
        int,
        Field(ge=1, le=20, title="Degree, up to", description="The last fit of the run."),
    ] = 15
    noise: Annotated[
        float,
        amount(
            "Noise",
            "Standard deviation of the points around the curve.",
            [0.0, 0.05, 0.1, 0.2, 0.3, 0.5],
        ),
    ] = 0.1
    penalty: Annotated[
        float,
        amount(
            "Penalty",
            "On the squares of the weights (ridge): what keeps the fit from bending.",
            PENALTIES,
        ),
    ] = 0.0


@lru_cache(maxsize=64)
def points(count: int, noise: float, seed: int, part: int) -> Points:
    return curve(count, noise, seed, part)


def weights(given: Points, degree: int, penalty: float) -> Array:
    """Of the Legendre polynomials in 2x - 1, by least squares: mean squared error plus `penalty`
    times the sum of the squares of all but the first."""
    basis = legendre.legvander(2 * given.x - 1, degree)
    aim = given.y
    if penalty:
        root = np.sqrt(len(aim) * penalty)
        basis = np.concatenate((basis, root * np.eye(degree + 1)[1:]))
        aim = np.concatenate((aim, np.zeros(degree)))
    return np.asarray(np.linalg.lstsq(basis, aim, rcond=None)[0], float)


def fitted(found: Array, x: Array) -> Array:
    return np.asarray(legendre.legval(2 * x - 1, found), float)


def look(settings: OverfittingSettings, state: None, step: int) -> Look:
    given = points(settings.points, settings.noise, settings.seed, 0)
    fresh = points(VALIDATED, settings.noise, settings.seed, FRESH)
    found = weights(given, step, settings.penalty)

    def mean_square(held: Points) -> float:
        return float(np.mean((fitted(found, held.x) - held.y) ** 2))

    line = np.clip(fitted(found, np.linspace(0, 1, DRAWN)), -FAR, FAR)
    return Look(mean_square(given), mean_square(fresh), line.round(4).tolist())


def data(settings: OverfittingSettings) -> dict[str, Any]:
    given = points(settings.points, settings.noise, settings.seed, 0)
    x = np.linspace(0, 1, DRAWN)
    return {
        "points": np.stack(given, 1).round(4).tolist(),
        "x": x.round(5).tolist(),
        "truth": wave(x).round(4).tolist(),
        "domain": [0, 1, -1.7, 1.7],
    }


def control(settings: OverfittingSettings) -> OverfittingSettings:
    """Without what helps; where nothing does, with what would: many points."""
    if settings.penalty:
        return settings.model_copy(update={"penalty": 0.0})
    return settings.model_copy(update={"points": MANY if settings.points < MANY else 20})


def names(settings: OverfittingSettings) -> tuple[str, str]:
    if settings.penalty:
        return f"penalty {format_number(settings.penalty)}", "no penalty"
    return f"{settings.points} points", f"{control(settings).points} points"


def blows_up(runs: Sequence[Sequence[Frame]]) -> bool:
    four, last = runs[0][4]["run"], runs[0][-1]["run"]
    better = known(last["train"]) < known(four["train"])
    return better and known(last["validation"]) > 10 * known(four["validation"])


def stays(runs: Sequence[Sequence[Frame]]) -> bool:
    four, last = (known(runs[0][i]["control"]["validation"]) for i in (4, -1))
    return last < 1.2 * four


def helped(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return 2 * known(last["run"]["validation"]) < known(last["control"]["validation"])


OVERFITTING: Experiment[OverfittingSettings] = Experiment(
    name="overfitting",
    title="A curve through noisy points",
    says="A polynomial of growing degree: the error on its own points only falls, the error on "
    "fresh points turns up.",
    settings=OverfittingSettings,
    loop=Loop(
        begin=lambda settings: None,
        advance=lambda settings, state, step: None,
        look=look,
        last=lambda settings: settings.degree,
        at=lambda settings, step: step,
        data=data,
        floor=lambda settings: settings.noise**2 or None,
        unit="degree",
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "On 20 points degree 15 fits them better than degree 4 and is more than ten times "
            "worse on fresh ones.",
            ({},),
            blows_up,
        ),
        Claim("On 400 points degree 15 is within 20 % of degree 4.", ({},), stays),
        Claim(
            "A penalty of 0.0001 at least halves what degree 15 gets wrong on fresh points.",
            ({"penalty": 1e-4},),
            helped,
        ),
    ),
    unchecked="A curve is not fitted twice while one waits: the project's tests compare the fits "
    "with numpy's least squares.",
    unscripted="each curve is the solution of a linear system, and nothing is trained",
    kind="curve",
    axis="degree",
    cost=lambda settings: 2 * settings.degree * (settings.points + MANY) * settings.degree**2,
    milliseconds=450,
    presets=(
        ("20 points, 400 beside them", {}),
        ("A penalty", {"penalty": 1e-4}),
        ("100 points: undecided", {"points": 100}),
        ("Much noise", {"noise": 0.3}),
    ),
)
