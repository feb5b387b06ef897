"""A graph of operations, the form that text parses to and the evaluator runs."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.core.errors import Problem, nearest
from app.core.expressions.arrays import tensor
from app.core.expressions.ops import NAMES, OPS, Op
from app.core.numbers import format_number

MAX_NODES = 5_000
SHORT = 24  # characters of what was typed that a sentence repeats
LARGEST_SLOPE = 1e6
SLOPES = ("slope", "alpha")
# Letters, digits and what stands above or below them, but no powers, fractions or transposing T.
NOT_IN_NAMES = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿˣʸᵀ¼½¾⅐-⅞"
NAME = re.compile(rf"[^\W\d{NOT_IN_NAMES}₀-₉](?:[^\W{NOT_IN_NAMES}]|[\u0300-\u036f\u20d0-\u20ff])*")
WORDS = {"pi": math.pi, "True": True, "False": False, "None": None}  # names with a meaning
CONSTANTS = {"e": math.e, "π": math.pi}  # the same, unless a value has the name


class Remark(TypedDict):
    """Something to know about how a text was read; no mistake."""

    message: str
    where: Annotated[dict[str, Any], Field(description="The place, as of a problem.")]
    suggestion: Annotated[str | None, Field(description="What may have been meant instead.")]


@dataclass(slots=True)
class Node:
    """One value; `inputs` are positions in the graph."""

    id: str
    op: str
    inputs: tuple[int, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    name: str | None = None
    span: tuple[int, int] | None = None

    @property
    def literal(self) -> bool:
        """An anonymous constant: part of its gate, with no gradient of its own."""
        return self.op == "constant" and self.name is None

    @property
    def number(self) -> bool:
        """A literal that is one number, which formulas write out; a list is not."""
        return self.literal and not isinstance(self.value, list | tuple)

    @property
    def leaf(self) -> bool:
        """An input or a constant: there from the start."""
        return self.op in ("input", "constant")


LACKING = {
    "inv inverse pinv": "the inverse of a matrix",
    "tr trace": "the trace (`sum(A * eye(n))`)",
    "det logdet": "the determinant",
    "eig eigh svd qr cholesky": "a decomposition of a matrix",
    "argmax argmin sort argsort topk cumsum cumprod": "sorting and counting",
    "floor ceil round mod fmod": "rounding, which is flat wherever it has a slope,",
    "conv2d conv maxpool": "a convolution (there is a page for it)",
    "lg": "a logarithm whose base is not said (`log2`, `log10`, and `log` for e)",
    "mse mse_loss l2_loss": "the squared error (`mean((x - y) ** 2)`)",
    "bce bce_loss binary_cross_entropy": "the loss of a yes-or-no answer "
    "(`-(y * log(p) + (1 - y) * log(1 - p))`)",
    "cbrt": "a cube root (`x ** (1 / 3)`)",
}


@dataclass(eq=False)
class Graph:
    """Nodes in topological order, operands before what uses them, and the output's position.

    `written` says of some nodes by which word they were typed, where the word can be read in more
    than one way: "·", "max", "min", "dot", "var", "std", "power". `remarks` are what reading the
    text has to say. `notes` hold what others work out of a graph once: its tape, its formulas, its
    layout.
    """

    nodes: Sequence[Node]
    output: int
    text: str | None = None
    written: Mapping[int, str] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()
    notes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Where each id stands in `nodes`."""
        return {node.id: i for i, node in enumerate(self.nodes)}

    @cached_property
    def inputs(self) -> Mapping[str, int]:
        """The names that want a value, in order of first appearance."""
        return {node.id: i for i, node in enumerate(self.nodes) if node.op == "input"}

    @cached_property
    def reached(self) -> Sequence[bool]:
        """Whether the output depends on a node: what is not reached has gradient 0."""
        reached = [False] * len(self.nodes)
        reached[self.output] = True
        for i in range(self.output, -1, -1):
            if reached[i]:
                for source in self.nodes[i].inputs:
                    reached[source] = True
        return reached

    @cached_property
    def flows(self) -> Sequence[tuple[int, int, int]]:
        """(source, target, argument position) of every flow, in the order the pass takes them."""
        flows: list[tuple[int, int, int]] = []
        arrived = [False] * len(self.nodes)
        arrived[self.output] = True
        for target in range(self.output, -1, -1):
            if arrived[target]:
                for flow in self.flows_of[target]:
                    arrived[flow[0]] = True
                    flows.append(flow)
        return flows

    @cached_property
    def ungraded(self) -> Sequence[int]:
        """Nodes that take no gradient: literals, and what only picks or compares."""
        sources = {source for source, _, _ in self.flows} | {self.output}
        return [
            i
            for i, node in enumerate(self.nodes)
            if node.literal or (self.reached[i] and i not in sources)
        ]

    @cached_property
    def flows_of(self) -> Sequence[Sequence[tuple[int, int, int]]]:
        """The flows out of each node, to every operand that has a derivative."""
        return [
            [
                (source, target, position)
                for position, source in enumerate(node.inputs)
                if OPS[node.op].rule(position) is not None and not self.nodes[source].literal
            ]
            for target, node in enumerate(self.nodes)
        ]

    @cached_property
    def undecided(self) -> frozenset[int]:
        """Nodes whose op hangs on the shapes of their operands."""
        words = {i for i, word in self.written.items() if word in ("·", "dot")}
        return frozenset(words | {i for i, n in enumerate(self.nodes) if n.op == "cross_entropy"})

    def with_op(self, i: int, op: str) -> "Graph":
        """The same graph with another op at one node; made once."""
        known: dict[tuple[int, str], Graph] = self.notes.setdefault("with op", {})
        if (i, op) not in known:
            node = replace(self.nodes[i], op=op)
            nodes = [*self.nodes[:i], node, *self.nodes[i + 1 :]]
            known[i, op] = Graph(nodes, self.output, self.text, self.written, self.remarks)
        return known[i, op]

    def called(self, i: int) -> str | None:
        """What a sentence calls a node: its name, or a short piece of what was typed."""
        node = self.nodes[i]
        if node.name:
            return f"`{node.name}`"
        if self.text is None or node.span is None or node.span[1] > SHORT:
            return None
        typed = self.text[node.span[0] :][: node.span[1]]
        return None if "\n" in typed else f"`{typed}`"

    def place(self, i: int) -> str:
        """What a sentence ends with to say where; nothing where the node has no name."""
        name = self.nodes[i].name
        return f", at `{name}`" if name else ""

    def where(self, i: int) -> dict[str, Any]:
        """The place of a node, for a Problem."""
        place: dict[str, Any] = {"node": self.nodes[i].id}
        span = self.nodes[i].span
        if span:
            place |= {"offset": span[0], "length": span[1]}
        return place


