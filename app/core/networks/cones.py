"""Exactly what one unit sees of every layer below it and of the input."""

from collections.abc import Iterator
from math import prod
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.networks.network import Analysis, Network, analyse
from app.core.networks.receptive_fields import Pair, ReceptiveField
from app.core.numbers import sizes

# Rows and columns of units as bits, bit i for position i: every row with every column. What several
# paths see of a layer is a list of these; past MOST_PATCHES they are joined, and may be too large.
Patch = tuple[int, int]
MOST_PATCHES = 32
Features = set[int] | range  # of a vector: some, at most so many, or all of them


class Region(TypedDict):
    """First and last row and column."""

    rows: Pair
    columns: Pair


class NamedRegion(Region):
    name: str


class Cone(TypedDict):
    """What one unit sees of every layer below it, and of the input."""

    unit: list[int]
    regions: list[NamedRegion]
    input: Annotated[
        Region | None,
        Field(
            description="First and last row and column that the gradient can reach; between them "
            "there may be gaps, see `pixels`."
        ),
    ]
    pixels: Annotated[
        int | None,
        Field(
            description="How many pixels it reaches; fewer than the region's where there are "
            "gaps. Null where they are too many pieces to be counted."
        ),
    ]
    field: Annotated[
        Region | None, Field(description="By the formula; may lie partly beyond the image.")
    ]


def cone(network: Network, name: str, unit: tuple[int, ...], channel: int | None = None) -> Cone:
    """Exactly what one unit sees of every layer below it and of the input.

    `unit` is (row, column) of a map, or (feature,) of a vector; of a map `channel` says in which
    channel, without which it is the hull over all of them. Answers {unit,
    regions: [{name, rows: [first, last], columns: ...}], input: {rows, columns}, field: ...}:
    `input` is what the gradient can reach, `field` what the formula says, which may lie partly
    beyond the image. Raises Problem for a name or unit that is not there, or not known.
    """
    result, top = analyse(network), network.position(name)
    place = _place(result, top, unit)
    seen: dict[int, list[Patch]] = {top: [(1 << place[0], 1 << place[1])]}
    vectors: dict[int, Features] = {top: {unit[0]}} if len(unit) == 1 else {}
    maps: dict[int, Features] = {}  # channels of what is seen, where they are not all
    if channel is not None and not vectors:
        maps[top] = {channel}
    for i in range(top, -1, -1):
        sees = result.sights[i]
        if i in vectors and sees:
            seen[i] = _places(vectors[i], sees.extent)
            maps[i] = vectors[i]  # a layer's row knows of which channels they are
            for source, features, count in _features_below(result, i, vectors[i]):
                vectors[source] = _together(vectors.get(source, set()), features, count)
        for patch in seen.get(i, ()):
            for source, features, count in _vectors_below(result, i, patch):
                vectors[source] = _together(vectors.get(source, set()), features, count)
            for source, below in _below(result, i, patch, maps.get(i)):
                seen[source] = _joined(seen.get(source, []), below)
        for source, features, count in _channels_below(result, i, maps.get(i)) if i in seen else ():
            maps[source] = _together(maps.get(source, set()), features, count)
    regions = {i: _region(patches) for i, patches in sorted(seen.items())}
    sees = result.sights[top]
    fields = sees.fields if sees else None

    def reach(one: ReceptiveField, at: int) -> Pair:
        return [at * one.jump + one.low, at * one.jump + one.high]

    return {
        "unit": list(place),
        "regions": [
            {"name": network.layers[i].name, **region} for i, region in regions.items() if i >= 0
        ],
        "input": regions.get(-1),
        "pixels": None
        if any(len(patches) >= MOST_PATCHES for patches in seen.values())
        else _count(seen.get(-1, [])),
        "field": fields
        and {"rows": reach(fields[0], place[0]), "columns": reach(fields[1], place[1])},
    }


def _place(result: Analysis, i: int, unit: tuple[int, ...]) -> tuple[int, int]:
    """Row and column of a unit."""
    shape, seen, name = result.shapes[i], result.sights[i], result.network.layers[i].name
    if not shape or not seen:
        if not result.network.input[1:]:
            raise Problem("a vector that comes in has no rows and columns to see", {"layer": name})
        raise Problem(f"what `{name}` sees is known when all below it fits", {"layer": name})
    axes = shape[1:] or shape
    if len(unit) != len(axes) or any(not 0 <= at < n for at, n in zip(unit, axes, strict=True)):
        said = f"{sizes(axes)} units a channel" if shape[1:] else f"{shape[0]:,} numbers"
        raise Problem(f"`{name}` has {said}, counted from 0", {"field": "unit"})
    if shape[1:]:
        return unit[0], unit[1]
    return divmod(unit[0] % prod(seen.extent), seen.extent[1])


