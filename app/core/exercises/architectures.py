"""Lessons 17 to 19: AlexNet and dropout, VGG, ResNet."""

from __future__ import annotations

from random import Random

from app.core.exercises.engine import passed
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong, shown
from app.core.networks.questions import NetworkQuestion, network
from app.core.numbers import format_number, latex_number


def dropped(chance: Random) -> Drawn:
    """The mean over all masks."""
    count = chance.choice([2, 3, 4])
    a = [chance.choice([-4, -3, -2, 2, 3, 4, 5, 6]) for _ in range(count)]
    out = chance.choice([0.2, 0.4, 0.5, 0.75])
    keep = 1 - out
    total = sum(a)
    if abs(total) < 2:
        raise Unfit
    found = passed("y = keep * sum(a)", {"a": a, "keep": keep})
    right, link = found.value("y"), found.forward()
    return Drawn(
        asks=f"A linear unit adds up what {count} units give it: {', '.join(f'${n}$' for n in a)}. "
        f"Dropout leaves out each of them with probability {out:g}, and nothing is scaled in "
        "training. What does the unit get on average over all masks?",
        blanks=(
            Blank(
                "mean",
                "Mean over all masks",
                right,
                (
                    Wrong(out * total, f"{out:g} is the share that is dropped; the share kept is "
                          f"{keep:g}.", link),
                    Wrong(total, "That is with all units, as at test time before any scaling.",
                          link),
                    Wrong(total / keep, "Dividing by the share kept is what today's libraries do "
                          "in training. Here nothing is scaled.", link),
                    Wrong(total / count, "That is the mean of the units, not the mean of the sum "
                          "over masks.", link),
                    Wrong(keep**count * total, "Each unit is kept with its own chance; the chance "
                          "that all are kept is another thing.", link),
                ),
            ),
        ),
        hints=(
            f"Each unit is kept with probability {keep:g}.",
            "The mean of a sum is the sum of the means.",
            f"With all units the sum is {total}.",
        ),
        why=rf"${latex_number(keep)} \cdot ({total}) = {latex_number(right)}$",
        link=link,
        given={"a": a, "keep": keep},
    )  # fmt: skip


def inverted(chance: Random) -> Drawn:
    """What PyTorch's dropout makes of a value that is kept."""
    p = chance.choice([0.1, 0.2, 0.25, 0.5, 0.6, 0.75, 0.8])
    value = chance.choice([-6, -4, -3, 2, 3, 4, 5, 6, 8])
    keep = 1 - p
    found = passed("y = x / keep", {"x": value, "keep": round(keep, 4)})
    right, link = found.value("y"), found.forward()
    return Drawn(
        asks=f"PyTorch's `nn.Dropout({p:g})` is training. A unit with the value ${value}$ is kept "
        "by the mask. What does the layer give for it? And what does it give at test time?",
        blanks=(
            Blank(
                "training",
                "In training, kept",
                right,
                (
                    Wrong(value, "PyTorch scales in training already, by one over the share kept.",
                          link),
                    Wrong(value * keep, "That is the scaling of 2012, at test time. PyTorch "
                          "divides, in training.", link),
                    Wrong(value / p, "p is the share dropped. Divide by the share kept.", link),
                    Wrong(value * p, "Divide by the share kept.", link),
                    Wrong(0, "That is a unit that is dropped; this one is kept.", link),
                ),
            ),
            Blank(
                "testing",
                "At test time",
                value,
                (
                    Wrong(value * keep, "In PyTorch it was scaled in training already; at test "
                          "time nothing is done.", link),
                    Wrong(right, "At test time nothing is done.", link),
                    Wrong(0, "At test time nothing is dropped.", link),
                ),
            ),
        ),
        hints=(
            "PyTorch's p is the share that is dropped.",
            "It scales in training, so that the mean stays, and leaves the test alone.",
            f"The share kept is {keep:g}.",
        ),
        why=rf"${value} / {latex_number(keep)} = {latex_number(right)}$ in training, and {value} "
        "unchanged at test time.",
        link=link,
        given={"p": p, "value": value},
    )  # fmt: skip