def from_nodes(nodes: Sequence[Mapping[str, Any]], output: str) -> Graph:
    """The graph that a list of {id, op, inputs, value?, attributes?} describes, in any order.

    Raises Problem for unknown ops, ids that are missing, double or in a circle, and operands that
    do not fit the op.
    """
    if len(nodes) > MAX_NODES:
        raise Problem(
            f"a graph may have {MAX_NODES:,} nodes; this one has {len(nodes):,}",
            {"field": "expression"},
        )
    described = {}
    for node in nodes:
        if node["id"] in described:
            raise Problem(f"two nodes are called `{node['id']}`", {"node": node["id"]})
        described[node["id"]] = node
    if output not in described:
        raise Problem(f"there is no node `{output}` to be the output", {"field": "output"})
    order = _topological(described)
    position = {id: i for i, id in enumerate(order)}
    users: dict[str, int] = dict.fromkeys(order, 0)
    for node in nodes:
        for source in node.get("inputs") or ():
            users[source] += 1
    built: list[Node] = []
    for id in order:
        node = described[id]
        op = node["op"] if node["op"] in OPS else NAMES.get(node["op"], node["op"])
        operands = tuple(position[source] for source in node.get("inputs") or ())
        where = {"node": id}
        taken = id in WORDS or (id in OPS and not OPS[id].shy)
        if not NAME.fullmatch(id) or taken:
            raise Problem(f"`{id}` cannot be a node's name", where)
        value = None
        if op == "constant":
            value = node.get("value")
            tensor(value, f"constant `{id}`", where)
        if op in ("input", "constant"):
            if operands:
                raise Problem(f"{op} `{id}` takes no operands", where)
            attributes: Mapping[str, Any] = {}
        else:
            attributes = check(op, len(operands), node.get("attributes") or {}, where)
        if attributes.get("seed", 0) is None:
            attributes = {**attributes, "seed": sum(node.op == "randn" for node in built)}
        # An automatic id is no name, and a number under one belongs to the gate that uses it.
        named = not automatic(id) or op == "input" or (op == "constant" and users[id] > 1)
        built.append(Node(id, op, operands, attributes, value, id if named else None))
    return Graph(built, position[output])


def automatic(id: str) -> bool:
    """Whether an id is one that the parser makes up: n1, n2, ..."""
    return id[0] == "n" and id[1:].isdigit()


def check(
    name: str, operands: int, attributes: Mapping[str, Any], where: Mapping[str, Any]
) -> dict[str, Any]:
    """An op's attributes, defaults filled in; a Problem where op, operands or attributes err."""
    op = known(name, where)
    least = len(op.arguments) - (1 if name == "index" else 0)
    if not (operands >= least if op.variadic else operands == least):
        raise Problem(f"{count_text(op)}, not {operands}", where)
    filled = {}
    for parameter, default in op.parameters.items():
        key = parameter.lstrip("*")
        filled[key] = attributes.get(key, default)
    for key in attributes:
        if key not in filled:
            raise Problem(
                f"`{name}` has no parameter `{key}`",
                where,
                nearest(key, filled) if filled else None,
            )
    for key, value in filled.items():
        _check_parameter(op, key, value, operands, where)
    if "keepdims" in filled:
        filled["keepdims"] = bool(filled["keepdims"])
    return filled


