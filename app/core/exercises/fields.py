"""Lessons 8 and 9: receptive fields, small kernels, pooling."""

from __future__ import annotations

from random import Random

import numpy as np

from app.core.exercises.engine import slid
from app.core.exercises.exercise import Blank, Drawn, Kind, Wrong, shown
from app.core.networks.fields import StackQuestion, stacked
from app.core.networks.questions import NetworkQuestion, network
from app.core.numbers import format_number


def receptive_field(chance: Random) -> Drawn:
    """How far one unit of a stack sees."""
    count = chance.choice([2, 2, 3])
    kernels = [chance.choice([2, 3, 3, 5]) for _ in range(count)]
    strides = [chance.choice([1, 1, 2]) for _ in range(count - 1)] + [1]
    layers = [
        f"nn.Conv2d({3 if i == 0 else 8}, 8, {kernel}, stride={stride})"
        for i, (kernel, stride) in enumerate(zip(kernels, strides, strict=True))
    ]
    question = {"source": f"nn.Sequential({', '.join(layers)})", "input": [3, 64, 64]}
    found = network(NetworkQuestion.model_validate(question))
    field = found["rows"][-1]["receptive_field"]
    assert field
    assert field["size"]
    right = field["size"][0]
    link = shown("receptive-field", question, view="field")
    sight = 1
    for kernel in kernels:
        sight += kernel - 1
    jump, wrong_jump = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        jump *= stride
        wrong_jump += (kernel - 1) * jump
    asked = [
        f"{kernel} × {kernel} with stride {stride}"
        for kernel, stride in zip(kernels, strides, strict=True)
    ]
    return Drawn(
        asks=f"Convolutions one on the other, from the input up: {', then '.join(asked)}. How many "
        "pixels wide is what one unit at the top sees of the input?",
        blanks=(
            Blank(
                "width",
                "Width of the receptive field",
                right,
                (
                    Wrong(sight, "The strides are missing: behind a stride of 2 neighbours are two "
                          "pixels apart.", link),
                    Wrong(sum(kernels), "Kernels do not add up: each layer adds its kernel less 1, "
                          "and the first unit is 1.", link),
                    Wrong(int(np.prod(kernels)), "Windows overlap, so widths are not multiplied.",
                          link),
                    Wrong(kernels[-1], "That is how many units of the layer below it sees.", link),
                    Wrong(wrong_jump, "A layer's own stride does not widen what it sees itself, "
                          "only what the layers above it see.", link),
                    Wrong(right - 1, "You began at 0: a single pixel is 1 wide.", link),
                ),
            ),
        ),
        hints=(
            "Begin with 1. Each layer adds its kernel less 1, times the distance of its inputs.",
            "The distance is the product of all strides below.",
            f"The first layer: 1 + ({kernels[0]} − 1) = {kernels[0]}.",
        ),
        why=" + ".join(
            ["1"]
            + [
                f"({kernel} − 1) × {int(np.prod(strides[:i]))}"
                for i, kernel in enumerate(kernels)
            ]
        )
        + f" = {right}",
        link=link,
        given={"kernels": kernels, "strides": strides},
    )  # fmt: skip


