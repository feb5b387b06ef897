"""Where one number came from: an entry of a tensor, or an input's gradient over all its paths."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.expressions.evaluation import Evaluation, evaluate
from app.core.expressions.graphs import Graph
from app.core.expressions.sheets import sheet_of
from app.core.expressions.tensors import pull
from app.core.expressions.values import plain
from app.core.numbers import Number, format_number, latex_number, plural

MOST_TERMS = 24  # of one entry, the largest first
MOST_PATHS = 12


class Term(TypedDict):
    source: str
    index: list[int]
    value: Number
    local: Number
    product: Number


class EntryFlow(TypedDict):
    target: str
    position: int
    downstream: Number


class EntryAnswer(TypedDict):
    """One entry: what it depends on, and what comes back to it."""

    node: str
    index: list[int]
    value: Number
    gradient: Number
    terms: Annotated[list[Term], Field(description="The largest 24 by |product|.")]
    of: Annotated[int, Field(description="How many terms there are.")]
    flows: list[EntryFlow]
    sentence: str


class PathProduct(TypedDict):
    nodes: list[str]
    flows: list[int]
    latex: str
    product: Number


class PathsAnswer(TypedDict):
    """A gradient as the sum over paths of the products of local gradients."""

    node: str
    paths: list[PathProduct]
    of: int
    total: Number
    latex: str
    sentence: str


def _position(graph: Graph, node: str) -> int:
    if node not in graph.position:
        raise Problem(f"there is no node `{node}`", {"field": "node"})
    return graph.position[node]


def entry(graph: Graph, inputs: Mapping[str, Any], node: str, index: Sequence[int]) -> EntryAnswer:
    """One entry of a node: which entries of its operands it depends on, and how steeply.

    `terms` are operand entries with a local gradient d entry / d operand entry that is not 0;
    `product` is value x local, which for linear ops (@, sum, dot) adds up to the entry itself.
    `flows` say what each use of the entry sends back to it.
    """
    i = _position(graph, node)
    result = evaluate(graph, inputs)
    value = np.asarray(result.values[i])
    at = tuple(index)
    if len(at) != value.ndim or any(not 0 <= k < n for k, n in zip(at, value.shape, strict=False)):
        raise Problem(
            f"`{node}` of shape {tuple(value.shape)} has no entry {list(index)}",
            {"field": "index"},
        )
    terms, total = _terms(result, i, at)
    flows: list[EntryFlow] = [
        {
            "target": graph.nodes[target].id,
            "position": position,
            "downstream": plain(float(np.asarray(result.downstreams[k])[at])),
        }
        for k, (source, target, position) in enumerate(result.flows)
        if source == i
    ]
    gradient = result.gradients[i]
    shown = format_number(float(value[at]))
    name = f"{node}[{', '.join(map(str, at))}]" if at else node
    if graph.nodes[i].leaf:
        sentence = f"{name} = {shown} is given."
    else:
        sources = ", ".join(dict.fromkeys(term["source"] for term in terms))
        entries = plural(total, "entry", "entries")
        sentence = (
            f"{name} = {shown} moves with {entries} of {sources}."
            if total
            else f"{name} = {shown} moves with nothing: every slope is 0 here."
        )
    return {
        "node": node,
        "index": list(at),
        "value": plain(float(value[at])),
        "gradient": None if gradient is None else plain(float(np.asarray(gradient)[at])),
        "terms": terms,
        "of": total,
        "flows": flows,
        "sentence": sentence,
    }


def _terms(result: Evaluation, i: int, at: tuple[int, ...]) -> tuple[list[Term], int]:
    """The operand entries behind one entry: a vector-Jacobian product with 1 at it, 0 elsewhere."""
    graph = result.graph
    seed = np.zeros(np.shape(result.values[i]))
    seed[at] = 1.0
    found: list[Term] = []
    for flow in graph.flows_of[i]:
        source = flow[0]
        with np.errstate(all="ignore"):
            _, local = pull(graph, result.values, flow, seed)
        local, values = np.asarray(local), np.asarray(result.values[source])
        for where in zip(*np.nonzero(local), strict=True) if local.ndim else [()] * bool(local):
            k = tuple(int(n) for n in where)
            found.append(
                {
                    "source": graph.nodes[source].id,
                    "index": list(k),
                    "value": plain(float(values[k])),
                    "local": plain(float(local[k])),
                    "product": plain(float(values[k] * local[k])),
                }
            )
    found.sort(key=lambda term: -abs(term["product"] or 0.0))
    return found[:MOST_TERMS], len(found)


def paths(graph: Graph, inputs: Mapping[str, Any], node: str) -> PathsAnswer:
    """A node's gradient as a sum over its paths to the output, each a product of local gradients.

    Only for graphs of scalars: along tensors the products are of matrices. At most 12 paths are
    written out; `of` says how many there are.
    """
    i = _position(graph, node)
    result = evaluate(graph, inputs)
    if any(np.ndim(value) for value in result.values) or None in result.locals:
        raise Problem(
            "path products are shown where every gate is a scalar one with a local gradient",
            {"field": "node", "node": node},
        )
    out: dict[int, list[tuple[int, int]]] = {}
    for k, (source, target, _) in enumerate(result.flows):
        out.setdefault(source, []).append((target, k))
    ways = {graph.output: 1}
    for j in range(graph.output - 1, i - 1, -1):
        ways[j] = sum(ways.get(target, 0) for target, _ in out.get(j, ()))
    found: list[list[int]] = []
    stack: list[tuple[int, list[int]]] = [(i, [])]
    while stack and len(found) < MOST_PATHS:
        at, flows = stack.pop()
        if at == graph.output:
            found.append(flows)
            continue
        stack += [(target, [*flows, k]) for target, k in reversed(out.get(at, ()))]
    told = [_path(result, node, flows) for flows in found]
    gradient = None if i in result.reasons else plain(result.gradients[i])
    slope = sheet_of(graph).slope(i)
    more = r" + \cdots" if ways.get(i, 0) > len(told) else ""
    body = " + ".join(path["latex"] for path in told) or "0"
    of = min(ways.get(i, 0), 10**12)  # they can double at every node
    total = latex_number(gradient)
    return {
        "node": node,
        "paths": told,
        "of": of,
        "total": gradient,
        "latex": f"{slope}{body}{more}" + (f" = {total}" if body + more != total else ""),
        "sentence": _sum_over_paths(node, told, of, gradient, node == graph.nodes[graph.output].id),
    }


def _sum_over_paths(
    node: str, told: Sequence[PathProduct], of: int, gradient: float | None, output: bool
) -> str:
    if output:
        return f"{node} is the output: its gradient by itself is 1."
    if of == 0:
        return f"No path leads from {node} to the output, so its gradient is 0."
    paths = f"{plural(of, 'path')} from {node} to the output"
    if gradient is None:
        return f"{paths}; a local gradient on the way does not exist, and so neither does the sum."
    if of > 1:
        return f"{paths}; the products of their local gradients add to {format_number(gradient)}."
    many = len(told[0]["flows"])
    what = "its one local gradient is" if many == 1 else "the product of its local gradients is"
    return f"{paths}; {what} {format_number(gradient)}."


def _path(result: Evaluation, node: str, flows: Sequence[int]) -> PathProduct:
    nodes, product = [node], 1.0
    factors: list[str] = []
    for k in flows:
        local = float(result.locals[k])
        product *= local
        tex = latex_number(local)
        factors.append(f"({tex})" if factors and tex.startswith("-") else tex)
        nodes.append(result.graph.nodes[result.flows[k][1]].id)
    return {
        "nodes": nodes,
        "flows": list(flows),
        "latex": r" \cdot ".join(factors) or "1",
        "product": plain(product),
    }
