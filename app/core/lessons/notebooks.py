"""A lesson as a Jupyter notebook (version 4): its prose, and its figures as plain PyTorch, which
asserts that it comes to the same numbers.

A figure that is no few lines of PyTorch (a run, a picture, a drawing) is a link to itself, and an
exercise is its question with a cell to work in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from app.core.convolutions.answers import convolve
from app.core.convolutions.questions import ConvolutionQuestion
from app.core.exercises.table import KINDS
from app.core.expressions import questions as expressions
from app.core.lessons.lesson import Exercise, Fence, Lesson, Notes, Prose
from app.core.mistakes import validated
from app.core.networks import questions as networks
from app.core.notebook import bound, code, markdown
from app.core.questions import Asked

MOST = 300  # numbers of an array that stands in a cell
SEED = 1  # of the exercises
START = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"
START += "torch.set_default_dtype(torch.float64)"


def notebook(lesson: Lesson, address: str) -> dict[str, Any]:
    """The notebook of a lesson, whose figures stand at this address."""
    after = "".join(f"\n- {line}" for line in lesson.after)
    cells = [
        markdown(f"# {lesson.title}\n\nAfterwards you can:\n{after}\n\n[The lesson]({address}"
                 f"/lessons/{lesson.name}) with its figures alive."),
        code(START),
        *(cell for block in lesson.blocks if not isinstance(block, Notes)
          for cell in cells_of(block, address)),
    ]  # fmt: skip
    return bound(cells)


def cells_of(block: Prose | Fence | Exercise, address: str) -> Iterator[dict[str, Any]]:
    if isinstance(block, Prose):
        yield markdown(block.text)
    elif isinstance(block, Exercise):
        kind = KINDS[block.name]
        drawn = kind.drawn(SEED)
        there = f"{address}/practice/{block.name}?seed={SEED}"
        rows = [
            f"\n\n{label}:\n\n" + "\n".join(f"    {' '.join(map(str, row))}" for row in grid)
            for label, grid in drawn.grids
        ]
        asks = f"**Exercise: {kind.title}.** {drawn.asks}{''.join(rows)}"
        yield markdown(f"{asks}\n\n[Check it]({there}), or take other numbers there.")
        yield code("\n".join(f"# {blank.label}:" for blank in drawn.blanks))
    else:
        yield markdown(f"*{block.says}* [The figure]({address}{block.link})")
        if block.name in CODE:
            yield code(CODE[block.name](block))


def question(fence: Fence, model: type[Asked]) -> Any:
    """The question as its page asks it first."""
    given = dict(fence.question)
    return validated(model, fence.figure.first(given) if fence.figure.first else given)


def expression(fence: Fence) -> str:
    """The pass in PyTorch, and the gradients as the figure has them."""
    asked = question(fence, expressions.PlayQuestion)
    given = {"expression": asked.expression, "inputs": asked.inputs, "format": "pytorch"}
    text = expressions.export(validated(expressions.ExportQuestion, given))
    answer = expressions.play(asked)
    lines = [
        f"torch.testing.assert_close({node['id']}.grad, "
        f"torch.tensor({node['gradient']!r}).double())"
        for node in answer["nodes"]
        if node["op"] == "input"
        and node["gradient"] is not None
        and f"{node['id']}.grad" in str(text)
    ]
    return f"{str(text).strip()}\n\n# The figure's gradients\n" + "\n".join(lines)


def layer(fence: Fence) -> str:
    """A layer forward and back, where its numbers are few; else its shape and its weights."""
    asked = question(fence, ConvolutionQuestion)
    answer = convolve(asked)
    shapes = answer["shapes"]
    size, outcome = shapes["input"], tuple(shapes["output"])
    window = answer["window"]["axes"][::-1]
    wide, high = window[0], window[1]
    pairs = {name: (high[name], wide[name]) for name in ("kernel", "stride", "padding", "dilation")}
    rest = f"stride={pairs['stride']}, padding={pairs['padding']}"
    if asked.layer == "Conv2d":
        rest += f", dilation={pairs['dilation']}"
    few = max(prod(size), prod(shapes["weights"] or [0])) <= MOST and asked.layer != "Linear"
    if not few:
        filters = shapes["output"][0]
        made = {
            "Linear": f"nn.Sequential(nn.Flatten(0), nn.Linear({prod(size)}, {filters}))",
            "Conv2d": f"nn.Conv2d({size[0]}, {filters}, {pairs['kernel']}, {rest})",
        }.get(asked.layer, f"nn.{asked.layer}({pairs['kernel']}, {rest})")
        flat = (filters,) if asked.layer == "Linear" else outcome
        return (
            f"layer = {made}\nout = layer(torch.rand({', '.join(map(str, size))}))\n"
            "count = sum(p.numel() for p in layer.parameters())\n"
            'print(tuple(out.shape), f"{count:,} parameters")\n\n'
            f"assert tuple(out.shape) == {flat}\n"
            f"assert count == {answer['parameters']['count']}"
        )
    lines = [f"x = torch.tensor({answer['input']!r}).double().requires_grad_()"]
    call = {
        "MaxPool2d": f"F.max_pool2d(x, {pairs['kernel']}, {rest})",
        "AvgPool2d": f"F.avg_pool2d(x, {pairs['kernel']}, {rest})",
        "Conv2d": f"F.conv2d(x, w, b, {rest})",
    }[asked.layer]
    gradients = answer["gradients"]
    known: dict[str, Any] = {"x": gradients["input"]}
    if shapes["weights"]:
        lines.append(f"w = torch.tensor({answer['weights']!r}).double().requires_grad_()")
        lines.append(f"b = torch.tensor({answer['bias']!r}).double().requires_grad_()")
        known |= {"w": gradients["weights"], "b": gradients["bias"]}
    lines += [
        f"out = {call}",
        "print(out)",
        f"out.backward(torch.tensor({answer['upstream']!r}).double())",
        *(f"print({name}.grad)" for name in known),
        "",
        "# The figure's numbers",
        f"torch.testing.assert_close(out, torch.tensor({answer['output']!r}).double())",
        *(
            f"torch.testing.assert_close({name}.grad, torch.tensor({numbers!r}).double())"
            for name, numbers in known.items()
        ),
    ]
    return "\n".join(lines)


def network(fence: Fence) -> str:
    """The network in PyTorch, its shape and its parameters."""
    asked = question(fence, networks.NetworkQuestion)
    answer = networks.network(asked)
    text = networks.export(
        validated(networks.NetworkExportQuestion, {**fence.question, "format": "pytorch"})
    )
    made = "\nmodel = Network()" if "class Network" in str(text) else ""
    return (
        'torch.set_default_device("meta")  # shapes without any memory\n'
        f"{str(text).strip()}\n{made}\n"
        f"out = model.eval()(torch.empty(1, {', '.join(map(str, answer['input']))}))\n"
        "count = sum(p.numel() for p in model.parameters())\n"
        'print(tuple(out.shape), f"{count:,} parameters")\n'
        'torch.set_default_device("cpu")\n\n'
        f"assert tuple(out.shape) == {(1, *(answer['output'] or ()))}\n"
        f"assert count == {answer['parameters']}"
    )


CODE: dict[str, Callable[[Fence], str]] = {
    "expression": expression,
    "convolution": layer,
    "fully-connected": layer,
    "network": network,
}