def how_many(chance: Random) -> Drawn:
    """How many 3 x 3 see as far as one large kernel, and what they cost."""
    kernel, channels = chance.choice([5, 7, 9, 11, 13]), chance.choice([8, 16, 32, 64])
    question = {"kernel_size": kernel, "channels": channels}
    answer = stacked(StackQuestion.model_validate(question))
    link = shown("stack", question, view="field")
    count, weights = answer["stack"]["layers"], answer["stack"]["parameters"]
    return Drawn(
        asks=f"One convolution of {kernel} × {kernel}, {channels} channels in and out. How many of "
        "3 × 3, one on the other, see as far? And how many weights do these have together, without "
        "biases?",
        blanks=(
            Blank(
                "count",
                "How many",
                count,
                (
                    Wrong(kernel // 3, "They do not lie side by side: each more adds 2.", link),
                    Wrong(kernel - 1, "Each of them adds 2, not 1.", link),
                    Wrong(count + 1, "The first one sees 3 already.", link),
                    Wrong(kernel - 2, "Each of them adds 2, not 1.", link),
                ),
            ),
            Blank(
                "weights",
                "Weights of all of them",
                weights,
                (
                    Wrong(count * 9 * channels, "Each filter reaches through all channels: C "
                          "squared.", link),
                    Wrong(9 * channels * channels, "That is one of them.", link),
                    Wrong(kernel * kernel * channels * channels, "That is the large one.", link),
                    Wrong(count * 9, "The channels are missing: C in and C out.", link),
                ),
            ),
        ),
        hints=(
            "One sees 3 × 3, two see 5 × 5.",
            "Each more adds 2.",
            f"One of them has 9 · {channels} · {channels} weights.",
        ),
        why=f"1 + 2 · {count} = {kernel}, and {count} · 9 · {channels}² = {weights:,}.",
        link=link,
        given={"kernel": kernel, "channels": channels},
    )  # fmt: skip


def plane(chance: Random, side: int = 4) -> list[list[int]]:
    """Whole numbers, all different."""
    numbers = chance.sample(range(side * side + 4), side * side)
    return [numbers[i * side : (i + 1) * side] for i in range(side)]


def pooled(chance: Random) -> Drawn:
    """Max pooling, 2 x 2 with stride 2."""
    x = plane(chance)
    found = slid(layer="MaxPool2d", input=[x], kernel_size=2, stride=2)
    link, array = found.forward(), np.array(x)
    blocks = array.reshape(2, 2, 2, 2).swapaxes(1, 2)
    overlapping = slid(layer="MaxPool2d", input=[x], kernel_size=2, stride=1).output
    return Drawn(
        asks="Pool this map with the maximum, 2 × 2 with stride 2. Write the output, a row a line.",
        blanks=(
            Blank(
                "output",
                "The output",
                found.output,
                (
                    Wrong(blocks.mean(axis=(2, 3)).tolist(), "That is average pooling.", link),
                    Wrong(overlapping, "You moved by 1; the stride is 2.", link),
                    Wrong(blocks.min(axis=(2, 3)).tolist(), "That is the smallest.", link),
                    Wrong(array[::2, ::2].tolist(), "You took the first of each four.", link),
                    Wrong(np.transpose(found.output).tolist(), "That is it on its side.", link),
                ),
                form="grid",
                arithmetic=[
                    [
                        f"the largest of {', '.join(map(str, blocks[i, j].flatten()))}"
                        for j in range(2)
                    ]
                    for i in range(2)
                ],
            ),
        ),
        hints=(
            "Cut the map into four blocks of 2 × 2.",
            "Keep the largest number of each.",
            f"The first block is {', '.join(map(str, blocks[0, 0].flatten()))}.",
        ),
        why="The largest of each four.",
        link=link,
        given={"input": x},
        grids=(("the map", x),),
    )


def back_through_a_pooling(chance: Random) -> Drawn:
    """All of the gradient of a pooling's input."""
    layer = chance.choice(["MaxPool2d", "AvgPool2d"])
    x = plane(chance)
    g = [[chance.choice([-8, -4, 4, 8, 12]) for _ in range(2)] for _ in range(2)]
    asked = {"layer": layer, "input": [x], "kernel_size": 2, "stride": 2, "upstream": [g]}
    found = slid(**asked)
    other = slid(**asked | {"layer": "AvgPool2d" if layer == "MaxPool2d" else "MaxPool2d"})
    link = found.backward()
    copies = np.kron(np.array(g), np.ones((2, 2), int))
    name = "maximum" if layer == "MaxPool2d" else "mean"
    mixed = (
        "That is average pooling: a max gives everything to the largest."
        if layer == "MaxPool2d"
        else "That is max pooling: a mean gives each its quarter."
    )
    return Drawn(
        asks=f"This map was pooled with the {name}, 2 × 2 with stride 2, and this gradient comes "
        "back. Write the gradient of the map, a row a line.",
        blanks=(
            Blank(
                "gradient",
                "Gradient of the map",
                found.to_input,
                (
                    Wrong(other.to_input, mixed, link),
                    Wrong(
                        copies.tolist(),
                        "Each of the four got all of it: it is shared."
                        if layer == "AvgPool2d"
                        else "Only the largest of the four gets it.",
                        link,
                    ),
                    Wrong(
                        (np.array(found.to_input) * np.array(x)).tolist(),
                        "The local gradient of a max is 1, not its value."
                        if layer == "MaxPool2d"
                        else "The local gradient is a quarter, whatever the values are.",
                        link,
                    ),
                    Wrong(g, "It is as large as the map: 4 × 4.", link),
                ),
                form="grid",
            ),
        ),
        hints=(
            "It is 4 × 4, as the map is.",
            "The largest of each four gets everything, the others 0."
            if layer == "MaxPool2d"
            else "Each of four gets a quarter.",
            f"The block at the top left shares {format_number(g[0][0])}.",
        ),
        why="The largest of each four gets all of it."
        if layer == "MaxPool2d"
        else "A quarter for each.",
        link=link,
        given={"layer": layer, "input": x, "upstream": g},
        grids=(("the map", x), ("the gradient that comes back", g)),
    )


def pooled_shape(chance: Random) -> Drawn:
    """The shape after a pooling."""
    channels, side = chance.choice([6, 16, 64, 128]), chance.choice([12, 28, 32, 56, 112])
    kernel = chance.choice([2, 2, 4])
    question = {"source": f"nn.MaxPool2d({kernel})", "input": [channels, side, side]}
    found = network(NetworkQuestion.model_validate(question))
    right = tuple(found["rows"][-1]["output"] or ())
    link, out = shown("network", question), right[1]
    return Drawn(
        asks=f"Max pooling, {kernel} × {kernel} with stride {kernel}, on {channels} × {side} × "
        f"{side}. Which shape comes out (channels x height x width), and how many parameters does "
        "it have?",
        blanks=(
            Blank(
                "shape",
                "Shape of the output",
                right,
                (
                    Wrong((channels // kernel, out, out), "Each map is pooled on its own: there "
                          "are as many as before.", link),
                    Wrong((1, out, out), "A pooling does not add up over the channels.", link),
                    Wrong((channels, side, side), "Its stride makes it smaller.", link),
                    Wrong((channels, side - kernel + 1, side - kernel + 1), "That is with stride "
                          "1.", link),
                    Wrong((out, out, channels), "The channels stand first here.", link),
                ),
                form="shape",
            ),
            Blank(
                "parameters",
                "Parameters",
                0,
                (
                    Wrong(kernel * kernel, "It has a window and no weights.", link),
                    Wrong(channels * kernel * kernel, "It has a window and no weights.", link),
                    Wrong(channels, "It has no biases either.", link),
                    Wrong(channels * (kernel**2 + 1), "It has a window and no weights.", link),
                ),
            ),
        ),
        hints=(
            "Each map is pooled on its own.",
            f"The window fits {out} times on one side.",
            "What could be learned in taking a maximum?",
        ),
        why=f"{side} / {kernel} = {out}; the channels stay, and nothing is learned.",
        link=link,
        given={"channels": channels, "kernel": kernel, "side": side},
    )  # fmt: skip


KINDS = (
    Kind("receptive-field", "How far a unit sees", "stacks", receptive_field),
    Kind("how-many", "Small kernels for a large one", "stacks", how_many),
    Kind("pooled", "Max pooling by hand", "pooling", pooled),
    Kind("pooled-shape", "The shape after a pooling", "pooling", pooled_shape),
    Kind("pooling-gradient", "Back through a pooling", "pooling", back_through_a_pooling),
)
