"""Why a class wins, and what a channel looks for: the answers.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.activations.answers import ClassScore
from app.core.activations.looks import Look, LookQuestion, WeightsQuestion
from app.core.attributions.methods import ATTRIBUTIONS, Attribution, Found, Sought, attribution
from app.core.attributions.optimised_inputs import Ascent
from app.core.attributions.questions import (
    EACH,
    AttributionQuestion,
    OcclusionQuestion,
    OptimisedInputQuestion,
    TopPatchesQuestion,
)
from app.core.attributions.top_patches import PAPER, Maxima, TopPatch
from app.core.errors import Problem
from app.core.networks.costs import check_cost
from app.core.networks.network import analyse
from app.core.numbers import Number, percents, plural
from app.core.pictures.preparation import SHOWN
from app.core.recent import Recent

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.networks.torch_network import TorchNetwork

TO_SCALE = 0.995  # the share of a grid's numbers that are drawn to scale


class Telling(TypedDict):
    """What is said of a method."""

    title: str
    paper: str
    says: str
    signed: Annotated[bool, Field(description="Whether its grid has negative numbers too.")]


class AttributionRow(Telling):
    """A way to tell which pixels a class's score comes from."""

    name: str


def rows() -> list[AttributionRow]:
    """The answer to GET /api/attributions."""
    return [{"name": row.name, **_telling(row)} for row in ATTRIBUTIONS.values()]


def _telling(row: Attribution) -> Telling:
    return {"title": row.title, "paper": row.paper, "says": row.says, "signed": row.signed}


# Why this class


class AttributionAnswer(Telling):
    method: str
    target: ClassScore
    layer: Annotated[str | None, Field(description="Grad-CAM: whose maps these are.")]
    grid: list[list[Number]]
    rows: Annotated[
        Sequence[int] | None, Field(description="Occlusion: the pixels the patches were about.")
    ]
    columns: Sequence[int] | None
    reach: Annotated[
        float, Field(description="The size that 99.5 % of the grid's numbers stay within.")
    ]
    extent: Annotated[
        list[int], Field(description="Height and width of the picture that the grid spans.")
    ]
    sentence: str
    picture: Annotated[
        str | None,
        Field(
            description="Guided backpropagation: what came back in colour, gray for 0 "
            "(data address)."
        ),
    ]


