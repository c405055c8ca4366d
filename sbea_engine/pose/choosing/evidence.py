"""What is known of the frames of one video when one has to be chosen for labelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses
from sbea_engine.errors import BadInput
from sbea_engine.pose.choosing.shape import body_length


class BadEvidence(BadInput):
    """Arrays about the same frames do not fit one another."""

    code = "bad_evidence"


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """What has been labelled so far, in whichever video.

    Attributes:
        points_px: float (frame, individual, keypoint, 2); NaN where nothing is placed.
        appearance: float (frame, feature), as `Evidence.appearance`; None if nobody looked at the pictures.
    """

    points_px: NDArray[np.float32]
    appearance: NDArray[np.float32] | None = None

    @property
    def poses_px(self) -> NDArray[np.float64]:
        """(pose, keypoint, 2): every individual of every frame that has two placed keypoints or more."""
        poses = self.points_px.reshape(-1, *self.points_px.shape[2:]).astype(np.float64)
        return np.asarray(poses[np.isfinite(poses).all(-1).sum(-1) >= 2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Predictions over one video, and the candidates among its frames.

    Criteria score candidates; other frames give the context in time that some criteria need.

    Attributes:
        video: Name, as in the labels.
        poses: Of one model, at candidates and at whatever other frames are known.
        rows: intp (candidate,), ascending rows of `poses` that may be chosen.
        labelled: What is labelled, in all videos.
        labelled_frames: int (any,), frames of this video that are labelled and so are not chosen again.
        others: Poses of further models at the same frames as `poses`, of the same axes; where individuals of
            either are places (`told_apart`), there may be more of them, or fewer.
        spread_px: (frame, individual, keypoint), rows as `poses`: root mean square distance of several
            networks' answers from their mean, where `poses` is what they agree on; NaN where not known.
        reprojection_px: (frame, individual, keypoint), rows as `poses`: how far the prediction is from the
            image of the point that all views agree on; NaN where that is not known.
        pictures: float (candidate, pixel), small grey pictures of whole frames, 0..1.
        appearance: float (candidate, feature), the pictures around the animals; see `pictures.py`.
    """

    video: str
    poses: Poses
    rows: NDArray[np.intp]
    labelled: Labelled
    labelled_frames: NDArray[np.int64]
    others: tuple[Poses, ...] = ()
    spread_px: NDArray[np.float32] | None = None
    reprojection_px: NDArray[np.float32] | None = None
    pictures: NDArray[np.float32] | None = None
    appearance: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        shape = self.poses.confidence.shape
        if len(self.rows) and (
            np.any(np.diff(self.rows) <= 0) or self.rows[0] < 0 or self.rows[-1] >= len(self.poses)
        ):
            raise BadEvidence(f"Candidates of {self.video!r} must be ascending rows below {len(self.poses)}.")
        for other in self.others:
            if not np.array_equal(other.frames, self.poses.frames):
                raise BadEvidence(f"{self.video!r}: models to compare must answer for the same frames.")
            if told_apart(self.poses, other) and len(other.individuals) != shape[1]:
                raise BadEvidence(f"{self.video!r}: models to compare must find the same individuals.")
            if other.skeleton.keypoints != self.poses.skeleton.keypoints:
                raise BadEvidence(f"{self.video!r}: models to compare must find the same keypoints.")
        for name, of_points in (("spread_px", self.spread_px), ("reprojection_px", self.reprojection_px)):
            if of_points is not None and of_points.shape != shape:
                raise BadEvidence(f"{self.video!r}: {name} must have shape {shape}, got {of_points.shape}.")
        if self.labelled.points_px.shape[2:] != (shape[2], 2):
            raise BadEvidence(
                f"{self.video!r}: labelled poses must have {shape[2]} keypoints, "
                f"got shape {self.labelled.points_px.shape}."
            )
        for name, array in (("pictures", self.pictures), ("appearance", self.appearance)):
            if array is not None and len(array) != len(self.rows):
                raise BadEvidence(
                    f"{self.video!r}: {name} must have {len(self.rows)} rows, got {len(array)}."
                )

    @property
    def frames(self) -> NDArray[np.int64]:
        """(candidate,) frame indices."""
        return self.poses.frames[self.rows]

    @property
    def points_px(self) -> NDArray[np.float64]:
        """(candidate, individual, keypoint, 2)."""
        return self.poses.points_px[self.rows].astype(np.float64)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(candidate, individual, keypoint); 0 where there is no answer."""
        found = self.poses.confidence[self.rows].astype(np.float64)
        answered = np.isfinite(found) & np.isfinite(self.points_px).all(-1)
        return np.where(answered, found, 0.0)

    @cached_property
    def body_px(self) -> float:
        """Median extent of labelled animals, of predicted ones where none is labelled; at least a pixel."""
        labelled = body_length(self.labelled.poses_px)
        found = labelled or body_length(self.points_px.reshape(-1, *self.points_px.shape[2:]))
        return max(found, 1.0)


def told_apart(*found: Poses) -> bool:
    """Whether an individual of one is the individual of the same number of the others. Where a model does
    not tell individuals apart, they are places, and its poses say so."""
    return not any(poses.provenance.get("individuals_are_places") for poses in found)
