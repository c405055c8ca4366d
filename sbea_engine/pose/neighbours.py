"""Which frames lie before and after a frame, and where it is not known that they do.

At the edges of a video its first or last frame is taken again: the nearest that there is. A picture by itself
has no neighbours that anybody knows of; it is refused where neighbours are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource
from sbea_engine.errors import BadInput
from sbea_engine.pose.answers import Answer
from sbea_engine.video.container import is_folder
from sbea_engine.video.images import SUFFIXES
from sbea_engine.video.info import FramesInfo
from sbea_engine.video.reader import open_frames

NAMED = 3
"""Frames that a message names before "and N more"."""

REMEDY = (
    "Label frames of the video itself (in labels.json the path of a frame is then that of its video), or "
    "train with --context 0."
)


class NoNeighbours(BadInput):
    """Frames before and after are asked for where nobody knows which they are."""

    code = "no_neighbours"


class Neighbourhood(NamedTuple):
    """Frames and the frames round them, each once.

    Attributes:
        sources: Those asked for, then all others.
        windows: (frame, time): for each that was asked for, places in `sources` in order of time.
    """

    sources: tuple[FrameSource, ...]
    windows: NDArray[np.intp]


class Run(NamedTuple):
    """Frames first <= frame < stop of a video, read in one go to answer those that are `wanted`."""

    first: int
    stop: int
    wanted: NDArray[np.intp]


def neighbourhood(sources: Sequence[FrameSource], reach: int) -> Neighbourhood:
    """Frames and, where `reach` is not 0, so many before and after each; opens each file once.

    Raises:
        NoNeighbours: Frames are single pictures, or a folder does not hold all frames of its video.
        BadInput: A frame is not in its video.
        BadVideo: A file cannot be read.
    """
    if reach == 0:
        return Neighbourhood(tuple(sources), np.arange(len(sources), dtype=np.intp)[:, None])
    _refuse_stills(sources, reach)
    counts = {path: _frames_in(path, sources, reach) for path in {source.path for source in sources}}
    found, places = list(sources), {(s.path, int(s.index)): row for row, s in enumerate(sources)}
    windows = np.empty((len(sources), 2 * reach + 1), dtype=np.intp)
    for row, source in enumerate(sources):
        for column, index in enumerate(window(int(source.index), reach, counts[source.path])):
            if (source.path, index) not in places:
                places[source.path, index] = len(found)
                found.append(FrameSource(video=source.video, index=index, path=source.path))
            windows[row, column] = places[source.path, index]
    return Neighbourhood(tuple(found), windows)


def window(index: int, reach: int, count: int) -> list[int]:
    """The frames `reach` before to `reach` after one, of a video of `count`; edges are taken again."""
    return [min(max(i, 0), count - 1) for i in range(index - reach, index + reach + 1)]


def check_film(path: Path, info: FramesInfo, reach: int) -> None:
    """Raise `NoNeighbours` where frames cannot be known to follow one another: a single picture, or pictures
    of a folder whose numbers leave some out here and there."""
    if info.kind != "images":
        return
    if not is_folder(path):
        raise NoNeighbours(
            f"{path} is a single picture: the {reach} frames before and after it, which this model sees too, "
            f"are not known. Give the video, or a model that was trained with --context 0."
        )
    names = info.names or ()
    digits = [re.findall("[0-9]+", Path(name).stem) for name in names]
    numbers = [int(found[-1]) for found in digits if found]
    steps = np.diff(numbers)
    if len(numbers) < len(names) or len(set(steps.tolist())) <= 1:
        return  # nothing can be told from the names, or they are evenly spaced
    odd = int(np.flatnonzero(steps > steps.min())[0])
    raise NoNeighbours(
        f"{path}: {names[odd + 1]} comes after {names[odd]}, so that frames between them are missing and the "
        f"{reach} before and after a frame are not known. Put all frames of the video there, or use a model "
        f"that was trained with --context 0."
    )


def is_film(path: Path, info: FramesInfo) -> bool:
    """Whether frames follow one another; what `check_film` refuses are pictures by themselves."""
    try:
        check_film(path, info, 1)
    except NoNeighbours:
        return False
    return True


def runs_of(frames: Sequence[int], reach: int, count: int, path: Path) -> list[Run]:
    """The fewest stretches of a video of `count` frames that hold all windows round `frames`.

    Args:
        frames: Strictly increasing.
        path: Of the video, for messages.

    Raises:
        BadInput: A frame is not in the video.
    """
    if len(frames) and int(frames[-1]) >= count:
        raise BadInput(f"{path}: frame {frames[-1]} is asked for, but the video has {count} frames.")
    wanted = np.asarray(frames, dtype=np.intp)
    parts = np.split(wanted, np.flatnonzero(np.diff(wanted) > 2 * reach + 1) + 1) if len(wanted) else []
    return [Run(max(0, int(p[0]) - reach), min(count, int(p[-1]) + reach + 1), p) for p in parts]


def between(
    answers: Generator[Answer], first: int, start: int, stop: int
) -> Generator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
    """Of answers to the frames from `first` on, some at a time, those to start <= frame < stop.

    Yields:
        The first frame of some, their points and their confidence.
    """
    at = first
    with closing(answers):
        for points, confidence in answers:
            low, high = max(0, start - at), min(len(points), stop - at)
            if low < high:
                yield at + low, points[low:high], confidence[low:high]
            at += len(points)


def _refuse_stills(sources: Sequence[FrameSource], reach: int) -> None:
    found = [s for s in sources if s.path.suffix.lower() in SUFFIXES and not is_folder(s.path)]
    if not found:
        return
    named = ", ".join(f"frame {s.index} of {s.video!r} ({s.path})" for s in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    raise NoNeighbours(
        f"{len(found)} of {len(sources)} labelled frames are single pictures, whose {reach} frames before "
        f"and after are not known: {named}{more}. {REMEDY}"
    )


def _frames_in(path: Path, sources: Sequence[FrameSource], reach: int) -> int:
    """How many there are; all of `sources` that lie there must be among them."""
    with open_frames(path) as reader:
        info = reader.info
    check_film(path, info, reach)
    last = max(int(source.index) for source in sources if source.path == path)
    if last >= info.frame_count:
        raise BadInput(f"{path}: frame {last} is labelled, but the video has {info.frame_count} frames.")
    return info.frame_count
