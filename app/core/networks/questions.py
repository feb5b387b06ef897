"""The questions that the figures on networks ask, and their answers."""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Annotated, Any, Literal, cast

from pydantic import Field, ValidationError, field_validator
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.layers.table import Layer, Shape
from app.core.networks.answers import FLOAT_BYTES, NetworkAnswer, NoteAnswer, network_answer
from app.core.networks.architectures import (
    ARCHITECTURES,
    Architecture,
    ArchitectureRow,
    Totals,
    architecture,
    known,
)
from app.core.networks.classics import StrideOn
from app.core.networks.drawing.charts import scatter_tikz
from app.core.networks.drawing.svg import svg
from app.core.networks.drawing.tikz import network_tikz
from app.core.networks.drawing.volumes import drawing
from app.core.networks.exports import code, layer_code, pytorch
from app.core.networks.network import MAX_LAYERS, Input, Network, analyse
from app.core.networks.torch_code import MAX_SOURCE, Note, Reading, reading
from app.core.questions import Asked, shown, up_to

LITTLE = {
    "source": "nn.Sequential(\n    nn.Conv2d(3, 6, 5),\n    nn.ReLU(),\n    nn.MaxPool2d(2),\n"
    "    nn.Flatten(),\n    nn.Linear(6 * 14 * 14, 10),\n)",
    "input": [3, 32, 32],
}
RESIDUAL = {
    "network": {
        "input": [16, 32, 32],
        "layers": [
            {"name": "conv1", "layer": {"type": "Conv2d", "in_channels": 16, "out_channels": 16,
                                        "kernel_size": 3, "padding": 1}},
            {"name": "relu1", "layer": {"type": "ReLU"}},
            {"name": "conv2", "layer": {"type": "Conv2d", "in_channels": 16, "out_channels": 16,
                                        "kernel_size": 3, "padding": 1}},
            {"name": "add", "layer": {"type": "Add"}, "inputs": ["conv2", "input"]},
        ],
    }
}  # fmt: skip


LONG = 5_000  # characters of code; to read fewer takes milliseconds
code_read = lru_cache(8)(reading)


class AskedNetwork(Asked):
    """A network in one of three forms: its layers, code, or the name of a well-known one."""

    network: Network | None = Field(default=None, description="The layers themselves.")
    source: str | None = Field(
        default=None,
        max_length=MAX_SOURCE,
        description="PyTorch code: nn.Sequential(...) or a class, read and never run.",
    )
    input: Input | None = Field(
        default=None, description="Goes with `source`: (channels, height, width) or (features,)."
    )
    architecture: str | None = Field(
        default=None, max_length=64, description="A name of GET /api/architectures."
    )
    stride_on: StrideOn | None = Field(
        default=None,
        description="For ResNet-50 and deeper: the convolution of a block that halves the maps, "
        '"3x3" as torchvision has it or "1x1" as the paper.',
    )

    @field_validator("input", mode="before")
    @classmethod
    def sizes(cls, input: Any) -> Any:
        """One sentence for a wrong number of sizes, instead of one a form."""
        if isinstance(input, list | tuple) and len(input) == 2:  # lines are 1 pixel high
            return (input[0], 1, input[1])
        if isinstance(input, list | tuple) and len(input) not in (1, 3):
            raise Problem(
                "`input` is (channels, height, width), or (features,) for a vector",
                {"field": "input"},
            )
        return input

    def found(self) -> tuple[Network, dict[str, tuple[int, int]]]:
        """The network, and where in the source each layer stands."""
        given = (self.network, self.source, self.architecture)
        if sum(form is not None for form in given) != 1:
            raise Problem("give one of `network`, `source` and `architecture`")
        if self.input is not None and self.source is None:
            raise Problem(
                "`input` goes with `source`: a network brings its own", {"field": "input"}
            )
        if self.stride_on is not None and self.architecture is None:
            raise Problem("`stride_on` goes with `architecture`", {"field": "stride_on"})
        if self.network is not None:
            return self.network, {}
        if self.source is not None:
            return self.reading.network, self.reading.places
        assert self.architecture is not None
        options = {"stride_on": self.stride_on} if self.stride_on else {}
        return architecture(self.architecture, **options), {}

    @property
    def reading(self) -> Reading:
        """What the source comes to. Raises Problem."""
        assert self.source is not None
        return code_read(self.source, self.input or (3, 224, 224))

    @property
    def size(self) -> int:
        """About how many layers and wires there are to look at. May raise what `found` would."""
        if self.network is not None:
            return sum([len(node.inputs) or 1 for node in self.network.layers])
        if self.source is not None:
            if len(self.source) > LONG:
                return MAX_LAYERS
            # A name used twice doubles what it stands for, so a few lines may be a deep network.
            return len(self.reading.network.layers)
        return 40 if self.architecture in ARCHITECTURES else 0


