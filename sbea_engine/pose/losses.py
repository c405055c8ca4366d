"""Losses of the pose network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.nn.heatmaps import gaussian_factors

if TYPE_CHECKING:
    from sbea_engine.pose.model import PoseOutput

SIGMA_CELLS = 1.0
CONFIDENCE_WEIGHT = 0.5

FIRST_WEIGHT = 0.5
"""Of the first answer of a network that answers twice."""

FIRST_SIGMA_CELLS = 0.7
"""Its cells are coarse: at one cell the target would be wider than an animal's head."""


class PoseBatch(NamedTuple):
    """Training views and their truth.

    Attributes:
        images: uint8 (batch, channel, size, size); for a network with context (batch, time, channel, size,
            size), and all else is of the middle frame.
        points_px: (batch, keypoint, 2), view pixels; anything where `placed` is False.
        placed: bool (batch, keypoint): the keypoint has a position inside the view.
        known: bool (batch, keypoint): placed, or known not to be in the view. Unlabelled is not known.
    """

    images: Tensor
    points_px: Tensor
    placed: Tensor
    known: Tensor


def spatial_cross_entropy(
    logits: Tensor,
    points_px: Tensor,
    placed: Tensor,
    *,
    stride: int = STRIDE,
    sigma_cells: float = SIGMA_CELLS,
) -> Tensor:
    """Cross-entropy between a map's softmax and a normalised Gaussian at the truth; mean over `placed`.

    Unlike a loss a cell, it needs no weight for the few foreground cells, because the cells of one map
    compete. Computed without building the target: the Gaussian is separable.

    Args:
        logits: (batch, keypoint, h, w).
        points_px: (batch, keypoint, 2).
        placed: (batch, keypoint); others give no loss and no gradient.
        stride: Input pixels a cell.
        sigma_cells: Standard deviation of the Gaussian, cells.
    """
    points = torch.where(placed[..., None], points_px, 0.0)
    across = gaussian_factors(points[..., 0], logits.shape[-1], stride, sigma_cells)
    down = gaussian_factors(points[..., 1], logits.shape[-2], stride, sigma_cells)
    at_target = torch.einsum("bkhw,bkh,bkw->bk", logits, down, across)
    loss = torch.logsumexp(logits.flatten(2), dim=-1) - at_target
    return (loss * placed).sum() / placed.sum().clamp_min(1)


def confidence_loss(output: PoseOutput, batch: PoseBatch, radius_px: float) -> Tensor:
    """Binary cross-entropy of 'the keypoint is in the view and its answer lies within the radius'."""
    distance = (output.decoded.points_px - batch.points_px).norm(dim=-1)
    right = (batch.placed & (distance <= radius_px)).float()
    loss = functional.binary_cross_entropy_with_logits(output.confidence_logit, right, reduction="none")
    return (loss * batch.known).sum() / batch.known.sum().clamp_min(1)


def first_look_loss(first_logits: Tensor, batch: PoseBatch) -> Tensor:
    """`spatial_cross_entropy` of coarse maps, which cover the same view."""
    return spatial_cross_entropy(
        first_logits,
        batch.points_px,
        batch.placed,
        stride=batch.images.shape[-1] // first_logits.shape[-1],
        sigma_cells=FIRST_SIGMA_CELLS,
    )


def pose_loss(
    output: PoseOutput, batch: PoseBatch, radius_px: float, *, sigma_cells: float = SIGMA_CELLS
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum that is minimised, and its parts by name; `sigma_cells` is of the finest maps' target."""
    where = spatial_cross_entropy(output.logits, batch.points_px, batch.placed, sigma_cells=sigma_cells)
    trust = confidence_loss(output, batch, radius_px)
    parts = {"map_loss": where.detach(), "confidence_loss": trust.detach()}
    total = where + CONFIDENCE_WEIGHT * trust
    if output.first_logits is None:
        return total, parts
    first = first_look_loss(output.first_logits, batch)
    return total + FIRST_WEIGHT * first, parts | {"first_map_loss": first.detach()}
