"""Poses of one view on disk, written window by window, readable meanwhile.

How a store behaves is in `io/window_store.py`, its layout in `docs/reference/poses-store.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.poses import BadPoses
from sbea_engine.errors import BadInput
from sbea_engine.io.window_store import (
    DEFAULT_CHUNK,
    ArrayLayout,
    StoreLayout,
    WindowStore,
    WindowWriter,
    replacing,
)

__all__ = ["BadPosesStore", "PosesStore", "PosesWriter", "open_poses", "write_poses"]


class BadPosesStore(BadInput):
    """A folder of poses is missing, damaged, or belongs to another run."""

    code = "bad_poses_store"


LAYOUT = StoreLayout(
    format="sbea-poses/1",
    group="poses.zarr",
    noun="poses",
    row="frame",
    again="Make these poses anew: predict, import or smooth them again.",
    arrays=(
        ArrayLayout(
            name="points_px",
            dimensions=("frame", "individual", "keypoint", "space"),
            dtype="float32",
            fill=np.nan,
            units="px",
            meaning="x and y; (0, 0) is the centre of the top-left pixel",
        ),
        ArrayLayout(
            name="confidence",
            dimensions=("frame", "individual", "keypoint"),
            dtype="float32",
            fill=np.nan,
            units="1",
            meaning="confidence of the model in 0..1",
        ),
    ),
    error=BadPosesStore,
)


class PosesStore(WindowStore):
    """Reads a store, also one that is still being written. Build it with `open_poses`."""

    layout = LAYOUT

    @property
    def frame_count(self) -> int:
        """Rows in all."""
        return self.row_count

    @property
    def frames_done(self) -> int:
        """Rows complete now; read afresh each time, so it grows while a writer is at work."""
        return self.rows_done

    @property
    def frames(self) -> NDArray[np.int64]:
        """int64 (frame,): source frame numbers of all rows, complete or not."""
        return self.rows

    def checksum(self) -> str:
        """SHA-256 of all that the complete rows say, hexadecimal: poses that differ in anything have another.

        Raises:
            BadPosesStore: A chunk is damaged or lost.
        """
        digest, done = hashlib.sha256(), self.frames_done
        digest.update(self.frames[:done].astype("<i8").tobytes())
        for low in range(0, done, DEFAULT_CHUNK):
            rows = slice(low, min(low + DEFAULT_CHUNK, done))
            for array in LAYOUT.arrays:
                digest.update(np.asarray(self.read(array.name, rows)).astype("<f4").tobytes())
        return digest.hexdigest()

    def window(self, start: int = 0, stop: int | None = None) -> Poses:
        """Poses of the source frames start <= frame < stop that are complete; all of them by default.

        Raises:
            BadPosesStore: A chunk is damaged or lost.
        """
        rows = self.complete_rows(start, stop)
        try:
            return Poses(
                skeleton=self.skeleton,
                individuals=self.individuals,
                frames=self.frames[rows],
                points_px=np.asarray(self.read("points_px", rows), np.float32),
                confidence=np.asarray(self.read("confidence", rows), np.float32),
                provenance=self.provenance,
            )
        except BadPoses as error:
            raise self.damaged(error) from error


class PosesWriter(WindowWriter):
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
        provenance: JSON facts that identify the run (model, video, config). They must be the same in every
            attempt, so nothing like a start time belongs here, nor the program's version: the store records
            it by itself and names all that wrote to it.
        frames: int64 (frame,), strictly increasing source frame numbers; 0..frame_count-1 when None.

    Raises:
        BadPosesStore: The folder holds the poses of another run, is damaged or lies under a file.
    """

    store = PosesStore

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
        if frame_count < 0:
            raise BadPosesStore(f"frame_count must be >= 0, got {frame_count}.")
        numbers = np.arange(frame_count, dtype=np.int64) if frames is None else np.asarray(frames, np.int64)
        if numbers.shape != (frame_count,):
            raise BadPosesStore(f"frames must be {frame_count} numbers, got {numbers.shape}.")
        super().__init__(
            folder,
            rows=numbers,
            axes={"individual": individuals, "keypoint": skeleton.keypoints, "space": ("x", "y")},
            chunk=chunk,
            attributes={"skeleton": skeleton.to_dict(), "individuals": list(individuals)},
            provenance=provenance,
        )

    @property
    def frame_count(self) -> int:
        """Rows that will be written in all."""
        return self.row_count

    @property
    def frames_done(self) -> int:
        """Rows that are complete on disk; the row to go on from after a restart."""
        return self.rows_done

    def append(self, points_px: ArrayLike, confidence: ArrayLike) -> None:
        """Take the next rows, in frame order.

        Args:
            points_px: (row, individual, keypoint, 2) pixels; NaN where there is no answer.
            confidence: (row, individual, keypoint) in 0..1.

        Raises:
            BadPosesStore: A shape is wrong, a confidence is out of range, or there are more rows than frames.
        """
        scores = np.asarray(confidence, np.float32)
        if np.any((scores < 0) | (scores > 1)):
            raise BadPosesStore("confidence must lie in 0..1.")
        self.append_rows(points_px=points_px, confidence=scores)


def open_poses(folder: Path) -> PosesStore:
    """Open a store for reading; raises `BadPosesStore` when it is missing or damaged."""
    return PosesStore(folder)


def write_poses(poses: Poses, folder: Path, *, chunk: int = DEFAULT_CHUNK) -> Path:
    """Write whole poses as a store, all or nothing; replaces an earlier store in `folder`.

    Raises:
        BadPosesStore: `folder` exists and is no store of poses.
    """
    with (
        replacing(folder, LAYOUT) as place,
        PosesWriter(
            place,
            poses.skeleton,
            poses.individuals,
            len(poses),
            chunk,
            poses.provenance,
            frames=poses.frames,
        ) as writer,
    ):
        writer.append(poses.points_px, poses.confidence)
    return folder
