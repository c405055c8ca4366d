"""Places cameras around an arena, and the rays along which their pixels look."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RectBivariateSpline

from sbea_engine.data.camera import BadCamera, Camera
from sbea_engine.geometry import distort, undistort_px

__all__ = ["by_place", "camera_rays", "flat_grid", "image_boxes", "look_at"]

NODE_PX = 4


def flat_grid(camera: Camera, samples: int, rows: slice = slice(None)) -> NDArray[np.float64]:
    """Undistorted normalised coordinates of a grid of `samples` by `samples` points a pixel.

    The lens is undone exactly every few pixels, and by quintic splines between them: it is smooth enough that
    they agree to 1e-9 (tested), far below what float32 rays can tell.

    Args:
        rows: The pixel rows wanted.

    Returns:
        float64 (2, rows * samples, width * samples).

    Raises:
        BadCamera: The distortion polynomial folds back inside the image.
    """
    u = (np.arange(camera.width * samples) + 0.5) / samples - 0.5
    first, last, _ = rows.indices(camera.height)
    v = (np.arange(first * samples, last * samples) + 0.5) / samples - 0.5
    if not camera.distortion.any():
        return np.moveaxis(undistort_px(camera, np.stack(np.meshgrid(u, v), axis=-1)), -1, 0)
    return np.stack([spline(v, u) for spline in _lens_splines(camera)])


@lru_cache(maxsize=16)
def _lens_splines(camera: Camera) -> tuple[RectBivariateSpline, RectBivariateSpline]:
    """x and y of undistorted normalised coordinates over (row, column) of the image."""
    u, v = (np.linspace(-0.5, n - 0.5, max(9, n // NODE_PX)) for n in (camera.width, camera.height))
    flat = undistort_px(camera, np.stack(np.meshgrid(u, v), axis=-1))
    if np.isnan(flat).any():
        raise BadCamera(
            f"Camera {camera.name!r}: distortion {camera.distortion.tolist()} folds back inside the image."
        )
    x, y = (RectBivariateSpline(v, u, flat[..., axis], kx=5, ky=5, s=0) for axis in (0, 1))
    return x, y


def camera_rays(camera: Camera, samples: int, rows: slice = slice(None)) -> NDArray[np.float32]:
    """Unit directions in the world of a grid of `samples` by `samples` rays a pixel.

    Rays pass through undistorted positions, so that what they meet is distorted as the lens does it.

    Args:
        rows: The pixel rows wanted.

    Returns:
        float32 (3, rows * samples, width * samples).

    Raises:
        BadCamera: The distortion polynomial folds back inside the image.
    """
    flat = flat_grid(camera, samples, rows)
    directions = np.einsum("ij,jhw->ihw", camera.R.T[:, :2], flat) + camera.R.T[:, 2, None, None]
    return np.asarray(directions / np.sqrt(1 + (flat**2).sum(0)), np.float32)


def by_place(grid: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Rays of a grid by their place in the pixel: first those at the first place of all pixels, and so on.

    Args:
        grid: (..., rows * samples, columns * samples).

    Returns:
        (..., samples^2, rows, columns).
    """
    rows, columns = grid.shape[-2] // samples, grid.shape[-1] // samples
    cut = grid.reshape(*grid.shape[:-2], rows, samples, columns, samples)
    placed = np.ascontiguousarray(np.moveaxis(cut, (-3, -1), (-4, -3)))
    return placed.reshape(*grid.shape[:-2], samples * samples, rows, columns)


@lru_cache(maxsize=64)
def _field(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undistorted normalised bounds, low and high (2,), of all that falls on the image."""
    x, y = (np.linspace(-0.5, side - 0.5, 65) for side in (camera.width, camera.height))
    edges = [
        np.stack(np.broadcast_arrays(a, b), -1) for a, b in ((x, y[0]), (x, y[-1]), (x[0], y), (x[-1], y))
    ]
    border = undistort_px(camera, np.concatenate(edges))
    return border.min(axis=0), border.max(axis=0)


def image_boxes(
    camera: Camera, low_px: NDArray[np.float64], high_px: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Boxes in the distorted image that hold what lies in boxes (n, 2) of the undistorted one.

    A box is first cut to the field of view: further out, the lens model would fold it back into the image.

    Returns:
        low and high, (n, 2) in pixels, and whether any of the box can be seen, (n,). NaN boxes are not.
    """
    if not camera.distortion.any():
        return low_px, high_px, np.asarray(~np.isnan(low_px).any(axis=1))
    focal, skew, centre = np.diag(camera.K)[:2], camera.K[0, 1], camera.K[:2, 2]
    if skew:
        raise BadCamera(f"Camera {camera.name!r}: the renderer knows no skew, got {skew}.")
    first, last = _field(camera)
    low = np.maximum((low_px - centre) / focal, first)
    high = np.minimum((high_px - centre) / focal, last)
    seen = (low < high).all(axis=1)
    t = np.linspace(0, 1, 5)
    one = np.ones(5)
    walk = np.concatenate(
        [np.stack(e, 1) for e in ((t, 0 * one), (t, one), (0 * one, t), (one, t))]
    )  # round the box: what is inside stays inside its bent border
    border = low[:, None] + walk * (high - low)[:, None]
    bent = distort(border, camera.distortion) * focal + centre
    first_px, last_px = bent.min(axis=1), bent.max(axis=1)
    folded = np.isnan(bent).any(axis=(1, 2))  # close to the model's limit: anywhere in the image
    first_px[folded], last_px[folded] = -0.5, (camera.width, camera.height)
    return first_px, last_px, np.asarray(seen, np.bool_)


def look_at(
    *,
    name: str,
    eye_mm: ArrayLike,
    show_mm: ArrayLike,
    width: int,
    height: int,
    fill: float,
    distortion: ArrayLike = (0.0, 0.0, 0.0, 0.0, 0.0),
) -> Camera:
    """A camera at `eye_mm` that frames the points `show_mm` (n, 3), its image upright.

    It is aimed so that the points' images are centred, and its focal length lets them take up `fill`
    (0..1) of the tighter image axis.

    Raises:
        BadCamera: The distortion is too strong for so wide a view.
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
    bent = distort(flat, distortion)
    if np.isnan(bent).any():
        raise BadCamera(
            f"Camera {name!r}: distortion {np.asarray(distortion).tolist()} folds back inside the view."
        )
    half = np.abs(bent).max(axis=0)
    focal = fill * min(width / 2 / half[0], height / 2 / half[1])
    K = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    bend = np.asarray(distortion, np.float64)
    return Camera(name=name, width=width, height=height, K=K, distortion=bend, R=R, t=-R @ eye)


def _facing(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Camera-from-world rotation that looks along `direction`, with world z (or y, from above) up."""
    forward = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])
