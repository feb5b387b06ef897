"""Lessons 5 and 6: counting weights, windows, sizes."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from app.core.exercises.engine import slid
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong, shown
from app.core.layers.windows import Window
from app.core.networks.questions import NetworkQuestion, network
from app.core.numbers import format_number, latex_number


def counted(source: str, size: tuple[int, ...]) -> tuple[dict[str, Any], str]:
    """What a layer costs, as the network figure counts it; and that figure."""
    question = {"source": source, "input": list(size)}
    found = network(NetworkQuestion.model_validate(question))
    row: dict[str, Any] = dict(found["rows"][-1])
    return row, shown("network", question)


def sliding(size: int, window: Window) -> str:
    """The figure of a window that slides over numbers."""
    question = {
        "input": "numbers",
        "shape": [1, size, size],
        "filters": 1,
        "kernel_size": window.kernel,
        "stride": window.stride,
        "padding": window.padding,
        "dilation": window.dilation,
        "weights": "random",
    }
    return shown("convolution", question, mode="forward")


def connected(chance: Random) -> Drawn:
    """Parameters of a fully connected layer on an image."""
    channels, side = chance.choice([1, 3]), chance.choice([8, 16, 28, 32])
    outputs = chance.choice([2, 5, 10, 20, 100])
    inputs = channels * side * side
    source = f"nn.Sequential(nn.Flatten(), nn.Linear({inputs}, {outputs}))"
    row, link = counted(source, (channels, side, side))
    pixels = side * side * outputs + outputs
    return Drawn(
        asks=f"An image of {side} × {side} pixels has {channels} channel"
        f"{'s' if channels > 1 else ''}. A fully connected layer gives {outputs} outputs of it. "
        "How many parameters does it have, biases and all?",
        blanks=(
            Blank(
                "parameters",
                "Parameters",
                row["parameters"],
                (
                    Wrong(inputs * outputs, "The biases are missing: one for each output.", link),
                    Wrong(inputs * outputs + 1, "Each output has a bias of its own.", link),
                    Wrong(pixels, "Each pixel has as many numbers as there are channels.", link),
                    Wrong(inputs + 1, "That is one output. Each has a row of weights.", link),
                    Wrong(inputs + outputs, "Each output has a weight for every input: multiply."),
                ),
            ),
        ),
        hints=(
            f"The image is {side} · {side} · {channels} numbers.",
            "Each output has a weight for each of them, and a bias.",
            f"One output costs {inputs + 1:,}.",
        ),
        why=f"${outputs} \\cdot ({inputs} + 1) = {row['parameters']}$",
        link=link,
        given={"inputs": inputs, "outputs": outputs},
    )


def filters(chance: Random) -> Drawn:
    """Parameters of a convolution."""
    channels, kernel = chance.choice([3, 6, 8, 16, 64]), chance.choice([1, 3, 5, 7])
    count, side = chance.choice([2, 6, 10, 16, 32]), chance.choice([28, 32, 64])
    if count == channels:
        raise Unfit
    row, link = counted(f"nn.Conv2d({channels}, {count}, {kernel})", (channels, side, side))
    one = channels * kernel * kernel
    return Drawn(
        asks=f"A convolution has {count} filters of {kernel} × {kernel} on an input of {channels} "
        f"channels, {side} × {side} each. How many parameters does it have, biases and all?",
        blanks=(
            Blank(
                "parameters",
                "Parameters",
                row["parameters"],
                (
                    Wrong(count * one, "The biases are missing: one for each filter.", link),
                    Wrong(count * one + 1, "Each filter has a bias of its own.", link),
                    Wrong(
                        count * (kernel * kernel + 1),
                        f"A filter reaches through all channels: it is {kernel} × {kernel} × "
                        f"{channels}.",
                        link,
                    ),
                    Wrong(one + 1, "That is one filter.", link),
                    Wrong(
                        count * channels * (kernel * kernel + 1),
                        "One bias a filter, not one for each of its channels.",
                        link,
                    ),
                ),
            ),
        ),
        hints=(
            f"One filter has {kernel} · {kernel} · {channels} weights.",
            "And one bias.",
            f"One filter costs {one + 1:,}. How large the image is does not matter.",
        ),
        why=f"${count} \\cdot ({kernel} \\cdot {kernel} \\cdot {channels} + 1) = "
        f"{row['parameters']}$",
        link=link,
        given={"channels": channels, "kernel": kernel, "filters": count, "side": side},
    )


def maps(chance: Random) -> Drawn:
    """The shape that some filters make of an image."""
    channels, kernel, count = 3, chance.choice([3, 5, 7]), chance.choice([4, 6, 10, 16])
    side = chance.choice([24, 28, 32, 64])
    row, link = counted(f"nn.Conv2d({channels}, {count}, {kernel})", (channels, side, side))
    _, out, _ = row["output"]
    return Drawn(
        asks=f"{count} filters of {kernel} × {kernel} slide over an image of {channels} × {side} × "
        f"{side} with stride 1 and no padding. Which shape comes out? Write channels x height x "
        "width.",
        blanks=(
            Blank(
                "shape",
                "Shape of the output",
                tuple(row["output"]),
                (
                    Wrong((count, side, side), "Without padding a window does not fit on every "
                          "pixel: some are lost at the edge.", link),
                    Wrong((channels, out, out), "The output has as many channels as there are "
                          "filters.", link),
                    Wrong((count * channels, out, out), "A filter adds up over the channels: it "
                          "gives one map.", link),
                    Wrong((count, side - kernel, side - kernel), "The + 1 is missing: the first "
                          "place counts too.", link),
                    Wrong((out, out, count), "The channels stand first here, as in PyTorch.", link),
                    Wrong((1, out, out), "That is one filter's map.", link),
                ),
                form="shape",
            ),
        ),
        hints=(
            "How often does a window fit on one side?",
            f"({side} − {kernel}) / 1 + 1 times.",
            "Each filter gives one map.",
        ),
        why=f"({side} − {kernel}) / 1 + 1 = {out}, and one map a filter: {count} × {out} × {out}.",
        link=link,
        given={"channels": channels, "kernel": kernel, "filters": count, "side": side},
    )  # fmt: skip


def output_size(chance: Random) -> Drawn:
    """(w + 2p - k) / s + 1."""
    size, kernel = chance.randint(7, 64), chance.choice([2, 3, 5, 7, 11])
    stride, padding = chance.choice([1, 2, 2, 3, 4]), chance.choice([0, 1, 2, 3])
    window = Window(kernel, stride, padding)
    if not window.fits(size) or kernel >= size or padding * 2 > kernel:
        raise Unfit
    right = window.output(size)
    link = sliding(size, window)
    once = (size + padding - kernel) / stride + 1
    return Drawn(
        asks=f"A window of {kernel} slides over {size} pixels with stride {stride} and padding "
        f"{padding}. On how many places does it fit?",
        blanks=(
            Blank(
                "size",
                "Size of the output",
                right,
                (
                    Wrong(right - 1, "The + 1 is missing: the first place counts too.", link),
                    Wrong(once, "Padding counts on both sides.", link),
                    Wrong(int(once), "Padding counts on both sides.", link),
                    Wrong(size + 2 * padding - kernel + 1, "The stride is missing.", link),
                    Wrong(
                        (size - kernel) // stride + 1, "The padding is missing.", link
                    ),
                    Wrong(
                        (size + 2 * padding - kernel + 1) / stride,
                        "The 1 is added after the division.",
                        link,
                    ),
                    Wrong(
                        (size + 2 * padding) // stride, "The window itself takes up room.", link
                    ),
                ),
            ),
        ),
        hints=(
            "(w + 2p − k) / s + 1",
            f"w + 2p is {size + 2 * padding}.",
            f"({size + 2 * padding} − {kernel}) / {stride} is {right - 1}.",
        ),
        why=rf"$({size} + 2 \cdot {padding} - {kernel}) / {stride} + 1 = {right}$",
        link=link,
        given={"input": size, "kernel": kernel, "stride": stride, "padding": padding},
    )  # fmt: skip


def one_number(chance: Random) -> Drawn:
    """One number of a convolution's output."""
    patch = np.array([[chance.randint(0, 5) for _ in range(3)] for _ in range(3)])
    weights = np.array([[chance.choice([-2, -1, 0, 1, 2]) for _ in range(3)] for _ in range(3)])
    bias = chance.choice([-3, -2, 2, 3])
    found = slid(
        input=[patch.tolist()], weights=[[weights.tolist()]], kernel_size=3, filters=1, bias=bias
    )
    right = found.output[0][0]
    plain = int((patch * weights).sum())
    turned = int((patch * weights[::-1, ::-1]).sum())
    link = found.forward()
    if plain == 0 or np.count_nonzero(weights) < 5:
        raise Unfit
    return Drawn(
        asks=f"This lies under the window of this filter. The bias is ${bias}$. Which number comes "
        "out?",
        blanks=(
            Blank(
                "number",
                "The number",
                right,
                (
                    Wrong(plain, "The bias is missing.", link),
                    Wrong(plain - bias, "The bias is added, with its own sign.", link),
                    Wrong(
                        turned + bias,
                        "You turned the filter by half a turn. Networks lay it on as it is.",
                        link,
                    ),
                    Wrong(
                        int((patch * weights.T).sum()) + bias,
                        "You laid the filter on its side: rows go with rows.",
                        link,
                    ),
                    Wrong(
                        int(np.diag(patch @ weights).sum()) + bias,
                        "That is a matrix product's diagonal. Here each number goes with the one "
                        "that lies on it.",
                        link,
                    ),
                    Wrong(
                        int(patch.sum() * weights.sum()) + bias,
                        "Multiply place by place first, and then add.",
                        link,
                    ),
                ),
            ),
        ),
        hints=(
            "Multiply each number with the weight that lies on it.",
            "Add up the nine products, and then the bias.",
            f"The products add up to {plain}.",
        ),
        why=f"${plain} + ({bias}) = {latex_number(right)}$",
        link=link,
        given={"patch": patch.tolist(), "weights": weights.tolist(), "bias": bias},
        grids=(("under the window", patch.tolist()), ("the filter", weights.tolist())),
    )


