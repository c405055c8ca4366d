"""Places cameras around an arena, and the rays along which their pixels look."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data.camera import BadCamera, Camera
from sbea_engine.geometry import undistort_px

__all__ = ["camera_rays", "look_at"]


def camera_rays(camera: Camera, samples: int) -> NDArray[np.float32]:
    """Unit directions in the world of a grid of `samples` by `samples` rays a pixel.

    Returns:
        float32 (3, height * samples, width * samples).

    Raises:
        BadCamera: The distortion polynomial folds back inside the image.
    """
    u = (np.arange(camera.width * samples) + 0.5) / samples - 0.5
    v = (np.arange(camera.height * samples) + 0.5) / samples - 0.5
    flat = undistort_px(camera, np.stack(np.meshgrid(u, v), axis=-1))
    if np.isnan(flat).any():
        raise BadCamera(
            f"Camera {camera.name!r}: distortion {camera.distortion.tolist()} folds back inside the image."
        )
    directions = np.einsum("ij,hwj->ihw", camera.R.T[:, :2], flat) + camera.R.T[:, 2, None, None]
    return np.asarray(directions / np.linalg.norm(directions, axis=0), np.float32)


def look_at(
    *,
    name: str,
    eye_mm: ArrayLike,
    show_mm: ArrayLike,
    width: int,
    height: int,
    fill: float,
) -> Camera:
    """A camera at `eye_mm` that frames the points `show_mm` (n, 3), its image upright.

    It is aimed so that the points' images are centred, and its focal length lets them take up `fill`
    (0..1) of the tighter image axis.
    """
    eye = np.asarray(eye_mm, np.float64)
    show = np.asarray(show_mm, np.float64)
    target = show.mean(axis=0)
    for _ in range(8):  # the centroid's image is not the middle of the images: aim until it is
        R = _facing(target - eye)
        seen = (show - eye) @ R.T
        flat = seen[:, :2] / seen[:, 2:]
        middle = (flat.min(axis=0) + flat.max(axis=0)) / 2
        target = target + R.T @ np.array([*middle, 0.0]) * np.linalg.norm(target - eye)
    half = np.abs(flat).max(axis=0)
    focal = fill * min(width / 2 / half[0], height / 2 / half[1])
    K = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    return Camera(name=name, width=width, height=height, K=K, R=R, t=-R @ eye)


def _facing(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Camera-from-world rotation that looks along `direction`, with world z (or y, from above) up."""
    forward = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])
