"""What a network makes of a picture, told as an answer: a summary, maps, one unit.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from typing import TYPE_CHECKING, Any

import orjson

from app.core.activations.groups import heads
from app.core.activations.looks import Look, LookQuestion
from app.core.activations.maps import Tensors, _maps, as_lists, as_tensors
from app.core.activations.questions import ActivationsQuestion
from app.core.figure import as_json
from app.core.networks.network import INPUT, Network, analyse
from app.core.pictures import images
from app.core.recent import Recent

if TYPE_CHECKING:
    from app.core.activations.capture import Capture

SAFETENSORS = "application/vnd.safetensors"


def activations(question: ActivationsQuestion) -> tuple[dict[str, Any], Tensors]:
    """The answer to POST /api/activations without its maps, and the maps by their names."""
    look, captured, layers = looked(question)
    answer = summary(look, captured, layers, question.top)
    maps = _maps(look, captured, question)
    if question.unit is not None:
        from app.core.activations.unit.explanation import explained

        asked = question.unit
        answer["unit"] = explained(captured, asked.layer, asked.channel, asked.row, asked.column)
    return answer, maps


def write(
    question: ActivationsQuestion, found: tuple[dict[str, Any], Tensors], form: str
) -> tuple[bytes, str]:
    """The answer in bytes: with its maps as nested lists, or as tensors with the rest beside."""
    answer, maps = found
    if form == SAFETENSORS:
        return as_tensors(maps, orjson.dumps(answer)), form
    return as_json(question, answer | {"maps": as_lists(maps)}, form)


Looked = tuple[Look, "Capture", list[dict[str, Any]]]
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


def summary(
    look: Look, captured: "Capture", layers: list[dict[str, Any]], top: int
) -> dict[str, Any]:
    """What one looks at first: classes, and every layer in a few numbers."""
    row = look.question.shipped
    picture = images.IMAGES.get(look.question.image)
    order = captured.scores.argsort(descending=True, stable=True)[:top]
    names = [layer["name"] for layer in layers]
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
        "target": _class(look, captured, captured.target)
        | {"of": captured.of, "value": captured.value},
        "layers": layers,
        "steps": [{"pass": "forward", "layer": name} for name in names]
        + [{"pass": "backward", "layer": name} for name in reversed(names)],
        "unit": None,
    }


def _class(look: Look, captured: "Capture", index: int) -> dict[str, Any]:
    probabilities = captured.probabilities
    return {
        "index": index,
        "name": look.class_name(index),
        "score": float(captured.scores[index]),
        "probability": None if probabilities is None else float(probabilities[index]),
    }


def _layers(network: Network, captured: "Capture") -> list[dict[str, Any]]:
    """A row a layer, the picture first."""
    result = analyse(network)
    groups = heads(network)
    picture = {"type": "Input", "kind": INPUT, "inputs": []}
    rows = [_layer(captured, -1) | picture | {"follows": None, "receptive_field": None}]
    for i, node in enumerate(network.layers):
        sources = result.sources[i]
        rows.append(
            _layer(captured, i)
            | {
                "type": node.layer.type,
                "kind": node.layer.kind,
                "inputs": [network.layers[j].name if j >= 0 else INPUT for j in sources],
                "follows": None if groups[i] == node.name else groups[i],
                "receptive_field": seen.told if (seen := result.sights[i]) else None,
            }
        )
    return rows


def _layer(captured: "Capture", i: int) -> dict[str, Any]:
    from app.core.activations.capture import statistics

    node = captured.network.layers[i] if i >= 0 else None
    gradient = captured.gradient(i)
    weight_gradient = captured.weight_gradients.get(f"{node.name}.weight") if node else None
    return {
        "name": node.name if node else INPUT,
        "shape": list(captured.activation(i).shape),
        "weights": node.layer.weights if node else {},
        "parameters": node.layer.parameters if node else 0,
        "activation": statistics(captured.activation(i)),
        "gradient": None if gradient is None else statistics(gradient),
        "weight_gradient": None if weight_gradient is None else statistics(weight_gradient),
    }
