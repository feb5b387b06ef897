"""A network is a graph of layers; what it costs and what its units see comes by arithmetic alone.

No weight is ever allocated here, and torch is not imported: a ResNet-152 takes milliseconds.
Multiply-adds (`macs`) are those of convolutions and linear layers without their biases, for one
input, as in torchvision's tables. `activation_bytes` is a layer's output in float32, for one input.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.core.errors import Problem, nearest
from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.table import AnyLayer, Layer, Shape
from app.core.numbers import sizes
from app.core.questions import MOST_FIELDS, few_fields, refused, up_to
from app.core.receptive_fields import Sight, first_sight, sight

MAX_LAYERS = 2_000
MAX_NAME = 64
INPUT = "input"  # the name by which layers take what comes in
FLOAT_BYTES = 4
# Past these a layer is a slip of the finger; below them every sum is exact in JSON.
MOST_ENTRIES = 2**30
MOST_MACS = 10**12
MOST_HINTS = 5  # looking for the nearest of 2,000 names takes milliseconds

# Rows and columns of units as bits, bit i for position i: every row with every column. What several
# paths see of a layer is a list of these; past MOST_PATCHES they are joined, and may be too large.
Patch = tuple[int, int]
MOST_PATCHES = 32
Features = set[int] | range  # of a vector: some, at most so many, or all of them

Side = Annotated[int, Field(strict=True, ge=1, le=4096)]
Input = tuple[bounds.Channels, Side, Side] | tuple[bounds.Features]
Name = Annotated[str, Field(pattern=r"^\w+(\.\w+)*$", max_length=MAX_NAME)]


class LayerNode(BaseModel):
    """A layer and where it stands; dots in names group layers, as in torch (`layer1.0.conv1`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="Its position, if left out.")
    layer: AnyLayer
    inputs: Annotated[tuple[Name, ...], up_to(64)] = Field(
        default=(), description='Layers, or "input"; if empty, the layer before.'
    )


class Network(BaseModel):
    """Layers in order, each after those it takes; the last one's output is the network's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Input = Field(description="(channels, height, width), or (features,) for a vector.")
    layers: Annotated[tuple[LayerNode, ...], up_to(MAX_LAYERS, 1)]

    _few_fields = model_validator(mode="before")(few_fields)

    @field_validator("layers", mode="before")
    @classmethod
    def name_by_position(cls, layers: Any) -> Any:
        """Nodes without a name are called by their position, as in nn.Sequential.

        Too many of them are refused here, and what no layer can be: to ask each of thousands of
        layers whether it has few fields would take a good part of reading them.
        """
        if not isinstance(layers, list | tuple):
            return layers
        if len(layers) > MAX_LAYERS:
            raise refused(f"has {len(layers):,} layers; {MAX_LAYERS:,} are the most")
        named = []
        for i, node in enumerate(layers):
            if isinstance(node, dict):
                layer = node.get("layer")
                if len(node) > MOST_FIELDS or (type(layer) is dict and len(layer) > MOST_FIELDS):
                    raise refused(f"has at position {i} more fields than any layer")
                node = {"name": str(i)} | node
            named.append(node)
        return named

    def position(self, name: str) -> int:
        """Where a layer stands; a Problem if there is none of that name."""
        names = [node.name for node in self.layers]
        if name not in names:
            near = nearest(name, names)
            hint = f"; did you mean `{near}`?" if near else ""
            raise Problem(f"there is no layer `{name}`{hint}", {"field": "layer"}, near)
        return names.index(name)

    def channel(self, layer: str, channel: int) -> "Channel":
        """A channel that is there, of a layer that fits; a Problem if there is none."""
        at = self.position(layer)
        shape = analyse(self).check().shapes[at]
        assert shape
        if not 0 <= channel < shape[0]:
            what = "channels" if shape[1:] else "numbers"
            raise Problem(
                f"`{layer}` has {shape[0]:,} {what}, counted from 0", {"field": "channel"}
            )
        return Channel(at, channel)


@dataclass(frozen=True)
class Channel:
    """One map of a layer, or one number of a vector, by positions."""

    layer: int
    channel: int


def sequential(layers: Iterable[Layer], input: Shape) -> Network:
    """The network of a plain stack of layers."""
    nodes = [{"layer": layer} for layer in layers]
    return Network.model_validate({"input": input, "layers": nodes})


@dataclass(slots=True)
class Analysis:
    """What is known of each layer; lists run along `network.layers`, None where nothing is.

    `problems` has what does not fit, by position. `sources` are positions, -1 for the input.
    """

    network: Network
    sources: list[tuple[int, ...]] = field(default_factory=list)
    shapes: list[Shape | None] = field(default_factory=list)
    macs: list[int | None] = field(default_factory=list)
    sights: list[Sight | None] = field(default_factory=list)
    problems: dict[int, Problem] = field(default_factory=dict)

    def shape(self, i: int) -> Shape | None:
        """The size of a layer's output, or with -1 of the input."""
        return self.network.input if i < 0 else self.shapes[i]

    def sight(self, i: int) -> Sight | None:
        """What a unit of a layer sees, or with -1 of the input."""
        return first_sight(self.network.input) if i < 0 else self.sights[i]

    def check(self) -> "Analysis":
        """Itself; raises the first Problem."""
        for problem in self.problems.values():
            raise problem
        return self

    @property
    def depth(self) -> int:
        """Layers with weights on the longest way through, as in "a 50-layer ResNet"."""
        depths = [0] * (len(self.sources) + 1)  # the last is the input's, at -1
        for i, (node, sources) in enumerate(zip(self.network.layers, self.sources, strict=True)):
            below = depths[sources[0]] if sources else 0
            for source in sources[1:]:
                below = max(below, depths[source])
            depths[i] = below + node.layer.weighs
        return depths[-2]


