"""What a row of LAYERS says of its layer, and what follows from it for all rows alike.

Everything else asks the row: what units see, where what comes back goes to, how a number comes
about, what the layer costs, how it is written in PyTorch. Nothing is guessed from a layer's name,
nor from its `kind`, which is a colour.

Sizes are without the batch: (channels, height, width), or (features,) for a vector.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from app.core.layers import bounds
from app.core.layers.bounds import Misfit
from app.core.layers.windows import AXES, Axis, Whole, Window, both, too_large
from app.core.numbers import sizes

Shape = tuple[int, ...]
Place = tuple[int, int, int]  # channel, row, column; of a vector (place, 0, 0)
Windows = tuple[Axis, Axis]  # along the height, along the width
Kind = Literal[
    "convolution", "pooling", "linear", "activation", "normalisation", "regularisation", "joint",
    "shape",
]  # fmt: skip
WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")


# A number under a pooling's window takes as long as so many multiply-adds of a convolution.
POOLED = 20


class Example(NamedTuple):
    """Arguments of a layer and the sizes that it is given: what the tests of all rows go by."""

    arguments: Mapping[str, Any]
    shapes: tuple[Shape, ...]


class Layer(BaseModel):
    """What all rows share; by itself it changes no size, has nothing to learn and passes all on.

    `function` is how one number comes about, as text in the language of expressions. Its last line
    is the number; lines before it name what the number is made with. It may speak of

    - `x`, the number that stands at the same place in what comes in; `x0`, `x1`, ... of several;
    - `X`, all numbers that it is made of (those of `taken` channels under the `windows`);
    - `W` and `b`, the weights of those and the bias;
    - `divisor`, by how much an average divides;
    - the layer's arguments, and the names in `numbers`: what the module holds for each channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    kind: ClassVar[Kind] = "activation"  # what it is coloured by, and nothing else
    operands: ClassVar[int] = 1  # 2 stands for two or more
    torchs: ClassVar[bool] = True  # whether torch.nn has it, by that name
    # Of which numbers of a map one number is made: the one at its own place, those under a window,
    # all of them; or all are kept and stand elsewhere.
    places: ClassVar[Literal["own", "window", "all", "moved"]] = "own"
    # Of which maps: its own, some of them, all of them; or those of several stand in a row.
    channels: ClassVar[Literal["own", "some", "all", "stacked"]] = "own"
    function: ClassVar[str] = "x"
    numbers: ClassVar[Mapping[str, str]] = {}
    padding_value: ClassVar[float | None] = 0.0  # what a window finds in its padding; None: unsaid
    # What comes back by it in guided backpropagation and in the deconvnet, in the words of
    # `backward_rules`; the chain rule where nothing is said.
    guided: ClassVar[str | None] = None
    deconvnet: ClassVar[str | None] = None
    adaptive: ClassVar[bool] = False  # whether its windows follow the size of what comes in
    line: ClassVar[bool] = False  # whether torch's takes (channels, length), here 1 pixel high
    probabilities: ClassVar[bool] = False  # whether what comes in are scores
    follow: ClassVar[tuple[str, ...]] = ()  # arguments that tell the size of what comes in
    start: ClassVar[Mapping[str, Any]] = {}  # arguments of one that is put in by hand
    examples: ClassVar[tuple[Example, ...]] = (Example({}, ((4, 6, 7),)),)

    # What it is

    @property
    def pointwise(self) -> bool:
        """Whether each number comes from the one at the same place and no other."""
        return self.places == "own" and self.channels == "own" and self.operands == 1

    @cached_property
    def in_place(self) -> bool:
        """Whether each number is another form of the one at its place, with or without others."""
        single = self.operands == 1 and self.places in ("own", "all")
        return single and "x" in self.words and self.channels != "all"

    @cached_property
    def weighs(self) -> bool:
        """Whether its numbers are sums of weighted ones."""
        return "W" in self.words

    @property
    def spans(self) -> bool:
        """Whether its weights go, on maps, along each row, and do not slide."""
        return self.weighs and self.places == "own"

    @property
    def slides(self) -> bool:
        """Whether its weights slide over maps, as filters do."""
        return self.weighs and self.places == "window"

    @cached_property
    def idle(self) -> bool:
        """Whether it gives each number as it is, when a network is asked."""
        return self.pointwise and self.text() == "x"

    @cached_property
    def plain(self) -> bool:
        """Whether one number is a function of one number, the same everywhere, nothing learned."""
        return self.pointwise and not self.numbers

    @cached_property
    def averages(self) -> bool:
        """Whether its numbers are means of a window."""
        return "divisor" in self.words

    @cached_property
    def picks(self) -> bool:
        """Whether the largest of a window is taken."""
        return "max(X)" in self.text()

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its function."""
        return frozenset(WORD.findall(self.text()))

    def text(self, operands: int = 1) -> str:
        """Its function for a number of inputs."""
        return self.function

    # What its units see

    def windows(self, shape: Shape) -> Windows:
        """How a unit sees (height, width) of the layer before, whose size is `shape`."""
        if self.places == "all":
            return Whole(shape[1]), Whole(shape[2])
        return self.sliding

    @cached_property
    def sliding(self) -> tuple[Window, Window]:
        """The windows that the arguments tell, of one position where there is no kernel_size."""
        given = self.arguments
        kernel = given.get("kernel_size")
        if kernel is None:
            return both(1, 1, 0)
        stride, padding = given.get("stride") or kernel, given.get("padding", 0)
        return both(
            kernel, stride, padding, given.get("dilation", 1), given.get("ceil_mode", False)
        )

    def taken(self, channel: int, shapes: Sequence[Shape], source: int = 0) -> range:
        """The channels (or numbers of a vector) of one input that one of its channels is made of.

        `shapes` are those of all inputs, `source` is which of them.
        """
        if self.channels == "all":
            return range(shapes[source][0])
        return range(channel, channel + 1)

    @property
    def blends(self) -> bool:
        """Whether a number of a vector is made of others too."""
        return self.channels in ("some", "all")

    # What comes out, and what it costs

    def output(self, *shapes: Shape) -> Shape:
        """The size of what comes out. Raises Misfit."""
        return shapes[0]

    @cached_property
    def weights(self) -> dict[str, Shape]:
        """The learned tensors by torch's names, with their sizes."""
        return {}

    def applied(self, output: Shape) -> Shape:
        """How often the weights are used, along each axis: once a place of what comes out."""
        return output[1:]

    def macs(self, output: Shape) -> int:
        """Multiply-adds for one input: those of weighted sums count, without the bias."""
        return prod(self.applied(output)) * prod(self.weights["weight"]) if self.weighs else 0

    def work(self, output: Shape) -> int:
        """How many of an ordinary convolution's multiply-adds take as long as this layer does."""
        return self.macs(output)

    @cached_property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(map(prod, self.weights.values()))

    @property
    def arguments(self) -> dict[str, Any]:
        """The fields that are torch's arguments."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "type"}

    # In PyTorch; what takes tensors imports torch or is given them

    def module(self) -> Any:
        """The torch.nn.Module, never in place, or a function of tensors; imports torch."""
        from torch import nn

        still = {"inplace": False} if "inplace" in self.arguments else {}
        return getattr(nn, self.type)(**self.arguments | still)

    def applied_code(self, given: Sequence[str]) -> str | None:
        """An expression over what it is given, where no module does it."""
        return None

    def filters(self, weight: Any) -> Any:
        """Its weights as outputs x inputs of their group (x height x width)."""
        return weight

    def entry(self, place: Place, shape: Shape) -> tuple[int, ...]:
        """Where one of `numbers` stands in the module's tensor, for one number of a shape."""
        return place[:1]

    def divisors(self, step: Any, given: Any) -> Any:
        """What each number of a batch is divided by; of rows whose deconvnet holds that."""
        raise NotImplementedError

    def divided_by(self, rows: Sequence[int], columns: Sequence[int], shape: Shape) -> int:
        """What an average of these positions is divided by."""
        return sum(0 <= row < shape[1] for row in rows) * sum(
            0 <= column < shape[2] for column in columns
        )

    # What does not fit

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
                # A window may not find nothing but padding where that has no number.
                half = self.padding_value != 0
                most = window.kernel // 2 if half else bounds.MOST_PADDING
                problem = too_large(window, n, axis, most, half)
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

    def need_line(self, shape: Shape) -> None:
        """Refuse what is higher than a line of numbers in each channel."""
        if len(shape) != 3 or shape[1] != 1:
            given = sizes(shape)
            other = self.type.replace("1d", "2d")
            raise Misfit(
                f"{self.type} takes lines (channels, 1, length) and is given {given}; for maps "
                f"there is {other}"
            )

    def need_maps(self, shape: Shape) -> None:
        """Refuse a vector where maps are needed."""
        if len(shape) != 3:
            does = "slides over" if self.places == "window" else "takes"
            raise Misfit(
                f"{self.type} {does} maps (channels, height, width) and is given a vector of "
                f"{shape[0]:,} numbers; put it before Flatten"
            )
