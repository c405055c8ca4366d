"""Pixels of labelled frames at working scale, decoded once and kept within a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import BadInput
from sbea_engine.pose.config import Colour
from sbea_engine.pose.neighbours import neighbourhood
from sbea_engine.pose.plan import Size, WorkingPlan
from sbea_engine.pose.same_pictures import SamePictures, frame_name
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.container import is_folder
from sbea_engine.video.images import SUFFIXES
from sbea_engine.video.reader import open_frames, read_source

Image = NDArray[np.uint8]

SLACK_PX, SLACK_SHARE = 2.0, 0.01
"""How far a point may be outside its picture: pixels, or a share of the longer side where that is more."""

NAMED = 3
"""Points that a message names before "and N more"."""


class FrameStore:
    """Labelled frames by row, and those round them.

    Args:
        reach: How many frames before and after each labelled one are kept too.

    Everything is decoded once, in the order of the files, by `load`. Where it does not fit into the bound,
    the least recently used frames are dropped and decoded again when asked for.
    """

    def __init__(self, labels: LabelSet, colour: Colour, limit_bytes: int, reach: int = 0) -> None:
        self._labels, self._reach = labels, reach
        self._colour = colour
        self._limit = limit_bytes
        self._kept: OrderedDict[int, Image] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.sizes: list[Size] = []
        self._sources, self._windows = neighbourhood(labels.frames, 0)

    def measure(self) -> list[Size]:
        """Size of each frame, source pixels; see `check_points`, which it calls.

        Raises:
            NoNeighbours: Frames round the labelled ones are asked for and not known; see `neighbourhood`.
            BadLabels: Labels do not fit their pictures; see `check_points`.
        """
        self._sources, self._windows = neighbourhood(self._labels.frames, self._reach)
        self.sizes = check_points(self._labels)
        return self.sizes

    def load(self, plan: WorkingPlan, *, on_progress: OnProgress = ignore) -> None:
        """Decode all labelled frames; those that share a file are read with one opening of it."""
        self._plan = plan
        for done, (row, pixels) in enumerate(read_frames(self._sources), start=1):
            self._keep(row, to_working_image(pixels, plan, self._colour))
            on_progress(Progress(stage="read frames", done=done, total=len(self._sources)))

    def working_size(self, source: Size) -> Size:
        """Size at which a frame of that size is kept."""
        return self._plan.working_size(source)

    def image(self, row: int) -> Image:
        """(h, w) grey or (h, w, 3) colour, uint8, at working scale."""
        with self._lock:
            if row in self._kept:
                self._kept.move_to_end(row)
                return self._kept[row]
        image = to_working_image(read_source(self._sources[row]), self._plan, self._colour)
        self._keep(row, image)
        return image

    def window(self, row: int) -> list[Image]:
        """`image` of the frame and of those round it, in order of time; of it alone where `reach` is 0."""
        return [self.image(int(place)) for place in self._windows[row]]

    def _keep(self, row: int, image: Image) -> None:
        with self._lock:
            self._kept[row] = image
            self._bytes += image.nbytes
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes


def reading_order(sources: Sequence[FrameSource]) -> list[int]:
    """Rows file by file, in each by frame: the order in which reading them takes the least time."""
    groups: dict[str, list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(str(source.path), []).append(row)
    return [row for rows in groups.values() for row in sorted(rows, key=lambda r: sources[r].index)]


def read_frames(sources: Sequence[FrameSource]) -> Iterator[tuple[int, Image]]:
    """Yield (row, pixels (H, W, 3) RGB) in `reading_order`; each file is opened once for all its frames.

    Raises:
        BadInput: A frame is not in its video.
        BadVideo: A file or a frame cannot be read.
    """
    for _, rows in groupby(reading_order(sources), key=lambda row: sources[row].path):
        first = next(rows)
        with open_frames(sources[first].path) as reader:
            single = reader.info.kind == "images" and not reader.path.is_dir()
            for row in (first, *rows):
                source = sources[row]
                index = 0 if single else source.index
                if index >= reader.info.frame_count:
                    raise BadInput(
                        f"{source.path}: frame {source.index} is labelled, but the video has "
                        f"{reader.info.frame_count} frames."
                    )
                yield row, reader.read(index)


def check_frames(labels: LabelSet, *, reach: int = 0, on_progress: OnProgress = ignore) -> None:
    """Decode each labelled frame and those `reach` before and after it once, so that what is wrong with one
    is found before hours of work; errors as `read_frames` and `neighbourhood`.

    Raises:
        BadLabels: Frames that show one picture contradict each other; see `SamePictures`.
    """
    every = neighbourhood(labels.frames, reach)
    labelled = {int(places[len(places) // 2]): row for row, places in enumerate(every.windows)}
    pictures = SamePictures(labels)
    for done, (place, pixels) in enumerate(read_frames(every.sources), start=1):
        if place in labelled:
            pictures.add(labelled[place], pixels)
        on_progress(Progress(stage="check frames", done=done, total=len(every.sources)))
    pictures.refuse()


def check_points(labels: LabelSet) -> list[Size]:
    """Size of each frame, source pixels; opens each file once and decodes nothing that it need not.

    Raises:
        BadLabels: A placed point lies outside its picture by more than `SLACK_PX` and `SLACK_SHARE` of the
            longer side, or one frame is labelled under two names, each time differently.
        BadVideo: A file cannot be read.
    """
    seen: dict[str, Size] = {}
    for source in labels.frames:
        if str(source.path) not in seen:
            with open_frames(source.path) as reader:
                seen[str(source.path)] = Size(reader.info.width, reader.info.height)
    sizes = [seen[str(source.path)] for source in labels.frames]
    _refuse_outside(labels, sizes)
    _refuse_contradictions(labels)
    return sizes


def _refuse_outside(labels: LabelSet, sizes: Sequence[Size]) -> None:
    points = labels.points_px.astype(np.float64)
    size = np.array(sizes, dtype=np.float64).reshape(-1, 1, 1, 2)
    slack = np.maximum(SLACK_PX, SLACK_SHARE * size.max(axis=-1, keepdims=True))
    # from the outer edges of the outermost pixels, whose centres are 0 and size - 1; NaN is nowhere
    beyond = np.maximum(-0.5 - points, points - (size - 0.5)) > slack
    wrong = np.argwhere(beyond.any(axis=-1)).tolist()
    if not wrong:
        return
    named = "; ".join(_point_name(labels, sizes, *place) for place in wrong[:NAMED])
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    raise BadLabels(
        f"Labelled points lie outside their pictures: {named}{more}. Move each into its picture, mark the "
        f"keypoint as absent, or leave it unlabelled.",
        points=len(wrong),
    )


def _point_name(labels: LabelSet, sizes: Sequence[Size], frame: int, individual: int, keypoint: int) -> str:
    source, size = labels.frames[frame], sizes[frame]
    x, y = labels.points_px[frame, individual, keypoint]
    whose = f" of {labels.individuals[individual]}" if len(labels.individuals) > 1 else ""
    return (
        f"{labels.skeleton.keypoints[keypoint]}{whose} at ({x:.6g}, {y:.6g}) on {frame_name(source)} "
        f"({source.path}, {size.width} x {size.height} pixels)"
    )


def _refuse_contradictions(labels: LabelSet) -> None:
    """A picture file is one frame, whatever its entries are called. What one says and another leaves open
    is no contradiction."""
    first: dict[tuple[tuple[int, int], int], int] = {}
    files: dict[Path, tuple[int, int]] = {}
    said = labels.visibility != Visibility.UNLABELLED
    for row, source in enumerate(labels.frames):
        still = source.path.suffix.lower() in SUFFIXES and not is_folder(source.path)
        if source.path not in files:
            there = source.path.stat()
            files[source.path] = there.st_dev, there.st_ino  # the same by any link
        other = first.setdefault((files[source.path], 0 if still else int(source.index)), row)
        both = said[row] & said[other]
        if not np.array_equal(labels.points_px[row][both], labels.points_px[other][both], equal_nan=True):
            raise BadLabels(
                f"{frame_name(labels.frames[other])} and {frame_name(source)} are the same picture, "
                f"{source.path}, with different labels. Keep one of them, or give each its own picture."
            )


def to_working_image(rgb: Image, plan: WorkingPlan, colour: Colour) -> Image:
    """A frame (H, W, 3) in the colours that the network sees, at working scale."""
    return scaled(in_colour(rgb, colour), plan)


def in_colour(rgb: Image, colour: Colour) -> Image:
    """A frame (H, W, 3), or its grey (H, W)."""
    import cv2

    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False) if colour == "grey" else rgb


def scaled(image: Image, plan: WorkingPlan) -> Image:
    """A frame (H, W[, 3]) at working scale, reduced by area, so that no fine detail aliases."""
    import cv2

    size = plan.working_size(Size(image.shape[1], image.shape[0]))
    if size != (image.shape[1], image.shape[0]):
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return np.ascontiguousarray(image)
