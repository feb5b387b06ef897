"""Residual nets: a deeper plain net is worse on its own training set, a residual one is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from app.core.experiments.experiment import YES_NO, Claim, Experiment, Settings, Yes, amount, known
from app.core.experiments.layered_steps import by_name, deep
from app.core.numbers import format_number
from app.core.questions import shown
from app.core.training.classifiers import HE
from app.core.training.convolutional import CHANNELS, KERNEL, Plan, Trained, start, trained
from app.core.training.digits import CLASSES, SIDE, digits, guessed
from app.core.training.layered import Layered, Standing
from app.core.training.loop import Frame, Look, Loop
from app.core.training.nets import START, chosen
from app.core.training.scripts import pictures, sgd
from app.core.training.several import Several
from app.core.training.steps import Batch, Rule

SHALLOW, BATCH, TRAINED = 8, 64, 1_000
FRAMES = 20


class ResidualSettings(Settings):
    """A deep net beside a shallow one, with skips and without."""

    model_config = shown({"depth": 26, "seed": 0})

    depth: Annotated[
        int,
        Field(
            ge=10,
            le=32,
            title="Layers",
            description="Of the deep net, with weights; the shallow one has 8.",
            json_schema_extra={"values": [10, 14, 20, 26, 32]},
            multiple_of=2,
        ),
    ] = 26
    skip: Annotated[
        Yes,
        Field(
            title="Skips",
            description="Each block of two layers adds its input to what it gives.",
            json_schema_extra=YES_NO,
        ),
    ] = "yes"
    rate: Annotated[
        float,
        amount(
            "Rate",
            "The learning rate, with a momentum of 0.9.",
            [0.01, 0.02, 0.05, 0.1],
            nothing=False,
        ),
    ] = 0.05
    steps: Annotated[int, Field(ge=20, le=200, title="Steps", description="Of 64 digits each.")] = (
        30
    )


State = tuple[Trained, Trained]  # the deep net, and the shallow one


def plans(settings: ResidualSettings) -> tuple[Plan, Plan]:
    skip = settings.skip == "yes"
    return Plan(settings.depth, skip), Plan(SHALLOW, skip)


def each(settings: ResidualSettings) -> int:
    return settings.steps // FRAMES


def further(settings: ResidualSettings, state: State, steps: int) -> State:
    given = digits(TRAINED, settings.seed)
    one, other = (
        trained(plan, net, given, settings.rate, BATCH, steps, settings.seed)
        for plan, net in zip(plans(settings), state, strict=True)
    )
    return one, other


def begin(settings: ResidualSettings) -> State:
    one, other = (start(plan, settings.seed) for plan in plans(settings))
    return further(settings, (one, other), 0)


def steps(settings: ResidualSettings) -> Layered:
    """How a step of the deep net is looked at; its loss is that of the step's own batch."""
    [plan, _], given, seed = plans(settings), digits(TRAINED, settings.seed), settings.seed
    network = deep(plan.depth, plan.skip, CHANNELS, KERNEL, CLASSES)

    def on(state: Trained, count: int) -> Trained:
        return trained(plan, state, given, settings.rate, BATCH, count, seed)

    def batch(step: int) -> Batch:
        places = chosen(step, BATCH, TRAINED, seed)
        return Batch(places, given.x[places].astype(float), given.y[places])

    return Layered(
        ("residual", settings.model_dump_json()),
        network,
        FRAMES * each(settings),
        BATCH,
        TRAINED,
        begin=lambda: start(plan, seed),
        further=lambda state, end: on(state, end - state.step) if end > state.step else state,
        stand=lambda state: Standing(
            by_name(network, state.parts), (by_name(network, state.moving),)
        ),
        batch=batch,
        rule=Rule("sgd", settings.rate, momentum=0.9),
        loss=lambda state: on(state, 0).loss,
    )


def look(settings: ResidualSettings, state: State, step: int) -> Look:
    deep, shallow = state
    sizes: list[float | None] = [max(1e-8, size) for size in deep.gradients]
    facts = {"first gradient / last": deep.gradients[0] / max(deep.gradients[-2], 1e-30)}
    bad = [i for i, size in enumerate(deep.gradients) if not math.isfinite(size)]
    where = f"layer {bad[0] + 1}" if bad else None
    return Look(deep.loss, shallow.loss, {"lines": [sizes]}, facts=facts, where=where)


def data(settings: ResidualSettings) -> dict[str, Any]:
    return {
        "lines": [f"gradient of {settings.depth} layers"],
        "ways": ["backward"],
        "places": list(range(1, settings.depth + 1)),
        "across": "layer",
        "logarithmic": True,
        "domain": [1, settings.depth, 1e-3, 1e1],
    }


def control(settings: ResidualSettings) -> ResidualSettings:
    return settings.model_copy(update={"skip": "no" if settings.skip == "yes" else "yes"})


def names(settings: ResidualSettings) -> tuple[str, str]:
    both = ("with skips", "plain")
    return both if settings.skip == "yes" else both[::-1]


