"""Where the poses of a map come from, predictions or labels, and the pictures that they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.io.poses_store import PosesStore
from sbea_engine.pose.pose_map.rows import BadPoseMap, PoseRows, enough, known, spread
from sbea_engine.progress import OnProgress, Progress
from sbea_engine.video.reader import FrameReader, open_frames, read_source

WINDOW = 4096
STAGE = "read poses"


class Place(NamedTuple):
    """The frame of a video that a pose is of."""

    video: str
    frame: int


class PoseSource(Protocol):
    """Poses to map, and their pictures."""

    @property
    def has_pictures(self) -> bool: ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to beware of in poses from here, one sentence each."""
        ...

    def rows(self, most: int, on_progress: OnProgress) -> PoseRows:
        """Up to `most` poses, evenly over all that say where the body lies."""
        ...

    def place(self, frame: int) -> Place:
        """What `PoseRows.frame` stands for."""
        ...

    def pictures(self, frames: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """RGB (H, W, 3) of each of these `PoseRows.frame`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictedPoses:
    """A store of poses, read in windows so that memory stays flat.

    Attributes:
        video: What the poses are of; without it there are no pictures, and speeds are by frame.
        min_confidence: Keypoints below are not known; an unknown confidence counts as sure.
    """

    store: PosesStore
    video: Path | None
    min_confidence: float

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise BadPoseMap(f"The lowest confidence lies in 0..1, got {self.min_confidence}.")
        if not self.store.complete:
            raise BadPoseMap(
                f"{self.store.folder}: only {self.store.frames_done} of {self.store.frame_count} frames are "
                f"predicted. Let the prediction finish first."
            )

    @property
    def has_pictures(self) -> bool:
        return self.video is not None

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `PoseSource`."""
        if not self.store.provenance.get("individuals_are_places") or len(self.store.individuals) < 2:
            return ()
        return (
            "The model does not tell individuals apart: an individual is a place in each frame, two animals "
            "may have changed places, and a speed may be that from one animal to another.",
        )

    def rows(self, most: int, on_progress: OnProgress) -> PoseRows:
        """See `PoseSource`; `BadPoseMap` where the video does not have the frames."""
        fps = self._rate()
        usable = np.concatenate([enough(known(w)) for _, w in self._windows(on_progress)] or [_NONE])
        at, who = np.nonzero(usable)
        chosen = spread(len(at), most)
        at, who = at[chosen], who[chosen]
        points, speed = self._gather(at, who)
        return PoseRows(
            skeleton=self.store.skeleton,
            individuals=self.store.individuals,
            points_px=points,
            frame=self.store.frames[at],
            individual=who.astype(np.int64),
            speed_px=speed,
            fps=fps,
        )

    def place(self, frame: int) -> Place:
        """See `PoseSource`."""
        named = self.video.name if self.video is not None else self.store.provenance.get("video", "")
        return Place(str(named), frame)

    def pictures(self, frames: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """See `PoseSource`; quickest in order of frame."""
        assert self.video is not None  # has_pictures
        with open_frames(self.video) as reader:
            for frame in frames:
                yield reader.read(frame)

    def _rate(self) -> float | None:
        if self.video is None:
            return None
        with open_frames(self.video) as reader:
            self._check(reader)
            return None if reader.info.variable_rate else reader.info.fps

    def _check(self, reader: FrameReader) -> None:
        count, frames = reader.info.frame_count, self.store.frames
        if len(frames) and frames[-1] >= count:
            raise BadPoseMap(
                f"{self.store.folder}: has poses of frame {frames[-1]}, and {reader.path} has frames 0 to "
                f"{count - 1}. Give the video that the poses are of."
            )

    def _windows(self, on_progress: OnProgress) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """First row and points (row, individual, keypoint, 2) of each window, NaN where not sure."""
        count = self.store.frame_count
        on_progress(Progress(stage=STAGE, done=0, total=count))
        for start in range(0, count, WINDOW):
            stop = min(start + WINDOW, count)
            yield start, self._points(start, stop)
            on_progress(Progress(stage=STAGE, done=stop, total=count))

    def _points(self, start: int, stop: int) -> NDArray[np.float64]:
        """Of these rows of the store."""
        frames = self.store.frames
        window = self.store.window(int(frames[start]), int(frames[stop - 1]) + 1)
        low = window.confidence < self.min_confidence  # False where it is NaN
        points = np.where(np.isfinite(window.points_px), window.points_px, np.nan).astype(np.float64)
        points[low] = np.nan
        return points

    def _gather(
        self, at: NDArray[np.intp], who: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points and speeds of the individuals `who` at the rows `at`, ascending."""
        keypoints, count = len(self.store.skeleton), self.store.frame_count
        points = np.full((len(at), keypoints, 2), np.nan)
        speed = np.full((len(at), keypoints), np.nan)
        for start in range(0, count, WINDOW):
            stop = min(start + WINDOW, count)
            own = np.flatnonzero((at >= start) & (at < stop))
            if len(own) == 0:
                continue
            first, last = max(0, start - 1), min(count, stop + 1)
            seen, row = self._points(first, last), at[own] - first
            points[own] = seen[row, who[own]]
            frames = self.store.frames[first:last]
            inner = (row > 0) & (row < len(frames) - 1)
            own, row = own[inner], row[inner]
            follow = frames[row + 1] - frames[row - 1] == 2
            own, row = own[follow], row[follow]
            step = seen[row + 1, who[own]] - seen[row - 1, who[own]]
            speed[own] = np.linalg.norm(step, axis=-1) / 2
        return points, speed


_NONE = np.zeros((0, 1), bool)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledPoses:
    """Labels; they have no speed, since their frames do not follow one another."""

    labels: LabelSet

    @property
    def has_pictures(self) -> bool:
        return True

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `PoseSource`; people say which individual it is."""
        return ()

    def rows(self, most: int, on_progress: OnProgress) -> PoseRows:
        """See `PoseSource`."""
        points = self.labels.points_px.astype(np.float64)
        at, who = np.nonzero(enough(known(points)))
        chosen = spread(len(at), most)
        at, who = at[chosen], who[chosen]
        on_progress(Progress(stage=STAGE, done=len(points), total=len(points)))
        return PoseRows(
            skeleton=self.labels.skeleton,
            individuals=self.labels.individuals,
            points_px=points[at, who],
            frame=at.astype(np.int64),
            individual=who.astype(np.int64),
            speed_px=np.full((len(at), points.shape[2]), np.nan),
        )

    def place(self, frame: int) -> Place:
        """See `PoseSource`."""
        source = self.labels.frames[frame]
        return Place(source.video, source.index)

    def pictures(self, frames: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """See `PoseSource`."""
        for frame in frames:
            yield read_source(self.labels.frames[frame])
