"""A unit's arithmetic as LaTeX, with its numbers, from its layer's own text."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.core.activations.unit.functions import Arithmetic
from app.core.expressions.formulas import Term, labels, number_term, render
from app.core.expressions.ops import OPS
from app.core.numbers import latex_number

SPELLED_OUT = 4  # of more terms a formula shows the ends


def formula(made: Arithmetic, value: float) -> str:
    """The formula of one step, and what it comes to."""
    tex = f"{_in_numbers(made).tex} = {latex_number(value)}"
    if "W" in made.given:  # which numbers they are is told apart
        return f"{labels(made.graph)[made.graph.output].tex} = {tex}"
    return tex


def _in_numbers(made: Arithmetic) -> Term:
    """The last line, each word in it as its number."""
    terms: list[Term] = []
    graph = made.graph
    for i, node in enumerate(graph.nodes):
        value = made.values[i]
        if np.ndim(value):
            terms.append(Term(r"\dots"))  # of many numbers only what they come to is told
        elif node.leaf or (node.name is not None and i != graph.output):
            terms.append(Term(r"\pi") if value == math.pi else number_term(float(value)))
        elif node.op in SIGNS and np.ndim(made.values[node.inputs[0]]):
            terms.append(_listed(node.op, _entries(made, node.inputs[0])))
        elif any(np.ndim(made.values[j]) for j in node.inputs):
            terms.append(number_term(float(value)))
        else:
            operands = [terms[j] for j in node.inputs]
            terms.append(render(OPS[node.op], operands, node.attributes))
    return terms[graph.output]


SIGNS = {"sum": " + ", "max": ", "}


def _entries(made: Arithmetic, i: int) -> Any:
    """What is summed or compared, without padding; of products a sum a channel."""
    node, values = made.graph.nodes[i], np.asarray(made.values[i])
    if node.op == "input":
        given = np.asarray(made.given[node.id])
        return values[~np.isnan(given)].tolist()
    return values.sum(axis=(1, 2)).tolist() if values.ndim == 3 else values.ravel().tolist()


def _listed(op: str, numbers: Sequence[float]) -> Term:
    terms = [number_term(number) for number in numbers]
    told = [term.inside(11) if op == "sum" else term.tex for term in terms]
    if len(told) > SPELLED_OUT:
        told = [*told[: SPELLED_OUT - 2], r"\dots", *told[-1:]]
    if op == "max":
        return Term(rf"\max({', '.join(told)})")
    return Term(" + ".join(told) or "0", 10)
