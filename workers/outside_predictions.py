"""Predictions that lie in a project of another tool, fitted to the videos and animals that it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.errors import EngineError
from sbea_engine.io import lightning_pose
from sbea_engine.io.deeplabcut.transfer import prediction_files, read_table
from sbea_engine.io.sleap import read_slp
from webapp.annotation.errors import ImportRefused
from webapp.annotation.imports import ImportSummary
from webapp.projects.services import MAX_ANIMALS
from workers.outside_projects import OutsideProject

__all__ = ["OutsidePredictions", "fitted", "read_outside_predictions"]

VIDEOS = "videos"
_NO_VIDEO = "{}: predictions of a video that is not in the project; left aside."
_LINK_OUT = "{}: a link to outside the project; not followed. Copy the file in."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutsidePredictions:
    """What one model said of one video.

    Attributes:
        source: What made them, for people.
        poses: As the other tool has them.
    """

    source: str
    poses: Poses


Found = Iterator[tuple[str, OutsidePredictions]]


def read_outside_predictions(outside: OutsideProject, summary: ImportSummary) -> Found:
    """Name of the recording that they belong to, and what is said of it; one file at a time is in memory.

    They are an extra: what cannot be read, or belongs to no video of the project, is left aside with a
    warning and does not stop the import of the labels.
    """
    read = _READERS.get(outside.format_name)
    if read is not None:
        yield from read(outside, summary)


def fitted(poses: Poses, *, skeleton: Skeleton, animals: Sequence[str], frame_count: int) -> Poses:
    """The same predictions with a row for each frame of the video, and the project's order of keypoints and
    animals.

    A track with the name of an animal takes its place. The others are put, in their order, where a place is
    free on all of their frames, and behind the animals where none is: pieces of a track that broke share one.

    Raises:
        ImportRefused: They are of other keypoints, of more animals at once than a project holds, or of frames
            that the video does not have.
    """
    if set(poses.skeleton.keypoints) != set(skeleton.keypoints):
        raise ImportRefused(
            f"they are of the keypoints {', '.join(poses.skeleton.keypoints)}; the labels are of "
            f"{', '.join(skeleton.keypoints)}."
        )
    if len(poses) and poses.frames[-1] >= frame_count:
        raise ImportRefused(f"frame {poses.frames[-1]} is predicted, and the video has {frame_count}.")
    there: NDArray[np.bool_] = np.asarray(np.isfinite(poses.points_px).all(axis=-1).any(axis=-1), np.bool_)
    names, place = _places(poses.individuals, animals, there)
    if len(names) > MAX_ANIMALS:
        raise ImportRefused(f"{len(names)} animals at once; a project has at most {MAX_ANIMALS}.")
    order = [poses.skeleton.keypoints.index(name) for name in skeleton.keypoints]
    points = np.full((frame_count, len(names), len(order), 2), np.nan, np.float32)
    confidence = np.full(points.shape[:-1], np.nan, np.float32)
    for track, at in enumerate(place):
        rows = np.flatnonzero(there[:, track])
        points[poses.frames[rows], at] = poses.points_px[rows, track][:, order]
        confidence[poses.frames[rows], at] = poses.confidence[rows, track][:, order]
    return replace(
        poses,
        skeleton=skeleton,
        individuals=names,
        frames=np.arange(frame_count, dtype=np.int64),
        points_px=points,
        confidence=confidence,
    )


def _places(
    tracks: Sequence[str], animals: Sequence[str], there: NDArray[np.bool_]
) -> tuple[tuple[str, ...], list[int]]:
    """Names of the new axis, and where on it each track goes; `there` is (frame, track)."""
    names = list(animals)
    busy = {at: np.zeros(len(there), np.bool_) for at, name in enumerate(names) if name not in tracks}
    place = []
    for track, name in enumerate(tracks):
        if name in animals:
            place.append(names.index(name))
            continue
        at = next((free for free, frames in busy.items() if not (frames & there[:, track]).any()), len(names))
        if at == len(names):
            names.append(name)
            busy[at] = np.zeros(len(there), np.bool_)
        busy[at] |= there[:, track]
        place.append(at)
    return tuple(names), place


def _of_deeplabcut(outside: OutsideProject, summary: ImportSummary) -> Found:
    """Tables beside the videos; a file is called as its video, with the scorer behind it."""
    folder = outside.place / VIDEOS
    inside = outside.place.resolve()
    videos = {name: each.path for name, each in outside.sources.items() if each.path.parent == folder}
    for file in prediction_files(folder):
        fitting = [name for name, path in videos.items() if file.stem.startswith(path.stem)]
        if not fitting:
            summary.warn(_NO_VIDEO.format(file.name))
            continue
        if not file.resolve().is_relative_to(inside):
            summary.warn(_LINK_OUT.format(file.name))
            continue
        notes: list[str] = []
        try:
            poses = read_table(file, notes)
        except EngineError as error:
            summary.warn(f"Predictions left aside: {error}")
            continue
        for note in notes:
            summary.warn(note)
        scorer = str(poses.provenance["scorer"])
        # "mouse1" begins the name of a file of "mouse10" too.
        own = [n for n in fitting if file.stem[len(videos[n].stem) :].lstrip("_").startswith(scorer)]
        if not own:
            summary.warn(_NO_VIDEO.format(file.name))
            continue
        name = max(own, key=lambda name: len(videos[name].stem))
        yield name, OutsidePredictions(source=f"DeepLabCut, {file.name}", poses=poses)


def _of_lightning_pose(outside: OutsideProject, summary: ImportSummary) -> Found:
    """Tables called as their video; those of a model lie in its folder, and so may be several of a video."""
    inside = outside.place.resolve()
    folder = outside.place / VIDEOS
    videos = {each.path.stem: name for name, each in outside.sources.items() if each.path.parent == folder}
    for file in lightning_pose.prediction_files(outside.place):
        if file.stem not in videos:
            summary.warn(_NO_VIDEO.format(file.name))
            continue
        if not file.resolve().is_relative_to(inside):
            summary.warn(_LINK_OUT.format(file.name))
            continue
        try:
            found = lightning_pose.read_poses(file)
        except EngineError as error:
            summary.warn(f"Predictions left aside: {error}")
            continue
        for note in found.warnings:
            summary.warn(note)
        of_model = file.parent.name == lightning_pose.PREDICTED and file.parent.parent != outside.place
        model = file.parent.parent.relative_to(outside.place).as_posix() if of_model else ""
        called = f"{model}, {file.name}" if of_model else file.name
        [poses] = found.poses.values()
        yield videos[file.stem], OutsidePredictions(source=f"Lightning Pose, {called}", poses=poses)


def _of_sleap(outside: OutsideProject, summary: ImportSummary) -> Found:
    """Predicted instances; those on pictures inside a package have no video to lie over."""
    read = read_slp(outside.place)
    paths = {video.name: video.path for video in read.videos}
    sources = {each.path: name for name, each in outside.sources.items() if not each.extracted}
    for video, poses in read.poses.items():
        name = sources.get(paths[video])
        if name is None:
            summary.warn(
                f"{outside.place.name}: predictions on {len(poses)} frames of {video} left aside; the video "
                "is not here."
            )
            continue
        yield name, OutsidePredictions(source=f"SLEAP, {outside.place.name}", poses=poses)


_READERS: Mapping[str, Callable[[OutsideProject, ImportSummary], Found]] = {
    "deeplabcut": _of_deeplabcut,
    "lightning_pose": _of_lightning_pose,
    "sleap": _of_sleap,
}
