"""Small example values that fit an expression: for inputs that have none, and for those whose own
cannot be worked with."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from app.core.errors import Problem
from app.core.expressions.arrays import shape_words
from app.core.expressions.evaluation import evaluate
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.outcomes import Budget
from app.core.expressions.shapes import Shape, fitting
from app.core.expressions.values import plain

PATTERN = (1.0, -1.0, 2.0, 0.5, -2.0, 1.5, -0.5, 3.0)
STARTS = (1.0, 0.5, 2.0)
MOST_TRIED = 6  # inputs that are given other values one by one
BRIEF = Budget(entries=20_000, seconds=0.03)


def filled(graph: Graph, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the expression's own inputs, with examples for those that have none: 1 for a
    number, or what a logarithm or a quotient takes where that is nothing for it, and a small vector
    or matrix where the ops ask for one."""
    values = {name: given[name] for name in graph.inputs if name in given}
    new = [name for name in graph.inputs if name not in given]
    if new and wants_tensors(graph):
        examples = _examples(graph, values, new)
        if examples is not None:
            return {name: values.get(name, examples.get(name)) for name in graph.inputs}
    for start in STARTS if new else ():
        found = {name: values.get(name, start) for name in graph.inputs}
        if _works(graph, found):
            return found
    return {name: values.get(name, 1.0) for name in graph.inputs}


def fits(graph: Graph, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values with which the expression can be worked out, of the inputs that need others than they
    are given; as many of those as can stay do. Empty where none are found."""
    if not wants_tensors(graph):
        return {}
    values = {name: given[name] for name in graph.inputs if name in given}
    numbers = [name for name, value in values.items() if not np.ndim(value)]
    one_by_one = [[name] for name in reversed(values)][:MOST_TRIED]
    for loose in ([], numbers, *one_by_one, list(values)):
        kept = {name: value for name, value in values.items() if name not in loose}
        found = _examples(graph, kept, [name for name in graph.inputs if name not in kept], values)
        if found is not None:
            return {name: value for name, value in found.items() if value is not values.get(name)}
    return {}


def wants_tensors(graph: Graph) -> bool:
    """Whether an op of the graph works on vectors or matrices as a whole."""
    known: bool | None = graph.notes.get("wants tensors")
    if known is None:
        ops = (OPS[node.op] for node in graph.nodes if not node.leaf)
        lists = any(node.op == "constant" and np.ndim(node.value) for node in graph.nodes)
        known = lists or "dot" in graph.written.values() or "·" in graph.written.values()
        known = known or any(op.reduces or op.downstream or not op.arguments for op in ops)
        graph.notes["wants tensors"] = known
    return known


def _examples(
    graph: Graph, kept: Mapping[str, Any], new: Sequence[str], before: Mapping[str, Any] = {}
) -> dict[str, Any] | None:
    """Values for the new inputs, beside those that are kept, with which there is an answer."""
    shapes = fitting(graph, {name: np.shape(value) for name, value in kept.items()})
    if shapes is None:
        return None
    if not any(shapes[name] for name in new):
        return None
    for values in _tries(graph, shapes, new, before):
        if _works(graph, {**kept, **values}):
            return values
    return None


def _works(graph: Graph, values: Mapping[str, Any]) -> bool:
    """Whether there is an answer with these values, soon."""
    try:
        evaluate(graph, values, budget=BRIEF)
    except Problem:
        return False
    return True


def _tries(
    graph: Graph, shapes: Mapping[str, Shape], new: Sequence[str], before: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Values of these shapes: of both signs, then above 0, then all the same."""
    counted = _whole(graph)
    for of_both in (True, False):
        values: dict[str, Any] = {}
        at = 0
        for name in new:
            shape = shapes[name]
            if name in counted:
                values[name] = plain(np.zeros(shape)) if shape else 0.0
            elif not shape:
                was = before.get(name, 1.0)
                values[name] = was if not np.ndim(was) else 1.0
            elif np.shape(before.get(name, 0.0)) == shape:
                values[name] = before[name]
            else:
                entries = np.resize(np.roll(PATTERN, -at), math.prod(shape)).reshape(shape)
                values[name] = (entries if of_both else np.abs(entries)).tolist()
                at += 3
        yield values
    yield {name: np.ones(shapes[name]).tolist() for name in new}


def _whole(graph: Graph) -> set[str]:
    """Inputs that count: labels of classes, and computed indices."""
    names = set()
    for node in graph.nodes:
        of = {"cross_entropy": (1,), "hinge": (1,), "index": range(1, len(node.inputs))}
        for position in of.get(node.op, ()):
            operand = graph.nodes[node.inputs[position]]
            if operand.op == "input":
                names.add(operand.id)
    return names


def told(graph: Graph, problem: Problem, given: Mapping[str, Any]) -> Problem:
    """The problem of an evaluation, with the inputs there are and values that would fit."""
    problem.inputs = list(graph.inputs)
    problem.fits = fits(graph, given)
    single = [name for name in problem.fits if name in given and not np.ndim(given[name])]
    if single and len(single) == len(problem.fits.keys() & given.keys()):
        names = _listed([f"`{name}`" for name in single])
        wanted = _listed([shape_words(np.shape(problem.fits[name])) for name in single])
        are = "is a single number" if len(single) == 1 else "are single numbers"
        give = "it" if len(single) == 1 else "them"
        problem.message = f"{names} {are} here; give {give} {wanted}"
    return problem


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