NETS = f"""\
def convolution(given):
    stride = 2 if given == 1 else 1
    return [
        nn.Conv2d(given, {CHANNELS}, {KERNEL}, stride, 1, bias=False),
        nn.BatchNorm2d({CHANNELS}, track_running_stats=False),  # by what it is given, always
    ]


class Block(nn.Sequential):
    \"\"\"Two convolutions; with a skip, what it is given is added to what they give.\"\"\"

    def __init__(self, skip):
        super().__init__(*convolution({CHANNELS}), nn.ReLU(), *convolution({CHANNELS}))
        self.skip = skip

    def forward(self, x):
        given, x = x, super().forward(x)
        return torch.relu(given + x if self.skip else x)


def net(depth, skip):
    blocks = [Block(skip) for _ in range((depth - 2) // 2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear({CHANNELS}, {CLASSES})]
    model = nn.Sequential(*convolution(1), nn.ReLU(), *blocks, *head)
    numbers = random({START})
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):  # as He starts
            spread = ({HE} / layer.weight[0].numel()) ** 0.5
            drawn = spread * numbers.standard_normal(tuple(layer.weight.shape))
            layer.weight.data = torch.tensor(drawn, dtype=torch.float32)
        elif isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            drawn = numbers.uniform(-bound, bound, tuple(layer.weight.shape))
            layer.weight.data = torch.tensor(drawn, dtype=torch.float32)
            layer.bias.data.zero_()
    return model


"""


def script(settings: ResidualSettings) -> Several:
    """All four nets: the deep and the shallow one, as they are set and as the control has them."""
    nets = [
        (f"{plan.depth} layers with skips" if plan.skip else f"{plan.depth} plain layers", plan)
        for side in (settings, control(settings))
        for plan in plans(side)
    ]
    made = "".join(f'    "{name}": net({plan.depth}, {plan.skip}),\n' for name, plan in nets)
    return Several(
        settings.seed,
        pictures(digits(TRAINED, settings.seed), None, f".reshape(-1, 1, {SIDE}, {SIDE})"),
        f"{NETS}models = {{\n{made}}}",
        sgd(settings.rate, 0.9),
        FRAMES * each(settings),
        each(settings),
        TRAINED,
        BATCH,
        loss="F.cross_entropy(model(x[some]), y[some])",
        called="training loss",
    )


def says(settings: ResidualSettings, at: float, run: Look, beside: Look) -> str:
    def said(name: str, side: Look) -> str:
        deep, shallow = side.train, side.validation or 0.0
        words = "worse" if deep > shallow else "better"
        return (
            f"{name}, {settings.depth} layers are {words} than {SHALLOW} "
            f"({format_number(deep, 3)} and {format_number(shallow, 3)})"
        )

    if not at:
        return "All begin near ln 10; what is compared is the loss on what they are trained on."
    one, other = names(settings)
    return f"{said(one.capitalize(), run)}; {said(other, beside)}. This is training loss."


def ends(frames: Sequence[Frame], side: str) -> tuple[float, float]:
    """Deep and shallow: the mean over the last quarter, since a batch's loss wavers."""
    some = [frame[side] for frame in frames[-FRAMES // 4 :]]  # type: ignore[literal-required]
    deep, shallow = ([known(each[name]) for each in some] for name in ("train", "validation"))
    return sum(deep) / len(deep), sum(shallow) / len(shallow)


def deeper_is_worse(runs: Sequence[Sequence[Frame]]) -> bool:
    deep, shallow = ends(runs[0], "control")
    return deep > shallow


def skips_mend(runs: Sequence[Sequence[Frame]]) -> bool:
    deep, shallow = ends(runs[0], "run")
    return deep < 1.1 * shallow and deep < ends(runs[0], "control")[0]


def alive(runs: Sequence[Sequence[Frame]]) -> bool:
    shown: Any = runs[0][-1]["control"]["shown"]
    sizes = shown["lines"][0]
    return bool(min(sizes) > 0.01 * max(sizes))


RESIDUAL: Experiment[ResidualSettings] = Experiment(
    name="residual",
    title="Residual nets",
    says="A plain net of 26 layers has a higher training loss than one of 8: not overfitting, but "
    "harder to train. With skips around each block depth costs nothing.",
    settings=ResidualSettings,
    loop=Loop(
        begin=begin,
        advance=lambda settings, state, step: further(settings, state, each(settings)),
        look=look,
        last=lambda settings: FRAMES,
        at=lambda settings, step: step * each(settings),
        data=data,
        guessed=guessed,
        frames=1,
        says=says,
    ),
    control=control,
    names=names,
    claims=(
        Claim(
            "After 60 steps the plain net of 26 layers has a higher training loss than the plain "
            "net of 8.",
            ({"steps": 60},),
            deeper_is_worse,
        ),
        Claim(
            "With skips 26 layers are at most a tenth worse than 8, and better than 26 plain ones.",
            ({"steps": 60},),
            skips_mend,
        ),
        Claim(
            "It is not that gradients vanish: in the plain net, which has batch norm, the smallest "
            "is over a hundredth of the largest.",
            ({"steps": 60},),
            alive,
        ),
    ),
    kind="lines",
    axis="step",
    cost=lambda settings: 2 * sum(plan.cost for plan in plans(settings)) * settings.steps * BATCH,
    pace=3.4e9,
    milliseconds=200,
    inside=steps,
    script=script,
    curves=lambda settings: (f"{settings.depth} layers", f"{SHALLOW} layers"),
    measure="training loss",
    logarithmic=False,
    presets=(
        ("26 layers beside 8", {}),
        ("32 layers", {"depth": 32}),
        ("20 layers: undecided", {"depth": 20}),
        ("60 steps", {"steps": 60}),
        ("200 steps", {"steps": 200}),
    ),
)
