"""Calibrated cameras in OpenCV axes, one or a rig of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import index
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

CALIBRATION_FORMAT = "sbea-calibration/1"
# What keeps a hostile document from asking for an endless rig or picture.
MAX_CAMERAS = 64
MAX_SIDE_PX = 32_768
# A lens moves a point of its picture by a share of its distance from the axis. What moves one by ten times
# that distance is no lens, and would only run out of numbers.
MAX_BEND = 10.0
BEND_STEPS = 256  # of the radius squared: they miss no more than 0.02 % of the most that a cubic reaches
MAX_COEFFICIENT = 1e9


class BadCamera(BadInput):
    """A camera's numbers do not make a camera, or cameras do not make a rig."""

    code = "bad_camera"


def _no_distortion() -> NDArray[np.float64]:
    return np.zeros(5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Camera:
    """A calibrated view: pinhole and Brown lens distortion.

    Attributes:
        name: Name of the view; also the stem of its video file.
        width: Image width in pixels.
        height: Image height in pixels.
        K: float64 (3, 3) intrinsics, pixels; pixel (0, 0) is the centre of the top-left pixel.
        distortion: float64 (5,) Brown coefficients k1, k2, p1, p2, k3 in OpenCV's order; zeros for none.
            Together they move no point of the picture by more than `MAX_BEND` times its distance from the
            axis. That a lens folds inside its picture is no error here: see `geometry.lens`.
        R: float64 (3, 3) rotation, camera from world: X_c = R X + t.
        t: float64 (3,) translation in millimetres.
    """

    name: str
    width: int
    height: int
    K: NDArray[np.float64]
    distortion: NDArray[np.float64] = field(default_factory=_no_distortion)
    R: NDArray[np.float64]
    t: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not self.name:
            raise BadCamera("A camera needs a name.")
        shapes = (self.K.shape, self.distortion.shape, self.R.shape, self.t.shape)
        if shapes != ((3, 3), (5,), (3, 3), (3,)):
            raise BadCamera(
                f"Camera {self.name!r} needs K (3, 3), distortion (5,), R (3, 3) and t (3,), "
                f"got {', '.join(map(str, shapes))}."
            )
        if not (1 <= self.width <= MAX_SIDE_PX and 1 <= self.height <= MAX_SIDE_PX):
            raise BadCamera(f"Camera {self.name!r} has an image of {self.width} x {self.height} pixels.")
        if not all(np.isfinite(a).all() for a in (self.K, self.distortion, self.R, self.t)):
            raise BadCamera(f"Camera {self.name!r} has a number that is not finite.")
        if (self.K[[1, 2, 2, 2], [0, 0, 1, 2]] != (0, 0, 0, 1)).any() or (np.diag(self.K) <= 0).any():
            raise BadCamera(
                f"K of camera {self.name!r} must be [[fx, s, cx], [0, fy, cy], [0, 0, 1]] with positive "
                f"focal lengths, got {self.K.tolist()}. Some tools write it transposed."
            )
        bend, worst = self._bend(), np.abs(self.distortion).max()
        if not bend <= MAX_BEND or worst > MAX_COEFFICIENT:
            wrong = (
                f"has a coefficient of {worst:.3g}; {MAX_COEFFICIENT:g} is the most"
                if bend <= MAX_BEND
                else f"moves a point of the picture by {bend:.3g} times its distance from the axis; "
                f"{MAX_BEND:g} is the most"
            )
            raise BadCamera(
                f"Distortion {self.distortion.tolist()} of camera {self.name!r} {wrong}. The coefficients "
                f"are k1, k2, p1, p2, k3, of coordinates that are divided by the focal length."
            )
        if not np.allclose(self.R @ self.R.T, np.eye(3), atol=1e-6) or np.linalg.det(self.R) < 0:
            raise BadCamera(f"R of camera {self.name!r} is not a rotation.")

    def _bend(self) -> float:
        """How far the lens moves a point at most, as a share of its distance from the axis.

        Of all points that are no further out than the farthest corner of the picture, in any direction.
        """
        k1, k2, p1, p2, k3 = self.distortion
        x = max(abs(-0.5 - self.K[0, 2]), abs(self.width - 0.5 - self.K[0, 2])) / self.K[0, 0]
        y = max(abs(-0.5 - self.K[1, 2]), abs(self.height - 0.5 - self.K[1, 2])) / self.K[1, 1]
        with np.errstate(over="ignore", invalid="ignore"):  # infinite, or no number: both are too much
            s = (np.float64(x) ** 2 + np.float64(y) ** 2) * np.linspace(0, 1, BEND_STEPS + 1)
            along = np.abs(s * (k1 + s * (k2 + s * k3)))
            return float((along + 3 * np.sqrt(s) * np.hypot(p1, p2)).max())

    @property
    def position_mm(self) -> NDArray[np.float64]:
        """Centre of projection in world millimetres, (3,)."""
        return -self.R.T @ self.t

    def holds(self, points_px: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Which positions (..., 2) fall on a pixel of the image; NaN does not."""
        x, y = points_px[..., 0], points_px[..., 1]
        return (x >= -0.5) & (x < self.width - 0.5) & (y >= -0.5) & (y < self.height - 0.5)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "name": self.name,
            "width": self.width,
            "height": self.height,
            "K": self.K.tolist(),
            "distortion": self.distortion.tolist(),
            "R": self.R.tolist(),
            "t": self.t.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; a missing `distortion` is none.

        Raises:
            BadCamera: Saying what is wrong.
        """
        try:
            return cls(
                name=str(data["name"]),
                width=index(data["width"]),
                height=index(data["height"]),
                K=np.array(data["K"], np.float64),
                distortion=np.array(data.get("distortion", [0.0] * 5), np.float64),
                R=np.array(data["R"], np.float64),
                t=np.array(data["t"], np.float64),
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise BadCamera(f"A camera needs name, width, height, K, R and t: {error!r}.") from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CameraGroup:
    """The cameras of one rig, in an order, in one world.

    Attributes:
        cameras: One or more, each with a name of its own.
    """

    cameras: tuple[Camera, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.cameras) <= MAX_CAMERAS:
            raise BadCamera(f"A rig has 1 to {MAX_CAMERAS} cameras, got {len(self.cameras)}.")
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            raise BadCamera(f"Two cameras of a rig have the same name: {', '.join(repeated)}.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(camera.name for camera in self.cameras)

    def __len__(self) -> int:
        return len(self.cameras)

    def __iter__(self) -> Iterator[Camera]:
        return iter(self.cameras)

    def __getitem__(self, name: str) -> Camera:
        """The camera of that name; raises `BadCamera` naming those that are there."""
        if name not in self.names:
            raise BadCamera(f"No camera {name!r}; the rig has {', '.join(self.names)}.")
        return self.cameras[self.names.index(name)]

    def select(self, names: tuple[str, ...]) -> Self:
        """The rig of these cameras in this order; raises `BadCamera` for one that is not there."""
        return type(self)(cameras=tuple(self[name] for name in names))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {"format": CALIBRATION_FORMAT, "cameras": [camera.to_dict() for camera in self.cameras]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadCamera` with what is wrong."""
        if data.get("format") != CALIBRATION_FORMAT:
            raise BadCamera(f"Expected format {CALIBRATION_FORMAT!r}, got {data.get('format')!r}.")
        cameras = data.get("cameras")
        if not isinstance(cameras, list) or not all(isinstance(camera, Mapping) for camera in cameras):
            raise BadCamera("'cameras' must be a list of cameras.")
        if len(cameras) > MAX_CAMERAS:
            raise BadCamera(f"A rig has 1 to {MAX_CAMERAS} cameras, got {len(cameras)}.")
        return cls(cameras=tuple(Camera.from_dict(camera) for camera in cameras))
