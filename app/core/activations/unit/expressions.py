"""A unit's computation as an expression, to be opened as a graph with equal values and gradients.

The unit's own gradient is the factor `g` of the last line, so that whatever comes back to its
inputs in the expression is what comes back by this unit in the network.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson

from app.core.activations.unit.answers import UnitExpression, UnitNode, UnitStep
from app.core.activations.unit.functions import Arithmetic, replaced
from app.core.activations.unit.values import exact
from app.core.layers.layer import WORD, Layer

MOST_ENTRIES = 10_000
LONGEST_LINK = 6_000  # beyond it the question goes behind the `#`, which no server has to read

Step = tuple[Layer, Arithmetic, UnitStep]  # and what is told of it


def expression(chain: Sequence[Step], shared: Sequence[str]) -> UnitExpression | None:
    """Steps as lines of text; None where a step has too many numbers, or none at all."""
    lines: list[str] = []
    inputs: dict[str, Any] = {}
    nodes: dict[str, UnitNode] = {}
    name = ""
    taken = {"g", "L"}
    for layer, made, step in chain:
        entries = sum(np.size(value) for value in made.given.values())
        if entries > MOST_ENTRIES or step.get("omitted"):
            return None
        if any(np.size(value) == 0 for value in made.given.values()):
            return None
        words: dict[str, str] = {}
        if name:
            words["x"] = name
        elif "x" in made.given and "X" in made.given:
            words["x"] = f"X[{', '.join(map(str, made.own or ()))}]"
        *named, last = made.text.split("\n")
        for word in [*made.given, *(line.split(" = ")[0] for line in named)]:
            if word not in words:
                words[word] = _free(word, taken)
                taken.add(words[word])
        for line in named:
            word, text = line.split(" = ", 1)
            lines.append(f"{words[word]} = {replaced(text, words)}")
        inputs |= {
            words[word]: _told(word, made, step) if np.ndim(value) else float(value)
            for word, value in made.given.items()
            if word != "x" or words[word] == "x"
        }
        text = replaced(last, words)
        name = _free(_letter(layer), taken)
        taken.add(name)
        # Another name alone would be no node.
        lines.append(f"{name} = {'1 * ' if WORD.fullmatch(text) else ''}{text}")
        nodes[name] = {
            "layer": step["layer"],
            "value": step["value"],
            "gradient": step["gradient"],
        }
    lines.append(f"L = g * {name}")
    inputs["g"] = chain[-1][2]["gradient"] or 0.0
    text = "\n".join(lines)
    query = urlencode({"expression": text, "inputs": orjson.dumps(inputs).decode()})
    return {
        "expression": text,
        "inputs": inputs,
        "nodes": nodes,
        "link": f"/expression{'?' if len(query) <= LONGEST_LINK else '#'}{query}",
        "note": _note(shared),
    }


def _told(word: str, made: Arithmetic, step: UnitStep) -> Any:
    """An array as lists: those of the step where it tells them, with a number for padding."""
    lists = step.get("patch" if word == "X" else "weights")
    return _filled(exact(made.given[word]) if lists is None else lists, made.filling)


def _filled(nested: Any, padding: float) -> Any:
    if isinstance(nested, list):
        return [_filled(part, padding) for part in nested]
    return padding if nested is None else nested


def _note(shared: Sequence[str]) -> str | None:
    if not shared:
        return None
    names = " and ".join(f"`{name}`" for name in shared)
    goes = "goes" if len(shared) == 1 else "go"
    return f"{names} {goes} to other layers too; only what comes back by this way is in the graph."


def _letter(layer: Layer) -> str:
    """`a` for an activation, `n` for what is made even, `h` for what is made of many numbers."""
    if not layer.pointwise:
        return "h"
    return "n" if layer.numbers else "a"


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "1"
    return name
