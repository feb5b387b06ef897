"""What one unit's value is made of, layer by layer.

Products and sums are worked out in double precision from the numbers that the network holds, which
are float32. Imports torch, so it belongs into a worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from app.core.activations.capture import Capture, Place
from app.core.activations.unit.answers import UnitNumbers, UnitPart, UnitStep
from app.core.activations.unit.formulas import formula
from app.core.activations.unit.functions import Arithmetic, Under, arithmetic, carried
from app.core.layers.layer import Layer

MOST_PRODUCTS = 256  # of a linear layer


def step(captured: Capture, i: int, place: Place) -> tuple[Arithmetic, UnitStep]:
    """One layer's part in a unit's value: its arithmetic, and what is told of it."""
    node = captured.network.layers[i]
    layer, made = node.layer, arithmetic(captured, i, place)
    value = captured.value_at(i, place)
    return made, {
        "layer": node.name,
        "type": layer.type,
        "sources": [captured.name(j) for j in captured.sources(i)],
        "value": value,
        "gradient": captured.gradient_at(i, place),
        "latex": formula(made, value),
        **_numbers(captured, i, place, made),
    }


def _numbers(captured: Capture, i: int, place: Place, made: Arithmetic) -> UnitNumbers:
    """What is told of a step by what its layer does."""
    layer, source = captured.network.layers[i].layer, captured.activation(captured.sources(i)[0])
    if layer.weighs and source.ndim == 3:
        return {**_windowed(layer, source, place), **_products(made)}
    if layer.weighs:
        return _listed_products(made)
    if "X" in made.given and "x" not in made.given:
        return {**_windowed(layer, source, place), **_pooled(layer, made)}
    if layer.operands > 1 or layer.places == "moved":
        return {"parts": _parts(captured, i, place)}
    before = float(source[place] if source.ndim == 3 else source[place[0]])
    return {"before": before, "numbers": made.numbers}


def exact(array: npt.NDArray[Any]) -> Any:
    """Nested lists of numbers, float32 ones with no more digits than they have; null for NaN."""
    if array.ndim:
        return [exact(part) for part in array]
    if np.isnan(array):
        return None
    return float(f"{array:.9g}") if array.dtype == np.float32 else float(array)


def _windowed(layer: Layer, source: Tensor, place: Place) -> UnitNumbers:
    """Where the window lies: first and last position, and how far apart its taps are."""
    if source.ndim == 1:
        return {}
    under = Under(layer, source, place)
    channels = under.channels
    sides = (under.rows, under.columns)
    return {
        "rows": [under.rows[0], under.rows[-1]] if under.rows else [0, -1],
        "columns": [under.columns[0], under.columns[-1]] if under.columns else [0, -1],
        "dilation": [side[1] - side[0] if len(side) > 1 else 1 for side in sides],
        "channels": [channels.start, channels.stop - 1],
    }


def _products(made: Arithmetic) -> UnitNumbers:
    patch, weights = made.given["X"], made.given["W"]
    products = patch.astype(np.float64) * weights
    sums = np.nansum(products, axis=(1, 2))
    bias = made.given.get("b")
    return {
        "patch": exact(patch),
        "weights": exact(weights),
        "products": exact(products),
        "sums": exact(sums),
        "bias": None if bias is None else exact(np.array(bias, np.float32)),
        "sum": float(sums.sum()) + (bias or 0.0),
    }


def _listed_products(made: Arithmetic) -> UnitNumbers:
    """Of a vector: the strongest ones, in their order, and the sum of the others."""
    values, weights = made.given["X"], made.given["W"]
    products = values.astype(np.float64) * weights
    bias = made.given.get("b")
    strongest = np.sort(np.argsort(-np.abs(products), kind="stable")[:MOST_PRODUCTS])
    total = float(products.sum())
    return {
        "index": strongest.tolist(),
        "patch": exact(values[strongest]),
        "weights": exact(weights[strongest]),
        "products": exact(products[strongest]),
        "omitted": len(products) - len(strongest),
        "omitted_sum": total - float(products[strongest].sum()),
        "bias": None if bias is None else exact(np.array(bias, np.float32)),
        "sum": total + (bias or 0.0),
    }


def _pooled(layer: Layer, made: Arithmetic) -> UnitNumbers:
    """What lies under the window of a map, and which of it counts."""
    patch = made.given["X"]
    patch = patch[0] if len(patch) == 1 else patch
    largest = None
    if layer.picks and patch.ndim == 2:
        at = int(np.argmax(np.where(np.isnan(patch), -np.inf, patch)))  # the first, as torch
        largest = list(divmod(at, patch.shape[1]))
    return {"patch": exact(patch), "argmax": largest, "divisor": made.given.get("divisor")}


def _parts(captured: Capture, i: int, place: Place) -> list[UnitPart]:
    """The numbers of other layers that this one joins, or the one that it lays out anew."""
    return [
        {
            "layer": captured.name(j),
            "channel": at[0],
            "row": at[1],
            "column": at[2],
            "value": captured.value_at(j, at),
        }
        for j, at in carried(captured, i, place)
    ]
