"""Transfer: a net that has learned one task begins another with what it knows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from safetensors.numpy import load_file

from app.core.experiments.experiment import Claim, Experiment, Settings, known
from app.core.experiments.layered_steps import of_network as steps_of_network
from app.core.layers import table as layers
from app.core.networks.building import Builder
from app.core.networks.network import Network
from app.core.numbers import format_number
from app.core.pictures.images import ASSETS
from app.core.questions import shown
from app.core.training.digits import SIDE, Digits, Floats, Pictures, of_classes
from app.core.training.layered import Layered
from app.core.training.loop import Frame, Look, Loop
from app.core.training.modules import How, Trained, scored, start, trained
from app.core.training.points import FRESH, TRAIN
from app.core.training.scripts import Script, adam, of_network
from app.core.training.scripts import carried as brought
from app.core.training.scripts import pictures as packed

Source = Literal["digits 0 to 4", "garments"]
# What each source shows, and how many classes of it.
SOURCES: dict[Source, tuple[Pictures, int]] = {
    "digits 0 to 4": ("digits", 5),
    "garments": ("garments", 10),
}
TARGET = (5, 6, 7, 8, 9)
LAYERS = ("conv1", "conv2", "conv3", "fc4", "head")  # those with weights
CARRIED = len(LAYERS) - 1  # at most: a head belongs to its classes
TESTED, FRAMES = 50, 20  # fresh pictures of each class; frames of a run, the first besides
LOOKED = 100  # at most, of those it learns from
ANEW = 500  # what is not carried begins with other numbers than what is
RATE, BATCH = 2e-3, 16
# Multiply-adds of one picture, there and back.
COST = 3 * (SIDE**2 * 72 + 49 * 1152 + 9 * 4608 + 288 * 64 + 320)


@lru_cache(maxsize=2)
def network(classes: int = len(TARGET)) -> Network:
    """Three convolutions and two linear layers on 14 x 14."""
    net = Builder((1, SIDE, SIDE))
    for i, channels in ((1, 8), (2, 16), (3, 32)):
        net.conv(f"conv{i}", channels, 3, padding=1)
        net.add(f"relu{i}", layers.ReLU())
        if i < 3:
            net.add(f"pool{i}", layers.MaxPool2d(kernel_size=2))
    net.add("flatten", layers.Flatten())
    net.linear("fc4", 64, 32 * 3 * 3)
    net.add("relu4", layers.ReLU())
    net.linear("head", classes)
    return net.network()


@lru_cache(maxsize=2)
def source(name: Source) -> dict[str, Floats]:
    """The parameters of a net that has learned there; tools/sources.py makes them."""
    return load_file(ASSETS / f"from_{SOURCES[name][0]}.safetensors")


def layer(parameter: str) -> int:
    """Which of LAYERS it belongs to."""
    return LAYERS.index(parameter.partition(".")[0])


def beginning(given: dict[str, Floats], carried: int, seed: int) -> Trained:
    """The first layers as given, the others drawn anew."""
    anew = start(network(), seed + ANEW)
    parts = {
        name: given[name] if layer(name) < carried else part for name, part in anew.parts.items()
    }
    return anew._replace(parts=parts)


def frozen(count: int) -> frozenset[str]:
    """The parameters of the first layers."""
    return frozenset(name for name in start(network(), 0).parts if layer(name) < count)


def pictures(each: int, seed: int, part: int = TRAIN) -> Digits:
    return of_classes("digits", TARGET, TESTED if part == FRESH else each, seed, part)


HOW = How("adam", RATE, batch=BATCH)


def learned(state: Trained, each: int, still: int, steps: int, seed: int) -> Trained:
    """So many steps further on the new task."""
    return trained(network(), state, pictures(each, seed), HOW, steps, seed, frozen(still))[0]


def moved(began: Trained, now: Trained) -> list[float]:
    """How far each layer's weights are from where they began, in their own size then."""
    pairs = [(began.parts[f"{name}.weight"], now.parts[f"{name}.weight"]) for name in LAYERS]
    return [float(np.linalg.norm(b - a) / np.linalg.norm(a)) for a, b in pairs]


