"""Rotations as the three numbers that other tools write."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["rotation_from_vector"]


def rotation_from_vector(vector: ArrayLike) -> NDArray[np.float64]:
    """The rotation (3, 3) about the direction of `vector` (3,) by its length in radians (Rodrigues)."""
    v = np.asarray(vector, np.float64)
    angle = float(np.linalg.norm(v))
    if angle == 0:
        return np.eye(3)
    x, y, z = v / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return np.asarray(rotation, np.float64)
