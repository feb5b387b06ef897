"""Filters learned from patches of the free photos alone, without a label.

Independent component analysis, by Hyvärinen's fixed-point rule: of all ways to look at patches, the
one whose answers are mostly nothing and now and then much. On photos that gives oriented edges and
blobs of colour (Bell & Sejnowski, The "Independent Components" of Natural Scenes are Edge Filters,
1997), which a first layer also learns when it has to name what is on them (AlexNet).
"""

import numpy as np
import torch
from torch import Tensor

from app.core.pictures.images import PHOTOS, picture

CHANNELS, SIDE, FILTERS, PATCHES, ROUNDS = 3, 7, 48, 40_000, 150

# Brightness and two opposite pairs of colours, at right angles in the space of red, green and blue.
# Colours are made as loud as brightness, which varies more; else nearly all filters are gray.
OPPONENTS = torch.tensor([[1, 1, 1], [1, -1, 0], [1, 1, -2]], dtype=torch.float64)
OPPONENTS = OPPONENTS / OPPONENTS.norm(dim=1, keepdim=True)
LOUDNESS = torch.tensor([1, 3, 3], dtype=torch.float64)


def sampled(random: np.random.Generator) -> Tensor:
    """Patches as rows, as many of each photo, each less its mean."""
    found = []
    for name in PHOTOS:
        photo = picture(name)
        whole = np.broadcast_to(photo, (CHANNELS, *photo.shape[1:]))
        views = np.lib.stride_tricks.sliding_window_view(whole, (CHANNELS, SIDE, SIDE))[0]
        rows, columns = (random.integers(n, size=PATCHES // len(PHOTOS)) for n in views.shape[:2])
        found.append(views[rows, columns] / 255)
    x = torch.tensor(np.concatenate(found))
    return x - x.mean(dim=(1, 2, 3), keepdim=True)


def learn() -> dict[str, np.ndarray]:
    """A convolution's weights: the gray filters first, the most colourful last."""
    random = np.random.default_rng(0)
    patches = sampled(random)
    x = torch.einsum("o,oc,nchw->nohw", LOUDNESS, OPPONENTS, patches).flatten(1)
    x = x - x.mean(dim=0)
    # The directions in which patches differ most: what is finer is left out.
    variances, axes = torch.linalg.eigh(x.T @ x / len(x))
    variances, axes = variances[-FILTERS:], axes[:, -FILTERS:]
    white = x @ (axes / variances.sqrt())
    turn = torch.linalg.qr(torch.tensor(random.normal(size=(FILTERS, FILTERS))))[0]
    for _ in range(ROUNDS):
        answers = torch.tanh(white @ turn.T)
        steepness = (1 - answers**2).mean(dim=0)
        turn = answers.T @ white / len(white) - steepness[:, None] * turn
        left, _, right = torch.linalg.svd(turn)
        turn = left @ right
    # Neither the filters for white patches, which are all fine grain, nor the patches that they
    # stand for, which are all blur, but halfway: at right angles, so that what a filter sees is
    # also what it stands for.
    turned = (turn @ axes.T).reshape(-1, CHANNELS, SIDE, SIDE)
    filters = torch.einsum("oc,nohw->nchw", OPPONENTS, turned)
    return {"conv1.weight": finished(filters, patches), "conv1.bias": np.zeros(FILTERS, np.float32)}


def finished(filters: Tensor, patches: Tensor) -> np.ndarray:
    """Blind to brightness alone, of length 1, with the sign that answers rarely and strongly, and
    in order of how colourful they are."""
    filters = filters - filters.mean(dim=(1, 2, 3), keepdim=True)
    filters = filters / filters.flatten(1).norm(dim=1)[:, None, None, None]
    answers = patches.flatten(1) @ filters.flatten(1).T
    skew = (answers**3).mean(dim=0)
    filters = filters * skew.sign()[:, None, None, None]
    colour = (filters - filters.mean(dim=1, keepdim=True)).flatten(1).norm(dim=1)
    return filters[colour.argsort()].float().contiguous().numpy()
