"""How large gradients are before any training, layer by layer, and where in the image they arise.

Imports torch in its functions only: ask from anywhere, run in a worker.
"""

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from app.core.errors import Problem
from app.core.layers import table as layers
from app.core.networks.cones import Region, cone
from app.core.networks.costs import check_cost
from app.core.networks.network import Network, analyse
from app.core.numbers import format_number
from app.core.questions import Asked

if TYPE_CHECKING:
    from torch import Tensor

Initialisation = Literal["pytorch", "he"]
IMAGES, SIDE, CLASSES = 8, 16, 10
# Of a large stack fewer images are looked at: blocks times width squared, for 8 of them.
MOST_FOR_ALL, FEWEST = 20_000, 1
MOST_PIXELS = 1_000_000  # of a grid in an answer
EDGE = 1 - 0.9545  # of the largest: where Luo et al. draw the border, two sigma of a Gaussian


class DeepStack(Asked):
    """Blocks of two 3x3 convolutions, with or without what makes a deep stack of them train."""

    model_config = ConfigDict(frozen=True)

    blocks: int = Field(default=10, strict=True, ge=1, le=50, description="Of two layers each.")
    width: int = Field(default=16, strict=True, ge=1, le=64, description="Channels of each layer.")
    residual: bool = Field(
        default=False, strict=True, description="Each block adds to its input (the skip)."
    )
    batch_norm: bool = Field(
        default=False, strict=True, description="Normalise after each convolution."
    )
    initialisation: Initialisation = Field(
        default="pytorch", description="PyTorch's own, or He et al. 2015: variance 2 / fan-in."
    )
    seed: int = Field(default=0, strict=True, ge=0, lt=2**32)

    @property
    def images(self) -> int:
        """On how many it is measured, so that the largest stacks take two seconds too."""
        affordable = IMAGES * MOST_FOR_ALL // (self.blocks * self.width**2)
        return max(FEWEST, min(IMAGES, affordable))

    def network(self) -> Network:
        """As a network: a first convolution, the blocks, and a linear classifier."""
        nodes: list[dict[str, Any]] = []

        def conv(name: str, inside: int) -> None:
            layer = layers.Conv2d(
                in_channels=inside,
                out_channels=self.width,
                kernel_size=3,
                padding=1,
                bias=not self.batch_norm,
            )
            nodes.append({"name": f"{name}.conv", "layer": layer})
            if self.batch_norm:
                norm = layers.BatchNorm2d(num_features=self.width)
                nodes.append({"name": f"{name}.norm", "layer": norm})

        def relu(name: str) -> str:
            nodes.append({"name": f"{name}.relu", "layer": layers.ReLU()})
            return f"{name}.relu"

        conv("first", 3)
        start = relu("first")
        for block in range(1, self.blocks + 1):
            conv(f"block{block}.a", self.width)
            relu(f"block{block}.a")
            conv(f"block{block}.b", self.width)
            if self.residual:
                ends = (nodes[-1]["name"], start)
                nodes.append({"name": f"block{block}.add", "layer": layers.Add(), "inputs": ends})
            start = relu(f"block{block}.b")
        for name, layer in (
            ("pool", layers.AdaptiveAvgPool2d(output_size=1)),
            ("flatten", layers.Flatten()),
            ("linear", layers.Linear(in_features=self.width, out_features=CLASSES)),
        ):
            nodes.append({"name": name, "layer": layer})
        return Network.model_validate({"input": (3, SIDE, SIDE), "layers": nodes})


class Sizes(TypedDict):
    """Of every convolution."""

    gradients: list[float]
    weight_gradients: list[float]
    activations: list[float]


class GradientCurve(Sizes):
    residual: bool
    batch_norm: bool
    asked: bool


class GradientSizesAnswer(TypedDict):
    """Root mean squares of gradients, a curve for each way to build the stack."""

    layers: list[str]
    curves: list[GradientCurve]
    sentence: str


def gradient_sizes(stack: DeepStack) -> GradientSizesAnswer:
    """Gradients at initialisation, of the stack that is asked and of its three counterparts.

    Answers {layers: names of the convolutions, curves: [{residual, batch_norm, asked, gradients,
    weight_gradients, activations}], sentence}: root mean squares of the loss's gradient by each
    convolution's output and weights, and of the output itself. The loss is cross-entropy of random
    labels on 8 random images, fewer of a large stack, in double precision.
    """
    curves: list[GradientCurve] = []
    for residual, batch_norm in product((False, True), repeat=2):
        told = _measured(stack.model_copy(update={"residual": residual, "batch_norm": batch_norm}))
        asked = (residual, batch_norm) == (stack.residual, stack.batch_norm)
        curves.append({"residual": residual, "batch_norm": batch_norm, "asked": asked, **told})
    names = [n.name for n in stack.network().layers if n.layer.slides]
    gradients = next(curve["gradients"] for curve in curves if curve["asked"])
    return {"layers": names, "curves": curves, "sentence": _sentence(gradients)}


