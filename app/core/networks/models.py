"""MODELS: the networks that ship with their weights, a row a model.

The weights are files of tensors and of nothing else (safetensors), made by tools/squeezenet.py and
tools/train.py. torch is not imported here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from safetensors.numpy import load_file
from typing_extensions import TypedDict

from app.core.errors import Problem, nearest
from app.core.layers import table as layers
from app.core.layers.layer import Shape
from app.core.networks.answers import network_answer
from app.core.networks.architectures import architecture
from app.core.networks.building import Builder
from app.core.networks.classics import small
from app.core.networks.network import Network
from app.core.pictures.images import ASSETS, GARMENTS, Shown
from app.core.pictures.preparation import FIRSTS, SHOWN, Kind

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


def digits() -> Network:
    """Eight filters, then sixteen: few enough to look at all of them."""
    net = Builder((1, 28, 28))
    for i, channels in ((1, 8), (2, 16)):
        net.conv(f"conv{i}", channels, 5, padding=2)
        net.add(f"relu{i}", layers.ReLU())
        net.add(f"pool{i}", layers.MaxPool2d(kernel_size=2))
    net.add("flatten", layers.Flatten())
    net.linear("fc", 10, 16 * 7 * 7)
    return net.network()


def garments() -> Network:
    """CS231n's example ConvNet, on one channel of 28 by 28."""
    return small((1, 28, 28), blocks=3, padding=1, features=90, softmax=False)


def patches() -> Network:
    """A first layer as AlexNet and ResNet begin, and nothing after it but a pooling."""
    net = Builder((3, 224, 224))
    net.conv("conv1", 48, 7, stride=2, padding=3)
    net.add("relu1", layers.ReLU())
    net.add("pool1", layers.MaxPool2d(kernel_size=3, stride=2, padding=1))
    return net.network()


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
        Model(
            "digits", "Digits",
            "Reads a digit that is drawn, with 8 and 16 filters that can all be looked at.",
            digits, "drawing", tuple("0123456789"),
            "LeCun, Bottou, Bengio & Haffner, Gradient-Based Learning, 1998",
            "8,000 digits of MNIST, shifted, turned, sheared, scaled, thinned and thickened",
            "MIT", 98.65, "2,000 digits of MNIST that were held out",
        ),
        Model(
            "garments", "CS231n's example ConvNet",
            "Tells ten kinds of garments apart, with ten 3 × 3 filters a layer.",
            garments, "garment", GARMENTS,
            "CS231n, Convolutional Neural Networks",
            "Fashion-MNIST's 60,000 garments to learn from",
            "MIT", 90.25, "Fashion-MNIST's 10,000 garments to test with",
        ),
        Model(
            "patches", "A first layer from photos alone",
            "Sees edges of every direction and blobs of colour, and was never told what is on a "
            "photo.",
            patches, "photo", (),
            "Bell & Sejnowski, The Independent Components of Natural Scenes are Edge Filters, 1997",
            "40,000 patches of 7 by 7 pixels, from the photos that ship",
            "MIT",
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


class ModelRow(TypedDict):
    """A network that ships with its weights."""

    name: str
    title: str
    says: str
    picture: Kind
    kind: Annotated[Shown, Field(description="Of the pictures it learned.")]
    first: Annotated[str, Field(description="The picture that it is shown first.")]
    input: Shape
    classes: Sequence[str]
    parameters: int
    macs: int
    accuracy: Annotated[float | None, Field(description="In percent.")]
    accuracy_source: str | None
    paper: str
    data: str
    licence: str


def model_row(row: Model) -> ModelRow:
    """A row of the models as GET /api/models tells it."""
    totals = network_answer(row.network)
    return {
        "name": row.name,
        "title": row.title,
        "says": row.says,
        "picture": row.picture,
        "kind": SHOWN[row.picture],
        "first": FIRSTS[row.picture],
        "input": row.network.input,
        "classes": row.classes,
        "parameters": totals["parameters"],
        "macs": totals["macs"],
        "accuracy": row.accuracy,
        "accuracy_source": row.accuracy_source,
        "paper": row.paper,
        "data": row.data,
        "licence": row.licence,
    }
