"""Layers that see a number among others."""

from collections.abc import Sequence
from functools import cached_property
from math import gcd, prod
from typing import Any, ClassVar, Literal

from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.layer import POOLED, Example, Kind, Layer, Place, Shape, Windows
from app.core.layers.lines import on_lines
from app.core.layers.windows import Whole, Window
from app.core.numbers import sizes


def scaled(text: str, scale: bool, shift: bool) -> str:
    """What is made even, scaled and shifted as learned."""
    return ("gamma * " if scale else "") + text + (" + beta" if shift else "")


class Softmax(Layer):
    """Turns scores into probabilities that sum to 1, across features or channels."""

    type: Literal["Softmax"] = "Softmax"
    channels: ClassVar = "all"
    function: ClassVar = "largest = max(X)\ntotal = sum(exp(X - largest))\nexp(x - largest) / total"
    deconvnet: ClassVar = "passed on"
    probabilities: ClassVar = True
    examples: ClassVar = (
        Example({"dim": 1}, ((5,),)),
        Example({"dim": -1}, ((5,),)),
        Example({"dim": 1}, ((4, 3, 2),)),
    )
    dim: Literal[1, -1] | None = None

    def output(self, *shapes: Shape) -> Shape:
        if self.dim == -1 and len(shapes[0]) == 3:
            message = "on maps dim=-1 is their width; dim=1 is across channels"
            raise Misfit(message, "dim", "1", shapes[0])
        return shapes[0]


class LogSoftmax(Softmax):
    """The logarithm of Softmax: what the loss of a classifier is made with."""

    type: Literal["LogSoftmax"] = "LogSoftmax"  # type: ignore[assignment]
    function: ClassVar = "largest = max(X)\nx - largest - log(sum(exp(X - largest)))"


class _BatchNorm(Layer):
    kind: ClassVar[Kind] = "normalisation"
    numbers: ClassVar = {
        "mu": "running_mean", "sigma2": "running_var", "gamma": "weight", "beta": "bias",
    }  # fmt: skip
    follow: ClassVar = ("num_features",)
    num_features: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    momentum: bounds.OptionalShare = 0.1
    affine: bounds.Flag = True
    track_running_stats: bounds.Tracked = True

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_features,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return scaled("(x - mu) / sqrt(sigma2 + eps)", self.affine, self.affine)


class BatchNorm2d(_BatchNorm):
    """Each channel to mean 0 and variance 1 over the batch, then scaled and shifted as learned."""

    type: Literal["BatchNorm2d"] = "BatchNorm2d"
    examples: ClassVar = (
        Example({"num_features": 4}, ((4, 6, 7),)),
        Example({"num_features": 3, "affine": False, "eps": 0.1}, ((3, 1, 1),)),
    )

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_features", shapes[0][0], "channels", shapes[0])
        return shapes[0]


class BatchNorm1d(_BatchNorm):
    """Each number of a vector to mean 0 and variance 1 over the batch, then scaled and shifted."""

    type: Literal["BatchNorm1d"] = "BatchNorm1d"
    examples: ClassVar = (
        Example({"num_features": 6}, ((6,),)),
        Example({"num_features": 3, "affine": False, "eps": 0.1}, ((3,),)),
        Example({"num_features": 3}, ((3, 1, 5),)),
    )
    line: ClassVar = True

    def output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1 and shapes[0][1] != 1:
            raise Misfit(
                f"BatchNorm1d takes a vector, or lines, and is given maps of {sizes(shapes[0])}; "
                "BatchNorm2d is for maps",
                output=shapes[0],
            )
        self.expect("num_features", shapes[0][0], "numbers", shapes[0])
        return shapes[0]

    def module(self) -> Any:
        return on_lines(self)


class _Norm(Layer):
    """Made even over what one picture gives: its mean and variance come from the picture itself."""

    kind: ClassVar[Kind] = "normalisation"
    places: ClassVar[Literal["own", "all"]] = "all"
    deconvnet: ClassVar = "held"

    def even(self, scale: bool, shift: bool) -> str:
        """Its function, scaled and shifted as learned."""
        made = scaled("(x - mu) / sqrt(sigma2 + eps)", scale, shift)
        return f"mu = mean(X)\nsigma2 = mean(square(X - mu))\n{made}"

    def together(self, given: Any) -> Any:
        """A batch with the numbers that share a mean along its last axis."""
        raise NotImplementedError

    def divisors(self, step: Any, given: Any) -> Any:
        grouped = self.together(given)
        root = (grouped.var(-1, correction=0, keepdim=True) + step.eps).sqrt()
        divisors = root.expand_as(grouped).reshape(given.shape)
        if step.weight is None:
            return divisors
        tail = (1,) * (given.ndim - 2) if step.weight.shape == given.shape[1:2] else ()
        return divisors / step.weight.reshape(*step.weight.shape, *tail)


