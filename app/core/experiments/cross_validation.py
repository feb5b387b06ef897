"""Cross-validation: a single split is a matter of luck, the mean over folds much less so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from app.core.experiments.experiment import Claim, Experiment, Settings, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.digits import CLASSES, PIXELS, Digits, Floats, digits
from app.core.training.loop import Frame, Look, Loop, Side
from app.core.training.points import FRESH, random

SHUFFLES, STEPS, RATE, MOMENTUM, PENALTY = 12, 80, 0.5, 0.9, 1e-3
SPLIT = 6  # what these random numbers are used for
LOW, HIGH = 0.4, 1.0  # accuracies that the picture has room for
Places = npt.NDArray[np.int64]


class FoldsSettings(Settings):
    """Softmax regression on few digits, whose accuracy is to be found out."""

    model_config = shown({"points": 200, "folds": 5, "seed": 0})

    points: Annotated[
        int,
        Field(ge=50, le=500, title="Digits", description="That are split; the hold-out is apart."),
    ] = 200
    folds: Annotated[
        int, Field(ge=2, le=10, title="Folds", description="Each is held out once.")
    ] = 5
    way: Annotated[
        Literal["folds", "one split"],
        Field(
            title="Way",
            description="Each fold held out in turn, or the first of them alone.",
            json_schema_extra={"values": ["folds", "one split"]},
        ),
    ] = "folds"


class State(NamedTuple):
    """Accuracies: of the folds of this shuffle, the means of those before, and single splits."""

    folds: tuple[float, ...] = ()
    found: tuple[float, ...] = ()
    final: float | None = None


def fitted(given: Digits) -> Floats:
    """Weights and biases of softmax regression, by gradient descent on all at once."""
    x = np.concatenate((given.x, np.ones((len(given.y), 1), np.float32)), 1)
    aim = np.eye(CLASSES, dtype=np.float32)[given.y]
    weights = np.zeros((PIXELS + 1, CLASSES), np.float32)
    moving = np.zeros_like(weights)
    for _ in range(STEPS):
        scores = x @ weights
        powers = np.exp(scores - scores.max(1, keepdims=True))
        off = powers / powers.sum(1, keepdims=True) - aim
        moving = MOMENTUM * moving + x.T @ off / len(aim) + PENALTY * weights
        weights = weights - np.float32(RATE * (1 - MOMENTUM)) * moving
    return np.asarray(weights, np.float32)


def right(weights: Floats, held: Digits) -> float:
    scores = held.x @ weights[:-1] + weights[-1]
    return float(np.mean(scores.argmax(1) == held.y))


def some(given: Digits, places: Places) -> Digits:
    return Digits(given.x[places], given.y[places])


def split(order: Places, folds: int, fold: int) -> tuple[Places, Places]:
    """Of an order: what is trained on, and the part that is held out."""
    parts = np.array_split(order, folds)
    return np.concatenate([part for i, part in enumerate(parts) if i != fold]), parts[fold]


@lru_cache(maxsize=1024)
def accuracy(points: int, folds: int, seed: int, shuffle: int, fold: int) -> float:
    given = digits(points, seed)
    order = random(seed, SPLIT, shuffle).permutation(len(given.y))
    train, held = split(order, folds, fold)
    return right(fitted(some(given, train)), some(given, held))


def held_out(settings: FoldsSettings, whole: bool) -> float:
    """On the hold-out: of a fit on everything, or on the part that one split leaves."""
    given = digits(settings.points, settings.seed)
    if not whole:
        order = random(settings.seed, SPLIT, 0).permutation(len(given.y))
        given = some(given, split(order, settings.folds, 0)[0])
    return right(fitted(given), digits(500, settings.seed, FRESH))


@lru_cache(maxsize=64)
def truth(points: int, folds: int, seed: int) -> float:
    """What the models of the first shuffle's folds get right of 500 digits that none has seen."""
    given, fresh = digits(points, seed), digits(500, seed, FRESH)
    order = random(seed, SPLIT, 0).permutation(len(given.y))
    found = [
        right(fitted(some(given, split(order, folds, fold)[0])), fresh) for fold in range(folds)
    ]
    return float(np.mean(found))


def last(settings: FoldsSettings) -> int:
    return SHUFFLES * settings.folds