def attributions(question: AttributionQuestion) -> AttributionAnswer:
    """The answer to POST /api/attributions; numbers are numpy's."""
    row = attribution(question.method)
    if row.name == "occlusion":
        _of_probability(question)
    look = question.look()
    target = asked_class(look, look.image)
    height, width = look.image.shape[2:]
    side = min(height, width)
    sought = Sought(
        look.model,
        look.image,
        target["index"],
        question.layer,
        question.patch or max(1, (side + 2) // 4),
        question.stride or max(1, round(side / 10)),
        question.of,
    )
    look.model.requires_grad_(False)
    found = row.compute(sought)
    grid: Any = found.grid.numpy()  # nested lists as JSON, at a fraction of the time
    return {
        **_telling(row),
        "method": row.name,
        "target": target,
        "layer": found.layer,
        "grid": grid,
        "rows": found.rows,
        "columns": found.columns,
        "extent": [height, width],
        "reach": reach(found.grid),
        "sentence": sentence(row, found, target, sought),
        "picture": None if found.picture is None else in_colour(found.picture),
    }


def _of_probability(question: LookQuestion) -> None:
    """Occlusion derives nothing. Raises Problem where something is asked of the loss."""
    if question.of != "score":
        raise Problem(
            "occlusion asks what a class's probability loses, not what the loss does: leave out "
            "`of`",
            {"field": "of"},
            "score",
        )


def reach(grid: Tensor) -> float:
    """What gets the full colour: few numbers are larger, so that one does not pale all others."""
    sizes = grid.abs().flatten()
    return float(sizes.quantile(TO_SCALE)) or float(sizes.max())


def in_colour(picture: Tensor) -> str:
    from app.core.attributions.top_patches import about_gray
    from app.core.pictures.uploads import address

    return address(about_gray(picture[0].numpy()))


def asked_class(look: Look, image: Tensor) -> ClassScore:
    """The class that is asked about."""
    import torch

    from app.core.activations.capture import chosen
    from app.core.attributions.methods import scores

    with torch.no_grad():
        found = scores(look.model, image)[0]
    return class_row(look, found, chosen(found, look.question.target))


def class_row(look: Look, scores: Tensor, index: int) -> ClassScore:
    probability = None if look.ends_in_maps else float(scores.softmax(dim=0)[index])
    return {
        "index": index,
        "name": look.class_name(index),
        "score": float(scores[index]),
        "probability": probability,
    }


def sentence(row: Attribution, found: Found, target: ClassScore, sought: Sought) -> str:
    """Where the grid is largest, in words; what it means where nothing of it is above 0."""
    grid, extent = found.grid, tuple(sought.image.shape[2:])
    at, most = divmod(int(grid.argmax()), grid.shape[1]), float(grid.max())
    if row.name == "occlusion":
        return _covered(found, at, most, target, sought)
    what = (
        f"the score of {target['name']}"
        if sought.of == "score"
        else f"the loss with {target['name']} as the right answer"
    )
    if not grid.any():
        return _nothing(row, found, what)
    if most <= 0:  # a signed grid: pixels that raise it are above 0
        least = f"that at row {at[0]}, column {at[1]} lowers it least"
        return f"No pixel raises {what}: " + (
            f"{least}." if most < 0 else "those that count for anything lower it."
        )
    alike = int((grid == most).sum())
    tie = f", the first of {alike:,} alike" if alike > 1 else ""
    started = f"{what[0].upper()}{what[1:]} {row.most}"
    if tuple(grid.shape) == extent:
        return f"{started} the pixel at row {at[0]}, column {at[1]}{tie}."
    cells = [
        _span(word, i * n // many, -(-(i + 1) * n // many) - 1)
        for word, i, n, many in zip(("row", "column"), at, extent, grid.shape, strict=True)
    ]
    return f"{started} {', '.join(cells)}{tie}."


def _span(word: str, first: int, last: int) -> str:
    return f"{word} {first}" if first == last else f"{word}s {first} to {last}"


def _nothing(row: Attribution, found: Found, what: str) -> str:
    """Why a grid is 0 everywhere."""
    if found.below:
        return (
            f"No place of the last maps speaks for {what}: their weighted sum is nowhere above "
            "zero, and what lies below is cut off."
        )
    if row.name == "grad-cam":
        return (
            f"The last maps, weighted by their mean gradients, add up to 0 everywhere for {what}."
        )
    if row.name == "guided-backprop":
        return f"The ReLUs pass nothing back from {what} to the picture: all of the grid is 0."
    if row.name == "gradient-x-input":
        return f"Every pixel times its gradient is 0 for {what}."
    return f"To no pixel does {what} react: every gradient is 0."


def _covered(
    found: Found, at: tuple[int, int], lost: float, target: ClassScore, sought: Sought
) -> str:
    name, whole = target["name"], target["probability"]
    if lost <= 0:
        return f"Wherever the patch lies, {name} becomes more probable, or as probable as it is."
    assert whole is not None
    assert found.rows
    assert found.columns
    before, after = percents(whole, max(whole - lost, 0.0))
    return (
        f"With {sought.patch} × {plural(sought.patch, 'pixel')} about row {found.rows[at[0]]}, "
        f"column {found.columns[at[1]]} covered, the probability of {name} falls from {before} to "
        f"{after}."
    )


class OcclusionAnswer(TypedDict):
    """A class after one patch was covered; `target` is how it was before."""

    probability: float
    score: Number
    drop: Annotated[float, Field(description="Of the probability; negative if it has risen.")]
    target: ClassScore
    top: list[ClassScore]


def occlusion(question: OcclusionQuestion) -> OcclusionAnswer:
    """The answer to POST /api/occlusion."""
    import torch

    from app.core.attributions.methods import covered, scores

    _of_probability(question)
    look = question.look()
    if look.ends_in_maps:
        raise Problem("this network ends in maps, so no class has a probability to lose")
    height, width = look.image.shape[2:]
    for field, n in (("row", height), ("column", width)):
        if getattr(question, field) >= n:
            raise Problem(f"the picture has {n} {field}s, counted from 0", {"field": field})
    target = asked_class(look, look.image)
    image = covered(look.image, question.row, question.column, question.patch)
    with torch.no_grad():
        left = scores(look.model, image)[0]
    now = class_row(look, left, target["index"])
    whole, probability = target["probability"], now["probability"]
    assert whole is not None
    assert probability is not None
    return {
        "probability": probability,
        "score": now["score"],
        "drop": whole - probability,
        "target": target,
        "top": [class_row(look, left, int(i)) for i in left.argsort(descending=True)[:5]],
    }


# What a channel looks for


MAXIMA: Recent[Maxima] = Recent(4)


def maxima(question: WeightsQuestion, model: TorchNetwork) -> Maxima:
    """What all questions about the top patches of one network begin with: found once."""
    from app.core.attributions.top_patches import maxima

    asked = question.model_dump_json(include=set(WeightsQuestion.model_fields))
    key = sha256(asked.encode()).digest()  # weights are long
    return MAXIMA.get(key, lambda: maxima(model, question.kind))


class TopPatchesAnswer(TypedDict):
    layer: str
    channel: int
    patches: list[TopPatch]
    says: str
    paper: str


def top_patches(question: TopPatchesQuestion) -> TopPatchesAnswer:
    """The answer to POST /api/top-patches."""
    from app.core.attributions.top_patches import top_patches

    network = question.seeing()
    aim = network.channel(question.layer, question.channel)
    model = question.torch_network(network).requires_grad_(False)
    found = maxima(question, model).of(aim)
    kind = SHOWN[question.kind]
    pieces = f", in {len(found.cuts)} pieces" if question.kind == "photo" else ""
    pictures = len({cut.image for cut in found.cuts})
    return {
        "layer": question.layer,
        "channel": aim.channel,
        "patches": top_patches(model, found, aim, question.count),
        "says": f"This channel's strongest answers to the {pictures} {kind}s that ship{pieces}; "
        "beside each, what of it the unit answered to, by the deconvnet.",
        "paper": PAPER,
    }


class OptimisedFrame(TypedDict):
    """A moment of the climb."""

    step: int
    steps: int
    value: Annotated[
        Number, Field(description="What the channel gives above zero, the mean of its map.")
    ]
    picture: Annotated[str, Field(description="A PNG as a data address.")]


class OptimisedInputAnswer(TypedDict):
    """The frames of all slices of a run."""

    frames: list[OptimisedFrame]


# Of the frames of a climb at once, there and back: three seconds. As events they may take longer.
MOST_AT_ONCE = 2.5 * 10**10


def check_at_once(question: OptimisedInputQuestion) -> None:
    """Raises Problem where all frames take too long to wait for."""
    from app.core.attributions.optimised_inputs import picture_size

    network, _ = question.found()
    aim = network.channel(question.layer, question.channel)
    climbed = network.model_copy(
        update={
            "layers": network.layers[: aim.layer + 1],
            "input": picture_size(network, aim.layer),
        }
    )
    macs = sum(
        node.layer.macs(shape)
        for node, shape in zip(climbed.layers, analyse(climbed).check().shapes, strict=True)
        if shape
    )
    if question.steps * macs > MOST_AT_ONCE:
        fewer = int(MOST_AT_ONCE / macs)
        advice = f"ask for {fewer} steps, or " if fewer >= EACH else "ask "
        raise Problem(
            f"{question.steps} steps take {question.steps * macs / 1e9:,.0f} billion multiply-adds "
            f"one way, and {MOST_AT_ONCE / 1e9:,.0f} are the most for all frames at once: {advice}"
            "with `Accept: text/event-stream` for each frame as it comes",
            {"field": "steps"},
        )


def optimised_input(
    question: OptimisedInputQuestion, state: Ascent | None
) -> tuple[Ascent | None, list[OptimisedFrame]]:
    """One slice of a run: the state after it, None when it is over, and the frame of it."""
    import torch

    from app.core.attributions.optimised_inputs import climb, drawn, picture_size, response, start
    from app.core.attributions.top_patches import in_bytes
    from app.core.pictures.uploads import address

    network, _ = question.found()
    if len(network.input) != 3 or network.input[0] not in (1, 3):
        raise Problem("this network takes no picture, so none can be drawn for it")
    analyse(network).check()
    aim = network.channel(question.layer, question.channel)
    part = network.model_copy(update={"layers": network.layers[: aim.layer + 1]})
    check_cost(part, 2, "an earlier layer or a smaller network", "layer")
    model = question.torch_network(network).requires_grad_(False)
    if state is None:
        state = start(picture_size(network, aim.layer), question.seed)
        with torch.no_grad():
            picture = drawn(torch.from_numpy(state.spectrum), state.size)
    else:
        steps = min(EACH, question.steps - state.step)
        state, picture = climb(model, aim, state, steps)
    with torch.no_grad():
        value = float(response(model, picture, aim))
    frame: OptimisedFrame = {
        "step": state.step,
        "steps": question.steps,
        "value": value,
        "picture": address(in_bytes(picture[0].numpy())),
    }
    return (state if state.step < question.steps else None), [frame]
