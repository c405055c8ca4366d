"""The pose is unlike any labelled one, or the animal looks unlike any labelled picture.

Source: the distance to the nearest labelled example is what core-set selection bounds (Sener and Savarese,
ICLR 2018). A wrong prediction is often an impossible pose, so that this also finds errors of which a model is
sure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, unknown
from sbea_engine.pose.choosing.shape import pose_distances


def coverage(evidence: Evidence) -> Finding:
    """Distance to the nearest labelled pose, in body lengths; of several individuals, the largest."""
    labelled = evidence.labelled.poses_px
    if len(labelled) == 0:
        return unknown(len(evidence.rows))
    points = evidence.points_px
    count, individuals = points.shape[:2]
    apart = pose_distances(points.reshape(-1, *points.shape[2:]), labelled)
    nearest = _least_known(apart).reshape(count, individuals) / evidence.body_px
    score = _largest(nearest)

    def reason(candidate: int) -> str:
        who = ""
        if individuals > 1:
            at = int(np.nan_to_num(nearest[candidate], nan=-1.0).argmax())
            who = f" of {evidence.poses.individuals[at]}"
        return f"pose{who} unlike any labelled one ({score[candidate]:.2f} body lengths a keypoint)"

    return Finding(score=score, reason=reason)


def appearance(evidence: Evidence) -> Finding:
    """Root mean square difference of grey to the most similar labelled picture, 0..1."""
    known = evidence.labelled.appearance
    if evidence.appearance is None or known is None or len(known) == 0:
        return unknown(len(evidence.rows))
    nearest = picture_distances(evidence.appearance, known).min(axis=1)

    def reason(candidate: int) -> str:
        return f"looks unlike what is labelled (grey differs by {nearest[candidate]:.2f})"

    return Finding(score=nearest, reason=reason)


def picture_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Root mean square difference of every pair: (a, pixel) and (b, pixel) to (a, b)."""
    first, second = a.astype(np.float64), b.astype(np.float64)
    squared = (first**2).sum(1)[:, None] + (second**2).sum(1)[None] - 2 * first @ second.T
    return np.asarray(np.sqrt(np.maximum(squared, 0.0) / max(a.shape[1], 1)))


def _least_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    least = np.where(np.isfinite(values), values, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, np.nan)


def _largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = np.where(np.isfinite(values), values, -np.inf).max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(top), top, np.nan)
