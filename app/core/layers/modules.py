"""Layers that torch.nn has not, in PyTorch: code that is exported holds them as they stand here."""

import torch
from torch import Tensor, nn


class LayerNorm2d(nn.LayerNorm):
    """A LayerNorm over the channels of each place."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LayerScale(nn.Module):
    """A learned factor for each channel."""

    def __init__(self, num_channels: int, value: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((num_channels,), value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight[:, None, None]
