"""The models that ship know what they claim to know."""

import hashlib
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch

from app.core.errors import Problem
from app.core.networks.answers import network_answer
from app.core.networks.architectures import ARCHITECTURES
from app.core.networks.models import MODELS, model, weights
from app.core.networks.torch_network import TorchNetwork
from app.core.pictures.images import ASSETS, SAMPLES, picture
from app.core.pictures.preparation import prepared
from tests.core.hand import WAYS, drawn
from tools import squeezenet

DIGIT = (1, 28, 28)


@cache
def loaded(name: str) -> TorchNetwork:
    """A model in torch; strict about the names of its weights and their shapes."""
    module = TorchNetwork(model(name).network).eval()
    module.load_state_dict({key: torch.tensor(array) for key, array in weights(name).items()})
    return module


@torch.no_grad()
def scores(name: str, image: str) -> torch.Tensor:
    row = model(name)
    ready = prepared(picture(image), row.picture, row.network.input)
    return loaded(name)(torch.from_numpy(ready)[None])[0]


@pytest.mark.parametrize("name", MODELS)
def test_a_row_is_whole(name: str) -> None:
    row = MODELS[name]
    answer = network_answer(row.network)
    assert answer["problem"] is None
    assert answer["parameters"] == sum(array.size for array in weights(name).values())
    if row.classes:
        assert answer["output"] == (len(row.classes),)
        assert len(set(row.classes)) == len(row.classes)
    for array in weights(name).values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert (row.accuracy is None) == (row.accuracy_source is None)
    assert row.file in (ASSETS / "NOTICE").read_text()
    loaded(name)


def test_a_well_known_network_ships_if_a_model_has_its_name() -> None:
    assert {name for name, row in ARCHITECTURES.items() if row.ships} == {*ARCHITECTURES} & {
        *MODELS
    }


def test_an_unknown_model_is_a_problem() -> None:
    with pytest.raises(Problem, match="no model `squeezenet`; did you mean `squeezenet1_1`"):
        weights("squeezenet")


# SqueezeNet


def test_the_file_is_what_the_tool_writes() -> None:
    data = (ASSETS / "squeezenet1_1.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == squeezenet.SHA256


@pytest.mark.parametrize(
    ("image", "least"),
    [
        ("coffee", {"espresso": 0.95}),
        ("chelsea", {"Egyptian cat": 0.3, "tabby": 0.2, "tiger cat": 0.15}),
        ("camera", {"tripod": 0.9}),
    ],
)
def test_squeezenet_names_what_is_on_a_photo(image: str, least: dict[str, float]) -> None:
    shares = scores("squeezenet1_1", image).softmax(0)
    classes = MODELS["squeezenet1_1"].classes
    best = shares.topk(len(least))
    assert {classes[i] for i in best.indices} == set(least)
    for name, share in least.items():
        assert shares[classes.index(name)] > share


def test_folding_keeps_the_sums() -> None:
    random = np.random.default_rng(0)
    kernel, bias = random.normal(size=(4, 3, 3, 3)), random.normal(size=4)
    rgb = random.uniform(size=(3, 5, 5))
    bgr = 255 * rgb[::-1] - squeezenet.MEAN[:, None, None]
    before = np.einsum("ochw,chw->o", kernel, bgr[:, 1:4, 1:4]) + bias
    kernel, bias = squeezenet.folded(kernel, bias)
    after = np.einsum("ochw,chw->o", kernel, rgb[:, 1:4, 1:4]) + bias
    np.testing.assert_allclose(before, after)


# The small ones


@pytest.mark.parametrize(("name", "images"), [("digits", "digit"), ("garments", "garment")])
def test_what_was_held_out_is_recognised(name: str, images: str) -> None:
    right = [int(scores(name, f"{images}-{i}").argmax()) == i % 10 for i in range(SAMPLES)]
    accuracy = MODELS[name].accuracy
    assert accuracy is not None
    # The share of sixty strays from that of thousands: by three standard deviations at most.
    spread = (accuracy * (100 - accuracy) / SAMPLES) ** 0.5
    assert 100 * sum(right) / SAMPLES > accuracy - 3 * spread


@torch.no_grad()
def test_a_digit_that_is_drawn_is_recognised() -> None:
    drawings, digits = [], []
    for digit, ways in WAYS.items():
        for way, size, pen in product(ways, (90, 150, 220), (8, 14, 24)):
            drawings.append(prepared(drawn(way, size, pen, seed=len(digits)), "drawing", DIGIT))
            digits.append(digit)
    read = loaded("digits")(torch.from_numpy(np.stack(drawings))).argmax(1)
    assert np.mean(read.numpy() == digits) > 0.98


def test_the_example_convnet_is_cs231n_s() -> None:
    kinds = [node.layer.type for node in MODELS["garments"].network.layers]
    block = ["Conv2d", "ReLU", "Conv2d", "ReLU", "MaxPool2d"]
    assert kinds == [*block * 3, "Flatten", "Linear"]
    assert sum(array.size for array in weights("garments").values()) == 5560


def test_patches_gave_edges_of_many_directions_and_colours() -> None:
    filters = weights("patches")["conv1.weight"].astype(np.float64)
    flat = filters.reshape(len(filters), -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), atol=0.05)
    np.testing.assert_allclose(flat.sum(axis=1), 0, atol=1e-5)  # nothing at gray

    gray = filters.mean(axis=1)
    colour = ((filters - gray[:, None]) ** 2).sum(axis=(1, 2, 3))
    assert (np.diff(colour) > -1e-6).all()
    assert (colour < 0.2).sum() > 24
    assert (colour > 0.8).sum() >= 10
    # Where the power of a stroke's spectrum lies is across it.
    edges = gray[colour < 0.2]
    power = np.abs(np.fft.fft2(edges, (32, 32))) ** 2
    y, x = np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32), indexing="ij")
    turn = (power * np.exp(2j * np.arctan2(y, x))).sum(axis=(1, 2)) / power.sum(axis=(1, 2))
    oriented = np.abs(turn) > 0.5
    assert oriented.mean() > 0.5
    directions = np.degrees(np.angle(turn[oriented])) / 2 % 180
    assert len(set((directions // 30).astype(int))) >= 5


def test_what_patches_answer_is_sparse() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(3, 64, 64))
    filters = weights("patches")["conv1.weight"]
    sparse = []
    for pixels in (picture("astronaut") / 255, noise):
        views = np.lib.stride_tricks.sliding_window_view(pixels, (3, 7, 7))[0]
        answers = views.reshape(-1, 147) @ filters.reshape(-1, 147).T
        centred = answers - answers.mean(axis=0)
        sparse.append(np.median((centred**4).mean(axis=0) / centred.var(axis=0) ** 2))
    photo, grain = sparse
    assert grain < 3.5
    assert photo > 10
