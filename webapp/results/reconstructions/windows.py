"""A range of 3D poses as the bytes that a browser draws from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webapp.recordings import storage
from webapp.results.answers import Window
from webapp.results.errors import BadWindow
from webapp.results.models import Reconstruction

if TYPE_CHECKING:
    from sbea_engine.data.poses3d import Poses3D
    from sbea_engine.io.poses3d_store import Poses3DStore

MAX_TICKS = 20_000
MAX_BYTES = 32 * 1024 * 1024


def poses_window(*, reconstruction: Reconstruction, start: int, stop: int) -> Window:
    """float32 (tick, individual, keypoint, 4): x, y, z and sigma in millimetres.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPoses3DStore: The files are damaged.
    """
    keypoints = len(reconstruction.model.skeleton.noun)
    row = (max(1, len(reconstruction.individuals)), keypoints, 4)
    start, stop = _range(reconstruction, start, stop, row)
    values = np.full((stop - start, *row), np.nan, np.float32)
    poses = _read(reconstruction, start, stop)
    if poses is not None:
        rows = poses.ticks - start
        values[rows, ..., :3] = poses.points_mm
        values[rows, ..., 3] = poses.sigma_mm
    return Window.of(values, start)


def residuals_window(*, reconstruction: Reconstruction, start: int, stop: int) -> Window:
    """float32 (tick, view): median reprojection error of the tick's keypoints in pixels.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPoses3DStore: The files are damaged.
    """
    row = (len(reconstruction.views),)
    start, stop = _range(reconstruction, start, stop, row)
    values = np.full((stop - start, *row), np.nan, np.float32)
    poses = _read(reconstruction, start, stop)
    if poses is not None:
        values[poses.ticks - start] = median_residuals_px(poses)
    return Window.of(values, start)


def median_residuals_px(poses: Poses3D) -> NDArray[np.float32]:
    """float32 (tick, view): median over individuals and keypoints; NaN where a view took no part."""
    by_tick = poses.residual_px.transpose(1, 0, 2, 3).reshape(len(poses.ticks), len(poses.views), -1)
    ordered = np.sort(by_tick, axis=-1)  # NaN goes last
    there = np.isfinite(ordered).sum(axis=-1)
    at = np.maximum(there - 1, 0) / 2
    low, high = np.floor(at).astype(int)[..., None], np.ceil(at).astype(int)[..., None]
    middle = (np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)) / 2
    return np.where(there > 0, middle[..., 0], np.nan).astype(np.float32)


def _range(reconstruction: Reconstruction, start: int, stop: int, row: tuple[int, ...]) -> tuple[int, int]:
    stop = min(stop, reconstruction.tick_count)
    if not 0 <= start < stop:
        raise BadWindow(f"start and stop must satisfy 0 <= start < stop <= {reconstruction.tick_count}.")
    if stop - start > MAX_TICKS or 4 * (stop - start) * int(np.prod(row)) > MAX_BYTES:
        raise BadWindow(f"At most {MAX_TICKS} ticks and {MAX_BYTES >> 20} MiB may be asked for at once.")
    return start, stop


def done_store(reconstruction: Reconstruction) -> Poses3DStore | None:
    """The store with all ticks that the row promises; None where none is promised and none is there.

    Raises:
        BadPoses3DStore: The files are gone, damaged, or hold less than that.
    """
    from sbea_engine.io.poses3d_store import BadPoses3DStore, open_poses3d

    folder = storage.stored_path(reconstruction.folder)
    promised = reconstruction.ticks_done > 0 or reconstruction.state == Reconstruction.State.READY
    if not promised and not (folder / "progress.json").exists():
        return None
    store = open_poses3d(folder)
    if store.ticks_done < reconstruction.ticks_done:
        raise BadPoses3DStore("These 3D poses are cut off on the disk. Delete them and reconstruct again.")
    return store


def _read(reconstruction: Reconstruction, start: int, stop: int) -> Poses3D | None:
    store = done_store(reconstruction)
    return None if store is None else store.window(start, stop)