def analyse(network: Network) -> Analysis:
    """Sizes and receptive fields of all layers; what does not fit is noted and the rest goes on."""
    result, positions = Analysis(network), {INPUT: -1}
    unknown = (None,) * len(network.layers)
    shapes: list[Any] = [*unknown, network.input]  # the last is the input's, at -1
    sights: list[Sight | None] = [*unknown, first_sight(network.input)]
    # What comes of a layer on such sizes; in deep networks most layers equal one before.
    known: dict[tuple[Any, ...], tuple[Shape, int]] = {}
    for i, node in enumerate(network.layers):
        name, layer = node.name, node.layer
        sources: tuple[int, ...] = ()
        problem = output = macs = None
        try:
            if name in positions:
                taken = "is what comes in" if name == INPUT else "is the name of two layers"
                raise Misfit(f"`{name}` {taken}; call this one something else", "name")
            positions[name] = i
            if node.inputs or layer.operands > 1:
                sources = _sources(node, i, positions, len(result.problems) < MOST_HINTS)
            else:  # as in most layers
                sources = (i - 1,)
            given = [shapes[source] for source in sources]
            if None not in given:
                case = (id(layer), *given)
                output, macs = known.get(case) or known.setdefault(case, _output(layer, given))
        except Misfit as misfit:
            misfit.where["layer"] = name
            output, problem = misfit.output, misfit
            macs = layer.macs(output) if output else None
            result.problems[i] = misfit
        if output and (problem is None or "field" in problem.where):
            sights[i] = sight(layer, given[0], output, [sights[source] for source in sources])
        shapes[i] = output
        result.macs.append(macs)
        result.sources.append(sources)
    result.shapes, result.sights = shapes[:-1], sights[:-1]
    return result


def _sources(node: LayerNode, i: int, positions: Mapping[str, int], hints: bool) -> tuple[int, ...]:
    inputs, operands = node.inputs, node.layer.operands
    for name in inputs:
        if positions.get(name, i) == i:
            near = nearest(name, [known for known in positions if known != node.name] * hints)
            hint = f"; did you mean `{near}`?" if near else ""
            message = f"`{node.name}` takes `{name}`, which is not there before it{hint}"
            raise Misfit(message, "inputs", near or "")
    given = len(inputs) or 1
    if given < operands:
        raise Misfit(
            f"{node.layer.type} joins two layers or more; name them in its inputs", "inputs"
        )
    if given > operands == 1:
        raise Misfit(f"{node.layer.type} takes one input; Add or Concat join several", "inputs")
    return tuple([positions[name] for name in inputs]) if inputs else (i - 1,)


def _output(layer: Layer, shapes: Sequence[Shape]) -> tuple[Shape, int]:
    """The size of what comes out, and the multiply-adds that it takes. Raises Misfit."""
    output = layer.output(*shapes)
    macs = layer.macs(output)
    if prod(output) > MOST_ENTRIES or macs > MOST_MACS:
        raise Misfit(
            f"this layer alone would give {prod(output):,} numbers by {macs:,} multiply-adds, "
            "which is more than any network that was ever built"
        )
    return output, macs


