"""Windows against torch: 300 random ones, and the lecture's by hand."""

import inspect
import random
from fractions import Fraction

import pytest
import torch
from torch.nn import functional

from app.core.convolutions.window import window_answer
from app.core.errors import Problem
from app.core.layers.table import LAYERS, AdaptiveAvgPool2d, AvgPool2d, Conv2d, MaxPool2d, make
from app.core.layers.windows import Cells, Window
from app.core.networks.receptive_fields import ReceptiveField

SEEDS = range(300)

torch.set_num_threads(1)


def random_size(rng: random.Random, least: int, most: int) -> int | tuple[int, int]:
    """One number for both axes, or one for each."""
    if rng.random() < 0.5:
        return rng.randint(least, most)
    return rng.randint(least, most), rng.randint(least, most)


def positions(bits: int) -> list[int]:
    return [i for i in range(bits.bit_length()) if bits >> i & 1]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_window_is_torchs(seed: int) -> None:
    rng = random.Random(seed)
    size = [rng.randint(1, 40), rng.randint(1, 40)]
    kernel, stride = random_size(rng, 1, 8), random_size(rng, 1, 5)
    convolution = make(
        "Conv2d",
        {
            "in_channels": 1,
            "out_channels": 1,
            "kernel_size": kernel,
            "stride": stride,
            "padding": rng.choice([random_size(rng, 0, 6), "valid"]),
            "dilation": random_size(rng, 1, 4),
            "bias": False,
        },
    )
    if rng.random() < 0.2:
        changed = {"stride": 1, "padding": "same"}
        convolution = Conv2d(**convolution.arguments | changed)
    pools = [
        make(
            type, {"kernel_size": kernel, "stride": stride, "padding": 0, "ceil_mode": ceil} | more
        )
        for ceil in (False, True)
        for type, more in (
            ("MaxPool2d", {"padding": random_size(rng, 0, 4), "dilation": random_size(rng, 1, 3)}),
            ("AvgPool2d", {"padding": random_size(rng, 0, 4)}),
        )
    ]
    for layer in (convolution, *pools):
        image = torch.zeros(1, 1, *size)
        try:
            ours = layer.output((1, *size))
        except Problem:
            with pytest.raises((RuntimeError, ValueError)):
                layer.module()(image)
            continue
        assert layer.module()(image).shape[1:] == ours, layer
        if isinstance(layer, Conv2d):
            check_what_is_seen(layer, size, ours)


def check_what_is_seen(layer: Conv2d, size: list[int], output: tuple[int, ...]) -> None:
    """The columns under each window, and those under none, by the gradient of ones."""
    image = torch.zeros(1, 1, *size, requires_grad=True)
    convolution = layer.module()
    torch.nn.init.ones_(convolution.weight)
    maps = convolution(image)
    for axis, window in enumerate(layer.windows((1, *size))):
        assert isinstance(window, Window)
        n = size[axis]
        (covered,) = torch.autograd.grad(maps.sum(), image, retain_graph=True)
        dark = (covered[0, 0].sum(1 - axis) == 0).nonzero().flatten().tolist()
        other = layer.windows((1, *size))[1 - axis]
        if isinstance(other, Window) and len(other.unused(size[1 - axis])) < size[1 - axis]:
            assert window.unused(n) == dark
        for unit in {0, output[1 + axis] // 2, output[1 + axis] - 1}:
            (reached,) = torch.autograd.grad(
                maps.select(2 + axis, unit).sum(), image, retain_graph=True
            )
            lit = reached[0, 0].sum(1 - axis).nonzero().flatten().tolist()
            assert lit in (positions(window.seen(1 << unit, n)), [])
            field = ReceptiveField().through(window)
            for position in lit:
                assert field.low <= position - unit * field.jump <= field.high


@pytest.mark.parametrize(
    ("n", "window", "output", "exact"),
    [  # the lecture's: 7x7 with a 3x3 filter, 32x32 with 5x5, AlexNet's first layer
        (7, Window(3), 5, 5),
        (7, Window(3, 2), 3, 3),
        (7, Window(3, 3), 2, Fraction(7, 3)),
        (7, Window(3, 1, 1), 7, 7),
        (32, Window(5), 28, 28),
        (32, Window(5, 1, 2), 32, 32),
        (227, Window(11, 4), 55, 55),
        (224, Window(11, 4, 2), 55, Fraction(221, 4)),
        (55, Window(3, 2), 27, 27),
    ],
)
def test_the_lectures_sizes(n: int, window: Window, output: int, exact: Fraction) -> None:
    assert window.output(n) == output
    assert window.exact(n) == exact
    assert window.fits(n) == (exact == output)


def test_an_answer_names_its_conventions() -> None:
    answer = window_answer(7, 3, 3)
    (axis,) = answer["axes"]
    assert answer["output"] == [2]
    assert not answer["fits"]
    assert (axis["fraction"], axis["unused"]) == ("7/3", [6])
    found = {way["name"]: way["output"] for way in axis["conventions"]}
    assert found == {"floor": 2, "ceil": 3, "invalid": None}
    assert axis["latex"].startswith(r"\frac{7 + 2 \cdot 0 - 3}{3} + 1 = 2\tfrac{1}{3}")


def test_an_answer_goes_axis_by_axis() -> None:
    answer = window_answer((32, 20), (5, 3), 1, (2, 0), (1, 2))
    assert answer["output"] == [32, 16]
    assert [axis["span"] for axis in answer["axes"]] == [5, 5]
    assert answer["fits"]


def test_a_window_larger_than_its_input_says_how_to_mend_it() -> None:
    with pytest.raises(Problem, match="a kernel of 3 fits, or padding 1") as caught:
        window_answer(3, 5)
    assert caught.value.suggestion == "3"
    assert window_answer(3, 5, 1, 1)["output"] == [1]
    with pytest.raises(Problem, match="in width"):
        window_answer((9, 3), 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, 3), "`input` is from 1"),
        ((7, 3, 0), "`stride` is from 1"),
        ((7, 3, 1, -1), "`padding` is from 0"),
        ((10**9, 3), "to 4,096"),
        ((7, 3, 1, 1, (1, 10**9)), "`dilation`"),
    ],
)
def test_sizes_out_of_bounds(given: tuple[int, ...], said: str) -> None:
    with pytest.raises(Problem, match=said):
        window_answer(*given)


