"""What a network makes of a picture, told as an answer: a summary, maps, one unit.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.core.activations.groups import heads
from app.core.activations.looks import Look, LookQuestion
from app.core.activations.maps import Tensors, as_lists, as_tensors, maps, wanted
from app.core.activations.objective import Of
from app.core.activations.origins import Origins, origins
from app.core.activations.questions import ActivationsQuestion
from app.core.activations.statistics import Statistics, statistics
from app.core.activations.strongest import Strongest, strongest
from app.core.activations.unit.answers import UnitAnswer
from app.core.errors import Problem
from app.core.figure import as_json
from app.core.layers.layer import Shape
from app.core.networks.network import INPUT, Network, analyse
from app.core.networks.receptive_fields import FieldAnswer
from app.core.numbers import Number
from app.core.pictures import images
from app.core.recent import Recent

if TYPE_CHECKING:
    from app.core.activations.capture import Capture

SAFETENSORS = "application/vnd.safetensors"


class ClassScore(TypedDict):
    index: int
    name: str
    score: Number
    probability: Annotated[float | None, Field(description="Null where the network ends in maps.")]


class TargetClass(ClassScore):
    of: Of
    value: Annotated[
        Number, Field(description="The score or the loss, which the gradients are of.")
    ]


class LookedImage(TypedDict):
    name: str | None
    says: str | None


class Measured(TypedDict):
    """What a look finds at a layer."""

    shape: list[int]
    activation: Statistics
    gradient: Annotated[
        Statistics | None, Field(description="Null where the class does not depend on it.")
    ]
    weight_gradient: Statistics | None


class LookedLayer(Measured):
    """A layer, or first of all the picture (`input`)."""

    name: str
    type: str
    kind: str
    inputs: list[str]
    weights: Mapping[str, Shape]
    parameters: int
    follows: Annotated[
        str | None,
        Field(description="The layer with a window whose numbers it changes one by one."),
    ]
    receptive_field: Annotated[
        FieldAnswer | None,
        Field(description="What one of its units can see of the picture, padding included."),
    ]
    strongest: Annotated[
        Strongest | None,
        Field(description="Its strongest maps, if it is asked how many to name."),
    ]


# `pass` is no name that a class can have.
LookStep = TypedDict("LookStep", {"pass": Literal["forward", "backward"], "layer": str})


class LookAnswer(TypedDict):
    """A network's activations on a picture, and the gradients of a class; their maps go apart."""

    model: str | None
    title: str | None
    input: Shape
    parameters: int
    image: LookedImage
    classes: list[ClassScore]
    target: TargetClass
    layers: list[LookedLayer]
    steps: Annotated[list[LookStep], Field(description="The moments of the timeline.")]
    unit: UnitAnswer | None
    map: Annotated[Origins | None, Field(description="What the asked map was made from.")]


class ActivationsAnswer(LookAnswer):
    """A network's activations on a picture, and the gradients of a class."""

    maps: dict[str, dict[str, Any]]


def activations(question: ActivationsQuestion) -> tuple[LookAnswer, Tensors]:
    """The answer to POST /api/activations without its maps, and the maps by their names."""
    look, captured, layers = looked(question)
    if question.channels == "strongest" and not question.strongest:
        raise Problem("say how many of the strongest are wanted", {"field": "strongest"})
    named = _strongest(captured, wanted(look.network, question), question.strongest)
    layers = [{**layer, "strongest": named.get(layer["name"])} for layer in layers]
    answer = summary(look, captured, layers, question.top)
    found = maps(look, captured, question, named)
    if question.unit is not None:
        from app.core.activations.unit.explanation import explained

        asked = question.unit
        answer["unit"] = explained(captured, asked.layer, asked.channel, asked.row, asked.column)
    if question.map is not None:
        answer["map"] = origins(captured, question.map.layer, question.map.channel)
    return answer, found


def write(
    question: ActivationsQuestion, found: tuple[LookAnswer, Tensors], form: str
) -> tuple[bytes, str]:
    """The answer in bytes: with its maps as nested lists, or as tensors with the rest beside."""
    answer, maps = found
    if form == SAFETENSORS:
        return as_tensors(maps, orjson.dumps(answer)), form
    whole: ActivationsAnswer = {**answer, "maps": as_lists(maps)}
    return as_json(question, whole, form)


