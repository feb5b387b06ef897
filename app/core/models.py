"""MODELS: the networks that ship with their weights, a row a model.

The weights are files of tensors and of nothing else (safetensors), made by tools/squeezenet.py and
tools/train.py. torch is not imported here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from app.core.architectures import architecture
from app.core.errors import Problem, nearest
from app.core.images import ASSETS, Kind
from app.core.networks import Network

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Model:
    """One row. `picture` is how what it looks at is prepared; `classes` are the names of its
    outputs; `accuracy` is in percent, of pictures it never learned from."""

    name: str
    title: str
    says: str
    build: Callable[[], Network]
    picture: Kind
    classes: tuple[str, ...]
    paper: str
    data: str
    licence: str
    accuracy: float | None = None
    accuracy_source: str | None = None

    @property
    def network(self) -> Network:
        """Its layers."""
        return _network(self)

    @property
    def file(self) -> str:
        """Its weights, in app/core/assets."""
        return f"{self.name}.safetensors"


@cache
def _network(row: Model) -> Network:
    return row.build()


def imagenet_classes() -> tuple[str, ...]:
    """ImageNet's thousand, in their order."""
    return tuple((ASSETS / "imagenet_classes.txt").read_text().splitlines())


def resized_input(name: str, *input: int) -> Network:
    """An architecture on an input of another size."""
    return architecture(name).model_copy(update={"input": input})


def rows() -> list[Model]:
    """The table."""
    return [
        Model(
            "squeezenet1_1", "SqueezeNet 1.1",
            "Names what is on a photo, out of ImageNet's thousand classes.",
            lambda: resized_input("squeezenet1_1", 3, 227, 227), "photo", imagenet_classes(),
            "Iandola, Han, Moskewicz, Ashraf, Dally & Keutzer, SqueezeNet, 2016",
            "ImageNet 2012, 1.28 million photos; the authors' weights by way of ndf 0.1.4",
            "BSD-2-Clause",
        ),
    ]  # fmt: skip


MODELS = {row.name: row for row in rows()}


def model(name: str) -> Model:
    """The row of that name; a Problem if there is none."""
    if name not in MODELS:
        near = nearest(name, MODELS)
        hint = f"; did you mean `{near}`?" if near else ""
        raise Problem(f"there is no model `{name[:40]}`{hint}", {"field": "model"}, near)
    return MODELS[name]


@cache
def weights(name: str) -> Weights:
    """The learned tensors of a model by torch's names (`features.0.weight`); not to be written
    into."""
    found: dict[str, Any] = load_file(ASSETS / model(name).file)
    kept = {key: array.astype(np.float32) for key, array in found.items()}
    for array in kept.values():
        array.setflags(write=False)
    return kept
