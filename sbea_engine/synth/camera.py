"""Pinhole cameras in OpenCV axes: where a point in millimetres falls, and what a pixel looks along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.errors import BadInput


class BadCamera(BadInput):
    """A camera's numbers do not make a camera."""

    code = "bad_camera"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Camera:
    """A calibrated view without lens distortion.

    Attributes:
        name: Name of the view; also the stem of its video file.
        width: Image width in pixels.
        height: Image height in pixels.
        K: float64 (3, 3) intrinsics, pixels; pixel (0, 0) is the centre of the top-left pixel.
        R: float64 (3, 3) rotation, camera from world: X_c = R X + t.
        t: float64 (3,) translation in millimetres.
    """

    name: str
    width: int
    height: int
    K: NDArray[np.float64]
    R: NDArray[np.float64]
    t: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.K.shape != (3, 3) or self.R.shape != (3, 3) or self.t.shape != (3,):
            raise BadCamera(
                f"Camera {self.name!r} needs K (3, 3), R (3, 3) and t (3,), "
                f"got {self.K.shape}, {self.R.shape} and {self.t.shape}."
            )
        if self.width < 1 or self.height < 1:
            raise BadCamera(f"Camera {self.name!r} has an image of {self.width} x {self.height} pixels.")
        if not np.allclose(self.R @ self.R.T, np.eye(3), atol=1e-6) or np.linalg.det(self.R) < 0:
            raise BadCamera(f"R of camera {self.name!r} is not a rotation.")

    @property
    def position_mm(self) -> NDArray[np.float64]:
        """Centre of projection in world millimetres, (3,)."""
        return -self.R.T @ self.t

    def project(self, points_mm: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project world points (..., 3).

        Returns:
            Positions (..., 2) in pixels, NaN behind the camera, and depths (...) in millimetres along the
            camera's z axis. Positions may lie outside the image; see `holds`.
        """
        seen = np.asarray(points_mm, np.float64) @ self.R.T + self.t
        depth = seen[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            homogeneous = (seen / np.where(depth > 0, depth, np.nan)[..., None]) @ self.K.T
        return homogeneous[..., :2], depth

    def holds(self, points_px: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Which positions (..., 2) fall on a pixel of the image; NaN does not."""
        x, y = points_px[..., 0], points_px[..., 1]
        return (x >= -0.5) & (x < self.width - 0.5) & (y >= -0.5) & (y < self.height - 0.5)

    def rays(self, samples: int) -> NDArray[np.float32]:
        """Unit directions in the world of a grid of `samples` by `samples` rays a pixel.

        Returns:
            float32 (3, height * samples, width * samples).
        """
        u = (np.arange(self.width * samples) + 0.5) / samples - 0.5
        v = (np.arange(self.height * samples) + 0.5) / samples - 0.5
        grid = np.stack([*np.meshgrid(u, v), np.ones((len(v), len(u)))])
        world_from_pixel = self.R.T @ np.linalg.inv(self.K)
        directions = np.einsum("ij,jhw->ihw", world_from_pixel, grid)
        return np.asarray(directions / np.linalg.norm(directions, axis=0), np.float32)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "name": self.name,
            "width": self.width,
            "height": self.height,
            "K": self.K.tolist(),
            "R": self.R.tolist(),
            "t": self.t.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadCamera` with what is wrong."""
        try:
            return cls(
                name=str(data["name"]),
                width=int(data["width"]),
                height=int(data["height"]),
                K=np.array(data["K"], np.float64),
                R=np.array(data["R"], np.float64),
                t=np.array(data["t"], np.float64),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadCamera(f"A camera needs name, width, height, K, R and t: {error!r}.") from error


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