Groups = Annotated[
    Annotated[list[Annotated[str, Field(max_length=64)]], up_to(MAX_LAYERS)] | None,
    Field(description="Groups that the drawing shows opened."),
]
Part = Literal["network", "drawing", "code"]


class NetworkQuestion(AskedNetwork):
    """What a network comes to, layer by layer."""

    model_config = shown(LITTLE, {"architecture": "vgg16"}, RESIDUAL)

    include: Annotated[list[Part], up_to(3)] = Field(
        default=[],
        description='More to tell: "network" (its layers, to be asked again changed), "drawing" '
        '(where everything stands in its picture), "code" (PyTorch).',
    )
    open: Groups = None
    mend: bool = Field(
        default=False,
        description="Set in_channels, in_features and the like to what comes in.",
    )

    def found(self) -> tuple[Network, dict[str, tuple[int, int]]]:
        """The network, mended if that is asked."""
        network, places = super().found()
        return (mended(network) if self.mend else network), places


def _sizes(text: str) -> int | tuple[int, ...]:
    """A number, or several."""
    numbers = tuple(int(number) for number in text.split(","))
    return numbers[0] if len(numbers) == 1 else numbers


def mended(network: Network) -> Network:
    """The network with layers made to fit what they are given, where a number can do that."""
    for _ in range(3):
        changes = {
            i: {problem.where["field"]: _sizes(problem.suggestion)}
            for i, problem in analyse(network).problems.items()
            if problem.suggestion and problem.where.get("field") in network.layers[i].layer.follow
        }
        nodes = list(network.layers)
        for i, change in changes.items():
            layer = nodes[i].layer
            try:
                fits = type(layer)(**layer.arguments | change)
            except ValidationError:
                continue
            nodes[i] = nodes[i].model_copy(update={"layer": fits})
        network = network.model_copy(update={"layers": tuple(nodes)})
        if not changes:
            break
    return network


SMALL = 250  # layers that the event loop looks at itself; a larger network goes to a worker


def small(question: AskedNetwork) -> bool:
    """Whether the event loop can afford to look at the network itself."""
    return question.size <= SMALL


def network(question: NetworkQuestion) -> NetworkAnswer:
    """The answer to POST /api/network."""
    found, places = question.found()
    answer = network_answer(found)
    if places:
        for row in answer["rows"]:
            row["place"] = places.get(row["name"])
    if question.source is not None:
        answer["overlooked"] = noted(question.reading.overlooked)
        answer["notes"] = noted(question.reading.notes)
    if "network" in question.include:
        answer["network"] = cast(Network, found.model_dump(exclude_defaults=False))  # as it is sent
        for node, row in zip(found.layers, answer["rows"], strict=True):
            row["code"] = layer_code(node.layer).removeprefix("nn.")
            row["arithmetic"] = arithmetic(node.layer, row["output"])
    if "drawing" in question.include:
        answer["drawing"] = drawing(found, answer, question.open)
    if "code" in question.include:
        answer["code"] = code(found)
    return answer


def noted(notes: Sequence[Note]) -> list[NoteAnswer]:
    """What is to be said of pieces of a source."""
    return [{"text": note.text, "line": note.line, "why": note.why} for note in notes]


