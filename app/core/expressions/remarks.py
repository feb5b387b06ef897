"""What is to be known of how a text was read: nothing is taken in one of two ways in silence."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from app.core.expressions.graphs import Graph, Remark
from app.core.expressions.outcomes import Evaluation

MOST_NAMES = 8


def product_of_letters(word: str, known: Collection[str]) -> str | None:
    """`x * y` for a word `xy` whose letters are all known names, `W @ x` for `Wx`, and `π * x` for
    any with that sign, which is in no name; None for any other."""
    letters = list(word)
    if not 2 <= len(letters) <= 4:
        return None
    known_all = all(letter in known for letter in letters)
    if not known_all and not ("π" in letters and word.isalpha()):
        return None
    return (" @ " if word[0].isupper() else " * ").join(letters)


def new_inputs(
    graph: Graph, inputs: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[Remark]:
    """That an input has no value yet and is 1, or an example; where its letters are inputs, that it
    may be their product."""
    new = [name for name in graph.inputs if name not in inputs]
    if not new:
        return
    first = graph.where(graph.inputs[new[0]])
    names, more = ", ".join(new[:MOST_NAMES]), len(new) - MOST_NAMES
    example = "an example" if any(values[name] != 1 for name in new) else "1"
    if len(new) > 1:
        example = "examples" if example != "1" else example
    yield {
        "message": f"new input{'s' if len(new) > 1 else ''}: {names}"
        + (f" and {more} more" if more > 0 else "")
        + (
            f" are {example} until they are given values"
            if len(new) > 1
            else f" is {example} until it is given a value"
        ),
        "where": first,
        "suggestion": None,
    }
    known = {*graph.inputs, *inputs}
    for name in new:
        meant = product_of_letters(name, known)
        if meant:
            yield {
                "message": f"`{name}` is one name; the product is written `{meant}`",
                "where": graph.where(graph.inputs[name]),
                "suggestion": meant,
            }


def readings(result: Evaluation) -> Iterator[Remark]:
    """What was read in one of two ways, and what was left out because nothing needs it."""
    graph, said = result.graph, set[tuple[str, str]]()
    yield from graph.remarks
    for i, word in graph.written.items():
        shapes = [np.shape(result.values[j]) for j in graph.nodes[i].inputs]
        sentence = _reading(graph, i, word, shapes)
        if sentence and (word, sentence[:12]) not in said:
            said.add((word, sentence[:12]))  # once
            yield {"message": sentence, "where": graph.where(i), "suggestion": None}
    if result.needed is not None:
        yield _spared(result)


def _spared(result: Evaluation) -> Remark:
    """What does not exist in a branch that is not taken, the first of it."""
    nowhere = "a gradient does not exist in a branch that is not taken, and is not needed"
    i, sentence = next(iter(result.spared.items()), (result.graph.output, nowhere))
    return {
        "message": f"{sentence} (PyTorch multiplies 0 by the slope there, and gets NaN where there "
        "is none)",
        "where": result.graph.where(i),
        "suggestion": None,
    }


def _reading(graph: Graph, i: int, word: str, shapes: Sequence[tuple[int, ...]]) -> str | None:
    """How a word was read between operands of these shapes, if there is a second way."""
    op = graph.nodes[i].op
    if word in ("max", "min") and shapes[0]:
        size = "larger" if word == "max" else "smaller"
        return (
            f"`{word}` of two takes the {size} one entry by entry; along an axis it is "
            f"`{word}(x, axis=0)`"
        )
    if word == "·" and op == "dot":
        return "`·` between two vectors is their dot product; entry by entry it is `*`"
    if word == "·" and all(shapes):
        return "`·` is taken entry by entry here; the matrix product is `@`"
    if word == "dot" and op != "dot":
        return f"`dot` of what are not two vectors is `{op}`, as in numpy"
    if word == "power" and len(shapes[0]) > 1:
        exponent = graph.nodes[graph.nodes[i].inputs[1]].value
        if isinstance(exponent, int) and exponent < 0:
            return "the power is taken entry by entry; the inverse of a matrix is not among the ops"
        return "the power is taken entry by entry; a matrix times itself is `A @ A`"
    if word in ("var", "std", "variance", "deviation", "stddev"):
        return f"`{word}` divides by n, as in numpy; with `correction=1` by n - 1, as in PyTorch"
    return None
