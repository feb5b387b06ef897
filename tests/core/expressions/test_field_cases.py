"""Formulas as strangers typed them: each comes to what is right, or is refused with what helps."""

import re
from typing import Any

import numpy as np
import pytest

from app.core.errors import Problem
from app.core.expressions import questions
from app.core.expressions.questions import ExportQuestion, PlayQuestion


def played(text: str, inputs: dict[str, Any] | None = None, fill: bool = True) -> Any:
    return questions.play(PlayQuestion(expression=text, inputs=inputs or {}, fill=fill))


def value_of(answer: Any, name: str | None = None) -> Any:
    wanted = name or answer["output"]
    return next(node["value"] for node in answer["nodes"] if node["id"] == wanted)


def gradient_of(answer: Any, name: str) -> Any:
    return next(node["gradient"] for node in answer["nodes"] if node["id"] == name)


W = [[1, 2], [3, 4]]

# (what is typed, inputs, the right value, right gradients)
RIGHT: list[tuple[str, dict[str, Any], Any, dict[str, Any]]] = [
    # max and min are entry by entry wherever they have two operands
    ("max(x, 0)", {"x": -2}, 0, {"x": 0}),
    ("f = max(x, 0) - x*y + log(1 + exp(-abs(x)))", {"x": -2, "y": 1}, 2.126928, {"x": -0.880797}),
    ("f = max(1 - y*s, 0)", {"y": 1, "s": 2}, 0, {"y": 0, "s": 0}),
    ("f = max(0, x)", {"x": 3}, 3, {"x": 1}),
    ("f = max(x, y)", {"x": 2, "y": 3}, 3, {"x": 0, "y": 1}),
    ("f = min(x, y, 1)", {"x": 2, "y": 3}, 1, {"x": 0, "y": 0}),
    ("max(x, 0)", {"x": [[1, -2], [3, 4]]}, [[1, 0], [3, 4]], {"x": [[1, 0], [1, 1]]}),
    ("max(x, axis=0)", {"x": W}, [3, 4], {"x": [[0, 0], [1, 1]]}),
    ("torch.max(x, y)", {"x": 2, "y": 3}, 3, {"y": 1}),
    ("torch.amax(x, 0)", {"x": W}, [3, 4], {}),
    # Numbers with a name, powers and roots
    ("f = 1/(1+e**-x)", {"x": 2}, 0.880797, {"x": 0.104994}),
    ("f = x² + 3*x", {"x": 2}, 10, {"x": 7}),
    ("x³ - x⁴", {"x": 2}, -8, {"x": -20}),
    ("x⁻¹ + x¹⁰", {"x": 1}, 2, {"x": 9}),
    ("xⁿ", {"x": 3, "n": 2}, 9, {"x": 6}),
    ("2 * π * r", {"r": 1}, 6.283185, {"r": 6.283185}),
    ("sin(pi / 2) * x", {"x": 1}, 1, {}),
    ("√x + √(x + 5)", {"x": 4}, 5, {"x": 0.25 + 1 / 6}),
    ("½ * m * v²", {"m": 2, "v": 3}, 9, {"m": 4.5, "v": 6}),
    ("sin²(x) + cos²(x)", {"x": 0.3}, 1, {"x": 0}),
    ("eˣ", {"x": 0}, 1, {"x": 1}),
    # Signs of slides
    ("σ(w*x + b)", {"w": 1, "x": 0, "b": 0}, 0.5, {"b": 0.25}),
    ("∑(w*x)", {"w": [1, 2], "x": [3, 4]}, 11, {"w": [3, 4]}),
    ("∑ w*x + b", {"w": [1, 2], "x": [3, 4], "b": 1}, 12, {"b": 1}),
    ("Σ(x) + ∏(x)", {"x": [3, 4]}, 19, {"x": [5, 4]}),
    ("x ÷ y", {"x": 1, "y": 4}, 0.25, {}),
    ("(x ≤ y) + (x ≥ y) + (x ≠ y)", {"x": 1, "y": 2}, 2, {}),
    ("‖x‖", {"x": [3, 4]}, 5, {"x": [0.6, 0.8]}),
    ("||x||² + |x[0]|", {"x": [-3, 4]}, 28, {"x": [-7, 8]}),
    ("|x|", {"x": -2}, 2, {"x": -1}),
    ("|x + |y||", {"x": -5, "y": -2}, 3, {"x": -1, "y": 1}),
    ("x ⊙ y", {"x": [1, 2], "y": [3, 4]}, [3, 8], {"x": [3, 4]}),
    ("f = sigmoid(w · x + b)", {"w": [2, -3], "x": [-1, -2], "b": -3}, 0.731059, {"b": 0.196612}),
    ("a ⋅ b", {"a": 3, "b": 4}, 12, {"a": 4}),
    ("W · 2", {"W": W}, [[2, 4], [6, 8]], {}),
    ("x' @ A @ x", {"x": [1, 2], "A": W}, 27, {"x": [12, 21]}),
    ("Aᵀ @ x", {"x": [1, 2], "A": W}, [7, 10], {}),
    ("ｘ＊（ｙ＋１）", {"x": 2, "y": 3}, 8, {}),
    ("𝑥 × 𝑦", {"x": 2, "y": 3}, 6, {}),
    # Second names, prefixes, keywords, methods
    ("ln(x)", {"x": 2}, 0.693147, {"x": 0.5}),
    ("log2(x) + log10(x) + log₂(x)", {"x": 1}, 0, {"x": (2 / np.log(2)) + 1 / np.log(10)}),
    ("sinh(x) + cosh(x)", {"x": 0}, 1, {"x": 1}),
    ("arctan(x) + atan(x)", {"x": 1}, np.pi / 2, {"x": 1}),
    ("silu(x) + elu(x) + swish(x)", {"x": 0}, 0, {"x": 2}),
    ("pow(x, 3)", {"x": 2}, 8, {"x": 12}),
    ("matmul(W, x)", {"W": W, "x": [1, 2]}, [5, 11], {}),
    ("logsumexp(x)", {"x": [1000, 1000]}, 1000.693147, {"x": [0.5, 0.5]}),
    ("std(x) ** 2 - var(x)", {"x": [1, 2, 4]}, 0, {"x": [0, 0, 0]}),
    ("torch.var(x)", {"x": [1, 2, 3]}, 1, {"x": [-1, 0, 1]}),
    ("np.exp(x) - math.exp(x)", {"x": 1}, 0, {}),
    ("torch.nn.functional.relu(x) + F.relu(x)", {"x": 2}, 4, {"x": 2}),
    ("np.linalg.norm(x) + math.pi * 0", {"x": [3, 4]}, 5, {}),
    ("tf.nn.sigmoid(x)", {"x": 0}, 0.5, {"x": 0.25}),
    ("np.dot(W, x)", {"W": W, "x": [1, 2]}, [5, 11], {}),
    ("F @ F.T", {"F": [1, 2]}, 5, {"F": [2, 4]}),
    ("sum(x, dim=1)", {"x": W}, [3, 7], {}),
    ("mean(x, dim=1, keepdim=True)", {"x": W}, [[1.5], [3.5]], {}),
    ("x.sum() + (x**2).sum() + x.exp().mean() * 0", {"x": [1, 2]}, 8, {"x": [3, 5]}),
    ("W.dot(x)", {"W": W, "x": [1, 2]}, [5, 11], {"x": [4, 6]}),
    ("x.reshape(2, 1) @ x.view((1, 2))", {"x": [1, 2]}, [[1, 2], [2, 4]], {}),
    ("torch.clamp(x, min=0)", {"x": -1}, 0, {"x": 0}),
    ("x.clamp(max=1, min=0)", {"x": 0.5}, 0.5, {"x": 1}),
    ("F.leaky_relu(x, negative_slope=1/10)", {"x": -1}, -0.1, {"x": 0.1}),
    ("torch.tensor([1., 2.]) @ np.array([3, 4]) * x", {"x": 1}, 11, {}),
    ("np.zeros((2, 1)) + x", {"x": 1}, [[1], [1]], {}),
    # Places, lists, choices, heads
    ("x[:, None] * y", {"x": [1, 2], "y": [3, 4]}, [[3, 4], [6, 8]], {"x": [7, 7], "y": [3, 3]}),
    ("x[None] + x[:, np.newaxis] * 0", {"x": [1, 2]}, [[1, 2], [1, 2]], {"x": [2, 2]}),
    ("[1/2, 1/4] * x", {"x": 4}, [2, 1], {"x": 0.75}),
    ("f = [x, y] @ [1, 2]", {"x": 3, "y": 4}, 11, {"x": 1, "y": 2}),
    ("[[x, 0], [0, y]] @ [1, 1]", {"x": 3, "y": 4}, [3, 4], {"x": 1, "y": 1}),
    ("x if x > 0 else 0.1 * x", {"x": -2}, -0.2, {"x": 0.1}),
    ("f(x, y, z) = (x + y) * z", {"x": -2, "y": 5, "z": -4}, -12, {"x": -4}),
    # Losses and choices
    ("cross_entropy(x, y)", {"x": [1, 2, 3], "y": [0, 0, 1]}, 0.407606, {}),
    ("cross_entropy(x, y)", {"x": [1, 2, 3], "y": 2}, 0.407606, {}),
    ("cross_entropy(x, y)", {"x": [0, 0], "y": [0.5, 0.5]}, 0.693147, {"x": [0, 0]}),
    ("cross_entropy(x, y)", {"x": [[0, 0], [0, 0]], "y": [0, 1]}, 0.693147, {}),
    ("sum(where(x > 0, sqrt(x), x))", {"x": [-1, -4]}, -5, {"x": [1, 1]}),
    ("sum(where(x > 0, sqrt(x), x))", {"x": [0, 4]}, 2, {"x": [1, 0.25]}),
    ("where(a <= 0, exp(a), 1 + a)", {"a": 100}, 101, {"a": 1}),
    ("where(a <= 0, exp(a), 1 + a)", {"a": 1000}, 1001, {"a": 1}),
    ("where(x == 0, 1, sin(x) / x)", {"x": 0}, 1, {"x": 0}),
    ("clip(exp(x), 0, 10)", {"x": 1000}, 10, {"x": 0}),
    ("x * log(x) if x > 0 else 0", {"x": 0}, 0, {"x": 0}),
    # What was right before
    ("f = x*xa + x2*a + x*xa", {"x": 1, "xa": 1, "x2": 1, "a": 1}, 3, {"x": 2}),
    ("norm(x)", {"x": [0, 0]}, 0, {"x": [0, 0]}),
    ("x**0", {"x": 0}, 1, {"x": 0}),
    ("log(sum(exp(x - max(x)))) + max(x)", {"x": [1000, 1000]}, 1000.693147, {"x": [0.5, 0.5]}),
]


