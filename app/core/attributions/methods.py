"""ATTRIBUTIONS: a row a way to tell which pixels a class's score comes from.

Every method takes any network and any of its classes, and gives a grid over the picture. The score
is the class's number before softmax; where a network ends in maps it is the mean of one channel.
Imports torch in its functions only: ask from anywhere, run in a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.errors import Problem, nearest
from app.core.networks.network import Network, analyse

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.attributions.changed_regions import Region
    from app.core.networks.torch_network import TorchNetwork

NOISY_COPIES, NOISE = 16, 0.15  # SmoothGrad's: how many, and their deviation
GRAY = 0.5  # what covers a patch: between black and white, as in Zeiler and Fergus
AT_ONCE = 15  # patches that go through a network together
MOST_MACS = 4 * 10**10  # of one question: two or three seconds
LARGE = 64  # pixels: a wider patch changes most of what comes after it, and costs as much more


@dataclass(frozen=True)
class Sought:
    """What is asked: a picture of 1 x channels x height x width, the class, and a method's own."""

    model: TorchNetwork
    image: Tensor
    target: int
    layer: str | None = None
    patch: int = 32
    stride: int = 16
    of: str = "score"  # or "loss": what the gradients are of


@dataclass(frozen=True)
class Found:
    """A grid over the picture; `picture` in the picture's own colours where the paper shows one.

    `rows` and `columns` are the pixels that the grid's cells stand at, where they are not spread
    evenly by themselves.
    """

    grid: Tensor
    picture: Tensor | None = None
    layer: str | None = None
    rows: Sequence[int] | None = None
    columns: Sequence[int] | None = None
    below: bool = False  # whether what was cut off at 0 lay below it


@dataclass(frozen=True)
class Attribution:
    """One row: a method by its name and its paper, and how its grid comes about."""

    name: str
    title: str
    paper: str
    says: str
    most: str  # a verb: the score ... the pixel where the grid is largest
    signed: bool
    compute: Callable[[Sought], Found]


# The score and the probability of a class


def scores(model: TorchNetwork, image: Tensor) -> Tensor:
    """Pictures x classes, before softmax."""
    from app.core.activations.capture import score_layer

    return as_vector(model.reached(image, score_layer(model.network)))


def aimed(scores: Tensor, sought: Sought) -> Tensor:
    """What is derived, a number a picture: the class's score, or the loss with it as the answer."""
    import torch

    if sought.of == "score":
        return scores[:, sought.target]
    answers = torch.full((len(scores),), sought.target)
    return torch.nn.functional.cross_entropy(scores, answers, reduction="none")


def as_vector(output: Tensor) -> Tensor:
    """Pictures x classes; maps by their means."""
    return output.flatten(2).mean(dim=2) if output.dim() > 2 else output


# Gradients by the pixels


def gradient(sought: Sought, image: Tensor | None = None) -> Tensor:
    """The gradient of the class's score by each number of one picture or several."""
    import torch

    image = (sought.image if image is None else image).detach().requires_grad_()
    score = aimed(scores(sought.model, image), sought)
    return derived(score, image, torch.ones_like(score))


def derived(score: Tensor, by: Tensor, upstream: Tensor) -> Tensor:
    """The gradient, 0 where the one does not depend on the other."""
    import torch

    if not score.requires_grad:
        return torch.zeros_like(by)
    (found,) = torch.autograd.grad(score, by, upstream, allow_unused=True)
    return torch.zeros_like(by) if found is None else found


def largest(pixels: Tensor) -> Tensor:
    """The largest magnitude over the channels of one picture, as rows and columns."""
    return pixels[0].abs().amax(dim=0)


def saliency(sought: Sought) -> Found:
    return Found(largest(gradient(sought)))


def gradient_x_input(sought: Sought) -> Found:
    return Found((gradient(sought) * sought.image)[0].sum(dim=0))


def smoothgrad(sought: Sought) -> Found:
    import torch

    # Back through a network takes twice what forward does.
    passes, copies = 3 * NOISY_COPIES, f"{NOISY_COPIES} noisy copies"
    check_passes(sought.model.network, passes, copies, "another method", "method")
    generator = torch.Generator().manual_seed(0)
    reach = float(sought.image.max() - sought.image.min())
    total = torch.zeros_like(sought.image)
    for _ in range(NOISY_COPIES):
        noise = torch.randn(sought.image.shape, generator=generator)
        total += gradient(sought, sought.image + NOISE * reach * noise)
    return Found(largest(total / NOISY_COPIES))


