"""OPS: a row an operation. Parser, evaluator, REST, palette and reference page follow from it.

A derivative is text in the learner's own language, over the op's arguments, `out` (its result)
and `upstream` (the gradient that arrives). A `local` row states one factor per argument, and
downstream = upstream x local; a `downstream` row, where no such factor exists entry by entry (`@`,
softmax, indexing), states the vector-Jacobian product itself. Number, LaTeX and the formula on
screen come from that one string.
"""

import math
import operator
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
    own template binds. Without `text` the op is written as a call.
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
            whole = code.replace(", dim=axis, keepdim=keepdims", "")
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


def scalar_relu(x: float) -> float:
    """max(0, x), keeping NaN out of the comparison's way."""
    return x if x > 0 else 0.0


def scalar_sigmoid(x: float) -> float:
    """1 / (1 + e^-x) without overflow on either side."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    small = math.exp(x)
    return small / (1.0 + small)


def rows() -> Iterator[Op]:
    """The table."""
    array: Any  # the numpy side of a row in the loops below
    # Arithmetic
    yield infix(
        "+", 10, "{a:10} + {b:11}", np.add,
        "An add gate distributes: both operands get the upstream gradient unchanged.",
        "f = x + y", scalar=operator.add, local={"a": "1", "b": "1"},
    )  # fmt: skip
    yield infix(
        "-", 10, "{a:10} - {b:11}", np.subtract,
        "The first operand gets the upstream gradient, the second gets it negated.",
        "f = x - y", scalar=operator.sub, local={"a": "1", "b": "-1"},
    )  # fmt: skip
    yield infix(
        "*", 20, r"{a:20} \cdot {b:21}", np.multiply,
        "A multiply gate switches: each operand's gradient is upstream times the other operand.",
        "f = x * y", scalar=operator.mul, local={"a": "b", "b": "a"},
    )  # fmt: skip
    yield infix(
        "/", 20, r"\frac{{a:0}}{{b:0}}", np.divide,
        "The numerator's gradient is divided by b; the denominator's is -a / b^2 times upstream.",
        "f = x / y", scalar=operator.truediv, local={"a": "1 / b", "b": "-(out / b)"},
    )  # fmt: skip
    yield Op(
        "**", ("a", "b"), np.power,
        "The base gets b a^(b-1); the exponent gets a^b log(a), which does not exist for a < 0.",
        "f = x ** 3", category="arithmetic", scalar=math.pow, precedence=40, symbol="^",
        text="{a:41} ** {b:30}", latex="{a:41}^{{b:0}}",
        local={"a": "where(b == 0, 0, b * a ** (b - 1))",
               "b": "where(a == 0, 0, out * log(a))"},
    )  # fmt: skip
    yield infix(
        "@", 20, r"{a:20}\,{b:21}", np.matmul,
        "Each operand's gradient is upstream times the other one transposed, so shapes always fit.",
        "s = [[1, 2], [3, 4]] @ (x * [1, 2])", category="linear algebra", as_matrices=True,
        downstream={"a": "upstream @ transpose(b)", "b": "transpose(a) @ upstream"},
    )  # fmt: skip
    yield Op(
        "neg", ("x",), np.negative, "Multiplying by -1 flips the sign of the gradient.",
        "f = -x", category="arithmetic", scalar=operator.neg, symbol="*-1",
        text="-{x:30}", latex="-{x:20}", precedence=10, local={"x": "-1"},
    )  # fmt: skip
    yield Op(
        "reciprocal", ("x",), np.reciprocal,
        "The gradient is divided by x squared and negated; it explodes near 0.",
        "f = 1 / x", category="arithmetic", scalar=lambda x: 1.0 / x, symbol="1/x",
        text="1 / {x:21}", latex=r"\frac{1}{{x:0}}", precedence=20,
        local={"x": "-(1 / x ** 2)"},
    )  # fmt: skip
    yield Op(
        "square", ("x",), np.square, "The gradient is scaled by 2x: large values pull harder.",
        "f = square(x)", category="arithmetic", scalar=lambda x: x * x, symbol="x²",
        latex="{x:41}^{2}", precedence=40, local={"x": "2 * x"},
    )  # fmt: skip

    # Elementwise functions
    yield Op(
        "exp", ("x",), np.exp, "Its local gradient is its own value, so it grows with x.",
        "f = exp(x)", scalar=math.exp, latex="e^{{x:0}}", precedence=35, local={"x": "out"},
    )  # fmt: skip
    yield Op(
        "log", ("x",), np.log, "The gradient is divided by x; it needs x > 0.",
        "f = log(x ** 2)", scalar=math.log, latex=r"\log({x:0})", local={"x": "1 / x"},
    )  # fmt: skip
    yield Op(
        "sqrt", ("x",), np.sqrt, "Steep near 0: at 0 itself the gradient does not exist.",
        "f = sqrt(x ** 2)", scalar=math.sqrt, latex=r"\sqrt{{x:0}}", symbol="√",
        local={"x": "1 / (2 * out)"},
    )  # fmt: skip
    for name, scalar, array, rule, says in (
        ("sin", math.sin, np.sin, "cos(x)", "The gradient is scaled by the cosine: 0 at a crest."),
        ("cos", math.cos, np.cos, "-sin(x)", "The gradient is scaled by minus the sine."),
        ("tan", math.tan, np.tan, "1 + out ** 2", "The gradient never shrinks: 1 + tan squared."),
    ):
        yield Op(
            name, ("x",), array, says, f"f = {name}(x)", scalar=scalar,
            latex=rf"\{name}({{x:0}})", local={"x": rule},
        )  # fmt: skip
    yield Op(
        "tanh", ("x",), np.tanh, "It saturates: far from 0 hardly any gradient passes.",
        "f = tanh(x)", category="activation", scalar=math.tanh, latex=r"\tanh({x:0})",
        local={"x": "1 - out ** 2"},
    )  # fmt: skip
    yield Op(
        "sigmoid", ("x",), arrays.sigmoid,
        "It passes at most a quarter of the gradient, and hardly any where it saturates.",
        "f = sigmoid(x)", category="activation", scalar=scalar_sigmoid, symbol="σ",
        latex=r"\sigma({x:0})", local={"x": "(1 - out) * out"},
    )  # fmt: skip
    yield Op(
        "relu", ("x",), lambda x: np.maximum(x, 0.0),
        "The gradient passes where x > 0 and stops elsewhere; at 0 itself it is 0, as in PyTorch.",
        "f = relu(x)", category="activation", scalar=scalar_relu,
        latex=r"\max(0, {x:0})", local={"x": "where(x > 0, 1, 0)"},
    )  # fmt: skip
    yield Op(
        "leaky_relu", ("x",), lambda x, slope: np.where(x > 0, x, slope * x),
        "The gradient passes where x > 0 and a little of it (slope) elsewhere and at 0.",
        "f = leaky_relu(x, slope=0.1)", category="activation", parameters={"slope": 0.01},
        torch="F.leaky_relu(x, slope)",
        scalar=lambda x, slope: x if x > 0 else slope * x, symbol="leaky",
        latex=r"\operatorname{leaky}_{{slope:0}}({x:0})", local={"x": "where(x > 0, 1, slope)"},
    )  # fmt: skip
    yield Op(
        "softplus", ("x",), lambda x: np.logaddexp(x, 0.0),
        "A smooth relu: the gradient is scaled by the sigmoid of x.",
        "f = softplus(x)", category="activation", symbol="soft+", torch="F.softplus(x)",
        scalar=lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
        latex=r"\log(1 + e^{{x:0}})", local={"x": "sigmoid(x)"},
    )  # fmt: skip
    yield Op(
        "gelu", ("x",), lambda x: x * (1.0 + arrays.error_function(x / math.sqrt(2.0))) / 2.0,
        "x times the normal distribution function (Hendrycks & Gimpel 2016), exact as in PyTorch.",
        "f = gelu(x)", category="activation", symbol="gelu", torch="F.gelu(x)",
        scalar=lambda x: x * (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0,
        latex=r"\operatorname{gelu}({x:0})",
        local={"x": "(1 + erf(x / sqrt(2))) / 2 + x * exp(-x ** 2 / 2) / sqrt(2 * pi)"},
    )  # fmt: skip
    yield Op(
        "erf", ("x",), arrays.error_function,
        "The Gauss error function; its gradient is a bell around 0.",
        "f = erf(x)", scalar=math.erf, latex=r"\operatorname{erf}({x:0})",
        local={"x": "2 / sqrt(pi) * exp(-x ** 2)"},
    )  # fmt: skip

    # Piecewise
    yield Op(
        "abs", ("x",), np.abs, "The gradient keeps or flips its sign with x; at 0 it is 0.",
        "f = abs(x)", category="piecewise", scalar=abs, latex=r"\lvert {x:0} \rvert", symbol="|x|",
        local={"x": "sign(x)"},
    )  # fmt: skip
    yield Op(
        "sign", ("x",), np.sign, STEP, "f = sign(x) * x", category="piecewise",
        scalar=lambda x: float((x > 0) - (x < 0)), latex=r"\operatorname{sign}({x:0})",
        local={"x": "0"},
    )  # fmt: skip
    for name, array, scalar_pick, sign in (
        ("maximum", np.maximum, max, ">"),
        ("minimum", np.minimum, min, "<"),
    ):
        yield Op(
            name, ("a", "b"), array,
            f"A {name[:3]} gate routes: all of the gradient goes to the operand it took, none to "
            "the other; a tie splits it half and half, as in PyTorch.",
            f"f = {name}(x, y)", category="piecewise", scalar=scalar_pick, symbol=name[:3],
            latex=rf"\{name[:3]}({{a:0}}, {{b:0}})",
            local={"a": f"where(a == b, 0.5, where(a {sign} b, 1, 0))",
                   "b": f"where(a == b, 0.5, where(a {sign} b, 0, 1))"},
        )  # fmt: skip
    yield Op(
        "where", ("condition", "a", "b"), lambda condition, a, b: np.where(condition != 0, a, b),
        "The gradient goes to the operand that was chosen; the condition gets none.",
        "f = where(x > y, x ** 2, y)", category="piecewise", precedence=5,
        torch="torch.where(condition != 0, a, b)",
        scalar=lambda condition, a, b: a if condition != 0 else b,
        latex=r"\begin{cases}{a:0} & {condition:0}\\ {b:0} & \text{else}\end{cases}",
        local={"a": "where(condition, 1, 0)", "b": "where(condition, 0, 1)"},
    )  # fmt: skip
    yield Op(
        "clip", ("x", "low", "high"),
        lambda x, low, high: np.minimum(np.maximum(x, low), high),
        "The gradient passes between the bounds, and on them as in PyTorch; outside, the bound "
        "that holds gets it.",
        "f = clip(x, -1, 1)", category="piecewise",
        torch="torch.clamp(*torch.broadcast_tensors(x, low, high))",
        scalar=lambda x, low, high: min(max(x, low), high),
        latex=r"\operatorname{clip}({x:0}, {low:0}, {high:0})",
        local={"x": "where(x < low, 0, where(x > high, 0, 1))",
               "low": "where(x < low, where(low < high, 1, 0), 0)",
               "high": "where(x > high, 1, where(low > high, 1, 0))"},
    )  # fmt: skip
    yield compare(">", ">", lambda a, b: a > b, f"1 where a > b, else 0. {STEP}")
    yield compare("<", "<", lambda a, b: a < b, f"1 where a < b, else 0. {STEP}")
    yield compare(">=", r"\ge", lambda a, b: a >= b, f"1 where a >= b, else 0. {STEP}")
    yield compare("<=", r"\le", lambda a, b: a <= b, f"1 where a <= b, else 0. {STEP}")
    yield compare("==", "=", lambda a, b: a == b, f"1 where a equals b, else 0. {STEP}")
    yield compare("!=", r"\ne", lambda a, b: a != b, f"1 where a differs from b, else 0. {STEP}")

    # Reductions, over everything or along an axis
    for name, torch, array, latex, rule, says in (
        ("sum", "sum", np.sum, r"\sum {x:20}", "1",
         "Every entry gets the upstream gradient unchanged: an add gate with many operands."),
        ("mean", "mean", np.mean, r"\operatorname{mean}({x:0})", "1 / count(x, axis)",
         "Every entry gets an equal share of the upstream gradient."),
        ("max", "amax", np.max, r"\max({x:0})", "tied(x, out, axis, keepdims)",
         "The largest entry gets all of the gradient; ties share it evenly, as torch.amax does."),
        ("min", "amin", np.min, r"\min({x:0})", "tied(x, out, axis, keepdims)",
         "The smallest entry gets all of the gradient; ties share it evenly, as torch.amin does."),
        ("prod", "prod", np.prod, r"\prod {x:20}", "others(x, axis)",
         "Each entry's local gradient is the product of all the others."),
        ("norm", "linalg.vector_norm", arrays.norm, r"\lVert {x:0} \rVert", "unit(x, axis)",
         "The gradient points along x with length 1; at the origin it is 0, as in PyTorch."),
    ):  # fmt: skip
        yield Op(
            name, ("x",), array, says, f"f = {name}(x * [1, 2, 3])", category="reduction",
            parameters=AXIS, latex=latex, reduces=True, local={"x": rule},
            torch=f"torch.{torch}(x, dim=axis, keepdim=keepdims)",
            precedence=15 if name in ("sum", "prod") else 50,
            symbol={"sum": "Σ", "prod": "Π", "norm": "‖x‖"}.get(name, name),
        )  # fmt: skip

    # Linear algebra and shapes
    yield Op(
        "dot", ("a", "b"), arrays.dot, "Each vector's gradient is upstream times the other vector.",
        "f = dot(x * [1, 2], [3, 4])", category="linear algebra", latex=r"{a:20} \cdot {b:21}",
        precedence=20, reduces=True, local={"a": "b", "b": "a"},
    )  # fmt: skip
    yield Op(
        "outer", ("a", "b"), arrays.outer,
        "Each vector's gradient is the upstream matrix applied to the other vector.",
        "f = outer(x * [1, 2], [3, 4])", category="linear algebra", precedence=20,
        latex=r"{a:21} \otimes {b:21}",
        downstream={"a": "upstream @ b", "b": "transpose(upstream) @ a"},
    )  # fmt: skip
    yield Op(
        "transpose", ("x",), arrays.transpose, "The gradient is transposed back.",
        "f = transpose(x * [[1, 2], [3, 4]])", category="linear algebra", symbol="ᵀ",
        torch="x.mT if x.ndim > 1 else x",
        latex=r"{x:50}^{\top}", precedence=40,
        downstream={"x": "transpose(upstream)"},
    )  # fmt: skip
    yield Op(
        "reshape", ("x",), lambda x, shape: arrays.reshape(x, shape),
        "The gradient is put back into the old shape, entry by entry.",
        "f = reshape(x * [1, 2, 3, 4], 2, 2)", category="shape", parameters={"*shape": ()},
        latex=r"\operatorname{reshape}({x:0})",
        torch="torch.reshape(x, shape)",
        downstream={"x": "reshape(upstream, size(x))"},
    )  # fmt: skip
    yield Op(
        "concat", ("*parts",), arrays.concat, "The gradient is cut back into the parts.",
        "f = concat(x * [1, 2], y * [3, 4])", category="shape", parameters={"axis": 0},
        torch="torch.cat(parts, dim=axis)",
        latex=r"\operatorname{concat}({parts:0})",
        downstream={"parts": "cut(upstream, parts, i, axis)"},
    )  # fmt: skip
    yield Op(
        "index", ("x", "*indices"), arrays.index,
        "The entries that were taken get the gradient, all others 0; an entry taken twice adds up.",
        "s = x * [1, 2, 3]\nf = s[1]", category="shape", parameters={"key": ()}, symbol="[ ]",
        torch="x[key]",
        latex=r"{x:50}[{key:0}]", text="{x:50}[{key:0}]",
        downstream={"x": "scatter(upstream, x, indices, key)"},
    )  # fmt: skip

    # Softmax and the losses
    yield Op(
        "softmax", ("x",), arrays.softmax,
        "Raising one score lowers every other probability, so each entry's gradient is measured "
        "against the average.",
        "p = softmax(x * [1, 2, 3])\nf = p[0]", category="loss", parameters={"axis": -1},
        torch="torch.softmax(x, dim=axis)",
        latex=r"\operatorname{softmax}({x:0})",
        downstream={"x": "out * (upstream - sum(upstream * out, axis, True))"},
    )  # fmt: skip
    yield Op(
        "log_softmax", ("x",), arrays.log_softmax,
        "The gradient less its sum shared out by probability.",
        "p = log_softmax(x * [1, 2, 3])\nf = p[0]", category="loss", parameters={"axis": -1},
        torch="torch.log_softmax(x, dim=axis)",
        latex=r"\log\operatorname{softmax}({x:0})", symbol="logsm",
        downstream={"x": "upstream - exp(out) * sum(upstream, axis, True)"},
    )  # fmt: skip
    yield Op(
        "cross_entropy", ("x", "y"), arrays.cross_entropy,
        "Softmax loss: the gradient is the probabilities less 1 at the right class, the mean over "
        "examples.",
        "L = cross_entropy(x * [1, 2, 3], 0)", category="loss", symbol="CE",
        torch="F.cross_entropy(x, y.long())",
        latex=r"\operatorname{cross\_entropy}({x:0}, {y:0})",
        downstream={"x": "upstream * (softmax(x) - one_hot(y, x)) / rows(x)"},
    )  # fmt: skip
    yield Op(
        "hinge", ("x", "y"), arrays.hinge,
        "Multiclass SVM loss: every class over the margin gets +1, the right one minus their "
        "number, the mean over examples; a margin of exactly 0 counts as met.",
        "L = hinge(x * [1, 2, 3], 0)", category="loss", precedence=15,
        torch="F.multi_margin_loss(x, y.long()) * x.shape[-1]",  # torch divides by the classes
        latex=r"\sum_{j \ne {y:0}} \max(0, {x:50}_j - {x:50}_{{y:0}} + 1)",
        downstream={"x": "upstream * (violated(x, y) - one_hot(y, x)"
                         " * sum(violated(x, y), -1, True)) / rows(x)"},
    )  # fmt: skip

    # Generators: leaves written in the text
    normal = "torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))"
    for name, generate, torch, says, shape in (
        ("ones", np.ones, "torch.ones(shape)", "A tensor of ones.", "2, 3"),
        ("zeros", np.zeros, "torch.zeros(shape)", "A tensor of zeros.", "2, 3"),
        ("eye", lambda shape: np.eye(*shape), "torch.eye(*shape)", "The identity matrix.", "3"),
        ("randn", arrays.randn, normal, "Normal numbers; the same seed gives the same.", "2, 3"),
    ):
        yield Op(
            name, (), generate, says, f"W = {name}({shape})\nf = sum(W * x)", category="generator",
            torch=torch,
            parameters={"*shape": ()} | ({"seed": None} if name == "randn" else {}),
            latex=rf"\operatorname{{{name}}}({{shape:0}})",
        )  # fmt: skip


OPS: dict[str, Op] = {op.name: op for op in rows()}


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
    }
    | {
        function.__name__: function
        for function in (
            arrays.count,
            arrays.cut,
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
