"""Random expressions as a visitor could type them, with what torch makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.core import torch_oracle

UNARY = (
    "exp log sqrt square sin cos tan tanh sigmoid relu leaky_relu softplus gelu erf abs sign"
).split()
INFIX = ("+", "-", "*", "/", "+", "-", "*")
PAIRS = ("maximum", "minimum")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")
REDUCTIONS = ("sum", "mean", "max", "min", "prod", "norm")
# Where these jump, the last bit of an operand decides: such places are left to tables.
KINKED = {"relu", "leaky_relu", "abs", "sign", *PAIRS, *COMPARISONS, "where", "clip"}
KINKED |= {"max", "min", "hinge", "norm"}
LARGEST = 1e3
SHAPES = ((3,), (2, 3), (1, 3), (2, 1), (3, 3), (3, 2), (), (2,), (2, 2, 3), (4, 3))


@dataclass
class Term:
    """A piece of text and its value; an atom needs no brackets."""

    text: str
    value: Tensor
    atom: bool = True

    @property
    def bracketed(self) -> str:
        return self.text if self.atom else f"({self.text})"


@dataclass
class RandomExpression:
    """A text, its inputs, and the value that torch computed while it was written."""

    seed: int
    tensors: bool
    inputs: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.terms: list[Term] = []
        for name in "xyzw"[: self.random.integers(1, 5)]:
            self.input(name)
        if self.tensors:
            self.input("W", (3, 3))
        wanted = len(self.terms) + self.random.integers(3, 15)
        tries = 0
        while len(self.terms) < wanted and tries < 200:
            tries += 1
            self.grow()
        self.finish()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def input(self, name: str, shape: tuple[int, ...] = ()) -> None:
        if self.tensors and not shape:
            shape = SHAPES[self.random.integers(len(SHAPES))]
        if self.random.random() < 0.2:
            value = self.random.integers(-2, 3, shape).astype(float)
        else:
            value = self.random.uniform(-2, 2, shape)
        self.inputs[name] = value.tolist() if shape else float(value)
        self.terms.append(Term(name, torch.tensor(np.array(value, dtype=np.float64))))

    def pick(self) -> Term:
        """An operand, rather a late one."""
        back = min(int(self.random.exponential(4)), len(self.terms) - 1)
        return self.terms[-1 - back]

    def pick_or_number(self) -> Term:
        """An operand, now and then a number."""
        if self.random.random() < 0.8:
            return self.pick()
        number = round(float(self.random.uniform(-3, 3)), 2)
        return Term(str(number), torch.tensor(number, dtype=torch.float64), number >= 0)

    def choose(self, options: Sequence[Any]) -> Any:
        return options[self.random.integers(len(options))]

    def grow(self) -> None:
        """One more op on what is there, if it fits and stays within reason."""
        kinds: list[Callable[[], tuple[str, list[Term], dict[str, Any], str, bool]]] = [
            self.unary,
            self.infix,
            self.infix,
            self.function,
        ]
        if self.tensors:
            kinds += [self.reduction, self.contraction, self.reshaping, self.indexing]
        name, operands, attributes, text, atom = self.choose(kinds)()
        term = self.apply(name, operands, attributes, text, atom)
        if term is None:
            return
        if len(term.text) > 60 or self.random.random() < 0.5:
            term = self.name(term)
        self.terms.append(term)

    def name(self, term: Term) -> Term:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {term.text}")
        return Term(name, term.value)

    def apply(
        self, name: str, operands: list[Term], attributes: dict[str, Any], text: str, atom: bool
    ) -> Term | None:
        values = [term.value for term in operands]
        try:
            value = torch_oracle.apply(name, values, attributes)
        except (RuntimeError, IndexError, ValueError):
            return None
        if value.ndim > 4 or not 0 < value.numel() <= 200:
            return None
        if not torch.isfinite(value).all() or value.abs().max() > LARGEST:
            return None
        if name in ("sqrt", "log", "/", "reciprocal", "tan", "**") or name in KINKED:
            flows = torch_oracle.flows(name, values, attributes, np.ones(value.shape))
            if not all(np.isfinite(flow).all() and abs(flow).max() < LARGEST for flow in flows):
                return None
            if name in KINKED and not steady(name, values, attributes, flows):
                return None
        return Term(text, value, atom)

    def unary(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        x = self.pick()
        if self.random.random() < 0.15:
            return "neg", [x], {}, f"-{x.bracketed}", False
        if self.random.random() < 0.15:
            return "reciprocal", [x], {}, f"1 / {x.bracketed}", False
        if self.random.random() < 0.15:
            power = self.choose([2, 3, 0.5, -1, 0, 1.5, -2])
            exponent = Term(str(power), torch.tensor(power, dtype=torch.float64))
            return "**", [x, exponent], {}, f"{x.bracketed} ** {power}", False
        name = self.choose(UNARY)
        attributes = {"slope": 0.01} if name == "leaky_relu" else {}
        return name, [x], attributes, f"{name}({x.text})", True

    def infix(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        a, b, name = self.pick_or_number(), self.pick(), self.choose(INFIX)
        if self.random.random() < 0.5:
            a, b = b, a
        if name == "/" and a.text in ("1", "1.0"):
            name = "reciprocal"
        return name, [a, b], {}, f"{a.bracketed} {name} {b.bracketed}", False

    def function(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        a, b = self.pick(), self.pick_or_number()
        kind = self.random.random()
        if kind < 0.15:
            low, high = (Term(f"{x:.1f}", torch.tensor(x).double()) for x in (-0.5, 1.5))
            return "clip", [a, low, high], {}, f"clip({a.text}, {low.text}, {high.text})", True
        if kind < 0.5:
            name, c = self.choose(COMPARISONS), self.pick()
            test = self.apply(name, [a, b], {}, f"{a.bracketed} {name} {b.bracketed}", False)
            if test is not None:
                return "where", [test, b, c], {}, f"where({test.text}, {b.text}, {c.text})", True
        name = self.choose(PAIRS)
        return name, [a, b], {}, f"{name}({a.text}, {b.text})", True

    def reduction(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        name, x = self.choose(REDUCTIONS), self.pick()
        axis = None
        if x.value.ndim and self.random.random() < 0.6:
            axis = int(self.random.integers(-x.value.ndim, x.value.ndim))
        keepdims = bool(self.random.random() < 0.4)
        extra = "" if axis is None else self.choose([f", {axis}", f", axis={axis}"])
        if axis is not None and name in ("max", "min", "norm"):  # their second place is no axis
            extra = f", axis={axis}"
        extra += ", keepdims=True" if keepdims else ""
        return name, [x], {"axis": axis, "keepdims": keepdims}, f"{name}({x.text}{extra})", True

    def contraction(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        a, b = self.pick(), self.pick()
        name = self.choose(["@", "@", "@", "dot", "outer", "softmax", "log_softmax", "loss"])
        if name == "@":
            rows = [t for t in self.terms if t.value.shape[-2:][:1] == a.value.shape[-1:]]
            b = self.choose(rows) if rows else b
            return "@", [a, b], {}, f"{a.bracketed} @ {b.bracketed}", False
        if name in ("dot", "outer"):
            return name, [a, b], {}, f"{name}({a.text}, {b.text})", True
        if name == "loss":
            return self.loss(a)
        axis = int(self.random.integers(-a.value.ndim, a.value.ndim)) if a.value.ndim else -1
        return name, [a], {"axis": axis}, f"{name}({a.text}, axis={axis})", True

    def loss(self, scores: Term) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        name = self.choose(["hinge", "cross_entropy"])
        if scores.value.ndim > 2:
            return self.unary()
        shape = scores.value.shape
        y = self.random.integers(shape[-1] if shape else 1, size=shape[:-1]).tolist()
        labels = Term(str(y), torch.tensor(y, dtype=torch.float64))
        return name, [scores, labels], {}, f"{name}({scores.text}, {labels.text})", True

    def reshaping(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        a, b = self.pick(), self.pick()
        kind = self.choose(["T", "transpose", "reshape", "concat"])
        if kind == "T":
            return "transpose", [a], {}, f"{a.bracketed}.T", True
        if kind == "transpose":
            return "transpose", [a], {}, f"transpose({a.text})", True
        if kind == "reshape":
            shape = self.choose([(-1,), (1, -1), (a.value.numel(),), (-1, 1)])
            sizes = ", ".join(map(str, shape))
            return "reshape", [a], {"shape": shape}, f"reshape({a.text}, {sizes})", True
        axis = self.choose([0, 0, -1])
        return "concat", [a, b], {"axis": axis}, f"concat({a.text}, {b.text}, axis={axis})", True

    def indexing(self) -> tuple[str, list[Term], dict[str, Any], str, bool]:
        x = self.pick()
        key: list[Any] = []
        parts: list[str] = []
        operands = [x]
        for size in x.value.shape[: self.random.integers(1, 4)]:
            kind = self.random.random()
            if kind < 0.35:
                key.append(int(self.random.integers(-size, size)))
                parts.append(str(key[-1]))
            elif kind < 0.8 or len(operands) > 1:
                piece = self.choose([":", "1:", ":-1", "::2", "-2:", ":5"])
                key.append([int(n) if n else None for n in (piece + "::").split(":")[:3]])
                parts.append(piece)
            else:
                rows = self.random.integers(0, size, 3).tolist()
                key.append({"input": 0})
                operands.append(Term(str(rows), torch.tensor(rows, dtype=torch.float64)))
                parts.append(str(rows))
        if not key:
            return self.unary()
        return "index", operands, {"key": key}, f"{x.bracketed}[{', '.join(parts)}]", True

    def finish(self) -> None:
        """The output: the last term, or several of them summed so that much has a gradient."""
        if self.random.random() < 0.3:
            self.value = self.terms[-1].value
            self.lines.append(self.terms[-1].text)
            return
        picked = self.terms[-4:]
        total = sum((term.value * term.value).sum() for term in picked)
        self.value = torch.as_tensor(total)
        if self.tensors:
            self.lines.append("L = " + " + ".join(f"sum({t.bracketed} ** 2)" for t in picked))
        else:
            self.lines.append("L = " + " + ".join(f"square({t.text})" for t in picked))


def steady(
    name: str, values: Sequence[Tensor], attributes: dict[str, Any], flows: Sequence[np.ndarray]
) -> bool:
    """Whether an op at a kink does not jump when the last bits of its operands differ."""
    if all(torch.equal(value, value.round()) for value in values):
        return True
    result = torch_oracle.apply(name, values, attributes)
    for seed in (0, 1):
        generator = torch.Generator().manual_seed(seed)
        nudged = [
            value + 1e-9 * torch.randn(value.shape, generator=generator, dtype=torch.float64)
            for value in values[:2]
        ] + list(values[2:])
        if name in ("hinge", "where"):  # labels and conditions are whole numbers
            whole = 1 if name == "hinge" else 0
            nudged[whole] = values[whole]
        again = torch_oracle.apply(name, nudged, attributes)
        if not torch.allclose(again, result, rtol=1e-4, atol=1e-6):
            return False
        upstream = np.ones(result.shape)
        for flow, other in zip(
            flows, torch_oracle.flows(name, nudged, attributes, upstream), strict=True
        ):
            if not np.allclose(flow, other, rtol=1e-4, atol=1e-6):
                return False
    return True
