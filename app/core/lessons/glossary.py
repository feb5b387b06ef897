"""GLOSSARY: the words of the course, a row each: what it is, and the figure that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.exercises.exercise import shown

LECTURE = {"expression": "q = x + y\nf = q * z", "inputs": {"x": -2, "y": 5, "z": -4}}
SHARED = {"expression": "a = x * y\nb = x + a\nf = a * b", "inputs": {"x": 1.5, "y": 2}}
NUMBERS = {"input": "numbers", "shape": [1, 7, 7], "filters": 1, "kernel_size": 3}
PICTURE = {"input": "coffee", "filters": 6, "kernel_size": 5}
STACKED = {
    "source": "nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))",
    "input": [3, 32, 32],
}


@dataclass(frozen=True)
class Term:
    """A word. `also` are other forms of it that lessons use."""

    name: str
    says: str
    figure: str
    question: Mapping[str, Any]
    at: Mapping[str, Any]
    also: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def link(self) -> str:
        return shown(self.figure, self.question, **self.at)


def term(
    name: str, says: str, figure: str, question: Mapping[str, Any], *also: str, **at: Any
) -> Term:
    return Term(name, says, figure, question, at, also)


ROWS: tuple[Term, ...] = (
    term("expression", "A formula as text, one statement a line; its last one is the output.",
         "expression", LECTURE),
    term("graph", "What an expression is made of: a node for each value, and a wire from each "
         "value to whatever uses it.", "expression", LECTURE),
    term("node", "One value in a graph: an input, a constant, or what an op gives.",
         "expression", LECTURE, step=1),
    term("op", "An operation, such as a sum or a product; drawn as a gate.", "expression", LECTURE,
         "gate", step=0),
    term("gradient", "How the output changes with a value, one number for each of its entries.",
         "expression", LECTURE),
    term("flow", "What goes back along one wire: upstream times local is downstream.",
         "expression", LECTURE, step=3),
    term("upstream gradient", "What has come back to a node from the end.", "expression", LECTURE,
         "upstream", step=3),
    term("local gradient", "How a node's own value changes with one of its inputs; it follows from "
         "the node's equation.", "expression", LECTURE, "local", step=3),
    term("downstream gradient", "Upstream times local: what a node passes on to one of its inputs.",
         "expression", LECTURE, "downstream", step=3),
    term("fan-out", "A value that is used several times. The gradients of all its uses add.",
         "expression", SHARED),
    term("hinge loss", "The sum over the wrong classes of how far each fails to stay 1 below the "
         "right one.", "expression",
         {"expression": "L = hinge(s, 0)", "inputs": {"s": [3.2, 5.1, -1.7]}}),
    term("softmax loss", "Minus the logarithm of the right class's probability.", "expression",
         {"expression": "L = cross_entropy(s, 0)", "inputs": {"s": [3.2, 5.1, -1.7]}},
         "cross-entropy"),
    term("layer", "A step of a network with its weights, if it has any: a convolution, a pooling, "
         "a fully connected layer.", "network", {"architecture": "cs231n"}),
    term("fully connected", "A layer in which each output has a weight for every input.",
         "fully-connected", {"input": "coffee", "shape": [3, 32, 32], "filters": 10},
         mode="forward"),
    term("convolution", "A layer that lays the same small filter on all places of its input.",
         "convolution", PICTURE, mode="forward"),
    term("filter", "The weights of one map of a convolution, as deep as its input.", "convolution",
         PICTURE, "kernel", mode="forward"),
    term("activation map", "What one filter gives at all places: an image of where it found what "
         "it looks for.", "convolution", PICTURE, mode="forward"),
    term("window", "What a layer sees of its input at one place, and how it moves: kernel, stride, "
         "padding, dilation.", "convolution", NUMBERS, mode="forward", step=0),
    term("stride", "How far a window moves from one place to the next.", "convolution",
         NUMBERS | {"stride": 2}, mode="forward", step=1),
    term("padding", "Zeros around the input, on each side.", "convolution",
         NUMBERS | {"padding": 1}, mode="forward", step=0),
    term("pooling", "A window without weights that keeps the largest number under it, or the mean.",
         "convolution", {"layer": "MaxPool2d", "input": "numbers", "shape": [1, 6, 6]},
         "max pooling", mode="forward", step=0),
    term("receptive field", "What one unit can see of the input.", "receptive-field", STACKED,
         view="field"),
    term("network", "A graph of layers.", "network", {"architecture": "cs231n"}),
    term("architecture", "A network that is well known, without its weights.", "comparison",
         {"names": ["alexnet", "vgg16", "resnet50"]}, view="compare",
         compare="alexnet,vgg16,resnet50"),
    term("overfitting", "Matching one set of data so closely that new data is got wrong.",
         "overfitting", {}, "overfit"),
    term("underfitting", "Not even matching the data that was learned from.", "overfitting",
         {"degree": 1}, "underfit"),
    term("augmentation", "Slightly changed copies of the training data whose labels stay true.",
         "augmentation", {}),
    term("cross-validation", "Training on all parts of the data but one, validating on that one, "
         "with each part in turn.", "cross-validation", {}),
    term("hold-out", "Data that stays apart from every choice and is used once, at the end.",
         "cross-validation", {}),
    term("transfer learning", "Taking a trained network and training some of its layers again.",
         "network", {"architecture": "vgg16"}, layer="classifier.6"),
    term("dropout", "Leaving out each unit with some probability in each step of the training.",
         "dropout", {}),
    term("batch norm", "Moving the mean of a batch to 0 and its spread to 1, then scaling and "
         "shifting by two learned numbers.", "batch-norm", {}),
    term("residual block", "A block that adds what it computes to what it was given.", "expression",
         {"expression": "h = relu(w1 * x)\nF = w2 * h\ny = x + F",
          "inputs": {"x": 2, "w1": 0.1, "w2": 0.1}}, "skip"),
    term("dataset", "The samples that a network learns from, and those that it is tried on.",
         "samples-a-weight", {}),
    term("experiment", "A training that shows one thing, beside its own control.", "overfitting",
         {}),
    term("run", "One execution of an experiment; the same settings give the same numbers.",
         "small-batch", {}),
    term("frame", "One moment of a run.", "small-batch", {}),
    term("figure", "An interactive picture: a question, its answer, and where in it one looks.",
         "expression", LECTURE),
)  # fmt: skip
GLOSSARY = {row.name: row for row in sorted(ROWS, key=lambda row: row.name)}
# By each form of a word: the anchor of its definition.
ANCHORS = {form: row.anchor for row in ROWS for form in (row.name, *row.also)}
