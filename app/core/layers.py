"""LAYERS: a row a layer, with torch's names and torch's order of arguments.

A row is a frozen pydantic model: its fields are the layer's arguments and their bounds the sliders,
its docstring is the tooltip. It states at most how a unit sees the layer before (`windows`), what
comes out (`output`), which weights it has and how many multiply-adds it takes.

Sizes are without the batch: (channels, height, width), or (features,) for a vector.
"""

from functools import cached_property, lru_cache
from math import gcd, prod
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core import bounds
from app.core.bounds import Misfit
from app.core.errors import Problem, nearest
from app.core.numbers import sizes
from app.core.windows import AXES, Cells, Window, both, cells, pair, too_large

Shape = tuple[int, ...]
Windows = tuple[Window | Cells, Window | Cells]  # along the height, along the width


class Layer(BaseModel):
    """What all rows share; by itself it changes no size and has nothing to learn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    kind: ClassVar[str] = "activation"  # what it is coloured by
    operands: ClassVar[int] = 1  # 2 stands for two or more
    mixes: ClassVar[bool] = False  # whether a unit of a vector depends on all that comes in

    def windows(self, shape: Shape) -> Windows:
        """How a unit sees (height, width) of the layer before, whose size is `shape`."""
        return self.sliding

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        """The windows that the arguments tell, of one position where there is no kernel_size."""
        given = self.arguments
        kernel = given.get("kernel_size", 1)
        stride, padding = given.get("stride") or kernel, given.get("padding", 0)
        return both(
            kernel, stride, padding, given.get("dilation", 1), given.get("ceil_mode", False)
        )

    def output(self, *shapes: Shape) -> Shape:
        """The size of what comes out. Raises Misfit."""
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        """The learned tensors by torch's names, with their sizes."""
        return {}

    def macs(self, output: Shape) -> int:
        """Multiply-adds for one input: those of convolutions and linear layers count."""
        return 0

    @cached_property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(map(prod, self.weights.values()))

    @property
    def arguments(self) -> dict[str, Any]:
        """The fields that are torch's arguments."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "type"}

    def module(self) -> Any:
        """The torch.nn.Module, never in place; imports torch."""
        from torch import nn

        still = {"inplace": False} if "inplace" in self.arguments else {}
        return getattr(nn, self.type)(**self.arguments | still)

    def through_windows(self, shape: Shape, channels: int) -> Shape:
        """`channels` maps of one number a window."""
        self.need_maps(shape)
        (high, wide), (_, height, width) = self.windows(shape), shape
        rows = high.output(height)
        columns = rows if wide is high and width == height else wide.output(width)
        if rows < 1 or columns < 1:
            self.refuse_window(shape)
        return channels, rows, columns

    def refuse_window(self, shape: Shape) -> None:
        """Say which window is larger than its padded input."""
        for axis, n, window in zip(AXES, shape[1:], self.windows(shape), strict=True):
            if isinstance(window, Window) and window.output(n) < 1:
                pool = self.kind == "pooling"
                most = window.kernel // 2 if pool else bounds.MOST_PADDING
                problem = too_large(window, n, axis, most, pool)
                raise Misfit(problem.message, "kernel_size", problem.suggestion or "")

    def expect(self, field: str, given: int, what: str, output: Shape) -> None:
        """Refuse another number of channels or features than the argument says."""
        expected: int = getattr(self, field)
        if given != expected:
            raise Misfit(
                f"{self.type} expects {expected:,} {what} and is given {given:,}; "
                f"set {field} to {given}",
                field, str(given), output,
            )  # fmt: skip

    def need_maps(self, shape: Shape) -> None:
        """Refuse a vector where maps are needed."""
        if len(shape) != 3:
            raise Misfit(
                f"{self.type} slides over maps (channels, height, width) and is given a vector of "
                f"{shape[0]:,} numbers; put it before Flatten"
            )


# Layers with windows


class Conv2d(Layer):
    """Slides filters over all channels; each output is one 3-D dot product and a bias."""

    type: Literal["Conv2d"] = "Conv2d"
    kind: ClassVar[str] = "convolution"
    in_channels: bounds.Channels
    out_channels: bounds.Channels
    kernel_size: bounds.Size
    stride: bounds.Size = 1
    padding: bounds.ConvPadding = 0
    dilation: bounds.Size = 1
    groups: bounds.Channels = 1
    bias: bounds.Flag = True
    padding_mode: Literal["zeros"] = "zeros"

    def output(self, *shapes: Shape) -> Shape:
        output = self.through_windows(shapes[0], self.out_channels)
        if self.padding == "same" and pair(self.stride) != (1, 1):
            raise Misfit('padding="same" goes with stride 1 only, as in PyTorch', "stride", "1")
        self.expect("in_channels", shapes[0][0], "channels", output)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            most = gcd(self.in_channels, self.out_channels)
            raise Misfit(
                f"groups={self.groups} has to divide both in_channels={self.in_channels} and "
                f"out_channels={self.out_channels}; {most} is the most that does",
                "groups", str(most), output,
            )  # fmt: skip
        return output

    @cached_property
    def weights(self) -> dict[str, Shape]:
        filters = (self.out_channels, self.in_channels // self.groups, *pair(self.kernel_size))
        return {"weight": filters} | ({"bias": (self.out_channels,)} if self.bias else {})

    def macs(self, output: Shape) -> int:
        return prod(output[1:]) * prod(self.weights["weight"])


class _Pool(Layer):
    kind: ClassVar[str] = "pooling"
    kernel_size: bounds.Size
    stride: bounds.OptionalSize = None
    padding: bounds.Padding = 0

    def output(self, *shapes: Shape) -> Shape:
        half = [kernel // 2 for kernel in pair(self.kernel_size)]
        if any(before > most for before, most in zip(pair(self.padding), half, strict=True)):
            raise Misfit(
                "padding may be half of kernel_size at most, or a window could hold nothing but "
                f"padding; {min(half)} will do",
                "padding", str(min(half)),
            )  # fmt: skip
        return self.through_windows(shapes[0], shapes[0][0])


class MaxPool2d(_Pool):
    """Keeps the largest value of each window; its gradient goes to that one position."""

    type: Literal["MaxPool2d"] = "MaxPool2d"
    dilation: bounds.Size = 1
    return_indices: Literal[False] = False
    ceil_mode: bounds.Flag = False

    def output(self, *shapes: Shape) -> Shape:
        output = super().output(*shapes)
        for axis, n, window in zip(AXES, shapes[0][1:], self.sliding, strict=True):
            if window.dilation <= n or not window.padding:
                continue
            early = min(-(-window.padding // window.stride), window.output(n))
            if not all(window.seen(1 << i, n) for i in range(early)):
                raise Misfit(
                    f"a window whose taps are {window.dilation} apart steps over all of the "
                    f"{axis}, {n}, and holds nothing but padding; PyTorch gives -inf there, "
                    f"and with dilation {n} it cannot be",
                    "dilation", str(n) if isinstance(self.dilation, int) else "", output,
                )  # fmt: skip
        return output


class AvgPool2d(_Pool):
    """Averages each window; its gradient is spread evenly."""

    type: Literal["AvgPool2d"] = "AvgPool2d"
    ceil_mode: bounds.Flag = False
    count_include_pad: bounds.Flag = True
    divisor_override: None = None


class AdaptiveAvgPool2d(Layer):
    """Averages into a grid of the size that is asked, whatever comes in; 1 means a single mean."""

    type: Literal["AdaptiveAvgPool2d"] = "AdaptiveAvgPool2d"
    kind: ClassVar[str] = "pooling"
    output_size: bounds.OutputSize

    def windows(self, shape: Shape) -> Windows:
        sizes = zip(shape[1:], self.output(shape)[1:], strict=True)
        high, wide = (cells(n, output) for n, output in sizes)
        return high, wide

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        channels, height, width = shapes[0]
        asked = self.output_size
        high, wide = asked if isinstance(asked, tuple) else (asked, asked)
        return channels, high or height, wide or width


class Linear(Layer):
    """Every output is a weighted sum of all inputs: a convolution as large as its input."""

    type: Literal["Linear"] = "Linear"
    kind: ClassVar[str] = "linear"
    mixes: ClassVar[bool] = True
    in_features: bounds.Features
    out_features: bounds.Features
    bias: bounds.Flag = True

    def output(self, *shapes: Shape) -> Shape:
        output = (self.out_features,)
        if len(shapes[0]) != 1:
            raise Misfit(
                f"Linear takes a vector and is given maps of {sizes(shapes[0])}; put Flatten "
                "before it",
                output=output,
            )
        self.expect("in_features", shapes[0][0], "numbers", output)
        return output

    @cached_property
    def weights(self) -> dict[str, Shape]:
        matrix = (self.out_features, self.in_features)
        return {"weight": matrix} | ({"bias": (self.out_features,)} if self.bias else {})

    def macs(self, output: Shape) -> int:
        return self.in_features * self.out_features


class Flatten(Layer):
    """Lays all maps out as one vector, channel by channel, row by row."""

    type: Literal["Flatten"] = "Flatten"
    kind: ClassVar[str] = "shape"
    start_dim: Literal[1] = 1
    end_dim: Literal[-1] = -1

    def output(self, *shapes: Shape) -> Shape:
        return (prod(shapes[0]),)


# Activations, one number to one number


class ReLU(Layer):
    """max(0, x): passes what is positive and its gradient, stops the rest."""

    type: Literal["ReLU"] = "ReLU"
    inplace: bounds.Flag = False


class LeakyReLU(Layer):
    """Like ReLU, but a little (negative_slope) passes where x is negative."""

    type: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: bounds.Constant = 0.01
    inplace: bounds.Flag = False


class GELU(Layer):
    """x times the share of a normal distribution below x: a smooth ReLU."""

    type: Literal["GELU"] = "GELU"
    approximate: Literal["none", "tanh"] = "none"


class Sigmoid(Layer):
    """Squashes to 0..1; hardly any gradient passes where it saturates."""

    type: Literal["Sigmoid"] = "Sigmoid"


class Tanh(Layer):
    """Squashes to -1..1, around 0; it saturates too."""

    type: Literal["Tanh"] = "Tanh"


class Softmax(Layer):
    """Turns scores into probabilities that sum to 1, across features or channels."""

    type: Literal["Softmax"] = "Softmax"
    dim: Literal[1, -1] | None = None

    mixes: ClassVar[bool] = True

    def output(self, *shapes: Shape) -> Shape:
        if self.dim == -1 and len(shapes[0]) == 3:
            message = "on maps dim=-1 is their width; dim=1 is across channels"
            raise Misfit(message, "dim", "1", shapes[0])
        return shapes[0]


class BatchNorm2d(Layer):
    """Each channel to mean 0 and variance 1 over the batch, then scaled and shifted as learned."""

    type: Literal["BatchNorm2d"] = "BatchNorm2d"
    kind: ClassVar[str] = "normalisation"
    num_features: bounds.Channels
    eps: bounds.AboveZero = 1e-5
    momentum: bounds.OptionalShare = 0.1
    affine: bounds.Flag = True
    track_running_stats: bounds.Tracked = True

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        self.expect("num_features", shapes[0][0], "channels", shapes[0])
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        each = (self.num_features,)
        return {"weight": each, "bias": each} if self.affine else {}


class LocalResponseNorm(Layer):
    """Divides by how strongly neighbouring channels respond (AlexNet's paper, 2012)."""

    type: Literal["LocalResponseNorm"] = "LocalResponseNorm"
    kind: ClassVar[str] = "normalisation"
    size: bounds.Positive
    alpha: bounds.NotNegativeConstant = 1e-4
    beta: bounds.Exponent = 0.75
    k: bounds.AboveZero = 1.0

    def output(self, *shapes: Shape) -> Shape:
        self.need_maps(shapes[0])
        return shapes[0]


class Dropout(Layer):
    """Sets a share p of the numbers to 0 while training, so that no unit relies on another."""

    type: Literal["Dropout"] = "Dropout"
    kind: ClassVar[str] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False


class Add(Layer):
    """Adds its inputs entry by entry: the residual connection. The gradient goes to all of them."""

    type: Literal["Add"] = "Add"
    kind: ClassVar[str] = "joint"
    operands: ClassVar[int] = 2

    def output(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            raise Misfit(
                f"Add needs inputs of one size and is given {_given(shapes)}; a 1×1 Conv2d on the "
                "shortcut changes its channels, and with a stride its height and width",
                output=shapes[0],
            )
        return shapes[0]


class Concat(Layer):
    """Puts the channels of its inputs behind one another."""

    type: Literal["Concat"] = "Concat"
    kind: ClassVar[str] = "joint"
    operands: ClassVar[int] = 2

    def output(self, *shapes: Shape) -> Shape:
        if len({shape[1:] for shape in shapes}) > 1:
            raise Misfit(f"Concat needs maps of one height and width and is given {_given(shapes)}")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])


