"""The mean of labelled poses, and how far single poses are from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sbea_engine.pose.alignment import Floats, in_body, mean_shape, place

LEAST_SPREAD = 0.04
"""Of a keypoint round its place in the mean pose, as a share of the pose's extent: few labels show less."""


class Body(NamedTuple):
    """The mean pose, and how labelled poses differ from it; pixels of one kind.

    Attributes:
        shape_px: (keypoint, 2), as `alignment.mean_shape`.
        spread_px: (keypoint,) RMS distance of a keypoint from its place.
    """

    shape_px: Floats
    spread_px: Floats

    @property
    def extent_px(self) -> float:
        """Largest distance between two keypoints of the mean pose; 0 of fewer than two."""
        known = self.shape_px[np.isfinite(self.shape_px).all(-1)]
        return float(np.linalg.norm(known[:, None] - known, axis=-1).max()) if len(known) else 0.0


def make_body(points_px: Floats, heading: tuple[int, int] | None = None) -> Body:
    """From poses (pose, keypoint, 2), NaN where there is no keypoint; `heading` as in `mean_shape`."""
    shape = mean_shape(points_px, heading)
    poses = points_px[np.isfinite(points_px).all(-1).any(-1)]
    placed = place(shape, poses, np.ones(poses.shape[:2]))
    distance = np.linalg.norm(in_body(placed, poses) - shape, axis=-1)
    there = np.isfinite(distance)
    square = np.where(there, distance, 0.0) ** 2
    spread = np.sqrt(square.sum(0) / np.maximum(there.sum(0), 1))
    body = Body(shape, spread)
    return body._replace(spread_px=np.maximum(spread, LEAST_SPREAD * max(body.extent_px, 1.0)))
