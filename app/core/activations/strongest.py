"""Which of a layer's maps matter most: by their size, and by their part in what gradients are of.

Imports torch in its functions only: run them in a worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.core.numbers import Number

if TYPE_CHECKING:
    from torch import Tensor

MOST = 16  # maps of a layer that are named in one order


class Ranked(TypedDict):
    """Some channels, or places of a vector, the strongest first."""

    channels: list[int]
    values: Annotated[list[Number], Field(description="The number that each is ranked by.")]


class Strongest(TypedDict):
    """A layer's strongest maps in two orders."""

    size: Annotated[Ranked, Field(description="By the mean size of a map's numbers.")]
    part: Annotated[
        Ranked | None,
        Field(
            description="By the sum of activation times gradient over a map, whatever its sign: "
            "its part in the score or the loss, to first order. Null where nothing comes back."
        ),
    ]


def sizes(activation: Tensor) -> Tensor:
    """The mean size of each channel's numbers: [C] of [C, H, W] or [C]."""
    return _by_channel(activation.abs()).mean(dim=1)


def parts(activation: Tensor, gradient: Tensor) -> Tensor:
    """Each channel's part in what the gradient is of, to first order: [C] of [C, H, W] or [C]."""
    return _by_channel(activation * gradient).sum(dim=1)


def strongest(activation: Tensor, gradient: Tensor | None, most: int) -> Strongest:
    """At most so many channels in either order; of equals the first comes first."""
    return {
        "size": _ranked(sizes(activation), most),
        "part": None if gradient is None else _ranked(parts(activation, gradient), most),
    }


def picked(found: Strongest) -> list[int]:
    """The channels of both orders, as they follow one another in the layer."""
    part = found["part"]
    return sorted({*found["size"]["channels"], *(part["channels"] if part else ())})


def _by_channel(tensor: Tensor) -> Tensor:
    return tensor.detach().reshape(tensor.shape[0], -1)


def _ranked(numbers: Tensor, most: int) -> Ranked:
    # What is no number is weaker than any: a layer may hold some that no score depends on.
    order = numbers.abs().nan_to_num(nan=-1.0).argsort(descending=True, stable=True)[:most]
    return {"channels": order.tolist(), "values": numbers[order].tolist()}
