"""What a project of another tool brings: recordings to be, their labels, and what was decided on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sbea_engine.data import LabelSet, Poses, Skeleton
from sbea_engine.io.deeplabcut import find_project, read_project
from sbea_engine.io.picture_files import is_image
from sbea_engine.io.registry import FORMATS, Format, detect
from sbea_engine.io.sleap import NothingLabelled, read_slp
from webapp.annotation.errors import ImportRefused
from webapp.projects.services import MAX_ANIMALS

__all__ = ["OutsideProject", "OutsideSource", "read_outside"]

DEEPLABCUT, SLEAP = "deeplabcut", "sleap"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideSource:
    """One recording to be.

    Attributes:
        path: What to read frames from: a folder of images or a video file.
        labels: Of that recording; a frame of a folder is known by the name of its image.
        extracted: Whether its pictures lay inside the other tool's file, and are the studio's own now.
    """

    path: Path
    labels: LabelSet | None = None
    extracted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideProject:
    """All of it; `place` is the folder or file that it was read from, `told_apart` as of `ImportedLabels`."""

    format_name: str
    place: Path
    skeleton: Skeleton
    individuals: tuple[str, ...]
    sources: Mapping[str, OutsideSource]
    warnings: tuple[str, ...]
    told_apart: bool = True


def read_outside(place: Path, *, pictures: Path) -> OutsideProject:
    """Read a project of whichever tool it looks like; what looks like none is read as DeepLabCut's.

    Args:
        place: Folder or file, or the folder that an archive was unpacked to.
        pictures: New folder for pictures that lie inside a file.

    Raises:
        BadInput: The project cannot be used; of the class of its format.
        ImportRefused: A labelled video is not there, or two recordings would share a name.
    """
    children = place.iterdir() if place.is_dir() else ()
    inner = [child for child in children if child.name != "__MACOSX" and not child.is_symlink()]
    name = detect(place) or (detect(inner[0]) if len(inner) == 1 else None) or DEEPLABCUT
    if name == DEEPLABCUT:
        return _deeplabcut(place)
    return _labelled(FORMATS[name], place, pictures)


def _deeplabcut(place: Path) -> OutsideProject:
    outside = read_project(find_project(place))
    folders = {
        name: OutsideSource(path=outside.folder / "labeled-data" / name, labels=labels)
        for name, labels in outside.label_sets.items()
    }
    return OutsideProject(
        format_name=DEEPLABCUT,
        place=outside.folder,
        skeleton=outside.skeleton,
        individuals=next(iter(outside.label_sets.values())).individuals,
        sources=_with_videos(folders, outside.videos),
        warnings=outside.warnings,
    )


def _labelled(chosen: Format, place: Path, pictures: Path) -> OutsideProject:
    if chosen.read_labels is None:
        raise ImportRefused(f"{place.name} holds {chosen.title} predictions; a project needs labels.")
    found = chosen.find(place)
    if not found.resolve().is_relative_to(place.resolve()):
        raise ImportRefused(f"{found}: a link to outside the folder; not followed. Copy the file in.")
    try:
        imported = chosen.read_labels(found, pictures=pictures)
    except NothingLabelled:
        return _predicted(found)
    labels = imported.labels
    sources: dict[str, OutsideSource] = {}
    for video in dict.fromkeys(frame.video for frame in labels.frames):
        own = labels.select([n for n, frame in enumerate(labels.frames) if frame.video == video])
        paths = {f.path.parent if is_image(f.path) else f.path for f in own.frames}
        path = paths.pop()
        if paths:
            raise ImportRefused(f"The images of {video!r} lie in several folders. Put them into one.")
        if not path.exists():
            raise ImportRefused(f"{path}: labelled, and not there. Put the video beside {found.name}.")
        sources[video] = OutsideSource(path=path, labels=own, extracted=path.is_relative_to(pictures))
    return OutsideProject(
        format_name=chosen.name,
        place=found,
        skeleton=labels.skeleton,
        individuals=labels.individuals,
        sources=_with_videos(sources, imported.videos),
        warnings=imported.warnings,
        told_apart=imported.told_apart,
    )


def _predicted(file: Path) -> OutsideProject:
    """A SLEAP file of predictions alone: videos; its tracks as animals, or as many as are seen at once."""
    read = read_slp(file)
    videos = [video.path for video in read.videos if video.name in read.poses and video.path.is_file()]
    if not videos:
        raise ImportRefused(f"{file}: holds predictions alone, and their videos are not beside it. Add them.")
    tracks = dict.fromkeys(name for poses in read.poses.values() for name in poses.individuals)
    at_once = max(_most_at_once(poses) for poses in read.poses.values())
    if at_once > MAX_ANIMALS:
        raise ImportRefused(f"{file}: {at_once} animals on one frame; a project has at most {MAX_ANIMALS}.")
    broken = len(tracks) > at_once
    return OutsideProject(
        format_name=SLEAP,
        place=file,
        skeleton=read.skeleton,
        # more tracks than animals are pieces of tracks, of which nobody knows whose they are
        individuals=tuple(f"animal {n + 1}" for n in range(max(1, at_once))) if broken else tuple(tracks),
        told_apart=not broken or at_once <= 1,
        sources=_with_videos({}, videos),
        warnings=(*read.warnings, f"{file}: nobody has labelled in it; only its predictions came in."),
    )


def _most_at_once(poses: Poses) -> int:
    """The most individuals with any point on one frame."""
    there = np.isfinite(poses.points_px).all(axis=-1).any(axis=-1)
    return int(there.sum(axis=1).max(initial=0))


def _with_videos(labelled: Mapping[str, OutsideSource], videos: Iterable[Path]) -> dict[str, OutsideSource]:
    """The labelled recordings, then the videos that are none of them.

    A folder of labelled images is called after its video. Where both are there the video is called
    "name (video)", since labels belong to the images.
    """
    sources = dict(labelled)
    known = {source.path for source in labelled.values()}
    for video in videos:
        if video in known:
            continue
        wanted = f"{video.stem} (video)" if video.stem in labelled else video.stem
        name = wanted if wanted not in sources else f"{wanted} {video.suffix}"
        if name in sources:
            raise ImportRefused(
                f"{video}: another recording of this import is called {name!r} too. Rename it."
            )
        sources[name] = OutsideSource(path=video)
    return sources
