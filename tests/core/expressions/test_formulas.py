"""Formulas: brackets where they are needed, names, gates, rules; KaTeX takes every one of them."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Problem
from app.core.expressions import explanations
from app.core.expressions import questions as figures
from app.core.expressions.examples import EXAMPLES
from app.core.expressions.formulas import gate_label, name_latex, number_term, text_of
from app.core.expressions.parsing import parse
from app.core.expressions.questions import ExportQuestion, PlayQuestion
from app.core.expressions.sheets import sheet_of
from tests.core.random_expressions import RandomExpression

STATIC = Path(__file__).resolve().parents[3] / "static"

# Reads a list of formulas, writes those that KaTeX refuses, each with its reason.
KATEX = """
const katex = require('katex');
const refused = JSON.parse(require('fs').readFileSync(0, 'utf8')).flatMap((tex) => {
  try {
    katex.renderToString(tex, { displayMode: true, throwOnError: true, strict: 'error' });
    return [];
  } catch (error) {
    return [[tex, error.message]];
  }
});
console.log(JSON.stringify(refused));
"""


def latex_of(text: str) -> str:
    """The output's formula, over what it is called by."""
    graph = parse(text)
    return sheet_of(graph).latex[graph.output]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x - (y + z)", "x - (y + z)"),
        ("x - y - z", "x - y - z"),
        ("x - (y - z)", "x - (y - z)"),
        ("x + (y + z)", "x + (y + z)"),
        ("(x + y) * z", r"(x + y) \cdot z"),
        ("x * (y * z)", r"x \cdot (y \cdot z)"),
        ("(x * y) * z", r"x \cdot y \cdot z"),
        ("x ** y ** z", "x^{y^{z}}"),
        ("(x ** y) ** z", "(x^{y})^{z}"),
        ("x ** (y + z)", "x^{y + z}"),
        ("(x + y) ** z", "(x + y)^{z}"),
        ("-(x) ** 2", "-x^{2}"),
        ("(-x) ** 2", "(-x)^{2}"),
        ("-(x + y)", "-(x + y)"),
        ("-(-x)", "-(-x)"),
        ("x - (-y)", "x - (-y)"),
        ("x * (-y)", r"x \cdot (-y)"),
        ("x / (y / z)", r"\frac{x}{\frac{y}{z}}"),
        ("(x + y) / (y - z)", r"\frac{x + y}{y - z}"),
        ("(x / y) ** 2", r"(\frac{x}{y})^{2}"),
        ("1 / x ** 2", r"\frac{1}{x^{2}}"),
        ("(1 / x) ** 2", r"(\frac{1}{x})^{2}"),
        ("exp(x) ** 2", "(e^{x})^{2}"),
        ("exp(x + y) * z", r"e^{x + y} \cdot z"),
        ("square(x + y)", "(x + y)^{2}"),
        ("square(square(x))", "(x^{2})^{2}"),
        ("sqrt(x + y) ** 3", r"\sqrt{x + y}^{3}"),
        ("abs(x - y)", r"\lvert x - y \rvert"),
        ("(x > y) * z", r"(x > y) \cdot z"),
        ("x >= y + z", r"x \ge y + z"),
        ("(x > y) > z", "(x > y) > z"),
        ("W @ (x + y)", r"W\,(x + y)"),
        ("(W @ x) * y", r"W\,x \cdot y"),
        ("x @ (y * z)", r"x\,(y \cdot z)"),
        ("sum(x + y)", r"\sum (x + y)"),
        ("sum(x ** 2)", r"\sum x^{2}"),
        ("sum(x) ** 2", r"(\sum x)^{2}"),
        ("prod(x) * y", r"(\prod x) \cdot y"),
        ("y * sum(x)", r"y \cdot (\sum x)"),
        ("sum(x) + y", r"\sum x + y"),
        ("sum(W, axis=1) ** 2", r"(\sum_{\text{axis 1}} W)^{2}"),
        ("hinge(x, 1) ** 2", r"(\sum_{j \ne 1} \max(0, x_j - x_{1} + 1))^{2}"),
        ("W.T ** 2", r"(W^{\top})^{2}"),
        ("(W ** 2).T", r"(W^{2})^{\top}"),
        ("(x + y).T", r"(x + y)^{\top}"),
        ("(x + y)[0]", "(x + y)[0]"),
        ("W[0, 1:]", r"W[0,\,1:]"),
        ("W[y]", "W[y]"),
        ("max(W, axis=0)", r"\max_{\text{axis 0}}(W)"),
        ("relu(-x)", r"\max(0, -x)"),
        ("where(x > 0, x, -y)", r"\begin{cases}x & x > 0\\ -y & \text{else}\end{cases}"),
    ],
)
def test_brackets_where_they_are_needed(text: str, latex: str) -> None:
    assert latex_of(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x * -2", r"x \cdot (-2)"),
        ("x + -2", "x + (-2)"),
        ("x - -2", "x - (-2)"),
        ("(-2) ** x", "(-2)^{x}"),
        ("x ** -2", "x^{-2}"),
        ("-2 + x", "-2 + x"),
        ("-2 - x", "-2 - x"),
        ("x / -2", r"\frac{x}{-2}"),
        ("x * 1e-7", r"x \cdot (1 \times 10^{-7})"),
        ("1e20 ** x", r"(1 \times 10^{20})^{x}"),
    ],
)
def test_negative_and_large_numbers(text: str, latex: str) -> None:
    assert latex_of(text) == latex


