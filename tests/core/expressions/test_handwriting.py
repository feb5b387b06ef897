"""Sentences say names, gates and formulas as one writes them by hand."""

import json
import re
from pathlib import Path

import pytest

from app.core.expressions import handwriting
from app.core.expressions import questions as figures
from app.core.expressions.examples import EXAMPLES
from app.core.expressions.formulas import name_latex
from app.core.expressions.questions import PlayQuestion

NAMES = json.loads((Path(__file__).parents[2] / "names.json").read_text())
TYPED = re.compile(r"(?<!\*)\*(?!\*)|\*\* ?\d|-|\^|\blam\b|\d[eE]|`")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("w0 * x0", "w₀ × x₀"),
        ("w1_2_1*x_2 + b10", "w₁,₂,₁×x₂ + b₁₀"),
        ("log1p(x) + x1y + relu6(x2)", "log1p(x) + x1y + relu6(x₂)"),
        ("s - s[y] + 1", "s − s[y] + 1"),
        ("lam * sum(W ** 2)", "λ × sum(W²)"),
        ("gamma1 * x ** -3", "γ₁ × x⁻³"),
        ("x ** y", "x ** y"),
        ("x ** 2.5", "x ** 2.5"),
        ("var + 1e-05", "var + 1×10⁻⁵"),
        # No letters: a function's name, and a word that only ends in one.
        ("beta(x) + x_alpha", "beta(x) + x_alpha"),
    ],
)
def test_a_formula(typed: str, written: str) -> None:
    assert handwriting.formula(typed) == written


@pytest.mark.parametrize("case", NAMES, ids=lambda case: case["name"])
def test_a_name(case: dict[str, str]) -> None:
    """The same cases hold the browser's, in static/src/numbers/names.test.ts."""
    assert handwriting.parted(case["name"]) == (case["base"], case["index"])
    assert name_latex(case["name"]) == case["latex"]


@pytest.mark.parametrize(
    ("label", "written"),
    [("*", "×"), ("*-1", "×−1"), ("^2", "x²"), ("^-2", "x⁻²"), ("^0.5", "^0.5"), ("-", "−")],
)
def test_a_gate(label: str, written: str) -> None:
    assert handwriting.gate(label) == written


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_sentence_of_an_example_is_written_as_it_is_typed(name: str) -> None:
    example = EXAMPLES[name]
    answer = figures.play(PlayQuestion(expression=example.expression, inputs=example.inputs))
    sentences = [step["sentence"] for step in answer["steps"]]
    assert [said for said in sentences if TYPED.search(said)] == []


def test_a_difference_that_is_squared_keeps_its_brackets() -> None:
    answer = figures.play(
        PlayQuestion(expression="(x - y) ** 2", inputs={"x": [1, 2], "y": [0, 0]})
    )
    assert answer["steps"][1]["sentence"] == "(x − y)² = [1, 4]."