@lru_cache(4096)
def shared(layer: Layer) -> Layer:
    """The first of all layers that equal it: what was worked out for one is known of all."""
    return layer


AnyLayer = Annotated[
    Conv2d | MaxPool2d | AvgPool2d | AdaptiveAvgPool2d | Linear | Flatten
    | ReLU | LeakyReLU | GELU | Sigmoid | Tanh | Softmax
    | BatchNorm2d | LocalResponseNorm | Dropout | Add | Concat,
    Field(discriminator="type"), AfterValidator(shared),
]  # fmt: skip
LAYERS: dict[str, type[Layer]] = {
    row.model_fields["type"].default: row for row in get_args(get_args(AnyLayer)[0])
}


def make(type: str, arguments: dict[str, Any]) -> Layer:
    """A layer by name; a Problem in words for an unknown one and for arguments out of bounds."""
    if type not in LAYERS:
        near = nearest(type, LAYERS)
        hint = f"; did you mean `{near}`?" if near else f"; the layers are {', '.join(LAYERS)}"
        raise Problem(f"no layer `{type}`{hint}", suggestion=near)
    row = LAYERS[type]
    try:
        return row(**arguments)
    except ValidationError as error:
        raise bounds.in_words(error, row) from None


def _given(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(sizes, dict.fromkeys(shapes)))
