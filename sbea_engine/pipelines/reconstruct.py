"""3D poses from the 2D poses of several views: what command line and workers both call.

Individuals are matched by name: `mouse 1` of one view is `mouse 1` of every other. A view that does not know
an individual takes no part in placing it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import CameraGroup, Skeleton, SyncTable
from sbea_engine.data.sync import MISSING
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
from sbea_engine.io.poses_store import PosesStore, open_poses
from sbea_engine.progress import OnProgress, Progress, ignore

STORE_CHUNK = 512
# The calibration is checked with keypoints that the model is sure of, in a few stretches of the recording.
CHECKED_STRETCHES, CHECKED_TICKS = 4, 50
SURE = 0.5
# Wide lenses often lose a few corners, where no animal goes.
MUCH_FOLDED = 0.1


class CannotReconstruct(BadInput):
    """The 2D poses of the views do not fit one another or the calibration."""

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
        CannotReconstruct: Fewer than two views, a view without a camera, unlike skeletons, unfinished poses.
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
        skeleton=take.skeleton,
        individuals=take.individuals,
        views=take.cameras.names,
        ticks=np.arange(take.sync.ticks),
        chunk=chunk,
        provenance=take.provenance | {"options": asdict(options)},
    )
    total = take.sync.ticks
    with writer:
        start = writer.ticks_done
        on_progress(Progress(stage="reconstruct", done=start, total=total))
        for low in range(start, total, chunk):
            high = min(low + chunk, total)
            points_px, confidence = take.window(low, high)
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
    """The 2D poses of all views, on one clock and with one order of individuals and keypoints."""

    cameras: CameraGroup
    stores: tuple[PosesStore, ...]
    sync: SyncTable
    skeleton: Skeleton
    individuals: tuple[str, ...]
    provenance: dict[str, Any]
    warnings: tuple[str, ...]

    @classmethod
    def open(cls, cameras: CameraGroup, poses: Mapping[str, Path], sync: SyncTable | None) -> _Take:
        views = _views(cameras, poses)
        stores = {view: open_poses(poses[view]) for view in views}
        for view, store in stores.items():
            if not store.complete:
                raise CannotReconstruct(
                    f"{store.folder}: only {store.frames_done} of {store.frame_count} frames of view "
                    f"{view!r} are predicted. Let the prediction finish first."
                )
        skeleton = _common_skeleton(stores)
        counts = {view: int(s.frames[-1]) + 1 if len(s.frames) else 0 for view, s in stores.items()}
        table = SyncTable.aligned(counts) if sync is None else sync
        table.require(counts)
        individuals = tuple(dict.fromkeys(name for s in stores.values() for name in s.individuals))
        ordered = SyncTable(views=views, frames=np.stack([table.frames_of(view) for view in views]))
        chosen = cameras.select(views)
        return cls(
            cameras=chosen,
            stores=tuple(stores.values()),
            sync=ordered,
            skeleton=skeleton,
            individuals=individuals,
            provenance={
                "calibration": chosen.to_dict(),
                "poses": {view: store.provenance for view, store in stores.items()},
                "sync_sha256": hashlib.sha256(ordered.frames.astype("<i8").tobytes()).hexdigest(),
            },
            warnings=_warnings(cameras, stores, individuals),
        )

    def window(self, low: int, high: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points (view, tick, individual, keypoint, 2) and confidence; NaN where a view shows no frame."""
        shape = (len(self.stores), high - low, len(self.individuals), len(self.skeleton))
        points, confidence = np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)
        for v, store in enumerate(self.stores):
            frames = self.sync.frames[v, low:high]
            there = np.flatnonzero(frames != MISSING)
            if not len(there):
                continue
            seen = store.window(int(frames[there[0]]), int(frames[there[-1]]) + 1)
            rows = np.searchsorted(seen.frames, frames[there])
            rows = np.minimum(rows, max(len(seen) - 1, 0))
            known = seen.frames[rows] == frames[there] if len(seen) else np.zeros(len(there), np.bool_)
            keypoints = [store.skeleton.keypoints.index(name) for name in self.skeleton.keypoints]
            for i, name in enumerate(store.individuals):
                target = self.individuals.index(name)
                points[v, there[known], target] = seen.points_px[rows[known], i][:, keypoints]
                confidence[v, there[known], target] = seen.confidence[rows[known], i][:, keypoints]
        return points, confidence

    def doubts(self, limit_px: float) -> tuple[str, ...]:
        """A warning where keypoints that the views are sure of do not meet by this calibration.

        It is no refusal: poses of a poor model do not meet either.
        """
        starts = np.unique(
            np.linspace(0, max(0, self.sync.ticks - CHECKED_TICKS), CHECKED_STRETCHES).astype(int)
        )
        seen = []
        for low in starts.tolist():
            points, confidence = self.window(low, min(low + CHECKED_TICKS, self.sync.ticks))
            points[~(confidence >= SURE)] = np.nan
            seen.append(points.reshape(len(self.stores), -1, 2))
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


def _common_skeleton(stores: Mapping[str, PosesStore]) -> Skeleton:
    (first, reference), *others = stores.items()
    for view, store in others:
        if set(store.skeleton.keypoints) != set(reference.skeleton.keypoints):
            differing = sorted(set(store.skeleton.keypoints) ^ set(reference.skeleton.keypoints))
            raise CannotReconstruct(
                f"Views {first!r} and {view!r} have unlike keypoints: {', '.join(differing)}. "
                f"Predict all views with models of the same skeleton."
            )
    return reference.skeleton


def _warnings(
    cameras: CameraGroup, stores: Mapping[str, PosesStore], individuals: tuple[str, ...]
) -> tuple[str, ...]:
    left_out = [name for name in cameras.names if name not in stores]
    found = [f"No poses of camera {', '.join(left_out)}: it takes no part."] if left_out else []
    for camera in cameras:
        folded = folded_share(camera) if camera.name in stores else 0
        if folded > MUCH_FOLDED:
            found.append(
                f"The lens model of camera {camera.name} folds inside its picture: keypoints in the outer "
                f"{round(100 * folded)} % of it take no part. Calibrate with a board near the corners."
            )
    places = [view for view, store in stores.items() if store.provenance.get("individuals_are_places")]
    if places and len(individuals) > 1:
        found.append(
            f"The model of view {', '.join(places)} does not tell individuals apart: their order is that of "
            f"positions in each view by itself, so that the 3D poses may mix animals."
        )
    for name in individuals:
        knowing = [view for view, store in stores.items() if name in store.individuals]
        if len(knowing) < 2:
            found.append(f"Only view {knowing[0]} knows {name!r}, so it cannot be placed.")
    return tuple(found)