@pytest.mark.parametrize("n", [1, 5, 7, 8, 13])
@pytest.mark.parametrize("count", [1, 3, 6, 7])
def test_adaptive_cells_are_torchs(n: int, count: int) -> None:
    (window, _) = AdaptiveAvgPool2d(output_size=count).windows((1, n, n))
    assert isinstance(window, Cells) == (n % count != 0)
    row = torch.zeros(1, 1, n, requires_grad=True)
    pooled = functional.adaptive_avg_pool1d(row, count)
    for unit in range(count):
        (reached,) = torch.autograd.grad(pooled[0, 0, unit], row, retain_graph=True)
        assert (
            positions(window.seen(1 << unit, n)) == reached.flatten().nonzero().flatten().tolist()
        )


def test_rows_have_torchs_arguments() -> None:
    for name, row in LAYERS.items():
        if hasattr(torch.nn, name):
            theirs = inspect.signature(getattr(torch.nn, name)).parameters
            names = list(theirs)
            ours = [field for field in row.model_fields if field != "type"]
            assert ours == names[: len(ours)]
            for field in ours:
                default = row.model_fields[field].default
                if theirs[field].default is not inspect.Parameter.empty:
                    assert default == theirs[field].default, (name, field)


@pytest.mark.parametrize(
    ("type", "arguments", "said"),
    [
        ("Conv2D", {}, "no layer `Conv2D`; did you mean `Conv2d`"),
        ("Conv2d", {"in_channels": 3, "out_channels": 6}, "`kernel_size` of Conv2d is missing"),
        (
            "Conv2d",
            {"in_channels": 3, "out_channels": 6, "kernel_size": 0},
            "`kernel_size` of Conv2d is a whole number from 1 to 64",
        ),
        ("MaxPool2d", {"kernel_size": 2, "strid": 2}, "no argument `strid`; did you mean `stride`"),
        ("Dropout", {"p": 1.5}, "`p` of Dropout is a number from 0 to 1"),
        ("Flatten", {"start_dim": 0}, "`start_dim` of Flatten is 1"),
    ],
)
def test_a_wrong_argument_is_said_in_words(type: str, arguments: dict, said: str) -> None:
    with pytest.raises(Problem) as caught:
        make(type, arguments)
    assert said in caught.value.message


def test_pooling_refuses_what_torch_refuses() -> None:
    for layer in (MaxPool2d(kernel_size=3, padding=2), AvgPool2d(kernel_size=3, padding=2)):
        with pytest.raises(Problem, match="half of kernel_size"):
            layer.output((1, 9, 9))
