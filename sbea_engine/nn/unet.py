"""A U-Net (Ronneberger et al. 2015) that goes down to stride 16 and back up to stride 4."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from sbea_engine.nn.backbone import ConvNorm

DOWN = 4
"""Halvings on the way down: the coarsest map has stride 2 ** 4."""

UP = 2
"""Doublings on the way up: the answer has stride 2 ** (4 - 2)."""


class UNet(nn.Module):
    """Two 3x3 convolutions a level, pooling between levels, and each level handed across to the way up.

    Args:
        in_channels: 1 for grey, 3 for colour.
        filters: Channels at full resolution; twice as many a level on the way down.

    Forward gives [stride 4, stride 16]: the answer's features, and the coarsest, which see the surroundings.
    """

    multiple = 2**DOWN

    def __init__(self, in_channels: int, filters: int) -> None:
        super().__init__()
        widths = [filters * 2**level for level in range(DOWN + 1)]
        self.down = nn.ModuleList(
            [_twice(inputs, width) for inputs, width in zip([in_channels, *widths], widths, strict=False)]
        )
        coarse_to_fine = widths[::-1]
        self.up = nn.ModuleList(
            [_twice(below + here, here) for below, here in pairwise(coarse_to_fine[: UP + 1])]
        )
        self.channels = (widths[DOWN - UP], widths[DOWN])
        self.strides = (2 ** (DOWN - UP), 2**DOWN)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, in_channels, h, w), sides multiples of 16, to maps of strides 4 and 16."""
        across = [self.down[0](x)]
        for block in list(self.down)[1:]:
            across.append(block(functional.max_pool2d(across[-1], 2)))
        coarsest = up = across.pop()
        for block in self.up:
            up = functional.interpolate(up, scale_factor=2.0, mode="bilinear", align_corners=False)
            up = block(torch.cat([across.pop(), up], dim=1))
        return [up, coarsest]


def _twice(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(ConvNorm(inputs, outputs), ConvNorm(outputs, outputs))
