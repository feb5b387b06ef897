"""A random question of each figure that has a second path."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from app.core.attributions.methods import ATTRIBUTIONS
from app.core.networks.architectures import ARCHITECTURES
from app.core.pictures.images import PHOTOS
from tests.core.random_networks import random_network

Question = dict[str, Any]
UNARY = ("exp", "tanh", "sigmoid", "relu", "abs", "sin", "square", "-", "softmax", "cumulated")
BINARY = ("+", "-", "*", "/", "maximum", "minimum", "@")


def expression(rng: Random) -> Question:
    """Lines of ops on numbers or on vectors of three; the last one is a number."""
    vector = rng.random() < 0.6
    inputs: dict[str, Any] = {}
    for name in "xyzw"[: rng.randint(1, 4)]:
        numbers = [round(rng.uniform(-2, 2), 2) for _ in range(3)]
        inputs[name] = numbers if vector else numbers[0]
    names, lines = list(inputs), []
    for i in range(rng.randint(1, 6)):
        one, other = rng.choice(names), rng.choice(names)
        op = rng.choice(UNARY + BINARY)
        if op == "@" and not vector:
            op = "*"
        if op in ("softmax", "cumulated") and not vector:
            op = "tanh"
        text = {
            "-": f"-{one}" if rng.random() < 0.3 else f"{one} - {other}",
            "/": f"{one} / (1 + {other} ** 2)",
            "@": f"{one} + {one} @ {other}",
            "square": f"{one} ** 2",
            "cumulated": f"{one} * sum({other})",
            "exp": f"exp(tanh({one}))",
        }.get(op, f"{one} {op} {other}" if op in "+*" else f"{op}({one}, {other})")
        if op in ("tanh", "sigmoid", "relu", "abs", "sin", "softmax"):
            text = f"{op}({one})"
        lines.append(f"h{i} = {text}")
        names.append(f"h{i}")
    used = " + ".join(rng.sample(list(inputs), len(inputs)))
    last = f"{names[-1]} * ({used})"
    lines.append(f"f = sum({last})" if vector else f"f = {last}")
    return {"expression": "\n".join(lines), "inputs": inputs}


def convolution(rng: Random) -> Question:
    layer = rng.choice(["Conv2d", "Conv2d", "MaxPool2d", "AvgPool2d", "Linear"])
    found: Question = {"layer": layer, "seed": rng.randrange(1000)}
    if rng.random() < 0.5:
        found["input"] = rng.choice(PHOTOS)
    else:
        found |= {"input": "numbers", "shape": [rng.randint(1, 3) for _ in "c"] + [
            rng.randint(4, 12), rng.randint(4, 12)]}  # fmt: skip
    if layer == "Linear":
        return found | {"filters": rng.randint(1, 6)}
    found |= {"kernel_size": [rng.randint(1, 4), rng.randint(1, 4)], "stride": rng.randint(1, 3)}
    found["padding"] = rng.randint(0, 2)
    if layer != "AvgPool2d":
        found["dilation"] = rng.randint(1, 2)
    if layer == "Conv2d":
        found |= {"filters": rng.randint(1, 5), "bias": round(rng.uniform(-2, 2), 1)}
    return found | {"upstream": rng.choice(["sample", "ones"])}


def window(rng: Random) -> Question:
    def size(least: int, most: int) -> Any:
        one, other = rng.randint(least, most), rng.randint(least, most)
        return rng.choice([one, [one, other]])

    return {
        "input": size(20, 200), "kernel": size(1, 9), "stride": size(1, 5),
        "padding": size(0, 4), "dilation": size(1, 2),
    }  # fmt: skip


def network(rng: Random) -> Question:
    return {"network": random_network(rng.randrange(10**6)).model_dump(mode="json")}


def layer_of(rng: Random, question: Question) -> Question:
    """One of its layers."""
    return {"layer": rng.choice(question["network"]["layers"])["name"]}


def field(rng: Random) -> Question:
    found = network(rng)
    return found | layer_of(rng, found)


def effective(rng: Random) -> Question:
    return field(rng) | {"samples": rng.randint(1, 3), "seed": rng.randrange(1000)}


def stack(rng: Random) -> Question:
    return {"kernel_size": rng.choice([3, 5, 7, 9, 11, 13, 15]), "channels": rng.randint(1, 600)}


def comparison(rng: Random) -> Question:
    return {"names": rng.sample(list(ARCHITECTURES), rng.randint(1, 4))}


def gradient_sizes(rng: Random) -> Question:
    return {
        "blocks": rng.randint(1, 5),
        "width": rng.randint(1, 8),
        "residual": rng.random() < 0.5,
        "batch_norm": rng.random() < 0.5,
        "initialisation": rng.choice(["pytorch", "he"]),
        "seed": rng.randrange(1000),
    }


def seen(rng: Random) -> Question:
    """A network that looks at a picture: one that ships, or any other with random weights."""
    if rng.random() < 0.4:
        return {"model": "digits", "image": f"digit-{rng.randrange(20)}", "of": of(rng)}
    found = network(rng) | {"seed": rng.randrange(1000), "image": rng.choice(PHOTOS)}
    return found if rng.random() < 0.5 else found | {"of": of(rng)}


def of(rng: Random) -> str:
    return rng.choice(["score", "loss"])


def named(rng: Random, question: Question) -> str:
    if "model" in question:
        return rng.choice(["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc"])
    found: str = layer_of(rng, question)["layer"]
    return found


def activations(rng: Random) -> Question:
    include = rng.sample(["activation", "gradient", "product"], rng.randint(1, 3))
    layers: Any = rng.choice(["all", "ends", []])
    return seen(rng) | {"layers": layers, "include": include, "top": rng.randint(1, 8)}


def layer(rng: Random) -> Question:
    found = seen(rng)
    return found | {"layers": [named(rng, found)], "include": ["activation", "gradient"]}


def unit(rng: Random) -> Question:
    found = seen(rng)
    at = {"channel": rng.randrange(3), "row": rng.randrange(4), "column": rng.randrange(4)}
    return found | {"unit": {"layer": named(rng, found), **at}}


def attribution(rng: Random) -> Question:
    found = seen(rng) | {"method": rng.choice(list(ATTRIBUTIONS))}
    if found["method"] == "occlusion":
        found.pop("of", None)
    return found


def occlusion(rng: Random) -> Question:
    found = seen(rng)
    found.pop("of", None)
    at = {"row": rng.randrange(12), "column": rng.randrange(12)}
    return found | at | {"patch": rng.randint(1, 20)}


def top_patches(rng: Random) -> Question:
    return channel(rng) | {"count": rng.randint(1, 9)}


def channel(rng: Random) -> Question:
    found = seen(rng)
    found = {name: found[name] for name in ("model", "network", "seed") if name in found}
    return found | {"layer": named(rng, found), "channel": rng.randrange(2)}


def training_step(rng: Random) -> Question:
    return rng.choice([*STEPPED.values(), pictures_step, experiment_step])(rng)


def weight_of(rng: Random, sizes: list[int]) -> str:
    """One of a dense net with layers of these sizes; of four one is a bias."""
    layer = rng.randrange(len(sizes) - 1)
    unit, source = rng.randint(1, sizes[layer + 1]), rng.randint(1, sizes[layer])
    return rng.choice([f"b{layer + 1}_{unit}", *[f"w{layer + 1}_{unit}_{source}"] * 3])


def samples_step(rng: Random) -> Question:
    hidden, points = rng.randint(2, 6), rng.choice([10, 20, 120])
    return {
        "experiment": "samples-a-weight",
        "points": points,
        "hidden": hidden,
        "penalty": rng.choice([0.0, 0.03]),
        "dropped": rng.choice([0.0, 0.3, 0.5]),
        "seed": rng.randrange(100),
        "step": rng.randrange(240),
        "sample": rng.randrange(min(points, 100)),
        "weight": weight_of(rng, [2, hidden, hidden, 1]),
    }


def small_step(rng: Random) -> Question:
    points = rng.choice([10, 20, 100])
    bug = rng.choice(["none", "labels shuffled", "inputs 0 to 255", "no non-linearity"])
    return {
        "experiment": "small-batch",
        "data": "xor",
        "bug": bug,
        "rate": 0.0001 if bug == "inputs 0 to 255" else 0.02,  # beyond that all numbers run away
        "points": points,
        "scale": rng.choice([0.1, 1.0]),
        "seed": rng.randrange(100),
        "step": rng.randrange(200),
        "sample": rng.randrange(min(points, 50)),
        "weight": weight_of(rng, [2, 16, 2]),
    }


def network_step(rng: Random) -> Question:
    hidden = [rng.randint(2, 5) for _ in range(rng.randint(0, 2))]
    sizes, function = [2, *hidden, 2], rng.choice(["Tanh", "ReLU", "Sigmoid"])
    layers = [f"nn.Linear({a}, {b})" for a, b in pairwise(sizes)]
    batch = rng.choice([2, 32, 128])
    return {
        "experiment": "your-network",
        "data": rng.choice(["moons", "circles"]),
        "source": f"nn.Sequential({f', nn.{function}(), '.join(layers)})",
        "input": [2],
        "optimizer": rng.choice(["sgd", "adam"]),
        "batch": batch,
        "seed": rng.randrange(100),
        "step": rng.randrange(120),
        "sample": rng.randrange(batch),
        "weight": weight_of(rng, sizes),
    }


def classifier_step(rng: Random) -> Question:
    layers, units = rng.randint(1, 3), rng.randint(1, 6)
    batch = rng.choice([0, 1, 5, 10])
    return {
        "data": rng.choice(["moons", "circles", "spirals", "blobs", "xor"]),
        "layers": layers,
        "units": units,
        "activation": rng.choice(["tanh", "relu", "sigmoid"]),
        "optimizer": rng.choice(["adam", "sgd"]),
        "rate": rng.choice([0.003, 0.02, 0.3]),
        "penalty": rng.choice([0.0, 0.01]),
        "batch": batch,
        "turn": rng.choice([0, 40]),
        "seed": rng.randrange(100),
        "step": rng.randrange(240),
        "sample": rng.randrange(batch or 250),
        "weight": weight_of(rng, [2, *[units] * layers, 1]),
    }


STEPPED: dict[str, Callable[[Random], Question]] = {
    "classifier-2d": classifier_step,
    "samples-a-weight": samples_step,
    "small-batch": small_step,
    "your-network": network_step,
}


# Nets on pictures that are told in part, and the weights of each layer: the sizes of their indices.
NETS: dict[str, tuple[str, list[int], list[list[int]]]] = {
    "dense": (
        "nn.Flatten(), nn.Linear(196, 24), nn.Tanh(), nn.Linear(24, 10)",
        [1, 14, 14], [[24, 196], [10, 24]],
    ),
    "vector": ("nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10)", [784], [[12, 784], [10, 12]]),
    "convolutions": (
        "nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), "
        "nn.Conv2d(6, 8, 3, stride=2, groups=2, bias=False), nn.ELU(), nn.Flatten(), "
        "nn.Linear(72, 10)" ,
        [1, 14, 14], [[6, 1, 3, 3], [8, 3, 3, 3], [10, 72]],
    ),
    "large": (
        "nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), "
        "nn.Conv2d(4, 6, (3, 2), dilation=2), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1), "
        "nn.Flatten(), nn.Linear(6, 10)",
        [1, 28, 28], [[4, 1, 5, 5], [6, 4, 3, 2], [10, 6]],
    ),
    "dropout": (
        "nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Dropout2d(0.3), nn.MaxPool2d(2), nn.Flatten(), "
        "nn.Dropout(0.5), nn.Linear(144, 10)",
        [1, 14, 14], [[4, 1, 3, 3], [10, 144]],
    ),
    "batch norm": (
        "nn.Conv2d(1, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), "
        "nn.Linear(144, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 10)",
        [1, 14, 14], [[4, 1, 3, 3], [4], [12, 144], [12], [10, 12]],
    ),
}  # fmt: skip


def pictures_step(rng: Random, name: str | None = None) -> Question:
    source, given, weights = NETS[name or rng.choice(list(NETS))]
    layer, batch = rng.randrange(len(weights)), rng.choice([2, 8, 32])
    places = "_".join(str(rng.randint(1, n)) for n in weights[layer])
    biased = "bias=False" not in source and rng.random() < 0.2
    places = places.partition("_")[0] if biased else places
    return {
        "experiment": "your-network",
        "data": rng.choice(["digits", "garments"]),
        "source": f"nn.Sequential({source})",
        "input": given,
        "optimizer": rng.choice(["sgd", "adam"]),
        "rate": 0.01,
        "batch": batch,
        "seed": rng.randrange(100),
        "step": rng.randrange(30),
        "sample": rng.randrange(batch),
        "weight": f"{'b' if biased else 'w'}{layer + 1}_{places}",
    }


# Of experiments on pictures: settings of theirs, and the sizes of the weights of one of the layers.
DENSE = [64, 196]
EXPERIMENTS_ON_PICTURES: dict[str, tuple[list[Question], list[list[int]]]] = {
    "dropout": ([{}, {"dropped": 0.8, "hidden": 64}, {"dropped": 0.0}], [DENSE, [64, 64]]),
    "batch-norm": (
        [{"depth": 4}, {"depth": 3, "skip": "yes", "batch": 20},
         {"depth": 30, "norm": "no", "activation": "sigmoid"}],
        [DENSE],
    ),
    "augmentation": ([{}, {"turn": 20.0, "noise": 0.2, "flip": "mirrored"}], [DENSE]),
    "mislabelled": ([{}, {"data": "garments", "share": 0.4}], [DENSE, [10, 64]]),
    "small-batch": (
        [{}, {"bug": "labels shuffled"}, {"bug": "no non-linearity"}, {"scale": 0.1}], [DENSE],
    ),
    "transfer": ([{}, {"carried": 2, "frozen": 2}, {"frozen": 4, "each": 2}], [[8, 1, 3, 3]]),
    "residual": ([{"depth": 10}, {"depth": 12, "skip": "no"}], [[8, 1, 3, 3], [8]]),
}  # fmt: skip


def experiment_step(rng: Random, name: str | None = None) -> Question:
    name = name or rng.choice(list(EXPERIMENTS_ON_PICTURES))
    several, weights = EXPERIMENTS_ON_PICTURES[name]
    layer = rng.randrange(len(weights))
    places = "_".join(str(rng.randint(1, n)) for n in weights[layer])
    return rng.choice(several) | {
        "experiment": name,
        "seed": rng.randrange(100),
        "step": rng.randrange(20),
        "sample": rng.randrange(10),
        "weight": f"w{layer + 1}_{places}",
    }


def teach(rng: Random) -> Question:
    kind, classes = rng.choice(["digit", "garment"]), rng.sample(range(10), rng.randint(2, 4))
    pictures = {i: [f"{kind}-{i + 10 * line}" for line in range(rng.choice([5, 6]))]
                for i in classes}  # fmt: skip
    named = [{"name": f"class {i}", "pictures": each} for i, each in pictures.items()]
    return {"classes": named, "seed": rng.randrange(1000), "modules": rng.choice([0, 0, 1, 2])}


QUESTIONS: dict[str, Callable[[Random], Question]] = {
    "expression": expression,
    "gradient-check": expression,
    "convolution": convolution,
    "fully-connected": lambda rng: {
        "layer": "Linear", "input": rng.choice(PHOTOS), "filters": rng.randint(1, 6),
        "seed": rng.randrange(1000),
    },
    "window": window,
    "network": network,
    "receptive-field": field,
    "effective-field": effective,
    "stack": stack,
    "comparison": comparison,
    "gradient-sizes": gradient_sizes,
    "activations": activations,
    "layer": layer,
    "unit": unit,
    "attribution": attribution,
    "occlusion": occlusion,
    "top-patches": top_patches,
    "optimised-input": channel,
    "training-step": training_step,
    "teach": teach,
}  # fmt: skip
