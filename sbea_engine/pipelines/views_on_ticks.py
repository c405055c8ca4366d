"""The 2D poses of several views of one recording, read tick by tick with one order of names.

Individuals are matched by name: `mouse 1` of one view is `mouse 1` of every other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton, SyncTable
from sbea_engine.data.sync import MISSING
from sbea_engine.errors import BadInput
from sbea_engine.io.poses_store import PosesStore, open_poses


class BadViews(BadInput):
    """The 2D poses of the views do not fit one another, or are not finished."""

    code = "bad_views"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewsOnTicks:
    """Stores of poses on one clock.

    Attributes:
        stores: By view, in the order of the view axis.
        sync: Its views are those of `stores`, in that order.
        skeleton: Of the first view; the others have the same keypoints, in any order.
        individuals: All that some view knows.
    """

    stores: Mapping[str, PosesStore]
    sync: SyncTable
    skeleton: Skeleton
    individuals: tuple[str, ...]

    @classmethod
    def open(cls, poses: Mapping[str, Path], sync: SyncTable | None = None) -> Self:
        """Open the stores.

        Args:
            poses: Store of 2D poses by view.
            sync: Which frame each view shows at each tick; None where views started together and dropped
                nothing.

        Raises:
            BadViews: Unlike skeletons, or unfinished poses.
            BadPosesStore: A store is missing or damaged.
            BadSync: The table lacks a view, or names frames beyond its poses.
        """
        stores = {view: open_poses(place) for view, place in poses.items()}
        for view, store in stores.items():
            if not store.complete:
                raise BadViews(
                    f"{store.folder}: only {store.frames_done} of {store.frame_count} frames of view "
                    f"{view!r} are predicted. Let the prediction finish first."
                )
        skeleton = _common_skeleton(stores)
        counts = {view: int(s.frames[-1]) + 1 if len(s.frames) else 0 for view, s in stores.items()}
        table = SyncTable.aligned(counts) if sync is None else sync
        table.require(counts)
        return cls(
            stores=stores,
            sync=SyncTable(views=tuple(stores), frames=np.stack([table.frames_of(view) for view in stores])),
            skeleton=skeleton,
            individuals=tuple(dict.fromkeys(name for s in stores.values() for name in s.individuals)),
        )

    @property
    def ticks(self) -> int:
        """Length of the recording in ticks."""
        return self.sync.ticks

    @property
    def sync_sha256(self) -> str:
        """Of which frame each view shows when."""
        return hashlib.sha256(self.sync.frames.astype("<i8").tobytes()).hexdigest()

    @property
    def without_identity(self) -> tuple[str, ...]:
        """Views whose model does not tell individuals apart: their names are places in a frame."""
        return tuple(v for v, s in self.stores.items() if s.provenance.get("individuals_are_places"))

    def window(self, low: int, high: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points (view, tick, individual, keypoint, 2) and confidence; NaN where a view shows no frame."""
        shape = (len(self.stores), high - low, len(self.individuals), len(self.skeleton))
        points, confidence = np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)
        for v, store in enumerate(self.stores.values()):
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


def _common_skeleton(stores: Mapping[str, PosesStore]) -> Skeleton:
    (first, reference), *others = stores.items()
    for view, store in others:
        if set(store.skeleton.keypoints) != set(reference.skeleton.keypoints):
            differing = sorted(set(store.skeleton.keypoints) ^ set(reference.skeleton.keypoints))
            raise BadViews(
                f"Views {first!r} and {view!r} have unlike keypoints: {', '.join(differing)}. "
                f"Predict all views with models of the same skeleton."
            )
    return reference.skeleton