def _features_below(
    result: Analysis, i: int, features: Features
) -> Iterator[tuple[int, Features, int]]:
    """(source, its features, of how many) that some features of layer i see of other vectors."""
    layer, sources = result.network.layers[i].layer, result.sources[i]
    shapes = [result.shape(source) or () for source in sources]
    for k, (source, shape) in enumerate(zip(sources, shapes, strict=True)):
        if len(shape) != 1:
            continue
        below: Features = range(shape[0])
        if not isinstance(features, range):
            taken = [layer.taken(at, shapes, k) for at in features]
            if all(len(some) < shape[0] for some in taken):
                below = {at for some in taken for at in some}
        if below:  # else it sees another part only
            yield source, below, shape[0]


def _vectors_below(result: Analysis, i: int, patch: Patch) -> Iterator[tuple[int, Features, int]]:
    """(source, its features, of how many) that some units of maps see of a vector laid out."""
    shape = result.shapes[i]
    for source in result.sources[i] if shape and shape[1:] else ():
        below = result.shape(source)
        if shape and below and len(below) == 1:
            rows, columns = ([k for k in range(n) if bits >> k & 1] for bits, n in
                             zip(patch, shape[1:], strict=True))  # fmt: skip
            yield source, {
                (channel * shape[1] + row) * shape[2] + column
                for channel in range(shape[0])
                for row in rows
                for column in columns
            }, below[0]  # fmt: skip


def _together(one: Features, other: Features, count: int) -> Features:
    """Both, of a vector of so many features."""
    if isinstance(one, range) or isinstance(other, range) or len(one | other) > MOST_PATCHES:
        return range(count)
    return one | other


def _places(features: Features, extent: tuple[int, int]) -> list[Patch]:
    """Where on maps of this extent features of a vector stand."""
    high, wide = extent
    if isinstance(features, range):
        return [((1 << high) - 1, (1 << wide) - 1)]
    return [(1 << at // wide % high, 1 << at % wide) for at in features]


def _channels_below(
    result: Analysis, i: int, channels: Features | None
) -> Iterator[tuple[int, Features, int]]:
    """(source, its channels, of how many) that some channels of layer i see of other maps."""
    for k, source in enumerate(result.sources[i]):
        shape = result.shape(source)
        if shape and shape[1:]:
            taken = _taken(result, i, channels, k)
            yield source, range(shape[0]) if taken is None else taken, shape[0]


def _taken(result: Analysis, i: int, channels: Features | None, k: int) -> set[int] | None:
    """The channels that some channels of layer i are made of, of its input k; None for all."""
    if channels is None or isinstance(channels, range):
        return None
    layer = result.network.layers[i].layer
    shapes = [result.shape(source) or () for source in result.sources[i]]
    return {at for channel in channels for at in layer.taken(channel, shapes, k)}


def _below(
    result: Analysis, i: int, patch: Patch, channels: Features | None = None
) -> Iterator[tuple[int, Patch]]:
    """(source, its units) that some units of layer i see of maps."""
    layer = result.network.layers[i].layer
    for k, source in enumerate(result.sources[i]):
        shape = result.shape(source)
        if shape and shape[1:] and _taken(result, i, channels, k) != set():
            high, wide = (
                window.seen(units, n)
                for window, units, n in zip(layer.windows(shape), patch, shape[1:], strict=True)
            )
            if high and wide:  # else it sees nothing but padding
                yield source, (high, wide)


def _joined(patches: list[Patch], new: Patch) -> list[Patch]:
    """Patches and one more, without those that lie within another."""
    rows, columns = new
    if any(rows & ~high == 0 and columns & ~wide == 0 for high, wide in patches):
        return patches
    kept = [(high, wide) for high, wide in patches if high & ~rows or wide & ~columns]
    if len(kept) < MOST_PATCHES:
        return [*kept, new]
    first = kept[0]
    return [(first[0] | rows, first[1] | columns), *kept[1:]]


def _count(patches: list[Patch]) -> int:
    """How many units lie in at least one of some patches."""
    rows: dict[int, int] = {}
    for high, wide in patches:
        for row in range(high.bit_length()):
            if high >> row & 1:
                rows[row] = rows.get(row, 0) | wide
    return sum(wide.bit_count() for wide in rows.values())


def _region(patches: list[Patch]) -> Region:
    """First and last row and column of some patches."""
    rows = columns = 0
    for high, wide in patches:
        rows, columns = rows | high, columns | wide
    first_and_last = [
        [(bits & -bits).bit_length() - 1, bits.bit_length() - 1] for bits in (rows, columns)
    ]
    return {"rows": first_and_last[0], "columns": first_and_last[1]}
