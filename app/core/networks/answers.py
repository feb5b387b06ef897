"""What a network comes to, layer by layer."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import ProblemAnswer
from app.core.layers.layer import Shape
from app.core.networks.drawing.places import DrawingAnswer
from app.core.networks.network import INPUT, Analysis, Network, analyse
from app.core.networks.receptive_fields import FieldAnswer, Pair

FLOAT_BYTES = 4


class LayerAnswer(TypedDict):
    """One layer of a network: what comes out and what it costs, for one input."""

    name: str
    type: str
    kind: str
    inputs: Sequence[str]
    output: Annotated[Shape | None, Field(description="Null where it cannot be known.")]
    weights: Mapping[str, Shape]
    parameters: int
    macs: Annotated[
        int | None,
        Field(description="Multiply-adds of convolutions and linear layers, without biases."),
    ]
    activation_bytes: Annotated[int | None, Field(description="Its output in float32.")]
    receptive_field: FieldAnswer | None
    problem: Annotated[
        ProblemAnswer | None, Field(description="Why it does not fit, and how to mend it.")
    ]
    place: NotRequired[
        Annotated[Pair | None, Field(description="Offset and length in the source.")]
    ]
    code: NotRequired[Annotated[str | None, Field(description="The layer as torch writes it.")]]
    arithmetic: NotRequired[
        Annotated[dict[str, str] | None, Field(description="Its costs worked out.")]
    ]


class NoteAnswer(TypedDict):
    """A piece of what was pasted, and what is to be said of it."""

    text: str
    line: Annotated[int, Field(description="Counted from 1.")]
    why: str


class NetworkAnswer(TypedDict):
    """What a network comes to, layer by layer and in all."""

    input: Shape
    output: Shape | None
    rows: list[LayerAnswer]
    depth: Annotated[int, Field(description="Layers with weights on the longest way through.")]
    parameters: int
    parameter_bytes: int
    macs: Annotated[
        int,
        Field(
            description="Multiply-adds of convolutions and linear layers for one input; not those "
            "of biases, norms, pooling and activations, which other counters may add."
        ),
    ]
    activation_bytes: Annotated[
        int,
        Field(
            description="Every layer's output in float32 for one input, in place or not, those of "
            "Dropout, Flatten, Add and Concat too; not the input itself."
        ),
    ]
    problem: Annotated[
        ProblemAnswer | None, Field(description="The first layer's that does not fit.")
    ]
    network: NotRequired[Network | None]
    drawing: NotRequired[DrawingAnswer | None]
    code: NotRequired[str | None]
    overlooked: NotRequired[
        Annotated[
            list[NoteAnswer] | None,
            Field(description="What of the source makes no part of the network."),
        ]
    ]
    notes: NotRequired[
        Annotated[
            list[NoteAnswer] | None, Field(description="What was decided in reading the source.")
        ]
    ]


def network_answer(network: Network) -> NetworkAnswer:
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


def _rows(result: Analysis) -> list[LayerAnswer]:
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