def forward_steps(text: str, **inputs: Any) -> list[tuple[str, str]]:
    answer = figures.play(PlayQuestion(expression=text, inputs=inputs))
    return [
        (step["sentence"], step["latex"]) for step in answer["steps"] if step["kind"] == "forward"
    ]


@pytest.mark.parametrize(
    ("text", "inputs", "sentence", "latex"),
    [
        ("f = x * y", {"x": -2, "y": -3}, "f = −2 × (−3) = 6.", r"x \cdot y = -2 \cdot (-3) = 6"),
        ("f = x + y", {"x": -2, "y": -3}, "f = −2 + (−3) = −5.", "x + y = -2 + (-3) = -5"),
        ("f = x - y", {"x": 2, "y": -3}, "f = 2 − (−3) = 5.", "x - y = 2 - (-3) = 5"),
        (
            "f = x ** y",
            {"x": -2, "y": -3},
            "f = (−2) ** (−3) = −0.125.",
            "x^{y} = (-2)^{-3} = -0.125",
        ),
        ("f = x ** 2", {"x": -3}, "f = (−3)² = 9.", "x^{2} = (-3)^{2} = 9"),
        ("f = x ** -2", {"x": 2}, "f = 2⁻² = 0.25.", "x^{-2} = 2^{-2} = 0.25"),
        (
            "f = x / y",
            {"x": -1, "y": -4},
            "f = −1 / (−4) = 0.25.",
            r"\frac{x}{y} = \frac{-1}{-4} = 0.25",
        ),
        ("f = -x", {"x": -2}, "f = −(−2) = 2.", "-x = -(-2) = 2"),
        ("f = exp(x)", {"x": -1}, "f = exp(−1) = 0.3679.", "e^{x} = e^{-1} = 0.3679"),
        ("f = x * 2", {"x": -2}, "f = −2 × 2 = −4.", r"x \cdot 2 = -2 \cdot 2 = -4"),
        ("f = square(x)", {"x": -2}, "f = square(−2) = 4.", "x^{2} = (-2)^{2} = 4"),
    ],
)
def test_numbers_filled_in(text: str, inputs: dict[str, Any], sentence: str, latex: str) -> None:
    assert forward_steps(text, **inputs) == [(sentence, f"f = {latex}")]


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("w0", "w_{0}"),
        ("w12", "w_{12}"),
        ("x_1", "x_{1}"),
        ("W1", "W_{1}"),
        ("alpha", r"\alpha"),
        ("alpha_2", r"\alpha_{2}"),
        ("beta1", r"\beta_{1}"),
        ("lam", r"\lambda"),
        ("lambda", r"\lambda"),
        ("Sigma", r"\Sigma"),
        ("loss", r"\mathrm{loss}"),
        ("yhat", r"\mathrm{yhat}"),
        ("grad_W", r"\mathrm{grad}_{W}"),
        ("x_mean", r"x_{\mathrm{mean}}"),
        ("a_b_c", r"a_{\mathrm{b\_c}}"),
        ("σ", "σ"),
    ],
)
def test_names(name: str, latex: str) -> None:
    assert name_latex(name) == latex


