"""One point's way through the net as an expression, whose gradients are those of its own loss.

A small net is written out weight by weight, each a number; a larger one a layer a line, with a
matrix of weights in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.core.experiments.training_step.questions import Weight
from app.core.experiments.training_step.replay import Replay
from app.core.training.nets import Net
from app.core.training.points import Array
from app.core.training.steps import Function, Steps

MOST_WRITTEN = 20  # weights and biases that are written out one by one
LONGEST_LINK = 6_000  # beyond it the question goes behind the `#`, which no server has to read


class StepExpression(TypedDict):
    """The same computation, to be opened as a graph."""

    expression: str
    inputs: dict[str, Any]
    link: str
    input: Annotated[str, Field(description="In which of the inputs the weight is.")]
    at: Annotated[list[int], Field(description="Where in it: indices; none in a number.")]


def expression(steps: Steps, found: Replay, sample: int, weight: Weight) -> StepExpression:
    net, one = found.net, len(found.units[-1]) == 1
    small = one and sum(part.size for part in net.parts) <= MOST_WRITTEN
    x, y = found.batch.x[sample].tolist(), float(found.batch.y[sample])
    lines, inputs = (by_weight if small else by_layer)(net, steps.activation, found.batch.masks, x)
    text = "\n".join([*lines, "L = softplus(z) - y * z" if one else "L = cross_entropy(z, y)"])
    inputs["y"] = y
    query = urlencode({"expression": text, "inputs": orjson.dumps(inputs).decode()})
    name, at = weight.name, list[int]()
    if not small:
        alone = one and weight.layer == len(net.weights) - 1
        name = f"{weight.name[0].upper() if weight.source is not None else 'b'}{weight.layer + 1}"
        at = [] if alone else [weight.unit]
        at += [] if weight.source is None else [weight.source]
    return {
        "expression": text,
        "inputs": inputs,
        "link": f"/expression{'?' if len(query) <= LONGEST_LINK else '#'}{query}",
        "input": name,
        "at": at,
    }


def called(activation: Function, total: str) -> str:
    """The activation of a sum."""
    return total if activation == "none" else f"{activation}({total})"


def scaled(mask: str, out: str) -> str:
    """What of it is given on, where units are left out."""
    return f"{mask} * {out}" if "(" in out else f"{mask} * ({out})"


def by_weight(
    net: Net, activation: Function, masks: Sequence[Array], x: list[float]
) -> tuple[list[str], dict[str, Any]]:
    """A line a unit; every weight an input of its own."""
    inputs: dict[str, Any] = {f"x{k + 1}": value for k, value in enumerate(x)}
    given, lines = list(inputs), []
    last = len(net.weights) - 1
    for layer, (weights, biases) in enumerate(zip(net.weights, net.biases, strict=True)):
        outs = []
        for unit, row in enumerate(weights):
            terms = []
            for k, value in enumerate(row):
                name = Weight(layer, unit, k).name
                inputs[name] = float(value)
                terms.append(f"{name}*{given[k]}")
            bias = Weight(layer, unit, None).name
            inputs[bias] = float(biases[unit])
            total = " + ".join([*terms, bias])
            outs.append("z" if layer == last else f"a{layer + 1}_{unit + 1}")
            out = total if layer == last else called(activation, total)
            if masks and layer < last:
                mask = f"m{layer + 1}_{unit + 1}"
                inputs[mask] = float(masks[layer][unit])
                out = scaled(mask, out)
            lines.append(f"{outs[-1]} = {out}")
        given = outs
    return lines, inputs


def by_layer(
    net: Net, activation: Function, masks: Sequence[Array], x: list[float]
) -> tuple[list[str], dict[str, Any]]:
    """A line a layer; what leads to one output alone is a vector."""
    inputs: dict[str, Any] = {"x": x}
    lines, given = list[str](), "x"
    last = len(net.weights) - 1
    for layer, (weights, biases) in enumerate(zip(net.weights, net.biases, strict=True)):
        here = layer + 1
        alone = len(weights) == 1 and layer == last
        inputs[f"W{here}"] = np.asarray(weights[0] if alone else weights).tolist()
        inputs[f"b{here}"] = float(biases[0]) if alone else biases.tolist()
        out = f"W{here} @ {given} + b{here}"
        if layer < last:
            out = called(activation, out)
        if masks and layer < last:
            inputs[f"m{here}"] = masks[layer].tolist()
            out = scaled(f"m{here}", out)
        given = "z" if layer == last else f"a{here}"
        lines.append(f"{given} = {out}")
    return lines, inputs
