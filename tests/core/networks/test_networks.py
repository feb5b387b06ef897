"""Networks against torch: sizes, parameters, and where the gradient reaches."""

import random
from math import prod
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from app.core.errors import Problem
from app.core.layers.table import AdaptiveAvgPool2d, Layer, make
from app.core.layers.windows import Window
from app.core.networks.answers import network_answer
from app.core.networks.cones import cone
from app.core.networks.network import Network, analyse, sequential
from app.core.networks.torch_network import TorchNetwork
from tests.core.random_networks import random_network
from tests.work import at_most

torch.set_num_threads(1)
LINES = 2_000  # of Python, a layer


def conv(inside: int, outside: int, kernel: Any = 3, **more: Any) -> Layer:
    given = {"in_channels": inside, "out_channels": outside, "kernel_size": kernel}
    return make("Conv2d", given | more)


class Sum(nn.Module):
    """A pooling window summed, so that its gradient reaches all of it."""

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.windows = layer.windows(shape)

    def forward(self, x: Tensor) -> Tensor:
        high, wide = self.windows
        assert isinstance(high, Window)
        assert isinstance(wide, Window)
        missing = [
            max(0, (w.output(n) - 1) * w.stride + w.span - w.padded(n))
            for w, n in ((high, x.shape[2]), (wide, x.shape[3]))
        ]
        around = (wide.padding, wide.padding + missing[1], high.padding, high.padding + missing[0])
        filters = torch.ones(x.shape[1], 1, high.kernel, wide.kernel, dtype=x.dtype)
        return functional.conv2d(
            functional.pad(x, around),
            filters,
            stride=(high.stride, wide.stride),
            dilation=(high.dilation, wide.dilation),
            groups=x.shape[1],
        )


def all_open(network: Network) -> TorchNetwork:
    """The network with positive weights, and what stops gradients replaced: all of them reach."""
    model = TorchNetwork(network).double().eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.5, 1)
    result = analyse(network)
    for i, node in enumerate(network.layers):
        if node.layer.kind in ("activation", "normalisation"):
            model.steps[i] = nn.Identity()
        elif node.layer.kind == "pooling" and not isinstance(node.layer, AdaptiveAvgPool2d):
            shape = result.shape(result.sources[i][0])
            assert shape
            model.steps[i] = Sum(node.layer, shape)
    return model


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_a_random_network_is_torchs(seed: int) -> None:
    network = random_network(seed)
    assert Network.model_validate_json(network.model_dump_json()) == network
    answer = network_answer(network)
    assert answer["problem"] is None

    model = TorchNetwork(network).eval()
    activations = model.activations(torch.rand(1, *network.input))
    assert [row["output"] for row in answer["rows"]] == [tuple(x.shape[1:]) for x in activations]
    assert answer["parameters"] == sum(p.numel() for p in model.parameters())
    assert answer["activation_bytes"] == sum(4 * x.numel() for x in activations)
    for row, step in zip(answer["rows"], model.steps, strict=True):
        if isinstance(step, nn.Module):
            assert row["weights"] == {name: tuple(p.shape) for name, p in step.named_parameters()}

    image = torch.rand(1, *network.input, dtype=torch.float64, requires_grad=True)
    activations = all_open(network).activations(image)
    rng = random.Random(seed)
    for i in {len(network.layers) - 1, rng.randrange(len(network.layers))}:
        check_reach(network, i, activations[i], image, rng, answer["rows"][i])


def check_reach(
    network: Network, i: int, maps: Tensor, image: Tensor, rng: random.Random, row: dict[str, Any]
) -> None:
    """The region of the image that some units see is where their gradient reaches."""
    sizes = maps.shape[2:] or maps.shape[1:]
    for corner in range(4):
        unit = tuple(
            (0, n - 1)[corner >> axis & 1] if corner < 3 else rng.randrange(n)
            for axis, n in enumerate(sizes)
        )
        picked = maps[0].reshape(-1, *sizes)[:, *unit].sum()
        (reached,) = torch.autograd.grad(picked, image, retain_graph=True, allow_unused=True)
        found = cone(network, network.layers[i].name, unit)
        lit = reached[0].sum(0).nonzero()
        if not len(lit):
            assert found["input"] is None
            continue
        ours = found["input"]
        for axis, word in enumerate(("rows", "columns")):
            first, last = int(lit[:, axis].min()), int(lit[:, axis].max())
            assert ours[word] == [first, last]
        if found["field"]:
            for axis, n in (("rows", image.shape[2]), ("columns", image.shape[3])):
                low, high = found["field"][axis]
                assert max(0, low) <= ours[axis][0] <= ours[axis][1] <= min(n - 1, high)
        else:
            assert row["receptive_field"]["reason"]


FLAT = {"name": "flat", "layer": {"type": "Flatten"}, "inputs": ["input"]}
SMALLER = {"type": "MaxPool2d", "kernel_size": 2}
SQUARE = {"type": "Linear", "in_features": 64, "out_features": 64}


