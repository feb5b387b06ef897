"""A gradient three ways: by the chain rule, by differences, by torch's autograd.

The differences are extrapolated to step 0, each with what it may be off (`slopes`); the verdict
goes by whether the chain rule's gradient lies within that. Beside it stand two usual conventions:
the relative error of CS231n, max |a - n| / max(1e-8, |a| + |n|), and whether PyTorch's gradcheck
would pass, |a - n| <= 1e-5 + 1e-3 |n|.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core.expressions.evaluation import Evaluation, evaluate
from app.core.expressions.graphs import Graph
from app.core.expressions.ops import OPS
from app.core.expressions.outcomes import Mistake
from app.core.expressions.probes import Place, slopes
from app.core.expressions.slopes import Slope
from app.core.expressions.values import Value, plain
from app.core.numbers import Number, format_number

MOST_ENTRIES = 50  # of one input: a seeded choice of entries stands for a large tensor
RELATIVE = 1e-7  # of the larger gradient: what CS231n calls happy
NEARBY = 1e-10  # of the steepest slope around: where the gradient itself is 0
DOUBTFUL = 1e-4
ZERO = 1e-6  # of a usual slope: what may pass for 0
COARSE = 1e-3  # differences that may be off by more of the gradient tell nothing
NOT_HERE = "no verdict: the function or its gradient does not exist here"
# From the worst to the best: what is said of an input is what is said of its worst entry.
RANKS = ("wrong", "doubtful", "no verdict", "a jump", "a kink", "right")


class CheckedInput(TypedDict):
    """One input's gradient three ways."""

    name: str
    shape: Sequence[int]
    analytic: Value
    numerical: Value
    autograd: Value
    relative_error: Annotated[
        Number, Field(description="CS231n's: the largest |a - n| / max(1e-8, |a| + |n|).")
    ]
    gradcheck: Annotated[
        bool | None,
        Field(description="Whether PyTorch's gradcheck would pass: |a - n| <= 1e-5 + 1e-3 |n|."),
    ]
    uncertainty: Annotated[
        Number, Field(description="How far off the differences may be, where it is most.")
    ]
    step: Annotated[Number, Field(description="h of the smallest difference, at that entry.")]
    entry: Annotated[
        list[int], Field(description="The entry that the verdict is about; empty for a number.")
    ]
    verdict: str
    checked: int
    of: int


class GradientCheckAnswer(TypedDict):
    inputs: list[CheckedInput]


def gradient_check(
    graph: Graph, inputs: Mapping[str, Any], mistake: Mistake | None = None
) -> GradientCheckAnswer:
    """The table: per input analytic, numerical and autograd gradient, errors, verdict.

    With a `mistake` the analytic gradients are those of a backward pass that makes it. Large
    inputs are checked at 50 entries chosen with a fixed seed; `checked` and `of` say so.
    Imports torch, so it belongs into a worker.
    """
    result = evaluate(graph, inputs)
    analytic = evaluate(graph, inputs, mistake).gradients if mistake else result.gradients
    names = {name: i for name, i in graph.inputs.items() if result.gradients[i] is not None}
    automatic = autograd(result, list(names.values()))
    chosen = {i: _chosen(np.size(result.gradients[i])) for i in names.values()}
    places = [Place(i, k) for i, entries in chosen.items() for k in entries]
    found = dict(zip(places, slopes(result, places), strict=True))
    table = []
    for name, i in names.items():
        told = [found[Place(i, k)] for k in chosen[i]]
        table.append(_checked(name, analytic[i], chosen[i], told, automatic[i]))
    return {"inputs": table}


def _checked(
    name: str, gradient: Any, chosen: Sequence[int], found: Sequence[Slope], automatic: Any
) -> CheckedInput:
    """One row of the table."""
    whole = np.asarray(gradient, dtype=np.float64)
    analytic = whole.reshape(-1)[chosen]
    torch = np.asarray(automatic, dtype=np.float64).reshape(-1)[chosen]
    numerical = np.array([slope.value for slope in found])
    verdicts = [verdict_of(a, slope) for a, slope in zip(analytic, found, strict=True)]
    ranks = [next(k for k, word in enumerate(RANKS) if v.startswith(word)) for v in verdicts]
    with np.errstate(all="ignore"):
        far = np.abs(analytic - numerical)
        errors = far / np.maximum(1e-8, np.abs(analytic) + np.abs(numerical))
    exists = bool(np.isfinite(errors).all())
    # The entry that is spoken of: of those with the worst verdict the one with the largest error.
    worst = max(range(len(found)), key=lambda k: (-ranks[k], np.nan_to_num(errors[k])))
    verdict, alike = verdicts[worst], sum(rank == ranks[worst] for rank in ranks)
    if len(found) > 1 and ranks[worst] < len(RANKS) - 1:
        verdict += f" ({alike} of {len(found)} entries)"
    all_of_it = len(chosen) == whole.size
    shown = whole.shape if all_of_it else (len(chosen),)
    return {
        "name": name,
        "shape": whole.shape,
        "analytic": plain(analytic.reshape(shown)),
        "numerical": plain(numerical.reshape(shown)),
        "autograd": plain(torch.reshape(shown)),
        "relative_error": float(errors.max()) if exists else None,
        "gradcheck": bool((far <= 1e-5 + 1e-3 * np.abs(numerical)).all()) if exists else None,
        "uncertainty": plain(found[worst].error),
        "step": plain(found[worst].step),
        "entry": [int(n) for n in np.unravel_index(chosen[worst], whole.shape)],
        "verdict": verdict + _of_torch(analytic, torch, numerical, verdict),
        "checked": len(chosen),
        "of": whole.size,
    }


