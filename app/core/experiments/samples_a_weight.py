"""Ten samples a weight: a net with far more weights than samples learns them by heart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from app.core.experiments import planes
from app.core.experiments.experiment import Claim, Experiment, Settings, amount, known
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.loop import Frame
from app.core.training.nets import How, count

RULE = 10  # samples a weight, by rule of thumb
BATCH, STEPS, RATE = 100, 600, 0.02


class SamplesSettings(Settings):
    """A net of two hidden layers on a few noisy points of two moons."""

    model_config = shown({"points": 20, "hidden": 12, "seed": 0})

    points: Annotated[
        int, Field(ge=10, le=2_050, title="Points", description="How many it is trained on.")
    ] = 20
    hidden: Annotated[
        int, Field(ge=2, le=16, title="Units", description="In each of its two hidden layers.")
    ] = 12
    noise: Annotated[
        float,
        amount(
            "Noise",
            "How far points stray from their moon; the moons are 0.5 apart.",
            [0.1, 0.2, 0.3, 0.4],
        ),
    ] = 0.3
    penalty: Annotated[
        float,
        amount(
            "Penalty",
            "On the squares of the weights, as PyTorch's weight_decay.",
            [0.0, 0.001, 0.003, 0.01, 0.03, 0.1],
        ),
    ] = 0.0
    dropped: Annotated[
        float,
        amount(
            "Dropped",
            "The share of hidden units left out at each step (PyTorch's p).",
            [0.0, 0.1, 0.2, 0.3, 0.5],
            most=0.9,
        ),
    ] = 0.0


def task(settings: SamplesSettings) -> planes.Task:
    how = How("tanh", "adam", RATE, settings.penalty, settings.dropped, BATCH)
    hidden = (settings.hidden, settings.hidden)
    return planes.Task("moons", settings.points, settings.noise, hidden, how, STEPS, settings.seed)


def enough(settings: SamplesSettings) -> int:
    """Points for ten a weight."""
    return min(RULE * count(task(settings).sizes), 2_050)


def control(settings: SamplesSettings) -> SamplesSettings:
    """Without what helps; where nothing does, with what would: ten samples a weight."""
    if settings.penalty or settings.dropped:
        return settings.model_copy(update={"penalty": 0.0, "dropped": 0.0})
    many = enough(settings)
    return settings.model_copy(update={"points": 20 if settings.points >= many else many})


def names(settings: SamplesSettings) -> tuple[str, str]:
    """By their points and weights, or by what helps one and not the other."""
    helps = ("penalty", settings.penalty), ("dropped", settings.dropped)
    given = [f"{name} {format_number(amount)}" for name, amount in helps if amount]
    if given:
        return ", ".join(given), "neither" if len(given) > 1 else f"no {given[0].split()[0]}"
    here, there = settings.points, control(settings).points
    weights = count(task(settings).sizes)
    return f"{here:,} points, {weights} weights", f"{there:,} points, {weights} weights"


def by_heart(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]["run"]
    best = min(known(frame["run"]["validation"]) for frame in runs[0])
    return known(last["train"]) < 0.01 and known(last["validation"]) >= 1.5 * best


def agrees(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]["control"]
    train, validation = known(last["train"]), known(last["validation"])
    return abs(validation - train) < 0.2 * train


def helped(runs: Sequence[Sequence[Frame]]) -> bool:
    last = runs[0][-1]
    return 1.5 * known(last["run"]["validation"]) < known(last["control"]["validation"])


SAMPLES_A_WEIGHT: Experiment[SamplesSettings] = Experiment(
    name="samples-a-weight",
    title="Ten samples a weight",
    says="A net with more weights than samples learns them by heart: its training loss goes to "
    "nothing while the loss on fresh points grows.",
    settings=SamplesSettings,
    loop=planes.loop(task),
    control=control,
    names=names,
    claims=(
        Claim(
            "With a tenth of a sample a weight (20 points) the training loss falls under 0.01 and "
            "validation ends at one and a half times its best, or more.",
            ({},),
            by_heart,
        ),
        Claim(
            "With ten samples a weight training and validation agree within 20 %.", ({},), agrees
        ),
        Claim(
            "A penalty of 0.03 takes a third or more from the validation loss at the end.",
            ({"penalty": 0.03},),
            helped,
        ),
    ),
    kind="plane",
    axis="step",
    cost=lambda settings: task(settings).cost + task(control(settings)).cost,
    pace=1.8e8,
    inside=lambda settings: planes.steps(task(settings)),
    script=lambda settings: planes.script(task(settings)),
    weights=lambda settings, state: planes.by_name(task(settings), state),
    presets=(
        ("A tenth of a sample a weight", {}),
        ("A penalty", {"penalty": 0.03}),
        ("Half dropped", {"dropped": 0.5}),
        ("One sample a weight", {"points": 205}),
    ),
)