def same_size(chance: Random) -> Drawn:
    """The padding that keeps the size."""
    kernel, size = chance.choice([3, 5, 7, 9, 11]), chance.choice([14, 28, 32, 56])
    dilation = chance.choice([1, 1, 2])
    window = Window(kernel, dilation=dilation)
    right = window.same().padding
    link = sliding(size, window.same())
    span = window.span
    apart = f", with dilation {dilation}," if dilation > 1 else ""
    return Drawn(
        asks=f"A convolution of {kernel} × {kernel}{apart} with stride 1 shall keep {size} × "
        f"{size} as they are. Which padding does that?",
        blanks=(
            Blank(
                "padding",
                "Padding",
                right,
                (
                    Wrong(span - 1, "Padding counts on both sides: half of that.", link),
                    Wrong(span / 2, "One less than the kernel, and half of that.", link),
                    Wrong((span + 1) // 2, "One less than the kernel, and half of that.", link),
                    Wrong(kernel, "That much would make the output larger.", link),
                    Wrong(0, "Without padding the output gets smaller.", link),
                    Wrong(
                        (kernel - 1) // 2,
                        f"With dilation {dilation} the kernel reaches over {span} pixels.",
                        link,
                    ),
                ),
            ),
        ),
        hints=(
            "Put w for the output into (w + 2p − k) / 1 + 1.",
            "So 2p = k − 1.",
            f"The kernel reaches over {span} pixels, so 2p = {span - 1}.",
        ),
        why=f"$p = ({span} - 1) / 2 = {right}$",
        link=link,
        given={"kernel": kernel, "dilation": dilation, "input": size},
    )


def forward_grid(chance: Random) -> Drawn:
    """A whole small convolution."""
    x = [[chance.randint(0, 4) for _ in range(4)] for _ in range(4)]
    w = [[chance.choice([-2, -1, 1, 2]) for _ in range(2)] for _ in range(2)]
    bias, stride = chance.choice([0, 1, 2]), chance.choice([1, 2])
    found = slid(
        input=[x], weights=[[w]], kernel_size=2, filters=1, bias=bias, stride=stride,
    )  # fmt: skip
    right, link = found.output, found.forward()
    turned = slid(
        input=[x], weights=[[[row[::-1] for row in w[::-1]]]], kernel_size=2, filters=1, bias=bias,
        stride=stride,
    ).output  # fmt: skip
    other = slid(
        input=[x], weights=[[w]], kernel_size=2, filters=1, bias=bias, stride=3 - stride
    ).output

    def told(row: int, column: int) -> str:
        pairs = [(x[row * stride + i][column * stride + j], w[i][j])
                 for i in range(2) for j in range(2)]  # fmt: skip
        terms = " + ".join(f"{a} × ({format_number(b)})" for a, b in pairs)
        return f"{terms} + {bias} = {format_number(right[row][column])}"

    return Drawn(
        asks=f"Convolve this input with this filter: stride {stride}, no padding, bias {bias}. "
        "Write the output, a row a line, or paste what your code gives.",
        blanks=(
            Blank(
                "output",
                "The output",
                right,
                (
                    Wrong([[n - bias for n in row] for row in right], "The bias is missing.", link),
                    Wrong(turned, "You turned the filter by half a turn. Networks lay it on as it "
                          "is.", link),
                    Wrong(other, f"You moved by {3 - stride}; the stride is {stride}.", link),
                    Wrong(np.transpose(right).tolist(), "That is it on its side.", link),
                ),
                form="grid",
                arithmetic=[
                    [told(row, column) for column in range(len(right[0]))]
                    for row in range(len(right))
                ],
            ),
        ),
        hints=(
            f"The output is {len(right)} × {len(right[0])}.",
            "Lay the filter on the corner at the top left: four products, and the bias.",
            f"The first number: {told(0, 0)}.",
        ),
        why="Each number is four products and the bias.",
        link=link,
        given={"input": x, "weights": w, "bias": bias, "stride": stride},
        grids=(("the input", x), ("the filter", w)),
    )  # fmt: skip


KINDS = (
    Kind(
        "connected-parameters", "Weights of a fully connected layer", "fully-connected", connected
    ),
    Kind("filter-parameters", "Weights of some filters", "fully-connected", filters),
    Kind("maps", "What some filters make of an image", "fully-connected", maps),
    Kind("output-size", "How often a window fits", "windows", output_size),
    Kind("one-number", "One number of the output", "windows", one_number),
    Kind("same-size", "The padding that keeps the size", "windows", same_size),
    Kind("convolution", "A whole convolution", "windows", forward_grid),
)
