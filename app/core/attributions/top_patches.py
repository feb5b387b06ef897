"""What a channel answers to most: the strongest patches of the pictures that ship, nine of them.

After Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", 2013, with the
deconvnet's picture beside each patch. The largest unit of every channel on every picture is found
once and remembered. Imports torch in its functions only: ask from anywhere, run in a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.networks.cones import cone
from app.core.networks.network import Channel, Network, analyse
from app.core.networks.receptive_fields import Pair
from app.core.numbers import Number, format_number
from app.core.pictures.images import IMAGES, PHOTOS, Bytes, picture
from app.core.pictures.preparation import SHOWN, Kind, prepared
from app.core.pictures.uploads import address

if TYPE_CHECKING:
    from app.core.networks.torch_network import TorchNetwork

PAPER = "Zeiler & Fergus, Visualizing and Understanding Convolutional Networks, 2013"
MOST_OF_ONE = 3  # patches of one photo, so that the nine differ
OVERLAP = 0.5  # of two patches of one photo, as a share of both together, at most
SIZES = (1.0, 0.6)  # of the squares that are cut from a photo, by its shorter side
AT_ONCE = 4
MOST_MACS = 25 * 10**9  # three seconds
MOST_MAXIMA = 4_000_000  # of one network: 32 MB
FEWEST = 9
STRONGEST = 0.98  # of the numbers that are not 0: larger ones are drawn no stronger

Box = tuple[float, float, float, float]  # top, left, bottom, right, in pixels of the image


@dataclass(frozen=True)
class Cut:
    """A square of an image that ships, or all of it: one picture that a network can be given."""

    image: str
    box: tuple[int, int, int, int]

    @property
    def pixels(self) -> Bytes:
        top, left, bottom, right = self.box
        return picture(self.image)[:, top:bottom, left:right]


@dataclass(frozen=True)
class ChannelMaxima:
    """A channel's largest unit on every picture: its value, and row * width + column in the map."""

    cuts: tuple[Cut, ...]
    kind: Kind
    values: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Maxima:
    """The same of every channel; lists run along the network's layers, pictures x channels.

    Found once, in a worker, and small enough to be remembered where the questions come in.
    """

    cuts: tuple[Cut, ...]
    kind: Kind
    values: list[npt.NDArray[np.float32]]
    places: list[npt.NDArray[np.int32]]

    def of(self, aim: Channel) -> ChannelMaxima:
        """One channel's."""
        values = self.values[aim.layer][:, aim.channel]
        places = self.places[aim.layer][:, aim.channel]
        return ChannelMaxima(self.cuts, self.kind, values.copy(), places.copy())


@cache
def cuts(kind: Kind) -> tuple[Cut, ...]:
    """The pictures for a network that looks at such: each photo whole and then in squares."""
    if kind != "photo":
        rows = [row for row in IMAGES.values() if row.kind == SHOWN[kind]]
        return tuple(Cut(row.name, (0, 0, *row.size[1:])) for row in rows)
    return tuple(cut for size in SIZES for name in PHOTOS for cut in squares(name, size))


def squares(name: str, share: float) -> Iterator[Cut]:
    """Squares of one size that lie evenly over a photo, side by side as far as they fit."""
    _, height, width = IMAGES[name].size
    side = round(share * min(height, width))
    for top in evenly(height, side):
        for left in evenly(width, side):
            yield Cut(name, (top, left, top + side, left + side))


