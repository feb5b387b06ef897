"""What a network makes of a picture, told as an answer: a summary, maps, one unit; and the tables.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
from pydantic import Field
from safetensors.numpy import save

from app.core.errors import Problem
from app.core.figure import as_json
from app.core.looks import EXAMPLE, Look, LookQuestion
from app.core.networks.network import INPUT, MAX_LAYERS, Name, Network, analyse
from app.core.pictures import images
from app.core.questions import Asked, shown, up_to
from app.core.recent import Recent

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.activations import Capture

SAFETENSORS = "application/vnd.safetensors"
MOST_NUMBERS = 1_000_000  # as JSON
MOST_BYTES = 96_000_000  # as tensors
SHARPNESS = 127  # steps of a byte from zero to a map's largest

# `product`: activation times gradient.
Part = Literal["activation", "gradient", "product", "weight", "weight_gradient"]
Bytes = npt.NDArray[np.uint8]


class Unit(Asked):
    """One number of one layer's output."""

    layer: Name
    channel: int = Field(strict=True, ge=0, description="Or the place in a vector.")
    row: int = Field(default=0, strict=True, ge=0)
    column: int = Field(default=0, strict=True, ge=0)


class ActivationsQuestion(LookQuestion):
    """All of a network's activations on a picture, and all gradients of a class."""

    model_config = shown(
        EXAMPLE,
        {"model": "digits", "image": "digit-3", "layers": ["conv1"], "include": ["activation"]},
        EXAMPLE | {"unit": {"layer": "features.0", "channel": 3, "row": 50, "column": 60}},
    )

    top: int = Field(default=5, strict=True, ge=1, le=20, description="How many classes to name.")
    layers: Annotated[list[Name], up_to(MAX_LAYERS)] | Literal["all"] = Field(
        default=[], description='Layers whose maps are wanted, or "all".'
    )
    include: Annotated[list[Part], up_to(5)] = Field(
        default=["activation"],
        description="Which of their numbers; `product` is activation times gradient.",
    )
    encoding: Literal["float32", "uint8"] = Field(
        default="float32",
        description="Of maps as safetensors: uint8 has a `scale` a map, "
        "value = (byte - 128) / 127 * scale.",
    )
    thumbnail: int | None = Field(
        default=None,
        strict=True,
        ge=4,
        le=512,
        description="Maps larger than this are averaged down to it.",
    )
    unit: Unit | None = Field(default=None, description="One unit to be explained.")


Tensors = dict[str, npt.NDArray[Any]]


def activations(question: ActivationsQuestion) -> tuple[dict[str, Any], Tensors]:
    """The answer to POST /api/activations without its maps, and the maps by their names."""
    look, captured, layers = looked(question)
    answer = summary(look, captured, layers, question.top)
    maps = _maps(look, captured, question)
    if question.unit is not None:
        from app.core.units import explained

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
    picture = {"type": "Input", "kind": INPUT, "inputs": []}
    rows = [_layer(captured, -1) | picture | {"follows": None, "receptive_field": None}]
    follows: list[str | None] = []
    for i, node in enumerate(network.layers):
        sources = result.sources[i]
        name = None
        if node.layer.in_place and sources[0] >= 0:
            # conv, batch norm, ReLU: all of them belong to the convolution
            name = follows[sources[0]] or network.layers[sources[0]].name
        follows.append(name)
        rows.append(
            _layer(captured, i)
            | {
                "type": node.layer.type,
                "kind": node.layer.kind,
                "inputs": [network.layers[j].name if j >= 0 else INPUT for j in sources],
                "follows": name,
                "receptive_field": seen.told if (seen := result.sights[i]) else None,
            }
        )
    return rows


def _layer(captured: "Capture", i: int) -> dict[str, Any]:
    from app.core.activations import statistics

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


# Maps


def _maps(look: Look, captured: "Capture", question: ActivationsQuestion) -> Tensors:
    """What is asked for of each layer: `{layer}:{part}`, and `{layer}:{part}:scale` for bytes."""
    names = [INPUT, *(node.name for node in look.network.layers)]
    wanted = names if question.layers == "all" else list(dict.fromkeys(question.layers))
    found: Tensors = {}
    size = 0
    for name in wanted:
        i = -1 if name == INPUT else look.network.position(name)
        for part in dict.fromkeys(question.include):
            tensor = _part(captured, i, part)
            if tensor is None:
                continue
            maps = tensor.ndim == 3 and not part.startswith("weight")
            if maps and question.thumbnail:
                tensor = _smaller(tensor, question.thumbnail)
            array: npt.NDArray[Any] = tensor.numpy()
            if maps and question.encoding == "uint8":
                array, found[f"{name}:{part}:scale"] = in_bytes(array)
            found[f"{name}:{part}"] = array
            size += array.nbytes
            if size > MOST_BYTES:
                raise Problem(
                    f"these maps are more than {MOST_BYTES // 1_000_000} MB; ask for fewer layers, "
                    "for thumbnails or for uint8",
                    {"field": "layers"},
                )
    return found


def _part(captured: "Capture", i: int, part: Part) -> "Tensor | None":
    if part == "activation":
        return captured.activation(i)
    if part == "gradient":
        return captured.gradient(i)
    if part == "product":
        gradient = captured.gradient(i)
        return None if gradient is None else captured.activation(i) * gradient
    if i < 0 or "weight" not in captured.network.layers[i].layer.weights:
        return None
    weight = captured.model.steps[i].weight
    if part == "weight":
        found: Tensor = weight.detach()
        return found
    return captured.weight_gradients.get(f"{captured.network.layers[i].name}.weight")


def _smaller(maps: "Tensor", most: int) -> "Tensor":
    """Maps averaged down, so that the longer side has `most` numbers."""
    from torch.nn import functional

    height, width = maps.shape[1:]
    longest = max(height, width)
    if longest <= most:
        return maps
    high, wide = (max(1, round(side * most / longest)) for side in (height, width))
    return functional.adaptive_avg_pool2d(maps, (high, wide))


def in_bytes(maps: npt.NDArray[np.float32]) -> tuple[Bytes, npt.NDArray[np.float32]]:
    """Maps (C x H x W) as bytes with 128 for zero, and the largest |value| of each map."""
    reach = np.maximum(maps.max(axis=(1, 2)), -maps.min(axis=(1, 2)))
    # First by the reach: of a vanished gradient's its reciprocal is more than there is in float32.
    whole = np.where(reach > 0, reach, 1)[:, None, None]
    steps = maps / whole
    steps *= SHARPNESS
    steps += 128.5  # rounds, since what is left of the point is cut off
    return steps.astype(np.uint8), reach


def as_lists(maps: Tensors) -> dict[str, dict[str, Any]]:
    """Maps for JSON, a layer and a part at a time. Raises Problem for more than JSON is fit for."""
    size = sum(prod(array.shape) for array in maps.values())
    if size > MOST_NUMBERS:
        raise Problem(
            f"these are {size:,} numbers, and JSON carries {MOST_NUMBERS:,} at most; ask for fewer "
            "layers or for thumbnails, or accept application/vnd.safetensors",
            {"field": "layers"},
        )
    found: dict[str, dict[str, Any]] = {}
    for name, array in maps.items():
        layer, part = name.split(":")
        found.setdefault(layer, {})[part] = array
    return found


def as_tensors(maps: Tensors, answer: bytes) -> bytes:
    """A safetensors file: the maps, and the rest of the answer as text in its metadata."""
    whole = {name: np.ascontiguousarray(array) for name, array in maps.items()}
    return save(whole, {"answer": answer.decode()})


# The tables
