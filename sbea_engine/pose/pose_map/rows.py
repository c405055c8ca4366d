"""Poses to map: one individual on one frame each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.errors import BadInput

LEAST_KEYPOINTS = 2


class BadPoseMap(BadInput):
    """There is not enough to map, or what is asked of a map cannot be."""

    code = "bad_pose_map"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoseRows:
    """Poses, in order of frame.

    Attributes:
        skeleton: Names of the keypoint axis.
        individuals: Names that `individual` counts.
        points_px: float64 (pose, keypoint, 2); NaN where a keypoint is not known or not sure.
        frame: int64 (pose,), frame in the video; for labels, the row of the label set.
        individual: int64 (pose,), place among `individuals`.
        speed_px: float64 (pose, keypoint), pixels a frame; NaN where a neighbour in time is missing.
        fps: Frames a second, where they follow evenly; else None, and speeds are by frame.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    points_px: NDArray[np.float64]
    frame: NDArray[np.int64]
    individual: NDArray[np.int64]
    speed_px: NDArray[np.float64]
    fps: float | None = None

    def __post_init__(self) -> None:
        shape = (len(self.frame), len(self.skeleton))
        if self.points_px.shape != (*shape, 2) or self.speed_px.shape != shape:
            raise BadPoseMap(
                f"points_px and speed_px must have shapes {(*shape, 2)} and {shape}, got "
                f"{self.points_px.shape} and {self.speed_px.shape}."
            )

    def __len__(self) -> int:
        return len(self.frame)

    def select(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The poses at these rows."""
        return replace(
            self,
            points_px=self.points_px[rows],
            frame=self.frame[rows],
            individual=self.individual[rows],
            speed_px=self.speed_px[rows],
        )


def known(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points (..., 2) are there: (...)."""
    return np.asarray(np.isfinite(points).all(axis=-1), np.bool_)


def enough(placed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether poses say where the body lies: half of the keypoints, and two; (..., keypoint) -> (...).

    A skeleton of one keypoint has no shape and no pose is enough.
    """
    found: NDArray[np.bool_] = placed.sum(-1) >= max(LEAST_KEYPOINTS, placed.shape[-1] / 2)
    return found


def spread(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` rows, evenly over all of them."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.intp)
