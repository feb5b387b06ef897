"""Layers that differ between training and use."""

from typing import ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.layer import Kind, Layer, Shape


class Dropout(Layer):
    """Sets a share p of the numbers to 0 while training, so that no unit relies on another."""

    type: Literal["Dropout"] = "Dropout"
    kind: ClassVar[Kind] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False


class Dropout2d(Layer):
    """Sets a share p of the maps to 0 while training, each as a whole."""

    type: Literal["Dropout2d"] = "Dropout2d"
    kind: ClassVar[Kind] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        return shapes[0]