# Along one axis after the other they come to the same as along both.
ONE_BY_ONE = {"sum", "mean", "max", "min", "logsumexp"}


def _check_parameter(op: Op, key: str, value: Any, operands: int, where: Mapping[str, Any]) -> None:
    def refuse(sentence: str) -> None:
        raise Problem(f"`{key}` of `{op.name}` {sentence}", where)

    whole = isinstance(value, int) and not isinstance(value, bool)
    if key == "axis" and not (whole or (value is None and op.parameters["axis"] is None)):
        several = isinstance(value, list | tuple)
        then = f"{op.name}({op.name}(x, axis=1), axis=0)" if op.name in ONE_BY_ONE else ""
        one = "is one axis here" + (f": take one after the other, as in {then}" if then else "")
        refuse(one if several else "is a whole number, such as 0")
    if key == "keepdims" and not isinstance(value, bool | int):
        refuse("is True or False")
    if key in SLOPES and (isinstance(value, bool) or not isinstance(value, int | float)):
        refuse("is a number")
    if key in SLOPES and not abs(value) <= LARGEST_SLOPE:
        refuse(f"is a number up to {format_number(LARGEST_SLOPE)}")
    if key == "correction" and not (whole and 0 <= value <= 1):
        refuse("is 0 or 1: whether n or n - 1 divides")
    if key == "seed" and value is not None and not (whole and 0 <= value < 2**32):
        refuse("is a whole number from 0 to 4294967295")
    if key == "shape":
        sizes = isinstance(value, list | tuple) and all(
            isinstance(n, int) and not isinstance(n, bool) for n in value
        )
        if not sizes or not value or len(value) > 4:
            refuse("is one to four whole numbers")
        least = -1 if op.name == "reshape" else 1
        if any(n < least for n in value):
            refuse(f"has sizes from {least if least > 0 else 0} up")
        if op.name == "eye" and len(value) != 1:
            refuse("is one number, its rows")
    if key == "key":
        _check_key(value, operands, refuse)


def _check_key(value: Any, operands: int, refuse: Any) -> None:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 4:
        refuse("is one to four indices")
    computed = []
    for part in value:
        if isinstance(part, dict) and isinstance(part.get("input"), int) and len(part) == 1:
            computed.append(part["input"])
        elif part is None:
            continue
        elif isinstance(part, list) and len(part) == 3:
            if not all(n is None or (isinstance(n, int) and abs(n) < 2**31) for n in part):
                refuse("has slices of whole numbers")
            if part[2] is not None and part[2] < 1:
                refuse("has a slice whose step is not above 0; PyTorch has no others either")
        elif not isinstance(part, int) or isinstance(part, bool) or abs(part) >= 2**31:
            refuse("is whole numbers, slices [start, stop, step], null or {input: position}")
    if computed != list(range(operands - 1)):
        refuse("names its computed indices in order, 0 first")


def known(name: str, where: Mapping[str, Any]) -> Op:
    """The op of that name; a Problem with the nearest one if there is none."""
    op = OPS.get(name) or OPS.get(NAMES.get(name, ""))
    if op is None:
        lacking = next((what for names, what in LACKING.items() if name in names.split()), None)
        if lacking:
            raise Problem(f"no op `{name}`: {lacking} is not among the ops", where)
        near = nearest(name, OPS)
        if near and len(name) < 4 and near[0] != name[0].lower():
            near = None  # `sin` is no hint for `inv`
        hint = f"; did you mean `{near}`?" if near else ""
        raise Problem(f"no op `{name}`{hint}", where, near)
    return op


def count_text(op: Op) -> str:
    """How many operands an op takes, in words."""
    names = ", ".join(argument.lstrip("*") for argument in op.arguments)
    if op.variadic:
        return f"`{op.name}` takes one operand or more"
    n = len(op.arguments)
    if n == 0:
        return f"`{op.name}` takes no operands, only sizes"
    return f"`{op.name}` takes {n} operand{'s' if n > 1 else ''} ({names})"


def _topological(described: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Ids with operands first, otherwise in the order given; a Problem for a circle."""
    order: list[str] = []
    state: dict[str, int] = {}
    for root in described:
        stack = [(root, False)]
        while stack:
            id, done = stack.pop()
            if done:
                state[id] = 2
                order.append(id)
                continue
            if state.get(id) == 2:
                continue
            if state.get(id) == 1:
                raise Problem(f"node `{id}` depends on itself", {"node": id})
            state[id] = 1
            stack.append((id, True))
            for source in reversed(described[id].get("inputs") or ()):
                if source not in described:
                    raise Problem(f"node `{id}` uses `{source}`, which is not there", {"node": id})
                if state.get(source) == 1:
                    raise Problem(f"node `{id}` depends on itself", {"node": id})
                if state.get(source) != 2:
                    stack.append((source, False))
    return order
