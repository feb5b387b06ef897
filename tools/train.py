"""Learn the weights of the small models: `python -m tools.train digits`, garments or patches.

Takes minutes on one core and gives the same numbers again on the same machine. The data is fetched
(tools/samples.py), or is in a folder that is named: `python -m tools.train digits path/to/mnist`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn
from torch.nn import functional

from app.core.networks import models
from app.core.networks.network import Network
from app.core.networks.torch_network import TorchNetwork
from app.core.pictures.images import ASSETS
from app.core.pictures.preparation import prepared
from tools import patches, samples


@dataclass(frozen=True)
class Recipe:
    """How a network learns: plain SGD with momentum, whose L2 penalty (`weight_decay`) leaves
    smooth strokes in the first filters; the rate rises, then falls to nothing."""

    epochs: int
    rate: float
    weight_decay: float
    vary: Callable[[Tensor], Tensor] = lambda batch: batch
    batch: int = 64
    momentum: float = 0.9


def strokes(batch: Tensor) -> Tensor:
    """Digits as they might have been drawn instead: elsewhere, turned, sheared, larger or smaller,
    with a thinner or a thicker pen."""
    n = len(batch)
    angle, shear = spread(n, 0.26), spread(n, 0.25)
    high, wide = 1 + spread(n, 0.2), 1 + spread(n, 0.2)
    rows = [
        torch.stack([angle.cos() * wide, (shear - angle.sin()) * high, spread(n, 0.14)], 1),
        torch.stack([angle.sin() * wide, angle.cos() * high, spread(n, 0.14)], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(batch.shape), align_corners=False)
    moved = functional.grid_sample(batch, grid, align_corners=False)
    thick = functional.max_pool2d(moved, 3, 1, 1)
    thin = -functional.max_pool2d(-moved, 2, 1, 1)[..., :28, :28]
    pen = spread(n, 1)[:, None, None, None]
    other = torch.where(pen > 0, thick, thin)
    return moved + 0.8 * pen.abs() * (other - moved)


def spread(n: int, most: float) -> Tensor:
    """Random numbers from -most to most."""
    return (2 * torch.rand(n) - 1) * most


RECIPES = {
    "digits": Recipe(30, 0.05, 1e-3, strokes),
    "garments": Recipe(20, 0.02, 5e-4),  # at 0.05 most first filters die
}


def learn(network: Network, data: samples.Data, recipe: Recipe) -> TorchNetwork:
    """The network after it has seen all pictures `epochs` times."""
    torch.manual_seed(0)
    # Channels last is half the time where there are so few of them.
    module = TorchNetwork(network).to(memory_format=torch.channels_last)
    x = torch.tensor(data.pictures).float()[:, None] / 255
    y = torch.tensor(data.labels).long()
    steps = -(-len(x) // recipe.batch)
    optimizer = torch.optim.SGD(
        module.parameters(),
        recipe.rate,
        recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate, epochs=recipe.epochs, steps_per_epoch=steps, pct_start=0.15
    )
    for epoch in range(recipe.epochs):
        total = 0.0
        for chosen in torch.randperm(len(x)).split(recipe.batch):
            loss = nn.functional.cross_entropy(module(recipe.vary(x[chosen])), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
            total += float(loss.detach()) * len(chosen)
        print(f"epoch {epoch + 1}: loss {total / len(x):.4f}", flush=True)
    return module.eval()


@torch.no_grad()
def accuracy(module: TorchNetwork, data: samples.Data, kind: models.Kind) -> float:
    """Percent of the held-out pictures that are named right, each prepared as a visitor's is."""
    shape = module.network.input
    x = np.stack([prepared(shades[None], kind, shape) for shades in data.held_out])
    y = torch.tensor(data.held_out_labels)
    found = [module(part).argmax(1) for part in torch.from_numpy(x).split(500)]
    return 100 * float((torch.cat(found) == y).float().mean())


def main(name: str, source: str | None = None, to: Path = ASSETS) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    if name == "patches":
        weights = patches.learn()
    else:
        row, data = models.MODELS[name], samples.data(name, source)
        module = learn(row.network, data, RECIPES[name])
        print(f"{accuracy(module, data, row.picture):.2f} % of the held-out pictures")
        weights = {key: value.contiguous().numpy() for key, value in module.state_dict().items()}
    (to / models.MODELS[name].file).write_bytes(save(weights))


if __name__ == "__main__":
    main(*sys.argv[1:])
