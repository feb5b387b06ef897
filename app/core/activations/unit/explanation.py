"""One unit explained: the numbers that make its value, and those that make its gradient.

Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.core.activations.capture import Capture, Place
from app.core.activations.unit.answers import UnitAnswer
from app.core.activations.unit.expressions import expression
from app.core.activations.unit.gradients import backward
from app.core.activations.unit.values import step
from app.core.errors import Problem
from app.core.networks.cones import Region, cone
from app.core.networks.network import INPUT


def explained(
    captured: Capture, layer: str, channel: int, row: int = 0, column: int = 0
) -> UnitAnswer:
    """Everything about one unit, forward and backward. Raises Problem for one that is not there.

    `chain` leads from the layer with a window (or what else makes the number) through what is
    applied to it one by one, up to the asked layer and on through the activation that follows.
    """
    i = -1 if layer == INPUT else captured.network.position(layer)
    place = _place(captured, i, (channel, row, column))
    chain = [*_up(captured, i), *_on(captured, i)] if i >= 0 else []
    steps = [(captured.network.layers[j].layer, *step(captured, j, place)) for j in chain]
    return {
        "layer": layer,
        "channel": channel,
        "row": place[1],
        "column": place[2],
        "value": captured.value_at(i, place),
        "gradient": captured.gradient_at(i, place),
        "chain": [told for _, _, told in steps],
        "receptive_field": _seen(captured, i, place),
        "backward": backward(captured, i, place),
        "expression": expression(steps, _shared(captured, chain)) if steps else None,
    }


def _seen(captured: Capture, i: int, place: Place) -> Region | None:
    """The rows and columns of the picture that a unit depends on."""
    if i < 0:
        return {"rows": [place[1], place[1]], "columns": [place[2], place[2]]}
    maps = captured.activation(i).ndim == 3
    unit = place[1:] if maps else place[:1]
    return cone(captured.network, captured.name(i), unit, place[0])["input"]


def _place(captured: Capture, i: int, place: Place) -> Place:
    shape = captured.activation(i).shape
    if len(shape) == 1:
        place = (place[0], 0, 0)
    sizes = (*shape, 1, 1)[:3]
    for word, at, size in zip(("channel", "row", "column"), place, sizes, strict=True):
        if at >= size:
            name = captured.name(i)
            what = {"channel": "channels" if len(shape) == 3 else "numbers"}.get(word, f"{word}s")
            raise Problem(f"`{name}` has {size} {what}, counted from 0", {"field": f"unit.{word}"})
    return place


def _pointwise(captured: Capture, i: int) -> bool:
    """Whether each number comes from the one at the same place and no other."""
    return captured.network.layers[i].layer.pointwise


def _up(captured: Capture, i: int) -> list[int]:
    """The layers that made this one's numbers in place, from the first with a window of its own."""
    found = [i]
    while _pointwise(captured, found[0]) and captured.sources(found[0])[0] >= 0:
        found.insert(0, captured.sources(found[0])[0])
    return found


def _on(captured: Capture, i: int) -> Iterator[int]:
    """The layers that do the rest in place, as long as nothing else takes the numbers."""
    consumers = captured.consumers(i)
    while len(consumers) == 1 and _pointwise(captured, consumers[0]):
        if captured.network.layers[consumers[0]].layer.idle:
            return  # as good as not there when a network is asked
        yield consumers[0]
        consumers = captured.consumers(consumers[0])


def _shared(captured: Capture, chain: Sequence[int]) -> list[str]:
    """Layers of a chain whose numbers go elsewhere too, so that more comes back to them."""
    inner = chain[:-1]
    return [captured.name(i) for i in inner if len(captured.consumers(i)) > 1]
