"""The models that ship know what they claim to know."""

import hashlib
from functools import cache

import numpy as np
import pytest
import torch

from app.core.errors import Problem
from app.core.images import ASSETS, picture, prepared
from app.core.models import MODELS, model, weights
from app.core.networks import network_answer
from app.core.torch_networks import TorchNetwork
from tools import squeezenet


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