@pytest.mark.parametrize(
    ("x", "latex", "text"),
    [
        (3.0, "3", "3"),
        (-2.5, "-2.5", "-2.5"),
        (1e-7, r"1 \times 10^{-7}", "1e-07"),
        (1e20, r"1 \times 10^{20}", "1e+20"),
    ],
)
def test_numbers(x: float, latex: str, text: str) -> None:
    assert number_term(x).tex == latex
    assert number_term(x, "text").tex == text


# Gates and rules


def gates(text: str) -> list[str]:
    graph = parse(text)
    return [gate_label(graph, node) for node in graph.nodes if not node.leaf]


def test_the_gates_of_the_neuron() -> None:
    assert gates("1 / (1 + exp(-u))") == ["*-1", "exp", "+1", "1/x"]
    graph = parse("1 / (1 + exp(-u))")
    nodes = sheet_of(graph).nodes
    assert [node["id"] for node in nodes if node["absorbed"]] == ["n3"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("x + y", "+"),
        ("x + 2", "+2"),
        ("2 + x", "+2"),
        ("x * 0.5", "*0.5"),
        ("x ** 2", "^2"),
        ("2 ** x", "2^"),
        ("x - 2", "-2"),
        ("2 - x", "2-"),
        ("x / 4", "/4"),
        ("x ** y", "^"),
        ("sigmoid(x)", "σ"),
        ("maximum(x, 0)", "max"),
        ("x * 1e-7", "*10⁻⁷"),
        ("x * 1e20", "*10²⁰"),
        ("x * -2.5e-7", "*-2.5×10⁻⁷"),
        ("x / 1e-7", "/(1×10⁻⁷)"),
        ("x ** 2e-5", "^(2×10⁻⁵)"),
        ("x + 1e-7", "+1×10⁻⁷"),
        ("x - -1e-7", "-(-1×10⁻⁷)"),
        ("1e-7 / 3", "/"),
        ("sum(x)", "Σ"),
        ("x[0]", "[ ]"),
    ],
)
def test_gate_labels(text: str, label: str) -> None:
    assert gates(text)[-1].replace("−", "-") == label.replace("−", "-")


def rule_of(text: str) -> str:
    """What the last flow of a text states, after the arrow."""
    graph = parse(text)
    source, target, position = graph.flows[-1]
    rule: str = sheet_of(graph).flows[target, position].rule
    assert source in graph.nodes[target].inputs
    return rule.partition(r"\;\Rightarrow\; ")[2]


def slope(x: str, rule: str) -> str:
    return rf"\frac{{\partial f}}{{\partial {x}}} = {rule}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("f = x ** 2", slope("x", r"2\,x")),
        ("f = x ** 3", slope("x", r"3\,x^{2}")),
        ("f = x ** 1", slope("x", "1")),
        ("f = x ** 0.5", slope("x", r"0.5\,x^{-0.5}")),
        ("f = square(x)", slope("x", r"2\,x")),
        ("f = 3 * x", slope("x", "3")),
        ("f = x + 3", slope("x", "1")),
        ("f = 3 - x", slope("x", "-1")),
        ("f = x / 4", slope("x", r"\frac{1}{4}")),
        ("f = 1 / x", slope("x", r"-\frac{1}{x^{2}}")),
        ("f = exp(x)", slope("x", "e^{x}")),
        ("f = log(x)", slope("x", r"\frac{1}{x}")),
        ("f = -x", slope("x", "-1")),
        ("f = sin(x)", slope("x", r"\cos(x)")),
        ("f = tanh(x)", slope("x", r"1 - \tanh(x)^{2}")),
        ("f = sigmoid(x)", slope("x", r"(1 - \sigma(x)) \cdot \sigma(x)")),
        ("f = relu(x)", slope("x", r"\mathbb{1}[x > 0]")),
        ("f = x * y", slope("y", "x")),
        ("f = sum(x)", slope("x", "1")),
        ("f = W @ x", r"\text{downstream} = W^{\top}\,\mathrm{upstream}"),
    ],
)
def test_rules_with_their_numbers_worked_out(text: str, rule: str) -> None:
    assert rule_of(text) == rule


@pytest.mark.parametrize(
    ("text", "x", "worked"),
    [
        ("f = x ** 2", 3, "6"),
        ("f = sin(x)", 0.5, r"\cos(0.5)"),
        ("f = 1 / x", -2, r"(-\frac{1}{(-2)^{2}})"),
        ("f = log(x)", 4, r"\frac{1}{4}"),
        ("f = tanh(x)", 0.5, r"\left(1 - 0.4621^{2}\right)"),
        ("f = relu(x)", 3, "1"),
    ],
)
def test_a_step_says_the_rule_in_numbers(text: str, x: float, worked: str) -> None:
    step = figures.play(PlayQuestion(expression=text, inputs={"x": x}))["steps"][-1]
    local = step["latex"].rpartition(r"\underbrace{")[2].partition(r"}_{\text{local}}")[0]
    assert local == worked


