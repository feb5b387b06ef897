"""What a head may stand on: a network's last maps, trained or not, or the pixels themselves.

Imports torch in its functions only: ask from anywhere, run in a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.teaching.pictures import SIDE

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.networks.torch_network import TorchNetwork
    from app.core.pictures.preparation import Input
    from app.core.teaching.heads import Floats

MODEL, LAYER = "squeezenet1_1", "features.12.concat"
TOGETHER = 8  # pictures that go through the network at once
SMALL = 32  # pixels of a picture's side where the pixels are the features


@dataclass(frozen=True)
class Features:
    """Pictures x features; where they are means over places, `maps` are pictures x features x rows
    x columns."""

    means: Floats
    maps: Floats | None = None


@dataclass(frozen=True)
class Named:
    """What the head stands on."""

    name: str
    title: str
    says: str


@dataclass(frozen=True)
class Kind(Named):
    """A row: how its features are found too."""

    compute: Callable[[Sequence[Input], int], Features]


def trained(inputs: Sequence[Input], seed: int) -> Features:
    """Of the network that has learned ImageNet."""
    from app.core.activations.looks import trained

    return looked(trained(MODEL), inputs)


def untrained(inputs: Sequence[Input], seed: int) -> Features:
    """Of the same layers with He's random weights."""
    from app.core.networks import models
    from app.core.networks.torch_network import seeded

    return looked(seeded(models.model(MODEL).network, seed), inputs)


def looked(model: TorchNetwork, inputs: Sequence[Input]) -> Features:
    """The maps of LAYER and their means over all places, in double precision from there on."""
    maps = maps_at(model, inputs, model.network.position(LAYER)).numpy().astype(np.float64)
    return Features(maps.mean(axis=(2, 3)), maps)


def maps_at(model: TorchNetwork, inputs: Sequence[Input], layer: int) -> Tensor:
    """What a layer gives for each picture, some at once; channels last, which takes PyTorch's
    convolutions half the time."""
    import torch

    found = []
    with torch.no_grad():
        for i in range(0, len(inputs), TOGETHER):
            batch = torch.from_numpy(np.stack(inputs[i : i + TOGETHER]))
            batch = batch.contiguous(memory_format=torch.channels_last)
            found.append(model.reached(batch, layer))
        return torch.cat(found)


def pixels(inputs: Sequence[Input], seed: int) -> Features:
    """The picture itself, SMALL pixels a side: the mean of each block."""
    block = SIDE // SMALL
    shape = (len(inputs), 3, SMALL, block, SMALL, block)
    small: Any = np.stack(inputs).astype(np.float64).reshape(shape).mean(axis=(3, 5))
    return Features(small.reshape(len(inputs), -1))


KINDS: dict[str, Kind] = {
    row.name: row
    for row in (
        Kind(
            "trained",
            "SqueezeNet, trained",
            "The 512 last maps of a network that learned to tell ImageNet's thousand classes "
            "apart, each averaged over its places. Nothing of it is trained again.",
            trained,
        ),
        Kind(
            "untrained",
            "SqueezeNet, untrained",
            "The same layers with random weights: filters that nothing has shaped still keep "
            "colours and textures apart.",
            untrained,
        ),
        Kind(
            "pixels",
            "Pixels",
            f"No network: the colours of {SMALL} × {SMALL} pixels.",
            pixels,
        ),
    )
}
