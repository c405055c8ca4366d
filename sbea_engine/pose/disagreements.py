"""Frames without labels on which two models differ most, and whose answer is compared with whose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sbea_engine.pose.matching import pose_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A frame on which two models differ.

    Attributes:
        index: Frame.
        mean_px: Mean distance between their answers, weighted by the lower of the two confidences.
        keypoint, individual: Where they differ most, by the same weight.
        distance_px: How far there.
    """

    index: int
    mean_px: float
    individual: str
    keypoint: str
    distance_px: float


def disagreements(
    frames: NDArray[np.int64],
    a: tuple[NDArray[np.float32], NDArray[np.float32]],
    b: tuple[NDArray[np.float32], NDArray[np.float32]],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    most: int = 12,
) -> list[Disagreement]:
    """The frames on which two models differ most, the worst first.

    Args:
        frames: (frame,).
        a, b: points (frame, individual, keypoint, 2) and confidence (frame, individual, keypoint).
        names: Of the individuals and of the keypoints.
    """
    apart = np.linalg.norm(a[0].astype(np.float64) - b[0], axis=-1)
    weight = np.minimum(a[1], b[1]).astype(np.float64) + 1e-3  # where both doubt, a difference is no news
    there = np.isfinite(apart)
    weighted = np.where(there, apart * weight, 0.0)
    flat = weighted.reshape(len(frames), -1)
    mean = flat.sum(axis=1) / np.maximum((weight * there).reshape(len(frames), -1).sum(axis=1), 1e-9)
    found = []
    for row in np.argsort(-mean, kind="stable")[:most].tolist():
        if not mean[row] > 0:
            break
        who, keypoint = np.unravel_index(int(flat[row].argmax()), apart.shape[1:])
        found.append(
            Disagreement(
                index=int(frames[row]),
                mean_px=float(mean[row]),
                individual=names[0][who],
                keypoint=names[1][keypoint],
                distance_px=float(apart[row, who, keypoint]),
            )
        )
    return found


def in_order_of(
    reference_px: NDArray[np.float32], points_px: NDArray[np.float32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The individuals of one model in the order of another's, frame by frame, where names do not tell.

    Animals are paired so that the mean distances of their keypoints are least in sum. As many are paired as
    both models found, however far apart: two models that found one animal each, in two places, disagree.

    Args:
        reference_px: (frame, individual, keypoint, 2), NaN where there is no answer.
        points_px: (frame, animal, keypoint, 2); there may be more animals than individuals, or fewer.
        confidence: (frame, animal, keypoint).

    Returns:
        points (frame, individual, keypoint, 2) and confidence; NaN and 0 where no animal was left.
    """
    points = np.full(reference_px.shape, np.nan, dtype=np.float32)
    trust = np.zeros(reference_px.shape[:-1], dtype=np.float32)
    for frame, (mine, theirs) in enumerate(zip(reference_px, points_px, strict=True)):
        own, other = (np.flatnonzero(np.isfinite(found).all(-1).any(-1)) for found in (mine, theirs))
        if not len(own) or not len(other):
            continue
        every = np.concatenate([mine.reshape(-1, 2), theirs.reshape(-1, 2)])
        # no two keypoints are further apart, so that no distance is cut short and none is lacking
        farthest = float(np.linalg.norm(np.ptp(every[np.isfinite(every).all(-1)], axis=0)))
        pairs = linear_sum_assignment(pose_costs(mine[own], theirs[other], farthest_px=farthest))
        individuals, animals = own[pairs[0]], other[pairs[1]]
        points[frame, individuals] = theirs[animals]
        trust[frame, individuals] = confidence[frame, animals]
    return points, trust
