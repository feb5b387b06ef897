"""The shapes that inputs without a value want to have, as far as the ops around them say so.

Each op carries shapes of unknown sizes from its operands to its result, or refuses them. An input
that has no shape yet is tried as a number, a vector and a matrix; what costs least is kept: a
number where one will do, a matrix for a capital letter, and a size of its own only where no other
has to be the same.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.core.errors import Problem
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS, Op

Shape = tuple[int, ...]  # a size below 0 is not known yet: it stands for itself in `Sizes`

MOST_NODES, MOST_INPUTS, MOST_ENTRIES = 300, 24, 20_000
KEPT = 24  # of the ways to give shapes to the inputs so far, the cheapest
SMALL_SIZES = (3, 2, 4, 5)
LARGEST = 12  # a size that an index or a label asks for
UNLIKELY = 2  # what it costs that a shape is allowed and hardly meant,
POINTLESS = 3  # or that a single number is summed up
LETTER = re.compile(r"[a-z]_?\d*")
RANK_COSTS = {False: (0, 1, 2), True: (0, 3, 1)}  # of a small letter, of a capital


@dataclass
class Sizes:
    """Unknown sizes: which are the same, what they are, and the least that they can be."""

    same: dict[int, int] = field(default_factory=dict)
    least: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def copy(self) -> "Sizes":
        return Sizes(dict(self.same), dict(self.least), self.count)

    def new(self) -> int:
        """A size that nothing is known of."""
        self.count += 1
        return -self.count

    def of(self, n: int) -> int:
        """The size itself where it is known, else the one that stands for it."""
        while n < 0 and n in self.same:
            n = self.same[n]
        return n

    def known(self, shape: Shape) -> Shape:
        return tuple(map(self.of, shape))

    def join(self, a: int, b: int) -> bool:
        """Whether two sizes can be the same; from now on they are."""
        a, b = self.of(a), self.of(b)
        if a == b:
            return True
        if a >= 0 and b >= 0:
            return False
        if a >= 0:
            a, b = b, a
        least = self.least.get(a, 1)
        if b >= 0:
            if b < least:
                return False
        else:
            self.least[b] = max(least, self.least.get(b, 1))
        self.same[a] = b
        return True

    def at_least(self, n: int, least: int) -> bool:
        """Whether a size can be so large; from now on it is."""
        n = self.of(n)
        if n >= 0:
            return n >= least
        self.least[n] = max(least, self.least.get(n, 1))
        return self.least[n] <= LARGEST

    def settle(self, shapes: Sequence[Shape]) -> None:
        """A small size for each that is still free, if possible one that no other has."""
        taken = {n for shape in shapes for n in self.known(shape) if n > 0}
        for n in (n for shape in shapes for n in shape):
            n = self.of(n)
            if n < 0:
                fits = [size for size in SMALL_SIZES if size >= self.least.get(n, 1)]
                own = [size for size in fits if size not in taken] or fits
                self.same[n] = own[0] if own else self.least[n]
                taken.add(self.same[n])


@dataclass
class Way:
    """One way to give shapes to the nodes so far."""

    shapes: list[Shape]
    sizes: Sizes
    cost: int = 0


def fitting(graph: Graph, given: Mapping[str, Shape]) -> dict[str, Shape] | None:
    """A shape for every input, those given among them; None where no shapes are found to fit."""
    free = [name for name in graph.inputs if name not in given]
    if len(graph.nodes) > MOST_NODES or len(free) > MOST_INPUTS:
        return None
    ways = [Way([], Sizes())]
    for i, node in enumerate(graph.nodes):
        tried: list[Way] = []
        for way in ways:
            if node.op == "input" and node.id not in given:
                tried += _as_number_vector_matrix(way, node)
                continue
            if node.op == "input":
                shape: Shape | None = given[node.id]
            elif node.op == "constant":
                shape = np.shape(node.value)
            else:
                shape = _result(graph, i, way, free)
            if shape is not None:
                way.shapes.append(shape)
                tried.append(way)
        ways = sorted(tried, key=lambda way: way.cost)[:KEPT]
    if not ways:
        return None
    best = ways[0]
    found = {name: best.shapes[i] for name, i in graph.inputs.items()}
    best.sizes.settle(list(found.values()))
    return {name: best.sizes.known(shape) for name, shape in found.items()}


def _as_number_vector_matrix(way: Way, node: Node) -> list[Way]:
    ways = []
    for rank, cost in enumerate(RANK_COSTS[node.id[0].isupper()]):
        sizes = way.sizes.copy()
        shape = tuple(sizes.new() for _ in range(rank))
        ways.append(Way([*way.shapes, shape], sizes, way.cost + cost))
    return ways


def _result(graph: Graph, i: int, way: Way, free: Sequence[str]) -> Shape | None:
    """The shape of a node's value; None where its op refuses its operands."""
    node, sizes = graph.nodes[i], way.sizes
    shapes = [sizes.known(way.shapes[j]) for j in node.inputs]
    name = _meant(graph, i, shapes)
    op = OPS[name]
    alone = [graph.nodes[j].op == "input" and graph.nodes[j].id in free for j in node.inputs]
    if op.category == "generator":
        size: Shape = tuple(node.attributes["shape"])
        return size * 2 if name == "eye" else size
    if name in RULES:
        return RULES[name](way, shapes, node.attributes)
    if op.reduces:
        return _reduced(way, shapes[0], node.attributes)
    if op.category == "comparison" or op.local:
        # A number beside a vector is allowed, but an input without a value is hardly meant so: a
        # summand, or one of two factors that are called alike.
        factors = name in ("*", "/") and all(
            graph.nodes[j].op == "input" and LETTER.fullmatch(graph.nodes[j].id)
            for j in node.inputs
        )
        if factors or name in ("+", "-", "maximum", "minimum") or op.category == "comparison":
            numbers = [new for shape, new in zip(shapes, alone, strict=True) if not shape]
            way.cost += UNLIKELY * sum(numbers) * any(shapes)
        return _broadcast(sizes, shapes)
    return _computed(op, way, shapes, node.attributes)