def advance(settings: FoldsSettings, state: State, step: int) -> State:
    """One fit further; the last of all on everything that there is to fit."""
    which = settings.points, settings.folds, settings.seed
    if step == last(settings):
        return state._replace(final=held_out(settings, settings.way == "folds"))
    if settings.way != "folds":
        return State((), (*state.found, accuracy(*which, step, 0)))  # each of its own shuffle
    shuffle, fold = divmod(step, settings.folds)
    folds = (*(state.folds if fold else ()), accuracy(*which, shuffle, fold))
    done = len(folds) == settings.folds
    return State(folds, (*state.found, float(np.mean(folds))) if done else state.found)


def look(settings: FoldsSettings, state: State, step: int) -> Look:
    now = state.found[-1] if state.found else float(np.mean(state.folds))
    parts = []
    newest = len(state.folds) - 1 if state.final is None else -1
    for fold in range(settings.folds):
        if settings.way == "folds":
            value = state.folds[fold] if fold < len(state.folds) else None
            held = fold == newest
        else:
            value = state.found[-1] if fold == 0 else None
            held = fold == 0
        parts.append({"name": f"{fold + 1}", "value": value, "tone": "held" if held else "train"})
    parts.append({"name": "hold-out", "value": state.final, "tone": "apart"})
    facts = {"fits": float(step + 1)}
    if len(state.found) > 1:
        low, high = np.percentile(state.found, [5, 95])
        facts |= {"5th percentile": float(low), "95th percentile": float(high)}
    shown = {"parts": parts, "ticks": list(state.found)}
    wanted = truth(settings.points, settings.folds, settings.seed)
    return Look(now, wanted, shown, facts=facts)


def data(settings: FoldsSettings) -> dict[str, Any]:
    return {"across": "accuracy, one tick each", "domain": [LOW, HIGH, 0, 1]}


def control(settings: FoldsSettings) -> FoldsSettings:
    other = "one split" if settings.way == "folds" else "folds"
    return settings.model_copy(update={"way": other})


def names(settings: FoldsSettings) -> tuple[str, str]:
    def name(way: str) -> str:
        return f"mean of {settings.folds} folds" if way == "folds" else f"one split, {share} % out"

    share = round(100 / settings.folds)
    return name(settings.way), name(control(settings).way)


def width(facts: Mapping[str, float | None]) -> float:
    return known(facts["95th percentile"]) - known(facts["5th percentile"])


def says(settings: FoldsSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    if "95th percentile" not in run.facts or "95th percentile" not in beside.facts:
        return f"Each digit of the {settings.points} is held out once, fold after fold."
    bands = [
        " to ".join(
            format_number(side.facts[name], 2) for name in ("5th percentile", "95th percentile")
        )
        for side in (run, beside)
    ]
    return (
        f"Shuffled again and again: the {one} moves from {bands[0]}, {other} from {bands[1]} (5th "
        "to 95th percentile)."
    )


def narrower(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return width(last["control"]["facts"]) > 2 * width(last["run"]["facts"])


def final(side: Side) -> float:
    shown: Any = side["shown"]
    return float(shown["parts"][-1]["value"])


def gains(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return final(last["run"]) >= final(last["control"])


CROSS_VALIDATION: Experiment[FoldsSettings] = Experiment(
    name="cross-validation",
    title="Cross-validation",
    says="How good is a fit on few digits? One split answers by luck; the mean over folds, in "
    "which each digit is held out once, wanders much less, for as many fits as there are folds.",
    settings=FoldsSettings,
    loop=Loop(
        begin=lambda settings: advance(settings, State(), 0),
        advance=advance,
        look=look,
        last=last,
        at=lambda settings, step: step + 1,
        data=data,
        unit="fit",
        frames=3,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "Over shuffles of the same 200 digits the accuracy of one split has a band (5th to "
            "95th percentile) more than twice as wide as the mean of five folds.",
            ({},),
            narrower,
        ),
        Claim(
            "The final fit on everything gets as many of 500 held-out digits right as the fit "
            "that one split leaves, or more.",
            ({},),
            gains,
        ),
    ),
    unscripted="each moment is a fit of its own, a linear one in numpy, and not a step of training",
    kind="split",
    axis="fit",
    cost=lambda settings: 4 * PIXELS * CLASSES * STEPS * settings.points * last(settings),
    pace=3e9,
    milliseconds=200,
    curves=lambda settings: ("validation accuracy", "on 500 other digits"),
    measure="accuracy",
    logarithmic=False,
    presets=(
        ("200 digits, 5 folds", {}),
        ("50 digits: mostly luck", {"points": 50}),
        ("500 digits", {"points": 500}),
        ("10 folds", {"folds": 10}),
    ),
)
