"""Only what a change reaches is computed anew, and all comes out as if everything had been."""

import random

import pytest
import torch
from torch import Tensor

from app.core.attributions.changed_regions import Region, expanded, fitted, outputs
from app.core.attributions.methods import gray
from app.core.networks.architectures import architecture
from app.core.networks.network import Network, sequential
from app.core.networks.torch_network import TorchNetwork, initialise
from tests.core.networks.test_networks import conv
from tests.core.random_networks import random_network

torch.set_num_threads(1)


def model_of(network: Network) -> TorchNetwork:
    torch.manual_seed(0)
    model = TorchNetwork(network).eval().requires_grad_(False)
    initialise(model)
    return model


def changed(model: TorchNetwork, image: Tensor, change: Region, last: int) -> Tensor:
    """By running the whole network on every changed picture."""
    return model.activations(expanded(change, image))[last]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(60))
def test_any_network_and_every_layer(seed: int) -> None:
    network = random_network(seed)
    model, rng = model_of(network), random.Random(seed)
    image = torch.rand(1, *network.input)
    height, width = image.shape[2:]
    places = [(rng.randrange(height), rng.randrange(width)) for _ in range(3)]
    places += [(0, 0), (height - 1, width - 1), (0, width - 1)]
    change = gray(image, places, rng.randint(1, 9))
    before = model.activations(image)
    for last in range(len(network.layers)):
        expected = changed(model, image, change, last)
        found = outputs(model, before, image, change, last)
        reach = float(expected.abs().max()) or 1.0
        torch.testing.assert_close(found, expected, atol=1e-5 * reach, rtol=1e-4)


@pytest.mark.parametrize(
    "name", ["squeezenet1_1", "resnet18", "alexnet", "cs231n", "lenet5", "tiny_vgg"]
)
def test_known_networks(name: str) -> None:
    network = architecture(name)
    channels, *size = network.input
    if name in ("squeezenet1_1", "resnet18"):
        network = network.model_copy(update={"input": (channels, 97, 81)})
        size = [97, 81]
    model, image = model_of(network), torch.rand(1, channels, *size)
    change = gray(image, [(3, 4), (20, 24), (size[0] - 2, 10)], 13)
    last = len(network.layers) - 1
    found = outputs(model, model.activations(image), image, change, last)
    expected = changed(model, image, change, last)
    torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=1e-4)


def test_a_small_change_costs_little() -> None:
    """A convolution is given no more than what its windows of the change need."""
    model = model_of(sequential([conv(3, 4, 3, padding=1), conv(4, 4, 5, padding=2)], (3, 64, 64)))
    image, given = torch.rand(1, 3, 64, 64), []
    before = model.activations(image)
    convolve = torch.nn.functional.conv2d

    def counted(parts: Tensor, *rest: object) -> Tensor:
        given.append(tuple(parts.shape[2:]))
        return convolve(parts, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.nn.functional.conv2d", counted)
        outputs(model, before, image, gray(image, [(30, 30), (0, 63)], 8), 1)
    assert given == [(12, 12), (18, 18)]


def test_parts_of_one_size_hold_all_that_changed() -> None:
    starts, size = fitted([0, 4, 9], [3, 10, 10], 10)
    assert (starts, size) == ([0, 4, 4], 6)
