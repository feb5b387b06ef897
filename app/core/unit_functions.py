"""What a layer does to one number: a row a type of layer, as an expression and as a formula.

A layer without a row is looked at all the same; its numbers are then told without the arithmetic.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Function(NamedTuple):
    """Texts with `{x}` for the number and `{slope}` for what some layers have."""

    expression: str
    latex: str


FUNCTIONS = {
    "ReLU": Function("relu({x})", r"\max(0, {x})"),
    "LeakyReLU": Function(
        "leaky_relu({x}, slope={slope})", r"\max(0, {x}) + {slope} \cdot \min(0, {x})"
    ),
    "GELU": Function("gelu({x})", r"{x} \, \Phi({x})"),
    "GELU tanh": Function(
        "0.5 * {x} * (1 + tanh(sqrt(2 / pi) * ({x} + 0.044715 * {x} ** 3)))",
        r"\tfrac{1}{2} \cdot {x} \cdot \left(1 + \tanh\left("
        r"\sqrt{2 / \pi} \, ({x} + 0.044715 \cdot \left({x}\right)^3)\right)\right)",
    ),
    "Sigmoid": Function("sigmoid({x})", r"\sigma({x})"),
    "Tanh": Function("tanh({x})", r"\tanh({x})"),
    "Dropout": Function("1 * {x}", "{x}"),
}


def function_of(step: Mapping[str, Any]) -> Function | None:
    """A step's row; None where a number is not made of one number alone."""
    tanh = step.get("approximate") == "tanh"
    return FUNCTIONS.get(f"{step['type']} tanh" if tanh else step["type"])


def filled(text: str, x: str, slope: str) -> str:
    """A row's text with what it is applied to."""
    return text.replace("{x}", x).replace("{slope}", slope)
