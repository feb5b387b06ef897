"""A tensor in a few numbers. Imports torch in its function only: run it in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.numbers import Number

if TYPE_CHECKING:
    from torch import Tensor


class Statistics(TypedDict):
    """A tensor in a few numbers."""

    min: Number
    max: Number
    mean: Number
    norm: Annotated[Number, Field(description="Euclidean.")]
    reach: Annotated[Number, Field(description="The largest size of an entry.")]
    zeros: Annotated[float, Field(description="The share of entries that are exactly 0.")]


def statistics(tensor: Tensor) -> Statistics:
    """Its ends, its mean and what else is told of it; numbers that overflow are null as JSON."""
    import torch

    flat = tensor.detach().reshape(-1)
    low, high = (float(end) for end in torch.aminmax(flat))
    return {
        "min": low,
        "max": high,
        "mean": float(flat.mean()),
        "norm": float(torch.dot(flat, flat).sqrt()),
        "reach": max(-low, high, 0.0),
        # Of truth values numpy counts many times faster than of numbers, and than torch.
        "zeros": 1 - int(np.count_nonzero(flat.numpy() != 0)) / max(1, flat.numel()),
    }
