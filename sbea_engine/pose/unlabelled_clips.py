"""Short clips of unlabelled video at working scale: read once, at places that a seed chooses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sbea_engine.errors import BadInput
from sbea_engine.pose.config import Colour
from sbea_engine.pose.consistency_config import CLIP_FRAMES, ConsistencyConfig
from sbea_engine.pose.frames import Image, to_working_image
from sbea_engine.pose.plan import Size, WorkingPlan
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.errors import BadVideo
from sbea_engine.video.reader import FrameReader, open_frames


class Clip(NamedTuple):
    """Consecutive frames of one video.

    Attributes:
        video: Place of the video among those given.
        start: Index of the first frame.
        images: `CLIP_FRAMES` at working scale.
        source: Size of the frames as they are in the video.
    """

    video: int
    start: int
    images: list[Image]
    source: Size


def read_clips(
    settings: ConsistencyConfig,
    sizes: Sequence[Size],
    plan: WorkingPlan,
    colour: Colour,
    *,
    seed: int,
    on_progress: OnProgress = ignore,
) -> list[tuple[Clip, ...]]:
    """Read so many clips, spread over all videos by chance; all of them where there are fewer.

    Each entry holds one clip; with the term `views` one of each view, of the same frames.

    Args:
        sizes: Those that frames may have: of the labelled ones.

    Raises:
        BadVideo: A file is not there or cannot be read, is shorter than a clip, or of another size.
        BadInput: Views of one take differ in length.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(open_frames(Path(video))) for video in settings.videos]
        for reader in readers:
            _check(reader, sizes)
        lengths = [reader.info.frame_count for reader in readers]
        together = settings.views > 0
        if together:
            _check_one_take(settings.videos, lengths)
            lengths = lengths[:1]
        starts = choose_starts(lengths, settings.clips, seed)
        found: list[tuple[Clip, ...]] = []
        for video, start in starts:
            of = range(len(readers)) if together else (video,)
            found.append(tuple(_read(readers[v], v, start, plan, colour) for v in of))
            on_progress(Progress(stage="read unlabelled clips", done=len(found), total=len(starts)))
    return found


def choose_starts(lengths: Sequence[int], count: int, seed: int) -> list[tuple[int, int]]:
    """(video, first frame) of so many different clips, in order; each lies within its video.

    Args:
        lengths: Frames of each video, at least `CLIP_FRAMES`.
    """
    places = [length - CLIP_FRAMES + 1 for length in lengths]
    ends = np.cumsum(places)
    total = int(ends[-1])
    chosen = np.sort(np.random.default_rng((seed, 4)).choice(total, min(count, total), replace=False))
    videos = np.searchsorted(ends, chosen, side="right")
    return [(int(v), int(place - ends[v] + places[v])) for v, place in zip(videos, chosen, strict=True)]


def _check(reader: FrameReader, sizes: Sequence[Size]) -> None:
    info = reader.info
    if info.frame_count < CLIP_FRAMES:
        raise BadVideo(
            reader.path,
            f"has {info.frame_count} frames; a clip of unlabelled video has {CLIP_FRAMES}.",
            "Give a longer video, or leave it out.",
        )
    if Size(info.width, info.height) not in sizes:
        known = ", ".join(f"{size.width} x {size.height}" for size in sorted(set(sizes)))
        raise BadVideo(
            reader.path,
            f"its frames are {info.width} x {info.height} pixels, the labelled frames {known}.",
            "Give unlabelled video of the same camera settings as the labelled one.",
        )


def _check_one_take(videos: Sequence[str], lengths: Sequence[int]) -> None:
    if len(set(lengths)) > 1:
        told = ", ".join(f"{Path(v).name} {n}" for v, n in zip(videos, lengths, strict=True))
        raise BadInput(
            f"Unlabelled views must show one moment at one frame index, and differ in their number of "
            f"frames: {told}. Cut them to the same frames, or leave the term views out."
        )


def _read(reader: FrameReader, video: int, start: int, plan: WorkingPlan, colour: Colour) -> Clip:
    images = [
        to_working_image(reader.read(index), plan, colour) for index in range(start, start + CLIP_FRAMES)
    ]
    return Clip(video, start, images, Size(reader.info.width, reader.info.height))
