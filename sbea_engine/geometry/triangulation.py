"""Points in the world from where several calibrated views saw them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data.camera import CameraGroup
from sbea_engine.errors import BadInput
from sbea_engine.geometry.projection import project
from sbea_engine.geometry.solve import (
    ScaledRig,
    Sightings,
    linear_systems,
    refine,
    residuals,
    solve,
    widest_angle,
)

__all__ = ["BadSightings", "Triangulated", "TriangulationOptions", "reproject", "triangulate"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK = 8192  # points at a time: the working arrays stay in a core's cache
STEPS = 2
# 95 % as efficient as least squares where the noise is Gaussian (Holland & Welsch 1977).
CAUCHY = 2.385
# All pairs of up to 16 views; an even choice among those of more.
MAX_PAIRS = 120


class BadSightings(BadInput):
    """Sightings do not fit the rig."""

    code = "bad_sightings"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangulationOptions:
    """How to weigh what the views say.

    Attributes:
        noise_px: Standard deviation of an x or y at weight 1; at weight w it is noise_px / sqrt(w).
        robust: Look for the views that agree, and weigh down what still sticks out.
        inlier_px: A view further from the point than this is left out. Only where `robust`.
        min_angle_deg: Views whose lines of sight enclose less than this angle place no point, whether the
            cameras stand side by side or face one another.
    """

    noise_px: float = 2.0
    robust: bool = True
    inlier_px: float = 10.0
    min_angle_deg: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.noise_px < np.inf or not 0 < self.inlier_px < np.inf:
            raise BadSightings(
                f"noise_px and inlier_px must be above 0, got {self.noise_px} and {self.inlier_px}."
            )
        if not 0 <= self.min_angle_deg < 90:
            raise BadSightings(f"min_angle_deg must lie in 0..90, got {self.min_angle_deg}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triangulated:
    """Points and how far to trust them; NaN and 0 views where a point could not be placed.

    Attributes:
        points_mm: float64 (..., 3).
        sigma_mm: float64 (...): root mean square distance from the truth that `noise_px` leads to expect.
        n_views: int8 (...): views that the point rests on.
        used: bool (view, ...): which those are.
        residual_px: float64 (view, ...): distance in source pixels, lens included, between where a view saw
            the point and where the point falls; also for views that were left out.
    """

    points_mm: Floats
    sigma_mm: Floats
    n_views: NDArray[np.int8]
    used: Bools
    residual_px: Floats


def triangulate(
    cameras: CameraGroup,
    points_px: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    options: TriangulationOptions | None = None,
) -> Triangulated:
    """Place points that two or more views saw.

    Pixels are undistorted once. A weighted linear solution starts Gauss-Newton steps on the reprojection
    error in pixels. Where `robust` and views disagree, every pair of views proposes a point; the one with
    the least weighted truncated squared residuals over all views wins (MSAC, Torr & Zisserman 2000, with all
    pairs in place of chance), and views beyond `inlier_px` of it are dropped. Cauchy weights then soften what
    is left.

    Args:
        cameras: The rig; views in its order.
        points_px: (view, ..., 2) source pixels; NaN where a view saw nothing.
        weights: (view, ...), for instance confidence; NaN or 0 takes a view out. All 1 when None.

    Raises:
        BadSightings: A shape does not fit, or a weight is negative.
    """
    options = options or TriangulationOptions()
    px = np.asarray(points_px, np.float64)
    shape = px.shape[:-1]
    if px.ndim < 2 or shape[0] != len(cameras) or px.shape[-1] != 2:
        raise BadSightings(f"Expected points (view {len(cameras)}, ..., 2), got {px.shape}.")
    weight = np.ones(shape) if weights is None else np.asarray(weights, np.float64)
    if weight.shape != shape:
        raise BadSightings(f"Expected weights {shape}, got {weight.shape}.")
    if np.any((weight < 0) | np.isinf(weight)):
        raise BadSightings("Weights must be 0 or more, and finite.")
    px, weight = px.reshape(len(cameras), -1, 2), weight.reshape(len(cameras), -1)
    points, sigma = np.full((px.shape[1], 3), np.nan), np.full(px.shape[1], np.nan)
    used = np.zeros(px.shape[:2], np.bool_)
    rig = ScaledRig.of(cameras.cameras)
    for low in range(0, px.shape[1], BLOCK):
        part = slice(low, low + BLOCK)
        seen = Sightings.of(cameras.cameras, px[:, part], weight[:, part])
        points[part], sigma[part], used[:, part] = _place(rig, seen, options)
    residual = np.linalg.norm(reproject(cameras, points) - px, axis=-1)
    return Triangulated(
        points_mm=points.reshape(*shape[1:], 3),
        sigma_mm=sigma.reshape(shape[1:]),
        n_views=used.sum(axis=0).astype(np.int8).reshape(shape[1:]),
        used=used.reshape(shape),
        residual_px=residual.reshape(shape),
    )


def reproject(cameras: CameraGroup, points_mm: ArrayLike) -> Floats:
    """Where every view of a rig sees world points (..., 3): (view, ..., 2) pixels, see `project`."""
    return np.stack([project(camera, points_mm)[0] for camera in cameras])


def _place(rig: ScaledRig, seen: Sightings, options: TriangulationOptions) -> tuple[Floats, Floats, Bools]:
    """Points in mm (point, 3), their sigma in mm, and the views used (view, point)."""
    weight = softened = seen.weight
    at = solve(linear_systems(rig, seen, weight).sum(axis=0))
    at, inverse = refine(rig, seen, weight, at)
    if options.robust:
        at, weight = _agree(rig, seen, at, options)
    for _ in range(STEPS if options.robust else STEPS - 1):
        if options.robust:
            squared = np.minimum(residuals(rig, seen, at), 1e12)  # finite, as 0 times infinity is not 0
            softened = weight / (1 + weight * squared / (CAUCHY * options.noise_px) ** 2)
        at, inverse = refine(rig, seen, softened, at)
    used = weight > 0
    in_front = np.isfinite(np.where(used, residuals(rig, seen, at), 0)).all(axis=0)
    apart = widest_angle(rig, used, at) > np.radians(options.min_angle_deg)
    placed = (used.sum(axis=0) >= 2) & in_front & apart & np.isfinite(inverse).all(axis=1)
    variance = inverse[:, 0] + inverse[:, 3] + inverse[:, 5]
    sigma = options.noise_px * rig.size_mm * np.sqrt(np.where(placed, variance, np.nan))
    points = np.where(placed[:, None], rig.centre_mm + rig.size_mm * at, np.nan)
    return points, sigma, used & placed


def _descend(rig: ScaledRig, seen: Sightings, weight: Floats, at: Floats) -> Floats:
    for _ in range(STEPS):
        at, _ = refine(rig, seen, weight, at)
    return at


def _agree(
    rig: ScaledRig, seen: Sightings, at: Floats, options: TriangulationOptions
) -> tuple[Floats, Floats]:
    """Points and weights after the views that do not agree were dropped, where any might not."""
    squared = np.where(seen.weight > 0, residuals(rig, seen, at), 0)
    # One wrong view pulls the point towards itself, so look closer well before the limit is reached.
    several = (seen.weight > 0).sum(axis=0) >= 2
    doubtful = np.flatnonzero(several & ~(squared.max(axis=0) <= (options.inlier_px / 2) ** 2))
    weight = seen.weight
    if len(doubtful):
        weight, at = weight.copy(), at.copy()
        part = seen.take(doubtful)
        best = _best_pair(rig, part, options.inlier_px**2)
        for _ in range(STEPS):
            kept = part.weight * (residuals(rig, part, best) <= options.inlier_px**2)
            best = _descend(rig, part, kept, best)
        weight[:, doubtful] = part.weight * (residuals(rig, part, best) <= options.inlier_px**2)
        at[doubtful] = best
    return at, weight


def _best_pair(rig: ScaledRig, seen: Sightings, limit: float) -> Floats:
    """The point (point, 3) of that pair of views which most views agree with; NaN where no pair gives one."""
    there = seen.weight > 0
    systems = linear_systems(rig, seen, there.astype(np.float64))
    best = np.full((seen.x.shape[1], 3), np.nan)
    least = np.full(len(best), np.inf)
    for i, j in _pairs(len(systems)):
        at = solve(systems[i] + systems[j])
        cost = (np.minimum(residuals(rig, seen, at), limit) * seen.weight).sum(axis=0)
        better = (cost < least) & there[i] & there[j] & np.isfinite(at).all(axis=1)
        best[better], least[better] = at[better], cost[better]
    return best


def _pairs(views: int) -> list[tuple[int, int]]:
    every = list(combinations(range(views), 2))
    chosen = np.unique(np.linspace(0, len(every) - 1, min(len(every), MAX_PAIRS)).astype(int))
    return [every[k] for k in chosen]
