"""A keypoint is not where the frames before and after put it.

Around each candidate a quadratic of time is fitted to the neighbours, without the candidate, by iteratively
reweighted least squares: first for the least absolute deviation, then with Tukey's weights, which leave out a
second outlier nearby.
DeepLabCut fits a seasonal ARIMA model (AR 3, MA 1) to the whole video instead, which is slow and is bent by
long stretches of wrong answers; the question it asks is the same.

Source: local robust regression, Cleveland, J. Am. Stat. Assoc. 74, 1979; the weights, Beaton and Tukey,
Technometrics 16, 1974; `fitting` of DeepLabCut's `extract_outlier_frames`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, largest_known, worst

REACH = 4
"""Frames before and after that take part."""

NEEDED = 5
"""Neighbours with an answer without which nothing is said."""

BOUND_BODIES = 0.05
"""Deviations up to here are how animals move."""

LEAST_SCALE_PX = 0.5
"""Answers scatter by this much at least, however smooth a few of them look."""

ABSOLUTE_ROUNDS = 12
TUKEY_ROUNDS = 5
TUKEY = 4.685
RIDGE = 1e-9
CHUNK = 4096


def fitting(evidence: Evidence) -> Finding:
    """Largest deviation from the motion around it, in body lengths, if beyond the bound; else 0.

    NaN where too few of the frames around are known.
    """
    off = deviations(evidence.poses.frames, evidence.poses.points_px, evidence.rows)
    largest = largest_known(off) / evidence.body_px

    def reason(candidate: int) -> str:
        who, what = worst(off[candidate])
        name = keypoint_name(evidence.poses, who, what)
        return f"{name} is {off[candidate, who, what]:.0f} px off its path"

    return Finding(score=np.where(largest > BOUND_BODIES, largest, largest * 0.0), reason=reason)


def deviations(
    frames: NDArray[np.int64], points_px: NDArray[np.floating], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Distance of each keypoint from where its neighbours in time put it.

    Args:
        frames: (frame,), ascending frame indices.
        points_px: (frame, individual, keypoint, 2).
        rows: (row,), where to look.

    Returns:
        (row, individual, keypoint) pixels; NaN where there is no answer or too few neighbours.
    """
    result = np.full((len(rows), *points_px.shape[1:3]), np.nan)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = _deviations(frames, points_px, rows[part])
    return result


def _deviations(
    frames: NDArray[np.int64], points_px: NDArray[np.floating], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    offsets = np.array([d for d in range(-REACH, REACH + 1) if d != 0])
    wanted = frames[rows][:, None] + offsets  # (row, neighbour)
    at = np.minimum(np.searchsorted(frames, wanted), max(len(frames) - 1, 0))
    known = frames[at] == wanted
    # neighbours become the last axis but one
    series = np.moveaxis(points_px[at].astype(np.float64), 1, 3)
    present = known[:, None, None] & np.isfinite(series).all(-1)
    here = points_px[rows].astype(np.float64)
    expected = _robust_middle(offsets / REACH, np.nan_to_num(series), present)
    off = np.linalg.norm(here - expected, axis=-1)
    return np.where(present.sum(-1) >= NEEDED, off, np.nan)


def _robust_middle(
    time: NDArray[np.float64], series: NDArray[np.float64], present: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The value at time 0 of quadratics fitted to (..., neighbour, 2) where `present` (..., neighbour)."""
    design = np.stack([np.ones_like(time), time, time**2], axis=-1)  # (neighbour, 3)
    weight = present.astype(np.float64)
    coefficients = np.zeros((*series.shape[:-2], 3, 2))
    for turn in range(ABSOLUTE_ROUNDS + TUKEY_ROUNDS):
        weighted = design * weight[..., None]  # (..., neighbour, 3)
        normal = np.swapaxes(weighted, -1, -2) @ design + RIDGE * np.eye(3)
        coefficients = np.linalg.solve(normal, np.swapaxes(weighted, -1, -2) @ series)
        left = np.linalg.norm(series - design @ coefficients, axis=-1)
        if turn < ABSOLUTE_ROUNDS:
            weight = present / np.maximum(left, 0.1 * LEAST_SCALE_PX)
        else:
            scale = np.maximum(_median_of_present(left, present) / 0.6745, LEAST_SCALE_PX)
            weight = present * np.maximum(1 - (left / (TUKEY * scale[..., None])) ** 2, 0.0) ** 2
    return coefficients[..., 0, :]


def _median_of_present(values: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Lower median along the last axis of what is present; 0 where nothing is."""
    ordered = np.sort(np.where(present, values, np.inf), axis=-1)
    middle = np.maximum(present.sum(-1) - 1, 0) // 2
    found = np.take_along_axis(ordered, middle[..., None], axis=-1)[..., 0]
    return np.where(np.isfinite(found), found, 0.0)
