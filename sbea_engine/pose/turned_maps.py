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
        """Quarter turns, and whether mirrored after them: as it is, and what differs most from that."""
        other = (2 if self.half_turns else 0, self.flip_index is not None)
        return [(0, False)] if other == (0, False) else [(0, False), other]


def turned_log_maps(network: PoseNetwork, images: Sequence[Image], turns: Turns) -> Tensor:
    """Log of the mean probability of each cell: (frame, map, h, w), with the cells of the padding.

    Args:
        images: Frames of one size, at the network's working scale.
    """
    device = next(network.parameters()).device
    batch = as_batch(list(images), network.multiple).to(device)
    total: Tensor | None = None
    ways = turns.ways()
    with torch.inference_mode():
        for quarters, mirror in ways:
            seen = torch.rot90(batch, quarters, (2, 3))
            logits = network((seen.flip(3) if mirror else seen).contiguous()).logits.float()
            maps = torch.softmax(logits.flatten(2), dim=-1).view_as(logits)
            if mirror:
                maps = maps.flip(3)[:, turns.flip_index]
            maps = torch.rot90(maps, -quarters, (2, 3))
            total = maps if total is None else total + maps
    assert total is not None  # there is always the picture as it is
    return (total / len(ways)).clamp_min(torch.finfo(torch.float32).tiny).log()
