"""The picture that excites one channel most, found by climbing its gradient from noise.

Activation maximisation with a smoothness prior (total variation, Mahendran & Vedaldi 2015), jitter
and a decorrelated picture (Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017):
what is climbed is the picture's spectrum, so that coarse and fine structures grow alike. A run is a
fold of short slices, `climb`: (state, slice) -> (state, frame), on plain arrays. Imports torch in
its functions only: ask from anywhere, run in a worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.core.layers.layer import Layer, Shape
from app.core.networks.network import Channel, Network, analyse

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from app.core.networks.torch_network import TorchNetwork

Spectrum = npt.NDArray[np.float32]

RATE = 0.05  # Adam's, for a picture of SIDE pixels; more for smaller ones, whose waves are fewer
SIDE = 224
MEMORY = (0.9, 0.999)
SMOOTHNESS = 1.0  # how total variation counts, in units of the objective
LEAK = 0.05  # what counts of a channel below zero, so that a silent one can be woken
FIELDS, LEAST = 4, 48  # a picture shows this many receptive fields along a side, or so many pixels
TURN, SCALE = 5.0, 0.1  # the most that a picture is turned (degrees) and scaled at each step

# How the colours of natural pictures go together (Lucid's, from ImageNet): columns are independent.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True)
class Ascent:
    """Where a run stands: the spectrum, Adam's two memories of it, and the steps taken."""

    spectrum: Spectrum
    mean: Spectrum
    square: Spectrum
    size: tuple[int, int, int]
    seed: int
    step: int = 0


def origin(network: Network, aim: Channel) -> Channel:
    """The same channel before what would stop the gradient: its ReLU, the mean over its maps.

    A channel that is silent everywhere has no gradient after its ReLU to climb.
    """
    result = analyse(network)
    layer, channel = aim.layer, aim.channel
    while True:
        node, source = network.layers[layer], result.sources[layer][0]
        shape, below = result.shape(layer), result.shape(source)
        assert shape
        assert below
        row, sources = node.layer, result.sources[layer]
        shapes = [result.shape(i) or () for i in sources]
        if row.channels == "stacked":
            found = [(i, row.taken(channel, shapes, k)) for k, i in enumerate(sources)]
            source, taken = next((i, taken) for i, taken in found if taken)
            channel, passes = taken[0], True
        elif row.places == "moved":
            passes = prod(below[1:]) == prod(shape[1:]) == 1
        elif row.places == "window":
            passes = row.averages and _sees_all(row, below)
        else:
            passes = row.plain or row.probabilities
        if source < 0 or not passes:
            return Channel(layer, channel)
        layer = source


def _sees_all(row: Layer, shape: Shape) -> bool:
    """Whether there is a single window, over all of the maps."""
    return row.output(shape)[1:] == (1, 1) and all(
        window.seen(1, n) == (1 << n) - 1
        for window, n in zip(row.windows(shape), shape[1:], strict=True)
    )


def picture_size(network: Network, layer: int) -> tuple[int, int, int]:
    """As large as the network's input, or smaller where a channel sees little of it."""
    result = analyse(network)
    assert len(network.input) == 3
    channels, height, width = network.input
    if any(shape and not shape[1:] for shape in result.shapes[: layer + 1]):
        return channels, height, width
    seen = result.sights[layer]
    if not seen or not seen.fields:
        return channels, height, width
    side = max(LEAST, FIELDS * max(field.size for field in seen.fields))
    return channels, min(height, side), min(width, side)


def start(size: tuple[int, int, int], seed: int) -> Ascent:
    """Faint noise, the same for the same seed."""
    import torch

    channels, height, width = size
    generator = torch.Generator().manual_seed(seed)
    shape = (channels, height, width // 2 + 1, 2)
    noise = 0.01 * torch.randn(shape, generator=generator)
    nothing = np.zeros(shape, np.float32)
    return Ascent(noise.numpy(), nothing, nothing, size, seed)


def drawn(spectrum: Tensor, size: tuple[int, int, int]) -> Tensor:
    """The picture of a spectrum, 1 x channels x height x width, from 0 to 1."""
    import torch

    channels, height, width = size
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    frequency = (rows.square() + columns.square()).sqrt().clamp(min=1 / max(height, width))
    scaled = torch.view_as_complex(spectrum) / frequency
    pixels = torch.fft.irfft2(scaled, s=(height, width), norm="ortho") / 4
    if channels == 3:
        norm = torch.tensor(COLOURS).norm(dim=0).max()
        pixels = torch.einsum("ij,jhw->ihw", torch.tensor(COLOURS) / norm, pixels)
    shown: Tensor = pixels.sigmoid()
    return shown[None]


def jittered(image: Tensor, amount: int, generator: Generator) -> Tensor:
    """The picture a little aside, turned and scaled, mirrored at its edges."""
    import torch
    from torch.nn import functional

    turn, scale, down, aside = (2 * torch.rand(4, generator=generator) - 1).tolist()
    angle, factor = np.deg2rad(TURN * turn), 1 + SCALE * scale
    height, width = image.shape[2:]
    cos, sin = factor * np.cos(angle), factor * np.sin(angle)
    theta = torch.tensor(
        [[[cos, -sin, 2 * amount * aside / width], [sin, cos, 2 * amount * down / height]]],
        dtype=torch.float32,
    )
    grid = functional.affine_grid(theta, list(image.shape), align_corners=False)
    moved: Tensor = functional.grid_sample(
        image, grid, padding_mode="reflection", align_corners=False
    )
    return moved


def variation(image: Tensor) -> Tensor:
    """Mean squared difference between neighbouring pixels."""
    down, across = image.diff(dim=2), image.diff(dim=3)
    return down.square().mean() + across.square().mean()


def response(model: TorchNetwork, image: Tensor, aim: Channel) -> Tensor:
    """What a channel gives above zero, the mean over the picture."""
    return model.reached(image, aim.layer)[:, aim.channel].clamp(min=0).mean()


def climb(model: TorchNetwork, aim: Channel, state: Ascent, steps: int) -> tuple[Ascent, Tensor]:
    """Some steps further, and the picture there."""
    import torch
    from torch.nn import functional

    source = origin(model.network, aim)
    spectrum = torch.tensor(state.spectrum, requires_grad=True)
    mean, square = torch.tensor(state.mean), torch.tensor(state.square)
    side = max(state.size[1:])
    amount, rate = max(1, side // 16), RATE * max(1.0, SIDE / side)
    for step in range(state.step, state.step + steps):
        generator = torch.Generator().manual_seed(state.seed * 100_003 + step)
        image = drawn(spectrum, state.size)
        maps = model.reached(jittered(image, amount, generator), source.layer)
        value = functional.leaky_relu(maps[:, source.channel], LEAK).mean()
        loss = -value + SMOOTHNESS * value.detach().abs() * variation(image)
        (gradient,) = torch.autograd.grad(loss, spectrum)
        with torch.no_grad():
            mean = MEMORY[0] * mean + (1 - MEMORY[0]) * gradient
            square = MEMORY[1] * square + (1 - MEMORY[1]) * gradient.square()
            unbiased = mean / (1 - MEMORY[0] ** (step + 1))
            spread = (square / (1 - MEMORY[1] ** (step + 1))).sqrt()
            spectrum -= rate * unbiased / (spread + 1e-12)
    further = replace(
        state,
        spectrum=spectrum.detach().numpy(),
        mean=mean.numpy(),
        square=square.numpy(),
        step=state.step + steps,
    )
    with torch.no_grad():
        return further, drawn(spectrum, state.size)
