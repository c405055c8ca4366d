"""Reconstructed keypoints of individuals over the ticks of a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.skeleton import Skeleton
from sbea_engine.errors import BadInput


class BadPoses3D(BadInput):
    """Arrays of 3D poses do not fit one another."""

    code = "bad_poses_3d"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poses3D:
    """What several views together say of where keypoints are.

    Attributes:
        skeleton: Names of the keypoint axis.
        individuals: Names of the individual axis.
        views: Names of the view axis.
        ticks: int64 (tick,), strictly increasing steps of the recording's common clock.
        points_mm: float32 (tick, individual, keypoint, 3) in the calibration's world; NaN where unknown.
        sigma_mm: float32 (tick, individual, keypoint): root mean square distance from the truth to expect;
            NaN where unknown.
        n_views: int8 (tick, individual, keypoint): views that a point rests on; 0 where unknown.
        residual_px: float32 (view, tick, individual, keypoint): how far from the point's image a view saw it,
            in source pixels; NaN where it saw nothing or the point is unknown.
        provenance: JSON-serialisable facts: calibration, 2D poses, options, versions.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    views: tuple[str, ...]
    ticks: NDArray[np.int64]
    points_mm: NDArray[np.float32]
    sigma_mm: NDArray[np.float32]
    n_views: NDArray[np.int8]
    residual_px: NDArray[np.float32]
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.ticks), len(self.individuals), len(self.skeleton))
        wanted = {
            "points_mm": (*shape, 3),
            "sigma_mm": shape,
            "n_views": shape,
            "residual_px": (len(self.views), *shape),
        }
        for name, expected in wanted.items():
            if getattr(self, name).shape != expected:
                raise BadPoses3D(f"{name} must have shape {expected}, got {getattr(self, name).shape}.")
        if np.any(np.diff(self.ticks) <= 0) or (len(self.ticks) and self.ticks[0] < 0):
            raise BadPoses3D("ticks must be non-negative and strictly increasing.")
        if np.any(self.sigma_mm < 0) or np.any(self.residual_px < 0) or np.any(self.n_views < 0):
            raise BadPoses3D("sigma_mm, residual_px and n_views must not be negative.")
        if np.any(np.isfinite(self.points_mm).all(axis=-1) != (self.n_views > 0)):
            raise BadPoses3D("A point is known exactly where n_views is above 0.")

    def __len__(self) -> int:
        return len(self.ticks)
