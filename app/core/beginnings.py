"""Where a figure begins: what a link without a question asks, what one may leave out, and what of
an answer stands in a page from the start."""

from typing import Any, Literal

from typing_extensions import TypedDict

from app.core.convolutions.questions import LACKS
from app.core.expressions.examples import EXAMPLES
from app.core.networks import models
from app.core.pictures.preparation import FIRSTS

PREVIEW = 1024  # entries up to which a page gets a tensor whole
FEW = 300  # nodes up to which it gets every step, as in static/src/expressions/expression.svelte.ts
MIDDLE = (0, 13, 12)  # the cell of a convolution that is looked at first, or one near it
TOP = 10  # classes that a page names

# What a link without a question asks, and what one may leave out.

FIRST_EXPRESSION = {
    "expression": EXAMPLES["first"].expression,
    "inputs": dict(EXAMPLES["first"].inputs),
}
FIRST_NETWORK = {"architecture": "vgg16"}
FIRST_LOOK = {"model": "squeezenet1_1", "image": FIRSTS["photo"]}
NETWORKS = frozenset(("network", "source", "architecture"))
Question = dict[str, Any]


def with_expression(question: Question) -> Question:
    """The first example where there is no expression."""
    if "expression" in question:
        return {"inputs": {}} | question
    rest = {name: value for name, value in question.items() if name not in ("inputs", "mistake")}
    return FIRST_EXPRESSION | rest


def with_network(question: Question, first: Question = FIRST_NETWORK) -> Question:
    """A well-known one where there is none; an input only beside code, which lacks it."""
    if "source" not in question:
        question = {name: value for name, value in question.items() if name != "input"}
    return question if question.keys() & {*NETWORKS, *first} else first | question


def with_model(question: Question) -> Question:
    """A model that ships where there is no network."""
    return with_network(question, {"model": FIRST_LOOK["model"]})


def with_look(question: Question) -> Question:
    """A model that ships on what it learned from; coffee for networks of one's own."""
    found = with_model(question)
    row = models.MODELS.get(str(found.get("model")))
    return {"image": FIRSTS[row.picture if row else "photo"]} | found


def with_example(question: Question, example: Question) -> Question:
    """The example where there is no network: what it asks about is one of its own network's."""
    found = question if question.keys() & {*NETWORKS, "model"} else example | question
    return with_look(found) if "image" in example else found


def with_layer(question: Question, layer: str = "Conv2d") -> Question:
    """Without what its layer lacks, which links may hold all the same."""
    if layer != "Conv2d":
        question = {"layer": layer} | question
    lacks, _ = LACKS.get(str(question.get("layer", layer)), ((), ""))
    own = () if isinstance(question.get("input", ""), str) else ("shape",)
    return {name: value for name, value in question.items() if name not in (*lacks, *own)}


def with_method(question: Question) -> Question:
    return {"method": "grad-cam"} | with_look(question)


def or_else(question: Question, first: Question) -> Question:
    """The first question where nothing is asked."""
    return question or dict(first)


# What a page asks at first, so that it can show without a script.


def expression_first(question: Question) -> Question:
    return question | {"fill": True, "layout": True, "preview": PREVIEW, "steps": FEW}


def convolution_first(question: Question) -> Question:
    return {"near": list(MIDDLE)} | question


def network_first(question: Question) -> Question:
    return question | {"include": ["network", "drawing", "code"]}


def activations_first(question: Question) -> Question:
    return {"top": TOP} | question


# How the pages ask for a network's maps: at first, and once something is played, pointed at or
# chosen. Their answers to both are made ahead, so that nobody asks in other words.
GLANCE = {
    "layers": "ends",
    "include": ["activation"],
    "encoding": "uint8",
    "thumbnail": 28,
    "top": TOP,
    "strongest": 12,
    "channels": "strongest",
}
CLOSER = GLANCE | {"layers": "all", "include": ["activation", "gradient"], "channels": "all"}


class Sight(TypedDict):
    """A way to ask for maps that the pages use, and whose answers are ready soonest."""

    name: Literal["glance", "closer"]
    says: str
    asks: dict[str, Any]


SIGHTS: tuple[Sight, ...] = (
    {
        "name": "glance",
        "says": "The strongest maps of the last layer of each group.",
        "asks": GLANCE,
    },
    {"name": "closer", "says": "All small maps and gradients of all layers.", "asks": CLOSER},
)
