"""Reads `.slp` and `.pkg.slp`: labels of people and predictions of models, each for what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io.hdf5_guard import MAX_ARRAY_BYTES, GuardedHdf5
from sbea_engine.io.imported import unique_names
from sbea_engine.io.sleap.errors import BadSleap
from sbea_engine.io.sleap.skeleton import parse_skeletons
from sbea_engine.io.sleap.tables import Instances, read_instances
from sbea_engine.io.sleap.videos import SleapVideo, extract_pictures, parse_videos

__all__ = ["SleapFile", "read_slp"]

MAX_INDIVIDUALS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SleapFile:
    """What a file holds.

    Attributes:
        file: The file.
        skeleton: Nodes, edges and pairs of mirrored nodes.
        labels: Instances that people placed; None where there are none.
        poses: Instances that a model predicted, by name of their video.
        videos: All videos that the file names.
        warnings: One sentence each on what was left out or decided.
        tracked: Whether every instance that people placed has a track.
    """

    file: Path
    skeleton: Skeleton
    labels: LabelSet | None
    poses: Mapping[str, Poses]
    videos: tuple[SleapVideo, ...]
    warnings: tuple[str, ...]
    tracked: bool


def read_slp(file: Path, *, pictures: Path | None = None) -> SleapFile:
    """Read a file whole, or refuse it.

    A track is an individual. Instances without a track become "animal 1", "animal 2" ... in their order on
    the frame. A node with a position that is marked not visible is `GUESSED`; one without is `UNLABELLED`.
    Positions are those of the file, which has pixel (0, 0) at its centre since format 1.1; older ones are
    shifted by half a pixel.

    Args:
        file: `.slp` or `.pkg.slp`.
        pictures: New folder that the pictures of a package are written to as PNG. When None they are left in
            the file, and labels point to the videos that they were taken from.

    Raises:
        BadSleap: Not such a file, damaged, or larger than what is read; the message says where.
    """
    warnings: list[str] = []
    with GuardedHdf5(file, BadSleap, "a SLEAP file") as store:
        text = store.attribute("metadata", "json")
        if not isinstance(text, str):
            raise BadSleap(f"{file}: metadata has no text 'json', so it is not a SLEAP file.")
        skeletons = parse_skeletons(file, store.json(text, "metadata"))
        tracks = _track_names(store)
        user, predicted, number, listed = read_instances(store, [len(s) for s in skeletons], len(tracks))
        videos = parse_videos(store)
        by_number = _numbered(store, videos, np.unique(listed[:, 0]))
        skeleton = skeletons[number]
        labels = _labels(file, skeleton, tracks, user, by_number, pictures, warnings)
        poses = {
            video.name: made
            for call, video in by_number.items()
            if (made := _poses(file, skeleton, tracks, predicted, user, listed, call, warnings)) is not None
        }
        if pictures is not None:
            _extract(store, videos, labels, pictures)
    warnings += _unfound(videos, by_number)
    return SleapFile(
        file=file, skeleton=skeleton, labels=labels, poses=poses, videos=tuple(videos),
        warnings=tuple(warnings), tracked=bool((user.track >= 0).all()),
    )  # fmt: skip


def _track_names(store: GuardedHdf5) -> list[str]:
    rows = [store.json(text, "tracks_json") for text in store.texts("tracks_json")]
    names = [row[1] if isinstance(row, list) and len(row) > 1 else row for row in rows]
    return unique_names(["" if isinstance(n, dict | list) else str(n) for n in names], "track")


def _numbered(
    store: GuardedHdf5, videos: Sequence[SleapVideo], called: NDArray[np.int64]
) -> dict[int, SleapVideo]:
    """The videos by what `frames` calls them: the number of a package's group, or the place in the list."""
    by_group = {video.number: video for video in videos}
    if len(by_group) == len(videos) and set(called.tolist()) <= set(by_group):
        return by_group
    if len(called) and called.max() >= len(videos):
        raise BadSleap(f"{store.file}: frames are of video {called.max()}; {len(videos)} are named.")
    return dict(enumerate(videos))


