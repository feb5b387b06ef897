"""What a map was made from: the maps of the layers before it, and how much each has brought.

A layer that weighs makes products of what comes in and its weights. A map's share is that of its
products among all by which the asked map came about, by their sizes; and its mean is what they add
to the mean of that map. Imports torch in its functions only: run them in a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.activations.groups import heads
from app.core.errors import Problem
from app.core.networks.network import INPUT
from app.core.numbers import Number

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.activations.capture import Capture

MOST = 6  # origins that are named


class Origin(TypedDict):
    """A map that another was made from."""

    layer: str
    channel: int
    share: Annotated[float, Field(description="Of all that the map was made from, 0 to 1.")]
    mean: Annotated[
        Number | None,
        Field(
            description="What it adds to the mean of the map; with the bias and what the other "
            "origins add, that mean. Null where the layer does not add."
        ),
    ]
    leaning: Annotated[
        float | None,
        Field(description="`mean` against the mean size of its products: -1 takes away, 1 adds."),
    ]


class Origins(TypedDict):
    """What a map was made from, the largest shares first."""

    layer: Annotated[str, Field(description="The layer that made it of others' maps.")]
    channel: int
    mean: Annotated[Number, Field(description="Of the map, as that layer gives it.")]
    bias: Number | None
    origins: list[Origin]
    omitted: Annotated[int, Field(description="How many more there are.")]
    omitted_share: float


def origins(captured: Capture, layer: str, channel: int, most: int = MOST) -> Origins:
    """What a channel of a layer (or a place of a vector) was made from.

    A layer that follows another one number by number stands for that one. Layers that only put maps
    in a row or lay them out anew are seen through. Raises Problem for a map that is not there.
    """
    found = -1 if layer == INPUT else captured.network.position(layer)
    i = _head(captured, found)
    made = captured.activation(i)
    if channel >= made.shape[0]:
        what = "channels" if made.ndim == 3 else "numbers"
        raise Problem(
            f"`{layer}` has {made.shape[0]} {what}, counted from 0", {"field": "map.channel"}
        )
    rows: list[tuple[str, int, float, float]] = []
    adds = False
    bias = None
    if i >= 0:
        step = captured.model.steps[i]
        node = captured.network.layers[i].layer
        adds = node.weighs or (
            node.operands > 1 and "*" not in node.text(2) and "+" in node.text(2)
        )
        if node.weighs and step.bias is not None:
            bias = float(step.bias[channel])
        for j, size, sign in _brought(captured, i, channel):
            for name, sizes, signs in _homes(captured, j, size, sign):
                # Of a map that has no part in it nothing is said.
                for c in sizes.nonzero().flatten().tolist():
                    rows.append((name, c, float(sizes[c]), float(signs[c])))
    rows.sort(key=lambda row: -row[2])
    count = made[channel].numel()
    whole = sum(row[2] for row in rows) or 1.0
    named = rows[:most]
    return {
        "layer": captured.name(i),
        "channel": channel,
        "mean": float(made[channel].mean()),
        "bias": bias,
        "origins": [
            {
                "layer": name,
                "channel": c,
                "share": size / whole,
                "mean": sign / count if adds else None,
                "leaning": sign / size if adds else None,
            }
            for name, c, size, sign in named
        ],
        "omitted": len(rows) - len(named),
        "omitted_share": sum(row[2] for row in rows[most:]) / whole,
    }


def _head(captured: Capture, i: int) -> int:
    """The position of the layer that begins the group of the one at `i`."""
    return i if i < 0 else captured.network.position(heads(captured.network)[i])


def _brought(captured: Capture, i: int, channel: int) -> Iterator[tuple[int, Tensor, Tensor]]:
    """For each input of a layer, what each of its numbers brings to the channel: in size, and with
    its sign, both summed over the channel's places and shaped like the input."""
    import torch
    from torch.func import functional_call

    layer, step = captured.network.layers[i].layer, captured.model.steps[i]
    sources = captured.sources(i)
    given = [captured.activation(j) for j in sources]
    if layer.weighs:
        (x,) = given
        weight = step.weight.detach()
        zero = {} if step.bias is None else {"bias": torch.zeros_like(step.bias)}

        def products(taken: Tensor, weights: Tensor) -> Tensor:
            leaf = taken[None].clone().requires_grad_()
            out = functional_call(step, {"weight": weights, **zero}, (leaf,))
            (local,) = torch.autograd.grad(out[0, channel].sum(), leaf)
            return local[0] * taken

        yield sources[0], products(x.abs(), weight.abs()), products(x, weight)
        return
    shapes = [tuple(x.shape) for x in given]
    for k, (j, x) in enumerate(zip(sources, given, strict=True)):
        taken = layer.taken(channel, shapes, k)
        kept = torch.zeros_like(x)
        # Of scores a softmax takes the exponentials.
        terms = x.softmax(dim=0) if layer.probabilities else x
        kept[taken.start : taken.stop] = terms[taken.start : taken.stop]
        yield j, kept.abs(), kept


def _homes(
    captured: Capture, i: int, size: Tensor, sign: Tensor
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """The layers whose own maps these numbers are, and the sums over each channel."""
    head = _head(captured, i)
    layer = captured.network.layers[head].layer if head >= 0 else None
    if layer and layer.channels == "stacked":
        at = 0
        for j in captured.sources(head):
            count = captured.activation(j).shape[0]
            part = slice(at, at + count)
            yield from _homes(captured, j, size[part], sign[part])
            at += count
    elif layer and layer.places == "moved" and layer.channels == "own":
        (j,) = captured.sources(head)
        shape = captured.activation(j).shape
        yield from _homes(captured, j, size.reshape(shape), sign.reshape(shape))
    else:
        by_channel = (size.shape[0], -1)
        yield captured.name(i), size.reshape(by_channel).sum(1), sign.reshape(by_channel).sum(1)
