"""Where labelled coordinates lie: a plane of few dimensions through many, and how far from it is usual.

Principal components of labelled poses, and of one keypoint in several views, as Lightning Pose takes them
(Biderman et al., Nature Methods 2024). What differs here is in docs/science/pose-consistency.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sbea_engine.pose.config import BadPoseConfig
from sbea_engine.pose.errors import TooFewLabels

Floats = NDArray[np.float64]

VARIANCE = 0.99
"""Share of the variance of labelled poses that is kept."""

VIEW_COMPONENTS = 3
"""A point in space has three coordinates, and what a camera far away sees is linear in them."""

LEAST_POSES = 5
"""Fewer say nothing of one that was left out."""

FOLDS = 20
"""Parts of the labels that are left out in turn, at most."""


class Subspace(NamedTuple):
    """A plane in the coordinates of several points.

    Attributes:
        mean: (point * 2,)
        components: (component, point * 2), orthonormal.
        tolerance_px: (point,) the largest distance of a labelled point from the plane through other labels.
    """

    mean: Tensor
    components: Tensor
    tolerance_px: Tensor

    def residual_px(self, points_px: Tensor) -> Tensor:
        """Distance of each point (..., point, 2) from its place in the plane: (..., point)."""
        offset = points_px.flatten(-2) - self.mean.to(points_px)
        components = self.components.to(points_px)
        beside = offset - (offset @ components.T) @ components
        length: Tensor = torch.linalg.vector_norm(beside.view_as(points_px), dim=-1)
        return length

    def excess_px(self, points_px: Tensor) -> Tensor:
        """(..., point) what `residual_px` is beyond the tolerance."""
        return (self.residual_px(points_px) - self.tolerance_px.to(points_px)).clamp_min(0)


def fit_pose_space(poses_px: Floats, *, turned: bool) -> Subspace:
    """The plane that holds `VARIANCE` of labelled poses, each about its own centre; see `centre`.

    Args:
        poses_px: (pose, keypoint, 2); those with a NaN are left out.
        turned: The animal may point anywhere: each pose counts at each quarter turn, which makes a plane that
            holds with a pose all its turns.

    Raises:
        TooFewLabels: There are fewer whole poses than `LEAST_POSES`.
        BadPoseConfig: The plane is all there is, so that every pose lies in it.
    """
    keypoints = poses_px.shape[1]
    whole = poses_px[np.isfinite(poses_px).all(axis=(1, 2))]
    if len(whole) < LEAST_POSES:
        raise TooFewLabels(
            f"{len(whole)} training poses have all {keypoints} keypoints placed; the term pose on unlabelled "
            f"video needs {LEAST_POSES}. Place all keypoints on more frames, or leave the term out.",
            needed=LEAST_POSES,
            got=len(whole),
        )

    def plane(some: Floats) -> tuple[Floats, Floats]:
        return _plane(_quarter_turns(some) if turned else some, None)

    centred = centre(torch.from_numpy(whole)).numpy()
    found = _with_tolerance(plane, centred, np.arange(len(centred)))
    if len(found.components) >= 2 * keypoints - 2:
        raise BadPoseConfig(
            f"The labelled poses of {keypoints} keypoints vary in every way there is, so that the term pose "
            f"on unlabelled video forbids nothing. Leave it out."
        )
    return found


def fit_view_space(points_px: Floats) -> Subspace:
    """The plane of `VIEW_COMPONENTS` dimensions in which one keypoint's places in all views lie.

    Args:
        points_px: (moment, keypoint, view, 2); a keypoint with a NaN at a moment is left out there.

    Raises:
        TooFewLabels: Too few keypoints are placed in all views, or at one moment only.
    """
    views = points_px.shape[2]
    there = np.isfinite(points_px).all(axis=(2, 3))
    moments, needed = np.nonzero(there)[0], 2 * views + 2
    different = np.unique(moments)
    if len(moments) < needed or len(different) < 2:
        raise TooFewLabels(
            f"{len(moments)} keypoints of {len(different)} training moments are placed in all {views} views; "
            f"the term views on unlabelled video needs {needed}, of two moments or more. Label moments in "
            f"all views, or leave the term out.",
            needed=needed,
            got=len(moments),
        )
    return _with_tolerance(
        lambda some: _plane(some, VIEW_COMPONENTS), points_px[there], np.searchsorted(different, moments)
    )


def centre(poses_px: Tensor) -> Tensor:
    """Poses (..., keypoint, 2) about the mean of their keypoints."""
    return poses_px - poses_px.mean(dim=-2, keepdim=True)


def _quarter_turns(poses: Floats) -> Floats:
    quarter = np.stack([-poses[..., 1], poses[..., 0]], axis=-1)
    return np.concatenate([poses, quarter, -poses, -quarter])


def _plane(samples: Floats, count: int | None) -> tuple[Floats, Floats]:
    """Mean and leading components of (sample, point, 2): so many, or as many as hold `VARIANCE`."""
    flat = samples.reshape(len(samples), -1)
    mean = flat.mean(axis=0)
    _, lengths, directions = np.linalg.svd(flat - mean, full_matrices=False)
    if count is None:
        held = np.cumsum(lengths**2)
        count = int(np.searchsorted(held, VARIANCE * held[-1])) + 1
    return mean, directions[:count]


def _with_tolerance(
    plane: Callable[[Floats], tuple[Floats, Floats]], samples: Floats, moments: NDArray[np.intp]
) -> Subspace:
    """The plane through all samples (sample, point, 2); the tolerance is that of samples of left-out moments,
    as those in a plane are nearer to it than others will be."""
    parts = moments % min(FOLDS, int(moments.max()) + 1)
    left_out = [
        _subspace(*plane(samples[parts != part]), np.zeros(samples.shape[1]))
        .residual_px(torch.from_numpy(samples[parts == part]))
        .numpy()
        for part in np.unique(parts)
    ]
    return _subspace(*plane(samples), np.concatenate(left_out).max(axis=0))


def _subspace(mean: Floats, components: Floats, tolerance_px: Floats) -> Subspace:
    return Subspace(*(torch.from_numpy(np.ascontiguousarray(a)) for a in (mean, components, tolerance_px)))
