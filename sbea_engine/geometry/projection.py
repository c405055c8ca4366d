"""From the world to pixels and back to directions, for one camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.geometry.lens import distort, undistort

__all__ = ["project", "undistort_px"]

Floats = NDArray[np.float64]


def project(camera: Camera, points_mm: ArrayLike) -> tuple[Floats, Floats]:
    """Project world points (..., 3).

    Returns:
        Positions (..., 2) in pixels, NaN behind the camera and where the distortion polynomial has folded
        back (see `geometry.lens`), and depths (...) in millimetres along the camera's z axis. Positions may
        lie outside the image; see `Camera.holds`.
    """
    seen = np.asarray(points_mm, np.float64) @ camera.R.T + camera.t
    depth = seen[..., 2]
    flat = seen[..., :2] / np.where(depth > 0, depth, np.nan)[..., None]
    return to_px(camera, distort(flat, camera.distortion)), depth


def undistort_px(camera: Camera, points_px: ArrayLike) -> Floats:
    """Normalised coordinates (..., 2), without distortion, of what is seen at pixels (..., 2).

    A point at depth z that is seen there has x, y = z times the answer. NaN where the lens model has none.
    """
    return undistort(to_normalised(camera, points_px), camera.distortion)


def to_px(camera: Camera, normalised: ArrayLike) -> Floats:
    """Pixels (..., 2) of distorted normalised points (..., 2)."""
    return np.asarray(normalised, np.float64) @ camera.K[:2, :2].T + camera.K[:2, 2]


def to_normalised(camera: Camera, points_px: ArrayLike) -> Floats:
    """Distorted normalised points (..., 2) of pixels (..., 2)."""
    return (np.asarray(points_px, np.float64) - camera.K[:2, 2]) @ np.linalg.inv(camera.K[:2, :2]).T
