"""Small grey pictures by which frames are compared: of the whole frame, and of the animals alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton

WHOLE_SIDE = 32
ANIMAL_SIDE = 24
BODIES = 1.6
"""Side of the picture around an animal, in body lengths."""


def whole_picture(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Flat grey picture 0..1 of a frame (H, W, 3), its longer side `WHOLE_SIDE` pixels."""
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    scale = WHOLE_SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / np.float32(255)).ravel()


def animal_pictures(
    rgb: NDArray[np.uint8], points_px: NDArray[np.floating], body_px: float, skeleton: Skeleton
) -> NDArray[np.float32]:
    """Flat grey pictures 0..1 around the animals, upright by their heading where the skeleton has one.

    Args:
        rgb: (H, W, 3).
        points_px: (individual, keypoint, 2); an animal that is nowhere has a picture of zeros.
        body_px: Length of the body.

    Returns:
        (individual * ANIMAL_SIDE * ANIMAL_SIDE,).
    """
    import cv2

    # Reduced first, by area, so that nothing fine aliases when it is turned.
    scale = min(1.0, 2 * ANIMAL_SIDE / (BODIES * body_px))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.concatenate([_cut(small, points * scale, body_px * scale, skeleton) for points in points_px])


def _cut(
    grey: NDArray[Any], points: NDArray[np.floating], body: float, skeleton: Skeleton
) -> NDArray[np.float32]:
    import cv2

    placed = np.isfinite(points).all(-1)
    if not placed.any():
        return np.zeros(ANIMAL_SIDE * ANIMAL_SIDE, np.float32)
    angle = _heading(points, skeleton)
    factor = ANIMAL_SIDE / (BODIES * body)
    turn = factor * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shift = (ANIMAL_SIDE - 1) / 2 - turn @ points[placed].mean(axis=0)
    cut = cv2.warpAffine(
        grey.astype(np.float32),
        np.column_stack([turn, shift]),
        (ANIMAL_SIDE, ANIMAL_SIDE),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cut, np.float32).ravel() / np.float32(255)


def _heading(points: NDArray[np.floating], skeleton: Skeleton) -> float:
    """Angle of the body axis in radians; 0 where it is not known."""
    if skeleton.heading is None:
        return 0.0
    rear, front = (points[skeleton.index(name)] for name in skeleton.heading)
    axis = front - rear
    return float(np.arctan2(axis[1], axis[0])) if np.isfinite(axis).all() else 0.0
