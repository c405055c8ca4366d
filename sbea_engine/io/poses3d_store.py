"""3D poses on disk, written window by window, readable meanwhile.

How a store behaves is in `io/window_store.py`, its layout in `docs/reference/poses3d-store.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.data import Skeleton
from sbea_engine.data.poses3d import BadPoses3D, Poses3D
from sbea_engine.errors import BadInput
from sbea_engine.io.window_store import (
    DEFAULT_CHUNK,
    ArrayLayout,
    StoreLayout,
    WindowStore,
    WindowWriter,
    replacing,
)

__all__ = ["BadPoses3DStore", "Poses3DStore", "Poses3DWriter", "open_poses3d", "write_poses3d"]


class BadPoses3DStore(BadInput):
    """A folder of 3D poses is missing, damaged, or belongs to another run."""

    code = "bad_poses_3d_store"


LAYOUT = StoreLayout(
    format="sbea-poses3d/1",
    group="poses3d.zarr",
    noun="3D poses",
    row="tick",
    again="Reconstruct again.",
    arrays=(
        ArrayLayout(
            name="points_mm",
            dimensions=("tick", "individual", "keypoint", "space"),
            dtype="float32",
            fill=np.nan,
            units="mm",
            meaning="x, y and z in the world of the calibration",
        ),
        ArrayLayout(
            name="sigma_mm",
            dimensions=("tick", "individual", "keypoint"),
            dtype="float32",
            fill=np.nan,
            units="mm",
            meaning="root mean square distance from the truth to expect",
        ),
        ArrayLayout(
            name="n_views",
            dimensions=("tick", "individual", "keypoint"),
            dtype="int8",
            fill=0,
            units="1",
            meaning="views that the point rests on; 0 where it is unknown",
        ),
        ArrayLayout(
            name="residual_px",
            dimensions=("tick", "view", "individual", "keypoint"),
            dtype="float32",
            fill=np.nan,
            units="px",
            meaning="distance in the view between the point's image and where it was seen",
        ),
    ),
    error=BadPoses3DStore,
)


class Poses3DStore(WindowStore):
    """Reads a store, also one that is still being written. Build it with `open_poses3d`."""

    layout = LAYOUT

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the view axis."""
        return tuple(self._attributes["views"])

    @property
    def tick_count(self) -> int:
        """Rows in all."""
        return self.row_count

    @property
    def ticks_done(self) -> int:
        """Rows complete now; read afresh each time, so it grows while a writer is at work."""
        return self.rows_done

    @property
    def ticks(self) -> NDArray[np.int64]:
        """int64 (tick,): numbers of all rows, complete or not."""
        return self.rows

    def window(self, start: int = 0, stop: int | None = None) -> Poses3D:
        """Poses of the ticks start <= tick < stop that are complete; all of them by default.

        Raises:
            BadPoses3DStore: A chunk is damaged or lost.
        """
        rows = self.complete_rows(start, stop)
        try:
            return Poses3D(
                skeleton=self.skeleton,
                individuals=self.individuals,
                views=self.views,
                ticks=self.ticks[rows],
                points_mm=np.asarray(self.read("points_mm", rows), np.float32),
                sigma_mm=np.asarray(self.read("sigma_mm", rows), np.float32),
                n_views=np.asarray(self.read("n_views", rows), np.int8),
                residual_px=np.moveaxis(np.asarray(self.read("residual_px", rows), np.float32), 1, 0),
                provenance=self.provenance,
            )
        except BadPoses3D as error:
            raise self.damaged(error) from error


class Poses3DWriter(WindowWriter):
    """Appends 3D poses to a store in tick order; picks up where an earlier attempt was killed.

    Args:
        folder: Made if needed; see `WindowWriter`.
        skeleton, individuals, views: Names of the axes.
        ticks: int64 (tick,), strictly increasing; all that will be written.
        chunk: Rows that become visible, and durable, together.
        provenance: JSON facts that identify the run, the same in every attempt.

    Raises:
        BadPoses3DStore: The folder holds another run, is damaged or lies under a file.
    """

    store = Poses3DStore

    def __init__(
        self,
        folder: Path,
        *,
        skeleton: Skeleton,
        individuals: tuple[str, ...],
        views: tuple[str, ...],
        ticks: NDArray[np.int64],
        chunk: int = DEFAULT_CHUNK,
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            folder,
            rows=np.asarray(ticks, np.int64),
            axes={
                "individual": individuals,
                "keypoint": skeleton.keypoints,
                "space": ("x", "y", "z"),
                "view": views,
            },
            chunk=chunk,
            attributes={
                "skeleton": skeleton.to_dict(),
                "individuals": list(individuals),
                "views": list(views),
            },
            provenance=provenance,
        )

    @property
    def ticks_done(self) -> int:
        """Rows that are complete on disk; the row to go on from after a restart."""
        return self.rows_done

    def append(
        self, *, points_mm: ArrayLike, sigma_mm: ArrayLike, n_views: ArrayLike, residual_px: ArrayLike
    ) -> None:
        """Take the next rows, in tick order; arrays as in `Poses3D`, `residual_px` with the view first.

        Raises:
            BadPoses3DStore: A shape is wrong, or there are more rows than ticks.
        """
        self.append_rows(
            points_mm=points_mm,
            sigma_mm=sigma_mm,
            n_views=n_views,
            residual_px=np.moveaxis(np.asarray(residual_px, np.float32), 0, 1),
        )


def open_poses3d(folder: Path) -> Poses3DStore:
    """Open a store for reading; raises `BadPoses3DStore` when it is missing or damaged."""
    return Poses3DStore(folder)


def write_poses3d(poses: Poses3D, folder: Path, *, chunk: int = DEFAULT_CHUNK) -> Path:
    """Write whole poses as a store, all or nothing; replaces an earlier store in `folder`.

    Raises:
        BadPoses3DStore: `folder` exists and is no store of 3D poses.
    """
    with (
        replacing(folder, LAYOUT) as place,
        Poses3DWriter(
            place,
            skeleton=poses.skeleton,
            individuals=poses.individuals,
            views=poses.views,
            ticks=poses.ticks,
            chunk=chunk,
            provenance=poses.provenance,
        ) as writer,
    ):
        writer.append(
            points_mm=poses.points_mm,
            sigma_mm=poses.sigma_mm,
            n_views=poses.n_views,
            residual_px=poses.residual_px,
        )
    return folder
