"""Poses on disk: a Zarr v3 group with named dimensions, written window by window, readable meanwhile.

A store is a folder with two entries: `poses.zarr`, which `xarray.open_zarr` opens, and `progress.json`, which
says how many rows are complete. Rows become visible a whole chunk at a time: the chunk files are renamed into
place first, `progress.json` after them. A predictor that was killed therefore goes on after its last complete
chunk, and a reader never meets a row that is half there. The layout is in `docs/reference/poses-store.md`.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.errors import BadInput

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["BadPosesStore", "PosesStore", "PosesWriter", "open_poses", "write_poses"]

FORMAT = "sbea-poses/1"
DEFAULT_CHUNK = 512
FRAME_CHUNK = 65_536  # frame numbers are read whole, so in few and large pieces
DIMENSIONS = ("frame", "individual", "keypoint", "space")


class BadPosesStore(BadInput):
    """A folder of poses is missing, damaged, or belongs to another run."""

    code = "bad_poses_store"


class PosesWriter:
    """Appends predictions to a store in frame order; picks up where an earlier attempt was killed.

        with PosesWriter(folder, skeleton, individuals, frame_count, provenance=facts) as writer:
            for start in range(writer.frames_done, frame_count, batch):
                writer.append(points_px, confidence)

    Args:
        folder: Made if needed. Where it holds an unfinished store of the same run, writing goes on after its
            last complete chunk.
        skeleton: Names of the keypoint axis.
        individuals: Names of the individual axis.
        frame_count: Rows that will be written in all.
        chunk: Rows that become visible, and durable, together.
        provenance: JSON facts that identify the run (model, video, config, versions). They must be the same
            in every attempt, so nothing like a start time belongs here.
        frames: int64 (frame,), strictly increasing source frame numbers; 0..frame_count-1 when None.

    Raises:
        BadPosesStore: The folder holds the poses of another run, is damaged or lies under a file.
    """

    def __init__(
        self,
        folder: Path,
        skeleton: Skeleton,
        individuals: tuple[str, ...],
        frame_count: int,
        chunk: int = DEFAULT_CHUNK,
        provenance: Mapping[str, Any] | None = None,
        *,
        frames: NDArray[np.int64] | None = None,
    ) -> None:
        if frame_count < 0 or chunk < 1:
            raise BadPosesStore(f"frame_count must be >= 0 and chunk >= 1, got {frame_count} and {chunk}.")
        numbers = np.arange(frame_count, dtype=np.int64) if frames is None else np.asarray(frames, np.int64)
        if numbers.shape != (frame_count,) or np.any(np.diff(numbers) <= 0) or np.any(numbers < 0):
            raise BadPosesStore(
                f"frames must be {frame_count} strictly increasing numbers from 0 on, got {numbers.shape}."
            )
        self.folder = folder
        self.frame_count = frame_count
        self._chunk = chunk
        self._row_shape = (len(individuals), len(skeleton))
        attributes = {
            "format": FORMAT,
            "skeleton": skeleton.to_dict(),
            "individuals": list(individuals),
            "chunk": chunk,
            "provenance": _as_json(provenance or {}),
        }
        if not (folder / "progress.json").exists():
            _create(folder, attributes, numbers)
        store = open_poses(folder)
        store.require_same_run(attributes, numbers)
        group = zarr.open_group(str(folder / "poses.zarr"), mode="r+")
        self._arrays = {name: _array(group, name) for name in ("points_px", "confidence")}
        self._done = store.frames_done
        self._points: list[NDArray[np.float32]] = []
        self._confidence: list[NDArray[np.float32]] = []

    @property
    def frames_done(self) -> int:
        """Rows that are complete on disk; the row to go on from after a restart."""
        return self._done

    def append(self, points_px: ArrayLike, confidence: ArrayLike) -> None:
        """Take the next rows, in frame order.

        Args:
            points_px: (row, individual, keypoint, 2) pixels; NaN where there is no answer.
            confidence: (row, individual, keypoint) in 0..1.

        Raises:
            BadPosesStore: A shape is wrong, a confidence is out of range, or there are more rows than frames.
        """
        points, scores = np.asarray(points_px, np.float32), np.asarray(confidence, np.float32)
        rows = len(points)
        if points.shape != (rows, *self._row_shape, 2) or scores.shape != (rows, *self._row_shape):
            raise BadPosesStore(
                f"Expected points (row, {', '.join(map(str, self._row_shape))}, 2) and confidence without "
                f"the last axis, got {points.shape} and {scores.shape}."
            )
        if np.any((scores < 0) | (scores > 1)):
            raise BadPosesStore("confidence must lie in 0..1.")
        if self._done + self._buffered + rows > self.frame_count:
            raise BadPosesStore(f"More rows than the {self.frame_count} frames of this store.")
        self._points.append(points)
        self._confidence.append(scores)
        self._write((self._buffered // self._chunk) * self._chunk)

    def finish(self) -> Path:
        """Write the rows of the last, shorter chunk; returns the folder.

        Raises:
            BadPosesStore: Rows are missing.
        """
        if self._done + self._buffered != self.frame_count:
            raise BadPosesStore(f"{self._done + self._buffered} of {self.frame_count} rows were written.")
        self._write(self._buffered)
        return self.folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()

    @property
    def _buffered(self) -> int:
        return sum(len(p) for p in self._points)

    def _write(self, rows: int) -> None:
        """Make the first `rows` buffered rows durable, arrays first and the count last."""
        if rows == 0:
            return
        points, scores = np.concatenate(self._points), np.concatenate(self._confidence)
        window = slice(self._done, self._done + rows)
        self._arrays["points_px"][window] = points[:rows]
        self._arrays["confidence"][window] = scores[:rows]
        _write_progress(self.folder, self._done + rows)
        self._done += rows
        self._points, self._confidence = [points[rows:]], [scores[rows:]]


class PosesStore:
    """Reads a store, also one that is still being written. Build it with `open_poses`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self._group = zarr.open_group(str(folder / "poses.zarr"), mode="r")
            attributes: dict[str, Any] = dict(self._group.attrs)
            if attributes.get("format") != FORMAT:
                raise BadPosesStore(f"{folder}: not a store of poses of format {FORMAT}.")
            self.skeleton = Skeleton.from_dict(attributes["skeleton"])
            self.individuals = tuple(attributes["individuals"])
            self.provenance: dict[str, Any] = attributes["provenance"]
            # opened once: each opening reads the array's description anew
            self._arrays = {name: _array(self._group, name) for name in ("points_px", "confidence", "frame")}
            self.frame_count = int(self._arrays["points_px"].shape[0])
        except FileNotFoundError as error:
            raise BadPosesStore(
                f"{folder}: no poses here. A store holds poses.zarr and progress.json."
            ) from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise BadPosesStore(f"{folder}: damaged ({error!r}). Run the prediction again.") from error

    @property
    def frames_done(self) -> int:
        """Rows complete now; read afresh each time, so it grows while a writer is at work."""
        file = self.folder / "progress.json"
        try:
            done = json.loads(file.read_text(encoding="utf-8"))["frames_done"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadPosesStore(f"{file}: damaged ({error!r}). Run the prediction again.") from error
        if not isinstance(done, int) or not 0 <= done <= self.frame_count:
            raise BadPosesStore(f"{file}: frames_done is {done!r}, not 0 to {self.frame_count}.")
        return done

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return self.frames_done == self.frame_count

    @cached_property
    def frames(self) -> NDArray[np.int64]:
        """int64 (frame,): source frame numbers of all rows, complete or not."""
        return np.asarray(self._read("frame", slice(None)), np.int64)

    def window(self, start: int = 0, stop: int | None = None) -> Poses:
        """Poses of the source frames start <= frame < stop that are complete; all of them by default.

        Raises:
            BadPosesStore: A chunk is damaged.
        """
        done = self.frames[: self.frames_done]
        low = int(np.searchsorted(done, max(start, 0)))
        high = len(done) if stop is None else max(low, int(np.searchsorted(done, stop)))
        rows = slice(low, high)
        return Poses(
            skeleton=self.skeleton,
            individuals=self.individuals,
            frames=done[rows],
            points_px=np.asarray(self._read("points_px", rows), np.float32),
            confidence=np.asarray(self._read("confidence", rows), np.float32),
            provenance=self.provenance,
        )

    def dataset(self) -> xr.Dataset:
        """The complete rows as a lazy xarray dataset with dimensions frame, individual, keypoint, space."""
        import xarray as xr

        path = str(self.folder / "poses.zarr")
        whole: xr.Dataset = xr.open_zarr(path, consolidated=False)
        return whole.isel(frame=slice(self.frames_done))

    def require_same_run(self, attributes: Mapping[str, Any], frames: NDArray[np.int64]) -> None:
        """Raise `BadPosesStore`, naming what differs, unless this store was begun with these facts."""
        ours = dict(self._group.attrs)
        differing = [name for name, value in attributes.items() if ours.get(name) != value]
        if not np.array_equal(self.frames, frames):
            differing.append("frames")
        if differing:
            raise BadPosesStore(
                f"{self.folder}: holds the poses of another run ({', '.join(differing)} differ). "
                "Choose another folder, or delete this one."
            )

    def _read(self, name: str, rows: slice) -> Any:
        try:
            return self._arrays[name][rows]
        except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise BadPosesStore(f"{self.folder}: {name} is damaged ({error!r}). Predict again.") from error


def open_poses(folder: Path) -> PosesStore:
    """Open a store for reading; raises `BadPosesStore` when it is missing or damaged."""
    return PosesStore(folder)


def write_poses(poses: Poses, folder: Path, *, chunk: int = DEFAULT_CHUNK) -> Path:
    """Write whole poses as a store, all or nothing; replaces an earlier store in `folder`.

    Raises:
        BadPosesStore: `folder` exists and is no store of poses.
    """
    if folder.exists() and not (folder / "progress.json").exists():
        raise BadPosesStore(f"{folder}: exists and is no store of poses. Choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_beside(folder)
    try:
        with PosesWriter(
            temporary,
            poses.skeleton,
            poses.individuals,
            len(poses),
            chunk,
            poses.provenance,
            frames=poses.frames,
        ) as writer:
            writer.append(poses.points_px, poses.confidence)
        if folder.exists():
            old = _temporary_beside(folder)
            folder.rename(old)
            shutil.rmtree(old)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _create(folder: Path, attributes: dict[str, Any], frames: NDArray[np.int64]) -> None:
    """Lay out an empty store. `progress.json` comes last: without it the folder is not yet a store."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadPosesStore(f"{folder}: cannot be made ({error.strerror}).") from error
    if any(entry.name != "poses.zarr" for entry in folder.iterdir()):
        raise BadPosesStore(f"{folder}: holds other files. Poses need a folder of their own.")
    shutil.rmtree(folder / "poses.zarr", ignore_errors=True)  # of an attempt killed before progress.json
    group = zarr.create_group(store=str(folder / "poses.zarr"), zarr_format=3, attributes=attributes)
    skeleton, individuals = attributes["skeleton"]["keypoints"], attributes["individuals"]
    shape = (len(frames), len(individuals), len(skeleton), 2)
    rows = min(attributes["chunk"], max(1, len(frames)))
    for name, axes, units, meaning in (
        ("points_px", 4, "px", "x and y; (0, 0) is the centre of the top-left pixel"),
        ("confidence", 3, "1", "confidence of the model in 0..1"),
    ):
        group.create_array(
            name,
            shape=shape[:axes],
            chunks=(rows, *(max(1, n) for n in shape[1:axes])),
            dtype="float32",
            fill_value=np.nan,
            dimension_names=DIMENSIONS[:axes],
            attributes={"units": units, "long_name": meaning},
        )
    _coordinate(group, "frame", frames)
    _coordinate(group, "individual", np.array(individuals, dtype=object))
    _coordinate(group, "keypoint", np.array(skeleton, dtype=object))
    _coordinate(group, "space", np.array(["x", "y"], dtype=object))
    _write_progress(folder, 0)


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise TypeError(f"{name} is no array")
    return array


def _coordinate(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=(min(FRAME_CHUNK, max(1, len(values))),),
        dtype=str if values.dtype == object else values.dtype,
        dimension_names=(name,),
    )
    array[:] = values


def _write_progress(folder: Path, frames_done: int) -> None:
    file = folder / "progress.json"
    temporary = folder / "progress.json.tmp"
    temporary.write_text(json.dumps({"format": FORMAT, "frames_done": frames_done}), encoding="utf-8")
    os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)


def _temporary_beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")


def _as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` as they will read back, so that a later attempt can compare; refuses what JSON cannot hold."""
    try:
        plain = json.loads(json.dumps(dict(facts), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise BadPosesStore(f"provenance must be plain JSON: {error}.") from error
    return dict(plain)
