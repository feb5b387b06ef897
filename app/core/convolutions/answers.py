"""What the convolution figure is answered: the layer's numbers, its sizes, its steps."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core.convolutions.filters import FILTERS, FilterName, FilterRow
from app.core.convolutions.questions import (
    MOST_NUMBERS,
    MOST_STEPS,
    ConvolutionQuestion,
    StepsQuestion,
    WindowQuestion,
    checked_cell,
)
from app.core.convolutions.sliding import Convolution, Floats, Sliding, Volume
from app.core.convolutions.steps import Cells, number, plain
from app.core.convolutions.tellings import Cell, LayerGradients, StepsAnswer
from app.core.convolutions.window import WindowAnswer, window_answer
from app.core.errors import Problem
from app.core.layers.table import Conv2d, Linear
from app.core.numbers import Number, plural

STEP_NUMBERS = 40_000  # in an answer about steps
CONNECTED = 10  # outputs of the fully connected layer that a convolution is compared with
FIRST, LAST = 4, 2  # of its many inputs and weights, those that are told


class LayerShapes(TypedDict):
    input: list[int]
    weights: list[int] | None
    output: list[int]


class ParameterCount(TypedDict):
    name: str
    parameters: int


class LayerParameters(TypedDict):
    count: int
    one_filter: int
    latex: str
    sentence: str
    compared: list[ParameterCount]


class VectorEnds(TypedDict):
    """A long vector, of which only the first and the last numbers are told."""

    first: list[Number]
    last: list[Number]


class ConnectedRow(VectorEnds):
    """A row of W, and the output that it gives."""

    value: Number


class ConnectedLayer(TypedDict):
    """A fully connected layer on the same input: every output is a row of W times x."""

    inputs: int
    x: Annotated[
        VectorEnds, Field(description="The input as one vector: channel by channel, row by row.")
    ]
    rows: list[ConnectedRow]
    parameters: int
    latex: str
    sentence: str


class CellTrack(TypedDict):
    forward: Annotated[int, Field(description="Steps that go forward, one a cell of the output.")]
    count: Annotated[int, Field(description="All steps: forward, backward, and the sum.")]
    batch: Annotated[
        int, Field(description="The most steps that POST /api/convolution/steps answers with.")
    ]


class ConvolutionAnswer(TypedDict):
    """A layer on one input; maps are lists of rows."""

    layer: Literal["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"]
    shapes: LayerShapes
    input: Volume
    weights: list[Volume] | None
    bias: list[Number] | None
    output: Volume
    upstream: Volume
    gradients: LayerGradients
    filters: list[FilterName]
    window: WindowAnswer
    coverage: Annotated[list[list[int]], Field(description="How many windows cover each position.")]
    parameters: LayerParameters
    connected: Annotated[
        ConnectedLayer | None,
        Field(description="Beside a convolution, unless its input is too large."),
    ]
    track: CellTrack
    cells: list[Cell]


def convolve(question: ConvolutionQuestion) -> ConvolutionAnswer:
    """The answer to POST /api/convolution."""
    sliding = question.sliding()
    upstream = question.gradient(sliding)
    gradients = sliding.backward(upstream)
    cells = Cells(sliding, upstream)
    told = list(question.cells)
    for cell in told:
        checked_cell(cell, cells.shape, "cells")
    if question.near:
        told.insert(0, [min(i, n - 1) for i, n in zip(question.near, cells.shape, strict=True)])
    convolution = sliding if isinstance(sliding, Convolution) else None
    return {
        "layer": question.layer,
        "shapes": {
            "input": list(sliding.input.shape),
            "weights": list(convolution.weights.shape) if convolution else None,
            "output": list(sliding.output.shape),
        },
        "input": plain(sliding.input),
        "weights": plain(convolution.weights) if convolution else None,
        "bias": plain(convolution.bias) if convolution else None,
        "output": plain(sliding.output),
        "upstream": plain(upstream),
        "gradients": {
            "input": plain(gradients.input),
            "weights": None if gradients.weights is None else plain(gradients.weights),
            "bias": None if gradients.bias is None else plain(gradients.bias),
        },
        "filters": _filters(question) if convolution else [],
        "window": _window(sliding),
        "coverage": plain(sliding.coverage),
        "parameters": _parameters(question, sliding),
        "connected": _connected(question, sliding),
        "track": {"forward": cells.forward, "count": cells.count, "batch": _batch(cells)},
        "cells": [cells.cell(cell) for cell in told],
    }


# Multiply-adds that the event loop computes itself; anything larger goes to a worker.
SMALL = 2_000_000


def small(question: ConvolutionQuestion) -> bool:
    """Whether the event loop can afford to compute the answer itself."""
    return work(question) <= SMALL


def work(question: ConvolutionQuestion) -> int:
    """About how many multiply-adds an answer takes; tells it without computing it."""
    sliding = question.sliding()
    high, wide = sliding.positions
    taps = sliding.high.kernel * sliding.wide.kernel
    filters = len(sliding.weights) if isinstance(sliding, Convolution) else 1
    return high * wide * taps * len(sliding.input) * filters


def window(question: WindowQuestion) -> WindowAnswer:
    """The answer to POST /api/window."""
    return window_answer(**question.model_dump())


def steps(question: StepsQuestion) -> StepsAnswer:
    """The answer to POST /api/convolution/steps."""
    sliding = question.sliding()
    cells = Cells(sliding, question.gradient(sliding))
    if question.first >= cells.count:
        raise Problem(
            f"there are {cells.count:,} steps, the last is step {cells.count - 1}",
            {"field": "first"},
            str(cells.count - 1),
        )
    return cells.steps(question.first, min(question.count, _batch(cells)))


def _batch(cells: Cells) -> int:
    """How many steps an answer holds: a step is up to four patches."""
    return max(1, min(MOST_STEPS, STEP_NUMBERS // (4 * cells.patch((0, 0, 0)).size)))


def filter_rows() -> list[FilterRow]:
    """The answer to GET /api/filters: each with its plane of 3 by 3."""
    return [
        {"name": row.name, "says": row.says, "plane": plain(row.plane(3, 3))}
        for row in FILTERS.values()
    ]


def _filters(question: ConvolutionQuestion) -> list[FilterName]:
    def told(name: Any) -> FilterName:
        if name == "random":
            return {"name": "random", "says": "Small whole numbers, drawn at random."}
        if isinstance(name, str):
            return {"name": name, "says": FILTERS[name].says}
        return {"name": "by hand", "says": "Weights that were given."}

    return [told(name) for name in question.names()]


def _window(sliding: Sliding) -> WindowAnswer:
    _, height, width = sliding.input.shape
    high, wide = sliding.high, sliding.wide
    return window_answer(
        (height, width),
        (high.kernel, wide.kernel),
        (high.stride, wide.stride),
        (high.padding, wide.padding),
        (high.dilation, wide.dilation),
    )


def _connected(question: ConvolutionQuestion, sliding: Sliding) -> ConnectedLayer | None:
    """A fully connected layer on the same input, to stand beside a convolution: W times x."""
    inputs = sliding.input.size
    if question.layer != "Conv2d" or CONNECTED * inputs > MOST_NUMBERS:
        return None
    asked = ConvolutionQuestion(
        layer="Linear", input=question.input, shape=question.shape, seed=question.seed,
        filters=CONNECTED,
    )  # fmt: skip
    layer = asked.sliding()
    assert isinstance(layer, Convolution)
    parameters = asked.row(layer.input.shape, CONNECTED).parameters
    rows = zip(layer.weights, layer.output.reshape(-1), strict=True)
    return {
        "inputs": inputs,
        "x": _ends(layer.input),
        "rows": [{**_ends(weights), "value": number(value)} for weights, value in rows],
        "parameters": parameters,
        "latex": rf"{CONNECTED} \cdot ({inputs} + 1) = {parameters}",
        "sentence": f"Each of the {CONNECTED} outputs is a row of W, {plural(inputs, 'weight')}, "
        f"times all of x; with the biases that is {parameters:,} parameters.",
    }


def _ends(volume: Floats) -> VectorEnds:
    """The volume as one vector, of which the first and the last numbers are told."""
    vector = volume.reshape(-1)
    return {"first": plain(vector[:FIRST]), "last": plain(vector[max(FIRST, vector.size - LAST) :])}


def _parameters(question: ConvolutionQuestion, sliding: Sliding) -> LayerParameters:
    """How many numbers are learned, and how many a fully connected layer would learn."""
    shape, output = sliding.input.shape, sliding.output.shape
    layer = question.row(shape, output[0])
    inputs, outputs = prod(shape), prod(output)
    compared = [("this layer", layer.parameters)]
    for features in dict.fromkeys((10, outputs)):
        if question.layer != "Linear" or features != outputs:
            connected = Linear(in_features=inputs, out_features=features)
            compared.append((f"fully connected, {inputs} → {features}", connected.parameters))
    if question.layer == "Linear":
        usual = Conv2d(in_channels=shape[0], out_channels=6, kernel_size=5)
        compared.append((f"6 filters of 5 × 5 × {shape[0]}", usual.parameters))
    if not isinstance(sliding, Convolution):
        return {
            "count": 0,
            "one_filter": 0,
            "latex": "0",
            "sentence": "A pooling has nothing to learn.",
            "compared": [{"name": name, "parameters": count} for name, count in compared],
        }
    filters, _, high, wide = sliding.weights.shape
    weights = (
        f"{inputs}" if question.layer == "Linear" else rf"{high} \cdot {wide} \cdot {shape[0]}"
    )
    one = sliding.weights[0].size + 1
    each = "row" if question.layer == "Linear" else "filter"
    return {
        "count": layer.parameters,
        "one_filter": one,
        "latex": rf"{filters} \cdot ({weights} + 1) = {layer.parameters}",
        "sentence": f"{layer.parameters:,} parameters: {one:,} a {each}, its "
        f"{plural(one - 1, 'weight')} and a bias.",
        "compared": [{"name": name, "parameters": count} for name, count in compared],
    }