# KaTeX


def formulas_in(answer: Any) -> Iterator[str]:
    """Every formula of an answer."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            if key in ("latex", "rule"):
                yield value
            elif key == "derivatives_latex":
                yield from value.values()
            elif key not in ("value", "gradient", "upstream", "local", "downstream"):
                yield from formulas_in(value)
    elif isinstance(answer, list | tuple):
        for item in answer:
            yield from formulas_in(item)


MORE = [
    ("f = x ** y + sqrt(x + 2)", {"x": -2, "y": 2}),
    ("f = x_1 * alpha_2 * lam * loss * grad_W * _a * a__b * __ * x_ * β * w1_2", {}),
    ("f = é * naïve_2 * Straße", {}),
    ("f = sum(x, axis=0, keepdims=True) + norm(x, axis=1) + mean(x, 0)", {"x": [[1, 2], [3, 4]]}),
    ("f = x[0, :, 1:] + x[::2][0, :, 1:]", {"x": [[[1, 2, 3], [3, 4, 5]]] * 3}),
    ("f = (x.T).T ** 2 + (x ** 2).T + x.T[0] ** 2", {"x": [[1, 2], [3, 4]]}),
    ("f = (exp(x) ** y) ** 2 + square(exp(x)) ** y + sum(x) ** 2 * 2", {"x": 2, "y": 3}),
    ("f = hinge(x, y) * hinge(x + 1, y) ** 2", {"x": [1, 2, 3], "y": 1}),
    ("f = x + [[[1, 2]]] + randn(1, 1, 2) + ones(2)", {"x": 1}),
    ("f = x * 1e-7 + x * 1e20 + x ** 1e-7", {"x": 1e-9}),
    ("f = clip(x, -1, 1) + where(x > 0, -x, where(x != 1, x, 2))", {"x": 1}),
    ("f = concat(x, -x, x ** 2, axis=0)[[0, 1]] @ [1, 2]", {"x": [1, 2]}),
    ("f = " + "tanh(sin(x) + " * 20 + "x" + ")" * 20, {"x": -3}),
    ("f = x" + " * y + x" * 60, {"x": 1, "y": 0.5}),
]


def all_formulas() -> set[str]:
    questions = [(example.expression, dict(example.inputs)) for example in EXAMPLES.values()]
    rows = figures.op_rows()
    found = set(formulas_in(rows))
    questions += [(row["example"]["expression"], row["example"]["inputs"]) for row in rows]
    for seed in range(60):
        expression = RandomExpression(seed, tensors=seed % 2 == 1)
        questions.append((expression.text, expression.inputs))
    for text, inputs in questions + MORE:
        for mistake in (None, "overwrite", "order"):
            play = PlayQuestion(
                expression=text, inputs=inputs, mistake=mistake, preview=100, fill=True
            )
            found |= set(formulas_in(figures.play(play)))
        found.add(
            figures.export(
                ExportQuestion(expression=text, inputs=inputs, format="latex", fill=True)
            )
        )
        graph = play.graph()
        for name in graph.inputs:
            try:
                found.add(explanations.paths(graph, play.values(graph), name)["latex"])
            except Problem:
                break  # paths are for scalars
    return found


def test_katex_takes_every_formula() -> None:
    found = sorted(all_formulas())
    assert len(found) > 1_000
    done = subprocess.run(
        [os.environ.get("NODE", "node"), "-e", KATEX],
        cwd=STATIC,
        input=json.dumps(found),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    refused = json.loads(done.stdout)
    told = "\n".join(f"{message}\n    {tex[:200]}" for tex, message in refused[:10])
    assert not refused, f"{len(refused)} of {len(found)}:\n{told}"


def test_a_long_formula_calls_its_parts_by_their_ids() -> None:
    graph = parse("f = " + " + ".join(f"sin(x{i}) * y{i}" for i in range(40)))
    assert all(len(latex) < 400 for latex in sheet_of(graph).latex)
    assert text_of(graph).startswith("f = sin(x0) * y0 + ") or "\n" in text_of(graph)
