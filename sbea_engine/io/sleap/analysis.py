"""SLEAP's analysis files: predictions of one video as dense arrays."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.hdf5_guard import MAX_ARRAY_BYTES, GuardedHdf5
from sbea_engine.io.imported import unique_names
from sbea_engine.io.sleap.errors import BadSleap
from sbea_engine.io.sleap.tables import MAX_PIXEL

__all__ = ["is_analysis", "read_analysis", "write_analysis"]

ORDER = ("frame", "track", "node", "xy")  # of the engine
STORED = ("track", "xy", "node", "frame")  # of SLEAP, which writes for MATLAB
PAIR = 2


def is_analysis(file: Path) -> bool:
    """Whether a file looks like one; never raises."""
    try:
        with h5py.File(file, "r") as store:
            return "track_occupancy" in store and "node_names" in store
    except (OSError, ValueError, RuntimeError):
        return False


def read_analysis(file: Path) -> tuple[Poses, list[str]]:
    """Predictions of all frames from 0 to the last one, and what was decided on the way.

    Raises:
        BadSleap: Not such a file, damaged, too large, or its arrays do not fit one another.
    """
    warnings: list[str] = []
    with GuardedHdf5(file, BadSleap, "a SLEAP analysis file") as store:
        nodes = store.texts("node_names")
        tracks = [] if not store.has("track_names") else store.texts("track_names")
        order = _stored_order(store)
        points = _arranged(store, "tracks", order)
        scores = _arranged(store, "point_scores", [axis for axis in order if axis != "xy"])
        edges = _edges(store, nodes, warnings)
    tracks = unique_names(tracks or ["animal 1"] * points.shape[1], "track")
    if points.shape[1:] != (len(tracks), len(nodes), PAIR) or scores.shape != points.shape[:3]:
        raise BadSleap(
            f"{file}: tracks of shape {points.shape} and scores of shape {scores.shape} do not fit "
            f"{len(tracks)} tracks and {len(nodes)} nodes."
        )
    if np.any(np.isinf(points)) or np.any(np.abs(points) > MAX_PIXEL):
        raise BadSleap(f"{file}: a point lies further out than {MAX_PIXEL:g} pixels.")
    outside = np.count_nonzero((scores < 0) | (scores > 1))
    if outside:
        warnings.append(f"{file}: {outside} scores lie outside 0..1; cut to it.")
    points[np.isnan(points).any(axis=-1)] = np.nan
    try:
        skeleton = Skeleton(keypoints=tuple(nodes), edges=edges, symmetric=symmetric_by_name(nodes))
    except BadSkeleton as error:
        raise BadSleap(f"{file}: {error}") from error
    poses = Poses(
        skeleton=skeleton,
        individuals=tuple(tracks),
        frames=np.arange(len(points), dtype=np.int64),
        points_px=points.astype(np.float32),
        confidence=np.clip(scores, 0, 1).astype(np.float32),
        provenance={"format": "sleap-analysis", "file": file.name},
    )
    return poses, warnings


def write_analysis(poses: Poses, file: Path, *, video_path: str = "") -> Path:
    """Write predictions; replaces an old file. Frames that were not predicted are empty.

    Raises:
        BadSleap: The dense arrays up to the last frame would be too large.
    """
    count = int(poses.frames[-1]) + 1 if len(poses) else 0
    shape = (count, len(poses.individuals), len(poses.skeleton))
    if 2 * np.dtype(np.float64).itemsize * shape[0] * shape[1] * shape[2] > MAX_ARRAY_BYTES:
        raise BadSleap(f"{file}: {count} frames of {shape[1]} tracks are more than such a file can hold.")
    points = np.full((*shape, 2), np.nan)
    scores = np.full(shape, np.nan)
    points[poses.frames] = poses.points_px.astype(str).astype(np.float64)
    scores[poses.frames] = poses.confidence
    answered = np.isfinite(points).all(axis=-1)
    means = _means(np.where(answered, scores, np.nan))
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with h5py.File(temporary, "w") as store:
            _write(store, "tracks", points, STORED)
            _write(store, "point_scores", scores, ("track", "node", "frame"))
            _write(store, "instance_scores", means, ("track", "frame"))
            _write(store, "tracking_scores", np.zeros_like(means), ("track", "frame"))
            _write(store, "track_occupancy", answered.any(axis=-1).astype(np.uint8), ("frame", "track"))
            _write_names(store, poses.skeleton, poses.individuals)
            for name, text in (("video_path", video_path), ("labels_path", ""), ("provenance", "{}")):
                store.create_dataset(name, data=text)
            store.create_dataset("video_ind", data=0)
            store.attrs.update({"format": "analysis", "preset": "matlab"})
            store.attrs["skeleton_symmetries"] = json.dumps([list(p) for p in poses.skeleton.symmetric])
        os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def _stored_order(store: GuardedHdf5) -> list[str]:
    text = store.attribute("tracks", "dims")
    if text is None:
        return list(STORED)
    order = store.json(str(text), "dims of tracks")
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(ORDER):
        raise BadSleap(f"{store.file}: tracks has the axes {str(order)[:80]}; expected {', '.join(ORDER)}.")
    return order


def _arranged(store: GuardedHdf5, name: str, order: Sequence[str]) -> NDArray[np.float64]:
    array = store.array(name, ndim=len(order), kinds="iuf").astype(np.float64)
    return np.transpose(array, [order.index(axis) for axis in ORDER if axis in order])


def _edges(store: GuardedHdf5, nodes: list[str], warnings: list[str]) -> tuple[tuple[str, str], ...]:
    if not store.has("edge_inds") or 0 in store.shape("edge_inds"):
        return ()
    pairs = store.array("edge_inds", ndim=2, kinds="iu").astype(np.int64)
    if pairs.shape[1] != PAIR or np.any(pairs < 0) or np.any(pairs >= len(nodes)):
        warnings.append(f"{store.file}: its edges do not fit its nodes; left out.")
        return ()
    return tuple(dict.fromkeys((nodes[a], nodes[b]) for a, b in pairs if a != b))


def _means(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over nodes; NaN without a warning where there is none."""
    known = np.isfinite(scores)
    total = np.where(known, scores, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _write(store: h5py.File, name: str, array: NDArray[Any], stored: Sequence[str]) -> None:
    own = [axis for axis in ORDER if axis in stored]
    data = np.transpose(array, [own.index(axis) for axis in stored])
    dataset = store.create_dataset(name, data=data, compression="gzip" if data.size else None)
    dataset.attrs["dims"] = json.dumps(list(stored))


def _write_names(store: h5py.File, skeleton: Skeleton, individuals: Sequence[str]) -> None:
    edges = [[end.encode() for end in edge] for edge in skeleton.edges]
    inds = np.array([[skeleton.index(end) for end in edge] for edge in skeleton.edges], np.int32)
    store.create_dataset("node_names", data=np.array([name.encode() for name in skeleton.keypoints]))
    store.create_dataset("track_names", data=np.array([name.encode() for name in individuals]))
    store.create_dataset("edge_names", data=np.array(edges, "S") if edges else np.zeros((0, PAIR), "S1"))
    store.create_dataset("edge_inds", data=inds.reshape(-1, PAIR))
