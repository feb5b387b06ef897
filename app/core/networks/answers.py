"""What a network comes to, layer by layer."""

from math import prod
from typing import Any

from app.core.networks.network import INPUT, Analysis, Network, analyse

FLOAT_BYTES = 4


def network_answer(network: Network) -> dict[str, Any]:
    """The answer to POST /api/network: {rows, parameters, macs, activation_bytes, depth, ...}.

    A row that does not fit has its `problem`, which is `problem` of the whole too if it is the
    first; rows whose size cannot be known then have None for it, and totals leave them out.
    """
    result = analyse(network)
    rows = _rows(result)
    for i, problem in result.problems.items():
        rows[i]["problem"] = problem.told
    first = next(iter(result.problems), None)
    parameters = sum([row["parameters"] for row in rows])
    return {
        "input": network.input,
        "output": result.shapes[-1],
        "rows": rows,
        "depth": result.depth,
        "parameters": parameters,
        "parameter_bytes": FLOAT_BYTES * parameters,
        "macs": sum(filter(None, result.macs)),
        "activation_bytes": sum([row["activation_bytes"] or 0 for row in rows]),
        "problem": None if first is None else rows[first]["problem"],
    }


def _rows(result: Analysis) -> list[dict[str, Any]]:
    nodes = result.network.layers
    names = [*(node.name for node in nodes), INPUT]  # the input's position is -1
    lists = (nodes, result.sources, result.shapes, result.macs, result.sights)
    return [
        {
            "name": node.name,
            "type": (layer := node.layer).type,
            "kind": layer.kind,
            "weights": layer.weights,
            "parameters": layer.parameters,
            "inputs": [names[source] for source in sources] or node.inputs,
            "output": output,
            "macs": macs,
            "activation_bytes": FLOAT_BYTES * prod(output) if output else None,
            "receptive_field": seen.told if seen else None,
            "problem": None,
        }
        for node, sources, output, macs, seen in zip(*lists, strict=True)
    ]
