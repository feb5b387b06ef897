"""The maps of an answer: which are asked for, averaged down, as bytes, as JSON, as safetensors."""

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from app.core.activations.groups import ends
from app.core.activations.looks import Look
from app.core.activations.questions import ActivationsQuestion, Part
from app.core.activations.strongest import Strongest, picked
from app.core.errors import Problem
from app.core.networks.network import INPUT, Network

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.activations.capture import Capture


MOST_NUMBERS = 1_000_000  # as JSON
MOST_BYTES = 96_000_000  # as tensors
SHARPNESS = 127  # steps of a byte from zero to a map's largest
TO_SCALE = 0.9  # of the maps in which there is anything: stronger ones go beyond the scale
Bytes = npt.NDArray[np.uint8]
Tensors = dict[str, npt.NDArray[Any]]


def wanted(network: Network, question: ActivationsQuestion) -> list[str]:
    """The layers whose maps are asked for."""
    if question.layers == "all":
        return [INPUT, *(node.name for node in network.layers)]
    if question.layers == "ends":
        return [INPUT, *ends(network)]
    return list(dict.fromkeys(question.layers))


def maps(
    look: Look, captured: "Capture", question: ActivationsQuestion, named: Mapping[str, Strongest]
) -> Tensors:
    """What is asked for of each layer: `{layer}:{part}`, and for bytes `{layer}:{part}:scale` and
    `{layer}:{part}:reach`.

    Where only the strongest are asked for, those that are `named`, and which as `{layer}:channels`.
    """
    found: Tensors = {}
    size = 0
    for name in wanted(look.network, question):
        i = -1 if name == INPUT else look.network.position(name)
        channels = picked(named[name]) if question.channels == "strongest" else None
        if channels is not None:
            found[f"{name}:channels"] = np.array(channels, np.float32)
        for part in dict.fromkeys(question.include):
            tensor = _part(captured, i, part)
            if tensor is None:
                continue
            maps = tensor.ndim == 3 and not part.startswith("weight")
            if maps and question.encoding == "uint8":
                found[f"{name}:{part}:reach"] = shared_reach(tensor)
            if channels is not None and not part.startswith("weight"):
                tensor = tensor[channels]
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


def shared_reach(maps: "Tensor") -> npt.NDArray[np.float32]:
    """The |value| up to which a layer's maps (C x H x W) are drawn where they share one scale, so
    that one strong map leaves the others visible. It is the layer's, whatever is asked for of it.
    """
    reach = maps.detach().abs().amax((1, 2))
    lit = reach[reach > 0].sort().values
    at = int(TO_SCALE * (len(lit) - 1))
    return np.array([lit[at] if len(lit) else 0], np.float32)


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
