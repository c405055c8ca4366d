"""A range of 3D poses as the bytes that a browser draws from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webapp.recordings import storage
from webapp.results.errors import BadWindow
from webapp.results.models import Reconstruction

if TYPE_CHECKING:
    from sbea_engine.data.poses3d import Poses3D

MAX_TICKS = 20_000
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Window3D:
    """Values of consecutive ticks, little-endian float32, NaN where there is no answer, or none yet.

    Attributes:
        body: The bytes.
        shape: Of the body; the first axis is the tick.
        start: Tick of the first row.
        etag: Strong entity tag of these bytes.
    """

    body: bytes
    shape: tuple[int, ...]
    start: int
    etag: str


def poses_window(*, reconstruction: Reconstruction, start: int, stop: int) -> Window3D:
    """float32 (tick, individual, keypoint, 4): x, y, z and sigma in millimetres.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPosesStore: The files are damaged.
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
    return _window(values, start)


def residuals_window(*, reconstruction: Reconstruction, start: int, stop: int) -> Window3D:
    """float32 (tick, view): median reprojection error of the tick's keypoints in pixels.

    Raises:
        BadWindow: An empty, negative or too long range.
        BadPosesStore: The files are damaged.
    """
    row = (len(reconstruction.views),)
    start, stop = _range(reconstruction, start, stop, row)
    values = np.full((stop - start, *row), np.nan, np.float32)
    poses = _read(reconstruction, start, stop)
    if poses is not None:
        values[poses.ticks - start] = median_residuals_px(poses)
    return _window(values, start)


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


def _read(reconstruction: Reconstruction, start: int, stop: int) -> Poses3D | None:
    from sbea_engine.io.poses3d_store import open_poses3d

    folder = storage.stored_path(reconstruction.folder)
    if not (folder / "progress.json").exists():  # the worker has not laid the store out yet
        return None
    return open_poses3d(folder).window(start, stop)


def _window(values: NDArray[np.float32], start: int) -> Window3D:
    body = values.astype("<f4").tobytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    return Window3D(body=body, shape=values.shape, start=start, etag=etag)