@pytest.mark.parametrize(("text", "inputs", "value", "gradients"), RIGHT)
def test_what_is_typed_comes_to_what_is_right(
    text: str, inputs: dict[str, Any], value: Any, gradients: dict[str, Any]
) -> None:
    answer = played(text, inputs)
    np.testing.assert_allclose(value_of(answer), value, rtol=1e-5, atol=1e-9)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient_of(answer, name), gradient, rtol=1e-5, atol=1e-9)
    new = [remark for remark in answer.get("remarks", []) if remark["message"].startswith("new")]
    assert not new


# (what is typed, a piece of what is said, what is offered); following offers must come to a value
REFUSED: list[tuple[str, str, str | None]] = [
    ("f = x^2", "a power is written `**`", "**"),
    ("1/(1+e^-x)", "a power is written `**`", "**"),
    ("f = e^{-x}", "a power is written `**`", "**(-x)"),
    ("x^T @ x", "transposed is written `.T`", ".T"),
    ("f = 2x + 1", "written `2 * x`", "2 * x"),
    ("2(x+1)", "written `2 * (x+1)`", "2 * (x+1)"),
    ("(x+1)(y+1)", "written `(x+1) * (y+1)`", "(x+1) * (y+1)"),
    ("3xy", "written `3 * x * y`", "3 * x * y"),
    ("x*y + 2 xy", "written `2 * x * y`", "2 * x * y"),
    ("2sin(x)", "written `2 * sin(x)`", "2 * sin(x)"),
    ("x(y + 1)", "written `x * (y + 1)`", "x * (y + 1)"),
    ("2π r", "written `2 * π`", "2 * π"),
    ("e ** -2x", "written `e ** (-2 * x)` or `e ** -2 * x`", "e ** (-2 * x)"),
    ("1/2x", "or `1/(2 * x)`", "1/2 * x"),
    ("sin x", "call it as `sin(...)`", "sin(x)"),
    ("norm(A, 1)", "`sum(abs(A))`", "sum(abs(A))"),
    ("norm(A, 1)", "`norm(A, axis=1)`", "sum(abs(A))"),
    ("np.max(x, 0)", "can be read in two ways", "max(x, axis=0)"),
    ("x.max(0)", "`maximum(x, 0)`", "max(x, axis=0)"),
    ("∑(y - t)²", "can be read in two ways", "sum((y - t)²)"),
    ("x' * A * x", "the matrix product is written `@`", "x' @ A @ x"),
    ("log(x, 2)", "to base 2", "log2(x)"),
    ("sin⁻¹(x)", "can be read in two ways", None),
    ("ln x", "call it as `ln(...)`", "ln(x)"),
    ("(1/2)∑(y - t)", "written `(1/2) * ∑(y - t)`", "(1/2) * ∑(y - t)"),
    ("max(y, x, axis=0)", "`max(y, axis=0)`", "maximum(y, x)"),
    ("lg(x)", "whose base is not said", None),
    ("mse(x, y)", "`mean((x - y) ** 2)`", None),
    ("inv(A)", "the inverse of a matrix is not among the ops", None),
    ("tr(A)", "the trace", None),
    ("x = x + 1", "used in its own value", None),
    ("f = a and b", "the product of two comparisons", None),
    ("f(x) = x²; f(3)", "is a value here", None),
    ("\\frac{x}{y}", "LaTeX is not read", None),
]


