"""Predictions of models that do not tell individuals apart, put in the order of the labels.

Such a model finds animals, not names; which answer belongs to which label is decided by which assignment lies
nearest, frame by frame, before anything is measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def match_to_truth(
    truth_px: NDArray[np.float32], points_px: NDArray[np.float32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give each labelled individual the predicted animal of the best assignment of its frame.

    Best is the least sum over labelled individuals of the mean distance of their placed keypoints, a missing
    answer counting as one an animal's extent away, and no distance as more than that: one keypoint that went
    astray decides nothing.

    Args:
        truth_px: (frame, individual, keypoint, 2), NaN where not placed.
        points_px: (frame, animal, keypoint, 2), NaN where there is no answer; there may be more animals than
            individuals, or fewer.
        confidence: (frame, animal, keypoint).

    Returns:
        points (frame, individual, keypoint, 2) and confidence; NaN and 0 where no animal was left.
    """
    points = np.full(truth_px.shape, np.nan, dtype=np.float32)
    trust = np.zeros(truth_px.shape[:-1], dtype=np.float32)
    for frame in range(len(truth_px)):
        cost = pose_costs(truth_px[frame], points_px[frame])
        # Nobody knows where an unlabelled one is: it takes what labelled ones leave.
        labelled = np.isfinite(truth_px[frame]).all(-1).any(-1)
        cost[~labelled] = cost.max(initial=0.0) * len(cost) + 1.0
        individuals, animals = linear_sum_assignment(cost)
        points[frame, individuals] = points_px[frame, animals]
        trust[frame, individuals] = confidence[frame, animals]
    return points, trust


def told_twice(truth_px: NDArray[np.float32], points_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """bool (frame,): two predicted animals are nearest to the same labelled one.

    Meant for frames on which all animals that are there are labelled. Arguments as in `match_to_truth`.
    """
    twice = np.zeros(len(truth_px), dtype=bool)
    for frame, (truth, points) in enumerate(zip(truth_px, points_px, strict=True)):
        there = np.flatnonzero(np.isfinite(truth).all(-1).any(-1))
        found = np.flatnonzero(np.isfinite(points).all(-1).any(-1))
        if len(there):
            own = pose_costs(truth[there], points[found], farthest_px=np.inf).argmin(axis=0)
            twice[frame] = len(np.unique(own)) < len(own)
    return twice


def pose_costs(
    truth_px: NDArray[np.float32], points_px: NDArray[np.float32], *, farthest_px: float | None = None
) -> NDArray[np.float64]:
    """(individual, animal): mean distance of placed keypoints, each at most `farthest_px`.

    Args:
        truth_px: (individual, keypoint, 2) of one frame.
        points_px: (animal, keypoint, 2).
        farthest_px: The largest extent of a labelled individual where None; where infinite, keypoints without
            an answer are left out.
    """
    distance = np.linalg.norm(truth_px[:, None].astype(np.float64) - points_px[None], axis=-1)
    placed = np.broadcast_to(np.isfinite(truth_px[:, None, :, 0]), distance.shape)
    limit = _largest_extent(truth_px) if farthest_px is None else farthest_px
    if np.isfinite(limit):
        distance = np.minimum(np.where(np.isnan(distance), limit, distance), limit)
    else:
        placed = placed & np.isfinite(distance)
    total = np.where(placed, distance, 0.0).sum(-1)
    count = placed.sum(-1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), 0.0))


def _largest_extent(truth_px: NDArray[np.float32]) -> float:
    """Of the individuals of one frame, or of its keypoints where each has but one; never 0."""
    apart = np.linalg.norm(truth_px[:, :, None] - truth_px[:, None], axis=-1)
    if np.isfinite(apart).any() and np.nanmax(apart) > 0:
        return float(np.nanmax(apart))
    placed = truth_px[np.isfinite(truth_px).all(-1)]
    return max(1.0, float(np.ptp(placed, axis=0).max())) if len(placed) else 1.0