def guided_backprop(sought: Sought) -> Found:
    from app.core.activations.capture import score_layer
    from app.core.attributions.backward_rules import walk

    network = sought.model.network
    last = score_layer(network)
    if not any(node.layer.guided for node in network.layers[: last + 1]):
        raise Problem(
            "guided backpropagation changes what ReLUs pass back, and this network has none",
            {"field": "method"},
        )
    image = sought.image.detach().requires_grad_()
    score = aimed(as_vector(walk(sought.model, image, "guided", last)[last]), sought)
    passed = derived(score.sum(), image, score.new_ones(()))
    return Found(largest(passed), picture=passed)


# Grad-CAM


def last_maps(network: Network) -> str | None:
    """The last convolution that is larger than a single position, with all that follows it to the
    next pooling or vector, or to the scores: norm, ReLU, the addition of its block."""
    from app.core.activations.capture import score_layer

    result, scored = analyse(network).check(), network.layers[: score_layer(network) + 1]
    convolutions = [
        i for i, node in enumerate(scored) if node.layer.weighs and node.layer.places == "window"
    ]
    large = [i for i in convolutions if max((result.shapes[i] or ())[1:], default=0) > 1]
    if not convolutions:
        return None
    at = (large or convolutions)[-1]
    for i in range(at + 1, len(scored)):
        layer = network.layers[i].layer
        # What leaves each number where it is, made of others or not.
        along = not layer.weighs and layer.places in ("own", "all")
        if at in result.sources[i] and along:
            at = i
    return network.layers[at].name


def grad_cam(sought: Sought) -> Found:
    from app.core.activations.capture import score_layer

    network = sought.model.network
    layer = sought.layer or last_maps(network)
    if layer is None:
        raise Problem(
            "Grad-CAM weighs the maps of a convolution, and this network has none",
            {"field": "method"},
        )
    at, last = network.position(layer), score_layer(network)
    found = sought.model.activations(sought.image.detach().requires_grad_())
    maps = found[at]
    if maps.dim() != 4:
        raise Problem(
            f"Grad-CAM weighs maps, and `{layer}` is a vector without rows and columns",
            {"field": "layer"},
            last_maps(network),
        )
    if at > last:
        raise Problem(f"`{layer}` comes after the scores", {"field": "layer"}, last_maps(network))
    score = aimed(as_vector(found[last]), sought)
    weights = derived(score, maps, score.new_ones(1)).mean(dim=(2, 3), keepdim=True)
    summed = (weights * maps).sum(dim=1)[0].detach()
    return Found(summed.clamp(min=0), layer=layer, below=bool((summed < 0).any()))


# Occlusion


