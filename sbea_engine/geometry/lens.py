"""Lens distortion of points in normalised image coordinates, and its inverse.

The model is Brown's with three radial and two tangential coefficients, in OpenCV's order k1 k2 p1 p2 k3:

    x' = x (1 + k1 s + k2 s^2 + k3 s^3) + 2 p1 x y + p2 (s + 2 x^2)
    y' = y (1 + k1 s + k2 s^2 + k3 s^3) + p1 (s + 2 y^2) + 2 p2 x y,     s = x^2 + y^2

A polynomial only approximates a lens near the optical axis. Far out it may turn back, so that a point well
outside the field of view would appear inside the picture. Both directions therefore answer NaN from the
radius on where that could begin, see `fold_radius`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["distort", "distortion_slope", "fold_radius", "undistort"]

MAX_STEPS = 50
# Of normalised coordinates: 1e-9 pixel at a focal length of 1000 pixels.
TOLERANCE = 1e-12

Floats = NDArray[np.float64]


def fold_radius(distortion: ArrayLike) -> float:
    """Radius in normalised coordinates inside which `distort` is one-to-one; infinite where it never folds.

    The Jacobian of the model is symmetric. Without the tangential part its eigenvalues are
    f = 1 + k1 s + k2 s^2 + k3 s^3 (around) and d(r f)/dr (along the radius); the tangential part moves them
    by at most 6 |p| r. While both stay positive the map is the gradient of a strictly convex function on a
    disc, hence one-to-one. The bound is exact without tangential distortion and close to it for real lenses.
    """
    k1, k2, p1, p2, k3 = np.asarray(distortion, np.float64)
    tangential = 6 * float(np.hypot(p1, p2))
    around = [1, -tangential, k1, 0, k2, 0, k3]
    along = [1, -tangential, 3 * k1, 0, 5 * k2, 0, 7 * k3]
    return min(_first_root(around), _first_root(along))


def distort(points: ArrayLike, distortion: ArrayLike) -> Floats:
    """Bend normalised points (..., 2) as the lens does; NaN from the fold radius on."""
    flat = np.asarray(points, np.float64)
    coefficients = np.asarray(distortion, np.float64)
    if not coefficients.any():
        return flat.copy()
    return np.moveaxis(_bend_inside(_columns(flat), coefficients, fold_radius(coefficients)), 0, -1)


def undistort(points: ArrayLike, distortion: ArrayLike) -> Floats:
    """Straighten normalised points (..., 2): the inverse of `distort`, by Newton's method.

    A step that does not bring a point nearer is halved, so every point inside the fold radius is found.

    Returns:
        float64 (..., 2), NaN where no point inside the fold radius is bent to the given one.
    """
    target = np.asarray(points, np.float64)
    coefficients = np.asarray(distortion, np.float64)
    if not coefficients.any():
        return target.copy()
    wanted = _columns(target.reshape(-1, 2))
    answer = np.full_like(wanted, np.nan)
    open_ = np.flatnonzero(np.isfinite(wanted[0]) & np.isfinite(wanted[1]))
    wanted = wanted[:, open_]
    limit = fold_radius(coefficients)
    at = _into_disc(wanted, 0.999 * limit)
    error = wanted - _bend_inside(at, coefficients, limit)
    missed = _square(error)
    share = np.ones(len(open_))
    for _ in range(MAX_STEPS):
        met = missed <= TOLERANCE**2 * (1 + _square(wanted))
        if met.any():
            answer[:, open_[met]] = at[:, met]
            wanted, at, error = wanted[:, ~met], at[:, ~met], error[:, ~met]
            open_, missed, share = open_[~met], missed[~met], share[~met]
        if not len(open_):
            break
        tried = at + share * _newton_step(at, error, coefficients)
        left = wanted - _bend_inside(tried, coefficients, limit)
        nearer = _square(left)
        better = nearer < missed  # not so where the step leaves the disc and all is NaN
        if better.all():
            at, error, missed = tried, left, nearer
            share = np.minimum(1, 2 * share)
        else:
            at, error = np.where(better, tried, at), np.where(better, left, error)
            missed = np.where(better, nearer, missed)
            share = np.where(better, np.minimum(1, 2 * share), share / 2)
    return np.ascontiguousarray(answer.T).reshape(target.shape)


def distortion_slope(points: Floats, distortion: Floats) -> tuple[Floats, Floats, Floats]:
    """Jacobian of `distort` at points (..., 2): dx'/dx, dx'/dy and dy'/dy; dy'/dx is dx'/dy."""
    return _jacobian(points[..., 0], points[..., 1], distortion)


def _newton_step(at: Floats, error: Floats, distortion: Floats) -> Floats:
    a, b, c = _jacobian(at[0], at[1], distortion)
    determinant = a * c - b * b
    return np.stack([c * error[0] - b * error[1], a * error[1] - b * error[0]]) / determinant


def _columns(points: Floats) -> Floats:
    """Points (..., 2) as (2, ...), each coordinate in one piece of memory."""
    return np.ascontiguousarray(np.moveaxis(points, -1, 0))


def _square(points: Floats) -> Floats:
    """Squared distances from the centre of points (2, ...); several times faster than `hypot`."""
    return np.asarray(points[0] * points[0] + points[1] * points[1], np.float64)


def _bend_inside(points: Floats, distortion: Floats, limit: float) -> Floats:
    """Bend points (2, ...); NaN from `limit` on."""
    bent = np.stack(_bend(points[0], points[1], distortion))
    if np.isfinite(limit):
        bent[:, ~(_square(points) < limit**2)] = np.nan
    return bent


def _bend(x: Floats, y: Floats, distortion: Floats) -> tuple[Floats, Floats]:
    k1, k2, p1, p2, k3 = distortion
    s = x * x + y * y
    f = 1 + s * (k1 + s * (k2 + s * k3))
    xy = 2 * x * y
    return f * x + p1 * xy + p2 * (s + 2 * x * x), f * y + p1 * (s + 2 * y * y) + p2 * xy


def _jacobian(x: Floats, y: Floats, distortion: Floats) -> tuple[Floats, Floats, Floats]:
    """dx'/dx, dx'/dy = dy'/dx, dy'/dy: the Jacobian is symmetric."""
    k1, k2, p1, p2, k3 = distortion
    s = x * x + y * y
    f = 1 + s * (k1 + s * (k2 + s * k3))
    slope = 2 * (k1 + s * (2 * k2 + s * 3 * k3))
    return (
        f + slope * x * x + 2 * p1 * y + 6 * p2 * x,
        slope * x * y + 2 * p1 * x + 2 * p2 * y,
        f + slope * y * y + 6 * p1 * y + 2 * p2 * x,
    )


def _into_disc(points: Floats, limit: float) -> Floats:
    """Points (2, point), pulled towards the centre where they lie outside."""
    if not np.isfinite(limit):
        return points.copy()
    return np.asarray(points * np.minimum(1, limit / np.maximum(np.hypot(*points), limit)), np.float64)


def _first_root(polynomial: list[Any]) -> float:
    """Smallest positive real root, lowest power first and 1; infinite for none.

    Found as the largest root in 1 / r, whose leading coefficient is 1 however small the others are.
    """
    inverse = np.roots(polynomial)
    real = inverse.real[np.abs(inverse.imag) <= 1e-7 * np.abs(inverse)]
    return float(1 / real.max()) if len(real) and real.max() > 1e-9 else np.inf