# What a network comes to, as JSON


def network_answer(network: Network) -> dict[str, Any]:
    """The answer to POST /api/network: {rows, parameters, macs, activation_bytes, depth, ...}.

    A row that does not fit has its `problem`, which is `problem` of the whole too if it is the
    first; rows whose size cannot be known then have None for it, and totals leave them out.
    """
    result = analyse(network)
    rows = _rows(result)
    for i, problem in result.problems.items():
        rows[i]["problem"] = problem.told
    first = next(iter(result.problems), None)
    parameters = sum([row["parameters"] for row in rows])
    return {
        "input": network.input,
        "output": result.shapes[-1],
        "rows": rows,
        "depth": result.depth,
        "parameters": parameters,
        "parameter_bytes": FLOAT_BYTES * parameters,
        "macs": sum(filter(None, result.macs)),
        "activation_bytes": sum([row["activation_bytes"] or 0 for row in rows]),
        "problem": None if first is None else rows[first]["problem"],
    }


def _rows(result: Analysis) -> list[dict[str, Any]]:
    nodes = result.network.layers
    names = [*(node.name for node in nodes), INPUT]  # the input's position is -1
    lists = (nodes, result.sources, result.shapes, result.macs, result.sights)
    return [
        {
            "name": node.name,
            "type": (layer := node.layer).type,
            "kind": layer.kind,
            "weights": layer.weights,
            "parameters": layer.parameters,
            "inputs": [names[source] for source in sources] or node.inputs,
            "output": output,
            "macs": macs,
            "activation_bytes": FLOAT_BYTES * prod(output) if output else None,
            "receptive_field": seen.told if seen else None,
            "problem": None,
        }
        for node, sources, output, macs, seen in zip(*lists, strict=True)
    ]


def cone(network: Network, name: str, unit: tuple[int, ...]) -> dict[str, Any]:
    """Exactly what one unit sees of every layer below it and of the input.

    `unit` is (row, column) of a map, in any channel, or (feature,) of a vector. Answers {unit,
    regions: [{name, rows: [first, last], columns: ...}], input: {rows, columns}, field: ...}:
    `input` is what the gradient can reach, `field` what the formula says, which may lie partly
    beyond the image. Raises Problem for a name or unit that is not there, or not known.
    """
    result, top = analyse(network), network.position(name)
    place = _place(result, top, unit)
    seen: dict[int, list[Patch]] = {top: [(1 << place[0], 1 << place[1])]}
    vectors: dict[int, Features] = {top: {unit[0]}} if len(unit) == 1 else {}
    for i in range(top, -1, -1):
        sees = result.sights[i]
        if i in vectors and sees:
            seen[i] = _places(vectors[i], sees.extent)
            for source, features, count in _features_below(result, i, vectors[i]):
                vectors[source] = _together(vectors.get(source, set()), features, count)
        for patch in seen.get(i, ()):
            for source, below in _below(result, i, patch):
                seen[source] = _joined(seen.get(source, []), below)
    regions = {i: _region(patches) for i, patches in sorted(seen.items())}
    sees = result.sights[top]
    fields = sees.fields if sees else None
    return {
        "unit": list(place),
        "regions": [
            {"name": network.layers[i].name, **region} for i, region in regions.items() if i >= 0
        ],
        "input": regions.get(-1),
        "field": fields
        and {
            axis: [at * one.jump + one.low, at * one.jump + one.high]
            for axis, one, at in zip(("rows", "columns"), fields, place, strict=True)
        },
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


def _below(result: Analysis, i: int, patch: Patch) -> Iterator[tuple[int, Patch]]:
    """(source, its units) that some units of layer i see of maps."""
    layer = result.network.layers[i].layer
    for source in result.sources[i]:
        shape = result.shape(source)
        if shape and shape[1:]:
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


def _region(patches: list[Patch]) -> dict[str, list[int]]:
    """First and last row and column of some patches."""
    found = {}
    for axis, word in enumerate(("rows", "columns")):
        bits = 0
        for patch in patches:
            bits |= patch[axis]
        found[word] = [(bits & -bits).bit_length() - 1, bits.bit_length() - 1]
    return found
