"""Layers of lines in a network of pictures: a line is a picture 1 pixel high."""

from functools import lru_cache
from types import new_class
from typing import Any

from app.core.layers.layer import Layer


def on_lines(layer: Layer) -> Any:
    """torch's module for lines, which it takes as (batch, channels, length)."""
    return _on_lines(layer.type)(**layer.arguments)


@lru_cache
def _on_lines(type: str) -> Any:
    from torch import nn

    kind = getattr(nn, type)

    def forward(self: Any, given: Any) -> Any:
        if given.ndim != 4:
            return kind.forward(self, given)
        return kind.forward(self, given.squeeze(2)).unsqueeze(2)

    return new_class(type, (kind,), {}, lambda held: held.update(forward=forward))
