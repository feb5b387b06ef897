"""The picture that excites a channel: it does so more than any photo, and the same every time."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from app.core.activations.looks import trained
from app.core.attributions.optimised_inputs import (
    climb,
    drawn,
    origin,
    picture_size,
    response,
    start,
)
from app.core.networks.architectures import architecture
from app.core.networks.models import MODELS
from app.core.networks.network import Channel
from app.core.networks.torch_network import TorchNetwork
from app.core.pictures.images import PHOTOS, picture
from app.core.pictures.preparation import prepared

torch.set_num_threads(1)


def climbed(model: TorchNetwork, aim: Channel, steps: int, seed: int = 0, each: int = 8) -> Any:
    state = start(picture_size(model.network, aim.layer), seed)
    image = None
    for _ in range(0, steps, each):
        state, image = climb(model, aim, state, each)
    return image


@pytest.mark.parametrize(
    ("layer", "channel", "steps"),
    [
        ("features.0", 20, 48), ("features.0", 3, 48), ("features.3.concat", 20, 48),
        ("features.3.expand3x3", 40, 48), ("features.4.concat", 33, 48),
        ("features.9.concat", 3, 24), ("features.12.concat", 20, 24), ("flatten", 817, 24),
    ],
)  # fmt: skip
def test_it_excites_the_channel_more_than_any_photo(layer: str, channel: int, steps: int) -> None:
    model = trained("squeezenet1_1")
    aim = Channel(model.network.position(layer), channel)
    image = climbed(model, aim, steps)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    with torch.no_grad():
        found = model.reached(image, aim.layer)[0, channel].relu()
        for name in PHOTOS:
            photo = torch.from_numpy(prepared(picture(name), "photo", (3, 227, 227)))[None]
            there = model.reached(photo, aim.layer)[0, channel].relu()
            assert found.mean() > there.mean(), name
            assert found.max() > there.max(), name


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_its_pictures(name: str) -> None:
    """Of a filter of its first layer, the one with the largest weight, and of a class."""
    model = trained(name)
    network = model.network
    largest = int(model.steps[0].weight.abs().amax(dim=(1, 2, 3)).argmax())
    for layer, channel, steps in ((0, largest, 24), (len(network.layers) - 1, 1, 12)):
        aim = Channel(layer, channel)
        state = start(picture_size(network, layer), 0)
        before = float(response(model, drawn(torch.from_numpy(state.spectrum), state.size), aim))
        after = float(response(model, climbed(model, aim, steps, each=12), aim))
        assert after > before


def test_slices_of_any_length_give_the_same_picture() -> None:
    torch.manual_seed(0)
    model = TorchNetwork(architecture("cs231n")).eval().requires_grad_(False)
    aim = Channel(model.network.position("block2.relu1"), 4)
    whole = climbed(model, aim, 12, each=12)
    torch.rand(3)
    assert torch.equal(climbed(model, aim, 12, each=4), whole)
    assert not torch.equal(climbed(model, aim, 12, seed=1), whole)


def test_a_state_is_plain_arrays() -> None:
    code = (
        "import sys, pickle; import numpy as np;"
        "from app.core.attributions.optimised_inputs import Ascent;"
        "a = np.zeros(1, np.float32); pickle.loads(pickle.dumps(Ascent(a, a, a, (3, 1, 1), 0)));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_silent_channel_is_sought_before_its_relu() -> None:
    network = architecture("squeezenet1_1")
    at = network.position
    for layer, channel, origin_layer, there in (
        ("features.1", 5, "features.0", 5),
        ("features.3.concat", 3, "features.3.expand1x1", 3),
        ("features.3.concat", 70, "features.3.expand3x3", 6),
        ("features.5", 70, "features.5", 70),
        ("flatten", 967, "classifier.1", 967),
    ):
        assert origin(network, Channel(at(layer), channel)) == Channel(at(origin_layer), there)


def test_a_picture_shows_a_few_receptive_fields() -> None:
    network = trained("squeezenet1_1").network
    sizes = {
        name: picture_size(network, network.position(name))
        for name in ("features.0", "features.3.concat", "features.12.concat", "flatten")
    }
    assert sizes["features.0"] == (3, 48, 48)
    assert sizes["features.3.concat"] == (3, 60, 60)
    assert sizes["features.12.concat"] == sizes["flatten"] == (3, 227, 227)


def test_noise_alone_is_nearly_gray() -> None:
    state = start((3, 64, 64), 5)
    image = drawn(torch.from_numpy(state.spectrum), state.size)
    assert image.shape == (1, 3, 64, 64)
    assert np.allclose(image, 0.5, atol=0.1)
