"""Which entries a result needs: of a choice only the branch that is taken has to exist.

`where(x > 0, sqrt(x), 0)` has a value and a gradient at -1, though its first branch has neither
there; a product with 0 would make NaN of both, as it does in PyTorch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS

Mask = NDArray[np.bool_]
Masks = Sequence[Mask | None]  # per node: the entries that are needed; None where none is

MOVES = ("transpose", "reshape", "concat", "stack", "index")  # entries find other places
CHOOSING = ("where", "clip")
ROUTING = ("maximum", "minimum", "relu")  # need both values, but one slope only


def chooses(graph: Graph) -> bool:
    """Whether there is a choice in a graph."""
    known: bool | None = graph.notes.get("chooses")
    if known is None:
        known = graph.notes["chooses"] = any(node.op in CHOOSING for node in graph.nodes)
    return known


def needed(
    graph: Graph, values: Sequence[Any], moved: Callable[..., Any], slopes: bool = False
) -> list[Mask | None]:
    """The entries of each node whose value (or, with `slopes`, whose slope too) the output needs.

    `moved` carries a mask back through an op that only moves entries: `tensors.pull`.
    """
    masks: list[Mask | None] = [None] * len(values)
    masks[graph.output] = np.ones(np.shape(values[graph.output]), dtype=bool)
    with np.errstate(all="ignore"):
        for target in range(graph.output, -1, -1):
            mask, node = masks[target], graph.nodes[target]
            if mask is None or node.leaf:
                continue
            operands = [np.asarray(values[j]) for j in node.inputs]
            out = np.asarray(values[target])
            for position, source in enumerate(node.inputs):
                if node.op in MOVES and OPS[node.op].rule(position) is not None:
                    flow = (source, target, position)
                    found = np.asarray(moved(graph, values, flow, mask.astype(float))[1]) != 0
                else:
                    part = mask & _taken(node.op, operands, position, slopes, out)
                    found = _spread_back(part, operands[position].shape, _entrywise(node.op))
                if not found.any():
                    continue
                before = masks[source]
                masks[source] = found if before is None else before | found
    return masks


def _entrywise(name: str) -> bool:
    return (bool(OPS[name].local) and not OPS[name].reduces) or OPS[name].category == "comparison"


def _taken(name: str, operands: Sequence[Any], position: int, slopes: bool, out: Any) -> Any:
    """Where an op takes this operand."""
    if name == "where" and position:
        return (operands[0] != 0) == (position == 1)
    if name == "clip" and position == 0:
        x, low, high = operands
        return ~(x < low) & ~(x > high)
    if slopes and name in ROUTING:
        return operands[position] == out if name != "relu" else ~(operands[0] < 0)
    return True


def _spread_back(mask: Any, shape: tuple[int, ...], entrywise: bool) -> Mask:
    """A mask of a result as one of an operand that was broadcast, or is needed whole."""
    if not entrywise:
        return np.full(shape, bool(mask.any()))
    extra = mask.ndim - len(shape)
    stretched = tuple(i + extra for i, n in enumerate(shape) if n == 1)
    return np.asarray(mask.any(axis=(*range(extra), *stretched), keepdims=True).reshape(shape))


def there(value: Any, mask: Mask | None) -> bool:
    """Whether all entries that are needed are numbers."""
    return mask is None or bool(np.isfinite(np.where(mask, value, 0.0)).all())


def divided_by_zero(name: str, operands: Sequence[Any], value: Any) -> Any:
    """A value without the infinities that are no limit of anything: those of a division by 0."""
    at: Mapping[str, int] = {"/": 1, "reciprocal": 0, "**": 0}
    if name not in at or not np.isinf(value).any():
        return value
    return np.where(np.isinf(value) & (operands[at[name]] == 0), np.nan, value)
