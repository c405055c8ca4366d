"""Predicted keypoints of individuals over the frames of one view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.skeleton import Skeleton
from sbea_engine.errors import BadInput


class BadPoses(BadInput):
    """Arrays of poses do not fit one another."""

    code = "bad_poses"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poses:
    """Model output for one view: never a human label.

    Attributes:
        skeleton: Names of the keypoint axis.
        individuals: Names of the individual axis.
        frames: int64 (frame,), strictly increasing source frame indices.
        points_px: float32 (frame, individual, keypoint, 2); NaN where there is no answer.
        confidence: float32 (frame, individual, keypoint) in 0..1.
        provenance: JSON-serialisable facts: model id, video, config, versions.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    frames: NDArray[np.int64]
    points_px: NDArray[np.float32]
    confidence: NDArray[np.float32]
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.frames), len(self.individuals), len(self.skeleton))
        if self.points_px.shape != (*shape, 2):
            raise BadPoses(f"points_px must have shape {(*shape, 2)}, got {self.points_px.shape}.")
        if self.confidence.shape != shape:
            raise BadPoses(f"confidence must have shape {shape}, got {self.confidence.shape}.")
        if np.any(np.diff(self.frames) <= 0) or (len(self.frames) and self.frames[0] < 0):
            raise BadPoses("frames must be non-negative and strictly increasing.")
        finite = self.confidence[np.isfinite(self.confidence)]
        if finite.size and (finite.min() < 0 or finite.max() > 1):
            raise BadPoses("confidence must lie in 0..1.")

    def __len__(self) -> int:
        return len(self.frames)