def _meant(graph: Graph, i: int, shapes: Sequence[Shape]) -> str:
    """The op that a word stands for between operands of these ranks, as `tensors` decides it."""
    op, word = graph.nodes[i].op, graph.written.get(i)
    vectors = [len(shape) for shape in shapes] == [1, 1]
    if word == "·" and vectors:
        return "dot"
    if word == "dot" and not vectors and max(map(len, shapes)) <= 2:
        return "@" if all(shapes) else "*"
    return op


def _broadcast(sizes: Sizes, shapes: Sequence[Shape]) -> Shape | None:
    out: list[int] = []
    for k in range(1, max(map(len, shapes)) + 1):
        size = 1
        for n in (sizes.of(shape[-k]) for shape in shapes if len(shape) >= k):
            if size == 1:
                size = n
            elif n != 1 and not sizes.join(size, n):
                return None
        out.append(size)
    return tuple(reversed(out))


def _reduced(way: Way, shape: Shape, attributes: Mapping[str, Any]) -> Shape | None:
    axis, keepdims = attributes.get("axis"), attributes.get("keepdims", False)
    way.cost += POINTLESS * (not shape)
    if axis is None:
        return (1,) * len(shape) if keepdims else ()
    if not -len(shape) <= axis < len(shape):
        return None
    axis %= len(shape)
    return (*shape[:axis], *((1,) if keepdims else ()), *shape[axis + 1 :])


