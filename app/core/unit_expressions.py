"""A unit's computation as an expression, to be opened as a graph with equal values and gradients.

The unit's own gradient is the factor `g` of the last line, so that whatever comes back to its
inputs in the expression is what comes back by this unit in the network.
"""

from collections.abc import Mapping, Sequence
from itertools import chain as joined
from typing import Any
from urllib.parse import urlencode

import orjson

from app.core.unit_functions import FUNCTIONS, filled, function_of

MOST_ENTRIES = 10_000
LONGEST_LINK = 6_000  # beyond it the question goes behind the `#`, which no server has to read

NAMES = {"BatchNorm2d": "n"}  # other functions give `a`, what is made of many numbers is `h`


def expression(chain: Sequence[Mapping[str, Any]], shared: Sequence[str]) -> dict[str, Any] | None:
    """Steps as {expression, inputs, nodes: {name: {layer, value, gradient}}, link, note};
    None where a step has no such form, or too many numbers."""
    lines: list[str] = []
    inputs: dict[str, Any] = {}
    nodes: dict[str, dict[str, Any]] = {}
    name = ""
    for position, step in enumerate(chain):
        made = _first(step) if position == 0 else None
        if made is None:
            made = _applied(step, name)
        if made is None:
            return None
        text, given = made
        name = _named(step["type"], nodes)
        lines.append(f"{name} = {text}")
        if inputs.keys() & given.keys():
            return None  # two batch norms in a row
        inputs |= given
        nodes[name] = {word: step[word] for word in ("layer", "value", "gradient")}
    entries = sum(_count(value) for value in inputs.values())
    if entries > MOST_ENTRIES:
        return None
    lines.append(f"L = g * {name}")
    inputs["g"] = chain[-1]["gradient"] or 0.0
    text = "\n".join(lines)
    query = urlencode({"expression": text, "inputs": orjson.dumps(inputs).decode()})
    return {
        "expression": text,
        "inputs": inputs,
        "nodes": nodes,
        "link": f"/?{query}" if len(query) <= LONGEST_LINK else f"/#{query}",
        "note": _note(shared),
    }


def _note(shared: Sequence[str]) -> str | None:
    if not shared:
        return None
    names = " and ".join(f"`{name}`" for name in shared)
    return f"{names} goes to other layers too; only what comes back by this way is in the graph."


def _named(kind: str, taken: Mapping[str, Any]) -> str:
    name = NAMES.get(kind, "a" if kind in FUNCTIONS else "h")
    while name in taken:
        name += "1"
    return name


def _first(step: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The step that makes a number of many."""
    kind = step["type"]
    if kind in ("Conv2d", "Linear"):
        if step.get("omitted"):
            return None
        # Padding is zeros.
        given = {"X": _filled(step["patch"], 0.0), "W": step["weights"]}
        if step["bias"] is None:
            return "sum(X * W)", given
        return "sum(X * W) + b", given | {"b": step["bias"]}
    if kind == "MaxPool2d":
        lowest = min(entry for entry in joined(*step["patch"]) if entry is not None)
        return "max(X)", {"X": _filled(step["patch"], lowest - 1)}
    if step.get("divisor"):
        return f"sum(X) / {step['divisor']}", {"X": _filled(step["patch"], 0.0)}
    if kind == "Add":
        given = {f"x{i}": part["value"] for i, part in enumerate(step["parts"])}
        return " + ".join(given), given
    if kind in ("Concat", "Flatten"):
        return "1 * x", {"x": step["parts"][0]["value"]}
    made = _applied(step, "x")
    return made and (made[0], made[1] | {"x": step["before"]})


def _applied(step: Mapping[str, Any], x: str) -> tuple[str, dict[str, Any]] | None:
    """The step that makes a number of one."""
    if step["type"] == "BatchNorm2d" and "mean" in step:
        gamma = 1.0 if step["weight"] is None else step["weight"]
        given = {"mu": step["mean"], "gamma": gamma, "beta": step["bias"] or 0.0}
        given |= {word: step[word] for word in ("variance", "eps")}
        return f"gamma * ({x} - mu) / sqrt(variance + eps) + beta", given
    function = function_of(step)
    return function and (filled(function.expression, x, str(step.get("slope"))), {})


def _filled(nested: Any, padding: float) -> Any:
    """The same with a number in place of padding."""
    if isinstance(nested, list):
        return [_filled(part, padding) for part in nested]
    return padding if nested is None else nested


def _count(nested: Any) -> int:
    return sum(map(_count, nested)) if isinstance(nested, list) else 1
