"""A range of predicted frames as the bytes that a browser draws from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from webapp.recordings import storage
from webapp.results.answers import Window
from webapp.results.errors import BadWindow
from webapp.results.models import PoseResult

if TYPE_CHECKING:
    from sbea_engine.io.poses_store import PosesStore

MAX_FRAMES = 20_000
MAX_BYTES = 32 * 1024 * 1024


def result_window(*, result: PoseResult, start: int, stop: int) -> Window:
    """float32 (frame, individual, keypoint, 3): x and y in source pixels and confidence in 0..1.

    Of the frames start <= frame < stop, cut to the video. Frames that are not predicted yet are NaN.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPosesStore: The files are damaged.
    """
    stop = min(stop, result.frame_count)
    if not 0 <= start < stop:
        raise BadWindow(f"start and stop must satisfy 0 <= start < stop <= {result.frame_count}.")
    keypoints = len(result.keypoints)
    individuals = max(1, len(result.individuals))
    shape = (stop - start, individuals, keypoints, 3)
    if shape[0] > MAX_FRAMES or 4 * np.prod(shape, dtype=np.int64) > MAX_BYTES:
        raise BadWindow(f"At most {MAX_FRAMES} frames and {MAX_BYTES >> 20} MiB may be asked for at once.")
    values = _values(result, start, stop, shape)
    return Window.of(values, start)


def _values(
    result: PoseResult, start: int, stop: int, shape: tuple[int, int, int, int]
) -> np.ndarray[tuple[int, int, int, int], np.dtype[np.float32]]:
    store = done_store(result)
    if store is None:
        return np.full(shape, np.nan, np.float32)
    poses = store.window(start, stop)
    values = np.full((shape[0], len(store.individuals), len(store.skeleton), 3), np.nan, np.float32)
    rows = poses.frames - start
    values[rows, ..., :2] = poses.points_px
    values[rows, ..., 2] = poses.confidence
    return values


def done_store(result: PoseResult) -> PosesStore | None:
    """The files of a result; None where the worker has not laid them out yet.

    Raises:
        BadPosesStore: The files are damaged.
    """
    from sbea_engine.io.poses_store import BadPosesStore, open_poses

    folder = storage.stored_path(result.folder)
    promised = result.frames_done > 0 or result.state == PoseResult.State.READY
    if not promised and not (folder / "progress.json").exists():  # the worker has not laid the store out yet
        return None
    store = open_poses(folder)
    if store.frames_done < result.frames_done:
        raise BadPosesStore(f"Predictions of {result} are cut off on the disk. Run the model again.")
    return store
