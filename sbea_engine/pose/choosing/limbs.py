"""Two keypoints are nearer together or further apart than in any labelled pose.

The lengths are those of the skeleton's edges, or of all pairs of keypoints where it has none. What is usual
is the median of a length's logarithm over labelled poses, and its median absolute deviation.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, largest_known, unknown, worst

MIN_POSES = 4
"""Labelled poses without which nothing is usual."""

LEAST_SPREAD = 0.1
"""Of a log length: few labels vary too little by chance."""

BOUND = 3.0
"""Deviations up to here are usual."""


def limbs(evidence: Evidence) -> Finding:
    """Largest deviation of a log length in robust standard deviations, if beyond the bound; else 0."""
    pairs = limb_pairs(evidence.poses.skeleton)
    labelled = _log_lengths(evidence.labelled.poses_px[:, None], pairs)[:, 0]
    known = np.isfinite(labelled).sum(axis=0) >= MIN_POSES
    if not known.any():
        return unknown(len(evidence.rows))
    usual, spread = np.full(len(pairs), np.nan), np.full(len(pairs), np.nan)
    usual[known] = np.nanmedian(labelled[:, known], axis=0)
    spread[known] = 1.4826 * np.nanmedian(np.abs(labelled[:, known] - usual[known]), axis=0)
    found = _log_lengths(evidence.points_px, pairs)
    deviation = np.abs(found - usual) / np.maximum(spread, LEAST_SPREAD)
    largest = largest_known(deviation)

    def reason(candidate: int) -> str:
        who, which = worst(deviation[candidate])
        first, second = pairs[which]
        ratio = float(np.exp(found[candidate, who, which] - usual[which]))
        names = f"{evidence.poses.skeleton.keypoints[first]} to {keypoint_name(evidence.poses, who, second)}"
        return f"{names} is {ratio:.1f} times its usual length"

    return Finding(score=np.where(largest > BOUND, largest, largest * 0.0), reason=reason)


def limb_pairs(skeleton: Skeleton) -> list[tuple[int, int]]:
    """Keypoints at the two ends of each length."""
    if skeleton.edges:
        return [(skeleton.index(a), skeleton.index(b)) for a, b in skeleton.edges]
    return list(combinations(range(len(skeleton)), 2))


def _log_lengths(points_px: NDArray[np.float64], pairs: list[tuple[int, int]]) -> NDArray[np.float64]:
    """(frame, individual, keypoint, 2) to (frame, individual, pair); lengths under a pixel count as one."""
    first, second = (np.array([pair[end] for pair in pairs], dtype=np.intp) for end in (0, 1))
    apart = np.linalg.norm(points_px[:, :, first] - points_px[:, :, second], axis=-1)
    return np.asarray(np.log(np.maximum(apart, 1.0)))