@pytest.mark.parametrize(("text", "said", "offered"), REFUSED)
def test_what_is_refused_is_refused_with_what_helps(
    text: str, said: str, offered: str | None
) -> None:
    with pytest.raises(Problem) as caught:
        played(text)
    assert said in caught.value.message
    assert caught.value.suggestion == offered


@pytest.mark.parametrize("text", dict.fromkeys(text for text, _, offered in REFUSED if offered))
def test_what_is_offered_can_be_followed_to_a_value(text: str) -> None:
    inputs: dict[str, Any] = {"A": W, "x": 0.5, "y": 2.0, "t": 1.0, "r": 3.0}
    if "T" in text or "max" in text or "'" in text:
        inputs["x"] = [1.0, 2.0]
    for _ in range(5):
        try:
            assert value_of(played(text, inputs)) is not None
            return
        except Problem as problem:
            where, offered = problem.where, problem.suggestion
        if offered:
            end = where["offset"] + where["length"]
            text = text[: where["offset"]] + offered + text[end:]
    pytest.fail(f"no end of offers: {text}")


def remarks(text: str, inputs: dict[str, Any] | None = None) -> list[tuple[str, str | None]]:
    found = played(text, inputs).get("remarks", [])
    return [(remark["message"], remark["suggestion"]) for remark in found]