def _measured(stack: DeepStack) -> Sizes:
    import torch
    from torch.nn import functional

    from app.core.networks.torch_network import TorchNetwork, initialise

    network = stack.network()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(stack.seed)
        model = TorchNetwork(network).double()
        if stack.initialisation == "he":
            initialise(model)
        images = torch.randn(stack.images, *network.input, dtype=torch.float64)
        labels = torch.randint(CLASSES, (stack.images,))
    kept = model.activations(images)
    loss = functional.cross_entropy(kept[-1], labels)
    at = [i for i, node in enumerate(network.layers) if node.layer.slides]
    outputs, weights = [kept[i] for i in at], [model.steps[i].weight for i in at]
    gradients = torch.autograd.grad(loss, [*outputs, *weights])
    return {
        "gradients": [_size(gradient) for gradient in gradients[: len(at)]],
        "weight_gradients": [_size(gradient) for gradient in gradients[len(at) :]],
        "activations": [_size(output) for output in outputs],
    }


def _size(values: "Tensor") -> float:
    """The root of the mean square."""
    return float(values.detach().square().mean().sqrt())


def _sentence(gradients: list[float]) -> str:
    first, last, many = gradients[0], gradients[-1], len(gradients)
    if first == 0 or last == 0:
        return f"No gradient reaches the first of {many} layers."
    larger = first >= last
    times = format_number(first / last if larger else last / first)
    said = f"{times} times {'larger' if larger else 'smaller'}"
    return f"At the first of {many} layers the gradient is {said} than at the last."


# Where the gradient comes from


class EffectiveSize(TypedDict):
    pixels: int
    side: float
    share: float


class EffectiveField(TypedDict):
    """What a unit really looks at: the gradient's size by pixel, 1 the largest."""

    unit: list[int]
    grid: list[list[float]]
    input: Region
    field: Region | None
    effective: Annotated[EffectiveSize, Field(description="Pixels above 4.55 % of the largest.")]
    samples: int


def effective_field(
    network: Network, layer: str, samples: int = 16, seed: int = 0
) -> EffectiveField:
    """What the centre unit of a layer really looks at: |gradient| by pixel, mean of random inputs.

    Weights are He's, inputs Gaussian, as in Luo, Li, Urtasun & Zemel, "Understanding the Effective
    Receptive Field", 2016. A place's channels are mixed by Gaussian weights: of a layer that
    normalises them, their plain sum is a constant. Answers {unit, grid: rows of numbers with 1 the
    largest, input: the region that can be seen at all, field, effective: {pixels, side, share of
    the region}, samples}: pixels above 4.55 % of the largest count as seen. Raises Problem for what
    would take too long.
    """
    import torch

    from app.core.networks.torch_network import seeded

    if not 1 <= samples <= 64:
        raise Problem("1 to 64 inputs can be averaged", {"field": "samples"})
    if prod(network.input[1:]) > MOST_PIXELS:
        raise Problem(
            f"the image has {prod(network.input[1:]) / 1e6:.1f} million pixels, and "
            f"{MOST_PIXELS // 1_000_000} million are the most that can be shown one by one",
            {"field": "input"},
        )
    unit = centre(network, layer)
    seen = cone(network, layer, unit)
    if seen["input"] is None:
        raise Problem(f"the centre of `{layer}` sees nothing but padding", {"layer": layer})
    part = network.model_copy(update={"layers": network.layers[: network.position(layer) + 1]})
    check_cost(part, 1, "a smaller image or an earlier layer", "layer")
    check_cost(part, samples, "fewer samples, a smaller image or an earlier layer", "samples")
    model = seeded(part, seed)
    images, mixture = gaussian(part, samples, seed)
    maps = model(images.requires_grad_())
    picked = maps[:, :, unit[0], unit[1]] @ mixture if len(unit) == 2 else maps[:, unit[0]]
    (gradient,) = torch.autograd.grad(picked.sum(), images)
    grid = gradient.abs().sum(dim=1).mean(dim=0).double()
    largest = float(grid.max())
    if largest == 0:
        raise Problem("no gradient reaches the image with these weights; try another seed")
    grid = grid / largest
    rows, columns = seen["input"]["rows"], seen["input"]["columns"]
    region = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1)
    pixels = int((grid > EDGE).sum())
    return {
        "unit": list(unit),
        "grid": grid.tolist(),
        "input": seen["input"],
        "field": seen["field"],
        "effective": {"pixels": pixels, "side": pixels**0.5, "share": pixels / region},
        "samples": samples,
    }


def gaussian(network: Network, samples: int, seed: int) -> "tuple[Tensor, Tensor]":
    """Random inputs, and random weights of the last layer's channels."""
    import torch

    shape = analyse(network).check().shapes[-1]
    assert shape is not None
    drawn = torch.Generator().manual_seed(2**32 + seed)  # no seed of weights is as large
    images = torch.randn(samples, *network.input, generator=drawn)
    return images, torch.randn(shape[0], generator=drawn)


def centre(network: Network, layer: str) -> tuple[int, ...]:
    """The unit in the middle of a layer's maps, or of its vector. Raises Problem."""
    shape = analyse(network).check().shapes[network.position(layer)]
    assert shape is not None
    return tuple(n // 2 for n in shape[1:] or shape)
