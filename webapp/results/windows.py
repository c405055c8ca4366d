"""A range of predicted frames as the bytes that a browser draws from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from webapp.recordings import storage
from webapp.results.errors import BadWindow
from webapp.results.models import PoseResult

MAX_FRAMES = 20_000
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Predictions of consecutive frames.

    Attributes:
        body: Little-endian float32 (frame, individual, keypoint, 3): x and y in source pixels, confidence
            in 0..1; NaN where there is no answer, or none yet.
        shape: Of the body.
        start: Frame index of the first row.
        etag: Strong entity tag of these bytes.
    """

    body: bytes
    shape: tuple[int, int, int, int]
    start: int
    etag: str


def result_window(*, result: PoseResult, start: int, stop: int) -> Window:
    """Frames start <= frame < stop, cut to the video. Frames that are not predicted yet are NaN.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPosesStore: The files are damaged.
    """
    stop = min(stop, result.frame_count)
    if not 0 <= start < stop:
        raise BadWindow(f"start and stop must satisfy 0 <= start < stop <= {result.frame_count}.")
    keypoints = len(result.model.skeleton.noun)
    individuals = max(1, len(result.individuals))
    shape = (stop - start, individuals, keypoints, 3)
    if shape[0] > MAX_FRAMES or 4 * np.prod(shape, dtype=np.int64) > MAX_BYTES:
        raise BadWindow(f"At most {MAX_FRAMES} frames and {MAX_BYTES >> 20} MiB may be asked for at once.")
    values = _values(result, start, stop, shape)
    body = values.astype("<f4").tobytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    return Window(body=body, shape=values.shape, start=start, etag=etag)


def _values(
    result: PoseResult, start: int, stop: int, shape: tuple[int, int, int, int]
) -> np.ndarray[tuple[int, int, int, int], np.dtype[np.float32]]:
    from sbea_engine.io.poses_store import open_poses

    folder = storage.stored_path(result.folder)
    if not (folder / "progress.json").exists():  # the worker has not laid the store out yet
        return np.full(shape, np.nan, np.float32)
    store = open_poses(folder)
    poses = store.window(start, stop)
    values = np.full((shape[0], len(store.individuals), len(store.skeleton), 3), np.nan, np.float32)
    rows = poses.frames - start
    values[rows, ..., :2] = poses.points_px
    values[rows, ..., 2] = poses.confidence
    return values