@pytest.mark.parametrize(
    ("layer", "join", "inputs", "unit", "rows", "columns"),
    [
        (SQUARE, "Add", ("flat", "way"), 27, [0, 7], [0, 7]),
        (SQUARE, "Add", ("way", "flat"), 27, [0, 7], [0, 7]),
        (SQUARE, "Concat", ("way", "flat"), 64 + 27, [3, 3], [3, 3]),
        (SMALLER, "Concat", ("flat", "way"), 64 + 5, [2, 3], [2, 3]),
        (conv(1, 1, padding=1), "Concat", ("flat", "way"), 27, [3, 3], [3, 3]),
        (conv(1, 1, padding=1), "Concat", ("flat", "way"), 64 + 27, [2, 4], [2, 4]),
        (conv(1, 1, padding=1), "Add", ("flat", "way"), 27, [2, 4], [2, 4]),
    ],
)
def test_what_a_feature_sees_where_vectors_meet(
    layer: Any, join: str, inputs: Any, unit: int, rows: list[int], columns: list[int]
) -> None:
    vector = layer is SQUARE
    nodes: list[dict[str, Any]] = [FLAT, {"name": "way", "layer": layer}]
    if not vector:
        nodes[1] = {"name": "maps", "layer": layer, "inputs": ["input"]}
        nodes.append({"name": "way", "layer": {"type": "Flatten"}})
    nodes.append({"name": "met", "layer": {"type": join}, "inputs": inputs})
    network = Network.model_validate({"input": (1, 8, 8), "layers": nodes})
    assert cone(network, "met", (unit,))["input"] == {"rows": rows, "columns": columns}
    image = torch.rand(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    maps = all_open(network).activations(image)[-1]
    row = network_answer(network)["rows"][-1]
    check_reach(network, len(nodes) - 1, maps, image, random.Random(unit), row)


def fields(network: Network) -> list[int]:
    return [row["receptive_field"]["size"][0] for row in network_answer(network)["rows"]]


def test_three_3x3_see_what_one_7x7_sees() -> None:
    assert fields(sequential([conv(8, 8)] * 3, (8, 32, 32))) == [3, 5, 7]
    assert fields(sequential([conv(8, 8, 7)], (8, 32, 32))) == [7]
    three = network_answer(sequential([conv(8, 8, bias=False)] * 3, (8, 32, 32)))
    one = network_answer(sequential([conv(8, 8, 7, bias=False)], (8, 32, 32)))
    assert (three["parameters"], one["parameters"]) == (27 * 8**2, 49 * 8**2)


def test_strides_multiply_and_dilation_reaches_far() -> None:
    stack = sequential([conv(1, 1, 3, stride=2), conv(1, 1, 3, dilation=4)], (1, 64, 64))
    (first, second) = (row["receptive_field"] for row in network_answer(stack)["rows"])
    assert (first["size"], first["stride"]) == ([3, 3], [2, 2])
    assert (second["size"], second["stride"]) == ([19, 19], [2, 2])


def test_a_linear_layer_sees_everything_that_is_covered() -> None:
    linear = make("Linear", {"in_features": 2, "out_features": 4})
    head = [conv(3, 2), make("Flatten", {}), linear]
    network = sequential(head, (3, 3, 3))
    assert fields(network) == [3, 3, 3]
    assert cone(network, "2", (1,))["input"] == {"rows": [0, 2], "columns": [0, 2]}


def branches(*inputs: str, **shortcut: Any) -> Network:
    nodes = [
        {"name": "a", "layer": conv(4, 4, padding=1, stride=2)},
        {"name": "b", "layer": conv(4, 4, **{"kernel": 1} | shortcut), "inputs": ["input"]},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": inputs},
        {"name": "after", "layer": conv(4, 8, padding=1)},
    ]
    return Network.model_validate({"input": (4, 8, 8), "layers": nodes})


def test_paths_meet_in_their_hull() -> None:
    row = network_answer(branches("a", "b", stride=2))["rows"][2]
    assert row["output"] == (4, 4, 4)
    assert row["receptive_field"]["size"] == [3, 3]
    assert row["receptive_field"]["padding"] == [1, 1]


def test_paths_of_different_speed_have_no_one_field() -> None:
    answer = network_answer(branches("a", "b", kernel=5))
    assert answer["problem"] is None
    assert answer["rows"][2]["receptive_field"]["size"] is None
    assert "step by 2 and 1" in answer["rows"][3]["receptive_field"]["reason"]


def test_what_does_not_fit_says_how_to_mend_it_and_the_rest_stays() -> None:
    layers = [conv(3, 16), conv(8, 32), conv(32, 64), make("ReLU", {})]
    answer = network_answer(sequential(layers, (3, 32, 32)))
    problem = answer["problem"]
    assert problem["where"] == {"field": "in_channels", "layer": "1"}
    assert problem["suggestion"] == "16"
    assert [row["output"] for row in answer["rows"]] == [
        (16, 30, 30),
        (32, 28, 28),
        (64, 26, 26),
        (64, 26, 26),
    ]
    assert [bool(row["problem"]) for row in answer["rows"]] == [False, True, False, False]
    assert [row["receptive_field"]["size"][0] for row in answer["rows"]] == [3, 5, 7, 7]


def test_rows_after_an_impossible_one_keep_what_is_known() -> None:
    layers = [conv(3, 4, 3), make("MaxPool2d", {"kernel_size": 9}), conv(4, 8, bias=False)]
    answer = network_answer(sequential(layers, (3, 8, 8)))
    assert "the window is 9 long in height and its input is 6" in answer["problem"]["message"]
    assert answer["problem"]["suggestion"] == "6"
    assert [row["output"] for row in answer["rows"]] == [(4, 6, 6), None, None]
    assert answer["rows"][2]["parameters"] == 288
    assert answer["output"] is None


def test_what_is_seen_below_a_layer_that_does_not_fit() -> None:
    layers = [conv(3, 4, 3), make("MaxPool2d", {"kernel_size": 9}), make("ReLU", {})]
    network = sequential(layers, (3, 8, 8))
    assert cone(network, "0", (5, 0))["input"] == {"rows": [5, 7], "columns": [0, 2]}
    with pytest.raises(Problem, match="known when all below it fits"):
        cone(network, "2", (0, 0))
    with pytest.raises(Problem, match="6 × 6 units a channel"):
        cone(network, "0", (6, 0))
    with pytest.raises(Problem, match="there is no layer `3`"):
        cone(network, "3", (0, 0))


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (
            [{"layer": {"type": "Linear", "in_features": 12, "out_features": 3}}],
            "put Flatten before",
        ),
        ([{"name": "a", "layer": {"type": "Add"}}], "joins two layers or more"),
        ([{"name": "a", "layer": {"type": "ReLU"}, "inputs": ["b"]}], "`b`, which is not there"),
        ([{"name": "a", "layer": {"type": "ReLU"}, "inputs": ["a"]}], "`a`, which is not there"),
        ([{"name": "a", "layer": {"type": "ReLU"}}] * 2, "`a` is the name of two layers"),
        (
            [
                {"name": "conv", "layer": conv(4, 4, stride=2)},
                {"layer": {"type": "Add"}, "inputs": ["conv", "input"]},
            ],
            "given 4 × 4 × 4 and 4 × 9 × 9",
        ),
        ([{"layer": {"type": "ReLU"}, "inputs": ["input", "input"]}], "takes one input"),
        ([{"layer": conv(4, 6, groups=4)}], "2 is the most that does"),
        ([{"layer": {"type": "Flatten"}}, {"layer": conv(4, 4)}], "put it before Flatten"),
        ([{"layer": conv(4, 65536, 64, padding=64)}] * 1, "more than any network"),
        ([{"layer": conv(4, 4, 3, padding="same", stride=2)}], "stride 1 only"),
        (
            [{"layer": {"type": "Flatten"}}, {"layer": {"type": "LocalResponseNorm", "size": 5}}],
            "put it before Flatten",
        ),
    ],
)
def test_a_problem_in_words(nodes: list[Any], said: str) -> None:
    network = Network.model_validate({"input": (4, 9, 9), "layers": nodes})
    assert said in network_answer(network)["problem"]["message"]
    with pytest.raises(Problem):
        analyse(network).check()