def test_a_new_input_is_said_and_a_product_of_inputs_is_offered() -> None:
    (said, _), (also, offered) = remarks("xy + x*y", {"x": 2, "y": 3})
    assert said.startswith("new input: xy")
    assert "`x * y`" in also
    assert offered == "x * y"
    assert remarks("a * b")[0][0].startswith("new inputs: a, b")
    assert remarks("a * b", {"a": 1, "b": 2}) == []


def test_a_product_is_offered_where_a_value_is_missing() -> None:
    with pytest.raises(Problem) as caught:
        played("xy + x*y", {"x": 2, "y": 3}, fill=False)
    assert caught.value.suggestion == "x * y"


@pytest.mark.parametrize(
    ("text", "inputs", "said"),
    [
        ("max(x, 0)", {"x": [1, 2]}, "along an axis it is `max(x, axis=0)`"),
        ("w · x", {"w": [1, 2], "x": [3, 4]}, "is their dot product"),
        ("W · x", {"W": W, "x": [3, 4]}, "the matrix product is `@`"),
        ("W.dot(x)", {"W": W, "x": [3, 4]}, "is `@`, as in numpy"),
        ("var(x)", {"x": [1, 2]}, "divides by n"),
        ("A²", {"A": W}, "`A @ A`"),
        ("A⁻¹", {"A": W}, "the inverse of a matrix is not among the ops"),
        ("where(x > 0, sqrt(x), 0)", {"x": -1}, "PyTorch"),
        ("f(x, y) = x", {"x": 1}, "`y` stands in the head of `f`"),
    ],
)
def test_what_can_be_read_in_two_ways_is_said_once(
    text: str, inputs: dict[str, Any], said: str
) -> None:
    found = remarks(text, inputs)
    assert sum(said in message for message, _ in found) == 1


