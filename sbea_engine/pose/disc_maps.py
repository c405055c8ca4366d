"""Score maps with a disc for a target, and the refinement of their peak: what DeepLabCut learns and reads.

Mathis et al., Nature Neuroscience 2018, after Insafutdinov et al., DeeperCut, ECCV 2016; numbers as in
DeepLabCut's `pose_cfg.yaml`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from sbea_engine.nn.heatmaps import Decoded, masked_to

STRIDE = 8
"""Input pixels a cell of a score map, each way."""

OFFSET_PX = 7.2801
"""Refinement is learned in this unit, so that its numbers are near one."""

OFFSET_WEIGHT = 0.05
"""Of the refinement in the loss."""

DISC_RADIUS_PX = 17.0
"""`pos_dist_thresh`: cells whose centre lies this near a keypoint are it. Pixels of the scaled picture."""


def cell_offsets(points_px: Tensor, shape: tuple[int, int], stride: int) -> Tensor:
    """From the centre of each cell to the keypoint, (batch, keypoint, 2, h, w), pixels: x, then y.

    Args:
        points_px: (batch, keypoint, 2).
        shape: (h, w) of the map.
        stride: Input pixels a cell; cell c has its centre at stride c + (stride - 1) / 2.
    """
    rows, columns = (
        torch.arange(n, device=points_px.device, dtype=points_px.dtype) * stride + (stride - 1) / 2
        for n in shape
    )
    x = points_px[..., 0, None, None] - columns
    y = points_px[..., 1, None, None] - rows[:, None]
    size = (*points_px.shape[:2], *shape)
    return torch.stack([x.expand(size), y.expand(size)], dim=2)


def disc_loss(
    logits: Tensor, offsets: Tensor, points_px: Tensor, placed: Tensor, known: Tensor, *, radius_px: float
) -> tuple[Tensor, Tensor]:
    """Sigmoid cross-entropy of the score maps, and Huber loss of the refinement inside the discs.

    Args:
        logits: (batch, keypoint, h, w).
        offsets: (batch, keypoint, 2, h, w), in `OFFSET_PX`.
        points_px: (batch, keypoint, 2); anything where `placed` is False.
        placed: bool (batch, keypoint); the map of one that is not placed has no disc.
        known: bool (batch, keypoint); one that is not known gives no loss.
        radius_px: Of the disc.

    Returns:
        Means over the cells of known keypoints, and over the numbers inside discs; both without weights.
    """
    points = torch.where(placed[..., None], points_px, 0.0)
    wanted = cell_offsets(points, (logits.shape[-2], logits.shape[-1]), STRIDE)
    disc = (wanted.square().sum(2) <= radius_px**2) & placed[..., None, None]
    scores = functional.binary_cross_entropy_with_logits(logits, disc.to(logits.dtype), reduction="none")
    score = (scores.mean((-2, -1)) * known).sum() / known.sum().clamp_min(1)
    huber = functional.huber_loss(offsets, wanted / OFFSET_PX, reduction="none")
    offset = (huber * disc[:, :, None]).sum() / (2 * disc.sum()).clamp_min(1)
    return score, offset


def decode_disc(logits: Tensor, offsets: Tensor, *, valid: tuple[int, int] | None = None) -> Decoded:
    """The highest cell's centre and its refinement.

    Args:
        logits: (batch, keypoint, h, w).
        offsets: (batch, keypoint, 2, h, w), in `OFFSET_PX`.
        valid: (rows, columns) of cells that lie on the picture; the rest is never chosen.

    Returns:
        `log_peak` and `log_mass` are the log of the score at the peak, which is a probability of that cell
        alone; `entropy` is that of the maps as if cells competed.
    """
    width = logits.shape[-1]
    peaks = masked_to(logits.float(), valid).flatten(2)
    peak, cell = peaks.max(dim=-1)
    chosen = cell[:, :, None, None].expand(-1, -1, 2, 1)
    refined = torch.gather(offsets.float().flatten(3), 3, chosen).squeeze(-1) * OFFSET_PX
    at = torch.stack([cell % width, torch.div(cell, width, rounding_mode="floor")], dim=-1)
    points = at * float(STRIDE) + (STRIDE - 1) / 2 + refined
    log_p = torch.log_softmax(peaks, dim=-1)
    p = log_p.exp()
    entropy = -torch.where(p > 0, p * log_p, 0.0).sum(-1) / math.log(peaks.shape[-1])
    log_score = functional.logsigmoid(peak)
    return Decoded(points, cell, log_score, log_score, entropy)
