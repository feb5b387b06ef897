"""Inputs without values get examples that fit; values that cannot be worked with are named."""

from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.fits import filled, fits
from app.core.expressions.ops import OPS
from app.core.expressions.parsing import parse
from app.core.expressions.questions import PlayQuestion, play

Shapes = dict[str, tuple[int, ...]]

WANTED: list[tuple[str, dict[str, Any], Shapes]] = [
    ("s = W @ x + b", {}, {"W": (3, 2), "x": (2,), "b": (3,)}),
    ("s = W @ x + b", {"x": [1, 2, 3]}, {"W": (2, 3), "x": (3,), "b": (2,)}),
    ("s = W @ x\nf = -log(softmax(s)[3])", {}, {"W": (4, 3), "x": (3,)}),
    ("f = w @ x", {}, {"w": (3,), "x": (3,)}),
    ("P = A @ B", {}, {"A": (3, 2), "B": (2, 4)}),
    ("f = softmax(z)[1]", {}, {"z": (3,)}),
    ("L = cross_entropy(s, y)", {}, {"s": (3,), "y": ()}),
    ("L = cross_entropy(X @ W, y)", {}, {"X": (3, 2), "W": (2, 4), "y": (3,)}),
    ("f = x[4]", {}, {"x": (5,)}),
    ("f = X[1, 2]", {}, {"X": (3, 4)}),
    ("f = x[i]", {}, {"x": (3,), "i": ()}),
    ("f = sum(w * x) + b", {}, {"w": (3,), "x": (3,), "b": ()}),
    ("L = mean((X @ w - y) ** 2)", {}, {"X": (3, 2), "w": (2,), "y": (3,)}),
    ("f = lam * sum(W * W)", {}, {"lam": (), "W": (3, 2)}),
    ("f = mean(X, axis=1)", {}, {"X": (3, 2)}),
    ("f = outer(a, b)", {}, {"a": (3,), "b": (2,)}),
    ("f = reshape(a, 2, 3) @ v", {}, {"a": (6,), "v": (3,)}),
    ("f = [x, y] @ v", {}, {"x": (), "y": (), "v": (2,)}),
    ("f = x · y", {"x": [1, 2]}, {"x": (2,), "y": (2,)}),
    ("f = (x + y) * z", {}, {"x": (), "y": (), "z": ()}),
]


@pytest.mark.parametrize(("text", "given", "shapes"), WANTED)
def test_the_ops_say_which_shapes_inputs_without_a_value_have(
    text: str, given: dict[str, Any], shapes: Shapes
) -> None:
    graph = parse(text)
    values = filled(graph, given)
    assert {name: np.shape(value) for name, value in values.items()} == shapes
    evaluate(graph, values)


AT_ITS_END = ("arctanh",)  # of 1, which is what a number without a value is


@pytest.mark.parametrize(
    "name", [name for name, op in OPS.items() if op.arguments and name not in AT_ITS_END]
)
def test_of_whatever_op_the_examples_can_be_worked_with(name: str) -> None:
    op = OPS[name]
    letters = [f"x{i}" for i, _ in enumerate(op.arguments)]
    shape = ", 3" if "shape" in {key.lstrip("*") for key in op.parameters} else ""
    call = f"{name}({', '.join(letters)}{shape})"
    if name == "index":
        call = "x0[1]"
    elif name == "stack":
        call = "[x0, x1]"
    elif op.text:
        call = op.text
        for argument, letter in zip(op.arguments, letters, strict=True):
            start = call.index("{" + argument + ":")
            call = call[:start] + letter + call[call.index("}", start) + 1 :]
    graph = parse(f"f = {call}")
    evaluate(graph, filled(graph, {}))


@pytest.mark.parametrize(
    ("text", "given", "message", "changed"),
    [
        ("s = W @ x", {"W": 1, "x": -2}, "`W` and `x` are single numbers here", {"W", "x"}),
        ("s = W @ x + b", {"x": -2}, "`x` is a single number here; give it a vector of 2",
         {"W", "x", "b"}),
        ("f = softmax(z)[1]", {"z": 4}, "give it a vector of 3", {"z"}),
        ("s = W @ x", {"W": [[1, 2], [3, 4]], "x": [1, 2, 3]}, "`W` has 2 columns, `x` 3 rows",
         {"x"}),
        ("f = a @ x[2]", {"a": [1, 2], "x": [1, 2, 3]}, "`x[2]` is a single number", {"x"}),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_answered_with_some_that_do(
    text: str, given: dict[str, Any], message: str, changed: set[str]
) -> None:
    with pytest.raises(Problem) as caught:
        play(PlayQuestion(expression=text, inputs=given, fill=True))
    told = caught.value.told
    assert message in told["message"]
    assert "(," not in told["message"]
    assert "`n" not in told["message"]
    assert told["inputs"] == list(parse(text).inputs)
    assert told["fits"].keys() == changed
    play(PlayQuestion(expression=text, inputs=given | told["fits"]))


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("f = log(x)", {"x": -1}),
        ("f = sum(log(x)) + sqrt(-1)", {}),
        ("f = zeros(2) @ zeros(3) + x", {"x": 1}),
        ("f = x @ y + zeros(2) @ zeros(3)", {"x": 1}),
    ],
)
def test_where_no_values_would_help_none_are_offered(text: str, given: dict[str, Any]) -> None:
    assert fits(parse(text), given) == {}
    with pytest.raises(Problem) as caught:
        play(PlayQuestion(expression=text, inputs=given, fill=True))
    assert caught.value.told["fits"] == {}


@pytest.mark.parametrize(
    "text", ["-(y*log(p) + (1-y)*log(1-p))", "1/(1-x)", "log(x-1)", "x**0.5/(x-1)", "log(1-p)/p"]
)
def test_a_number_without_a_value_is_one_that_there_is_an_answer_for(text: str) -> None:
    graph = parse(text)
    assert evaluate(graph, filled(graph, {})).values[graph.output] is not None


def test_a_number_that_leads_nowhere_with_what_was_given_is_1() -> None:
    assert filled(parse("log(x) + y"), {"x": -1}) == {"x": -1, "y": 1.0}
    assert filled(parse("log(x) * y"), {"x": 2}) == {"x": 2, "y": 1.0}


def test_what_a_person_gave_stays_as_it_is() -> None:
    given = {"x": [0.25, -7], "k": 3}
    values = filled(parse("f = k * sum(W @ x)"), given)
    assert values["x"] is given["x"]
    assert values["k"] == 3


def test_many_unknown_inputs_take_no_longer_than_a_few() -> None:
    layers = "\n".join(f"h{i + 1} = relu(W{i} @ h{i} + b{i})" for i in range(11))
    graph = parse(f"h0 = relu(V @ x)\n{layers}\nf = sum(h11)")
    evaluate(graph, filled(graph, {}))