Each = Annotated[
    int,
    Field(
        ge=2,
        le=100,
        title="Digits a class",
        description="Of 5, 6, 7, 8 and 9, to learn from.",
        json_schema_extra={"values": [2, 5, 10, 20, 50, 100]},
    ),
]


class TransferSettings(Settings):
    """Five new digits, few of each, for a net that knows something else already."""

    model_config = shown({"source": "digits 0 to 4", "carried": 4, "frozen": 0, "seed": 0})

    source: Annotated[
        Source,
        Field(
            title="Learned before",
            description="What the carried layers come from.",
            json_schema_extra={"values": list(SOURCES)},
        ),
    ] = "digits 0 to 4"
    carried: Annotated[
        int,
        Field(
            ge=0,
            le=CARRIED,
            title="Layers carried",
            description="The first of five; the others are drawn anew.",
        ),
    ] = CARRIED
    frozen: Annotated[
        int,
        Field(
            ge=0,
            le=CARRIED,
            title="Layers frozen",
            description="The first of five; 4 is all but the head.",
        ),
    ] = 0
    each: Each = 5
    steps: Annotated[
        int, Field(ge=20, le=400, title="Steps", description=f"Of {BATCH} digits each.")
    ] = 80


def every(settings: TransferSettings) -> int:
    return settings.steps // FRAMES


def begin(settings: TransferSettings) -> Trained:
    return beginning(source(settings.source), settings.carried, settings.seed)


def steps(settings: TransferSettings) -> Layered:
    """How a step of it is looked at: of a frozen layer too, which it does not move."""

    def further(state: Trained, end: int) -> Trained:
        if state.step == end:
            return state
        return learned(state, settings.each, settings.frozen, end - state.step, settings.seed)

    some = pictures(settings.each, settings.seed)
    return steps_of_network(
        "transfer",
        settings,
        network(),
        HOW,
        lambda: some,
        FRAMES * every(settings),
        lambda state: scored(network(), state, some.first(LOOKED)).loss,
        begin=lambda: begin(settings),
        further=further,
        still=frozen(settings.frozen),
        classes=tuple(map(str, TARGET)),
    )


def look(settings: TransferSettings, state: Trained, step: int) -> Look:
    here = scored(network(), state, pictures(settings.each, settings.seed).first(LOOKED))
    fresh = scored(network(), state, pictures(settings.each, settings.seed, FRESH))
    far = moved(begin(settings), state)
    return Look(here.right, fresh.right, stack(settings.carried, settings.frozen, far))


def stack(carried: int, still: int, far: Sequence[float]) -> dict[str, Any]:
    """Each layer: where it is from, whether it is frozen, how far it has moved."""
    return {
        "layers": [
            {"name": name, "carried": i < carried, "frozen": i < still, "moved": round(far[i], 4)}
            for i, name in enumerate(LAYERS)
        ]
    }


def data(settings: TransferSettings) -> dict[str, Any]:
    return {"source": settings.source}


def script(settings: TransferSettings) -> Script:
    """As the loop runs it: what is carried comes along, the other layers are drawn anew."""
    given, seed = pictures(settings.each, settings.seed), settings.seed
    text, first = of_network(network(), ANEW)
    parts = source(settings.source)
    along = {name: part for name, part in parts.items() if layer(name) < settings.carried}
    still = [name for name in parts if layer(name) < settings.frozen]
    stop = f"for name in {still!r}:\n    model.get_parameter(name).requires_grad_(False)"
    return Script(
        seed,
        packed(given, pictures(settings.each, seed, FRESH), f".reshape(-1, 1, {SIDE}, {SIDE})"),
        "\n\n".join([text, *([brought(along)] if along else []), *([stop] if still else [])]),
        adam(RATE),
        FRAMES * every(settings),
        every(settings),
        len(given.y),
        BATCH,
        LOOKED,
        first=first,
        measure="(model(x).argmax(1) == y).float().mean()",
        called="share right",
    )


