"""Lessons 10 and 11: networks layer by layer, and what a filter answers to."""

from __future__ import annotations

from random import Random

import numpy as np

from app.core.exercises.engine import passed, slid
from app.core.exercises.exercise import Blank, Drawn, Kind, Unfit, Wrong, shown
from app.core.networks.answers import NetworkAnswer
from app.core.networks.questions import NetworkQuestion, network
from app.core.numbers import sizes


def analysed(source: str, size: tuple[int, ...]) -> tuple[NetworkAnswer, str]:
    """What a network comes to, and its figure."""
    question = {"source": source, "input": list(size)}
    return network(NetworkQuestion.model_validate(question)), shown("network", question)


def follow_sizes(chance: Random) -> Drawn:
    """The shape after two convolutions and a pooling."""
    side, kernel = chance.choice([28, 32, 64]), chance.choice([3, 5])
    padding = chance.choice([0, (kernel - 1) // 2])
    first, second = chance.choice([6, 8, 10]), chance.choice([12, 16, 20])
    pad = f", padding={padding}" if padding else ""
    source = (
        f"nn.Sequential(nn.Conv2d(3, {first}, {kernel}{pad}), nn.ReLU(), "
        f"nn.Conv2d({first}, {second}, {kernel}{pad}), nn.ReLU(), nn.MaxPool2d(2))"
    )
    answer, link = analysed(source, (3, side, side))
    right = tuple(answer["output"] or ())
    before = (answer["rows"][-1]["output"] or (0, 0, 0))[1] * 2
    out = right[1]
    if (side - 2 * (kernel - 1 - 2 * padding)) % 2:
        raise Unfit
    linear = right[0] * out * out
    return Drawn(
        asks=f"`{source}` is given a picture of 3 × {side} × {side}. Which shape comes out, and "
        "how many inputs would a linear layer need behind it?",
        blanks=(
            Blank(
                "shape",
                "Shape of the output",
                right,
                (
                    Wrong((second, before, before), "That is before the pooling, which halves "
                          "it.", link),
                    Wrong((first, out, out), "The last convolution says how many maps there are.",
                          link),
                    Wrong((second, side // 2, side // 2), f"Each convolution takes {kernel - 1} "
                          "off without padding.", link),
                    Wrong((second, (side - kernel + 1) // 2, (side - kernel + 1) // 2), "There are "
                          "two convolutions.", link),
                    Wrong((second, (side - 2 * kernel) // 2, (side - 2 * kernel) // 2), "The + 1 "
                          "is missing.", link),
                    Wrong((out, out, second), "The channels stand first here.", link),
                ),
                form="shape",
            ),
            Blank(
                "inputs",
                "Inputs of a linear layer",
                linear,
                (
                    Wrong(out * out, "All maps count: multiply by their number.", link),
                    Wrong(second, "Each map is more than one number.", link),
                    Wrong(second * out, "Height and width count both.", link),
                    Wrong(second * before * before, "That is before the pooling.", link),
                ),
            ),
        ),
        hints=(
            "Go through it layer by layer; a ReLU changes no size.",
            f"The first convolution gives {sizes(answer['rows'][0]['output'] or ())}.",
            f"Before the pooling it is {second} × {before} × {before}.",
        ),
        why=f"{sizes(right)}, and {sizes(right)} multiplied out is {linear:,}.",
        link=link,
        given={"source": source, "input": [3, side, side]},
    )  # fmt: skip


def which_layer(chance: Random) -> Drawn:
    """The layer that does not fit to the one before it."""
    side, a, b = chance.choice([28, 32]), chance.choice([6, 8, 16]), chance.choice([12, 20, 24])
    fits = b * ((side - 4) // 2) ** 2
    channels, channels_2, features = 3, a, fits
    wrong = chance.choice(["conv1", "conv2", "fc"])
    if wrong == "conv1":
        channels = 1
    elif wrong == "conv2":
        channels_2 = b
    else:
        features = chance.choice([b * (side // 2) ** 2, b * ((side - 4) // 2), fits // b])
    lines = {
        "conv1": f"nn.Conv2d({channels}, {a}, 3)",
        "conv2": f"nn.Conv2d({channels_2}, {b}, 3)",
        "pool": "nn.MaxPool2d(2)",
        "flatten": "nn.Flatten()",
        "fc": f"nn.Linear({features}, 10)",
    }
    source = f"nn.Sequential({', '.join(lines.values())})"
    answer, link = analysed(source, (3, side, side))
    found = next(i for i, row in enumerate(answer["rows"]) if row["problem"])
    names = list(lines)
    assert names[found] == wrong
    problem = answer["rows"][found]["problem"]
    assert problem
    told = {
        "conv1": "It takes the 3 channels of the picture, as it should.",
        "conv2": f"It takes the {a} maps that the first convolution gives, as it should.",
        "pool": "A pooling takes any maps.",
        "flatten": "It takes whatever comes and stretches it out.",
        "fc": "It has as many inputs as there are numbers before it.",
    }
    choices = tuple(lines.values())
    return Drawn(
        asks=f"A picture of 3 × {side} × {side} goes through these layers. Which of them does not "
        "fit?",
        blanks=(
            Blank(
                "layer",
                "The layer that is wrong",
                lines[wrong],
                tuple(
                    Wrong(lines[name], says, link) for name, says in told.items() if name != wrong
                ),
                form="choice",
                choices=choices,
            ),
        ),
        hints=(
            "Go down layer by layer and write the shape behind each.",
            "A convolution must take as many channels as come in.",
            f"Behind the pooling there are {b} × {(side - 4) // 2} × {(side - 4) // 2} numbers.",
        ),
        why=f"{problem['message']}.",
        link=link,
        given={"source": source, "input": [3, side, side]},
    )


PLANES = {
    "bright to the right": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "bright below": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "a mean": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    "a bright dot": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}


def which_filter(chance: Random) -> Drawn:
    """Which of some filters gave this map."""
    x = [[chance.choice([0, 0, 1, 2]) for _ in range(5)] for _ in range(5)]
    names = list(PLANES)
    right = chance.choice(names)
    corner = np.array(x)[:3, :3]
    if len({int((corner * plane).sum()) for plane in PLANES.values()}) < 4:
        raise Unfit
    tried = {
        name: slid(input=[x], weights=[[plane]], kernel_size=3, filters=1)
        for name, plane in PLANES.items()
    }
    first = {name: found.output[0][0] for name, found in tried.items()}
    made, link = tried[right].output, tried[right].forward()

    def written(name: str) -> str:
        return "; ".join(" ".join(map(str, row)) for row in PLANES[name])

    chance.shuffle(names)
    return Drawn(
        asks="A filter of 3 × 3, without bias, made this map of this picture. Which filter was it? "
        "(Rows are told apart by semicolons.)",
        blanks=(
            Blank(
                "filter",
                "The filter",
                written(right),
                tuple(
                    Wrong(
                        written(name),
                        f"That one gives {first[name]} at the top left, where the map has "
                        f"{first[right]}.",
                        tried[name].forward(),
                    )
                    for name in names
                    if name != right
                ),
                form="choice",
                choices=tuple(map(written, names)),
            ),
        ),
        hints=(
            "One number of the map is enough to tell them apart.",
            "Take the 3 × 3 at the top left of the picture and lay each filter on it.",
            "The map has " + str(first[right]) + " there.",
        ),
        why=f"At the top left it gives {first[right]}, as in the map.",
        link=link,
        given={"input": x, "output": made},
        grids=(("the picture", x), ("the map", made)),
    )


def relu_gradient(chance: Random) -> Drawn:
    """What a ReLU leaves of a map, and what comes back through it."""
    x = np.array([[chance.choice([-4, -3, -2, -1, 1, 2, 3, 4]) for _ in range(3)]
                  for _ in range(2)])  # fmt: skip
    g = np.array([[chance.choice([-3, -2, -1, 1, 2, 3]) for _ in range(3)] for _ in range(2)])
    on = x > 0
    if not (((g < 0) & on).any() and ((g > 0) & ~on).any() and ((g < 0) & ~on).any()):
        raise Unfit
    text = "y = relu(x)\nf = sum(g * y)"
    found = passed(text, {"x": x.tolist(), "g": g.tolist()})
    back = found.back_to("x")
    return Drawn(
        asks="This went through a ReLU, and this gradient comes back to what came out. Write the "
        "gradient of what went in, a row a line.",
        blanks=(
            Blank(
                "gradient",
                "Gradient of what went in",
                found.gradient("x"),
                (
                    Wrong(
                        np.maximum(g, 0).tolist(),
                        "You cut the gradient where it is negative. A ReLU looks at what went in, "
                        "not at what comes back. (The deconvnet does as you did.)",
                        back,
                    ),
                    Wrong(
                        np.where(on & (g > 0), g, 0).tolist(),
                        "You cut twice. That is guided backpropagation, and no gradient.",
                        back,
                    ),
                    Wrong(g.tolist(), "Nothing comes back to what the ReLU set to 0.", back),
                    Wrong(
                        (g * np.maximum(x, 0)).tolist(),
                        "Its local gradient is 1 where it is on, not its value.",
                        back,
                    ),
                    Wrong(on.astype(int).tolist(), "That is its local gradient only.", back),
                ),
                form="grid",
            ),
        ),
        hints=(
            "Where is what went in positive?",
            "There the gradient passes unchanged, whatever its sign.",
            "Elsewhere it is 0.",
        ),
        why="It passes where the input is positive, and is 0 elsewhere.",
        link=back,
        given={"x": x.tolist(), "g": g.tolist()},
        grids=(("what went in", x.tolist()), ("the gradient that comes back", g.tolist())),
    )


KINDS = (
    Kind("follow-sizes", "Sizes through a network", "example", follow_sizes),
    Kind("which-layer", "The layer that does not fit", "example", which_layer),
    Kind("which-filter", "Which filter made this map", "layers", which_filter),
    Kind("relu-gradient", "Back through a ReLU", "layers", relu_gradient),
)
