"""A video with its poses drawn on every frame, to look at and to show."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses
from sbea_engine.draw.pose_marks import Marks, PoseLook, PosePen
from sbea_engine.errors import BadInput
from sbea_engine.io.poses_store import PosesStore, open_poses
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.encode import playing_rate
from sbea_engine.video.fingerprint import fingerprint
from sbea_engine.video.movie import MAX_SIDE, MIN_SIDE, MovieWriter, new_movie
from sbea_engine.video.reader import FrameReader, open_frames
from sbea_engine.video.video_file import VideoReader

STAGE = "draw poses"
WINDOW = 512
MIN_SCALE, MAX_SCALE = 0.05, 8.0
MIN_SPEED, MAX_SPEED = 0.01, 100.0


class BadLabelledVideo(BadInput):
    """Poses, video and settings do not fit one another."""

    code = "bad_labelled_video"


class Crop(NamedTuple):
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledVideoConfig:
    """What of a video is drawn, and how.

    Attributes:
        look: See `PoseLook`; sizes are pixels of the movie, after cropping and scaling.
        first, last: Frame numbers of the video, both included; to its last frame where None.
        crop: What of the pictures is kept; all where None.
        scale: Size of the movie as a multiple of what is kept.
        speed: 1 plays as it was recorded, 0.1 ten times slower.
        frame_numbers: Write each frame's number in the corner.
    """

    look: PoseLook = field(default_factory=PoseLook)
    first: int = 0
    last: int | None = None
    crop: Crop | None = None
    scale: float = 1.0
    speed: float = 1.0
    frame_numbers: bool = False

    def __post_init__(self) -> None:
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise BadLabelledVideo(
                f"Frames {self.first} to {self.last} are no range. The first is 0 or more, the last not "
                f"before it."
            )
        if self.crop is not None and (min(self.crop) < 0 or min(self.crop[2:]) < 1):
            raise BadLabelledVideo(
                f"Crop {tuple(self.crop)} is no rectangle. Give left, top, width and height in pixels."
            )
        if not MIN_SCALE <= self.scale <= MAX_SCALE:
            raise BadLabelledVideo(f"The scale is {MIN_SCALE} to {MAX_SCALE}, got {self.scale}.")
        if not MIN_SPEED <= self.speed <= MAX_SPEED:
            raise BadLabelledVideo(f"The speed is {MIN_SPEED} to {MAX_SPEED}, got {self.speed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledVideo:
    """A movie on disk.

    Attributes:
        frame_count: Pictures in it.
        first, last: Their frame numbers in the source.
        width, height: Pixels, before an odd side was made even.
        frames_without_poses: Frames on which nothing was drawn.
        warnings: What to beware of, one sentence each.
    """

    file: Path
    frame_count: int
    first: int
    last: int
    width: int
    height: int
    frames_without_poses: int
    warnings: tuple[str, ...]
    seconds: float


def write_labelled_video(
    poses: Path,
    video: Path,
    out: Path,
    config: LabelledVideoConfig,
    *,
    on_progress: OnProgress = ignore,
) -> LabelledVideo:
    """Draw a store of poses on its video, as an MP4 that browsers play; it is there whole or not at all.

    Pictures keep their times: of the source where it has them, else of the rate at which the studio plays it.

    Args:
        poses: Folder of the store.
        video: What `open_frames` reads.
        out: The file to write; must not exist.

    Raises:
        BadLabelledVideo: Poses of frames that the video does not have, or not all predicted yet; frames or a
            crop outside the video.
        BadPosesStore, BadVideo, BadMovie: One of the three cannot be used.
        CannotWrite: The disk is full, or the folder may not be written.
        Cancelled: From `on_progress`, which is called after each frame.
    """
    began = time.monotonic()
    store = open_poses(poses)
    with open_frames(video) as reader, new_movie(out) as draft:
        last = _check(store, reader, config)
        cut = _Cut.of(reader, config)
        total, empty = last - config.first + 1, 0
        pen = PosePen(
            skeleton=store.skeleton, individuals=len(store.individuals), size=cut.size, look=config.look
        )
        clock = _Clock.of(reader, config)
        marks = _marks(store, cut, config, last)
        with MovieWriter(draft, *cut.size, time_base=clock.time_base, fps=clock.fps) as movie:
            on_progress(Progress(stage=STAGE, done=0, total=total))
            for frame, rgb in reader.iterate(config.first, last + 1):
                now, trail = next(marks)
                picture = cut.picture(rgb)
                if now is not None:
                    pen.draw(picture, now, trail)
                empty += now is None or not now.sure.any()
                if config.frame_numbers:
                    _write_number(picture, frame)
                movie.add(picture, *clock.of_frame(frame))
                on_progress(Progress(stage=STAGE, done=frame - config.first + 1, total=total))
        warnings = _warnings(store, video)
        if empty == total:
            warnings += ("Nothing is drawn: no frame of these has a pose that is sure enough.",)
    return LabelledVideo(
        file=out,
        frame_count=total,
        first=config.first,
        last=last,
        width=cut.size[0],
        height=cut.size[1],
        frames_without_poses=empty,
        warnings=warnings,
        seconds=time.monotonic() - began,
    )


def _check(store: PosesStore, reader: FrameReader, config: LabelledVideoConfig) -> int:
    """The last frame to draw."""
    count = reader.info.frame_count
    if not store.complete:
        raise BadLabelledVideo(
            f"{store.folder}: only {store.frames_done} of {store.frame_count} frames are predicted. Let the "
            f"prediction finish first."
        )
    if len(store.frames) and store.frames[-1] >= count:
        raise BadLabelledVideo(
            f"{store.folder}: has poses of frame {store.frames[-1]}, and {reader.path} has frames 0 to "
            f"{count - 1}. Give the video that the poses are of."
        )
    last = count - 1 if config.last is None else config.last
    if config.first >= count or last >= count:
        raise BadLabelledVideo(
            f"{reader.path}: has frames 0 to {count - 1}; {config.first} to {last} were asked for."
        )
    return last


def _warnings(store: PosesStore, video: Path) -> tuple[str, ...]:
    """Poses may rightly lie over another copy of their video; whoever does so is told."""
    found = []
    known = store.provenance.get("video_fingerprint")
    if known is not None and known != fingerprint(video):
        found.append(
            f"The poses were predicted on another file than {video.name}. If that is no copy with the same "
            f"frames, they are drawn in the wrong places."
        )
    if store.provenance.get("individuals_are_places") and len(store.individuals) > 1:
        found.append(
            "The model does not tell individuals apart: a colour is a place in each frame, and two animals "
            "may have changed places."
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """From a picture of the source to one of the movie: cropped, then scaled about corners of pixels."""

    crop: Crop
    size: tuple[int, int]

    @classmethod
    def of(cls, reader: FrameReader, config: LabelledVideoConfig) -> _Cut:
        info = reader.info
        crop = config.crop or Crop(0, 0, info.width, info.height)
        if crop.left + crop.width > info.width or crop.top + crop.height > info.height:
            raise BadLabelledVideo(
                f"{reader.path}: its pictures are {info.width} x {info.height} pixels, and the crop "
                f"{tuple(crop)} (left, top, width, height) reaches beyond them."
            )
        size = round(crop.width * config.scale), round(crop.height * config.scale)
        if min(size) < MIN_SIDE or max(size) > MAX_SIDE:
            raise BadLabelledVideo(
                f"The film would be {size[0]} x {size[1]} pixels; sides are {MIN_SIDE} to {MAX_SIDE}. Choose "
                f"another crop or scale."
            )
        return cls(crop=crop, size=size)

    def picture(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A contiguous copy to draw on."""
        left, top, width, height = self.crop
        kept = rgb[top : top + height, left : left + width]
        if self.size == (width, height):
            return np.array(kept, order="C")
        smaller = self.size[0] < width
        resized = cv2.resize(kept, self.size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        return np.ascontiguousarray(resized, np.uint8)

    def points(self, points_px: NDArray[np.float32]) -> NDArray[np.float64]:
        """Source pixels (..., 2) as pixels of the movie."""
        left, top, width, height = self.crop
        scale = np.array(self.size) / (width, height)
        found: NDArray[np.float64] = (points_px.astype(np.float64) - (left, top) + 0.5) * scale - 0.5
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """When a frame is shown, from the first one of the movie on."""

    time_base: Fraction
    fps: float | None
    times: NDArray[np.int64] | None  # of all frames of the source; None: they follow evenly
    first: int

    @classmethod
    def of(cls, reader: FrameReader, config: LabelledVideoConfig) -> _Clock:
        fps, speed = reader.info.fps, Fraction(config.speed).limit_denominator(1000)
        paced = None if fps is None else fps * config.speed
        if isinstance(reader, VideoReader) and reader.index.timed:
            index = reader.index
            return cls(time_base=index.time_base / speed, fps=paced, times=index.pts, first=config.first)
        return cls(time_base=1 / (playing_rate(fps) * speed), fps=paced, times=None, first=config.first)

    def of_frame(self, frame: int) -> tuple[int, int]:
        """Time and duration in units of the time base; the last frame lasts as long as the one before it."""
        if self.times is None:
            return frame - self.first, 1
        times = self.times
        began = min(frame, len(times) - 2)
        lasts = int(times[began + 1] - times[began]) if began >= 0 else 1
        return int(times[frame] - times[self.first]), lasts


def _marks(
    store: PosesStore, cut: _Cut, config: LabelledVideoConfig, last: int
) -> Iterator[tuple[Marks | None, list[Marks]]]:
    """For each frame of the movie what is drawn of it, and the unbroken run of frames before it."""
    look = config.look
    before: deque[Marks] = deque(maxlen=look.trail_frames)
    for frame, row in _rows(store, max(0, config.first - look.trail_frames), last):
        marks = None
        if row is not None:
            points, confidence = row
            marks = Marks.of(cut.points(points), confidence, look.min_confidence)
        if frame >= config.first:
            yield marks, list(before) if marks is not None else []
        if marks is None:
            before.clear()
        else:
            before.append(marks)


Row = tuple[NDArray[np.float32], NDArray[np.float32]]


def _rows(store: PosesStore, first: int, last: int) -> Iterator[tuple[int, Row | None]]:
    """Every frame number with its points and confidence, None where the store has no such frame."""
    for start in range(first, last + 1, WINDOW):
        stop = min(start + WINDOW, last + 1)
        window: Poses = store.window(start, stop)
        rows = {int(frame): row for row, frame in enumerate(window.frames)}
        for frame in range(start, stop):
            row = rows.get(frame)
            yield frame, None if row is None else (window.points_px[row], window.confidence[row])


def _write_number(picture: NDArray[np.uint8], frame: int) -> None:
    """In the lower left corner, white with a dark edge."""
    height = picture.shape[0]
    size = max(0.4, height / 900)
    place = (round(12 * size), height - round(14 * size))
    for ink, width in (((20, 20, 20), 4), ((255, 255, 255), 1)):
        thick = max(1, round(width * size * 1.2))
        cv2.putText(picture, str(frame), place, cv2.FONT_HERSHEY_SIMPLEX, size, ink, thick, cv2.LINE_AA)