def control(settings: TransferSettings) -> TransferSettings:
    """From scratch; beside that, as the settings come."""
    scratch = {"carried": 0, "frozen": 0}
    if (settings.carried, settings.frozen) != (0, 0):
        return settings.model_copy(update=scratch)
    return settings.model_copy(update={"carried": CARRIED})


def name(settings: TransferSettings) -> str:
    if not settings.carried:
        still = f", {settings.frozen} frozen" if settings.frozen else ""
        return f"from scratch{still}"
    which = {0: "all trained", CARRIED: "all but the head frozen"}
    still = which.get(settings.frozen, f"{settings.frozen} frozen")
    return f"{settings.carried} layers from {settings.source}, {still}"


def names(settings: TransferSettings) -> tuple[str, str]:
    return name(settings), name(control(settings))


def says(settings: TransferSettings, at: float, run: Look, beside: Look) -> str:
    one, other = names(settings)
    right = [format_number(100 * known(side.validation), 3) for side in (run, beside)]
    count = TESTED * len(TARGET)
    return f"Of {count} fresh digits, {one}: {right[0]} % right; {other}: {right[1]} %."


def ahead(frames: Sequence[Frame], at: float | None = None) -> float:
    """By how many points of accuracy the run is ahead then, or over the last quarter of it."""
    some = [frame for frame in frames if frame["at"] == at] or frames[-FRAMES // 4 :]
    pairs = [
        known(frame["run"]["validation"]) - known(frame["control"]["validation"]) for frame in some
    ]
    return 100 * float(np.mean(pairs))


HEAD = {"frozen": CARRIED, "steps": 160}
TRANSFER: Experiment[TransferSettings] = Experiment(
    name="transfer",
    title="Transfer",
    says="What a net learned of other pictures is a better beginning than chance: it needs fewer "
    "steps. Frozen, it is only as good as the old task is like the new one.",
    settings=TransferSettings,
    loop=Loop(
        begin=begin,
        advance=lambda settings, state, step: learned(
            state, settings.each, settings.frozen, every(settings), settings.seed
        ),
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * every(settings),
        data=data,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "Little and similar: with 5 digits a class, a net carried from the digits 0 to 4 and "
            "trained on is at least 10 points ahead of one from scratch after 20 steps.",
            ({},),
            lambda runs: ahead(runs[0], 20) >= 10,
        ),
        Claim(
            "With all but the head frozen it ends behind the one from scratch, after 160 steps: "
            "those features were made for five other digits.",
            (HEAD,),
            lambda runs: ahead(runs[0]) < 0,
        ),
        Claim(
            "Little and different: carried from garments, all but the head frozen ends at least "
            "10 points behind.",
            (HEAD | {"source": "garments"},),
            lambda runs: ahead(runs[0]) <= -10,
        ),
        Claim(
            "Much and similar: with 100 digits a class and all trained on, it is at least 15 "
            "points ahead after 20 steps.",
            ({"each": 100},),
            lambda runs: ahead(runs[0], 20) >= 15,
        ),
        Claim(
            "Much and different: carried from garments and all trained on, it is still ahead after "
            "20 steps.",
            ({"each": 100, "source": "garments"},),
            lambda runs: ahead(runs[0], 20) > 0,
        ),
    ),
    kind="stack",
    axis="step",
    opens=20,  # where the claims look: later the two are level
    cost=lambda settings: (
        2 * COST * (settings.steps * BATCH + FRAMES * (settings.each + TESTED) * len(TARGET) / 3)
    ),
    pace=1.8e9,
    milliseconds=150,
    inside=steps,
    script=script,
    weights=lambda settings, state: {**state.parts, **state.running},
    curves=lambda settings: ("of its own digits", "of fresh ones"),
    measure="share right",
    logarithmic=False,
    presets=(
        ("Little, similar: all trained", {}),
        ("All but the head frozen", HEAD),
        ("Two layers frozen", {"frozen": 2}),
        ("Little, different", {"source": "garments"}),
        ("Much, similar", {"each": 100}),
        ("Much, different", {"each": 100, "source": "garments"}),
        ("Random layers, frozen", {"carried": 0, "frozen": 3}),
    ),
)
