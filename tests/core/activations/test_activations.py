"""Networks on pictures, against plain torch modules with hooks."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import save as save_tensors
from torch import Tensor, nn
from torch.nn import functional

from app.core.activations.answers import activations
from app.core.activations.capture import capture, score_layer
from app.core.activations.looks import LookQuestion
from app.core.activations.maps import as_lists, in_bytes
from app.core.activations.questions import ActivationsQuestion
from app.core.activations.statistics import statistics
from app.core.errors import Problem
from app.core.networks.network import Network
from app.core.networks.torch_network import TorchNetwork, seeded
from tests.core.random_networks import random_network

ALL = ["activation", "gradient"]


def hooked(model: nn.Module, image: Tensor, objective: Callable[[Tensor], Tensor]) -> Any:
    """Every module's output and its gradient, kept by hooks on a backward pass of torch's own."""
    outputs: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        if not list(module.children()):

            def keep(_: Any, __: Any, output: Tensor, name: str = name) -> None:
                output.retain_grad()
                outputs[name] = output

            module.register_forward_hook(keep)
    image = image.clone().requires_grad_()
    given = model(image)
    objective(given).backward()
    return outputs, image.grad


def pictures(*shape: int) -> Tensor:
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(1))


PLAIN = nn.Sequential(
    nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(5, 4, 3, groups=1, dilation=2), nn.LeakyReLU(0.1), nn.AvgPool2d(2), nn.Flatten(),
    nn.Linear(16, 6),
)  # fmt: skip
SOURCE = """nn.Sequential(
    nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(5, 4, 3, groups=1, dilation=2), nn.LeakyReLU(0.1), nn.AvgPool2d(2), nn.Flatten(),
    nn.Linear(16, 6),
)"""


@pytest.mark.parametrize("of", ["score", "loss"])
def test_activations_and_gradients_are_those_of_torch_with_hooks(of: str) -> None:
    network, _ = LookQuestion(source=SOURCE, input=(3, 32, 32), image="coffee").found()
    torch.manual_seed(3)
    PLAIN.eval().zero_grad()
    for module in PLAIN.modules():  # a batch norm that does something
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    model = TorchNetwork.holding(network, PLAIN.state_dict())
    image = pictures(3, 32, 32)
    found = capture(model, image, 2, of, weights=True)  # type: ignore[arg-type]

    def objective(given: Tensor) -> Tensor:
        return given[0, 2] if of == "score" else functional.cross_entropy(given, torch.tensor([2]))

    outputs, image_gradient = hooked(PLAIN, image, objective)
    for i, node in enumerate(network.layers):
        torch.testing.assert_close(found.activations[i], outputs[node.name].detach())
        torch.testing.assert_close(found.gradients[i], outputs[node.name].grad)
    torch.testing.assert_close(found.image_gradient, image_gradient)
    weights = {name: weight.grad for name, weight in PLAIN.named_parameters()}
    assert found.weight_gradients.keys() == weights.keys()
    for name, gradient in weights.items():
        torch.testing.assert_close(found.weight_gradients[name], gradient)
    assert found.value == pytest.approx(float(objective(PLAIN(image)).detach()))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("seed", range(12))
def test_networks_with_branches_agree_with_retained_gradients(seed: int) -> None:
    network = random_network(seed)
    if len(network.input) != 3:
        pytest.skip("a vector is no picture")
    model = seeded(network, seed)
    image = pictures(*network.input)
    found = capture(model, image)
    copy = image.clone().requires_grad_()
    kept = model.activations(copy)
    for activation in kept:
        if activation.requires_grad:
            activation.retain_grad()
    scores = kept[score_layer(network)][0]
    scores = scores.mean(dim=(1, 2)) if scores.ndim == 3 else scores
    assert found.target == int(scores.argmax())
    scores[found.target].backward()
    for i, activation in enumerate(kept):
        torch.testing.assert_close(found.activations[i], activation.detach())
        if found.gradients[i] is not None and activation.grad is not None:
            torch.testing.assert_close(found.gradients[i], activation.grad)
    torch.testing.assert_close(found.image_gradient, copy.grad)


def test_the_score_is_taken_before_a_last_softmax() -> None:
    answer, maps = activations(
        ActivationsQuestion(architecture="cs231n", image="coffee", layers=["fc"], include=ALL)
    )
    assert answer["target"]["value"] == pytest.approx(answer["target"]["score"])
    one = np.zeros(10, np.float32)
    one[answer["target"]["index"]] = 1
    np.testing.assert_array_equal(maps["fc:gradient"], one)
    softmax = answer["layers"][-1]
    assert softmax["type"] == "Softmax"
    assert softmax["gradient"] is None
    assert sum(row["probability"] for row in answer["classes"]) <= 1 + 1e-6
    assert answer["classes"][0]["probability"] == pytest.approx(softmax["activation"]["max"])


@pytest.mark.parametrize("inputs", [(), ("fc",)])
def test_a_softmax_that_names_what_it_takes_is_a_last_softmax_too(inputs: tuple[str, ...]) -> None:
    network = Network.model_validate(
        {
            "input": (3, 8, 8),
            "layers": [
                {"name": "flat", "layer": {"type": "Flatten"}},
                {
                    "name": "fc",
                    "layer": {"type": "Linear", "in_features": 192, "out_features": 4},
                },
                {"name": "p", "layer": {"type": "Softmax", "dim": 1}, "inputs": inputs},
            ],
        }
    )
    model, image = seeded(network, 0), pictures(3, 8, 8)
    found = capture(model, image)
    fc = functional.linear(image.flatten(1), model.steps[1].weight, model.steps[1].bias)[0]
    torch.testing.assert_close(found.scores, fc.detach())
    assert found.probabilities is not None
    torch.testing.assert_close(found.probabilities, fc.detach().softmax(dim=0))


def test_a_network_that_ends_in_maps_has_channels_for_classes() -> None:
    answer, _ = activations(
        ActivationsQuestion(source="nn.Conv2d(3, 4, 5)", input=(3, 20, 20), image="coffee")
    )
    assert answer["classes"][0]["name"].startswith("channel ")
    assert answer["classes"][0]["probability"] is None


def test_layers_that_change_numbers_in_place_follow_the_one_with_a_window() -> None:
    answer, _ = activations(ActivationsQuestion(source=SOURCE, input=(3, 32, 32), image="coffee"))
    follows = {row["name"]: row["follows"] for row in answer["layers"]}
    assert follows["1"] == follows["2"] == "0"
    assert follows["5"] == "4"
    assert follows["3"] is follows["input"] is None


def test_statistics_are_numpys() -> None:
    values = np.random.default_rng(0).standard_normal((3, 8, 9)).astype(np.float32)
    values[values < 0] = 0
    found = statistics(torch.from_numpy(values))
    assert found["zeros"] == pytest.approx((values == 0).mean())
    assert found["norm"] == pytest.approx(np.linalg.norm(values), rel=1e-5)
    assert (found["min"], found["max"]) == (values.min(), values.max())
    assert found["reach"] == values.max()
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-5)


def test_bytes_are_the_maps_to_half_a_step() -> None:
    maps = np.random.default_rng(0).standard_normal((4, 9, 7)).astype(np.float32)
    maps[2] = 0
    steps, scale = in_bytes(maps)
    back = (steps.astype(np.float64) - 128) / 127 * scale[:, None, None]
    np.testing.assert_allclose(back, maps, atol=float(scale.max()) / 127 / 2 * 1.001)
    assert (steps[2] == 128).all()
    np.testing.assert_array_equal(scale, np.abs(maps).max(axis=(1, 2)))


@pytest.mark.parametrize("size", [1e-36, 1e-38, 1e-42])
def test_bytes_of_a_vanished_gradient_keep_their_zero(size: float) -> None:
    steps, _ = in_bytes(np.array([[[0, size, -size / 2, -size]]], np.float32))
    assert steps[0, 0].tolist() == pytest.approx([128, 255, 64.5, 1], abs=0.5)


def test_thumbnails_are_means_of_the_maps() -> None:
    asked = {"model": "squeezenet1_1", "image": "coffee", "layers": ["features.2"]}
    _, whole = activations(ActivationsQuestion(**asked))
    _, small = activations(ActivationsQuestion(**asked, thumbnail=28))
    maps = whole["features.2:activation"]
    assert maps.shape == (64, 56, 56)
    means = maps.reshape(64, 28, 2, 28, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(small["features.2:activation"], means, rtol=1e-5)


def test_a_seed_gives_the_same_network_and_weights_give_what_they_say() -> None:
    asked: dict[str, Any] = {"source": "nn.Conv2d(3, 2, 3)", "input": (3, 8, 8), "image": "coffee"}
    first, again, other = (
        activations(ActivationsQuestion(**asked, seed=seed))[0]["target"]["value"]
        for seed in (4, 4, 5)
    )
    assert first == again != other
    given = {
        "0.weight": np.ones((2, 3, 3, 3), np.float32),
        "0.bias": np.array([1, -1], np.float32),
    }
    text = encoded(given)
    _, maps = activations(
        ActivationsQuestion(**asked, weights=text, layers=["input", "0"], include=["activation"])
    )
    image = maps["input:activation"]
    expected = image[:, :3, :3].sum() + 1
    assert maps["0:activation"][0, 0, 0] == pytest.approx(expected, rel=1e-5)


def encoded(arrays: dict[str, Any]) -> str:
    """Weights as a question brings them."""
    return base64.b64encode(save(arrays)).decode()


def refused(**asked: Any) -> Problem:
    whole = {"source": "nn.Conv2d(3, 2, 3)", "input": (3, 8, 8), "image": "coffee"} | asked
    with pytest.raises(Problem) as caught:
        as_lists(activations(ActivationsQuestion(**whole))[1])
    return caught.value


def test_what_cannot_be_looked_at_is_refused_in_words() -> None:
    assert "no layer `1`" in refused(layers=["1"]).message
    assert "counted from 0 to 1" in refused(target=2).message
    assert "no image `dog`" in refused(image="dog").message
    assert "not valid base64" in refused(weights="???").message
    assert "not valid base64" in refused(weights="é").message
    assert "not valid base64" in refused(image="data:image/png;base64,é").message
    assert "no safetensors file" in refused(weights="AAAA").message
    assert "sees no picture" in refused(source="nn.Linear(3, 4)", input=(3,)).message
    assert "one of `model`" in refused(model="digits").message
    huge = refused(architecture="vgg16", source=None, input=None)
    assert "billion" in huge.message
    assert "smaller network" in huge.message
    assert huge.where == {}
    wide = refused(source="nn.Conv2d(3, 64, 3)", input=(3, 200, 200), layers=["0"])
    assert "JSON carries" in wide.message


def test_weights_of_another_network_are_refused_in_words() -> None:
    def said(**arrays: Any) -> str:
        return refused(weights=encoded(arrays)).message

    weight, bias = np.ones((2, 3, 3, 3), np.float32), np.ones(2, np.float32)
    assert "weights `0.bias` are missing" in said(**{"0.weight": weight})
    assert "`0.weight` is 1 × 3 × 3 × 3 in the file and 2 × 3 × 3 × 3" in said(
        **{"0.weight": weight[:1], "0.bias": bias}
    )
    assert "no weights `1.bias`" in said(**{"0.weight": weight, "0.bias": bias, "1.bias": bias})
    bad = weight.copy()
    bad[0] = np.nan
    assert "no finite numbers" in said(**{"0.weight": bad, "0.bias": bias})


def test_weights_of_other_types_are_taken_too() -> None:
    weight, bias = torch.ones(2, 3, 3, 3), torch.zeros(2)
    for kind in (torch.bfloat16, torch.float16, torch.float64):
        saved = save_tensors({"0.weight": weight.to(kind), "0.bias": bias.to(kind)})
        question = LookQuestion(
            source="nn.Conv2d(3, 2, 3)", input=(3, 8, 8), image="coffee",
            weights=base64.b64encode(saved).decode(),
        )  # fmt: skip
        torch.testing.assert_close(question.look().model.steps[0].weight, weight)
    saved = save_tensors({"0.weight": weight.to(torch.complex64), "0.bias": bias})
    assert "complex" in refused(weights=base64.b64encode(saved).decode()).message


def test_numbers_that_overflow_are_a_problem() -> None:
    given = {"0.weight": np.full((2, 3, 3, 3), 3e38, np.float32), "0.bias": np.zeros(2, np.float32)}
    text = encoded(given)
    assert "finite" in refused(weights=text).message


def test_the_network_type_is_frozen_so_that_seeds_can_be_kept() -> None:
    network, _ = LookQuestion(source="nn.Conv2d(3, 2, 3)", input=(3, 8, 8), image="coffee").found()
    assert isinstance(network, Network)
    assert seeded(network, 1) is seeded(network, 1)


def test_what_comes_back_to_a_layer_that_changes_nothing_is_its_own() -> None:
    """Its input goes elsewhere too, and gets more."""
    nodes: list[dict[str, Any]] = [
        {"name": "a", "layer": {"type": "Conv2d", "in_channels": 1, "out_channels": 1,
                                "kernel_size": 1}},
        {"name": "same", "layer": {"type": "Dropout"}, "inputs": ["a"]},
        {"name": "sum", "layer": {"type": "Add"}, "inputs": ["same", "a", "a"]},
    ]  # fmt: skip
    network = Network.model_validate({"input": (1, 2, 2), "layers": nodes})
    found = capture(seeded(network, 0), torch.rand(1, 1, 2, 2), 0)
    same, before = found.gradient(1), found.gradient(0)
    assert same is not None
    assert before is not None
    torch.testing.assert_close(before, 3 * same)
