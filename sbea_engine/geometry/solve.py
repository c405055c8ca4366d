"""The least squares underneath triangulation: many points at once, three unknowns each.

Everything here works on arrays (view, point), in a world that was moved to the rig's centre and divided by
its size, so that the 3 x 3 systems are well scaled wherever the user put the origin. The sums over views are
products of a few features a view with constant matrices of the rig, which lets BLAS do the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.geometry.lens import distortion_slope
from sbea_engine.geometry.projection import undistort_px

Floats = NDArray[np.float64]

# A system whose determinant is less than this share of its trace cubed has no answer in floating point.
SINGULAR = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledRig:
    """The cameras of a rig in a world about its centre: X = centre_mm + size_mm * Y.

    Attributes:
        R: (view, 3, 3). t: (view, 3), such that R Y + t is along the camera's axes, in units of `size_mm`.
        eyes: (view, 3) centres of projection, as Y.
        linear: (view, 4, 9), squares: (view, 6, 6), gradient: (view, 3, 3): from the features of a view to
            the entries of the normal equations; see `linear_systems` and `refine`.
    """

    centre_mm: Floats
    size_mm: float
    R: Floats
    t: Floats
    eyes: Floats
    linear: Floats
    squares: Floats
    gradient: Floats

    @classmethod
    def of(cls, cameras: tuple[Camera, ...]) -> Self:
        """Scale a rig; cameras that are all in one place keep their millimetres."""
        positions = np.array([camera.position_mm for camera in cameras])
        centre = positions.mean(axis=0)
        reach = float(np.linalg.norm(positions - centre, axis=1).max())
        size = reach if reach > 1e-9 * (1 + np.linalg.norm(centre)) else 1.0
        R = np.array([camera.R for camera in cameras])
        t = (R @ centre + np.array([camera.t for camera in cameras])) / size
        i, j, k = R[:, 0], R[:, 1], R[:, 2]
        a, b, c = t[:, 0, None], t[:, 1, None], t[:, 2, None]
        left = np.stack([_own(i) + _own(j), -_mixed(i, k), -_mixed(j, k), _own(k)], axis=1)
        right = np.stack([-(a * i + b * j), c * i + a * k, c * j + b * k, -c * k], axis=1)
        squares = [_own(i), _mixed(i, j), _own(j), -_mixed(i, k), -_mixed(j, k), _own(k)]
        return cls(
            centre_mm=centre,
            size_mm=size,
            R=R,
            t=t,
            eyes=(positions - centre) / size,
            linear=np.concatenate([left, right], axis=2),
            squares=np.stack(squares, axis=1),
            gradient=np.stack([i, j, -k], axis=1),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sightings:
    """What the views of a rig saw of some points, each array (view, point).

    Attributes:
        x, y: Normalised coordinates without distortion; 0 where the view saw nothing.
        weight: 0 where the view saw nothing.
        xx, xy, yy: The symmetric matrix that makes squared pixels out of a small difference in x and y: the
            lens and the intrinsics, linearised at the sighting.
    """

    x: Floats
    y: Floats
    weight: Floats
    xx: Floats
    xy: Floats
    yy: Floats

    @classmethod
    def of(cls, cameras: tuple[Camera, ...], points_px: Floats, weights: Floats) -> Self:
        """Straighten pixels (view, point, 2) once, for all that follows."""
        shape = points_px.shape[:2]
        x, y, xx, xy, yy = np.zeros((5, *shape))
        weight = np.where(weights > 0, weights, 0)  # also where a weight is NaN
        for v, camera in enumerate(cameras):
            flat = undistort_px(camera, points_px[v])
            seen = np.isfinite(flat[:, 0])
            weight[v, ~seen] = 0
            flat[~seen] = 0
            x[v], y[v] = flat.T
            a, b, c = distortion_slope(flat, camera.distortion)
            fx, skew, fy = camera.K[0, 0], camera.K[0, 1], camera.K[1, 1]
            to_x, to_y = (fx * a + skew * b, fx * b + skew * c), (fy * b, fy * c)
            xx[v] = to_x[0] ** 2 + to_y[0] ** 2
            xy[v] = to_x[0] * to_x[1] + to_y[0] * to_y[1]
            yy[v] = to_x[1] ** 2 + to_y[1] ** 2
        return cls(x=x, y=y, weight=weight, xx=xx, xy=xy, yy=yy)

    def take(self, points: NDArray[np.intp]) -> Sightings:
        """The sightings of some points."""
        arrays = (self.x, self.y, self.weight, self.xx, self.xy, self.yy)
        x, y, weight, xx, xy, yy = (a[:, points] for a in arrays)
        return Sightings(x=x, y=y, weight=weight, xx=xx, xy=xy, yy=yy)


def linear_systems(rig: ScaledRig, seen: Sightings, weight: Floats) -> Floats:
    """Normal equations (view, point, 9) of each view's two linear equations; sums over views can be solved.

    A view at x, y asks that (R Y + t) . (1, 0, -x) = 0 and (R Y + t) . (0, 1, -y) = 0 (the inhomogeneous
    linear method, Hartley & Zisserman 2004, section 12.2).
    """
    scale = weight * (seen.xx + seen.yy)
    features = np.stack([scale, scale * seen.x, scale * seen.y, scale * (seen.x**2 + seen.y**2)], axis=2)
    systems: Floats = np.matmul(features, rig.linear)
    return systems


def residuals(rig: ScaledRig, seen: Sightings, at: Floats) -> Floats:
    """Squared distances (view, point) in pixels of points `at` (point, 3) from where they were seen.

    With the lens linearised at the sighting. Infinite where a point is behind a camera or nowhere, also for
    views that saw nothing.
    """
    x, y, z = _along_axes(rig, at)
    with np.errstate(divide="ignore", invalid="ignore"):
        ex, ey = x / z - seen.x, y / z - seen.y
        squared = seen.xx * ex**2 + 2 * seen.xy * ex * ey + seen.yy * ey**2
        return np.where(z > 0, squared, np.inf)


def refine(rig: ScaledRig, seen: Sightings, weight: Floats, at: Floats) -> tuple[Floats, Floats]:
    """One Gauss-Newton step on the sum of weight * squared pixels.

    Returns:
        The better points (point, 3), and the inverse (point, 6) of the normal matrix: times the variance of a
        coordinate in px^2 at weight 1 it is the covariance of Y. NaN where there is none.
    """
    x, y, z = _along_axes(rig, at)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = x / z, y / z
        ex, ey = x - seen.x, y - seen.y
        near = np.where(weight > 0, 1 / z, 0)
        first = weight * near
        second = first * near
        xx, xy, yy = second * seen.xx, second * seen.xy, second * seen.yy
        across, down = xx * x + xy * y, xy * x + yy * y
        features = np.stack([xx, xy, yy, across, down, across * x + down * y], axis=2)
        u, v = first * (seen.xx * ex + seen.xy * ey), first * (seen.xy * ex + seen.yy * ey)
        slopes = np.stack([u, v, u * x + v * y], axis=2)
    features[weight <= 0], slopes[weight <= 0] = 0, 0
    inverse = invert(np.matmul(features, rig.squares).sum(axis=0))
    return at - apply(inverse, np.matmul(slopes, rig.gradient).sum(axis=0)), inverse


def solve(systems: Floats) -> Floats:
    """Answers (point, 3) of summed `linear_systems` (point, 9); NaN where there is none."""
    return apply(invert(systems[:, :6]), systems[:, 6:])


def invert(matrices: Floats) -> Floats:
    """Inverses of symmetric matrices, as upper triangles (point, 6); NaN for a singular one."""
    a, b, c, d, e, f = matrices.T
    adjugate = (d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b)
    determinant = a * adjugate[0] + b * adjugate[1] + c * adjugate[2]
    usable = determinant > SINGULAR * (a + d + f) ** 3
    return np.stack(adjugate, axis=1) / np.where(usable, determinant, np.nan)[:, None]


def apply(matrices: Floats, vectors: Floats) -> Floats:
    """Symmetric matrices (point, 6) times vectors (point, 3)."""
    a, b, c, d, e, f = matrices.T
    x, y, z = vectors.T
    return np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z], axis=1)


def widest_angle(rig: ScaledRig, used: NDArray[np.bool_], at: Floats) -> Floats:
    """Angles (point,) in radians: twice the largest between a used view's line of sight and their mean line.

    Lines have no direction: two cameras that face one another along a line enclose no angle there, and fix no
    depth. For two views it is the angle between their lines, 0 to 90 degrees.
    """
    directions = rig.eyes.T[:, :, None] - at.T[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):  # points that are nowhere, or seen by nobody
        directions *= used / np.sqrt(_squared_length(directions))
        # All are turned to the side of the first used view. Near lines are then near directions, and the
        # answer is never under half of what any line encloses with the first.
        (x, y, z), (u, v, w) = directions, directions[:, used.argmax(axis=0), np.arange(len(at))]
        directions *= np.where(x * u + y * v + z * w < 0, -1, 1)
        mean = directions.sum(axis=1)
        mean /= np.sqrt(_squared_length(mean))
        # |d - m| = 2 sin(half the angle) keeps small angles exact, where the cosine does not
        off = np.where(used, _squared_length(directions - mean[:, None]), 0).max(axis=0)
    return np.asarray(4 * np.arcsin(np.minimum(np.sqrt(off) / 2, 1)), np.float64)


def _squared_length(vectors: Floats) -> Floats:
    """Of (3, ...); NumPy's own reductions are slow along so short an axis."""
    x, y, z = vectors
    return np.asarray(x * x + y * y + z * z, np.float64)


def _along_axes(rig: ScaledRig, at: Floats) -> Floats:
    """Camera coordinates (3, view, point) of points (point, 3)."""
    return np.asarray((np.matmul(rig.R, at.T) + rig.t[:, :, None]).transpose(1, 0, 2), np.float64)


def _own(u: Floats) -> Floats:
    """Upper triangles (view, 6) of u u^T."""
    return np.stack([u[:, i] * u[:, j] for i, j in zip(*np.triu_indices(3), strict=True)], axis=1)


def _mixed(u: Floats, v: Floats) -> Floats:
    """Upper triangles (view, 6) of u v^T + v u^T."""
    return _own(u + v) - _own(u) - _own(v)
