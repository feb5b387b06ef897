"""LAYERS: a row a layer, with torch's names and torch's order of arguments.

A row is a frozen pydantic model: its fields are the layer's arguments and their bounds the sliders,
its docstring is the tooltip. What else it may say is in `layer.py`; parser, palette, shapes, costs,
receptive fields, units, PyTorch code and drawings follow from it. A new layer is a new row in the
file of its kind.

Conventions where the books differ: `macs` are the products of weights, of a transposed convolution
one a number of its *input* and weight; `Upsample` and `ZeroPad2d` cost none. Norms that torch works
out of the picture itself (InstanceNorm2d, GroupNorm, LayerNorm) see all that they average over.
"""

from functools import lru_cache, reduce
from operator import or_
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, SerializeAsAny, ValidationError, WrapValidator

from app.core.errors import Problem
from app.core.layers import bounds
from app.core.layers.layer import Example as Example
from app.core.layers.layer import Layer as Layer
from app.core.layers.layer import Place as Place
from app.core.layers.layer import Shape as Shape
from app.core.layers.layer import Windows as Windows
from app.core.layers.names import unknown
from app.core.layers.table import (
    convolutions,
    dropout,
    joints,
    norms,
    pointwise,
    pools,
    shapes,
)
from app.core.layers.table.convolutions import *
from app.core.layers.table.dropout import *
from app.core.layers.table.joints import *
from app.core.layers.table.norms import *
from app.core.layers.table.pointwise import *
from app.core.layers.table.pools import *
from app.core.layers.table.shapes import *


def _rows(module: ModuleType) -> dict[str, type[Layer]]:
    """The rows of a file, by name, in their order."""
    return {
        name: row
        for name, row in vars(module).items()
        if name[0] != "_" and isinstance(row, type) and row.__module__ == module.__name__
    }


KINDS = (convolutions, pools, shapes, pointwise, norms, dropout, joints)
LAYERS: dict[str, type[Layer]] = reduce(or_, map(_rows, KINDS))


@lru_cache(4096)
def shared(layer: Layer) -> Layer:
    """The first of all layers that equal it: what was worked out for one is known of all."""
    return layer


def _later(value: Any, handler: Any) -> Any:
    """A layer whose row was put into LAYERS after this module was read."""
    type = value.get("type") if isinstance(value, dict) else None
    row = LAYERS.get(type) if isinstance(type, str) else None
    if isinstance(value, Layer) and LAYERS.get(value.type) is value.__class__:
        return value
    return handler(value) if row is None or row in KNOWN else row.model_validate(value)


KNOWN = frozenset(LAYERS.values())
if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = Annotated[
        reduce(or_, LAYERS.values()),
        Field(discriminator="type"),
        WrapValidator(_later),
        AfterValidator(shared),
        SerializeAsAny(),
    ]


def make(type: str, arguments: dict[str, Any]) -> Layer:
    """A layer by name; a Problem in words for an unknown one and for arguments out of bounds."""
    if type not in LAYERS:
        said, near = unknown(type, LAYERS)
        raise Problem(said, suggestion=near)
    row = LAYERS[type]
    try:
        return row(**arguments)
    except ValidationError as error:
        raise bounds.in_words(error, row) from None