class InstanceNorm2d(_Norm):
    """Each map of each picture to mean 0 and variance 1, by itself: contrast is taken out."""

    type: Literal["InstanceNorm2d"] = "InstanceNorm2d"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_features",)
    examples: ClassVar = (
        Example({"num_features": 4}, ((4, 6, 7),)),
        Example({"num_features": 3, "affine": True, "eps": 0.1}, ((3, 5, 1),)),
    )
    num_features: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    momentum: bounds.OptionalShare = 0.1
    affine: bounds.Flag = False
    track_running_stats: Literal[False] = False

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_features", shapes[0][0], "channels", shapes[0])
        if shapes[0][1:] == (1, 1):
            raise Misfit("InstanceNorm2d evens out maps, and these have one number each")
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_features,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return self.even(self.affine, self.affine)

    def together(self, given: Any) -> Any:
        return given.flatten(2)


class GroupNorm(_Norm):
    """The channels of each group together to mean 0 and variance 1, then scaled and shifted."""

    type: Literal["GroupNorm"] = "GroupNorm"
    channels: ClassVar = "some"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (
        Example({"num_groups": 2, "num_channels": 4}, ((4, 6, 7),)),
        Example({"num_groups": 2, "num_channels": 6}, ((6,),)),
        Example({"num_groups": 3, "num_channels": 3, "affine": False}, ((3, 2, 2),)),
    )
    num_groups: bounds.Channels
    num_channels: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    affine: bounds.Flag = True

    def output(self, *shapes: Shape) -> Shape:
        what = "channels" if shapes[0][1:] else "numbers"
        self.expect("num_channels", shapes[0][0], what, shapes[0])
        if self.num_channels % self.num_groups:
            most = gcd(self.num_channels, self.num_groups)
            raise Misfit(
                f"num_groups={self.num_groups} has to divide num_channels={self.num_channels}; "
                f"{most} will do",
                "num_groups", str(most), shapes[0],
            )  # fmt: skip
        if prod(shapes[0]) == self.num_groups:
            raise Misfit("each group has a single number, and nothing to be evened out with")
        return shapes[0]

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        each = self.num_channels // self.num_groups
        first = channel // each * each
        return range(first, first + each)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_channels,)
        return {"weight": each, "bias": each} if self.affine else {}

    def text(self, operands: int = 1) -> str:
        return self.even(self.affine, self.affine)

    def together(self, given: Any) -> Any:
        return given.reshape(len(given), self.num_groups, -1)


class LayerNorm(_Norm):
    """All numbers of a picture together to mean 0 and variance 1, or those of its last axes."""

    type: Literal["LayerNorm"] = "LayerNorm"
    channels: ClassVar = "all"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("normalized_shape",)
    examples: ClassVar = (
        Example({"normalized_shape": (4, 3, 5)}, ((4, 3, 5),)),
        Example({"normalized_shape": (3, 5), "bias": False}, ((4, 3, 5),)),
        Example({"normalized_shape": 5, "elementwise_affine": False}, ((4, 3, 5),)),
        Example({"normalized_shape": 6}, ((6,),)),
    )
    normalized_shape: bounds.LastSizes
    eps: bounds.AboveZero = 1e-5
    elementwise_affine: bounds.Flag = True
    bias: bounds.Flag = True

    @cached_property
    def evened(self) -> Shape:
        """The last sizes, over which it averages."""
        given = self.normalized_shape
        return given if isinstance(given, tuple) else (given,)

    def output(self, *shapes: Shape) -> Shape:
        given = shapes[0]
        if given[-len(self.evened) :] != self.evened:
            right = given[-len(self.evened) :]
            raise Misfit(
                f"LayerNorm expects {sizes(self.evened)} as the last sizes and is given "
                f"{sizes(given)}; set normalized_shape to {', '.join(map(str, right))}",
                "normalized_shape", ", ".join(map(str, right)), given,
            )  # fmt: skip
        return given

    def windows(self, shape: Shape) -> Windows:
        high = Whole(shape[1]) if len(self.evened) > 1 else Window(1)
        return high, Whole(shape[2])

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        every = len(self.evened) == len(shapes[0])
        return range(shapes[0][0]) if every else range(channel, channel + 1)

    @cached_property
    def weights(self) -> dict[str, Shape]:
        if not self.elementwise_affine:
            return {}
        return {"weight": self.evened} | ({"bias": self.evened} if self.bias else {})

    def text(self, operands: int = 1) -> str:
        return self.even(self.elementwise_affine, self.elementwise_affine and self.bias)

    def entry(self, place: Place, shape: Shape) -> tuple[int, ...]:
        return place[: len(shape)][-len(self.evened) :]

    def together(self, given: Any) -> Any:
        return given.flatten(-len(self.evened))

    def divisors(self, step: Any, given: Any) -> Any:
        grouped = self.together(given)
        root = (grouped.var(-1, correction=0, keepdim=True) + step.eps).sqrt()
        divisors = root.expand_as(grouped).reshape(given.shape)
        return divisors if step.weight is None else divisors / step.weight


