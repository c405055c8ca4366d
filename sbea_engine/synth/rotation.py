"""Rotations about the body's axes, for whole stretches of frames at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def from_yaw_pitch_roll(yaw: ArrayLike, pitch: ArrayLike = 0.0, roll: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Rotation matrices Rz(yaw) Ry(pitch) Rx(roll), angles in radians, broadcast together.

    Axes: x forward, y left, z up. Positive yaw turns left, positive pitch lowers the nose, positive roll
    lowers the right side.

    Returns:
        (..., 3, 3).
    """
    a, b, c = np.asarray(yaw, np.float64), np.asarray(pitch, np.float64), np.asarray(roll, np.float64)
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    out = np.empty((3, 3, *np.broadcast_shapes(a.shape, b.shape, c.shape)))
    out[0, 0], out[0, 1], out[0, 2] = ca * cb, ca * sb * sc - sa * cc, ca * sb * cc + sa * sc
    out[1, 0], out[1, 1], out[1, 2] = sa * cb, sa * sb * sc + ca * cc, sa * sb * cc - ca * sc
    out[2, 0], out[2, 1], out[2, 2] = -sb, cb * sc, cb * cc
    return np.moveaxis(out, (0, 1), (-2, -1))


def along(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations whose x axis points along `direction` (..., 3) and whose y axis stays level.

    A vertical direction has no level turn of its own; it then takes zero yaw.
    """
    yaw = np.arctan2(direction[..., 1], direction[..., 0])
    pitch = np.arctan2(-direction[..., 2], np.hypot(direction[..., 0], direction[..., 1]))
    return from_yaw_pitch_roll(yaw, pitch)
