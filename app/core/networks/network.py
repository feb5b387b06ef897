"""A network is a graph of layers; what it costs and what its units see comes by arithmetic alone.

No weight is ever allocated here, and torch is not imported: a ResNet-152 takes milliseconds.
Multiply-adds (`macs`) are those of convolutions and linear layers without their biases, for one
input, as in torchvision's tables. `activation_bytes` is a layer's output in float32, for one input.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.core.errors import Problem, nearest
from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.table import AnyLayer, Layer, Shape
from app.core.networks.receptive_fields import Sight, first_sight, sight
from app.core.questions import MOST_FIELDS, few_fields, refused, up_to

MAX_LAYERS = 2_000
MAX_NAME = 64
INPUT = "input"  # the name by which layers take what comes in
# Past these a layer is a slip of the finger; below them every sum is exact in JSON.
MOST_ENTRIES = 2**30
MOST_MACS = 10**12
MOST_HINTS = 5  # looking for the nearest of 2,000 names takes milliseconds


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
