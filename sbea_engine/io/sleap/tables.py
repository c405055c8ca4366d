"""The tables of a SLEAP file: frames, instances and points, with every index in them checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.io.hdf5_guard import GuardedHdf5
from sbea_engine.io.sleap.errors import BadSleap

__all__ = ["Instances", "read_instances"]

USER, PREDICTED = 0, 1
LEGACY_SHIFT_PX = 0.5  # before format 1.1, (0, 0) was the corner of the top-left pixel
FIRST_CENTRED = 1.1
FIRST_UNREADABLE = 3.0
MAX_PIXEL = 1e6
FIELDS = {
    "frames": ("video", "frame_idx", "instance_id_start", "instance_id_end"),
    "instances": ("instance_type", "skeleton", "track", "point_id_start", "point_id_end"),
    "points": ("x", "y", "visible"),
    "pred_points": ("x", "y", "visible", "score"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instances:
    """All instances of one kind, those of people or those of a model; one row each.

    Attributes:
        video: int64 (instance,): what `frames` calls the video.
        frame: int64 (instance,): frame index in that video.
        track: int64 (instance,): place in the list of tracks; -1 for none.
        points_px: float64 (instance, node, 2); NaN where the node has no position.
        visible: bool (instance, node).
        score: float64 (instance, node); NaN for instances of people.
    """

    video: NDArray[np.int64]
    frame: NDArray[np.int64]
    track: NDArray[np.int64]
    points_px: NDArray[np.float64]
    visible: NDArray[np.bool_]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.video)


def read_instances(
    store: GuardedHdf5, nodes: Sequence[int], track_count: int
) -> tuple[Instances, Instances, int, NDArray[np.int64]]:
    """(of people, of a model, the skeleton that they share, (row, 2) video and index of all frames listed).

    Args:
        store: The open file.
        nodes: How many nodes each of its skeletons has.
        track_count: How many tracks it names.

    Raises:
        BadSleap: A table is missing, lacks a column, or points to rows that are not there; the instances
            have several skeletons; or the format is newer than those read here.
    """
    version = _version(store)
    frames, instances = _table(store, "frames"), _table(store, "instances")
    owner = _owners(store, frames, len(instances))
    kind = instances["instance_type"].astype(np.int64)
    if np.any((kind != USER) & (kind != PREDICTED)):
        raise BadSleap(f"{store.file}: instances hold a type that is neither of people nor of a model.")
    skeleton = _one_skeleton(store, instances["skeleton"].astype(np.int64), len(nodes))
    listed = np.stack([_index(frames["video"]), _index(frames["frame_idx"])], axis=1)
    if np.any(listed < 0):
        raise BadSleap(f"{store.file}: frames hold a negative number.")
    of = []
    for wanted, name in ((USER, "points"), (PREDICTED, "pred_points")):
        rows = np.flatnonzero((kind == wanted) & (owner >= 0))
        points = _table(store, name)
        gathered = points[_point_rows(store, name, instances[rows], len(points), nodes[skeleton])]
        shift = 0.0 if version >= FIRST_CENTRED else LEGACY_SHIFT_PX
        track = instances["track"][rows].astype(np.int64)
        if np.any(track >= track_count):
            raise BadSleap(f"{store.file}: an instance is of track {track.max()}; {track_count} are named.")
        of.append(
            Instances(
                video=listed[owner[rows], 0],
                frame=listed[owner[rows], 1],
                track=np.where(track < 0, -1, track),
                points_px=_positions(store, gathered, shift),
                visible=gathered["visible"].astype(bool),
                score=gathered["score"].astype(np.float64)
                if wanted == PREDICTED
                else np.full(gathered.shape, np.nan),
            )
        )
    return of[0], of[1], skeleton, listed


def _version(store: GuardedHdf5) -> float:
    version = store.attribute("metadata", "format_id")
    if version is None:
        return 1.0
    try:
        number = float(version)
    except (TypeError, ValueError) as error:
        raise BadSleap(f"{store.file}: format {version!r} is no number.") from error
    if not number < FIRST_UNREADABLE:
        raise BadSleap(f"{store.file}: format {number:g} is newer than those read here (below 3).")
    return number


def _table(store: GuardedHdf5, name: str) -> NDArray[Any]:
    table = store.array(name, ndim=1)
    missing = [field for field in FIELDS[name] if field not in (table.dtype.names or ())]
    if missing:
        raise BadSleap(f"{store.file}: table {name} has no column {missing[0]!r}. Save it again in SLEAP.")
    return table


def _owners(store: GuardedHdf5, frames: NDArray[Any], count: int) -> NDArray[np.int64]:
    """(instance,): row of the frame that each instance is on; -1 for one that no frame names."""
    starts, stops = _index(frames["instance_id_start"]), _index(frames["instance_id_end"])
    if np.any(starts < 0) or np.any(stops < starts) or np.any(stops > count):
        raise BadSleap(f"{store.file}: a frame names instances that are not among the {count} there are.")
    owner = np.full(count, -1, np.int64)
    for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        if np.any(owner[start:stop] >= 0):
            raise BadSleap(f"{store.file}: frame row {row} names an instance of another frame.")
        owner[start:stop] = row
    return owner


def _index(values: NDArray[Any]) -> NDArray[np.int64]:
    """As int64; beyond it, an unsigned number turns negative and is refused as such."""
    return values.astype(np.int64)


def _one_skeleton(store: GuardedHdf5, skeletons: NDArray[np.int64], count: int) -> int:
    used = np.unique(skeletons)
    if len(used) > 1:
        raise BadSleap(f"{store.file}: its instances have {len(used)} skeletons. Save one file for each.")
    number = int(used[0]) if len(used) else 0
    if not 0 <= number < count:
        raise BadSleap(f"{store.file}: its instances have skeleton {number}; there are {count}.")
    return number


def _point_rows(
    store: GuardedHdf5, name: str, instances: NDArray[Any], count: int, nodes: int
) -> NDArray[np.int64]:
    """(instance, node): row of each point."""
    starts, stops = _index(instances["point_id_start"]), _index(instances["point_id_end"])
    if np.any(starts < 0) or np.any(stops > count) or np.any(stops - starts != nodes):
        raise BadSleap(
            f"{store.file}: an instance has other than {nodes} points, or some beyond the {count} in {name}."
        )
    return starts[:, None] + np.arange(nodes)


def _positions(store: GuardedHdf5, points: NDArray[Any], shift: float) -> NDArray[np.float64]:
    positions = np.stack([points["x"], points["y"]], axis=-1).astype(np.float64) - shift
    if np.any(np.isinf(positions)) or np.any(np.abs(positions) > MAX_PIXEL):
        raise BadSleap(f"{store.file}: a point lies further out than {MAX_PIXEL:g} pixels.")
    positions[np.isnan(positions).any(axis=-1)] = np.nan
    return positions
