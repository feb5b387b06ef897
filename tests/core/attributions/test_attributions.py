"""Why a class wins, held against module hooks, brute force and transposed convolutions."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from app.core.attributions import methods as core
from app.core.attributions.answers import maxima
from app.core.attributions.backward_rules import deconvnet
from app.core.attributions.methods import ATTRIBUTIONS, Found, Sought
from app.core.attributions.questions import TopPatchesQuestion
from app.core.errors import Problem
from app.core.layers.table import Layer, make
from app.core.networks.architectures import architecture
from app.core.networks.network import Network, sequential
from app.core.networks.torch_network import TorchNetwork
from app.core.recent import Recent
from tests.core.random_networks import random_network

torch.set_num_threads(1)

HEAD = (make("AdaptiveAvgPool2d", {"output_size": 1}), make("Flatten", {}))


def model_of(network: Network, seed: int = 0) -> TorchNetwork:
    torch.manual_seed(seed)
    model = TorchNetwork(network).eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):  # gradients keep a size that can be compared
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = torch.randn(module.num_features)
            module.running_var = torch.rand(module.num_features) + 0.5
    return model.requires_grad_(False)


def small(name: str, *input: int) -> Network:
    return architecture(name).model_copy(update={"input": input})


def stack(*layers: tuple[str, dict[str, Any]], input: tuple[int, ...] = (3, 12, 12)) -> Network:
    return sequential([make(type, given) for type, given in layers], input)


def conv(inside: int, outside: int, size: int = 3, **given: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2d", {"in_channels": inside, "out_channels": outside, "kernel_size": size, **given}


RELU = ("ReLU", {})
NETWORKS = {
    "residual": small("resnet18", 3, 64, 64),
    "concat": small("squeezenet1_1", 3, 63, 63),
    "softmax": architecture("cs231n"),
    "tanh": architecture("lenet5"),
    "maps": stack(conv(3, 4), RELU, conv(4, 5, 2)),
}


def asked(name: str, **given: Any) -> Sought:
    """About the class with the highest score."""
    model = model_of(NETWORKS[name])
    image = torch.rand(1, *NETWORKS[name].input)
    return Sought(model, image, int(logits(model, image).argmax()), **given)


def close(found: Tensor | None, expected: Tensor) -> None:
    """Equal, but for what is small beside the largest."""
    assert found is not None
    reach = float(expected.abs().max())
    assert reach > 1e-6
    torch.testing.assert_close(found, expected, atol=1e-5 * reach, rtol=1e-4)


def logits(model: TorchNetwork, image: Tensor) -> Tensor:
    """The scores by plain torch: without the last softmax, maps by their means."""
    found = model.activations(image)
    output = found[-2] if model.network.layers[-1].layer.type == "Softmax" else found[-1]
    return output.mean(dim=(2, 3)) if output.ndim == 4 else output


@pytest.mark.parametrize("name", NETWORKS)
def test_saliency_is_the_gradient_of_the_score(name: str) -> None:
    sought = asked(name)
    image = sought.image.clone().requires_grad_()
    logits(sought.model, image)[0, sought.target].backward()
    assert image.grad is not None
    expected = image.grad[0].abs().max(dim=0).values
    close(ATTRIBUTIONS["saliency"].compute(sought).grid, expected)
    expected = (image.grad * sought.image)[0].sum(dim=0)
    close(ATTRIBUTIONS["gradient-x-input"].compute(sought).grid, expected)


def test_saliency_is_how_the_score_changes() -> None:
    sought = asked("maps")
    grid = ATTRIBUTIONS["gradient-x-input"].compute(sought).grid
    ones = Sought(sought.model, torch.ones_like(sought.image), sought.target)
    slope = ATTRIBUTIONS["gradient-x-input"].compute(ones).grid
    assert grid.shape == slope.shape == (12, 12)
    nudge, model = 1e-3, sought.model.double()
    image = ones.image.double()
    raised = image.clone()
    raised[:, :, 5, 6] += nudge
    change = (logits(model, raised) - logits(model, image))[0, sought.target] / nudge
    assert float(change) == pytest.approx(float(slope[5, 6]), rel=1e-3, abs=1e-5)


def test_smoothgrad_is_the_mean_over_noisy_copies() -> None:
    sought = asked("softmax")
    grid = ATTRIBUTIONS["smoothgrad"].compute(sought).grid
    generator = torch.Generator().manual_seed(0)
    reach = sought.image.max() - sought.image.min()
    total = torch.zeros_like(sought.image)
    for _ in range(16):
        noise = torch.randn(sought.image.shape, generator=generator)
        noisy = (sought.image + 0.15 * reach * noise).requires_grad_()
        (gradient,) = torch.autograd.grad(logits(sought.model, noisy)[0, sought.target], noisy)
        total += gradient / 16
    close(grid, total[0].abs().max(dim=0).values)
    close(grid, ATTRIBUTIONS["smoothgrad"].compute(sought).grid)


@pytest.mark.parametrize("name", ["residual", "concat", "softmax"])
def test_guided_backprop_by_module_hooks(name: str) -> None:
    sought = asked(name)
    found = ATTRIBUTIONS["guided-backprop"].compute(sought)
    hooks = [
        module.register_full_backward_hook(lambda m, down, up: (down[0] * (up[0] > 0),))
        for module in sought.model.modules()
        if isinstance(module, nn.ReLU)
    ]
    image = sought.image.clone().requires_grad_()
    logits(sought.model, image)[0, sought.target].backward()
    for hook in hooks:
        hook.remove()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    close(found.picture, image.grad)
    close(found.grid, image.grad[0].abs().max(dim=0).values)
    plain = ATTRIBUTIONS["saliency"].compute(sought).grid
    assert not torch.allclose(found.grid, plain, atol=0.1 * float(plain.max()))


@pytest.mark.parametrize(
    ("name", "layer"),
    [("residual", "layer4.1.relu2"), ("residual", "layer2.0.conv1"), ("concat", "classifier.2"),
     ("concat", "features.9.concat"), ("softmax", "block3.relu2"), ("tanh", "tanh3")],
)  # fmt: skip
def test_grad_cam_from_first_principles(name: str, layer: str) -> None:
    sought = asked(name, layer=layer)
    grid = ATTRIBUTIONS["grad-cam"].compute(sought).grid
    found = sought.model.activations(sought.image.clone().requires_grad_())
    maps = found[sought.model.network.position(layer)]
    output = found[-2] if name == "softmax" else found[-1]
    (gradient,) = torch.autograd.grad(output[0, sought.target], maps)
    expected = torch.zeros(maps.shape[2:])
    for channel in range(maps.shape[1]):
        expected += gradient[0, channel].mean() * maps[0, channel]
    close(grid, expected.clamp(min=0).detach())
    if layer == core.last_maps(sought.model.network):
        chosen = ATTRIBUTIONS["grad-cam"].compute(Sought(sought.model, sought.image, sought.target))
        assert chosen.layer == layer
        close(chosen.grid, grid)


def test_grad_cam_weighs_no_maps_beyond_the_scores() -> None:
    network = stack(conv(3, 4), ("Softmax", {"dim": 1}))
    sought = Sought(model_of(network), torch.rand(1, 3, 12, 12), 2)
    found = ATTRIBUTIONS["grad-cam"].compute(sought)
    assert found.layer == "0"
    maps = functional.conv2d(sought.image, *sought.model.parameters())
    close(found.grid, (maps[0, 2] / maps[0, 2].numel()).clamp(min=0))


@pytest.mark.parametrize("name", ["concat", "softmax"])
@pytest.mark.parametrize(("patch", "stride"), [(5, 7), (8, 30), (31, 11)])
def test_occlusion_by_brute_force(name: str, patch: int, stride: int) -> None:
    sought = asked(name, patch=patch, stride=stride)
    found = ATTRIBUTIONS["occlusion"].compute(sought)
    height, width = sought.image.shape[2:]
    assert found.rows is not None
    assert found.columns is not None
    assert found.grid.shape == (-(-height // stride), -(-width // stride))
    whole = logits(sought.model, sought.image).softmax(dim=1)[0, sought.target]
    for i, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            image = sought.image.clone()
            for y in range(height):
                for x in range(width):
                    if 0 <= y - row + patch // 2 < patch and 0 <= x - column + patch // 2 < patch:
                        image[:, :, y, x] = 0.5
            left = logits(sought.model, image).softmax(dim=1)[0, sought.target]
            assert float(found.grid[i, j]) == pytest.approx(float(whole - left), abs=1e-6)


@pytest.mark.parametrize("n", [1, 7, 28, 227])
@pytest.mark.parametrize("stride", [1, 3, 16, 64])
def test_cells_lie_evenly_and_within(n: int, stride: int) -> None:
    middles = core.cells(n, stride)
    assert 0 <= middles[0] <= middles[-1] < n
    assert all(b - a <= stride for a, b in pairwise(middles))
    assert abs(middles[0] - (n - 1 - middles[-1])) <= 1


# The deconvnet


def test_the_deconvnet_by_transposed_layers() -> None:
    network = stack(
        conv(3, 6, 5, stride=2, padding=1), RELU, ("MaxPool2d", {"kernel_size": 2}),
        conv(6, 4, 3, padding=1), RELU, input=(3, 21, 21),
    )  # fmt: skip
    model, image = model_of(network), torch.rand(1, 3, 21, 21)
    first, second = model.steps[0], model.steps[3]
    maps = model.steps[1](first(image))
    pooled, switches = functional.max_pool2d(maps, 2, return_indices=True)
    top = model.steps[4](second(pooled))
    channel = int(top.amax(dim=(0, 2, 3)).argmax())
    row, column = divmod(int(top[0, channel].argmax()), top.shape[3])
    signal = torch.zeros_like(top)
    signal[0, channel, row, column] = top[0, channel, row, column]
    assert signal.max() > 0
    signal = functional.conv_transpose2d(signal.relu(), second.weight, padding=1)
    signal = functional.max_unpool2d(signal, switches, 2, output_size=maps.shape[2:])
    signal = functional.conv_transpose2d(
        signal.relu(), first.weight, stride=2, padding=1, output_padding=0
    )
    expected = functional.pad(signal, (0, 21 - signal.shape[3], 0, 21 - signal.shape[2]))
    found = deconvnet(model, image, 4, channel, [(row, column)])
    close(found, expected)


def test_the_deconvnet_through_concat_and_add() -> None:
    def node(name: str, layer: tuple[str, dict[str, Any]], *inputs: str) -> dict[str, Any]:
        made: Layer = make(*layer)
        return {"name": name, "layer": made, "inputs": inputs}

    network = Network.model_validate(
        {
            "input": (3, 9, 9),
            "layers": [
                node("a", conv(3, 4, 1), "input"),
                node("relu", RELU, "a"),
                node("b", conv(4, 4, 3, padding=1), "relu"),
                node("norm", ("BatchNorm2d", {"num_features": 4}), "b"),
                node("add", ("Add", {}), "relu", "norm"),
                node("both", ("Concat", {}), "add", "relu"),
                node("last", ("ReLU", {}), "both"),
            ],
        }
    )
    model, image = model_of(network), torch.rand(1, 3, 9, 9)
    a, b, norm = model.steps[0], model.steps[2], model.steps[3]
    top = model(image)
    signal = torch.zeros(1, 4, 9, 9)
    channel = int(top[0, :4, 4, 5].argmax())
    signal[0, channel, 4, 5] = top[0, channel, 4, 5]
    assert signal.max() > 0
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None, None]
    below = signal + functional.conv_transpose2d(signal * scale, b.weight, padding=1)
    expected = functional.conv_transpose2d(below.relu(), a.weight)
    close(deconvnet(model, image, 6, channel, [(4, 5)]), expected)
    part = torch.zeros(1, 4, 9, 9)
    part[0, 3, 2, 2] = top[0, 7, 2, 2]
    expected = functional.conv_transpose2d(part, a.weight)
    close(deconvnet(model, image, 6, 7, [(2, 2)]), expected)


def test_the_deconvnet_divides_as_the_norm_did() -> None:
    network = stack(conv(3, 6, 1), ("LocalResponseNorm", {"size": 4, "alpha": 0.5, "k": 2.0}))
    model, image = model_of(network), torch.rand(1, 3, 12, 12)
    before, after = model.activations(image)
    value = after[0, 3, 4, 4]
    factor = value / before[0, 3, 4, 4]
    expected = torch.zeros(1, 3, 12, 12)
    expected[0, :, 4, 4] = value * factor * model.steps[0].weight[3, :, 0, 0]
    close(deconvnet(model, image, 1, 3, [(4, 4)]), expected)


def test_several_pictures_at_once_are_each_by_itself() -> None:
    sought = asked("concat")
    images = torch.rand(3, *sought.image.shape[1:])
    at = sought.model.network.position("features.9.concat")
    units: list[tuple[int, ...]] = [(0, 0), (2, 1), (1, 2)]
    together = deconvnet(sought.model, images, at, 5, units)
    for image, unit, found in zip(images, units, together, strict=True):
        alone = deconvnet(sought.model, image[None], at, 5, [unit])[0]
        close(found, alone)


# Any network


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(12))
def test_every_method_takes_any_network_or_says_why_not(seed: int) -> None:
    network = random_network(seed)
    model = model_of(network)
    image = torch.rand(1, *network.input)
    for row in ATTRIBUTIONS.values():
        try:
            found: Found = row.compute(Sought(model, image, 0, patch=6, stride=9))
        except Problem:
            assert row.name in ("guided-backprop", "grad-cam", "occlusion")
            continue
        assert found.grid.ndim == 2
        assert found.grid.isfinite().all()
        assert row.signed or float(found.grid.min()) >= 0
        assert not found.grid.requires_grad


@pytest.mark.parametrize(
    ("method", "network", "said"),
    [
        ("guided-backprop", stack(conv(3, 4), ("Tanh", {})), "has none"),
        ("grad-cam", stack(("Flatten", {}), ("Linear", {"in_features": 432, "out_features": 3})),
         "has none"),
    ],
)  # fmt: skip
def test_a_method_with_nothing_to_work_on_says_so(method: str, network: Network, said: str) -> None:
    sought = Sought(model_of(network), torch.rand(1, *network.input), 0)
    with pytest.raises(Problem, match=said) as caught:
        ATTRIBUTIONS[method].compute(sought)
    assert caught.value.where == {"field": "method"}


def test_grad_cam_wants_maps() -> None:
    with pytest.raises(Problem, match="without rows and columns") as caught:
        ATTRIBUTIONS["grad-cam"].compute(asked("softmax", layer="fc"))
    assert caught.value.suggestion == "block3.relu2"


def test_an_unknown_method_is_told_the_nearest() -> None:
    with pytest.raises(Problem, match="did you mean `grad-cam`"):
        core.attribution("gradcam")


def test_the_maxima_of_a_network_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    monkeypatch.setattr(
        "app.core.attributions.top_patches.maxima", lambda model, kind: found.append(kind)
    )
    monkeypatch.setattr("app.core.attributions.answers.MAXIMA", Recent(2))
    digits, garments = (TopPatchesQuestion(model=model, layer="conv1", channel=0)
                        for model in ("digits", "garments"))  # fmt: skip
    for question in (digits, digits.model_copy(update={"channel": 1}), garments, digits):
        maxima(question, question.torch_network(question.seeing()))
    assert found == ["drawing", "garment"]