def test_e_is_a_number_unless_it_is_given_or_assigned() -> None:
    assert value_of(played("f = e * x", {"x": 1})) == pytest.approx(np.e)
    assert value_of(played("f = e * x", {"x": 1, "e": 3})) == 3
    assert value_of(played("e = x + 1\nf = e * x", {"x": 1})) == 2
    with pytest.raises(Problem, match="as the number that it is"):
        played("f = e * x\ne = 2")


NAMES = ["x₁", "ŷ", "x\u0302", "λ", "lambda", "torch", "var", "std", "e", "ln", "größe"]


@pytest.mark.parametrize("name", NAMES)
def test_a_program_runs_whatever_its_names(name: str) -> None:
    question = ExportQuestion(
        expression=f"f = {name} * 2 + x_1 * y", inputs={name: 3, "x_1": 1, "y": 1}, format="pytorch"
    )
    printed: list[Any] = []
    exec(questions.export(question), {"print": lambda *said: printed.append(said)})
    assert printed[0][1] == 7


@pytest.mark.parametrize(
    ("text", "meant"), [("f = sin(πx)", "π * x"), ("f = r * πr", "π * r"), ("f = xπ", "x * π")]
)
def test_a_word_with_pi_in_it_is_offered_as_a_product(text: str, meant: str) -> None:
    question = PlayQuestion(expression=text, inputs={}, fill=True)
    assert meant in [remark["suggestion"] for remark in questions.play(question)["remarks"]]
    with pytest.raises(Problem, match=f"it is written `{re.escape(meant)}`"):
        questions.play(PlayQuestion(expression=text, inputs={"r": 1} if "r" in text else {}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f = sum(x, axis=(0, 1))", "sum(sum(x, axis=1), axis=0)"),
        ("f = mean(x, dim=(0, 1))", "mean(mean(x, axis=1), axis=0)"),
        ("f = var(x, axis=(0, 1))", "is one axis here"),
        ("f = sum(x[..., 0])", "x[:, 0]"),
    ],
)
def test_several_axes_are_refused_with_what_is_written_instead(text: str, said: str) -> None:
    with pytest.raises(Problem, match=re.escape(said)):
        questions.play(PlayQuestion(expression=text, inputs={"x": [[1, 2], [3, 4]]}))