def test_a_vector_may_come_in() -> None:
    layers = [make("Linear", {"in_features": 4, "out_features": 3}), make("Softmax", {"dim": -1})]
    answer = network_answer(sequential(layers, (4,)))
    assert (answer["output"], answer["parameters"], answer["macs"]) == ((3,), 15, 12)
    assert answer["rows"][0]["receptive_field"] is None


def test_the_largest_network_is_little_work_a_layer() -> None:
    network = sequential([conv(8, 8, padding=1)] * 2000, (8, 64, 64))
    with at_most(lines=2000 * LINES):
        answer = network_answer(network)
        seen = cone(network, "1999", (3, 3))
    assert answer["depth"] == 2000
    assert seen["input"] == {"rows": [0, 63], "columns": [0, 63]}
    assert prod(answer["output"]) == 8 * 64 * 64


def test_two_thousand_mistakes_are_little_work_each() -> None:
    nodes = [
        {"name": f"layer{i}", "layer": {"type": "ReLU"}, "inputs": [f"leyer{i}"]}
        for i in range(2000)
    ]
    network = Network.model_validate({"input": (3, 8, 8), "layers": nodes})
    with at_most(lines=2000 * LINES):
        answer = network_answer(network)
    assert "which is not there before it; did you mean" in answer["rows"][1]["problem"]["message"]
    assert all(row["problem"] for row in answer["rows"])