def _matmul(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    a, b = shapes
    if not a or not b:
        return None
    if max(len(a), len(b)) > 2:
        return _computed(OPS["@"], way, shapes, attributes)
    if not way.sizes.join(a[-1], b[0]):
        return None
    return (*a[:-1], *b[1:])


def _dot(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    a, b = shapes
    return () if len(a) == len(b) == 1 and way.sizes.join(a[0], b[0]) else None


def _outer(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    a, b = shapes
    return (a[0], b[0]) if len(a) == len(b) == 1 else None


def _transpose(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    (x,) = shapes
    return (*x[:-2], x[-1], x[-2]) if len(x) > 1 else x


def _softmax(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    (x,) = shapes
    axis = attributes["axis"]
    if not -len(x) <= axis < len(x):
        return None
    return x if way.sizes.at_least(x[axis], 2) else None


def _labelled(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    """Scores of one example or of many, with a label for each."""
    scores, labels = shapes
    if len(scores) not in (1, 2) or not way.sizes.at_least(scores[-1], 2):
        return None
    if len(labels) == len(scores) - 1:
        return () if not labels or way.sizes.join(labels[0], scores[0]) else None
    return None


def _cross_entropy(
    way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]
) -> Shape | None:
    found = _labelled(way, shapes, attributes)
    return _soft(way, shapes, attributes) if found is None else found


def _soft(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    """Scores with a probability for each."""
    scores, p = shapes
    if len(scores) not in (1, 2) or len(scores) != len(p):
        return None
    joined = [way.sizes.join(a, b) for a, b in zip(scores, p, strict=True)]
    return () if all(joined) and way.sizes.at_least(scores[-1], 2) else None


def _indexed(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    x, key = shapes[0], [part for part in attributes["key"] if part is not None]
    if len(x) < len(key):
        return None
    for n, part in zip(x, key, strict=False):
        least = 1
        if isinstance(part, int):
            least = part + 1 if part >= 0 else -part
        elif isinstance(part, list | tuple):
            start, stop = (part[k] or 0 for k in (0, 1))
            least = max(start + 1, stop, -start, 1 - stop)
        if not way.sizes.at_least(n, least):
            return None
    if all(isinstance(part, int) for part in attributes["key"]):
        return x[len(key) :]
    return _computed(OPS["index"], way, shapes, attributes)


def _stacked(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first):
            return None
        if not all(way.sizes.join(a, b) for a, b in zip(first, shape, strict=True)):
            return None
    return (len(shapes), *first)


def _joined(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    rank = len(shapes[0])
    if not rank or any(len(shape) != rank for shape in shapes):
        return None
    axis = attributes["axis"] % rank
    for shape in shapes[1:]:
        for k, (a, b) in enumerate(zip(shapes[0], shape, strict=True)):
            if k != axis and not way.sizes.join(a, b):
                return None
    return _computed(OPS["concat"], way, shapes, attributes)


def _reshaped(way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape | None:
    (x,) = shapes
    entries = math.prod(attributes["shape"])
    unknown = [n for n in x if n < 0]
    if entries > 0 and len(unknown) == 1:
        rest = math.prod(n for n in x if n > 0)
        if entries % rest or not way.sizes.join(unknown[0], entries // rest):
            return None
    return _computed(OPS["reshape"], way, shapes, attributes)


RULES = {
    "@": _matmul,
    "dot": _dot,
    "outer": _outer,
    "transpose": _transpose,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "soft_cross_entropy": _soft,
    "hinge": _labelled,
    "index": _indexed,
    "stack": _stacked,
    "concat": _joined,
    "reshape": _reshaped,
}


def _computed(
    op: Op, way: Way, shapes: Sequence[Shape], attributes: Mapping[str, Any]
) -> Shape | None:
    """What the op itself makes of operands of such shapes; sizes that are free are settled."""
    way.sizes.settle(shapes)
    settled = [way.sizes.known(shape) for shape in shapes]
    if any(math.prod(shape) > MOST_ENTRIES for shape in settled):
        return None
    operands = [np.zeros(shape) for shape in settled]
    try:
        with np.errstate(all="ignore"):
            return np.shape(op.forward(*operands, **attributes))
    except (Problem, ValueError, IndexError, TypeError, OverflowError):
        return None