def cells(n: int, stride: int) -> list[int]:
    """Middles of the fewest equal cells along n pixels that are no wider than the stride."""
    many = -(-n // stride)
    return [(2 * i + 1) * n // (2 * many) for i in range(many)]


def covered(image: Tensor, row: int, column: int, patch: int) -> Tensor:
    """The picture with a gray square of `patch` pixels about a pixel."""
    covered = image.clone()
    top, left = row - patch // 2, column - patch // 2
    rows = slice(max(top, 0), max(top + patch, 0))
    covered[..., rows, max(left, 0) : max(left + patch, 0)] = GRAY
    return covered


def check_passes(network: Network, many: int, what: str, advice: str, field: str) -> None:
    """Refuse what would take too long: so many passes through the network."""
    shapes = analyse(network).check().shapes
    steps = zip(network.layers, shapes, strict=True)
    macs = many * sum(node.layer.macs(shape) for node, shape in steps if shape)
    if macs > MOST_MACS:
        raise Problem(
            f"{what} take {macs / 1e9:,.0f} billion multiply-adds, and "
            f"{MOST_MACS / 1e9:,.0f} are the most; {advice} would do",
            {"field": field},
        )


def gray(image: Tensor, places: Sequence[tuple[int, int]], patch: int) -> Region:
    """Gray squares about some pixels, as the change that each is to the picture."""
    import torch

    from app.core.attributions.changed_regions import Region

    height, width = (min(patch, n) for n in image.shape[2:])
    whole = [covered(image, *place, patch) for place in places]
    corners = [
        [min(max(middle - patch // 2, 0), n - side) for middle, n, side in
         zip(place, image.shape[2:], (height, width), strict=True)]
        for place in places
    ]  # fmt: skip
    parts = [
        one[:, :, top : top + height, left : left + width]
        for one, (top, left) in zip(whole, corners, strict=True)
    ]
    rows, columns = map(list, zip(*corners, strict=True))
    return Region(torch.cat(parts), rows, columns)


def occlusion(sought: Sought) -> Found:
    import torch

    from app.core.activations.capture import score_layer
    from app.core.attributions.changed_regions import outputs

    height, width = sought.image.shape[2:]
    rows, columns = cells(height, sought.stride), cells(width, sought.stride)
    network = sought.model.network
    if len(analyse(network).shapes[-1] or ()) > 1:
        raise Problem(
            "occlusion asks what a class's probability loses, and this network ends in maps, "
            "which have none",
            {"field": "method"},
        )
    many = len(rows) * len(columns)
    passes = many * max(LARGE, sought.patch) // LARGE
    check_passes(network, passes, f"{many:,} patches", "a larger stride", "stride")
    model, last = sought.model, score_layer(network)
    places = [(row, column) for row in rows for column in columns]
    with torch.no_grad():
        before = model.activations(sought.image)
        whole = as_vector(before[last]).softmax(dim=1)[0, sought.target]
        left = []
        for first in range(0, len(places), AT_ONCE):
            some = gray(sought.image, places[first : first + AT_ONCE], sought.patch)
            after = as_vector(outputs(model, before, sought.image, some, last))
            left.append(after.softmax(dim=1)[:, sought.target])
    grid = (whole - torch.cat(left)).reshape(len(rows), len(columns))
    return Found(grid, rows=rows, columns=columns)


# The table

ATTRIBUTIONS = {
    row.name: row
    for row in (
        Attribution(
            "saliency", "Saliency",
            "Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks, 2013",
            "How much the class's score reacts to each pixel: the size of its gradient, the "
            "largest of the colours.",
            "reacts most to",
            False, saliency,
        ),
        Attribution(
            "smoothgrad", "SmoothGrad",
            "Smilkov et al., SmoothGrad: removing noise by adding noise, 2017",
            f"Saliency with less speckle: the size of the mean gradient of {NOISY_COPIES} noisy "
            f"copies of the picture (deviation {NOISE} of its range, always the same noise), the "
            "largest of the colours.",
            "reacts most to",
            False, smoothgrad,
        ),
        Attribution(
            "gradient-x-input", "Gradient × input",
            "Shrikumar et al., Not Just a Black Box, 2016",
            "Each pixel times its gradient: what it adds to the class's score, or takes away, if "
            "the network were linear.",
            "is raised most by",
            True, gradient_x_input,
        ),
        Attribution(
            "guided-backprop", "Guided backpropagation",
            "Springenberg et al., Striving for Simplicity, 2014",
            "The gradient, but every ReLU passes back only what is positive: sharp edges, and much "
            "the same ones for every class. The grid is the largest size of the colours.",
            "is carried most by",
            False, guided_backprop,
        ),
        Attribution(
            "grad-cam", "Grad-CAM",
            "Selvaraju et al., Grad-CAM, 2017",
            "Where the last maps speak for the class: their sum, each weighted by its mean "
            "gradient, and what is above zero of it.",
            "is spoken for most at",
            False, grad_cam,
        ),
        Attribution(
            "occlusion", "Occlusion",
            "Zeiler & Fergus, Visualizing and Understanding Convolutional Networks, 2013",
            f"Cover a patch with gray ({GRAY} of 1) and ask again: how much of the class's "
            "probability is lost with it.",
            "is lost most with",
            True, occlusion,
        ),
    )
}  # fmt: skip


def attribution(name: str) -> Attribution:
    """A row of the table; a Problem for a name that is not there."""
    if name not in ATTRIBUTIONS:
        near = nearest(name, ATTRIBUTIONS)
        hint = f"did you mean `{near}`?" if near else f"there are {', '.join(ATTRIBUTIONS)}"
        raise Problem(f"there is no method `{name}`; {hint}", {"field": "method"}, near)
    return ATTRIBUTIONS[name]