def _individuals(
    file: Path, instances: Instances, tracks: Sequence[str], warnings: list[str]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """(names of the individual axis, place on it of each instance; -1 for one that is left out)."""
    used = np.unique(instances.track[instances.track >= 0])
    place = np.full(len(instances), -1, np.int64)
    tracked = instances.track >= 0
    place[tracked] = np.searchsorted(used, instances.track[tracked])
    seen: set[tuple[int, int, int]] = set()
    untracked: dict[tuple[int, int], int] = {}
    doubled = 0
    for row in range(len(instances)):
        frame = (int(instances.video[row]), int(instances.frame[row]))
        if not tracked[row]:
            nth = untracked[frame] = untracked.get(frame, -1) + 1
            place[row] = len(used) + nth
        elif (*frame, int(place[row])) in seen:
            place[row], doubled = -1, doubled + 1
        else:
            seen.add((*frame, int(place[row])))
    if doubled:
        warnings.append(f"{file}: {doubled} instances share track and frame with an earlier one; left out.")
    without = 1 + max(untracked.values(), default=-1)
    names = [tracks[n] for n in used] + [f"animal {n + 1}" for n in range(without)]
    if len(names) > MAX_INDIVIDUALS:
        raise BadSleap(f"{file}: {len(names)} tracks; at most {MAX_INDIVIDUALS} are read. Join them first.")
    return tuple(unique_names(names, "animal")), place


def _labels(
    file: Path,
    skeleton: Skeleton,
    tracks: Sequence[str],
    user: Instances,
    videos: Mapping[int, SleapVideo],
    pictures: Path | None,
    warnings: list[str],
) -> LabelSet | None:
    if not len(user):
        return None
    individuals, place = _individuals(file, user, tracks, warnings)
    frames, row = np.unique(np.stack([user.video, user.frame], axis=1), axis=0, return_inverse=True)
    shape = (len(frames), len(individuals), len(skeleton))
    _require_size(file, shape)
    points = np.full((*shape, 2), np.nan, np.float32)
    visibility = np.full(shape, Visibility.UNLABELLED, np.int8)
    kept = place >= 0
    at = (row.reshape(-1)[kept], place[kept])
    points[at] = user.points_px[kept]
    placed = np.isfinite(user.points_px[kept]).all(axis=-1)
    seen = np.where(user.visible[kept], Visibility.VISIBLE, Visibility.GUESSED)
    visibility[at] = np.where(placed, seen, Visibility.UNLABELLED)
    labels = LabelSet(
        skeleton=skeleton,
        individuals=individuals,
        frames=tuple(videos[int(v)].source(int(f), pictures) for v, f in frames),
        points_px=points,
        visibility=visibility,
    )
    return labels.select(labels.time_order())


def _poses(
    file: Path,
    skeleton: Skeleton,
    tracks: Sequence[str],
    predicted: Instances,
    user: Instances,
    listed: NDArray[np.int64],
    video: int,
    warnings: list[str],
) -> Poses | None:
    rows = np.flatnonzero(predicted.video == video)
    if not len(rows):
        return None
    of = Instances(
        video=predicted.video[rows],
        frame=predicted.frame[rows],
        track=predicted.track[rows],
        points_px=predicted.points_px[rows],
        visible=predicted.visible[rows],
        score=predicted.score[rows],
    )
    individuals, place = _individuals(file, of, tracks, warnings)
    # a listed frame without any instance was predicted as well: as empty
    empty = np.setdiff1d(listed[listed[:, 0] == video, 1], user.frame[user.video == video])
    frames = np.union1d(of.frame, empty)
    shape = (len(frames), len(individuals), len(skeleton))
    _require_size(file, shape)
    points = np.full((*shape, 2), np.nan, np.float32)
    confidence = np.full(shape, np.nan, np.float32)
    kept = place >= 0
    at = (np.searchsorted(frames, of.frame[kept]), place[kept])
    points[at] = of.points_px[kept]
    outside = np.count_nonzero((of.score < 0) | (of.score > 1))
    if outside:
        warnings.append(f"{file}: {outside} scores lie outside 0..1; cut to it.")
    confidence[at] = np.clip(of.score[kept], 0, 1)
    return Poses(
        skeleton=skeleton,
        individuals=individuals,
        frames=frames.astype(np.int64),
        points_px=points,
        confidence=confidence,
        provenance={"format": "sleap", "file": file.name},
    )


def _require_size(file: Path, shape: tuple[int, int, int]) -> None:
    if 2 * np.dtype(np.float32).itemsize * shape[0] * shape[1] * shape[2] > MAX_ARRAY_BYTES:
        raise BadSleap(
            f"{file}: {shape[0]} frames of {shape[1]} tracks are more than can be held. Join tracks first."
        )


def _extract(
    store: GuardedHdf5, videos: Sequence[SleapVideo], labels: LabelSet | None, pictures: Path
) -> None:
    inside = {video.name: set(extract_pictures(store, video, pictures)) for video in videos if video.dataset}
    for source in labels.frames if labels is not None else ():
        if source.video in inside and source.index not in inside[source.video]:
            raise BadSleap(
                f"{store.file}: frame {source.index} of {source.video!r} is labelled, and its picture is not "
                "in the package. Save the package again in SLEAP."
            )


def _unfound(videos: Sequence[SleapVideo], used: Mapping[int, SleapVideo]) -> list[str]:
    named = {video.name for video in used.values()}
    return [
        f"{video.path.name}: named in the file, not beside it. Put it there to read its frames."
        for video in videos
        if not video.found and video.name in named
    ]
