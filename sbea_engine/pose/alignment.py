"""Where a body lies in the picture and which way it points: poses laid over the mean of the labelled ones.

A rigid fit of all keypoints says more than two of them on an axis: it needs no declared heading, and one
keypoint that is wrong or missing hardly turns it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
"""Of laying all poses over their mean; more change nothing that can be seen."""

REWEIGHTINGS = 8

Floats = NDArray[np.float64]


class Placement(NamedTuple):
    """Where bodies lie: image = rotation(angle) @ body + centre.

    Attributes:
        centre_px: (pose, 2), where the origin of the body frame lies in the picture; NaN without a keypoint.
        angle: (pose,) radians, from the picture's x axis to the body's, towards its y axis; 0 where fewer
            than two keypoints say anything.
    """

    centre_px: Floats
    angle: Floats


def place(
    shape_px: Floats, points_px: Floats, weight: Floats, *, outlier_px: float | None = None
) -> Placement:
    """Lay the mean shape over poses by weighted least squares, without scaling or mirroring.

    Args:
        shape_px: (keypoint, 2), see `mean_shape`.
        points_px: (pose, keypoint, 2); NaN where there is none.
        weight: (pose, keypoint), 0 or more.
        outlier_px: Keypoints further than this from where the body says lose weight (Cauchy
            weights, a few rounds); None: all count as they are.

    References:
        Kabsch 1976 for the rotation; in the plane it is the angle of a sum of complex products.
    """
    there = np.isfinite(points_px).all(-1) & np.isfinite(shape_px).all(-1)
    given = np.where(there, weight, 0.0)
    shape, points = np.nan_to_num(shape_px), np.where(np.expand_dims(there, -1), points_px, 0.0)
    placement = _fit(shape, points, given)
    if outlier_px is None:
        return placement
    for _ in range(REWEIGHTINGS):
        distance = np.linalg.norm(in_image(placement, shape) - points, axis=-1)
        placement = _fit(shape, points, given / (1 + (distance / outlier_px) ** 2))
    return placement


def _fit(shape: Floats, points: Floats, weight: Floats) -> Placement:
    total = weight.sum(-1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)[..., None]
    body, image = (share * shape).sum(-2), (share * points).sum(-2)
    a, b = shape - body[:, None], points - image[:, None]
    cosine = (share[..., 0] * (a * b).sum(-1)).sum(-1)
    sine = (share[..., 0] * (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])).sum(-1)
    angle = np.arctan2(sine, cosine)
    centre = image - _turned(body, angle)
    return Placement(np.where(total > 0, centre, np.nan), angle)


def in_image(placement: Placement, body_px: Floats) -> Floats:
    """Points (point, 2), or (pose, point, 2), of the body frame where each body lies: (pose, point, 2)."""
    return _turned(body_px, placement.angle[:, None]) + placement.centre_px[:, None]


def in_body(placement: Placement, points_px: Floats) -> Floats:
    """Points (pose, point, 2) of the picture in the frame of each body; the inverse of `in_image`."""
    return _turned(points_px - placement.centre_px[:, None], -placement.angle[:, None])


def _turned(vectors: Floats, angle: Floats) -> Floats:
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def mean_shape(points_px: Floats, heading: tuple[int, int] | None = None) -> Floats:
    """The mean of poses that are laid over one another (generalised Procrustes analysis without scale).

    Args:
        points_px: (pose, keypoint, 2) in pixels; NaN where a keypoint is not placed.
        heading: Places of the (rear, front) keypoint; the shape points along +x. None: along its longest
            axis.

    Returns:
        (keypoint, 2), its mean at the origin; NaN for a keypoint that is placed nowhere.

    References:
        Gower 1975.
    """
    placed = np.isfinite(points_px).all(-1)
    points = points_px[placed.any(-1)]
    if len(points) == 0:
        return np.full(points_px.shape[1:], np.nan)
    shape = points[np.isfinite(points).all(-1).sum(-1).argmax()].copy()
    for _ in range(ROUNDS):
        both = np.isfinite(points).all(-1) & np.isfinite(shape).all(-1)
        use = both.sum(-1) >= min(2, points.shape[1])
        if not use.any():
            break
        placement = place(shape, points[use], both[use].astype(np.float64))
        shape = _mean_of(in_body(placement, points[use]))
        shape = shape - np.nanmean(shape, axis=0)
    return _upright(shape - np.nanmean(shape, axis=0), heading)


def _mean_of(poses: Floats) -> Floats:
    """Mean over poses of each keypoint; NaN for one that no pose has."""
    there = np.isfinite(poses).all(-1)
    count = there.sum(0)[:, None]
    total: Floats = np.where(np.expand_dims(there, -1), poses, 0.0).sum(0)
    mean: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def _upright(shape: Floats, heading: tuple[int, int] | None) -> Floats:
    known = shape[np.isfinite(shape).all(-1)]
    axis = None if heading is None else shape[heading[1]] - shape[heading[0]]
    if axis is None or not np.isfinite(axis).all() or not axis.any():
        if len(known) < 2:
            return shape
        axis = np.linalg.eigh(known.T @ known)[1][:, -1]
    return _turned(shape, np.asarray(-np.arctan2(axis[1], axis[0])))