def evenly(n: int, side: int) -> list[int]:
    """Where the squares begin along n pixels; they overlap a little rather than leave some out."""
    many = max(1, int(n / side + 0.5))
    if many == 1:
        return [(n - side) // 2]
    return [round(i * (n - side) / (many - 1)) for i in range(many)]


def maxima(model: TorchNetwork, kind: Kind) -> Maxima:
    """Every picture through the network once. Raises Problem for a network that takes too long."""
    import torch

    network = model.network
    shown = affordable(network, cuts(kind))
    values: list[list[Any]] = [[] for _ in network.layers]
    places: list[list[Any]] = [[] for _ in network.layers]
    for first in range(0, len(shown), AT_ONCE):
        some = [prepared(cut.pixels, kind, network.input) for cut in shown[first : first + AT_ONCE]]
        with torch.no_grad():
            found = model.activations(torch.from_numpy(np.stack(some)))
        for i, maps in enumerate(found):
            # numpy finds the places a few times faster than torch does
            flat = maps.reshape(*maps.shape[:2], -1).numpy()
            at = flat.argmax(axis=2)
            places[i].append(at.astype(np.int32))
            values[i].append(np.take_along_axis(flat, at[..., None], axis=2)[..., 0])
    return Maxima(shown, kind, list(map(np.concatenate, values)), list(map(np.concatenate, places)))


def affordable(network: Network, shown: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """As many of the pictures as there is time and room for."""
    shapes = [shape for shape in analyse(network).check().shapes if shape]
    macs = sum(node.layer.macs(shape) for node, shape in zip(network.layers, shapes, strict=True))
    channels = sum(shape[0] for shape in shapes)
    for each, most, what in (
        (macs, MOST_MACS, "billion multiply-adds"),
        (channels, MOST_MAXIMA, "billion channels"),
    ):
        many = most // max(1, each)
        if many < FEWEST:
            takes, limit = format_number(each / 1e9, 3), format_number(most / FEWEST / 1e9, 2)
            raise Problem(
                f"this network takes {takes} {what} a picture; to look for patches in "
                f"{FEWEST} pictures or more, {limit} are the most",
                {"field": "network"},
            )
        shown = shown[:many]
    return shown


@dataclass(frozen=True)
class Hit:
    """One of the strongest: a picture, the unit, its value, and what it sees of the picture."""

    cut: Cut
    value: float
    unit: tuple[int, ...]
    rows: tuple[int, int]
    columns: tuple[int, int]

    def box(self, height: int, width: int) -> Box:
        """Where the patch lies in the image itself, if the network sees height x width pixels."""
        top, left, bottom, right = self.cut.box
        down, across = (bottom - top) / height, (right - left) / width
        return (
            top + self.rows[0] * down,
            left + self.columns[0] * across,
            top + (self.rows[1] + 1) * down,
            left + (self.columns[1] + 1) * across,
        )


def strongest(network: Network, found: ChannelMaxima, aim: Channel, count: int) -> list[Hit]:
    """The patches with the largest values, none twice and few of one photo; none at all where a
    channel is silent."""
    shape = analyse(network).shapes[aim.layer]
    layer = network.layers[aim.layer].name
    assert shape
    size = network.input[-2:]
    hits: list[Hit] = []
    for i in np.argsort(-found.values, kind="stable"):
        if found.values[i] == 0:  # from here on its ReLU lets nothing through
            break
        unit = divmod(int(found.places[i]), shape[2]) if shape[1:] else ()
        seen = cone(network, layer, unit or (aim.channel,), aim.channel)["input"]
        if seen is None:
            continue
        (top, bottom), (left, right) = seen["rows"], seen["columns"]
        hit = Hit(found.cuts[i], float(found.values[i]), unit, (top, bottom), (left, right))
        box = hit.box(*size)
        same = [other.box(*size) for other in hits if other.cut.image == hit.cut.image]
        if len(same) < MOST_OF_ONE and all(shared(box, other) <= OVERLAP for other in same):
            hits.append(hit)
        if len(hits) == count:
            break
    return hits


def shared(one: Box, other: Box) -> float:
    """What two boxes share of the area that they cover together."""
    high = min(one[2], other[2]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[1], other[1])
    both = max(high, 0) * max(wide, 0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


class TopPatch(TypedDict):
    image: str
    label: str | None
    value: Number
    unit: Annotated[list[int], Field(description="Row and column in the map; empty for a vector.")]
    rows: Annotated[
        Pair, Field(description="First and last, of the picture as the network sees it.")
    ]
    columns: Pair
    patch: Annotated[str, Field(description="What the unit sees, as a data address.")]
    deconvnet: Annotated[str, Field(description="Its activation projected down to it; gray for 0.")]


def top_patches(
    model: TorchNetwork, found: ChannelMaxima, aim: Channel, count: int
) -> list[TopPatch]:
    """The patches, the strongest first."""
    import torch

    from app.core.attributions.backward_rules import deconvnet

    network = model.network
    hits = strongest(network, found, aim, count)
    images = [prepared(hit.cut.pixels, found.kind, network.input) for hit in hits]
    rows: list[TopPatch] = []
    for hit, image in zip(hits, images, strict=True):
        tensor = torch.from_numpy(image)[None]
        signal = deconvnet(model, tensor, aim.layer, aim.channel, [hit.unit])[0].numpy()
        part = (
            slice(None),
            slice(hit.rows[0], hit.rows[1] + 1),
            slice(hit.columns[0], hit.columns[1] + 1),
        )
        rows.append(
            {
                "image": hit.cut.image,
                "label": IMAGES[hit.cut.image].says,
                "value": hit.value,
                "unit": list(hit.unit),
                "rows": list(hit.rows),
                "columns": list(hit.columns),
                "patch": address(in_bytes(image[part])),
                "deconvnet": address(about_gray(signal[part])),
            }
        )
    return rows


def in_bytes(pixels: npt.NDArray[np.float32]) -> Bytes:
    """A picture from 0 to 1 in steps of 255."""
    steps: Bytes = np.rint(pixels.clip(0, 1) * 255).astype(np.uint8)
    return steps


def about_gray(signal: npt.NDArray[np.float32]) -> Bytes:
    """A signal as a picture: gray is zero, and the strongest few numbers are black or white."""
    size = np.abs(signal)
    reach = float(np.quantile(size[size > 0], STRONGEST)) if size.any() else 1.0
    return in_bytes(0.5 + 0.5 * signal / reach)
