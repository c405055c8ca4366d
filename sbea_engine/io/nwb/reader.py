"""Reads the pose estimates (ndx-pose) of an NWB file with h5py, whichever version of ndx-pose wrote them.

pynwb itself follows links to other files and builds classes from what a file says of itself; neither is
needed for arrays of positions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.hdf5_guard import MAX_ARRAY_BYTES, GuardedHdf5
from sbea_engine.io.imported import ImportedPoses, unique_names
from sbea_engine.io.nwb.errors import BadNwb

__all__ = ["read_poses"]

DEPTH = 4  # of groups below `processing` that are looked into
MAX_GROUPS = 10_000
MAX_PIXEL = 1e6
MAX_FRAME = 1e12
LONE = "animal 1"
FRAMES = re.compile(r"frame number is time stamp times ([0-9.eE+-]+) per second")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Series:
    """One keypoint: times in seconds or frames, and (time, 2) positions and (time,) confidences."""

    name: str
    times_s: NDArray[np.float64]
    rate: float | None
    points_px: NDArray[np.float64]
    confidence: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Container:
    """One PoseEstimation: an animal on a video."""

    name: str
    video: str
    skeleton: Skeleton
    series: Sequence[_Series]


def read_poses(place: Path) -> ImportedPoses:
    """Every PoseEstimation of a file; those of one video and the same keypoints are its individuals.

    Frames are counted from the time stamps: by the rate that the file says, else by the distance that most of
    them have. Positions in 3D are left out with a warning.

    Raises:
        BadNwb: Not such a file, damaged, or without estimates in 2D; the message says where.
    """
    warnings: list[str] = []
    with GuardedHdf5(place, BadNwb, "an NWB file") as store:
        paths = _estimations(store)
        found = [c for path in paths if (c := _container(store, path, warnings)) is not None]
    if not found:
        raise BadNwb(f"{place}: holds no pose estimates in 2D (ndx-pose PoseEstimation).")
    groups: dict[tuple[str, tuple[str, ...]], list[_Container]] = {}
    for each in found:
        groups.setdefault((each.video, each.skeleton.keypoints), []).append(each)
    names = unique_names([video for video, _ in groups], "video")
    poses = {name: _poses(place, g, warnings) for name, g in zip(names, groups.values(), strict=True)}
    return ImportedPoses(title=place.stem, poses=poses, warnings=tuple(warnings))


def _estimations(store: GuardedHdf5) -> list[str]:
    """Paths of all PoseEstimation groups."""
    if not store.has("processing"):
        return []
    paths, level, looked = [], ["/processing"], 0
    for _ in range(DEPTH):
        below = []
        for group in level:
            for name in store.members(group):
                path = f"{group}/{name}"
                looked += 1
                if looked > MAX_GROUPS:
                    raise BadNwb(f"{store.file}: holds more than {MAX_GROUPS} groups; not searched.")
                if not store.has(path) or store.is_array(path):
                    continue
                if store.attribute(path, "neurodata_type") == "PoseEstimation":
                    paths.append(path)
                else:
                    below.append(path)
        level = below
    return paths


def _container(store: GuardedHdf5, path: str, warnings: list[str]) -> _Container | None:
    children = [f"{path}/{name}" for name in store.members(path) if store.has(f"{path}/{name}")]
    series = []
    for child in children:
        if store.is_array(child) or store.attribute(child, "neurodata_type") != "PoseEstimationSeries":
            continue
        shape = store.shape(f"{child}/data")
        if len(shape) != 2 or shape[1] != 2:
            warnings.append(f"{store.file}: {child} has positions of shape {shape}, not 2D; left out.")
            continue
        series.append(_series(store, child))
    if not series:
        return None
    return _Container(
        name=path.rsplit("/", 1)[-1],
        video=_video(store, path),
        skeleton=_skeleton(store, path, [each.name for each in series], warnings),
        series=series,
    )


def _series(store: GuardedHdf5, path: str) -> _Series:
    points = store.array(f"{path}/data", ndim=2, kinds="iuf").astype(np.float64)
    conversion = store.attribute(f"{path}/data", "conversion")
    offset = store.attribute(f"{path}/data", "offset")
    points = points * float(1.0 if conversion is None else conversion) + float(offset or 0.0)
    count = len(points)
    confidence = np.full(count, np.nan)
    if store.has(f"{path}/confidence"):
        confidence = store.array(f"{path}/confidence", ndim=1, kinds="iuf").astype(np.float64)
    rate: float | None = None
    if store.has(f"{path}/timestamps"):
        times = store.array(f"{path}/timestamps", ndim=1, kinds="iuf").astype(np.float64)
        said = FRAMES.search(str(store.attribute(path, "comments") or ""))
        rate = _rate(store, path, said.group(1)) if said else None
    else:
        start = float(store.array(f"{path}/starting_time", kinds="iuf").reshape(-1)[0])
        rate = _rate(store, path, store.attribute(f"{path}/starting_time", "rate"))
        times = start + np.arange(count) / rate
    if len(times) != count or len(confidence) != count:
        raise BadNwb(
            f"{store.file}: {path} has {count} positions, {len(times)} time stamps and "
            f"{len(confidence)} confidences."
        )
    if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise BadNwb(f"{store.file}: the time stamps of {path} do not increase.")
    if np.any(np.isinf(points)) or np.any(np.abs(points) > MAX_PIXEL):
        raise BadNwb(f"{store.file}: a point of {path} lies further out than {MAX_PIXEL:g} pixels.")
    points[np.isnan(points).any(axis=-1)] = np.nan
    return _Series(
        name=path.rsplit("/", 1)[-1], times_s=times, rate=rate, points_px=points, confidence=confidence
    )


def _rate(store: GuardedHdf5, path: str, value: object) -> float:
    try:
        rate = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadNwb(f"{store.file}: {path} has the rate {value!r}, which is no number.") from error
    if not 0 < rate < MAX_PIXEL:
        raise BadNwb(f"{store.file}: {path} has a rate of {rate:g} per second.")
    return rate


def _video(store: GuardedHdf5, path: str) -> str:
    """Name of the video that a container says it is of; the module's, or the file's, where it says none."""
    for place in (f"{path}/source_video/external_file", f"{path}/original_videos"):
        if store.has(place):
            files = store.texts(place)
            if files:
                return PureWindowsPath(files[0]).stem
    module = path.split("/")[2]
    return store.file.stem if module == "behavior" else module


def _skeleton(store: GuardedHdf5, path: str, series: list[str], warnings: list[str]) -> Skeleton:
    """Keypoints are the series; their order and the edges come from the skeleton where its nodes are they."""
    # the link to a skeleton is called as the skeleton is
    children = [f"{path}/{name}" for name in store.members(path)]
    linked = (c for c in children if store.has(c) and store.attribute(c, "neurodata_type") == "Skeleton")
    place = next(linked, path)
    nodes = store.texts(f"{place}/nodes") if store.has(f"{place}/nodes") else []
    edges: list[tuple[str, str]] = []
    if nodes and store.has(f"{place}/edges") and 0 not in store.shape(f"{place}/edges"):
        for a, b in store.array(f"{place}/edges", ndim=2, kinds="iu").astype(np.int64)[:, :2]:
            if a != b and max(a, b) < len(nodes) and {nodes[a], nodes[b]} <= set(series):
                edges.append((nodes[a], nodes[b]))
            else:
                warnings.append(f"{store.file}: an edge of {place} does not join two keypoints; left out.")
    keypoints = [n for n in nodes if n in series] + [n for n in series if n not in nodes]
    try:
        return Skeleton(
            keypoints=tuple(keypoints),
            edges=tuple(dict.fromkeys(edges)),
            symmetric=symmetric_by_name(keypoints),
        )
    except BadSkeleton as error:
        raise BadNwb(f"{store.file}: {path}: {error}") from error


def _poses(file: Path, containers: Sequence[_Container], warnings: list[str]) -> Poses:
    names = [c.name.removeprefix("track=") for c in containers]
    if len(names) == 1 and names[0] == "PoseEstimation":
        names = [LONE]
    frames_of = _frames(file, containers, warnings)
    frames = np.unique(np.concatenate(list(frames_of.values())))
    skeleton = containers[0].skeleton
    shape = (len(frames), len(containers), len(skeleton))
    if 2 * np.dtype(np.float64).itemsize * shape[0] * shape[1] * shape[2] > MAX_ARRAY_BYTES:
        raise BadNwb(f"{file}: {shape[0]} frames of {shape[1]} individuals are more than are held.")
    points = np.full((*shape, 2), np.nan, np.float32)
    confidence = np.full(shape, np.nan, np.float32)
    outside = 0
    for i, container in enumerate(containers):
        for series in container.series:
            k, rows = skeleton.index(series.name), np.searchsorted(frames, frames_of[id(series)])
            points[rows, i, k] = series.points_px
            confidence[rows, i, k] = np.clip(series.confidence, 0, 1)
            outside += int(np.count_nonzero((series.confidence < 0) | (series.confidence > 1)))
    if outside:
        warnings.append(f"{file}: {outside} confidences lie outside 0..1; cut to it.")
    return Poses(
        skeleton=skeleton,
        individuals=tuple(unique_names(names, "animal")),
        frames=frames.astype(np.int64),
        points_px=points,
        confidence=confidence,
        provenance={"format": "nwb", "file": file.name},
    )


def _frames(
    file: Path, containers: Sequence[_Container], warnings: list[str]
) -> Mapping[int, NDArray[np.int64]]:
    """Frame numbers of each series, by its `id`; series of one video count alike."""
    series = [each for container in containers for each in container.series]
    times = np.unique(np.concatenate([each.times_s for each in series]))
    if not len(times):
        raise BadNwb(f"{file}: its pose estimates are empty.")
    rate = next((each.rate for each in series if each.rate is not None), None)
    if rate is None:
        rate = float(1 / np.median(np.diff(times))) if len(times) > 1 else 1.0
    counted = times * rate
    if np.max(np.abs(counted - np.round(counted))) > 0.25:  # the recording did not begin at time 0
        counted = (times - times[0]) * rate
    numbers = np.round(counted)
    even = np.max(np.abs(counted - numbers)) <= 0.25 and np.all(np.diff(numbers) > 0) and numbers[0] >= 0
    if not even or numbers[-1] > MAX_FRAME:
        warnings.append(f"{file}: time stamps of {containers[0].video} are uneven; frames count in order.")
        numbers = np.arange(len(times), dtype=np.float64)
    return {id(each): numbers[np.searchsorted(times, each.times_s)].astype(np.int64) for each in series}
