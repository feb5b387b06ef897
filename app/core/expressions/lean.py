"""An answer without words: from the tape's columns of numbers straight to JSON.

What is said of each node and flow whatever the numbers is JSON once a graph, up to the place where
its numbers go; a column of numbers becomes JSON in one go. A dictionary a node would take five
times as long.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from app.core.expressions.graphs import Graph
from app.core.expressions.outcomes import Evaluation
from app.core.expressions.sheets import sheet_of
from app.core.expressions.steps import moments


def nodes(result: Evaluation) -> orjson.Fragment:
    """The nodes of an evaluation whose numbers are all there, as a JSON list."""
    return _listed(
        b'%b%b,"gradient":%b}',
        _node_heads(result.graph),
        _column(map(float, result.values)),
        _column(result.gradients),
    )


def flows(result: Evaluation) -> orjson.Fragment:
    """The same of its flows, which run in the graph's own order."""
    return _listed(
        b'%b%b,"local":%b,"downstream":%b}',
        _flow_heads(result.graph),
        _column(result.upstreams),
        _column(map(float, result.locals)),
        _column(result.downstreams),
    )


def make(graph: Graph) -> None:
    """What can be made before there are numbers, and no more is kept than what is needed."""
    _node_heads(graph)
    _flow_heads(graph)
    moments(graph, graph.flows)
    graph.notes.pop("sheet", None)


def _node_heads(graph: Graph) -> list[bytes]:
    heads: list[bytes] | None = graph.notes.get("node heads")
    if heads is None:
        sheet = sheet_of(graph)
        statics = zip(sheet.bare_nodes, sheet.reasons, strict=True)
        heads = [_head({**bare, "shape": (), "reason": why}, "value") for bare, why in statics]
        graph.notes["node heads"] = heads
    return heads


def _flow_heads(graph: Graph) -> list[bytes]:
    heads: list[bytes] | None = graph.notes.get("flow heads")
    if heads is None:
        bare = sheet_of(graph).bare_flows
        heads = [
            _head({**bare[target, position], "reason": None}, "upstream")
            for _, target, position in graph.flows
        ]
        graph.notes["flow heads"] = heads
    return heads


def _head(static: Mapping[str, Any], first: str) -> bytes:
    return orjson.dumps(static)[:-1] + b',"%b":' % first.encode()


def _column(numbers: Iterable[float | None]) -> list[bytes]:
    """Each number as JSON has it."""
    written = orjson.dumps(list(numbers))[1:-1]
    return written.split(b",") if written else []


def _listed(form: bytes, heads: Sequence[bytes], *columns: Sequence[bytes]) -> orjson.Fragment:
    rows = map(form.__mod__, zip(heads, *columns, strict=True))
    return orjson.Fragment(b"[%b]" % b",".join(rows))