def first_linear(chance: Random) -> Drawn:
    """The first linear layer behind a VGG's maps."""
    side, pools = chance.choice([64, 96, 128, 160, 192, 224]), 5
    channels, units = chance.choice([128, 256, 512]), chance.choice([1024, 2048, 4096])
    left = side // 2**pools
    features = channels * left * left
    source = f"nn.Sequential(nn.Flatten(), nn.Linear({features}, {units}))"
    question = {"source": source, "input": [channels, left, left]}
    right = network(NetworkQuestion.model_validate(question))["parameters"]
    link = shown("network", {"architecture": "vgg16"}, layer="classifier.0")
    return Drawn(
        asks=f"A VGG takes {side} × {side} pixels; its 3 × 3 convolutions keep the size, and "
        f"{pools} poolings of 2 × 2 halve it. The last maps have {channels} channels, and the "
        f"first linear layer has {units:,} units. How wide are the last maps, and how many "
        "parameters has that layer?",
        blanks=(
            Blank(
                "width",
                "Width of the last maps",
                left,
                (
                    Wrong(side // (2 * pools), "Each pooling halves: five of them divide by 32, "
                          "not by 10.", link),
                    Wrong(side // 2 ** (pools - 1), "That is after four poolings.", link),
                    Wrong(side // 2 ** (pools + 1), "That is after six poolings.", link),
                    Wrong(side, "The poolings halve it.", link),
                ),
            ),
            Blank(
                "parameters",
                "Parameters of the first linear layer",
                right,
                (
                    Wrong(features * units, "The biases are missing: one for each unit.", link),
                    Wrong(units * (channels * left + 1), "Height and width count both.", link),
                    Wrong(units * (channels + 1), "Each channel is a whole map.", link),
                    Wrong(units * (left * left + 1), "All channels count.", link),
                    Wrong(features + units, "Each unit has a weight for every number of the maps.",
                          link),
                ),
            ),
        ),
        hints=(
            f"Halve {side} five times.",
            "Each unit sees all channels at all places.",
            f"The maps are {channels} × {left} × {left}, {features:,} numbers.",
        ),
        why=f"{side} / 32 = {left}, and $({channels} \\cdot {left} \\cdot {left} + 1) \\cdot "
        f"{units} = {right}$",
        link=link,
        given={"side": side, "channels": channels, "units": units},
    )  # fmt: skip


def skip(chance: Random) -> Drawn:
    """The gradient through a block with a skip."""
    x = chance.choice([1, 2, 3])
    w1, w2 = (chance.choice([-0.5, 0.2, 0.3, 0.5, 1.5, 2]) for _ in range(2))
    if w1 * w2 in (1, -1):
        raise Unfit
    text = "h = relu(w1 * x)\nF = w2 * h\ny = x + F"
    inputs = {"x": x, "w1": w1, "w2": w2}
    found = passed(text, inputs)
    right, block = found.gradient("x"), (w1 * w2 if w1 > 0 else 0)
    back = found.back_to("x")
    through = latex_number(block)
    return Drawn(
        asks=f"A residual block: $h = \\max(0, w_1 x)$, $F = w_2 h$, $y = x + F$, at $x = {x}$, "
        f"$w_1 = {latex_number(w1)}$, $w_2 = {latex_number(w2)}$. What is the gradient of $y$ by "
        "$x$?",
        blanks=(
            Blank(
                "gradient",
                "Gradient of x",
                right,
                (
                    Wrong(
                        block,
                        "That is what comes back through the block. Along the skip comes 1, and "
                        "the two add.",
                        back,
                    ),
                    Wrong(
                        1,
                        "That is what comes back along the skip. What comes through the block is "
                        "added.",
                        back,
                    ),
                    Wrong(w1 + w2 + 1, "Through the block the two weights are multiplied.", back),
                    Wrong(
                        1 + w1 * w2,
                        "The ReLU is off here: nothing comes back through the block.",
                        back,
                    ),
                    Wrong(1 + w2, "The first weight is missing.", back),
                    Wrong(1 + w1, "The second weight is missing.", back),
                    Wrong(1 + block * x, "A product gives x the weight, not x itself.", back),
                ),
            ),
        ),
        hints=(
            "x goes two ways: along the skip and through the block.",
            "Along the skip comes 1. Through the block: is the ReLU on?",
            f"Through the block comes {format_number(block)}.",
        ),
        why=f"$1 + ({through}) = {latex_number(right)}$",
        link=back,
        given={"expression": text, "inputs": inputs},
        picture=found.picture(),
    )


def many_blocks(chance: Random) -> Drawn:
    """The gradient through some blocks, with and without skips."""
    count, a = chance.choice([3, 4, 5]), chance.choice([-0.5, 0.1, 0.2, 0.5])
    plain = "x" + "".join([f" * {a}"] * count) if a > 0 else "x" + f" * ({a})" * count
    skipped = "h0 = x\n" + "\n".join(f"h{i + 1} = h{i} + ({a}) * h{i}" for i in range(count))
    found = passed(skipped.replace("h0 = x\n", "").replace("h0", "x"), {"x": 1})
    right, without = found.gradient("x"), passed(f"f = {plain}", {"x": 1}).gradient("x")
    back = found.back_to("x")
    return Drawn(
        asks=f"{count} blocks, one behind the other, and each is just $F(x) = {latex_number(a)}\\, "
        "x$. What is the gradient of the output by the input if each block has a skip, $x + F(x)$?",
        blanks=(
            Blank(
                "gradient",
                "Gradient with skips",
                right,
                (
                    Wrong(without, "That is without skips.", back),
                    Wrong(1 + without, "There is a skip around each block, not one around all.",
                          back),
                    Wrong(1 + count * a, "The blocks are one behind the other: their factors are "
                          "multiplied.", back),
                    Wrong(count * (1 + a), "The factors of all blocks are multiplied, not added.",
                          back),
                    Wrong(1 + a, "That is one block.", back),
                ),
            ),
        ),
        hints=(
            "One block with its skip multiplies the gradient by 1 + F'.",
            f"That is {format_number(1 + a)}.",
            f"{count} of them are one behind the other.",
        ),
        why=rf"$(1 + ({latex_number(a)}))^{{{count}}} = {latex_number(right)}$; without skips it "
        rf"would be ${latex_number(without)}$.",
        link=back,
        given={"blocks": count, "factor": a},
    )  # fmt: skip


KINDS = (
    Kind("dropped", "The mean over all masks", "alexnet", dropped),
    Kind("inverted", "Dropout in PyTorch", "alexnet", inverted),
    Kind("first-linear", "Where VGG's weights are", "vgg", first_linear),
    Kind("skip", "Back through a skip", "resnet", skip),
    Kind("many-blocks", "Many blocks with skips", "resnet", many_blocks),
)