def _chosen(size: int) -> Sequence[int]:
    if size <= MOST_ENTRIES:
        return list(range(size))
    return sorted(np.random.default_rng(0).choice(size, MOST_ENTRIES, replace=False).tolist())


def verdict_of(analytic: float, slope: Slope) -> str:
    """What the differences say of one gradient."""
    if slope.kind == "none" or not np.isfinite(analytic):
        return NOT_HERE
    if slope.kind == "jump":
        return (
            "a jump: the function itself leaps here, so that no difference tells its slope, and "
            "the gradient is one by convention"
        )
    if slope.kind == "kink":
        return _of_kink(analytic, slope)
    far, size = abs(analytic - slope.value), max(abs(analytic), abs(slope.value))
    allowed = slope.error + RELATIVE * size + NEARBY * slope.nearby
    if far <= allowed:
        if slope.error > max(COARSE * size, ZERO * slope.nearby, ZERO * slope.typical):
            return f"no verdict: the differences may be off by {format_number(slope.error)} here"
        if slope.kind == "end":
            return "right: the function ends here, and this is its slope to the one side"
        if far <= RELATIVE * size:
            return "right: an error this small should make you happy"
        return "right: they are as close as differences can tell here"
    beyond = (far - slope.error) / size
    if slope.error > 0.1 * size:
        return f"no verdict: the differences may be off by {format_number(slope.error)} here"
    if beyond <= DOUBTFUL:
        return "doubtful: the error is a little high for a smooth function"
    return f"wrong: {format_number(analytic)} against {format_number(slope.value)}"


def _of_kink(analytic: float, slope: Slope) -> str:
    low, high = sorted((slope.left, slope.right))
    sides = (
        f"the slope is {format_number(slope.left)} to the left and {format_number(slope.right)} to "
        "the right"
    )
    slack = slope.error + 1e-5 * max(abs(low), abs(high))
    if low - slack <= analytic <= high + slack:
        return f"a kink: {sides}, and the gradient is one by convention"
    return f"wrong: there is a kink, {sides}, and the gradient lies outside of both"


def _of_torch(analytic: Any, torch: Any, numerical: Any, verdict: str) -> str:
    """What is to be said where PyTorch comes to something else."""
    with np.errstate(all="ignore"):
        lacking = np.isfinite(analytic) & ~np.isfinite(torch)
        far = np.abs(analytic - torch) > 1e-6 * np.maximum(np.abs(analytic), np.abs(torch)) + 1e-12
    if lacking.any():
        return (
            "; PyTorch's autograd gives none, since it multiplies 0 by a slope that does not exist"
        )
    if (far & np.isfinite(analytic)).any():
        if verdict.startswith("wrong") and np.allclose(torch, numerical, rtol=1e-5, atol=1e-8):
            return "; PyTorch's autograd agrees with the differences"
        return "; PyTorch's autograd says otherwise"
    if verdict.startswith("wrong"):
        return (
            "; PyTorch's autograd says the same: where kinks cancel, the chain rule takes one "
            "slope of each by convention, and they need not add to the true one"
        )
    return ""


def autograd(result: Evaluation, wanted: Sequence[int]) -> dict[int, Any]:
    """The gradients of some leaves by torch: the graph run on the op table's PyTorch texts."""
    import torch
    import torch.nn.functional as functional

    graph = result.graph
    tensors: list[Any] = []
    for i, node in enumerate(graph.nodes):
        if node.leaf:
            tensor = torch.tensor(result.values[i], dtype=torch.float64)
            tensors.append(tensor.requires_grad_(i in wanted))
            continue
        op = OPS[node.op]
        words: dict[str, Any] = dict(node.attributes)
        operands = [tensors[j] for j in node.inputs]
        fixed = len(op.arguments) - op.variadic
        words |= dict(zip(op.arguments[:fixed], operands, strict=False))
        if op.variadic:
            words[op.arguments[-1].lstrip("*")] = operands[fixed:]
        if "key" in words:
            words["key"] = _torch_key(words["key"], operands[1:])
        code = op.torch_code(node.attributes)
        known = {"torch": torch, "F": functional, "np": np, **words}
        tensors.append(eval(code, {"__builtins__": {}}, known))  # the table's text, nothing typed
    output = tensors[graph.output]
    if output.requires_grad:
        output.sum().backward()
    return {
        i: np.zeros(tensors[i].shape)
        if tensors[i].grad is None
        else np.asarray(tensors[i].grad.numpy())
        for i in wanted
    }


def _torch_key(key: Sequence[Any], computed: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        computed[part["input"]].long()
        if isinstance(part, dict)
        else slice(*part)
        if isinstance(part, list)
        else part
        for part in key
    )
