"""The engine against micrograd and torch, on the same graphs."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from micrograd.engine import Value

from app.core.expressions.evaluation import evaluate
from app.core.expressions.graphs import MAX_NODES, Graph, Node
from app.core.expressions.parsing import parse
from tests.bench.timing import Comparison, by_turns

torch.set_num_threads(1)
sys.setrecursionlimit(200_000)  # micrograd sorts a graph by recursion


@dataclass
class Neurons:
    """A graph of so many nodes: neurons of three weights, each fed by the one before and two more.

    `steps` are (op, operand, operand or None) with operands as positions, leaves first at None.
    """

    count: int
    leaves: dict[int, float] = field(default_factory=dict)
    steps: list[tuple[int, str, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        choose = random.Random(self.count)
        outputs: list[int] = []
        neurons = self.neurons(choose, outputs)
        while len(self) < self.count:  # a product brings its weight along, so it may be one more
            op, a, b = next(neurons)
            self.steps.append((len(self), op, a, b))

    def __len__(self) -> int:
        return len(self.leaves) + len(self.steps)

    def leaf(self, value: float) -> int:
        at = len(self)
        self.leaves[at] = value
        return at

    def neurons(self, choose: random.Random, outputs: list[int]) -> Iterator[tuple[str, int, int]]:
        outputs.append(self.leaf(1.0))
        while True:
            fed = [outputs[-1], choose.choice(outputs[-8:]), choose.choice(outputs[-8:])]
            total = None
            for source in fed:
                weight = self.leaf(choose.uniform(-0.5, 0.6))
                yield "*", source, weight
                product = len(self) - 1
                if total is not None:
                    yield "+", total, product
                    product = len(self) - 1
                total = product
            assert total is not None
            yield "relu", total, -1
            outputs.append(len(self) - 1)

    @property
    def inputs(self) -> dict[str, float]:
        return {f"v{at}": value for at, value in self.leaves.items()}

    @property
    def text(self) -> str:
        lines = []
        for at, op, a, b in self.steps:
            lines.append(f"v{at} = relu(v{a})" if op == "relu" else f"v{at} = v{a} {op} v{b}")
        return "\n".join(lines)

    def graph(self) -> Graph:
        """Parsed where a text may be so long, else built."""
        if len(self) <= MAX_NODES:
            return parse(self.text)
        nodes = [Node("", "input")] * len(self)
        for at in self.leaves:
            nodes[at] = Node(f"v{at}", "input", name=f"v{at}")
        for at, op, a, b in self.steps:
            nodes[at] = Node(f"v{at}", op, (a,) if b < 0 else (a, b), name=f"v{at}")
        return Graph(nodes, len(nodes) - 1)

    def micrograd(self) -> float:
        """Built and back-propagated; the first leaf's gradient."""
        values: list[Value] = [None] * len(self)
        for at, number in self.leaves.items():
            values[at] = Value(number)
        for at, op, a, b in self.steps:
            if op == "+":
                values[at] = values[a] + values[b]
            elif op == "*":
                values[at] = values[a] * values[b]
            else:
                values[at] = values[a].relu()
        values[-1].backward()
        return float(values[0].grad)

    def torch(self) -> Callable[[], float]:
        """The same with tensors whose leaves are there already, every gradient retained."""
        leaves = {
            at: torch.tensor(number, dtype=torch.float64, requires_grad=True)
            for at, number in self.leaves.items()
        }

        def forward_and_backward() -> float:
            values: list[torch.Tensor] = [None] * len(self)  # type: ignore[list-item]
            for at, leaf in leaves.items():
                leaf.grad = None
                values[at] = leaf
            for at, op, a, b in self.steps:
                if op == "+":
                    value = values[a] + values[b]
                elif op == "*":
                    value = values[a] * values[b]
                else:
                    value = values[a].relu()
                value.retain_grad()
                values[at] = value
            values[-1].backward()
            return float(leaves[0].grad)  # type: ignore[arg-type]

        return forward_and_backward


def scalar_graphs() -> Iterator[Comparison]:
    """All values, gradients and flows of a parsed graph."""
    for count in (10, 100, 1_000, 10_000):
        neurons = Neurons(count)
        graph, inputs = neurons.graph(), neurons.inputs
        eager = neurons.torch()
        assert len(graph.nodes) - count in (0, 1)
        ours = evaluate(graph, inputs).gradients[graph.position["v0"]]
        np.testing.assert_allclose([neurons.micrograd(), eager()], ours, rtol=1e-9)
        repeat = max(1, 3_000 // count)  # so that a call takes milliseconds

        def times(function: Callable[[], object], repeat: int = repeat) -> Callable[[], None]:
            def several() -> None:
                for _ in range(repeat):
                    function()

            return several

        def run(graph: Graph = graph, inputs: dict[str, float] = inputs) -> object:
            return evaluate(graph, inputs)

        what = f"evaluate {count:,} scalar nodes"
        for against, function, goal in (
            ("micrograd, built and backward", neurons.micrograd, 0.35),
            ("torch eager, gradients retained", eager, 0.1),
        ):
            a, b = by_turns(times(run), times(function), clock=time.process_time)
            yield Comparison(what, against, a / repeat, b / repeat, goal)


LOSS = """
s = X @ W.T
right = reshape(s[i, y], 64, 1)
L = sum(maximum(0, s - right + 1)) / 64 - 1 + lam * sum(W ** 2)
"""


def hinge_loss() -> Iterator[Comparison]:
    """The lecture's loss on a batch of pictures."""
    draw = np.random.default_rng(0)
    inputs = {
        "W": draw.standard_normal((10, 3072)) * 0.01,
        "X": draw.uniform(-1, 1, (64, 3072)),
        "i": np.arange(64.0),
        "y": draw.integers(0, 10, 64).astype(np.float64),
        "lam": 0.1,
    }
    graph = parse(LOSS)
    W = torch.tensor(inputs["W"], requires_grad=True)
    X = torch.tensor(inputs["X"], requires_grad=True)
    rows, y = torch.arange(64), torch.tensor(inputs["y"]).long()

    def bare() -> None:
        W.grad = X.grad = None
        s = X @ W.T
        right = s[rows, y].reshape(64, 1)
        loss = torch.clamp(s - right + 1, min=0).sum() / 64 - 1 + 0.1 * (W**2).sum()
        loss.backward()

    bare()
    result = evaluate(graph, inputs)
    for name, leaf in (("W", W), ("X", X)):
        gradient = result.gradients[graph.position[name]]
        np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-7, atol=1e-12)
    a, b = by_turns(lambda: evaluate(graph, inputs), bare, clock=time.process_time)
    yield Comparison("hinge loss, W 10x3072, 64 images", "torch forward + backward", a, b, 1.5)


def straight_line() -> Iterator[Comparison]:
    """The time a node, at many nodes and at few."""
    few, many = Neurons(1_000), Neurons(100_000)
    graphs = few.graph(), many.graph()
    inputs = few.inputs, many.inputs
    a, b = by_turns(
        lambda: evaluate(graphs[1], inputs[1]),
        lambda: [evaluate(graphs[0], inputs[0]) for _ in range(10)],
        seconds=2,
        clock=time.process_time,
    )
    yield Comparison("a node of 100,000", "a node of 1,000", a / len(many), b / 10 / len(few), 3.0)
