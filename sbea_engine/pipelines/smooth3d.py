"""Smoothing in space: calibrated views and motion together say where a keypoint is at each tick.

Each view's answer is an observation of a position in the world through that camera's projection, lens
included. It is linearised about the latest estimate and the Kalman smoother of `kinematics` runs again (an
iterated extended Kalman smoother, Bell 1994), so a tick at which one view saw the point still gains from it,
and one view that contradicts the others is weighed down. The first estimate is the robust triangulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data import CameraGroup
from sbea_engine.geometry import TriangulationOptions, reproject, triangulate
from sbea_engine.kinematics.robust import Observed, robust_smooth, robust_strength
from sbea_engine.kinematics.smoothing import (
    SmoothingConfig,
    long_gaps,
    stretches,
    variance_of,
)
from sbea_engine.kinematics.views import checked_views

Floats = NDArray[np.float64]

LINEARISATIONS = 3
STEP_MM = 0.05
"""For the derivative of the projection; far below what any camera resolves, far above rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothed3D:
    """Keypoints in the world, smoothed.

    Attributes:
        points_mm: (tick, individual, keypoint, 3); NaN in gaps longer than the config allows.
        sigma_mm: (tick, individual, keypoint), root mean square distance from the truth to expect.
        n_views: int8 (tick, individual, keypoint), views that took part and were not contradicted.
        residual_px: (view, tick, individual, keypoint), from the view's answer to the point's image.
    """

    points_mm: Floats
    sigma_mm: Floats
    n_views: NDArray[np.int8]
    residual_px: Floats


def smooth_in_space(
    cameras: CameraGroup,
    points_px: ArrayLike,
    confidence: ArrayLike,
    ticks: ArrayLike,
    config: SmoothingConfig,
) -> Smoothed3D:
    """Positions in the world from all views and ticks.

    Args:
        cameras: The rig; views in its order.
        points_px: (view, tick, individual, keypoint, 2) source pixels; NaN where a view has no answer.
        confidence: (view, tick, individual, keypoint).
        ticks: (tick,) strictly increasing.
        config: `radius_px` is what the confidence of all views is about.

    Raises:
        BadSmoothing: Shapes do not fit.
        BadSightings: They do not fit the rig.
    """
    px, sure, numbers = checked_views(points_px, confidence, ticks)
    views, count, *rest = sure.shape
    used = np.where((sure >= config.min_confidence)[..., None], px, np.nan).reshape(views, count, -1, 2)
    trust = np.nan_to_num(sure).reshape(views, count, -1)
    first = triangulate(
        cameras, used, np.where(np.isfinite(used).all(axis=-1), trust, 0), options=TriangulationOptions()
    )
    at = _bridged(first.points_mm, numbers)
    placed = np.isfinite(at[0, :, 0])  # a series that was never placed has nothing to start from
    points, sigma = np.full((count, len(placed), 3), np.nan), np.full((count, len(placed)), np.nan)
    n_views = np.zeros((count, len(placed)), np.int8)
    if placed.any():
        seen, claimed = used[:, :, placed], variance_of(trust[:, :, placed], config.radius_px)
        mean, covariance, agreeing = _follow(cameras, seen, claimed, at[:, placed], numbers, config)
        gap = long_gaps(np.isfinite(first.points_mm[:, placed, 0]), numbers, config.max_gap_frames)
        points[:, placed] = np.where(gap[..., None], np.nan, mean)
        sigma[:, placed] = np.where(gap, np.nan, np.sqrt(np.trace(covariance, axis1=-2, axis2=-1)))
        n_views[:, placed] = np.where(gap, 0, agreeing.sum(axis=-1))
    residual = np.linalg.norm(reproject(cameras, points) - px.reshape(views, count, -1, 2), axis=-1)
    return Smoothed3D(
        points_mm=points.reshape(count, *rest, 3),
        sigma_mm=sigma.reshape(count, *rest),
        n_views=n_views.reshape(count, *rest),
        residual_px=residual.reshape(views, count, *rest),
    )


def _follow(
    cameras: CameraGroup,
    seen_px: Floats,
    variance: Floats,
    at: Floats,
    ticks: Floats,
    config: SmoothingConfig,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Mean (tick, series, 3), covariance, and which views agree (tick, series, view), from positions to
    linearise about."""
    steps, rows = np.diff(ticks, prepend=ticks[:1]), stretches(len(ticks))
    strength = None
    for _ in range(LINEARISATIONS):
        observed = _linearised(cameras, seen_px, variance, at)
        if strength is None:
            strength = robust_strength(
                observed.rows(rows), np.diff(ticks[rows], prepend=ticks[rows][:1]), config.motion
            )
        found = robust_smooth(observed, steps, config.motion, strength)
        at = found.mean
    # What lasts of the claimed error: nothing is known of how it is shared between views, so all of it stays.
    scale = np.ones(found.mean.shape[1]) if strength is None else strength.scale
    lasting = np.maximum(1.0, 1 / np.maximum(scale, 1e-6))
    there = np.isfinite(observed.points).all(axis=-1)
    return found.mean, found.covariance * lasting[None, :, None, None], there & (found.inflation <= 1)


def _linearised(cameras: CameraGroup, seen_px: Floats, variance: Floats, at: Floats) -> Observed:
    """Observations y = image(at) + J (x - at) + noise, as y - image(at) + J at = J x + noise."""
    image = reproject(cameras, at)
    slope = np.stack(
        [
            (reproject(cameras, at + step) - reproject(cameras, at - step)) / (2 * STEP_MM)
            for step in STEP_MM * np.eye(3)
        ],
        axis=-1,
    )
    y = seen_px - image + np.einsum("...mi,...i->...m", slope, np.broadcast_to(at, (len(image), *at.shape)))
    return Observed(np.moveaxis(y, 0, 2), np.moveaxis(variance, 0, 2), np.moveaxis(slope, 0, 2))


def _bridged(points_mm: Floats, ticks: Floats) -> Floats:
    """Straight lines across gaps, level beyond the ends; a series without any point stays NaN."""
    filled = points_mm.copy()
    for s in range(points_mm.shape[1]):
        there = np.flatnonzero(np.isfinite(points_mm[:, s, 0]))
        if len(there):
            for axis in range(3):
                filled[:, s, axis] = np.interp(ticks, ticks[there], points_mm[there, s, axis])
    return filled
