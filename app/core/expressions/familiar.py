"""Graphs that are asked about again and again, with all that a small answer needs made ready.

Reading the text of a thousand nodes takes ten times as long as computing them. Who cannot wait for
it, as an event loop cannot, has it read beside; from then on such a graph is answered at once.
"""

from collections import OrderedDict

from app.core.errors import Problem
from app.core.expressions import lean
from app.core.expressions.graphs import Graph
from app.core.expressions.parsing import parse
from app.core.expressions.tape import plan_of

MOST_TEXT, MOST_NODES = 32_000, 2_000


class Familiar:
    """The graphs that were asked about last; those that came twice are kept ready."""

    def __init__(self, most: int = 16) -> None:
        self.most = most
        self.graphs: OrderedDict[str, Graph | None] = OrderedDict()

    def graph(self, text: str) -> Graph | None:
        """The graph of this text, if it is ready."""
        return self.graphs.get(text)

    def learn(self, text: str) -> None:
        """Make the graph ready if this is not the first time that it is asked about, it is one of
        numbers, and not larger than MOST_NODES."""
        if len(text) > MOST_TEXT or self.graphs.get(text):
            return
        graph = _ready(text) if text in self.graphs else None
        self.graphs[text] = graph
        self.graphs.move_to_end(text)
        if len(self.graphs) > self.most:
            self.graphs.popitem(last=False)


def _ready(text: str) -> Graph | None:
    try:
        graph = parse.__wrapped__(text)  # kept here, and nowhere else
    except Problem:
        return None
    plan = plan_of(graph)
    if len(graph.nodes) > MOST_NODES or not plan.scalar:
        return None
    plan.make()
    lean.make(graph)
    return graph
