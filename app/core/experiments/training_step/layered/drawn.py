"""What of such a net is drawn: a few of its layers, of each the units that take part most, and the
weights between them."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.layered.names import own_name
from app.core.experiments.training_step.layered.places import Place, is_norm, source
from app.core.experiments.training_step.layered.replay import Found, numpy
from app.core.experiments.training_step.layered.way import Way
from app.core.training.points import Array

MOST_LAYERS, MOST_MAPS, MOST_UNITS = 5, 4, 8
DIGITS = 4  # significant ones of what is only drawn


class StepUnit(TypedDict):
    """A unit of a layer, or a channel: `value` a number, or of maps rows of them."""

    unit: Annotated[int, Field(description="Counted from 1.")]
    value: Any
    gradient: Annotated[Any, Field(description="Of the chosen picture's own loss by its sum.")]
    followed: bool
    kept: Annotated[bool, Field(description="False where dropout leaves it out of this step.")]


class StepLayer(TypedDict):
    """A layer that is drawn."""

    layer: Annotated[int, Field(description="Among those with weights, from 1.")]
    name: str
    type: str
    shape: list[int]
    weight: Annotated[list[int], Field(description="The sizes of its weights: see `choices`.")]
    next: Annotated[bool, Field(description="Whether it follows the layer drawn before it.")]
    units: Annotated[list[StepUnit], Field(description="Those in which most comes back.")]
    at: Annotated[list[int], Field(description="The place that the formulas follow, from 0.")]


class StepEdge(TypedDict):
    """What leads from a unit that is drawn to another: one weight, or of several the norms."""

    layer: Annotated[int, Field(description="Which of the drawn ones it leads to, from 1.")]
    unit: Annotated[int, Field(description="Which of those drawn there, from 0.")]
    source: Annotated[int, Field(description="Of those drawn before it, from 0; 0: the picture.")]
    weight: Annotated[str, Field(description="The weight in it with the largest gradient.")]
    before: float
    own: float
    mean: float
    moved: float


def shown(found: Found, way: Way) -> tuple[int, ...]:
    """The layers with weights that are drawn, by their number from 0: the weight's own, those
    beside it, the first and the last of the way."""
    line = [k for k, at in enumerate(found.stages) if at in way.chain]
    if len(line) <= MOST_LAYERS:
        return tuple(line)
    here = line.index(found.weight.layer)
    some = {0, len(line) - 1, here}
    for near in (here + 1, here - 1, here + 2, here - 2, here + 3, here - 3, here + 4, here - 4):
        if 0 <= near < len(line) and len(some) < MOST_LAYERS:
            some.add(near)
    return tuple(line[k] for k in sorted(some))


def drawn(found: Found, way: Way, which: tuple[int, ...]) -> list[StepLayer]:
    made = list[StepLayer]()
    for i, layer in enumerate(which):
        at = found.stages[layer]
        (out, kept), back = seen(found, at), found.back(at)
        made.append(
            {
                "layer": layer + 1,
                "name": own_name(found, at),
                "type": found.row(at).type,
                "shape": list(back.shape),
                "weight": list(found.row(at).weights["weight"]),
                "next": i == 0 if layer == which[0] else which[i - 1] == layer - 1,
                "units": [
                    {
                        "unit": unit + 1,
                        "value": rounded(out[unit]),
                        "gradient": rounded(back[unit]),
                        "followed": unit == way.at[at][0],
                        "kept": bool(kept[unit].any()),
                    }
                    for unit in strongest(back, way.at[at][0])
                ],
                "at": list(way.at[at]),
            }
        )
    return made


def seen(found: Found, at: int) -> tuple[Array, Array]:
    """What the activations and dropout right after a layer with weights make of what it gives, and
    what these are multiplied with there."""
    kept = np.ones_like(found.out(at))
    while True:
        over = [j for j, some in enumerate(found.sources) if at in some]
        if len(over) != 1 or not found.row(over[0]).plain:
            return found.out(at), kept
        at = over[0]
        mask = found.masks.get(found.network.layers[at].name)
        if mask is not None:
            kept = kept * numpy(mask.expand_as(found.outs[at])[found.sample])


def strongest(back: Array, followed: int) -> list[int]:
    """The units by which most comes back, the followed one among them."""
    most = MOST_MAPS if back.ndim > 1 else MOST_UNITS
    if len(back) <= most or (back.ndim == 1 and len(back) <= 10):
        return list(range(len(back)))
    sizes = np.abs(back).reshape(len(back), -1).sum(1)
    sizes[followed] = np.inf
    return sorted(int(i) for i in np.argsort(-sizes, kind="stable")[:most])


def rounded(some: Array) -> Any:
    """To a few significant digits of the largest."""
    largest = float(np.abs(some).max(initial=0))
    if not largest or some.ndim == 0:
        return some.tolist()
    return some.round(DIGITS - 1 - int(np.floor(np.log10(largest)))).tolist()


def edges(found: Found, layers: list[StepLayer]) -> list[StepEdge]:
    made = list[StepEdge]()
    for i, to in enumerate(layers):
        if not to["next"] or (i == 0 and to["layer"] != 1):
            continue
        below = layers[i - 1] if i else None
        for j, unit in enumerate(to["units"]):
            sources = [each["unit"] - 1 for each in below["units"]] if below else [None]
            for k, one in enumerate(sources):
                block = inside(found, to["layer"] - 1, unit["unit"] - 1, one, below)
                if block is not None:
                    made.append(edge(found, (i + 1, j, k), to["layer"] - 1, block))
    return made


def inside(
    found: Found, layer: int, unit: int, one: int | None, below: StepLayer | None
) -> Any | None:
    """Which of a layer's weights lead from a unit below (None: the whole picture) to one of its
    units, as an index into them; None: none do."""
    row = found.row(found.stages[layer])
    if is_norm(row):
        many = row.weights["weight"][0] // (below["shape"][0] if below else 1)
        return (slice(unit, unit + 1),) if one is None or unit // many == one else None
    if one is None or below is None:
        return (unit,)
    if row.type == "Linear":
        many = row.weights["weight"][1] // below["shape"][0]
        return (unit, slice(one * many, (one + 1) * many))
    taken = [source(row, unit, c) for c in range(row.weights["weight"][1])]
    return (unit, taken.index(one)) if one in taken else None


def edge(found: Found, where: tuple[int, int, int], layer: int, block: Any) -> StepEdge:
    name = f"{found.network.layers[found.stages[layer]].name}.weight"
    before, after = found.stand.parts[name].astype(float), found.after.parts[name].astype(float)
    own = np.zeros_like(before)
    own[block] = np.abs(found.own[name][block]) + 1e-300  # so that one of the block is the largest
    index = np.unravel_index(int(own.argmax()), own.shape)
    to, unit, source = where
    return {
        "layer": to,
        "unit": unit,
        "source": source,
        "weight": Place(layer, False, tuple(int(i) for i in index)).name,
        "before": norm(before[block]),
        "own": norm(found.own[name][block]),
        "mean": norm(found.mean[name][block]),
        "moved": norm(after[block] - before[block]),
    }


def norm(some: Array) -> float:
    return float(np.linalg.norm(some))