def arithmetic(layer: Layer, output: Shape | None) -> dict[str, str]:
    """How a layer's costs come about, in numbers."""
    tensors = [" × ".join(f"{n:,}" for n in shape) for shape in layer.weights.values()]
    told = {}
    if tensors:
        told["parameters"] = f"{' + '.join(tensors)} = {layer.parameters:,}"
    if output:
        size = " × ".join(f"{n:,}" for n in output)
        if macs := layer.macs(output):
            places = " × ".join(f"{n:,}" for n in layer.applied(output))
            each = f"{places} places × {tensors[0]}" if places else tensors[0]
            told["macs"] = f"{each} = {macs:,}"
        told["memory"] = f"{size} × {FLOAT_BYTES} bytes = {FLOAT_BYTES * prod(output):,} bytes"
    return told


class NetworkExportQuestion(AskedNetwork):
    """A network in another language."""

    model_config = shown(
        LITTLE | {"format": "pytorch"}, {"architecture": "vgg16", "format": "tikz"}
    )

    format: Literal["pytorch", "json", "svg", "tikz"]
    open: Groups = None


MEDIA_TYPES = {
    "pytorch": "text/x-python",
    "json": "application/json",
    "svg": "image/svg+xml",
    "tikz": "application/x-tex",
}


def export(question: NetworkExportQuestion) -> str:
    """The answer to POST /api/network/export."""
    found, _ = question.found()
    if question.format == "pytorch":
        return pytorch(found)
    if question.format == "json":
        return found.model_dump_json(indent=1)
    row = ARCHITECTURES.get(question.architecture or "")
    title = row.title if row else "A network"
    drawn = drawing(found, network_answer(found), question.open)
    return svg(drawn, title) if question.format == "svg" else network_tikz(drawn, title)


# The tables


@lru_cache
def totals(name: str) -> Totals:
    """Depth, size and cost of a well-known network."""
    answer = network_answer(architecture(name))
    assert answer["output"] is not None
    return {
        "input": answer["input"],
        "output": answer["output"],
        "depth": answer["depth"],
        "parameters": answer["parameters"],
        "parameter_bytes": answer["parameter_bytes"],
        "macs": answer["macs"],
        "activation_bytes": answer["activation_bytes"],
        "layers": len(answer["rows"]),
    }


def architecture_rows() -> list[ArchitectureRow]:
    """The architecture table, in its order."""
    return [architecture_row(row) for row in ARCHITECTURES.values()]


def architecture_row(row: Architecture) -> ArchitectureRow:
    return {**row.told, **totals(row.name)}


Names = Annotated[
    Annotated[list[Annotated[str, Field(max_length=64)]], up_to(64, 1)],
    Field(description="Names of GET /api/architectures."),
]
SIDE_BY_SIDE = ["alexnet", "vgg16", "resnet50", "resnet152"]


class ComparisonQuestion(Asked):
    """Well-known networks side by side."""

    model_config = shown({"names": SIDE_BY_SIDE})

    names: Names = SIDE_BY_SIDE


class ComparisonAnswer(TypedDict):
    """A row each, in the order in which they were asked for."""

    rows: list[ArchitectureRow]


def compared(question: ComparisonQuestion) -> ComparisonAnswer:
    """The answer to POST /api/comparison."""
    names = dict.fromkeys(question.names)
    return {"rows": [architecture_row(known(name, "names")) for name in names]}


class ArchitecturesExportQuestion(Asked):
    """Well-known networks side by side in another language."""

    model_config = shown({"names": SIDE_BY_SIDE, "format": "tikz"})

    names: Names
    format: Literal["tikz"]


def architectures_export(question: ArchitecturesExportQuestion) -> str:
    """The answer to POST /api/architectures/export: accuracy against multiply-adds."""
    asked = [known(name, "names") for name in dict.fromkeys(question.names)]
    rows = [{**row.told, **totals(row.name)} for row in asked if row.top1 is not None]
    if not rows:
        raise Problem("of none of these an accuracy is known", {"field": "names"})
    return scatter_tikz(rows)