Looked = tuple[Look, "Capture", list[LookedLayer]]
LOOKS: Recent[Looked] = Recent(4)  # each some tens of megabytes


def looked(question: ActivationsQuestion) -> Looked:
    """The pass that a question is about, and its layers in numbers: made once for the questions
    that follow one another. What a visitor sent is not remembered."""
    weights = "weight_gradient" in question.include

    def look() -> Looked:
        look = question.look()
        captured = look.captured(weights)
        return look, captured, _layers(look.network, captured)

    if question.private:
        return look()
    asked = question.model_dump_json(include=set(LookQuestion.model_fields))
    return LOOKS.get((asked, weights), look)


def summary(look: Look, captured: "Capture", layers: list[LookedLayer], top: int) -> LookAnswer:
    """What one looks at first: classes, and every layer in a few numbers."""
    row = look.question.shipped
    picture = images.IMAGES.get(look.question.image)
    order = captured.scores.argsort(descending=True, stable=True)[:top]
    names = [layer["name"] for layer in layers]
    forward: list[LookStep] = [{"pass": "forward", "layer": name} for name in names]
    backward: list[LookStep] = [{"pass": "backward", "layer": name} for name in reversed(names)]
    return {
        "model": look.question.model,
        "title": row.title if row else None,
        "input": look.network.input,
        "parameters": sum(layer["parameters"] for layer in layers),
        "image": {
            "name": picture.name if picture else None,
            "says": picture.says if picture else None,
        },
        "classes": [_class(look, captured, int(index)) for index in order],
        "target": {
            **_class(look, captured, captured.target),
            "of": captured.of,
            "value": captured.value,
        },
        "layers": layers,
        "steps": forward + backward,
        "unit": None,
        "map": None,
    }


def _class(look: Look, captured: "Capture", index: int) -> ClassScore:
    probabilities = captured.probabilities
    return {
        "index": index,
        "name": look.class_name(index),
        "score": float(captured.scores[index]),
        "probability": None if probabilities is None else float(probabilities[index]),
    }


def _layers(network: Network, captured: "Capture") -> list[LookedLayer]:
    """A row a layer, the picture first."""
    result = analyse(network)
    groups = heads(network)
    rows: list[LookedLayer] = [
        {
            "name": INPUT,
            "type": "Input",
            "kind": INPUT,
            "inputs": [],
            "weights": {},
            "parameters": 0,
            **_measured(captured, -1),
            "follows": None,
            "receptive_field": None,
            "strongest": None,
        }
    ]
    for i, node in enumerate(network.layers):
        rows.append(
            {
                "name": node.name,
                "type": node.layer.type,
                "kind": node.layer.kind,
                "inputs": [network.layers[j].name if j >= 0 else INPUT for j in result.sources[i]],
                "weights": node.layer.weights,
                "parameters": node.layer.parameters,
                **_measured(captured, i),
                "follows": None if groups[i] == node.name else groups[i],
                "receptive_field": seen.told if (seen := result.sights[i]) else None,
                "strongest": None,
            }
        )
    return rows


def _strongest(captured: "Capture", names: list[str], most: int) -> dict[str, Strongest]:
    """The strongest maps of the layers of these names; none of them where none is to be named."""
    found: dict[str, Strongest] = {}
    for name in names if most else ():
        i = -1 if name == INPUT else captured.network.position(name)
        found[name] = strongest(captured.activation(i), captured.gradient(i), most)
    return found


def _measured(captured: "Capture", i: int) -> Measured:
    gradient = captured.gradient(i)
    weight_gradient = captured.weight_gradients.get(f"{captured.name(i)}.weight")
    return {
        "shape": list(captured.activation(i).shape),
        "activation": statistics(captured.activation(i)),
        "gradient": None if gradient is None else statistics(gradient),
        "weight_gradient": None if weight_gradient is None else statistics(weight_gradient),
    }