class LayerNorm2d(_Norm):
    """The channels of each place to mean 0 and variance 1, then scaled and shifted (ConvNeXt)."""

    type: Literal["LayerNorm2d"] = "LayerNorm2d"
    torchs: ClassVar = False
    places: ClassVar = "own"
    channels: ClassVar = "all"
    numbers: ClassVar = {"gamma": "weight", "beta": "bias"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (
        Example({"num_channels": 4}, ((4, 5, 6),)),
        Example({"num_channels": 3, "eps": 0.1}, ((3, 1, 1),)),
    )
    num_channels: bounds.Channels
    eps: bounds.AboveZero = 1e-5

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_channels", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_channels,), "bias": (self.num_channels,)}

    def text(self, operands: int = 1) -> str:
        return self.even(True, True)

    def divisors(self, step: Any, given: Any) -> Any:
        root = (given.var(1, correction=0, keepdim=True) + step.eps).sqrt()
        return root / step.weight[:, None, None]

    def module(self) -> Any:
        from app.core.layers import modules

        return modules.LayerNorm2d(self.num_channels, self.eps)


class LayerScale(Layer):
    """Multiplies each channel by a number that is learned, so that a branch begins small."""

    type: Literal["LayerScale"] = "LayerScale"
    kind: ClassVar[Kind] = "normalisation"
    torchs: ClassVar = False
    function: ClassVar = "gamma * x"
    numbers: ClassVar = {"gamma": "weight"}
    follow: ClassVar = ("num_channels",)
    examples: ClassVar = (Example({"num_channels": 4}, ((4, 6, 7),)),)
    num_channels: bounds.Channels
    value: bounds.Constant = 1e-6

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_channels", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_channels,)}

    def module(self) -> Any:
        from app.core.layers import modules

        return modules.LayerScale(self.num_channels, self.value)


class LocalResponseNorm(Layer):
    """Divides by how strongly neighbouring channels respond (AlexNet's paper, 2012)."""

    type: Literal["LocalResponseNorm"] = "LocalResponseNorm"
    kind: ClassVar[Kind] = "normalisation"
    channels: ClassVar = "some"
    function: ClassVar = "x / (k + alpha / size * sum(square(X))) ** beta"
    deconvnet: ClassVar = "held"
    start: ClassVar = {"size": 5}
    examples: ClassVar = (
        Example({"size": 3, "alpha": 0.5}, ((5, 3, 4),)),
        Example({"size": 4, "alpha": 2.0, "beta": 0.5, "k": 2.0}, ((6, 2, 2),)),
    )
    size: bounds.Positive
    alpha: bounds.NotNegativeConstant = 1e-4
    beta: bounds.Exponent = 0.75
    k: bounds.AboveZero = 1.0

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        return shapes[0]

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        first = channel - self.size // 2
        return range(max(first, 0), min(first + self.size, shapes[source][0]))

    def work(self, output: Shape) -> int:
        return POOLED * prod(output) * self.size

    def divisors(self, step: Any, given: Any) -> Any:
        from torch.nn import functional

        squares = given.square().unsqueeze(1)
        squares = functional.pad(squares, (0, 0, 0, 0, self.size // 2, (self.size - 1) // 2))
        mean = functional.avg_pool3d(squares, (self.size, 1, 1), stride=1).squeeze(1)
        return (self.k + self.alpha * mean).pow(self.beta)
