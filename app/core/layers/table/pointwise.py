"""Layers that make one number of one number."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.layer import Example, Layer, Place, Shape


def hard_sigmoid(given: Any) -> Any:
    """What nn.Hardsigmoid gives."""
    from torch.nn import functional

    return functional.relu6(given + 3) / 6


class ReLU(Layer):
    """max(0, x): passes what is positive and its gradient, stops the rest."""

    type: Literal["ReLU"] = "ReLU"
    function: ClassVar = "relu(x)"
    guided: ClassVar = "positive"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class ReLU6(Layer):
    """A ReLU that stops at 6, too: made for numbers of few bits."""

    type: Literal["ReLU6"] = "ReLU6"
    function: ClassVar = "where(x < 6, relu(x), 6)"
    guided: ClassVar = "positive"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class LeakyReLU(Layer):
    """Like ReLU, but a little (negative_slope) passes where x is negative."""

    type: Literal["LeakyReLU"] = "LeakyReLU"
    function: ClassVar = "leaky_relu(x, slope=negative_slope)"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"negative_slope": -0.5}, ((5,),)),
    )
    negative_slope: bounds.Constant = 0.01
    inplace: bounds.Flag = False


class ELU(Layer):
    """Like ReLU, but bends towards -alpha where x is negative, so that means stay near 0."""

    type: Literal["ELU"] = "ELU"
    # alpha (e^x - 1) below 0, without an e^x that could overflow above
    function: ClassVar = "relu(x) + alpha * (exp(x - relu(x)) - 1)"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (Example({}, ((4, 6, 7),)), Example({"alpha": 0.5}, ((5,),)))
    alpha: bounds.Constant = 1.0
    inplace: bounds.Flag = False


class SELU(Layer):
    """An ELU of such a size that means stay near 0 and variances near 1 from layer to layer."""

    type: Literal["SELU"] = "SELU"
    function: ClassVar = (
        "1.0507009873554805 * (relu(x) + 1.6732632423543772 * (exp(x - relu(x)) - 1))"
    )
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class PReLU(Layer):
    """Like LeakyReLU, but how much passes where x is negative is learned."""

    type: Literal["PReLU"] = "PReLU"
    function: ClassVar = "where(x > 0, x, a * x)"
    numbers: ClassVar = {"a": "weight"}
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"num_parameters": 4, "init": 0.5}, ((4, 3, 5),)),
    )
    num_parameters: bounds.Channels = 1
    init: bounds.Constant = 0.25

    def output(self, *shapes: Shape) -> Shape:
        if self.num_parameters != 1:
            self.expect("num_parameters", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_parameters,)}

    def entry(self, place: Place, shape: Shape) -> tuple[int, ...]:
        return (0,) if self.num_parameters == 1 else place[:1]


class GELU(Layer):
    """x times the share of a normal distribution below x: a smooth ReLU."""

    type: Literal["GELU"] = "GELU"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (Example({}, ((4, 6, 7),)), Example({"approximate": "tanh"}, ((5,),)))
    approximate: Literal["none", "tanh"] = "none"

    def text(self, operands: int = 1) -> str:
        if self.approximate == "none":
            return "gelu(x)"
        return "0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))"


class SiLU(Layer):
    """x times its sigmoid: a smooth ReLU that dips a little below 0 (also called swish)."""

    type: Literal["SiLU"] = "SiLU"
    function: ClassVar = "x * sigmoid(x)"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Softplus(Layer):
    """log(1 + eˣ): a smooth ReLU that is never 0; its gradient is the sigmoid."""

    type: Literal["Softplus"] = "Softplus"
    deconvnet: ClassVar = "rectified"
    examples: ClassVar = (
        Example({}, ((4, 6, 7),)),
        Example({"beta": 2.0, "threshold": 1.0}, ((4, 6, 7),)),
    )
    beta: bounds.AboveZero = 1.0
    threshold: bounds.Constant = 20.0

    def text(self, operands: int = 1) -> str:
        if self.beta == 1:
            return "where(x > threshold, x, softplus(x))"
        return "where(beta * x > threshold, x, softplus(beta * x) / beta)"


class Mish(Layer):
    """x times tanh(softplus(x)): a smooth ReLU that dips a little below 0."""

    type: Literal["Mish"] = "Mish"
    function: ClassVar = "x * tanh(softplus(x))"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Hardswish(Layer):
    """x times its Hardsigmoid: SiLU of straight lines and a parabola, cheap to work out."""

    type: Literal["Hardswish"] = "Hardswish"
    function: ClassVar = "where(x > 3, x, where(x < -3, 0, x * (x + 3) / 6))"
    deconvnet: ClassVar = "rectified"
    inplace: bounds.Flag = False


class Hardsigmoid(Layer):
    """A straight line from 0 at −3 to 1 at 3: the sigmoid without its exponential."""

    type: Literal["Hardsigmoid"] = "Hardsigmoid"
    function: ClassVar = "where(x > 3, 1, where(x < -3, 0, x / 6 + 0.5))"
    deconvnet: ClassVar = "passed on"
    inplace: bounds.Flag = False

    def module(self) -> Any:
        return hard_sigmoid  # torch's own has no second derivative


class Sigmoid(Layer):
    """Squashes to 0..1; hardly any gradient passes where it saturates."""

    type: Literal["Sigmoid"] = "Sigmoid"
    function: ClassVar = "sigmoid(x)"
    deconvnet: ClassVar = "passed on"


class Tanh(Layer):
    """Squashes to −1 to 1, around 0; it saturates too."""

    type: Literal["Tanh"] = "Tanh"
    function: ClassVar = "tanh(x)"
    deconvnet: ClassVar = "passed on"


class Scale(Layer):
    """Each number times a fixed factor, and a fixed number more: nothing is learned."""

    type: Literal["Scale"] = "Scale"
    torchs: ClassVar = False
    function: ClassVar = "factor * x + shift"
    examples: ClassVar = (
        Example({"factor": 0.5, "shift": -1.0}, ((4, 6, 7),)),
        Example({"factor": -2.0}, ((5,),)),
    )
    factor: bounds.Constant = 1.0
    shift: bounds.Constant = 0.0

    def module(self) -> Any:
        return lambda given: given * self.factor + self.shift

    def applied_code(self, given: Sequence[str]) -> str:
        times = f"{given[0]} * {self.factor!r}" if self.factor != 1 else given[0]
        return f"{times} + {self.shift!r}" if self.shift else times


class Identity(Layer):
    """Gives what it is given: holds a place, as where a layer was taken out."""

    type: Literal["Identity"] = "Identity"
