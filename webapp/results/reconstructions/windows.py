"""A range of 3D poses as the bytes that a browser draws from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webapp.recordings import storage
from webapp.results.answers import Window
from webapp.results.errors import BadWindow
from webapp.results.models import Reconstruction

if TYPE_CHECKING:
    from sbea_engine.io.poses3d_store import Poses3DStore

MAX_TICKS = 20_000
MAX_BYTES = 32 * 1024 * 1024
MAX_OPEN = 32  # stores whose description is kept; their numbers are read anew each time


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
    store = done_store(reconstruction)
    if store is not None:
        rows = store.complete_rows(start, stop)
        at = store.ticks[rows] - start
        values[at, ..., :3] = store.read("points_mm", rows)
        values[at, ..., 3] = store.read("sigma_mm", rows)
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
    store = done_store(reconstruction)
    if store is not None:
        rows = store.complete_rows(start, stop)
        values[store.ticks[rows] - start] = median_residuals_px(
            np.moveaxis(store.read("residual_px", rows), 1, 0)
        )
    return Window.of(values, start)


def median_residuals_px(residual_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (tick, view) of (view, tick, individual, keypoint): median; NaN where a view took no part."""
    views, ticks = residual_px.shape[:2]
    by_tick = residual_px.swapaxes(0, 1).reshape(ticks, views, -1)
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
    from sbea_engine.io.poses3d_store import BadPoses3DStore

    folder = storage.stored_path(reconstruction.folder)
    promised = reconstruction.ticks_done > 0 or reconstruction.state == Reconstruction.State.READY
    if not promised and not (folder / "progress.json").exists():
        return None
    store = _opened(folder, _made(folder))
    if store.ticks_done < reconstruction.ticks_done:
        raise BadPoses3DStore("These 3D poses are cut off on the disk. Delete them and reconstruct again.")
    return store


@lru_cache(maxsize=MAX_OPEN)
def _opened(folder: Path, made: tuple[int, int] | None) -> Poses3DStore:
    """The store as it was made then; to open it costs more than to read a window of it."""
    from sbea_engine.io.poses3d_store import open_poses3d

    return open_poses3d(folder)


def _made(folder: Path) -> tuple[int, int] | None:
    """What changes when another store takes the place of this one; None where there is none."""
    from sbea_engine.io.poses3d_store import LAYOUT

    try:
        found = (folder / LAYOUT.group / "zarr.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
