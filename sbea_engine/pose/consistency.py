"""What positions on unlabelled video must not do: jump, make an unheard-of pose, contradict other views.

After the unsupervised losses of Lightning Pose (Biderman et al., Nature Methods 2024); what differs here is
in docs/science/pose-consistency.md. All are means over the positions that they look at, in pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sbea_engine.pose.subspace import Subspace, centre

LEAST_MASS = 0.05
"""Of its map under the peak: with less, a position says nothing and is asked for nothing."""


def temporal_excess_px(points_px: Tensor, sure: Tensor, reach_px: float) -> Tensor:
    """Mean of what keypoints move by from one frame to the next beyond `reach_px`.

    Args:
        points_px: (frame, individual, keypoint, 2) of consecutive frames.
        sure: bool (frame, individual, keypoint). Only moves between two that are sure count.
    """
    moved = torch.linalg.vector_norm(points_px[1:] - points_px[:-1], dim=-1)
    return _mean((moved - reach_px).clamp_min(0), sure[1:] & sure[:-1])


def pose_excess_px(points_px: Tensor, sure: Tensor, space: Subspace) -> Tensor:
    """Mean of how far keypoints are from the plane of labelled poses, beyond its tolerance.

    Args:
        points_px, sure: (..., individual, keypoint[, 2]). Only poses of which all keypoints are sure count.
    """
    return _mean(space.excess_px(centre(points_px)), sure.all(dim=-1, keepdim=True).expand_as(sure))


def views_excess_px(points_px: Tensor, sure: Tensor, space: Subspace) -> Tensor:
    """Mean of how far keypoints are from the plane of labelled views, beyond its tolerance.

    Args:
        points_px, sure: (view, frame, individual, keypoint[, 2]). Only keypoints count that all views are
            sure of.
    """
    by_keypoint, all_sure = points_px.movedim(0, -2), sure.all(dim=0).unsqueeze(-1)
    excess = space.excess_px(by_keypoint)
    return _mean(excess, all_sure.expand_as(excess))


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """0 where nothing counts."""
    return torch.where(counted, values, 0.0).sum() / counted.sum().clamp_min(1)
