"""Maps of a picture as it is and turned and mirrored, averaged: a bias for one direction goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import as_batch
from sbea_engine.pose.model import PoseNetwork

LEAST_TURN_DEG = 135.0
"""A network that learned views turned this far either way knows pictures that stand upside down."""


class Turns(NamedTuple):
    """Which pictures a network has learned to read.

    Attributes:
        half_turns: Turned upside down.
        flip_index: (map,) the map that each becomes in a mirror image; None: mirror images say nothing.
    """

    half_turns: bool
    flip_index: NDArray[np.intp] | None

    def ways(self) -> list[tuple[int, bool]]:
        """Quarter turns, and whether mirrored after them: what differs most from the picture as it is."""
        other = (2 if self.half_turns else 0, self.flip_index is not None)
        return [] if other == (0, False) else [other]


def turned_log_maps(network: PoseNetwork, images: Sequence[Image], turns: Turns, logits: Tensor) -> Tensor:
    """Log of the mean probability of each cell: (frame, map, h, w), with the cells of the padding.

    Args:
        images: Frames of one size, at the network's working scale.
        logits: What the network says of them as they are, of the same shape.
    """
    device = next(network.parameters()).device
    batch = as_batch(list(images), network.least_multiple).to(device)
    total, ways = _probability(logits), turns.ways()
    with torch.inference_mode():
        for quarters, mirror in ways:
            seen = torch.rot90(batch, quarters, (2, 3))
            maps = _probability(network((seen.flip(3) if mirror else seen).contiguous()).logits)
            if mirror:
                maps = maps.flip(3)[:, turns.flip_index]
            total = total + torch.rot90(maps, -quarters, (2, 3))
    return (total / (1 + len(ways))).clamp_min(torch.finfo(torch.float32).tiny).log()


def _probability(logits: Tensor) -> Tensor:
    return torch.softmax(logits.float().flatten(2), dim=-1).view_as(logits)
