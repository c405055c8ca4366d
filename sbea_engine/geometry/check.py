"""Whether a calibration can be true: cameras that stand in one place, and points that do not meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data.camera import Camera, CameraGroup
from sbea_engine.errors import BadInput
from sbea_engine.geometry.projection import undistort_px
from sbea_engine.geometry.triangulation import TriangulationOptions, triangulate

__all__ = ["BadRig", "RigCheck", "check_against", "duplicate_cameras", "folded_share"]

# Nearer than two real cameras can be, further than rounding in a file.
SAME_PLACE_MM = 0.01
SAME_DIRECTION = 1e-5
MIN_POINTS = 8
CLEARLY = 2.5
GRID = 41
PLAIN = TriangulationOptions(robust=False, min_angle_deg=0.1)


class BadRig(BadInput):
    """A calibration cannot be that of the cameras that took the pictures."""

    code = "bad_rig"


@dataclass(frozen=True, slots=True, kw_only=True)
class RigCheck:
    """How well views agree on points that they saw together.

    Attributes:
        points: How many points two or more views saw.
        median_px: By camera, the median distance between where it saw points and where they fall.
    """

    points: int
    median_px: Mapping[str, float]


def duplicate_cameras(cameras: CameraGroup) -> tuple[tuple[str, str], ...]:
    """Pairs of cameras that stand in the same place and look the same way, which no two cameras can.

    Such a file has one camera's numbers under two names.
    """
    return tuple(
        (a.name, b.name)
        for a, b in combinations(cameras, 2)
        if np.abs(a.position_mm - b.position_mm).max() <= SAME_PLACE_MM
        and np.abs(a.R - b.R).max() <= SAME_DIRECTION
    )


def folded_share(camera: Camera) -> float:
    """Share of the picture, 0 to 1, in which the lens model has no answer, as it folds before it gets there.

    Coefficients that were fitted to points near the centre do that; what is seen there cannot be placed.
    Measured at the middles of `GRID` by `GRID` equal parts of the picture.
    """
    middle = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(camera.width * middle - 0.5, camera.height * middle - 0.5)
    straight = undistort_px(camera, np.stack([x, y], axis=-1))
    return float(np.isnan(straight).any(axis=-1).mean())


def check_against(cameras: CameraGroup, points_px: ArrayLike, *, limit_px: float = 5.0) -> RigCheck:
    """Refuse a calibration by which points that its views saw together do not meet.

    Points are triangulated from all views and projected again. Where a camera's median distance is above the
    limit, each camera in turn is left out: the one without which the others agree is at fault.

    Args:
        points_px: (view, point, 2) source pixels of the same points in every view; NaN where one saw nothing.

    Raises:
        BadRig: Above the limit, naming the camera at fault where one alone is; or too few points to tell.
    """
    px = np.asarray(points_px, np.float64)
    if px.ndim != 3 or px.shape[0] != len(cameras) or px.shape[2] != 2:
        raise BadRig(f"Expected points (view {len(cameras)}, point, 2), got {px.shape}.")
    together = np.isfinite(px).all(axis=2).sum(axis=0) >= 2
    px = px[:, together]
    if px.shape[1] < MIN_POINTS:
        raise BadRig(
            f"Only {px.shape[1]} points were seen by two or more of {', '.join(cameras.names)}; "
            f"{MIN_POINTS} are needed to check a calibration."
        )
    medians = _medians(cameras, px)
    if max(medians.values()) <= limit_px:
        return RigCheck(points=px.shape[1], median_px=medians)
    listed = ", ".join(f"{name} {median:.1f} px" for name, median in medians.items())
    found = f"Points seen together do not meet by this calibration: off by {listed}, at most {limit_px:g} px."
    raise BadRig(f"{found} {_fault(cameras, px, limit_px, max(medians.values()))}", median_px=medians)


def _fault(cameras: CameraGroup, px: NDArray[np.float64], limit_px: float, worst_px: float) -> str:
    """Which camera to blame: one without which the others agree, or far better than without any other."""
    if len(cameras) < 3:
        return "Of two cameras it cannot be told which is wrong. Calibrate again."
    without: dict[str, float] = {}
    for v, name in enumerate(cameras.names):
        rest = cameras.select(tuple(n for n in cameras.names if n != name))
        without[name] = max(_medians(rest, np.delete(px, v, axis=0)).values())
    name, second = sorted(without, key=lambda n: without[n])[:2]
    best = without[name]
    if best > limit_px and not (CLEARLY * best < worst_px and CLEARLY * best < without[second]):
        return "No camera alone is at fault. Calibrate again, or check that the views show the same moment."
    twin = next((set(pair) - {name} for pair in duplicate_cameras(cameras) if name in pair), set())
    same = f" It has the numbers of camera {twin.pop()!r}." if twin else ""
    return (
        f"Camera {name!r} is at fault: without it the others agree within {best:.1f} px.{same} "
        f"Calibrate {'it' if best <= limit_px else 'the rig'} again."
    )


def _medians(cameras: CameraGroup, px: NDArray[np.float64]) -> dict[str, float]:
    """Median distance by camera over the points it saw with another; infinite where most cannot be placed."""
    seen = np.isfinite(px).all(axis=2)
    seen &= seen.sum(axis=0) >= 2
    residual = triangulate(cameras, px, options=PLAIN).residual_px
    off = np.where(np.isfinite(residual), residual, np.inf)
    return {
        name: float(np.median(off[v, seen[v]])) if seen[v].any() else 0.0
        for v, name in enumerate(cameras.names)
    }
