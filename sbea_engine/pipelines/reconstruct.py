"""3D poses from the 2D poses of several views: what command line and workers both call.

A view that does not know an individual takes no part in placing it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.data import CameraGroup, SyncTable
from sbea_engine.errors import BadInput
from sbea_engine.geometry import TriangulationOptions, triangulate
from sbea_engine.geometry.check import (
    MIN_POINTS,
    BadRig,
    check_against,
    duplicate_cameras,
    folded_share,
)
from sbea_engine.io.poses3d_store import Poses3DWriter
from sbea_engine.pipelines.views_on_ticks import ViewsOnTicks
from sbea_engine.progress import OnProgress, Progress, ignore

STORE_CHUNK = 512
# The calibration is checked with keypoints that the model is sure of, in a few stretches of the recording.
CHECKED_STRETCHES, CHECKED_TICKS = 4, 50
SURE = 0.5
# Wide lenses often lose a few corners, where no animal goes.
MUCH_FOLDED = 0.1


class CannotReconstruct(BadInput):
    """The 2D poses do not fit the calibration, or one view alone has some."""

    code = "cannot_reconstruct"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionOptions:
    """How 2D becomes 3D.

    Attributes:
        triangulation: See `TriangulationOptions`; weights are the confidences of the 2D poses.
        min_confidence: A 2D keypoint below it takes no part.
    """

    triangulation: TriangulationOptions = field(default_factory=TriangulationOptions)
    min_confidence: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise CannotReconstruct(f"min_confidence must lie in 0..1, got {self.min_confidence}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionResult:
    """3D poses on disk, and how fast this attempt made its part of them.

    Attributes:
        warnings: What to beware of, one sentence each.
    """

    store: Path
    views: tuple[str, ...]
    tick_count: int
    reconstructed_now: int
    seconds: float
    warnings: tuple[str, ...]


def reconstruct(
    cameras: CameraGroup,
    poses: Mapping[str, Path],
    out_store: Path,
    *,
    sync: SyncTable | None = None,
    options: ReconstructionOptions | None = None,
    chunk: int = STORE_CHUNK,
    on_progress: OnProgress = ignore,
) -> ReconstructionResult:
    """Triangulate what every view saw at each tick; goes on where an earlier attempt stopped.

    Args:
        cameras: Calibration; a camera without poses takes no part.
        poses: Store of 2D poses by view, each of a camera of that name.
        sync: Which frame each view shows at each tick; None where views started together and dropped nothing.

    Raises:
        CannotReconstruct: Fewer than two views, or a view without a camera.
        BadViews: Unlike skeletons, or unfinished poses.
        BadRig: Two of the cameras have the same place and direction.
        BadSync: The table lacks a view, or names frames beyond its poses.
        BadPoses3DStore: The store belongs to another run. One that another version of this program began is
            the same run, and names both.
        Cancelled: From `on_progress`; complete chunks stay.
    """
    began = time.monotonic()
    options = options or ReconstructionOptions()
    take = _Take.open(cameras, poses, sync)
    writer = Poses3DWriter(
        out_store,
        skeleton=take.views.skeleton,
        individuals=take.views.individuals,
        views=take.cameras.names,
        ticks=np.arange(take.views.ticks),
        chunk=chunk,
        provenance=take.provenance | {"options": asdict(options)},
    )
    total = take.views.ticks
    with writer:
        start = writer.ticks_done
        on_progress(Progress(stage="reconstruct", done=start, total=total))
        for low in range(start, total, chunk):
            high = min(low + chunk, total)
            points_px, confidence = take.views.window(low, high)
            weights = np.where(confidence >= options.min_confidence, confidence, 0)
            found = triangulate(take.cameras, points_px, weights, options=options.triangulation)
            writer.append(
                points_mm=found.points_mm,
                sigma_mm=found.sigma_mm,
                n_views=found.n_views,
                residual_px=found.residual_px,
            )
            on_progress(Progress(stage="reconstruct", done=high, total=total))
    return ReconstructionResult(
        store=out_store,
        views=take.cameras.names,
        tick_count=total,
        reconstructed_now=total - start,
        seconds=time.monotonic() - began,
        warnings=(*take.warnings, *take.doubts(options.triangulation.inlier_px)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Take:
    """The 2D poses of all views and the cameras that saw them, in the same order."""

    cameras: CameraGroup
    views: ViewsOnTicks
    provenance: dict[str, Any]
    warnings: tuple[str, ...]

    @classmethod
    def open(cls, cameras: CameraGroup, poses: Mapping[str, Path], sync: SyncTable | None) -> _Take:
        views = _views(cameras, poses)
        seen = ViewsOnTicks.open({view: poses[view] for view in views}, sync)
        chosen = cameras.select(views)
        return cls(
            cameras=chosen,
            views=seen,
            provenance={
                "calibration": chosen.to_dict(),
                "poses": {view: store.provenance for view, store in seen.stores.items()},
                "poses_sha256": {view: store.checksum() for view, store in seen.stores.items()},
                "sync_sha256": seen.sync_sha256,
            },
            warnings=_warnings(cameras, seen),
        )

    def doubts(self, limit_px: float) -> tuple[str, ...]:
        """A warning where keypoints that the views are sure of do not meet by this calibration.

        It is no refusal: poses of a poor model do not meet either.
        """
        starts = np.unique(
            np.linspace(0, max(0, self.views.ticks - CHECKED_TICKS), CHECKED_STRETCHES).astype(int)
        )
        seen = []
        for low in starts.tolist():
            points, confidence = self.views.window(low, min(low + CHECKED_TICKS, self.views.ticks))
            points[~(confidence >= SURE)] = np.nan
            seen.append(points.reshape(len(self.cameras), -1, 2))
        px = np.concatenate(seen, axis=1)
        if (np.isfinite(px).all(axis=2).sum(axis=0) >= 2).sum() < MIN_POINTS:
            return ("Two views are sure of too few keypoints together to check the calibration by them.",)
        try:
            check_against(self.cameras, px, limit_px=limit_px)
        except BadRig as error:
            return (str(error),)
        return ()


def _views(cameras: CameraGroup, poses: Mapping[str, Path]) -> tuple[str, ...]:
    """Views that have poses, in the calibration's order; refuses those that cannot be reconstructed."""
    unknown = [view for view in poses if view not in cameras.names]
    if unknown:
        raise CannotReconstruct(
            f"The calibration has no camera for view {', '.join(unknown)}; it has {', '.join(cameras.names)}."
        )
    views = tuple(name for name in cameras.names if name in poses)
    if len(views) < 2:
        raise CannotReconstruct(
            f"A point in space needs two or more views, got {len(views)}: {', '.join(views)}."
        )
    same = duplicate_cameras(cameras.select(views))
    if same:
        pairs = ", ".join(f"{a!r} and {b!r}" for a, b in same)
        raise BadRig(
            f"Cameras {pairs} have the same place and direction, which no two cameras can. Calibrate again."
        )
    return views


def _warnings(cameras: CameraGroup, seen: ViewsOnTicks) -> tuple[str, ...]:
    stores, individuals = seen.stores, seen.individuals
    left_out = [name for name in cameras.names if name not in stores]
    found = [f"No poses of camera {', '.join(left_out)}: it takes no part."] if left_out else []
    for camera in cameras:
        folded = folded_share(camera) if camera.name in stores else 0
        if folded > MUCH_FOLDED:
            found.append(
                f"The lens model of camera {camera.name} folds inside its picture: keypoints in the outer "
                f"{round(100 * folded)} % of it take no part. Calibrate with a board near the corners."
            )
    if seen.without_identity and len(individuals) > 1:
        found.append(
            f"The model of view {', '.join(seen.without_identity)} does not tell individuals apart: their "
            f"order is that of positions in each view by itself, so that the 3D poses may mix animals."
        )
    for name in individuals:
        knowing = [view for view, store in stores.items() if name in store.individuals]
        if len(knowing) < 2:
            found.append(f"Only view {knowing[0]} knows {name!r}, so it cannot be placed.")
    return tuple(found)
