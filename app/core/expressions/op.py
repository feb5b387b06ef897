"""An operation: what a row of the op table says.

A derivative is text in the learner's own language, over the op's arguments, `out` (its result)
and `upstream` (the gradient that arrives). A `local` row states one factor per argument, and
downstream = upstream x local; a `downstream` row, where no such factor exists entry by entry (`@`,
softmax, indexing), states the vector-Jacobian product itself. Number, LaTeX and the formula on
screen come from that one string.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from app.core.expressions import arrays
from app.core.expressions.derivatives import compile_array, compile_scalar

Forward = Callable[..., Any]
SLOT = re.compile(r"\{(\w+):(\d+)\}")  # a place in a template: {argument:level}


@dataclass(frozen=True, eq=False)
class Op:
    """One operation.

    `forward` takes float64 arrays, `scalar` (where there is one) plain floats. `arguments` are the
    operands, a last one `*parts` takes any number; `parameters` are plain values with defaults, a
    first one `*shape` takes all that follows. `latex` and `text` are templates: `{a:20}` puts
    brackets around an operand that binds less tightly than 20; `precedence` is how tightly the op's
    own template binds. Without `text` the op is written as a call. `names` are second names, by
    which it can be called too; unlike its own they may name values.
    """

    name: str
    arguments: tuple[str, ...]
    forward: Forward
    says: str
    example: str
    category: str = "functions"
    local: Mapping[str, str] = field(default_factory=dict)
    downstream: Mapping[str, str] = field(default_factory=dict)
    scalar: Forward | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    latex: str = ""
    text: str = ""
    precedence: int = 50
    symbol: str = ""
    torch: str = ""  # the same in PyTorch, over the arguments; torch.name(arguments) unless told
    torch_whole: str = ""  # the same where a reduction takes all entries
    names: tuple[str, ...] = ()
    shy: bool = False  # its own name may name a value too, as long as it is not called
    reduces: bool = False  # the result's axes are gone: upstream is spread over them again
    as_matrices: bool = False  # a vector is one row on the left, one column on the right

    @cached_property
    def variadic(self) -> bool:
        """Whether the last argument takes any number of operands."""
        return bool(self.arguments) and self.arguments[-1].startswith("*")

    @property
    def derivatives(self) -> Mapping[str, str]:
        """The derivative's text per argument, local or downstream."""
        return self.local or self.downstream

    def argument(self, position: int) -> str:
        """The name of the operand at a position."""
        return self.arguments[min(position, len(self.arguments) - 1)].lstrip("*")

    def rule(self, position: int) -> str | None:
        """The derivative's text for the operand at a position, None where there is none."""
        return self.derivatives.get(self.argument(position))

    def torch_code(self, attributes: Mapping[str, Any]) -> str:
        """The row's PyTorch over its arguments and the parameters that these attributes need."""
        if not self.torch and self.text:
            return SLOT.sub(r"\1", self.text)
        code = self.torch or f"torch.{self.name}({', '.join(self.arguments)})"
        if "keepdims" in attributes and attributes.get("axis") is None:
            whole = self.torch_whole or code.replace(", dim=axis, keepdim=keepdims", "")
            return whole + ".reshape([1] * x.ndim)" if attributes["keepdims"] else whole
        return code

    @cached_property
    def scalar_locals(self) -> Forward:
        """(*operands, out, **parameters) -> the local gradient by each operand, as floats."""
        texts = [self.local.get(name, "0.0") for name in self.arguments]
        return compile_scalar(f"({', '.join(texts)},)", self.arguments, self.parameters, SCALARS)

    @cached_property
    def array_rules(self) -> Mapping[str, Forward]:
        """Per argument: keywords (operands, out, upstream, parameters) -> derivative array."""
        return {name: compile_array(text, VOCABULARY) for name, text in self.derivatives.items()}


def infix(
    name: str,
    level: int,
    latex: str,
    forward: Forward,
    says: str,
    example: str,
    left: int = 0,
    **row: Any,
) -> Op:
    """A row for an operator between its operands; `left` 1 wants brackets on the left too."""
    text = f"{{a:{level + left}}} {name} {{b:{level + 1}}}"
    row.setdefault("category", "arithmetic")
    return Op(
        name,
        ("a", "b"),
        forward,
        says,
        example,
        text=text,
        latex=latex,
        precedence=level,
        symbol=name,
        **row,
    )


def compare(name: str, latex: str, forward: Forward, says: str) -> Op:
    """A row for a comparison: 1 where it holds, 0 where not, and no gradient."""
    return infix(
        name,
        5,
        f"{{a:6}} {latex} {{b:6}}",
        lambda a, b: np.asarray(forward(a, b), dtype=np.float64),
        says,
        f"f = where(x {name} y, x, 2 * y)",
        left=1,
        category="comparison",
        torch=f"(a {name} b).double()",
        scalar=lambda a, b: float(forward(a, b)),
    )


AXIS = {"axis": None, "keepdims": False}
STEP = "It is flat wherever it has a slope at all, so no gradient flows through it."


OPS: dict[str, Op] = {}  # `ops` fills it


class _Vocabulary(Mapping[str, Any]):
    """What the text of a derivative may call: the ops, as they are now, and a few words more."""

    def __init__(self, words: Mapping[str, Any], form: str) -> None:
        self.words, self.form = words, form

    def __getitem__(self, name: str) -> Any:
        if name in self.words:
            return self.words[name]
        return getattr(OPS[name], self.form)

    def __iter__(self) -> Iterator[str]:
        return iter({*self.words, *OPS})

    def __len__(self) -> int:
        return len({*self.words, *OPS})


SCALARS = _Vocabulary({"pi": math.pi}, "scalar")
VOCABULARY = _Vocabulary(
    {
        "pi": math.pi,
        "size": np.shape,
        "sum": lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
        "mean": lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims),
    }
    | {
        function.__name__: function
        for function in (
            arrays.away,
            arrays.count,
            arrays.cut,
            arrays.entry,
            arrays.one_hot,
            arrays.others,
            arrays.rows,
            arrays.scatter,
            arrays.tied,
            arrays.unit,
            arrays.violated,
            arrays.where,
        )
    },
    "forward",
)
