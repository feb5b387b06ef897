"""Layers where several meet."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from app.core.layers.bounds import Misfit
from app.core.layers.layer import Example, Kind, Layer, Shape
from app.core.numbers import sizes


def added(*parts: Any) -> Any:
    """Tensors entry by entry."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def multiplied(*parts: Any) -> Any:
    """Tensors entry by entry."""
    total = parts[0]
    for part in parts[1:]:
        total = total * part
    return total


def joined(*parts: Any) -> Any:
    """Tensors along their channels."""
    import torch

    return torch.cat(parts, dim=1)


class Add(Layer):
    """Adds its inputs entry by entry: the residual connection. The gradient goes to all of them."""

    type: Literal["Add"] = "Add"
    kind: ClassVar[Kind] = "joint"
    operands: ClassVar[int] = 2
    torchs: ClassVar = False
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (3, 4, 5))),
        Example({}, ((4,), (4,), (4,))),
    )

    def output(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            raise Misfit(
                f"{self.type} needs inputs of one size and is given {_given(shapes)}; a 1 × 1 "
                "Conv2d on the shortcut changes its channels, and with a stride its height and "
                "width",
                output=shapes[0],
            )
        return shapes[0]

    def text(self, operands: int = 1) -> str:
        return " + ".join(f"x{k}" for k in range(operands))

    def module(self) -> Any:
        return added

    def applied_code(self, given: Sequence[str]) -> str:
        return " + ".join(given)


class Multiply(Add):
    """Multiplies its inputs entry by entry: a gate, where one of them is between 0 and 1."""

    type: Literal["Multiply"] = "Multiply"  # type: ignore[assignment]
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (3, 4, 5))),
        Example({}, ((4,), (4,))),
    )

    def text(self, operands: int = 1) -> str:
        return " * ".join(f"x{k}" for k in range(operands))

    def module(self) -> Any:
        return multiplied

    def applied_code(self, given: Sequence[str]) -> str:
        return " * ".join(given)


class Concat(Layer):
    """Puts the channels of its inputs behind one another."""

    type: Literal["Concat"] = "Concat"
    kind: ClassVar[Kind] = "joint"
    operands: ClassVar[int] = 2
    torchs: ClassVar = False
    channels: ClassVar = "stacked"
    examples: ClassVar = (
        Example({}, ((3, 4, 5), (2, 4, 5))),
        Example({}, ((4,), (1,), (2,))),
    )

    def output(self, *shapes: Shape) -> Shape:
        if len({shape[1:] for shape in shapes}) > 1:
            raise Misfit(f"Concat needs maps of one height and width and is given {_given(shapes)}")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        at = channel - sum(shape[0] for shape in shapes[:source])
        return range(at, at + 1) if 0 <= at < shapes[source][0] else range(0)

    def module(self) -> Any:
        return joined

    def applied_code(self, given: Sequence[str]) -> str:
        return f"torch.cat([{', '.join(given)}], dim=1)"


def _given(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(sizes, dict.fromkeys(shapes)))
