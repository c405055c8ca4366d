"""Labels some frames of a rendered recording as a careful person would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.data.camera import Camera
from sbea_engine.data.sync import MISSING, SyncTable


def shared_ticks(sync: SyncTable) -> NDArray[np.intp]:
    """The ticks at which every view has a frame."""
    return np.flatnonzero((sync.frames != MISSING).all(axis=0))


def label_spread_frames(
    folder: Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    skeleton: Skeleton,
    individuals: Sequence[str],
    rig: Sequence[Camera],
    sync: SyncTable,
    recording: str,
    count: int,
) -> LabelSet:
    """Label `count` ticks that every view shows, spread over the recording, in every view.

    Hidden keypoints are guessed, those out of the picture absent. Frames are named as frames of the videos.

    Args:
        folder: Where the videos are.
        recording: Name under which the frames of all views say their ticks.
        arrays: `points_px/<camera>` and `visible/<camera>` by tick, as in `truth.npz`.
        count: At most as many as `shared_ticks` finds.
    """
    ticks = shared_ticks(sync)
    chosen = ticks[np.round((np.arange(count) + 0.5) * len(ticks) / count - 0.5).astype(int)]
    points, visibility, sources = [], [], []
    for camera in rig:
        px = arrays[f"points_px/{camera.name}"][chosen]
        seen = arrays[f"visible/{camera.name}"][chosen]
        inside = camera.holds(px)
        points.append(np.where(inside[..., None], px, np.nan).astype(np.float32))
        visibility.append(
            np.where(seen, Visibility.VISIBLE, np.where(inside, Visibility.GUESSED, Visibility.ABSENT))
        )
        file = folder / f"{camera.name}.mp4"
        frames = sync.frames_of(camera.name)[chosen]
        sources += [
            FrameSource(video=camera.name, index=int(f), path=file, recording=recording, tick=int(tick))
            for f, tick in zip(frames, chosen, strict=True)
        ]
    return LabelSet(
        skeleton=skeleton,
        individuals=tuple(individuals),
        frames=tuple(sources),
        points_px=np.concatenate(points),
        visibility=np.concatenate(visibility).astype(np.int8),
    )
